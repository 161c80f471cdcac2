//! sin, cos, tan and sinc.
//!
//! Up to [`LIMIT`] the argument is reduced by multiples of pi/2 held in three doubles (Cody and Waite), which leaves a
//! relative error below 2^-60 even next to a multiple of pi/2. Beyond, a scalar reduction in whole numbers takes its place.
//! (The system's library was measured 8 ulp off there.)

use super::bits::{canonical, divide, fast_sum, low_bits, nearest, poly, two_product, two_sum};
use super::payne;

/// The `_fast` functions are right for arguments up to this size.
pub const LIMIT: f64 = 1_073_741_824.0;

const TWO_OVER_PI: f64 = f64::from_bits(0x3fe4_5f30_6dc9_c883);
pub(super) const PI_2_A: f64 = f64::from_bits(0x3ff9_21fb_5444_2d18);
pub(super) const PI_2_B: f64 = f64::from_bits(0x3c91_a626_3314_5c07);
const PI_2_C: f64 = f64::from_bits(0xb91f_1976_b7ed_8fbc);

/// Whether an argument lies beyond what the `_fast` functions take; not so for NaN and infinities, where they give NaN.
#[inline(always)]
pub fn needs_slow(x: f64) -> bool {
    x.abs() > LIMIT && x.abs() < f64::INFINITY
}

/// `x - k pi/2` in two parts, |x - k pi/2| <= pi/4, and the low bits of k.
#[inline(always)]
fn reduce(x: f64) -> (f64, f64, u64) {
    let k = nearest(x * TWO_OVER_PI);
    // Exact: a multiple of 2^-52 (or of x's last place) below 1.
    let a = (-k).mul_add(PI_2_A, x);
    let (p, pl) = two_product(k, PI_2_B);
    let (t, e) = two_sum(a, -p);
    let (r, rl) = fast_sum(t, e - k.mul_add(PI_2_C, pl));
    (r, rl, low_bits(k))
}

/// `sin(r + rl) - r` for |r| <= pi/4.
#[inline(always)]
fn sin_tail(r: f64, rl: f64, u: f64) -> f64 {
    let p = poly!(
        u,
        -0.16666666666666666,
        0.008333333333330946,
        -0.000198412698367542,
        2.7557316100283695e-06,
        -2.5051131372218632e-08,
        1.5918095236696272e-10
    );
    (u * r).mul_add(p, rl * (-0.5f64).mul_add(u, 1.0))
}

/// `cos(r + rl)` for |r| <= pi/4 as an unevaluated sum.
#[inline(always)]
fn cos_sum(r: f64, rl: f64, u: f64) -> (f64, f64) {
    let p = poly!(
        u,
        0.041666666666666664,
        -0.0013888888888887395,
        2.480158729876295e-05,
        -2.755731727031051e-07,
        2.087614597263508e-09,
        -1.1382611119025631e-11
    );
    let h = 0.5 * u;
    let (hi, lo) = fast_sum(1.0, -h);
    (hi, lo + (u * u).mul_add(p, -(r * rl)))
}

/// sin(r + rl + k pi/2).
#[inline(always)]
fn wave((r, rl, k): (f64, f64, u64)) -> f64 {
    let u = r * r;
    let s = r + sin_tail(r, rl, u);
    let (c, cl) = cos_sum(r, rl, u);
    let y = if k & 1 == 0 { s } else { c + cl };
    f64::from_bits(y.to_bits() ^ ((k & 2) << 62))
}

/// cos(r + rl + k pi/2).
#[inline(always)]
fn cowave((r, rl, k): (f64, f64, u64)) -> f64 {
    wave((r, rl, k.wrapping_add(1)))
}

/// tan(r + rl + k pi/2).
#[inline(always)]
fn slope((r, rl, k): (f64, f64, u64)) -> f64 {
    let u = r * r;
    let (s, sl) = fast_sum(r, sin_tail(r, rl, u));
    let (c, cl) = cos_sum(r, rl, u);
    let (c, cl) = fast_sum(c, cl);
    let odd = k & 1 != 0;
    let (n, nl) = if odd { (-c, -cl) } else { (s, sl) };
    let (d, dl) = if odd { (s, sl) } else { (c, cl) };
    divide(n, nl, d, dl).0
}

/// sin x for |x| <= LIMIT.
#[inline(always)]
pub fn sin_fast(x: f64) -> f64 {
    // The reduction turns -0 into +0; nothing else is changed by the choice.
    canonical(if x == 0.0 { x } else { wave(reduce(x)) })
}

/// cos x for |x| <= LIMIT.
#[inline(always)]
pub fn cos_fast(x: f64) -> f64 {
    canonical(cowave(reduce(x)))
}

/// tan x for |x| <= LIMIT.
#[inline(always)]
pub fn tan_fast(x: f64) -> f64 {
    canonical(if x.abs() < 1e-9 { x } else { slope(reduce(x)) })
}

/// sin x for the x that [`needs_slow`] names.
pub fn sin_slow(x: f64) -> f64 {
    wave(payne::reduce(x))
}

/// cos x for the x that [`needs_slow`] names.
pub fn cos_slow(x: f64) -> f64 {
    cowave(payne::reduce(x))
}

/// tan x for the x that [`needs_slow`] names.
pub fn tan_slow(x: f64) -> f64 {
    slope(payne::reduce(x))
}

/// sin x; branches on the size of x.
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    if needs_slow(x) { sin_slow(x) } else { sin_fast(x) }
}

/// cos x; branches on the size of x.
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    if needs_slow(x) { cos_slow(x) } else { cos_fast(x) }
}

/// tan x; branches on the size of x.
#[inline(always)]
pub fn tan(x: f64) -> f64 {
    if needs_slow(x) { tan_slow(x) } else { tan_fast(x) }
}

/// sin(pi x) / (pi x), 1 for 0; exactly 0 for other whole numbers, which pi x in floating point is not; NaN for infinities.
#[inline(always)]
pub fn sinc(x: f64) -> f64 {
    // From 2^52 on all numbers are whole.
    let far = x.abs() >= 4_503_599_627_370_496.0;
    #[allow(clippy::eq_op, reason = "0, but NaN of infinities")]
    let a = if far { x - x } else { x };
    // The period is 2, so y, and the part t of it beyond the quarter turn k, are exact.
    let y = (-2.0f64).mul_add(nearest(0.5 * a), a);
    let k = nearest(2.0 * y);
    let t = (-0.5f64).mul_add(k, y);
    let (r, rl) = times_pi(t);
    let u = r * r;
    let (s, sl) = fast_sum(r, sin_tail(r, rl, u));
    let (c, cl) = cos_sum(r, rl, u);
    let (c, cl) = fast_sum(c, cl);
    let turn = low_bits(k);
    let odd = turn & 1 != 0;
    let (n, nl) = if odd { (c, cl) } else { (s, sl) };
    let (d, dl) = times_pi(if far { 1.0 } else { x });
    let q = divide(n, nl, d, dl).0;
    // A sum with 0 makes the zeros positive.
    let q = f64::from_bits(q.to_bits() ^ ((turn & 2) << 62)) + 0.0;
    canonical(if x.abs() < 1e-9 { 1.0 } else { q })
}

/// pi t as an unevaluated sum.
#[inline(always)]
fn times_pi(t: f64) -> (f64, f64) {
    let (r, rl) = two_product(2.0 * t, PI_2_A);
    (r, (2.0 * t).mul_add(PI_2_B, rl))
}
