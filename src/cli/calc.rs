//! `tilework calc` and `tilework explain`.

use crate::base::{DType, Error, Result, Scalar};
use crate::cli::run_args::RunArgs;
use crate::expr::Chunks;
use crate::format::geotiff::{Compression, GeoTiff, Predictor, Resampling, WriteOptions};
use crate::raster::{Raster, calc, quicklook};
use crate::store::folder;
use clap::{Arg, ArgMatches, Command};
use std::path::{Path, PathBuf};

/// Bytes that a chunk of the largest input or the output aims at. A constant, so that the file's bytes (the order of its tiles) depend
/// neither on the threads nor on the budget.
const CHUNK_BYTES: u64 = 4 << 20;
/// Chunks that must fit the budget; below that (64 MiB) they become smaller after all.
const SHARE: u64 = 16;

/// Largest tile.
const MOST_TILE: usize = 16_384;

/// Band math by expression.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::raster::calc::help())]
pub struct CalcArgs {
    /// The expression, like 'where(A+B>0, (B-A)/(A+B), nodata)'.
    expression: String,
    #[command(flatten)]
    bands: Bands,
    /// The output.
    #[arg(short = 'o', long, value_name = "PATH")]
    output: PathBuf,
    /// Write a cloud-optimised GeoTIFF with overviews.
    #[arg(long)]
    cog: bool,
    /// How overviews are made: average or nearest.
    #[arg(long, value_name = "METHOD", default_value = "average")]
    resampling: String,
    /// Codec: none, lzw, packbits, deflate[:level], zstd[:level].
    #[arg(long, value_name = "CODEC", default_value = "zstd")]
    compress: String,
    /// Level of the codec.
    #[arg(long, value_name = "N")]
    level: Option<u8>,
    /// Predictor: auto, none (or 1), 2, 3.
    #[arg(long, value_name = "P", default_value = "auto")]
    predictor: String,
    /// Tile width and height of the output.
    #[arg(long, value_name = "N", default_value_t = 512)]
    tile: usize,
    /// Nodata value of the output (default: that of the first band that has one).
    #[arg(long, value_name = "V", allow_hyphen_values = true)]
    nodata: Option<String>,
    /// Compute with all pixels, whatever their bands' nodata values and masks say.
    #[arg(long)]
    ignore_nodata: bool,
    /// Dtype of the output, like float32 or uint8 (default: that of the expression).
    #[arg(long, value_name = "DTYPE")]
    dtype: Option<String>,
    /// Replace an existing output.
    #[arg(long)]
    overwrite: bool,
    /// Also write a picture of the first band, at most 1024 pixels wide and high (replaced if it exists).
    #[arg(long, value_name = "PNG")]
    quicklook: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// `-A PATH[:BAND]` to `-Z`.
#[derive(Debug)]
struct Bands(Vec<(char, String)>);

/// The letters, each as a name and as a character.
fn letters() -> impl Iterator<Item = (&'static str, char)> {
    const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    ALL.char_indices().map(|(i, c)| (&ALL[i..=i], c))
}

impl clap::FromArgMatches for Bands {
    fn from_arg_matches(m: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Bands(letters().filter_map(|(name, c)| Some((c, m.get_one::<String>(name)?.clone()))).collect()))
    }
    fn update_from_arg_matches(&mut self, m: &ArgMatches) -> Result<(), clap::Error> {
        *self = Bands::from_arg_matches(m)?;
        Ok(())
    }
}

impl clap::Args for Bands {
    fn augment_args(cmd: Command) -> Command {
        letters().fold(cmd, |cmd, (name, c)| {
            let shown = matches!(c, 'A' | 'B');
            cmd.arg(
                Arg::new(name)
                    .short(c)
                    .value_name("PATH[:BAND]")
                    .help(format!("Band {c} of the expression (any of -A to -Z)"))
                    .hide(!shown),
            )
        })
    }
    fn augment_args_for_update(cmd: Command) -> Command {
        Bands::augment_args(cmd)
    }
}

/// `scene.tif:2` as path and band; the band is 1 if none is named.
fn path_and_band(text: &str) -> (PathBuf, usize) {
    match text.rsplit_once(':').and_then(|(p, b)| Some((p, b.parse::<usize>().ok()?))) {
        Some((path, band)) if !Path::new(text).exists() => (path.into(), band),
        _ => (text.into(), 1),
    }
}

