//! A sorted array in memory: every chunk puts its elements into the part of the result that they belong to, and the parts are sorted where
//! they lie.
//!
//! Parts are cut at samples (Frazer and McKellar, "Samplesort", 1970). A chunk is moved block by block through a buffer that fits into
//! the second cache, where it is partitioned as quicksort does, cut by cut.

use crate::base::{Error, Result};
use crate::chunk::{BufferMut, Chunk, Output, Tensor};
use crate::expr::call::{Fill, FillBytes};
use crate::for_dtype;
use crate::kernel::sort::{self, SortKey};
use crate::op::sort::RangeSort;
use std::ops::Range;

/// Most parts of an array: a block has some hundred elements for each.
const MOST_PARTS: usize = 128;
/// Samples for each part.
const SAMPLES: usize = 64;
/// Bytes of a block.
const BLOCK: usize = 512 << 10;

impl RangeSort {
    /// Elements of each of which one is sampled.
    fn sampled_of(&self) -> usize {
        (self.n() / (SAMPLES * self.n_parts())).max(1)
    }

    fn n(&self) -> usize {
        self.outputs.last().copied().unwrap_or(0)
    }

    /// `f` on every block of a chunk, whose elements lie in the order of the parts, and on where each part ends.
    fn spread<T: SortKey>(chunk: &Chunk, cuts: &Chunk, mut f: impl FnMut(&[T], &[usize]) -> Result<()>) -> Result<()> {
        let (x, cuts) = (chunk.tensor()?.contiguous(), cuts.tensor()?.as_slice::<T>()?);
        let mut block = BufferMut::for_overwrite(BLOCK);
        for v in x.as_slice::<T>()?.chunks(BLOCK / size_of::<T>()) {
            let block = &mut block.elements_mut::<T>()[..v.len()];
            block.copy_from_slice(v);
            let ends = sort::spread(block, cuts);
            f(block, &ends)?;
        }
        Ok(())
    }

    fn put_all<T: SortKey>(&self, i: usize, chunk: &Chunk, cuts: &Chunk, places: &Chunk, out: &Output) -> Result<()> {
        let (first, next) = (row(places, i, self.n_parts())?, row(places, i + 1, self.n_parts())?);
        let places = first.iter().zip(next).map(|(&from, &to)| from as usize..to as usize);
        let mut parts = places.map(|p| out.part::<T>(p)).collect::<Result<Vec<_>>>()?;
        let mut filled = vec![0; parts.len()];
        let differs = || Error::bug(format!("chunk {i} has other elements than when they were counted"));
        Self::spread::<T>(chunk, cuts, |block, ends| {
            let mut start = 0;
            for ((&end, part), filled) in ends.iter().zip(&mut parts).zip(&mut filled) {
                let piece = &block[start..end];
                part.get_mut(*filled..*filled + piece.len()).ok_or_else(differs)?.copy_from_slice(piece);
                *filled += piece.len();
                start = end;
            }
            Ok(())
        })?;
        if parts.iter().zip(filled).all(|(part, n)| part.len() == n) { Ok(()) } else { Err(differs()) }
    }

    /// The places of a part's elements.
    fn part(&self, part: usize, places: &Chunk) -> Result<Range<usize>> {
        let (first, last) = (row(places, 0, self.n_parts())?, row(places, self.runs.len() - 1, self.n_parts())?);
        Ok(first[part] as usize..last[part] as usize)
    }
}

/// Row `i` of places: where the elements of chunk `i` begin in each part; behind the last chunk's where they end.
fn row(places: &Chunk, i: usize, n_parts: usize) -> Result<&[i64]> {
    let all = places.tensor()?.as_slice::<i64>()?;
    all.get(i * n_parts..(i + 1) * n_parts).ok_or_else(|| Error::bug(format!("no places of chunk {i}")))
}

impl Fill for RangeSort {
    fn n_parts(&self) -> usize {
        (self.outputs.len() - 1).clamp(1, MOST_PARTS)
    }

