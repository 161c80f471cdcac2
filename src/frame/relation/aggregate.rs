//! Groupings, selections and aggregates of whole tables.
//!
//! What can be taken apart is aggregated partition by partition and merged; of other groupings the rows are brought together by key;
//! other aggregates of whole tables are computed in one task over all rows.

use crate::base::{Error, Result};
use crate::frame::decompose::{Staged, reads_column, stages};
use crate::frame::pipe::{MOST_GROWTH, Pipe};
use crate::frame::relation::clustered::clustered;
use crate::frame::relation::grouped::{Groups, NUMBER, divided, grouped};
use crate::frame::relation::rows::{Reach, Rows, reach};
use crate::frame::relation::slice::reduced;
use crate::frame::relation::sort::columns_alone;
use crate::frame::relation::whole;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::step::FirstRow;
use crate::op::table::wrap::Cut;
use crate::op::table::{Merge, RowOp, TableStep};
use polars::prelude::{Expr, SchemaRef, col};
use polars_plan::plans::IR;
use std::sync::Arc;

/// The part of a table's rows above which it is worth while to look at their keys first.
const MOST_ROWS: f64 = 0.1;

/// Of tables with fewer partitions the first is not looked at: that would take too large a part of the time.
const MANY_PARTITIONS: usize = 8;
/// So many groups are many.
const MANY_GROUPS: u64 = 1 << 10;

/// An aggregation.
#[derive(Debug)]
pub(in crate::frame) struct Aggregate {
    pub input: Tree,
    /// What rows are grouped by; nothing for the whole table.
    pub keys: Vec<Expr>,
    pub step: TableStep,
    /// The aggregation taken apart.
    pub staged: Option<Staged>,
    pub schema: SchemaRef,
}

/// Groups by windows of an ordered column, or of rows that a function is given.
#[derive(Debug)]
struct Windows {
    input: Tree,
    groups: Groups,
}

/// Reads a selection or a grouping.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    match ir {
        IR::Select { input, expr, schema: output, .. } => {
            let step = TableStep::Select(r.named(expr));
            let before = r.schema(*input);
            // Literals alone make one row, not one per partition.
            let reads = expr.iter().any(|e| reads_column(e.node(), &r.exprs));
            let reach = if reads { reach(expr, &before, r) } else { Reach::All };
            if !matches!(reach, Reach::All) {
                return Ok(Box::new(Rows { input: r.tree(*input)?, step, reach, schema: schema.clone() }));
            }
            let staged = stages(&[], expr, &before, output, &mut r.exprs);
            Ok(Box::new(Aggregate { input: r.tree(*input)?, keys: vec![], step, staged, schema: schema.clone() }))
        }
        IR::GroupBy { keys, options, apply, .. } if options.is_rolling() || options.is_dynamic() || apply.is_some() => {
            if keys.is_empty() || options.slice.is_some() || !r.row_wise(keys) {
                return whole::read(ir, r, schema);
            }
            windows(ir, r, schema)
        }
        IR::GroupBy { input, keys, aggs, schema: output, options, .. } => {
            if options.slice.is_some() {
                return whole::read(ir, r, schema);
            }
            let step = TableStep::GroupBy { keys: r.named(keys), aggs: r.named(aggs) };
            let row_wise = r.row_wise(keys);
            let before = r.schema(*input);
            let staged = stages(keys, aggs, &before, output, &mut r.exprs);
            let keys = if row_wise { r.named(keys) } else { vec![] };
            Ok(Box::new(Aggregate { input: r.tree(*input)?, keys, step, staged, schema: schema.clone() }))
        }
        other => Err(Error::bug(format!("{other:?} is no aggregation"))),
    }
}

/// Reads a grouping whose groups are not told by keys alone.
fn windows(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::GroupBy { input, keys, apply, .. } = ir else { return Err(Error::bug("no grouping")) };
    let input = r.tree(*input)?;
    let keys = r.named(keys);
    let (name, merge, with_numbers) = match apply {
        Some(function) => {
            let step =
                |number| TableStep::MapGroups { keys: keys.clone(), function: function.clone(), number, schema: schema.clone() };
            ("map_groups", vec![step(None)], vec![step(Some(NUMBER.into()))])
        }
        None => {
            let plan = Arc::new(whole::planned(ir, std::slice::from_ref(&input), r));
            let step = |number| TableStep::Planned { plan: plan.clone(), beside: vec![], number };
            let first = FirstRow { keys: keys.clone(), number: NUMBER.into() };
            (plan.name(), vec![step(None)], vec![step(Some(Box::new(first)))])
        }
    };
    let groups =
        Groups { merge, with_numbers: Some(with_numbers), growth: MOST_GROWTH, ..Groups::new(name, keys, vec![], schema.clone()) };
    Ok(Box::new(Windows { input, groups }))
}

