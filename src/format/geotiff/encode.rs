//! A chunk turned into compressed tiles, and the overviews that lie whole in it.
//!
//! Pure, so any worker may do it. What is left of the first overview that does not lie whole in the chunk goes along as pixels.

use super::georef::Georef;
use super::options::{Design, Resampling, WriteOptions};
use super::overview::halve;
use super::tile::{encode_tile, fill_bits};
use crate::base::{DType, Error, Region, Result, Scalar};
use crate::chunk::{Buffer, Chunk, Tensor};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// What turns chunks into tiles.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    design: Design,
    resampling: Resampling,
    nodata: Option<Scalar>,
    /// The bits of tiles that are left out, if any are.
    sparse: Option<u64>,
    cog: bool,
}

/// A tile in a [`Packed`] chunk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) level: usize,
    pub(super) tile: usize,
    /// First byte of the tile in the bytes of its kind.
    pub(super) start: u64,
    /// 0 for a tile that is left out.
    pub(super) len: u64,
}

/// An encoded chunk.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) records: Vec<Record>,
    /// Tiles of the full image, as they will lie in the file.
    pub(super) full: Tensor,
    /// Tiles of overviews.
    pub(super) overviews: Tensor,
    /// Pixels of the first overview that is not whole, with its level.
    pub(super) rest: Option<(usize, Tensor)>,
}

impl Packed {
    /// As a value that can be spilled and sent.
    pub(super) fn into_chunk(self) -> Result<Chunk> {
        let level = self.rest.as_ref().map(|r| r.0);
        let index = postcard::to_stdvec(&(&self.records, level)).map_err(|e| Error::bug(format!("an encoded chunk: {e}")))?;
        let mut items = vec![Chunk::Bytes(index.into()), Chunk::Tensor(self.full), Chunk::Tensor(self.overviews)];
        items.extend(self.rest.map(|r| Chunk::Tensor(r.1)));
        Ok(Chunk::List(items.into()))
    }

    /// Undoes [`into_chunk`](Packed::into_chunk).
    pub(super) fn from_chunk(chunk: &Chunk) -> Result<Packed> {
        let wrong = || Error::bug("this is no encoded GeoTIFF chunk");
        let Chunk::List(items) = chunk else { return Err(wrong()) };
        let [Chunk::Bytes(index), Chunk::Tensor(full), Chunk::Tensor(overviews), rest @ ..] = &**items else { return Err(wrong()) };
        let (records, level): (Vec<Record>, Option<usize>) = postcard::from_bytes(index).map_err(|_| wrong())?;
        let rest = match (level, rest) {
            (Some(level), [Chunk::Tensor(t)]) => Some((level, t.clone())),
            _ => None,
        };
        Ok(Packed { records, full: full.clone(), overviews: overviews.clone(), rest })
    }
}

/// Largest buffers that a thread keeps between chunks, in bytes together.
const KEEP: usize = 8 << 20;

thread_local! {
    /// Tiles of the image and of its overviews being put together.
    static OUT: Cell<[Vec<u8>; 2]> = const { Cell::new([Vec::new(), Vec::new()]) };
}

impl Encoder {
    pub(super) fn new(design: Design, georef: &Georef, options: &WriteOptions) -> Encoder {
        let sparse = options.sparse_ok.then(|| fill_bits(georef.nodata, design.dtype));
        Encoder { design, resampling: options.resampling, nodata: georef.nodata, sparse, cog: options.cog }
    }

    pub(super) fn design(&self) -> &Design {
        &self.design
    }

    /// Encodes the chunk of `region` (`[band, y, x]`).
    ///
    /// # Errors
    /// When the region is not made of whole tiles, or the codec fails.
    pub(super) fn encode(&self, region: &Region, pixels: &Tensor) -> Result<Packed> {
        let design = &self.design;
        self.check(region, pixels)?;
        let whole = design.whole_levels(&region.ranges()[1], &region.ranges()[2]);
        let mut records = Vec::new();
        let [mut full, mut overviews] = OUT.take();
        full.clear();
        overviews.clear();
        full.reserve_exact(self.reserve(pixels));
        overviews.reserve_exact(if self.design.levels.len() > 1 { self.reserve(pixels) / 2 } else { 0 });
        self.tiles(0, region, pixels, &mut records, &mut full)?;
        let mut rest = None;
        let (mut current, mut area) = (pixels.clone(), region.clone());
        for level in 1..design.levels.len().min(whole + 2) {
            current = halve(&current, self.resampling, self.nodata)?;
            area = Region::new(area.ranges().iter().enumerate().map(|(a, r)| {
                let start = r.start / 2;
                if a == 0 { r.clone() } else { start..start + current.shape()[a] }
            }));
            if level > whole {
                rest = Some((level, as_stored(current)?));
                break;
            }
            self.tiles(level, &area, &current, &mut records, &mut overviews)?;
        }
        let bytes = |v: &Vec<u8>| Tensor::new(DType::U8, &[v.len()], Buffer::copied(v));
        let packed = Packed { records, full: bytes(&full)?, overviews: bytes(&overviews)?, rest };
        if full.capacity() + overviews.capacity() <= KEEP {
            OUT.set([full, overviews]);
        }
        Ok(packed)
    }

