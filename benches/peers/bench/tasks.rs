//! The price of a task.

use crate::Answer;
use crate::options::{Options, scalar};
use tilework::Result;
use tilework::array::arange;
use tilework::chunk::Chunk;
use tilework::op::reduction::SUM;

/// Sum of the only elements of many chunks.
fn sum_of(chunks: &[Chunk]) -> f64 {
    chunks.iter().map(|c| if let Chunk::Tensor(t) = c { t.at(&vec![0; t.ndim()]).as_f64() } else { f64::NAN }).sum()
}

/// Independent additions.
pub fn wide(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("tasks", 1_000_000)?);
    Answer::of(|| {
        let leaves = arange(0, n, 1, 1)?.add(1)?;
        Ok(sum_of(&s.run(&[leaves.expr().clone()])?[0]) / n as f64)
    })
}

/// Additions two by two.
pub fn tree(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("tasks", 1_000_000)? / 2);
    Answer::of(|| Ok(scalar(&arange(0, n, 1, 1)?.add(1)?.reduce(&SUM, None, false, 0.0, 2)?, &s)? / n as f64))
}

/// Independent additions on worker processes.
#[cfg(feature = "remote")]
pub fn remote(o: &Options) -> Result<Answer> {
    use tilework::exec::remote::{ClusterConfig, LocalCluster};
    use tilework::session::{Executor, Session};
    let n = o.number("tasks", 100_000)?;
    let config = ClusterConfig { budget_bytes: 2 << 30, ..ClusterConfig::new(o.number("workers", 2)?)? };
    let cluster = LocalCluster::start(config)?;
    let s = Session::default().with_executor(Executor::Remote(cluster.remote()));
    scalar(&arange(0, 100, 1, 1)?.sum(None)?, &s)?; // the workers are there
    Answer::of(|| {
        let leaves = s.compute(arange(0, n, 1, 1)?.add(1)?.expr())?;
        Ok(leaves.as_slice::<i64>()?.iter().map(|&v| v as f64).sum::<f64>() / n as f64)
    })
}
