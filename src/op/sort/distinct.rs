//! The distinct elements of an array of any length, in order, with how often each occurs and where first.
//!
//! Every chunk is sorted and made distinct, sampled, and cut at values that all chunks share; so an output chunk holds every occurrence of
//! its values. How many are left is not known before.

use crate::base::{DType, Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::call::{Part, ShuffleBytes, ShuffleOp};
use crate::for_dtype;
use crate::kernel::sort::{self, SortKey};
use crate::op::named;
use crate::op::sort::cuts::parts;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which of the results a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Give {
    /// The elements.
    Values,
    /// How often each occurs (int64).
    Counts,
    /// Where each occurs first in the array (int64).
    Places,
}

/// The distinct elements of a 1-dimensional array in order of size. Zeros of both signs are one element, and so are all NaN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distinct {
    /// Of the elements.
    pub dtype: DType,
    /// Number of elements, at most.
    pub n: usize,
    /// Where each chunk begins, if places are wanted.
    pub starts: Option<Vec<usize>>,
    /// Number of chunks of the input.
    pub n_runs: usize,
    /// Number of chunks of the result.
    pub n_out: usize,
    /// Every so many distinct elements of a chunk are sampled.
    pub stride: usize,
    /// Only elements that occur so often are kept.
    pub exactly: Option<i64>,
    /// Which result this is.
    pub give: Give,
}

impl Distinct {
    /// Name on the wire.
    pub const NAME: &'static str = "distinct";
    /// One sentence for the docs.
    pub const DOC: &'static str =
        "The distinct elements of an array of any length in order, how often each occurs, and where first.";

    /// Makes distinct `n` elements in `n_runs` chunks, into `n_out`.
    pub fn new(dtype: DType, n: usize, n_runs: usize, n_out: usize, starts: Option<Vec<usize>>, exactly: Option<i64>) -> Distinct {
        let stride = (n / n_out.max(1) / (8 * n_runs.max(1))).max(1);
        Distinct { dtype, n, starts, n_runs, n_out, stride, exactly, give: Give::Values }
    }

    /// Makes it again.
    ///
    /// # Errors
    /// Parameters that cannot be read.
    pub fn open(params: &[u8]) -> Result<Arc<dyn ShuffleOp>> {
        let op: Self = named::opened(Self::NAME, params)?;
        if op.stride == 0 || op.n_out == 0 || op.starts.as_ref().is_some_and(|s| s.len() != op.n_runs) {
            return Err(Error::corrupt(format!("parameters of {}", Self::NAME)));
        }
        Ok(Arc::new(op))
    }

    /// Most elements of an output chunk.
    pub fn most(&self) -> usize {
        // A share of all, the doubt of the sample, and of each run one element that equals a cut.
        (self.n / self.n_out + self.n_runs * self.stride + self.stride + self.n_runs + 1).min(self.n)
    }

    fn n_parts(&self) -> usize {
        if self.starts.is_some() { 3 } else { 2 }
    }

    fn made_distinct<T: SortKey>(&self, i: usize, x: &Tensor) -> Result<List<T>> {
        let x = x.contiguous();
        let v = x.as_slice::<T>()?;
        let Some(starts) = &self.starts else {
            let mut sorted = v.to_vec();
            sort::sort(&mut sorted);
            return Ok(List::of(sorted.into_iter().map(|v| (v, 1, 0))));
        };
        let start = starts[i];
        Ok(List::of(sort::argsort(v, start as i64..).into_iter().map(|p| (v[p as usize - start], 1, p))))
    }

    fn cut_at<T: SortKey>(&self, samples: &[Chunk]) -> Result<Chunk> {
        let (mut all, mut n) = (Vec::new(), 0);
        for s in samples {
            let [sample, len] = parts::<2>(s)?;
            all.extend_from_slice(sample.tensor()?.as_slice::<T>()?);
            n += len.tensor()?.as_slice::<i64>()?[0] as usize;
        }
        all.sort_unstable_by_key(|v| v.size_key());
        // Half of the doubt on either side of the rank.
        let doubt = samples.len() * (self.stride - 1) / 2;
        let cuts = (1..self.n_out).map(|j| (n as u128 * j as u128 / self.n_out as u128) as usize);
        let cuts = cuts.map(|rank| rank.saturating_sub(doubt) / self.stride).map(|k| (k > 0 && k <= all.len()).then(|| all[k - 1]));
        let cuts: Vec<Option<T>> = cuts.collect();
        let is_cut = Tensor::from_vec(&[cuts.len()], cuts.iter().map(Option::is_some).collect())?;
        let values = Tensor::from_vec(&[cuts.len()], cuts.iter().map(|c| c.unwrap_or_default()).collect())?;
        Ok(Chunk::List([is_cut.into(), values.into()].into()))
    }

    fn pieces<T: SortKey>(&self, prepared: &Chunk, cuts: &Chunk) -> Result<Vec<Chunk>> {
        let list = List::<T>::read(prepared)?;
        let [is_cut, values] = parts::<2>(cuts)?;
        let cuts = is_cut.tensor()?.as_slice::<bool>()?.iter().zip(values.tensor()?.as_slice::<T>()?);
        let mut ends: Vec<usize> = cuts
            .map(|(&is_cut, &c)| if is_cut { list.values.partition_point(|&v| v.size_key() <= c.size_key()) } else { 0 })
            .collect();
        ends.push(list.values.len());
        let mut from = 0;
        let piece = |to: usize| {
            let range = from.min(to)..to.max(from);
            from = range.end;
            List {
                values: list.values[range.clone()].to_vec(),
                counts: list.counts[range.clone()].to_vec(),
                places: list.places[range].to_vec(),
            }
            .written()
        };
        ends.into_iter().map(piece).collect()
    }

