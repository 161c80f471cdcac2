//! Rows from a place. The first rows are looked for in the first partitions; of a sort, they are the first of every partition, merged.

use crate::base::{Error, Result};
use crate::chunk::table_bound::Bound;
use crate::expr::node::TreeReduce;
use crate::expr::table::TableReduce;
use crate::expr::{Kind, Meta};
use crate::frame::pipe::{Pipe, table_node};
use crate::frame::relation::sort::sorted;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::wrap::Cut;
use crate::op::table::{Merge, Reduction, RowOp, TableStep};
use polars::prelude::{IdxSize, SchemaRef};
use polars_plan::plans::IR;
use std::sync::Arc;

/// Rows that are merged from all partitions, rather than found by their number.
const MOST_MERGED: u64 = 100_000;
/// They are merged if they may take no more than so many times the rows of a task.
const MOST_OF_TASKS: u64 = 4;
/// Partitions that are looked through first for the first rows.
const FIRST_PARTITIONS: usize = 4;

/// Some rows of all.
#[derive(Debug)]
struct Slice {
    input: Tree,
    offset: i64,
    len: IdxSize,
    schema: SchemaRef,
}

/// Reads a slice.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader) -> Result<Box<dyn Relation>> {
    let IR::Slice { input, offset, len } = ir else { return Err(Error::bug("no slice")) };
    let schema = r.schema(*input);
    // Polars counts rows of a slice in another type than rows of a table.
    Ok(Box::new(Slice { input: r.tree(*input)?, offset: *offset, len: *len as IdxSize, schema }))
}

impl Slice {
    fn step(&self) -> TableStep {
        TableStep::Slice { offset: self.offset, len: self.len }
    }

    /// The number of the row after the last, if counted from the first.
    fn end(&self) -> Option<u64> {
        u64::try_from(self.offset).ok()?.checked_add(u64::from(self.len))
    }
}

impl Relation for Slice {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let mut pipe = match (self.input.relation.as_sort(), self.end()) {
            (Some(sort), Some(end)) if sort.row_wise && end <= MOST_MERGED => {
                let pipe = sort.input.pipe(run)?;
                if pipe.n_partitions() > 1 {
                    let keep = vec![sort.step(), TableStep::Slice { offset: 0, len: end as IdxSize }];
                    let top = merged(&pipe, "top", keep, vec![self.step()], end, &self.schema);
                    if top.partition_bytes() <= run.task_bytes().saturating_mul(MOST_OF_TASKS) {
                        run.note("sort + limit: the first rows of every partition, merged in order");
                        return Ok(top);
                    }
                }
                sorted(run, pipe, &sort.order)?
            }
            _ => self.input.pipe(run)?,
        };
        if pipe.n_partitions() == 1 {
            pipe.push(RowOp::Step(self.step()), self.schema.clone(), 1);
            return Ok(pipe);
        }
        match self.end() {
            Some(end) if pipe.is_source() && !run.is_dry() => self.first(run, &pipe, end),
            _ => {
                let (pipe, sizes) = run.computed(&pipe, "limit")?;
                self.cut(&pipe, &sizes)
            }
        }
    }
}

impl Slice {
    /// Rows up to `end`, of as few partitions as have them.
    fn first(&self, run: &mut Run<'_>, pipe: &Pipe, end: u64) -> Result<Pipe> {
        run.note("limit: the first partitions that have so many rows");
        let mut n = FIRST_PARTITIONS;
        loop {
            let n_all = pipe.n_partitions();
            let cuts = (0..n.min(n_all)).map(|partition| Cut { partition, rows: None }).collect();
            let some = pipe.cut(cuts)?;
            let (found, sizes) = run.computed(&some, "limit")?;
            if found.total.rows >= end || n >= n_all {
                return self.cut(&found, &sizes);
            }
            n = n.saturating_mul(4);
        }
    }

    /// The rows, of partitions whose sizes are known.
    fn cut(&self, pipe: &Pipe, sizes: &[u64]) -> Result<Pipe> {
        let n_rows: i128 = sizes.iter().map(|&n| i128::from(n)).sum();
        let start = if self.offset < 0 { n_rows + i128::from(self.offset) } else { i128::from(self.offset) };
        let (start, end) = (start.max(0), (start + i128::from(self.len)).min(n_rows));
        let mut cuts = Vec::new();
        let mut first = 0i128;
        for (partition, &n) in sizes.iter().enumerate() {
            let (from, to) = (start.max(first), end.min(first + i128::from(n)));
            if from < to {
                let whole = from == first && to == first + i128::from(n);
                cuts.push(Cut { partition, rows: (!whole).then_some(((from - first) as usize, (to - from) as usize)) });
            }
            first += i128::from(n);
        }
        if cuts.is_empty() {
            cuts.push(Cut { partition: 0, rows: Some((0, 0)) });
        }
        let mut pipe = pipe.cut(cuts)?;
        let rows = (end - start).max(0) as u64;
        pipe.total = Bound { rows, ..pipe.total };
        Ok(pipe.with_likely(rows as f64, rows as f64))
    }
}

/// The rows that `keep` leaves of every partition, merged a few at a time.
pub(super) fn merged(
    pipe: &Pipe,
    name: &str,
    keep: Vec<TableStep>,
    finish: Vec<TableStep>,
    most_rows: u64,
    schema: &SchemaRef,
) -> Pipe {
    let merge = Merge { name: name.into(), map: keep.clone(), combine: keep, finish, schemas: vec![schema.clone()] };
    reduced(pipe, merge, schema, most_rows)
}

/// A reduction of partitions into one, whose states have at most so many rows.
pub(super) fn reduced(pipe: &Pipe, merge: Merge, schema: &SchemaRef, most_rows: u64) -> Pipe {
    let read = pipe.expr();
    let (n, bytes) = match read.meta() {
        Meta::Table(t) => (t.n_partitions, t.partition_bytes),
        _ => (1, 0),
    };
    let label = merge.name.clone();
    let reduction = Reduction::new(merge, pipe.bound, pipe.n_varying(), bytes, most_rows);
    let result_bytes = reduction.state_bytes(bytes.saturating_mul(n as u64));
    let kind = Kind::TreeReduce(TreeReduce::Table(Arc::new(reduction)));
    let expr = table_node(kind, vec![read], schema, 1, result_bytes, label);
    let total = Bound { rows: most_rows, ..pipe.total };
    Pipe::made(expr, schema.clone(), total, total)
}
