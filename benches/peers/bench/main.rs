//! The array workloads of the comparison, one per call: `tilework-bench NAME --size N --chunk C --threads T …`. Prints one line of
//! JSON: seconds, the value that peers must agree on, peak memory.
//!
//! Only the work is timed: inputs that workloads take from memory are there before the clock starts, and values are checked after it.

mod arrays;
mod chains;
mod grouped;
mod inputs;
mod linalg;
mod options;
mod order;
mod rsds;
mod shuffled;
mod stored;
#[cfg(feature = "frame")]
mod tables;
mod tasks;

use crate::options::Options;
use serde_json::{Value, json};
use std::time::Instant;
use tilework::{Error, Result};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a workload cost and gave.
struct Answer {
    seconds: f64,
    /// A number or a list of them.
    value: Value,
    /// What else it reports.
    extra: Value,
}

impl Answer {
    /// What took `seconds`, with nothing else to say.
    fn new(seconds: f64, value: impl Into<Value>) -> Answer {
        Answer { seconds, value: value.into(), extra: json!({}) }
    }

    /// Times the whole of `work`.
    fn of<V: Into<Value>>(work: impl FnOnce() -> Result<V>) -> Result<Answer> {
        let (seconds, value) = timed(work)?;
        Ok(Answer::new(seconds, value))
    }
}

/// The seconds that `work` took, and what it gave.
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let value = work()?;
    Ok((start.elapsed().as_secs_f64(), value))
}

/// The same of work that is done `n` times in a row (once at least): the median of the seconds, and what was given last.
fn repeated<T>(n: usize, mut work: impl FnMut() -> Result<T>) -> Result<(f64, T)> {
    let (first, mut value) = timed(&mut work)?;
    let mut seconds = vec![first];
    for _ in 1..n {
        let (again, new) = timed(&mut work)?;
        seconds.push(again);
        value = new;
    }
    seconds.sort_by(f64::total_cmp);
    Ok((seconds[seconds.len() / 2], value))
}

fn run(name: &str, o: &Options) -> Result<Answer> {
    match name {
        "random_mean" => arrays::random_mean(o),
        "sincos" => arrays::sincos(o),
        "transpose" => arrays::transpose(o),
        "tasks_wide" => tasks::wide(o),
        "tasks_tree" => tasks::tree(o),
        #[cfg(feature = "remote")]
        "tasks_remote" => tasks::remote(o),
        "xmean_zarr" => stored::xmean_zarr(o),
        "means_uv" => stored::means_uv(o),
        "chains" => chains::chains(o),
        "matmul" => linalg::matmul(o),
        "svd_tall" => linalg::svd_tall(o),
        "rechunk_cumsum" => shuffled::rechunk_cumsum(o),
        "overlap_mean" => shuffled::overlap_mean(o),
        "histogram" => order::histogram(o),
        "sort" => order::sort(o),
        "sort_file" => order::sort_file(o),
        "unique_counts" => order::unique_counts(o),
        "median" => order::median(o),
        "median_zarr" => order::median_zarr(o),
        "climatology" => grouped::climatology(o),
        "rsds_xarray" => grouped::weekly(o),
        "rsds_numpy" => rsds::numpy(o),
        "rsds_merge" => rsds::merge(o),
        "rsds_tree" => rsds::tree(o),
        #[cfg(feature = "frame")]
        "pdsh" => tables::pdsh(o),
        #[cfg(feature = "frame")]
        "groupby" => tables::groupby(o),
        #[cfg(feature = "frame")]
        "sum_files" => tables::sum_files(o),
        other => Err(Error::usage(format!("unknown workload '{other}'"))),
    }
}

/// Peak resident memory of this process.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn main() -> Result<()> {
    tilework::chunk::allocator::give_back_soon();
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let answer = run(&name, &Options::parse(args))?;
    let mut line = json!({ "seconds": answer.seconds, "value": answer.value, "peak_bytes": peak() });
    if let (Some(line), Some(extra)) = (line.as_object_mut(), answer.extra.as_object()) {
        line.extend(extra.clone());
    }
    println!("{line}");
    Ok(())
}
