//! Files written and read back; layouts, refusals, what is left behind. With `TILEWORK_ORACLE_OUT` set to a folder, files for
//! `tests/oracle/check_geotiff.py` are written there, with what they should hold.

use super::tests::data_dir;
use super::{BandInfo, Compression, Crs, GeoTiff, GeoTiffSink, Georef, Predictor, Resampling, WriteOptions};
use crate::base::{DType, Element, Grid, Kind, Region, Scalar};
use crate::chunk::Tensor;
use crate::expr::{Sink, Source};
use crate::for_dtype;
use proptest::prelude::*;
use std::path::Path;

const CODECS: [Compression; 5] =
    [Compression::None, Compression::Lzw, Compression::Deflate(6), Compression::Zstd(1), Compression::PackBits];

/// Smooth pixels with noise, the same for the same seed.
fn pixels(dtype: DType, shape: &[usize], seed: u64) -> Tensor {
    let (h, w) = (shape[shape.len() - 2].max(1), shape[shape.len() - 1].max(1));
    for_dtype!(dtype, T => {
        let v: Vec<T> = (0..shape.iter().product::<usize>()).map(|i| {
            let (x, y, b) = (i % w, i / w % h, i / w / h);
            let noise = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
            T::from_scalar(Scalar::F64(((x / 3 + y / 2 + 20 * b) % 90) as f64 + noise as f64 * if dtype.is_float() { 0.37 } else { 1.0 }))
        }).collect();
        Tensor::from_vec(shape, v).unwrap()
    })
}

fn equal(a: &Tensor, b: &Tensor) -> bool {
    let n = a.len() * a.dtype().size();
    a.dtype() == b.dtype() && a.shape() == b.shape() && a.contiguous().buffer().bytes()[..n] == b.contiguous().buffer().bytes()[..n]
}

/// Writes as a run does; chunks are encoded backwards, to show that only commits have an order.
fn write(path: &Path, data: &Tensor, chunks: &[usize], georef: &Georef, options: &WriteOptions) -> crate::Result<()> {
    let sink = GeoTiffSink::new(path, data.shape(), data.dtype(), georef.clone(), options.clone())?;
    let worker = GeoTiffSink::from_params(&sink.params()?)?;
    let grid = sink.write_grid(data.dtype(), &Grid::regular(data.shape(), chunks)?)?;
    sink.begin()?;
    let run = || {
        let mut encoded = Vec::new();
        for i in (0..grid.n_chunks()).rev() {
            let region = grid.chunk_region(i);
            let chunk = worker.encode(i, &region, &data.slice(&region))?;
            assert!(
                chunk.payload_bytes() <= sink.encode_bytes(&region).0,
                "{region:?}: {} > {:?}",
                chunk.payload_bytes(),
                sink.encode_bytes(&region)
            );
            encoded.push((i, region, chunk));
        }
        for (i, region, chunk) in encoded.iter().rev() {
            sink.commit(*i, region, chunk)?;
            let open = sink.open_elements() * data.dtype().size() as u64;
            assert!(open + 4 * sink.tile_bound() <= sink.held_bytes(), "{open} of {}", sink.held_bytes());
        }
        sink.finish()
    };
    run().inspect_err(|_| sink.abort())
}

fn read(path: &Path) -> Tensor {
    let s = GeoTiff::open(path).unwrap().source();
    s.read(&Region::whole(&s.storage_grid().shape())).unwrap()
}

fn as_file(data: &Tensor) -> Tensor {
    let t = if data.ndim() == 2 { data.insert_axis(0, 1) } else { data.clone() };
    if t.dtype() == DType::Bool { super::tile::as_words(&t).unwrap() } else { t }
}

