//! Boxes against a regular cut from the origin: which blocks a box touches.

use crate::base::{Coords, Region};

/// The blocks of `size` that `region` (not empty) touches, in C order.
pub(in crate::format) fn over(region: &Region, size: &[usize]) -> impl Iterator<Item = Coords> + use<> {
    let first: Coords = region.ranges().iter().zip(size).map(|(r, &n)| r.start / n).collect();
    let last: Coords = region.ranges().iter().zip(size).map(|(r, &n)| (r.end - 1) / n).collect();
    let mut next = Some(first.clone());
    std::iter::from_fn(move || {
        let now = next.clone()?;
        next = (0..now.len()).rev().find(|&a| now[a] < last[a]).map(|a| {
            let mut n = now.clone();
            n[a] += 1;
            n[a + 1..].copy_from_slice(&first[a + 1..]);
            n
        });
        Some(now)
    })
}

/// The whole box of block `at`, also where it reaches beyond the array.
pub(in crate::format) fn region(at: &[usize], size: &[usize]) -> Region {
    Region::new(at.iter().zip(size).map(|(&c, &n)| c.saturating_mul(n)..(c + 1).saturating_mul(n)))
}
