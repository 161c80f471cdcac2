//! Looking every element up in a sorted list, by halving: a list that the function holds, or a piece of one beside the elements.

use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
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

/// Whether elements are in a sorted list.
fn found<T: Element>(list: &[T], x: &Tensor) -> Result<Tensor> {
    let is_in = |&v: &T| list.get(list.partition_point(|&s| s.sort_order(v) == Ordering::Less)).is_some_and(|&s| s == v);
    Tensor::from_vec(x.shape(), x.as_slice::<T>()?.iter().map(is_in).collect())
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

/// The elements, and one row of the list beside them: the piece of the list that a block meets. The list lies along the first axis of
/// the second input, which repeats along all others.
fn beside(inputs: &[Tensor]) -> Result<Option<(&Tensor, Tensor)>> {
    let [x, list] = inputs else { return Err(Error::bug(format!("{} inputs, not elements and a list", inputs.len()))) };
    if x.shape().contains(&0) {
        return Ok(None);
    }
    let piece = (1..list.ndim()).rev().fold(list.clone(), |t, a| t.index_axis(a, 0)).contiguous();
    if piece.dtype() != x.dtype() || piece.ndim() != 1 {
        return Err(Error::bug(format!("a list of {} {:?} beside {}", piece.dtype(), piece.shape(), x.dtype())));
    }
    Ok(Some((x, piece)))
}

/// How many elements of a piece of a sorted list come before each element (int64): pieces of a list add up to the places in all of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CountBefore {
    /// Equal ones count, too.
    pub equal: bool,
    /// Whether the list may also fall.
    pub falling: bool,
    /// What the user called, for what is wrong with the list.
    pub call: String,
}

impl CountBefore {
    fn counts<T: Element>(&self, x: &Tensor, list: &[T]) -> Result<Tensor> {
        let ordered = |low: Ordering| list.windows(2).all(|w| w[0].sort_order(w[1]) != low);
        let falls = !ordered(Ordering::Greater);
        if falls && !(self.falling && ordered(Ordering::Less)) {
            let how = if self.falling { "rise or fall" } else { "rise" };
            return Err(Error::usage(format!("{}: the numbers to search in must {how}: sort them", self.call)));
        }
        let before = |s: T, v: T| match s.sort_order(v) {
            Ordering::Less => true,
            Ordering::Equal => self.equal,
            Ordering::Greater => false,
        };
        let count = |&v: &T| {
            let n = list.partition_point(|&s| before(s, v) != falls);
            (if falls { list.len() - n } else { n }) as i64
        };
        Tensor::from_vec(x.shape(), x.contiguous().as_slice::<T>()?.iter().map(count).collect())
    }
}

impl NamedBlock for CountBefore {
    const NAME: &'static str = "count_before";
    const DOC: &'static str = "How many elements of a piece of a sorted list come before each element.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        match beside(inputs)? {
            None => Tensor::from_vec(&block.region.shape(), Vec::<i64>::new()),
            Some((x, list)) => for_dtype!(list.dtype(), T => self.counts::<T>(x, list.as_slice::<T>()?)),
        }
    }
}

/// Whether elements are in a piece of a list, which is sorted.
#[derive(Debug, Serialize, Deserialize)]
pub struct IsBeside {}

impl NamedBlock for IsBeside {
    const NAME: &'static str = "is_beside";
    const DOC: &'static str = "Whether each element is in a piece of a list.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        match beside(inputs)? {
            None => Tensor::from_vec(&block.region.shape(), Vec::<bool>::new()),
            Some((x, list)) => for_dtype!(list.dtype(), T => found::<T>(list.as_slice::<T>()?, &x.contiguous())),
        }
    }
}
