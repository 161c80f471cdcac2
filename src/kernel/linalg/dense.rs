//! Matrices in columns: what factorisations work on; and what they ask of numbers.

use crate::base::dtype::{C64, C128};
use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::kernel::linalg::product::Multiply;
use crate::kernel::linalg::rows::{self, Rows};
use faer::prelude::ReborrowMut;
use faer::traits::ComplexField;
use faer::{Mat, MatMut, MatRef};

/// Numbers that matrices can be factored over.
pub trait Field: Multiply + ComplexField {
    /// Neither infinite nor NaN.
    fn is_number(self) -> bool;

    /// The absolute value.
    fn size(self) -> f64;

    /// This over its absolute value; 1 for 0.
    fn phase(self) -> Self;

    /// The conjugate.
    fn conjugate(self) -> Self;

    /// The nearest number of this type.
    fn of(v: f64) -> Self;

    /// The product.
    fn times(self, other: Self) -> Self;
}

macro_rules! real {
    ($($t:ty),*) => {$(
        impl Field for $t {
            fn is_number(self) -> bool {
                self.is_finite()
            }
            fn size(self) -> f64 {
                f64::from(self.abs())
            }
            fn phase(self) -> $t {
                if self < 0.0 { -1.0 } else { 1.0 }
            }
            fn conjugate(self) -> $t {
                self
            }
            fn of(v: f64) -> $t {
                v as $t
            }
            fn times(self, other: $t) -> $t {
                self * other
            }
        }
    )*};
}
real!(f32, f64);

macro_rules! complex {
    ($($t:ty: $part:ty),*) => {$(
        impl Field for $t {
            fn is_number(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }
            fn size(self) -> f64 {
                f64::from(self.norm())
            }
            fn phase(self) -> $t {
                let size = self.norm();
                if size == 0.0 { <$t>::new(1.0, 0.0) } else { self / size }
            }
            fn conjugate(self) -> $t {
                self.conj()
            }
            fn of(v: f64) -> $t {
                <$t>::new(v as $part, 0.0)
            }
            fn times(self, other: $t) -> $t {
                self * other
            }
        }
    )*};
}
complex!(C64: f32, C128: f64);

/// Rows and columns that are copied at a time, so that either side stays in the cache.
const TILE: usize = 32;

/// A copy of a tensor of two axes, in columns.
///
/// # Errors
/// Another dtype or number of axes (a bug of the caller).
pub fn columns<T: Field>(t: &Tensor) -> Result<Mat<T>> {
    let t = rows::in_rows(t);
    let from = matrix(&rows::rows_of::<T>(&t)?);
    let mut out = Mat::<T>::zeros(from.nrows(), from.ncols());
    copy(out.as_mut(), from);
    Ok(out)
}

/// Rows of memory as a matrix.
pub fn matrix<'a, T: Field>(rows: &Rows<'a, T>) -> MatRef<'a, T> {
    let (m, n) = (rows.n_rows(), rows.n_columns());
    if m == 0 || n == 0 {
        return MatRef::from_row_major_slice(&[], m, n);
    }
    // SAFETY: `Rows` holds what its shape and stride reach.
    unsafe { MatRef::from_raw_parts(rows.data().as_ptr(), m, n, rows.stride() as isize, 1) }
}

/// Copies a matrix to another of its shape, tile by tile.
pub fn copy<T: Field>(mut to: MatMut<'_, T>, from: MatRef<'_, T>) {
    let (m, n) = (from.nrows(), from.ncols());
    for top in (0..m).step_by(TILE) {
        for left in (0..n).step_by(TILE) {
            let (rows, columns) = (TILE.min(m - top), TILE.min(n - left));
            to.rb_mut().submatrix_mut(top, left, rows, columns).copy_from(from.submatrix(top, left, rows, columns));
        }
    }
}

/// Refuses infinities and NaN.
///
/// # Errors
/// Where the first of them (by columns) is.
pub fn all_numbers<T: Field>(a: MatRef<'_, T>) -> Result<()> {
    for j in 0..a.ncols() {
        for i in 0..a.nrows() {
            if !a[(i, j)].is_number() {
                return Err(Error::matrix(format!("row {i}, column {j} is {:?}: the matrix must be finite", a[(i, j)])));
            }
        }
    }
    Ok(())
}
