//! Wrong arguments: one clear line each, exit code 1 (2 where the arguments themselves cannot be understood), nothing written.

use super::program::Folder;
use std::os::unix::fs::PermissionsExt;
use tilework::raster::Raster;
use tilework::raster::{Crs, Georef};

const BANDS: [&str; 4] = ["-A", "in.tif:1", "-B", "in.tif:2"];

fn refused(f: &Folder, expression: &str, options: &[&str], words: &[&str]) {
    f.refused(&[&["calc", "-o", "o.tif"], &BANDS[..], options, &["--", expression]].concat(), words);
}

fn folder() -> Folder {
    let f = Folder::new();
    f.two_bands("in.tif", None);
    f
}

#[test]
fn options_that_mean_nothing_are_named() {
    let f = folder();
    let cases: &[(&[&str], &[&str])] = &[
        (&["--compress", "jpeg"], &["'jpeg'", "zstd[:1-22]"]),
        (&["--compress", "zstd:40"], &["zstd level 40", "1 to 22"]),
        (&["--compress", "deflate:x"], &["deflate:x", "level"]),
        (&["--compress", "zstd:3", "--level", "3"], &["zstd:3", "--level 3"]),
        (&["--compress", "lzw", "--level", "3"], &["lzw:3"]),
        (&["--predictor", "9"], &["--predictor 9", "auto"]),
        (&["--predictor", "3"], &["o.tif", "floating-point predictor", "int32"]),
        (&["--resampling", "cubic"], &["--resampling cubic", "average"]),
        (&["--dtype", "float16"], &["unknown dtype 'float16'", "float32"]),
        (&["--tile", "100"], &["--tile 100", "multiple of 16"]),
        (&["--tile", "0"], &["--tile 0", "multiple of 16"]),
        (&["--tile", "99999984"], &["--tile 99999984", "16384"]),
        (&["--nodata", "abc"], &["--nodata abc", "no number"]),
        (&["--nodata", "-1", "--dtype", "uint8"], &["--nodata -1", "uint8", "--dtype"]),
        (&["--threads", "0"], &["--threads 0", "at least one"]),
        (&["--threads", "100000"], &["--threads 100000", "more than 1024"]),
        (&["--memory", "lots"], &["--memory", "'lots'", "512MiB"]),
        (&["--spill-limit", "x"], &["--spill-limit", "'x'"]),
        (&["--spill-dir", "nowhere"], &["--spill-dir nowhere", "no such folder"]),
    ];
    for (options, words) in cases {
        refused(&f, "A+B", options, words);
    }
}

#[test]
fn arguments_that_cannot_be_understood_exit_with_2() {
    let f = folder();
    let cases: &[&[&str]] =
        &[&["calc"], &["calc", "A", "-A", "in.tif"], &["frobnicate"], &["calc", "A", "--wrong"], &["info"], &[]];
    for args in cases {
        let ran = f.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(ran.err.contains("Usage"), "{args:?}: {ran:?}");
    }
    assert_eq!(f.names(), ["in.tif"]);
    assert!(f.run(&["--version"]).ok().starts_with("tilework "));
    assert!(f.run(&["calc", "--help"]).ok().contains("-A <PATH[:BAND]>"));
}

#[test]
fn bands_that_are_not_there_are_named() {
    let f = folder();
    f.refused(&["calc", "A+1", "-A", "in.tif:3", "-o", "o.tif"], &["-A", "in.tif", "no band 3", "1 to 2"]);
    f.refused(&["calc", "A+1", "-A", "in.tif:0", "-o", "o.tif"], &["no band 0", "1 to 2"]);
    f.refused(&["calc", "A+1", "-A", "missing.tif", "-o", "o.tif"], &["-A", "missing.tif", "No such file"]);
    f.refused(&["calc", "A+1", "-o", "o.tif"], &["no band is given", "-A"]);
    f.refused(&["calc", "A+1", "-A", "in.tif:x", "-o", "o.tif"], &["-A", "in.tif", "'x'", "a number from 1"]);
    f.refused(&["calc", "A+1", "-A", "in.npy", "-o", "o.tif"], &["-A", "in.npy", "GeoTIFFs", "library"]);
    for output in ["o.npy", "o", "-"] {
        f.refused(&["calc", "A+1", "-A", "in.tif", "-o", output], &["-o", output, "GeoTIFF", ".tif"]);
    }
}

