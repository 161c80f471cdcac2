//! Triangular systems and L Lᵀ = A.

use crate::array::linalg::blocks::evenly;
use crate::array::linalg::lanes::{
    self, ONE_TASK, adjoint, below, beside, conjugated, each, floats, floats_both, right, sides, slice, square,
};
use crate::array::{DynArray, create};
use crate::base::{Axis, Error, Grid, Result};
use crate::expr::{AxisMap, Chunks, IndexMap, build};
use crate::for_dtype;
use crate::kernel::linalg::Multiply;
use crate::kernel::linalg::triangular::Triangle;
use crate::op::block::shared;
use crate::op::linalg::{Beside, Cholesky, Contract, TriangularSolve};

/// Sides of the blocks of a triangular matrix.
fn block_side(n: usize) -> usize {
    evenly(n, (n / 8).clamp(64, 1024))
}

/// The solution of `A x = b` for triangular matrices A, of which the other triangle is not looked at: `b` is a vector where it has one
/// dimension, else (stacks of) columns. `unit` takes the diagonal for ones. SciPy's `solve_triangular`; for its `trans` transpose A (and
/// its triangle).
///
/// # Chunks
/// Blocks of up to 1024 rows, one after the other, each a product of matrices and a small system; columns of `b` are cut likewise.
/// A task holds about 6 blocks. Matrices of a stack, and those of at most 256 rows, are solved whole.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::solve_triangular};
/// let a = from_ndarray(ndarray::array![[2.0, 0.0], [1.0, 4.0]].into_dyn(), 2)?;
/// let b = from_ndarray(ndarray::array![2.0, 9.0].into_dyn(), 2)?;
/// assert_eq!(solve_triangular(&a, &b, true, false)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 2.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square, another number of rows in `b`; when it runs, a 0 on the diagonal (which row).
pub fn solve_triangular(a: &DynArray, b: &DynArray, lower: bool, unit: bool) -> Result<DynArray> {
    let n = square(a, "solve_triangular")?;
    if b.ndim() == 1 {
        return solve_triangular(a, &b.expand_dims(&[1])?, lower, unit)?.squeeze(Some(&[-1]));
    }
    let (rows, columns) = sides(b, "solve_triangular")?;
    if rows != n {
        return Err(Error::usage(format!("solve_triangular: the matrix has {n} rows, but b has {rows}")));
    }
    let (a, b) = floats_both(a, b)?;
    if a.ndim() == 2 && b.ndim() == 2 && n > ONE_TASK {
        return solve_blocks(&a, &b, lower, unit);
    }
    let op = TriangularSolve { triangle: Triangle { lower, unit }, right_adjoint: false, first: 0, beside: Beside::Each };
    each(op, &[&a, &b], (n, columns)).map_err(|e| e.at("solve_triangular"))
}

/// A triangular system block of rows after block of rows.
pub(super) fn solve_blocks(a: &DynArray, b: &DynArray, lower: bool, unit: bool) -> Result<DynArray> {
    let (n, columns) = (a.shape()[0], b.shape()[1]);
    let side = block_side(n);
    let b = lanes::panels(b, 0, lanes::panel_width(n, columns))?;
    let mut places: Vec<_> = (0..n).step_by(side).map(|at| at..(at + side).min(n)).collect();
    if !lower {
        places.reverse();
    }
    // Solved rows, together, in the order of the matrix.
    let mut done: Option<DynArray> = None;
    let mut parts = Vec::new();
    for at in places {
        let mut rest = slice(&b, at.clone(), 0..columns)?;
        if let Some(x) = &done {
            let known = if lower { 0..at.start } else { at.end..n };
            let sums = super::matmul(&slice(a, at.clone(), known)?, x)?;
            rest = rest.subtract(sums)?.rechunk(Chunks::Exact(rest.chunks()))?;
        }
        let own = slice(a, at.clone(), at.clone())?;
        let op =
            TriangularSolve { triangle: Triangle { lower, unit }, right_adjoint: false, first: at.start, beside: Beside::Columns };
        let rest = rest.rechunk(Chunks::Exact(vec![vec![at.len()], rest.chunks()[1].clone()]))?;
        let x = beside(op, &own, true, &[&rest])?;
        if lower {
            parts.push(x)
        } else {
            parts.insert(0, x)
        }
        done = Some(below(&parts)?);
    }
    done.ok_or_else(|| Error::bug("a system without rows"))
}