    /// Room for the tiles of a chunk: memory is taken from the system only as it is written to.
    fn reserve(&self, pixels: &Tensor) -> usize {
        let raw = pixels.len() * self.design.dtype.size();
        raw + raw / 16
    }

    fn check(&self, region: &Region, pixels: &Tensor) -> Result<()> {
        let design = &self.design;
        let (width, height) = design.levels[0];
        let aligned = |r: &std::ops::Range<usize>, n: usize| {
            r.start.is_multiple_of(design.tile) && (r.end == n || r.end.is_multiple_of(design.tile)) && r.end <= n
        };
        let [b, y, x] = region.ranges() else { return Err(Error::bug(format!("a chunk at {region:?}"))) };
        let bands = b.end <= design.bands && (!design.pixel_interleave || *b == (0..design.bands));
        if bands && aligned(y, height) && aligned(x, width) && pixels.shape() == region.shape().as_slice() {
            return Ok(());
        }
        Err(Error::bug(format!("a chunk of {:?} at {region:?} is not made of whole tiles", pixels.shape())))
    }

    /// Appends the tiles of `pixels`, which lie at `area` of `level`.
    fn tiles(&self, level: usize, area: &Region, pixels: &Tensor, records: &mut Vec<Record>, out: &mut Vec<u8>) -> Result<()> {
        let design = &self.design;
        let (tile, group) = (design.tile, design.tile_bands());
        let [bands, rows, cols] = [0, 1, 2].map(|a| area.ranges()[a].clone());
        for band in (0..bands.len()).step_by(group) {
            for y in (0..rows.len()).step_by(tile) {
                for x in (0..cols.len()).step_by(tile) {
                    let part = Region::new([band..band + group, y..(y + tile).min(rows.len()), x..(x + tile).min(cols.len())]);
                    let plane = if design.pixel_interleave { 0 } else { bands.start + band };
                    let number = design.tile_index(level, plane, (rows.start + y) / tile, (cols.start + x) / tile);
                    records.push(self.tile(level, number, &pixels.slice(&part), out)?);
                }
            }
        }
        Ok(())
    }

    /// Appends one tile of pixels `[band, y, x]`.
    pub(super) fn tile(&self, level: usize, tile: usize, pixels: &Tensor, out: &mut Vec<u8>) -> Result<Record> {
        let begin = out.len();
        if self.cog {
            out.extend([0; 4]);
        }
        let start = out.len();
        if !encode_tile(&self.design, pixels, self.sparse, out)? {
            out.truncate(begin);
            return Ok(Record { level, tile, start: begin as u64, len: 0 });
        }
        let len = out.len() - start;
        if self.cog {
            // The leader is the tile's size, the trailer its last four bytes once more: signs of a file edited by others.
            out[begin..start].copy_from_slice(&(len as u32).to_le_bytes());
            out.extend_from_within(out.len().saturating_sub(4).max(start)..);
        }
        Ok(Record { level, tile, start: start as u64, len: len as u64 })
    }

    /// Upper bound of the memory that a thread keeps for tiles to come, if those of a chunk take at most `tiles` bytes.
    pub(super) fn thread_bytes(&self, tiles: u64) -> u64 {
        let design = &self.design;
        let tile = (design.row_bytes() * design.tile) as u64;
        let out = if tiles <= KEEP as u64 { tiles } else { 0 };
        out + tile.min(super::tile::KEEP as u64) + design.compression.context_bytes(tile)
    }

    /// Upper bound of the bytes of a chunk's tiles, those of its overviews included.
    pub(super) fn tile_bytes(&self, region: &Region) -> u64 {
        let design = &self.design;
        let shape = region.shape();
        let tiles = |level: u32| {
            let side = |n: usize| n.div_ceil(design.tile << level).max(1) as u64;
            side(shape[1]) * side(shape[2]) * (shape[0] as u64).div_ceil(design.tile_bands() as u64)
        };
        let whole = design.whole_levels(&region.ranges()[1], &region.ranges()[2]) as u32;
        let per_tile = design.tile_bound() + 8 + 64;
        (0..=whole.min(design.levels.len() as u32 - 1)).map(|l| tiles(l) * per_tile).sum()
    }

    /// Upper bounds of the bytes of an encoded chunk and of the memory beside it.
    pub(super) fn bytes(&self, region: &Region) -> (u64, u64) {
        let design = &self.design;
        let raw = (region.n_elements() * design.dtype.size()) as u64;
        let encoded = self.tile_bytes(region);
        // Odd sides round up at every halving.
        let half = if design.levels.len() > 1 { raw / 2 + 1024 } else { 0 };
        // Tiles are put together in memory that the thread keeps, if that is enough, and copied where they have just their size.
        let out = if encoded <= KEEP as u64 { 0 } else { encoded };
        (encoded + half, out + half + 3 * design.tile_bound())
    }
}

/// bool is stored as u8.
fn as_stored(t: Tensor) -> Result<Tensor> {
    if t.dtype() == DType::Bool { super::tile::as_words(&t) } else { Ok(t) }
}
