//! From a block in the file to rows of pixels: fetch, decompress, undo the predictor, unpack.
//!
//! Rows are decoded straight into their place in the result where they fit there; a row that is only partly wanted goes over a
//! scratch row. Buffers are kept per thread, if they are small.

use super::codec::{self, Compression};
use super::file::RandomFile;
use super::image::{Image, Packing};
use super::predictor::{self, Word};
use crate::base::{Error, Result};
use std::cell::RefCell;
use std::ops::Range;

/// Largest buffer that a thread keeps between reads, in bytes.
const KEEP: usize = 4 << 20;

/// Bytes read at a time from blocks that are not compressed.
const PIECE: usize = 1 << 20;

/// Blocks beyond this size are decoded into memory that grows with what really comes, where a codec's ratio knows no bound.
const GROW: u64 = 64 << 20;

#[derive(Default)]
struct Scratch {
    raw: Vec<u8>,
    block: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The part of a block that a read wants, in pixels of the block.
pub(super) struct Wanted {
    pub(super) rows: Range<usize>,
    pub(super) cols: Range<usize>,
    /// Bands of the block (0..1 where it holds one).
    pub(super) bands: Range<usize>,
}

/// Where pixel `(rows.start, cols.start)` goes: words of a row, all wanted bands of a pixel together.
pub(super) struct Target<'a, W> {
    pub(super) words: &'a mut [W],
    /// Word of the first pixel.
    pub(super) at: usize,
    /// Words from one row to the next.
    pub(super) pitch: usize,
}

/// Names a block in messages.
struct Place<'a> {
    image: &'a Image,
    block: usize,
    offset: u64,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plane = self.image.across() * self.image.down();
        let (band, in_plane) = (self.block / plane, self.block % plane);
        let kind = if self.image.tiled { "tile" } else { "strip" };
        write!(f, "{kind} {in_plane} (row {}, column {}", in_plane / self.image.across(), in_plane % self.image.across())?;
        if self.image.planar {
            write!(f, ", band {}", band + 1)?;
        }
        write!(f, ")")?;
        if self.offset > 0 { write!(f, " at offset {}", self.offset) } else { Ok(()) }
    }
}

/// Upper bound of the bytes fetched for a block of `decoded` bytes: more than a codec can need is not read.
fn fetch_limit(codec: Compression, decoded: u64) -> u64 {
    if codec == Compression::None { decoded } else { 2 * decoded + (64 << 10) }
}

/// Upper bounds of the bytes of the two buffers that a thread decodes a block in.
fn buffers(image: &Image, rows: usize) -> [u64; 2] {
    if image.is_plain() {
        return [0, (2 * image.row_bytes()).max(PIECE) as u64];
    }
    let decoded = (image.row_bytes() * rows) as u64;
    [fetch_limit(image.compression, decoded), decoded]
}

/// Upper bound of the memory that a thread keeps for blocks to come, in bytes.
pub(super) fn thread_bytes(image: &Image, rows: usize) -> u64 {
    buffers(image, rows).map(|n| n.min(KEEP as u64)).iter().sum()
}

/// Upper bound of the scratch memory for one block beside what the thread keeps, in bytes.
pub(super) fn scratch_bytes(image: &Image, rows: usize) -> u64 {
    let row = (image.block_width * image.block_bands() * image.dtype.size()) as u64;
    buffers(image, rows).iter().map(|n| if *n > KEEP as u64 { *n } else { 0 }).sum::<u64>() + 3 * row
}

/// Decodes what is wanted of a block into `target`. `block` is its number, `by` its row of blocks.
///
/// # Errors
/// When the block lies outside of the file or is broken: the message names file, block and offset.
pub(super) fn read_block<W: Word>(
    file: &RandomFile,
    image: &Image,
    block: usize,
    by: usize,
    wanted: &Wanted,
    target: &mut Target<'_, W>,
    fill: W,
) -> Result<()> {
    let Some((offset, count)) = image.index(file)?.get(block) else {
        fill_target(wanted, target, fill);
        return Ok(());
    };
    let place = Place { image, block, offset };
    SCRATCH.with_borrow_mut(|s| {
        let result = if image.is_plain() {
            read_plain(file, image, &place, count, wanted, &mut s.block, target)
        } else {
            load(file, image, &place, by, count, s).and_then(|()| decode_rows(image, &mut s.block, wanted, target))
        };
        for v in [&mut s.raw, &mut s.block] {
            if v.capacity() > KEEP {
                *v = Vec::new();
            }
        }
        result
    })
}

fn fill_target<W: Word>(wanted: &Wanted, target: &mut Target<'_, W>, fill: W) {
    let n = wanted.cols.len() * wanted.bands.len();
    for r in 0..wanted.rows.len() {
        let at = target.at + r * target.pitch;
        target.words[at..at + n].fill(fill);
    }
}

