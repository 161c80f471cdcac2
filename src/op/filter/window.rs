//! Filters whose window is a set of places in all dimensions.

use crate::base::{DType, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::filter::pass::converted;
use crate::kernel::filter::window::{Make, Window, filter, scratch_bytes};
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// A filter over a window. A block comes with a halo of the window's length less 1 along each axis.
#[derive(Debug, Serialize, Deserialize)]
pub struct WindowFilter {
    /// The window.
    pub window: Window,
    /// What is made of its elements.
    pub make: Make,
    /// Element type of the blocks.
    pub from: DType,
    /// Element type of the results; if it is another, blocks must be float64.
    pub dtype: DType,
}

impl NamedBlock for WindowFilter {
    const NAME: &'static str = "window_filter";
    const DOC: &'static str = "Weighted sums, extremes and ranks of the elements in windows of any form.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let out = filter(only(inputs)?, &self.window, &self.make)?;
        if self.dtype == out.dtype() { Ok(out) } else { converted(&out, self.dtype) }
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let bytes = input_bytes.iter().sum::<u64>();
        // A block without a halo is the array's own, and may have to be copied together.
        let copy = if self.window.shape.iter().all(|&n| n == 1) { bytes } else { 0 };
        let between = copy + if self.from == self.dtype { 0 } else { bytes };
        between + scratch_bytes(&self.window, &self.make, bytes / self.from.size() as u64, self.from)
    }

    fn held_bytes(&self) -> u64 {
        24 * self.window.places.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        let per_place = if matches!(self.make, Make::Rank(_)) { 2 } else { 1 };
        bytes / 8 * (1 + per_place * self.window.places.len() as u64 / 4)
    }
}
