//! P L U = A with partial pivoting.

use crate::base::{Error, Result};
use crate::kernel::linalg::dense::Field;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor;
use faer::linalg::triangular_solve as solve;
use faer::prelude::default;
use faer::{Accum, Mat, MatMut, Par};

/// L below the diagonal (which is 1), U on and above it; and for every row of L U which row of the matrix it is.
pub struct Lu<T: Field> {
    /// L and U.
    pub packed: Mat<T>,
    /// Row `i` of L U is row `rows[i]` of the matrix.
    pub rows: Vec<usize>,
}

/// Factors a matrix. It takes a second one of its size beside it.
pub fn factors<T: Field>(a: Mat<T>) -> Lu<T> {
    let fast = blocked(a.clone());
    let k = a.nrows().min(a.ncols());
    let pivots = (0..k).all(|i| fast.packed[(i, i)].is_number() && fast.packed[(i, i)].size() > 0.0);
    let numbers = || (0..a.ncols()).all(|j| (0..a.nrows()).all(|i| a[(i, j)].is_number()));
    // Where a column has no pivot the blocked way divides by 0.
    if pivots || !numbers() { fast } else { by_columns(a) }
}

/// Column by column: one without a pivot is left as it is, and eliminates nothing.
fn by_columns<T: Field>(mut a: Mat<T>) -> Lu<T> {
    let (m, n) = (a.nrows(), a.ncols());
    let mut rows: Vec<usize> = (0..m).collect();
    for j in 0..m.min(n) {
        let lead = (j..m).rev().max_by(|&x, &y| a[(x, j)].size().total_cmp(&a[(y, j)].size())).unwrap_or(j);
        if a[(lead, j)].size() == 0.0 {
            continue;
        }
        if lead != j {
            rows.swap(lead, j);
            (0..n).for_each(|c| (a[(lead, c)], a[(j, c)]) = (a[(j, c)], a[(lead, c)]));
        }
        let pivot = a[(j, j)];
        ((j + 1)..m).for_each(|i| a[(i, j)] /= pivot);
        for c in (j + 1)..n {
            let top = a[(j, c)];
            ((j + 1)..m).for_each(|i| a[(i, c)] = a[(i, c)] - a[(i, j)].times(top));
        }
    }
    Lu { packed: a, rows }
}

fn blocked<T: Field>(mut a: Mat<T>) -> Lu<T> {
    let (m, n) = (a.nrows(), a.ncols());
    let (mut rows, mut back): (Vec<usize>, Vec<usize>) = ((0..m).collect(), (0..m).collect());
    if m > 0 && n > 0 {
        let mut mem = MemBuffer::new(factor::lu_in_place_scratch::<usize, T>(m, n, Par::Seq, default()));
        factor::lu_in_place(a.as_mut(), &mut rows, &mut back, Par::Seq, MemStack::new(&mut mem), default());
    }
    Lu { packed: a, rows }
}

/// Whether the order of rows is an odd number of exchanges away from the plain one.
pub fn is_odd(rows: &[usize]) -> bool {
    let mut seen = vec![false; rows.len()];
    let mut odd = false;
    for i in 0..rows.len() {
        let (mut at, mut n) = (i, 0);
        while !seen[at] {
            seen[at] = true;
            at = rows[at];
            n += 1;
        }
        odd ^= n > 1 && n % 2 == 0;
    }
    odd
}

impl<T: Field> Lu<T> {
    /// Refuses a matrix without inverse.
    ///
    /// # Errors
    /// Which pivot is 0 or no number; `first` is the number of the first row in the whole matrix.
    pub fn check(&self, first: usize) -> Result<()> {
        for i in 0..self.packed.nrows().min(self.packed.ncols()) {
            let pivot = self.packed[(i, i)];
            if !pivot.is_number() {
                return Err(Error::matrix(format!("pivot {} is {pivot:?}: the matrix must be finite", first + i)));
            }
            if pivot.size() == 0.0 {
                return Err(Error::matrix(format!(
                    "the matrix is singular: pivot {} is 0; lstsq and pinv take such matrices",
                    first + i
                )));
            }
        }
        Ok(())
    }

    /// The rows of `b` in the order of the factors.
    pub fn permuted(&self, b: &Mat<T>) -> Mat<T> {
        let mut out = Mat::<T>::zeros(b.nrows(), b.ncols());
        for j in 0..b.ncols() {
            for (i, &from) in self.rows.iter().enumerate() {
                out[(i, j)] = b[(from, j)];
            }
        }
        out
    }

    /// What elimination makes of further columns `b` of the matrix: rows in order, `L⁻¹` times the first, the others less what
    /// of them is eliminated.
    pub fn eliminated(&self, b: &Mat<T>) -> Mat<T> {
        let mut out = self.permuted(b);
        let (m, k) = (self.packed.nrows(), self.packed.nrows().min(self.packed.ncols()));
        if k == 0 || out.ncols() == 0 {
            return out;
        }
        let (mut top, rest) = out.as_mut().split_at_row_mut(k);
        let l = self.packed.as_ref().submatrix(0, 0, k, k);
        solve::solve_unit_lower_triangular_in_place(l, top.as_mut(), Par::Seq);
        if m > k {
            let low = self.packed.as_ref().submatrix(k, 0, m - k, k);
            faer::linalg::matmul::matmul(rest, Accum::Add, low, top.as_ref(), T::of(-1.0), Par::Seq);
        }
        out
    }

    /// Solves `A x = b` for a square matrix, in place of the eliminated `b`.
    pub fn back(&self, b: MatMut<'_, T>) {
        solve::solve_upper_triangular_in_place(self.packed.as_ref(), b, Par::Seq);
    }
}