impl Relation for Windows {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = self.input.pipe(run)?;
        if pipe.n_partitions() > 1 {
            return grouped(run, pipe, &self.groups, false);
        }
        pipe = run.measured(pipe, self.groups.name)?;
        self.groups.push(&mut pipe);
        Ok(pipe)
    }
}

impl Relation for Aggregate {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = self.input.pipe(run)?;
        let name = self.step.name();
        if pipe.n_partitions() == 1 {
            // An aggregate of no rows makes one.
            pipe.bound.rows = pipe.bound.rows.max(1);
            // Taken apart also here, so that results do not depend on whether there is one partition or two of which one is empty.
            let apart = self.staged.iter().flat_map(|s| [&s.map].into_iter().chain(&s.finish));
            let steps: Vec<&TableStep> = if self.staged.is_some() { apart.collect() } else { vec![&self.step] };
            for step in steps {
                pipe.push(RowOp::Step(step.clone()), self.schema.clone(), 1);
            }
            return Ok(pipe);
        }
        if pipe.likely_share() >= MOST_ROWS
            && let Some(by) = clustered(run, &pipe, &self.keys)?
        {
            run.note(format!("{name}: on every partition, since rows are stored in order of a key"));
            let mut pipe = by.pipe;
            pipe.push(RowOp::Step(self.step.clone()), self.schema.clone(), 1);
            return Ok(pipe);
        }
        match &self.staged {
            Some(staged) if self.keys.is_empty() => {
                run.note(format!("{name}: one state per partition, merged in order of the partitions"));
                Ok(merged_whole(&pipe, staged, &self.schema))
            }
            Some(staged) => {
                match variety(run, &pipe, &self.keys)? {
                    Variety::Few => {}
                    Variety::Many => pipe = run.in_large_partitions(pipe)?,
                    Variety::MostlyApart => {
                        let groups = Groups::staged(self.keys.clone(), &staged.map, staged, &self.schema);
                        if let Some(made) = divided(run, pipe.clone(), &groups)? {
                            return Ok(made);
                        }
                    }
                }
                let keys: Vec<Expr> = self.schema.iter_names().take(self.keys.len()).map(|n| col(n.clone())).collect();
                pipe.push(RowOp::Step(staged.map.clone()), staged.schemas[0].clone(), 1);
                let groups = Groups::staged(keys, &staged.combine, staged, &self.schema);
                grouped(run, pipe, &groups, true)
            }
            None if !self.keys.is_empty() => {
                let groups = Groups::new("group_by", self.keys.clone(), vec![self.step.clone()], self.schema.clone());
                grouped(run, pipe, &groups, false)
            }
            None => {
                run.note(format!("{name}: in one task over all rows, since this version cannot take it apart"));
                let mut pipe = run.whole(&pipe, name)?;
                pipe.push(RowOp::Step(self.step.clone()), self.schema.clone(), 1);
                Ok(pipe)
            }
        }
    }
}

/// How many different keys rows have.
enum Variety {
    /// So few that it takes hardly any time to merge what partitions have of them.
    Few,
    Many,
    /// So many that a state of a partition would hardly be smaller than its rows.
    MostlyApart,
}

/// How many different keys the rows of the first partition have. It depends on the data alone.
fn variety(run: &mut Run<'_>, pipe: &Pipe, keys: &[Expr]) -> Result<Variety> {
    if keys.is_empty() || pipe.n_partitions() < MANY_PARTITIONS || run.is_dry() {
        return Ok(Variety::Few);
    }
    let Some(alone) = columns_alone(pipe, keys) else { return Ok(Variety::Few) };
    let first = alone.cut(vec![Cut { partition: 0, rows: None }])?;
    let rows = run.keep(&first, "keys")?;
    let mut found = run.read(&rows);
    let step = TableStep::GroupBy { keys: keys.to_vec(), aggs: vec![] };
    let schema = found.schema.clone();
    found.push(RowOp::Step(step), schema, 1);
    let n_groups = run.keep(&found, "keys")?.total().bound.rows;
    Ok(match n_groups {
        0..MANY_GROUPS => Variety::Few,
        n if n > rows.total().bound.rows / 2 => Variety::MostlyApart,
        _ => Variety::Many,
    })
}

/// Aggregates of a whole table.
pub(super) fn merged_whole(pipe: &Pipe, staged: &Staged, schema: &SchemaRef) -> Pipe {
    let merge = Merge {
        name: "aggregate".into(),
        map: vec![staged.map.clone()],
        combine: vec![staged.combine.clone()],
        finish: staged.finish.clone(),
        schemas: [staged.schemas.clone(), vec![schema.clone()]].concat(),
    };
    reduced(pipe, merge, schema, 1)
}
