//! Filters, projections and further columns: row by row on every partition; with aggregates of whole columns, these first; with windows,
//! rows brought together by what all windows are grouped by; else in one task over all rows.

use crate::base::{Error, Result};
use crate::chunk::table_bound::Bound;
use crate::frame::broadcast::{Broadcast, broadcast, filled};
use crate::frame::likely::share;
use crate::frame::pipe::{Pipe, only, select};
use crate::frame::relation::aggregate::merged_whole;
use crate::frame::relation::grouped::{Groups, grouped};
use crate::frame::run::Run;
use crate::frame::running::{Around, Carried, around, carried};
use crate::frame::walk::{Reader, Relation, Tree};
use crate::frame::window::window_keys;
use crate::op::table::wrap::Cut;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataFrame, DataType, Expr, SchemaRef, col, lit};
use polars_plan::plans::IR;
use polars_plan::plans::expr_ir::ExprIR;
use std::sync::Arc;

/// A step on rows.
#[derive(Debug)]
pub(in crate::frame) struct Rows {
    pub input: Tree,
    pub step: TableStep,
    pub reach: Reach,
    pub schema: SchemaRef,
}

/// What a row's result depends on.
#[derive(Debug)]
pub(in crate::frame) enum Reach {
    /// The row.
    Row,
    /// The row, and aggregates of whole columns.
    Values(Box<Broadcast>),
    /// Rows that are equal in these.
    Groups(Vec<Expr>),
    /// Some rows before and after.
    Around(Around),
    /// All rows before, or after, by a value that is carried on.
    Carried(Box<Carried>),
    /// Any rows.
    All,
}

/// What the results of expressions of a table with `input`'s columns depend on.
pub(super) fn reach(irs: &[ExprIR], input: &SchemaRef, r: &mut Reader) -> Reach {
    if r.row_wise(irs) {
        return Reach::Row;
    }
    if let Some(b) = broadcast(irs, input, &mut r.exprs) {
        return Reach::Values(Box::new(b));
    }
    if let Some(keys) = window_keys(irs, &r.exprs) {
        return Reach::Groups(keys);
    }
    if let Some(a) = around(irs, &r.exprs) {
        return Reach::Around(a);
    }
    carried(irs, input, &mut r.exprs).map_or(Reach::All, |c| Reach::Carried(Box::new(c)))
}

/// Reads a filter or columns.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader) -> Result<Box<dyn Relation>> {
    let (input, step, reach, schema) = match ir {
        IR::Filter { input, predicate } => {
            let schema = r.schema(*input);
            let reach = reach(std::slice::from_ref(predicate), &schema, r);
            (*input, TableStep::Filter(predicate.to_expr(&r.exprs)), reach, schema)
        }
        IR::SimpleProjection { input, columns } => (*input, select(columns), Reach::Row, columns.clone()),
        IR::HStack { input, exprs, schema, .. } => {
            let before = r.schema(*input);
            let reach = reach(exprs, &before, r);
            (*input, TableStep::WithColumns(r.named(exprs)), reach, schema.clone())
        }
        other => return Err(Error::bug(format!("{other:?} is no step on rows"))),
    };
    Ok(Box::new(Rows { input: r.tree(input)?, step, reach, schema }))
}

impl Rows {
    /// The step with its aggregates' values.
    fn with_values(&self, run: &mut Run<'_>, pipe: &mut Pipe, b: &Broadcast) -> Result<TableStep> {
        run.note(format!("{}: aggregates of whole columns first, then row by row", self.step.name()));
        *pipe = run.readable(pipe.clone(), self.step.name())?;
        let values = run.keep(&merged_whole(pipe, &b.staged, &b.schema), self.step.name())?;
        let exprs = filled(&b.exprs, &b.schema, &run.table(&values)?)?;
        Ok(self.step_of(exprs))
    }

