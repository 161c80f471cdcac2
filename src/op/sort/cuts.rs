//! Where sorted runs are cut so that every output chunk is made of a bounded number of elements.
//!
//! Regular sampling (Shi and Schaeffer, "Parallel sorting by regular sampling", 1992): of every sorted run each `stride`-th element is a
//! sample. Elements are ordered by key, then run, then place, so no two are equal. Where `s` samples of all `n` runs are at or below a
//! sample, at least `s * stride` and at most `s * stride + n * (stride - 1)` elements are. So for each rank there is a sample surely
//! not above it and one surely not below it, and at most about `2 * n * stride` elements lie between them.

use crate::base::{Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::kernel::sort::SortKey;

/// How keys are made of elements.
pub(super) type KeyOf<T> = fn(T) -> <T as SortKey>::Key;

/// In the place of a run: before or behind all elements.
const BEFORE: i64 = -1;
const BEHIND: i64 = i64::MAX;

/// The samples of a sorted run.
pub(super) fn sample<T: SortKey>(run: &[T], stride: usize) -> Result<Chunk> {
    let v: Vec<T> = run.iter().skip(stride - 1).step_by(stride).copied().collect();
    Ok(Chunk::Tensor(Tensor::from_vec(&[v.len()], v)?))
}

/// For every rank a cut surely not above it and one surely not below it.
pub(super) fn around<T: SortKey>(samples: &[Chunk], key: KeyOf<T>, stride: usize, ranks: &[usize]) -> Result<Chunk> {
    let mut all: Vec<(T::Key, i64, i64, T)> = Vec::new();
    for (run, s) in samples.iter().enumerate() {
        let place = |k: usize| ((k + 1) * stride - 1) as i64;
        all.extend(s.tensor()?.as_slice::<T>()?.iter().enumerate().map(|(k, &v)| (key(v), run as i64, place(k), v)));
    }
    all.sort_unstable_by_key(|&(key, run, place, _)| (key, run, place));
    let slack = samples.len() * (stride - 1);
    let mut cuts: [Vec<Cut<T>>; 2] = Default::default();
    for &rank in ranks {
        let at = |m: usize| Cut { value: all[m].3, run: all[m].1, place: all[m].2 };
        // So many samples are at or below the cut.
        let low = (rank.saturating_sub(slack) / stride).min(all.len());
        let high = rank.div_ceil(stride);
        cuts[0].push(if low == 0 { Cut::at(BEFORE) } else { at(low - 1) });
        cuts[1].push(match high {
            0 => Cut::at(BEFORE),
            h if h <= all.len() => at(h - 1),
            _ => Cut::at(BEHIND),
        });
    }
    let [low, high] = cuts;
    Ok(Chunk::List([encoded(&low)?, encoded(&high)?].into()))
}

/// Bytes of what [`around`] gives and of what it needs meanwhile.
pub(super) fn bytes(n_samples: u64, size: u64, n_ranks: u64) -> (u64, u64) {
    (n_ranks * 2 * (size + 16) + 8 * Chunk::OVERHEAD_BYTES, n_samples * (3 * size + 32) + n_ranks * 2 * (size + 24))
}

/// A place between two elements: behind that element, or before or behind all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut<T> {
    value: T,
    run: i64,
    place: i64,
}

impl<T: SortKey> Cut<T> {
    fn at(end: i64) -> Cut<T> {
        Cut { value: T::default(), run: end, place: 0 }
    }

    /// The cut for a rank, of the lower or the upper ones that [`around`] made.
    pub(super) fn read(cuts: &Chunk, rank: usize) -> Result<Cut<T>> {
        let [values, runs, places] = parts::<3>(cuts)?;
        let missing = || Error::bug(format!("no cut {rank}"));
        Ok(Cut {
            value: *values.tensor()?.as_slice::<T>()?.get(rank).ok_or_else(missing)?,
            run: *runs.tensor()?.as_slice::<i64>()?.get(rank).ok_or_else(missing)?,
            place: *places.tensor()?.as_slice::<i64>()?.get(rank).ok_or_else(missing)?,
        })
    }

    /// How many elements of sorted run `i` are before the cut.
    pub(super) fn before_in(&self, run: &[T], i: usize, key: KeyOf<T>) -> usize {
        let i = i as i64;
        let cut = key(self.value);
        match self.run {
            BEFORE => 0,
            BEHIND => run.len(),
            r if r == i => self.place as usize + 1,
            r if i < r => run.partition_point(|&v| key(v) <= cut),
            _ => run.partition_point(|&v| key(v) < cut),
        }
    }
}

fn encoded<T: SortKey>(cuts: &[Cut<T>]) -> Result<Chunk> {
    let n = [cuts.len()];
    let values = Tensor::from_vec(&n, cuts.iter().map(|c| c.value).collect())?;
    let runs = Tensor::from_vec(&n, cuts.iter().map(|c| c.run).collect())?;
    let places = Tensor::from_vec(&n, cuts.iter().map(|c| c.place).collect())?;
    Ok(Chunk::List([values.into(), runs.into(), places.into()].into()))
}

/// The parts of a list of so many.
pub(super) fn parts<const N: usize>(c: &Chunk) -> Result<&[Chunk; N]> {
    match c {
        Chunk::List(items) => {
            items.as_ref().try_into().map_err(|_| Error::bug(format!("a list of {} parts, not {N}", items.len())))
        }
        other => Err(Error::bug(format!("{other:?} is no list of {N} parts"))),
    }
}
