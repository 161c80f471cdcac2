//! Counts of integers that lie near each other: bytes, so that as many as can be stay in cache.

use crate::base::{Error, Region, Result};
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::kernel::sort::{self, SortKey};
use crate::op::sort::cuts::parts;
use crate::op::sort::tally::{List, Tally};

/// Elements that are looked at, and then counted, at a time: they stay in the first cache.
const BLOCK: usize = 2048;
/// A count that would be higher starts again at 1, and this is written down.
const FULL: u8 = 255;
/// Longer lists of counts lie in large pages: of small ones there are more than a processor knows the places of.
const SMALL: usize = 256 << 10;
const LARGE_PAGE: usize = 2 << 20;

/// How often every integer from `low` on occurs.
pub(super) struct Bytes<T> {
    low: T,
    /// The first `len` are counts, of what occurs never 0; zeros follow.
    counts: BufferMut,
    len: usize,
    /// By how far they are from `low`, in order, those that occur `FULL` times more than their counts say; once for each time.
    full: Vec<i64>,
}

impl<T: SortKey> Bytes<T> {
    /// Of integers in any order; None where more than `most` values lie between them, and of none, and of what are no integers.
    pub(super) fn count(v: &[T], most: usize) -> Option<Bytes<T>> {
        let mut all: Option<Bytes<T>> = None;
        for block in v.chunks(BLOCK) {
            let (low, n) = sort::span(block)?;
            let all = all.get_or_insert_with(|| Bytes { low, counts: BufferMut::zeroed(0), len: 0, full: Vec::new() });
            all.cover(low, n, most as u64)?;
            let counts = &mut all.counts.bytes_mut()[..all.len];
            for x in block {
                let k = x.distance(all.low)? as usize;
                counts[k] = counts[k].wrapping_add(1);
                if counts[k] == 0 {
                    counts[k] = 1;
                    all.full.push(k as i64);
                }
            }
        }
        if let Some(all) = &mut all {
            all.full.sort_unstable();
        }
        all
    }

    /// Makes room for `n` values from `low` on, if that makes no more than `most`.
    fn cover(&mut self, low: T, n: u64, most: u64) -> Option<()> {
        let below = if low.key() < self.low.key() { self.low.distance(low)? } else { 0 };
        let behind = if below > 0 { 0 } else { low.distance(self.low)? };
        let len = (self.len as u64).saturating_add(below).max(n.saturating_add(behind));
        if len > most {
            return None;
        }
        let (len, below) = (len as usize, below as usize);
        if len > self.counts.len() {
            let room = if len <= SMALL { len } else { len.next_multiple_of(LARGE_PAGE) };
            let old = std::mem::replace(&mut self.counts, BufferMut::zeroed(room));
            self.counts.bytes_mut()[below..below + self.len].copy_from_slice(&old.bytes()[..self.len]);
        } else if below > 0 {
            self.counts.bytes_mut().copy_within(..self.len, below);
            self.counts.bytes_mut()[..below].fill(0);
        }
        if below > 0 {
            self.full.iter_mut().for_each(|k| *k += below as i64);
            self.low = low;
        }
        self.len = len;
        Some(())
    }

    fn counts(&self) -> &[u8] {
        &self.counts.bytes()[..self.len]
    }

    /// How many values occur, and every `stride`-th of them.
    pub(super) fn sample(&self, stride: usize) -> (usize, Vec<T>) {
        let (mut n, mut next, mut sample) = (0, stride, Vec::new());
        for (g, group) in self.counts().chunks(64).enumerate() {
            let occurring = group.iter().filter(|&&c| c > 0).count();
            while n + occurring >= next {
                let nth = group.iter().enumerate().filter(|(_, c)| **c > 0).nth(next - n - 1);
                sample.extend(nth.map(|(k, _)| self.low.farther((64 * g + k) as u64)));
                next += stride;
            }
            n += occurring;
        }
        (n, sample)
    }

    pub(super) fn written(self) -> Result<Chunk> {
        Ok(Chunk::List(
            [
                Tensor::from_vec(&[1], vec![self.low])?.into(),
                Tensor::from_vec(&[1], vec![0i64])?.into(),
                Tensor::from_vec(&[self.len], self.counts().to_vec())?.into(),
                Tensor::from_vec(&[self.full.len()], self.full)?.into(),
            ]
            .into(),
        ))
    }
}

/// What [`Bytes`] were written to, or a part of it.
pub(super) struct Counts<'a, T> {
    /// What `first` and `full` count from.
    low: T,
    /// How far the first of `counts` is from it.
    first: u64,
    counts: &'a [u8],
    full: &'a [i64],
}

