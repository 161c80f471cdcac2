//! The memory promise under a limit that the kernel enforces: jobs over several times as much data, each in a process of its own.
//!
//! Needs the right to make a memory cgroup (version 1 or 2); where there is none the test says so and is skipped.

use crate::limited::Limited;
use std::path::Path;
use tilework::array::random::Generator;
use tilework::array::{DynArray, open_zarr};
use tilework::format::zarr::ZarrOptions;
use tilework::plan::project::RESERVE_BYTES;
use tilework::{Config, Session};

/// Names the job and its folder to the process that runs it.
const JOB: [&str; 2] = ["TILEWORK_LIMITED_JOB", "TILEWORK_LIMITED_FOLDER"];
const BUDGET: u64 = 48 << 20;

/// The columns of the one times the rows of the other: chunks are wanted twice, far apart.
fn crossed(folder: &Path) -> DynArray {
    let x = open_zarr(folder.join("x.zarr"), [256, 2048]).unwrap();
    let y = x.subtract(&x.mean(Some(&[0])).unwrap()).unwrap();
    let z = y.rechunk([1024, 512]).unwrap().multiply(&x.rechunk([1024, 512]).unwrap()).unwrap();
    z.cumsum(0).unwrap().sum(Some(&[1])).unwrap()
}

/// 256 MiB whose rows are mixed, so that every chunk needs all others.
fn shuffled() -> DynArray {
    let x = Generator::new(3).random(&[16384, 2048], [512, 2048]).unwrap();
    let y = x.take((0..16384).map(|i| i * 7919 % 16384).collect::<Vec<isize>>(), Some(0)).unwrap();
    y.cumsum(0).unwrap().sum(Some(&[1])).unwrap()
}

fn job(name: &str, folder: &Path, budget_bytes: u64) -> String {
    let made = if name == "crossed" { crossed(folder) } else { shuffled() };
    let config = Config { budget_bytes, n_threads: 2, spill_dir: folder.into(), ..Config::default() };
    let session = Session::new(config);
    let sums = made.compute_in(&session).unwrap();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(sums.as_bytes().unwrap()))
}

/// Does nothing unless another test has started this process for it.
#[test]
fn limited_job() {
    if let [Ok(name), Ok(folder)] = JOB.map(std::env::var) {
        println!("hash {}", job(&name, Path::new(&folder), BUDGET));
    }
}

#[test]
fn ten_times_the_data_under_a_limit_of_the_kernel() {
    let cap = BUDGET + RESERVE_BYTES;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // 960 MiB of float64 are ten times the cap; they are noise in few bits, so that the file is small.
    let rows = (cap * 10 / 8 / 2048) as usize;
    let x = Generator::new(9).integers(0, 4, &[rows, 2048], [256, 2048]).unwrap().astype(tilework::DType::F64).unwrap();
    let big = Session::new(Config { budget_bytes: 512 << 20, ..Config::default() });
    x.save_zarr(folder.path().join("x.zarr"), &ZarrOptions::default(), &big).unwrap();
    under_limit("crossed", folder.path());
}

#[test]
fn a_shuffle_under_a_limit_of_the_kernel() {
    under_limit("shuffled", tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().path());
}

fn under_limit(name: &str, folder: &Path) {
    let Some(group) = Limited::new(name, BUDGET + RESERVE_BYTES) else {
        eprintln!("skipped: no memory cgroup can be made here");
        return;
    };
    let want = job(name, folder, 4 << 30);
    let test = "arrays::kernel_limit::limited_job";
    let out = group
        .command(&std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(JOB[0], name)
        .env(JOB[1], folder)
        // The program's allocator gives freed memory back; glibc's does so only when told.
        .env("MALLOC_ARENA_MAX", "2")
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .env("MALLOC_TRIM_THRESHOLD_", "65536")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{} {text}{}", out.status, String::from_utf8_lossy(&out.stderr));
    assert!(text.contains(&format!("hash {want}")), "{want} expected:\n{text}");
}
