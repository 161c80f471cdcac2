//! Sorting 64-bit words, eight at a time on machines with AVX-512.

#[cfg(target_arch = "x86_64")]
use crate::kernel::lanes::Isa;
use crate::kernel::sort::spread::partition_by;

/// Sorts a list.
pub fn sort_words(v: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    if has_vectors() {
        if !v.is_sorted() {
            // SAFETY: the machine has the features.
            unsafe { avx512::quicksort(v, 2 * v.len().max(2).ilog2()) };
        }
        return;
    }
    v.sort_unstable();
}

/// Moves words below `pivot` in front of the others; how many they are.
pub fn partition_words(v: &mut [u64], pivot: u64) -> usize {
    #[cfg(target_arch = "x86_64")]
    if has_vectors() {
        // SAFETY: the machine has the features.
        return unsafe { avx512::partition(v, pivot) };
    }
    partition_by(v, |w| w < pivot)
}

/// Whether the machine has the instructions that the vector code uses.
#[cfg(target_arch = "x86_64")]
fn has_vectors() -> bool {
    Isa::detect() == Isa::Avx512 && is_x86_feature_detected!("popcnt") && is_x86_feature_detected!("bmi2")
}

#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(test)]
mod tests {
    use super::sort_words;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_sorted_as_by_the_standard_library(
            words in prop::collection::vec(any::<u64>(), 0..3000),
            bits in 0u32..64,
            order in 0..3,
        ) {
            let mut words: Vec<u64> = words.into_iter().map(|w| w.rotate_left(bits) >> bits).collect();
            match order {
                1 => words.sort_unstable(),
                2 => words.sort_unstable_by(|a, b| b.cmp(a)),
                _ => {}
            }
            let mut want = words.clone();
            want.sort_unstable();
            sort_words(&mut words);
            prop_assert_eq!(words, want);
        }
    }

    #[test]
    fn lists_that_fool_pivots_are_sorted() {
        for n in [65, 100, 129, 700, 4096, 100_003] {
            let lists: [fn(u64, u64) -> u64; 5] = [
                |_, _| 7,
                |_, _| u64::MAX,
                |i, n| i.min(n - i),
                |i, _| i % 2 * u64::MAX,
                |i, _| if i % 16 == 8 { i } else { u64::MAX - i },
            ];
            for list in lists {
                let mut v: Vec<u64> = (0..n).map(|i| list(i, n)).collect();
                let mut want = v.clone();
                want.sort_unstable();
                sort_words(&mut v);
                assert!(v == want, "{n}");
            }
        }
    }
}
