//! Filters, projections and further columns: row by row on every partition; else in one task over all rows.

use crate::base::{Error, Result};
use crate::frame::pipe::Pipe;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{SchemaRef, col};
use polars_plan::plans::{IR, is_elementwise_rec};

/// The part of the rows that a filter is taken to leave.
pub(super) const LIKELY: f64 = 0.3;

/// A step on rows.
#[derive(Debug)]
pub(in crate::frame) struct Rows {
    pub input: Tree,
    pub step: TableStep,
    /// Whether every row's result depends on that row alone.
    pub row_wise: bool,
    pub schema: SchemaRef,
}

/// Reads a filter or columns.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader) -> Result<Box<dyn Relation>> {
    let (input, step, row_wise, schema) = match ir {
        IR::Filter { input, predicate } => {
            let wise = is_elementwise_rec(predicate.node(), &r.exprs);
            (*input, TableStep::Filter(predicate.to_expr(&r.exprs)), wise, r.schema(*input))
        }
        IR::SimpleProjection { input, columns } => {
            let select = TableStep::Select(columns.iter_names().map(|n| col(n.clone())).collect());
            (*input, select, true, columns.clone())
        }
        IR::HStack { input, exprs, schema, .. } => {
            (*input, TableStep::WithColumns(r.named(exprs)), r.row_wise(exprs), schema.clone())
        }
        other => return Err(Error::bug(format!("{other:?} is no step on rows"))),
    };
    Ok(Box::new(Rows { input: r.tree(input)?, step, row_wise, schema }))
}

impl Relation for Rows {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = self.input.pipe(run)?;
        if !self.row_wise {
            run.note(format!("{}: in one task over all rows, since it is not row by row", self.step.name()));
            pipe = run.whole(&pipe, self.step.name())?;
        }
        if matches!(self.step, TableStep::Filter(_)) {
            pipe.likely_rows *= LIKELY;
        }
        pipe.push(RowOp::Step(self.step.clone()), self.schema.clone(), 1);
        Ok(pipe)
    }
}
