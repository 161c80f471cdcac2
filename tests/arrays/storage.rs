//! Stacks of npy files, NetCDF and HDF5 variables, parts of Zarr arrays: through the engine, in every way it runs.

use super::material::{Noise, bits, config, cut, refused, same_everywhere};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tilework::array::create::from_tensor;
use tilework::array::{
    DynArray, concatenate, open_hdf5, open_netcdf, open_netcdf_decoded, open_npy, open_npy_stack, open_variable,
    open_variable_decoded, open_zarr,
};
use tilework::base::Kind;
use tilework::chunk::{BufferMut, Tensor};
use tilework::expr::Source;
use tilework::format::hdf::DataFile;
use tilework::format::npy::NpyStackSource;
use tilework::format::zarr::{ZarrGroup, ZarrOptions};
use tilework::{Chunks, DType, Session};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn session() -> Session {
    Session::new(config(2, 64 << 20))
}

/// Element number i is (i * 2654435761 >> 7) mod 2^32, cast.
fn values(dtype: DType, shape: &[usize]) -> Tensor {
    let n = shape.iter().product::<usize>() as u64;
    let v: Vec<f64> = (0..n).map(|i| ((i.wrapping_mul(2_654_435_761) >> 7) & 0xFFFF_FFFF) as f64).collect();
    from_tensor(Tensor::from_vec(shape, v).unwrap(), Chunks::Whole)
        .unwrap()
        .astype(DType::U32)
        .unwrap()
        .astype(dtype)
        .unwrap()
        .compute_in(&session())
        .unwrap()
}

fn raw(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

fn compute(x: &DynArray) -> Tensor {
    x.compute_in(&session()).unwrap()
}

#[test]
fn stacks_of_dask_are_read() {
    for (name, dtype, shape, axis, files) in
        [("f4", DType::F32, vec![7, 4], 0, vec![3, 3, 1]), ("i2", DType::I16, vec![4, 9, 2], 1, vec![4, 1, 4])]
    {
        let path = data("npy-stack").join(name);
        let x = NpyStackSource::open(&path, None).unwrap();
        let sizes: Vec<usize> = x.storage_grid().axes()[axis].sizes().collect();
        assert_eq!((x.dtype(), x.storage_grid().shape().to_vec(), sizes), (dtype, shape.clone(), files));
        let mut noise = Noise(7);
        for _ in 0..6 {
            let x = open_npy_stack(&path, Some(axis), cut(&mut noise, &shape)).unwrap();
            assert_eq!(raw(&same_everywhere(x.expr(), name).unwrap()), raw(&values(dtype, &shape)), "{name}");
        }
        refused(open_npy_stack(&path, Some(1 - axis), Chunks::Auto), &["axis", name]);
    }
}

#[test]
fn stacks_go_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    for (k, dtype) in DType::ALL.into_iter().enumerate() {
        let mut noise = Noise(k as u64 + 50);
        let shape: Vec<usize> = (0..1 + noise.below(3)).map(|_| noise.one_of(&[0, 1, 2, 5, 7, 13])).collect();
        let t = compute(&from_tensor(values(DType::U32, &shape), Chunks::Whole).unwrap().astype(dtype).unwrap());
        let axis = noise.below(shape.len());
        let path = folder.path().join(format!("{k}"));
        let x = from_tensor(t.clone(), cut(&mut noise, &shape)).unwrap();
        x.to_npy_stack(&path, axis as isize, &session()).unwrap();
        let y = open_npy_stack(&path, None, cut(&mut noise, &shape)).unwrap();
        assert_eq!(raw(&compute(&y)), raw(&t), "{dtype} {shape:?} {axis}");
        assert_eq!(NpyStackSource::open(&path, None).unwrap().axis(), axis);
        refused(x.to_npy_stack(&path, axis as isize, &session()), &["exists"]);
        let again = x.multiply(1).and_then(|x| x.astype(dtype)).unwrap();
        session().store(&[again.npy_stack_sink(&path, axis as isize, true).unwrap()]).unwrap();
        assert_eq!(raw(&compute(&open_npy_stack(&path, None, Chunks::Auto).unwrap())), raw(&t));
        // Without the info file the axis must be told.
        std::fs::remove_file(path.join("info")).unwrap();
        assert_eq!(raw(&compute(&open_npy_stack(&path, Some(axis), Chunks::Auto).unwrap())), raw(&t));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), DType::ALL.len(), "nothing else is left");
}

