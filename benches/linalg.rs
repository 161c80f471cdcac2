//! Times a large product of matrices, a tall decomposition and a transform; the first argument chooses by name.

use std::time::Instant;
use tilework::array::linalg::{matmul, svd};
use tilework::array::random::Generator;
use tilework::{Config, DType, Result, Session};

fn main() -> Result<()> {
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-')).unwrap_or_default();
    let session = Session::new(Config { budget_bytes: 8 << 30, n_threads: 2, ..Config::default() });
    let numbers =
        |shape: [usize; 2], dtype: DType| Generator::new(1).normal(0.0, 1.0, &shape, tilework::Chunks::Auto)?.astype(dtype);
    for (name, side, dtype) in
        [("matmul f64", 6000, DType::F64), ("matmul f32", 6000, DType::F32), ("matmul i64", 1500, DType::I64)]
    {
        if name.contains(&filter) {
            let a = numbers([side, side], dtype)?.persist(&session)?;
            let b = numbers([side, side], dtype)?.persist(&session)?;
            report(name, || session.persist(matmul(&a, &b)?.expr()).map(|_| ()))?;
        }
    }
    if "svd tall".contains(&filter) {
        let a = numbers([1_000_000, 100], DType::F64)?.persist(&session)?;
        let (u, s, vt) = svd(&a)?;
        report("svd tall", || session.run(&[u.expr().clone(), s.expr().clone(), vt.expr().clone()]).map(|_| ()))?;
    }
    Ok(())
}

/// Seconds that the process has computed, on all threads: what counts where others use the machine.
fn computed() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn report(name: &str, f: impl Fn() -> Result<()>) -> Result<()> {
    let (mut best, mut least) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        let (start, before) = (Instant::now(), computed());
        f()?;
        best = best.min(start.elapsed().as_secs_f64());
        least = least.min(computed() - before);
    }
    println!("{name:12} {best:.3} s, {least:.2} s of all threads");
    Ok(())
}
