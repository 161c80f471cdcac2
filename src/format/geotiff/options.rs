//! What a GeoTIFF is to be written like, and the plan of its levels and tiles that follows from it.
//!
//! A [`Design`] is pure data: the same on every worker. It knows sizes and numbers, no files.

use super::codec::{Compression, ZSTD_LEVEL};
use super::georef::Georef;
use crate::base::{DType, Error, Result};
use serde::{Deserialize, Serialize};

/// Differences taken before compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Predictor {
    /// None.
    None,
    /// Differences of neighbours (TIFF's 2).
    Horizontal,
    /// Differences of byte planes, floats only (TIFF's 3).
    Float,
    /// By dtype: `Float` for floats, else `Horizontal`; none where the codec has no predictor.
    Auto,
}

/// How overviews are made from the level before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resampling {
    /// The first pixel of each 2 × 2.
    Nearest,
    /// The mean of the valid pixels of each 2 × 2 (integers: half away from zero; none valid: nodata). Each level is made from the
    /// one before, as GDAL does, so integer rounding adds up.
    Average,
}

/// How a GeoTIFF is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteOptions {
    /// Width and height of a tile, a multiple of 16.
    pub tile: usize,
    /// Codec.
    pub compression: Compression,
    /// Predictor.
    pub predictor: Predictor,
    /// Whether all bands of a pixel lie together (else each band on its own).
    pub pixel_interleave: bool,
    /// Whether to write a cloud-optimised file with overviews.
    pub cog: bool,
    /// How overviews are made.
    pub resampling: Resampling,
    /// Whether tiles that hold nothing but nodata (or 0) are left out of the file.
    pub sparse_ok: bool,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Whether offsets have 8 bytes; None: where the file could outgrow 4 GiB in the worst case.
    pub big_tiff: Option<bool>,
    /// Whether the file is forced to disk before it takes its name.
    pub sync: bool,
}

impl Default for WriteOptions {
    /// 512² tiles, ZSTD level 1 with a predictor by dtype, pixel interleave, no overviews.
    fn default() -> Self {
        WriteOptions {
            tile: 512,
            compression: Compression::Zstd(ZSTD_LEVEL),
            predictor: Predictor::Auto,
            pixel_interleave: true,
            cog: false,
            resampling: Resampling::Average,
            sparse_ok: false,
            overwrite: false,
            big_tiff: None,
            sync: true,
        }
    }
}

/// Levels and tiles of a file to be written.
#[derive(Clone, Debug)]
pub(super) struct Design {
    pub(super) bands: usize,
    /// Width and height of each level, the full one first.
    pub(super) levels: Vec<(usize, usize)>,
    /// Dtype in the file.
    pub(super) dtype: DType,
    pub(super) tile: usize,
    pub(super) compression: Compression,
    /// TIFF's number: 1, 2 or 3.
    pub(super) predictor: u8,
    pub(super) pixel_interleave: bool,
    pub(super) big_tiff: bool,
}

impl Design {
    /// Plans a file for `[band, y, x]` of `dtype`.
    ///
    /// # Errors
    /// When the options do not fit each other, the shape or the dtype.
    pub(super) fn new(shape: [usize; 3], dtype: DType, georef: &Georef, options: &WriteOptions) -> Result<Design> {
        let [bands, height, width] = shape;
        if shape.contains(&0) || height > i32::MAX as usize || width > i32::MAX as usize || bands > 65_535 {
            return Err(Error::usage(format!("a GeoTIFF cannot hold an array of shape {shape:?} (bands, rows, columns)")));
        }
        if options.tile == 0 || !options.tile.is_multiple_of(16) || options.tile > 16_384 {
            return Err(Error::usage(format!("tile size {}: use a multiple of 16 up to 16384", options.tile)));
        }
        options.compression.check()?;
        if dtype.is_complex() {
            let message = format!("GeoTIFF files of {dtype} are not written: write .real() and .imag(), or use Zarr or npy");
            return Err(Error::unsupported(message));
        }
        let dtype = if dtype == DType::Bool { DType::U8 } else { dtype };
        let predictor = match options.predictor {
            _ if !options.compression.has_predictor() => 1,
            Predictor::None => 1,
            Predictor::Horizontal => 2,
            Predictor::Auto if !dtype.is_float() => 2,
            Predictor::Float if !dtype.is_float() => {
                return Err(Error::dtype(format!(
                    "the floating-point predictor does not go with {dtype}: use predictor 2 or auto"
                )));
            }
            Predictor::Float | Predictor::Auto => 3,
        };
        if let Some(nodata) = georef.nodata.filter(|v| !v.fits(dtype)) {
            return Err(nodata.misfit(format!("nodata {nodata} does not fit into {dtype}: choose a value that {dtype} holds")));
        }
        let mut levels = vec![(width, height)];
        while let Some(&(w, h)) = levels.last().filter(|(w, h)| options.cog && (*w > options.tile || *h > options.tile)) {
            levels.push((w.div_ceil(2), h.div_ceil(2)));
        }
        let mut design = Design {
            bands,
            levels,
            dtype,
            tile: options.tile,
            compression: options.compression,
            predictor,
            pixel_interleave: options.pixel_interleave,
            big_tiff: false,
        };
        let may_outgrow = design.worst_bytes() > u64::from(u32::MAX);
        if may_outgrow && options.big_tiff == Some(false) {
            let e = "the file could grow beyond the 4 GiB of a classic TIFF: leave the choice of BigTIFF to this library";
            return Err(Error::usage(e));
        }
        design.big_tiff = options.big_tiff.unwrap_or(may_outgrow);
        Ok(design)
    }

