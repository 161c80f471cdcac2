use super::{Codec, ZarrGroup, ZarrOptions, ZarrSink, ZarrSource, group};
use crate::base::{DType, Grid, Kind, Region, Scalar};
use crate::chunk::Tensor;
use crate::expr::{Sink, Source};
use crate::store::{FileStore, MemoryStore, Store};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tests::values;

fn bytes(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

fn run(sink: &ZarrSink, t: &Tensor, chunks: &[usize]) {
    let grid = sink.write_grid(t.dtype(), &Grid::regular(t.shape(), chunks).unwrap()).unwrap();
    sink.begin().unwrap();
    commit(sink, t, &grid);
    sink.finish().unwrap();
}

fn commit(sink: &ZarrSink, t: &Tensor, grid: &Grid) {
    for i in 0..grid.n_chunks() {
        let region = grid.chunk_region(i);
        // As a worker would have it, where it could have it.
        let encoded = match sink.params() {
            Ok(params) => ZarrSink::from_params(&params).unwrap().encode(i, &region, &t.slice(&region)).unwrap(),
            Err(_) => sink.encode(i, &region, &t.slice(&region)).unwrap(),
        };
        assert!(encoded.payload_bytes() <= sink.encode_bytes(&region).0);
        sink.commit(i, &region, &encoded).unwrap();
    }
}

fn write(path: &Path, t: &Tensor, options: &ZarrOptions) {
    let chunks = options.chunks.clone().unwrap_or_else(|| t.shape().to_vec());
    run(&ZarrSink::new(path, t.dtype(), &Grid::regular(t.shape(), &chunks).unwrap(), options).unwrap(), t, &chunks);
}

fn read(source: &ZarrSource) -> Tensor {
    source.read(&Region::whole(&source.storage_grid().shape())).unwrap()
}

fn options(version: u8) -> ZarrOptions {
    ZarrOptions {
        zarr_format: Some(version),
        chunks: Some(vec![2, 3]),
        dimension_names: Some(vec![Some("y".into()), Some("x".into())]),
        attributes: Map::from_iter([("units".to_string(), json!("m"))]),
        ..ZarrOptions::default()
    }
}

/// The array with `part` from `start` on.
fn with_part(t: &Tensor, part: &Tensor, start: &[usize], shape: &[usize]) -> Tensor {
    let mut out = crate::chunk::BufferMut::zeroed(shape.iter().product::<usize>() * t.dtype().size());
    crate::chunk::tensor::copy_into(t, &mut out, shape, &Region::whole(t.shape()));
    let at = Region::whole(part.shape()).shifted(start);
    crate::chunk::tensor::copy_into(part, &mut out, shape, &at);
    Tensor::new(t.dtype(), shape, out.freeze()).unwrap()
}

#[test]
fn arrays_lie_in_groups_of_their_version() {
    for version in [2, 3] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("s.zarr");
        let t = values(DType::F32, &[5, 7]);
        write(&root.join("g/h/a"), &t, &options(version));
        // The groups' version is that of what comes later, without being asked.
        write(&root.join("b"), &t, &ZarrOptions { zarr_format: None, ..options(3) });
        let group = ZarrGroup::open(&root).unwrap();
        assert_eq!(group.zarr_format(), version);
        let tree = group.tree().unwrap();
        let names: Vec<_> = tree.iter().map(|m| (m.path.as_str(), m.is_array)).collect();
        assert_eq!(names, [("b", true), ("g", false), ("g/h", false), ("g/h/a", true)]);
        for source in [
            group.array("g/h/a").unwrap(),
            group.group("g").unwrap().array("h/a").unwrap(),
            ZarrSource::open(root.join("b")).unwrap(),
        ] {
            assert_eq!(bytes(&read(&source)), bytes(&t));
            assert_eq!(source.dimension_names().unwrap(), [Some("y".to_string()), Some("x".to_string())]);
            assert_eq!(source.attributes()["units"], "m");
        }
        let e = group.array("g/nothing").unwrap_err();
        assert!(e.kind() == Kind::Usage && e.to_string().contains("g/h/a"), "{e}");
        let other = options(5 - version);
        let e = ZarrSink::new(root.join("c"), DType::F32, &Grid::whole(&[5, 7]), &other).unwrap_err();
        assert!(e.kind() == Kind::Usage && e.to_string().contains(&format!("version {version}")), "{e}");
        let e = ZarrSink::new(root.join("b/inside"), DType::F32, &Grid::whole(&[5, 7]), &options(version)).unwrap_err();
        assert_eq!(e.kind(), Kind::Usage, "{e}");
        let made = ZarrGroup::create(root.join("g/new"), &Map::from_iter([("k".into(), json!(1))]), None).unwrap();
        assert_eq!((made.zarr_format(), made.attributes()["k"].clone()), (version, json!(1)));
        assert_eq!(ZarrGroup::create(root.join("g/new"), &Map::new(), None).unwrap_err().kind(), Kind::Usage);
    }
    assert!(ZarrGroup::open("/nowhere").is_err());
    let crowd = ZarrOptions { shards: Some(vec![4, 6]), ..options(2) };
    assert_eq!(ZarrSink::new("/tmp/x.zarr", DType::F32, &Grid::whole(&[5, 7]), &crowd).unwrap_err().kind(), Kind::Usage);
    assert!(ZarrSink::new("/tmp/x.zarr", DType::F32, &Grid::whole(&[5, 7]), &options(4)).is_err());
}

