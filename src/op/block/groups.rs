//! Reductions of groups of a block's slices, each as if its slices were all there are.

use crate::base::{AxisSlice, DType, Element, Error, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::kernel::reduce::{Finish, ReduceOp};
use crate::op::block::NamedBlock;
use crate::op::reduction;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The reduction of every group of slices along an axis of which blocks have all; the axis of the result has a place for every group.
#[derive(Debug, Serialize, Deserialize)]
pub struct GroupReduce {
    op: String,
    axis: usize,
    dtype: DType,
    /// The slices, group by group, rising in each.
    order: Vec<usize>,
    /// Where in `order` each group ends.
    ends: Vec<usize>,
    /// Slices of the largest group that has to be brought together.
    scattered: usize,
}

impl GroupReduce {
    /// The reduction `op` of elements of `dtype`: of the slices along `axis` whose numbers are in `order`, group by group, rising in each. The
    /// groups have these `sizes`.
    pub fn new(op: &'static ReduceOp, dtype: DType, axis: usize, order: Vec<usize>, sizes: &[usize]) -> GroupReduce {
        let ends = sizes.iter().scan(0, |end, n| {
            *end += n;
            Some(*end)
        });
        let mut made = GroupReduce { op: op.name.into(), axis, dtype, order, ends: ends.collect(), scattered: 0 };
        made.scattered = made.groups().filter(|slices| even(slices).is_none()).map(<[usize]>::len).max().unwrap_or(0);
        made
    }

    fn op(&self) -> Result<&'static ReduceOp> {
        reduction::find(&self.op).ok_or_else(|| Error::bug(format!("no reduction {}", self.op)))
    }

    /// The slices of every group.
    fn groups(&self) -> impl Iterator<Item = &[usize]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| self.order.get(std::mem::replace(&mut start, end)..end).unwrap_or_default())
    }

    /// Whether the groups are of an axis of this length.
    fn fits(&self, n: usize) -> bool {
        let rising = |slices: &[usize]| slices.is_sorted_by(|a, b| a < b) && slices.last().is_none_or(|&i| i < n);
        let scattered = |slices: &[usize]| slices.len() <= self.scattered || even(slices).is_some();
        self.groups().map(<[usize]>::len).sum::<usize>() == n && self.groups().all(|slices| rising(slices) && scattered(slices))
    }

    fn reduced<T: Element>(&self, block: &BlockInfo, x: &Tensor) -> Result<Tensor> {
        let (op, axis, out) = (self.op()?, self.axis, block.region.shape());
        let n = x.shape().get(axis).copied().unwrap_or(usize::MAX);
        if !self.fits(n) || out.get(axis) != Some(&self.ends.len()) || x.dtype() != self.dtype {
            return Err(Error::bug(format!("a block of {:?} for groups that are {out:?}", x.shape())));
        }
        let dtype = op.result_dtype(self.dtype);
        let mut results = BufferMut::for_overwrite(out.iter().product::<usize>() * dtype.size());
        let mut elements = BufferMut::zeroed(self.scattered * x.len() / n.max(1) * self.dtype.size());
        let (mut shape, origin) = (x.shape().to_vec(), vec![0; out.len()]);
        for (g, slices) in self.groups().enumerate() {
            shape[axis] = slices.len();
            let state = match even(slices) {
                Some(run) => op.map_tensor(&x.slice_axis(axis, run), &[axis], &origin, &shape)?,
                None => {
                    let mut at = 0;
                    for run in slices.chunk_by(|a, b| *a + 1 == *b) {
                        let from = x.slice_axis(axis, AxisSlice { start: run[0], step: 1, len: run.len() });
                        copy_into(&from, &mut elements, &shape, &along(&shape, axis, at..at + run.len()));
                        at += run.len();
                    }
                    let mut state = op.accumulator(self.dtype, &shape, &[axis], &origin, &shape)?;
                    state.piece(0, &elements.elements_mut::<T>()[..shape.iter().product()])?;
                    state.into_state()?
                }
            };
            let result = op.finish(self.dtype, &state, Finish { count: slices.len(), ddof: 0.0 })?;
            copy_into(&result, &mut results, &out, &along(&out, axis, g..g + 1));
        }
        Tensor::new(dtype, &out, results.freeze())
    }
}

/// Slices that are as far from each other as a view needs them.
fn even(slices: &[usize]) -> Option<AxisSlice> {
    let (start, step) = match slices {
        [] => (0, 1),
        [one] => (*one, 1),
        [first, second, ..] => (*first, second.saturating_sub(*first)),
    };
    slices.is_sorted_by(|a, b| a + step == *b).then_some(AxisSlice { start, step: step as isize, len: slices.len() })
}

/// The part of an array of `shape` where an axis is in `range`.
fn along(shape: &[usize], axis: usize, range: Range<usize>) -> Region {
    Region::new(shape.iter().enumerate().map(|(a, &n)| if a == axis { range.clone() } else { 0..n }))
}

impl NamedBlock for GroupReduce {
    const NAME: &'static str = "group_reduce";
    const DOC: &'static str = "A reduction of every group of slices along an axis.";
    const CONTIGUOUS: bool = false;
    const FILLS_BUFFERS: bool = true;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = super::only(inputs)?;
        for_dtype!(x.dtype(), T => self.reduced::<T>(block, x))
    }

    // The elements of a group, brought together, and its state and result.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let bytes: u64 = input_bytes.iter().sum();
        let slice = bytes.div_ceil(self.order.len().max(1) as u64);
        let lanes = slice.div_ceil(self.dtype.size().max(1) as u64) as usize;
        let states = self.op().and_then(|op| {
            let state = op.state_bytes(self.dtype, &[1, lanes], &[0])? + op.scratch_bytes(self.dtype, &[1, lanes], &[0])?;
            Ok(state + (lanes * op.result_dtype(self.dtype).size()) as u64)
        });
        // A reduction that is not there fails before it takes memory.
        slice * self.scattered as u64 + states.unwrap_or(0)
    }

    fn held_bytes(&self) -> u64 {
        8 * (self.order.len() + self.ends.len()) as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 2
    }
}

#[cfg(test)]
mod tests {
    use super::GroupReduce;
    use crate::base::{DType, Region};
    use crate::chunk::Tensor;
    use crate::expr::call::BlockInfo;
    use crate::op::block::NamedBlock;
    use crate::op::reduction::SUM;

    #[test]
    fn groups_that_are_not_those_of_the_block_are_refused() {
        let x = Tensor::from_vec(&[4, 2], (0..8i64).collect()).unwrap();
        let block = BlockInfo { index: 0, region: Region::whole(&[2, 2]) };
        let of = |order: &[usize], sizes: &[usize]| GroupReduce::new(&SUM, DType::I64, 0, order.to_vec(), sizes);
        let sums = of(&[0, 1, 3, 2], &[3, 1]).compute(&block, std::slice::from_ref(&x)).unwrap();
        assert_eq!(sums.as_slice::<i64>().unwrap(), [8, 11, 4, 5]);
        let few = GroupReduce { scattered: 0, ..of(&[0, 1, 3, 2], &[3, 1]) };
        for wrong in
            [of(&[0, 1, 4, 2], &[3, 1]), of(&[3, 1, 0, 2], &[3, 1]), of(&[0, 1, 2], &[3, 1]), of(&[0, 1, 2, 3], &[2, 1]), few]
        {
            assert!(wrong.compute(&block, std::slice::from_ref(&x)).is_err(), "{wrong:?}");
        }
    }
}
