//! Lists of elements in order, or where they stand in it.

use crate::kernel::sort::SortKey;

/// Sorts a list: NaN last, -0.0 before 0.0.
pub fn sort<T: SortKey>(v: &mut [T]) {
    T::sort(v);
}

/// The places of elements in order of their size, equal ones in order of their places; `places` gives the place of each.
pub fn argsort<T: SortKey>(v: &[T], places: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut pairs: Vec<(T::Key, i64)> = v.iter().map(|v| v.size_key()).zip(places).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, place)| place).collect()
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
