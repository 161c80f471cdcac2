//! Hyperbolic functions and their inverses.
//!
//! All go through `e^x - 1`, or a logarithm, of an unevaluated sum, so that nothing is lost near 0.

use super::bits::{canonical, divide, fast_sum, poly, pow2, two_product, two_sum, with_sign};
use super::exp::{LN2_HI, LN2_LO, quarter_expm1};
use super::log::{log_sum, split};

/// Below this odd functions with `f(x) = x + O(x^3)` round to x or its neighbour.
const TINY: f64 = 1e-9;
/// Above this, `sqrt(x^2 + 1)` and `sqrt(x^2 - 1)` round to x.
const BIG: f64 = 268_435_456.0;

/// |x|, at most `high`; NaN stays NaN.
#[inline(always)]
fn size(x: f64, high: f64) -> f64 {
    let a = x.abs();
    if a > high { high } else { a }
}

/// Hyperbolic sine.
#[inline(always)]
pub fn sinh(x: f64) -> f64 {
    // With t = e^a - 1: sinh a = (t + t / (t + 1)) / 2.
    let (t, tl) = quarter_expm1(size(x, 710.5));
    let (e, el) = two_sum(t, 0.25);
    let (q, ql) = divide(t, tl, e, el + tl);
    let (s, sl) = fast_sum(t, 0.25 * q);
    let r = 2.0 * (s + (sl + 0.25f64.mul_add(ql, tl)));
    canonical(if x.abs() < TINY { x } else { with_sign(r, x) })
}

/// Hyperbolic cosine.
#[inline(always)]
pub fn cosh(x: f64) -> f64 {
    let (t, tl) = quarter_expm1(size(x, 710.5));
    let (e, el) = two_sum(t, 0.25);
    let (s, sl) = fast_sum(e, 0.0625 / e);
    canonical(2.0 * (s + (sl + (el + tl))))
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    // With t = e^2a - 1: tanh a = t / (t + 2); 1 from a = 20 on.
    let (t, tl) = quarter_expm1(2.0 * size(x, 20.0));
    let (e, el) = two_sum(t, 0.5);
    let (q, _) = divide(t, tl, e, el + tl);
    canonical(if x.abs() < TINY { x } else { with_sign(q, x) })
}

/// `h = sqrt(p + pl)` as an unevaluated sum.
#[inline(always)]
fn sqrt_sum(p: f64, pl: f64) -> (f64, f64) {
    let h = p.sqrt();
    (h, if h > 0.0 { ((-h).mul_add(h, p) + pl) / (2.0 * h) } else { 0.0 })
}

/// Inverse hyperbolic sine.
#[inline(always)]
pub fn asinh(x: f64) -> f64 {
    let a = x.abs();
    let big = a > BIG;
    let b = if big { 1.0 } else { a };
    let (p, pl) = two_product(b, b);
    let (w, wl) = two_sum(1.0, p);
    let (h, hl) = sqrt_sum(w, wl + pl);
    let (u, ul) = two_sum(h, b);
    let r = log_sum(if big { a } else { u }, if big { 0.0 } else { ul + hl }, if big { 1.0 } else { 0.0 });
    let r = if a == f64::INFINITY { a } else { r };
    canonical(if a < TINY { x } else { with_sign(r, x) })
}

/// Inverse hyperbolic cosine.
#[inline(always)]
pub fn acosh(x: f64) -> f64 {
    let big = x > BIG;
    let b = if big { 2.0 } else { x };
    let (m, ml) = two_sum(b, -1.0);
    let (n, nl) = two_sum(b, 1.0);
    let (p, pl) = two_product(m, n);
    let (h, hl) = sqrt_sum(p, pl + m.mul_add(nl, ml * n));
    let (u, ul) = two_sum(b, h);
    let r = log_sum(if big { x } else { u }, if big { 0.0 } else { ul + hl }, if big { 1.0 } else { 0.0 });
    let r = if x == f64::INFINITY { x } else { r };
    if x >= 1.0 { r } else { f64::NAN }
}

/// Inverse hyperbolic tangent.
#[inline(always)]
pub fn atanh(x: f64) -> f64 {
    // 2 atanh a = ln n/d with n = 1 + a, d = 1 - a; n/d = 2^k (1 + s) / (1 - s), where s is a itself if k = 0.
    let a = size(x, 1.0 - f64::EPSILON / 2.0);
    let (n, nl) = two_sum(1.0, a);
    let (d, dl) = two_sum(1.0, -a);
    let (k, _) = split(n / d);
    let power = pow2(k);
    let (d, dl) = (d * power, dl * power);
    let (minus, minus_rest) = two_sum(n, -d);
    let (plus, plus_rest) = two_sum(n, d);
    let (minus, minus_rest) = two_sum(minus, minus_rest + (nl - dl));
    let (s, sl) = divide(minus, minus_rest, plus, plus_rest + (nl + dl));
    let u = s * s;
    let p = u * poly!(
        u,
        0.666666666666667,
        0.3999999999989924,
        0.2857142862609589,
        0.2222221111514416,
        0.18182890556695602,
        0.1533167403016786,
        0.1461703754879165
    );
    let k = 0.5 * k;
    let (h, l) = fast_sum(k * LN2_HI, s);
    let r = h + (l + k.mul_add(LN2_LO, (0.5 * s).mul_add(p, sl)));
    let r = if x.abs() == 1.0 { f64::INFINITY } else { r };
    let r = if x.abs() < TINY { x } else { with_sign(r, x) };
    if x.abs() <= 1.0 { r } else { f64::NAN }
}
