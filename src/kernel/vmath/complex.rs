//! Elementary functions of complex numbers, in double precision; complex64 goes through them and is rounded once.
//!
//! They are put together from the real functions beside them, so the bits of a result are those functions' own: the same on every
//! instruction set. None is inlined into a block loop: they branch, and are called element by element.
//!
//! Infinities, NaN and the signs of zeros are those of C99's Annex G; where NumPy differs from it, the function says so.
//! The hyperbolic tangent is Kahan's, "Branch cuts for complex elementary functions" (1987).

pub use super::complex_arc::{acos, acosh, asin, asinh, atan, atanh};

use super::bits::{two_product, two_sum};
use super::double;
use crate::base::C128;
use num_complex::Complex;
use std::f64::consts::{LN_2, LOG2_E, LOG10_E, PI};

pub(super) const NAN: C128 = Complex::new(f64::NAN, f64::NAN);

/// The larger magnitude first.
pub(super) fn sorted(x: f64, y: f64) -> (f64, f64) {
    let (x, y) = (x.abs(), y.abs());
    if x < y { (y, x) } else { (x, y) }
}

/// i times the number.
pub(super) fn turned(a: C128) -> C128 {
    Complex::new(-a.im, a.re)
}

/// -i times the number.
pub(super) fn turned_back(a: C128) -> C128 {
    Complex::new(a.im, -a.re)
}

/// `exp(x)` at angle `y`; `limit`: above it `exp` may overflow though the parts do not.
fn raised(x: f64, y: f64, exp: fn(f64) -> f64, limit: f64) -> C128 {
    if y == 0.0 {
        return Complex::new(exp(x), y);
    }
    if !y.is_finite() {
        return match x {
            f64::INFINITY => Complex::new(x, f64::NAN),
            f64::NEG_INFINITY => Complex::new(0.0, 0f64.copysign(y)),
            _ => NAN,
        };
    }
    let (sin, cos) = (double::sin(y), double::cos(y));
    if x > limit {
        let root = exp(0.5 * x);
        return Complex::new(cos * root * root, sin * root * root);
    }
    let size = exp(x);
    Complex::new(size * cos, size * sin)
}

/// e to the power of the number.
#[inline(never)]
pub fn exp(a: C128) -> C128 {
    raised(a.re, a.im, double::exp, 709.0)
}

/// 2 to the power of the number.
#[inline(never)]
pub fn exp2(a: C128) -> C128 {
    raised(a.re, a.im * LN_2, double::exp2, 1023.0)
}

/// e to the power of the number, minus 1: NumPy's formula, and what the Array API standard has of infinities.
#[inline(never)]
pub fn expm1(a: C128) -> C128 {
    if a.im == 0.0 {
        return Complex::new(double::expm1(a.re) + 0.0, a.im);
    }
    if !a.im.is_finite() && a.re.is_infinite() {
        return if a.re > 0.0 { Complex::new(a.re, f64::NAN) } else { Complex::new(-1.0, 0.0) };
    }
    let half = double::sin(0.5 * a.im);
    let re = double::expm1(a.re) * double::cos(a.im) - 2.0 * half * half;
    Complex::new(re, double::sin(a.im) * double::exp(a.re))
}

/// `log(hypot(x + more, y))`, exact also where that is near 0; `more` is 0 or 1.
fn log_size(x: f64, y: f64, more: f64) -> f64 {
    let (large, small) = sorted(x + more, y);
    if large.is_infinite() || small.is_infinite() {
        return f64::INFINITY;
    }
    if large.is_nan() || small.is_nan() {
        return f64::NAN;
    }
    if !(1e-100..1e100).contains(&large) {
        if large == 0.0 {
            return f64::NEG_INFINITY;
        }
        let ratio = small / large;
        return double::log(large) + 0.5 * double::log1p(ratio * ratio);
    }
    let square = large * large + small * small;
    if !(0.25..4.0).contains(&square) {
        return 0.5 * double::log(square);
    }
    // (x + more)² + y² - 1, all products and sums with what rounding them lost.
    let ((p, pl), (q, ql)) = (two_product(x, x), two_product(y, y));
    let first = if more == 0.0 { -1.0 } else { 2.0 * x };
    let (s, sl) = two_sum(p.max(q), first);
    let (t, tl) = two_sum(s, p.min(q));
    0.5 * double::log1p(t + (sl + tl + pl + ql))
}

/// The natural logarithm, cut along the negative real axis.
#[inline(never)]
pub fn log(a: C128) -> C128 {
    Complex::new(log_size(a.re, a.im, 0.0), double::atan2(a.im, a.re))
}

