//! Sums and extremes over long windows, by doubling: windows of 2, 4, 8 … elements are made of two halves, and the window that is
//! asked for of these. The steps are as many as the window's length has bits, and always the same ones.

use crate::kernel::filter::extreme::Extreme;
use crate::kernel::filter::pixel::Pixel;
use crate::kernel::isa::{Job, run};
use crate::kernel::lanes::Isa;

/// Results that are made side by side.
const LANES: usize = 32;

/// Sums of `n` rows of `stride` elements from each row on, by `add`. `rows` is used up.
///
/// # Panics
/// When there are not `n - 1` more rows than results (a bug of the caller).
pub fn sums<T: Copy>(rows: &mut [T], stride: usize, n: usize, out: &mut [T], add: impl Fn(T, T) -> T) {
    assert!(n > 0 && rows.len() == out.len() + (n - 1) * stride, "{} elements for {} sums of {n}", rows.len(), out.len());
    run(Isa::detect(), Sums { rows, stride, n, out, add });
}

struct Sums<'a, T, F> {
    rows: &'a mut [T],
    stride: usize,
    n: usize,
    out: &'a mut [T],
    add: F,
}

impl<T: Copy, F: Fn(T, T) -> T> Job for Sums<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Sums { rows, stride, n, out, add } = self;
        let (mut span, mut taken, mut len) = (1, 0, rows.len());
        loop {
            if n & span != 0 {
                // The bits below are in the result already.
                let part = &rows[taken * stride..][..out.len()];
                if taken == 0 {
                    out.copy_from_slice(part);
                } else {
                    out.iter_mut().zip(part).for_each(|(o, &p)| *o = add(*o, p));
                }
                taken += span;
            }
            if taken == n {
                return;
            }
            len -= span * stride;
            ahead(rows, len, span * stride, &add);
            span *= 2;
        }
    }
}

/// The first `len` elements joined with those `distance` behind.
#[inline(always)]
fn ahead<T: Copy>(x: &mut [T], len: usize, distance: usize, join: impl Fn(T, T) -> T) {
    let mut at = 0;
    while at + LANES <= len {
        let Some(far) = x[at + distance..].first_chunk::<LANES>().copied() else { return };
        let Some(near) = x[at..].first_chunk_mut::<LANES>() else { return };
        for l in 0..LANES {
            near[l] = join(near[l], far[l]);
        }
        at += LANES;
    }
    for i in at..len {
        x[i] = join(x[i], x[i + distance]);
    }
}

/// The largest (or smallest) of `n` rows of `stride` elements from each row on. `rows` is used up.
///
/// # Panics
/// When there are not `n - 1` more rows than results (a bug of the caller).
pub fn extremes<T: Pixel>(rows: &mut [T], stride: usize, n: usize, which: Extreme, out: &mut [T]) {
    assert!(n > 0 && rows.len() == out.len() + (n - 1) * stride, "{} elements for {} extremes of {n}", rows.len(), out.len());
    match which {
        Extreme::Max => run(Isa::detect(), Extremes { rows, stride, n, out, join: T::larger }),
        Extreme::Min => run(Isa::detect(), Extremes { rows, stride, n, out, join: T::smaller }),
    }
}

struct Extremes<'a, T, F> {
    rows: &'a mut [T],
    stride: usize,
    n: usize,
    out: &'a mut [T],
    join: F,
}

impl<T: Pixel, F: Fn(T, T) -> T> Job for Extremes<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Extremes { rows, stride, n, out, join } = self;
        let (mut span, mut len) = (1, rows.len());
        while span * 2 <= n {
            len -= span * stride;
            ahead(rows, len, span * stride, &join);
            span *= 2;
        }
        // Two windows of a power of two cover the one asked for.
        let (a, b) = (&rows[..out.len()], &rows[(n - span) * stride..][..out.len()]);
        out.iter_mut().zip(a).zip(b).for_each(|((o, &a), &b)| *o = join(a, b));
    }
}

#[cfg(test)]
mod tests {
    use super::{Extreme, extremes, sums};

    #[test]
    fn windows_of_all_lengths() {
        for stride in [1, 3] {
            for n in 1..40 {
                let x: Vec<f64> = (0..(n + 50) * stride).map(|i| f64::from((i * 7919 % 101) as u32)).collect();
                let n_out = x.len() - (n - 1) * stride;
                let (mut sum, mut max) = (vec![0.0; n_out], vec![0.0; n_out]);
                sums(&mut x.clone(), stride, n, &mut sum, |a, b| a + b);
                extremes(&mut x.clone(), stride, n, Extreme::Max, &mut max);
                for i in 0..n_out {
                    let window = || (0..n).map(|j| x[i + j * stride]);
                    assert_eq!(sum[i], window().sum::<f64>(), "{n} at {i}");
                    assert_eq!(max[i], window().fold(0.0, f64::max), "{n} at {i}");
                }
            }
        }
    }
}
