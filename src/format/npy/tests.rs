use super::header::Header;
use super::{NpySink, NpySource};
use crate::base::{DType, Grid, Kind, Region, Scalar};
use crate::chunk::Tensor;
use crate::expr::{Sink, Source};
use crate::for_dtype;
use proptest::prelude::*;
use std::path::Path;

fn ramp(dtype: DType, shape: &[usize]) -> Tensor {
    let n = shape.iter().product::<usize>() as u64;
    for_dtype!(dtype, T => {
        let v: Vec<T> = (0..n).map(|i| <T as crate::base::Element>::from_scalar(Scalar::U64(i.wrapping_mul(0x9E37_79B9) >> 7))).collect();
        Tensor::from_vec(shape, v).unwrap()
    })
}

fn write(path: &Path, t: &Tensor, chunks: &[usize], backwards: bool) {
    let sink = NpySink::new(path, t.dtype(), t.shape(), false).unwrap();
    // As a worker would have it.
    let encoder = NpySink::from_params(&sink.params().unwrap()).unwrap();
    let grid = sink.write_grid(t.dtype(), &Grid::regular(t.shape(), chunks).unwrap()).unwrap();
    sink.begin().unwrap();
    let mut order: Vec<usize> = (0..grid.n_chunks()).collect();
    if backwards {
        order.reverse();
    }
    for i in order {
        let region = grid.chunk_region(i);
        let encoded = encoder.encode(i, &region, &t.slice(&region)).unwrap();
        assert!(!path.exists());
        sink.commit(i, &region, &encoded).unwrap();
    }
    sink.finish().unwrap();
}

fn bytes(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

/// A file as NumPy would write it, by a description of its own.
fn numpy_file(path: &Path, descr: &str, fortran: bool, shape: &str, version: u8, data: &[u8]) {
    let fortran = if fortran { "True" } else { "False" };
    let dict = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut out = vec![0x93];
    out.extend(b"NUMPY");
    out.extend([version, 0]);
    let n = (dict.len() as u32).to_le_bytes();
    out.extend(if version == 1 { &n[..2] } else { &n[..] });
    out.extend(dict.bytes());
    out.extend(data);
    std::fs::write(path, out).unwrap();
}

/// Dtype; length, chunk and a range for every axis; whether chunks come last first.
type Case = (usize, Vec<(usize, usize, usize, usize)>, bool);

fn any_case() -> impl Strategy<Value = Case> {
    let len = prop_oneof![Just(0usize), Just(1), 2usize..9];
    (0usize..13, prop::collection::vec((len, 1usize..5, 0usize..9, 0usize..9), 0..4), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read((dtype, axes, backwards) in any_case()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let (shape, chunks): (Vec<_>, Vec<_>) = axes.iter().map(|a| (a.0, a.1)).unzip();
        let t = ramp(DType::ALL[dtype], &shape);
        write(&path, &t, &chunks, backwards);
        let source = NpySource::open(&path).unwrap();
        let source = NpySource::from_params(&source.params().unwrap()).unwrap();
        prop_assert_eq!(source.dtype(), t.dtype());
        prop_assert_eq!(source.storage_grid(), Grid::whole(&shape));
        let region = Region::new(axes.iter().map(|a| a.2.min(a.0)..(a.2 + a.3).min(a.0)));
        for region in [Region::whole(&shape), region] {
            let got = source.read(&region).unwrap();
            prop_assert_eq!(got.shape().to_vec(), region.shape().to_vec());
            prop_assert!(got.held_bytes() <= source.result_bytes(&region) || got.is_empty());
            prop_assert_eq!(bytes(&got), bytes(&t.slice(&region)));
        }
        prop_assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn other_layouts_are_read(dtype in 0usize..13, big in any::<bool>(), fortran in any::<bool>(), version in 1u8..4, a in 1usize..5, b in 1usize..5, cut in 0usize..4) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let t = ramp(DType::ALL[dtype], &[a, b, 3]);
        let stored = if fortran { t.permute(&[2, 1, 0]) } else { t.clone() };
        let mut data = bytes(&stored);
        let size = t.dtype().size();
        if big {
            data.chunks_exact_mut(t.dtype().part().size()).for_each(<[u8]>::reverse);
        }
        let kind = match t.dtype() {
            DType::Bool => 'b',
            d if d.is_complex() => 'c',
            d if d.is_float() => 'f',
            d if d.is_signed() => 'i',
            _ => 'u',
        };
        let order = if size == 1 { '|' } else if big { '>' } else { '<' };
        // The header's length makes the data misaligned more often than not.
        numpy_file(&path, &format!("'{order}{kind}{size}'{}", " ".repeat(cut)), fortran, &format!("({a}L, {b}, 3)"), version, &data);
        let source = NpySource::open(&path).unwrap();
        let region = Region::new([a / 2..a, 0..b, 1..3]);
        let got = source.read(&region).unwrap();
        prop_assert!(got.held_bytes() <= source.result_bytes(&region));
        prop_assert_eq!(bytes(&got), bytes(&t.slice(&region)));
    }

    #[test]
    fn hostile_headers_are_refused(mut file in prop::collection::vec(any::<u8>(), 0..200), good in any::<bool>(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        if good {
            file = Header::write(DType::F32, &[7, 9]);
            let at = at.index(file.len());
            file[at] = with;
        }
        match Header::read(&mut file.as_slice()) {
            Ok(h) => prop_assert!(h.shape.len() <= 64),
            Err(e) => prop_assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported), "{:?}", e),
        }
    }
}

#[test]
fn broken_and_foreign_files_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    let open = || NpySource::open(&path).unwrap_err();
    numpy_file(&path, "'<f8'", false, "(10,)", 1, &[0; 79]);
    let e = open();
    assert_eq!(e.kind(), Kind::Corrupt);
    assert!(e.to_string().contains("truncated") && e.to_string().contains("a.npy"), "{e}");
    for (descr, word) in [
        ("'|O'", "Python objects"),
        ("[('x', '<f4'), ('y', '<f4')]", "structured"),
        ("'<c32'", "complex"),
        ("'<U5'", "text"),
        ("'<f2'", "'<f2'"),
        ("'<M8[ns]'", "dates"),
    ] {
        numpy_file(&path, descr, false, "(1,)", 1, &[0; 64]);
        let e = open();
        assert_eq!(e.kind(), Kind::Unsupported);
        assert!(e.to_string().contains(word), "{e}");
    }
    for shape in ["(18446744073709551615,)", "(4294967296, 4294967296, 0)", "(99999999999999999999,)", "(-1,)", "3"] {
        numpy_file(&path, "'<f8'", false, shape, 1, &[0; 64]);
        assert_eq!(open().kind(), Kind::Corrupt, "{shape}");
    }
    numpy_file(&path, "'|b1'", false, "(3,)", 2, &[0, 2, 255]);
    let t = NpySource::open(&path).unwrap().read(&Region::whole(&[3])).unwrap();
    assert_eq!(t.as_slice::<bool>().unwrap(), [false, true, true]);
}