/// The lower triangular L with a diagonal above 0 and `L Lᵀ = A` for every positive definite matrix of a stack, or with `upper` the
/// transpose of L. Only the lower triangle of A is looked at. NumPy's `cholesky`.
///
/// # Chunks
/// Blocks of up to 1024 by 1024; a task holds up to 5. Matrices of a stack, and those of at most 256 rows, are factored whole.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::cholesky};
/// let a = from_ndarray(ndarray::array![[4.0, 2.0], [2.0, 5.0]].into_dyn(), 2)?;
/// assert_eq!(cholesky(&a, false)?.compute_as::<f64>()?, ndarray::array![[2.0, 0.0], [1.0, 2.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square; when it runs, one that is not positive definite (which pivot is not above 0) or not finite.
pub fn cholesky(a: &DynArray, upper: bool) -> Result<DynArray> {
    let n = square(a, "cholesky")?;
    let a = floats(a)?;
    let l = if a.ndim() == 2 && n > ONE_TASK { by_blocks(&a, n)? } else { each(Cholesky { first: 0 }, &[&a], (n, n))? };
    if upper { adjoint(&l) } else { Ok(l) }
}

/// Block column after block column: the block on the diagonal is factored, those below it solved with, the rest updated.
fn by_blocks(a: &DynArray, n: usize) -> Result<DynArray> {
    let side = block_side(n);
    let dtype = a.dtype();
    let mut rest = a.rechunk(Chunks::Sizes(vec![side, side]))?;
    let (mut columns, mut at) = (Vec::new(), 0);
    while at < n {
        let (left, width) = (n - at, side.min(n - at));
        let own = each(Cholesky { first: at }, &[&slice(&rest, 0..width, 0..width)?], (width, width))?;
        let mut column = vec![own.clone()];
        if at > 0 {
            column.insert(0, create::zeros(&[at, width], dtype, Chunks::Sizes(vec![side, side]))?);
        }
        if width < left {
            let triangle = Triangle { lower: true, unit: false };
            let op = TriangularSolve { triangle, right_adjoint: true, first: at, beside: Beside::Rows };
            let low = beside(op, &own, false, &[&slice(&rest, width..left, 0..width)?])?;
            rest = updated(&slice(&rest, width..left, width..left)?, &low, width)?;
            column.push(low);
        }
        columns.push(below(&column)?);
        at += width;
    }
    right(&columns)
}

/// `c - low lowᵀ`, for the blocks on and below the diagonal.
fn updated(c: &DynArray, low: &DynArray, width: usize) -> Result<DynArray> {
    let (dtype, grid) = c.parts();
    let side = grid.axes()[0].max_size();
    let kept = for_dtype!(dtype, T => <T as Multiply>::kept_bytes(side, side, side));
    let op = shared(Contract { batch: 0, rows: 1, columns: 1, lower: true, kept })?;
    let along = |axis: usize| IndexMap([AxisMap::Out(axis), AxisMap::Out(2)].into_iter().collect());
    let inputs = vec![low.negative()?.expr().clone(), conjugated(low)?.expr().clone(), c.expr().clone()];
    debug_assert_eq!(low.shape()[1], width);
    let out = Grid::new(grid.axes().iter().cloned().chain([Axis::whole(1)]));
    let made = build::call_mapped(op, inputs, vec![along(0), along(1), IndexMap::identity(2)], dtype, out)?;
    Ok(DynArray::wrap(build::index(&made, &[None, None, Some(0)])?))
}
