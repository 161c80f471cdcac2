//! Lists of elements in order, or where they stand in it.

use crate::kernel::sort::SortKey;

/// Sorts a list: NaN last, -0.0 before 0.0.
pub fn sort<T: SortKey>(v: &mut [T]) {
    T::sort(v);
}

/// Bytes that [`argsort`] takes for an element meanwhile, where elements have `size` bytes: its key and its place.
pub const fn pair_bytes(size: usize) -> usize {
    16 + 2 * size
}

/// Writes the places of elements to `out` in order of the elements' size, equal ones in order of their places, the first of which is
/// `first`. `pairs` is room to work in.
///
/// # Panics
/// When `out` is shorter than the list.
pub fn argsort<T: SortKey>(v: &[T], first: i64, pairs: &mut Vec<(T::Key, i64)>, out: &mut [i64]) {
    pairs.clear();
    pairs.reserve_exact(v.len());
    pairs.extend(v.iter().map(|v| v.size_key()).zip(first..));
    pairs.sort_unstable();
    out[..v.len()].iter_mut().zip(pairs).for_each(|(out, pair)| *out = pair.1);
}

#[cfg(test)]
mod tests {
    use super::sort;

    #[test]
    fn small_integers_are_sorted_by_counting() {
        let words = (0..200_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
        let mut v: Vec<i16> = words.clone().map(|w| w as i16).collect();
        let mut want = v.clone();
        want.sort_unstable();
        sort(&mut v);
        assert!(v == want);
        let mut v: Vec<u8> = words.map(|w| (w % 7) as u8).collect();
        let mut want = v.clone();
        want.sort_unstable();
        sort(&mut v);
        assert!(v == want);
    }
}