/// A number as it is meant: an integer where it is one.
fn number(text: &str) -> Result<Scalar> {
    if let Ok(v) = text.parse::<i64>() {
        return Ok(Scalar::I64(v));
    }
    text.parse::<f64>().map(Scalar::F64).map_err(|_| Error::usage(format!("--nodata {text}: that is no number")))
}

/// Refuses names of outputs that are no GeoTIFF's.
///
/// # Errors
/// The name and what it should be like.
pub(super) fn is_tif(path: &Path) -> Result<()> {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    // Of what is no file its own name is said later.
    if matches!(ending.as_deref(), Some("tif" | "tiff")) || (path.exists() && !path.is_file()) {
        return Ok(());
    }
    Err(Error::usage(format!("{}: the output is a GeoTIFF: let its name end in .tif or .tiff", path.display())))
}

/// An input as a GeoTIFF.
fn opened(path: &Path) -> Result<GeoTiff> {
    let text = path.display().to_string();
    if let (false, Some((file, band))) = (path.exists(), text.rsplit_once(':'))
        && Path::new(file).exists()
    {
        return Err(Error::usage(format!("{file}, band '{band}': a band is a number from 1")));
    }
    GeoTiff::open(path).map_err(|e| {
        let array = ["npy", "zarr", "nc", "h5", "hdf5", "csv", "parquet"];
        let other = path.extension().and_then(|e| e.to_str()).is_some_and(|e| array.contains(&e));
        if other {
            Error::usage(format!("{text}: band math takes GeoTIFFs; arrays of other formats are for the library"))
        } else {
            e
        }
    })
}

impl CalcArgs {
    fn options(&self) -> Result<WriteOptions> {
        // Chunks are made of tiles, so this must be known to be sound before anything else is.
        if self.tile == 0 || !self.tile.is_multiple_of(16) || self.tile > MOST_TILE {
            return Err(Error::usage(format!("--tile {}: use a multiple of 16 up to {MOST_TILE}", self.tile)));
        }
        let codec = match self.level {
            Some(l) if !self.compress.contains(':') => format!("{}:{l}", self.compress),
            Some(l) => return Err(Error::usage(format!("--compress {} and --level {l} both name a level", self.compress))),
            None => self.compress.clone(),
        };
        let predictor = match self.predictor.as_str() {
            "auto" => Predictor::Auto,
            "none" | "1" => Predictor::None,
            "2" => Predictor::Horizontal,
            "3" => Predictor::Float,
            other => return Err(Error::usage(format!("--predictor {other}: use auto, none, 2 or 3"))),
        };
        let resampling = match self.resampling.as_str() {
            "average" => Resampling::Average,
            "nearest" => Resampling::Nearest,
            other => return Err(Error::usage(format!("--resampling {other}: use average or nearest"))),
        };
        Ok(WriteOptions {
            tile: self.tile,
            compression: Compression::parse(&codec)?,
            predictor,
            cog: self.cog,
            resampling,
            overwrite: self.overwrite,
            ..WriteOptions::default()
        })
    }

