//! Sums of products of two blocks along axes that both have: a matrix product after the axes are grouped.

use crate::base::{Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::kernel::linalg::{Multiply, Rows, rows};
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// The product of two blocks. The result's axes are, in this order: those of all three (`batch`), those of the first block only, those of the
/// second only, and one of length 1 for every axis that is summed over. Inputs come as views of that shape (an axis that one lacks
/// repeats it), with their own length along the axes that are summed over. A third input is what the product is added to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contract {
    /// Number of axes of all three.
    pub batch: usize,
    /// Number of axes of the first block only.
    pub rows: usize,
    /// Number of axes of the second block only.
    pub columns: usize,
    /// Blocks above the diagonal of the first two axes stay what the product would be added to.
    pub lower: bool,
    /// Bytes that a thread keeps for packed pieces.
    pub kept: u64,
}

/// What threads keep of products.
pub(super) const PACKED: &str = "packed factors";

/// A block without axes `from..to`, along which it repeats.
fn without(t: &Tensor, from: usize, to: usize) -> Tensor {
    (from..to).rev().fold(t.clone(), |t, a| t.index_axis(a, 0))
}

impl Contract {
    fn product<T: Multiply>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor> {
        let (first, second) = (self.batch + self.rows, self.batch + self.rows + self.columns);
        let n_out: usize = shape.iter().product();
        let mut out = BufferMut::for_overwrite(n_out * size_of::<T>());
        // The sum so far: products are added to it in the order of the inner axis.
        let sum = inputs.get(2).map(|sum| sum.contiguous());
        let sum = sum.as_ref().map(|sum| sum.as_slice::<T>()).transpose()?;
        let a = without(&inputs[0], first, second);
        let b = without(&inputs[1], self.batch, first);
        let lanes: usize = shape[..self.batch].iter().product();
        let (m, n) = (shape[self.batch..first].iter().product(), shape[first..second].iter().product());
        let k: usize = a.shape()[first..].iter().product();
        // The second block with the summed axes in front of its own.
        let inner = b.ndim() - self.batch - self.columns;
        let own = self.batch..self.batch + self.columns;
        let order: Vec<usize> = (0..self.batch).chain(own.end..own.end + inner).chain(own).collect();
        let b = b.permute(&order);
        if b.len() != lanes * k * n || a.len() != lanes * m * k {
            return Err(Error::bug(format!("blocks of shapes {:?} and {:?} for {shape:?}", a.shape(), b.shape())));
        }
        if lanes == 1 {
            let (a, b) = (matrix(&a, self.batch, m, k), matrix(&b, self.batch, k, n));
            T::product(out.elements_mut::<T>(), sum, rows::rows_of(&a)?, rows::rows_of(&b)?);
        } else if m * n > 0 {
            let (a, b) = (a.contiguous(), b.contiguous());
            let (a, b) = (a.as_slice::<T>()?, b.as_slice::<T>()?);
            for (lane, c) in out.elements_mut::<T>().chunks_exact_mut(m * n).enumerate() {
                let (a, b) = (&a[lane * m * k..(lane + 1) * m * k], &b[lane * k * n..(lane + 1) * k * n]);
                let sum = sum.map(|sum| &sum[lane * m * n..(lane + 1) * m * n]);
                T::product(c, sum, Rows::new(a, m, k)?, Rows::new(b, k, n)?);
            }
        }
        Tensor::new(T::DTYPE, shape, out.freeze())
    }
}

/// The one matrix of a block, in rows.
fn matrix(t: &Tensor, batch: usize, n_rows: usize, n_columns: usize) -> Tensor {
    let t = without(t, 0, batch);
    if t.shape() == [n_rows, n_columns] { rows::in_rows(&t) } else { t.contiguous().reshape(&[n_rows, n_columns]) }
}

impl NamedBlock for Contract {
    const NAME: &'static str = "contract";
    const DOC: &'static str = "Sums of products along axes of two blocks: a piece of a matrix product.";
    const CONTIGUOUS: bool = false;
    const FILLS_BUFFERS: bool = true;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let [a, b, ..] = inputs else { return Err(Error::bug("a product of fewer than two blocks")) };
        let shape = block.region.shape();
        let plain = a.dtype() == b.dtype() && inputs.get(2).is_none_or(|c| c.dtype() == a.dtype() && c.shape() == shape.as_slice());
        if !plain || self.batch + self.rows + self.columns > shape.len() {
            return Err(Error::bug(format!("blocks of {} {:?} and {} {:?}", a.dtype(), a.shape(), b.dtype(), b.shape())));
        }
        if shape.contains(&0) {
            return Ok(Tensor::splat(a.dtype(), &shape, false.into()));
        }
        if let (true, Some(acc), [rows, columns, ..]) = (self.lower, inputs.get(2), block.region.ranges())
            && columns.start >= rows.end
        {
            return Ok(acc.contiguous());
        }
        for_dtype!(a.dtype(), T => self.product::<T>(&shape, inputs))
    }

    // Factors that do not lie in rows are copied; the sum so far is not.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().take(2).sum()
    }

    fn kept(&self) -> Option<(&'static str, u64)> {
        Some((PACKED, self.kept))
    }

    // Some hundred operations for each byte that comes in.
    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes
    }
}
