//! Elements of given ranks, without sorting all others.

use crate::kernel::sort::SortKey;

/// The elements of `ranks` (rising, each below the length) in order of size; `v` is rearranged.
///
/// Quickselect, applied to both sides of the middle rank.
pub fn select<T: SortKey>(v: &mut [T], ranks: &[usize]) -> Vec<T> {
    let mut out = Vec::with_capacity(ranks.len());
    among(v, 0, ranks, &mut out);
    out
}

/// Appends the elements of `ranks` of a list whose first `before` elements are not in `v`.
fn among<T: SortKey>(v: &mut [T], before: usize, ranks: &[usize], out: &mut Vec<T>) {
    let Some(&middle) = ranks.get(ranks.len() / 2) else { return };
    // Equal ranks go together, so that both sides get fewer.
    let (first, last) = (ranks.partition_point(|&r| r < middle), ranks.partition_point(|&r| r <= middle));
    let (below, &mut value, above) = v.select_nth_unstable_by_key(middle - before, |v| v.key());
    among(below, before, &ranks[..first], out);
    out.extend(std::iter::repeat_n(value, last - first));
    among(above, middle + 1, &ranks[last..], out);
}
