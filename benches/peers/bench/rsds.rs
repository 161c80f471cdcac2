//! The graphs by which the rsds study compared schedulers.

use crate::Answer;
use crate::options::{Options, scalar};
use tilework::Result;
use tilework::array::random::Generator;
use tilework::array::{Index, arange};
use tilework::op::reduction::SUM;

/// y = x + x.T of random x, then y[::2, n/2:].mean(1).sum(), in `--chunk` chunks a side.
pub fn numpy(o: &Options) -> Result<Answer> {
    let (s, n, chunks) = (o.session()?, o.number("size", 20_000)?, o.number("chunk", 10)?);
    Answer::of(|| {
        let x = Generator::new(5).random(&[n, n], n / chunks)?;
        let y = x.add(&x.transpose(None)?)?;
        let part = y.index(&[Index::Slice(None, None, Some(2)), Index::Slice(Some(n as isize / 2), None, None)])?;
        scalar(&part.mean(Some(&[1]))?.sum(None)?, &s)
    })
}

/// `--tasks` independent products and one sum of them, divided by their number.
pub fn merge(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("tasks", 25_000)?);
    Answer::of(|| Ok(scalar(&arange(0, n, 1, 1)?.multiply(10)?.reduce(&SUM, None, false, 0.0, n)?, &s)? / n as f64))
}

/// The sum of `--tasks` numbers two by two, divided by their number.
pub fn tree(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("tasks", 1 << 15)?);
    Answer::of(|| Ok(scalar(&arange(0, n, 1, 2)?.reduce(&SUM, None, false, 0.0, 2)?, &s)? / n as f64))
}
