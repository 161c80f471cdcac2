//! Cases of files: what is written and read.

use crate::{SIDE, noise, session, x};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use tilework::Result;
use tilework::array::{DynArray, open_hdf5, open_netcdf, open_netcdf_decoded, open_npy, open_npy_stack, open_zarr, zeros};
use tilework::base::{AxisSlice, DType};
use tilework::expr::{Chunks, Expr, build};
use tilework::format::zarr::{Codec, ZarrOptions};

const NAMES: &[&str] = &[
    "npy read",
    "npy read-fortran",
    "npy write",
    "npy write-stack",
    "npy-stack read",
    "zarr read",
    "zarr write",
    "zarr write-sharded",
    "zarr write-noise",
    "zarr write-noise-sharded",
    "zarr write-region",
    "zarr append",
    "zarr read-sharded",
    "zarr read-raw",
    "netcdf read",
    "netcdf read-decoded",
    "hdf5 read",
];

/// Names of all cases.
pub fn names() -> Vec<String> {
    let rasters: &[&str] =
        if cfg!(feature = "raster") { &["geotiff read", "geotiff write", "geotiff write-cog"] } else { Default::default() };
    NAMES.iter().chain(rasters).map(|n| n.to_string()).collect()
}

fn zarr_options(name: &str) -> ZarrOptions {
    match name.ends_with("sharded") {
        true => ZarrOptions { chunks: Some(vec![256, 512]), shards: Some(vec![SIDE.0, SIDE.1]), ..ZarrOptions::default() },
        false if name.ends_with("raw") => ZarrOptions { codec: Codec::None, ..ZarrOptions::default() },
        false => ZarrOptions::default(),
    }
}

/// Numbers that compress like measured data.
fn measured_like() -> Result<DynArray> {
    noise(DType::F64, (0.0, 1e4), 1)?.floor()
}

/// The case of a name, in a folder of its own; None if there is none.
pub fn case(name: &str, folder: &Path) -> Option<Result<Expr>> {
    names().iter().any(|n| n == name).then(|| made(name, folder))
}

fn made(name: &str, folder: &Path) -> Result<Expr> {
    let (family, how) = name.split_once(' ').unwrap_or((name, ""));
    let reads = how.starts_with("read") || how == "append" || how == "write-region";
    if reads && family != "hdf5" {
        written_elsewhere(name, folder);
    }
    let sum = |y: DynArray| Ok(y.sum(None)?.expr().clone());
    match name {
        "npy write" => measured_like()?.npy_sink(folder.join("a.npy"), false),
        "npy write-stack" => measured_like()?.npy_stack_sink(folder.join("a"), 0, false),
        "npy-stack read" => sum(open_npy_stack(folder.join("a"), None, Chunks::Whole)?),
        "npy read" => sum(open_npy(folder.join("a.npy"), Chunks::Whole)?),
        "npy read-fortran" => {
            let y = open_npy(folder.join("a.npy"), Chunks::Whole)?;
            let slices = [AxisSlice { start: 0, step: 2, len: SIDE.0 / 2 }, AxisSlice::whole(SIDE.1)];
            build::slice(y.expr(), &slices)
        }
        "zarr write" | "zarr write-sharded" => measured_like()?.zarr_sink(folder.join("a.zarr"), &zarr_options(name)),
        "zarr write-noise" | "zarr write-noise-sharded" => x(1)?.zarr_sink(folder.join("a.zarr"), &zarr_options(name)),
        // The one in the middle of the array; the other where the last stored chunk is not full.
        "zarr write-region" => measured_like()?.zarr_region_sink(folder.join("a.zarr"), &[256, 0]),
        "zarr append" => measured_like()?.zarr_append_sink(folder.join("a.zarr"), 0),
        "zarr read" | "zarr read-sharded" | "zarr read-raw" => sum(open_zarr(folder.join("a.zarr"), Chunks::Whole)?),
        "netcdf read" => sum(open_netcdf(folder.join("a.nc"), "v", Chunks::Whole)?),
        "netcdf read-decoded" => sum(open_netcdf_decoded(folder.join("a.nc"), "v", Chunks::Whole)?),
        "hdf5 read" => sum(open_hdf5(plates(), "plates", Chunks::Whole)?),
        _ => geotiff(name, folder),
    }
}

/// 64 MiB in deflated and shuffled chunks of 8 MiB.
fn plates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf/large.h5")
}

/// What a case reads, written by a process of its own: this one's allocator shall hold nothing yet.
fn written_elsewhere(name: &str, folder: &Path) {
    let own = std::env::current_exe().expect("this program has a path");
    let done = Command::new(own).arg("--write").arg(name).arg(folder).status().expect("a process can be started");
    assert!(done.success(), "the input of '{name}' could not be written");
}

