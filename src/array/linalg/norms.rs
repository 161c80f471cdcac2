//! Norms of vectors and matrices.

use crate::array::DynArray;
use crate::array::linalg::lanes::{floats, sides, squares};
use crate::array::linalg::svdvals;
use crate::base::{Error, Result};
use crate::op::reduction;

/// What is measured. NumPy's `ord`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Norm {
    /// The root of the sum of squares. NumPy's `None`, `'fro'`, and `2` of vectors.
    Frobenius,
    /// The sum of singular values; of matrices only.
    Nuclear,
    /// Of vectors the root of that order of the sum of powers; infinities are the largest and smallest size, 0 counts what is not 0. Of matrices 1 and
    /// -1 are the largest and smallest sum of sizes along a column, infinities along a row, 2 and -2 the largest and smallest singular value.
    Order(f64),
}

fn reduced(x: &DynArray, op: &'static crate::kernel::reduce::ReduceOp, axes: &[isize], keepdims: bool) -> Result<DynArray> {
    x.reduce(op, Some(axes), keepdims, 0.0, super::super::ops::SPLIT_EVERY)
}

/// The norm of an array: of the flat array if there are no axes, of vectors along one axis, of matrices along two. NumPy's `norm`
/// (where its `ord` needs a vector or a matrix, name the axes here).
///
/// # Chunks
/// As the reductions; orders 2 and -2 of matrices and the nuclear norm as [`svdvals`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::{Norm, norm}};
/// let x = from_ndarray(ndarray::array![[3.0, 4.0], [0.0, 12.0]].into_dyn(), 1)?;
/// assert_eq!(norm(&x, Norm::Frobenius, None, false)?.compute_as::<f64>()?.into_scalar(), 13.0);
/// assert_eq!(norm(&x, Norm::Order(1.0), Some(&[1]), false)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [7.0, 12.0]);
/// assert_eq!(norm(&x, Norm::Order(1.0), Some(&[0, 1]), false)?.compute_as::<f64>()?.into_scalar(), 16.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds or twice, more than two axes, an order that matrices or vectors do not have, no elements where a largest is
/// asked for.
pub fn norm(x: &DynArray, what: Norm, axes: Option<&[isize]>, keepdims: bool) -> Result<DynArray> {
    let named = |e: Error| e.at("norm");
    let ndim = x.ndim();
    let Some(axes) = axes else {
        let all: Vec<isize> = (0..ndim as isize).collect();
        return match (what, ndim) {
            (Norm::Frobenius, _) => frobenius(&floats(x)?, &all, keepdims).map_err(named),
            (_, 1 | 2) => norm(x, what, Some(&all), keepdims),
            _ => Err(Error::usage(format!("norm: {what:?} is of vectors and matrices, not of {ndim} dimensions: name the axes"))),
        };
    };
    let places = crate::array::axes::axes_of(axes, ndim, "norm")?;
    let x = floats(x).map_err(named)?;
    match places[..] {
        [axis] => vectors(&x, what, axis as isize, keepdims).map_err(named),
        [row, column] => matrices(&x, what, (row, column), keepdims).map_err(named),
        _ => Err(Error::usage(format!("norm: one or two axes, not {axes:?}"))),
    }
}

fn frobenius(x: &DynArray, axes: &[isize], keepdims: bool) -> Result<DynArray> {
    reduced(&squares(x)?, &reduction::SUM, axes, keepdims)?.sqrt()
}

fn vectors(x: &DynArray, what: Norm, axis: isize, keepdims: bool) -> Result<DynArray> {
    let axes = &[axis];
    match what {
        Norm::Frobenius => frobenius(x, axes, keepdims),
        Norm::Order(2.0) => frobenius(x, axes, keepdims),
        Norm::Order(f64::INFINITY) => reduced(&x.absolute()?, &reduction::MAX, axes, keepdims),
        Norm::Order(f64::NEG_INFINITY) => reduced(&x.absolute()?, &reduction::MIN, axes, keepdims),
        Norm::Order(0.0) => reduced(&x.not_equal(0)?.astype(x.dtype().part())?, &reduction::SUM, axes, keepdims),
        Norm::Order(1.0) => reduced(&x.absolute()?, &reduction::SUM, axes, keepdims),
        Norm::Order(p) if !p.is_nan() => reduced(&x.absolute()?.power(p)?, &reduction::SUM, axes, keepdims)?.power(1.0 / p),
        other => Err(Error::usage(format!("vectors have no norm {other:?}"))),
    }
}

