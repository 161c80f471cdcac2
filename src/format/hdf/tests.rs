use super::{Attribute, DataFile, Decoding, VariableSource, split_variable};
use crate::base::{DType, Kind, Region, Scalar};
use crate::chunk::Tensor;
use crate::expr::Source;
use proptest::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf")
}

fn cases() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(data().join("cases.json")).unwrap();
    let Value::Object(files) = serde_json::from_str(&text).unwrap() else { panic!("no cases") };
    files
}

fn hex(text: &Value) -> Vec<u8> {
    let t = text.as_str().unwrap().as_bytes();
    t.chunks(2).map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 16).unwrap()).collect()
}

fn sizes(v: &Value) -> Vec<usize> {
    v.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

fn bytes(t: &Tensor) -> Vec<u8> {
    t.contiguous().as_bytes().unwrap().to_vec()
}

/// Some boxes of a shape: all of it, parts, nothing.
fn boxes(shape: &[usize]) -> Vec<Region> {
    let mut out = vec![Region::whole(shape)];
    for k in 0..16usize {
        out.push(Region::new(shape.iter().enumerate().map(|(a, &n)| {
            let start = (k * 7 + a * 3) % (n + 1);
            start..(start + (k + a) % 5).min(n)
        })));
    }
    out
}

#[test]
fn what_the_c_libraries_read_is_read() {
    let mut n = 0;
    for (file, variables) in cases() {
        let open = Arc::new(DataFile::open(data().join(&file)).unwrap());
        for case in variables.as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let source = VariableSource::new(open.clone(), name).unwrap_or_else(|e| panic!("{file} {name}: {e}"));
            let source = VariableSource::from_params(&source.params().unwrap()).unwrap();
            assert_eq!(source.dtype().name(), case["dtype"].as_str().unwrap(), "{file} {name}");
            let (dtype, shape) = (source.dtype(), sizes(&case["shape"]));
            assert_eq!(source.storage_grid().shape().as_slice(), shape, "{file} {name}");
            let chunks = case["chunks"].as_array().map(|_| sizes(&case["chunks"]));
            assert_eq!(source.variable().chunks, chunks, "{file} {name}");
            if case.get("dimensions").is_some() {
                assert_eq!(serde_json::json!(source.variable().dimensions), case["dimensions"], "{file} {name}");
            }
            let mut buffer = crate::chunk::BufferMut::zeroed(shape.iter().product::<usize>() * dtype.size());
            buffer.bytes_mut().copy_from_slice(&hex(&case["bytes"]));
            let expected = Tensor::new(dtype, &shape, buffer.freeze()).unwrap();
            for region in boxes(&shape) {
                let got = source.read(&region).unwrap_or_else(|e| panic!("{file} {name} {region:?}: {e}"));
                assert_eq!(bytes(&got), bytes(&expected.slice(&region)), "{file} {name} {region:?}");
                assert!(got.held_bytes() <= source.result_bytes(&region) || got.is_empty());
            }
            n += 1;
        }
    }
    assert!(n > 150, "{n} variables");
}

#[test]
fn decodings_have_the_dtypes_of_xarray() {
    let mut n = 0;
    for (file, variables) in cases() {
        let open = DataFile::open(data().join(&file)).unwrap();
        for case in variables.as_array().unwrap().iter().filter(|c| c.get("decoded_dtype").is_some()) {
            let v = open.variable(case["name"].as_str().unwrap()).unwrap();
            let dtype = Decoding::of(&v, v.dtype.unwrap()).map_or(v.dtype.unwrap(), |d| d.dtype);
            assert_eq!(dtype.name(), case["decoded_dtype"].as_str().unwrap(), "{file} {}", v.name);
            n += 1;
        }
    }
    assert!(n > 80, "{n} variables");
}

#[test]
fn what_is_in_a_file_is_told() {
    let nc = DataFile::open(data().join("nc4.nc")).unwrap();
    assert_eq!((nc.format(), &nc.attributes().unwrap()[0]), ("NetCDF-4", &("title".into(), Attribute::Text("numbers".into()))));
    let v = nc.variable("packed64").unwrap();
    assert_eq!(v.attribute("units"), Some(&Attribute::Text("K".into())));
    assert_eq!(v.attribute("_FillValue"), Some(&Attribute::Numbers(DType::I16, vec![Scalar::I64(-32767)])));
    assert_eq!(v.attribute("scale_factor").unwrap().to_json(), serde_json::json!(0.01));
    assert_eq!(nc.variable("/forecast/deep/t").unwrap().shape, [7, 3]);
    let names: Vec<_> = nc.variables().unwrap().into_iter().map(|v| v.name).collect();
    assert!(names.contains(&"words".to_string()) && !names.contains(&"nowhere".to_string()), "{names:?}");
    let h5 = DataFile::open(data().join("latest.h5")).unwrap();
    let v = h5.variable("chunked/deep/plain").unwrap();
    assert_eq!((v.chunks.unwrap(), v.attributes.len()), (vec![4, 3], 3));
    let cdf = DataFile::open(data().join("cdf1.nc")).unwrap();
    assert_eq!(cdf.format(), "NetCDF classic (CDF-1)");
    assert_eq!(cdf.attributes().unwrap()[1].1, Attribute::Numbers(DType::F32, vec![Scalar::F64(1.5)]));
}

