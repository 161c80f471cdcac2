//! The distinct elements of an array of any length, in order, with how often each occurs and where first.
//!
//! Every chunk is sorted and made distinct, sampled, and cut at values that all chunks share; so an output chunk holds every occurrence of
//! its values. How many are left is not known before.

use crate::base::{DType, Error, Region, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::call::{Part, ShuffleBytes, ShuffleOp};
use crate::for_dtype;
use crate::kernel::sort::{self, SortKey};
use crate::op::named;
use crate::op::sort::cuts::parts;
use crate::op::sort::tally::{Entries, List, Tally};
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
            && n_values <= v.len() as u64
        {
            let Some(start) = start else { return Ok(List::counted(v, low, n_values as usize)) };
            let mut tally = Tally::new(low, n_values as usize, true);
            v.iter().zip(start as i64..).for_each(|(&v, place)| tally.add(v, 1, place));
            return Ok(tally.list());
        }
        let Some(start) = start else {
            let mut sorted = v.to_vec();
            sort::sort(&mut sorted);
            return Ok(List::of_sorted(&sorted, None));
        };
        let places = sort::argsort(v, start as i64..);
        let sorted: Vec<T> = places.iter().map(|&p| v[p as usize - start]).collect();
        Ok(List::of_sorted(&sorted, Some(&places)))
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
        let cuts = cuts.map(|rank| (rank.saturating_sub(doubt) / self.stride).min(all.len()));
        let cuts: Vec<Option<T>> = cuts.map(|k| k.checked_sub(1).map(|k| all[k])).collect();
        let is_cut = Tensor::from_vec(&[cuts.len()], cuts.iter().map(Option::is_some).collect())?;
        let values = Tensor::from_vec(&[cuts.len()], cuts.iter().map(|c| c.unwrap_or_default()).collect())?;
        Ok(Chunk::List([is_cut.into(), values.into()].into()))
    }

    fn cut<T: SortKey>(&self, prepared: &Chunk, cuts: &Chunk, out: usize) -> Result<Chunk> {
        let Chunk::List(items) = prepared else { return Err(Error::bug("distinct elements that are no list")) };
        let values = Entries::<T>::read(prepared)?.values;
        let [is_cut, cuts] = parts::<2>(cuts)?;
        let (is_cut, cuts) = (is_cut.tensor()?.as_slice::<bool>()?, cuts.tensor()?.as_slice::<T>()?);
        let end = |j: usize| match cuts.get(j) {
            None => values.len(),
            Some(c) if is_cut[j] => values.partition_point(|v| v.size_key() <= c.size_key()),
            Some(_) => 0,
        };
        let range = Region::new(std::iter::once(if out == 0 { 0 } else { end(out - 1) }..end(out)));
        let views = items.iter().map(|t| Ok(t.tensor()?.slice(&range).into())).collect::<Result<Vec<Chunk>>>()?;
        Ok(Chunk::List(views.into()))
    }

    fn merged<T: SortKey>(&self, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        let lists = pieces.iter().map(Entries::<T>::read).collect::<Result<Vec<_>>>()?;
        let n: usize = lists.iter().map(|l| l.values.len()).sum();
        // Of sorted lists the first and the last are the least and the largest.
        let ends: Vec<T> = lists.iter().flat_map(|l| [l.values.first(), l.values.last()]).flatten().copied().collect();
        let list = match sort::span(&ends) {
            Some((low, n_values)) if n_values <= n as u64 => {
                let mut tally = Tally::new(low, n_values as usize, self.starts.is_some());
                lists.iter().for_each(|l| l.each(|v, n, place| tally.add(v, n, place)));
                tally.list()
            }
            _ => List::merged(&lists, self.starts.is_some()),
        };
        self.exactly.map(|n| list.occurring(n)).unwrap_or(list).parts()
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
        let places = self.starts.is_some();
        let (entry, list) = (size + if places { 16 } else { 8 }, 4 * Chunk::OVERHEAD_BYTES);
        let most = self.most() as u64;
        let share = (u128::from(most * entry) * u128::from(chunk_bytes)).div_ceil(u128::from(all_bytes.max(1))) as u64;
        // A sorted copy or a tally.
        let sorting = if places { 24 + 2 * size } else { size.max(8) };
        let cuts = self.n_out as u64 * (size + 1) + list;
        // A level of merging and the next one (a tally is shorter than a level), and what is picked of the last.
        let levels = 2 + u64::from(self.exactly.is_some());
        ShuffleBytes {
            prepared: Some(n * entry + list),
            sample: Some((n / self.stride as u64 + 1) * size + list),
            cuts,
            piece: share + list,
            prepare_scratch: n * sorting,
            cuts_scratch: (self.n as u64 / self.stride as u64 + self.n_runs as u64) * size * 2,
            split_scratch: n * entry,
            merge_scratch: most * levels * entry,
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

    fn piece(&self, _: usize, prepared: &Chunk, cuts: &Chunk, out: usize) -> Result<Chunk> {
        for_dtype!(self.dtype, T => self.cut::<T>(prepared, cuts, out))
    }

    fn views(&self) -> bool {
        true
    }

    fn merge(&self, _: usize, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        for_dtype!(self.dtype, T => self.merged::<T>(pieces))
    }
}
