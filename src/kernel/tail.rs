//! Tails of distributions: how probable it is to be beyond a value.
//!
//! All go through the incomplete beta and gamma functions, as a factor times a continued fraction (modified Lentz) or a series. The factor
//! is written by the deviances of C. Loader ("Fast and accurate computation of binomial probabilities", 2000), which lose nothing for
//! large degrees of freedom, where differences of logarithms of gamma functions would; the fractions take about as many steps as the root
//! of these. Deliberately unknown here: tests, arrays.

use crate::kernel::vmath::double::{exp, log};

/// Most steps of a fraction or series: enough for 10^12 degrees of freedom.
const MOST_STEPS: usize = 5_000_000;
/// In place of 0 in a fraction.
const TINY: f64 = 1e-300;

/// `ln Γ(z + 1)` without Stirling's formula: what that misses, for z > 0.
fn stirling_error(z: f64) -> f64 {
    if z < 16.0 {
        const HALF_LN_2PI: f64 = 0.918_938_533_204_672_8;
        return libm::lgamma(z + 1.0) - (z + 0.5) * log(z) + z - HALF_LN_2PI;
    }
    let y = 1.0 / (z * z);
    (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * 691.0 / 360_360.0))))) / z
}

/// `x ln(x / m) + m - x`, exact also where both are close.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let (mut sum, mut term) = ((x - m) * v, 2.0 * x * v);
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// A step of a fraction: `first + by / value`, not 0.
fn step(first: f64, by: f64, value: f64) -> f64 {
    let next = first + by / value;
    if next.abs() < TINY { TINY } else { next }
}

/// `x^a y^b / B(a, b)`, where `x + y = 1`.
fn beta_factor(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let errors = stirling_error(n) - stirling_error(a) - stirling_error(b);
    (a * b / (std::f64::consts::TAU * n)).sqrt() * exp(errors - deviance(a, n * x) - deviance(b, n * y))
}

/// The regularised incomplete beta function of `x`, where `x + y = 1`, for a >= 1/2 and b > 0 or the other way round.
fn beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() || a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if b < 1.0 {
        return beta(a, b + 1.0, x, y) - beta_factor(a, b, x, y) / b;
    }
    // How far x is below the mean, from the smaller of x and y, of which floats hold more.
    let below = if x < y { a - (a + b) * x } else { (a + b) * y - b };
    if below < 0.0 { 1.0 - beta_fraction(b, a, y, x, -below) } else { beta_fraction(a, b, x, y, below) }
}

/// The continued fraction of A. DiDonato and A. Morris ("Algorithm 708", 1992), which converges fast and loses nothing below the mean.
fn beta_fraction(a: f64, b: f64, x: f64, y: f64, below: f64) -> f64 {
    let mut value = a / (a + 1.0) * (below + 1.0);
    let (mut c, mut d) = (value, 0.0);
    for n in 1..MOST_STEPS {
        let n = n as f64;
        let ratio = x / (a + 2.0 * n - 1.0);
        let above = (a + n - 1.0) * (a + b + n - 1.0) * n * (b - n) * ratio * ratio;
        let first = n + n * (b - n) * ratio + (a + n) / (a + 2.0 * n + 1.0) * (below + 1.0 + n * (1.0 + y));
        let divisor = first + above * d;
        d = 1.0 / if divisor.abs() < TINY { TINY } else { divisor };
        c = step(first, above, c);
        value *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    beta_factor(a, b, x, y) / value
}

/// The regularised upper incomplete gamma function, for a > 0.
fn gamma_upper(a: f64, x: f64) -> f64 {
    if x.is_nan() || a.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 || x == f64::INFINITY {
        return if x <= 0.0 { 1.0 } else { 0.0 };
    }
    let factor = (a / std::f64::consts::TAU).sqrt() * exp(-stirling_error(a) - deviance(a, x));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for i in 1..MOST_STEPS {
            term *= x / (a + i as f64);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - factor * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut value = d;
    for i in 1..MOST_STEPS {
        let i = i as f64;
        let by = -i * (i - a);
        b += 2.0;
        d = 1.0 / step(b, by, 1.0 / d);
        c = step(b, by, c);
        value *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    factor * value
}

/// Above `z` in the standard normal distribution.
pub fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Above `t` in Student's distribution; NaN where `df` is not above 0.
pub fn student(t: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || t.is_nan() {
        return f64::NAN;
    }
    let square = t * t / df;
    let half = if square.is_infinite() { 0.0 } else { 0.5 * beta(0.5 * df, 0.5, 1.0 / (1.0 + square), square / (1.0 + square)) };
    if t >= 0.0 { half } else { 1.0 - half }
}

/// Above `x` in the chi-squared distribution, which is 0 for certain where `df` is; NaN where `df` is negative, or both are 0.
pub fn chi_squared(x: f64, df: f64) -> f64 {
    if df > 0.0 {
        gamma_upper(0.5 * df, 0.5 * x)
    } else if df == 0.0 && x > 0.0 {
        0.0
    } else {
        f64::NAN
    }
}

/// Above `f` in Fisher's distribution; NaN where a number of degrees of freedom is not above 0, or `f` is negative.
pub fn fisher(f: f64, dfn: f64, dfd: f64) -> f64 {
    if !(dfn > 0.0 && dfd > 0.0 && f >= 0.0) {
        return f64::NAN;
    }
    let ratio = dfn * f / dfd;
    if ratio.is_infinite() {
        return 0.0;
    }
    beta(0.5 * dfd, 0.5 * dfn, 1.0 / (1.0 + ratio), ratio / (1.0 + ratio))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what SciPy gave (tests/data/stats/make.py).
    #[test]
    fn tails_are_those_of_scipy() {
        let mut n = 0;
        for line in include_str!("../../tests/data/stats/tails.txt").lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let v: Vec<f64> = words[1..].iter().map(|w| w.parse().unwrap()).collect();
            let (got, want) = match words[0] {
                "normal" => (normal(v[0]), v[1]),
                "student" => (student(v[0], v[1]), v[2]),
                "chi_squared" => (chi_squared(v[0], v[1]), v[2]),
                "fisher" => (fisher(v[0], v[1], v[2]), v[3]),
                other => panic!("{other}"),
            };
            let close = got == want
                || (got.is_nan() && want.is_nan())
                || ((got - want) / want).abs() < 1e-10
                || (got - want).abs() < 1e-300;
            assert!(close, "{line}: {got:e}");
            n += 1;
        }
        assert!(n > 300, "{n}");
    }

    #[test]
    fn halves_and_ends() {
        assert_eq!((normal(0.0), student(0.0, 5.0)), (0.5, 0.5));
        assert_eq!((student(f64::INFINITY, 3.0), student(f64::NEG_INFINITY, 3.0)), (0.0, 1.0));
        assert_eq!((chi_squared(0.0, 4.0), chi_squared(f64::INFINITY, 4.0)), (1.0, 0.0));
        assert_eq!((fisher(0.0, 2.0, 3.0), fisher(f64::INFINITY, 2.0, 3.0)), (1.0, 0.0));
        assert!(student(1.0, 0.0).is_nan() && chi_squared(1.0, -1.0).is_nan() && fisher(-1.0, 1.0, 1.0).is_nan());
        // Very many degrees of freedom are the normal distribution.
        assert!((student(2.0, 1e12) / normal(2.0) - 1.0).abs() < 1e-11);
    }
}