#[test]
fn expressions_are_refused_with_their_column() {
    let f = folder();
    let cases: &[(&str, &[&str])] = &[
        ("A+", &["'A+'", "column 3", "expected"]),
        ("A+C", &["column 3", "unknown variable 'C'", "A, B"]),
        ("A+B)", &["column 4", "should end"]),
        ("(A+B", &["column 5", "')' is expected"]),
        ("sqroot(A)", &["column 1", "unknown function 'sqroot'", "did you mean 'sqrt'?"]),
        ("A+zzzzzzzz(B)", &["column 3", "unknown function 'zzzzzzzz'"]),
        ("where(A)", &["column 1", "where takes 3 arguments, not 1"]),
        ("random_bits(A,A,A)", &["unknown function 'random_bits'"]),
        ("1+2", &["'1+2'", "no band"]),
        ("", &["column 1"]),
        ("A $ B", &["column 3", "'$'"]),
        ("A + \u{e9}", &["column 5", "'\u{e9}'"]),
        ("1..2+A", &["column 3"]),
        ("A B", &["column 3"]),
        ("where(1, A, B)", &["where", "band"]),
        ("A + nodata", &["column 5", "nodata", "--nodata"]),
        ("1 < A < 5", &["column 7", "not chained", "&"]),
        ("mean(A)", &["unknown function 'mean'", "pixel by pixel"]),
        ("sqrt(A, A)", &["sqrt takes 1 argument, not 2"]),
    ];
    for (expression, words) in cases {
        refused(&f, expression, &[], words);
    }
    assert!(!f.run(&["calc", "A+zzzzzzzz(B)", "-A", "in.tif", "-o", "o.tif"]).err.contains("did you mean"));
}

#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    let f = folder();
    let deep = [
        format!("{}A{}", "(".repeat(5000), ")".repeat(5000)),
        format!("{}A", "-".repeat(5000)),
        format!("A{}", "**A".repeat(5000)),
        format!("{}A{}", "abs(".repeat(5000), ")".repeat(5000)),
    ];
    for expression in &deep {
        refused(&f, expression, &[], &["nested more than 64 deep"]);
    }
    let sum = format!("A{}", "+A".repeat(999));
    f.run(&["calc", &sum, "-A", "in.tif", "-o", "o.tif"]).ok();
    f.run(&["calc", "A*1000", "-A", "in.tif", "-o", "p.tif"]).ok();
    assert_eq!(f.read("o.tif").0, f.read("p.tif").0);
}

#[test]
fn grids_that_differ_are_both_named() {
    let f = folder();
    let moved = |dx: f64, epsg| Georef {
        affine: Some([500_000.0 + dx, 10.0, 0.0, 5_400_000.0, 0.0, -10.0]),
        crs: Some(Crs::from_epsg(epsg)),
        ..Georef::default()
    };
    let pixels = vec![1u8; super::program::SIZE.0 * super::program::SIZE.1];
    f.raster("shifted.tif", 1, pixels.clone(), moved(10.0, 32_633));
    f.raster("zone34.tif", 1, pixels.clone(), moved(0.0, 32_634));
    f.raster("rounded.tif", 1, pixels, moved(1e-6, 32_633));
    f.run(&["datasets", "dem", "-o", "small.tif", "--size", "64x64"]).ok();
    let pair = |other| ["calc", "A+B", "-A", "in.tif", "-B", other, "-o", "o.tif"];
    let grid = "101 x 70 pixels of 10 x -10 from (500000, 5400000), EPSG:32633";
    f.refused(&pair("shifted.tif"), &["in.tif:1", "shifted.tif:1", "places", grid, "(500010, 5400000)", "gdalwarp"]);
    f.refused(&pair("zone34.tif"), &["CRS differ", grid, "EPSG:32634"]);
    f.refused(&pair("small.tif"), &["sizes differ", grid, "64 x 64 pixels"]);
    f.run(&pair("rounded.tif")).ok();
    // A band that is given but not used may lie anywhere.
    f.run(&["calc", "A+1", "-A", "in.tif", "-B", "shifted.tif", "-o", "a.tif"]).ok();
}

