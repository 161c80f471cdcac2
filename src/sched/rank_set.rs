//! A set of ranks: bits in a tree of 64-way words. Insert, remove, first, next and previous take a step per level
//! (three for a million ranks), and walking it is deterministic.

/// A set of integers below a fixed bound.
#[derive(Clone, Debug, Default)]
pub struct RankSet {
    /// Level 0 holds the members; a bit of level `l + 1` says that a word of level `l` is not zero.
    levels: Vec<Vec<u64>>,
}

impl RankSet {
    /// An empty set of integers below `n`.
    pub fn new(n: usize) -> RankSet {
        let mut levels = Vec::new();
        let mut words = n.max(1);
        loop {
            words = words.div_ceil(64);
            levels.push(vec![0; words]);
            if words == 1 {
                return RankSet { levels };
            }
        }
    }

    /// Adds `i`.
    #[inline]
    pub fn insert(&mut self, i: u32) {
        let mut i = i as usize;
        for level in &mut self.levels {
            let word = &mut level[i / 64];
            let was = *word;
            *word |= 1 << (i % 64);
            if was != 0 {
                return;
            }
            i /= 64;
        }
    }

    /// Takes `i` out.
    #[inline]
    pub fn remove(&mut self, i: u32) {
        let mut i = i as usize;
        for level in &mut self.levels {
            let word = &mut level[i / 64];
            *word &= !(1 << (i % 64));
            if *word != 0 {
                return;
            }
            i /= 64;
        }
    }

    /// Whether `i` is in the set.
    #[inline]
    pub fn contains(&self, i: u32) -> bool {
        let i = i as usize;
        self.levels[0].get(i / 64).is_some_and(|w| w & (1 << (i % 64)) != 0)
    }

    /// Whether this is the default set, which can hold nothing.
    #[inline]
    pub(super) fn is_unmade(&self) -> bool {
        self.levels.is_empty()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.levels.last().is_none_or(|l| l[0] == 0)
    }

    /// The least member that is at least `i`.
    #[inline]
    pub fn next(&self, i: u32) -> Option<u32> {
        let mut at = i as usize;
        for (l, level) in self.levels.iter().enumerate() {
            let word = *level.get(at / 64)?;
            let rest = word & (u64::MAX << (at % 64));
            if rest != 0 {
                let mut found = at / 64 * 64 + rest.trailing_zeros() as usize;
                for lower in self.levels[..l].iter().rev() {
                    found = found * 64 + lower[found].trailing_zeros() as usize;
                }
                return Some(found as u32);
            }
            at = at / 64 + 1;
        }
        None
    }

    /// The greatest member that is at most `i`.
    pub fn prev(&self, i: u32) -> Option<u32> {
        let n = self.levels[0].len() * 64;
        let mut at = (i as usize).min(n - 1);
        for (l, level) in self.levels.iter().enumerate() {
            let rest = level[at / 64] & (u64::MAX >> (63 - at % 64));
            if rest != 0 {
                let mut found = at / 64 * 64 + 63 - rest.leading_zeros() as usize;
                for lower in self.levels[..l].iter().rev() {
                    found = found * 64 + 63 - lower[found].leading_zeros() as usize;
                }
                return Some(found as u32);
            }
            at = (at / 64).checked_sub(1)?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::RankSet;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn agrees_with_a_tree_set(n in 1usize..10_000, ops in prop::collection::vec((any::<bool>(), any::<u32>(), any::<u32>()), 0..300)) {
            let (mut set, mut oracle) = (RankSet::new(n), BTreeSet::new());
            for (add, i, probe) in ops {
                let (i, probe) = (i % n as u32, probe % n as u32);
                if add { set.insert(i); oracle.insert(i); } else { set.remove(i); oracle.remove(&i); }
                prop_assert_eq!(set.next(probe), oracle.range(probe..).next().copied());
                prop_assert_eq!(set.prev(probe), oracle.range(..=probe).next_back().copied());
                prop_assert_eq!(set.contains(probe), oracle.contains(&probe));
                prop_assert_eq!(set.is_empty(), oracle.is_empty());
            }
        }
    }
}
