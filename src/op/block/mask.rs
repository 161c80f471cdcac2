//! What a mask leaves of a block: its elements, or their places. How many there are is known only here.

use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::op::block::NamedBlock;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// The elements of a block at whose places along an axis a mask holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compress {
    /// The axis.
    pub axis: usize,
}

fn kept<T: Element>(x: &Tensor, axis: usize, at: &[usize]) -> Result<Tensor> {
    let made = x.view::<T>()?.select(Axis(axis), at);
    Ok(Tensor::from_ndarray(made))
}

impl NamedBlock for Compress {
    const NAME: &'static str = "compress";
    const DOC: &'static str = "The elements of a block for which a mask along an axis holds.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let [x, mask] = inputs else { return Err(Error::bug("a block without a mask")) };
        if self.axis >= x.ndim() || mask.ndim() != x.ndim() || mask.shape()[self.axis] != x.shape()[self.axis] {
            return Err(Error::bug(format!("a mask of {:?} for a block of {:?}", mask.shape(), x.shape())));
        }
        let mask = mask.lane(self.axis);
        let at: Vec<usize> = mask.view::<bool>()?.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i).collect();
        for_dtype!(x.dtype(), T => kept::<T>(x, self.axis, &at))
    }

    // The places: eight bytes for each byte of the mask. The result may be gathered twice.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.first().copied().unwrap_or(0) + 8 * input_bytes.get(1).copied().unwrap_or(0)
    }
}

/// The places (int64) in the whole list at which a mask holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Places {}

impl NamedBlock for Places {
    const NAME: &'static str = "places";
    const DOC: &'static str = "Where a mask holds.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let mask = super::bins::only(inputs)?.as_slice::<bool>()?;
        let start = block.region.ranges().first().map_or(0, |r| r.start);
        // Counted first: a list that grows would hold up to three times its size.
        let mut at = Vec::with_capacity(mask.iter().filter(|on| **on).count());
        at.extend(mask.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| (start + i) as i64));
        Tensor::from_vec(&[at.len()], at)
    }
}

/// The length of a block along an axis (int64), as a block of one element.
#[derive(Debug, Serialize, Deserialize)]
pub struct Length {
    /// The axis.
    pub axis: usize,
}

impl NamedBlock for Length {
    const NAME: &'static str = "length";
    const DOC: &'static str = "How long a block is along an axis.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = super::bins::only(inputs)?;
        let n = x.shape().get(self.axis).ok_or_else(|| Error::bug("an axis that is not there"))?;
        Tensor::from_vec(&vec![1; x.ndim()], vec![*n as i64])
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        0
    }
}
