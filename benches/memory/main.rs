//! What is promised of memory, measured and enforced: every op of the tables and every function that moves data, on one chunk of
//! 64 MiB or on a few, each in a process of its own that the kernel ends where it takes more than its projection and the reserve.
//!
//! `cargo bench --bench memory [part of a name]` prints measured and projected peaks, and fails where a measured peak is above
//! the projection and the reserve, or a projection above 2.5 times what was measured. Where no control group can be made (it takes
//! root), peaks are only measured.

mod arrays;
mod files;
mod limit;
mod matrices;
mod order;
mod tables;

use limit::Limit;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tilework::array::DynArray;
use tilework::array::random::Generator;
use tilework::base::{Config, DType};
use tilework::expr::Expr;
use tilework::plan::project::RESERVE_BYTES;
use tilework::{Result, Session};

/// As the program itself: memory that is freed goes back to the system.
#[cfg(feature = "cli")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes of a chunk.
const CHUNK: usize = 64 << 20;
/// Rows of a chunk of float64, and elements of a row.
const SIDE: (usize, usize) = (2048, 4096);
/// Projections are compared with at least this much: below it the process's own noise decides.
const FLOOR: f64 = 16e6;
/// How loose a projection may be.
const LOOSE: f64 = 2.5;

/// Cases of which less is left than a projection must allow for: how much depends on the data and is most in another case, or the result
/// is a view of a chunk, which it need not be.
const MAY_BE_LESS: &[&str] = &["unique few", "join tile"];

