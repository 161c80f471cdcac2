//! Arrays from values, positions and the user's memory.

use crate::array::DynArray;
use crate::base::{DType, Element, Result, Scalar};
use crate::chunk::Tensor;
use crate::expr::{Chunks, build};
use crate::format::memory::MemorySource;
use crate::op::creation;
use ndarray::ArrayD;
use std::sync::Arc;

/// The user's array, cut into chunks. Nothing is copied if it is in C order.
///
/// # Chunks
/// As `chunks` says. A task holds nothing: chunks are views of the array, whose memory is not counted in the budget.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn from_ndarray<T: Element>(a: ArrayD<T>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    from_tensor(Tensor::from_ndarray(a), chunks)
}

/// The user's tensor, cut into chunks.
///
/// # Chunks
/// As [`from_ndarray`].
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn from_tensor(t: Tensor, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(MemorySource::new(t)), &chunks.into())?))
}

/// One value everywhere. NumPy's `full`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// When the chunks do not fit the shape, or the value does not fit the dtype.
pub fn full(shape: &[usize], value: impl Into<Scalar>, dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let grid = chunks.into().grid(shape, dtype, None)?;
    Ok(DynArray::wrap(build::generate(creation::full(value.into(), dtype)?, grid, "full")))
}

/// Zeros. NumPy's `zeros`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn zeros(shape: &[usize], dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    full(shape, 0, dtype, chunks)
}

/// Ones. NumPy's `ones`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn ones(shape: &[usize], dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    full(shape, 1, dtype, chunks)
}

/// Values from `start` to before `stop` in steps: int64 if all three are integers, else float64; NumPy's `arange`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// A step of 0, or a length beyond what can be addressed.
pub fn arange(
    start: impl Into<Scalar>,
    stop: impl Into<Scalar>,
    step: impl Into<Scalar>,
    chunks: impl Into<Chunks>,
) -> Result<DynArray> {
    let (program, n) = creation::arange(start.into(), stop.into(), step.into())?;
    let grid = chunks.into().grid(&[n], program.dtype(), None)?;
    Ok(DynArray::wrap(build::generate(program, grid, "arange")))
}

/// `n` values at equal distances from `start` to `stop`, both included; NumPy's `linspace`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// When the chunks do not fit.
pub fn linspace(start: f64, stop: f64, n: usize, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let program = creation::linspace(start, stop, n)?;
    let grid = chunks.into().grid(&[n], DType::F64, None)?;
    Ok(DynArray::wrap(build::generate(program, grid, "linspace")))
}

/// Ones on a diagonal of an `n` by `m` array, zeros elsewhere; `k` moves the diagonal right. NumPy's `eye`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn eye(n: usize, m: usize, k: i64, dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let grid = chunks.into().grid(&[n, m], dtype, None)?;
    Ok(DynArray::wrap(build::generate(creation::eye(k, dtype)?, grid, "eye")))
}
