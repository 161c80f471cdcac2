//! Singular values, eigenvalues, and what follows from them.

use crate::array::linalg::lanes::{
    adjoint, each, epsilon, flat_row, floats, floats_both, part, reals, sides, slice, square, squares, transposed,
};
use crate::array::linalg::{matmul, qr, tall};
use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result};
use crate::expr::Chunks;
use crate::op::linalg::{Eigh, Svd};

/// U, S and Vᵀ with `U S Vᵀ = A`, reduced to `min(m, n)` columns and rows, for every matrix of a stack: singular values fall. Signs are chosen
/// so that the element of largest absolute value (the first of equal ones) of every row of Vᵀ, or of every column of U where there are more columns than rows, is
/// above 0. NumPy's `svd` with `full_matrices=False`; full matrices are left out, as they are as large as the square of the longer side.
///
/// # Chunks
/// A matrix with at least 4 times as many rows as columns (up to 2048; or the other way round) goes by the tree of [`qr`](super::qr), and U is cut as its Q. Any other
/// is decomposed by one task that holds it and 20 times as much: the plan is refused if that does not fit.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::svd};
/// let a = from_ndarray(ndarray::array![[0.0, 3.0], [2.0, 0.0]].into_dyn(), 2)?;
/// let (_, s, vt) = svd(&a)?;
/// assert_eq!(s.compute_as::<f64>()?.into_raw_vec_and_offset().0, [3.0, 2.0]);
/// assert_eq!(vt.compute_as::<f64>()?, ndarray::array![[0.0, 1.0], [1.0, 0.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two dimensions; when it runs, a matrix that is not finite (which element).
pub fn svd(a: &DynArray) -> Result<(DynArray, DynArray, DynArray)> {
    let (m, n) = sides(a, "svd")?;
    let a = floats(a)?;
    if m < n {
        let (v, s, ut) = svd(&adjoint(&a)?)?;
        return Ok((adjoint(&ut)?, s, adjoint(&v)?));
    }
    let unpacked = |x: &DynArray, m: usize| -> Result<_> {
        let packed = each(Svd { vectors: true }, &[x], (m + 1 + n, n))?;
        let s = reals(&flat_row(&part(&packed, (m, 1), (0, n))?)?)?;
        Ok((part(&packed, (0, m), (0, n))?, s, part(&packed, (m + 1, n), (0, n))?))
    };
    if a.ndim() == 2 && tall::is_tall(m, n) {
        let t = tall::factor(&a, true)?;
        let (u, s, vt) = unpacked(&t.r, n)?;
        return Ok((t.q(Some(&u))?, s, vt));
    }
    unpacked(&a, m)
}

/// The singular values of every matrix of a stack, falling. NumPy's `svdvals`.
///
/// # Chunks
/// As [`svd`], without its U; the one task holds 8 times the matrix.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::svdvals};
/// let a = from_ndarray(ndarray::array![[0.0, 3.0], [2.0, 0.0]].into_dyn(), 2)?;
/// assert_eq!(svdvals(&a)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [3.0, 2.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`svd`].
pub fn svdvals(a: &DynArray) -> Result<DynArray> {
    let (m, n) = sides(a, "svdvals")?;
    let a = floats(a)?;
    if m < n {
        return svdvals(&transposed(&a)?);
    }
    let a = if a.ndim() == 2 && tall::is_tall(m, n) { tall::factor(&a, false)?.r } else { a };
    reals(&flat_row(&each(Svd { vectors: false }, &[&a], (1, n))?)?)
}

/// How [`svd_compressed`] looks for the largest singular values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compressed {
    /// Directions that are looked at beyond the rank.
    pub oversampling: usize,
    /// Rounds of powers, each of which reads the matrix twice and sharpens small gaps between singular values.
    pub n_power_iterations: usize,
    /// Seed of the random directions.
    pub seed: u64,
}

impl Default for Compressed {
    fn default() -> Compressed {
        Compressed { oversampling: 10, n_power_iterations: 1, seed: 0 }
    }
}

