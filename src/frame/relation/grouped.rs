//! Rows that belong together brought together: few of them in one task, many by the hash of their keys, bucket by bucket.
//! Which it is, is decided by what is found. Groups come in order of their first row either way.

use crate::base::Result;
use crate::frame::decompose::Staged;
use crate::frame::pipe::{Pipe, numbered, only, select};
use crate::frame::run::Run;
use crate::op::table::key::{ByHash, ByNumber};
use crate::op::table::rows::row_number;
use crate::op::table::{Exchange, RowOp, TableStep};
use polars::prelude::{Expr, SchemaRef, SortMultipleOptions, col};
use std::sync::Arc;

/// The name of the column that says where rows come in the whole table.
pub(super) const NUMBER: &str = "\u{1}number";

/// Rows of more bytes are divided even where one task may take them, so that all threads have some.
const MOST_ONE_TASK_BYTES: u64 = 48 << 20;

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
    /// Columns on the way to the result.
    pub between: Vec<SchemaRef>,
    pub schema: SchemaRef,
}

impl Groups {
    /// Groups that make a row each, told by `merge` and `finish` alone.
    pub fn new(name: &'static str, keys: Vec<Expr>, merge: Vec<TableStep>, schema: SchemaRef) -> Groups {
        Groups { name, keys, merge, finish: vec![], with_numbers: None, growth: 1, between: vec![], schema }
    }

    /// Groups by an aggregation that was taken apart: of rows by its map, of states by what combines them.
    pub fn staged(keys: Vec<Expr>, merge: &TableStep, staged: &Staged, schema: &SchemaRef) -> Groups {
        let groups = Groups::new("group_by", keys, vec![merge.clone()], schema.clone());
        Groups { finish: staged.finish.clone(), between: staged.schemas.clone(), ..groups }
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
    if bytes <= run.task_bytes().min(MOST_ONE_TASK_BYTES) {
        let what = if merges { "one state per partition, merged in order of the partitions" } else { "in one task over all rows" };
        run.note(format!("{name}: {what}"));
        let mut pipe = run.gathered(&all, name)?;
        groups.push(&mut pipe);
        return Ok(pipe);
    }
    let n_buckets = run.n_buckets(all.total().weight());
    run.note(format!("{name}: in {n_buckets} buckets by the hash of the keys, each by itself"));
    let partitions: Vec<u64> = all.measured().iter().map(|m| m.bytes).collect();
    let pipe = run.read_as_written(&all);
    drop(all);
    let by_key = by_keys(run, pipe, groups, n_buckets)?;
    in_buckets(run, by_key, groups, &partitions)
}

/// The results of all groups, without looking for equal keys in every partition before; None where so many rows have equal ones after all that
/// no task could take them.
pub(super) fn divided(run: &mut Run<'_>, pipe: Pipe, groups: &Groups) -> Result<Option<Pipe>> {
    // The most there can be: with more buckets than need be all is well, with fewer a bucket may be too large.
    let (rows, bytes) = (pipe.likely_rows, pipe.total_bytes());
    let n_buckets = run.n_buckets(bytes);
    let partitions = vec![bytes / pipe.n_partitions() as u64; pipe.n_partitions()];
    let by_key = by_keys(run, pipe, groups, n_buckets)?;
    if run.too_large(&by_key).is_some() {
        return Ok(None);
    }
    run.note(format!(
        "{}: in {n_buckets} buckets by the hash of the keys, since hardly any rows of a partition have equal ones",
        groups.name
    ));
    Ok(Some(in_buckets(run, by_key, groups, &partitions)?.with_likely(rows, rows)))
}

/// Numbered rows in buckets by the hash of their keys.
fn by_keys(run: &mut Run<'_>, mut pipe: Pipe, groups: &Groups, n_buckets: usize) -> Result<Arc<Exchange>> {
    pipe.number(NUMBER);
    run.divide(&pipe, groups.name, ByHash { of: groups.keys.clone(), n_buckets })
}

/// The results of buckets, in order; `partitions` are the bytes of those that the rows came from.
fn in_buckets(run: &mut Run<'_>, by_key: Arc<Exchange>, groups: &Groups, partitions: &[u64]) -> Result<Pipe> {
    let name = groups.name;
    let steps = match &groups.with_numbers {
        Some(steps) => steps.clone(),
        None => {
            // Further columns come after the number.
            let in_place = select(&numbered(&groups.schema, NUMBER));
            groups.merge.iter().chain(&groups.finish).map(numbered_step).chain([in_place]).collect()
        }
    };
    let pipe = run.on_buckets(&by_key, steps, groups.growth, name, &groups.between, numbered(&groups.schema, NUMBER))?;
    drop(by_key);
    // A partition has at most as many first rows of groups as it has rows.
    let all: u64 = partitions.iter().fold(0, |sum, b| sum.saturating_add(*b));
    let cuts = cuts(partitions, all / run.n_buckets(all) as u64);
    let in_order = run.divide(&pipe, name, ByNumber { column: NUMBER.into(), cuts })?;
    drop(pipe);
    let sort = TableStep::Sort { by: vec![col(NUMBER)], options: SortMultipleOptions::default() };
    let mut pipe = run.on_buckets(&in_order, vec![sort], 1, name, &[], numbered(&groups.schema, NUMBER))?;
    pipe.push(only(&groups.schema), groups.schema.clone(), 1);
    Ok(pipe)
}

/// Where buckets of about `bucket_bytes` begin, but the first, as numbers of rows; they are of whole partitions, which take so many bytes each.
fn cuts(partitions: &[u64], bucket_bytes: u64) -> Vec<u64> {
    let mut together = 0;
    let mut begins = |(i, &bytes): (usize, &u64)| {
        let fits = bytes.saturating_add(together) <= bucket_bytes;
        together = if fits { together + bytes } else { bytes };
        (i > 0 && !fits).then(|| row_number(i, 0))
    };
    partitions.iter().enumerate().filter_map(&mut begins).collect()
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
