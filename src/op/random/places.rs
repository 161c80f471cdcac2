//! Where the elements of a block lie in the whole array: their numbers in C order.

use crate::base::Region;

/// The rows (runs along the last axis) of a box of an array of `shape`: the number of the first element of each. An array without
/// axes has one row.
pub(super) fn rows<'a>(region: &'a Region, shape: &'a [usize]) -> impl Iterator<Item = u64> + 'a {
    let outer = region.ndim().saturating_sub(1);
    let counts: Vec<usize> = region.ranges()[..outer].iter().map(ExactSizeIterator::len).collect();
    let n: usize = if region.is_empty() { 0 } else { counts.iter().product() };
    (0..n).map(move |row| {
        let mut rest = row;
        let mut number = 0u64;
        let mut step = 1u64;
        for a in (0..region.ndim()).rev() {
            let within = if a < outer {
                let i = rest % counts[a];
                rest /= counts[a];
                i
            } else {
                0
            };
            number = number.wrapping_add(((region.ranges()[a].start + within) as u64).wrapping_mul(step));
            step = step.wrapping_mul(shape[a] as u64);
        }
        number
    })
}

/// Elements of a row.
pub(super) fn row_len(region: &Region) -> usize {
    region.ranges().last().map_or(1, ExactSizeIterator::len)
}

/// The index of element `i` (in C order) of a box, in the whole array.
pub(super) fn index(region: &Region, mut i: usize) -> Vec<usize> {
    let mut out = vec![0; region.ndim()];
    for (o, r) in out.iter_mut().zip(region.ranges()).rev() {
        *o = r.start + i % r.len().max(1);
        i /= r.len().max(1);
    }
    out
}
