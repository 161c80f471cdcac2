//! Copies chosen elements of one axis to chosen places of another array's axis.

use crate::base::{DType, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::for_dtype;

/// Lengths on both sides: arrays of `(outer, n, inner)` elements in C order.
#[derive(Clone, Copy, Debug)]
pub struct LaneShape {
    /// Elements of all axes before.
    pub outer: usize,
    /// Elements of all axes behind.
    pub inner: usize,
    /// Elements of the axis that is read.
    pub n_from: usize,
    /// Elements of the axis that is written.
    pub n_to: usize,
}

/// For every `(from, to)`, in their order, element `from` of the axis of `src` (in C order) goes to element `to` of the axis of `out`.
///
/// # Errors
/// A bug of the caller: arrays of other lengths, or elements that are not there.
pub fn copy_lanes(src: &Tensor, out: &mut BufferMut, shape: LaneShape, links: &[(usize, usize)]) -> Result<()> {
    let LaneShape { outer, inner, n_from, n_to } = shape;
    if links.iter().any(|&(f, t)| f >= n_from || t >= n_to) {
        return Err(Error::bug(format!("elements outside of {shape:?}")));
    }
    if src.len() != outer * n_from * inner || out.bytes_mut().len() < outer * n_to * inner * src.dtype().size() {
        return Err(Error::bug(format!("{} elements for {shape:?}", src.len())));
    }
    if src.dtype() == DType::Bool {
        // As bytes: a buffer that was not written yet holds no bools.
        copy(src.as_bytes()?, out.bytes_mut(), shape, links);
        return Ok(());
    }
    for_dtype!(src.dtype(), T => copy(src.as_slice::<T>()?, out.elements_mut::<T>(), shape, links));
    Ok(())
}

fn copy<T: Copy>(from: &[T], to: &mut [T], shape: LaneShape, links: &[(usize, usize)]) {
    let LaneShape { outer, inner, n_from, n_to } = shape;
    for o in 0..outer {
        let from = &from[o * n_from * inner..(o + 1) * n_from * inner];
        let to = &mut to[o * n_to * inner..(o + 1) * n_to * inner];
        match inner {
            1 => links.iter().for_each(|&(f, t)| to[t] = from[f]),
            _ => links.iter().for_each(|&(f, t)| to[t * inner..(t + 1) * inner].copy_from_slice(&from[f * inner..(f + 1) * inner])),
        }
    }
}
