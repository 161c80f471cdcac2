//! The formats that arrays are kept in: npy, Zarr (plain and sharded), GeoTIFF and COG. `cargo run --release --example store`

use serde_json::json;
use tilework::array::{arange, open_npy, open_zarr};
use tilework::expr::build;
use tilework::format::geotiff::GeoTiff;
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::raster::{Compression, Crs, Georef, Raster, WriteOptions};
use tilework::{Chunks, DType, Error, Result, Session};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);
    let session = Session::default();

    // x[i, j] = 10 i + j, on 600 x 800, in chunks of 128 x 128.
    let rows = arange(0, 600, 1, 128)?.index(&[(..).into(), tilework::array::Index::NewAxis])?;
    let x = rows.multiply(10)?.add(&arange(0, 800, 1, 128)?)?.astype(DType::F32)?;
    assert_eq!(x.shape(), [600, 800]);

    // npy: what NumPy's `load` reads; mapped, not read, when it is opened.
    x.save_npy(at("x.npy"), false, &session)?;
    assert_eq!(open_npy(at("x.npy"), 200)?.compute_as::<f32>()?[[59, 79]], 669.0);

    // An existing output is never replaced unless that is asked for.
    let refused = x.save_npy(at("x.npy"), false, &session);
    println!("as it should be: {}", refused.expect_err("the file exists"));

    // Zarr 3: a file per chunk, attributes and names of axes beside.
    let mut plain = ZarrOptions { dimension_names: Some(vec![Some("y".into()), Some("x".into())]), ..ZarrOptions::default() };
    plain.attributes.insert("units".into(), json!("m"));
    x.save_zarr(at("plain.zarr"), &plain, &session)?;

    // Sharded: many small chunks in few files, each chunk still read on its own.
    let sharded =
        ZarrOptions { chunks: Some(vec![64, 64]), shards: Some(vec![256, 256]), codec: Codec::Zstd(5), ..ZarrOptions::default() };
    x.save_zarr(at("sharded.zarr"), &sharded, &session)?;

    // What is stored together is computed once: two outputs, one run.
    let both = [x.negative()?.npy_sink(at("minus.npy"), false)?, build_cog(&x, &at("x.tif"))?];
    session.store(&both)?;

    let (a, b) = (open_zarr(at("plain.zarr"), Chunks::Auto)?, open_zarr(at("sharded.zarr"), Chunks::Auto)?);
    let minus = open_npy(at("minus.npy"), Chunks::Auto)?;
    let cog = Raster::open(at("x.tif"), Chunks::Auto)?.band(1)?;
    for (name, y) in [("plain.zarr", &a), ("sharded.zarr", &b), ("minus.npy", &minus.negative()?), ("x.tif", cog.array())] {
        assert!(y.equal(&x)?.all(None)?.compute_as::<bool>()?[[]], "{name} differs");
    }

    // The COG: the full image and its overviews.
    let info = GeoTiff::open(at("x.tif"))?.info();
    assert_eq!(info.overviews, [(400, 300), (200, 150)]);
    println!("x.tif: {} x {}, {}, overviews {:?}", info.width, info.height, info.compression, info.overviews);
    let coarse = GeoTiff::open(at("x.tif"))?.level_source(2)?;
    let coarse = tilework::array::DynArray::from_expr(build::source(std::sync::Arc::new(coarse), &Chunks::Auto)?)?;
    assert_eq!(coarse.shape(), [1, 150, 200]);
    Ok(())
}

/// The output of an array as a cloud-optimised GeoTIFF on a grid of half degrees.
fn build_cog(x: &tilework::array::DynArray, path: &std::path::Path) -> Result<tilework::expr::Expr> {
    let georef = Georef { affine: Some([-180.0, 0.5, 0.0, 90.0, 0.0, -0.5]), crs: Some(Crs::from_epsg(4326)), ..Georef::default() };
    let options = WriteOptions { cog: true, tile: 256, compression: Compression::Deflate(6), ..WriteOptions::default() };
    Raster::new(x.clone(), georef, "x")?.sink(path, options)
}
