//! Triangular systems, and L Lᴴ = A.

use crate::base::{Error, Result};
use crate::kernel::linalg::dense::Field;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{LltError, LltRegularization, cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::triangular_solve as solve;
use faer::prelude::default;
use faer::{Mat, MatMut, MatRef, Par};

/// Which triangle of a matrix counts, and what its diagonal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Triangle {
    /// The lower one, else the upper one.
    pub lower: bool,
    /// Ones on the diagonal, whatever is stored there.
    pub unit: bool,
}

/// `b := a⁻¹ b` for a triangular `a`.
///
/// # Errors
/// A 0 on the diagonal; `first` is the number of the first row in the whole matrix.
pub fn solve_in_place<T: Field>(a: MatRef<'_, T>, how: Triangle, b: MatMut<'_, T>, first: usize) -> Result<()> {
    if let Some(i) = (0..a.nrows()).find(|&i| !how.unit && a[(i, i)].size() == 0.0) {
        return Err(Error::matrix(format!("the triangular matrix is singular: row {} has 0 on the diagonal", first + i)));
    }
    if a.nrows() == 0 || b.ncols() == 0 {
        return Ok(());
    }
    match (how.lower, how.unit) {
        (true, false) => solve::solve_lower_triangular_in_place(a, b, Par::Seq),
        (true, true) => solve::solve_unit_lower_triangular_in_place(a, b, Par::Seq),
        (false, false) => solve::solve_upper_triangular_in_place(a, b, Par::Seq),
        (false, true) => solve::solve_unit_upper_triangular_in_place(a, b, Par::Seq),
    }
    Ok(())
}

/// The lower triangle L with L Lᴴ = A, of whose upper triangle nothing is read.
///
/// # Errors
/// When the matrix is not positive definite; `first` is the number of its first row in the whole matrix.
pub fn cholesky<T: Field>(mut a: Mat<T>, first: usize) -> Result<Mat<T>> {
    let n = a.nrows();
    if n == 0 {
        return Ok(a);
    }
    let mut mem = MemBuffer::new(cholesky_in_place_scratch::<T>(n, Par::Seq, default()));
    let done = cholesky_in_place(a.as_mut(), LltRegularization::default(), Par::Seq, MemStack::new(&mut mem), default());
    let broken = match done {
        Err(LltError::NonPositivePivot { index }) => Some(index),
        Ok(_) => (0..n).find(|&i| !a[(i, i)].is_number()),
    };
    if let Some(i) = broken {
        return Err(Error::matrix(format!("the matrix is not positive definite: pivot {} is not above 0", first + i)));
    }
    for j in 1..n {
        for i in 0..j {
            a[(i, j)] = T::of(0.0);
        }
    }
    Ok(a)
}