/// Reads the wanted pixels, and no others, of a block of plain words: whole rows many at a time, parts of rows one by one.
fn read_plain<W: Word>(
    file: &RandomFile,
    image: &Image,
    place: &Place<'_>,
    count: u64,
    wanted: &Wanted,
    piece: &mut Vec<u8>,
    target: &mut Target<'_, W>,
) -> Result<()> {
    let (row_bytes, spp) = (image.row_bytes(), image.block_bands());
    let needed = (row_bytes * wanted.rows.end) as u64;
    if count < needed {
        return Err(file.corrupt(format_args!("{place} is broken: it has {count} bytes where {needed} are expected")));
    }
    let swap = W::SIZE > 1 && image.directory.format.big_endian != cfg!(target_endian = "big");
    let pixel = spp * W::SIZE;
    let part = wanted.cols.len() * pixel;
    let at_once = if part == row_bytes { (PIECE / row_bytes).max(1) } else { 1 };
    let (pick, first) = (wanted.bands.len(), wanted.bands.start);
    for start in wanted.rows.clone().step_by(at_once) {
        let n = at_once.min(wanted.rows.end - start);
        piece.resize(n * part, 0);
        file.read_exact_at(place.offset + (start * row_bytes + wanted.cols.start * pixel) as u64, piece, place)?;
        for (i, bytes) in piece.chunks_exact(part).enumerate() {
            let at = target.at + (start - wanted.rows.start + i) * target.pitch;
            let out = &mut target.words[at..at + wanted.cols.len() * pick];
            if pick == spp {
                predictor::words_from_bytes(bytes, out, swap);
                continue;
            }
            for (o, b) in out.chunks_exact_mut(pick).zip(bytes.chunks_exact(pixel)) {
                predictor::words_from_bytes(&b[first * W::SIZE..], o, swap);
            }
        }
    }
    Ok(())
}

/// Leaves the decompressed rows of the block in `s.block`.
fn load(file: &RandomFile, image: &Image, place: &Place<'_>, by: usize, count: u64, s: &mut Scratch) -> Result<()> {
    let broken = |why: &str| file.corrupt(format_args!("{place} is broken: {why}"));
    let n_rows = image.block_rows(by);
    let decoded = (image.row_bytes() * n_rows) as u64;
    if !file.holds(place.offset, count.min(fetch_limit(image.compression, decoded))) {
        return Err(file.corrupt(format_args!("truncated: {place} takes {count} bytes, but the file ends at {}", file.len)));
    }
    if decoded > count.saturating_mul(image.compression.max_ratio()).saturating_add(1 << 16) {
        return Err(broken(&format!("{count} bytes cannot decode to the {decoded} of a block")));
    }
    let count = count.min(fetch_limit(image.compression, decoded));
    if image.compression == Compression::None {
        if count < decoded {
            return Err(broken(&format!("it has {count} bytes where {decoded} are expected")));
        }
        s.block.resize(decoded as usize, 0);
        file.read_exact_at(place.offset, &mut s.block, place)?;
        if image.reversed_bits {
            s.block.iter_mut().for_each(|b| *b = b.reverse_bits());
        }
        return Ok(());
    }
    s.raw.resize(count as usize, 0);
    file.read_exact_at(place.offset, &mut s.raw, place)?;
    if image.reversed_bits {
        s.raw.iter_mut().for_each(|b| *b = b.reverse_bits());
    }
    if matches!(image.compression, Compression::Zstd(_)) && decoded > GROW {
        s.block.clear();
        return codec::grow_zstd(&s.raw, decoded, &mut s.block).map_err(|why| broken(&why));
    }
    s.block.resize(decoded as usize, 0);
    let first = codec::decompress(image.compression, &s.raw, &mut s.block);
    if first.is_err() && n_rows < image.block_height {
        // Some writers pad the last strip to its full height.
        s.block.resize(image.row_bytes() * image.block_height, 0);
        if codec::decompress(image.compression, &s.raw, &mut s.block).is_ok() {
            return Ok(());
        }
    }
    first.map_err(|why| broken(&why))
}

