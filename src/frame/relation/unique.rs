//! Distinct rows: of every partition, then of all partitions together.

use crate::base::{Error, Result};
use crate::frame::pipe::{Pipe, names};
use crate::frame::relation::grouped::{Groups, grouped};
use crate::frame::relation::whole;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{PlSmallStr, SchemaRef, UniqueKeepStrategy, col};
use polars_plan::plans::IR;

/// One row of those that are equal in some columns.
#[derive(Debug)]
struct Unique {
    input: Tree,
    subset: Option<Vec<PlSmallStr>>,
    keep: UniqueKeepStrategy,
}

/// Reads a distinct.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::Distinct { input, options } = ir else { return Err(Error::bug("no distinct")) };
    if options.slice.is_some() {
        return whole::read(ir, r, schema);
    }
    let subset = options.subset.as_ref().map(|s| s.to_vec());
    Ok(Box::new(Unique { input: r.tree(*input)?, subset, keep: options.keep_strategy }))
}

impl Relation for Unique {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = self.input.pipe(run)?;
        let schema = pipe.schema.clone();
        // Named, so that no further column is compared.
        let subset = self.subset.clone().unwrap_or_else(|| names(&schema));
        let step = TableStep::Unique { subset: Some(subset.clone()), keep: self.keep };
        if pipe.n_partitions() == 1 {
            pipe.push(RowOp::Step(step), schema, 1);
            return Ok(pipe);
        }
        // A row that is there once in its partition may be there again in another.
        let merges = self.keep != UniqueKeepStrategy::None;
        if merges {
            pipe.push(RowOp::Step(step.clone()), schema.clone(), 1);
        }
        let keys = subset.into_iter().map(col).collect();
        grouped(run, pipe, &Groups::new("unique", keys, vec![step], schema), merges)
    }
}
