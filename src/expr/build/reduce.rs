//! Reductions and scans.

use crate::base::{Axis, Error, Grid, Result};
use crate::expr::build::{array_meta, normalize_axis};
use crate::expr::node::{ArrayReduce, Blockwise, Scan, TreeReduce};
use crate::expr::{Expr, IndexMap, Kind, unknown};
use crate::kernel::program::Program;
use crate::kernel::reduce::ReduceOp;
use crate::kernel::scan::ScanOp;
use std::sync::Arc;

/// A reduction over `axes` (rising, all if None).
///
/// # Errors
/// When an axis is out of bounds or repeated, the op does not take the dtype, or needs elements and there are none.
pub fn reduce(
    x: &Expr,
    op: &'static ReduceOp,
    axes: Option<&[isize]>,
    keepdims: bool,
    ddof: f64,
    split_every: usize,
) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let ndim = grid.ndim();
    let mut list: Vec<usize> = match axes {
        None => (0..ndim).collect(),
        Some(a) => a.iter().map(|&a| normalize_axis(a, ndim)).collect::<Result<_>>().map_err(|e| e.at(op.name))?,
    };
    list.sort_unstable();
    if list.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::usage(format!("{}: an axis is given twice in {:?}", op.name, axes.unwrap_or(&[]))));
    }
    op.check(&grid.shape(), &list)?;
    if let Some(a) = list.iter().copied().find(|&a| op.tags.positional && grid.axes()[a].is_unknown()) {
        return Err(unknown::error(a).at(op.name)); // positions along it would be those of the bounds
    }
    let out_dtype = op.result_dtype(dtype);
    let out = reduced_grid(grid, &list, keepdims);
    let map = Blockwise { program: Arc::new(Program::identity(dtype)), maps: vec![IndexMap::identity(ndim)] };
    let node = ArrayReduce { map, grid: grid.clone(), op, axes: list, keepdims, ddof, split_every: split_every.max(2) };
    Ok(Expr::new(Kind::TreeReduce(TreeReduce::Array(node)), vec![x.clone()], array_meta(out_dtype, out), op.name))
}

/// The grid of a reduction's result.
pub fn reduced_grid(grid: &Grid, axes: &[usize], keepdims: bool) -> Grid {
    Grid::new(grid.axes().iter().enumerate().filter_map(|(a, axis)| match axes.contains(&a) {
        false => Some(axis.clone()),
        true if keepdims => Some(Axis::whole(1)),
        true => None,
    }))
}

/// A running value along an axis.
///
/// # Errors
/// When the axis is out of bounds or the op does not take the dtype.
pub fn scan(x: &Expr, op: &'static ScanOp, axis: isize) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let axis = normalize_axis(axis, grid.ndim()).map_err(|e| e.at(op.name))?;
    let meta = array_meta(op.result_dtype(dtype), grid.clone());
    Ok(Expr::new(Kind::Scan(Scan { op, axis }), vec![x.clone()], meta, op.name))
}