/// A case: its name, and what is computed together.
type Case = (&'static str, fn() -> Result<Vec<DynArray>>);

fn main() -> ExitCode {
    #[cfg(feature = "cli")]
    tilework::chunk::allocator::give_back_soon();
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    match (args.next().as_deref(), args.next()) {
        (Some(how @ ("--case" | "--free")), Some(name)) => {
            let m = measure(&name, how == "--case").unwrap_or_else(|e| panic!("{name}: {e}"));
            println!("{} {} {} {}", m.resident, m.own, m.projected, m.ms);
            ExitCode::SUCCESS
        }
        (Some("--write"), Some(name)) => {
            let folder = args.next().expect("a folder");
            files::write_input(&name, Path::new(&folder)).unwrap_or_else(|e| panic!("{name}: {e}"));
            ExitCode::SUCCESS
        }
        (filter, _) => all(filter.unwrap_or_default()),
    }
}

fn names() -> Vec<String> {
    let mut out = tables::names();
    out.extend([arrays::CASES, order::CASES, matrices::CASES].concat().iter().map(|c| c.0.to_string()));
    out.extend(files::names());
    out
}

fn case(name: &str, folder: &Path) -> Result<Vec<Expr>> {
    let cases = [arrays::CASES, order::CASES, matrices::CASES].concat();
    if let Some((_, make)) = cases.iter().find(|c| c.0 == name) {
        return Ok(make()?.iter().map(|x| x.expr().clone()).collect());
    }
    tables::case(name).or_else(|| files::case(name, folder)).unwrap_or_else(|| panic!("no case '{name}'")).map(|e| vec![e])
}

fn all(filter: &str) -> ExitCode {
    let mut failed = 0;
    let enforced = if Limit::is_possible() {
        "each under a limit of the kernel: its projection and the reserve"
    } else {
        "no memory control group can be made here (that takes root): peaks are only measured"
    };
    println!("{enforced}");
    println!("{:28} {:>10} {:>10} {:>7} {:>7}", "chunks of 64 MiB", "measured", "projected", "ratio", "ms");
    for name in names().iter().filter(|n| n.contains(filter)) {
        failed += u32::from(!fits(name));
    }
    println!("{failed} failed; reserve {:.0} MiB", mib(RESERVE_BYTES as f64));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

/// What a process prints that runs a case; whether it came to its end, and what it said if not.
fn run(how: &str, name: &str) -> (Vec<f64>, String) {
    let own = std::env::current_exe().expect("this program has a path");
    let child = Command::new(own)
        .args([how, name])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a process can be started");
    let pid = child.id();
    let out = child.wait_with_output().expect("a process that ends");
    Limit::clear(pid);
    let text = String::from_utf8_lossy(&out.stdout);
    let numbers = text.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    (numbers, format!("{} {}", out.status, String::from_utf8_lossy(&out.stderr).trim()))
}

/// Runs a case and prints its row.
fn fits(name: &str) -> bool {
    let (mut found, said) = run("--case", name);
    let killed = found.is_empty() && said.starts_with("signal: 9");
    if killed {
        // By how much it is too much shows without a limit.
        found = run("--free", name).0;
    }
    let [resident, own, projected, ms] = found[..] else {
        println!("{name:28} failed: {said}");
        return false;
    };
    // Pages mapped from a file are the system's to take back: they are no memory of the run.
    let measured = if name.starts_with("npy read") { own } else { resident };
    let high = measured > projected + RESERVE_BYTES as f64;
    let loose = projected > LOOSE * measured.max(FLOOR) && !MAY_BE_LESS.contains(&name);
    let word = match (killed, high, loose) {
        (true, ..) => "  ENDED by the kernel",
        (_, true, _) => "  ABOVE the projection",
        (_, _, true) => "  LOOSE projection",
        _ => "",
    };
    let ratio = projected / measured.max(1.0);
    println!("{name:28} {:>7.1}MiB {:>7.1}MiB {ratio:>7.2} {ms:>7.0}{word}", mib(measured), mib(projected));
    word.is_empty()
}

struct Measured {
    /// Growth of the peak resident set.
    resident: u64,
    /// Growth of what of it is no file (sampled).
    own: u64,
    projected: u64,
    ms: u64,
}

fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn session(optimize: bool) -> Session {
    let config = Config { budget_bytes: 16 << 30, n_threads: 1, optimize, ..Config::default() };
    Session::new(config)
}

fn measure(name: &str, limited: bool) -> Result<Measured> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Files that are read are written first, by another process where that would raise this one's peak.
    let roots = case(name, folder.path())?;
    let session = session(name.starts_with("fused"));
    let projected = session.explain(&roots)?.projected_bytes;
    let (base, base_own) = (status("VmRSS"), status("RssAnon"));
    let limit = limited.then(|| Limit::of(projected + RESERVE_BYTES)).flatten();
    // 5 resets the peak to what is resident now.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (over, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    let ran = std::thread::scope(|s| {
        s.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                peak.fetch_max(status("RssAnon"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let ran = session.run(&roots);
        over.store(true, Ordering::Relaxed);
        ran
    })?;
    let ms = start.elapsed().as_millis() as u64;
    drop(ran);
    drop(limit);
    let resident = status("VmHWM").saturating_sub(base);
    Ok(Measured { resident, own: peak.load(Ordering::Relaxed).saturating_sub(base_own), projected, ms })
}

/// Noise of a dtype, `n` chunks of 64 MiB one below the other.
fn noise(dtype: DType, domain: (f64, f64), n: usize) -> Result<DynArray> {
    let rows = CHUNK / dtype.size() / SIDE.1;
    let x = Generator::new(7).uniform(domain.0, domain.1, &[rows * n, SIDE.1], [rows, SIDE.1])?;
    // One chunk of the noise itself is 64 MiB of float64; other dtypes are made of it without its being kept.
    if dtype == DType::F64 { Ok(x) } else { x.astype(dtype) }
}

/// `n` chunks of float64 in [0, 1), one below the other.
fn x(n: usize) -> Result<DynArray> {
    noise(DType::F64, (0.0, 1.0), n)
}

/// `n` chunks of float64 in [0, 1), one behind the other.
fn flat(n: usize) -> Result<DynArray> {
    let chunk = SIDE.0 * SIDE.1;
    Generator::new(7).random(&[n * chunk], chunk)
}

/// `n` chunks of int64 below `below`, one behind the other.
fn whole_numbers(n: usize, below: i64, seed: u64) -> Result<DynArray> {
    let chunk = SIDE.0 * SIDE.1;
    Generator::new(seed).integers(0, below, &[n * chunk], chunk)
}

/// All of `n` positions, mixed.
fn mixed(n: usize) -> Vec<isize> {
    (0..n).map(|i| (i * 7919 % n) as isize).collect()
}
