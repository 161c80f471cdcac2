//! Exact sums and products, polynomials and exponent tricks without conversions that AVX2 lacks.

/// Adding this leaves a number rounded to an integer (ties to even) in the low bits; for |x| < 2^51.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// A polynomial, lowest coefficient first, by Horner's rule with fused steps.
macro_rules! poly {
    ($x:expr, $c:expr) => { $c };
    ($x:expr, $c:expr, $($rest:expr),+) => { f64::mul_add(poly!($x, $($rest),+), $x, $c) };
}
pub(crate) use poly;

/// The nearest integer, ties to even, for |x| < 2^51.
#[inline(always)]
pub fn nearest(x: f64) -> f64 {
    (x + ROUND) - ROUND
}

/// The lowest bits of the integer-valued `x`, |x| < 2^51, in two's complement.
#[inline(always)]
pub fn low_bits(x: f64) -> u64 {
    (x + ROUND).to_bits()
}

/// `2^k` for integer-valued `k` in -1022..=1023 (0 for -1023).
#[inline(always)]
pub fn pow2(k: f64) -> f64 {
    f64::from_bits((k + (ROUND + 1023.0)).to_bits() << 52)
}

/// `x 2^k` rounded once, for integer-valued `k` in -2044..=2046, for `x` near 1.
#[inline(always)]
pub fn scale(x: f64, k: f64) -> f64 {
    let half = nearest(0.5 * k);
    x * pow2(half) * pow2(k - half)
}

/// `x` bounded to `low..=high`, NaN stays NaN.
#[inline(always)]
pub fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

/// The one NaN for every NaN: which payload and sign survive an operation depends on the order of its operands.
#[inline(always)]
pub fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

/// `|x|` with the sign bit of `s`, which x does not have set.
#[inline(always)]
pub fn with_sign(x: f64, s: f64) -> f64 {
    f64::from_bits(x.to_bits() ^ (s.to_bits() & (1 << 63)))
}

/// `a + b` exactly, as rounded sum and error (Knuth).
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `a + b` exactly where `|a| >= |b|` or `a == 0` (Dekker).
#[inline(always)]
pub fn fast_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a b` exactly, as rounded product and error.
#[inline(always)]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// `(n + nl) / (d + dl)` as quotient and correction, each pair being an unevaluated sum.
#[inline(always)]
pub fn divide(n: f64, nl: f64, d: f64, dl: f64) -> (f64, f64) {
    let r = 1.0 / d;
    let q = n * r;
    let rest = (-q).mul_add(d, n) + (-q).mul_add(dl, nl);
    fast_sum(q, rest * r)
}
