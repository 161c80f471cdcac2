//! The element types that kernels are compiled for (bool runs as bytes), and the conversions before folding.

use crate::base::{C64, C128, Element};
use num_complex::Complex;

/// A number as the folds see it.
pub(in crate::kernel) trait Num: Element {
    /// Whether this is a float, or a pair of floats.
    const FLOAT: bool;
    /// Nothing is smaller (floats: −inf).
    const LOWEST: Self;
    /// Nothing is larger (floats: inf).
    const HIGHEST: Self;
    /// NaN; of integers, any value.
    const NAN: Self;
    fn is_nan(self) -> bool;
    /// Whether this comes after `other` (complex: by the real parts, of equal ones by the imaginary parts).
    fn above(self, other: Self) -> bool;
    /// The value; of complex numbers the real part.
    fn as_f64(self) -> f64;
    /// The imaginary part.
    fn imag(self) -> f64 {
        0.0
    }
    /// Integers widen (uint64 keeps its bits).
    fn as_i64(self) -> i64;
}

macro_rules! num {
    ($float:literal: $($t:ty, $lo:expr, $hi:expr, $nan:expr);*) => {$(
        impl Num for $t {
            const FLOAT: bool = $float;
            const LOWEST: Self = $lo;
            const HIGHEST: Self = $hi;
            const NAN: Self = $nan;
            #[inline(always)]
            #[allow(clippy::eq_op, reason = "the cheapest test for NaN, and false for integers")]
            fn is_nan(self) -> bool { self != self }
            #[inline(always)]
            fn above(self, other: Self) -> bool { self > other }
            #[inline(always)]
            fn as_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn as_i64(self) -> i64 { self as i64 }
        }
    )*};
}
num!(false: i8, i8::MIN, i8::MAX, 0; i16, i16::MIN, i16::MAX, 0; i32, i32::MIN, i32::MAX, 0; i64, i64::MIN, i64::MAX, 0;
    u8, 0, u8::MAX, 0; u16, 0, u16::MAX, 0; u32, 0, u32::MAX, 0; u64, 0, u64::MAX, 0);
num!(true: f32, f32::NEG_INFINITY, f32::INFINITY, f32::NAN; f64, f64::NEG_INFINITY, f64::INFINITY, f64::NAN);

macro_rules! complex {
    ($($c:ident $t:ident);*) => {$(
        impl Num for $c {
            const FLOAT: bool = true;
            const LOWEST: Self = Complex::new($t::NEG_INFINITY, $t::NEG_INFINITY);
            const HIGHEST: Self = Complex::new($t::INFINITY, $t::INFINITY);
            const NAN: Self = Complex::new($t::NAN, $t::NAN);
            #[inline(always)]
            fn is_nan(self) -> bool { self.re.is_nan() | self.im.is_nan() }
            #[inline(always)]
            fn above(self, other: Self) -> bool {
                let real = (self.re > other.re) & !self.im.is_nan() & !other.im.is_nan();
                real | ((self.re == other.re) & (self.im > other.im))
            }
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one macro for both types")]
            fn as_f64(self) -> f64 { self.re as f64 }
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one macro for both types")]
            fn imag(self) -> f64 { self.im as f64 }
            #[inline(always)]
            fn as_i64(self) -> i64 { self.re as i64 }
        }
    )*};
}
complex!(C64 f32; C128 f64);

/// Runs `$body` with `$t` standing for the number type that a dtype's elements are read as (bool: u8).
macro_rules! for_num {
    ($dtype:expr, $t:ident => $body:expr) => {
        $crate::for_real!(@bool u8; $dtype, $t => $body,
            $crate::base::DType::C64 => {
                type $t = $crate::base::C64;
                $body
            }
            $crate::base::DType::C128 => {
                type $t = $crate::base::C128;
                $body
            })
    };
}
pub(super) use for_num;

/// What happens to an element before it is folded.
pub(super) trait Prep<T: Num>: Send + 'static {
    type Out: Num;
    /// Whether nothing happens when both types are the same.
    const KEEPS: bool = false;
    fn prep(x: T) -> Self::Out;
}

macro_rules! prep {
    ($($(#[$doc:meta])* $name:ident($x:ident: $t:ident) -> $out:ty, $keeps:literal, $body:expr;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl<$t: Num> Prep<$t> for $name {
            type Out = $out;
            const KEEPS: bool = $keeps;
            #[inline(always)]
            fn prep($x: $t) -> $out { $body }
        }
    )*};
}
prep! {
    /// Nothing.
    Same(x: T) -> T, true, x;
    /// Widened to f64.
    ToF64(x: T) -> f64, true, x.as_f64();
    /// Widened to i64.
    ToI64(x: T) -> i64, true, x.as_i64();
    /// The real part; NaN if either part is.
    Re(x: T) -> f64, false, if x.is_nan() { f64::NAN } else { x.as_f64() };
    /// The imaginary part; NaN if either part is.
    Im(x: T) -> f64, false, if x.is_nan() { f64::NAN } else { x.imag() };
    /// The imaginary part as it is.
    Imag(x: T) -> f64, false, x.imag();
    /// The imaginary part; 0 if either part is NaN.
    ImagNanZero(x: T) -> f64, false, if x.is_nan() { 0.0 } else { x.imag() };
    /// As complex128.
    Wide(x: T) -> C128, false, Complex::new(x.as_f64(), x.imag());
    /// As complex128; 1 if either part is NaN.
    WideNanOne(x: T) -> C128, false, if x.is_nan() { Complex::new(1.0, 0.0) } else { Complex::new(x.as_f64(), x.imag()) };
    /// NaN becomes 0.
    NanZero(x: T) -> f64, false, if x.is_nan() { 0.0 } else { x.as_f64() };
    /// NaN becomes 1.
    NanOne(x: T) -> f64, false, if x.is_nan() { 1.0 } else { x.as_f64() };
    /// 1 for numbers, 0 for NaN.
    NotNan(x: T) -> i64, false, i64::from(!x.is_nan());
    /// 1 for what is not zero (NaN is not).
    NonZero(x: T) -> i64, false, i64::from(x != T::default());
    /// The same as a byte.
    Truth(x: T) -> u8, false, u8::from(x != T::default());
}
