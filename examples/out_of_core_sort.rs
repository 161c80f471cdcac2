//! Sorts 400 MB of float64 within 128 MiB: `cargo run --release --example out_of_core_sort`

use std::time::Instant;
use tilework::array::{Index, QuantileMethod, open_npy, random::Generator};
use tilework::{Chunks, Config, DType, Result, Session};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| tilework::Error::io("a temporary folder", &e))?;
    let (input, output) = (folder.path().join("input.npy"), folder.path().join("sorted.npy"));
    let session = Session::new(Config { budget_bytes: 128 << 20, ..Config::default() });
    let n = 50_000_000;
    Generator::new(7).normal(0.0, 1.0, &[n], 500_000)?.save_npy(&input, false, &session)?;

    // Every chunk is sorted for a sample, cut by the samples of all, and merged: exact, whatever the elements are.
    let start = Instant::now();
    let x = open_npy(&input, Chunks::Auto)?;
    x.sort(Some(0))?.save_npy(&output, false, &session)?;
    println!("{n} numbers sorted in {:.1} s", start.elapsed().as_secs_f64());

    let sorted = open_npy(&output, Chunks::Auto)?;
    let falls = sorted.index(&[Index::from(1..)])?.less(&sorted.index(&[Index::Slice(None, Some(-1), None)])?)?;
    assert_eq!(falls.sum(None)?.astype(DType::I64)?.compute_in(&session)?.at(&[]).as_f64(), 0.0);

    // Quantiles need no sorting: two reads, and what lies near the ranks.
    let start = Instant::now();
    let q = x.quantile(&[0.025, 0.5, 0.975], None, QuantileMethod::Linear)?.compute_in(&session)?;
    println!("quantiles {:.4?} in {:.1} s", q.as_slice::<f64>()?, start.elapsed().as_secs_f64());
    for (q, near) in q.as_slice::<f64>()?.iter().zip([-1.96, 0.0, 1.96]) {
        assert!((q - near).abs() < 0.01);
    }
    Ok(())
}
