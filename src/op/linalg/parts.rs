//! Pieces of blocks that hold several results, and products block by block.

use crate::base::{AxisSlice, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::kernel::linalg::{Multiply, rows};
use crate::op::block::NamedBlock;
use crate::op::linalg::contract::PACKED;
use crate::op::linalg::lanes::KEPT;
use serde::{Deserialize, Serialize};

/// Some rows or columns of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// All.
    All,
    /// From the first number on as many as the second says.
    At(usize, usize),
    /// All but the last few.
    But(usize),
    /// The last few.
    Last(usize),
}

impl Span {
    fn of(self, n: usize) -> Option<AxisSlice> {
        let (start, len) = match self {
            Span::All => (0, n),
            Span::At(start, len) => (start, len),
            Span::But(last) => (0, n.checked_sub(last)?),
            Span::Last(last) => (n.checked_sub(last)?, last),
        };
        (start + len <= n).then_some(AxisSlice { start, step: 1, len })
    }
}

/// A part of every block, in its last two axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// Rows.
    pub rows: Span,
    /// Columns.
    pub columns: Span,
}

impl NamedBlock for Part {
    const NAME: &'static str = "part";
    const DOC: &'static str = "Some rows and columns of every block: one of the results that a factorisation packs together.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let t = inputs.first().ok_or_else(|| Error::bug("a block function without an input"))?;
        let missing = || Error::bug(format!("{self:?} of a block of shape {:?}", t.shape()));
        let lead = t.ndim().checked_sub(2).ok_or_else(missing)?;
        let rows = self.rows.of(t.shape()[lead]).ok_or_else(missing)?;
        let columns = self.columns.of(t.shape()[lead + 1]).ok_or_else(missing)?;
        Ok(t.slice_axis(lead, rows).slice_axis(lead + 1, columns))
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        0
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 8
    }
}

/// The product of the two matrices in blocks at the same place.
#[derive(Debug, Serialize, Deserialize)]
pub struct BlockProduct {}

impl NamedBlock for BlockProduct {
    const NAME: &'static str = "block_product";
    const DOC: &'static str = "Products of matrices in blocks at the same place.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        fn run<T: Multiply>(shape: &[usize], a: &Tensor, b: &Tensor) -> Result<Tensor> {
            let (a, b) = (rows::in_rows(a), rows::in_rows(b));
            let (a, b) = (rows::rows_of::<T>(&a)?, rows::rows_of::<T>(&b)?);
            if a.n_columns() != b.n_rows() || shape != [a.n_rows(), b.n_columns()] {
                return Err(Error::bug(format!("a product of {} by {} and {} rows", a.n_rows(), a.n_columns(), b.n_rows())));
            }
            let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size_of::<T>());
            T::product(out.elements_mut::<T>(), a, b);
            Tensor::new(T::DTYPE, shape, out.freeze())
        }
        let [a, b] = inputs else { return Err(Error::bug(format!("a product of {} blocks", inputs.len()))) };
        for_dtype!(a.dtype(), T => run::<T>(&block.region.shape(), a, b))
    }

    fn kept(&self) -> Option<(&'static str, u64)> {
        Some((PACKED, KEPT))
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 4
    }
}
