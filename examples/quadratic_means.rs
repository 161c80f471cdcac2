//! The means of u, of v and of u·v in one run, for two stored arrays of which neither fits the budget: one read of each.
//! `cargo run --release --example quadratic_means [ROWS]`

use std::sync::Arc;
use tilework::array::{IntoScalar, open_zarr, random::Generator};
use tilework::dashboard::Recorder;
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::{Chunks, Config, Error, Result, Session, format_bytes};

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).map_or(Ok(2048), |n| n.parse::<usize>());
    let rows = rows.map_err(|e| Error::new(tilework::ErrorKind::Usage, format!("ROWS: {e}")))?;
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);

    // Wind to the east and to the north: v follows u a little.
    let options = ZarrOptions { codec: Codec::None, ..ZarrOptions::default() };
    let (east, north) =
        (Generator::new(1).normal(5.0, 2.0, &[rows, 4096], 512)?, Generator::new(2).normal(0.0, 1.0, &[rows, 4096], 512)?);
    east.save_zarr(at("u.zarr"), &options, &Session::default())?;
    east.multiply(0.5)?.add(&north)?.save_zarr(at("v.zarr"), &options, &Session::default())?;

    // One run for the three: a chunk that is in memory serves all of them.
    let (u, v) = (open_zarr(at("u.zarr"), Chunks::Auto)?, open_zarr(at("v.zarr"), Chunks::Auto)?);
    let wanted = [u.multiply(&v)?.mean(None)?, u.mean(None)?, v.mean(None)?];
    let exprs = wanted.each_ref().map(|x| x.expr().clone());
    let recorder = Arc::new(Recorder::new());
    let config = Config { budget_bytes: 60 << 20, n_threads: 2, ..Config::default() };
    let session = Session::new(config).with_watcher(Some(recorder.clone()));
    println!("{}", session.chunk_report(&exprs)?);
    let means: Vec<f64> = session.compute_all(&exprs)?.iter().map(|t| t.at(&[]).as_f64()).collect();
    let &[mean_uv, mean_u, mean_v] = means.as_slice() else { unreachable!("three arrays give three means") };

    let read = recorder.report().totals.read_bytes;
    println!("two arrays of {} each, a budget of {}", format_bytes(u.n_bytes()), format_bytes(session.config().budget_bytes));
    println!("mean(u) = {mean_u:.4}, mean(v) = {mean_v:.4}, mean(u v) = {mean_uv:.4}");
    println!("covariance of u and v: {:.4} (2 by design)", mean_uv - mean_u * mean_v);
    println!("read: {}, {:.2} times both arrays", format_bytes(read), read as f64 / (u.n_bytes() + v.n_bytes()) as f64);

    assert!((mean_uv - mean_u * mean_v - 2.0).abs() < 0.05);
    assert!(read < (u.n_bytes() + v.n_bytes()) * 101 / 100, "each array is read once");
    assert_eq!(mean_u, u.mean(None)?.compute_as::<f64>()?.into_scalar(), "the same bits as alone");
    Ok(())
}
