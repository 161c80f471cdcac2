//! P L U = A, and what follows: systems, inverses, determinants.

use crate::array::linalg::lanes::{
    self, ONE_TASK, below, beside, each, flat_row, floats, floats_both, panels, part, right, sides, slice, square,
};
use crate::array::linalg::triangular::solve_blocks;
use crate::array::{DynArray, arange, create, eye};
use crate::base::{DType, Error, Result};
use crate::expr::Chunks;
use crate::op::linalg::{Beside, LuApply, LuPanel, LuStep, MAX_LU_ROWS};

/// Block columns after elimination.
struct Eliminated {
    /// The factors of every panel, with how many columns it has.
    panels: Vec<(DynArray, usize)>,
    /// U, row block by row block.
    upper: Vec<DynArray>,
    /// Further columns, eliminated: `L⁻¹ P⁻¹ b`.
    others: Option<DynArray>,
}

/// Elimination of block column after block column: a panel of all rows that are left is factored, the columns right of it follow.
fn eliminate(a: &DynArray, b: Option<&DynArray>, regular: bool) -> Result<Eliminated> {
    let (m, n) = sides(a, "lu")?;
    if m > MAX_LU_ROWS {
        return Err(Error::usage(format!("{m} rows: at most {MAX_LU_ROWS} can be exchanged")));
    }
    let k = m.min(n);
    let width = lanes::panel_width(m, k);
    let mut rest = panels(a, k, width)?;
    let mut others = b.map(|b| panels(b, 0, width)).transpose()?;
    let (mut done, mut upper, mut solved, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
    while at < k {
        let (left, all) = (m - at, n - at);
        let width = rest.chunks()[1][0];
        let packed = each(LuPanel { regular: regular.then_some(at) }, &[&slice(&rest, 0..left, 0..width)?], (left, width + 1))?;
        let mut row = vec![slice(&packed, 0..width, 0..width)?.triu(0)?];
        if at > 0 {
            row.insert(0, create::zeros(&[width, at], a.dtype(), Chunks::Whole)?);
        }
        let step = |x: &DynArray| beside(LuApply { step: LuStep::Eliminate, beside: Beside::Columns }, &packed, true, &[x]);
        if width < all {
            let next = step(&slice(&rest, 0..left, width..all)?)?;
            row.push(slice(&next, 0..width, 0..all - width)?);
            rest = slice(&next, width..left, 0..all - width)?;
        }
        if let Some(b) = others {
            let (next, columns) = (step(&b)?, b.shape()[1]);
            solved.push(slice(&next, 0..width, 0..columns)?);
            others = Some(slice(&next, width..left, 0..columns)?);
        }
        upper.push(right(&row)?);
        done.push((packed, width));
        at += width;
    }
    let others = if b.is_some() { Some(below(&solved)?) } else { None };
    Ok(Eliminated { panels: done, upper, others })
}

/// P, L and U with `P L U = A` for every matrix of a stack: P exchanges rows, L is lower triangular with ones on the diagonal and entries of at
/// most 1, U upper triangular (partial pivoting: the largest element of each column leads). SciPy's `lu`. Singular matrices are taken.
///
/// # Chunks
/// Block columns of up to 1024 columns of all rows (`rows * columns` at most 2 Mi elements, but at least 32 columns); a task holds about 6.
/// Matrices of a stack, and those of at most 256 rows or columns, are factored whole.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::lu};
/// let a = from_ndarray(ndarray::array![[0.0, 2.0], [4.0, 1.0]].into_dyn(), 2)?;
/// let (p, l, u) = lu(&a)?;
/// assert_eq!(p.compute_as::<f64>()?, ndarray::array![[0.0, 1.0], [1.0, 0.0]].into_dyn());
/// assert_eq!(u.compute_as::<f64>()?, ndarray::array![[4.0, 1.0], [0.0, 2.0]].into_dyn());
/// assert_eq!(l.compute_as::<f64>()?, ndarray::array![[1.0, 0.0], [0.0, 1.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two dimensions, more than 2²⁴ rows.
pub fn lu(a: &DynArray) -> Result<(DynArray, DynArray, DynArray)> {
    let (m, n) = sides(a, "lu")?;
    let a = floats(a).map_err(|e| e.at("lu"))?;
    let (k, dtype) = (m.min(n), a.dtype());
    let ones = |rows: usize, columns: usize| eye(rows, columns, 0, dtype, Chunks::Auto);
    // Row `i` of L U is this row of the matrix.
    let (order, lower, upper) = if a.ndim() == 2 && k > ONE_TASK {
        let e = eliminate(&a, None, false)?;
        let rows = arange(0, m as i64, 1, Chunks::Whole)?.astype(dtype)?.expand_dims(&[1])?;
        let mut left = rows;
        let (mut orders, mut lowers, mut at) = (Vec::new(), Vec::new(), 0);
        for (packed, width) in &e.panels {
            // Rows that are left, of all columns of L so far and (in front) of their numbers, follow the exchanges.
            let now = beside(LuApply { step: LuStep::Permute, beside: Beside::Columns }, packed, true, &[&left])?;
            let own = slice(packed, 0..m - at, 0..*width)?.tril(-1)?.add(eye(m - at, *width, 0, dtype, Chunks::Whole)?)?;
            let all = right(&[now, own])?;
            orders.push(slice(&all, 0..*width, 0..1)?);
            let mut row = vec![slice(&all, 0..*width, 1..1 + at + width)?];
            if at + width < k {
                row.push(create::zeros(&[*width, k - at - width], dtype, Chunks::Whole)?);
            }
            lowers.push(right(&row)?);
            left = slice(&all, *width..m - at, 0..1 + at + width)?;
            let sizes = left.chunks()[1].clone();
            left = left.rechunk(Chunks::Exact(vec![vec![m - at - width], sizes]))?;
            at += width;
        }
        if m > k {
            orders.push(slice(&left, 0..m - k, 0..1)?);
            lowers.push(slice(&left, 0..m - k, 1..1 + k)?);
        }
        (below(&orders)?.reshape(&[m as isize])?, below(&lowers)?, below(&e.upper)?)
    } else {
        let packed = each(LuPanel { regular: None }, &[&a], (m, n + 1))?;
        let lower = part(&packed, (0, m), (0, k))?.tril(-1)?.add(ones(m, k)?)?;
        (part(&packed, (0, m), (n, 1))?.squeeze(Some(&[-1]))?, lower, part(&packed, (0, k), (0, n))?.triu(0)?)
    };
    let numbers = arange(0, m as i64, 1, Chunks::Auto)?.astype(dtype.part())?.expand_dims(&[1])?;
    let p = numbers.equal(lanes::reals(&order)?.expand_dims(&[-2])?)?.astype(dtype)?;
    Ok((p, lower, upper))
}

/// The solution of `A x = b` for square matrices A: `b` is a vector where it has one dimension, else (stacks of) columns. NumPy's `solve`.
///
/// # Chunks
/// As [`lu`]; columns of `b` are cut as those of A.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::solve};
/// let a = from_ndarray(ndarray::array![[0.0, 2.0], [4.0, 0.0]].into_dyn(), 2)?;
/// let b = from_ndarray(ndarray::array![2.0, 8.0].into_dyn(), 2)?;
/// assert_eq!(solve(&a, &b)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [2.0, 1.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square, another number of rows in `b`; when it runs, a singular or not finite matrix (which pivot is 0).
pub fn solve(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let n = square(a, "solve")?;
    if b.ndim() == 1 {
        return solve(a, &b.expand_dims(&[1])?)?.squeeze(Some(&[-1]));
    }
    let (rows, columns) = sides(b, "solve")?;
    if rows != n {
        return Err(Error::usage(format!("solve: the matrix has {n} rows, but b has {rows}")));
    }
    let named = |e: Error| e.at("solve");
    let (a, b) = floats_both(a, b).map_err(named)?;
    if a.ndim() == 2 && b.ndim() == 2 && n > ONE_TASK {
        let e = eliminate(&a, Some(&b), true).map_err(named)?;
        let y = e.others.ok_or_else(|| Error::bug("a system without right side"))?;
        return solve_blocks(&below(&e.upper)?, &y, false, false);
    }
    let packed = each(LuPanel { regular: Some(0) }, &[&a], (n, n + 1)).map_err(named)?;
    each(LuApply { step: LuStep::Solve, beside: Beside::Each }, &[&packed, &b], (n, columns)).map_err(named)
}

/// The inverse of every square matrix of a stack. NumPy's `inv`; [`solve`] is better where the inverse is only multiplied with.
///
/// # Chunks
/// As [`solve`] with as many columns as rows.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::inv};
/// let a = from_ndarray(ndarray::array![[0.0, 2.0], [4.0, 0.0]].into_dyn(), 2)?;
/// assert_eq!(inv(&a)?.compute_as::<f64>()?, ndarray::array![[0.0, 0.25], [0.5, 0.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`solve`].
pub fn inv(a: &DynArray) -> Result<DynArray> {
    let n = square(a, "inv")?;
    let a = floats(a)?;
    solve(&a, &eye(n, n, 0, a.dtype(), Chunks::Auto)?).map_err(|e| e.at("inv"))
}

/// Sign, logarithm and determinant, of every matrix along a last axis of 3.
fn determinants(a: &DynArray, name: &str) -> Result<DynArray> {
    let n = square(a, name)?;
    let a = floats(a)?;
    let three = |packed: &DynArray| each(LuApply { step: LuStep::Determinant, beside: Beside::Each }, &[packed], (1, 3));
    if a.ndim() == 2 && n > ONE_TASK {
        let e = eliminate(&a, None, false)?;
        let all = below(&e.panels.iter().map(|(packed, _)| three(packed)).collect::<Result<Vec<_>>>()?)?;
        let (m, column) = (e.panels.len(), |i: usize| {
            slice(&all, 0..e.panels.len(), i..i + 1)?.rechunk(Chunks::Exact(vec![vec![e.panels.len()], vec![1]]))
        });
        debug_assert_eq!(m, all.shape()[0]);
        return crate::array::concatenate(
            &[column(0)?.prod(Some(&[0]))?, column(1)?.sum(Some(&[0]))?, column(2)?.prod(Some(&[0]))?],
            0,
        );
    }
    flat_row(&three(&each(LuPanel { regular: None }, &[&a], (n, n + 1))?)?)
}

fn one_of(x: &DynArray, i: isize) -> Result<DynArray> {
    x.index(&[crate::array::Index::Ellipsis, crate::array::Index::At(i)])
}

/// The determinant of every square matrix of a stack, which may overflow: see [`slogdet`]. NumPy's `det`.
///
/// # Chunks
/// As [`lu`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::det};
/// let a = from_ndarray(ndarray::array![[0.0, 2.0], [4.0, 1.0]].into_dyn(), 2)?;
/// assert_eq!(det(&a)?.compute_as::<f64>()?.into_scalar(), -8.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square.
pub fn det(a: &DynArray) -> Result<DynArray> {
    one_of(&determinants(a, "det")?, 2)
}

/// Sign and logarithm of the size of the determinant of every square matrix of a stack; 0 and minus infinity for singular ones.
/// NumPy's `slogdet`.
///
/// # Chunks
/// As [`lu`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, linalg::slogdet};
/// let a = from_ndarray(ndarray::array![[0.0, 1.0], [1.0, 5.0]].into_dyn(), 2)?;
/// let (sign, log) = slogdet(&a)?;
/// assert_eq!((sign.compute_as::<f64>()?.into_scalar(), log.compute_as::<f64>()?.into_scalar()), (-1.0, 0.0));
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square.
pub fn slogdet(a: &DynArray) -> Result<(DynArray, DynArray)> {
    let all = determinants(a, "slogdet")?;
    Ok((one_of(&all, 0)?, lanes::reals(&one_of(&all, 1)?)?))
}

/// A square matrix to an integer power, by squaring; of negative powers the inverse. NumPy's `matrix_power`.
///
/// # Chunks
/// As [`matmul`](super::matmul) and [`inv`].
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::matrix_power};
/// let a = from_ndarray(ndarray::array![[1, 1], [1, 0]].into_dyn(), 2)?;
/// assert_eq!(matrix_power(&a, 10)?.compute_as::<i32>()?, ndarray::array![[89, 55], [55, 34]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square.
pub fn matrix_power(a: &DynArray, n: i64) -> Result<DynArray> {
    let side = square(a, "matrix_power")?;
    let base = if n < 0 { inv(a).map_err(|e| e.at("matrix_power"))? } else { a.clone() };
    let times = n.unsigned_abs();
    if times == 0 {
        let dtype = if a.dtype() == DType::Bool { DType::Bool } else { a.dtype() };
        return eye(side, side, 0, dtype, Chunks::Auto)?.broadcast_to(&a.shape());
    }
    let mut power = base.clone();
    for bit in (0..times.ilog2()).rev() {
        power = super::matmul(&power, &power)?;
        if times >> bit & 1 == 1 {
            power = super::matmul(&power, &base)?;
        }
    }
    Ok(power)
}
