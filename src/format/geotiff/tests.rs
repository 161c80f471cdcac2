//! Reading against what rasterio saw in the same files (`tests/data/geotiff/generate.py`), and broken files.

use super::GeoTiff;
use crate::base::{DType, Error, Kind, Region, Scalar};
use crate::chunk::Tensor;
use crate::expr::Source;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(super) fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/geotiff")
}

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(data_dir().join("expected.json")).unwrap()).unwrap()
}

/// The folder of sample rasters, where there is one.
fn samples() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("TILEWORK_SAMPLES") {
        return Some(dir.into());
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|a| a.join("shared/samples")).find(|p| p.is_dir())
}

pub(super) fn digest(band: &Tensor) -> String {
    let t = band.contiguous();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&t.buffer().bytes()[..t.len() * t.dtype().size()]))
}

fn check_pixels(source: &dyn Source, want: &Value) {
    let shape = source.storage_grid().shape();
    let want_shape: Vec<usize> = want["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect();
    assert_eq!(shape.as_slice(), want_shape);
    let whole = source.read(&Region::whole(&shape)).unwrap();
    assert_eq!(whole.shape(), want_shape);
    for (i, hash) in want["bands"].as_array().unwrap().iter().enumerate() {
        let band = whole.index_axis(0, i);
        assert_eq!(digest(&band), hash.as_str().unwrap(), "band {i} of {}", source.label());
        let alone = source.read(&Region::new([i..i + 1, 0..shape[1], 0..shape[2]])).unwrap();
        assert_eq!(digest(&alone), digest(&band), "band {i} alone");
        assert!(alone.held_bytes() <= source.result_bytes(&Region::new([i..i + 1, 0..shape[1], 0..shape[2]])));
    }
    let (y, x) = (shape[1], shape[2]);
    for (rows, cols) in [(y / 3..y / 2 + 1, x / 4..x / 2 + 1), (0..1, x - 1..x), (y - 1..y, 0..x), (y / 2..y, x / 3..x)] {
        let region = Region::new([0..shape[0], rows, cols]);
        assert_eq!(digest(&source.read(&region).unwrap()), digest(&whole.slice(&region)), "{region:?} of {}", source.label());
    }
}

fn check_file(path: &Path, want: &Value) {
    let tiff = GeoTiff::open(path).unwrap();
    let (info, georef) = (tiff.info(), tiff.georef());
    assert_eq!(info.dtype.name(), want["dtype"].as_str().unwrap());
    check_pixels(&tiff.source(), want);
    let affine: Option<Vec<f64>> = want["affine"].as_array().map(|a| a.iter().map(|v| v.as_f64().unwrap()).collect());
    match (georef.affine, affine) {
        (Some(a), Some(b)) => assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1.0)), "{a:?} {b:?}"),
        (a, b) => assert_eq!(a.map(|a| a.to_vec()), b),
    }
    if let Some(epsg) = want["epsg"].as_u64() {
        assert_eq!(georef.crs.as_ref().and_then(|c| c.epsg), Some(epsg as u32));
    }
    match want["nodata"].as_str() {
        None => assert_eq!(georef.nodata, None),
        Some("nan") => assert!(georef.nodata.is_some_and(|v| v.as_f64().is_nan())),
        Some(text) => assert_eq!(georef.nodata.map(Scalar::as_f64), Some(text.parse::<f64>().unwrap())),
    }
    for (i, band) in georef.bands.iter().enumerate() {
        assert_eq!(band.name.as_deref(), want["descriptions"][i].as_str());
        assert_eq!(band.scale.unwrap_or(1.0), want["scales"][i].as_f64().unwrap());
        assert_eq!(band.offset.unwrap_or(0.0), want["offsets"][i].as_f64().unwrap());
    }
    let overviews = want["overviews"].as_array().unwrap();
    assert_eq!(info.overviews.len(), overviews.len());
    for (i, overview) in overviews.iter().enumerate() {
        check_pixels(&tiff.level_source(i + 1).unwrap(), overview);
    }
    assert_eq!(info.mask, want["mask"].is_string());
    if let Some(hash) = want["mask"].as_str() {
        let mask = tiff.mask_source(0).unwrap();
        assert_eq!(mask.dtype(), DType::Bool);
        assert_eq!(digest(&mask.read(&Region::whole(&mask.storage_grid().shape())).unwrap()), hash);
    }
}

#[test]
fn files_of_every_variant_read_as_rasterio_reads_them() {
    let table = expected();
    let made = table["made"].as_object().unwrap();
    assert!(made.len() > 50);
    for (name, want) in made {
        check_file(&data_dir().join(name), want);
    }
}