fn decode_rows<W: Word>(image: &Image, block: &mut [u8], wanted: &Wanted, target: &mut Target<'_, W>) -> Result<()> {
    let (row_bytes, spp) = (image.row_bytes(), image.block_bands());
    let pick = wanted.bands.len();
    let n = wanted.cols.end * spp;
    let direct = wanted.cols.start == 0 && pick == spp;
    let mut scratch = vec![W::default(); if direct { 0 } else { n }];
    let mut halves = vec![0u16; if image.packing == Packing::Half { n } else { 0 }];
    for (i, r) in wanted.rows.clone().enumerate() {
        let bytes = &mut block[r * row_bytes..(r + 1) * row_bytes];
        let at = target.at + i * target.pitch;
        if direct {
            decode_row(image, bytes, &mut halves, &mut target.words[at..at + n])?;
            continue;
        }
        decode_row(image, bytes, &mut halves, &mut scratch)?;
        let source = &scratch[wanted.cols.start * spp..];
        let out = &mut target.words[at..at + wanted.cols.len() * pick];
        if pick == spp {
            out.copy_from_slice(source);
        } else if pick == 1 {
            for (o, p) in out.iter_mut().zip(source.chunks_exact(spp)) {
                *o = p[wanted.bands.start];
            }
        } else {
            for (o, p) in out.chunks_exact_mut(pick).zip(source.chunks_exact(spp)) {
                o.copy_from_slice(&p[wanted.bands.clone()]);
            }
        }
    }
    Ok(())
}

/// The first `out.len()` samples of a row of a block. `bytes` is scratch afterwards.
fn decode_row<W: Word>(image: &Image, bytes: &mut [u8], halves: &mut [u16], out: &mut [W]) -> Result<()> {
    let spp = image.block_bands();
    match image.packing {
        Packing::Bits(n) => {
            if n == 24 && image.directory.format.big_endian {
                // As GDAL has it: most significant byte first in little-endian files, and swapped in big-endian ones.
                bytes.as_chunks_mut::<3>().0.iter_mut().for_each(|b| b.reverse());
            }
            unpack_bits(bytes, usize::from(n), out);
        }
        Packing::Words => words(image, bytes, spp, out),
        Packing::Half => {
            words(image, bytes, spp, halves);
            for (o, &h) in out.iter_mut().zip(halves.iter()) {
                *o = W::from_u64(u64::from(widen_half(h)));
            }
        }
    }
    if W::SIZE != image.dtype.size() {
        return Err(Error::bug(format!("{} decoded to words of {} bytes", image.dtype, W::SIZE)));
    }
    Ok(())
}

fn words<W: Word>(image: &Image, bytes: &mut [u8], spp: usize, out: &mut [W]) {
    if image.predictor == 3 {
        predictor::float_accumulate(bytes, spp, out);
        return;
    }
    let swap = image.directory.format.big_endian != cfg!(target_endian = "big");
    predictor::words_from_bytes(bytes, out, swap && W::SIZE > 1);
    if image.predictor == 2 {
        predictor::accumulate(out, spp);
    }
}

/// Samples of `n` bits each, most significant bit first.
fn unpack_bits<W: Word>(bytes: &[u8], n: usize, out: &mut [W]) {
    let (mut acc, mut have, mut next) = (0u64, 0usize, bytes.iter());
    for o in out {
        while have < n {
            acc = acc << 8 | u64::from(next.next().copied().unwrap_or(0));
            have += 8;
        }
        have -= n;
        *o = W::from_u64((acc >> have) & ((1 << n) - 1));
    }
}

/// The bits of the f32 of a 16-bit float's bits (exact).
fn widen_half(h: u16) -> u32 {
    let (sign, exponent, fraction) = (u32::from(h >> 15) << 31, u32::from(h >> 10) & 31, u32::from(h) & 0x3ff);
    match exponent {
        0 if fraction == 0 => sign,
        0 => {
            // A subnormal is a fraction of 2^-24; f32 holds it exactly.
            let v = fraction as f32 * 2f32.powi(-24);
            sign | v.to_bits()
        }
        31 => sign | 0x7f80_0000 | fraction << 13,
        e => sign | (e + 112) << 23 | fraction << 13,
    }
}

#[cfg(test)]
mod tests {
    use super::{unpack_bits, widen_half};

    #[test]
    fn bits_are_unpacked_in_order() {
        let mut out = [0u8; 8];
        unpack_bits(&[0b1010_0110], 1, &mut out);
        assert_eq!(out, [1, 0, 1, 0, 0, 1, 1, 0]);
        let mut out = [0u16; 2];
        unpack_bits(&[0xab, 0xcd, 0xef], 12, &mut out);
        assert_eq!(out, [0xabc, 0xdef]);
    }

    #[test]
    fn halves_are_widened_exactly() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (1, 5.960_464_5e-8), (0x0400, 6.103_515_6e-5), (0x8000, -0.0)];
        for (half, value) in cases {
            assert_eq!(widen_half(half), f32::to_bits(value), "{half:x}");
        }
        assert!(f32::from_bits(widen_half(0x7e00)).is_nan());
        assert_eq!(f32::from_bits(widen_half(0xfc00)), f32::NEG_INFINITY);
    }
}