impl<'a, T: SortKey> Counts<'a, T> {
    /// None of lists of distinct elements.
    pub(super) fn read(c: &'a Chunk) -> Result<Option<Counts<'a, T>>> {
        if matches!(c, Chunk::List(items) if items.len() < 4) {
            return Ok(None);
        }
        let [low, first, counts, full] = parts::<4>(c)?;
        let missing = || Error::bug("counts from nowhere on");
        Ok(Some(Counts {
            low: *low.tensor()?.as_slice().and_then(|s| s.first().ok_or_else(missing))?,
            first: *first.tensor()?.as_slice::<i64>()?.first().ok_or_else(missing)? as u64,
            counts: counts.tensor()?.as_slice()?,
            full: full.tensor()?.as_slice()?,
        }))
    }

    /// How many values are counted, whether they occur or not.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// How many of them are not above `cut`.
    pub(super) fn n_up_to(&self, cut: T) -> usize {
        let low = self.low.farther(self.first);
        let distance = if cut.key() < low.key() { None } else { cut.distance(low) };
        distance.map_or(0, |d| d.saturating_add(1).min(self.counts.len() as u64) as usize)
    }

    /// The values in a range of all that are counted, of the chunk that was read.
    pub(super) fn part(&self, of: &Chunk, range: std::ops::Range<usize>) -> Result<Chunk> {
        let [low, _, counts, full] = parts::<4>(of)?;
        let first = self.first as i64 + range.start as i64;
        let end = first + range.len() as i64;
        let in_full = self.full.partition_point(|&k| k < first)..self.full.partition_point(|&k| k < end);
        let view = |t: &Chunk, r| -> Result<Chunk> { Ok(t.tensor()?.slice(&Region::new(std::iter::once(r))).into()) };
        let first = Tensor::from_vec(&[1], vec![first])?.into();
        Ok(Chunk::List([low.clone(), first, view(counts, range)?, view(full, in_full)?].into()))
    }

    /// The least and the largest value that are counted.
    pub(super) fn ends(&self) -> Option<[T; 2]> {
        let last = (self.counts.len() as u64).checked_sub(1)?;
        Some([self.low.farther(self.first), self.low.farther(self.first + last)])
    }

    /// Adds all to a tally that covers them.
    pub(super) fn add_to(&self, tally: &mut Tally<T>) {
        if self.counts.is_empty() {
            return; // from nowhere on, maybe
        }
        tally.add_all(self.low.farther(self.first), self.counts);
        self.full.iter().for_each(|&k| tally.add(self.low.farther(k as u64), i64::from(FULL), 0));
    }

    /// Those that occur.
    pub(super) fn list(&self) -> List<T> {
        let mut list = List::with_room(self.counts.iter().filter(|&&n| n > 0).count(), false);
        let mut full = self.full.iter().peekable();
        for (k, &n) in (self.first..).zip(self.counts).filter(|(_, n)| **n > 0) {
            let mut count = i64::from(n);
            while full.next_if(|&&f| f as u64 == k).is_some() {
                count += i64::from(FULL);
            }
            list.push(self.low.farther(k), count, 0);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]
        #[test]
        fn integers_are_counted_however_often_they_occur(
            v in prop::collection::vec((-300i64..300, 0usize..900), 0..60),
            from in any::<i64>(),
            cut in -310i64..310,
            stride in 1usize..9,
        ) {
            let from = from.clamp(i64::MIN + 400, i64::MAX - 400);
            let v: Vec<i64> = v.into_iter().flat_map(|(x, n)| std::iter::repeat_n(from + x, n)).collect();
            let mut want: BTreeMap<i64, i64> = BTreeMap::new();
            v.iter().for_each(|x| *want.entry(*x).or_default() += 1);
            let Some(bytes) = Bytes::count(&v, 601) else {
                prop_assert!(v.is_empty());
                return Ok(());
            };
            let (n, sample) = bytes.sample(stride);
            prop_assert_eq!(n, want.len());
            prop_assert_eq!(sample, want.keys().skip(stride - 1).step_by(stride).copied().collect::<Vec<_>>());
            let written = bytes.written().unwrap();
            let counts = Counts::<i64>::read(&written).unwrap().unwrap();
            let n = counts.n_up_to(from + cut);
            let mut found = Vec::new();
            for range in [0..n, n..counts.len()] {
                let part = counts.part(&written, range).unwrap();
                let part = Counts::<i64>::read(&part).unwrap().unwrap();
                part.list().entries().each(|v, n, _| found.push((v, n)));
                let Some([low, high]) = part.ends() else { continue };
                let mut tally = Tally::new(low, (high - low + 1) as usize, false);
                part.add_to(&mut tally);
                let mut again = Vec::new();
                tally.list().entries().each(|v, n, _| again.push((v, n)));
                prop_assert!(found.ends_with(&again));
                prop_assert!(again.iter().all(|(v, _)| (*v <= from + cut) == (again[0].0 <= from + cut)));
            }
            prop_assert_eq!(found, want.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn integers_far_from_each_other_are_not_counted() {
        assert!(Bytes::count(&[i64::MIN, i64::MAX], usize::MAX).is_none());
        assert!(Bytes::count(&[0u8, 255], 255).is_none());
        assert!(Bytes::count(&[-128i8, 127], 256).is_some());
        assert!(Bytes::count(&[1.0f64], 10).is_none());
    }
}
