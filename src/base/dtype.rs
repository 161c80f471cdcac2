//! Element types, their bytes and NumPy's promotion rules, and scalars of them.
//!
//! A dtype is a plain enum; the link to Rust's types is [`Element`]. Code that must run for every dtype is written once,
//! generically, and entered through [`for_dtype!`](crate::for_dtype).

use crate::base::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

/// Runs `$body` with `$t` standing for the Rust type of a dtype.
///
/// ```
/// use tilework::{DType, for_dtype};
/// let n = for_dtype!(DType::F32, T => std::mem::size_of::<T>());
/// assert_eq!(n, 4);
/// ```
#[macro_export]
macro_rules! for_dtype {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $t = bool;
                $body
            }
            $crate::DType::I8 => {
                type $t = i8;
                $body
            }
            $crate::DType::I16 => {
                type $t = i16;
                $body
            }
            $crate::DType::I32 => {
                type $t = i32;
                $body
            }
            $crate::DType::I64 => {
                type $t = i64;
                $body
            }
            $crate::DType::U8 => {
                type $t = u8;
                $body
            }
            $crate::DType::U16 => {
                type $t = u16;
                $body
            }
            $crate::DType::U32 => {
                type $t = u32;
                $body
            }
            $crate::DType::U64 => {
                type $t = u64;
                $body
            }
            $crate::DType::F32 => {
                type $t = f32;
                $body
            }
            $crate::DType::F64 => {
                type $t = f64;
                $body
            }
        }
    };
}

