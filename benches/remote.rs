//! What a task costs on worker processes when it does nothing: sockets, scheduler and planning, from submit to result.
//!
//! `cargo bench --bench remote` prints microseconds per task on two workers of one thread each.

use std::time::Instant;
use tilework::array::{arange, ones};
use tilework::exec::remote::{ClusterConfig, LocalCluster};
use tilework::session::{Executor, Session};
use tilework::{DType, Result};

fn main() -> Result<()> {
    let cluster = LocalCluster::start(ClusterConfig { budget_bytes: 1 << 30, ..ClusterConfig::new(2)? })?;
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
    let whole = arange(0, 100_000, 1, 1)?.add(1)?;
    let start = Instant::now();
    whole.compute_in(&session)?;
    println!("100000 chunks of one element, brought here: {:.2} µs per chunk", start.elapsed().as_secs_f64() * 10.0);
    // 512 MB in rows are cut into columns, beyond a scan that rechunking cannot be pushed through: half of it changes workers.
    let columns = ones(&[64, 1_000_000], DType::F64, [1, 125_000])?.cumsum(1)?.rechunk([64, 20_000])?;
    let start = Instant::now();
    columns.max(None)?.compute_in(&session)?;
    println!("512 MB from rows to columns: {:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}