fn matrices(x: &DynArray, what: Norm, (row, column): (usize, usize), keepdims: bool) -> Result<DynArray> {
    let both = [row as isize, column as isize];
    // The axis that goes first moves the other, unless it stays with length 1.
    let sums = |first: usize, then: usize, op| {
        reduced(&reduced(&x.absolute()?, &reduction::SUM, &[first as isize], true)?, op, &[then as isize], true)
    };
    let made = match what {
        Norm::Frobenius => return frobenius(x, &both, keepdims),
        Norm::Order(1.0) => sums(row, column, &reduction::MAX)?,
        Norm::Order(-1.0) => sums(row, column, &reduction::MIN)?,
        Norm::Order(f64::INFINITY) => sums(column, row, &reduction::MAX)?,
        Norm::Order(f64::NEG_INFINITY) => sums(column, row, &reduction::MIN)?,
        Norm::Order(2.0) => singular(x, &both, &reduction::MAX)?,
        Norm::Order(-2.0) => singular(x, &both, &reduction::MIN)?,
        Norm::Nuclear => singular(x, &both, &reduction::SUM)?,
        Norm::Order(other) => return Err(Error::usage(format!("matrices have no norm of order {other}"))),
    };
    if keepdims { Ok(made) } else { made.squeeze(Some(&both)) }
}

/// A reduction of singular values, in the place of the matrices.
fn singular(x: &DynArray, both: &[isize; 2], op: &'static crate::kernel::reduce::ReduceOp) -> Result<DynArray> {
    let s = svdvals(&x.moveaxis(both, &[-2, -1])?)?;
    let mut places = *both;
    places.sort_unstable();
    reduced(&s, op, &[-1], false)?.expand_dims(&places)
}

/// The norm of vectors along axes taken as one, or of the flat array: NumPy's `vector_norm` with its `ord`.
///
/// # Chunks
/// As the reductions.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::vector_norm};
/// let x = from_ndarray(ndarray::array![[3.0, 4.0]].into_dyn(), 1)?;
/// assert_eq!(vector_norm(&x, 1.0)?.compute_as::<f64>()?.into_scalar(), 7.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`norm`].
pub fn vector_norm(x: &DynArray, order: f64) -> Result<DynArray> {
    norm(&x.ravel()?, Norm::Order(order), Some(&[0]), false)
}

/// The norm of the matrices in the last two axes. NumPy's `matrix_norm`.
///
/// # Chunks
/// As [`norm`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::{Norm, matrix_norm}};
/// let x = from_ndarray(ndarray::array![[3.0, 4.0]].into_dyn(), 1)?;
/// assert_eq!(matrix_norm(&x, Norm::Frobenius)?.compute_as::<f64>()?.into_scalar(), 5.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`norm`].
pub fn matrix_norm(x: &DynArray, what: Norm) -> Result<DynArray> {
    sides(x, "matrix_norm")?;
    norm(x, what, Some(&[-2, -1]), false)
}

/// The matrices of the last two axes transposed. NumPy's `matrix_transpose`.
///
/// # Chunks
/// As the array, transposed.
///
/// # Example
/// ```
/// use tilework::array::{linalg::matrix_transpose, ones};
/// assert_eq!(matrix_transpose(&ones(&[5, 2, 3], tilework::DType::F64, 2)?)?.shape(), [5, 3, 2]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two dimensions.
pub fn matrix_transpose(x: &DynArray) -> Result<DynArray> {
    sides(x, "matrix_transpose")?;
    x.swapaxes(-1, -2)
}

/// The largest over the smallest singular value of every matrix of a stack. NumPy's `cond` of its default order.
///
/// # Chunks
/// As [`svdvals`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::cond};
/// let x = from_ndarray(ndarray::array![[3.0, 0.0], [0.0, 1.5]].into_dyn(), 1)?;
/// assert_eq!(cond(&x)?.compute_as::<f64>()?.into_scalar(), 2.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`svdvals`]; no elements.
pub fn cond(x: &DynArray) -> Result<DynArray> {
    let s = svdvals(x).map_err(|e| e.at("cond"))?;
    s.max(Some(&[-1]))?.divide(s.min(Some(&[-1]))?)
}
