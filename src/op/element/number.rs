//! What the elementwise table needs of integers, floats and complex numbers beyond Rust's own methods.

use crate::base::{C64, C128};
use crate::kernel::vmath::{double, single};
use num_complex::Complex;

/// Integers.
pub(super) trait Whole: Sized {
    /// The quotient rounded down; 0 for a divisor of 0; wraps.
    fn floor_divide(a: Self, b: Self) -> Self;
    /// `a` minus the floored quotient times `b`; 0 for a divisor of 0.
    fn remainder(a: Self, b: Self) -> Self;
    /// The quotient rounded toward zero; 0 for a divisor of 0; wraps.
    fn truncated(a: Self, b: Self) -> Self;
    /// What the quotient rounded toward zero leaves; 0 for a divisor of 0.
    fn fmod(a: Self, b: Self) -> Self;
    /// Greatest common divisor of the magnitudes; wraps for two lowest integers, or one and 0.
    fn gcd(a: Self, b: Self) -> Self;
    /// Least common multiple of the magnitudes, wrapping; 0 if either is 0.
    fn lcm(a: Self, b: Self) -> Self;
    /// `a` to the power of `b` by squaring, wrapping; rounded toward zero for negative `b` (and 0 for 0).
    fn power(a: Self, b: Self) -> Self;
    /// 0 when `b` is negative or at least the number of bits.
    fn left_shift(a: Self, b: Self) -> Self;
    /// As if shifted one by one; 0 or -1 when `b` is negative or at least the number of bits.
    fn right_shift(a: Self, b: Self) -> Self;
}

/// Greatest common divisor by shifts and differences (Stein); `gcd(a, 0) = a`.
#[inline(always)]
fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        (a, b) = (a.min(b), a.abs_diff(b));
    }
    a << twos
}

