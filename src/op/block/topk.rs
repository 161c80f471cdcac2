//! The first few of every lane in order of size.

use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// The `k` largest of each lane along an axis, largest first (or the smallest, smallest first), or what stands in their places in the
/// second input. NaN is larger than all others; of equal elements the first is taken first.
#[derive(Debug, Serialize, Deserialize)]
pub struct TopK {
    /// How many, if there are so many.
    pub k: usize,
    /// The axis.
    pub axis: usize,
    /// The largest, else the smallest.
    pub largest: bool,
    /// Bytes of an element.
    pub element_bytes: u32,
    /// The shortest and the longest lane of all blocks.
    pub lanes: (usize, usize),
}

impl TopK {
    /// For every lane the places of its first `k`; as a number of the block's elements in C order.
    fn places<T: Element>(&self, x: &Tensor) -> Result<(Vec<usize>, Vec<usize>)> {
        let Some(&n) = x.shape().get(self.axis) else {
            return Err(Error::bug(format!("axis {} of a block of shape {:?}", self.axis, x.shape())));
        };
        let inner: usize = x.shape()[self.axis + 1..].iter().product();
        let outer: usize = x.shape()[..self.axis].iter().product();
        let k = self.k.min(n);
        let mut shape = x.shape().to_vec();
        shape[self.axis] = k;
        let data = x.as_slice::<T>()?;
        let mut out = vec![0; outer * k * inner];
        let mut lane: Vec<(T, usize)> = Vec::with_capacity(n);
        for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
            lane.clear();
            lane.extend((0..n).map(|j| (o * n + j) * inner + i).map(|at| (data[at], at)));
            let by = |a: &(T, usize), b: &(T, usize)| {
                let size = if self.largest { b.0.sort_order(a.0) } else { a.0.sort_order(b.0) };
                size.then(a.1.cmp(&b.1))
            };
            if k > 0 && k < n {
                lane.select_nth_unstable_by(k - 1, by);
            }
            lane.truncate(k);
            lane.sort_unstable_by(by);
            for (j, &(_, at)) in lane.iter().enumerate() {
                out[(o * k + j) * inner + i] = at;
            }
        }
        Ok((shape, out))
    }
}

impl NamedBlock for TopK {
    const NAME: &'static str = "topk";
    const DOC: &'static str = "The first few elements of every lane in order of size.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = super::bins::only(inputs)?;
        let (shape, places) = for_dtype!(x.dtype(), T => self.places::<T>(x))?;
        let from = inputs.get(1).unwrap_or(x);
        if from.shape() != x.shape() {
            return Err(Error::bug(format!("blocks of shapes {:?} and {:?}", x.shape(), from.shape())));
        }
        for_dtype!(from.dtype(), T => {
            let data = from.as_slice::<T>()?;
            Tensor::from_vec::<T>(&shape, places.iter().map(|&at| data[at]).collect())
        })
    }

    // Blocks in one piece, the places that are taken, and the lane at work with the places of its elements.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let size = u64::from(self.element_bytes.max(1));
        let n = input_bytes.first().map_or(0, |b| b / size);
        let (shortest, longest) = (self.lanes.0.max(1) as u64, self.lanes.1 as u64);
        let taken = (n / shortest).saturating_mul(self.k as u64).min(n);
        input_bytes.iter().sum::<u64>() + 8 * taken + (size.max(8) + 8) * longest.min(n)
    }
}
