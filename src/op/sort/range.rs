//! A sorted array of any length: sorted runs, cut by regular sampling and merged.

use crate::base::{DType, Error, Region, Result};
use crate::chunk::{BufferMut, Chunk, Tensor, Window};
use crate::expr::call::{Fill, ShuffleBytes, ShuffleOp};
use crate::for_dtype;
use crate::kernel::sort::{self, SortKey};
use crate::op::named;
use crate::op::sort::cuts::{self, Cut, KeyOf, parts};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The elements of a 1-dimensional array in order of size, or their places (int64) in that order. Equal elements keep their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RangeSort {
    /// Of the elements.
    pub dtype: DType,
    /// Places instead of elements.
    pub places: bool,
    /// Where each run begins, and the length of the array.
    pub runs: Vec<usize>,
    /// Where each output chunk begins, and the length of the array.
    pub outputs: Vec<usize>,
    /// Every so many elements of a sorted run are sampled.
    pub stride: usize,
}

impl RangeSort {
    /// Name on the wire.
    pub const NAME: &'static str = "range_sort";
    /// One sentence for the docs.
    pub const DOC: &'static str =
        "A 1-dimensional array of any length in order of size, or the places of its elements in that order.";

    /// Sorts `runs` (their bounds) of elements into `outputs` (their bounds).
    pub fn new(dtype: DType, places: bool, runs: Vec<usize>, outputs: Vec<usize>) -> RangeSort {
        let shortest = outputs.windows(2).map(|w| w[1] - w[0]).min().unwrap_or(1);
        // Windows of doubt of at most an eighth of an output chunk.
        let stride = (shortest / (16 * runs.len().max(1))).max(1);
        RangeSort { dtype, places, runs, outputs, stride }
    }

    /// Makes it again.
    ///
    /// # Errors
    /// Parameters that cannot be read, or say nothing that can be.
    pub fn open(params: &[u8]) -> Result<Arc<dyn ShuffleOp>> {
        let op: RangeSort = named::opened(Self::NAME, params)?;
        let bounds = |b: &[usize]| b.len() > 1 && b[0] == 0 && b.is_sorted();
        if !bounds(&op.runs) || !bounds(&op.outputs) || op.runs.last() != op.outputs.last() || op.stride == 0 {
            return Err(Error::corrupt(format!("parameters of {}: bounds that do not rise", Self::NAME)));
        }
        Ok(Arc::new(op))
    }

    fn n_runs(&self) -> usize {
        self.runs.len() - 1
    }

    /// By what elements are ordered: by their bits as well, or where places are wanted by their size alone.
    fn key<T: SortKey>(&self) -> KeyOf<T> {
        if self.places { T::size_key } else { T::key }
    }

    /// A chunk sorted, with the places of its elements in the whole array if they are wanted.
    fn sorted<T: SortKey>(&self, i: usize, chunk: &Tensor) -> Result<(Tensor, Option<Tensor>)> {
        let x = chunk.contiguous();
        let v = x.as_slice::<T>()?;
        if !self.places {
            let mut out = BufferMut::for_overwrite(v.len() * T::DTYPE.size());
            let sorted = out.elements_mut::<T>();
            sorted.copy_from_slice(v);
            sort::sort(sorted);
            return Ok((Tensor::new(T::DTYPE, &[v.len()], out.freeze())?, None));
        }
        let start = self.runs[i];
        let mut places = BufferMut::for_overwrite(v.len() * size_of::<i64>());
        sort::argsort(v, start as i64, &mut Vec::new(), places.elements_mut());
        let mut values = BufferMut::for_overwrite(size_of_val(v));
        values.elements_mut().iter_mut().zip(places.elements_mut::<i64>()).for_each(|(out, p)| *out = v[*p as usize - start]);
        let places = Tensor::new(DType::I64, &[v.len()], places.freeze())?;
        Ok((Tensor::new(T::DTYPE, &[v.len()], values.freeze())?, Some(places)))
    }

    fn cut<T: SortKey>(&self, i: usize, prepared: &Chunk, cuts: &Chunk, out: usize) -> Result<Chunk> {
        let (values, places) = match prepared {
            Chunk::Tensor(t) => (t, None),
            list => {
                let [values, places] = parts::<2>(list)?;
                (values.tensor()?, Some(places.tensor()?))
            }
        };
        let run = values.as_slice::<T>()?;
        let [low, high] = parts::<2>(cuts)?;
        let from = if out == 0 { 0 } else { Cut::<T>::read(low, out - 1)?.before_in(run, i, self.key()) };
        let to = if out + 2 == self.outputs.len() { run.len() } else { Cut::<T>::read(high, out)?.before_in(run, i, self.key()) };
        let range = Region::new(std::iter::once(from..to.max(from)));
        let mut piece = vec![Chunk::Tensor(Tensor::from_vec::<i64>(&[1], vec![from as i64])?), values.slice(&range).into()];
        piece.extend(places.map(|p| p.slice(&range).into()));
        Ok(Chunk::List(piece.into()))
    }

