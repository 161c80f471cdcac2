//! Matrices of a stack each for itself, and blocks of one matrix: what factorisations are built of.

use crate::array::DynArray;
use crate::array::linalg::blocks::BLOCK;
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Result};
use crate::expr::{AxisMap, Chunks, Expr, IndexMap, build};
use crate::op::block::{NamedBlock, shared};
use crate::op::linalg::Part;

/// Matrices up to so many rows and columns are factored by one task.
pub(super) const ONE_TASK: usize = 256;

/// Rows and columns of an array of at least two axes.
pub(super) fn sides(x: &DynArray, name: &str) -> Result<(usize, usize)> {
    let shape = x.shape();
    match shape[..] {
        [.., m, n] => Ok((m, n)),
        _ => Err(Error::usage(format!("{name} takes matrices, so at least 2 dimensions, not shape {shape:?}"))),
    }
}

/// The side of square matrices.
pub(super) fn square(x: &DynArray, name: &str) -> Result<usize> {
    match sides(x, name)? {
        (m, n) if m == n => Ok(n),
        _ => Err(Error::matrix(format!("{name} takes square matrices, not shape {:?}", x.shape()))),
    }
}

/// As floats or complex numbers: these stay, all others become float64.
pub(super) fn floats(x: &DynArray) -> Result<DynArray> {
    x.astype(if x.dtype().is_inexact() { x.dtype() } else { DType::F64 })
}

/// As one dtype of float.
pub(super) fn floats_both(a: &DynArray, b: &DynArray) -> Result<(DynArray, DynArray)> {
    let (a, b) = (floats(a)?, floats(b)?);
    let dtype = a.dtype().promote(b.dtype());
    Ok((a.astype(dtype)?, b.astype(dtype)?))
}

/// The spacing of numbers around 1.
pub(super) fn epsilon(dtype: DType) -> f64 {
    if dtype.part() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// A function of every matrix of a stack: matrices of `out` rows and columns. Stacks broadcast; every task gets as many matrices as
/// make a block.
pub(super) fn each<B: NamedBlock>(op: B, inputs: &[&DynArray], out: (usize, usize)) -> Result<DynArray> {
    let leads: Vec<_> = inputs.iter().map(|x| x.shape()[..x.ndim() - 2].iter().copied().collect()).collect();
    let lead = build::broadcast_shapes(&leads)?;
    let largest =
        inputs.iter().map(|x| x.shape()[x.ndim() - 2..].iter().product()).chain([out.0 * out.1]).max().unwrap_or(1).max(1);
    let lanes: usize = (BLOCK / 4 / largest).max(1);
    let mut left = lanes;
    let mut axes: Vec<Axis> = lead
        .iter()
        .rev()
        .map(|&n| {
            let piece = super::blocks::evenly(n, left.min(n.max(1)));
            left = (left / piece).max(1);
            Axis::regular(n, piece)
        })
        .collect();
    axes.reverse();
    let (mut exprs, mut maps) = (Vec::new(), Vec::new());
    for (x, own) in inputs.iter().zip(&leads) {
        let shape = x.shape();
        let mut map = IndexMap::broadcast(own, &lead);
        let cut = map.0.iter().map(|m| match m {
            AxisMap::Out(o) => axes[*o].clone(),
            AxisMap::Fixed(_) => Axis::whole(1),
        });
        let grid = Grid::new(cut.chain(shape[shape.len() - 2..].iter().map(|&n| Axis::whole(n))));
        map.0.extend([AxisMap::Out(lead.len()), AxisMap::Out(lead.len() + 1)]);
        exprs.push(build::rechunk(x.expr(), grid)?);
        maps.push(map);
    }
    let grid = Grid::new(axes.into_iter().chain([Axis::whole(out.0), Axis::whole(out.1)]));
    grid.n_elements()?;
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, exprs, maps, inputs[0].dtype(), grid)?))
}

/// A function of blocks: the first array's one block, which `first` maps, and the same places of the others.
pub(super) fn beside<B: NamedBlock>(op: B, first: &DynArray, columns: bool, others: &[&DynArray]) -> Result<DynArray> {
    let (dtype, grid) = others[0].parts();
    let whole = DynArray::rechunk(first, Chunks::Whole)?;
    let own = if columns { [AxisMap::Out(0), AxisMap::Out(2)] } else { [AxisMap::Out(1), AxisMap::Out(2)] };
    let mut maps = vec![IndexMap(own.into_iter().collect())];
    let mut exprs = vec![whole.expr().clone()];
    for x in others {
        maps.push(IndexMap::identity(2));
        exprs.push(x.expr().clone());
    }
    let out = Grid::new(grid.axes().iter().cloned().chain([Axis::whole(1)]));
    let made = build::call_mapped(shared(op)?, exprs, maps, dtype, out)?;
    Ok(DynArray::wrap(build::index(&made, &[None, None, Some(0)])?))
}

