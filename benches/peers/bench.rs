//! The array workloads of the comparison, one per call: `tilework-bench NAME --size N --chunk C --threads T …`. Prints one line of
//! JSON: seconds, the value that peers must agree on, peak memory.

use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tilework::array::random::Generator;
use tilework::array::{DynArray, arange, open_zarr};
use tilework::base::event::{Event, Watch};
use tilework::chunk::Chunk;
use tilework::format::zarr::ZarrOptions;
use tilework::op::reduction::SUM;
use tilework::{Config, Error, Result, Session};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Options(HashMap<String, String>);

impl Options {
    fn number(&self, name: &str, default: usize) -> Result<usize> {
        let Some(v) = self.0.get(name) else { return Ok(default) };
        v.parse().map_err(|_| Error::usage(format!("--{name} {v}: that is no number")))
    }

    fn path(&self, name: &str) -> Result<&Path> {
        self.0.get(name).map(Path::new).ok_or_else(|| Error::usage(format!("--{name} PATH is missing")))
    }

    fn session(&self) -> Result<Session> {
        let d = Config::default();
        let budget_bytes = self.number("memory", d.budget_bytes as usize)? as u64;
        Ok(Session::new(Config { n_threads: self.number("threads", d.n_threads)?, budget_bytes, ..d }))
    }
}

fn scalar(a: &DynArray, s: &Session) -> Result<f64> {
    Ok(a.compute_in(s)?.at(&[]).as_f64())
}

/// Sum of the only elements of many chunks.
fn sum_of(chunks: &[Chunk]) -> f64 {
    chunks.iter().map(|c| if let Chunk::Tensor(t) = c { t.at(&vec![0; t.ndim()]).as_f64() } else { f64::NAN }).sum()
}

/// Bytes that a run read.
#[derive(Default)]
struct Reads(std::sync::atomic::AtomicU64);

impl Watch for Reads {
    fn event(&self, event: &Event) {
        if let Event::TasksDone(done) = event {
            self.0.fetch_add(done.iter().map(|d| d.read_bytes).sum(), std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn run(name: &str, o: &Options) -> Result<serde_json::Value> {
    let s = o.session()?;
    let mut extra = json!({});
    #[cfg_attr(not(feature = "remote"), expect(unused_mut, reason = "only a cluster has to be started first"))]
    let mut start = Instant::now();
    let value = match name {
        "random_mean" => {
            let n = o.number("size", 10_000)?;
            scalar(&Generator::new(1).random(&[n, n], o.number("chunk", 1000)?)?.mean(None)?, &s)?
        }
        "sincos" => {
            let n = o.number("size", 200_000_000)?;
            let x = arange(0.0, n as f64, 1.0, o.number("chunk", 1 << 20)?)?.multiply(20.0 / n as f64)?;
            let a = x.sin()?.square()?;
            let b = x.add(1.0)?.cos()?.square()?.multiply(&x.negative()?.exp()?)?;
            scalar(&a.add(&b)?.mean(None)?, &s)?
        }
        "transpose" => {
            let n = o.number("size", 16_000)?;
            let x = Generator::new(2).random(&[n, n], o.number("chunk", 2000)?)?;
            scalar(&x.add(&x.transpose(None)?)?.subtract(&x.mean(Some(&[0]))?)?.std(None)?, &s)?
        }
        "tasks_wide" => {
            let n = o.number("tasks", 1_000_000)?;
            let leaves = arange(0, n, 1, 1)?.add(1)?;
            sum_of(&s.run(&[leaves.expr().clone()])?[0]) / n as f64
        }
        "tasks_tree" => {
            let n = o.number("tasks", 1_000_000)? / 2;
            let sum = arange(0, n, 1, 1)?.add(1)?.reduce(&SUM, None, false, 0.0, 2)?;
            scalar(&sum, &s)? / n as f64
        }
        #[cfg(feature = "remote")]
        "tasks_remote" => {
            use tilework::exec::remote::{ClusterConfig, LocalCluster};
            let n = o.number("tasks", 100_000)?;
            let config = ClusterConfig { budget_bytes: 2 << 30, ..ClusterConfig::new(o.number("workers", 2)?)? };
            let cluster = LocalCluster::start(config)?;
            let s = Session::default().with_executor(tilework::session::Executor::Remote(cluster.remote()));
            scalar(&arange(0, 100, 1, 1)?.sum(None)?, &s)?; // the workers are there
            start = Instant::now();
            let leaves = s.compute(arange(0, n, 1, 1)?.add(1)?.expr())?;
            leaves.as_slice::<i64>()?.iter().map(|&v| v as f64).sum::<f64>() / n as f64
        }
        "xmean_zarr" => {
            let reads = Arc::new(Reads::default());
            let s = s.with_watcher(Some(reads.clone()));
            let x = open_zarr(o.path("input")?, tilework::Chunks::Auto)?;
            let options = ZarrOptions { overwrite: true, ..ZarrOptions::default() };
            x.subtract(&x.mean(None)?)?.save_zarr(o.path("output")?, &options, &s)?;
            extra = json!({ "bytes_read": reads.0.load(std::sync::atomic::Ordering::Relaxed) });
            0.0
        }
        other => return Err(Error::usage(format!("unknown workload '{other}'"))),
    };
    let mut line = json!({ "seconds": start.elapsed().as_secs_f64(), "value": value, "peak_bytes": peak() });
    if let (Some(line), Some(extra)) = (line.as_object_mut(), extra.as_object()) {
        line.extend(extra.clone());
    }
    Ok(line)
}

/// Peak resident memory of this process.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let mut options = HashMap::new();
    while let (Some(k), Some(v)) = (args.next(), args.next()) {
        options.insert(k.trim_start_matches("--").to_string(), v);
    }
    println!("{}", run(&name, &Options(options))?);
    Ok(())
}
