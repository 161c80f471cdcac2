//! Every lane of a block along an axis, sorted by itself.

use crate::base::{DType, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::for_dtype;
use crate::kernel::sort;

/// The block with each lane along `axis` sorted.
///
/// # Errors
/// A bug: no such axis.
pub fn sort_lanes(x: &Tensor, axis: usize) -> Result<Tensor> {
    by_lanes(x, axis, |lanes, n| {
        let mut out = BufferMut::for_overwrite(lanes.len() * lanes.dtype().size());
        for_dtype!(lanes.dtype(), T => {
            let v = out.elements_mut::<T>();
            v.copy_from_slice(lanes.as_slice::<T>()?);
            v.chunks_exact_mut(n).for_each(sort::sort);
        });
        Tensor::new(lanes.dtype(), lanes.shape(), out.freeze())
    })
}

/// For each lane along `axis` the places (int64) of its elements in order of their size, equal ones in order of their places.
///
/// # Errors
/// A bug: no such axis.
pub fn argsort_lanes(x: &Tensor, axis: usize) -> Result<Tensor> {
    by_lanes(x, axis, |lanes, n| {
        let mut out = BufferMut::for_overwrite(lanes.len() * size_of::<i64>());
        for_dtype!(lanes.dtype(), T => {
            let mut pairs = Vec::new();
            for (lane, out) in lanes.as_slice::<T>()?.chunks_exact(n).zip(out.elements_mut().chunks_exact_mut(n)) {
                sort::argsort::<T>(lane, 0, &mut pairs, out);
            }
        });
        Tensor::new(DType::I64, lanes.shape(), out.freeze())
    })
}

/// `f` on the block with the axis last and in C order, and the axis's length (not 0); what it gives has the axis back in its place.
///
/// # Errors
/// A bug: no such axis. Else what `f` fails with.
pub fn by_lanes(x: &Tensor, axis: usize, f: impl Fn(&Tensor, usize) -> Result<Tensor>) -> Result<Tensor> {
    let n = *x.shape().get(axis).ok_or_else(|| Error::bug(format!("axis {axis} of a block of shape {:?}", x.shape())))?;
    let mut order: Vec<usize> = (0..x.ndim()).filter(|&a| a != axis).collect();
    order.push(axis);
    let lanes = f(&x.permute(&order).contiguous(), n.max(1))?;
    let mut back: Vec<usize> = (0..axis).collect();
    back.push(x.ndim() - 1);
    back.extend(axis..x.ndim() - 1);
    Ok(lanes.permute(&back))
}
