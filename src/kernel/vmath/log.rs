//! Logarithms, of unevaluated sums too, and of sums of exponentials.

use super::bits::{canonical, fast_sum, poly, pow2, two_product, two_sum};
use super::exp::{LN2, LN2_HI, LN2_LO, LN2_REST, exp_sum};

const LOG2_E: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
const LOG2_E_REST: f64 = f64::from_bits(0x3c77_77d0_ffda_0d24);
const LOG10_E: f64 = f64::from_bits(0x3fdb_cb7b_1526_e50e);
const LOG10_E_REST: f64 = f64::from_bits(0x3c69_5355_baaa_fad3);
/// log10 2 in 40 bits and the rest.
const LOG10_2_HI: f64 = f64::from_bits(0x3fd3_4413_509f_4000);
const LOG10_2_LO: f64 = f64::from_bits(0x3d6c_ff79_88f8_959b);
/// Bits of sqrt(1/2): fractions are taken from there to twice that.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;

/// `x = 2^k m` with m in [sqrt 1/2, sqrt 2), for positive finite x.
#[inline(always)]
pub fn split(x: f64) -> (f64, f64) {
    let tiny = x < f64::MIN_POSITIVE;
    let x = if tiny { x * 18_014_398_509_481_984.0 } else { x };
    let bits = x.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - SQRT_HALF);
    // A number in the low bits of 2^52 is that number more: no conversion is needed.
    let k = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    let k = if tiny { k - 54.0 } else { k };
    (k, f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF)))
}

/// ln(1 + f) as an unevaluated sum, to about 2^-58, for 1 + f in [sqrt 1/2, sqrt 2].
///
/// With s = f / (2 + f), ln(1 + f) = 2 atanh s = f - f^2/2 + s (f^2/2 + R(s^2)).
#[inline(always)]
fn ln_1p(f: f64) -> (f64, f64) {
    let s = f / (2.0 + f);
    let u = s * s;
    let r = u * poly!(
        u,
        0.666666666666667,
        0.3999999999989924,
        0.2857142862609589,
        0.2222221111514416,
        0.18182890556695602,
        0.1533167403016786,
        0.1461703754879165
    );
    let h = 0.5 * f;
    let (sq, sql) = two_product(h, f);
    let (hi, lo) = fast_sum(f, -sq);
    (hi, lo + s.mul_add(sq + r, -sql))
}

/// The values of a logarithm where its argument is not positive and finite.
#[inline(always)]
fn special(x: f64, r: f64) -> f64 {
    let r = if x == f64::INFINITY { x } else { r };
    let r = if x == 0.0 { f64::NEG_INFINITY } else { r };
    if x >= 0.0 { r } else { f64::NAN }
}

/// Natural logarithm.
#[inline(always)]
pub fn log(x: f64) -> f64 {
    let (k, m) = split(x);
    let (hi, lo) = ln_1p(m - 1.0);
    let (s, e) = fast_sum(k * LN2_HI, hi);
    special(x, s + (e + k.mul_add(LN2_LO, lo)))
}

/// Logarithm to base 2; exact for powers of 2.
#[inline(always)]
pub fn log2(x: f64) -> f64 {
    let (k, m) = split(x);
    let (hi, lo) = ln_1p(m - 1.0);
    let (p, pl) = two_product(hi, LOG2_E);
    let (s, e) = fast_sum(k, p);
    special(x, s + (e + (pl + hi.mul_add(LOG2_E_REST, lo * LOG2_E))))
}

/// Logarithm to base 10.
#[inline(always)]
pub fn log10(x: f64) -> f64 {
    let (k, m) = split(x);
    let (hi, lo) = ln_1p(m - 1.0);
    let (p, pl) = two_product(hi, LOG10_E);
    let (s, e) = fast_sum(k * LOG10_2_HI, p);
    special(x, s + (e + (pl + k.mul_add(LOG10_2_LO, hi.mul_add(LOG10_E_REST, lo * LOG10_E)))))
}

/// ln(2^more (u + ul)) for positive finite u, ul far below u, accurate also where u + ul is near 1.
#[inline(always)]
pub fn log_sum(u: f64, ul: f64, more: f64) -> f64 {
    let (k, m) = split(u);
    let (f, fl) = two_sum(m - 1.0, ul * pow2(-(if k > 1023.0 { 1023.0 } else { k })));
    let (hi, lo) = ln_1p(f);
    let lo = fl.mul_add(f.mul_add(f, 1.0 - f), lo);
    let k = k + more;
    let (s, e) = fast_sum(k * LN2_HI, hi);
    s + (e + k.mul_add(LN2_LO, lo))
}

