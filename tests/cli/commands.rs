//! info, explain, datasets, demo, and the shape of what calc writes.

use super::program::{Folder, georef};
use serde_json::Value;
use tilework::Scalar;
use tilework::format::geotiff::GeoTiff;

const NDVI: [&str; 8] =
    ["where(A+B>0, (B-A)/(A+B), nodata)", "-A", "scene.tif:1", "-B", "scene.tif:2", "--nodata=-9999", "--dtype", "float32"];

#[test]
fn info_tells_what_a_raster_holds() {
    let f = Folder::new();
    f.two_bands("in.tif", Some(Scalar::U64(17)));
    let text = f.run(&["info", "in.tif"]).ok();
    for line in ["size             101, 70", "dtype            uint16", "EPSG:32633", "nodata           17", "32, 32", "zstd"] {
        assert!(text.contains(line), "'{line}' is missing in\n{text}");
    }
    let v: Value = serde_json::from_str(&f.run(&["info", "--json", "in.tif"]).ok()).expect("valid JSON");
    assert_eq!((&v["size"], &v["n_bands"]), (&serde_json::json!([101, 70]), &2.into()));
    assert_eq!((&v["dtype"], &v["crs"], &v["epsg"]), (&"uint16".into(), &"EPSG:32633".into(), &32_633.into()));
    assert_eq!(v["affine"], serde_json::json!(georef(None).affine));
    assert_eq!((&v["nodata"], &v["compression"], &v["layout"]), (&"17".into(), &"zstd".into(), &"tiles".into()));
    assert_eq!((&v["block"], &v["raw_bytes"]), (&serde_json::json!([32, 32]), &(101 * 70 * 4).into()));
    assert_eq!(v["file_bytes"], f.bytes("in.tif").len() as u64);
    assert_eq!((v["bands"].as_array().unwrap().len(), &v["mask"]), (2, &false.into()));
}

#[test]
fn info_tells_what_files_of_many_arrays_hold() {
    let f = Folder::new();
    let data = |name: &str| format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = f.run(&["info", &data("hdf/nc4.nc")]).ok();
    for words in ["NetCDF-4", "zipped_i4", "(time: 7, x: 5) chunks [3, 2]", "packed64", "in K", "forecast/deep/t", "words"] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
    let json = |name: &str| -> Value { serde_json::from_str(&f.run(&["info", "--json", &data(name)]).ok()).expect("valid JSON") };
    let v = json("hdf/nc4.nc:packed64");
    assert_eq!((v["dtype"].as_str(), v["attributes"]["scale_factor"].as_f64()), (Some("int16"), Some(0.01)));
    assert_eq!(json("hdf/latest.h5:/chunked/deep/gzip")["chunks"], serde_json::json!([4, 3]));
    f.run(&["info", &data("hdf/nc4.nc:packd64")]).fails(&["packd64", "packed64"]);
    let v = json("zarr-groups/xarray-v3.zarr");
    assert!(v["consolidated"] == true && v["members"].as_array().is_some_and(|m| m.iter().any(|m| m["name"] == "depth")));
    assert!(f.run(&["info", &data("zarr-groups/v2.zarr")]).ok().contains("deep/er/b"));
    let v = json("npy-stack/f4");
    assert_eq!((v["axis"].as_u64(), v["n_files"].as_u64(), v["shape"].clone()), (Some(0), Some(3), serde_json::json!([7, 4])));
    let url = format!("file://{}", data("npy-stack/f4/0.npy"));
    assert!(f.run(&["info", &url]).ok().contains("float32"));
    f.run(&["info", "ftp://host/a.tif"]).fails(&["ftp://host"]);
}

#[test]
fn info_tells_what_arrays_hold() {
    let f = Folder::new();
    let session = tilework::Session::default();
    let x = tilework::array::arange(0, 60, 1, 20).unwrap();
    x.save_npy(f.at("x.npy"), false, &session).unwrap();
    x.save_zarr(f.at("x.zarr"), &Default::default(), &session).unwrap();
    for (name, format) in [("x.npy", "npy"), ("x.zarr", "zarr")] {
        let v: Value = serde_json::from_str(&f.run(&["info", "--json", name]).ok()).expect("valid JSON");
        assert_eq!((&v["format"], &v["dtype"], &v["shape"]), (&format.into(), &"int64".into(), &serde_json::json!([60])));
    }
    f.run(&["info", "missing.npy"]).fails(&["missing.npy", "no such file"]);
    f.run(&["info", "missing.zarr"]).fails(&["missing.zarr"]);
}

