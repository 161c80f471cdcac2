//! Pieces of blocks that hold several results.

use crate::base::{AxisSlice, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// A part of every block, in its last two axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// First row, and how many.
    pub rows: (usize, usize),
    /// First column, and how many.
    pub columns: (usize, usize),
}

impl NamedBlock for Part {
    const NAME: &'static str = "part";
    const DOC: &'static str = "Some rows and columns of every block: one of the results that a factorisation packs together.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let t = inputs.first().ok_or_else(|| Error::bug("a block function without an input"))?;
        let missing = || Error::bug(format!("{self:?} of a block of shape {:?}", t.shape()));
        let lead = t.ndim().checked_sub(2).ok_or_else(missing)?;
        let along = |(start, len): (usize, usize), axis: usize| {
            if start + len > t.shape()[axis] { Err(missing()) } else { Ok(AxisSlice { start, step: 1, len }) }
        };
        Ok(t.slice_axis(lead, along(self.rows, lead)?).slice_axis(lead + 1, along(self.columns, lead + 1)?))
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        0
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 8
    }
}