/// log2(u + ul) for positive finite u, ul far below u, accurate also where u + ul is near 1; exact for powers of 2.
#[inline(always)]
fn log2_sum(u: f64, ul: f64) -> f64 {
    let (k, m) = split(u);
    let (f, fl) = two_sum(m - 1.0, ul * pow2(-k));
    let (hi, lo) = ln_1p(f);
    let lo = fl.mul_add(f.mul_add(f, 1.0 - f), lo);
    let (p, pl) = two_product(hi, LOG2_E);
    let (s, e) = fast_sum(k, p);
    s + (e + (pl + hi.mul_add(LOG2_E_REST, lo * LOG2_E)))
}

/// The larger number and what the smaller is less, as an unevaluated sum; 0 less for equal infinities.
#[inline(always)]
fn larger_and_step(x: f64, y: f64) -> (f64, f64, f64) {
    let (m, n) = if x < y { (y, x) } else { (x, y) };
    let (d, dl) = two_sum(n, -m);
    if x == y { (m, 0.0, 0.0) } else { (m, d, dl) }
}

/// Below this `ln(1 + e)` rounds to e.
const FAINT: f64 = 1e-17;

/// `ln(e^x + e^y)`, within 2 ulp of the largest of the result and the arguments' magnitudes: near 0 the exact result is a
/// difference of two numbers of which one has no more digits.
#[inline(always)]
pub fn logaddexp(x: f64, y: f64) -> f64 {
    let (m, d, dl) = larger_and_step(x, y);
    let inside = d > -746.0;
    let e = exp_sum(if inside { d } else { -746.0 }, if inside { dl } else { 0.0 });
    let (u, ul) = two_sum(1.0, e);
    let r = m + if e < FAINT { e } else { log_sum(u, ul, 0.0) };
    if x.is_nan() | y.is_nan() { f64::NAN } else { r }
}

/// `log2(2^x + 2^y)`, as exact as [`logaddexp`]; exact for equal arguments.
#[inline(always)]
pub fn logaddexp2(x: f64, y: f64) -> f64 {
    let (m, d, dl) = larger_and_step(x, y);
    let inside = d > -1076.0;
    let (d, dl) = (if inside { d } else { -1076.0 }, if inside { dl } else { 0.0 });
    let (p, pl) = two_product(d, LN2);
    let e = exp_sum(p, d.mul_add(LN2_REST, dl.mul_add(LN2, pl)));
    let (u, ul) = two_sum(1.0, e);
    let r = m + if e < FAINT { e * LOG2_E } else { log2_sum(u, ul) };
    if x.is_nan() | y.is_nan() { f64::NAN } else { r }
}

/// ln(1 + x), accurate also near 0.
#[inline(always)]
pub fn log1p(x: f64) -> f64 {
    let (u, ul) = two_sum(1.0, x);
    let r = special(u, log_sum(u, ul, 0.0));
    canonical(if x.abs() < 1e-17 { x } else { r })
}

/// ln x as an unevaluated sum, relative error about 2^-65, for positive finite x.
#[inline(always)]
pub fn log_wide(x: f64) -> (f64, f64) {
    const THIRD: f64 = f64::from_bits(0x3fd5_5555_5555_5555);
    const THIRD_REST: f64 = f64::from_bits(0x3c75_5555_5555_5555);
    let (k, m) = split(x);
    // s = f / (2 + f) = (m - 1) / (m + 1), the divisor as a sum.
    let f = m - 1.0;
    let (d, dl) = fast_sum(2.0, f);
    let r = 1.0 / d;
    let s = f * r;
    let sl = (-s).mul_add(dl, (-s).mul_add(d, f)) * r;
    let (u, ul) = two_product(s, s);
    let ul = (2.0 * s).mul_add(sl, ul);
    // atanh s = s (1 + u (1/3 + u P(u))), the inner sums in two parts.
    let p = u * poly!(
        u,
        0.2,
        0.14285714285714685,
        0.11111111110827367,
        0.0909090916782708,
        0.07692297467298959,
        0.06667403106050301,
        0.05853097844940682,
        0.058618018114527055
    );
    let (t, tl) = fast_sum(THIRD, p);
    let tl = tl + THIRD_REST;
    let (v, vl) = two_product(u, t);
    let vl = vl + u.mul_add(tl, ul * t);
    let (s, sl) = (2.0 * s, 2.0 * sl);
    let (w, wl) = two_product(s, v);
    let wl = wl + s.mul_add(vl, sl * v);
    let (a, al) = fast_sum(s, w);
    let (hi, lo) = fast_sum(k * LN2_HI, a);
    fast_sum(hi, lo + k.mul_add(LN2_LO, al + (sl + wl)))
}
