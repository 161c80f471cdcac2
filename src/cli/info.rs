//! `tilework info`.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Result};
use crate::expr::{Chunks, Source};
use crate::format::geotiff::{GeoTiff, GeoTiffInfo};
use crate::format::npy::NpySource;
use crate::format::zarr::ZarrSource;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What a file holds.
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// A GeoTIFF, a .npy file, or a Zarr array.
    path: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `tilework info`.
///
/// # Errors
/// When the file cannot be read or is of no known kind.
pub fn run(args: &InfoArgs) -> Result<()> {
    let value = describe(&args.path)?;
    let text = if args.json { format!("{value:#}\n") } else { plain(&value) };
    crate::cli::print(&text)
}

fn describe(path: &Path) -> Result<Value> {
    if !path.exists() && !path.to_string_lossy().contains(".zarr") {
        return Err(Error::usage(format!("{}: no such file", path.display())));
    }
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "npy" => {
            let s = NpySource::open(path)?;
            Ok(
                json!({ "path": path, "format": "npy", "dtype": s.dtype().name(), "shape": s.storage_grid().shape().to_vec(), "chunks": chunks(&s)? }),
            )
        }
        "tif" | "tiff" => geotiff(path),
        _ if path.is_dir() || path.to_string_lossy().contains(".zarr") => {
            let s = ZarrSource::open(path)?;
            let stored: Vec<usize> = s.storage_grid().axes().iter().map(crate::base::Axis::max_size).collect();
            Ok(json!({
                "path": path, "format": "zarr", "dtype": s.dtype().name(), "shape": s.storage_grid().shape().to_vec(),
                "stored_chunks": stored, "chunks": chunks(&s)?, "dimension_names": s.dimension_names(), "attributes": s.attributes(),
            }))
        }
        _ => geotiff(path),
    }
}

/// The chunks that work on this source would use.
fn chunks(s: &dyn Source) -> Result<Vec<usize>> {
    let g = s.storage_grid();
    Ok(Chunks::Auto.grid(&g.shape(), s.dtype(), Some(&g))?.axes().iter().map(crate::base::Axis::max_size).collect())
}

fn geotiff(path: &Path) -> Result<Value> {
    let file = GeoTiff::open(path)?;
    let i: GeoTiffInfo = file.info();
    let g = &i.georef;
    let bands: Vec<Value> = (0..i.n_bands)
        .map(|b| {
            let info = g.bands.get(b);
            json!({ "band": b + 1, "name": info.and_then(|x| x.name.clone()), "scale": info.and_then(|x| x.scale), "offset": info.and_then(|x| x.offset), "alpha": i.alpha == Some(b) })
        })
        .collect();
    Ok(json!({
        "path": path,
        "format": if i.big_tiff { "BigTIFF" } else { "TIFF" },
        "size": [i.width, i.height],
        "n_bands": i.n_bands,
        "dtype": i.dtype.name(),
        "bits": i.bits,
        "crs": g.crs.as_ref().map(ToString::to_string),
        "epsg": g.crs.as_ref().and_then(|c| c.epsg),
        "affine": g.affine,
        "nodata": g.nodata.map(|v| v.to_string()),
        "mask": i.mask,
        "layout": if i.tiled { "tiles" } else { "strips" },
        "block": [i.block.0, i.block.1],
        "interleave": if i.planar { "band" } else { "pixel" },
        "compression": i.compression,
        "predictor": i.predictor,
        "byte_order": if i.big_endian { "big-endian" } else { "little-endian" },
        "overviews": i.overviews,
        "file_bytes": i.file_bytes,
        "raw_bytes": (i.width * i.height * i.n_bands * i.dtype.size()) as u64,
        "chunks": chunks(&file.source())?,
        "bands": bands,
        "tags": i.tags.iter().map(|(k, v)| (k.clone(), Value::from(v.clone()))).collect::<serde_json::Map<_, _>>(),
    }))
}

/// The same facts as lines.
fn plain(v: &Value) -> String {
    let mut out = String::new();
    let Value::Object(map) = v else { return out };
    for (key, value) in map {
        let text = match (key.as_str(), value) {
            (_, Value::Null) => continue,
            (_, Value::Object(m)) if m.is_empty() => continue,
            (_, Value::Array(a)) if a.is_empty() => continue,
            ("bands", Value::Array(bands)) => {
                let named = bands.iter().filter(|b| !b["name"].is_null() || b["alpha"] == true || !b["scale"].is_null());
                named.for_each(|b| {
                    let extra = if b["alpha"] == true { " (alpha)" } else { "" };
                    let scale =
                        if b["scale"].is_null() { String::new() } else { format!(" scale {} offset {}", b["scale"], b["offset"]) };
                    let _ = writeln!(out, "band {:<12}{}{extra}{scale}", b["band"].to_string(), b["name"].as_str().unwrap_or(""));
                });
                continue;
            }
            ("file_bytes" | "raw_bytes", n) => format_bytes(n.as_u64().unwrap_or(0)),
            (_, Value::String(s)) => s.clone(),
            (_, Value::Array(a)) => a
                .iter()
                .map(|x| if let Value::Array(p) = x { join(p, " x ") } else { x.to_string() })
                .collect::<Vec<_>>()
                .join(", "),
            (_, Value::Object(m)) => m
                .iter()
                .map(|(k, x)| format!("{k}={}", x.as_str().map_or_else(|| x.to_string(), str::to_string)))
                .collect::<Vec<_>>()
                .join(", "),
            (_, other) => other.to_string(),
        };
        let _ = writeln!(out, "{key:<17}{text}");
    }
    out
}

fn join(a: &[Value], between: &str) -> String {
    a.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
