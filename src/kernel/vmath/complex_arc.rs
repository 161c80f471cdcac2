//! Inverse trigonometric and hyperbolic functions of complex numbers.
//!
//! arcsine and arccosine after Hull, Fairgrieve and Tang, "Implementing the complex arcsine and arccosine functions using exception
//! handling" (1997), with `arc_small_or_large` for what would over- or underflow there; the hyperbolic arctangent after Kahan,
//! "Branch cuts for complex elementary functions" (1987). The other functions are these, turned by a quarter.

use super::complex::{NAN, sorted, turned, turned_back};
use super::double;
use crate::base::C128;
use num_complex::Complex;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

/// For finite `x` and `y` that are not negative: real parts of arcsine and arccosine, and the imaginary part of both but for its
/// sign.
fn arc(x: f64, y: f64) -> (f64, f64, f64) {
    // Roots of the smallest and largest numbers, with room to spare.
    if x.max(y) > 1e153 || x.min(y) < 1e-153 {
        return arc_small_or_large(x, y);
    }
    let (r, s) = (double::hypot(x + 1.0, y), double::hypot(x - 1.0, y));
    let a = 0.5 * (r + s);
    let b = x / a;
    let (asin, acos) = if b <= 0.6417 {
        (double::asin(b), double::acos(b))
    } else {
        let above = a + x;
        let leg = if x <= 1.0 {
            (0.5 * above * (y * y / (r + x + 1.0) + (s + (1.0 - x)))).sqrt()
        } else {
            y * (0.5 * (above / (r + x + 1.0) + above / (s + (x - 1.0)))).sqrt()
        };
        (double::atan2(x, leg), double::atan2(leg, x))
    };
    let im = if a <= 1.5 {
        let far = y * y / (r + x + 1.0);
        let less_one = 0.5 * if x < 1.0 { far + y * y / (s + (1.0 - x)) } else { far + (s + (x - 1.0)) };
        double::log1p(less_one + (less_one * (a + 1.0)).sqrt())
    } else {
        double::log(a + (a * a - 1.0).sqrt())
    };
    (asin, acos, im)
}

/// [`arc`] where one of the two is so large or so small that its square is no number.
fn arc_small_or_large(x: f64, y: f64) -> (f64, f64, f64) {
    if x != 1.0 && y <= f64::EPSILON * 0.5 * (x - 1.0).abs() {
        if x < 1.0 {
            let leg = ((1.0 - x) * (1.0 + x)).sqrt();
            return (double::asin(x), double::acos(x), y / leg);
        }
        let leg = ((x - 1.0) * (x + 1.0)).sqrt();
        let im = if x < 1e100 { double::log1p((x - 1.0) + leg) } else { LN_2 + double::log(x) };
        let acos = if x < 1e100 { y / leg } else { y / x };
        return (FRAC_PI_2 - acos, acos, im);
    }
    if y < 1e-153 {
        // x is 1, or so near that y decides.
        let root = y.sqrt();
        return (FRAC_PI_2 - root, root, root);
    }
    if x > 1.0 || y > 1.0 && f64::EPSILON * y > x + 1.0 {
        let (ratio, angle) = (x / y, double::atan2(x, y));
        let (large, small) = sorted(x, y);
        let flat = small / large;
        let im = LN_2 + double::log(large) + 0.5 * double::log1p(flat * flat);
        return if ratio < 1e-100 { (angle, FRAC_PI_2, im) } else { (angle, double::atan2(y, x), im) };
    }
    // x is tiny, y is not.
    let a = double::hypot(1.0, y);
    (x / a, FRAC_PI_2 - x / a, 0.5 * double::log1p(2.0 * y * (y + a)))
}