#[test]
fn a_file_shortened_after_opening_is_corrupt() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    write(&path, &ramp(DType::F64, &[1000]), &[100], false);
    let source = NpySource::open(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(200).unwrap();
    let e = source.read(&Region::new(std::iter::once(500..600))).unwrap_err();
    assert_eq!(e.kind(), Kind::Corrupt);
    assert!(e.to_string().contains("200"), "{e}");
}

#[test]
fn existing_files_stay_unless_overwriting_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    let t = ramp(DType::I16, &[4, 4]);
    let early = NpySink::new(&path, DType::I16, &[4, 4], false).unwrap();
    early.begin().unwrap();
    std::fs::write(&path, b"old").unwrap();
    assert!(early.finish().is_err(), "a file that appeared meanwhile is kept");
    assert_eq!(NpySink::new(&path, DType::I16, &[4, 4], false).unwrap_err().kind(), Kind::Usage);
    let sink = NpySink::new(&path, DType::I16, &[4, 4], true).unwrap();
    sink.begin().unwrap();
    let whole = Region::whole(&[4, 4]);
    sink.commit(0, &whole, &sink.encode(0, &whole, &t).unwrap()).unwrap();
    sink.abort();
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    sink.begin().unwrap();
    sink.commit(0, &whole, &sink.encode(0, &whole, &t).unwrap()).unwrap();
    sink.finish().unwrap();
    assert_eq!(bytes(&NpySource::open(&path).unwrap().read(&whole).unwrap()), bytes(&t));
}

#[test]
fn files_of_numpy_are_read() {
    let mut n_read = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/npy")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "npy") {
            continue;
        }
        let opened = NpySource::open(&path);
        if path.file_name().unwrap().to_string_lossy().starts_with("no-") {
            assert_eq!(opened.unwrap_err().kind(), Kind::Unsupported);
            continue;
        }
        let source = opened.unwrap();
        let shape = source.header().shape.clone();
        let value = |i: u64| (i.wrapping_mul(2_654_435_761) >> 7) & if source.dtype() == DType::Bool { 1 } else { 0xFFFF_FFFF };
        let n = shape.iter().product::<usize>() as u64;
        let expected = for_dtype!(source.dtype(), T => {
            let v: Vec<T> = (0..n).map(|i| <T as crate::base::Element>::from_scalar(Scalar::U64(value(i)))).collect();
            Tensor::from_vec(&shape, v).unwrap()
        });
        let part = Region::new(shape.iter().map(|&n| n / 3..n - n / 4));
        for region in [Region::whole(&shape), part] {
            assert_eq!(bytes(&source.read(&region).unwrap()), bytes(&expected.slice(&region)), "{}", path.display());
        }
        n_read += 1;
    }
    assert_eq!(n_read, 43);
}

/// Writes stacks that `tests/oracle/check_zarr.py` compares with what dask reads.
#[test]
#[ignore = "run by tests/oracle/check_zarr.py"]
fn write_stacks_for_the_oracle() {
    let root = std::path::PathBuf::from(std::env::var_os("TILEWORK_ORACLE_DIR").expect("TILEWORK_ORACLE_DIR"));
    for dtype in DType::ALL.into_iter().filter(|d| *d != DType::Bool) {
        let shape = [7, 5, 3];
        let v: Vec<f64> = (0..105u64).map(|i| ((i.wrapping_mul(2_654_435_761) >> 7) & 0x7F) as f64).collect();
        let t = for_dtype!(dtype, T => {
            let v: Vec<T> = v.iter().map(|&x| <T as crate::base::Element>::from_scalar(Scalar::F64(x))).collect();
            Tensor::from_vec(&shape, v).unwrap()
        });
        for axis in 0..3 {
            let grid = Grid::regular(&shape, &[2, 2, 2]).unwrap();
            let sink = super::NpyStackSink::new(root.join(format!("stack-{dtype}-{axis}")), dtype, &grid, axis, false).unwrap();
            sink.begin().unwrap();
            for i in 0..grid.n_chunks() {
                let region = grid.chunk_region(i);
                sink.commit(i, &region, &sink.encode(i, &region, &t.slice(&region)).unwrap()).unwrap();
            }
            sink.finish().unwrap();
        }
    }
}
