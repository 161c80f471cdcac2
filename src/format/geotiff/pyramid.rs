//! Overviews that reach over chunks: tiles that fill up as pieces of them come, and are handed on as soon as they are whole.
//!
//! With pieces in row order at most about two rows of tiles per level are open, which is what [`Pyramid::held_bytes`] counts.

use super::options::{Design, Resampling};
use super::overview::halve;
use crate::base::{Error, Region, Result, Scalar};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Tensor};
use std::collections::BTreeMap;

/// A tile on its way.
struct Open {
    pixels: BufferMut,
    shape: [usize; 3],
    /// Pixels that are there.
    filled: usize,
}

/// The open tiles of all overviews, by level, band, row and column of tiles.
pub(super) struct Pyramid {
    open: BTreeMap<(usize, usize, usize, usize), Open>,
    resampling: Resampling,
    nodata: Option<Scalar>,
}

/// A whole tile of an overview: level, number in the level, pixels `[band, y, x]`.
pub(super) type Whole = (usize, usize, Tensor);

impl Pyramid {
    pub(super) fn new(resampling: Resampling, nodata: Option<Scalar>) -> Pyramid {
        Pyramid { open: BTreeMap::new(), resampling, nodata }
    }

    /// Whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes pixels of a level at `origin` (band, row, column), and calls `f` with each tile that this makes whole, here and in the
    /// levels above.
    ///
    /// # Errors
    /// Those of `f`; a piece that comes twice (a bug).
    pub(super) fn add(
        &mut self,
        design: &Design,
        level: usize,
        origin: [usize; 3],
        pixels: &Tensor,
        f: &mut dyn FnMut(Whole) -> Result<()>,
    ) -> Result<()> {
        let tile = design.tile;
        let [b0, y0, x0] = origin;
        let (n, h, w) = (pixels.shape()[0], pixels.shape()[1], pixels.shape()[2]);
        let group = design.tile_bands();
        for band in (0..n).step_by(group) {
            for ty in y0 / tile..(y0 + h).div_ceil(tile) {
                for tx in x0 / tile..(x0 + w).div_ceil(tile) {
                    let cut = |t: usize, o: usize, len: usize| (t * tile).max(o)..((t + 1) * tile).min(o + len);
                    let (rows, cols) = (cut(ty, y0, h), cut(tx, x0, w));
                    let piece = pixels.slice(&Region::new([
                        band..band + group,
                        rows.start - y0..rows.end - y0,
                        cols.start - x0..cols.end - x0,
                    ]));
                    let at = Region::new([
                        0..group,
                        rows.start - ty * tile..rows.end - ty * tile,
                        cols.start - tx * tile..cols.end - tx * tile,
                    ]);
                    let key = (level, if design.pixel_interleave { 0 } else { b0 + band }, ty, tx);
                    self.put(design, key, &at, &piece, f)?;
                }
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        design: &Design,
        key: (usize, usize, usize, usize),
        at: &Region,
        piece: &Tensor,
        f: &mut dyn FnMut(Whole) -> Result<()>,
    ) -> Result<()> {
        let (level, band, ty, tx) = key;
        let (width, height) = design.levels[level];
        let tile = design.tile;
        let open = self.open.entry(key).or_insert_with(|| {
            let shape = [design.tile_bands(), tile.min(height - ty * tile), tile.min(width - tx * tile)];
            Open { pixels: BufferMut::zeroed(shape.iter().product::<usize>() * design.dtype.size()), shape, filled: 0 }
        });
        copy_into(piece, &mut open.pixels, &open.shape, at);
        open.filled += piece.len();
        let total = open.shape.iter().product::<usize>();
        if open.filled < total {
            return Ok(());
        }
        let Some(done) = self.open.remove(&key).filter(|o| o.filled == total) else {
            return Err(Error::bug(format!("a piece of overview {level} came twice")));
        };
        let pixels = Tensor::new(design.dtype, &done.shape, done.pixels.freeze())?;
        f((level, design.tile_index(level, band, ty, tx), pixels.clone()))?;
        if level + 1 < design.levels.len() {
            let half = halve(&pixels, self.resampling, self.nodata)?;
            self.add(design, level + 1, [band, ty * tile / 2, tx * tile / 2], &half, f)?;
        }
        Ok(())
    }

    /// Elements of the open tiles.
    #[cfg(test)]
    pub(super) fn open_elements(&self) -> u64 {
        self.open.values().map(|o| o.shape.iter().product::<usize>() as u64).sum()
    }

    /// Upper bound of the bytes that open tiles take, if chunks of `bands` bands and `rows` rows of pixels, which hold the first `whole`
    /// overviews whole, come in row order: the row of tiles that reaches below the chunks (two, where their edges do not fall
    /// together), and in the chunks' own rows the tile they are in.
    pub(super) fn held_bytes(design: &Design, bands: usize, rows: usize, whole: usize) -> u64 {
        let tile = (design.row_bytes() * design.tile) as u64;
        let planes = bands.div_ceil(design.tile_bands()) as u64;
        let open = |l: usize| {
            let size = design.tile << l;
            let n = if size.is_multiple_of(rows.max(1)) || rows.is_multiple_of(size) { 1 } else { 2 };
            n * design.counts(l).0 as u64 + 2 + (rows >> l).div_ceil(design.tile) as u64
        };
        (whole + 1..design.levels.len()).map(|l| open(l) * tile * planes).sum()
    }
}