/// The inverse of the cosine, cut along the real axis beyond -1 and 1.
#[inline(never)]
pub fn acos(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    let infinite = (-f64::INFINITY).copysign(-y);
    match (x.is_finite(), y.is_finite()) {
        (true, true) => {
            let (_, re, im) = arc(x.abs(), y.abs());
            Complex::new(if x < 0.0 { PI - re } else { re }, im.copysign(-y))
        }
        _ if x.is_nan() && y.is_nan() => NAN,
        (_, false) if x == 0.0 && y.is_nan() => Complex::new(FRAC_PI_2, f64::NAN),
        _ if y.is_infinite() && x.is_infinite() => Complex::new(if x < 0.0 { 3.0 * FRAC_PI_4 } else { FRAC_PI_4 }, infinite),
        _ if y.is_infinite() => Complex::new(if x.is_nan() { x } else { FRAC_PI_2 }, infinite),
        _ if x.is_infinite() && y.is_nan() => Complex::new(f64::NAN, f64::INFINITY),
        _ if x.is_infinite() => Complex::new(if x < 0.0 { PI } else { 0.0 }, infinite),
        _ => NAN,
    }
}

/// The inverse of the hyperbolic cosine, cut along the real axis below 1.
#[inline(never)]
pub fn acosh(a: C128) -> C128 {
    if a.re == 0.0 && a.im.is_nan() {
        return Complex::new(f64::NAN, FRAC_PI_2);
    }
    let w = acos(a);
    if a.re.is_infinite() && a.im.is_nan() {
        return Complex::new(f64::INFINITY, f64::NAN);
    }
    Complex::new(w.im.abs(), w.re.copysign(a.im))
}

/// The inverse of the hyperbolic sine, cut along the imaginary axis beyond -i and i.
#[inline(never)]
pub fn asinh(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    if x.is_finite() && y.is_finite() {
        let (angle, _, size) = arc(y.abs(), x.abs());
        return Complex::new(size.copysign(x), angle.copysign(y));
    }
    if x.is_infinite() {
        let angle = match y {
            y if y.is_nan() => y,
            y if y.is_infinite() => FRAC_PI_4,
            _ => 0.0,
        };
        return Complex::new(x, angle.copysign(y));
    }
    if y.is_infinite() {
        return if x.is_nan() {
            Complex::new(f64::INFINITY, f64::NAN)
        } else {
            Complex::new(y.abs().copysign(x), FRAC_PI_2.copysign(y))
        };
    }
    if x.is_nan() && y == 0.0 { Complex::new(x, y) } else { NAN }
}

/// The inverse of the sine, cut along the real axis beyond -1 and 1.
#[inline(never)]
pub fn asin(a: C128) -> C128 {
    turned_back(asinh(turned(a)))
}

/// The inverse of the hyperbolic tangent, cut along the real axis beyond -1 and 1.
#[inline(never)]
pub fn atanh(a: C128) -> C128 {
    let (x, y) = (a.re, a.im);
    if y.is_infinite() || x.is_infinite() {
        let angle = if y.is_nan() { y } else { FRAC_PI_2.copysign(y) };
        return Complex::new(0f64.copysign(x), angle);
    }
    if x.is_nan() || y.is_nan() {
        return if x == 0.0 { Complex::new(x, f64::NAN) } else { NAN };
    }
    let (p, q) = (x.abs(), y.abs());
    let (re, im) = if p.max(q) > 1e150 {
        let (large, small) = sorted(p, q);
        // x / (x² + y²) without the squares.
        let ratio = small / large;
        ((p / large) / (large * (1.0 + ratio * ratio)), FRAC_PI_2)
    } else {
        let near = 1.0 - p;
        let re = match (near, q) {
            (0.0, 0.0) => f64::INFINITY,
            (0.0, q) => 0.5 * (double::log(double::hypot(2.0, q)) - double::log(q)),
            _ => 0.25 * double::log1p(4.0 * p / (near * near + q * q)),
        };
        (re, 0.5 * double::atan2(2.0 * q, near * (1.0 + p) - q * q))
    };
    Complex::new(re.copysign(x), im.copysign(y))
}

/// The inverse of the tangent, cut along the imaginary axis beyond -i and i.
#[inline(never)]
pub fn atan(a: C128) -> C128 {
    turned_back(atanh(turned(a)))
}
