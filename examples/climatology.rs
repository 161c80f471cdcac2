//! A mean for every day of the year, and what departs from it, of a daily series on a grid that doesn't fit the budget.
//! `cargo run --release --example climatology [YEARS]`

use std::f64::consts::TAU;
use tilework::array::{DynArray, Index, IntoScalar, from_ndarray, linspace, open_zarr, random::Generator};
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::op::reduction::MEAN;
use tilework::{Chunks, Config, DType, Error, Result, Session, format_bytes};

const DAYS: usize = 366;

/// The day of the year of every day, from 0, where the 29th of February has a place of its own: 1 March is day 60 in every year.
fn days_of_years(years: std::ops::Range<usize>) -> Vec<usize> {
    let is_leap = |y: usize| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    years.flat_map(|y| (0..DAYS).filter(move |&d| d != 59 || is_leap(y))).collect()
}

/// Kelvin by day, latitude and longitude: seasons opposed on both halves of the globe, and weather.
fn temperature(day_of_year: &[usize], n_lat: usize, n_lon: usize) -> Result<DynArray> {
    let days = from_ndarray(ndarray::Array1::from_iter(day_of_year.iter().map(|&d| d as f64)).into_dyn(), Chunks::Whole)?;
    let season = days.subtract(200.0)?.multiply(TAU / DAYS as f64)?.cos()?.index(&[(..).into(), Index::NewAxis, Index::NewAxis])?;
    let latitude = linspace(1.0, -1.0, n_lat, n_lat)?.index(&[(..).into(), Index::NewAxis])?;
    let weather = Generator::new(11).normal(288.0, 3.0, &[day_of_year.len(), n_lat, n_lon], [64, 32, 64])?;
    weather.add(&season.multiply(&latitude)?.multiply(15.0)?)?.astype(DType::F32)
}

fn main() -> Result<()> {
    let years = std::env::args().nth(1).map_or(Ok(6), |n| n.parse::<usize>());
    let years = years.map_err(|e| Error::new(tilework::ErrorKind::Usage, format!("YEARS: {e}")))?;
    if years < 2 {
        return Err(Error::new(tilework::ErrorKind::Usage, "YEARS: at least 2, so that one of them has a 29th of February"));
    }
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);
    let options = ZarrOptions { codec: Codec::None, ..ZarrOptions::default() };
    let labels = days_of_years(2019..2019 + years);
    temperature(&labels, 64, 128)?.save_zarr(at("daily.zarr"), &options, &Session::default())?;

    let session = Session::new(Config { budget_bytes: 48 << 20, n_threads: 2, ..Config::default() });
    let daily = open_zarr(at("daily.zarr"), [64, 32, 64])?;
    println!("{} days on 64 x 128 points: {}, a budget of {}", labels.len(), format_bytes(daily.n_bytes()), format_bytes(48 << 20));

    // Every day of the year has its slices brought together; then every group is an array whose mean is taken.
    let normal = daily.group_reduce(&MEAN, 0, &labels, DAYS)?.persist(&session)?;
    // The normal of each day's own day of the year, laid along the series again.
    let own: Vec<isize> = labels.iter().map(|&d| d as isize).collect();
    let anomaly = daily.subtract(&normal.take(own, Some(0))?)?;
    anomaly.save_zarr(at("anomaly.zarr"), &options, &session)?;

    let anomaly = open_zarr(at("anomaly.zarr"), [64, 32, 64])?;
    let number = |x: DynArray| -> Result<f64> { Ok(x.astype(DType::F64)?.compute_in(&session)?.at(&[]).as_f64()) };
    let north = normal.index(&[(..).into(), Index::from(..8)])?.mean(Some(&[1, 2]))?.compute_in(&session)?;
    let warmest = (0..DAYS).max_by(|&a, &b| north.at(&[a]).as_f64().total_cmp(&north.at(&[b]).as_f64())).unwrap_or(0);
    println!("normal in the far north: {:.1} K on 1 January, warmest on day {} of the year", north.at(&[0]).as_f64(), warmest + 1);
    println!(
        "standard deviation: {:.2} K of the series, {:.2} K of its anomaly",
        number(daily.std(None)?)?,
        number(anomaly.std(None)?)?
    );
    println!("largest anomaly: {:.1} K", number(anomaly.absolute()?.max(None)?)?);

    // What is left has no season.
    let left = anomaly.group_reduce(&MEAN, 0, &labels, DAYS)?.absolute()?.max(None)?;
    assert!(number(left)? < 1e-3);
    let first_of_march: Vec<isize> = (0..labels.len()).filter(|&i| labels[i] == 60).map(|i| i as isize).collect();
    let same = daily.take(first_of_march, Some(0))?.mean(Some(&[0]))?.equal(&normal.index(&[Index::At(60)])?)?;
    assert!(same.all(None)?.compute_as::<bool>()?.into_scalar(), "a group's mean is the mean of its days, bit for bit");
    Ok(())
}