#[test]
fn what_is_not_there_or_not_read_is_named() {
    let h5 = Arc::new(DataFile::open(data().join("early.h5")).unwrap());
    let open = |name: &str| VariableSource::new(h5.clone(), name);
    let e = open("chunked/deep/gzp").unwrap_err();
    assert!(e.kind() == Kind::Usage && e.to_string().contains("'chunked/deep/gzip'"), "{e}");
    for (name, word) in
        [("no_half", "float16"), ("no_text", "text"), ("no_words", "text"), ("no_fields", "compound"), ("no_complex", "compound")]
    {
        let e = open(name).unwrap_err();
        assert!(e.kind() == Kind::Unsupported && e.to_string().contains(word) && e.to_string().contains(name), "{e}");
    }
    let lzf = open("no_lzf").unwrap();
    let e = lzf.read(&Region::whole(&[9, 11])).unwrap_err();
    assert!(e.kind() == Kind::Unsupported && e.to_string().contains("filter"), "{e}");
    let words = VariableSource::new(Arc::new(DataFile::open(data().join("cdf1.nc")).unwrap()), "words").unwrap_err();
    assert_eq!(words.kind(), Kind::Unsupported, "{words}");
    assert_eq!(DataFile::open(data().join("nothing.nc")).unwrap_err().kind(), Kind::Usage);
    assert_eq!(DataFile::open(data().join("make.py")).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(DataFile::netcdf(data().join("make.py")).unwrap_err().kind(), Kind::Corrupt);
    assert_eq!(split_variable("a/b.nc:g/v"), Some(("a/b.nc", "g/v")));
    assert_eq!(split_variable("s3://bucket/b.h5:/g/v"), Some(("s3://bucket/b.h5", "/g/v")));
    assert_eq!((split_variable("a.tif:2"), split_variable("s3://b.nc"), split_variable("a.nc")), (None, None, None));
}

#[test]
fn truncated_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["cdf1.nc", "cdf5.nc", "nc4.nc", "early.h5", "latest.h5"] {
        let whole = std::fs::read(data().join(file)).unwrap();
        let path = dir.path().join(file);
        let all = read_all(&data().join(file));
        assert!(all.len() > 10, "{file}");
        for cut in [0, 3, 30, 500, whole.len() / 2, whole.len() - 100] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let read = read_all(&path);
            assert!(
                read.iter().all(|n| all.contains(n)) && (read.len() < all.len() || cut > whole.len() / 2),
                "{file} {cut}: {read:?}"
            );
        }
    }
}

/// Reads all there is, and gives the names of what could be read; what fails must fail as broken data does.
fn read_all(path: &Path) -> Vec<String> {
    let check = |e: crate::base::Error| assert!(matches!(e.kind(), Kind::Corrupt | Kind::Unsupported | Kind::Usage), "{e:?}");
    let opened = DataFile::open(path).and_then(|f| Ok((f.variables()?, Arc::new(f))));
    let (variables, file) = match opened {
        Ok(both) => both,
        Err(e) => {
            check(e);
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    for v in variables {
        let read = VariableSource::new(file.clone(), &v.name).and_then(|s| {
            let region = Region::whole(&s.storage_grid().shape());
            // A plan refuses what does not fit its budget by these numbers.
            if s.result_bytes(&region) + s.scratch_bytes(&region) > 1 << 26 { Ok(()) } else { s.read(&region).map(drop) }
        });
        match read {
            Ok(()) => out.push(v.name),
            Err(e) => check(e),
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn changed_bytes_never_panic(file in 0usize..5, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let name = ["cdf1.nc", "cdf5.nc", "nc4.nc", "early.h5", "latest.h5"][file];
        let mut bytes = std::fs::read(data().join(name)).unwrap();
        for (at, with) in changes {
            // Most of what steers a reader is at the start.
            let at = at.index(bytes.len() * 2);
            let i = if at >= bytes.len() { (at - bytes.len()) / 8 } else { at };
            bytes[i] = with;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_all(&path);
    }
}

#[cfg(feature = "cloud")]
#[test]
fn files_are_read_over_http() {
    use crate::store::http_tests::server::{Fault, Server};
    let server = Server::start();
    for file in ["nc4.nc", "latest.h5", "cdf1.nc"] {
        server.put(&format!("x/{file}"), &std::fs::read(data().join(file)).unwrap());
        server.fail(file, 1, Fault::Status(503));
        let there = Arc::new(DataFile::open(data().join(file)).unwrap());
        let far = Arc::new(DataFile::open(format!("{}/x/{file}", server.address)).unwrap());
        let before = server.requests().len();
        for v in there.variables().unwrap().iter().filter(|v| v.dtype.is_some() && !v.name.contains("no_")) {
            let (a, b) = (VariableSource::new(there.clone(), &v.name).unwrap(), VariableSource::new(far.clone(), &v.name).unwrap());
            let whole = Region::whole(&a.storage_grid().shape());
            assert_eq!(bytes(&a.read(&whole).unwrap()), bytes(&b.read(&whole).unwrap()), "{file} {}", v.name);
            assert!(b.scratch_bytes(&whole) > a.scratch_bytes(&whole));
        }
        assert!(server.requests().len() - before < 20, "small reads share requests");
    }
    assert_eq!(DataFile::open(format!("{}/x/none.nc", server.address)).unwrap_err().kind(), Kind::Usage);
}