#[test]
fn folders_of_npy_files_are_stacks() {
    let folder = tempfile::tempdir().unwrap();
    let parts: Vec<DynArray> =
        (0..12).map(|i| tilework::array::full(&[1 + i % 3, 2], i as i64, DType::I64, Chunks::Whole).unwrap()).collect();
    for (i, p) in parts.iter().enumerate() {
        p.save_npy(folder.path().join(format!("{i}.npy")), false, &session()).unwrap();
    }
    // By number: 10 comes after 9.
    let x = open_npy_stack(folder.path(), None, Chunks::Auto).unwrap();
    assert_eq!(raw(&compute(&x)), raw(&compute(&concatenate(&parts, 0).unwrap())));
    parts[0].astype(DType::F32).unwrap().save_npy(folder.path().join("99.npy"), false, &session()).unwrap();
    refused(open_npy_stack(folder.path(), None, Chunks::Auto), &["99.npy", "float32"]);
    refused(open_npy_stack(folder.path().join("none"), None, Chunks::Auto), &["none"]);
    let precious = folder.path().join("precious");
    std::fs::create_dir(&precious).unwrap();
    std::fs::write(precious.join("letter.txt"), b"dear").unwrap();
    let sink = parts[0].npy_stack_sink(&precious, 0, true);
    refused(sink, &["no stack"]);
}

#[test]
fn variables_are_decoded_as_xarray_decodes_them() {
    let text = std::fs::read_to_string(data("hdf/cases.json")).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let mut n = 0;
    for (file, variables) in cases.as_object().unwrap() {
        let open = Arc::new(DataFile::open(data("hdf").join(file)).unwrap());
        for case in variables.as_array().unwrap().iter().filter(|c| c.get("decoded").is_some()) {
            let name = case["name"].as_str().unwrap();
            let mut noise = Noise(n);
            let shape = open.variable(name).unwrap().shape;
            let x = open_variable_decoded(&open, name, cut(&mut noise, &shape)).unwrap();
            let hex = case["decoded"].as_str().unwrap().as_bytes();
            let mut want = BufferMut::zeroed(hex.len() / 2);
            for (b, h) in want.bytes_mut().iter_mut().zip(hex.chunks(2)) {
                *b = u8::from_str_radix(std::str::from_utf8(h).unwrap(), 16).unwrap();
            }
            let want = Tensor::new(x.dtype(), &shape, want.freeze()).unwrap();
            let got = if n % 8 == 0 { same_everywhere(x.expr(), name).unwrap() } else { compute(&x) };
            assert_eq!(bits(&got), bits(&want), "{file} {name}");
            n += 1;
        }
    }
    assert!(n > 80, "{n} variables");
}

#[test]
fn variables_are_arrays_like_any_other() {
    let path = data("hdf/nc4.nc");
    let x = open_netcdf(&path, "zipped_i4", Chunks::Auto).unwrap();
    assert_eq!((x.shape(), x.dtype()), (vec![7, 5], DType::I32));
    let mut noise = Noise(3);
    for name in ["zipped_f8", "short", "sum", "forecast/deep/t"] {
        let shape = open_netcdf(&path, name, Chunks::Auto).unwrap().shape();
        for _ in 0..3 {
            let y = open_netcdf(&path, name, cut(&mut noise, &shape)).unwrap();
            let sum = y.astype(DType::F64).unwrap().multiply(2).unwrap().sum(None).unwrap();
            let whole = open_netcdf(&path, name, Chunks::Whole).unwrap().astype(DType::F64).unwrap().multiply(2).unwrap();
            let want: f64 = super::material::scalars(&compute(&whole)).iter().map(|s| s.as_f64()).sum();
            let got = same_everywhere(sum.expr(), name).unwrap().at(&[]).as_f64();
            assert!((got - want).abs() <= 1e-9 * want.abs(), "{name}");
        }
    }
    let h5 = Arc::new(DataFile::hdf5(data("hdf/latest.h5")).unwrap());
    let flags = open_variable(&h5, "/bool_chunks", 3).unwrap();
    assert_eq!((flags.dtype(), raw(&compute(&flags))), (DType::Bool, raw(&compute(&open_variable(&h5, "bool", 2).unwrap()))));
    refused(open_netcdf(&path, "zippd_i4", Chunks::Auto), &["zippd_i4", "zipped_i4"]);
    refused(open_hdf5(data("hdf/latest.h5"), "/chunked/deep/none", Chunks::Auto), &["none"]);
    assert_eq!(open_netcdf_decoded(&path, "plain", 2).unwrap().dtype(), DType::I16);
}