    /// Upper bound of the size of the file.
    fn worst_bytes(&self) -> u64 {
        let tiles: u64 = (0..self.levels.len()).map(|l| self.n_tiles(l) as u64).sum();
        // Each tile: its bytes, leader and trailer, offset and count. Then tags, keys and texts.
        tiles.saturating_mul(self.tile_bound() + 8 + 16) + (1 << 20)
    }

    /// Bands in one tile.
    pub(super) fn tile_bands(&self) -> usize {
        if self.pixel_interleave { self.bands } else { 1 }
    }

    /// Bytes of a row of a tile.
    pub(super) fn row_bytes(&self) -> usize {
        self.tile * self.tile_bands() * self.dtype.size()
    }

    /// Upper bound of the bytes of a compressed tile.
    pub(super) fn tile_bound(&self) -> u64 {
        self.compression.bound((self.row_bytes() * self.tile) as u64) + self.tile as u64
    }

    /// Tiles across and down at `level`.
    pub(super) fn counts(&self, level: usize) -> (usize, usize) {
        let (w, h) = self.levels[level];
        (w.div_ceil(self.tile), h.div_ceil(self.tile))
    }

    /// Tiles at `level`.
    pub(super) fn n_tiles(&self, level: usize) -> usize {
        let (across, down) = self.counts(level);
        across * down * if self.pixel_interleave { 1 } else { self.bands }
    }

    /// Number of the tile of `band` (0 for pixel interleave) at row `ty` and column `tx` of tiles.
    pub(super) fn tile_index(&self, level: usize, band: usize, ty: usize, tx: usize) -> usize {
        let (across, down) = self.counts(level);
        (band * down + ty) * across + tx
    }

    /// The number of overviews whose tiles a chunk of these rows and columns of pixels covers whole.
    pub(super) fn whole_levels(&self, rows: &std::ops::Range<usize>, cols: &std::ops::Range<usize>) -> usize {
        let (width, height) = self.levels[0];
        let aligned = |level: usize, r: &std::ops::Range<usize>, n: usize| {
            let size = self.tile << level;
            r.start.is_multiple_of(size) && (r.end == n || r.end.is_multiple_of(size))
        };
        (1..self.levels.len()).take_while(|&l| aligned(l, rows, height) && aligned(l, cols, width)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::{Design, Predictor, WriteOptions};
    use crate::base::{DType, Scalar};
    use crate::format::geotiff::{Compression, Georef};

    #[test]
    fn levels_end_when_one_tile_holds_all() {
        let options = WriteOptions { cog: true, ..WriteOptions::default() };
        let d = Design::new([2, 1000, 4100], DType::F32, &Georef::default(), &options).unwrap();
        assert_eq!(d.levels, [(4100, 1000), (2050, 500), (1025, 250), (513, 125), (257, 63)]);
        assert_eq!((d.predictor, d.big_tiff), (3, false));
        assert_eq!(d.whole_levels(&(0..1000), &(2048..4096)), 2);
        assert_eq!(d.whole_levels(&(0..512), &(0..512)), 0);
    }

    #[test]
    fn large_files_get_long_offsets_before_they_need_them() {
        let d = |n| Design::new([1, n, n], DType::F32, &Georef::default(), &WriteOptions::default()).unwrap().big_tiff;
        assert!(!d(30_000) && d(33_000));
        let forced = |big| {
            Design::new(
                [1, 33_000, 33_000],
                DType::F32,
                &Georef::default(),
                &WriteOptions { big_tiff: Some(big), ..WriteOptions::default() },
            )
        };
        assert!(forced(true).is_ok() && forced(false).is_err());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let g = Georef::default();
        let bad = |o: WriteOptions| Design::new([1, 5, 5], DType::U8, &g, &o).is_err();
        assert!(bad(WriteOptions { tile: 100, ..WriteOptions::default() }));
        assert!(bad(WriteOptions { predictor: Predictor::Float, ..WriteOptions::default() }));
        assert!(bad(WriteOptions { compression: Compression::Zstd(40), ..WriteOptions::default() }));
        let nodata = Georef { nodata: Some(Scalar::I64(-1)), ..Georef::default() };
        assert!(Design::new([1, 5, 5], DType::U8, &nodata, &WriteOptions::default()).is_err());
        assert!(Design::new([1, 0, 5], DType::U8, &g, &WriteOptions::default()).is_err());
    }
}
