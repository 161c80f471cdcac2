//! Weighted sums of elements at fixed distances.

use crate::kernel::filter::isa::{Job, run};
use crate::kernel::filter::pixel::Pixel;

/// Results that are summed side by side: enough accumulators to hide the latency of an addition, few enough for registers.
const LANES: usize = 32;

/// A weighted sum of elements near a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Taps {
    /// The elements at these distances times these weights, added in this order.
    Each(Vec<(usize, f64)>),
    /// The element in the middle times its weight; then pairs of elements, added (or the second taken from the first, if `odd`) and
    /// then weighted.
    Pairs {
        /// Distance and weight of the one in the middle.
        middle: (usize, f64),
        /// Distances of both, and their weight.
        pairs: Vec<(usize, usize, f64)>,
        /// Whether the weights have opposite signs.
        odd: bool,
    },
    /// The plain sum of the elements at these distances, times or divided by a number.
    Sum(Vec<usize>, Scale),
    /// The elements at these distances times these weights, as integers that wrap.
    Exact(Vec<(usize, i64)>),
}

/// What becomes of a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Nothing.
    One,
    /// It is multiplied.
    Times(f64),
    /// It is divided.
    Over(f64),
}

impl Scale {
    /// The scaled sum.
    #[inline(always)]
    pub(super) fn apply(self, v: f64) -> f64 {
        match self {
            Scale::One => v,
            Scale::Times(f) => v * f,
            Scale::Over(n) => v / n,
        }
    }
}

impl Taps {
    /// Weights along an axis whose elements lie `stride` apart. Weights that mirror themselves (within the precision of 1) are
    /// summed in pairs, in SciPy's order.
    pub fn along(weights: &[f64], stride: usize) -> Taps {
        let (n, half) = (weights.len(), weights.len() / 2);
        let mirrored = |sign: f64| (0..half).all(|i| (weights[i] - sign * weights[n - 1 - i]).abs() <= f64::EPSILON);
        if n % 2 == 1 && (mirrored(1.0) || mirrored(-1.0)) {
            return Taps::Pairs {
                middle: (half * stride, weights[half]),
                pairs: (0..half).map(|i| (i * stride, (n - 1 - i) * stride, weights[i])).collect(),
                odd: !mirrored(1.0),
            };
        }
        // The last one begins the sum.
        let order = (n - 1..n).chain(0..n.saturating_sub(1));
        Taps::Each(order.map(|i| (i * stride, weights[i])).collect())
    }

    /// Largest distance.
    fn reach(&self) -> usize {
        match self {
            Taps::Each(t) => t.iter().map(|t| t.0).max().unwrap_or(0),
            Taps::Pairs { middle, pairs, .. } => pairs.iter().map(|p| p.0.max(p.1)).max().unwrap_or(0).max(middle.0),
            Taps::Sum(t, _) => t.iter().copied().max().unwrap_or(0),
            Taps::Exact(t) => t.iter().map(|t| t.0).max().unwrap_or(0),
        }
    }
}

/// `out[i]` becomes the weighted sum of elements near `x[i]`.
///
/// # Panics
/// When `x` ends before the last element that is needed (a bug of the caller).
pub fn weighted<T: Pixel>(x: &[T], taps: &Taps, out: &mut [T]) {
    if out.is_empty() {
        return;
    }
    assert!(x.len() >= out.len() + taps.reach(), "{} elements for {} results", x.len(), out.len());
    run(Weighted { x, taps, out });
}

struct Weighted<'a, T> {
    x: &'a [T],
    taps: &'a Taps,
    out: &'a mut [T],
}

impl<T: Pixel> Job for Weighted<'_, T> {
    #[inline(always)]
    fn run(self) {
        let (blocks, rest) = self.out.as_chunks_mut::<LANES>();
        let n = blocks.len() * LANES;
        for (b, out) in blocks.iter_mut().enumerate() {
            one(&self.x[b * LANES..], self.taps, out);
        }
        for (i, out) in rest.iter_mut().enumerate() {
            one(&self.x[n + i..], self.taps, std::array::from_mut(out));
        }
    }
}

/// `N` elements from a distance on.
#[inline(always)]
fn lanes<T, const N: usize>(x: &[T], at: usize) -> &[T; N] {
    // The reach was checked for all results.
    x[at..].first_chunk().unwrap_or_else(|| unreachable!("the reach of taps"))
}

#[inline(always)]
fn one<T: Pixel, const N: usize>(x: &[T], taps: &Taps, out: &mut [T; N]) {
    let mut sum = [0.0; N];
    match taps {
        Taps::Exact(taps) => return exact(x, taps, out),
        Taps::Each(taps) => {
            for &(at, w) in taps {
                let x = lanes::<T, N>(x, at);
                for l in 0..N {
                    sum[l] += x[l].to_f64() * w;
                }
            }
        }
        Taps::Pairs { middle: (at, w), pairs, odd } => {
            let x0 = lanes::<T, N>(x, *at);
            for l in 0..N {
                sum[l] = x0[l].to_f64() * w;
            }
            let sign = if *odd { -1.0 } else { 1.0 };
            for &(a, b, w) in pairs {
                let (a, b) = (lanes::<T, N>(x, a), lanes::<T, N>(x, b));
                for l in 0..N {
                    sum[l] += (a[l].to_f64() + sign * b[l].to_f64()) * w;
                }
            }
        }
        Taps::Sum(taps, scale) => {
            for &at in taps {
                let x = lanes::<T, N>(x, at);
                for l in 0..N {
                    sum[l] += x[l].to_f64();
                }
            }
            match scale {
                Scale::One => {}
                Scale::Times(f) => sum.iter_mut().for_each(|v| *v *= f),
                Scale::Over(n) => sum.iter_mut().for_each(|v| *v /= n),
            }
        }
    }
    for l in 0..N {
        out[l] = T::from_f64(sum[l]);
    }
}

#[inline(always)]
fn exact<T: Pixel, const N: usize>(x: &[T], taps: &[(usize, i64)], out: &mut [T; N]) {
    let mut sum = [0i64; N];
    for &(at, w) in taps {
        let x = lanes::<T, N>(x, at);
        for l in 0..N {
            sum[l] = sum[l].wrapping_add(x[l].to_i64().wrapping_mul(w));
        }
    }
    for l in 0..N {
        out[l] = T::from_i64(sum[l]);
    }
}
