//! The values of a curve of straight lines through points.

use crate::base::Result;
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// For every element (float64) the value of the lines through the points. Terms are in NumPy's order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Interpolate {
    /// Where the points are, rising; at least one.
    pub xp: Vec<f64>,
    /// As many values.
    pub fp: Vec<f64>,
    /// Before the first point.
    pub left: f64,
    /// Behind the last.
    pub right: f64,
}

impl Interpolate {
    fn value(&self, x: f64) -> f64 {
        let (xp, fp) = (&self.xp, &self.fp);
        let behind = xp.partition_point(|&p| p <= x);
        if x.is_nan() {
            return x;
        }
        let Some(i) = behind.checked_sub(1) else { return self.left };
        if behind == xp.len() {
            return if x > xp[i] { self.right } else { fp[i] };
        }
        if xp[i] == x {
            return fp[i]; // also where the slope is not finite
        }
        let slope = (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i]);
        let from_left = slope * (x - xp[i]) + fp[i];
        if !from_left.is_nan() {
            return from_left;
        }
        let from_right = slope * (x - xp[i + 1]) + fp[i + 1];
        if from_right.is_nan() && fp[i] == fp[i + 1] { fp[i] } else { from_right }
    }
}

impl NamedBlock for Interpolate {
    const NAME: &'static str = "interp";
    const DOC: &'static str = "The values of the straight lines through some points.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = super::bins::only(inputs)?;
        Tensor::from_vec(x.shape(), x.as_slice::<f64>()?.iter().map(|&v| self.value(v)).collect())
    }

    fn held_bytes(&self) -> u64 {
        16 * self.xp.len() as u64
    }
}
