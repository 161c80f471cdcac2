//! One of several results that a function has packed into a block of bytes.

use crate::base::{DType, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// Elements that lie in the bytes along the last axis. The block has the same outer axes, the lengths of its own, and one of length 1
/// at the end in whose place the bytes come.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unpack {
    /// First byte.
    pub offset: usize,
    /// Dtype of the elements.
    pub dtype: DType,
    /// Number of outer axes.
    pub n_outer: usize,
}

impl NamedBlock for Unpack {
    const NAME: &'static str = "unpack";
    const DOC: &'static str = "One of several results that a function has packed into bytes.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let (mut t, shape) = (only(inputs)?.clone(), block.region.shape());
        let size = shape.get(self.n_outer..).map_or(0, |core| core.iter().product::<usize>()) * self.dtype.size();
        if block.region.is_empty() {
            return Tensor::new(self.dtype, &shape, BufferMut::zeroed(0).freeze());
        }
        while t.ndim() > self.n_outer + 1 {
            t = t.index_axis(self.n_outer, 0);
        }
        let total = t.shape().last().copied().unwrap_or(0);
        if self.offset + size > total {
            return Err(Error::bug(format!("{size} bytes from {} of {total}", self.offset)));
        }
        let t = t.contiguous();
        let mut out = BufferMut::zeroed(t.len() / total * size);
        for (o, row) in out.bytes_mut().chunks_mut(size).zip(t.as_bytes()?.chunks(total)) {
            o.copy_from_slice(&row[self.offset..self.offset + size]);
        }
        Tensor::new(self.dtype, &shape, out.freeze())
    }
}
