//! One value of any dtype, and the Rust types that can be an array's element.
//!
//! A scalar is what a user writes beside an array, a fill value or a nodata value; it knows nothing of arrays.

use crate::base::dtype::{C64, C128, DType};
use crate::base::error::Error;
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// One value of any dtype. Integers keep all their bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Scalar {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    /// Real and imaginary part.
    C128(f64, f64),
}

impl Scalar {
    /// The value as f64 (large integers round to nearest); of a complex number the real part.
    pub fn as_f64(self) -> f64 {
        match self {
            Scalar::Bool(v) => f64::from(u8::from(v)),
            Scalar::I64(v) => v as f64,
            Scalar::U64(v) => v as f64,
            Scalar::F64(v) | Scalar::C128(v, _) => v,
        }
    }

    /// The value as a complex number.
    pub fn as_complex(self) -> C128 {
        match self {
            Scalar::C128(re, im) => Complex::new(re, im),
            real => Complex::new(real.as_f64(), 0.0),
        }
    }

    /// Whether this is a complex number, even one without an imaginary part.
    pub const fn is_complex(self) -> bool {
        matches!(self, Scalar::C128(..))
    }

    /// Whether this is NaN, in either part.
    pub fn is_nan(self) -> bool {
        let v = self.as_complex();
        v.re.is_nan() || v.im.is_nan()
    }

    /// Whether `dtype` holds this value exactly (NaN is held by floats; f32 counts as holding the nearest f32).
    /// A complex number without an imaginary part is held where its real part is.
    pub fn fits(self, dtype: DType) -> bool {
        if let Scalar::C128(re, im) = self {
            return dtype.is_complex() || (im == 0.0 && Scalar::F64(re).fits(dtype));
        }
        let int = |lo: i128, hi: i128| match self {
            Scalar::Bool(_) => true,
            Scalar::I64(v) => (lo..=hi).contains(&i128::from(v)),
            Scalar::U64(v) => (lo..=hi).contains(&i128::from(v)),
            Scalar::F64(v) | Scalar::C128(v, _) => v.fract() == 0.0 && v >= lo as f64 && v <= hi as f64 && (v as i128) <= hi,
        };
        match dtype {
            DType::Bool => matches!(self, Scalar::Bool(_)) || matches!(self.as_f64(), 0.0 | 1.0),
            d if d.is_inexact() => true,
            d if d.is_signed() => int(-(1i128 << (d.size() * 8 - 1)), (1i128 << (d.size() * 8 - 1)) - 1),
            d => int(0, (1i128 << (d.size() * 8)) - 1),
        }
    }

    /// The error for this value where a dtype does not [hold](Scalar::fits) it: a complex number is of another type than real ones, a
    /// fraction or NaN is a wrong value, and any other number is too large, or too small.
    pub(crate) fn misfit(self, message: String) -> Error {
        match self {
            Scalar::C128(..) => Error::dtype(message),
            Scalar::F64(v) if v.is_nan() || v.floor() != v => Error::usage(message),
            _ => Error::overflow(message),
        }
    }

    /// The dtype a bare scalar takes on its own: bool, int64, uint64, float64 or complex128.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::I64(_) => DType::I64,
            Scalar::U64(_) => DType::U64,
            Scalar::F64(_) => DType::F64,
            Scalar::C128(..) => DType::C128,
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(v) => write!(f, "{v}"),
            Scalar::I64(v) => write!(f, "{v}"),
            Scalar::U64(v) => write!(f, "{v}"),
            Scalar::F64(v) => write!(f, "{v:?}"),
            Scalar::C128(re, im) => write!(f, "{re:?}{im:+?}j"),
        }
    }
}

macro_rules! scalar_from {
    ($($t:ty => $v:ident as $w:ty),*) => {$(
        impl From<$t> for Scalar {
            fn from(v: $t) -> Scalar { Scalar::$v(v as $w) }
        }
    )*};
}
scalar_from!(bool => Bool as bool, i8 => I64 as i64, i16 => I64 as i64, i32 => I64 as i64, i64 => I64 as i64, isize => I64 as i64,
    u8 => U64 as u64, u16 => U64 as u64, u32 => U64 as u64, u64 => U64 as u64, usize => U64 as u64, f32 => F64 as f64, f64 => F64 as f64);

impl From<C64> for Scalar {
    fn from(v: C64) -> Scalar {
        Scalar::C128(f64::from(v.re), f64::from(v.im))
    }
}
impl From<C128> for Scalar {
    fn from(v: C128) -> Scalar {
        Scalar::C128(v.re, v.im)
    }
}

/// A Rust type that can be an array's element.
pub trait Element: Copy + Send + Sync + PartialEq + fmt::Debug + Default + 'static + Into<Scalar> {
    /// The dtype of this type.
    const DTYPE: DType;
    /// The value of a scalar in this type, as Rust's `as` converts (bool: not zero). Of a complex number, a real type takes the
    /// real part.
    fn from_scalar(s: Scalar) -> Self;
    /// NumPy's order for sorting: NaN behind all others, and equal to itself. Complex numbers by their real, then by their imaginary
    /// parts; among those with NaN, first the ones with a real part, then the ones with an imaginary part.
    fn sort_order(self, other: Self) -> Ordering;
    /// Whether this is NaN, in either part.
    fn has_nan(self) -> bool;
}

fn order<T: PartialOrd>(a: T, b: T) -> Ordering {
    #[allow(clippy::eq_op, reason = "the test for NaN")]
    let is_nan = |x: &T| x != x;
    a.partial_cmp(&b).unwrap_or_else(|| is_nan(&a).cmp(&is_nan(&b)))
}

macro_rules! sorted {
    () => {
        #[inline]
        fn sort_order(self, other: Self) -> Ordering {
            order(self, other)
        }
        #[inline]
        #[allow(clippy::eq_op, reason = "the cheapest test for NaN, and false for integers")]
        fn has_nan(self) -> bool {
            self != self
        }
    };
}

macro_rules! sorted_complex {
    () => {
        #[inline]
        fn sort_order(self, other: Self) -> Ordering {
            let class = |v: Self| (v.re.is_nan(), v.im.is_nan());
            let parts = || order(self.re, other.re).then_with(|| order(self.im, other.im));
            class(self).cmp(&class(other)).then_with(parts)
        }
        #[inline]
        fn has_nan(self) -> bool {
            self.re.is_nan() | self.im.is_nan()
        }
    };
}

macro_rules! element {
    ($($t:ty => $d:ident),*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$d;
            fn from_scalar(s: Scalar) -> Self {
                match s {
                    Scalar::Bool(v) => u8::from(v) as $t,
                    Scalar::I64(v) => v as $t,
                    Scalar::U64(v) => v as $t,
                    Scalar::F64(v) | Scalar::C128(v, _) => v as $t,
                }
            }
            sorted!();
        }
    )*};
}
element!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64, f32 => F32, f64 => F64);

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn from_scalar(s: Scalar) -> Self {
        let v = s.as_complex();
        v.re != 0.0 || v.im != 0.0
    }
    sorted!();
}

impl Element for C64 {
    const DTYPE: DType = DType::C64;
    fn from_scalar(s: Scalar) -> Self {
        let v = s.as_complex();
        Complex::new(v.re as f32, v.im as f32)
    }
    sorted_complex!();
}

impl Element for C128 {
    const DTYPE: DType = DType::C128;
    fn from_scalar(s: Scalar) -> Self {
        s.as_complex()
    }
    sorted_complex!();
}
