//! exp, exp2, expm1, and the exponential of an unevaluated sum.

use super::bits::{canonical, clamp, fast_sum, nearest, poly, pow2, scale, two_product, two_sum};

pub const LOG2_E: f64 = f64::from_bits(0x3ff7_1547_652b_82fe);
/// ln 2 in 42 bits, so that times an exponent it is exact, and the rest.
pub const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fefa_3800);
pub const LN2_LO: f64 = f64::from_bits(0x3d2e_f357_93c7_6730);
/// ln 2 in 53 bits and the rest.
pub const LN2: f64 = f64::from_bits(0x3fe6_2e42_fefa_39ef);
pub const LN2_REST: f64 = f64::from_bits(0x3c7a_bc9e_3b39_803f);

/// `e^r - 1 - r` for |r| <= 0.3467.
#[inline(always)]
pub fn tail(r: f64) -> f64 {
    r * r
        * poly!(
            r,
            0.5000000000000001,
            0.16666666666666669,
            0.04166666666662404,
            0.008333333333330055,
            0.0013888888917258759,
            0.00019841269863088255,
            2.4801521225986432e-05,
            2.7557268406190795e-06,
            2.7620121717381933e-07,
            2.51004110820149e-08
        )
}

/// `e^(x + xl)`; xl far below x; overflows to infinity, underflows gradually to 0.
#[inline(always)]
pub fn exp_sum(x: f64, xl: f64) -> f64 {
    let k = nearest(x * LOG2_E);
    let r = (-k).mul_add(LN2_HI, x) + (-k).mul_add(LN2_LO, xl);
    scale(1.0 + (r + tail(r)), k)
}

/// e to the power of `x`.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = clamp(x, -746.0, 710.0);
    let k = nearest(x * LOG2_E);
    let r = (-k).mul_add(LN2_LO, (-k).mul_add(LN2_HI, x));
    canonical(scale(1.0 + (r + tail(r)), k))
}

/// 2 to the power of `x`; exact for integers.
#[inline(always)]
pub fn exp2(x: f64) -> f64 {
    let x = clamp(x, -1076.0, 1025.0);
    let k = nearest(x);
    let (r, rl) = two_product(x - k, LN2);
    let rl = (x - k).mul_add(LN2_REST, rl);
    canonical(scale(1.0 + (r + (tail(r) + rl)), k))
}

/// `(e^x - 1) / 4` as an unevaluated sum, for -40 <= x <= 710.5; a quarter, so that sinh can use it up to its overflow.
#[inline(always)]
pub fn quarter_expm1(x: f64) -> (f64, f64) {
    let k = nearest(x * LOG2_E);
    let r = (-k).mul_add(LN2_HI, x);
    let (r, rl) = two_sum(r, -k * LN2_LO);
    let s = pow2(k - 2.0);
    let (hi, lo) = two_sum(s - 0.25, s * r);
    fast_sum(hi, s.mul_add(tail(r) + rl.mul_add(r, rl), lo))
}

/// `e^x - 1`, accurate also near 0.
#[inline(always)]
pub fn expm1(x: f64) -> f64 {
    let (hi, _) = quarter_expm1(clamp(x, -40.0, 710.5));
    // Quartering would lose bits of subnormal numbers; below this e^x - 1 is x or its neighbour.
    canonical(if x.abs() < 1e-17 { x } else { 4.0 * hi })
}
