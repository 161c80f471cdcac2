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
        let range = Region::new([if out == 0 { 0 } else { end(out - 1) }..end(out)]);
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

/// What a [`List`] was written to.
#[derive(Clone, Copy)]
struct Entries<'a, T> {
    values: &'a [T],
    counts: &'a [i64],
    places: Option<&'a [i64]>,
}

impl<'a, T: SortKey> Entries<'a, T> {
    fn read(c: &'a Chunk) -> Result<Entries<'a, T>> {
        let (values, counts, places) = match c {
            Chunk::List(items) if items.len() == 2 => (&items[0], &items[1], None),
            _ => {
                let [values, counts, places] = parts::<3>(c)?;
                (values, counts, Some(places))
            }
        };
        let places = places.map(|p| p.tensor().and_then(Tensor::as_slice)).transpose()?;
        Ok(Entries { values: values.tensor()?.as_slice()?, counts: counts.tensor()?.as_slice()?, places })
    }

    fn place(&self, i: usize) -> i64 {
        self.places.map_or(0, |p| p[i])
    }

    fn each(&self, mut f: impl FnMut(T, i64, i64)) {
        self.values.iter().zip(self.counts).enumerate().for_each(|(i, (&v, &n))| f(v, n, self.place(i)));
    }
}

/// Counts of all integers of a range.
struct Tally<T> {
    low: T,
    counts: Vec<i64>,
    /// Where each was first, if that is wanted.
    firsts: Option<Vec<i64>>,
}

impl<T: SortKey> Tally<T> {
    fn new(low: T, n_values: usize, places: bool) -> Tally<T> {
        Tally { low, counts: vec![0; n_values], firsts: places.then(|| vec![i64::MAX; n_values]) }
    }

    #[inline(always)]
    fn add(&mut self, v: T, n: i64, place: i64) {
        let k = v.distance(self.low).unwrap_or(0) as usize;
        self.counts[k] += n;
        if let Some(firsts) = &mut self.firsts {
            firsts[k] = firsts[k].min(place);
        }
    }

    /// Those that occur.
    fn list(&self) -> List<T> {
        let n_distinct = self.counts.iter().filter(|&&n| n > 0).count();
        let mut list = List::with_room(n_distinct, self.firsts.is_some());
        for (k, &n) in self.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            list.push(self.low.farther(k as u64), n, self.firsts.as_ref().map_or(0, |f| f[k]));
        }
        list
    }
}

/// Distinct elements in order, how often each occurs and, if that is wanted, where first.
struct List<T> {
    values: Vec<T>,
    counts: Vec<i64>,
    places: Option<Vec<i64>>,
}

impl<T: SortKey> List<T> {
    fn with_room(n: usize, places: bool) -> List<T> {
        List { values: Vec::with_capacity(n), counts: Vec::with_capacity(n), places: places.then(|| Vec::with_capacity(n)) }
    }

    #[inline(always)]
    fn push(&mut self, v: T, n: i64, place: i64) {
        self.values.push(v);
        self.counts.push(n);
        if let Some(places) = &mut self.places {
            places.push(place);
        }
    }

    fn entries(&self) -> Entries<'_, T> {
        Entries { values: &self.values, counts: &self.counts, places: self.places.as_deref() }
    }

    /// Of integers in any order, among `n_values` from `low` on. Counts are bytes, so that as many as can be stay in cache, and what
    /// a byte does not hold is written down.
    fn counted(v: &[T], low: T, n_values: usize) -> List<T> {
        let mut counts = vec![0u8; n_values];
        let mut full: Vec<usize> = Vec::new();
        for v in v {
            let k = v.distance(low).unwrap_or(0) as usize;
            counts[k] = counts[k].wrapping_add(1);
            if counts[k] == 0 {
                full.push(k);
            }
        }
        full.sort_unstable();
        let mut list = List::with_room(counts.iter().filter(|&&n| n > 0).count() + full.len(), false);
        let mut full = full.chunk_by(|a, b| a == b).peekable();
        for (k, &n) in counts.iter().enumerate() {
            let more = full.next_if(|same| same[0] == k).map_or(0, |same| 256 * same.len() as i64);
            if n > 0 || more > 0 {
                list.push(low.farther(k as u64), i64::from(n) + more, 0);
            }
        }
        list
    }

    /// Of elements in order, equal ones side by side.
    fn of_sorted(sorted: &[T], places: Option<&[i64]>) -> List<T> {
        let n_distinct = sorted.chunk_by(|a, b| a.size_key() == b.size_key()).count();
        let mut list = List::with_room(n_distinct, places.is_some());
        let mut at = 0;
        for same in sorted.chunk_by(|a, b| a.size_key() == b.size_key()) {
            let first = places.and_then(|p| p[at..at + same.len()].iter().min().copied());
            list.push(same[0], same.len() as i64, first.unwrap_or(0));
            at += same.len();
        }
        list
    }

    /// Of several lists, two by two; of equal elements the first list's stands for all.
    fn merged(lists: &[Entries<'_, T>], places: bool) -> List<T> {
        match lists {
            [] => List::with_room(0, places),
            [one] => {
                let mut list = List::with_room(one.values.len(), places);
                one.each(|v, n, place| list.push(v, n, place));
                list
            }
            [a, b] => List::merged_two(a, b, places),
            _ => {
                let (a, b) = lists.split_at(lists.len() / 2);
                let (a, b) = (List::merged(a, places), List::merged(b, places));
                List::merged_two(&a.entries(), &b.entries(), places)
            }
        }
    }

    fn merged_two(a: &Entries<'_, T>, b: &Entries<'_, T>, places: bool) -> List<T> {
        let mut list = List::with_room(a.values.len() + b.values.len(), places);
        let (mut i, mut j) = (0, 0);
        while i < a.values.len() && j < b.values.len() {
            let (x, y) = (a.values[i].size_key(), b.values[j].size_key());
            let (n, place) = match (x <= y, y <= x) {
                (true, true) => (a.counts[i] + b.counts[j], a.place(i).min(b.place(j))),
                (true, false) => (a.counts[i], a.place(i)),
                _ => (b.counts[j], b.place(j)),
            };
            list.push(if x <= y { a.values[i] } else { b.values[j] }, n, place);
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
        (i..a.values.len()).for_each(|i| list.push(a.values[i], a.counts[i], a.place(i)));
        (j..b.values.len()).for_each(|j| list.push(b.values[j], b.counts[j], b.place(j)));
        list
    }

    /// Only what occurs `n` times.
    fn occurring(&self, n: i64) -> List<T> {
        let mut list = List::with_room(self.counts.iter().filter(|&&c| c == n).count(), self.places.is_some());
        self.entries().each(|v, c, place| {
            if c == n {
                list.push(v, c, place)
            }
        });
        list
    }

    fn parts(mut self) -> Result<Vec<Chunk>> {
        let len = [self.values.len()];
        // Merged lists had room for all.
        self.values.shrink_to_fit();
        self.counts.shrink_to_fit();
        self.places.iter_mut().for_each(Vec::shrink_to_fit);
        let mut parts = vec![Tensor::from_vec(&len, self.values)?.into(), Tensor::from_vec(&len, self.counts)?.into()];
        if let Some(places) = self.places {
            parts.push(Tensor::from_vec(&len, places)?.into());
        }
        Ok(parts)
    }

    fn written(self) -> Result<Chunk> {
        Ok(Chunk::List(self.parts()?.into()))
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
