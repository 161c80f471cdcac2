//! What counts as no data: nodata values, NaN, masks beside the pixels, and how to switch that off.

use super::program::{Folder, SIZE, georef, numbers, same};
use std::path::Path;
use tilework::format::geotiff::GeoTiff;
use tilework::{Chunks, DType, Scalar, array};

const BANDS: [&str; 4] = ["-A", "in.tif:1", "-B", "in.tif:2"];

#[test]
fn nodata_of_any_band_is_nodata_of_the_result() {
    let f = Folder::new();
    let [a, b] = f.two_bands("in.tif", Some(Scalar::U64(17)));
    assert!(a.contains(&17) && b.contains(&17));
    f.run(&[&["calc", "A-B", "-o", "o.tif", "--nodata", "-9999"], &BANDS[..]].concat()).ok();
    let (got, _, made) = f.read("o.tif");
    let want = |a: u64, b: u64| if a == 17 || b == 17 { -9999.0 } else { a as f64 - b as f64 };
    same(&got, a.iter().zip(&b).map(|(&a, &b)| want(a, b)), "both bands");
    assert_eq!(made.nodata.map(Scalar::as_f64), Some(-9999.0));
    assert_eq!((made.affine, made.crs.and_then(|c| c.epsg)), (georef(None).affine, Some(32_633)));
    // A band that the expression does not use hides nothing.
    f.run(&[&["calc", "A+0", "-o", "a.tif"], &BANDS[..]].concat()).ok();
    let (got, _, made) = f.read("a.tif");
    same(&got, a.iter().map(|&a| a as f64), "the band's own nodata value stands for itself");
    assert_eq!(made.nodata.map(Scalar::as_f64), Some(17.0));
}

#[test]
fn ignore_nodata_computes_with_all_pixels() {
    let f = Folder::new();
    let [a, b] = f.two_bands("in.tif", Some(Scalar::U64(17)));
    f.run(&[&["calc", "A-B", "-o", "o.tif", "--ignore-nodata"], &BANDS[..]].concat()).ok();
    let (got, _, made) = f.read("o.tif");
    same(&got, a.iter().zip(&b).map(|(&a, &b)| a as f64 - b as f64), "all pixels");
    assert_eq!(made.nodata, None);
}

#[test]
fn nan_is_nodata_where_the_file_says_so() {
    let f = Folder::new();
    let holed = |seed: u64| -> Vec<f32> { numbers(seed, 50).iter().map(|&v| if v == 3 { f32::NAN } else { v as f32 }).collect() };
    let (a, b) = (holed(4), holed(5));
    f.raster("a.tif", 1, a.clone(), georef(Some(Scalar::F64(f64::NAN))));
    f.raster("b.tif", 1, b.clone(), georef(None));
    // max of NaN is NaN anyway; a comparison would hide it, and must not.
    f.run(&["calc", "where(A>10, 1.0, 2.0)", "-A", "a.tif", "-o", "o.tif", "--dtype", "float32", "--nodata", "-1"]).ok();
    same(
        &f.read("o.tif").0,
        a.iter().map(|v| {
            if v.is_nan() {
                -1.0
            } else if *v > 10.0 {
                1.0
            } else {
                2.0
            }
        }),
        "NaN is no data",
    );
    f.run(&["calc", "A+B", "-A", "a.tif", "-B", "b.tif", "-o", "sum.tif"]).ok();
    let (got, dtype, made) = f.read("sum.tif");
    same(&got, a.iter().zip(&b).map(|(a, b)| f64::from(a + b)), "NaN stays NaN");
    assert!(dtype == DType::F32 && made.nodata.is_some_and(|v| v.as_f64().is_nan()));
}

#[test]
fn a_mask_beside_the_pixels_hides_them() {
    let f = Folder::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/geotiff/mask.tif");
    std::fs::copy(&file, f.at("m.tif")).unwrap();
    let opened = GeoTiff::open(&file).unwrap();
    let source = |s| array::DynArray::from_expr(tilework::expr::build::source(std::sync::Arc::new(s), &Chunks::Auto).unwrap());
    let pixels = source(opened.source()).unwrap().compute_as::<u8>().unwrap();
    f.run(&["calc", "A*1.0", "-A", "m.tif:2", "-o", "o.tif", "--nodata", "-5"]).ok();
    let (got, ..) = f.read("o.tif");
    let (rows, cols) = (pixels.shape()[1], pixels.shape()[2]);
    // The rectangle that the fixture's script masks.
    let hidden = |i: usize| (5..20).contains(&(i / cols)) && (7..30).contains(&(i % cols));
    same(&got, (0..rows * cols).map(|i| if hidden(i) { -5.0 } else { f64::from(pixels[[1, i / cols, i % cols]]) }), "masked");
    f.refused(&["calc", "A+1", "-A", "m.tif", "-o", "p.tif"], &["mask", "--nodata", "--ignore-nodata"]);
    f.run(&["calc", "A*1.0", "-A", "m.tif:2", "-o", "all.tif", "--ignore-nodata"]).ok();
    same(&f.read("all.tif").0, (0..rows * cols).map(|i| f64::from(pixels[[1, i / cols, i % cols]])), "unmasked");
}

#[test]
fn two_files_are_computed_with_on_one_grid() {
    let f = Folder::new();
    let (a, b) = (numbers(6, 300), numbers(7, 300));
    f.raster("a.tif", 1, a.iter().map(|&v| v as u16).collect(), georef(None));
    f.raster("b.tif", 1, b.iter().map(|&v| v as i16).collect(), georef(Some(Scalar::I64(5))));
    f.run(&["calc", "A-2*B", "-A", "a.tif", "-B", "b.tif:1", "-o", "o.tif", "--nodata", "-7000"]).ok();
    let want = |a: u64, b: u64| if b == 5 { -7000.0 } else { a as f64 - 2.0 * b as f64 };
    let (got, ..) = f.read("o.tif");
    assert_eq!(got.len(), SIZE.0 * SIZE.1);
    same(&got, a.iter().zip(&b).map(|(&a, &b)| want(a, b)), "two files");
}
