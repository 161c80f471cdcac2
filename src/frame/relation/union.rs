//! Tables one below the other: the partitions of one after those of another.

use crate::base::{Error, Result};
use crate::chunk::dataframe::described;
use crate::chunk::table_bound::Bound;
use crate::frame::pipe::{Pipe, names};
use crate::frame::relation::whole;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::wrap::Chained;
use polars::prelude::SchemaRef;
use polars_plan::plans::IR;
use std::sync::Arc;

/// Rows of several inputs.
#[derive(Debug)]
struct Union {
    inputs: Vec<Tree>,
}

/// Reads a union.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::Union { inputs, options } = ir else { return Err(Error::bug("no union")) };
    if options.slice.is_some() {
        return whole::read(ir, r, schema);
    }
    let inputs = inputs.iter().map(|&i| r.tree(i)).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(Union { inputs }))
}

impl Relation for Union {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let parts = self.inputs.iter().map(|i| i.pipe(run)).collect::<Result<_>>()?;
        below(run, parts)
    }
}

/// The rows of all parts, one below the other.
///
/// # Errors
/// Parts of different columns; none.
pub(super) fn below(run: &mut Run<'_>, pipes: Vec<Pipe>) -> Result<Pipe> {
    let mut parts = Vec::new();
    let (mut bound, mut total, mut likely, mut unfiltered) = (Bound::default(), Bound::default(), 0.0, 0.0);
    let mut schema: Option<SchemaRef> = None;
    for mut pipe in pipes {
        let piped = match pipe.piped() {
            Some(p) => p,
            None => {
                pipe = run.computed(&pipe, "union")?.0;
                pipe.piped().ok_or_else(|| Error::bug("rows of an exchange cannot be read"))?
            }
        };
        parts.push(piped);
        (bound, total) = (bound.most(pipe.bound), total.plus(pipe.total));
        likely += pipe.likely_rows;
        unfiltered += pipe.unfiltered_rows;
        let first = schema.get_or_insert_with(|| pipe.schema.clone());
        if names(first) != names(&pipe.schema) {
            return Err(Error::usage("the tables of a union differ in their columns"));
        }
    }
    let schema = schema.ok_or_else(|| Error::usage("a union of no tables"))?;
    Ok(Pipe::of(Arc::new(Chained::new(parts, described(&schema))), schema, bound, total).with_likely(likely, unfiltered))
}
