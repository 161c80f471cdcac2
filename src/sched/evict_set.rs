//! What may be evicted from a worker's memory, by rank of next use and by size: sets of ranks, one per factor of 16 in bytes,
//! so that looking for large chunks never walks over a million small ones.

use crate::sched::rank_set::RankSet;

/// Ranks at which there is something to evict.
#[derive(Clone, Debug, Default)]
pub(super) struct EvictSet {
    n: usize,
    /// By size class, made when first needed.
    sets: Vec<RankSet>,
}

/// Size class of `bytes`.
pub(super) fn class(bytes: u64) -> usize {
    (64 - bytes.leading_zeros() as usize) / 4
}

impl EvictSet {
    /// An empty set of ranks below `n`.
    pub fn new(n: usize) -> EvictSet {
        EvictSet { n, sets: Vec::new() }
    }

    /// Lists something of this size.
    #[inline]
    pub fn insert(&mut self, rank: u32, bytes: u64) {
        let class = class(bytes);
        if self.sets.len() <= class {
            self.sets.resize_with(class + 1, RankSet::default);
        }
        let set = &mut self.sets[class];
        if set.is_unmade() {
            *set = RankSet::new(self.n);
        }
        set.insert(rank);
    }

    /// Strikes all that is listed at `rank`.
    #[inline]
    pub fn remove(&mut self, rank: u32) {
        for set in self.sets.iter_mut().filter(|s| !s.is_unmade()) {
            set.remove(rank);
        }
    }

    /// Strikes what is listed at `rank` but for the classes in `keep`, as bits.
    pub fn keep(&mut self, rank: u32, keep: u32) {
        for (class, set) in self.sets.iter_mut().enumerate() {
            if keep & (1 << class) == 0 && !set.is_unmade() {
                set.remove(rank);
            }
        }
    }

    /// Whether something of this size is listed at `rank`.
    pub fn contains(&self, rank: u32, bytes: u64) -> bool {
        self.sets.get(class(bytes)).is_some_and(|s| !s.is_unmade() && s.contains(rank))
    }

    /// The greatest rank up to `rank` with something of class `least` or above.
    pub fn prev(&self, rank: u32, least: usize) -> Option<u32> {
        self.sets.iter().skip(least).filter(|s| !s.is_unmade()).filter_map(|s| s.prev(rank)).max()
    }
}
