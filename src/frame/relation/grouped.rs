//! Rows that belong together brought together: few of them in one task, many by the hash of their keys, bucket by bucket.
//! Which it is, is decided by what is found. Groups come in order of their first row either way.

use crate::base::Result;
use crate::frame::pipe::{Pipe, numbered, only};
use crate::frame::relation::sort::restored;
use crate::frame::run::Run;
use crate::op::table::key::ByHash;
use crate::op::table::{Exchange, RowOp, TableStep};
use polars::prelude::{Expr, SchemaRef, SortMultipleOptions, col};
use std::sync::Arc;

/// The name of the column that says where rows come in the whole table.
pub(super) const NUMBER: &str = "\u{1}number";

/// What is done with rows of equal keys.
#[derive(Debug)]
pub(super) struct Groups {
    pub name: &'static str,
    pub keys: Vec<Expr>,
    /// Rows to groups, or states to states.
    pub merge: Vec<TableStep>,
    /// States to results.
    pub finish: Vec<TableStep>,
    /// What is done with rows that have a [`NUMBER`], and keeps that of every group's first row, where it cannot be told from the others.
    pub with_numbers: Option<Vec<TableStep>>,
    /// At most so many times the rows and bytes come of rows.
    pub growth: u64,
    pub schema: SchemaRef,
}

impl Groups {
    /// Groups that make a row each, told by `merge` and `finish` alone.
    pub fn new(name: &'static str, keys: Vec<Expr>, merge: TableStep, finish: Vec<TableStep>, schema: SchemaRef) -> Groups {
        Groups { name, keys, merge: vec![merge], finish, with_numbers: None, growth: 1, schema }
    }

    /// The results of rows that are all in one partition.
    pub fn push(&self, pipe: &mut Pipe) {
        let bound = pipe.bound.times(self.growth);
        let Some(steps) = &self.with_numbers else {
            for step in self.merge.iter().chain(&self.finish) {
                pipe.push_bounded(RowOp::Step(step.clone()), self.schema.clone(), bound, bound);
            }
            return;
        };
        // Ordered here too, since Polars has orders of its own for some types of keys.
        pipe.number(NUMBER);
        let schema = numbered(&self.schema, NUMBER);
        for step in steps {
            pipe.push_bounded(RowOp::Step(step.clone()), schema.clone(), bound, bound);
        }
        let by = TableStep::Sort { by: vec![col(NUMBER)], options: SortMultipleOptions::default() };
        pipe.push_bounded(RowOp::Step(by), schema, bound, bound);
        pipe.push_bounded(only(&self.schema), self.schema.clone(), bound, bound);
    }
}

/// The results of all groups. `merges` says that rows are states of partitions already, so that there are few.
pub(super) fn grouped(run: &mut Run<'_>, pipe: Pipe, groups: &Groups, merges: bool) -> Result<Pipe> {
    let all = run.keep(&pipe, groups.name)?;
    drop(pipe);
    let rows = all.total().bound.rows as f64;
    Ok(by_size(run, all, groups, merges)?.with_likely(rows, rows))
}

fn by_size(run: &mut Run<'_>, all: Arc<Exchange>, groups: &Groups, merges: bool) -> Result<Pipe> {
    let name = groups.name;
    let bytes = all.total().bytes;
    if bytes <= run.task_bytes() {
        let what = if merges { "one state per partition, merged in order of the partitions" } else { "in one task over all rows" };
        run.note(format!("{name}: {what}"));
        let mut pipe = run.gathered(&all, name)?;
        groups.push(&mut pipe);
        return Ok(pipe);
    }
    let n_buckets = run.n_buckets(bytes);
    run.note(format!("{name}: in {n_buckets} buckets by the hash of the keys, each by itself"));
    let mut pipe = run.read_as_written(&all);
    drop(all);
    pipe.number(NUMBER);
    let divided = run.divide(&pipe, name, ByHash { of: groups.keys.clone(), n_buckets })?;
    drop(pipe);
    let steps = match &groups.with_numbers {
        Some(steps) => steps.clone(),
        None => groups.merge.iter().chain(&groups.finish).map(numbered_step).collect(),
    };
    let pipe = run.on_buckets(&divided, steps, groups.growth, name, numbered(&groups.schema, NUMBER))?;
    restored(run, pipe, &[NUMBER], groups.schema.clone())
}

/// A step that keeps the number of every group's first row.
fn numbered_step(step: &TableStep) -> TableStep {
    let with = |exprs: &[Expr], e: Expr| exprs.iter().cloned().chain([e]).collect();
    match step {
        TableStep::GroupBy { keys, aggs } => TableStep::GroupBy { keys: keys.clone(), aggs: with(aggs, col(NUMBER).first()) },
        TableStep::Select(exprs) => TableStep::Select(with(exprs, col(NUMBER))),
        other => other.clone(),
    }
}
