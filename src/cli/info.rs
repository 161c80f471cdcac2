//! `tilework info`.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Result};
use crate::expr::{Chunks, Source};
use crate::format::geotiff::{GeoTiff, GeoTiffInfo};
use crate::format::hdf::file::is_data_file;
use crate::format::hdf::{DataFile, Variable, VariableSource, split_variable};
use crate::format::npy::{NpySource, NpyStackSource};
use crate::format::zarr::{ZarrGroup, ZarrSource};
use crate::store::url;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file holds.
#[derive(Debug, clap::Args)]
pub struct InfoArgs {
    /// A GeoTIFF, a .npy file or a folder of them, a Zarr array or group, a NetCDF or HDF5 file or one variable (file.nc:name); a path
    /// or a URL. A table (.parquet, .csv, .arrow, .ndjson), a folder of them or a pattern ('data/*.parquet').
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
    let text = path.to_string_lossy();
    if let Some((file, variable)) = split_variable(&text) {
        let source = VariableSource::new(Arc::new(DataFile::open(file)?), variable)?;
        let (mut out, chunks) = (of_variable(source.variable()), chunks(&source)?);
        out["path"] = json!(path);
        out["format"] = json!("variable");
        out["work_chunks"] = json!(chunks);
        return Ok(out);
    }
    #[cfg(feature = "frame")]
    if let Some(format) = table_format(path) {
        return crate::cli::info_table::describe(path, format);
    }
    let is_zarr = text.split('/').any(|part| part.ends_with(".zarr"));
    if !url::is_url(&text) && !path.exists() && !is_zarr {
        return Err(Error::usage(format!("{}: no such file", path.display())));
    }
    if is_data_file(path) {
        return data_file(path);
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
        _ if is_zarr => zarr(path),
        _ if path.is_dir() => match npy_stack(path) {
            Some(value) => value,
            None => zarr(path),
        },
        _ if url::is_url(&text) => zarr(path),
        _ => geotiff(path),
    }
}

/// The format of a table, also of a folder of nothing else or of a pattern.
#[cfg(feature = "frame")]
fn table_format(path: &Path) -> Option<crate::format::table_format::TableFormat> {
    use crate::format::table_format::TableFormat;
    let is_zarr = || ["zarr.json", ".zarray", ".zgroup"].iter().any(|n| path.join(n).exists());
    let folder = || if path.is_dir() && !is_zarr() { TableFormat::of(path).ok() } else { None };
    TableFormat::of_name(path).or_else(folder)
}

/// A folder of `.npy` files; None if it has none.
fn npy_stack(path: &Path) -> Option<Result<Value>> {
    let has_some = std::fs::read_dir(path).ok()?.flatten().any(|e| e.file_name().to_string_lossy().ends_with(".npy"));
    has_some.then(|| {
        let s = NpyStackSource::open(path, None)?;
        let grid = s.storage_grid();
        Ok(json!({
            "path": path, "format": "npy stack", "dtype": s.dtype().name(), "shape": grid.shape().to_vec(), "axis": s.axis(),
            "n_files": grid.counts()[s.axis()], "chunks": chunks(&s)?,
        }))
    })
}

/// A Zarr array, or a group and all that lies in it.
fn zarr(path: &Path) -> Result<Value> {
    let s = match ZarrSource::open(path) {
        Ok(s) => s,
        Err(e) => return if let Ok(group) = ZarrGroup::open(path) { zarr_group(path, &group) } else { Err(e) },
    };
    let stored: Vec<usize> = s.storage_grid().axes().iter().map(crate::base::Axis::max_size).collect();
    Ok(json!({
        "path": path, "format": "zarr", "dtype": s.dtype().name(), "shape": s.storage_grid().shape().to_vec(),
        "stored_chunks": stored, "chunks": chunks(&s)?, "dimension_names": s.dimension_names(), "attributes": s.attributes(),
    }))
}

fn zarr_group(path: &Path, group: &ZarrGroup) -> Result<Value> {
    let members = group.tree()?.into_iter().map(|m| {
        let v = &m.metadata;
        if !m.is_array {
            return json!({ "name": m.path, "kind": "group" });
        }
        let dtype = if v["data_type"].is_null() { &v["dtype"] } else { &v["data_type"] };
        let chunks = if v["chunks"].is_null() { &v["chunk_grid"]["configuration"]["chunk_shape"] } else { &v["chunks"] };
        json!({ "name": m.path, "dtype": dtype, "shape": v["shape"], "chunks": chunks, "dimensions": v["dimension_names"] })
    });
    Ok(json!({
        "path": path, "format": format!("zarr group, version {}", group.zarr_format()), "consolidated": group.is_consolidated(),
        "attributes": group.attributes(), "members": members.collect::<Vec<_>>(),
    }))
}

fn data_file(path: &Path) -> Result<Value> {
    let file = DataFile::open(path)?;
    let attributes: serde_json::Map<_, _> = file.attributes()?.into_iter().map(|(k, v)| (k, v.to_json())).collect();
    let members: Vec<Value> = file.variables()?.iter().map(of_variable).collect();
    Ok(json!({ "path": path, "format": file.format(), "attributes": attributes, "members": members }))
}

fn of_variable(v: &Variable) -> Value {
    let attributes: serde_json::Map<_, _> = v.attributes.iter().map(|(k, a)| (k.clone(), a.to_json())).collect();
    json!({
        "name": v.name, "dtype": v.type_name, "shape": v.shape, "chunks": v.chunks, "dimensions": v.dimensions,
        "attributes": attributes,
    })
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
            ("members", Value::Array(members)) => {
                members.iter().for_each(|m| member_line(m, &mut out));
                continue;
            }
            ("file_bytes" | "raw_bytes" | "column_bytes", n) => format_bytes(n.as_u64().unwrap_or(0)),
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

/// A variable or array of a file or group: name, dtype, axes, chunks, units.
fn member_line(m: &Value, out: &mut String) {
    let name = m["name"].as_str().unwrap_or("");
    if m["kind"] == "group" {
        let _ = writeln!(out, "  {name}/");
        return;
    }
    if m["kind"] == "column" {
        let _ = writeln!(out, "  {name:<22} {}", m["dtype"].as_str().unwrap_or(""));
        return;
    }
    let lengths: Vec<String> = m["shape"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    let names = m["dimensions"].as_array();
    let axes: Vec<String> = lengths
        .iter()
        .enumerate()
        .map(|(i, n)| match names.and_then(|d| d.get(i)?.as_str()) {
            Some(name) => format!("{name}: {n}"),
            None => n.clone(),
        })
        .collect();
    let chunks = m["chunks"].as_array().map_or(String::new(), |c| format!(" chunks [{}]", join(c, ", ")));
    let units = m["attributes"]["units"].as_str().map_or(String::new(), |u| format!(" in {u}"));
    let dtype = m["dtype"].as_str().map_or_else(|| m["dtype"].to_string(), str::to_string);
    let _ = writeln!(out, "  {name:<22} {dtype:<9} ({}){chunks}{units}", axes.join(", "));
}

fn join(a: &[Value], between: &str) -> String {
    a.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
