//! Elements by which of some stretches of values they lie in.

use crate::kernel::sort::{SortKey, partition_words};

/// Moves elements below the first of the rising `cuts` to the front, then those below the next, and so on; where each of these parts ends,
/// one more than there are cuts.
pub fn spread<T: SortKey>(v: &mut [T], cuts: &[T]) -> Vec<usize> {
    let mut ends = Vec::with_capacity(cuts.len() + 1);
    let mut cut_words = cuts.to_vec();
    match (T::to_words(v), T::to_words(&mut cut_words)) {
        (Some(words), Some(cuts)) => {
            among(words, 0, cuts, &partition_words, &mut ends);
            T::from_words(words);
        }
        _ => {
            let partition = |v: &mut [T], cut: T| {
                let cut = cut.key();
                partition_by(v, |x| x.key() < cut)
            };
            among(v, 0, cuts, &partition, &mut ends);
        }
    }
    ends
}

/// Halves the cuts until none is left. The list begins `before` elements behind the whole's first.
fn among<T: Copy>(v: &mut [T], before: usize, cuts: &[T], partition: &impl Fn(&mut [T], T) -> usize, ends: &mut Vec<usize>) {
    let Some(&cut) = cuts.get(cuts.len() / 2) else { return ends.push(before + v.len()) };
    let at = partition(v, cut);
    let (low, high) = v.split_at_mut(at);
    among(low, before, &cuts[..cuts.len() / 2], partition, ends);
    among(high, before + at, &cuts[cuts.len() / 2 + 1..], partition, ends);
}

/// Moves small elements in front of the others, without a branch for each; how many they are.
pub(super) fn partition_by<T: Copy>(v: &mut [T], is_small: impl Fn(T) -> bool) -> usize {
    let mut low = 0;
    for i in 0..v.len() {
        let small = is_small(v[i]);
        v.swap(low, i);
        low += usize::from(small);
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check<T: SortKey>(mut v: Vec<T>, mut cuts: Vec<T>) -> Result<(), TestCaseError> {
        T::sort(&mut cuts);
        let mut want = v.clone();
        T::sort(&mut want);
        let ends = spread(&mut v, &cuts);
        prop_assert_eq!(ends.len(), cuts.len() + 1);
        for (i, cut) in cuts.iter().enumerate() {
            prop_assert_eq!(ends[i], want.partition_point(|x| x.key() < cut.key()));
        }
        let mut start = 0;
        for end in ends {
            T::sort(&mut v[start..end]);
            start = end;
        }
        prop_assert!(v.iter().zip(&want).all(|(a, b)| a.key() == b.key()));
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
        #[test]
        fn parts_hold_what_lies_between_the_cuts(
            bits in prop::collection::vec(any::<u64>(), 0..5000),
            cuts in prop::collection::vec(any::<u64>(), 0..40),
            shift in 0u32..64,
        ) {
            let of = |v: &[u64]| v.iter().map(|b| b >> shift).collect::<Vec<_>>();
            let (v, cuts) = (of(&bits), of(&cuts));
            check(v.iter().map(|b| f64::from_bits(*b)).collect(), cuts.iter().map(|b| f64::from_bits(*b)).collect())?;
            check(v.iter().map(|b| *b as i64).collect(), cuts.iter().map(|b| *b as i64).collect())?;
            check(v.iter().map(|b| f32::from_bits(*b as u32)).collect(), cuts.iter().map(|b| f32::from_bits(*b as u32)).collect())?;
            check(v.iter().map(|b| *b as i16).collect(), cuts.iter().map(|b| *b as i16).collect())?;
            check(v.iter().map(|b| b % 2 == 0).collect(), cuts.iter().map(|b| b % 2 == 0).collect())?;
        }
    }
}