    /// The step with other expressions.
    fn step_of(&self, exprs: Vec<Expr>) -> TableStep {
        match &self.step {
            TableStep::Select(_) => TableStep::Select(exprs),
            TableStep::WithColumns(_) => TableStep::WithColumns(exprs),
            // A filter is one condition.
            _ => TableStep::Filter(exprs.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true))),
        }
    }

    /// Partitions with as many rows of their neighbours as the step looks at.
    fn with_neighbours(&self, run: &mut Run<'_>, pipe: &Pipe, around: Around) -> Result<Pipe> {
        let name = self.step.name();
        run.note(format!("{name}: every partition with {} rows before it and {} after", around.before, around.after));
        let (pipe, sizes) = run.computed(pipe, name)?;
        let (mut parts, mut trims) = (Vec::new(), Vec::new());
        for i in 0..sizes.len() {
            let mut part = vec![Cut { partition: i, rows: None }];
            let (mut before, mut after) = (around.before, around.after);
            let mut first = 0;
            for j in (0..i).rev() {
                let n = sizes[j].min(before);
                if n > 0 {
                    part.insert(0, Cut { partition: j, rows: Some(((sizes[j] - n) as usize, n as usize)) });
                    (before, first) = (before - n, first + n);
                }
            }
            for (j, &size) in sizes.iter().enumerate().skip(i + 1) {
                let n = size.min(after);
                if n > 0 {
                    part.push(Cut { partition: j, rows: Some((0, n as usize)) });
                    after -= n;
                }
            }
            parts.push(part);
            trims.push((first as usize, sizes[i] as usize));
        }
        let mut joined = pipe.joined(parts)?;
        // A filter leaves rows of the neighbours too: what it looks at is a column until they are gone.
        let (schema, n) = (joined.schema.clone(), joined.bound);
        match &self.step {
            TableStep::Filter(condition) => {
                let mut with = (*schema).clone();
                with.with_column(KEPT.into(), DataType::Boolean);
                let column = TableStep::WithColumns(vec![condition.clone().alias(KEPT)]);
                joined.push(RowOp::Step(column), Arc::new(with.clone()), 1);
                joined.push_bounded(RowOp::Trim(trims.into()), Arc::new(with.clone()), n, pipe.total);
                joined.push(RowOp::Step(TableStep::Filter(col(KEPT))), Arc::new(with), 1);
                joined.push(only(&schema), self.schema.clone(), 1);
            }
            step => {
                joined.push(RowOp::Step(step.clone()), self.schema.clone(), 1);
                joined.push_bounded(RowOp::Trim(trims.into()), self.schema.clone(), n, pipe.total);
            }
        }
        Ok(joined)
    }

    /// Every partition with what those before it have come to.
    fn with_carried(&self, run: &mut Run<'_>, mut pipe: Pipe, c: &Carried) -> Result<Pipe> {
        let name = self.step.name();
        run.note(format!("{name}: one state per partition first, then every partition from where those before it end"));
        pipe = run.readable(pipe, name)?;
        let mut first = pipe.clone();
        let n = pipe.n_partitions();
        let bound = Bound { rows: 1, ..pipe.bound };
        first.push_bounded(RowOp::Step(c.states()), c.schema.clone(), bound, bound.times(n as u64));
        let states = run.keep(&first, name)?;
        let states = run.table(&states)?;
        // Where nothing is read there is no state.
        let states = if states.height() == n { states } else { DataFrame::full_null(&c.schema, n) };
        let steps = c.of_partitions(&states)?.into_iter().map(|exprs| self.step_of(exprs)).collect();
        pipe.push(RowOp::Each(steps), self.schema.clone(), 1);
        Ok(pipe)
    }
}

/// The column that says which rows a filter leaves.
const KEPT: &str = "\u{1}kept";

impl Relation for Rows {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = self.input.pipe(run)?;
        let mut step = self.step.clone();
        let name = step.name();
        match &self.reach {
            Reach::Row => {}
            Reach::Values(b) => step = self.with_values(run, &mut pipe, b)?,
            Reach::Groups(_) | Reach::Around(_) | Reach::Carried(_) | Reach::All if pipe.n_partitions() == 1 => {}
            Reach::Groups(keys) => {
                let groups = Groups::new(name, keys.clone(), vec![step], self.schema.clone());
                return grouped(run, pipe, &groups, false);
            }
            Reach::Around(a) => return self.with_neighbours(run, &pipe, *a),
            Reach::Carried(c) => return self.with_carried(run, pipe, c),
            Reach::All => {
                run.note(format!("{name}: in one task over all rows, since it is not row by row"));
                pipe = run.whole(&pipe, name)?;
            }
        }
        if let TableStep::Filter(condition) = &step {
            pipe.likely_rows *= share(condition);
        }
        pipe.push(RowOp::Step(step), self.schema.clone(), 1);
        Ok(pipe)
    }
}
