//! Rechunks: two in a row become one, and one right behind a read becomes a read by other chunks. One that joins what a take picked
//! becomes a take into the joined chunks.
//!
//! A read by other chunks touches storage blocks that straddle its chunks more than once. It is taken where that costs at most
//! `MOST_AMPLIFICATION` times the bytes of a plain read, and the read has no other user that wants the old chunks.

use crate::base::{Grid, Result};
use crate::expr::node::{Select, SourceNode};
use crate::expr::{Expr, Kind};
use crate::optimize::rewrite::{Uses, bottom_up};

/// Most bytes read, relative to reading everything once.
const MOST_AMPLIFICATION: f64 = 1.5;

/// Merges and absorbs rechunks.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    let uses = Uses::of(roots);
    bottom_up(roots, |node, old| {
        if !matches!(node.kind(), Kind::Rechunk) {
            return Ok(None);
        }
        let input = &node.inputs()[0];
        let (_, grid) = node.array()?;
        // The input itself, in the chunks that are wanted.
        let so = || Expr::new(input.kind().clone(), input.inputs().to_vec(), node.meta().clone(), input.label());
        let is_alone = || uses.only_one(&old.inputs()[0]);
        Ok(match input.kind() {
            Kind::Rechunk => Some(node.with_inputs(input.inputs().to_vec())),
            Kind::Source(SourceNode::Array { .. }) if is_alone() && reads_well(input, grid)? => Some(so()),
            // Values computed from positions alone are computed by whatever chunks are wanted.
            Kind::Blockwise(_) if input.inputs().is_empty() && is_alone() => Some(so()),
            Kind::Select(Select::Take { axes, .. }) if is_alone() && joins(input, grid, axes[0])? => Some(so()),
            _ => None,
        })
    })
}

/// Whether `grid` has the chunks of `x`, but fewer along one axis.
fn joins(x: &Expr, grid: &Grid, axis: usize) -> Result<bool> {
    let (_, own) = x.array()?;
    let others = |g: &Grid| Grid::new(g.axes().iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, x)| x.clone()));
    Ok(others(own) == others(grid) && grid.axes()[axis].n_chunks() < own.axes()[axis].n_chunks())
}

/// Whether reading a source by the chunks of `grid` (of its shape) costs little more than by those that it has.
///
/// # Errors
/// When `read` is no array.
pub fn reads_well(read: &Expr, grid: &Grid) -> Result<bool> {
    let Kind::Source(SourceNode::Array { source, origin }) = read.kind() else { return Ok(false) };
    let bytes =
        |g: &Grid| -> f64 { (0..g.n_chunks()).map(|i| source.stored_bytes(&g.chunk_region(i).shifted(origin)) as f64).sum() };
    let (_, have) = read.array()?;
    // Enumerating chunks is linear in them, as planning is anyway.
    Ok(bytes(grid) <= MOST_AMPLIFICATION * bytes(have).min(bytes(&Grid::whole(&have.shape()))).max(1.0))
}