/// A function of every block of rows of a matrix, with so many rows for each.
pub(super) fn by_rows<B: NamedBlock>(op: B, inputs: &[&DynArray], rows: &[usize], columns: usize) -> Result<DynArray> {
    let exprs: Vec<Expr> = inputs.iter().map(|x| x.expr().clone()).collect();
    let maps = inputs.iter().map(|_| IndexMap::identity(2)).collect();
    let grid = Grid::new([Axis::from_sizes(rows), Axis::whole(columns)]);
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, exprs, maps, inputs[0].dtype(), grid)?))
}

/// A part of the packed matrices of a stack.
pub(super) fn part(x: &DynArray, rows: (usize, usize), columns: (usize, usize)) -> Result<DynArray> {
    let (dtype, grid) = x.parts();
    let n = grid.ndim() - 2;
    let axes = grid.axes()[..n].iter().cloned().chain([Axis::whole(rows.1), Axis::whole(columns.1)]);
    let op = shared(Part { rows, columns })?;
    let map = IndexMap::identity(grid.ndim());
    Ok(DynArray::wrap(build::call_mapped(op, vec![x.expr().clone()], vec![map], dtype, Grid::new(axes))?))
}

/// A box of the last two axes.
pub(super) fn slice(x: &DynArray, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Result<DynArray> {
    let shape = x.shape();
    let lead = shape[..shape.len() - 2].iter().map(|&n| AxisSlice::whole(n));
    let tail = [rows, columns].map(|r| AxisSlice { start: r.start, step: 1, len: r.len() });
    Ok(DynArray::wrap(build::slice(x.expr(), &lead.chain(tail).collect::<Vec<_>>())?))
}

/// Arrays one below the other.
pub(super) fn below(parts: &[DynArray]) -> Result<DynArray> {
    crate::array::concatenate(parts, -2)
}

/// Arrays one right of the other.
pub(super) fn right(parts: &[DynArray]) -> Result<DynArray> {
    crate::array::concatenate(parts, -1)
}

/// The axis of length 1 before the last gone.
pub(super) fn flat_row(x: &DynArray) -> Result<DynArray> {
    x.squeeze(Some(&[-2]))
}

/// Columns of one panel of a matrix of `n_rows` rows whose panels cover `n` columns: from the shape alone.
pub(super) fn panel_width(n_rows: usize, n: usize) -> usize {
    let most = (BLOCK / n_rows.max(1)).clamp(32, 1024);
    super::blocks::evenly(n, (n / 8).clamp(64, 1024).min(most))
}

/// Columns of a matrix cut into panels: those up to `k`, then the others, each about as wide as `width` says.
pub(super) fn panels(x: &DynArray, k: usize, width: usize) -> Result<DynArray> {
    let (m, n) = sides(x, "panels")?;
    let mut sizes = Vec::new();
    for (start, end) in [(0, k), (k, n)] {
        let mut at = start;
        while at < end {
            sizes.push(width.min(end - at));
            at += width;
        }
    }
    let sizes = if sizes.is_empty() { vec![0] } else { sizes };
    x.rechunk(Chunks::Exact(vec![vec![m], sizes]))
}

/// The matrix with its last two axes exchanged.
pub(super) fn transposed(x: &DynArray) -> Result<DynArray> {
    x.swapaxes(-1, -2)
}

/// The matrix transposed and, of complex numbers, conjugated.
pub(super) fn adjoint(x: &DynArray) -> Result<DynArray> {
    transposed(&conjugated(x)?)
}

/// Complex numbers conjugated; others as they are.
pub(super) fn conjugated(x: &DynArray) -> Result<DynArray> {
    if x.dtype().is_complex() { x.conj() } else { Ok(x.clone()) }
}

/// Squares of absolute values.
pub(super) fn squares(x: &DynArray) -> Result<DynArray> {
    if x.dtype().is_complex() { x.multiply(x.conj()?)?.real() } else { x.multiply(x) }
}

/// The real part of numbers that have no other.
pub(super) fn reals(x: &DynArray) -> Result<DynArray> {
    if x.dtype().is_complex() { x.real() } else { Ok(x.clone()) }
}
