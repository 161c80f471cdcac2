//! Arrays from values, positions and the user's memory.

use crate::array::{DynArray, indices, where_};
use crate::base::{DType, Element, Error, Result, Scalar};
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

/// Ones on the diagonal of a square array, zeros elsewhere: [`eye`] with `n` rows and columns. NumPy's `identity`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Example
/// ```
/// use tilework::{DType, array::identity};
/// assert_eq!(identity(2, DType::I64, 1)?.compute_as::<i64>()?, ndarray::array![[1, 0], [0, 1]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn identity(n: usize, dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    eye(n, n, 0, dtype, chunks)
}

/// `n` values whose exponents to a base lie at equal distances: from `base` to the power of `start` to that of `stop`, both included.
/// NumPy's `logspace`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Example
/// ```
/// use tilework::array::logspace;
/// assert_eq!(logspace(0.0, 3.0, 4, 2.0, 3)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 2.0, 4.0, 8.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit.
pub fn logspace(start: f64, stop: f64, n: usize, base: f64, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let exponents = linspace(start, stop, n, chunks).map_err(|e| e.at("logspace"))?;
    full(&[], base, DType::F64, Chunks::Whole)?.power(exponents)
}

/// `n` values from `start` to `stop`, both included, each the one before it times the same factor. NumPy's `geomspace`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Example
/// ```
/// use tilework::array::geomspace;
/// let x = geomspace(-1.0, -1000.0, 4, 3)?.round(9)?;
/// assert_eq!(x.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-1.0, -10.0, -100.0, -1000.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Ends of which one is 0, not finite, or of another sign; when the chunks do not fit.
pub fn geomspace(start: f64, stop: f64, n: usize, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let sign = start.signum();
    if !(start * sign > 0.0 && stop * sign > 0.0 && start.is_finite() && stop.is_finite()) {
        return Err(Error::usage(format!("geomspace: {start} and {stop} must be finite, not 0 and of one sign")));
    }
    let chunks = chunks.into();
    let values = logspace((start * sign).log10(), (stop * sign).log10(), n, 10.0, chunks.clone()).map_err(|e| e.at("geomspace"))?;
    let places = arange(0, n, 1, chunks)?;
    let values = where_(&places.equal(0)?, start * sign, values)?;
    let values = if n > 1 { where_(&places.equal(n - 1)?, stop * sign, values)? } else { values };
    values.multiply(sign)
}

/// What a function makes of the positions of an array of `shape`: it is called once, with a lazy array (int64) of that shape for each
/// axis, and what it makes of them is computed with whatever uses it. NumPy's `fromfunction`, whose positions are floats unless told
/// otherwise.
///
/// # Chunks
/// Positions as `chunks` says, each made for itself and never stored where what follows is elementwise.
///
/// # Example
/// ```
/// use tilework::array::fromfunction;
/// let x = fromfunction(|at| at[0].multiply(10)?.add(&at[1]), &[2, 3], 2)?;
/// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[0, 1, 2], [10, 11, 12]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit the shape; what the function gives.
pub fn fromfunction(
    f: impl FnOnce(&[DynArray]) -> Result<DynArray>,
    shape: &[usize],
    chunks: impl Into<Chunks>,
) -> Result<DynArray> {
    if shape.is_empty() {
        return f(&[]);
    }
    f(&indices(shape, chunks).and_then(|all| all.unstack(0)).map_err(|e| e.at("fromfunction"))?)
}

impl DynArray {
    /// One value in an array of this one's shape, and of its dtype unless another is given. NumPy's `full_like`.
    ///
    /// # Chunks
    /// As the input, each made for itself; a task holds one, and the input is not computed.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// assert_eq!(arange(0, 3, 1, 2)?.full_like(7, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [7, 7, 7]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A value that does not fit the dtype; an array of unknown size.
    pub fn full_like(&self, value: impl Into<Scalar>, dtype: Option<DType>) -> Result<DynArray> {
        self.known("full_like")?;
        let (own, grid) = self.parts();
        Ok(DynArray::wrap(build::generate(creation::full(value.into(), dtype.unwrap_or(own))?, grid.clone(), "full_like")))
    }

    /// Zeros in an array of this one's shape, and of its dtype unless another is given. NumPy's `zeros_like`.
    ///
    /// # Chunks
    /// As [`full_like`](DynArray::full_like).
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::arange};
    /// let x = arange(0, 3, 1, 2)?.zeros_like(Some(DType::Bool))?;
    /// assert_eq!(x.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, false, false]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array of unknown size.
    pub fn zeros_like(&self, dtype: Option<DType>) -> Result<DynArray> {
        self.full_like(false, dtype)
    }

    /// Ones in an array of this one's shape, and of its dtype unless another is given. NumPy's `ones_like`.
    ///
    /// # Chunks
    /// As [`full_like`](DynArray::full_like).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// assert_eq!(arange(0, 3, 1, 2)?.ones_like(None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 1, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array of unknown size.
    pub fn ones_like(&self, dtype: Option<DType>) -> Result<DynArray> {
        self.full_like(true, dtype)
    }
}
