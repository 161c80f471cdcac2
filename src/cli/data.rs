//! `tilework datasets`: the seeded data sets, made through the engine itself.

use crate::array::{DynArray, map_blocks};
use crate::base::bytes::format_bytes;
use crate::base::{Element, Error, Grid, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::cli::run_args::RunArgs;
use crate::datasets::{CATALOGUE, Dataset, climate, dem, pdsh, scene, zones};
use crate::format::geotiff::{BandInfo, Crs, Georef, WriteOptions};
use crate::format::zarr::ZarrOptions;
use crate::raster::Raster;
use crate::session::Session;
use std::path::{Path, PathBuf};

/// Zones of the zones data set.
pub const N_ZONES: usize = 1000;

/// Lists or makes data sets.
#[derive(Debug, clap::Args)]
pub struct DatasetsArgs {
    /// The data set to make; without it the list is printed.
    name: Option<String>,
    /// Where to put it: a .tif (scene, dem, zones), a .zarr (climate) or a folder (pdsh).
    #[arg(short = 'o', long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Shape, like 4096x4096 (rasters), 365x180x360 (climate), or scale factor, like 0.1 (pdsh).
    #[arg(long, value_name = "SHAPE")]
    size: Option<String>,
    /// Another seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// `tilework datasets`.
///
/// # Errors
/// An unknown name or shape, and what the run fails with.
pub fn run(args: &DatasetsArgs) -> Result<()> {
    let Some(name) = &args.name else {
        let lines: String =
            CATALOGUE.iter().map(|d| format!("{:<9}{:?} seed {}: {}\n", d.name, d.default_shape, d.default_seed, d.doc)).collect();
        return crate::cli::print(&lines);
    };
    let names = || CATALOGUE.iter().map(|d| d.name).collect::<Vec<_>>().join(", ");
    let Some(d) = CATALOGUE.iter().find(|d| d.name == name) else {
        return Err(Error::usage(format!("unknown data set '{name}': there are {}", names())));
    };
    let Some(output) = &args.output else { return Err(Error::usage(format!("where should {name} go? give -o PATH"))) };
    let seed = args.seed.unwrap_or(d.default_seed);
    if d.name == "pdsh" {
        return tables(output, args.size.as_deref(), args.overwrite);
    }
    let shape = shape(d, args.size.as_deref())?;
    match d.name {
        "climate" if output.extension().is_none_or(|e| !e.eq_ignore_ascii_case("zarr")) => {
            return Err(Error::usage(format!(
                "-o: {}: {} is written as Zarr: let its name end in .zarr",
                output.display(),
                d.name
            )));
        }
        "climate" => {}
        _ => super::calc::is_tif(output).map_err(|e| e.at("-o"))?,
    }
    args.run.with_session(|s| {
        if d.name == "climate" {
            let options = ZarrOptions { overwrite: args.overwrite, ..ZarrOptions::default() };
            return cube(&shape, seed)?.save_zarr(output, &options, s);
        }
        let options = WriteOptions { overwrite: args.overwrite, ..WriteOptions::default() };
        raster(d.name, shape[shape.len() - 2], shape[shape.len() - 1], seed)?.write(output, options, s)
    })
}

fn shape(d: &Dataset, size: Option<&str>) -> Result<Vec<usize>> {
    let Some(text) = size else { return Ok(d.default_shape.to_vec()) };
    let wrong =
        || Error::usage(format!("--size {text}: write it like {}", if d.name == "climate" { "365x180x360" } else { "4096x4096" }));
    let numbers: Vec<usize> = text.split('x').map(|t| t.trim().parse().map_err(|_| wrong())).collect::<Result<_>>()?;
    let want = if d.name == "climate" { 3 } else { 2 };
    if numbers.len() != want || numbers.contains(&0) { Err(wrong()) } else { Ok(numbers) }
}

/// A generator as a lazy array: `fill` gets the box's start and shape and the elements to fill.
fn generated<T: Element>(
    name: &str,
    grid: Grid,
    fill: impl Fn(&[usize], &[usize], &mut [T]) + Send + Sync + 'static,
) -> Result<DynArray> {
    map_blocks(name, &[], T::DTYPE, Some(grid), move |block, _| {
        let (start, shape) = (block.region.start(), block.region.shape());
        let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size_of::<T>());
        fill(&start, &shape, out.elements_mut());
        Tensor::new(T::DTYPE, &shape, out.freeze())
    })
}

/// Scene, DEM or zones as a lazy raster on a 10 m grid in UTM 33N.
pub(crate) fn raster(name: &str, height: usize, width: usize, seed: u64) -> Result<Raster> {
    const SIDE: usize = 1024;
    let mut georef = Georef {
        affine: Some([500_000.0, 10.0, 0.0, 5_400_000.0, 0.0, -10.0]),
        crs: Some(Crs::from_epsg(32633)),
        ..Georef::default()
    };
    let flat = Grid::regular(&[height, width], &[SIDE, SIDE])?;
    let array = match name {
        "scene" => {
            georef.nodata = Some(0.into());
            georef.bands = ["red", "nir"].map(|n| BandInfo { name: Some(n.into()), ..BandInfo::default() }).to_vec();
            let grid = Grid::regular(&[2, height, width], &[2, SIDE, SIDE])?;
            generated::<u16>(name, grid, move |at, n, out| {
                for b in 0..n[0] {
                    scene::fill(seed, at[0] + b, at[1], at[2], n[1], n[2], &mut out[b * n[1] * n[2]..][..n[1] * n[2]]);
                }
            })?
        }
        "dem" => {
            georef.nodata = Some((-9999.0).into());
            generated::<f32>(name, flat, move |at, n, out| dem::fill(seed, at[0], at[1], n[0], n[1], out))?
        }
        _ => {
            let zones = zones::Zones { seed, height, width, zones: N_ZONES as u16 };
            generated::<u16>(name, flat, move |at, n, out| zones.fill(at[0], at[1], n[0], n[1], out))?
        }
    };
    Raster::new(array, georef, name)
}

fn cube(shape: &[usize], seed: u64) -> Result<DynArray> {
    let n_lat = shape[1];
    let grid = Grid::regular(shape, &[32, 180.min(shape[1]), 360.min(shape[2])])?;
    generated::<f32>("climate", grid, move |at, n, out| climate::fill(seed, n_lat, [at[0], at[1], at[2]], [n[0], n[1], n[2]], out))
}

fn tables(folder: &Path, size: Option<&str>, overwrite: bool) -> Result<()> {
    let sf: f64 = size
        .unwrap_or("0.1")
        .parse()
        .map_err(|_| Error::usage(format!("--size {}: a scale factor, like 0.1", size.unwrap_or(""))))?;
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder.display(), &e))?;
    for table in pdsh::TABLES {
        let path = folder.join(format!("{table}.csv"));
        if path.exists() && !overwrite {
            return Err(Error::usage(format!("{} exists: give --overwrite to replace it", path.display())));
        }
        let partial = folder.join(format!(".{table}.csv.part"));
        let written = std::fs::File::create(&partial).and_then(|f| {
            let mut w = std::io::BufWriter::new(f);
            pdsh::write_part(table, sf, 1, 1, ',', &mut w)?;
            std::io::Write::flush(&mut w)?;
            std::fs::rename(&partial, &path)
        });
        if let Err(e) = written {
            let _ = std::fs::remove_file(&partial);
            return Err(Error::io(path.display(), &e));
        }
        let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
        crate::cli::print(&format!("{} {}\n", path.display(), format_bytes(bytes)))?;
    }
    Ok(())
}

/// Makes a raster data set, for the demo.
pub(crate) fn make(name: &str, side: usize, path: &Path, session: &Session) -> Result<()> {
    let seed = CATALOGUE.iter().find(|d| d.name == name).map_or(0, |d| d.default_seed);
    raster(name, side, side, seed)?.write(path, WriteOptions { overwrite: true, ..WriteOptions::default() }, session)
}
