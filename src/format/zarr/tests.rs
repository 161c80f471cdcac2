use super::{Codec, ZarrOptions, ZarrSink, ZarrSource, group};
use crate::base::{DType, Element, Grid, Kind, Region, Scalar};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::{Sink, Source};
use crate::for_dtype;
use crate::store::{FileStore, MemoryStore, Store};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The elements that the generator of the fixtures (and the checker of our output) has.
pub(super) fn values(dtype: DType, shape: &[usize]) -> Tensor {
    let n = shape.iter().product::<usize>() as u64;
    let value = |i: u64| (i.wrapping_mul(2_654_435_761) >> 7) & if dtype == DType::Bool { 1 } else { 0xFFFF_FFFF };
    for_dtype!(dtype, T => Tensor::from_vec(shape, (0..n).map(|i| T::from_scalar(Scalar::U64(value(i)))).collect::<Vec<T>>()).unwrap())
}

fn bytes(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/zarr")
}

/// Some boxes of a shape: all of it, each half, single elements, nothing.
fn boxes(shape: &[usize]) -> Vec<Region> {
    let mut out = vec![Region::whole(shape)];
    for k in 0..24usize {
        out.push(Region::new(shape.iter().enumerate().map(|(a, &n)| {
            let start = (k * 7 + a * 3) % (n + 1);
            start..(start + (k + a) % 5).min(n)
        })));
    }
    out
}

fn write(path: &Path, t: &Tensor, chunks: &[usize], options: &ZarrOptions) {
    let grid = Grid::regular(t.shape(), chunks).unwrap();
    let sink = ZarrSink::new(path, t.dtype(), &grid, options).unwrap();
    // As a worker would have it.
    let encoder = ZarrSink::from_params(&sink.params().unwrap()).unwrap();
    let grid = sink.write_grid(t.dtype(), &grid).unwrap();
    sink.begin().unwrap();
    for i in (0..grid.n_chunks()).rev() {
        let region = grid.chunk_region(i);
        let encoded = encoder.encode(i, &region, &t.slice(&region)).unwrap();
        assert!(encoded.payload_bytes() <= encoder.encode_bytes(&region).0);
        sink.commit(i, &region, &encoded).unwrap();
    }
    sink.finish().unwrap();
}

#[test]
fn arrays_of_zarr_python_are_read() {
    let mut n_read = 0;
    let mut names = group::arrays(data()).unwrap();
    names.retain(|n| !n.starts_with("no-"));
    for name in names {
        let source = ZarrSource::open(data().join(&name)).unwrap();
        let source = ZarrSource::from_params(&source.params().unwrap()).unwrap();
        let grid = source.storage_grid();
        let shape = grid.shape();
        let mut expected = values(source.dtype(), &shape);
        if name.contains("hole") {
            let hole = Region::new([0..grid.axes()[0].range(0).len(), 0..shape[1]]);
            let mut out = BufferMut::zeroed(expected.len() * source.dtype().size());
            copy_into(&expected, &mut out, &shape, &Region::whole(&shape));
            copy_into(&Tensor::splat(source.dtype(), &hole.shape(), Scalar::I64(42)), &mut out, &shape, &hole);
            expected = Tensor::new(source.dtype(), &shape, out.freeze()).unwrap();
        }
        for region in boxes(&shape) {
            let got = source.read(&region).unwrap();
            assert_eq!((got.dtype(), got.shape()), (source.dtype(), region.shape().as_slice()), "{name} {region:?}");
            assert_eq!(bytes(&got), bytes(&expected.slice(&region)), "{name} {region:?}");
            assert!(got.held_bytes() <= source.result_bytes(&region).max(16), "{name} {region:?}");
        }
        n_read += 1;
    }
    assert!(n_read >= 40, "{n_read} arrays");
}