    /// No file that is written may be another that is written, nor an input.
    fn check_paths(&self) -> Result<()> {
        let full = |p: &Path| p.canonicalize().or_else(|_| std::path::absolute(p)).unwrap_or_else(|_| p.to_path_buf());
        let inputs: Vec<PathBuf> = self.bands.0.iter().map(|(_, t)| full(&path_and_band(t).0)).collect();
        let mut written = vec![("-o", full(&self.output))];
        let others = [("--quicklook", &self.quicklook), ("--report", &self.run.report), ("--trace", &self.run.trace)];
        for (option, path) in others.iter().filter_map(|(o, p)| Some((*o, p.as_deref()?))) {
            let place = full(path);
            let name = path.display();
            if inputs.contains(&place) {
                return Err(Error::usage(format!("{option} {name}: that is an input: name another file")));
            }
            if let Some((other, _)) = written.iter().find(|(_, p)| *p == place) {
                return Err(Error::usage(format!("{option} {name}: {other} writes that file already: name another")));
            }
            written.push((option, place));
        }
        if let Some(png) = self.quicklook.as_ref().filter(|p| !p.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))) {
            return Err(Error::usage(format!("--quicklook {}: the picture is a PNG: let its name end in .png", png.display())));
        }
        is_tif(&self.output).map_err(|e| e.at("-o"))
    }

    /// The result as a lazy raster.
    fn raster(&self) -> Result<Raster> {
        let config = self.run.config()?;
        let dtype = self.dtype.as_deref().map(DType::parse).transpose()?;
        if self.bands.0.is_empty() {
            return Err(Error::usage("no band is given: name one, like -A scene.tif:1"));
        }
        let parsed: Vec<(char, PathBuf, usize)> =
            self.bands.0.iter().map(|(c, t)| (*c, path_and_band(t))).map(|(c, (p, b))| (c, p, b)).collect();
        let mut files: Vec<(&PathBuf, GeoTiff)> = Vec::new();
        for (c, p, _) in &parsed {
            if !files.iter().any(|(q, _)| *q == p) {
                files.push((p, opened(p).map_err(|e| e.at(format!("-{c}")))?));
            }
        }
        let side = chunk_side(&files.iter().map(|(_, f)| f).collect::<Vec<_>>(), self.tile, config.budget_bytes);
        let mut bands = Vec::new();
        for (c, path, band) in &parsed {
            let bands_per_chunk = files.iter().find(|(p, _)| *p == path).map_or(1, |(_, f)| bands_per_chunk(f));
            let raster = Raster::open(path, Chunks::Sizes(vec![bands_per_chunk, side, side]))?;
            bands.push((*c, raster.band(*band).map_err(|e| e.at(format!("-{c}")))?));
        }
        let nodata = self.nodata.as_deref().map(number).transpose()?;
        let result = calc(&self.expression, &bands, nodata, !self.ignore_nodata)?;
        let out = dtype.map_or(Ok(result.clone()), |d| result.astype(d))?;
        if let (None, Some(v), None) = (nodata, result.georef().nodata, out.georef().nodata) {
            let dtype = out.array().dtype();
            return Err(Error::usage(format!(
                "the inputs' nodata value {v} does not fit the output's dtype {dtype}: name one that does by --nodata, or use --ignore-nodata"
            )));
        }
        if let (Some(v), None) = (nodata, out.georef().nodata) {
            return Err(Error::usage(format!(
                "--nodata {v} does not fit the output's dtype {}: choose another value or --dtype",
                out.array().dtype()
            )));
        }
        Ok(out)
    }
}

fn bands_per_chunk(f: &GeoTiff) -> usize {
    let info = f.info();
    if info.planar { 1 } else { info.n_bands }
}

/// Side of the square chunks: whole tiles of input and output, a power of two of the output's tile so that overviews of a chunk are
/// complete.
fn chunk_side(files: &[&GeoTiff], tile: usize, budget: u64) -> usize {
    let most = (budget / SHARE).min(CHUNK_BYTES);
    let pixel = files.iter().map(|f| (bands_per_chunk(f) * f.info().dtype.size()) as u64).max().unwrap_or(1).max(4);
    let mut side = tile;
    while (4 * side * side) as u64 * pixel <= most {
        side *= 2;
    }
    side
}

/// `tilework calc`.
///
/// # Errors
/// Arguments that mean nothing, and what the run fails with.
pub fn run(args: &CalcArgs) -> Result<()> {
    let options = args.options()?;
    args.check_paths()?;
    if let Some(png) = &args.quicklook {
        let folder = folder(png);
        if !folder.is_dir() {
            let (png, folder) = (png.display(), folder.display());
            return Err(Error::usage(format!("--quicklook {png}: the folder {folder} does not exist: make it first")));
        }
    }
    let raster = args.raster()?;
    args.run.with_session(|s| {
        let sink = raster.sink(&args.output, options.clone())?;
        args.run.warn(s, std::slice::from_ref(&sink))?;
        s.store(&[sink])?;
        args.quicklook.as_ref().map_or(Ok(()), |png| quicklook(&args.output, 1, 1024, png, s))
    })
}

/// `tilework explain`.
///
/// # Errors
/// Arguments that mean nothing.
pub fn explain(args: &CalcArgs) -> Result<()> {
    let options = args.options()?;
    let sink = args.raster()?.sink(&args.output, options)?;
    let text = crate::session::Session::new(args.run.config()?).explain(&[sink])?.to_string();
    crate::cli::print(&text)
}
