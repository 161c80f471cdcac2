//! The functions for `f32`, computed in `f64` and rounded once more: within 0.51 ulp, and so as good as exact.
//!
//! The ones that matter for speed have shorter polynomials (relative error below 2^-28) and skip the corrections that only
//! double precision needs; the others are the double-precision functions.

use super::bits::{canonical, clamp, low_bits, nearest, poly, pow2, with_sign};
use super::log::split;
use super::{double, power, trig};

const LOG2_E: f64 = std::f64::consts::LOG2_E;
const LN_2: f64 = std::f64::consts::LN_2;

/// `2^k e^r` for |r| <= 0.3467 and results from 2^-1022 to 2^1023.
#[inline(always)]
fn exp_reduced(k: f64, r: f64) -> f64 {
    let p = poly!(
        r,
        0.5000000013487226,
        0.16666666681647016,
        0.04166646471137908,
        0.00833331090172597,
        0.0013933673732931852,
        0.0001989101718430203
    );
    (r * r).mul_add(p, 1.0 + r) * pow2(k)
}

/// e^x for |x| <= 700.
#[inline(always)]
fn exp_wide(x: f64) -> f64 {
    let k = nearest(x * LOG2_E);
    exp_reduced(k, (-k).mul_add(LN_2, x))
}

/// ln x for positive finite x, as exponent and logarithm of the fraction.
#[inline(always)]
fn log_parts(x: f64) -> (f64, f64) {
    let (k, m) = split(x);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let u = s * s;
    let p = u * poly!(u, 0.6666668506375033, 0.39988770673510876, 0.2958039828148471);
    (k, s.mul_add(p, 2.0 * s))
}

/// The values of a logarithm where its argument is not positive and finite.
#[inline(always)]
fn log_special(x: f64, r: f64) -> f32 {
    let r = if x == f64::INFINITY { x } else { r };
    let r = if x == 0.0 { f64::NEG_INFINITY } else { r };
    (if x >= 0.0 { r } else { f64::NAN }) as f32
}

/// e to the power of `x`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    canonical(exp_wide(clamp(f64::from(x), -110.0, 90.0))) as f32
}

/// 2 to the power of `x`; exact for integers.
#[inline(always)]
pub fn exp2(x: f32) -> f32 {
    let x = clamp(f64::from(x), -160.0, 130.0);
    let k = nearest(x);
    canonical(exp_reduced(k, (x - k) * LN_2)) as f32
}

/// Natural logarithm.
#[inline(always)]
pub fn log(x: f32) -> f32 {
    let x = f64::from(x);
    let (k, l) = log_parts(x);
    log_special(x, k.mul_add(LN_2, l))
}

/// Logarithm to base 2; exact for powers of 2.
#[inline(always)]
pub fn log2(x: f32) -> f32 {
    let x = f64::from(x);
    let (k, l) = log_parts(x);
    log_special(x, l.mul_add(LOG2_E, k))
}

/// Logarithm to base 10.
#[inline(always)]
pub fn log10(x: f32) -> f32 {
    let x = f64::from(x);
    let (k, l) = log_parts(x);
    log_special(x, k.mul_add(std::f64::consts::LOG10_2, l * std::f64::consts::LOG10_E))
}

/// The functions of x - k pi/2, and the low bits of k.
#[inline(always)]
fn circle(x: f64) -> (f64, f64, u64) {
    let k = nearest(x * std::f64::consts::FRAC_2_PI);
    let r = (-k).mul_add(std::f64::consts::FRAC_PI_2, x);
    let r = (-k).mul_add(6.123_233_995_736_766e-17, r);
    let u = r * r;
    let s = poly!(u, -0.166666646608586, 0.00833274798772674, -0.00019587829766434114);
    let c = poly!(u, 0.0416666646580437, -0.0013888302752417692, 2.454788084226998e-05);
    ((r * u).mul_add(s, r), (u * u).mul_add(c, (-0.5f64).mul_add(u, 1.0)), low_bits(k))
}

