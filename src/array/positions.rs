//! Positions as arrays: from flat ones to one for each axis and back, of diagonals and triangles.

use crate::array::{DynArray, arange};
use crate::base::{DType, Error, Result};
use crate::expr::{Chunks, build};
use crate::op::block::{Triangle, shared};

impl DynArray {
    /// Flat positions (integers, in C order) in an array of `shape` as positions along each of its axes (int64, of this array's shape).
    /// NumPy's `unravel_index`. Positions beyond the shape are not noticed: the first axis takes what is too much.
    ///
    /// # Chunks
    /// As this array, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let p = arange(4, 7, 1, 2)?.unravel_index(&[2, 4])?;
    /// assert_eq!(p[0].compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 1, 1]);
    /// assert_eq!(p[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Elements that are no integers, a shape of no axes or with a length of 0.
    pub fn unravel_index(&self, shape: &[usize]) -> Result<Vec<DynArray>> {
        let x = integers(self, "unravel_index")?;
        if shape.is_empty() || shape.contains(&0) {
            return Err(Error::usage(format!("unravel_index: an array of shape {shape:?} has no positions")));
        }
        let mut out = Vec::new();
        let mut rest = x;
        for &n in shape[1..].iter().rev() {
            out.push(rest.remainder(n)?);
            rest = rest.floor_divide(n)?;
        }
        out.push(rest);
        out.reverse();
        Ok(out)
    }
}

fn integers(x: &DynArray, name: &str) -> Result<DynArray> {
    if x.dtype().is_integer() {
        return x.astype(DType::I64);
    }
    Err(Error::dtype(format!("{name}: positions of {}: give integers", x.dtype())))
}

/// Positions along each axis of an array of `shape` as flat ones, in C order (int64). NumPy's `ravel_multi_index`, its mode `wrap` for
/// negative positions left out; positions beyond an axis are not noticed.
///
/// # Chunks
/// As the arrays, elementwise.
///
/// # Example
/// ```
/// use tilework::array::{arange, ravel_multi_index};
/// let x = arange(0, 2, 1, 2)?;
/// assert_eq!(ravel_multi_index(&[x.clone(), x], &[2, 4])?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 5]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Not one array for each axis, elements that are no integers, shapes that do not broadcast.
pub fn ravel_multi_index(positions: &[DynArray], shape: &[usize]) -> Result<DynArray> {
    if positions.len() != shape.len() || shape.is_empty() {
        return Err(Error::usage(format!("ravel_multi_index: {} arrays for {} axes", positions.len(), shape.len())));
    }
    let mut flat = integers(&positions[0], "ravel_multi_index")?;
    for (p, &n) in positions[1..].iter().zip(&shape[1..]) {
        flat = flat.multiply(n)?.add(integers(p, "ravel_multi_index")?)?;
    }
    Ok(flat)
}

/// The positions of the diagonal of an array of `ndim` axes of length `n`, one array for each axis. NumPy's `diag_indices`.
///
/// # Chunks
/// As `chunks` cuts the `n` positions.
///
/// # Example
/// ```
/// use tilework::array::diag_indices;
/// assert_eq!(diag_indices(3, 2, 2)?[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit.
pub fn diag_indices(n: usize, ndim: usize, chunks: impl Into<Chunks>) -> Result<Vec<DynArray>> {
    let one = arange(0, n, 1, chunks)?.astype(DType::I64)?;
    Ok(vec![one; ndim])
}

fn triangle(n: usize, k: i64, m: usize, lower: bool, chunks: Chunks) -> Result<[DynArray; 2]> {
    let name = if lower { "tril_indices" } else { "triu_indices" };
    let made = |column| {
        let op = Triangle { rows: n, columns: m, k, lower, column };
        let len = op.len().ok_or_else(|| Error::usage(format!("a triangle of {n} by {m} has too many elements")))?;
        let grid = chunks.grid(&[len], DType::I64, None)?;
        build::call(shared(op)?, &[], DType::I64, Some(grid)).map(DynArray::wrap)
    };
    let both = || Ok([made(false)?, made(true)?]);
    both().map_err(|e: Error| e.at(name))
}

/// The rows and the columns (int64) of the elements at and below the `k`th diagonal of an `n` by `m` array, in C order. NumPy's
/// `tril_indices`.
///
/// # Chunks
/// As `chunks` cuts the positions; every chunk is made for itself.
///
/// # Example
/// ```
/// use tilework::array::tril_indices;
/// let [rows, columns] = tril_indices(2, 0, 2, 2)?;
/// assert_eq!(rows.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 1]);
/// assert_eq!(columns.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Too many elements; chunks that do not fit.
pub fn tril_indices(n: usize, k: i64, m: usize, chunks: impl Into<Chunks>) -> Result<[DynArray; 2]> {
    triangle(n, k, m, true, chunks.into())
}

/// The rows and the columns (int64) of the elements at and above the `k`th diagonal of an `n` by `m` array, in C order. NumPy's
/// `triu_indices`.
///
/// # Chunks
/// As [`tril_indices`].
///
/// # Errors
/// As [`tril_indices`].
pub fn triu_indices(n: usize, k: i64, m: usize, chunks: impl Into<Chunks>) -> Result<[DynArray; 2]> {
    triangle(n, k, m, false, chunks.into())
}