fn georef(dtype: DType) -> Georef {
    Georef {
        affine: Some([500_000.5, 10.0, 0.0, 5_400_000.25, 0.0, -20.0]),
        crs: Some(Crs::from_epsg(32_633)),
        nodata: Some(if dtype.is_float() { Scalar::F64(-9999.5) } else { Scalar::U64(3) }),
        bands: vec![BandInfo { name: Some("first & <best>".into()), scale: Some(0.5), offset: Some(-1.25) }],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn arrays_come_back(
        (b, h, w) in (1usize..5, 1usize..120, 1usize..120), flat in any::<bool>(), dtype in 0usize..11, codec in 0usize..5,
        predictor in 0usize..4, pixel_interleave in any::<bool>(), cog in any::<bool>(), sparse_ok in any::<bool>(),
        chunks in (1usize..5, 1usize..150, 1usize..150), seed in any::<u64>(),
    ) {
        let dtype = DType::ALL[dtype];
        let data = if flat { pixels(dtype, &[h, w], seed) } else { pixels(dtype, &[b, h, w], seed) };
        let chunk = if flat { vec![chunks.1, chunks.2] } else { vec![chunks.0, chunks.1, chunks.2] };
        let predictors = [Predictor::None, Predictor::Horizontal, Predictor::Auto, if dtype.is_float() { Predictor::Float } else { Predictor::None }];
        let options = WriteOptions {
            tile: 16, compression: CODECS[codec], predictor: predictors[predictor], pixel_interleave, cog, sparse_ok, big_tiff: (seed % 3 == 0).then_some(seed % 2 == 0),
            resampling: if seed % 2 == 0 { Resampling::Nearest } else { Resampling::Average }, sync: false, ..WriteOptions::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.tif");
        let mut georef = georef(dtype);
        if dtype == DType::Bool { georef.nodata = None }
        write(&path, &data, &chunk, &georef, &options).unwrap();
        prop_assert!(equal(&read(&path), &as_file(&data)));
        let tiff = GeoTiff::open(&path).unwrap();
        prop_assert_eq!(tiff.georef().affine, georef.affine);
        prop_assert_eq!(tiff.georef().nodata.map(Scalar::as_f64), georef.nodata.map(Scalar::as_f64));
        prop_assert_eq!(tiff.georef().crs.as_ref().and_then(|c| c.epsg), Some(32_633));
        prop_assert_eq!(&tiff.georef().bands[0], &georef.bands[0]);
        // Every overview is the level before at half the size.
        let mut level = as_file(&data);
        for i in 0..tiff.info().overviews.len() {
            level = super::overview::halve(&level, options.resampling, georef.nodata).unwrap();
            let s = tiff.level_source(i + 1).unwrap();
            let got = s.read(&Region::whole(&s.storage_grid().shape())).unwrap();
            prop_assert!(equal(&got, &level), "overview {}", i + 1);
        }
        prop_assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[test]
fn bytes_do_not_depend_on_layout_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let data = pixels(DType::U16, &[3, 70, 90], 5);
    let interleaved = data.permute(&[1, 2, 0]).contiguous().permute(&[2, 0, 1]);
    let options = WriteOptions { tile: 16, cog: true, ..WriteOptions::default() };
    for (name, d) in [("a.tif", &data), ("b.tif", &interleaved)] {
        write(&dir.path().join(name), d, &[3, 32, 64], &georef(DType::U16), &options).unwrap();
    }
    let bytes = |n| std::fs::read(dir.path().join(n)).unwrap();
    assert!(bytes("a.tif") == bytes("b.tif"));
}

#[test]
fn tiles_of_nothing_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.tif");
    let mut v = vec![3u8; 64 * 64];
    v[70] = 9;
    let data = Tensor::from_vec(&[64, 64], v).unwrap();
    let options = WriteOptions { tile: 16, sparse_ok: true, compression: Compression::None, ..WriteOptions::default() };
    write(&path, &data, &[64, 64], &georef(DType::U8), &options).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 2000);
    assert!(equal(&read(&path), &as_file(&data)));
}

#[test]
fn outputs_appear_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.tif");
    let data = pixels(DType::F32, &[40, 40], 1);
    let options = WriteOptions { tile: 16, ..WriteOptions::default() };
    let sink = GeoTiffSink::new(&path, &[40, 40], DType::F32, Georef::default(), options.clone()).unwrap();
    let grid = sink.write_grid(DType::F32, &Grid::whole(&[40, 40])).unwrap();
    sink.begin().unwrap();
    let region = grid.chunk_region(0);
    sink.commit(0, &region, &sink.encode(0, &region, &data.slice(&region)).unwrap()).unwrap();
    assert!(!path.exists());
    sink.abort();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    write(&path, &data, &[40, 40], &Georef::default(), &options).unwrap();
    let before = std::fs::read(&path).unwrap();
    let e = write(&path, &data, &[40, 40], &Georef::default(), &options).unwrap_err();
    assert_eq!(e.kind(), Kind::Usage);
    assert!(e.message().contains("--overwrite"), "{e}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let other = pixels(DType::F32, &[40, 40], 2);
    write(&path, &other, &[40, 40], &Georef::default(), &WriteOptions { overwrite: true, ..options }).unwrap();
    assert!(equal(&read(&path), &as_file(&other)));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_georeference_read_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["rotated.tif", "south_up.tif", "laea.tif", "named.tif", "point.tif", "nan.tif"] {
        let path = dir.path().join(name);
        let tiff = GeoTiff::open(data_dir().join(name)).unwrap();
        let data = read(&data_dir().join(name));
        write(&path, &data, data.shape(), tiff.georef(), &WriteOptions::default()).unwrap();
        let back = GeoTiff::open(&path).unwrap();
        assert_eq!(back.georef().affine, tiff.georef().affine, "{name}");
        assert_eq!(back.georef().crs.as_ref().and_then(|c| c.epsg), tiff.georef().crs.as_ref().and_then(|c| c.epsg));
        assert_eq!(format!("{:?}", back.georef().nodata), format!("{:?}", tiff.georef().nodata));
        assert_eq!(back.georef().bands, tiff.georef().bands);
    }
}

#[test]
fn chunks_are_whole_tiles() {
    let shape = [2, 5000, 7000];
    let options = WriteOptions { cog: true, ..WriteOptions::default() };
    let sink = GeoTiffSink::new("x.tif", &shape, DType::U16, Georef::default(), options).unwrap();
    let sizes = |chunks: &[usize]| {
        let g = sink.write_grid(DType::U16, &Grid::regular(&shape, chunks).unwrap()).unwrap();
        g.axes().iter().map(crate::base::Axis::max_size).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&[1, 2048, 1024]), [2, 2048, 1024]);
    assert_eq!(sizes(&[1, 100, 1700]), [2, 512, 1024]);
    assert_eq!(sizes(&[2, 5000, 7000]), [2, 2048, 2048]);
    assert_eq!(sizes(&[2, 1024, 7000]), [2, 1024, 7000]);
    assert!(sink.write_grid(DType::U8, &Grid::whole(&shape)).is_err());
}