macro_rules! whole {
    ($signed:literal: $($t:ident)*) => {$(
        impl Whole for $t {
            #[inline(always)]
            fn floor_divide(a: $t, b: $t) -> $t {
                if b == 0 {
                    return 0;
                }
                let q = a.wrapping_div(b);
                let below = a.wrapping_rem(b) != 0 && (a < 0 as $t) != (b < 0 as $t);
                q.wrapping_sub($t::from(below))
            }
            #[inline(always)]
            fn remainder(a: $t, b: $t) -> $t {
                if b == 0 {
                    return 0;
                }
                let r = a.wrapping_rem(b);
                if r != 0 && (r < 0 as $t) != (b < 0 as $t) { r.wrapping_add(b) } else { r }
            }
            #[inline(always)]
            fn truncated(a: $t, b: $t) -> $t {
                if b == 0 { 0 } else { a.wrapping_div(b) }
            }
            #[inline(always)]
            fn fmod(a: $t, b: $t) -> $t {
                if b == 0 { 0 } else { a.wrapping_rem(b) }
            }
            #[inline(always)]
            fn gcd(a: $t, b: $t) -> $t {
                let size = |v: $t| if $signed { (v as i64).unsigned_abs() } else { v as u64 };
                common_divisor(size(a), size(b)) as $t
            }
            #[inline(always)]
            fn lcm(a: $t, b: $t) -> $t {
                let size = |v: $t| if $signed { (v as i64).unsigned_abs() } else { v as u64 };
                let divisor = common_divisor(size(a), size(b));
                if divisor == 0 { 0 } else { (size(a) / divisor).wrapping_mul(size(b)) as $t }
            }
            #[inline(always)]
            fn power(a: $t, b: $t) -> $t {
                if $signed && b < 0 as $t {
                    let one = 1 as $t;
                    return if a == one {
                        one
                    } else if a == one.wrapping_neg() {
                        if b & 1 == 0 { one } else { a }
                    } else {
                        0
                    };
                }
                let (mut result, mut base, mut left) = (1 as $t, a, b);
                while left > 0 {
                    if left & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                result
            }
            #[inline(always)]
            fn left_shift(a: $t, b: $t) -> $t {
                let in_range = b >= 0 as $t && b < $t::BITS as $t;
                if in_range { a.wrapping_shl(b as u32) } else { 0 }
            }
            #[inline(always)]
            fn right_shift(a: $t, b: $t) -> $t {
                let in_range = b >= 0 as $t && b < $t::BITS as $t;
                if in_range {
                    a.wrapping_shr(b as u32)
                } else if $signed {
                    a.wrapping_shr($t::BITS - 1)
                } else {
                    0
                }
            }
        }
    )*};
}
whole!(true: i8 i16 i32 i64);
whole!(false: u8 u16 u32 u64);

/// Floats.
pub(super) trait Real: Sized {
    /// The quotient rounded down, exactly from the remainder, as Python defines it; of an infinity by a finite number an infinity.
    fn floor_divide(a: Self, b: Self) -> Self;
    /// The remainder with the sign of the divisor; exact but for one rounding.
    fn remainder(a: Self, b: Self) -> Self;
    /// NaN if either is; the positive one of two zeros.
    fn maximum(a: Self, b: Self) -> Self;
    /// NaN if either is; the negative one of two zeros.
    fn minimum(a: Self, b: Self) -> Self;
    /// The next number away from zero, minus this; NaN for infinities. Of either zero the least positive number.
    fn spacing(self) -> Self;
    /// The next number from `a` toward `b`; `b` if they are equal.
    fn next_after(a: Self, b: Self) -> Self;
    /// The factor of at least 1/2 and below 1 (with the sign) that a power of 2 is multiplied by; zeros, infinities and NaN stay.
    fn mantissa(self) -> Self;
    /// The exponent of that power of 2; 0 for zeros, infinities and NaN.
    fn exponent(self) -> Self;
    /// Degrees as radians.
    fn radians(self) -> Self;
    /// Radians as degrees.
    fn degrees(self) -> Self;
}

/// What takes floats apart.
trait Scale {
    /// A power of 2 that makes subnormal numbers normal: to the number of digits.
    const UP: Self;
    /// The bits of the exponent.
    const EXPONENT: Self::Bits;
    type Bits;
}
impl Scale for f32 {
    type Bits = u32;
    const UP: f32 = 16_777_216.0;
    const EXPONENT: u32 = 0xff << 23;
}
impl Scale for f64 {
    type Bits = u64;
    const UP: f64 = 9_007_199_254_740_992.0;
    const EXPONENT: u64 = 0x7ff << 52;
}

macro_rules! real {
    ($($t:ident)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn floor_divide(a: $t, b: $t) -> $t {
                if b == 0.0 || (a.is_infinite() && b.is_finite()) {
                    return a / b;
                }
                let rest = a % b;
                let mut q = (a - rest) / b;
                if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
                    q -= 1.0;
                }
                if q == 0.0 {
                    return (0.0 as $t).copysign(a / b);
                }
                let floor = q.floor();
                if q - floor > 0.5 { floor + 1.0 } else { floor }
            }
            #[inline(always)]
            fn remainder(a: $t, b: $t) -> $t {
                let rest = a % b;
                if rest == 0.0 {
                    (0.0 as $t).copysign(b)
                } else if (b < 0.0) != (rest < 0.0) && b == b && rest == rest {
                    rest + b
                } else {
                    rest
                }
            }
            #[inline(always)]
            fn maximum(a: $t, b: $t) -> $t {
                // Equal numbers have equal bits, but for zeros: those of the positive one.
                let equal = $t::from_bits(a.to_bits() & b.to_bits());
                let larger = if a > b || a.is_nan() { a } else { b };
                if a == b { equal } else { larger }
            }
            #[inline(always)]
            fn minimum(a: $t, b: $t) -> $t {
                let equal = $t::from_bits(a.to_bits() | b.to_bits());
                let smaller = if a < b || a.is_nan() { a } else { b };
                if a == b { equal } else { smaller }
            }
            #[inline(always)]
            fn spacing(self) -> $t {
                let step = $t::from_bits(self.to_bits().wrapping_add(1)) - self;
                let step = if self == 0.0 { $t::from_bits(1) } else { step };
                if self.is_finite() { step } else { $t::NAN }
            }
            #[inline(always)]
            fn next_after(a: $t, b: $t) -> $t {
                // Bits of one sign are ordered as sizes are.
                let away = (b > a) == (a > 0.0);
                let step = a.to_bits().wrapping_add(if away { 1 } else { !0 });
                let step = if a == 0.0 { $t::from_bits(1).copysign(b) } else { $t::from_bits(step) };
                let step = if a == b { b } else { step };
                if a.is_nan() | b.is_nan() { $t::NAN } else { step }
            }
            #[inline(always)]
            fn mantissa(self) -> $t {
                let x = if self.abs() < $t::MIN_POSITIVE { self * <$t as Scale>::UP } else { self };
                let half = $t::from_bits((x.to_bits() & !<$t as Scale>::EXPONENT) | (0.5 as $t).to_bits());
                if self == 0.0 || !self.is_finite() { self } else { half }
            }
            #[inline(always)]
            fn exponent(self) -> $t {
                let small = self.abs() < $t::MIN_POSITIVE;
                let x = if small { self * <$t as Scale>::UP } else { self };
                let biased = (x.to_bits() & <$t as Scale>::EXPONENT) >> ($t::MANTISSA_DIGITS - 1);
                let k = biased as i32 - ($t::MAX_EXP - 2) - if small { $t::MANTISSA_DIGITS as i32 } else { 0 };
                if self == 0.0 || !self.is_finite() { 0.0 } else { k as $t }
            }
            #[inline(always)]
            fn radians(self) -> $t {
                self * (std::$t::consts::PI / 180.0)
            }
            #[inline(always)]
            fn degrees(self) -> $t {
                self * (180.0 / std::$t::consts::PI)
            }
        }
    )*};
}
real!(f32 f64);

