//! A part of the query that is there several times: computed once.

use crate::base::Result;
use crate::frame::pipe::Pipe;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use polars_plan::dsl::FileScanIR;
use polars_plan::plans::IR;
use polars_plan::prelude::Node;
use std::rc::Rc;

/// A part under its number.
#[derive(Debug)]
struct Shared {
    id: u128,
    part: Rc<Tree>,
}

/// Reads a part that Polars has found several times.
pub(in crate::frame) fn read(id: u128, input: Node, r: &mut Reader) -> Result<Box<dyn Relation>> {
    if let Some(part) = r.shared.get(&id) {
        return Ok(Box::new(Shared { id, part: part.clone() }));
    }
    // A scan without conditions is as well read again: more can be done with a file than with rows that were kept.
    if is_bare_scan(input, r) {
        return Ok(r.tree(input)?.relation);
    }
    let part = Rc::new(r.tree(input)?);
    r.shared.insert(id, part.clone());
    Ok(Box::new(Shared { id, part }))
}

fn is_bare_scan(at: Node, r: &Reader) -> bool {
    match r.arena.get(at) {
        IR::SimpleProjection { input, .. } => is_bare_scan(*input, r),
        IR::Scan { scan_type, predicate: None, .. } => matches!(&**scan_type, FileScanIR::Parquet { .. }),
        _ => false,
    }
}

impl Relation for Shared {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        if let Some(exchange) = run.shared.get(&self.id).cloned() {
            return Ok(run.read(&exchange));
        }
        let pipe = self.part.pipe(run)?;
        if pipe.is_in_memory() {
            return Ok(pipe);
        }
        run.note("a part that the query has several times is computed once");
        let exchange = run.keep(&pipe, "shared part")?;
        run.shared.insert(self.id, exchange.clone());
        Ok(run.read(&exchange))
    }
}