#[test]
fn parts_of_zarr_arrays_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.zarr/g/a");
    let mut noise = Noise(11);
    for shards in [None, Some(vec![4, 6])] {
        let options = ZarrOptions { chunks: Some(vec![2, 3]), shards: shards.clone(), overwrite: true, ..ZarrOptions::default() };
        let t = values(DType::I32, &[10, 13]);
        from_tensor(t.clone(), cut(&mut noise, &[10, 13])).unwrap().save_zarr(&path, &options, &session()).unwrap();
        ZarrGroup::open(folder.path().join("s.zarr")).unwrap().consolidate().unwrap();
        // Twice the middle, computed from the array itself.
        let part = open_zarr(&path, 3)
            .unwrap()
            .index(&[(4..8).into(), (6..13).into()])
            .unwrap()
            .multiply(2)
            .unwrap()
            .astype(DType::I32)
            .unwrap();
        part.save_zarr_region(&path, &[4, 6], &session()).unwrap();
        let mut want: Vec<i64> = super::material::scalars(&t).iter().map(|s| s.as_f64() as i64).collect();
        for y in 4..8 {
            for x in 6..13 {
                want[y * 13 + x] = i64::from((want[y * 13 + x] * 2) as i32);
            }
        }
        let now = |path: &Path| -> Vec<i64> {
            super::material::scalars(&compute(&open_zarr(path, 4).unwrap())).iter().map(|s| s.as_f64() as i64).collect()
        };
        assert_eq!(now(&path), want);
        refused(part.save_zarr_region(&path, &[3, 6], &session()), &["axis 0", "chunks"]);
        refused(part.astype(DType::F32).unwrap().save_zarr_region(&path, &[4, 6], &session()), &["int32", "float32"]);
        // Longer, from ends that cut a chunk and ends that do not.
        for n in [1, 4, 2, 0, 5] {
            let more = values(DType::I32, &[n, 13]);
            from_tensor(more.clone(), cut(&mut noise, &[n, 13])).unwrap().append_zarr(&path, 0, &session()).unwrap();
            want.extend(super::material::scalars(&more).iter().map(|s| s.as_f64() as i64));
            assert_eq!(now(&path), want, "{n} more {shards:?}");
        }
        let tree = ZarrGroup::open(folder.path().join("s.zarr")).unwrap().tree().unwrap();
        assert_eq!(tree.iter().find(|m| m.path == "g/a").unwrap().metadata["shape"], serde_json::json!([22, 13]));
        refused(part.append_zarr(&path, 0, &session()), &["other axes"]);
        refused(open_zarr(&path, 3).unwrap().astype(DType::U8).unwrap().append_zarr(&path, 1, &session()), &["uint8", "astype"]);
    }
    refused(values_array().append_zarr(folder.path().join("none.zarr"), 0, &session()), &["none.zarr"]);
}

fn values_array() -> DynArray {
    from_tensor(values(DType::I32, &[3]), Chunks::Whole).unwrap()
}

