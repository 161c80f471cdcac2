//! Elements chosen by positions that are data themselves. Where positions lie along many chunks, one block function runs for each of
//! them in their order and hands on what it has so far.

use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::op::block::NamedBlock;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// Position `v` of `n` elements, if it lies in `start..start + len`: counted from `start`.
fn within(v: i64, n: usize, start: usize, len: usize) -> Option<Option<usize>> {
    let at = if v < 0 { v.checked_add_unsigned(n as u64)? } else { v };
    let at = usize::try_from(at).ok().filter(|&at| at < n)?;
    Some(at.checked_sub(start).filter(|&i| i < len))
}

/// The place of element `flat` of a block of `shape`.
fn place(block: &BlockInfo, shape: &[usize], mut flat: usize) -> Vec<usize> {
    let mut out = block.region.start().to_vec();
    out.truncate(shape.len());
    for a in (0..shape.len()).rev() {
        out[a] += flat % shape[a].max(1);
        flat /= shape[a].max(1);
    }
    out
}

fn beyond(v: i64, n: usize, at: &[usize]) -> Error {
    Error::index(format!("position {v} (element {at:?}) is out of bounds for an axis of length {n}"))
}

/// Of a block of data, whose elements to choose from lie along the last axis, the element that the position (int64) beside it names, if
/// the block has it; else what the third input has there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Gather {
    /// Where the block begins along the axis of the whole array.
    pub start: usize,
    /// Length of that axis.
    pub n: usize,
}

impl Gather {
    fn choose<T: Element>(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let [x, index, rest @ ..] = inputs else { return Err(Error::bug("a choice without positions")) };
        let (x, index) = (x.view::<T>()?, index.view::<i64>()?);
        let Some(last) = x.ndim().checked_sub(1) else { return Err(Error::bug("data without an axis")) };
        let shape: Vec<usize> = block.region.shape().to_vec();
        if index.shape() != shape || index.shape().last() != Some(&1) || x.shape()[..last] != shape[..last] {
            return Err(Error::bug(format!("data of {:?} and positions of {:?} for {shape:?}", x.shape(), index.shape())));
        }
        let mut out: Vec<T> = match rest.first() {
            Some(before) => before.contiguous().as_slice::<T>()?.to_vec(),
            None => vec![T::default(); index.len()],
        };
        let lanes = x.lanes(Axis(last));
        for (i, ((o, &v), lane)) in out.iter_mut().zip(index.iter()).zip(lanes).enumerate() {
            match within(v, self.n, self.start, lane.len()) {
                Some(Some(at)) => *o = lane[at],
                Some(None) => {}
                None => return Err(beyond(v, self.n, &place(block, &shape[..last], i))),
            }
        }
        Tensor::from_vec(&shape, out)
    }
}

impl NamedBlock for Gather {
    const NAME: &'static str = "gather";
    const DOC: &'static str = "The elements of a block that positions beside them name.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let dtype = inputs.first().map(Tensor::dtype).ok_or_else(|| Error::bug("a choice without data"))?;
        for_dtype!(dtype, T => self.choose::<T>(block, inputs))
    }

    // What comes from the block before is copied once, if it is a view.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.get(2).copied().unwrap_or(0)
    }
}

/// A block with some of its elements replaced: along `axis` those that the positions (int64) name by the values beside these. Positions
/// and values lie along the last axis; of equal positions the last wins.
#[derive(Debug, Serialize, Deserialize)]
pub struct Scatter {
    /// The axis along which elements are replaced.
    pub axis: usize,
    /// Length of that axis in the whole array.
    pub n: usize,
}

impl Scatter {
    fn replace<T: Element>(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let [x, index, values] = inputs else { return Err(Error::bug("a replacement without positions or values")) };
        let range = block.region.ranges().get(self.axis).cloned().ok_or_else(|| Error::bug("an axis that is not there"))?;
        let x = x.contiguous();
        let shape = x.shape().to_vec();
        let mut out = x.as_slice::<T>()?.to_vec();
        if out.is_empty() {
            return Tensor::from_vec(&shape, out);
        }
        let step: usize = shape[self.axis + 1..].iter().product();
        // One lane of positions for every line of the block along the axis.
        let (index, values) = (index.index_axis(self.axis, 0), values.index_axis(self.axis, 0));
        let (index, values) = (index.view::<i64>()?, values.view::<T>()?);
        let Some(last) = index.ndim().checked_sub(1) else { return Err(Error::bug("positions without an axis")) };
        let lines = index.lanes(Axis(last)).into_iter().zip(values.lanes(Axis(last)));
        for (line, (index, values)) in lines.enumerate() {
            let base = line / step * step * range.len() + line % step;
            for (i, (&v, &value)) in index.iter().zip(values.iter()).enumerate() {
                match within(v, self.n, range.start, range.len()) {
                    Some(Some(at)) => out[base + at * step] = value,
                    Some(None) => {}
                    None => return Err(beyond(v, self.n, &[line, i])),
                }
            }
        }
        Tensor::from_vec(&shape, out)
    }
}

impl NamedBlock for Scatter {
    const NAME: &'static str = "scatter";
    const DOC: &'static str = "A block with the elements replaced that positions name.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let dtype = inputs.first().map(Tensor::dtype).ok_or_else(|| Error::bug("a replacement without data"))?;
        for_dtype!(dtype, T => self.replace::<T>(block, inputs))
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.first().copied().unwrap_or(0)
    }
}

/// The rows or the columns (int64) of a triangle's elements in C order, from the places in the list alone.
#[derive(Debug, Serialize, Deserialize)]
pub struct Triangle {
    /// Rows of the array.
    pub rows: usize,
    /// Columns of the array.
    pub columns: usize,
    /// The diagonal that bounds it.
    pub k: i64,
    /// At and below the diagonal, else at and above.
    pub lower: bool,
    /// Columns, else rows.
    pub column: bool,
}

impl Triangle {
    /// How many elements the first `r` rows have.
    fn before(&self, r: usize) -> i128 {
        let (r, m) = (r as i128, self.columns as i128);
        // Row i has i + s elements up to the diagonal (or before it), never less than 0 nor more than the columns.
        let s = i128::from(self.k) + i128::from(self.lower);
        let none = (-s).clamp(0, r);
        let all = (m - s).clamp(none, r);
        let left = (all - none) * s + (all - none) * (all + none - 1) / 2 + (r - all) * m;
        if self.lower { left } else { r * m - left }
    }

    /// How many elements there are, if they can be counted.
    pub fn len(&self) -> Option<usize> {
        isize::try_from(self.before(self.rows)).ok().map(|n| n as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    fn at(&self, i: usize) -> i64 {
        let (mut low, mut high) = (0, self.rows);
        // The last row before whose elements there are at most i.
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.before(middle) <= i as i128 { low = middle } else { high = middle }
        }
        if !self.column {
            return low as i64;
        }
        let first = if self.lower { 0 } else { (low as i128 + i128::from(self.k)).clamp(0, self.columns as i128) };
        (first + i as i128 - self.before(low)) as i64
    }
}

impl NamedBlock for Triangle {
    const NAME: &'static str = "triangle";
    const DOC: &'static str = "The rows or columns of the elements of a triangle.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        let range = block.region.ranges().first().cloned().ok_or_else(|| Error::bug("a list without an axis"))?;
        Tensor::from_vec(&[range.len()], range.map(|i| self.at(i)).collect())
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 10
    }
}
