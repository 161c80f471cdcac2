//! Weighted sums of elements at fixed distances.

use crate::kernel::filter::pixel::Pixel;
use crate::kernel::isa::{Job, run};
use crate::kernel::lanes::Isa;

/// Results that are summed side by side: enough for long loops, few enough that the sums stay in the first cache.
const STRIP: usize = 512;

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
    run(Isa::detect(), Weighted { x, taps, out });
}

struct Weighted<'a, T> {
    x: &'a [T],
    taps: &'a Taps,
    out: &'a mut [T],
}

impl<T: Pixel> Job for Weighted<'_, T> {
    #[inline(always)]
    fn run(self) {
        let Weighted { x, taps, out } = self;
        match taps {
            Taps::Each(taps) => strips(out, 0.0, T::from_f64, |start, sums| {
                for &(at, w) in taps {
                    tap(sums, &x[start + at..], |sum, x| sum + x.to_f64() * w);
                }
            }),
            Taps::Pairs { middle: (at, w), pairs, odd } => strips(out, 0.0, T::from_f64, |start, sums| {
                let sign = if *odd { -1.0 } else { 1.0 };
                tap(sums, &x[start + at..], |_, x| x.to_f64() * w);
                for &(a, b, w) in pairs {
                    let (a, b) = (&x[start + a..], &x[start + b..]);
                    two_taps(sums, a, b, |sum, a, b| sum + (a.to_f64() + sign * b.to_f64()) * w);
                }
            }),
            Taps::Sum(taps, scale) => strips(
                out,
                0.0,
                |sum| T::from_f64(scale.apply(sum)),
                |start, sums| {
                    let (twos, rest) = taps.as_chunks::<2>();
                    for &[a, b] in twos {
                        two_taps(sums, &x[start + a..], &x[start + b..], |sum, a, b| sum + a.to_f64() + b.to_f64());
                    }
                    for &at in rest {
                        tap(sums, &x[start + at..], |sum, x| sum + x.to_f64());
                    }
                },
            ),
            Taps::Exact(taps) => strips(out, 0i64, T::from_i64, |start, sums| {
                for &(at, w) in taps {
                    tap(sums, &x[start + at..], |sum, x| sum.wrapping_add(x.to_i64().wrapping_mul(w)));
                }
            }),
        }
    }
}

/// Results strip by strip: `add` sums up those from a place on, `put` makes results of the sums.
#[inline(always)]
fn strips<T, A: Copy>(out: &mut [T], zero: A, put: impl Fn(A) -> T, add: impl Fn(usize, &mut [A])) {
    let mut sums = [zero; STRIP];
    for (strip, out) in out.chunks_mut(STRIP).enumerate() {
        let sums = &mut sums[..out.len()];
        sums.fill(zero);
        add(strip * STRIP, sums);
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = put(*sum));
    }
}

/// One more element for each sum.
#[inline(always)]
fn tap<T: Copy, A: Copy>(sums: &mut [A], x: &[T], f: impl Fn(A, T) -> A) {
    sums.iter_mut().zip(x).for_each(|(sum, &x)| *sum = f(*sum, x));
}

/// Two more elements for each sum.
#[inline(always)]
fn two_taps<T: Copy, A: Copy>(sums: &mut [A], a: &[T], b: &[T], f: impl Fn(A, T, T) -> A) {
    sums.iter_mut().zip(a).zip(b).for_each(|((sum, &a), &b)| *sum = f(*sum, a, b));
}
