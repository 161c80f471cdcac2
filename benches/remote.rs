//! What a task costs on worker processes when it does nothing: sockets, scheduler and planning, from submit to result.
//!
//! `cargo bench --bench remote` prints microseconds per task on two workers of one thread each.

use std::time::Instant;
use tilework::Result;
use tilework::array::arange;
use tilework::exec::remote::{ClusterConfig, LocalCluster};
use tilework::session::{Executor, Session};

fn main() -> Result<()> {
    let cluster = LocalCluster::start(ClusterConfig::new(2)?)?;
    let session = Session::default().with_executor(Executor::Remote(cluster.remote()));
    arange(0, 1000, 1, 1)?.sum(None)?.compute_in(&session)?; // the workers are there
    for n in [100_000i64, 1_000_000] {
        let sum = arange(0, n, 1, 1)?.sum(None)?;
        for _ in 0..3 {
            let start = Instant::now();
            sum.compute_in(&session)?;
            println!("{n} chunks of one element, summed: {:.2} µs per chunk", start.elapsed().as_secs_f64() * 1e6 / n as f64);
        }
    }
    Ok(())
}
