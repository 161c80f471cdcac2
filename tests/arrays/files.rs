//! Arrays through files and back; outputs that appear whole or not at all.

use super::material::{Noise, bits, config, cut, oracle, run, specials, tensor};
use std::path::Path;
use tilework::array::create::from_tensor;
use tilework::array::random::Generator;
use tilework::array::{DynArray, map_blocks, open_npy, open_zarr};
use tilework::base::Kind;
use tilework::chunk::Tensor;
use tilework::format::zarr::{Codec, ZarrOptions};
use tilework::{Chunks, DType, Error, Session};

fn lengths(noise: &mut Noise, ndim: usize) -> Vec<usize> {
    (0..ndim).map(|_| noise.one_of(&[1, 2, 5, 7, 13, 16, 31])).collect()
}

fn made(noise: &mut Noise, shape: &[usize], dtype: DType) -> (Tensor, DynArray) {
    let t = tensor(noise, dtype, shape, (0.0, 100.0), &specials(dtype));
    let x = from_tensor(t.clone(), cut(noise, shape)).unwrap();
    (t, x)
}

/// Elements bit for bit, NaN as they are.
fn raw(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

#[test]
fn npy_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    for (k, dtype) in DType::ALL.into_iter().enumerate() {
        for round in 0..3 {
            let mut noise = Noise((k * 10 + round) as u64);
            let shape = super::material::shape(&mut noise, 2000);
            let (t, x) = made(&mut noise, &shape, dtype);
            let path = folder.path().join(format!("{k}-{round}.npy"));
            let session = Session::new(config(2, 64 << 20));
            x.save_npy(&path, false, &session).unwrap();
            let y = open_npy(&path, cut(&mut noise, &shape)).unwrap();
            assert_eq!((y.dtype(), y.shape()), (dtype, shape.clone()));
            assert_eq!(raw(&y.compute_in(&session).unwrap()), raw(&t), "{dtype} {shape:?}");
        }
    }
}

#[test]
fn zarr_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    for (k, dtype) in DType::ALL.into_iter().enumerate() {
        for round in 0..4 {
            let mut noise = Noise((1000 + k * 10 + round) as u64);
            let ndim = noise.below(4);
            let shape = lengths(&mut noise, ndim);
            let (t, x) = made(&mut noise, &shape, dtype);
            let chunks: Vec<usize> = shape.iter().map(|_| noise.one_of(&[1, 2, 3, 8])).collect();
            let codec = match round {
                0 => Codec::None,
                1 => Codec::Gzip(1),
                2 => Codec::Blosc { cname: "lz4".into(), level: 5 },
                _ => Codec::Zstd(3),
            };
            let shards = (noise.below(2) == 0).then(|| chunks.iter().map(|c| c * noise.one_of(&[1, 2, 3])).collect());
            let options =
                ZarrOptions { chunks: Some(chunks), shards, codec, crc32c: noise.below(2) == 0, ..ZarrOptions::default() };
            let path = folder.path().join(format!("{k}-{round}.zarr"));
            let session = Session::new(config(2, 256 << 20));
            x.save_zarr(&path, &options, &session).unwrap();
            let y = open_zarr(&path, cut(&mut noise, &shape)).unwrap();
            assert_eq!((y.dtype(), y.shape()), (dtype, shape.clone()));
            assert_eq!(raw(&y.compute_in(&session).unwrap()), raw(&t), "{dtype} {shape:?} {options:?}");
        }
    }
}

