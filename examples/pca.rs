//! The principal components of many observations of some variables, which don't fit the budget: the singular values of the centred data.
//! `cargo run --release --example pca [OBSERVATIONS]`

use std::sync::Arc;
use tilework::array::linalg::{eigvalsh, matmul, svd};
use tilework::array::{Cov, open_zarr, random::Generator};
use tilework::dashboard::Recorder;
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::{Chunks, Config, Error, Result, Session, format_bytes};

const VARIABLES: usize = 32;

fn main() -> Result<()> {
    let n = std::env::args().nth(1).map_or(Ok(350_000), |n| n.parse::<usize>());
    let n = n.map_err(|e| Error::new(tilework::ErrorKind::Usage, format!("OBSERVATIONS: {e}")))?;
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);
    let options = ZarrOptions { codec: Codec::None, ..ZarrOptions::default() };

    // Three causes, each in all variables with its own weights; noise on top.
    let causes = Generator::new(1).normal(0.0, 1.0, &[n, 3], [16_384, 3])?;
    let weights = Generator::new(2).normal(0.0, 1.0, &[3, VARIABLES], Chunks::Whole)?;
    let noise = Generator::new(3).normal(10.0, 0.5, &[n, VARIABLES], [16_384, VARIABLES])?;
    matmul(&causes, &weights)?.add(&noise)?.save_zarr(at("x.zarr"), &options, &Session::default())?;

    // Q R of every block of rows, then of the R's: the data is read, never held.
    let recorder = Arc::new(Recorder::new());
    let config = Config { budget_bytes: 72 << 20, n_threads: 2, ..Config::default() };
    let session = Session::new(config).with_watcher(Some(recorder.clone()));
    let x = open_zarr(at("x.zarr"), Chunks::Auto)?;
    let centred = x.subtract(&x.mean(Some(&[0]))?)?;
    let (_, s, _) = svd(&centred)?;
    let found = s.compute_in(&session)?;
    let variances: Vec<f64> = found.as_slice::<f64>()?.iter().map(|s| s * s / (n - 1) as f64).collect();
    let total: f64 = variances.iter().sum();

    println!("{n} observations of {VARIABLES} variables: {}, a budget of {}", format_bytes(x.n_bytes()), format_bytes(72 << 20));
    println!("read {}, spilled {} times", format_bytes(recorder.report().totals.read_bytes), recorder.report().totals.n_spills);
    for (i, v) in variances.iter().take(5).enumerate() {
        println!("component {}: variance {v:8.3}, {:5.1} % of all", i + 1, 100.0 * v / total);
    }

    // The same numbers another way: the eigenvalues of the covariance matrix. Products of matrices want more memory.
    let covariance = x.cov(Cov { rowvar: false, ..Cov::default() })?;
    let eigenvalues = eigvalsh(&covariance)?.compute()?;
    for (i, v) in variances.iter().enumerate() {
        let other = eigenvalues.at(&[VARIABLES - 1 - i]).as_f64();
        assert!((v - other).abs() < 1e-9 * total, "component {i}: {v} and {other}");
    }
    assert!(variances[..3].iter().sum::<f64>() > 0.8 * total, "three causes explain most");
    println!("the eigenvalues of the covariance matrix agree");
    Ok(())
}
