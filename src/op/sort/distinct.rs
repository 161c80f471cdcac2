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
        let start = self.starts.as_ref().map(|s| s[i]);
        if let Some((low, n_values)) = sort::span(v)
            && n_values <= v.len() as u64 / 2
        {
            let places = start.is_some();
            return Ok(List::tallied(
                low,
                n_values as usize,
                places,
                v.iter().zip(start.unwrap_or(0) as i64..).map(|(&v, p)| (v, 1, p)),
            ));
        }
        let Some(start) = start else {
            let mut sorted = v.to_vec();
            sort::sort(&mut sorted);
            return Ok(List::of(sorted.into_iter().map(|v| (v, 1, 0))));
        };
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
        let lists = pieces.iter().map(List::<T>::read).collect::<Result<Vec<_>>>()?;
        let entries = lists.iter().flat_map(|l| l.values.iter().zip(l.counts).zip(l.places).map(|((&v, &n), &p)| (v, n, p)));
        let n: usize = lists.iter().map(|l| l.values.len()).sum();
        // Of sorted lists the first and the last are the least and the largest.
        let ends: Vec<T> = lists.iter().flat_map(|l| [l.values.first(), l.values.last()]).flatten().copied().collect();
        let mut list = match sort::span(&ends) {
            Some((low, n_values)) if n_values <= n as u64 => List::tallied(low, n_values as usize, self.starts.is_some(), entries),
            _ => {
                let mut all: Vec<(T, i64, i64)> = entries.collect();
                // Stable, so that of equal elements the first of the first chunk stands for all.
                all.sort_by_key(|e| e.0.size_key());
                List::of(all.into_iter())
            }
        };
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

/// What a [`List`] was written to.
struct Entries<'a, T> {
    values: &'a [T],
    counts: &'a [i64],
    places: &'a [i64],
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

    /// Of integers in any order, among `n_values` from `low` on; places are 0 unless they are wanted.
    fn tallied(low: T, n_values: usize, places: bool, entries: impl Iterator<Item = (T, i64, i64)>) -> List<T> {
        let mut counts = vec![0i64; n_values];
        let mut firsts = vec![i64::MAX; if places { n_values } else { 0 }];
        for (v, n, place) in entries {
            let k = v.distance(low).unwrap_or(0) as usize;
            counts[k] += n;
            if places {
                firsts[k] = firsts[k].min(place);
            }
        }
        let n_distinct = counts.iter().filter(|&&n| n > 0).count();
        let mut list =
            List { values: Vec::with_capacity(n_distinct), counts: Vec::with_capacity(n_distinct), places: vec![0; n_distinct] };
        for (k, &n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            if places {
                list.places[list.values.len()] = firsts[k];
            }
            list.values.push(low.farther(k as u64));
            list.counts.push(n);
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

    fn read(c: &Chunk) -> Result<Entries<'_, T>> {
        let [values, counts, places] = parts::<3>(c)?;
        Ok(Entries {
            values: values.tensor()?.as_slice()?,
            counts: counts.tensor()?.as_slice()?,
            places: places.tensor()?.as_slice()?,
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
