//! `x - x.mean()` from Zarr to Zarr, with a budget far below the array. `cargo run --release --example out_of_core_mean`
//!
//! The mean needs all of `x` before the first difference can be computed. What does not fit is not kept but read again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tilework::array::open_zarr;
use tilework::array::random::Generator;
use tilework::base::event::{Event, Watch};
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::{Chunks, Config, Error, Result, Session, format_bytes};

/// Adds up what the tasks of a run read and write.
#[derive(Default)]
struct Traffic {
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
}

impl Watch for Traffic {
    fn event(&self, event: &Event) {
        if let Event::TasksDone(done) = event {
            self.read_bytes.fetch_add(done.iter().map(|t| t.read_bytes).sum(), Ordering::Relaxed);
            self.written_bytes.fetch_add(done.iter().map(|t| t.written_bytes).sum(), Ordering::Relaxed);
        }
    }
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);
    let options = ZarrOptions { codec: Codec::None, ..ZarrOptions::default() };

    // 128 MiB of float64, in chunks of 512 KiB.
    let x = Generator::new(7).uniform(5.0, 6.0, &[4096, 4096], 256)?;
    x.save_zarr(at("x.zarr"), &options, &Session::default())?;

    // A budget of a quarter of that.
    let traffic = Arc::new(Traffic::default());
    let config = Config { budget_bytes: 32 << 20, n_threads: 2, ..Config::default() };
    let session = Session::new(config).with_watcher(Some(traffic.clone()));
    let x = open_zarr(at("x.zarr"), Chunks::Auto)?;
    let centred = x.subtract(&x.mean(None)?)?;
    let sink = centred.zarr_sink(at("centred.zarr"), &options)?;
    println!("{}", session.explain(std::slice::from_ref(&sink))?);
    session.store(&[sink])?;

    let read = traffic.read_bytes.load(Ordering::Relaxed);
    println!(
        "array {}, budget {}, read {}, written {}",
        format_bytes(x.n_bytes()),
        format_bytes(session.config().budget_bytes),
        format_bytes(read),
        format_bytes(traffic.written_bytes.load(Ordering::Relaxed))
    );
    assert!(read >= x.n_bytes(), "all of the array was read");

    let y = open_zarr(at("centred.zarr"), Chunks::Auto)?;
    let mean = y.mean(None)?.compute_in(&session)?.at(&[]).as_f64();
    assert!(mean.abs() < 1e-12, "the mean of what is left is {mean}");
    assert_eq!(y.shape(), x.shape());
    Ok(())
}