#[test]
fn version_2_keeps_every_dtype_and_codec() {
    let dir = tempfile::tempdir().unwrap();
    let codecs = [Codec::None, Codec::Zstd(1), Codec::Gzip(4), Codec::Blosc { cname: "lz4".to_string(), level: 5 }];
    for dtype in DType::ALL {
        for (i, codec) in codecs.iter().enumerate() {
            let path = dir.path().join(format!("{dtype}-{i}.zarr"));
            let t = values(dtype, &[5, 7]);
            write(&path, &t, &ZarrOptions { codec: codec.clone(), fill: Scalar::I64(1), ..options(2) });
            assert_eq!(bytes(&read(&ZarrSource::open(&path).unwrap())), bytes(&t), "{dtype} {codec:?}");
        }
    }
}

#[test]
fn consolidated_metadata_is_written_read_and_kept() {
    for version in [2, 3] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let t = values(DType::I16, &[4, 6]);
        let put = |path: &str| {
            let sink = ZarrSink::new_in(store.clone(), path, t.dtype(), &Grid::whole(&[4, 6]), &options(version)).unwrap();
            run(&sink, &t, &[4, 6]);
        };
        put("g/a");
        put("b");
        let group = ZarrGroup::open_store(store.clone(), "").unwrap();
        let walked = group.tree().unwrap();
        group.consolidate().unwrap();
        let group = ZarrGroup::open_store(store.clone(), "").unwrap();
        assert!(group.is_consolidated());
        assert_eq!(group.tree().unwrap(), walked);
        // What comes later is told too, in its place.
        put("g/new/c");
        put("a");
        let (key, at) = if version == 2 { (".zmetadata", "/metadata") } else { ("zarr.json", "/consolidated_metadata/metadata") };
        let all: Value = serde_json::from_slice(&store.get(key).unwrap().unwrap()).unwrap();
        assert!(all.pointer(at).unwrap().as_object().unwrap().keys().is_sorted());
        let tree = ZarrGroup::open_store(store.clone(), "").unwrap().tree().unwrap();
        let names: Vec<_> = tree.iter().map(|m| m.path.as_str()).collect();
        assert_eq!(names, ["a", "b", "g", "g/a", "g/new", "g/new/c"]);
        assert_eq!(bytes(&read(&ZarrGroup::open_store(store.clone(), "g").unwrap().array("new/c").unwrap())), bytes(&t));
        if version == 2 {
            let all: Value = serde_json::from_slice(&store.get(".zmetadata").unwrap().unwrap()).unwrap();
            assert_eq!(all["metadata"]["g/new/c/.zattrs"]["_ARRAY_DIMENSIONS"], json!(["y", "x"]));
        }
    }
}