/// Writes what a case reads.
pub fn write_input(name: &str, folder: &Path) -> Result<()> {
    let zarr = || folder.join("a.zarr");
    match name {
        "npy read" => measured_like()?.save_npy(folder.join("a.npy"), false, &session(true)),
        "npy-stack read" => measured_like()?.to_npy_stack(folder.join("a"), 0, &session(true)),
        "npy read-fortran" => {
            fortran(&folder.join("a.npy"));
            Ok(())
        }
        "netcdf read" | "netcdf read-decoded" => {
            netcdf(&folder.join("a.nc"));
            Ok(())
        }
        "zarr write-region" => {
            let options = ZarrOptions { chunks: Some(vec![256, 512]), ..ZarrOptions::default() };
            zeros(&[2 * SIDE.0, SIDE.1], DType::F64, Chunks::Auto)?.save_zarr(zarr(), &options, &session(true))
        }
        "zarr append" => zeros(&[100, SIDE.1], DType::F64, [256, 512])?.save_zarr(zarr(), &ZarrOptions::default(), &session(true)),
        n if n.starts_with("zarr") => measured_like()?.save_zarr(zarr(), &zarr_options(name), &session(true)),
        _ => geotiff_input(folder),
    }
}

/// A file in Fortran order, written by hand.
fn fortran(path: &Path) {
    let text = format!("{{'descr': '<f8', 'fortran_order': True, 'shape': ({}, {}), }}", SIDE.0, SIDE.1);
    let pad = 64 - (10 + text.len() + 1) % 64;
    let header = format!("{text}{}\n", " ".repeat(pad));
    let mut f = BufWriter::new(File::create(path).expect("a file"));
    f.write_all(b"\x93NUMPY\x01\x00").expect("written");
    f.write_all(&(header.len() as u16).to_le_bytes()).expect("written");
    f.write_all(header.as_bytes()).expect("written");
    (0..SIDE.0 * SIDE.1).for_each(|i| f.write_all(&(i as f64).to_le_bytes()).expect("written"));
}

/// A NetCDF file of the classic format with packed int32 numbers `v(y, x)`, written by hand.
fn netcdf(path: &Path) {
    let (rows, columns) = (SIDE.0 as u32, 2 * SIDE.1 as u32);
    let mut header: Vec<u8> = b"CDF\x01".to_vec();
    let put = |h: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|w| h.extend(w.to_be_bytes()));
    let name = |h: &mut Vec<u8>, text: &str| {
        h.extend((text.len() as u32).to_be_bytes());
        h.extend(text.bytes());
        h.extend(vec![0; text.len().next_multiple_of(4) - text.len()]);
    };
    // No records; two dimensions; no attributes of the file; one variable with one attribute.
    put(&mut header, &[0, 10, 2]);
    for (text, n) in [("y", rows), ("x", columns)] {
        name(&mut header, text);
        put(&mut header, &[n]);
    }
    put(&mut header, &[0, 0, 11, 1]);
    name(&mut header, "v");
    put(&mut header, &[2, 0, 1, 12, 1]);
    name(&mut header, "scale_factor");
    put(&mut header, &[6, 1]);
    header.extend(0.5f64.to_be_bytes());
    // int32, its bytes, where it begins.
    let begin = header.len() as u32 + 12;
    put(&mut header, &[4, rows * columns * 4, begin]);
    let mut f = BufWriter::new(File::create(path).expect("a file"));
    f.write_all(&header).expect("written");
    (0..rows * columns).for_each(|i| f.write_all(&(i % 1000).to_be_bytes()).expect("written"));
}

#[cfg(feature = "raster")]
fn raster() -> Result<tilework::raster::Raster> {
    let georef = tilework::format::geotiff::Georef::default();
    tilework::raster::Raster::new(measured_like()?.astype(DType::F32)?, georef, "noise")
}

#[cfg(feature = "raster")]
fn geotiff_input(folder: &Path) -> Result<()> {
    raster()?.write(folder.join("a.tif"), tilework::format::geotiff::WriteOptions::default(), &session(true))
}

#[cfg(feature = "raster")]
fn geotiff(name: &str, folder: &Path) -> Result<Expr> {
    use tilework::format::geotiff::WriteOptions;
    let path = folder.join("a.tif");
    match name {
        "geotiff write" => raster()?.sink(path, WriteOptions::default()),
        "geotiff write-cog" => raster()?.sink(path, WriteOptions { cog: true, ..WriteOptions::default() }),
        "geotiff read" => Ok(tilework::raster::Raster::open(&path, Chunks::Whole)?.array().sum(None)?.expr().clone()),
        _ => panic!("no case '{name}'"),
    }
}

#[cfg(not(feature = "raster"))]
fn geotiff_input(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(not(feature = "raster"))]
fn geotiff(name: &str, _: &Path) -> Result<Expr> {
    panic!("no case '{name}'")
}