/// Complex numbers. Arithmetic is NumPy's: products by their formula, quotients by Smith's method (1962).
pub(super) trait Pair: Sized {
    /// Type of the parts.
    type Part;
    /// A function of complex128, rounded once.
    fn through(self, f: impl Fn(C128) -> C128) -> Self;
    /// A function of two complex128, rounded once.
    fn through2(a: Self, b: Self, f: impl Fn(C128, C128) -> C128) -> Self;
    /// The sum.
    fn plus(a: Self, b: Self) -> Self;
    /// The difference.
    fn minus(a: Self, b: Self) -> Self;
    /// The product.
    fn times(a: Self, b: Self) -> Self;
    /// The quotient; of 0 as divisor what the parts divided by 0 give.
    fn over(a: Self, b: Self) -> Self;
    /// 1 over the number.
    fn reciprocal(self) -> Self;
    /// Distance from 0: infinite if either part is, also beside NaN.
    fn size(self) -> Self::Part;
    /// The angle in radians.
    fn angle(self) -> Self::Part;
    /// Whether either part is NaN.
    fn nan(self) -> bool;
    /// Whether `a` comes before `b`: by the real parts, of equal ones by the imaginary parts; NaN compares with nothing.
    fn below(a: Self, b: Self) -> bool;
    /// [`below`](Pair::below) or equal.
    fn at_most(a: Self, b: Self) -> bool;
    /// The later one in that order, the first of equals; the first with NaN, if there is one.
    fn maximum(a: Self, b: Self) -> Self;
    /// The earlier one in that order, the first of equals; the first with NaN, if there is one.
    fn minimum(a: Self, b: Self) -> Self;
    /// Each part rounded, halves to even.
    fn rint(self) -> Self;
}

macro_rules! pair {
    ($($c:ident $t:ident $m:ident;)*) => {$(
        impl Pair for $c {
            type Part = $t;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn through(self, f: impl Fn(C128) -> C128) -> $c {
                let r = f(Complex::new(self.re as f64, self.im as f64));
                Complex::new(r.re as $t, r.im as $t)
            }
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn through2(a: $c, b: $c, f: impl Fn(C128, C128) -> C128) -> $c {
                let r = f(Complex::new(a.re as f64, a.im as f64), Complex::new(b.re as f64, b.im as f64));
                Complex::new(r.re as $t, r.im as $t)
            }
            #[inline(always)]
            fn plus(a: $c, b: $c) -> $c {
                Complex::new(a.re + b.re, a.im + b.im)
            }
            #[inline(always)]
            fn minus(a: $c, b: $c) -> $c {
                Complex::new(a.re - b.re, a.im - b.im)
            }
            #[inline(always)]
            fn times(a: $c, b: $c) -> $c {
                Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
            }
            #[inline(always)]
            fn over(a: $c, b: $c) -> $c {
                let flat = b.re.abs() >= b.im.abs();
                let (large, small) = if flat { (b.re, b.im) } else { (b.im, b.re) };
                let ratio = small / large;
                let scale = 1.0 / (large + small * ratio);
                let (re, im) = if flat { (a.re + a.im * ratio, a.im - a.re * ratio) } else { (a.re * ratio + a.im, a.im * ratio - a.re) };
                let zero = (b.re == 0.0) & (b.im == 0.0);
                if zero { Complex::new(a.re / b.re.abs(), a.im / b.re.abs()) } else { Complex::new(re * scale, im * scale) }
            }
            #[inline(always)]
            fn reciprocal(self) -> $c {
                let flat = self.im.abs() <= self.re.abs();
                let (large, small) = if flat { (self.re, self.im) } else { (self.im, self.re) };
                let ratio = small / large;
                let divisor = large + small * ratio;
                if flat { Complex::new(1.0 / divisor, -ratio / divisor) } else { Complex::new(ratio / divisor, -1.0 / divisor) }
            }
            #[inline(always)]
            fn size(self) -> $t {
                $m::hypot(self.re, self.im)
            }
            #[inline(always)]
            fn angle(self) -> $t {
                $m::atan2(self.im, self.re)
            }
            #[inline(always)]
            fn nan(self) -> bool {
                self.re.is_nan() | self.im.is_nan()
            }
            #[inline(always)]
            fn below(a: $c, b: $c) -> bool {
                ((a.re < b.re) & !a.im.is_nan() & !b.im.is_nan()) | ((a.re == b.re) & (a.im < b.im))
            }
            #[inline(always)]
            fn at_most(a: $c, b: $c) -> bool {
                ((a.re < b.re) & !a.im.is_nan() & !b.im.is_nan()) | ((a.re == b.re) & (a.im <= b.im))
            }
            #[inline(always)]
            fn maximum(a: $c, b: $c) -> $c {
                if a.nan() | Pair::at_most(b, a) { a } else { b }
            }
            #[inline(always)]
            fn minimum(a: $c, b: $c) -> $c {
                if a.nan() | Pair::at_most(a, b) { a } else { b }
            }
            #[inline(always)]
            fn rint(self) -> $c {
                Complex::new(self.re.round_ties_even(), self.im.round_ties_even())
            }
        }
    )*};
}
pair! {
    C64 f32 single;
    C128 f64 double;
}