#[test]
fn what_is_not_supported_is_named() {
    for (name, word) in [("no-float16", "float16"), ("no-delta", "delta"), ("no-lz4", "lz4")] {
        let e = ZarrSource::open(data().join(name)).unwrap_err();
        assert_eq!(e.kind(), Kind::Unsupported, "{e}");
        assert!(e.to_string().contains(word) && e.to_string().contains(name), "{e}");
    }
    let e = ZarrSource::open(data().join("group")).unwrap_err();
    assert!(e.kind() == Kind::Usage && e.message().contains("inner/a"), "{e}");
    assert_eq!(ZarrSource::open(data().join("nowhere")).unwrap_err().kind(), Kind::Usage);
    let a = ZarrSource::open(data().join("group/inner/a")).unwrap();
    assert_eq!(a.attributes()["units"], "K");
    assert_eq!(ZarrSource::open(data().join("v2-raw")).unwrap().attributes()["units"], "m");
    assert_eq!(a.dimension_names().unwrap(), [Some("y".to_string()), Some("x".to_string())]);
    let from_root = ZarrSource::open_store(Arc::new(FileStore::new(data())), "group/inner/a").unwrap();
    assert_eq!(bytes(&from_root.read(&Region::whole(&[5, 6])).unwrap()), bytes(&a.read(&Region::whole(&[5, 6])).unwrap()));
    assert!(ZarrSource::open_store(Arc::new(FileStore::new(data())), "../zarr/v3-raw").is_err());
}

type Case = (usize, Vec<(usize, usize, usize, usize)>, usize, bool, bool, u8);

fn any_case() -> impl Strategy<Value = Case> {
    let len = prop_oneof![Just(0usize), Just(1), 2usize..14];
    // length, chunk, chunks in a shard, chunk of the array that is written
    let axes = prop::collection::vec((len, 1usize..6, 1usize..4, 1usize..8), 0..4);
    (0usize..13, axes, 0usize..5, any::<bool>(), any::<bool>(), 0u8..3)
}

fn codec(i: usize) -> Codec {
    match i {
        0 => Codec::None,
        1 => Codec::Zstd(1),
        2 => Codec::Gzip(4),
        3 => Codec::Blosc { cname: "lz4".to_string(), level: 5 },
        _ => Codec::Blosc { cname: "zstd".to_string(), level: 1 },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_written_is_read((dtype, axes, c, crc32c, sharded, fill) in any_case()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        let dtype = DType::ALL[dtype];
        let shape: Vec<usize> = axes.iter().map(|a| a.0).collect();
        let t = if fill == 2 { Tensor::splat(dtype, &shape, Scalar::I64(1)) } else { values(dtype, &shape) };
        let options = ZarrOptions {
            chunks: Some(axes.iter().map(|a| a.1).collect()),
            shards: sharded.then(|| axes.iter().map(|a| a.1 * a.2).collect()),
            codec: codec(c),
            crc32c,
            fill: if dtype.is_float() && fill == 1 { Scalar::F64(f64::NAN) } else { Scalar::I64(1) },
            ..ZarrOptions::default()
        };
        write(&path, &t, &axes.iter().map(|a| a.3).collect::<Vec<_>>(), &options);
        let source = ZarrSource::open(&path).unwrap();
        prop_assert_eq!(source.dtype(), dtype);
        prop_assert_eq!(source.storage_grid().shape().to_vec(), shape.clone());
        for region in boxes(&shape) {
            prop_assert_eq!(bytes(&source.read(&region).unwrap()), bytes(&t.slice(&region)));
        }
        if fill == 2 {
            // Chunks of nothing but the fill value are not stored.
            prop_assert_eq!(FileStore::new(&path).list("").unwrap(), ["zarr.json"]);
        }
        prop_assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn hostile_stores_are_refused(name in 0usize..8, at in any::<prop::sample::Index>(), with in any::<u8>(), cut in any::<bool>(), which in any::<prop::sample::Index>()) {
        let names = ["v3-zstd-int32", "v2-blosc-float32", "v2-gzip-hole", "v3-gzip-hole", "v3-shard", "v3-shard-start", "v2-big-f8", "v3-crc32c"];
        let disk = FileStore::new(data().join(names[name]));
        let memory = Arc::new(MemoryStore::new());
        let keys = disk.list("").unwrap();
        for key in &keys {
            memory.set(key, &disk.get(key).unwrap().unwrap()).unwrap();
        }
        let key = &keys[which.index(keys.len())];
        let mut value = disk.get(key).unwrap().unwrap();
        let i = at.index(value.len());
        if cut { value.truncate(i) } else { value[i] = with }
        memory.set(key, &value).unwrap();
        let read = ZarrSource::open_store(memory, "").and_then(|s| {
            let shape = s.storage_grid().shape();
            // Metadata may now speak of an array of any size: a plan would refuse it by its bytes.
            if s.result_bytes(&Region::whole(&shape)) + s.scratch_bytes(&Region::whole(&shape)) > 1 << 26 { return Ok(()) }
            s.read(&Region::whole(&shape)).map(drop)
        });
        if let Err(e) = read {
            prop_assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported | Kind::Usage), "{key}: {e:?}");
            prop_assert!(key.ends_with("json") || key.starts_with(".z") || e.to_string().contains(key.as_str()), "{key}: {e}");
        }
    }
}

