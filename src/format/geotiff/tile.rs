//! From pixels to a compressed tile: gather rows, take differences, compress.
//!
//! A tile at the edge is filled up by repeating its last pixels, which cost the codec least.

use super::codec;
use super::options::Design;
use super::predictor::{self, Word};
use crate::base::{DType, Error, Result, Scalar};
use crate::chunk::Tensor;
use ndarray::{ArrayView3, Axis, Ix3};
use std::cell::RefCell;

thread_local! {
    static BLOCK: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Largest buffer that a thread keeps between tiles, in bytes.
pub(super) const KEEP: usize = 4 << 20;

/// The same elements seen as unsigned integers of their width.
pub(super) fn as_words(t: &Tensor) -> Result<Tensor> {
    let size = t.dtype().size();
    let dtype = match size {
        1 => DType::U8,
        2 => DType::U16,
        4 => DType::U32,
        _ => DType::U64,
    };
    let offset = (t.origin() as usize - t.buffer().bytes().as_ptr() as usize) / size;
    Tensor::with_layout(dtype, t.shape(), t.strides(), offset, t.buffer().clone())
}

/// The bits of the value that a tile left out stands for.
pub(super) fn fill_bits(nodata: Option<Scalar>, dtype: DType) -> u64 {
    match (dtype, nodata) {
        (_, None) => 0,
        (DType::F32, Some(v)) => u64::from((v.as_f64() as f32).to_bits()),
        (DType::F64, Some(v)) => v.as_f64().to_bits(),
        (_, Some(Scalar::I64(v))) => v as u64,
        (_, Some(Scalar::U64(v))) => v,
        (_, Some(v)) => v.as_f64() as i64 as u64,
    }
}

/// Appends the tile of the pixels `[band, y, x]` (at most a tile of them) to `out`. With `sparse`, a tile of nothing but that value is
/// not written; returns whether it was written.
///
/// # Errors
/// When the codec fails.
pub(super) fn encode_tile(design: &Design, pixels: &Tensor, sparse: Option<u64>, out: &mut Vec<u8>) -> Result<bool> {
    let words = as_words(pixels)?;
    match design.dtype.size() {
        1 => encode_words(design, &view::<u8>(&words)?, sparse.map(|v| v as u8), out),
        2 => encode_words(design, &view::<u16>(&words)?, sparse.map(|v| v as u16), out),
        4 => encode_words(design, &view::<u32>(&words)?, sparse.map(|v| v as u32), out),
        _ => encode_words(design, &view::<u64>(&words)?, sparse, out),
    }
}

/// The tensor as `[y, x, band]`.
fn view<W: Word>(words: &Tensor) -> Result<ArrayView3<'_, W>> {
    let v = words.view::<W>()?.into_dimensionality::<Ix3>().map_err(|e| Error::bug(format!("pixels of a tile: {e}")))?;
    Ok(v.permuted_axes([1, 2, 0]))
}

fn encode_words<W: Word>(design: &Design, pixels: &ArrayView3<'_, W>, sparse: Option<W>, out: &mut Vec<u8>) -> Result<bool> {
    if sparse.is_some_and(|fill| pixels.iter().all(|&v| v == fill)) {
        return Ok(false);
    }
    BLOCK.with_borrow_mut(|block| {
        let row_bytes = design.row_bytes();
        block.resize(row_bytes * design.tile, 0);
        fill_block(design, pixels, block);
        let result = codec::compress(design.compression, block, row_bytes, out);
        if block.capacity() > KEEP {
            *block = Vec::new();
        }
        result.map(|()| true)
    })
}

fn fill_block<W: Word>(design: &Design, pixels: &ArrayView3<'_, W>, block: &mut [u8]) {
    let (rows, cols, spp) = pixels.dim();
    let row_bytes = design.row_bytes();
    let mut gathered = vec![W::default(); design.tile * spp];
    let mut planes = Vec::new();
    for (y, bytes) in block.chunks_exact_mut(row_bytes).take(rows).enumerate() {
        let row = pixels.index_axis(Axis(0), y);
        let whole = row.to_slice().filter(|_| cols == design.tile);
        let words = match whole {
            Some(words) => words,
            None => {
                gather(&row, spp, &mut gathered);
                for i in cols * spp..gathered.len() {
                    gathered[i] = gathered[i - spp];
                }
                &gathered
            }
        };
        match design.predictor {
            2 => predictor::difference(words, spp, bytes),
            3 => predictor::float_difference(words, spp, &mut planes, bytes),
            _ => predictor::bytes_from_words(words, bytes),
        }
    }
    for y in rows..design.tile {
        block.copy_within((rows - 1) * row_bytes..rows * row_bytes, y * row_bytes);
    }
}

/// Copies a row `[x, band]` of any layout.
fn gather<W: Word>(row: &ndarray::ArrayView2<'_, W>, spp: usize, out: &mut [W]) {
    if let Some(words) = row.to_slice() {
        out[..words.len()].copy_from_slice(words);
        return;
    }
    for b in 0..spp {
        let band = row.index_axis(Axis(1), b);
        if let Some(words) = band.to_slice() {
            for (o, &v) in out[b..].iter_mut().step_by(spp).zip(words) {
                *o = v;
            }
        } else {
            for (o, &v) in out[b..].iter_mut().step_by(spp).zip(band.iter()) {
                *o = v;
            }
        }
    }
}
