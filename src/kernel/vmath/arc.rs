//! asin, acos, atan and atan2.

use super::bits::{canonical, divide, fast_sum, poly, with_sign};

const PI_2: f64 = f64::from_bits(0x3ff9_21fb_5444_2d18);
const PI_2_REST: f64 = f64::from_bits(0x3c91_a626_3314_5c07);
const PI_4: f64 = f64::from_bits(0x3fe9_21fb_5444_2d18);
const PI_4_REST: f64 = f64::from_bits(0x3c81_a626_3314_5c07);

/// `asin(s) / s - 1` as a function of `z = s^2` in 0..=1/4.
#[inline(always)]
fn asin_tail(z: f64) -> f64 {
    z * poly!(
        z,
        0.16666666666666669,
        0.07499999999998433,
        0.04464285714635543,
        0.030381944138531247,
        0.02237217294214989,
        0.017352392720869973,
        0.013971212973552933,
        0.011479177415184906,
        0.01032281435018578,
        0.005457506718640358,
        0.01740087944269402,
        -0.014851887071247204,
        0.028757851367421566
    )
}

/// For |x| < 1/2: x and `asin x - x`. Else `2 asin sqrt((1 - |x|) / 2)` as an unevaluated sum. And which of them.
#[inline(always)]
fn asin_parts(x: f64) -> (f64, f64, bool) {
    let a = x.abs();
    let big = a >= 0.5;
    let half = 0.5 * (1.0 - a);
    let z = if big { half } else { a * a };
    let p = asin_tail(z);
    let s = half.sqrt();
    let rest = if s > 0.0 { (-s).mul_add(s, half) / s } else { 0.0 };
    let v = if big { 2.0 * s } else { x };
    (v, v.mul_add(p, if big { rest } else { 0.0 }), big)
}

/// Inverse sine.
#[inline(always)]
pub fn asin(x: f64) -> f64 {
    let (v, vl, big) = asin_parts(x);
    let (h, l) = fast_sum(PI_2, -v);
    let r = with_sign(h + (l + (PI_2_REST - vl)), x);
    let small = if x.abs() < 1e-9 { x } else { v + vl };
    canonical(if big { r } else { small })
}

/// Inverse cosine.
#[inline(always)]
pub fn acos(x: f64) -> f64 {
    let (v, vl, big) = asin_parts(x);
    let negative = x < 0.0;
    let flip = !big | negative;
    let (v, vl) = if flip { (-v, -vl) } else { (v, vl) };
    let quarters = if big { if negative { 2.0 } else { 0.0 } } else { 1.0 };
    let (h, l) = fast_sum(quarters * PI_2, v);
    canonical(h + (l + quarters.mul_add(PI_2_REST, vl)))
}

/// The angle of (d, n), 0 <= n <= d, reflected: `quarters pi/4 + side angle`; quarters counts from the reflections alone.
#[inline(always)]
fn angle(n: f64, d: f64, swap: bool, negative: bool) -> f64 {
    // Beyond pi/8 take the difference to pi/4: tan(a - pi/4) = (n - d) / (n + d).
    let far = n > 0.414_213_562_373_095 * d;
    let (minus, minus_rest) = fast_sum(-d, n);
    let (plus, plus_rest) = fast_sum(d, n);
    let (q, ql) = divide(
        if far { minus } else { n },
        if far { minus_rest } else { 0.0 },
        if far { plus } else { d },
        if far { plus_rest } else { 0.0 },
    );
    let u = q * q;
    let p = u * poly!(
        u,
        -0.3333333333333333,
        0.19999999999995519,
        -0.14285714284666184,
        0.11111111015227572,
        -0.09090904576954117,
        0.07692183163650894,
        -0.06664511064599371,
        0.05858145587628202,
        -0.050854323376990765,
        0.0392311556198723,
        -0.01917627151752634
    );
    let m = if far { 1.0 } else { 0.0 };
    let m = if swap { 2.0 - m } else { m };
    let m = if negative { 4.0 - m } else { m };
    let side = if swap != negative { -1.0 } else { 1.0 };
    let c = m * PI_4;
    let cl = m.mul_add(PI_4_REST, m.mul_add(PI_4, -c));
    let (h, l) = fast_sum(c, side * q);
    h + (l + side.mul_add(q.mul_add(p, ql), cl))
}

/// Inverse tangent.
#[inline(always)]
pub fn atan(x: f64) -> f64 {
    let a = x.abs();
    let swap = a > 1.0;
    let a = if a > 1e20 { 1e20 } else { a };
    let r = angle(if swap { 1.0 } else { a }, if swap { a } else { 1.0 }, swap, false);
    canonical(if x.abs() < 1e-9 { x } else { with_sign(r, x) })
}

/// The angle of the point (x, y), in -pi..=pi.
#[inline(always)]
pub fn atan2(y: f64, x: f64) -> f64 {
    let (a, b) = (y.abs(), x.abs());
    let swap = a > b;
    let n = if swap { b } else { a };
    let d = if swap { a } else { b };
    // Only the ratio counts: keep 1/d and n + d normal, and give infinities and zeros their ratios.
    let factor = if d > 1e300 { 0.0625 } else { 1.0 };
    let factor = if d < 1e-270 { 1.606_938_044_258_990_3e60 } else { factor };
    let infinite = d == f64::INFINITY;
    let same = if n == f64::INFINITY { 1.0 } else { 0.0 };
    let n = if infinite { same } else { n * factor };
    let d = if infinite | (d == 0.0) { 1.0 } else { d * factor };
    let r = with_sign(angle(n, d, swap, x.is_sign_negative()), y);
    if x.is_nan() | y.is_nan() { f64::NAN } else { r }
}
