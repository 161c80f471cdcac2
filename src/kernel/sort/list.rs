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
