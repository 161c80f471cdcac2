//! Element types, their bytes and NumPy's promotion rules.
//!
//! A dtype is a plain enum; the link to Rust's types is [`Element`](crate::base::Element). Code that must run for every dtype is
//! written once, generically, and entered through [`for_dtype!`](crate::for_dtype), or through
//! [`for_real!`](crate::for_real) where complex numbers have no part.

use crate::base::error::{Error, Result};
use num_complex::Complex;
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
    /// Complex numbers of two f32.
    C64,
    /// Complex numbers of two f64.
    C128,
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
        $crate::for_real!($dtype, $t => $body,
            $crate::DType::C64 => {
                type $t = $crate::base::dtype::C64;
                $body
            }
            $crate::DType::C128 => {
                type $t = $crate::base::dtype::C128;
                $body
            })
    };
}

/// Runs `$body` with `$t` standing for the Rust type of a dtype that is not complex; the complex ones have arms of their own.
///
/// ```
/// use tilework::{DType, for_real};
/// let n = for_real!(DType::C64, T => std::mem::size_of::<T>(), DType::C64 | DType::C128 => 0);
/// assert_eq!(n, 0);
/// ```
#[macro_export]
macro_rules! for_real {
    // As which type the elements of bool are read.
    (@bool $bool:ty; $dtype:expr, $t:ident => $body:expr, $($complex:tt)+) => {
        match $dtype {
            $crate::DType::Bool => {
                type $t = $bool;
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
            $($complex)+
        }
    };
    ($dtype:expr, $t:ident => $body:expr, $($complex:tt)+) => {
        $crate::for_real!(@bool bool; $dtype, $t => $body, $($complex)+)
    };
}

/// Complex numbers of two f32, NumPy's complex64.
pub type C64 = Complex<f32>;
/// Complex numbers of two f64, NumPy's complex128.
pub type C128 = Complex<f64>;

impl DType {
    /// All dtypes, in promotion-table order.
    pub const ALL: [DType; 13] = [
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
        DType::C64,
        DType::C128,
    ];

    /// Bytes per element.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::I8 | DType::U8 => 1,
            DType::I16 | DType::U16 => 2,
            DType::I32 | DType::U32 | DType::F32 => 4,
            DType::I64 | DType::U64 | DType::F64 | DType::C64 => 8,
            DType::C128 => 16,
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
            DType::C64 => "complex64",
            DType::C128 => "complex128",
        }
    }

    /// Whether this is f32 or f64 (complex is not).
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Whether this is complex64 or complex128.
    pub const fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }

    /// Whether values are rounded and may be NaN: floats and complex numbers.
    pub const fn is_inexact(self) -> bool {
        self.is_float() || self.is_complex()
    }

    /// Whether this is a number (bool is not).
    pub const fn is_numeric(self) -> bool {
        !matches!(self, DType::Bool)
    }

    /// The dtype of the real and imaginary part: that of the floats of a complex dtype, else this.
    ///
    /// ```
    /// use tilework::DType;
    /// assert_eq!((DType::C64.part(), DType::C128.part(), DType::I8.part()), (DType::F32, DType::F64, DType::I8));
    /// ```
    pub const fn part(self) -> DType {
        match self {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            real => real,
        }
    }

    /// The complex dtype that holds these numbers, by promotion with complex64.
    pub const fn complex(self) -> DType {
        self.promote(DType::C64)
    }

    /// Whether `astype` goes from this to `to`: always, but for complex to what is neither complex nor bool.
    pub const fn converts(self, to: DType) -> bool {
        !self.is_complex() || to.is_complex() || matches!(to, DType::Bool)
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
    /// assert_eq!(DType::I16.promote(DType::C64), DType::C64);
    /// assert_eq!(DType::F64.promote(DType::C64), DType::C128);
    /// ```
    pub const fn promote(self, other: DType) -> DType {
        let (a, b) = (self, other);
        if a as u8 == b as u8 || matches!(b, DType::Bool) {
            return a;
        }
        if matches!(a, DType::Bool) {
            return b;
        }
        if a.is_complex() || b.is_complex() {
            // As the parts promote with float32: int16 fits beside it, int32 does not.
            return match (a.part().promote(DType::F32), b.part().promote(DType::F32)) {
                (DType::F32, DType::F32) => DType::C64,
                _ => DType::C128,
            };
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

    /// What all of these promote to; None for none. Complex numbers and floats come first, as in NumPy: int16, uint16 and float32 make float32, though
    /// int16 and uint16 make int32, which with float32 makes float64.
    ///
    /// ```
    /// use tilework::DType;
    /// assert_eq!(DType::promote_all([DType::I16, DType::U16, DType::F32]), Some(DType::F32));
    /// assert_eq!(DType::promote_all([DType::I16, DType::U16, DType::I8]), Some(DType::I32));
    /// ```
    pub fn promote_all(dtypes: impl IntoIterator<Item = DType, IntoIter: Clone>) -> Option<DType> {
        let all = dtypes.into_iter();
        let inexact = all.clone().filter(|d| d.is_inexact());
        inexact.chain(all.filter(|d| !d.is_inexact())).reduce(DType::promote)
    }

    /// Parses NumPy's name, or its short form (`f4`, `u2`, `i8`, `b1`, `c16`).
    ///
    /// # Errors
    /// A name that is not a supported dtype is refused with the list of those that are.
    pub fn parse(name: &str) -> Result<DType> {
        let short = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16"];
        for (dtype, short) in DType::ALL.into_iter().zip(short) {
            if name == dtype.name() || name == short {
                return Ok(dtype);
            }
        }
        let all: Vec<_> = DType::ALL.iter().map(|d| d.name()).collect();
        Err(Error::dtype(format!("unknown dtype '{name}': use one of {}", all.join(", "))))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
