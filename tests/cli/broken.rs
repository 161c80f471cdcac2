//! Inputs that are no TIFF, cut short or damaged: named, with the place, and no output.

use super::program::Folder;

fn refused(f: &Folder, file: &str, words: &[&str]) {
    f.refused(&["calc", "A+B", "-A", &format!("{file}:1"), "-B", &format!("{file}:2"), "-o", "o.tif"], words);
}

#[test]
fn what_is_no_tiff_is_named() {
    let f = Folder::new();
    for (name, content) in [("empty.tif", &b""[..]), ("text.tif", b"hello, this is no image at all"), ("short.tif", b"II*\0")] {
        std::fs::write(f.at(name), content).unwrap();
        f.refused(&["calc", "A+1", "-A", name, "-o", "o.tif"], &[name, "not a TIFF"]);
        f.run(&["info", name]).fails(&[name, "not a TIFF"]);
    }
    std::fs::create_dir(f.at("folder.tif")).unwrap();
    f.refused(&["calc", "A+1", "-A", "folder.tif", "-o", "o.tif"], &["folder.tif"]);
}

#[test]
fn a_file_that_is_cut_short_is_refused_wherever_it_ends() {
    let f = Folder::new();
    f.two_bands("in.tif", None);
    let whole = f.bytes("in.tif");
    for part in 0..12 {
        std::fs::write(f.at("cut.tif"), &whole[..9 + (whole.len() - 10) * part / 12]).unwrap();
        refused(&f, "cut.tif", &["cut.tif", "truncated"]);
    }
}

#[test]
fn a_damaged_tile_is_named_with_its_place() {
    let f = Folder::new();
    f.two_bands("in.tif", None);
    // Deflate ends with a checksum, so any damage shows; Zstandard as GDAL writes it has none, but its first bytes are known.
    for codec in ["deflate", "zstd"] {
        f.run(&["calc", "A*B", "-A", "in.tif:1", "-B", "in.tif:2", "-o", "c.tif", "--overwrite", "--tile=32", "--compress", codec])
            .ok();
        let whole = f.bytes("c.tif");
        let places: Vec<usize> = match codec {
            "zstd" => whole.windows(4).enumerate().filter(|(_, w)| *w == b"\x28\xb5\x2f\xfd").map(|(i, _)| i).take(3).collect(),
            _ => vec![40, whole.len() / 3, whole.len() / 2],
        };
        assert_eq!(places.len(), 3);
        for at in places {
            let mut bytes = whole.clone();
            bytes[at..at + 3].iter_mut().for_each(|b| *b ^= 0x5a);
            std::fs::write(f.at("bad.tif"), bytes).unwrap();
            f.refused(&["calc", "A+1", "-A", "bad.tif", "-o", "o.tif"], &["bad.tif", "tile", "offset"]);
            // One damaged tile: threads do not change what is said.
            let said = |n| f.run(&["calc", "A+1", "-A", "bad.tif", "-o", "o.tif", "--threads", n]).err;
            assert_eq!(said("1"), said("4"));
        }
    }
}

#[test]
fn any_single_flipped_byte_gives_a_result_or_an_error() {
    let f = Folder::new();
    f.two_bands("in.tif", None);
    let whole = f.bytes("in.tif");
    // The directories at the end are the part where a byte means much.
    for i in (0..8).chain((0..60).map(|k| whole.len() - 1 - k * 7)) {
        let mut bytes = whole.clone();
        bytes[i] ^= 0xff;
        std::fs::write(f.at("flip.tif"), bytes).unwrap();
        let ran = f.run(&["calc", "A+1", "-A", "flip.tif", "-o", "o.tif", "--overwrite", "--memory=256MiB"]);
        if ran.code != Some(0) {
            ran.fails(&["flip.tif"]);
        }
        assert!(f.names().iter().all(|n| !n.starts_with('.')), "byte {i}: {:?}", f.names());
    }
}