    fn bytes(&self) -> FillBytes {
        let (size, n_parts, n_runs) = (self.dtype.size() as u64, self.n_parts() as u64, self.runs.len() as u64 - 1);
        let run = self.runs.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0) as u64;
        let n_samples = |n: u64| n / self.sampled_of() as u64 + 1;
        let of_part = 8 * n_parts;
        FillBytes {
            sample: n_samples(run) * size,
            cuts: n_parts * size,
            counts: of_part,
            places: (n_runs + 1) * of_part,
            cuts_scratch: (n_samples(self.n() as u64) + n_runs) * size,
            put_scratch: BLOCK as u64 + 4 * of_part,
            finish_scratch: (sort::COUNTED * size_of::<u32>()).min(self.n() * self.dtype.size()) as u64,
        }
    }

    fn sample(&self, i: usize, chunk: &Chunk) -> Result<Chunk> {
        let (n, every) = (chunk.tensor()?.len(), self.sampled_of());
        // One of each stretch, anywhere in it, so that no pattern of the data meets it.
        let mut state = i as u64;
        let places = (0..n).step_by(every).map(|start| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            start + ((mixed >> 32) as usize % every.min(n - start))
        });
        for_dtype!(self.dtype, T => {
            let x = chunk.tensor()?.contiguous();
            let v = x.as_slice::<T>()?;
            let sample: Vec<T> = places.map(|p| v[p]).collect();
            Ok(Tensor::from_vec(&[sample.len()], sample)?.into())
        })
    }

    fn cuts(&self, samples: &[Chunk]) -> Result<Chunk> {
        for_dtype!(self.dtype, T => {
            let mut all: Vec<T> = Vec::new();
            for s in samples {
                all.extend_from_slice(s.tensor()?.as_slice()?);
            }
            sort::sort(&mut all);
            let n_parts = self.n_parts();
            let cuts: Vec<T> = (1..n_parts).filter_map(|p| all.get(p * all.len() / n_parts).copied()).collect();
            Ok(Tensor::from_vec(&[cuts.len()], cuts)?.into())
        })
    }

    fn count(&self, chunk: &Chunk, cuts: &Chunk) -> Result<Chunk> {
        let mut counts = vec![0i64; self.n_parts()];
        for_dtype!(self.dtype, T => Self::spread::<T>(chunk, cuts, |_, ends| {
            let mut start = 0;
            for (count, &end) in counts.iter_mut().zip(ends) {
                *count += (end - start) as i64;
                start = end;
            }
            Ok(())
        }))?;
        Ok(Tensor::from_vec(&[counts.len()], counts)?.into())
    }

    fn places(&self, counts: &[Chunk]) -> Result<Chunk> {
        let n_parts = self.n_parts();
        let counts = counts.iter().map(|c| c.tensor()?.as_slice::<i64>()).collect::<Result<Vec<_>>>()?;
        let mut places = vec![0i64; (counts.len() + 1) * n_parts];
        let mut at = 0;
        for part in 0..n_parts {
            for (i, counts) in counts.iter().enumerate() {
                places[i * n_parts + part] = at;
                at += counts[part];
            }
            places[counts.len() * n_parts + part] = at;
        }
        if at != self.n() as i64 {
            return Err(Error::bug(format!("{at} elements were counted of {}", self.n())));
        }
        Ok(Tensor::from_vec(&[counts.len() + 1, n_parts], places)?.into())
    }

    fn put(&self, i: usize, chunk: &Chunk, cuts: &Chunk, places: &Chunk, out: &Output) -> Result<()> {
        for_dtype!(self.dtype, T => self.put_all::<T>(i, chunk, cuts, places, out))
    }

    fn finish(&self, part: usize, places: &Chunk, out: &Output) -> Result<()> {
        let places = self.part(part, places)?;
        for_dtype!(self.dtype, T => {
            let mut part = out.part::<T>(places)?;
            sort::sort(&mut part);
            part.done();
        });
        Ok(())
    }
}
