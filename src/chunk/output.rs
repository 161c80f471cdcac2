//! One array that many threads fill, each chunk once.

use crate::base::{DType, Error, Grid, Result};
use crate::chunk::buffer::BufferMut;
use crate::chunk::tensor::{Tensor, copy_into};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// An array being filled chunk by chunk, from any thread.
pub struct Output {
    dtype: DType,
    grid: Grid,
    buffer: UnsafeCell<BufferMut>,
    claimed: Vec<AtomicBool>,
    n_written: AtomicUsize,
}

// SAFETY: the buffer is written only through `write`, which lets every chunk be claimed once; chunks of a grid are disjoint.
unsafe impl Sync for Output {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Output {}

impl Output {
    /// Room for an array of this dtype and grid.
    ///
    /// # Errors
    /// When the array has more bytes than can be addressed.
    pub fn new(dtype: DType, grid: &Grid) -> Result<Output> {
        let bytes = grid.n_elements()?.checked_mul(dtype.size()).filter(|&b| isize::try_from(b).is_ok());
        let bytes = bytes.ok_or_else(|| Error::usage(format!("an array of shape {:?} cannot be held in memory", grid.shape())))?;
        Ok(Output {
            dtype,
            grid: grid.clone(),
            buffer: UnsafeCell::new(BufferMut::zeroed(bytes)),
            claimed: (0..grid.n_chunks()).map(|_| AtomicBool::new(false)).collect(),
            n_written: AtomicUsize::new(0),
        })
    }

    /// Writes chunk `i`.
    ///
    /// # Errors
    /// A bug of the caller: a chunk written twice, or of another shape or dtype.
    pub fn write(&self, i: usize, chunk: &Tensor) -> Result<()> {
        let region = self.grid.chunk_region(i);
        if chunk.dtype() != self.dtype || chunk.shape() != region.shape().as_slice() {
            return Err(Error::bug(format!("chunk {i} of {region:?} {} is {:?} {}", self.dtype, chunk.shape(), chunk.dtype())));
        }
        if self.claimed[i].swap(true, Ordering::AcqRel) {
            return Err(Error::bug(format!("chunk {i} was written twice")));
        }
        // SAFETY: this chunk was claimed just now and by nobody before; `copy_into` writes only to its region, and regions of
        // different chunks do not overlap. Nobody reads before `into_tensor`, which takes the whole.
        let buffer = unsafe { &mut *self.buffer.get() };
        copy_into(chunk, buffer, &self.grid.shape(), &region);
        self.n_written.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// The array.
    ///
    /// # Errors
    /// A bug of the caller: a chunk is missing.
    pub fn into_tensor(self) -> Result<Tensor> {
        if self.n_written.load(Ordering::Acquire) != self.claimed.len() {
            return Err(Error::bug(format!("{:?} of {} chunks were written", self.n_written, self.claimed.len())));
        }
        Tensor::new(self.dtype, &self.grid.shape(), self.buffer.into_inner().freeze())
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Output({} {:?})", self.dtype, self.grid.shape())
    }
}
