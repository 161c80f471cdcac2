//! Windows over blocks: their spread, and the windows themselves.

use crate::base::{DType, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::for_real;
use crate::kernel::filter::pass::{converted, no_complex};
use crate::kernel::filter::spread::moments;
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// Variances of windows. A block comes with a halo behind it of the window's length less 1 along each of its axes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Axes of the window and its length along each.
    pub form: Vec<(usize, usize)>,
    /// What is subtracted from the count of elements.
    pub ddof: f64,
    /// The root of the variance.
    pub root: bool,
    /// Element type of the blocks.
    pub from: DType,
    /// Element type of the results.
    pub dtype: DType,
}

impl NamedBlock for Spread {
    const NAME: &'static str = "window_spread";
    const DOC: &'static str = "Variances and standard deviations of windows.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        let values: Vec<f64> = for_real!(x.dtype(), T => {
            use crate::kernel::filter::pixel::Pixel;
            x.as_slice::<T>()?.iter().map(|v| v.to_f64()).collect()
        }, DType::C64 | DType::C128 => return Err(no_complex()));
        let squares = moments(values, x.shape(), &self.form)?;
        let count = (self.form.iter().map(|f| f.1 as f64).product::<f64>() - self.ddof).max(0.0);
        let mut out = BufferMut::for_overwrite(8 * squares.len());
        for (o, s) in out.elements_mut::<f64>().iter_mut().zip(&squares) {
            *o = if self.root { (s / count).sqrt() } else { s / count };
        }
        drop(squares);
        let out = Tensor::new(DType::F64, &block.region.shape(), out.freeze())?;
        if self.dtype == DType::F64 { Ok(out) } else { converted(&out, self.dtype) }
    }

    // Means and squares before and after a step along an axis, and the result in float64.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let bytes = input_bytes.iter().sum::<u64>();
        bytes + 5 * 8 * (bytes / self.from.size() as u64)
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * self.form.len() as u64
    }
}

/// Windows as they are: axes for their places, then their own. The elements lie once in the block that the result is a view of.
#[derive(Debug, Serialize, Deserialize)]
pub struct WindowView {
    /// Axes of the array that the windows have.
    pub axes: Vec<usize>,
}

impl NamedBlock for WindowView {
    const NAME: &'static str = "window_view";
    const DOC: &'static str = "All windows over a block, side by side.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let mut x = only(inputs)?.clone();
        let shape = block.region.shape();
        let ndim = shape.len().saturating_sub(self.axes.len());
        while x.ndim() > ndim {
            x = x.index_axis(x.ndim() - 1, 0);
        }
        let x = x.contiguous();
        let mut strides = x.strides().to_vec();
        for (i, &a) in self.axes.iter().enumerate() {
            let window = shape[ndim + i];
            if x.shape().get(a) != Some(&(shape[a] + window - 1)) && shape[a] > 0 {
                return Err(Error::bug(format!("windows of {window} along axis {a} of a block of {:?}", x.shape())));
            }
            strides.push(x.strides()[a]);
        }
        let start = (x.origin() as usize - x.buffer().bytes().as_ptr() as usize) / x.dtype().size();
        Tensor::with_layout(x.dtype(), &shape, &strides, start, x.buffer().clone())
    }
}
