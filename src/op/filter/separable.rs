//! Filters along one axis after the other, all in one task.

use crate::base::{DType, Result, Scalar};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::filter::pass::{Outside, Pass, converted, pass};
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// Filters along axes. A block comes with the halo that all of them need together, and loses it.
///
/// Elements outside of the array that have one value must have it again before each further filter: what an earlier one made of them
/// does not count, as in SciPy, which goes to the next axis with the array alone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Separable {
    /// The filters in order, at most one for each axis.
    pub passes: Vec<Pass>,
    /// Length of the array along each axis.
    pub shape: Vec<usize>,
    /// Elements of the halo (before, after) along each axis.
    pub depth: Vec<(usize, usize)>,
    /// The value outside of the array, and along which axes.
    pub outside: Option<(Scalar, Vec<bool>)>,
    /// Element type of the blocks.
    pub from: DType,
    /// Element type of the results; if it is another, blocks must be float64.
    pub dtype: DType,
    /// Length of the longest line with its halo.
    pub line: usize,
}

impl Separable {
    /// How many places of a block lie outside of the array along each axis; none along axes that are done.
    fn beyond(&self, block: &BlockInfo, constant: &[bool], done: &[Pass]) -> Vec<(usize, usize)> {
        let lengths = self.shape.iter().zip(&self.depth).zip(block.region.ranges());
        let places = lengths.enumerate().map(|(a, ((&n, &(before, after)), r))| {
            let open = constant.get(a) == Some(&true) && done.iter().all(|p| p.axis != a);
            if open { (before.saturating_sub(r.start), (r.end + after).saturating_sub(n)) } else { (0, 0) }
        });
        places.collect()
    }
}

impl NamedBlock for Separable {
    const NAME: &'static str = "separable_filter";
    const DOC: &'static str = "Weighted sums, means, sums and extremes of windows, along one axis after the other.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let mut x = only(inputs)?.clone();
        for (i, p) in self.passes.iter().enumerate() {
            let places = self.outside.as_ref().map(|(value, axes)| (*value, self.beyond(block, axes, &self.passes[..=i])));
            let outside = places.as_ref().map(|(value, places)| Outside { value: *value, places });
            x = pass(&x, p, outside)?;
            if x.dtype() != self.dtype {
                x = converted(&x, self.dtype)?;
            }
        }
        Ok(x)
    }

    // Two blocks between filters: one that is read, one that is written, of which the last is the result.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let n = input_bytes.iter().sum::<u64>() / self.from.size() as u64;
        let size = self.from.size().max(self.dtype.size()) as u64;
        let blocks = (self.passes.len() as u64).saturating_sub(1).min(2) + u64::from(self.from != self.dtype);
        let steps = self.passes.iter().map(|p| p.step.scratch_bytes(self.line as u64, n, self.from)).max();
        // A block without a halo is the array's own, and may have to be copied together.
        let copy = if self.depth.iter().all(|d| *d == (0, 0)) { input_bytes.iter().sum() } else { 0 };
        blocks * n * size + steps.unwrap_or(0) + copy
    }

    fn held_bytes(&self) -> u64 {
        self.passes.iter().map(|p| 8 * p.step.len() as u64).sum()
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 8 * self.passes.len() as u64 + bytes / 4
    }
}