/// y, negated in the lower half of the circle.
#[inline(always)]
fn half_turn(y: f64, k: u64) -> f64 {
    f64::from_bits(y.to_bits() ^ ((k & 2) << 62))
}

/// The `_fast` functions are right for arguments up to this size.
pub const LIMIT: f32 = trig::LIMIT as f32;

/// Whether an argument lies beyond what the `_fast` functions take; not so for NaN and infinities, where they give NaN.
#[inline(always)]
pub fn needs_slow(x: f32) -> bool {
    x.abs() > LIMIT && x.abs() < f32::INFINITY
}

/// sin x for |x| <= LIMIT.
#[inline(always)]
pub fn sin_fast(x: f32) -> f32 {
    let (s, c, k) = circle(f64::from(x));
    let y = half_turn(if k & 1 == 0 { s } else { c }, k);
    canonical(if x == 0.0 { f64::from(x) } else { y }) as f32
}

/// cos x for |x| <= LIMIT.
#[inline(always)]
pub fn cos_fast(x: f32) -> f32 {
    let (s, c, k) = circle(f64::from(x));
    canonical(half_turn(if k & 1 == 0 { c } else { s }, k.wrapping_add(1))) as f32
}

/// tan x for |x| <= LIMIT.
#[inline(always)]
pub fn tan_fast(x: f32) -> f32 {
    let (s, c, k) = circle(f64::from(x));
    let odd = k & 1 != 0;
    let q = (if odd { -c } else { s }) / (if odd { s } else { c });
    canonical(if x == 0.0 { f64::from(x) } else { q }) as f32
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let a = f64::from(x.abs());
    let a = if a > 20.0 { 20.0 } else { a };
    let e = exp_wide(2.0 * a);
    // The quotient loses digits near 0, where three terms of the series suffice.
    let u = a * a;
    let series = (a * u).mul_add(poly!(u, -1.0 / 3.0, 2.0 / 15.0, -17.0 / 315.0), a);
    let r = if a < 0.05 { series } else { (e - 1.0) / (e + 1.0) };
    canonical(with_sign(r, f64::from(x))) as f32
}

/// `x` to the power of `y`.
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let (x, y) = (f64::from(x), f64::from(y));
    let a = x.abs();
    let (k, m) = split(a);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let u = s * s;
    // One term more than a logarithm alone: its error grows by the exponent of the result, up to 104.
    let t = u * poly!(u, 0.6666666655430018, 0.4000012200081688, 0.2855080255327671, 0.2333096405177204);
    let l = k.mul_add(LN_2, s.mul_add(t, 2.0 * s));
    let l = if a == 0.0 { f64::NEG_INFINITY } else { l };
    let l = if a == f64::INFINITY { a } else { l };
    let p = y * l;
    power::pow_special(x, y, p, exp_wide(clamp(p, -110.0, 90.0))) as f32
}

/// `sqrt(x^2 + y^2)` without overflow on the way; infinite if either is, even beside NaN.
#[inline(always)]
pub fn hypot(x: f32, y: f32) -> f32 {
    let infinite = (x.abs() == f32::INFINITY) | (y.abs() == f32::INFINITY);
    let (x, y) = (f64::from(x), f64::from(y));
    let r = x.mul_add(x, y * y).sqrt();
    (if infinite { f64::INFINITY } else { canonical(r) }) as f32
}

