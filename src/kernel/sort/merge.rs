//! Many sorted lists as one.
//!
//! Elements sampled from the lists cut all of them into buckets that fit into the first caches, which are gathered and sorted one by one: the
//! vector quicksort of short lists costs less than a comparison of list heads for each element.

use crate::kernel::sort::SortKey;

/// About so many elements are gathered at a time.
const BUCKET: usize = 8192;
/// So many samples are taken for each bucket.
const SAMPLES: usize = 8;

/// Writes the elements of sorted lists to `out`, in order.
///
/// # Panics
/// When `out` has not as many elements as the lists together.
pub fn merge<T: SortKey>(mut lists: Vec<&[T]>, out: &mut [T]) {
    let n: usize = lists.iter().map(|l| l.len()).sum();
    assert_eq!(n, out.len(), "as many elements as there is room for");
    let mut samples: Vec<T> = Vec::new();
    if n > BUCKET && lists.len() > 1 {
        let every = BUCKET / SAMPLES;
        samples = lists.iter().flat_map(|l| l.iter().skip(every / 2).step_by(every).copied()).collect();
        T::sort(&mut samples);
    }
    let mut rest = out;
    for cut in samples.iter().skip(SAMPLES - 1).step_by(SAMPLES) {
        let key = cut.key();
        let mut len = 0;
        for list in &mut lists {
            let (head, tail) = list.split_at(n_up_to(list, key));
            rest[len..len + head.len()].copy_from_slice(head);
            len += head.len();
            *list = tail;
        }
        let bucket;
        (bucket, rest) = rest.split_at_mut(len);
        T::sort(bucket);
    }
    let mut at = 0;
    for list in lists {
        rest[at..at + list.len()].copy_from_slice(list);
        at += list.len();
    }
    T::sort(rest);
}

/// How many elements of a sorted list are at or below a key: looked for from the start in steps that double.
fn n_up_to<T: SortKey>(list: &[T], key: T::Key) -> usize {
    let mut end = 16;
    while end < list.len() && list[end].key() <= key {
        end *= 2;
    }
    let from = if end == 16 { 0 } else { end / 2 };
    let to = list.len().min(end + 1);
    from + list[from..to].partition_point(|v| v.key() <= key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
        #[test]
        fn merged_lists_are_the_sorted_whole(lens in prop::collection::vec(0usize..9000, 0..12), bits in 0u32..64, seed: u64) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f64::from_bits((state.rotate_left(17) ^ state) >> bits)
            };
            let mut lists: Vec<Vec<f64>> = lens.iter().map(|&n| (0..n).map(|_| next()).collect()).collect();
            lists.iter_mut().for_each(|l| f64::sort(l));
            let mut want = lists.concat();
            f64::sort(&mut want);
            let mut have = vec![0.0; want.len()];
            merge(lists.iter().map(Vec::as_slice).collect(), &mut have);
            let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&have), bits(&want));
        }
    }
}