#[cfg(feature = "raster")]
#[test]
fn geotiff_there_and_back() {
    use tilework::format::geotiff::{Georef, WriteOptions};
    use tilework::raster::Raster;
    let folder = tempfile::tempdir().unwrap();
    for (k, dtype) in DType::ALL.into_iter().enumerate().filter(|(_, d)| *d != DType::Bool && !d.is_complex()) {
        let mut noise = Noise(2000 + k as u64);
        let shape = [1 + noise.below(3), noise.one_of(&[1, 16, 37]), noise.one_of(&[5, 32, 61])];
        let (t, x) = made(&mut noise, &shape, dtype);
        let options = WriteOptions {
            tile: 16,
            pixel_interleave: noise.below(2) == 0,
            cog: noise.below(2) == 0,
            sync: false,
            ..WriteOptions::default()
        };
        let path = folder.path().join(format!("{k}.tif"));
        let session = Session::new(config(2, 256 << 20));
        Raster::new(x, Georef::default(), "noise").unwrap().write(&path, options, &session).unwrap();
        let y = Raster::open(&path, cut(&mut noise, &shape)).unwrap();
        assert_eq!((y.array().dtype(), y.array().shape()), (dtype, shape.to_vec()));
        assert_eq!(raw(&y.array().compute_in(&session).unwrap()), raw(&t), "{dtype} {shape:?}");
    }
}

/// Fails in the middle of its chunks.
fn failing() -> DynArray {
    let x = tilework::array::arange(0, 64, 1, 4).unwrap();
    let f = map_blocks("breaks", &[&x], DType::I64, None, |b, t| {
        if b.index == 9 { Err(Error::new(Kind::Corrupt, "block nine is broken")) } else { Ok(t[0].clone()) }
    });
    f.unwrap()
}

type Save = fn(&DynArray, &Path, bool) -> tilework::Result<()>;

fn npy(x: &DynArray, path: &Path, overwrite: bool) -> tilework::Result<()> {
    x.save_npy(path, overwrite, &Session::new(config(2, 1 << 30)))
}

fn zarr(x: &DynArray, path: &Path, overwrite: bool) -> tilework::Result<()> {
    x.save_zarr(path, &ZarrOptions { overwrite, ..ZarrOptions::default() }, &Session::new(config(2, 1 << 30)))
}

#[test]
fn a_failed_run_leaves_no_output_and_touches_none() {
    for (name, save) in [("x.npy", npy as Save), ("x.zarr", zarr as Save)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let e = save(&failing(), &path, false).unwrap_err();
        assert_eq!(e.kind(), Kind::Corrupt);
        for word in ["breaks", "block nine is broken", "[9]"] {
            assert!(e.to_string().contains(word), "'{e}' lacks {word}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name}: something was left");
        // An output of before stays as it is, also where it may be replaced.
        let before = tilework::array::arange(0, 10, 1, 5).unwrap();
        save(&before, &path, false).unwrap();
        save(&failing(), &path, true).unwrap_err();
        let y = if name == "x.npy" { open_npy(&path, 3) } else { open_zarr(&path, 3) }.unwrap();
        assert_eq!(bits(&y.compute().unwrap()), bits(&before.compute().unwrap()), "{name}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{name}: something was left");
        save(&tilework::array::arange(0, 64, 1, 4).unwrap(), &path, true).unwrap();
    }
}

/// Of several outputs of one run none appears when one fails.
#[test]
fn outputs_of_one_run_stand_and_fall_together() {
    let folder = tempfile::tempdir().unwrap();
    let good = tilework::array::arange(0, 64, 1, 4).unwrap();
    let sinks = [
        good.npy_sink(folder.path().join("good.npy"), false).unwrap(),
        failing().npy_sink(folder.path().join("bad.npy"), false).unwrap(),
    ];
    Session::new(config(2, 1 << 30)).store(&sinks).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_large_npy_file_is_cut_automatically() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let x = Generator::new(1).random(&[3000, 1000], 500).unwrap();
    x.save_npy(&path, false, &Session::default()).unwrap();
    let y = open_npy(&path, Chunks::Auto).unwrap();
    let largest = y.chunks().iter().map(|axis| axis.iter().max().unwrap()).product::<usize>() * 8;
    assert!(y.n_chunks() > 4 && largest <= 4 << 20, "{:?}", y.chunks());
    assert_eq!(bits(&run(&oracle(), y.expr()).unwrap()), bits(&run(&oracle(), x.expr()).unwrap()));
}
