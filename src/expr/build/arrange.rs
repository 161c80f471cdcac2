//! The same elements under other axes: transposed, repeated, with axes more or less.

use crate::base::{Axis, Error, Grid, Kind as ErrorKind, Result};
use crate::expr::build::{array_meta, broadcast_shapes, conform};
use crate::expr::chunks::repeated;
use crate::expr::node::Blockwise;
use crate::expr::{AxisMap, Expr, IndexMap, Kind, unknown};
use crate::kernel::program::Program;
use std::sync::Arc;

/// The elements under another arrangement of axes: `map` says where each axis of `x` goes, `grid` is the result's.
///
/// # Errors
/// When the result has too many elements.
pub fn rearrange(x: &Expr, map: IndexMap, grid: Grid, label: &str) -> Result<Expr> {
    let (dtype, _) = x.array()?;
    grid.n_elements().map_err(|e| e.at(label))?;
    let blockwise = Blockwise { program: Arc::new(Program::identity(dtype)), maps: vec![map] };
    Ok(Expr::new(Kind::Blockwise(blockwise), vec![x.clone()], array_meta(dtype, grid), label))
}

/// The axis that `axis` means in `ndim` dimensions (negative: from the end).
///
/// # Errors
/// When it is out of bounds.
pub fn normalize_axis(axis: isize, ndim: usize) -> Result<usize> {
    let n = ndim as isize;
    if axis < -n || axis >= n {
        return Err(Error::axis(format!("axis {axis} is out of bounds for an array of {ndim} dimensions")));
    }
    Ok(if axis < 0 { (axis + n) as usize } else { axis as usize })
}

/// Axes in another order: axis `i` of the result is axis `order[i]` of `x`.
///
/// # Errors
/// When `order` is no permutation of the axes.
pub fn transpose(x: &Expr, order: &[usize]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let mut seen = vec![false; grid.ndim()];
    for &a in order {
        if a >= grid.ndim() || std::mem::replace(&mut seen[a], true) {
            let kind = if a >= grid.ndim() { ErrorKind::Axis } else { ErrorKind::Usage };
            return Err(Error::new(kind, format!("transpose: {order:?} is no permutation of the {} axes", grid.ndim())));
        }
    }
    if order.len() != grid.ndim() {
        return Err(Error::usage(format!("transpose: {order:?} does not name all {} axes", grid.ndim())));
    }
    let mut map: Vec<AxisMap> = vec![AxisMap::Fixed(0); order.len()];
    for (o, &a) in order.iter().enumerate() {
        map[a] = AxisMap::Out(o);
    }
    let out = Grid::new(order.iter().map(|&a| grid.axes()[a].clone()));
    rearrange(x, IndexMap(map.into()), out, "transpose")
}

/// The array repeated to `shape` by NumPy's broadcasting, the axes that repeat cut by [`repeated`]: what is computed of it goes chunk by
/// chunk, and where it is used elementwise nothing of it is ever stored.
///
/// # Errors
/// When the shape does not follow from the array's.
pub fn broadcast_to(x: &Expr, shape: &[usize]) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("broadcast_to"))?;
    let have = grid.shape();
    if broadcast_shapes(&[have.clone(), shape.into()])?.as_slice() != shape {
        return Err(Error::usage(format!("broadcast_to: {:?} does not broadcast to {shape:?}", have.as_slice())));
    }
    let map = IndexMap::broadcast(&have, shape);
    let mut own: Vec<Option<Axis>> = vec![None; shape.len()];
    for (o, a) in map.output_axes(grid) {
        own[o] = Some(a.clone());
    }
    rearrange(x, map, repeated(&own, shape, dtype), "broadcast_to")
}

/// Along which axes `x` repeats what it is made of, if it is nothing but an array under other axes: there, any cut is as good.
pub(super) fn repeats(x: &Expr) -> Option<Vec<bool>> {
    let Kind::Blockwise(b) = x.kind() else { return None };
    let ([map], Ok((_, grid))) = (b.maps.as_slice(), x.array()) else { return None };
    if !b.program.is_identity() {
        return None;
    }
    let made = |o: usize| map.0.contains(&AxisMap::Out(o));
    let free: Vec<bool> = grid.axes().iter().enumerate().map(|(o, axis)| axis.len() > 1 && !made(o)).collect();
    free.contains(&true).then_some(free)
}

/// An array that repeats, cut as `grid` says: what it is made of is cut so, and what repeats costs nothing.
pub(super) fn repeated_so(x: &Expr, grid: Grid) -> Result<Expr> {
    let Kind::Blockwise(b) = x.kind() else { return Err(Error::bug("an array that does not repeat")) };
    let input = conform(&x.inputs()[0], &b.maps[0], &grid)?;
    rearrange(&input, b.maps[0].clone(), grid, x.label())
}

/// New axes of length 1; `axes` are their places in the result, rising.
///
/// # Errors
/// When this is no array.
pub fn expand_dims(x: &Expr, axes: &[usize]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let ndim = grid.ndim() + axes.len();
    let old: Vec<usize> = (0..ndim).filter(|a| !axes.contains(a)).collect();
    if old.len() != grid.ndim() {
        let kind = if axes.iter().any(|&a| a >= ndim) { ErrorKind::Axis } else { ErrorKind::Usage };
        let message = format!("expand_dims: axes {axes:?} are out of bounds or repeated for a result of {ndim} dimensions");
        return Err(Error::new(kind, message));
    }
    let mut out: Vec<Axis> = vec![Axis::whole(1); ndim];
    for (a, &o) in old.iter().enumerate() {
        out[o] = grid.axes()[a].clone();
    }
    rearrange(x, IndexMap(old.into_iter().map(AxisMap::Out).collect()), Grid::new(out), "expand_dims")
}

/// One element of some axes, which go away: `Some(i)` for those.
///
/// # Errors
/// When an index is out of bounds.
pub fn index(x: &Expr, at: &[Option<usize>]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let mut map = Vec::new();
    let mut out = Vec::new();
    for (a, axis) in grid.axes().iter().enumerate() {
        match at.get(a).copied().flatten() {
            Some(_) if axis.is_unknown() => return Err(unknown::error(a)),
            Some(i) if i >= axis.len() => {
                return Err(Error::index(format!("index {i} is out of bounds for axis {a} of length {}", axis.len())));
            }
            Some(i) => map.push(AxisMap::Fixed(i)),
            None => {
                map.push(AxisMap::Out(out.len()));
                out.push(axis.clone());
            }
        }
    }
    rearrange(x, IndexMap(map.into()), Grid::new(out), "index")
}
