//! NDVI of real Landsat 8 scenes against digests of what rasterio and NumPy computed (`tests/data/landsat/generate.py`).
//!
//! The scenes are not part of the repository. They are looked for in the folder `TILEWORK_LANDSAT` (as
//! `benches/peers/landsat.py fetch --cache FOLDER` leaves them), in `TILEWORK_SAMPLES`, and in `../shared/samples`.

use serde_json::Value;
use std::path::{Path, PathBuf};
use tilework::raster::{Raster, WriteOptions, calc};
use tilework::{Chunks, DType, Scalar, Session};
use xxhash_rust::xxh3::xxh3_64;

fn folders() -> Vec<PathBuf> {
    let named = ["TILEWORK_LANDSAT", "TILEWORK_SAMPLES"].iter().filter_map(|v| std::env::var_os(v)).map(PathBuf::from);
    named.chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples")]).collect()
}

/// A file of this name, perhaps behind the name of where it came from.
fn find(name: &str) -> Option<PathBuf> {
    let entries = folders().into_iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().flatten();
    entries.map(|e| e.path()).find(|p| {
        p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n == name || n.strip_suffix(name).is_some_and(|n| n.ends_with("__")))
    })
}

/// Bands as float32 before anything is computed: the rule of the digests.
fn float(path: &Path) -> Raster {
    let band = Raster::open(path, Chunks::Sizes(vec![1, 128, 128])).unwrap().band(1).unwrap();
    band.astype(DType::F32).unwrap()
}

fn text(v: &Value) -> &str {
    v.as_str().expect("a text in expected.json")
}

#[test]
fn ndvi_of_real_scenes_is_that_of_rasterio_and_numpy() {
    let expected = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/landsat/expected.json")).unwrap();
    let scenes: Vec<Value> = serde_json::from_slice(&expected).unwrap();
    assert!(!scenes.is_empty());
    for scene in &scenes {
        let (Some(red), Some(nir)) = (find(text(&scene["red"])), find(text(&scene["nir"]))) else {
            eprintln!("note: {} is not here; its NDVI is not compared (see tests/landsat.rs)", scene["red"]);
            continue;
        };
        assert_eq!(format!("{:016x}", xxh3_64(&std::fs::read(&red).unwrap())), text(&scene["red_xxh3"]), "another red band");
        compare(scene, &red, &nir);
    }
}

fn compare(scene: &Value, red: &Path, nir: &Path) {
    let bands = [('A', float(red)), ('B', float(nir))];
    let valid = "where(A != 0 && B != 0, (B - A) / (A + B), nodata)";
    let ndvi = calc(valid, &bands, Some(Scalar::I64(-9999)), true).unwrap().astype(DType::F32).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let session = Session::default();
    for cog in [false, true] {
        let path = folder.path().join(format!("{cog}.tif"));
        ndvi.write(&path, WriteOptions { cog, tile: 128, ..WriteOptions::default() }, &session).unwrap();
        let back = Raster::open(&path, Chunks::Auto).unwrap().band(1).unwrap();
        let pixels = back.array().compute_as::<f32>().unwrap();
        assert_eq!(serde_json::json!(pixels.shape()), scene["shape"]);
        assert_eq!(pixels.iter().filter(|v| **v == -9999.0).count(), scene["nodata_pixels"].as_u64().unwrap() as usize);
        let bytes: Vec<u8> = pixels.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(format!("{:016x}", xxh3_64(&bytes)), text(&scene["ndvi_xxh3"]), "{} cog {cog}", scene["red"]);
        let g = back.georef();
        assert_eq!(serde_json::json!(g.affine), scene["affine"]);
        assert_eq!(g.crs.as_ref().and_then(|c| c.epsg).map(Value::from), Some(scene["epsg"].clone()));
        assert_eq!(g.nodata.map(Scalar::as_f64), Some(-9999.0));
    }
}