#[test]
fn regions_are_written_in_place_of_what_was_there() {
    for (version, shards) in [(2, None), (3, None), (3, Some(vec![4, 6]))] {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zarr");
        let t = values(DType::I32, &[10, 15]);
        let opts = ZarrOptions { shards, overwrite: true, ..options(version) };
        write(&path, &t, &opts);
        run(&ZarrSink::new_in(memory.clone(), "a", t.dtype(), &Grid::whole(&[10, 15]), &opts).unwrap(), &t, &[4, 6]);
        let mut expected = t.clone();
        for (start, shape, value) in [([4, 6], [4, 9], 5), ([8, 0], [2, 15], 6), ([0, 12], [4, 3], 0), ([4, 6], [0, 6], 1)] {
            let part = Tensor::splat(DType::I32, &shape, Scalar::I64(value));
            run(&ZarrSink::region(&path, &start, &shape).unwrap(), &part, &[3, 5]);
            run(&ZarrSink::region_in(memory.clone(), "a", &start, &shape).unwrap(), &part, &[3, 5]);
            expected = with_part(&expected, &part, &start, &[10, 15]);
            let on_disk = ZarrSource::open(&path).unwrap();
            assert_eq!(bytes(&read(&on_disk)), bytes(&expected), "{version} {start:?}");
            assert_eq!(bytes(&read(&ZarrSource::open_store(memory.clone(), "a").unwrap())), bytes(&expected));
            assert_eq!(on_disk.attributes()["units"], "m");
        }
        // The part that became the fill value is stored no more.
        let key = if version == 2 {
            "0.4"
        } else if opts.shards.is_some() {
            "c/0/2"
        } else {
            "c/0/4"
        };
        assert!(!FileStore::new(&path).exists(key).unwrap(), "{version}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

#[test]
fn regions_that_do_not_fit_are_refused_with_the_cure() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    write(&path, &values(DType::I32, &[10, 15]), &options(3));
    for (start, shape, word) in [
        (vec![1, 0], vec![1, 15], "0..2"),
        (vec![0, 0], vec![3, 15], "0..4"),
        (vec![8, 0], vec![3, 15], "beyond"),
        (vec![0], vec![2], "2 numbers"),
        (vec![usize::MAX, 0], vec![2, 3], "2^64"),
    ] {
        let e = ZarrSink::region(&path, &start, &shape).unwrap_err();
        assert!(e.kind() == Kind::Usage && e.to_string().contains(word), "{e}");
    }
    let sink = ZarrSink::region(&path, &[0, 0], &[2, 15]).unwrap();
    assert_eq!(sink.write_grid(DType::F32, &Grid::whole(&[2, 15])).unwrap_err().kind(), Kind::Usage);
    assert_eq!(ZarrSink::region(dir.path().join("none"), &[0], &[1]).unwrap_err().kind(), Kind::Usage);
}

#[test]
fn writers_of_different_regions_do_not_undo_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    write(&path, &values(DType::I32, &[40, 6]), &options(3));
    let sinks: Vec<_> = (0..20).map(|i| ZarrSink::region(&path, &[2 * i, 0], &[2, 6]).unwrap()).collect();
    std::thread::scope(|scope| {
        for (i, sink) in sinks.iter().enumerate() {
            scope.spawn(move || run(sink, &Tensor::splat(DType::I32, &[2, 6], Scalar::I64(i as i64)), &[2, 6]));
        }
    });
    let t = read(&ZarrSource::open(&path).unwrap());
    for i in 0..40 {
        assert_eq!(t.at(&[i, 5]), Scalar::I64(i as i64 / 2));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn nothing_changes_before_the_end_nor_after_a_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let t = values(DType::I32, &[10, 15]);
    write(&path, &t, &options(3));
    let sink = ZarrSink::region(&path, &[0, 0], &[2, 15]).unwrap();
    let part = Tensor::splat(DType::I32, &[2, 15], Scalar::I64(3));
    let grid = sink.write_grid(DType::I32, &Grid::whole(&[2, 15])).unwrap();
    sink.begin().unwrap();
    commit(&sink, &part, &grid);
    assert_eq!(bytes(&read(&ZarrSource::open(&path).unwrap())), bytes(&t));
    sink.abort();
    assert_eq!(bytes(&read(&ZarrSource::open(&path).unwrap())), bytes(&t));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    // Another array took the place meanwhile.
    sink.begin().unwrap();
    commit(&sink, &part, &grid);
    let other = values(DType::I32, &[9, 15]);
    write(&path, &other, &ZarrOptions { overwrite: true, ..options(3) });
    let e = sink.finish().unwrap_err();
    assert!(e.kind() == Kind::Environment && e.to_string().contains("write it again"), "{e}");
    assert_eq!(bytes(&read(&ZarrSource::open(&path).unwrap())), bytes(&other));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn longer_arrays_are_seen_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    for version in [2, 3] {
        let path = dir.path().join(format!("v{version}.zarr/a"));
        let t = values(DType::I32, &[4, 6]);
        write(&path, &t, &options(version));
        ZarrGroup::open(path.parent().unwrap()).unwrap().consolidate().unwrap();
        let more = Tensor::splat(DType::I32, &[3, 6], Scalar::I64(8));
        let sinks = [ZarrSink::longer(&path, 0, 4, 7).unwrap(), ZarrSink::longer(&path, 0, 4, 7).unwrap()];
        run(&sinks[0], &more, &[2, 6]);
        let source = ZarrSource::open(&path).unwrap();
        assert_eq!(bytes(&read(&source)), bytes(&with_part(&t, &more, &[4, 0], &[7, 6])));
        assert_eq!((source.attributes()["units"].clone(), source.dimension_names().unwrap().len()), (json!("m"), 2));
        let tree = ZarrGroup::open(path.parent().unwrap()).unwrap().tree().unwrap();
        assert_eq!(tree[0].metadata["shape"], json!([7, 6]), "consolidated metadata follows");
        // The other one was made for the shorter array.
        sinks[1].begin().unwrap();
        assert_eq!(sinks[1].finish().unwrap_err().kind(), Kind::Environment);
    }
}

#[test]
fn hierarchies_of_zarr_python_are_read() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/zarr-groups");
    for (name, version) in [("v2.zarr", 2), ("v3.zarr", 3), ("xarray-v2.zarr", 2), ("xarray-v3.zarr", 3)] {
        let group = ZarrGroup::open(data.join(name)).unwrap();
        assert!(group.is_consolidated() && group.zarr_format() == version, "{name}");
        let mut arrays: Vec<_> = group.tree().unwrap().into_iter().filter(|m| m.is_array).map(|m| m.path).collect();
        assert_eq!(arrays, group::arrays(data.join(name)).unwrap(), "{name}: what is told is what is there");
        arrays.retain(|p| !p.ends_with("text"));
        for path in arrays {
            let source = group.array(&path).unwrap();
            let expected = values(source.dtype(), &source.storage_grid().shape());
            assert_eq!(bytes(&read(&source)), bytes(&expected), "{name} {path}");
            if name.starts_with("xarray") {
                assert!(source.dimension_names().is_some(), "{name} {path}");
            }
        }
        assert_eq!(group.attributes()["title"], "numbers", "{name}");
    }
}

#[cfg(feature = "cloud")]
#[test]
fn arrays_are_read_and_written_over_http() {
    use crate::store::http_tests::server::{Fault, Server};
    let server = Server::start();
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    server.put_folder("x/v3.zarr", &data.join("zarr-groups/v3.zarr"));
    server.put_folder("x/shard.zarr", &data.join("zarr/v3-shard"));
    let url = format!("{}/x/v3.zarr", server.address);
    // A plain server lists nothing; consolidated metadata does.
    let group = ZarrGroup::open(&url).unwrap();
    for m in group.tree().unwrap().iter().filter(|m| m.is_array && !m.path.ends_with("text")) {
        server.fail("0", 1, Fault::Status(503));
        let source = group.array(&m.path).unwrap();
        let source = ZarrSource::from_params(&source.params().unwrap()).unwrap();
        assert_eq!(bytes(&read(&source)), bytes(&values(source.dtype(), &source.storage_grid().shape())));
        assert!(source.scratch_bytes(&Region::whole(&source.storage_grid().shape())) > 1 << 20);
    }
    let shard = ZarrSource::open(format!("{}/x/shard.zarr", server.address)).unwrap();
    let there = ZarrSource::open(data.join("zarr/v3-shard")).unwrap();
    assert_eq!(bytes(&read(&shard)), bytes(&read(&there)));
    let t = values(DType::F64, &[5, 7]);
    let new = format!("{url}/made/a");
    write(Path::new(&new), &t, &options(3));
    assert_eq!(bytes(&read(&ZarrSource::open(&new).unwrap())), bytes(&t));
    assert!(ZarrGroup::open(&url).unwrap().tree().unwrap().iter().any(|m| m.path == "made/a"));
    let part = Tensor::splat(DType::F64, &[2, 7], Scalar::I64(3));
    run(&ZarrSink::region(&new, &[2, 0], &[2, 7]).unwrap(), &part, &[2, 7]);
    assert_eq!(bytes(&read(&ZarrSource::open(&new).unwrap())), bytes(&with_part(&t, &part, &[2, 0], &[5, 7])));
    let e = ZarrSource::open(format!("{url}/nothing")).unwrap_err();
    assert_eq!(e.kind(), Kind::Usage);
}

/// Writes hierarchies that `tests/oracle/check_zarr.py` compares with zarr-python: every array is written in parts, made longer,
/// and told by consolidated metadata.
#[test]
#[ignore = "run by tests/oracle/check_zarr.py"]
fn write_groups_for_the_oracle() {
    let root = PathBuf::from(std::env::var_os("TILEWORK_ORACLE_DIR").expect("TILEWORK_ORACLE_DIR"));
    for version in [2, 3] {
        let store = root.join(format!("groups-v{version}.zarr"));
        ZarrGroup::create(&store, &Map::from_iter([("title".to_string(), json!("numbers"))]), Some(version)).unwrap();
        for (i, dtype) in DType::ALL.into_iter().enumerate() {
            let path = store.join(format!("deep/g{}/{dtype}", i % 3));
            let t = values(dtype, &[10, 13]);
            let zeros = Tensor::splat(dtype, &[6, 13], Scalar::I64(0));
            let shards = (version == 3 && i % 2 == 0).then(|| vec![4, 6]);
            write(&path, &zeros, &ZarrOptions { shards: shards.clone(), ..options(version) });
            let unit = if shards.is_some() { 4 } else { 2 };
            let region = Region::new([0..unit, 0..13]);
            run(&ZarrSink::region(&path, &[0, 0], &[unit, 13]).unwrap(), &t.slice(&region), &[unit, 13]);
            let rest = Region::new([unit..10, 0..13]);
            run(&ZarrSink::longer(&path, 0, unit, 10).unwrap(), &t.slice(&rest), &[4, 7]);
            if i == 5 {
                ZarrGroup::open(&store).unwrap().consolidate().unwrap();
            }
        }
    }
}

/// Not a test by itself: what [`killed_writers_of_parts_leave_old_or_new`] starts and kills.
#[test]
#[ignore = "run by killed_writers_of_parts_leave_old_or_new in a process of its own"]
fn child_that_writes_parts_until_killed() {
    let Some(path) = std::env::var_os("TILEWORK_TEST_ZARR_PART") else { return };
    for i in 2i64..2000 {
        let part = Tensor::splat(DType::I32, &[60, 60], Scalar::I64(i));
        run(&ZarrSink::region(&path, &[0, 0], &[60, 60]).unwrap(), &part, &[20, 30]);
    }
}

#[test]
fn killed_writers_of_parts_leave_old_or_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let options = ZarrOptions { chunks: Some(vec![20, 30]), fill: Scalar::I64(-1), ..ZarrOptions::default() };
    write(&path, &Tensor::splat(DType::I32, &[60, 60], Scalar::I64(1)), &options);
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..12u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "format::zarr::group_tests::child_that_writes_parts_until_killed"])
            .env("TILEWORK_TEST_ZARR_PART", &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(10_000 + round * 17_300));
        child.kill().unwrap();
        child.wait().unwrap();
        let t = read(&ZarrSource::open(&path).unwrap());
        let first = t.at(&[0, 0]);
        assert!(t.view::<i32>().unwrap().iter().all(|&v| Scalar::I64(v.into()) == first), "round {round}");
        seen.insert(first.as_f64() as i64);
    }
    assert!(seen.len() > 1, "no writer got to write: {seen:?}");
}