#[test]
fn sample_rasters_read_as_rasterio_reads_them() {
    let Some(dir) = samples() else {
        println!("skipped: no folder of sample rasters (set TILEWORK_SAMPLES)");
        return;
    };
    let table = expected();
    for (name, want) in table["samples"].as_object().unwrap() {
        let path = dir.join(name);
        if matches!(name.as_str(), "rasterio__alpha.tif" | "rasterio__cogeo.tif") {
            let e = GeoTiff::open(&path).unwrap_err();
            assert_eq!(e.kind(), Kind::Unsupported);
            assert!(e.message().contains("JPEG"), "{e}");
        } else {
            check_file(&path, want);
        }
    }
}

#[test]
fn metadata_is_told() {
    let info = GeoTiff::open(data_dir().join("big_be.tif")).unwrap().info();
    assert!(info.big_tiff && info.big_endian && info.tiled);
    assert_eq!((info.block, info.compression, info.predictor), ((16, 16), "deflate", 2));
    let info = GeoTiff::open(data_dir().join("alpha.tif")).unwrap().info();
    assert_eq!((info.alpha, info.photometric), (Some(3), 2));
    let info = GeoTiff::open(data_dir().join("named.tif")).unwrap().info();
    assert!(info.tags.contains(&("SENSOR".into(), "A & B".into())));
    let tiff = GeoTiff::open(data_dir().join("mask.tif")).unwrap();
    assert_eq!(
        tiff.level_georef(1).unwrap().affine,
        Some([500_000.0, 10.0 * 45.0 / 23.0, 0.0, 5_400_000.0, 0.0, -10.0 * 37.0 / 19.0])
    );
    assert!(tiff.level_source(9).is_err() && GeoTiff::open(data_dir().join("none.tif")).unwrap().mask_source(0).is_err());
}

#[test]
fn a_source_is_found_again_by_its_parameters() {
    let source = GeoTiff::open(data_dir().join("mask.tif")).unwrap().level_source(1).unwrap();
    let again = super::GeoTiffSource::from_params(&source.params().unwrap()).unwrap();
    assert_eq!((again.key(), again.storage_grid()), (source.key(), source.storage_grid()));
    assert_ne!(source.key(), source.geotiff().source().key());
}

/// Everything a file gives; an error must be the file's fault.
fn read_all(path: &Path) -> Result<Vec<String>, Error> {
    let tiff = GeoTiff::open(path)?;
    let mut out = Vec::new();
    let mut sources = vec![tiff.source()];
    sources.extend((1..=tiff.info().overviews.len()).map(|i| tiff.level_source(i).unwrap()));
    sources.extend(tiff.mask_source(0));
    for s in sources {
        let shape = s.storage_grid().shape();
        // A broken size may be anything: look at a corner only.
        let region = Region::new(shape.iter().map(|&n| 0..n.min(64)));
        s.stored_bytes(&Region::whole(&[shape[0].min(4), shape[1].min(64), shape[2].min(64)]));
        out.push(digest(&s.read(&region)?));
    }
    Ok(out)
}

fn check_broken(bytes: &[u8], path: &Path, what: &str) {
    std::fs::write(path, bytes).unwrap();
    if let Err(e) = read_all(path) {
        assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported), "{what}: {e:?}");
        assert!(e.message().contains("broken.tif"), "{what}: {e}");
    }
}

#[test]
fn broken_files_are_refused_and_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.tif");
    for name in [
        "mask.tif",
        "zstd_be.tif",
        "lzw.tif",
        "big.tif",
        "bits4.tif",
        "strips.tif",
        "float32_pred3.tif",
        "packbits.tif",
        "named.tif",
    ] {
        let good = std::fs::read(data_dir().join(name)).unwrap();
        for end in (0..good.len()).step_by(good.len() / 40 + 1) {
            check_broken(&good[..end], &path, &format!("{name} cut at {end}"));
        }
        let structure = (0..400).chain((400..good.len()).step_by(good.len() / 150 + 1));
        for (k, at) in structure.filter(|&i| i < good.len()).enumerate() {
            let mut bad = good.clone();
            bad[at] = [bad[at] ^ (1 << (k % 8)), 0xff, 0, bad[at].wrapping_add(1)][k % 4];
            check_broken(&bad, &path, &format!("{name} changed at {at}"));
        }
    }
}

#[test]
fn a_broken_tile_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.tif");
    let mut bytes = std::fs::read(data_dir().join("zstd_be.tif")).unwrap();
    let tiff = GeoTiff::open(data_dir().join("zstd_be.tif")).unwrap();
    let image = &tiff.0.levels[0];
    let (offset, _) = image.index(&tiff.0.file).unwrap().get(image.n_blocks() - 1).unwrap();
    bytes[offset as usize..offset as usize + 4].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let e = read_all(&path).unwrap_err();
    assert_eq!(e.kind(), Kind::Corrupt);
    for part in ["broken.tif", "tile 8 (row 2, column 2, band 2)", &format!("offset {offset}")] {
        assert!(e.message().contains(part), "{e}");
    }
}
