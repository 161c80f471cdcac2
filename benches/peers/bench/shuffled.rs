//! Work that needs elements of other chunks: another cut, neighbours.

use crate::Answer;
use crate::inputs::{mapped, matrix};
use crate::options::{Options, scalar, scalars};
use tilework::Result;
use tilework::array::random::Generator;
use tilework::array::{Filter, Index};

/// Random rows cut into columns, cumulative sums down them, the sum of the last row. `--size` rows and columns, a hundredth each to a chunk.
pub fn rechunk_cumsum(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("size", 20_000)?);
    Answer::of(|| {
        let x = Generator::new(3).random(&[n, n], [n / 100, n])?;
        scalar(&x.rechunk([n, n / 100])?.cumsum(0)?.index(&[Index::At(-1)])?.sum(None)?, &s)
    })
}

/// Means of 5 x 5 neighbours (float32), of which mean and standard deviation.
pub fn overlap_mean(o: &Options) -> Result<Answer> {
    let (s, n, chunk) = (o.session()?, o.number("size", 12_000)?, o.number("chunk", 1000)?);
    let file = mapped(o.path("input")?)?;
    let x = matrix(file.as_slice()?, 0, [n, n], chunk, |v| v as f32)?;
    Answer::of(|| {
        let smooth = x.uniform_filter(5, &Filter::default())?;
        scalars(&[smooth.mean(None)?, smooth.std(None)?], &s)
    })
}
