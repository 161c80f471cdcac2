//! A list of numbers held in memory, in one of the three widest types.

use crate::base::{DType, Element, Scalar};
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
}

impl Numbers {
    /// The values in the type in which they meet elements of `dtype`, by the rule of promotion.
    pub fn beside<T: Element>(values: &[T], dtype: DType) -> Numbers {
        let scalars = values.iter().map(|&v| -> Scalar { v.into() });
        match T::DTYPE.promote(dtype) {
            d if d.is_float() => Numbers::F64(scalars.map(Scalar::as_f64).collect()),
            d if d.is_unsigned() => Numbers::U64(scalars.map(u64::from_scalar).collect()),
            _ => Numbers::I64(scalars.map(i64::from_scalar).collect()),
        }
    }

    /// Their dtype.
    pub fn dtype(&self) -> DType {
        match self {
            Numbers::F64(_) => DType::F64,
            Numbers::I64(_) => DType::I64,
            Numbers::U64(_) => DType::U64,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::F64(v) => v.len(),
            Numbers::I64(v) => v.len(),
            Numbers::U64(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether none is above the next; NaN is above all others.
    pub fn is_sorted(&self) -> bool {
        fn rising<T: PartialOrd + Copy>(v: &[T]) -> bool {
            v.windows(2).all(|w| order(w[0], w[1]) != Ordering::Greater)
        }
        match self {
            Numbers::F64(v) => rising(v),
            Numbers::I64(v) => rising(v),
            Numbers::U64(v) => rising(v),
        }
    }

    /// The same, the last first.
    #[must_use]
    pub fn reversed(mut self) -> Numbers {
        match &mut self {
            Numbers::F64(v) => v.reverse(),
            Numbers::I64(v) => v.reverse(),
            Numbers::U64(v) => v.reverse(),
        }
        self
    }

    /// Rising, each once, without NaN.
    #[must_use]
    pub fn into_set(self) -> Numbers {
        fn set<T: PartialOrd + Copy>(v: Vec<T>) -> Vec<T> {
            #[allow(clippy::eq_op, reason = "false for NaN")]
            let mut v: Vec<T> = v.into_iter().filter(|x| x == x).collect();
            v.sort_by(|a, b| order(*a, *b));
            v.dedup();
            v
        }
        match self {
            Numbers::F64(v) => Numbers::F64(set(v)),
            Numbers::I64(v) => Numbers::I64(set(v)),
            Numbers::U64(v) => Numbers::U64(set(v)),
        }
    }
}

/// NumPy's order for sorting: NaN behind all others, and equal to itself.
pub(super) fn order<T: PartialOrd>(a: T, b: T) -> Ordering {
    #[allow(clippy::eq_op, reason = "the test for NaN")]
    let is_nan = |x: &T| x != x;
    a.partial_cmp(&b).unwrap_or_else(|| is_nan(&a).cmp(&is_nan(&b)))
}