/// The logarithm to base 2.
#[inline(never)]
pub fn log2(a: C128) -> C128 {
    let l = log(a);
    Complex::new(l.re * LOG2_E, l.im * LOG2_E)
}

/// The logarithm to base 10.
#[inline(never)]
pub fn log10(a: C128) -> C128 {
    let l = log(a);
    Complex::new(l.re * LOG10_E, l.im * LOG10_E)
}

/// The natural logarithm of 1 plus the number; other than NumPy's also exact near 0.
#[inline(never)]
pub fn log1p(a: C128) -> C128 {
    Complex::new(log_size(a.re, a.im, 1.0), double::atan2(a.im, a.re + 1.0))
}

/// The square root whose real part is not negative.
#[inline(never)]
pub fn sqrt(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    if x == 0.0 && y == 0.0 {
        return Complex::new(0.0, y);
    }
    if y.is_infinite() {
        return Complex::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        let other = if y.is_nan() { y } else { 0.0 };
        return if x > 0.0 { Complex::new(x, other.copysign(y)) } else { Complex::new(other, f64::INFINITY.copysign(y)) };
    }
    // Powers of 4, so that the root is scaled by one of 2.
    let (large, _) = sorted(x, y);
    let (up, down) = match large {
        l if l > 1e300 => (0.0625, 4.0),
        l if l < 1e-290 => ((1u64 << 60) as f64, 1.0 / (1u64 << 30) as f64),
        _ => (1.0, 1.0),
    };
    let (x, y) = (x * up, y * up);
    let root = (0.5 * (x.abs() + double::hypot(x, y))).sqrt();
    let other = y.abs() / (2.0 * root);
    let (re, im) = if x < 0.0 { (other, root) } else { (root, other) };
    Complex::new(re * down, (im * down).copysign(y))
}

/// The hyperbolic sine.
#[inline(never)]
pub fn sinh(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    if y == 0.0 {
        return Complex::new(double::sinh(x), y);
    }
    if !y.is_finite() {
        return if x == 0.0 || x.is_infinite() { Complex::new(x, f64::NAN) } else { NAN };
    }
    let (sin, cos) = (double::sin(y), double::cos(y));
    if x.abs() > 709.0 {
        let root = double::exp(0.5 * x.abs());
        return Complex::new(0.5f64.copysign(x) * cos * root * root, 0.5 * sin * root * root);
    }
    Complex::new(double::sinh(x) * cos, double::cosh(x) * sin)
}

/// The hyperbolic cosine.
#[inline(never)]
pub fn cosh(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    let sign = 1f64.copysign(x);
    if y == 0.0 {
        return Complex::new(double::cosh(x), y * sign);
    }
    if !y.is_finite() {
        return match x {
            0.0 => Complex::new(f64::NAN, if y.is_nan() { 0.0 } else { x }),
            _ if x.is_infinite() => Complex::new(f64::INFINITY, f64::NAN),
            _ => NAN,
        };
    }
    let (sin, cos) = (double::sin(y), double::cos(y));
    if x == 0.0 {
        return Complex::new(cos, x * sin);
    }
    if x.abs() > 709.0 {
        let root = double::exp(0.5 * x.abs());
        return Complex::new(0.5 * cos * root * root, 0.5 * sign * sin * root * root);
    }
    Complex::new(double::cosh(x) * cos, double::sinh(x) * sin)
}

/// The hyperbolic tangent.
#[inline(never)]
pub fn tanh(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    if x.is_infinite() {
        let sign = if y.is_finite() { double::sin(y) * double::cos(y) } else { y };
        return Complex::new(1f64.copysign(x), 0f64.copysign(sign));
    }
    if y == 0.0 {
        return Complex::new(double::tanh(x), y);
    }
    if !y.is_finite() {
        return if x == 0.0 { Complex::new(x, f64::NAN) } else { NAN };
    }
    if x.abs() > 22.0 {
        let wane = double::exp(-2.0 * x.abs());
        return Complex::new(1f64.copysign(x), 4.0 * double::sin(y) * double::cos(y) * wane);
    }
    let (tan, sinh) = (double::tan(y), double::sinh(x));
    let beta = 1.0 + tan * tan;
    let rho = (1.0 + sinh * sinh).sqrt();
    let divisor = 1.0 + beta * sinh * sinh;
    Complex::new(beta * rho * sinh / divisor, tan / divisor)
}

/// The sine.
#[inline(never)]
pub fn sin(a: C128) -> C128 {
    turned_back(sinh(turned(a)))
}