#[test]
fn urls_stand_for_paths() {
    let folder = tempfile::tempdir().unwrap();
    let x = values_array();
    let url = |name: &str| format!("file://{}/{name}", folder.path().display());
    x.save_zarr(url("a.zarr"), &ZarrOptions::default(), &session()).unwrap();
    x.save_npy(url("a.npy"), false, &session()).unwrap();
    x.to_npy_stack(url("stack"), 0, &session()).unwrap();
    assert!(folder.path().join("a.zarr/zarr.json").is_file() && folder.path().join("a.npy").is_file());
    for y in [
        open_zarr(url("a.zarr"), 2).unwrap(),
        open_npy(url("a.npy"), 2).unwrap(),
        open_npy_stack(folder.path().join("stack"), None, 2).unwrap(),
    ] {
        assert_eq!(raw(&compute(&y)), raw(&compute(&x)));
    }
    // In memory: what one part of a program writes another reads.
    x.save_zarr("memory://urls/s.zarr/a", &ZarrOptions::default(), &session()).unwrap();
    x.append_zarr("memory://urls/s.zarr/a", 0, &session()).unwrap();
    let y = open_zarr("memory://urls/s.zarr/a", 2).unwrap();
    assert_eq!((y.shape(), ZarrGroup::open("memory://urls/s.zarr").unwrap().tree().unwrap().len()), (vec![6], 1));
    assert_eq!(raw(&compute(&y)), raw(&compute(&concatenate(&[x.clone(), x.clone()], 0).unwrap())));
    refused(x.save_npy("memory://urls/a.npy", false, &session()), &["URL"]);
    refused(x.save_npy("s3://bucket/a.npy", false, &session()), &["URL"]);
    assert_eq!(
        open_zarr("gopher://host/a.zarr", 2).unwrap_err().kind(),
        if cfg!(feature = "cloud") { Kind::Usage } else { Kind::Unsupported }
    );
}

#[cfg(feature = "cloud")]
#[test]
fn files_behind_urls_are_read_in_ranges() {
    use crate::server::{Fault, Server};
    let server = Server::start();
    let t = values(DType::F64, &[400, 300]);
    let folder = tempfile::tempdir().unwrap();
    from_tensor(t.clone(), Chunks::Whole).unwrap().save_npy(folder.path().join("a.npy"), false, &session()).unwrap();
    server.put("x/a.npy", &std::fs::read(folder.path().join("a.npy")).unwrap());
    server.fail("a.npy", 2, Fault::Status(500));
    let url = format!("{}/x/a.npy", server.address);
    let x = open_npy(&url, [100, 70]).unwrap();
    assert_eq!(raw(&compute(&x)), raw(&t));
    // A column takes few bytes of each row, not the file.
    let column = open_npy(&url, [400, 1]).unwrap().index(&[(..).into(), 7.into()]).unwrap();
    let before = server.requests().len();
    assert_eq!(compute(&column).at(&[3]), t.at(&[3, 7]));
    assert!((2..40).contains(&(server.requests().len() - before)));
    for name in ["fortran", "big"] {
        let path = folder.path().join(format!("{name}.npy"));
        let (descr, order) = if name == "big" { (">f8", "False") } else { ("<f8", "True") };
        let mut bytes = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': (5, 3), }}\n").into_bytes();
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((bytes.len() as u16).to_le_bytes());
        file.append(&mut bytes);
        file.extend((0..15).flat_map(|i| if name == "big" { f64::from(i).to_be_bytes() } else { f64::from(i).to_le_bytes() }));
        std::fs::write(&path, &file).unwrap();
        server.put(&format!("x/{name}.npy"), &file);
        let far = open_npy(format!("{}/x/{name}.npy", server.address), 2).unwrap();
        assert_eq!(raw(&compute(&far)), raw(&compute(&open_npy(&path, 2).unwrap())));
    }
    let tiff = data("geotiff").join("deflate.tif");
    if let Some(any) =
        std::fs::read_dir(data("geotiff")).unwrap().flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "tif"))
    {
        let path = if tiff.exists() { tiff } else { any };
        server.put("x/a.tif", &std::fs::read(&path).unwrap());
        let far = tilework::raster::Raster::open(format!("{}/x/a.tif", server.address), Chunks::Auto).unwrap();
        let near = tilework::raster::Raster::open(&path, Chunks::Auto).unwrap();
        assert_eq!(raw(&compute(far.array())), raw(&compute(near.array())));
    }
    let e = open_npy(format!("{}/x/none.npy", server.address), 2).unwrap_err();
    assert!(e.kind() == Kind::Usage && e.to_string().contains("none.npy"), "{e}");
}