#[test]
fn checksums_find_every_flipped_bit() {
    let disk = FileStore::new(data().join("v3-crc32c"));
    let memory = Arc::new(MemoryStore::new());
    for key in disk.list("").unwrap() {
        memory.set(&key, &disk.get(&key).unwrap().unwrap()).unwrap();
    }
    let source = ZarrSource::open_store(memory.clone(), "").unwrap();
    let good = memory.get("c/0/1").unwrap().unwrap();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        memory.set("c/0/1", &bad).unwrap();
        let e = source.read(&Region::whole(&[5, 6])).unwrap_err();
        assert!(e.kind() == Kind::Corrupt && e.to_string().contains("c/0/1"), "bit {bit}: {e}");
        assert!(source.read(&Region::new([3..5, 0..6])).is_ok(), "other chunks are still read");
    }
}

#[test]
fn bombs_are_stopped_at_the_size_of_a_chunk() {
    use std::io::Write;
    let zeros = vec![0u8; 64 << 20];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&zeros).unwrap();
    let bombs =
        [("v3-gzip-hole", "c/1/0", gzip.finish().unwrap()), ("v3-zstd-int32", "c/0/0", zstd::bulk::compress(&zeros, 1).unwrap())];
    for (name, key, bomb) in bombs {
        for bomb in [bomb.clone(), bomb[..bomb.len().min(90)].to_vec()] {
            let disk = FileStore::new(data().join(name));
            let memory = Arc::new(MemoryStore::new());
            memory.set("zarr.json", &disk.get("zarr.json").unwrap().unwrap()).unwrap();
            memory.set(key, &bomb).unwrap();
            let source = ZarrSource::open_store(memory, "").unwrap();
            let e = source.read(&Region::whole(&source.storage_grid().shape())).unwrap_err();
            assert_eq!(e.kind(), Kind::Corrupt, "{e}");
        }
    }
}

#[test]
fn metadata_beyond_reason_is_refused() {
    let json = |shape: &str, chunks: &str| {
        format!(
            r#"{{"zarr_format":3,"node_type":"array","shape":{shape},"data_type":"float64","fill_value":0,"attributes":{{}},
            "chunk_grid":{{"name":"regular","configuration":{{"chunk_shape":{chunks}}}}},
            "chunk_key_encoding":{{"name":"default"}},"codecs":[{{"name":"bytes","configuration":{{"endian":"little"}}}}]}}"#
        )
    };
    let open = |text: String| {
        let store = MemoryStore::new();
        store.set("zarr.json", text.as_bytes()).unwrap();
        ZarrSource::open_store(Arc::new(store), "")
    };
    for (shape, chunks) in [
        ("[18446744073709551615]", "[1]"),
        ("[4294967296, 4294967296]", "[1, 1]"),
        ("[10]", "[9223372036854775807]"),
        ("[10]", "[0]"),
        ("[10]", "[5, 5]"),
        ("[-1]", "[1]"),
        ("\"x\"", "[1]"),
        ("[10]", "null"),
    ] {
        let e = open(json(shape, chunks)).unwrap_err();
        assert_eq!(e.kind(), Kind::Corrupt, "{shape} {chunks}: {e}");
    }
    // A missing chunk of a vast array takes no memory.
    let vast = open(json("[1000000000, 1000000]", "[1000000000, 1000000]")).unwrap();
    assert_eq!(vast.read(&Region::new([5..7, 0..3])).unwrap().at(&[1, 1]), Scalar::F64(0.0));
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let base = ZarrOptions { chunks: Some(vec![4, 4]), ..ZarrOptions::default() };
    for options in [
        ZarrOptions { chunks: Some(vec![4]), ..base.clone() },
        ZarrOptions { chunks: Some(vec![0, 4]), ..base.clone() },
        ZarrOptions { shards: Some(vec![8, 6]), ..base.clone() },
        ZarrOptions { codec: Codec::Zstd(99), ..base.clone() },
        ZarrOptions { codec: Codec::Blosc { cname: "snake".to_string(), level: 1 }, ..base.clone() },
        ZarrOptions { fill: Scalar::F64(1.5), ..base.clone() },
        ZarrOptions { dimension_names: Some(vec![None]), ..base.clone() },
    ] {
        let e = ZarrSink::new(&path, DType::I32, &Grid::whole(&[10, 10]), &options).unwrap_err();
        assert_eq!(e.kind(), Kind::Usage, "{e}");
    }
    let sink = ZarrSink::new(&path, DType::I32, &Grid::whole(&[10, 10]), &base).unwrap();
    assert!(sink.write_grid(DType::I32, &Grid::whole(&[9, 10])).is_err());
    let grid = sink.write_grid(DType::I32, &Grid::regular(&[10, 10], &[5, 9]).unwrap()).unwrap();
    assert_eq!(grid, Grid::regular(&[10, 10], &[4, 8]).unwrap());
}

