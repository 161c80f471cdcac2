//! Random orders of numbers and of elements.

use super::places::{index, row_len, rows};
use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::kernel::random::Stream;
use crate::kernel::random::order::{Order, SHUFFLED, shuffle};
use crate::op::block::NamedBlock;
use crate::op::block::only;
use serde::{Deserialize, Serialize};

/// Part of a random order of the integers below `n` (int64): the first of them, as many as the array has.
#[derive(Debug, Serialize, Deserialize)]
pub struct Permutation {
    /// Key of the draw.
    pub key: [u64; 2],
    /// How many integers there are.
    pub n: u64,
    /// Shape of the whole array.
    pub shape: Vec<usize>,
}

impl NamedBlock for Permutation {
    const NAME: &'static str = "random_permutation";
    const DOC: &'static str = "A random order of the first integers.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        let order = Order::new(self.n, self.key);
        let mut out = Vec::with_capacity(block.region.n_elements());
        for first in rows(&block.region, &self.shape) {
            let row = first..first + row_len(&block.region) as u64;
            if row.end > self.n {
                return Err(Error::bug(format!("element {} of {}", row.end, self.n)));
            }
            out.extend(row.map(|place| order.at(place) as i64));
        }
        Tensor::from_vec(&block.region.shape(), out)
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        if self.n <= SHUFFLED { 8 * self.n } else { 0 }
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 3
    }
}

/// The elements along an axis in one random order, the same everywhere. A block holds whole lanes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Permute {
    /// Key of the draw.
    pub key: [u64; 2],
    /// The axis.
    pub axis: usize,
}

impl NamedBlock for Permute {
    const NAME: &'static str = "random_permute";
    const DOC: &'static str = "The elements along an axis in a random order, the same in every lane.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        let Some(&n) = x.shape().get(self.axis) else {
            return Err(Error::bug(format!("axis {} of a block of shape {:?}", self.axis, x.shape())));
        };
        let inner: usize = x.shape()[self.axis + 1..].iter().product();
        let outer: usize = x.shape()[..self.axis].iter().product();
        let order = Order::new(n as u64, self.key);
        for_dtype!(x.dtype(), T => {
            let data = x.as_slice::<T>()?;
            let mut out = Vec::with_capacity(data.len());
            for o in 0..outer {
                for j in 0..n {
                    let at = (o * n + order.at(j as u64) as usize) * inner;
                    out.extend_from_slice(&data[at..at + inner]);
                }
            }
            Tensor::from_vec::<T>(x.shape(), out)
        })
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum::<u64>() + 8 * SHUFFLED
    }
}

/// The elements of every lane along an axis in a random order of its own. A block holds whole lanes.
#[derive(Debug, Serialize, Deserialize)]
pub struct PermuteLanes {
    /// Key of the draw.
    pub key: [u64; 2],
    /// The axis.
    pub axis: usize,
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// Bytes of an element.
    pub element_bytes: u32,
}

impl NamedBlock for PermuteLanes {
    const NAME: &'static str = "random_permute_lanes";
    const DOC: &'static str = "The elements of every lane along an axis in a random order of its own.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        if block.region.ndim() != self.shape.len() || self.axis >= self.shape.len() {
            return Err(Error::bug(format!("axis {} of a block of shape {:?}", self.axis, x.shape())));
        }
        let (n, inner) = (x.shape()[self.axis], x.shape()[self.axis + 1..].iter().product::<usize>());
        let outer: usize = x.shape()[..self.axis].iter().product();
        for_dtype!(x.dtype(), T => {
            let mut out = x.as_slice::<T>()?.to_vec();
            let mut lane = Vec::with_capacity(n);
            for (o, i) in (0..outer).flat_map(|o| (0..inner).map(move |i| (o, i))) {
                let first = o * n * inner + i;
                lane.clear();
                lane.extend((0..n).map(|j| out[first + j * inner]));
                shuffle(&mut lane, &mut Stream::new(self.lane(block, first), self.key));
                lane.iter().enumerate().for_each(|(j, &v)| out[first + j * inner] = v);
            }
            Tensor::from_vec::<T>(x.shape(), out)
        })
    }

    // The lane at work.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let n = self.shape.get(self.axis).map_or(0, |&n| n as u64);
        input_bytes.iter().sum::<u64>() + n * u64::from(self.element_bytes)
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 3
    }
}

impl PermuteLanes {
    /// Number of the lane that begins at element `i` of the block, among the lanes of the whole array.
    fn lane(&self, block: &BlockInfo, i: usize) -> u64 {
        let at = index(&block.region, i);
        let others = at.iter().zip(&self.shape).enumerate().filter(|(a, _)| *a != self.axis);
        others.fold(0, |number, (_, (&i, &n))| number * n as u64 + i as u64)
    }
}
