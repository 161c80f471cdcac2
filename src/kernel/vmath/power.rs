//! pow, ldexp, cbrt and hypot.

use super::bits::{canonical, clamp, nearest, poly, pow2, scale, two_product, with_sign};
use super::exp::exp_sum;
use super::log::{log_wide, split};

/// C99's values of `x^y` around `r = e^p`, `p = y ln |x|` with an infinite logarithm for 0 and infinity.
#[inline(always)]
pub fn pow_special(x: f64, y: f64, p: f64, r: f64) -> f64 {
    // 0 times infinity: 1 to an infinite power, or 0 or infinity to the power 0, all of which count as 1.
    let r = if p.is_nan() { 1.0 } else { r };
    let whole = y.trunc() == y;
    let odd = whole & ((0.5 * y).trunc() != 0.5 * y);
    let r = if odd { with_sign(r, x) } else { r };
    let undefined = (x < 0.0) & (x > f64::NEG_INFINITY) & !whole;
    // Even beside NaN, 1 to any power and anything to the power 0 are 1.
    let unknown = (x.is_nan() | y.is_nan()) & (x != 1.0) & (y != 0.0);
    if undefined | unknown { f64::NAN } else { r }
}

/// `x` to the power of `y`.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let a = x.abs();
    let (h, l) = log_wide(a);
    let h = if a == 0.0 { f64::NEG_INFINITY } else { h };
    let h = if a == f64::INFINITY { a } else { h };
    let (p, pl) = two_product(h, y);
    let pl = y.mul_add(l, pl);
    // Outside, the result has overflowed or vanished; the low part may then be anything.
    let inside = p.abs() < 1000.0;
    let r = exp_sum(clamp(p, -746.0, 710.0), if inside { pl } else { 0.0 });
    pow_special(x, y, p, r)
}

/// `x 2^n`, rounded once; a fraction of `n` is dropped.
#[inline(always)]
pub fn ldexp(x: f64, n: f64) -> f64 {
    let a = x.abs();
    let (k, m) = split(a);
    // Exponents beyond these bounds overflow or vanish whatever x is.
    let power = clamp(k + clamp(n.trunc(), -4000.0, 4000.0), -1100.0, 1030.0);
    let r = if (a > 0.0) & (a < f64::INFINITY) { with_sign(scale(m, power), x) } else { x };
    canonical(if n.is_nan() { n } else { r })
}

/// Cube root.
#[inline(always)]
pub fn cbrt(x: f64) -> f64 {
    let a = x.abs();
    let (k, m) = split(a);
    let third = nearest(k * (1.0 / 3.0));
    let rest = k - 3.0 * third;
    let w = m * pow2(rest);
    let root = if rest > 0.5 { 0.7937005259840998 } else { 1.0 };
    let root = if rest < -0.5 { 1.2599210498948732 } else { root };
    let y = root * poly!(m, 1.8703028674178825, -1.8450598790124901, 1.5367946913855817, -0.686774403902245, 0.12470838896859475);
    // One cubic step for w^(-1/3), one Newton step for the root itself.
    let e = (-w).mul_add(y * y * y, 1.0);
    let y = (y * e).mul_add((2.0f64 / 9.0).mul_add(e, 1.0 / 3.0), y);
    let y2 = y * y;
    let c = w * y2;
    let (q, ql) = two_product(c, c);
    let miss = (-q).mul_add(c, w) - ql * c;
    let c = (miss * y2).mul_add(1.0 / 3.0, c);
    let r = with_sign(c * pow2(third), x);
    canonical(if (a > 0.0) & (a < f64::INFINITY) { r } else { x })
}

/// `sqrt(x^2 + y^2)` without overflow on the way; infinite if either is, even beside NaN.
#[inline(always)]
pub fn hypot(x: f64, y: f64) -> f64 {
    const UP: f64 = f64::from_bits((1023 + 600) << 52);
    const DOWN: f64 = f64::from_bits((1023 - 600) << 52);
    let (a, b) = (x.abs(), y.abs());
    let (a, b) = if a < b { (b, a) } else { (a, b) };
    let (to, back) = if a > 1e150 { (DOWN, UP) } else { (1.0, 1.0) };
    let (to, back) = if a < 1e-150 { (UP, DOWN) } else { (to, back) };
    let (p, q) = (a * to, b * to);
    let r = p.mul_add(p, q * q).sqrt() * back;
    let infinite = (x.abs() == f64::INFINITY) | (y.abs() == f64::INFINITY);
    if infinite { f64::INFINITY } else { canonical(r) }
}