#[test]
fn calc_warns_of_chunks_as_explain_does() {
    let f = Folder::new();
    let side = 16_384;
    // One tile that holds more than a gigabyte once its numbers are float32; of the file a few kilobytes are left.
    let zeros = tilework::array::zeros(&[side, side], tilework::DType::U8, tilework::Chunks::Whole).unwrap();
    let options = tilework::raster::WriteOptions { tile: side, ..Default::default() };
    let raster = tilework::raster::Raster::new(zeros, georef(None), "zeros").unwrap();
    raster.write(f.at("in.tif"), options, &tilework::Session::default()).unwrap();
    let of = |command| [command, "A*0.5", "-A", "in.tif", "-o", "out.tif", "--tile", "16384", "--dtype", "float32"];
    let warnings = |text: &str| text.lines().filter(|l| l.starts_with("warning: ")).map(String::from).collect::<Vec<_>>();
    let explained = warnings(&f.run(&of("explain")).ok());
    assert!(explained.len() == 1 && explained[0].contains("GiB, and a task holds several of such"), "{explained:?}");
    // It does not fit the budget, so that nothing is run; the warning comes before.
    let little = [&of("calc")[..], &["--memory", "512MB"]].concat();
    let ran = f.run(&little);
    assert_eq!((ran.code, warnings(&ran.err)), (Some(1), explained), "{ran:?}");
    assert!(ran.err.lines().next().is_some_and(|l| l.starts_with("warning: ")), "{ran:?}");
    assert!(warnings(&f.run(&[&little[..], &["--quiet"]].concat()).err).is_empty());
}

#[test]
fn a_cog_has_overviews_down_to_one_tile() {
    let f = Folder::new();
    f.scene("700x500");
    f.run(&[&["calc"], &NDVI[..], &["-o", "plain.tif", "--tile", "128"]].concat()).ok();
    f.run(&[&["calc"], &NDVI[..], &["-o", "cog.tif", "--tile", "128", "--cog"]].concat()).ok();
    assert_eq!(GeoTiff::open(f.at("plain.tif")).unwrap().info().overviews, []);
    let info = GeoTiff::open(f.at("cog.tif")).unwrap().info();
    assert_eq!((info.width, info.height, info.block), (500, 700, (128, 128)));
    assert_eq!(info.overviews, [(250, 350), (125, 175), (63, 88)]);
    assert_eq!(f.read("plain.tif").0, f.read("cog.tif").0);
    // GDAL looks for this text behind the header to know a cloud-optimised layout.
    assert!(f.bytes("cog.tif")[..256].windows(26).any(|w| w == b"GDAL_STRUCTURAL_METADATA_S"));
    f.run(&[&["calc"], &NDVI[..], &["-o", "nearest.tif", "--tile", "128", "--cog", "--resampling=nearest"]].concat()).ok();
    assert_eq!(f.read("nearest.tif").0, f.read("cog.tif").0);
    assert!(f.bytes("nearest.tif") != f.bytes("cog.tif"), "the overviews differ");
}

#[test]
fn explain_shows_the_plan_and_writes_nothing() {
    let f = Folder::new();
    f.scene("700x500");
    let text = f.run(&[&["explain"], &NDVI[..], &["-o", "o.tif", "--cog", "--memory", "64MiB"]].concat()).ok();
    for part in
        ["expression\n", "after: fuse", "tasks: ", "bytes read:       about", "bytes written:    at most", "projected memory: "]
    {
        assert!(text.contains(part), "'{part}' is missing in\n{text}");
    }
    assert!(text.contains("of a budget of 64 MiB") && text.contains("scene.tif") && text.contains("where("));
    let plain = f.run(&[&["explain"], &NDVI[..], &["-o", "o.tif", "--no-optimize"]].concat()).ok();
    assert!(!plain.contains("after: "));
    let refused = f.run(&[&["explain"], &NDVI[..], &["-o", "o.tif", "--memory", "1MiB"]].concat()).ok();
    assert!(refused.contains("this plan would be refused: "), "{refused}");
    assert_eq!(f.names(), ["scene.tif"]);
}

