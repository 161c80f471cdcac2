//! A list of numbers held in memory, in one of the widest types.

use crate::base::{C128, DType, Element, Scalar};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Numbers of the type in which they are compared with an array's elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Numbers {
    /// Where either side is float, or signed meets uint64.
    F64(Vec<f64>),
    /// Bool and signed integers.
    I64(Vec<i64>),
    /// Unsigned integers.
    U64(Vec<u64>),
    /// Where either side is complex.
    C128(Vec<C128>),
}

impl Numbers {
    /// The dtype in which elements of two dtypes are compared, by the rule of promotion.
    pub fn common(a: DType, b: DType) -> DType {
        match a.promote(b) {
            d if d.is_complex() => DType::C128,
            d if d.is_float() => DType::F64,
            d if d.is_unsigned() => DType::U64,
            _ => DType::I64,
        }
    }

    /// The values in the type in which they meet elements of `dtype`.
    pub fn beside<T: Element>(values: &[T], dtype: DType) -> Numbers {
        let scalars = values.iter().map(|&v| -> Scalar { v.into() });
        match Numbers::common(T::DTYPE, dtype) {
            DType::C128 => Numbers::C128(scalars.map(Scalar::as_complex).collect()),
            DType::F64 => Numbers::F64(scalars.map(Scalar::as_f64).collect()),
            DType::U64 => Numbers::U64(scalars.map(u64::from_scalar).collect()),
            _ => Numbers::I64(scalars.map(i64::from_scalar).collect()),
        }
    }

    /// Their dtype.
    pub fn dtype(&self) -> DType {
        match self {
            Numbers::F64(_) => DType::F64,
            Numbers::I64(_) => DType::I64,
            Numbers::U64(_) => DType::U64,
            Numbers::C128(_) => DType::C128,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::F64(v) => v.len(),
            Numbers::I64(v) => v.len(),
            Numbers::U64(v) => v.len(),
            Numbers::C128(v) => v.len(),
        }
    }

    /// Bytes of memory they take.
    pub fn n_bytes(&self) -> u64 {
        (self.len() * self.dtype().size()) as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether none is above the next; NaN is above all others.
    pub fn is_sorted(&self) -> bool {
        fn rising<T: Element>(v: &[T]) -> bool {
            v.windows(2).all(|w| w[0].sort_order(w[1]) != Ordering::Greater)
        }
        match self {
            Numbers::F64(v) => rising(v),
            Numbers::I64(v) => rising(v),
            Numbers::U64(v) => rising(v),
            Numbers::C128(v) => rising(v),
        }
    }

    /// The same, the last first.
    #[must_use]
    pub fn reversed(mut self) -> Numbers {
        match &mut self {
            Numbers::F64(v) => v.reverse(),
            Numbers::I64(v) => v.reverse(),
            Numbers::U64(v) => v.reverse(),
            Numbers::C128(v) => v.reverse(),
        }
        self
    }

    /// Rising, each once, without NaN.
    #[must_use]
    pub fn into_set(self) -> Numbers {
        fn set<T: Element>(v: Vec<T>) -> Vec<T> {
            let mut v: Vec<T> = v.into_iter().filter(|x| !x.has_nan()).collect();
            v.sort_by(|a, b| a.sort_order(*b));
            v.dedup();
            v
        }
        match self {
            Numbers::F64(v) => Numbers::F64(set(v)),
            Numbers::I64(v) => Numbers::I64(set(v)),
            Numbers::U64(v) => Numbers::U64(set(v)),
            Numbers::C128(v) => Numbers::C128(set(v)),
        }
    }
}
