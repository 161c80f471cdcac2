//! Array work without files.

use crate::Answer;
use crate::options::{Options, scalar};
use tilework::Result;
use tilework::array::arange;
use tilework::array::random::Generator;

/// The mean of uniform random numbers.
pub fn random_mean(o: &Options) -> Result<Answer> {
    let (s, n, chunk) = (o.session()?, o.number("size", 10_000)?, o.number("chunk", 1000)?);
    Answer::of(|| scalar(&Generator::new(1).random(&[n, n], chunk)?.mean(None)?, &s))
}

/// The mean of sin(x)² + cos(x + 1)² exp(-x).
pub fn sincos(o: &Options) -> Result<Answer> {
    let (s, n, chunk) = (o.session()?, o.number("size", 200_000_000)?, o.number("chunk", 1 << 20)?);
    Answer::of(|| {
        let x = arange(0.0, n as f64, 1.0, chunk)?.multiply(20.0 / n as f64)?;
        let a = x.sin()?.square()?;
        let b = x.add(1.0)?.cos()?.square()?.multiply(&x.negative()?.exp()?)?;
        scalar(&a.add(&b)?.mean(None)?, &s)
    })
}

/// (x + x.T - x.mean(0)).std() of random x.
pub fn transpose(o: &Options) -> Result<Answer> {
    let (s, n, chunk) = (o.session()?, o.number("size", 16_000)?, o.number("chunk", 2000)?);
    Answer::of(|| {
        let x = Generator::new(2).random(&[n, n], chunk)?;
        scalar(&x.add(&x.transpose(None)?)?.subtract(&x.mean(Some(&[0]))?)?.std(None)?, &s)
    })
}