#[test]
fn overwriting_keeps_the_old_array_until_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let (old, new) = (values(DType::I32, &[8, 8]), values(DType::F64, &[5]));
    let options = ZarrOptions::default();
    write(&path, &old, &[3, 3], &options);
    assert_eq!(ZarrSink::new(&path, DType::F64, &Grid::whole(&[5]), &options).unwrap_err().kind(), Kind::Usage);
    let options = ZarrOptions { overwrite: true, ..options };
    let sink = ZarrSink::new(&path, DType::F64, &Grid::whole(&[5]), &options).unwrap();
    let read =
        || ZarrSource::open(&path).unwrap().read(&Region::whole(&ZarrSource::open(&path).unwrap().storage_grid().shape())).unwrap();
    sink.begin().unwrap();
    let whole = Region::whole(&[5]);
    sink.commit(0, &whole, &sink.encode(0, &whole, &new).unwrap()).unwrap();
    assert_eq!(bytes(&read()), bytes(&old));
    sink.abort();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    write(&path, &new, &[2], &options);
    assert_eq!(bytes(&read()), bytes(&new));
    let key = ZarrSource::open(&path).unwrap().key();
    assert_eq!(key, ZarrSource::open(&path).unwrap().key());
    write(&path, &Tensor::splat(DType::F64, &[5], Scalar::F64(7.0)), &[2], &options);
    assert_ne!(key, ZarrSource::open(&path).unwrap().key(), "other elements, another key");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    // A folder that is no array is never touched.
    let other = dir.path().join("precious");
    std::fs::create_dir(&other).unwrap();
    assert_eq!(ZarrSink::new(&other, DType::F64, &Grid::whole(&[5]), &options).unwrap_err().kind(), Kind::Usage);
    assert!(matches!(sink.commit(0, &whole, &Chunk::Unit), Err(e) if e.kind() == Kind::Bug));
}

#[test]
fn fill_values_keep_their_bits() {
    for (dtype, fill) in [
        (DType::F64, Scalar::F64(0.1 + 0.2)),
        (DType::F64, Scalar::F64(-1.797_693_134_862_315_7e308)),
        (DType::F64, Scalar::F64(5e-324)),
        (DType::F64, Scalar::F64(f64::NEG_INFINITY)),
        (DType::F32, Scalar::F64(f64::from(0.1f32))),
        (DType::I64, Scalar::I64(i64::MIN)),
        (DType::U64, Scalar::U64(u64::MAX)),
        (DType::Bool, Scalar::Bool(true)),
        (DType::C64, Scalar::C128(-1.5, f64::INFINITY)),
        (DType::C128, Scalar::C128(0.1 + 0.2, -0.0)),
    ] {
        let store = MemoryStore::new();
        let options = ZarrOptions { fill, ..ZarrOptions::default() };
        store.set("zarr.json", options.metadata(dtype, &Grid::whole(&[3])).unwrap().as_bytes()).unwrap();
        let t = ZarrSource::open_store(Arc::new(store), "").unwrap().read(&Region::whole(&[3])).unwrap();
        assert_eq!(t.at(&[2]), fill, "{dtype}");
    }
}