#[test]
fn an_existing_output_is_left_as_it_is() {
    let f = folder();
    std::fs::write(f.at("o.tif"), b"precious").unwrap();
    refused(&f, "A+B", &[], &["o.tif exists", "--overwrite"]);
    assert_eq!(f.bytes("o.tif"), b"precious");
    // A run that fails does not take the old output with it.
    refused(&f, "A+B", &["--overwrite", "--memory", "1MiB"], &["budget"]);
    assert_eq!(f.bytes("o.tif"), b"precious");
    f.run(&[&["calc", "A+B", "-o", "o.tif", "--overwrite"], &BANDS[..]].concat()).ok();
    assert!(Raster::open(f.at("o.tif"), tilework::Chunks::Auto).is_ok());
    // Input and output may be the same file: it is replaced when all is read.
    f.run(&["calc", "A+1", "-A", "o.tif", "-o", "o.tif", "--overwrite"]).ok();
    f.run(&[&["calc", "A+B+1", "-o", "p.tif"], &BANDS[..]].concat()).ok();
    assert_eq!(f.read("o.tif").0, f.read("p.tif").0);
}

#[test]
fn outputs_that_cannot_be_made_are_named() {
    let f = folder();
    let to = |path| [&["calc", "A+B", "-o", path], &BANDS[..]].concat();
    f.refused(&to("nowhere/o.tif"), &["nowhere/o.tif", "folder nowhere does not exist"]);
    f.refused(&to("in.tif/o.tif"), &["in.tif/o.tif", "folder in.tif does not exist"]);
    std::fs::create_dir(f.at("folder.tif")).unwrap();
    f.refused(&[&to("folder.tif")[..], &["--overwrite"]].concat(), &["folder.tif is a folder"]);
    let sealed = f.at("sealed");
    std::fs::create_dir(&sealed).unwrap();
    std::fs::set_permissions(&sealed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(sealed.join("x"), b"").is_ok() {
        eprintln!("note: this user may write anywhere; the read-only folder is not tested");
        return;
    }
    f.refused(&to("sealed/o.tif"), &["sealed/o.tif", "cannot create", "denied"]);
}

#[test]
fn a_budget_that_is_too_small_says_how_much_is_needed() {
    let f = folder();
    f.scene("1024x1024");
    let args = ["calc", "A+1", "-A", "scene.tif", "-o", "o.tif", "--tile=128", "--threads=1", "--memory"];
    f.refused(
        &[&args[..], &["1MiB"]].concat(),
        &["o.tif, chunk", "needs", "buffers of 1 thread)", "the memory budget is 1 MiB", "raise the budget to at least"],
    );
    // What the message names is enough.
    let text = f.run(&[&args[..], &["1MiB"]].concat()).err;
    let needed = text.trim().rsplit("at least ").next().unwrap().replace(' ', "");
    let bytes = tilework::parse_bytes(&needed).expect("a size") + (1 << 20);
    f.run(&[&args[..], &[&bytes.to_string()]].concat()).ok();
    assert_eq!(f.read("o.tif").0.len(), 1 << 20);
}

#[test]
fn a_file_that_is_written_is_no_other_files_place() {
    let f = folder();
    std::fs::copy(f.at("in.tif"), f.at("in.png")).unwrap();
    let same = |options: &[&str], words: &[&str]| {
        f.refused(&[&["calc", "A", "-A", "in.png", "-o", "o.png"], options].concat(), words);
    };
    same(&["--quicklook", "in.png"], &["--quicklook in.png", "an input"]);
    same(&["--quicklook", "./o.png"], &["--quicklook ./o.png", "-o writes that file"]);
    same(&["--quicklook", "q.jpg"], &["--quicklook q.jpg", ".png"]);
    same(&["--report", "r.json", "--trace", "r.json"], &["--trace r.json", "--report writes that file"]);
    f.refused(&["calc", "A", "-A", "in.tif", "-o", "/dev/null", "--overwrite"], &["/dev/null is no regular file"]);
    // A link stays one: its file is replaced.
    std::os::unix::fs::symlink("in.png", f.at("link.tif")).unwrap();
    f.run(&["calc", "A*2", "-A", "in.tif", "-o", "link.tif", "--overwrite"]).ok();
    assert!(f.at("link.tif").is_symlink());
    let doubled = f.read("in.tif").0.iter().map(|v| v * 2.0).collect::<Vec<_>>();
    assert_eq!(f.read("in.png").0, doubled);
}

#[test]
fn nodata_of_an_input_is_not_lost_in_silence() {
    let f = folder();
    f.two_bands("holes.tif", Some(65_535.into()));
    let args = ["calc", "A", "-A", "holes.tif", "-o", "o.tif", "--dtype", "uint8"];
    f.refused(&args, &["nodata value 65535", "uint8", "--nodata"]);
    f.run(&[&args[..], &["--nodata", "0"]].concat()).ok();
}