#[test]
fn datasets_are_listed_and_made_the_same_each_time() {
    let f = Folder::new();
    let list = f.run(&["datasets"]).ok();
    for name in ["climate", "dem", "pdsh", "scene", "zones"] {
        assert!(list.lines().any(|l| l.starts_with(name)), "{name} is missing in\n{list}");
    }
    for name in ["scene", "dem", "zones"] {
        f.run(&["datasets", name, "-o", "a.tif", "--size", "300x200", "--overwrite", "--threads=1"]).ok();
        f.run(&["datasets", name, "-o", "b.tif", "--size", "300x200", "--overwrite", "--memory=128MiB"]).ok();
        f.run(&["datasets", name, "-o", "c.tif", "--size", "300x200", "--overwrite", "--seed=99"]).ok();
        assert!(f.bytes("a.tif") == f.bytes("b.tif"), "{name}");
        assert!(f.bytes("a.tif") != f.bytes("c.tif"), "{name} with another seed");
        let info = GeoTiff::open(f.at("a.tif")).unwrap().info();
        assert_eq!((info.height, info.width), (300, 200), "{name}");
    }
    f.run(&["datasets", "climate", "-o", "c.zarr", "--size", "40x18x36"]).ok();
    let c = tilework::array::open_zarr(f.at("c.zarr"), tilework::Chunks::Auto).unwrap();
    assert_eq!(c.shape(), [40, 18, 36]);
    f.run(&["datasets", "pdsh", "-o", "tables", "--size", "0.001"]).ok();
    let lines = std::fs::read_to_string(f.at("tables/nation.csv")).unwrap().lines().count();
    assert!(lines == 25 || lines == 26, "25 nations and perhaps a header, not {lines}");
    f.refused(&["datasets", "nope", "-o", "x"], &["unknown data set 'nope'", "climate", "zones"]);
    f.refused(&["datasets", "scene"], &["scene", "-o PATH"]);
    f.refused(&["datasets", "scene", "-o", "x.tif", "--size", "12"], &["--size 12", "4096x4096"]);
    f.refused(&["datasets", "dem", "-o", "a.tif", "--size", "32x32"], &["a.tif exists", "--overwrite"]);
}

#[test]
fn calc_leaves_a_picture_if_asked() {
    let f = Folder::new();
    f.run(&["datasets", "dem", "-o", "dem.tif", "--size", "300x200"]).ok();
    f.run(&["calc", "A*2", "-A", "dem.tif", "-o", "o.tif", "--quicklook", "o.png"]).ok();
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(f.at("o.png")).unwrap()));
    let info = decoder.read_info().expect("a PNG").info().size();
    assert_eq!(info, (200, 300));
    f.refused(
        &["calc", "A*2", "-A", "dem.tif", "-o", "p.tif", "--quicklook", "no/p.png"],
        &["--quicklook no/p.png", "the folder no does not exist"],
    );
}

#[test]
fn the_demo_leaves_what_it_says() {
    let f = Folder::new();
    let ran = f.run(&["demo", "--size", "1024", "--dir", "d"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("greenest zone") && ran.out.contains("d/ndvi.tif"), "{}", ran.out);
    let mut names: Vec<_> = std::fs::read_dir(f.at("d")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["ndvi.png", "ndvi.tif", "scene.tif", "zones.csv", "zones.tif"]);
    let csv = std::fs::read_to_string(f.at("d/zones.csv")).unwrap();
    let counted: u64 = csv.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(csv.lines().count(), 1001);
    let ndvi = f.read("d/ndvi.tif").0;
    let zones = f.read("d/zones.tif").0;
    let valid = ndvi.iter().zip(&zones).filter(|(v, z)| **v != -9999.0 && **z > 0.0).count();
    assert_eq!(counted, valid as u64);
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(f.at("d/ndvi.png")).unwrap()));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).expect("whole pixels");
    assert_eq!((frame.width, frame.height, frame.color_type), (1024, 1024, png::ColorType::Rgba));
    let seen = pixels.chunks(4).filter(|p| p[3] == 255).count();
    assert_eq!(seen, ndvi.iter().filter(|v| **v != -9999.0).count(), "what is no data is transparent");
}
