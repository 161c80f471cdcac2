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
use crate::op::sort::bytes::{Bytes, Counts};
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

    /// The distinct elements of a chunk, and a sample of them.
    fn made_distinct<T: SortKey>(&self, i: usize, x: &Tensor) -> Result<(Chunk, Chunk)> {
        let x = x.contiguous();
        let v = x.as_slice::<T>()?;
        let start = self.starts.as_ref().map(|s| s[i]);
        if start.is_none()
            && let Some(counts) = Bytes::count(v, v.len())
        {
            let (n, sample) = counts.sample(self.stride);
            return Ok((counts.written()?, Self::sampled(n, sample)?));
        }
        let list = match start {
            None => {
                let mut sorted = v.to_vec();
                sort::sort(&mut sorted);
                List::of_sorted(&sorted, None)
            }
            Some(start) => Self::with_places(v, start as i64),
        };
        let sample = list.values.iter().skip(self.stride - 1).step_by(self.stride).copied().collect();
        let sample = Self::sampled(list.values.len(), sample)?;
        Ok((list.written()?, sample))
    }

    fn sampled<T: SortKey>(n: usize, sample: Vec<T>) -> Result<Chunk> {
        let sample = Tensor::from_vec(&[sample.len()], sample)?;
        Ok(Chunk::List([sample.into(), Tensor::from_vec(&[1], vec![n as i64])?.into()].into()))
    }

    /// With the place of each, the first element's being `start`.
    fn with_places<T: SortKey>(v: &[T], start: i64) -> List<T> {
        if let Some((low, n_values)) = sort::span(v)
            && n_values <= v.len() as u64
        {
            let mut tally = Tally::new(low, n_values as usize, true);
            v.iter().zip(start..).for_each(|(&v, place)| tally.add(v, 1, place));
            return tally.list();
        }
        let mut places = vec![0; v.len()];
        sort::argsort(v, start, &mut Vec::new(), &mut places);
        let sorted: Vec<T> = places.iter().map(|&p| v[(p - start) as usize]).collect();
        List::of_sorted(&sorted, Some(&places))
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
        let [is_cut, cuts] = parts::<2>(cuts)?;
        let (is_cut, cuts) = (is_cut.tensor()?.as_slice::<bool>()?, cuts.tensor()?.as_slice::<T>()?);
        let range = |len: usize, n_up_to: &dyn Fn(T) -> usize| {
            let end = |j: usize| match cuts.get(j) {
                None => len,
                Some(&c) if is_cut[j] => n_up_to(c),
                Some(_) => 0,
            };
            if out == 0 { 0..end(0) } else { end(out - 1)..end(out) }
        };
        if let Some(counts) = Counts::<T>::read(prepared)? {
            return counts.part(prepared, range(counts.len(), &|c| counts.n_up_to(c)));
        }
        let Chunk::List(items) = prepared else { return Err(Error::bug("distinct elements that are no list")) };
        let values = Entries::<T>::read(prepared)?.values;
        let range = range(values.len(), &|c| values.partition_point(|v| v.size_key() <= c.size_key()));
        let range = Region::new(std::iter::once(range));
        let views = items.iter().map(|t| Ok(t.tensor()?.slice(&range).into())).collect::<Result<Vec<Chunk>>>()?;
        Ok(Chunk::List(views.into()))
    }

    fn merged<T: SortKey>(&self, pieces: &[Chunk]) -> Result<Vec<Chunk>> {
        let (mut counts, mut lists) = (Vec::new(), Vec::new());
        for p in pieces {
            match Counts::<T>::read(p)? {
                Some(c) => counts.push(c),
                None => lists.push(Entries::<T>::read(p)?),
            }
        }
        // Of sorted lists the first and the last are the least and the largest.
        let ends = lists.iter().flat_map(|l| [l.values.first(), l.values.last()]).flatten().copied();
        let ends: Vec<T> = ends.chain(counts.iter().filter_map(Counts::ends).flatten()).collect();
        let places = self.starts.is_some();
        let list = match sort::span(&ends) {
            Some((low, n_values)) if n_values <= self.most() as u64 => {
                let mut tally = Tally::new(low, n_values as usize, places);
                lists.iter().for_each(|l| l.each(|v, n, place| tally.add(v, n, place)));
                counts.iter().for_each(|c| c.add_to(&mut tally));
                tally.list()
            }
            _ => {
                let counted: Vec<List<T>> = counts.iter().map(Counts::list).collect();
                lists.extend(counted.iter().map(List::entries));
                List::merged(&lists, places)
            }
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
        // A level of merging and the next one (a tally is shorter than a level), before them what was counted in bytes, and behind what is
        // picked of the last.
        let counted = self.dtype.is_integer() && !places;
        let levels = 2 + u64::from(counted) + u64::from(self.exactly.is_some());
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
            self.made_distinct::<T>(i, chunk.tensor()?)
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
