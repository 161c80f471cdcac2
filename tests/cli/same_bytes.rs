//! The output's bytes depend on the inputs and the options alone: not on threads, not on the memory budget.

use super::program::{Folder, same};

const NDVI: [&str; 9] =
    ["calc", "where(A+B>0, (B-A)/(A+B), nodata)", "-A", "scene.tif:1", "-B", "scene.tif:2", "--nodata", "-9999", "--dtype=float32"];

#[test]
fn threads_and_memory_do_not_change_a_byte() {
    let f = Folder::new();
    f.scene("1300x1100");
    for cog in [false, true] {
        let mut first = None;
        for (threads, memory) in [("1", "64MiB"), ("2", "64MiB"), ("4", "64MiB"), ("1", "1GiB"), ("4", "1GiB")] {
            let run = ["-o", "o.tif", "--overwrite", "--tile=128", "--threads", threads, "--memory", memory];
            f.run(&[&NDVI[..], &run, if cog { &["--cog"] } else { &[] }].concat()).ok();
            let bytes = f.bytes("o.tif");
            assert!(first.get_or_insert_with(|| bytes.clone()) == &bytes, "cog {cog}, {threads} threads, {memory}");
        }
    }
    assert_eq!(f.names(), ["o.tif", "scene.tif"]);
}

#[test]
fn rewrites_do_not_change_a_pixel() {
    let f = Folder::new();
    f.scene("700x500");
    f.run(&[&NDVI[..], &["-o", "a.tif"]].concat()).ok();
    f.run(&[&NDVI[..], &["-o", "b.tif", "--no-optimize"]].concat()).ok();
    same(&f.read("a.tif").0, f.read("b.tif").0.into_iter(), "without rewrites");
}

#[test]
fn codecs_and_tiles_do_not_change_a_pixel() {
    let f = Folder::new();
    f.scene("300x200");
    f.run(&[&NDVI[..], &["-o", "plain.tif"]].concat()).ok();
    let plain = f.read("plain.tif").0;
    for codec in ["none", "lzw", "packbits", "deflate:3", "zstd:1"] {
        for predictor in ["auto", "none", "2", "3"] {
            let options = ["-o", "o.tif", "--overwrite", "--compress", codec, "--predictor", predictor, "--tile", "64"];
            f.run(&[&NDVI[..], &options].concat()).ok();
            same(&f.read("o.tif").0, plain.iter().copied(), &format!("{codec} {predictor}"));
        }
    }
    f.run(&[&NDVI[..], &["-o", "o.tif", "--overwrite", "--compress=zstd", "--level=12"]].concat()).ok();
    same(&f.read("o.tif").0, plain.into_iter(), "--level");
}