impl DType {
    /// All dtypes, in promotion-table order.
    pub const ALL: [DType; 11] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F32,
        DType::F64,
    ];

    /// Bytes per element.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 => 8,
        }
    }

    /// NumPy's name: `float32`, `uint8`, `bool`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F32 => "float32",
            DType::F64 => "float64",
        }
    }

    /// Whether this is f32 or f64.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Whether this is a signed integer.
    pub const fn is_signed(self) -> bool {
        matches!(self, DType::I8 | DType::I16 | DType::I32 | DType::I64)
    }

    /// Whether this is an unsigned integer.
    pub const fn is_unsigned(self) -> bool {
        matches!(self, DType::U8 | DType::U16 | DType::U32 | DType::U64)
    }

    /// Whether this is an integer (bool is not).
    pub const fn is_integer(self) -> bool {
        self.is_signed() || self.is_unsigned()
    }

    const fn signed(size: usize) -> DType {
        match size {
            1 => DType::I8,
            2 => DType::I16,
            4 => DType::I32,
            _ => DType::I64,
        }
    }

    /// The dtype that holds both, by NumPy's `promote_types`.
    ///
    /// ```
    /// use tilework::DType;
    /// assert_eq!(DType::I16.promote(DType::U16), DType::I32);
    /// assert_eq!(DType::I64.promote(DType::U64), DType::F64);
    /// assert_eq!(DType::I32.promote(DType::F32), DType::F64);
    /// assert_eq!(DType::U16.promote(DType::F32), DType::F32);
    /// ```
    pub const fn promote(self, other: DType) -> DType {
        let (a, b) = (self, other);
        if a as u8 == b as u8 || matches!(b, DType::Bool) {
            return a;
        }
        if matches!(a, DType::Bool) {
            return b;
        }
        let (sa, sb) = (a.size(), b.size());
        let wide = if sa > sb { sa } else { sb };
        if a.is_float() || b.is_float() {
            if a.is_float() && b.is_float() {
                return DType::F64; // f32 with f64
            }
            let (float, int) = if a.is_float() { (a, b) } else { (b, a) };
            return if matches!(float, DType::F32) && int.size() <= 2 { DType::F32 } else { DType::F64 };
        }
        if a.is_signed() == b.is_signed() {
            return if sa > sb { a } else { b };
        }
        let (signed, unsigned) = if a.is_signed() { (a, b) } else { (b, a) };
        if signed.size() > unsigned.size() {
            signed
        } else if wide == 8 {
            DType::F64
        } else {
            DType::signed(unsigned.size() * 2)
        }
    }

    /// What all of these promote to; None for none. Floats come first, as in NumPy: int16, uint16 and float32 make float32, though
    /// int16 and uint16 make int32, which with float32 makes float64.
    ///
    /// ```
    /// use tilework::DType;
    /// assert_eq!(DType::promote_all([DType::I16, DType::U16, DType::F32]), Some(DType::F32));
    /// assert_eq!(DType::promote_all([DType::I16, DType::U16, DType::I8]), Some(DType::I32));
    /// ```
    pub fn promote_all(dtypes: impl IntoIterator<Item = DType, IntoIter: Clone>) -> Option<DType> {
        let all = dtypes.into_iter();
        let floats = all.clone().filter(|d| d.is_float());
        floats.chain(all.filter(|d| !d.is_float())).reduce(DType::promote)
    }

    /// Parses NumPy's name, or its short form (`f4`, `u2`, `i8`, `b1`).
    ///
    /// # Errors
    /// A name that is not a supported dtype is refused with the list of those that are.
    pub fn parse(name: &str) -> Result<DType> {
        let short = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"];
        for (dtype, short) in DType::ALL.into_iter().zip(short) {
            if name == dtype.name() || name == short {
                return Ok(dtype);
            }
        }
        let all: Vec<_> = DType::ALL.iter().map(|d| d.name()).collect();
        Err(Error::usage(format!("unknown dtype '{name}': use one of {}", all.join(", "))))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value of any dtype. Integers keep all their bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Scalar {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
}

impl Scalar {
    /// The value as f64 (large integers round to nearest).
    pub fn as_f64(self) -> f64 {
        match self {
            Scalar::Bool(v) => f64::from(u8::from(v)),
            Scalar::I64(v) => v as f64,
            Scalar::U64(v) => v as f64,
            Scalar::F64(v) => v,
        }
    }

    /// Whether `dtype` holds this value exactly (NaN is held by floats; f32 counts as holding the nearest f32).
    pub fn fits(self, dtype: DType) -> bool {
        let int = |lo: i128, hi: i128| match self {
            Scalar::Bool(_) => true,
            Scalar::I64(v) => (lo..=hi).contains(&i128::from(v)),
            Scalar::U64(v) => (lo..=hi).contains(&i128::from(v)),
            Scalar::F64(v) => v.fract() == 0.0 && v >= lo as f64 && v <= hi as f64 && (v as i128) <= hi,
        };
        match dtype {
            DType::Bool => matches!(self, Scalar::Bool(_)) || matches!(self.as_f64(), 0.0 | 1.0),
            DType::F32 | DType::F64 => true,
            d if d.is_signed() => int(-(1i128 << (d.size() * 8 - 1)), (1i128 << (d.size() * 8 - 1)) - 1),
            d => int(0, (1i128 << (d.size() * 8)) - 1),
        }
    }

    /// The dtype a bare scalar takes on its own: bool, int64, uint64 or float64.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::I64(_) => DType::I64,
            Scalar::U64(_) => DType::U64,
            Scalar::F64(_) => DType::F64,
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

/// A Rust type that can be an array's element.
pub trait Element: Copy + Send + Sync + PartialEq + PartialOrd + fmt::Debug + Default + 'static + Into<Scalar> {
    /// The dtype of this type.
    const DTYPE: DType;
    /// The value of a scalar in this type, as Rust's `as` converts (bool: not zero).
    fn from_scalar(s: Scalar) -> Self;
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
                    Scalar::F64(v) => v as $t,
                }
            }
        }
    )*};
}
element!(i8 => I8, i16 => I16, i32 => I32, i64 => I64, u8 => U8, u16 => U16, u32 => U32, u64 => U64, f32 => F32, f64 => F64);

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    fn from_scalar(s: Scalar) -> Self {
        s.as_f64() != 0.0
    }
}
