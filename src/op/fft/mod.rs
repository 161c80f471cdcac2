//! Discrete Fourier transforms of the lanes of a block.

use crate::base::{DType, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::fft::{self, Direction};
use crate::op::block::{NamedBlock, Row};
use serde::{Deserialize, Serialize};

/// All of them.
pub const BLOCKS: &[Row] = &[Row::of::<Fft>()];

/// The transform of every lane along an axis, which is whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct Fft {
    /// What is transformed into what.
    pub direction: Direction,
    /// Length of the transform.
    pub n: usize,
    /// The axis.
    pub axis: usize,
    /// What the result is multiplied by.
    pub scale: f64,
    /// The most lanes that lie side by side in a block.
    pub inner: usize,
    /// The floats of 4 bytes, else of 8.
    pub single: bool,
}

impl NamedBlock for Fft {
    const NAME: &'static str = "fft";
    const DOC: &'static str = "Discrete Fourier transforms along an axis, forward and back, of complex and of real numbers.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = inputs.first().ok_or_else(|| Error::bug("a block function without an input"))?;
        if self.axis >= x.ndim() || self.n == 0 {
            return Err(Error::bug(format!("a transform of {} along axis {} of {:?}", self.n, self.axis, x.shape())));
        }
        match x.dtype().part() {
            DType::F32 => fft::transform::<f32>(x, self.axis, self.n, self.direction, self.scale),
            _ => fft::transform::<f64>(x, self.axis, self.n, self.direction, self.scale),
        }
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum::<u64>() + fft::bytes(self.n, self.direction, if self.single { 4 } else { 8 }, self.inner).1
    }

    fn kept(&self) -> Option<(&'static str, u64)> {
        let name = if self.single { "plan of float32 transforms" } else { "plan of float64 transforms" };
        Some((name, fft::bytes(self.n, self.direction, if self.single { 4 } else { 8 }, self.inner).0))
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * u64::from(self.n.max(2).ilog2()) / 8
    }
}