    /// The elements that an output chunk is among, in order, and where in them it lies.
    fn merged<T: SortKey>(&self, out: usize, pieces: &[Chunk]) -> Result<(Tensor, Region)> {
        let mut before = 0;
        let mut values: Vec<&[T]> = Vec::with_capacity(pieces.len());
        let mut places: Vec<&[i64]> = Vec::new();
        for p in pieces {
            let Chunk::List(items) = p else { return Err(Error::bug("a piece of a sorted run is no list")) };
            before +=
                items.first().map(Chunk::tensor).transpose()?.and_then(|t| t.as_slice::<i64>().ok()?.first()).copied().unwrap_or(0);
            values.push(items.get(1).map_or(Ok(&[][..]), |v| v.tensor().and_then(Tensor::as_slice))?);
            if let Some(p) = items.get(2) {
                places.push(p.tensor()?.as_slice()?);
            }
        }
        // What lies before the pieces is known, so the chunk's place among them is.
        let (start, end) = (self.outputs[out], self.outputs[out + 1]);
        let skip = usize::try_from(start as i64 - before).map_err(|_| Error::bug("a cut above its rank"))?;
        let n: usize = values.iter().map(|v| v.len()).sum();
        if skip + (end - start) > n {
            return Err(Error::bug(format!("{n} elements for ranks {start} to {end} behind {before}")));
        }
        let region = Region::new(std::iter::once(skip..skip + end - start));
        if self.places {
            let mut pairs: Vec<(T::Key, i64)> = Vec::with_capacity(n);
            for (v, p) in values.iter().zip(&places) {
                pairs.extend(v.iter().map(|v| v.size_key()).zip(p.iter().copied()));
            }
            // Not unstable: this one merges the sorted stretches that it finds.
            pairs.sort();
            let places = pairs[skip..skip + end - start].iter().map(|p| p.1).collect();
            return Ok((Tensor::from_vec(&[end - start], places)?, Region::new(std::iter::once(0..end - start))));
        }
        let mut all = BufferMut::for_overwrite(n * T::DTYPE.size());
        sort::merge(values, &mut all.elements_mut::<T>()[..n]);
        Ok((Tensor::new(T::DTYPE, &[n], all.freeze())?, region))
    }
}

impl ShuffleOp for RangeSort {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn params(&self) -> Result<Vec<u8>> {
        named::params(Self::NAME, self)
    }

    fn key(&self) -> u128 {
        named::key(Self::NAME, &self.params().unwrap_or_default())
    }

    fn label(&self) -> String {
        if self.places { "argsort".into() } else { "sort".into() }
    }

    fn bytes(&self, chunk_bytes: u64, all_bytes: u64) -> ShuffleBytes {
        let size = self.dtype.size() as u64;
        let with_places = if self.places { size + 8 } else { size };
        let (stride, n_runs) = (self.stride as u64, self.n_runs() as u64);
        let n = chunk_bytes / size;
        let n_samples = all_bytes / size / stride;
        let largest = self.outputs.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0) as u64;
        // All that an output chunk can be made of, and the part of it that is this run's share.
        let merged = (largest + 2 * n_runs * stride + 2 * stride) * with_places;
        let share = (merged as u128 * u128::from(chunk_bytes)).div_ceil(u128::from(all_bytes.max(1))) as u64;
        let (cuts, cuts_scratch) = cuts::bytes(n_samples, size, self.outputs.len() as u64);
        let pairs = |n: u64| if self.places { sort::pair_bytes(size as usize) as u64 * n } else { 0 };
        ShuffleBytes {
            prepared: Some(n * with_places + 2 * Chunk::OVERHEAD_BYTES),
            sample: Some((n / stride + 1) * size),
            cuts,
            piece: share + 3 * Chunk::OVERHEAD_BYTES,
            prepare_scratch: pairs(n) + n * size,
            cuts_scratch,
            // Where windows of doubt are all of one run, it gives every element twice.
            split_scratch: n * with_places + cuts,
            // Merging takes room for the pairs once more.
            merge_scratch: merged + 2 * pairs(merged / with_places),
        }
    }

    fn prepare(&self, i: usize, chunk: &Chunk) -> Result<(Chunk, Chunk)> {
        for_dtype!(self.dtype, T => {
            let (values, places) = self.sorted::<T>(i, chunk.tensor()?)?;
            let sample = cuts::sample::<T>(values.as_slice()?, self.stride)?;
            let prepared = match places {
                Some(p) => Chunk::List([values.into(), p.into()].into()),
                None => values.into(),
            };
            Ok((prepared, sample))
        })
    }

    fn cuts(&self, samples: &[Chunk]) -> Result<Chunk> {
        let ranks = &self.outputs[1..self.outputs.len() - 1];
        for_dtype!(self.dtype, T => cuts::around::<T>(samples, self.key(), self.stride, ranks))
    }

    fn piece(&self, i: usize, prepared: &Chunk, cuts: &Chunk, out: usize) -> Result<Chunk> {
        for_dtype!(self.dtype, T => self.cut::<T>(i, prepared, cuts, out))
    }

    fn views(&self) -> bool {
        true
    }

    fn merge(&self, out: usize, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        let (all, region) = for_dtype!(self.dtype, T => self.merged::<T>(out, pieces))?;
        Ok(vec![all.slice(&region).contiguous().into()])
    }

    fn merge_into(&self, out: usize, pieces: &[Chunk], place: Window<'_>) -> Result<()> {
        let (all, region) = for_dtype!(self.dtype, T => self.merged::<T>(out, pieces))?;
        place.copy(&all.slice(&region))
    }

    fn fills_buffers(&self) -> bool {
        !self.places
    }

    fn fill(&self) -> Option<&dyn Fill> {
        if self.places { None } else { Some(self) }
    }
}
