//! One directory understood as an image: its size, samples, blocks and where they are. What is not supported is refused by name.
//!
//! A block is a tile or a strip. Block numbers run along rows of blocks, then (planar files) over bands.

use super::codec::Compression;
use super::file::RandomFile;
use super::ifd::Directory;
use super::tags;
use crate::base::{DType, Result};
use std::sync::OnceLock;

/// Largest width and height, as GDAL's.
const MAX_SIDE: u64 = i32::MAX as u64;

/// How samples lie in a decoded block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// As whole words of the dtype.
    Words,
    /// As this many bits each, most significant first, rows padded to bytes.
    Bits(u8),
    /// As 16-bit floats, widened to f32.
    Half,
}

/// Where each block is.
#[derive(Debug)]
pub(super) struct BlockIndex {
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

/// One image of the file.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) directory: Directory,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bands: usize,
    pub(super) dtype: DType,
    pub(super) bits: u16,
    pub(super) packing: Packing,
    pub(super) compression: Compression,
    /// 1 (none), 2 or 3.
    pub(super) predictor: u8,
    pub(super) planar: bool,
    pub(super) tiled: bool,
    pub(super) block_width: usize,
    pub(super) block_height: usize,
    pub(super) reversed_bits: bool,
    pub(super) photometric: u64,
    pub(super) extra_samples: Vec<u64>,
    index: OnceLock<BlockIndex>,
}

impl Image {
    /// Whether this is a mask of another image.
    pub(super) fn is_mask(directory: &Directory, file: &RandomFile) -> Result<bool> {
        Ok(directory.uint(file, tags::SUBFILE)?.unwrap_or(0) & 4 != 0)
    }

    /// Reads what the directory says, but no tables of blocks.
    ///
    /// # Errors
    /// When a tag is missing or absurd (corrupt), or asks for what is not supported (named).
    pub(super) fn new(file: &RandomFile, directory: Directory) -> Result<Image> {
        let uint = |tag| directory.uint(file, tag);
        let side = |tag: u16, name: &str| -> Result<usize> {
            match uint(tag)? {
                Some(n) if (1..=MAX_SIDE).contains(&n) => Ok(n as usize),
                Some(n) => Err(file.corrupt(format_args!("an image {name} of {n} pixels"))),
                None => Err(file.corrupt(format_args!("the directory at offset {} has no image {name}", directory.offset))),
            }
        };
        let (width, height) = (side(tags::WIDTH, "width")?, side(tags::HEIGHT, "height")?);
        let bands = uint(tags::BANDS)?.unwrap_or(1);
        if !(1..=65_535).contains(&bands) {
            return Err(file.corrupt(format_args!("an image of {bands} bands")));
        }
        let bands = bands as usize;
        let compression = Compression::from_tag(uint(tags::COMPRESSION)?.unwrap_or(1))
            .map_err(|n| file.unsupported(format_args!("{n} is not supported")))?;
        let (dtype, bits, packing) = samples(file, &directory)?;
        let predictor = predictor(file, &directory, compression, dtype, packing)?;
        let planar = match uint(tags::PLANAR)?.unwrap_or(1) {
            1 => false,
            2 => bands > 1,
            v => return Err(file.corrupt(format_args!("planar configuration {v}"))),
        };
        let photometric = uint(tags::PHOTOMETRIC)?.unwrap_or(1);
        if matches!(photometric, 6 | 8 | 9 | 10 | 32_844 | 32_845) {
            return Err(
                file.unsupported(format_args!("photometric interpretation {photometric} (YCbCr, Lab or Log) is not supported"))
            );
        }
        let tiled = directory.has(tags::TILE_WIDTH) || directory.has(tags::TILE_OFFSETS);
        let (block_width, block_height) = if tiled {
            (side(tags::TILE_WIDTH, "tile width")?, side(tags::TILE_HEIGHT, "tile height")?)
        } else {
            (width, uint(tags::ROWS_PER_STRIP)?.map_or(height, |n| n.clamp(1, height as u64) as usize))
        };
        let image = Image {
            width,
            height,
            bands,
            dtype,
            bits,
            packing,
            compression,
            predictor,
            planar,
            tiled,
            block_width,
            block_height,
            reversed_bits: uint(tags::FILL_ORDER)? == Some(2),
            photometric,
            extra_samples: directory.uints(file, tags::EXTRA_SAMPLES)?.unwrap_or_default(),
            index: OnceLock::new(),
            directory,
        };
        image.check_sizes(file)?;
        Ok(image)
    }

    fn check_sizes(&self, file: &RandomFile) -> Result<()> {
        let row = (self.block_width as u64).checked_mul(self.block_bands() as u64 * 8);
        let block = row.and_then(|n| n.checked_mul(self.block_height as u64));
        let pixels = (self.width as u64 * self.height as u64).checked_mul(self.bands as u64 * 8);
        let blocks = (self.across() as u64 * self.down() as u64).checked_mul(self.bands as u64);
        if [block, pixels, blocks].iter().any(|n| n.is_none_or(|n| n > i64::MAX as u64)) {
            return Err(file.corrupt(format_args!(
                "an image of {} x {} x {} in blocks of {} x {} is too large",
                self.width, self.height, self.bands, self.block_width, self.block_height
            )));
        }
        Ok(())
    }

    /// Bands that lie in one block.
    pub(super) fn block_bands(&self) -> usize {
        if self.planar { 1 } else { self.bands }
    }

    /// Blocks in a row of blocks.
    pub(super) fn across(&self) -> usize {
        self.width.div_ceil(self.block_width)
    }

    /// Rows of blocks.
    pub(super) fn down(&self) -> usize {
        self.height.div_ceil(self.block_height)
    }

