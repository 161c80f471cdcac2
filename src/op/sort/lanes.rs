//! Lanes that lie in one chunk.

use crate::base::{C128, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::sort;
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// Every lane along an axis sorted, or the places of its elements in that order.
#[derive(Debug, Serialize, Deserialize)]
pub struct SortLanes {
    /// The axis.
    pub axis: usize,
    /// Places (int64) instead of elements.
    pub places: bool,
    /// Length of a lane.
    pub n: usize,
}

impl NamedBlock for SortLanes {
    const NAME: &'static str = "sort";
    const DOC: &'static str = "Every lane of a block in order of size, or the places of its elements in that order.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        if self.places { sort::argsort_lanes(x, self.axis) } else { sort::sort_lanes(x, self.axis) }
    }

    // The lanes side by side, and of one lane its elements with places.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let pairs = if self.places { self.n * sort::pair_bytes(size_of::<C128>()) } else { 0 };
        input_bytes.iter().sum::<u64>() + pairs as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 3
    }
}
