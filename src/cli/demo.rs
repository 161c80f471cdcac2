//! `tilework demo`: a scene several times larger than the memory budget, NDVI of it to a COG, means by zone, a picture.

use crate::base::bytes::{format_bytes, parse_bytes};
use crate::base::{DType, Error, Result, Scalar};
use crate::cli::data::{N_ZONES, make};
use crate::cli::{print, run_args::RunArgs};
use crate::expr::Chunks;
use crate::format::geotiff::WriteOptions;
use crate::raster::{Raster, calc, quicklook, zonal_stats};
use crate::session::Session;
use std::path::PathBuf;
use std::time::Instant;

/// Memory budget if none is given.
const BUDGET: &str = "256MiB";
/// The expression: normalised difference of near infrared and red.
const NDVI: &str = "where(A+B>0, (B-A)/(A+B), nodata)";

/// The tour.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Folder for what the demo makes.
    #[arg(long, value_name = "DIR", default_value = "tilework-demo")]
    dir: PathBuf,
    /// Width and height of the scene in pixels.
    #[arg(long, value_name = "N", default_value_t = 16384)]
    size: usize,
    #[command(flatten)]
    run: RunArgs,
}

/// `tilework demo`.
///
/// # Errors
/// What a step fails with.
pub fn run(args: &DemoArgs) -> Result<()> {
    let mut run = args.run.clone();
    run.memory.get_or_insert_with(|| BUDGET.into());
    run.progress = true;
    std::fs::create_dir_all(&args.dir).map_err(|e| Error::io(args.dir.display(), &e))?;
    let start = Instant::now();
    let budget = parse_bytes(run.memory.as_deref().unwrap_or(BUDGET))?;
    let raw = (args.size * args.size * 2 * 2) as u64;
    print(&format!(
        "tilework demo: a scene of {n} x {n} pixels, 2 bands of uint16 ({}, {:.1} times the memory budget of {})\n",
        format_bytes(raw),
        raw as f64 / budget as f64,
        format_bytes(budget),
        n = args.size
    ))?;
    let at = |name: &str| args.dir.join(name);
    let size = |name: &str| format_bytes(std::fs::metadata(at(name)).map_or(0, |m| m.len()));
    run.with_session(|s| {
        step("making the scene", || make("scene", args.size, &at("scene.tif"), s))?;
        step("making 1000 zones", || make("zones", args.size, &at("zones.tif"), s))?;
        step("NDVI to a cloud-optimised GeoTIFF", || ndvi(args, s))?;
        let zones = step("means by zone", || {
            let ndvi = Raster::open(at("ndvi.tif"), Chunks::Auto)?.band(1)?;
            zonal_stats(&ndvi, &Raster::open(at("zones.tif"), Chunks::Auto)?.band(1)?, N_ZONES, s)
        })?;
        let csv: String = zones.iter().map(|z| format!("{},{},{},{},{}\n", z.zone, z.count, z.mean, z.min, z.max)).collect();
        std::fs::write(at("zones.csv"), format!("zone,count,mean,min,max\n{csv}"))
            .map_err(|e| Error::io(at("zones.csv").display(), &e))?;
        step("quicklook", || quicklook(at("ndvi.tif"), 1, 1024, at("ndvi.png"), s))?;
        let best = zones.iter().filter(|z| z.count > 0).max_by(|a, b| a.mean.total_cmp(&b.mean));
        if let Some(z) = best {
            print(&format!("greenest zone: {} with a mean NDVI of {:.4} over {} pixels\n", z.zone, z.mean, z.count))?;
        }
        Ok(())
    })?;
    print(&format!(
        "\n{dir}/scene.tif   {}\n{dir}/ndvi.tif    {} (COG with overviews)\n{dir}/zones.csv   {}\n{dir}/ndvi.png    {}\n",
        size("scene.tif"),
        size("ndvi.tif"),
        size("zones.csv"),
        size("ndvi.png"),
        dir = args.dir.display()
    ))?;
    print(&format!("total {:.1} s\n", start.elapsed().as_secs_f64()))
}

fn ndvi(args: &DemoArgs, s: &Session) -> Result<()> {
    let scene = Raster::open(args.dir.join("scene.tif"), Chunks::Sizes(vec![2, 1024, 1024]))?;
    let bands = [('A', scene.band(1)?), ('B', scene.band(2)?)];
    let result = calc(NDVI, &bands, Some(Scalar::I64(-9999)), true)?.astype(DType::F32)?;
    result.write(args.dir.join("ndvi.tif"), WriteOptions { cog: true, overwrite: true, ..WriteOptions::default() }, s)
}

fn step<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    let start = Instant::now();
    let r = f().map_err(|e| e.at(name))?;
    print(&format!("{name:<36}{:>7.1} s\n", start.elapsed().as_secs_f64()))?;
    Ok(r)
}
