//! From a scene of two bands to a vegetation index as a COG, means by zone and a picture. `cargo run --release --example ndvi`

use tilework::array::map_blocks;
use tilework::base::Grid;
use tilework::chunk::Tensor;
use tilework::raster::{Crs, Georef, Raster, WriteOptions, calc, quicklook, zonal_stats};
use tilework::{Chunks, DType, Error, Result, Session};

const SIDE: usize = 1024;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("a temporary folder", &e))?;
    let at = |name: &str| folder.path().join(name);
    let session = Session::default();
    let georef = Georef {
        affine: Some([500_000.0, 10.0, 0.0, 5_400_000.0, 0.0, -10.0]),
        crs: Some(Crs::from_epsg(32633)),
        nodata: Some(0.into()),
        ..Georef::default()
    };

    // A scene: near infrared grows to the east, red to the south; the first 8 rows are no data.
    let grid = Grid::regular(&[2, SIDE, SIDE], &[2, 256, 256])?;
    let pixels = map_blocks("scene", &[], DType::U16, Some(grid), |block, _| {
        let (start, shape) = (block.region.start(), block.region.shape());
        let value = |b: usize, y: usize, x: usize| if y < 8 { 0 } else { 1000 + if b == 0 { y } else { 2 * x } };
        let all = (0..shape.iter().product::<usize>()).map(|i| {
            let (b, y, x) = (i / shape[2] / shape[1], i / shape[2] % shape[1], i % shape[2]);
            value(start[0] + b, start[1] + y, start[2] + x) as u16
        });
        Tensor::from_vec(&shape, all.collect())
    })?;
    Raster::new(pixels, georef.clone(), "scene")?.write(at("scene.tif"), WriteOptions::default(), &session)?;

    // NDVI. Pixels that are no data in a band stay so; integers are widened, so nothing wraps.
    let scene = Raster::open(at("scene.tif"), Chunks::Auto)?;
    let bands = [('A', scene.band(1)?), ('B', scene.band(2)?)];
    let ndvi = calc("where(A+B>0, (B-A)/(A+B), nodata)", &bands, Some((-9999).into()), true)?.astype(DType::F32)?;
    ndvi.write(at("ndvi.tif"), WriteOptions { cog: true, ..WriteOptions::default() }, &session)?;

    // What was written: the same ground, and the values that a loop would give.
    let ndvi = Raster::open(at("ndvi.tif"), Chunks::Auto)?.band(1)?;
    assert_eq!((ndvi.georef().affine, ndvi.georef().crs.as_ref().and_then(|c| c.epsg)), (georef.affine, Some(32633)));
    let values = ndvi.array().compute_as::<f32>()?;
    assert_eq!(values[[3, 500]], -9999.0);
    let (red, nir) = (1000.0 + 700.0, 1000.0 + 2.0 * 300.0);
    assert_eq!(values[[700, 300]], ((nir - red) / (nir + red)) as f32);

    // Zones: four columns, numbered from 1 in the west.
    let flat = Grid::regular(&[SIDE, SIDE], &[256, 256])?;
    let zones = map_blocks("zones", &[], DType::U8, Some(flat), |block, _| {
        Ok(Tensor::splat(DType::U8, &block.region.shape(), (1 + block.region.start()[1] as i64 / 256).into()))
    })?;
    let zones = Raster::new(zones, Georef { nodata: None, ..georef }, "zones")?;
    let stats = zonal_stats(&ndvi, &zones, 4, &session)?;
    assert!(stats.windows(2).all(|w| w[0].mean < w[1].mean), "it gets greener to the east");
    for z in &stats {
        assert_eq!(z.count, (256 * (SIDE - 8)) as u64);
        println!("zone {}: mean {:.4}, from {:.4} to {:.4}", z.zone, z.mean, z.min, z.max);
    }

    quicklook(at("ndvi.tif"), 1, 256, at("ndvi.png"), &session)?;
    let picture = std::fs::read(at("ndvi.png")).map_err(|e| Error::io("ndvi.png", &e))?;
    assert!(picture.starts_with(b"\x89PNG"));
    println!("quicklook of {} bytes", picture.len());
    Ok(())
}
