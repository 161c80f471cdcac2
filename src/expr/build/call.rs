//! Functions on blocks and shuffles.

use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::build::{align, array_meta};
use crate::expr::call::{CallOp, ShuffleOp};
use crate::expr::node::Call;
use crate::expr::{AxisMap, Expr, IndexMap, Kind, unknown};
use std::sync::Arc;

/// A function on aligned blocks; `grid` is what the caller declares of the result, with as many chunks as the inputs' aligned
/// grid has along every axis.
///
/// # Errors
/// When shapes do not broadcast or the declared grid has another number of chunks.
pub fn call(op: Arc<dyn CallOp>, inputs: &[Expr], dtype: DType, grid: Option<Grid>) -> Result<Expr> {
    let label = op.label();
    let (inputs, maps, aligned) = align(inputs).map_err(|e| e.at(label.clone()))?;
    let grid = grid.unwrap_or_else(|| aligned.clone());
    if grid.ndim() == aligned.ndim() {
        unknown::declared(&aligned, &grid).map_err(|e| e.at(label.clone()))?;
    } else {
        unknown::refuse(&aligned).map_err(|e| e.at(label.clone()))?;
    }
    if !inputs.is_empty() && grid.counts() != aligned.counts() {
        return Err(Error::usage(format!(
            "{label}: the declared chunks make {:?} blocks, but the inputs have {:?}: declare one output block per input block",
            grid.counts().as_slice(),
            aligned.counts().as_slice()
        )));
    }
    Ok(Expr::new(Kind::Call(Call { op, maps }), inputs, array_meta(dtype, grid), label))
}

/// A function on blocks of arrays that lie along chosen axes of the output: block `coords` of the result is made of the blocks that
/// the maps name. An input without some axis of the output is used for all blocks along it.
///
/// # Errors
/// When an input is cut into another number of blocks than the axis of the output it runs along.
pub fn call_mapped(op: Arc<dyn CallOp>, inputs: Vec<Expr>, maps: Vec<IndexMap>, dtype: DType, grid: Grid) -> Result<Expr> {
    let label = op.label();
    for (x, map) in inputs.iter().zip(&maps) {
        let (_, own) = x.array()?;
        for (a, m) in map.0.iter().enumerate().filter(|(a, _)| own.axes()[*a].is_unknown()) {
            let whole = Axis::whole(0);
            let out = if let AxisMap::Out(o) = m { grid.axes().get(*o).unwrap_or(&whole) } else { &whole };
            unknown::one_axis(&own.axes()[a], out, a).map_err(|e| e.at(label.clone()))?;
        }
        for (o, axis) in map.output_axes(own) {
            let (have, want) = (axis.n_chunks(), grid.axes().get(o).map_or(0, Axis::n_chunks));
            if have != want {
                return Err(Error::usage(format!(
                    "{label}: an input has {have} blocks along axis {o} of the result, which has {want}"
                )));
            }
        }
    }
    Ok(Expr::new(Kind::Call(Call { op, maps }), inputs, array_meta(dtype, grid), label))
}

/// A shuffle of an array into an array.
pub fn shuffle(op: Arc<dyn ShuffleOp>, x: &Expr, dtype: DType, grid: Grid) -> Expr {
    let label = op.label();
    Expr::new(Kind::Shuffle(op), vec![x.clone()], array_meta(dtype, grid), label)
}