/// Writes what `tests/oracle/check_zarr.py` compares with zarr-python.
#[test]
#[ignore = "run by tests/oracle/check_zarr.py"]
fn write_for_the_oracle() {
    let root = PathBuf::from(std::env::var_os("TILEWORK_ORACLE_DIR").expect("TILEWORK_ORACLE_DIR"));
    for dtype in DType::ALL {
        for c in 0..5 {
            for (shards, crc32c) in [(None, false), (None, true), (Some(vec![6, 8]), false), (Some(vec![6, 8]), true)] {
                let name = format!("{dtype}-{c}-{}-{crc32c}.zarr", shards.is_some());
                let options = ZarrOptions {
                    chunks: Some(vec![3, 4]),
                    shards,
                    codec: codec(c),
                    crc32c,
                    fill: Scalar::I64(1),
                    dimension_names: Some(vec![Some("y".to_string()), None]),
                    ..ZarrOptions::default()
                };
                write(&root.join(name), &values(dtype, &[10, 13]), &[5, 5], &options);
            }
        }
        for (i, shape) in [vec![], vec![0], vec![7], vec![2, 0, 3], vec![2, 3, 4, 5]].iter().enumerate() {
            let t = values(dtype, shape);
            write(&root.join(format!("{dtype}-shape{i}.zarr")), &t, &vec![2; shape.len()], &ZarrOptions::default());
            let sink = crate::format::npy::NpySink::new(root.join(format!("{dtype}-shape{i}.npy")), dtype, shape, false).unwrap();
            sink.begin().unwrap();
            let whole = Region::whole(shape);
            sink.commit(0, &whole, &sink.encode(0, &whole, &t).unwrap()).unwrap();
            sink.finish().unwrap();
        }
    }
}

/// Not a test by itself: what [`killed_writers_leave_old_or_new`] starts and kills.
#[test]
#[ignore = "run by killed_writers_leave_old_or_new in a process of its own"]
fn child_that_writes_until_killed() {
    let Some(path) = std::env::var_os("TILEWORK_TEST_ZARR") else { return };
    let options = ZarrOptions { overwrite: true, shards: Some(vec![40, 40]), ..ZarrOptions::default() };
    for i in 2u64..2000 {
        write(Path::new(&path), &Tensor::splat(DType::U64, &[200, 200], Scalar::U64(i)), &[20, 20], &options);
    }
}

#[test]
fn killed_writers_leave_old_or_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let mut values_seen = std::collections::BTreeSet::new();
    for round in 0..20u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "format::zarr::tests::child_that_writes_until_killed"])
            .env("TILEWORK_TEST_ZARR", &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(5_000 + round * 3_700));
        child.kill().unwrap();
        child.wait().unwrap();
        if path.exists() {
            let t = ZarrSource::open(&path).unwrap().read(&Region::whole(&[200, 200])).unwrap();
            let first = t.at(&[0, 0]);
            assert!(t.view::<u64>().unwrap().iter().all(|&v| Scalar::U64(v) == first), "round {round}");
            values_seen.insert(first.as_f64() as u64);
        }
    }
    assert!(!values_seen.is_empty() && !values_seen.contains(&0), "{values_seen:?}");
}

/// Needs a small disk: mount a tmpfs of 1 MiB and name it in the variable.
#[test]
#[ignore = "needs a small file system, named in TILEWORK_TEST_SMALL_DISK"]
fn a_full_disk_leaves_nothing_behind() {
    let dir = PathBuf::from(std::env::var_os("TILEWORK_TEST_SMALL_DISK").expect("TILEWORK_TEST_SMALL_DISK"));
    let t = values(DType::F64, &[600, 600]);
    let grid = Grid::regular(&[600, 600], &[100, 100]).unwrap();
    let npy = crate::format::npy::NpySink::new(dir.join("a.npy"), t.dtype(), t.shape(), false).unwrap();
    let options = ZarrOptions { codec: Codec::None, ..ZarrOptions::default() };
    let zarr = ZarrSink::new(dir.join("a.zarr"), t.dtype(), &grid, &options).unwrap();
    let sinks: [&dyn Sink; 2] = [&npy, &zarr];
    for sink in sinks {
        sink.begin().unwrap();
        let e = (0..grid.n_chunks()).find_map(|i| {
            let region = grid.chunk_region(i);
            sink.commit(i, &region, &sink.encode(i, &region, &t.slice(&region)).unwrap()).err()
        });
        assert_eq!(e.unwrap().kind(), Kind::DiskFull);
        sink.abort();
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0, "{sink:?}");
    }
}
