//! Lists of distinct elements with how often each occurs: counted, merged, and as parts of chunks.

use crate::base::Result;
use crate::chunk::{Chunk, Tensor};
use crate::kernel::sort::SortKey;
use crate::op::sort::cuts::parts;

/// What a [`List`] was written to.
#[derive(Clone, Copy)]
pub(super) struct Entries<'a, T> {
    pub(super) values: &'a [T],
    counts: &'a [i64],
    places: Option<&'a [i64]>,
}

impl<'a, T: SortKey> Entries<'a, T> {
    pub(super) fn read(c: &'a Chunk) -> Result<Entries<'a, T>> {
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

    pub(super) fn place(&self, i: usize) -> i64 {
        self.places.map_or(0, |p| p[i])
    }

    pub(super) fn each(&self, mut f: impl FnMut(T, i64, i64)) {
        self.values.iter().zip(self.counts).enumerate().for_each(|(i, (&v, &n))| f(v, n, self.place(i)));
    }
}

/// Counts of all integers of a range.
pub(super) struct Tally<T> {
    low: T,
    counts: Vec<i64>,
    /// Where each was first, if that is wanted.
    firsts: Option<Vec<i64>>,
}

impl<T: SortKey> Tally<T> {
    pub(super) fn new(low: T, n_values: usize, places: bool) -> Tally<T> {
        Tally { low, counts: vec![0; n_values], firsts: places.then(|| vec![i64::MAX; n_values]) }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, v: T, n: i64, place: i64) {
        let k = v.distance(self.low).unwrap_or(0) as usize;
        self.counts[k] += n;
        if let Some(firsts) = &mut self.firsts {
            firsts[k] = firsts[k].min(place);
        }
    }

    /// Counts of integers that follow each other.
    pub(super) fn add_all(&mut self, low: T, counts: &[u8]) {
        let first = low.distance(self.low).unwrap_or(0) as usize;
        self.counts[first..].iter_mut().zip(counts).for_each(|(sum, &n)| *sum += i64::from(n));
    }

    /// Those that occur.
    pub(super) fn list(&self) -> List<T> {
        let n_distinct = self.counts.iter().filter(|&&n| n > 0).count();
        let mut list = List::with_room(n_distinct, self.firsts.is_some());
        for (k, &n) in self.counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            list.push(self.low.farther(k as u64), n, self.firsts.as_ref().map_or(0, |f| f[k]));
        }
        list
    }
}

/// Distinct elements in order, how often each occurs and, if that is wanted, where first.
pub(super) struct List<T> {
    pub(super) values: Vec<T>,
    counts: Vec<i64>,
    places: Option<Vec<i64>>,
}

impl<T: SortKey> List<T> {
    pub(super) fn with_room(n: usize, places: bool) -> List<T> {
        List { values: Vec::with_capacity(n), counts: Vec::with_capacity(n), places: places.then(|| Vec::with_capacity(n)) }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, v: T, n: i64, place: i64) {
        self.values.push(v);
        self.counts.push(n);
        if let Some(places) = &mut self.places {
            places.push(place);
        }
    }

    pub(super) fn entries(&self) -> Entries<'_, T> {
        Entries { values: &self.values, counts: &self.counts, places: self.places.as_deref() }
    }

    /// Of elements in order, equal ones side by side.
    pub(super) fn of_sorted(sorted: &[T], places: Option<&[i64]>) -> List<T> {
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
    pub(super) fn merged(lists: &[Entries<'_, T>], places: bool) -> List<T> {
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

    pub(super) fn merged_two(a: &Entries<'_, T>, b: &Entries<'_, T>, places: bool) -> List<T> {
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
    pub(super) fn occurring(&self, n: i64) -> List<T> {
        let mut list = List::with_room(self.counts.iter().filter(|&&c| c == n).count(), self.places.is_some());
        self.entries().each(|v, c, place| {
            if c == n {
                list.push(v, c, place)
            }
        });
        list
    }

    pub(super) fn parts(mut self) -> Result<Vec<Chunk>> {
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

    pub(super) fn written(self) -> Result<Chunk> {
        Ok(Chunk::List(self.parts()?.into()))
    }
}