/// The angle of the point (x, y), in -pi..=pi, from sizes: 0 <= n <= d, d > 0, both within the range of `f32`.
#[inline(always)]
fn angle(n: f64, d: f64, swap: bool, negative: bool) -> f64 {
    // Beyond pi/8 take the difference to pi/4: tan(a - pi/4) = (n - d) / (n + d).
    let far = n > 0.414_213_562_373_095 * d;
    let q = (if far { n - d } else { n }) / (if far { n + d } else { d });
    let u = q * q;
    let p = u * poly!(u, -0.33333331760863766, 0.1999954041360354, -0.1426395317115633, 0.10743705260895021, -0.06451841276882797);
    let m: f64 = if far { 1.0 } else { 0.0 };
    let m = if swap { 2.0 - m } else { m };
    let m = if negative { 4.0 - m } else { m };
    let side = if swap != negative { -q } else { q };
    m.mul_add(std::f64::consts::FRAC_PI_4, side.mul_add(p, side))
}

/// Inverse tangent.
#[inline(always)]
pub fn atan(x: f32) -> f32 {
    let x = f64::from(x);
    let a = x.abs();
    let swap = a > 1.0;
    let a = if a > 1e40 { 1e40 } else { a };
    let r = angle(if swap { 1.0 } else { a }, if swap { a } else { 1.0 }, swap, false);
    canonical(with_sign(r, x)) as f32
}

/// The angle of the point (x, y), in -pi..=pi.
#[inline(always)]
pub fn atan2(y: f32, x: f32) -> f32 {
    let (y, x) = (f64::from(y), f64::from(x));
    let (a, b) = (y.abs(), x.abs());
    let swap = a > b;
    let n = if swap { b } else { a };
    let d = if swap { a } else { b };
    // Infinities and zeros get their ratios.
    let same = if n == f64::INFINITY { 1.0 } else { 0.0 };
    let n = if d == f64::INFINITY { same } else { n };
    let d = if (d == f64::INFINITY) | (d == 0.0) { 1.0 } else { d };
    let r = with_sign(angle(n, d, swap, x.is_sign_negative()), y);
    (if x.is_nan() | y.is_nan() { f64::NAN } else { r }) as f32
}

/// Functions that are those for `f64`, with the result rounded.
macro_rules! rounded {
    ($($(#[$doc:meta])* $name:ident($($x:ident),+);)+) => { $(
        $(#[$doc])*
        #[inline(always)]
        pub fn $name($($x: f32),+) -> f32 {
            double::$name($(f64::from($x)),+) as f32
        }
    )+ };
}

rounded! {
    /// `e^x - 1`, accurate also near 0.
    expm1(x);
    /// ln(1 + x), accurate also near 0.
    log1p(x);
    /// Inverse sine.
    asin(x);
    /// Inverse cosine.
    acos(x);
    /// Hyperbolic sine.
    sinh(x);
    /// Hyperbolic cosine.
    cosh(x);
    /// Inverse hyperbolic sine.
    asinh(x);
    /// Inverse hyperbolic cosine.
    acosh(x);
    /// Inverse hyperbolic tangent.
    atanh(x);
    /// Cube root.
    cbrt(x);
    /// Modified Bessel function of the first kind and order 0.
    i0(x);
    /// ln(e^x + e^y).
    logaddexp(x, y);
    /// log2(2^x + 2^y).
    logaddexp2(x, y);
    /// `x 2^n`, rounded once; a fraction of `n` is dropped.
    ldexp(x, n);
    /// sin(pi x) / (pi x), 1 for 0; NaN for infinities.
    sinc(x);
    /// sin x; branches on the size of x.
    sin(x);
    /// cos x; branches on the size of x.
    cos(x);
    /// tan x; branches on the size of x.
    tan(x);
}

/// sin x for the x that [`needs_slow`] names.
pub fn sin_slow(x: f32) -> f32 {
    trig::sin_slow(f64::from(x)) as f32
}

/// cos x for the x that [`needs_slow`] names.
pub fn cos_slow(x: f32) -> f32 {
    trig::cos_slow(f64::from(x)) as f32
}

/// tan x for the x that [`needs_slow`] names.
pub fn tan_slow(x: f32) -> f32 {
    trig::tan_slow(f64::from(x)) as f32
}