/// Files of many kinds with what they hold, for another library to look at.
#[test]
fn files_for_the_oracle() {
    let temp = tempfile::tempdir().unwrap();
    let dir = std::env::var_os("TILEWORK_ORACLE_OUT").map_or(temp.path().to_path_buf(), Into::into);
    let mut table = serde_json::Map::new();
    for (i, &dtype) in DType::ALL.iter().enumerate().filter(|(_, d)| !d.is_complex()) {
        for (k, &compression) in CODECS.iter().enumerate() {
            for cog in [false, true] {
                let (bands, pixel_interleave) = (1 + (i + k) % 4, (i + k) % 2 == 0);
                let data = pixels(dtype, &[bands, 150 + 7 * i, 200 + k], i as u64);
                let mut georef = georef(dtype);
                if dtype == DType::Bool {
                    georef.nodata = None
                }
                if k == 1 {
                    georef.affine = Some([10.0, 0.25, 0.125, 50.0, 0.0625, -0.5])
                }
                if k == 2 {
                    georef.crs = Some(Crs::from_epsg(4326))
                }
                let options = WriteOptions {
                    tile: 64,
                    compression,
                    cog,
                    pixel_interleave,
                    overwrite: true,
                    sparse_ok: k == 3,
                    big_tiff: (k == 4).then_some(true),
                    ..WriteOptions::default()
                };
                let name = format!("{}_{}{}.tif", dtype.name(), compression.name(), if cog { "_cog" } else { "" });
                // One chunk, or many: only one leaves the tiles in the order of their numbers.
                let chunk = if i % 2 == 0 { data.shape().to_vec() } else { vec![bands, 128, 64] };
                write(&dir.join(&name), &data, &chunk, &georef, &options).unwrap();
                let data = as_file(&data);
                let hashes: Vec<String> = (0..bands).map(|b| super::tests::digest(&data.index_axis(0, b))).collect();
                table.insert(name, serde_json::json!({
                    "dtype": data.dtype().name(), "shape": data.shape(), "bands": hashes, "cog": cog,
                    "row_major": cog && i % 2 == 0 && (pixel_interleave || bands == 1),
                    "affine": georef.affine, "epsg": georef.crs.and_then(|c| c.epsg), "nodata": georef.nodata.map(Scalar::as_f64),
                    "description": "first & <best>", "scale": 0.5, "offset": -1.25,
                }));
            }
        }
    }
    std::fs::write(dir.join("expected.json"), serde_json::to_string_pretty(&table).unwrap()).unwrap();
    assert_eq!(table.len(), 110);
}
