//! Transposing, repeating, joining.

use crate::array::DynArray;
use crate::base::{Error, Result};
use crate::expr::build;

impl DynArray {
    /// Axes in another order: axis `i` of the result is axis `order[i]` of this; reversed if None. NumPy's `transpose`.
    ///
    /// # Chunks
    /// As the input, transposed.
    ///
    /// # Errors
    /// When `order` is no permutation of the axes.
    pub fn transpose(&self, order: Option<&[usize]>) -> Result<DynArray> {
        let reversed: Vec<usize> = (0..self.ndim()).rev().collect();
        Ok(DynArray::wrap(build::transpose(self.expr(), order.unwrap_or(&reversed))?))
    }

    /// The array repeated to `shape` by NumPy's broadcasting. NumPy's `broadcast_to`.
    ///
    /// # Chunks
    /// As the input; an axis that repeats is cut so that a chunk has about 4 MiB, or as much as the input's if that is more. Where the
    /// array meets others it takes their cut along that axis, and where it is used elementwise nothing of it is stored.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 1000, 1, 1000)?.broadcast_to(&[1_000_000, 1000])?;
    /// assert!(x.n_chunks() > 1000);
    /// let row = x.index(&[(-1).into(), (..3).into()])?;
    /// assert_eq!(row.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shape does not follow from the array's.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<DynArray> {
        Ok(DynArray::wrap(build::broadcast_to(self.expr(), shape)?))
    }
}

/// Arrays one after the other along an axis. NumPy's `concatenate`.
///
/// # Chunks
/// Along the axis those of the arrays, one after the other; along the others their common boundaries (or the finest cut, where
/// those would be more than twice as many). No task is needed, where the arrays are cut alike.
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn concatenate(arrays: &[DynArray], axis: isize) -> Result<DynArray> {
    let exprs: Vec<_> = arrays.iter().map(|a| a.expr().clone()).collect();
    let axis = build::normalize_axis(axis, arrays.first().map_or(0, DynArray::ndim)).map_err(|e| e.at("concatenate"))?;
    Ok(DynArray::wrap(build::concatenate(&exprs, axis)?))
}

/// Arrays of one shape along a new axis. NumPy's `stack`.
///
/// # Chunks
/// One for each array along the new axis; along the others as [`concatenate`].
///
/// # Errors
/// When there are none, or shapes differ.
pub fn stack(arrays: &[DynArray], axis: isize) -> Result<DynArray> {
    let Some(first) = arrays.first() else { return Err(Error::usage("stack needs at least one array")) };
    let axis = build::normalize_axis(axis, first.ndim() + 1).map_err(|e| e.at("stack"))?;
    if let Some(other) = arrays.iter().find(|a| a.shape() != first.shape()) {
        return Err(Error::usage(format!("stack: shapes {:?} and {:?} differ", first.shape(), other.shape())));
    }
    let exprs: Vec<_> = arrays.iter().map(|a| build::expand_dims(a.expr(), &[axis])).collect::<Result<_>>()?;
    Ok(DynArray::wrap(build::concatenate(&exprs, axis)?))
}