/// About the `rank` largest singular values with their vectors, of a matrix that is read a few times and never decomposed whole: the
/// randomised method of Halko, Martinsson and Tropp (2011). Dask's `svd_compressed`. The random directions depend on the seed alone.
/// Signs as in [`svd`].
///
/// # Chunks
/// Products as [`matmul`], and matrices of `rank + oversampling` columns as [`qr`](super::qr).
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::{Compressed, outer, svd_compressed}};
/// let x = arange(0.0, 40.0, 1.0, 10)?;
/// let (_, s, _) = svd_compressed(&outer(&x, &x)?, 1, Compressed::default())?;
/// assert!((s.compute_as::<f64>()?[0] - 20540.0).abs() < 1e-6);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An array that is no matrix, a rank of 0 or above the shorter side; when it runs, a matrix that is not finite.
pub fn svd_compressed(a: &DynArray, rank: usize, how: Compressed) -> Result<(DynArray, DynArray, DynArray)> {
    let (m, n) = sides(a, "svd_compressed")?;
    if a.ndim() != 2 || rank == 0 || rank > m.min(n) {
        return Err(Error::usage(format!(
            "svd_compressed: rank {rank} of shape {:?}: give a matrix and a rank up to its shorter side",
            a.shape()
        )));
    }
    let a = floats(a)?;
    let l = rank.saturating_add(how.oversampling).min(m.min(n));
    let directions = crate::array::random::Generator::new(how.seed).normal(0.0, 1.0, &[n, l], Chunks::Auto)?.astype(a.dtype())?;
    let across = adjoint(&a)?;
    let mut q = qr(&matmul(&a, &directions)?)?.0;
    for _ in 0..how.n_power_iterations {
        let back = qr(&matmul(&across, &q)?)?.0;
        q = qr(&matmul(&a, &back)?)?.0;
    }
    let (u, s, vt) = svd(&matmul(&adjoint(&q)?, &a)?)?;
    let u = matmul(&q, &u)?;
    let s = s.index(&[crate::array::Index::Slice(None, Some(rank as isize), None)])?;
    Ok((slice(&u, 0..m, 0..rank)?, s, slice(&vt, 0..rank, 0..n)?))
}

/// Eigenvalues (rising) and vectors (columns) of every symmetric matrix of a stack, of which the lower triangle is looked at. Signs
/// are chosen so that the element of largest absolute value (the first of equal ones) of every vector is above 0. NumPy's `eigh`.
///
/// # Chunks
/// A matrix is decomposed by one task that holds it and 12 times as much: the plan is refused if that does not fit.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::eigh};
/// let a = from_ndarray(ndarray::array![[2.0, 0.0], [0.0, 1.0]].into_dyn(), 2)?;
/// let (w, v) = eigh(&a)?;
/// assert_eq!(w.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 2.0]);
/// assert_eq!(v.compute_as::<f64>()?, ndarray::array![[0.0, 1.0], [1.0, 0.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Matrices that are not square; when it runs, one that is not finite (which element).
pub fn eigh(a: &DynArray) -> Result<(DynArray, DynArray)> {
    let n = square(a, "eigh")?;
    let packed = each(Eigh { vectors: true }, &[&floats(a)?], (n + 1, n))?;
    Ok((reals(&flat_row(&part(&packed, (0, 1), (0, n))?)?)?, part(&packed, (1, n), (0, n))?))
}

/// The eigenvalues of every symmetric matrix of a stack, rising. NumPy's `eigvalsh`.
///
/// # Chunks
/// As [`eigh`], with 6 times the matrix.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::eigvalsh};
/// let a = from_ndarray(ndarray::array![[0.0, 9.0], [1.0, 0.0]].into_dyn(), 2)?; // the lower triangle counts
/// assert_eq!(eigvalsh(&a)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-1.0, 1.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`eigh`].
pub fn eigvalsh(a: &DynArray) -> Result<DynArray> {
    let n = square(a, "eigvalsh")?;
    reals(&flat_row(&each(Eigh { vectors: false }, &[&floats(a)?], (1, n))?)?)
}

/// Singular values below this share of the largest count as 0.
fn share(a: &DynArray, given: Option<f64>) -> Result<f64> {
    let (m, n) = sides(a, "svd")?;
    Ok(given.unwrap_or_else(|| m.max(n) as f64 * epsilon(floats(a).map_or(DType::F64, |x| x.dtype()))))
}

/// Which singular values count.
fn above(s: &DynArray, share: f64) -> Result<DynArray> {
    let largest = s.reduce(&crate::op::reduction::MAX, Some(&[-1]), true, 0.0, 8)?;
    s.greater(largest.multiply(share)?)
}

