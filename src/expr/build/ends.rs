//! Where a plan begins and ends: arrays read from outside, and outputs.

use crate::base::{Grid, Region, Result};
use crate::expr::build::{array_meta, rechunk};
use crate::expr::node::{SinkNode, SourceNode};
use crate::expr::{Chunks, Expr, Kind, Meta, Sink, Source, unknown};
use std::sync::Arc;

/// An array read from outside.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn source(source: Arc<dyn Source>, chunks: &Chunks) -> Result<Expr> {
    let shape = source.storage_grid().shape();
    let grid = chunks.grid(&shape, source.dtype(), storage_cut(source.as_ref()).as_ref())?;
    let label = source.label();
    let meta = array_meta(source.dtype(), grid);
    let origin = vec![0; shape.len()];
    Ok(Expr::new(Kind::Source(SourceNode::Array { source, origin }), vec![], meta, label))
}

/// How a source is cut where it lies; None where any part can be read at the part's own price.
pub fn storage_cut(source: &dyn Source) -> Option<Grid> {
    let storage = source.storage_grid();
    let shape = storage.shape();
    let element = Region::new(shape.iter().map(|&n| 0..n.min(1)));
    let is_cut = storage.n_chunks() > 1 || source.stored_bytes(&element) == source.stored_bytes(&Region::whole(&shape));
    is_cut.then_some(storage)
}

/// Writes an array to an output.
///
/// # Errors
/// When the output cannot hold it.
pub fn sink(x: &Expr, sink: Arc<dyn Sink>) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    if let Some(a) = grid.unknown_axis() {
        return Err(unknown::error(a).at(sink.label()));
    }
    let write = sink.write_grid(dtype, grid).map_err(|e| e.at(sink.label()))?;
    let input = rechunk(x, write)?;
    let label = sink.label();
    Ok(Expr::new(Kind::Sink(SinkNode::Array(sink)), vec![input], Meta::Unit, label))
}