    fn merged<T: SortKey>(&self, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        let mut all: Vec<(T, i64, i64)> = Vec::new();
        for p in pieces {
            let list = List::<T>::read(p)?;
            all.extend(list.values.iter().zip(&list.counts).zip(&list.places).map(|((&v, &n), &p)| (v, n, p)));
        }
        // Stable, so that of equal elements the first of the first chunk stands for all.
        all.sort_by_key(|e| e.0.size_key());
        let mut list = List::of(all.into_iter());
        if let Some(n) = self.exactly {
            list.keep(n);
        }
        let len = [list.values.len()];
        let mut parts = vec![Tensor::from_vec(&len, list.values)?.into(), Tensor::from_vec(&len, list.counts)?.into()];
        if self.starts.is_some() {
            parts.push(Tensor::from_vec(&len, list.places)?.into());
        }
        Ok(parts)
    }
}

/// Distinct elements in order, how often each occurs and where first.
struct List<T> {
    values: Vec<T>,
    counts: Vec<i64>,
    places: Vec<i64>,
}

impl<T: SortKey> List<T> {
    /// Of elements in order, equal ones side by side.
    fn of(sorted: impl Iterator<Item = (T, i64, i64)>) -> List<T> {
        let mut list = List { values: Vec::new(), counts: Vec::new(), places: Vec::new() };
        let mut last = None;
        for (v, n, place) in sorted {
            let key = Some(v.size_key());
            if key == last {
                let at = list.counts.len() - 1;
                list.counts[at] += n;
                list.places[at] = list.places[at].min(place);
            } else {
                last = key;
                list.values.push(v);
                list.counts.push(n);
                list.places.push(place);
            }
        }
        list
    }

    fn keep(&mut self, n: i64) {
        let kept: Vec<usize> = (0..self.counts.len()).filter(|&i| self.counts[i] == n).collect();
        self.values = kept.iter().map(|&i| self.values[i]).collect();
        self.places = kept.iter().map(|&i| self.places[i]).collect();
        self.counts = vec![n; kept.len()];
    }

    fn written(self) -> Result<Chunk> {
        let len = [self.values.len()];
        let parts = [
            Tensor::from_vec(&len, self.values)?.into(),
            Tensor::from_vec(&len, self.counts)?.into(),
            Tensor::from_vec(&len, self.places)?.into(),
        ];
        Ok(Chunk::List(parts.into()))
    }

    fn read(c: &Chunk) -> Result<List<T>> {
        let [values, counts, places] = parts::<3>(c)?;
        Ok(List {
            values: values.tensor()?.as_slice::<T>()?.to_vec(),
            counts: counts.tensor()?.as_slice::<i64>()?.to_vec(),
            places: places.tensor()?.as_slice::<i64>()?.to_vec(),
        })
    }
}

impl ShuffleOp for Distinct {
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
        "unique".into()
    }

    fn part(&self) -> Part {
        let index = match self.give {
            Give::Values => 0,
            Give::Counts => 1,
            Give::Places => 2,
        };
        let shared = Distinct { give: Give::Values, ..self.clone() };
        Part { index, n_parts: self.n_parts(), shared_key: ShuffleOp::key(&shared) }
    }

    fn part_bytes(&self, out: u64) -> Vec<u64> {
        let own = if self.give == Give::Values { self.dtype.size() as u64 } else { 8 };
        let n = out / own;
        [n * self.dtype.size() as u64, 8 * n, 8 * n][..self.n_parts()].to_vec()
    }

    fn bytes(&self, chunk_bytes: u64, all_bytes: u64) -> ShuffleBytes {
        let size = self.dtype.size() as u64;
        let n = chunk_bytes / size;
        let (entry, list) = (size + 16, 4 * Chunk::OVERHEAD_BYTES);
        let most = self.most() as u64;
        let share = (u128::from(most * entry) * u128::from(chunk_bytes)).div_ceil(u128::from(all_bytes.max(1))) as u64;
        let sorting = if self.starts.is_some() { 24 + 2 * size } else { size };
        let cuts = self.n_out as u64 * (size + 1) + list;
        ShuffleBytes {
            // Lists grow by doubling.
            prepared: Some(2 * n * entry + list),
            sample: Some((n / self.stride as u64 + 1) * size + list),
            cuts,
            piece: share + list,
            prepare_scratch: n * (sorting + entry),
            cuts_scratch: (self.n as u64 / self.stride as u64 + self.n_runs as u64) * size * 2,
            split_scratch: 2 * n * entry,
            merge_scratch: most * 6 * (size + 16),
        }
    }

    fn prepare(&self, i: usize, chunk: &Chunk) -> Result<(Chunk, Chunk)> {
        for_dtype!(self.dtype, T => {
            let list = self.made_distinct::<T>(i, chunk.tensor()?)?;
            let sample: Vec<T> = list.values.iter().skip(self.stride - 1).step_by(self.stride).copied().collect();
            let len = Tensor::from_vec(&[1], vec![list.values.len() as i64])?;
            let sample = Chunk::List([Tensor::from_vec(&[sample.len()], sample)?.into(), len.into()].into());
            Ok((list.written()?, sample))
        })
    }

    fn cuts(&self, samples: &[Chunk]) -> Result<Chunk> {
        for_dtype!(self.dtype, T => self.cut_at::<T>(samples))
    }

    fn split(&self, _: usize, prepared: &Chunk, cuts: &Chunk) -> Result<Vec<Chunk>> {
        for_dtype!(self.dtype, T => self.pieces::<T>(prepared, cuts))
    }

    fn merge(&self, _: usize, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        for_dtype!(self.dtype, T => self.merged::<T>(pieces))
    }
}