    /// Number of blocks.
    pub(super) fn n_blocks(&self) -> usize {
        self.across() * self.down() * if self.planar { self.bands } else { 1 }
    }

    /// The block of `band` at row `by` and column `bx` of blocks.
    pub(super) fn block(&self, band: usize, by: usize, bx: usize) -> usize {
        let plane = if self.planar { band * self.across() * self.down() } else { 0 };
        plane + by * self.across() + bx
    }

    /// Whether blocks hold words as they are, so that any part of one can be read on its own.
    pub(super) fn is_plain(&self) -> bool {
        self.compression == Compression::None && self.packing == Packing::Words && !self.reversed_bits
    }

    /// Bytes of a row of a decoded block.
    pub(super) fn row_bytes(&self) -> usize {
        let samples = self.block_width * self.block_bands();
        match self.packing {
            Packing::Words => samples * self.dtype.size(),
            Packing::Half => samples * 2,
            Packing::Bits(n) => (samples * usize::from(n)).div_ceil(8),
        }
    }

    /// Rows that a block in row `by` of blocks holds (the last strip is short, tiles are always whole).
    pub(super) fn block_rows(&self, by: usize) -> usize {
        if self.tiled { self.block_height } else { self.block_height.min(self.height - by * self.block_height) }
    }

    /// The tables of blocks, read once.
    ///
    /// # Errors
    /// When they are missing, too short or outside of the file.
    pub(super) fn index(&self, file: &RandomFile) -> Result<&BlockIndex> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let tag = |tile: u16, strip: u16| if self.directory.has(tile) { tile } else { strip };
        let offsets = self.directory.uints(file, tag(tags::TILE_OFFSETS, tags::STRIP_OFFSETS))?;
        let counts = self.directory.uints(file, tag(tags::TILE_COUNTS, tags::STRIP_COUNTS))?;
        let n = self.n_blocks();
        let short = |what: &str, have: usize| file.corrupt(format_args!("the image has {n} blocks but {have} {what}"));
        let offsets = offsets.unwrap_or_default();
        if offsets.len() < n {
            return Err(short("offsets of blocks", offsets.len()));
        }
        let counts = match counts {
            Some(c) => c,
            None if self.compression == Compression::None => {
                let plane = self.across() * self.down();
                (0..n).map(|i| (self.row_bytes() * self.block_rows(i % plane / self.across())) as u64).collect()
            }
            None => Vec::new(),
        };
        if counts.len() < n {
            return Err(short("byte counts of blocks", counts.len()));
        }
        Ok(self.index.get_or_init(|| BlockIndex { offsets, counts }))
    }
}

impl BlockIndex {
    /// Offset and compressed length of block `i`, or None where it is not in the file (sparse).
    pub(super) fn get(&self, i: usize) -> Option<(u64, u64)> {
        let (offset, count) = (self.offsets[i], self.counts[i]);
        (offset != 0 && count != 0).then_some((offset, count))
    }
}

fn same(file: &RandomFile, directory: &Directory, tag: u16, default: u64, name: &str) -> Result<u64> {
    let values = directory.uints(file, tag)?.unwrap_or_default();
    let first = values.first().copied().unwrap_or(default);
    if values.iter().any(|&v| v != first) {
        return Err(file.unsupported(format_args!("bands of different {name} are not supported")));
    }
    Ok(first)
}

fn samples(file: &RandomFile, directory: &Directory) -> Result<(DType, u16, Packing)> {
    let bits = same(file, directory, tags::BITS, 1, "numbers of bits")?;
    let format = same(file, directory, tags::SAMPLE_FORMAT, 1, "sample formats")?;
    let (dtype, packing) = match (format, bits) {
        (1 | 4, 8) => (DType::U8, Packing::Words),
        (1 | 4, 16) => (DType::U16, Packing::Words),
        (1 | 4, 32) => (DType::U32, Packing::Words),
        (1 | 4, 64) => (DType::U64, Packing::Words),
        (1 | 4, 1..8) => (DType::U8, Packing::Bits(bits as u8)),
        (1 | 4, 9..16) => (DType::U16, Packing::Bits(bits as u8)),
        (1 | 4, 17..32) => (DType::U32, Packing::Bits(bits as u8)),
        (2, 8) => (DType::I8, Packing::Words),
        (2, 16) => (DType::I16, Packing::Words),
        (2, 32) => (DType::I32, Packing::Words),
        (2, 64) => (DType::I64, Packing::Words),
        (3, 16) => (DType::F32, Packing::Half),
        (3, 32) => (DType::F32, Packing::Words),
        (3, 64) => (DType::F64, Packing::Words),
        (5 | 6, _) => return Err(file.unsupported("complex samples are not supported")),
        (1..=4, _) => {
            let name = ["unsigned", "signed", "floating-point", "untyped"][format as usize - 1];
            return Err(file.unsupported(format_args!("{name} samples of {bits} bits are not supported")));
        }
        _ => return Err(file.corrupt(format_args!("sample format {format}"))),
    };
    Ok((dtype, bits as u16, packing))
}

fn predictor(file: &RandomFile, directory: &Directory, codec: Compression, dtype: DType, packing: Packing) -> Result<u8> {
    if !codec.has_predictor() {
        return Ok(1);
    }
    match directory.uint(file, tags::PREDICTOR)?.unwrap_or(1) {
        1 => Ok(1),
        2 if packing == Packing::Words || packing == Packing::Half => Ok(2),
        3 if packing == Packing::Half || (dtype.is_float() && packing == Packing::Words) => Ok(3),
        2 => Err(file.unsupported("predictor 2 on samples that are no whole bytes is not supported")),
        3 => Err(file.corrupt("predictor 3 on samples that are no floats")),
        v => Err(file.unsupported(format_args!("predictor {v} is not supported"))),
    }
}
