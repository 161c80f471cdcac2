//! Q R = A.

use crate::array::linalg::lanes::{self, ONE_TASK, below, beside, each, floats, panels, part, right, sides, slice};
use crate::array::linalg::tall;
use crate::array::{DynArray, create, eye};
use crate::base::Result;
use crate::expr::Chunks;
use crate::kernel::linalg::qr::block_size;
use crate::op::linalg::{Beside, Qr, QrApply, QrPanel};

/// An orthogonal (of complex numbers unitary) matrix Q of `min(m, n)` columns and an upper triangular R with `Q R = A`, for every matrix of a stack. The diagonal of R
/// is not negative, which makes both unique where A has full rank. NumPy's `qr` with `mode="reduced"` (whose signs are free); the other modes are left out:
/// `complete` is as large as the square of the rows.
///
/// # Chunks
/// A matrix with at least 4 times as many rows as columns (up to 2048) goes by a tree over blocks of rows, about 4 MiB each; a task
/// holds 7 such blocks, and Q is cut alike. Others go panel by panel of up to 1024 columns of all rows (`rows * columns` at most 2 Mi elements, but at least
/// 32 columns): a task holds about 6 panels. Matrices of a stack, and those of at most 256 rows or columns, are factored whole.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::{matmul, qr}};
/// let a = arange(0.0, 6.0, 1.0, 4)?.reshape(&[3, 2])?;
/// let (q, r) = qr(&a)?;
/// assert_eq!((q.shape(), r.shape()), (vec![3, 2], vec![2, 2]));
/// let back = matmul(&q, &r)?.subtract(&a)?.absolute()?.max(None)?;
/// assert!(back.compute_as::<f64>()?.into_iter().all(|d| d < 1e-14));
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two dimensions.
pub fn qr(a: &DynArray) -> Result<(DynArray, DynArray)> {
    let (m, n) = sides(a, "qr")?;
    let a = floats(a)?;
    let k = m.min(n);
    if a.ndim() == 2 && tall::is_tall(m, n) {
        let t = tall::factor(&a, true)?;
        return Ok((t.q(None)?, t.r));
    }
    if a.ndim() == 2 && k > ONE_TASK {
        return by_panels(&a, m, n);
    }
    let packed = each(Qr { q: true }, &[&a], if m >= n { (m + n, n) } else { (m, m + n) })?;
    let r = if m >= n { part(&packed, (m, n), (0, n))? } else { part(&packed, (0, m), (m, n))? };
    Ok((part(&packed, (0, m), (0, k))?, r))
}

/// Reflections of panel after panel, each applied to the columns right of it; Q is made of them from the last to the first.
fn by_panels(a: &DynArray, m: usize, n: usize) -> Result<(DynArray, DynArray)> {
    let k = m.min(n);
    let dtype = a.dtype();
    let mut rest = panels(a, k, lanes::panel_width(m, k))?;
    let (mut reflections, mut rows, mut at) = (Vec::new(), Vec::new(), 0);
    while at < k {
        let (left, all) = (m - at, n - at);
        let width = rest.chunks()[1][0];
        let panel = slice(&rest, 0..left, 0..width)?;
        let block = block_size(left, width);
        let packed = each(QrPanel { block }, &[&panel], (left + block, width))?;
        let mut row = vec![slice(&packed, 0..width, 0..width)?.triu(0)?];
        if at > 0 {
            row.insert(0, create::zeros(&[width, at], dtype, Chunks::Whole)?);
        }
        if width < all {
            let others = slice(&rest, 0..left, width..all)?;
            let done = beside(QrApply { adjoint: true, n_rows: left, beside: Beside::Columns }, &packed, true, &[&others])?;
            row.push(slice(&done, 0..width, 0..all - width)?);
            rest = slice(&done, width..left, 0..all - width)?;
        }
        rows.push(right(&row)?);
        reflections.push((packed, left, width));
        at += width;
    }
    let mut q: Option<DynArray> = None;
    for (packed, left, width) in reflections.into_iter().rev() {
        let mut columns = vec![eye(left, width, 0, dtype, Chunks::Whole)?];
        if let Some(q) = q {
            columns.push(below(&[create::zeros(&[width, q.shape()[1]], dtype, Chunks::Whole)?, q])?);
        }
        let columns = right(&columns)?;
        let sizes = columns.chunks()[1].clone();
        let columns = columns.rechunk(Chunks::Exact(vec![vec![left], sizes]))?;
        q = Some(beside(QrApply { adjoint: false, n_rows: left, beside: Beside::Columns }, &packed, true, &[&columns])?);
    }
    let (q, r) = (q.ok_or_else(|| crate::base::Error::bug("a matrix without panels"))?, below(&rows)?);
    // Panels leave the signs free: turned here.
    let d = r.diagonal(0, 0, 1)?;
    let turn = if dtype.is_complex() {
        let size = d.absolute()?;
        crate::array::where_(&size.equal(0)?, 1, d.divide(&size)?)?.astype(dtype)?
    } else {
        crate::array::where_(&d.less(0)?, -1, 1)?.astype(dtype)?
    };
    let back = lanes::conjugated(&turn)?;
    Ok((q.multiply(&turn)?, r.multiply(back.expand_dims(&[1])?)?))
}