/// The inverse of what a matrix does where it has one (Moore and Penrose), for every matrix of a stack: singular values of at most `rcond` times the
/// largest count as 0 (by default the longer side times the spacing of numbers at 1). NumPy's `pinv`.
///
/// # Chunks
/// As [`svd`] and [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::pinv};
/// let a = from_ndarray(ndarray::array![[2.0, 0.0], [0.0, 0.0]].into_dyn(), 2)?;
/// assert_eq!(pinv(&a, None)?.compute_as::<f64>()?, ndarray::array![[0.5, 0.0], [0.0, 0.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`svd`].
pub fn pinv(a: &DynArray, rcond: Option<f64>) -> Result<DynArray> {
    let (m, n) = sides(a, "pinv")?;
    if m.min(n) == 0 {
        return transposed(&floats(a)?);
    }
    let (u, s, vt) = svd(a)?;
    let inverse = where_(&above(&s, share(a, rcond)?)?, &s.reciprocal()?, 0.0)?;
    matmul(&adjoint(&vt)?.multiply(inverse.expand_dims(&[-2])?)?, &adjoint(&u)?)
}

/// How many singular values count: those above `rtol` times the largest (by default the longer side times the spacing of numbers at
/// 1), for every matrix of a stack (int64). NumPy's `matrix_rank`.
///
/// # Chunks
/// As [`svdvals`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, linalg::matrix_rank, ones};
/// assert_eq!(matrix_rank(&ones(&[3, 4], tilework::DType::F64, 2)?, None)?.compute_as::<i64>()?.into_scalar(), 1);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`svd`].
pub fn matrix_rank(a: &DynArray, rtol: Option<f64>) -> Result<DynArray> {
    let (m, n) = sides(a, "matrix_rank")?;
    let s = svdvals(a)?;
    if m.min(n) == 0 {
        return s.astype(DType::I64)?.sum(Some(&[-1]));
    }
    above(&s, share(a, rtol)?)?.sum(Some(&[-1]))
}

/// What [`lstsq`] finds.
#[derive(Clone, Debug)]
pub struct LeastSquares {
    /// The shortest of the best solutions.
    pub x: DynArray,
    /// The sum of squares of what is left, for every column of `b`. NumPy gives none where the matrix has not full column rank.
    pub residuals: DynArray,
    /// How many singular values count (int64).
    pub rank: DynArray,
    /// Singular values.
    pub s: DynArray,
}

/// The `x` that brings `A x` closest to `b` (a vector or columns), by singular values: those of at most `rcond` times the largest
/// count as 0 (by default the longer side times the spacing of numbers at 1). NumPy's `lstsq`.
///
/// # Chunks
/// As [`svd`] and [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::lstsq};
/// let a = from_ndarray(ndarray::array![[1.0], [1.0]].into_dyn(), 2)?;
/// let b = from_ndarray(ndarray::array![1.0, 3.0].into_dyn(), 2)?;
/// let x = lstsq(&a, &b, None)?.x.compute_as::<f64>()?;
/// assert!((x[0] - 2.0).abs() < 1e-14);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An array that is no matrix or has no elements, another number of rows in `b`; when it runs, a matrix that is not finite.
pub fn lstsq(a: &DynArray, b: &DynArray, rcond: Option<f64>) -> Result<LeastSquares> {
    let (m, n) = sides(a, "lstsq")?;
    if a.ndim() != 2 || !matches!(b.ndim(), 1 | 2) || b.shape()[0] != m || m * n == 0 {
        return Err(Error::usage(format!(
            "lstsq: shapes {:?} and {:?}: give a matrix and a vector or columns of as many rows",
            a.shape(),
            b.shape()
        )));
    }
    if b.ndim() == 1 {
        let found = lstsq(a, &b.expand_dims(&[1])?, rcond)?;
        return Ok(LeastSquares { x: found.x.squeeze(Some(&[1]))?, ..found });
    }
    let (a, b) = floats_both(a, b)?;
    let (u, s, vt) = svd(&a)?;
    let counts = above(&s, share(&a, rcond)?)?;
    let inverse = where_(&counts, &s.reciprocal()?, 0.0)?.expand_dims(&[1])?;
    let x = matmul(&adjoint(&vt)?, &matmul(&adjoint(&u)?, &b)?.multiply(inverse)?)?;
    let left = b.subtract(matmul(&a, &x)?)?;
    Ok(LeastSquares { residuals: squares(&left)?.sum(Some(&[0]))?, rank: counts.sum(None)?, x, s })
}
