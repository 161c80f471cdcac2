//! The README's tour of arrays. `cargo run --release --example tour`

use tilework::array::{DynArray, Filter, Index, linalg, open_zarr, random::Generator};
use tilework::format::zarr::ZarrOptions;
use tilework::{Chunks, Config, Result, Session};

pub fn main() -> Result<()> {
    // Whatever this session runs stays within 40 MiB.
    let session = Session::new(Config { budget_bytes: 40 << 20, n_threads: 2, ..Config::default() });
    let run = |x: &DynArray| x.compute_in(&session)?.to_ndarray::<f64>();

    // 6,000 x 1,000 normal numbers (46 MiB), the same for any chunks. Nothing is computed yet; a file takes them chunk by chunk.
    let folder = tempfile::tempdir().map_err(|e| tilework::Error::io("a temporary folder", &e))?;
    let path = folder.path().join("tour.zarr");
    let x = Generator::new(42).normal(20.0, 4.0, &[6_000, 1_000], [500, 500])?;
    x.save_zarr(&path, &ZarrOptions::default(), &session)?;

    // As NumPy's: shapes, dtypes and mistakes are known at once. `explain` says what a run would do, and what it would need.
    let x = open_zarr(&path, Chunks::Auto)?;
    let z = x.subtract(&x.mean(Some(&[0]))?)?.divide(x.std(Some(&[0]))?)?;
    let extreme = z.absolute()?.max(None)?;
    println!("{}", session.explain(&[extreme.expr().clone()])?);
    println!("farthest from its mean   {:.4}", run(&extreme)?);

    // Slices, positions and masks. How many elements a mask lets through is found out by the run.
    let part = x.index(&[Index::from(100..), vec![9, 2, 2].into()])?;
    println!("a part                   {:?}", part.shape());
    let hot = x.extract(&x.greater(36.0)?)?;
    println!("above 36                 {:?}", hot.resolve(&session)?.shape());

    // Orders of more than fits: exact quantiles in two reads, sorts of any length.
    println!("quantiles                {:.4}", run(&x.quantile(&[0.05, 0.5, 0.95], None, Default::default())?)?);
    println!("the two largest          {:.4}", run(&x.ravel()?.sort(None)?.index(&[Index::from(-2..)])?)?);

    // Linear algebra by blocks, here of the first four columns; filters with halos, as scipy.ndimage has them.
    let s = linalg::svdvals(&z.index(&[(..).into(), (..4).into()])?)?;
    println!("singular values          {:.4}", run(&s)?);
    let smooth = x.gaussian_filter(2.0, &Filter::default())?;
    println!("deviation when smoothed  {:.4}", run(&smooth.std(None)?)?);

    Ok(())
}
