//! Looking every element up in a sorted list, by halving.

use crate::base::{Element, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::op::block::{NamedBlock, Numbers};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Where elements would have to be put into a sorted list (int64).
#[derive(Debug, Serialize, Deserialize)]
pub struct SearchSorted {
    /// The list, of the elements' dtype, rising (NaN last).
    pub sorted: Numbers,
    /// Behind equal numbers instead of before them.
    pub right: bool,
    /// The place counted from the end, for lists that were falling.
    pub from_end: bool,
}

impl SearchSorted {
    fn places<T: Element>(&self, list: &[T], x: &Tensor) -> Result<Tensor> {
        let place = |&v: &T| {
            let i = match self.right {
                false => list.partition_point(|&s| s.sort_order(v) == Ordering::Less),
                true => list.partition_point(|&s| s.sort_order(v) != Ordering::Greater),
            };
            (if self.from_end { list.len() - i } else { i }) as i64
        };
        Tensor::from_vec(x.shape(), x.as_slice::<T>()?.iter().map(place).collect())
    }
}

impl NamedBlock for SearchSorted {
    const NAME: &'static str = "searchsorted";
    const DOC: &'static str = "Where each element would have to be put into a sorted list.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = super::bins::only(inputs)?;
        match &self.sorted {
            Numbers::F64(v) => self.places(v, x),
            Numbers::I64(v) => self.places(v, x),
            Numbers::U64(v) => self.places(v, x),
            Numbers::C128(v) => self.places(v, x),
        }
    }

    fn held_bytes(&self) -> u64 {
        self.sorted.n_bytes()
    }
}

/// Whether elements are in a set.
#[derive(Debug, Serialize, Deserialize)]
pub struct IsIn {
    /// The set, of the elements' dtype, rising.
    pub set: Numbers,
}

impl NamedBlock for IsIn {
    const NAME: &'static str = "isin";
    const DOC: &'static str = "Whether each element is in a list.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        fn found<T: Element>(set: &[T], x: &Tensor) -> Result<Tensor> {
            let is_in = |&v: &T| set.get(set.partition_point(|&s| s.sort_order(v) == Ordering::Less)).is_some_and(|&s| s == v);
            Tensor::from_vec(x.shape(), x.as_slice::<T>()?.iter().map(is_in).collect())
        }
        let x = super::bins::only(inputs)?;
        match &self.set {
            Numbers::F64(v) => found(v, x),
            Numbers::I64(v) => found(v, x),
            Numbers::U64(v) => found(v, x),
            Numbers::C128(v) => found(v, x),
        }
    }

    fn held_bytes(&self) -> u64 {
        self.set.n_bytes()
    }
}