/// The cosine.
#[inline(never)]
pub fn cos(a: C128) -> C128 {
    cosh(turned(a))
}

/// The tangent.
#[inline(never)]
pub fn tan(a: C128) -> C128 {
    turned_back(tanh(turned(a)))
}

/// `sin(πz) / (πz)`; 1 for 0.
#[inline(never)]
pub fn sinc(a: C128) -> C128 {
    if a.re == 0.0 && a.im == 0.0 {
        return Complex::new(1.0, 0.0);
    }
    let angle = Complex::new(PI * a.re, PI * a.im);
    over(sin(angle), angle)
}

/// The product.
fn times(a: C128, b: C128) -> C128 {
    Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

/// The product as C99's Annex G has it: an infinite factor beside NaN still gives an infinity.
fn times_with_infinities(a: C128, b: C128) -> C128 {
    let product = times(a, b);
    if !(product.re.is_nan() && product.im.is_nan()) {
        return product;
    }
    let infinite = |v: C128| v.re.is_infinite() || v.im.is_infinite();
    // The corners of a box stand for the infinities, zeros for NaN beside them.
    let boxed = |v: C128| {
        let unit = |part: f64| if part.is_infinite() { 1f64 } else { 0.0 }.copysign(part);
        Complex::new(unit(v.re), unit(v.im))
    };
    let number = |v: C128| {
        let part = |p: f64| if p.is_nan() { 0f64.copysign(p) } else { p };
        Complex::new(part(v.re), part(v.im))
    };
    let overflows = [a.re * b.re, a.im * b.im, a.re * b.im, a.im * b.re].iter().any(|v| v.is_infinite());
    let (a, b) = match (infinite(a), infinite(b)) {
        (true, true) => (boxed(a), boxed(b)),
        (true, false) => (boxed(a), number(b)),
        (false, true) => (number(a), boxed(b)),
        (false, false) if overflows => (number(a), number(b)),
        _ => return product,
    };
    let rest = times(a, b);
    Complex::new(f64::INFINITY * rest.re, f64::INFINITY * rest.im)
}

/// The quotient, by Smith's method (1962): no square is formed, so it does not overflow before the result does.
#[inline(always)]
fn over(a: C128, b: C128) -> C128 {
    if b.re.abs() >= b.im.abs() {
        if b.re == 0.0 && b.im == 0.0 {
            return Complex::new(a.re / b.re.abs(), a.im / b.re.abs());
        }
        let ratio = b.im / b.re;
        let scale = 1.0 / (b.re + b.im * ratio);
        return Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale);
    }
    let ratio = b.re / b.im;
    let scale = 1.0 / (b.im + b.re * ratio);
    Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
}

/// A whole power, by squaring.
fn whole_power(a: C128, n: i32) -> C128 {
    let (mut result, mut square, mut left) = (None, a, n.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = Some(result.map_or(square, |r| times(r, square)));
        }
        left >>= 1;
        if left > 0 {
            square = times(square, square);
        }
    }
    let result = result.unwrap_or(Complex::new(1.0, 0.0));
    if n < 0 { over(Complex::new(1.0, 0.0), result) } else { result }
}

/// The first number to the power of the second, by NumPy's cases: 1 for the power 0, of 0 itself 0 or NaN; small whole powers by
/// squaring, the rest as `exp(b log a)`.
#[inline(never)]
pub fn pow(a: C128, b: C128) -> C128 {
    if b.re == 0.0 && b.im == 0.0 {
        return Complex::new(1.0, 0.0);
    }
    if a.re == 0.0 && a.im == 0.0 {
        return if b.re > 0.0 { Complex::new(0.0, 0.0) } else { NAN };
    }
    if b.im == 0.0 && b.re.abs() < 100.0 && b.re.fract() == 0.0 {
        return whole_power(a, b.re as i32);
    }
    exp(times_with_infinities(b, log(a)))
}

/// The number at the same angle on the unit circle; 0 for 0.
#[inline(never)]
pub fn sign(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    match (x.is_infinite(), y.is_infinite()) {
        (true, true) => return NAN,
        (true, false) => return Complex::new(1f64.copysign(x), 0.0),
        (false, true) => return Complex::new(0.0, 1f64.copysign(y)),
        _ => {}
    }
    let (large, _) = sorted(x, y);
    let scale = if large > 1e300 { 0.25 } else { 1.0 };
    let size = double::hypot(x * scale, y * scale);
    match size {
        0.0 => Complex::new(0.0, 0.0),
        s if s.is_nan() => NAN,
        s => Complex::new(x * scale / s, y * scale / s),
    }
}
