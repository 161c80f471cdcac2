//! What is not run on partitions: in one task over all rows, as Polars runs it, if they fit.

use crate::base::Result;
use crate::frame::pipe::{MOST_GROWTH, Pipe};
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::planned::{Held, Planned};
use crate::op::table::{RowOp, TableStep};
use polars::prelude::SchemaRef;
use polars_plan::plans::{FunctionIR, IR};
use std::sync::Arc;

/// A node of the plan over all rows of its inputs.
#[derive(Debug)]
struct Whole {
    inputs: Vec<Tree>,
    plan: Arc<Planned>,
    schema: SchemaRef,
}

/// Reads any node that has inputs.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let inputs = ir.inputs().map(|n| r.tree(n)).collect::<Result<Vec<_>>>()?;
    let plan = Arc::new(planned(ir, &inputs, r));
    Ok(Box::new(Whole { inputs, plan, schema: schema.clone() }))
}

/// The node over inputs with these trees' columns.
pub(super) fn planned(ir: &IR, inputs: &[Tree], r: &Reader) -> Planned {
    let schemas: Vec<SchemaRef> = inputs.iter().map(|t| t.schema.clone()).collect();
    Planned::new(word(ir), ir, &schemas, &r.exprs)
}

/// The node in Polars' word for people.
fn word(ir: &IR) -> &'static str {
    match ir {
        IR::GroupBy { options, .. } if options.is_rolling() => "rolling",
        IR::GroupBy { options, .. } if options.is_dynamic() => "group_by_dynamic",
        IR::GroupBy { .. } => "group_by",
        IR::Select { .. } => "select",
        IR::HStack { .. } => "with_columns",
        IR::Filter { .. } => "filter",
        IR::Sort { .. } => "sort",
        IR::Distinct { .. } => "unique",
        IR::Join { .. } => "join",
        IR::Union { .. } | IR::HConcat { .. } => "concat",
        IR::Gather { .. } => "gather",
        IR::MapFunction { function: FunctionIR::Explode { .. }, .. } => "explode",
        IR::MapFunction { function: FunctionIR::Unnest { .. }, .. } => "unnest",
        IR::MapFunction { function: FunctionIR::Unpivot { .. }, .. } => "unpivot",
        IR::MapFunction { function: FunctionIR::RowIndex { .. }, .. } => "with_row_index",
        IR::MapFunction { .. } => "map_batches",
        _ => "a step of Polars' own",
    }
}

impl Relation for Whole {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let name = self.plan.name();
        run.note(format!("{name}: in one task over all rows, since it is not run on partitions"));
        let Some((first, others)) = self.inputs.split_first() else {
            return Err(crate::base::Error::bug("a step without inputs is no scan"));
        };
        let first = first.pipe(run)?;
        let first = run.measured(first, name)?;
        let mut pipe = run.whole(&first, name)?;
        let (mut bound, mut beside) = (pipe.bound, vec![]);
        for other in others {
            let other = other.pipe(run)?;
            let (held, measured) = held(run, &other, name)?;
            beside.push(held);
            bound = bound.plus(measured);
        }
        // Of no rows may come one.
        bound.rows = bound.rows.max(1);
        let bound = bound.times(MOST_GROWTH);
        let step = TableStep::Planned { plan: self.plan.clone(), beside, number: None };
        pipe.push_bounded(RowOp::Step(step), self.schema.clone(), bound, bound);
        Ok(pipe)
    }
}

/// All rows in memory, counted in the memory between stages.
///
/// # Errors
/// More rows than one task, or that memory, can take.
pub(super) fn held(run: &mut Run<'_>, pipe: &Pipe, name: &str) -> Result<(Arc<Held>, crate::chunk::table_bound::Bound)> {
    let rows = run.keep(pipe, name)?;
    // Refused where it is too large.
    run.gathered(&rows, name)?;
    let total = rows.total();
    let room = run.room(total.bytes, name)?;
    Ok((Arc::new(Held::new(run.table(&rows)?, room)), total.bound))
}
