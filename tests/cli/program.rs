//! A folder of small rasters and the built program run in it.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;
use tilework::array::create::from_tensor;
use tilework::base::Element;
use tilework::chunk::Tensor;
use tilework::raster::{Crs, Georef, Raster, WriteOptions};
use tilework::{Chunks, DType, Scalar, Session};

/// Rows and columns of the rasters made here: no multiple of a tile.
pub const SIZE: (usize, usize) = (70, 101);

/// A folder that goes away with its files.
pub struct Folder(TempDir);

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(o: Output) -> Ran {
        let text = |b: Vec<u8>| String::from_utf8(b).expect("the program prints UTF-8");
        Ran { code: o.status.code(), signal: o.status.signal(), out: text(o.stdout), err: text(o.stderr) }
    }
}

impl Ran {
    /// Asserts success, and nothing on standard error but the two lines that say what a run took; gives standard output.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        let lines: Vec<&str> = self.err.lines().collect();
        let summary = matches!(lines[..], [done, peak] if done.starts_with("done in ") && peak.starts_with("peak memory "));
        assert!(lines.is_empty() || summary, "{self:?}");
        self.out
    }

    /// Asserts an error of one line, behind warnings if there are any, that holds all of `words`.
    pub fn fails(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        let said: Vec<&str> = self.err.trim_end().lines().filter(|l| !l.starts_with("warning: ")).collect();
        assert!(said.len() == 1 && said[0].starts_with("tilework: "), "{self:?}");
        for w in ["panicked", "RUST_BACKTRACE", "unwrap", "bug", ".part\""] {
            assert!(!self.err.contains(w), "{w}: {self:?}");
        }
        for w in words {
            assert!(self.err.contains(w), "'{w}' is missing in {self:?}");
        }
    }
}

/// 10 m pixels in UTM zone 33N.
pub fn georef(nodata: Option<Scalar>) -> Georef {
    Georef {
        affine: Some([500_000.0, 10.0, 0.0, 5_400_000.0, 0.0, -10.0]),
        crs: Some(Crs::from_epsg(32_633)),
        nodata,
        ..Georef::default()
    }
}

/// Seeded numbers below `below`.
pub fn numbers(seed: u64, below: u64) -> Vec<u64> {
    let mut state = seed;
    (0..SIZE.0 * SIZE.1)
        .map(|_| {
            // Knuth's MMIX generator; its upper bits are good enough for test pixels.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        })
        .collect()
}

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program with the folder as its working folder and no settings from outside.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_tilework"));
        c.args(args).current_dir(self.0.path());
        for v in ["TILEWORK_MEMORY", "TILEWORK_THREADS", "TILEWORK_SPILL_DIR"] {
            c.env_remove(v);
        }
        c
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the program starts").into()
    }

    /// All names in the folder, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the folder is there");
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs what must fail, and asserts that it left nothing behind.
    pub fn refused(&self, args: &[&str], words: &[&str]) {
        let before = self.names();
        self.run(args).fails(words);
        assert_eq!(self.names(), before, "{args:?} left something");
    }

    /// Writes `[y, x]` or `[band, y, x]` pixels in tiles of 32.
    pub fn raster<T: Element>(&self, name: &str, bands: usize, pixels: Vec<T>, georef: Georef) {
        let shape = [bands, SIZE.0, SIZE.1];
        let tensor = Tensor::from_vec(&shape, pixels).unwrap();
        let raster = Raster::new(from_tensor(tensor, Chunks::Whole).unwrap(), georef, name).unwrap();
        let options = WriteOptions { tile: 32, sync: false, ..WriteOptions::default() };
        raster.write(self.at(name), options, &Session::default()).unwrap();
    }

    /// A raster of two uint16 bands; its pixels.
    pub fn two_bands(&self, name: &str, nodata: Option<Scalar>) -> [Vec<u64>; 2] {
        let bands = [numbers(1, 200), numbers(2, 200)];
        self.raster(name, 2, bands.concat().iter().map(|&v| v as u16).collect(), georef(nodata));
        bands
    }

    /// The pixels of a raster's first band as float64, with dtype and georeference.
    pub fn read(&self, name: &str) -> (Vec<f64>, DType, Georef) {
        let raster = Raster::open(self.at(name), Chunks::Auto).unwrap().band(1).unwrap();
        let pixels = raster.array().astype(DType::F64).unwrap().compute_as::<f64>().unwrap();
        (pixels.into_raw_vec_and_offset().0, raster.array().dtype(), raster.georef().clone())
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.at(name)).unwrap()
    }

    /// A scene of the data sets.
    pub fn scene(&self, size: &str) {
        self.run(&["datasets", "scene", "-o", "scene.tif", "--size", size]).ok();
    }
}

/// Asserts equality bit for bit, NaN equal to NaN.
pub fn same(got: &[f64], want: impl Iterator<Item = f64>, what: &str) {
    let want: Vec<f64> = want.collect();
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(&want).enumerate() {
        assert!(a == b || (a.is_nan() && b.is_nan()), "{what}: pixel {i} is {a}, not {b}");
    }
}
