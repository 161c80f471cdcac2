//! Sorts: small tables in one task; large ones are sampled, divided by ranges of their keys, and sorted range by range. Equal rows stay
//! in their order.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::chunk::table_bound::Bound;
use crate::frame::pipe::{Pipe, only};
use crate::frame::relation::whole;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::kernel::table::order::{Sampled, cuts};
use crate::op::table::key::{ByOrder, Order, SampleOf};
use crate::op::table::rows::SAMPLED;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataType, Expr, Schema, SchemaRef, SortMultipleOptions, col};
use polars_plan::plans::IR;
use std::sync::Arc;

/// Keys sampled of a partition.
const SAMPLES: usize = 256;

/// Rows in order.
#[derive(Debug)]
pub(in crate::frame) struct Sort {
    pub input: Tree,
    pub order: Order,
    /// Whether keys depend on their own row alone.
    pub row_wise: bool,
}

/// Reads a sort.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::Sort { input, by_column, slice, sort_options } = ir else { return Err(Error::bug("no sort")) };
    if slice.is_some() {
        return whole::read(ir, r, schema);
    }
    let row_wise = r.row_wise(by_column);
    let order = Order { by: r.plain(by_column), options: sort_options.clone() };
    Ok(Box::new(Sort { input: r.tree(*input)?, order, row_wise }))
}

impl Sort {
    pub fn step(&self) -> TableStep {
        step(&self.order)
    }
}

fn step(order: &Order) -> TableStep {
    TableStep::Sort { by: order.by.clone(), options: order.options.clone() }
}

impl Relation for Sort {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = self.input.pipe(run)?;
        if !self.row_wise {
            run.note("sort: in one task over all rows, since its keys are not row by row");
            let mut pipe = run.whole(&pipe, "sort")?;
            let schema = pipe.schema.clone();
            pipe.push(RowOp::Step(self.step()), schema, 1);
            return Ok(pipe);
        }
        sorted(run, pipe, &self.order)
    }

    fn as_sort(&self) -> Option<&Sort> {
        Some(self)
    }
}

/// The rows in order.
pub(super) fn sorted(run: &mut Run<'_>, pipe: Pipe, order: &Order) -> Result<Pipe> {
    let (likely, unfiltered) = (pipe.likely_rows, pipe.unfiltered_rows);
    Ok(in_ranges(run, pipe, order)?.with_likely(likely, unfiltered))
}

fn in_ranges(run: &mut Run<'_>, mut pipe: Pipe, order: &Order) -> Result<Pipe> {
    let schema = pipe.schema.clone();
    if pipe.n_partitions() == 1 {
        pipe.push(RowOp::Step(step(order)), schema, 1);
        return Ok(pipe);
    }
    let sampler = SampleOf { order: order.clone(), n: SAMPLES };
    if let Some(keys) = keys_alone(run, &pipe, order) {
        let n_buckets = run.n_buckets(pipe.total_measured().weight());
        let cuts = cuts(sampled(run, keys, sampler)?, n_buckets);
        run.note(format!("sort: keys sampled first, then {} ranges of keys, each sorted by itself", cuts.len() + 1));
        let divided = run.divide(&pipe, "sort", ByOrder { order: order.clone(), cuts })?;
        return run.on_buckets(&divided, vec![step(order)], 1, "sort", &[], schema);
    }
    let rows = run.keep_and_sample(&pipe, "sort", sampler)?;
    let bytes = rows.total().weight();
    if bytes <= run.task_bytes() {
        let mut pipe = run.gathered(&rows, "sort")?;
        pipe.push(RowOp::Step(step(order)), schema, 1);
        return Ok(pipe);
    }
    let n_buckets = run.n_buckets(bytes);
    // Where nothing is read there is no sample.
    let cuts = if run.is_dry() { vec![vec![]; n_buckets - 1] } else { cuts(rows.take_sample(), n_buckets) };
    run.note(format!("sort: {} ranges of keys, each sorted by itself", cuts.len() + 1));
    let by = ByOrder { order: order.clone(), cuts };
    let divided = run.divide(&run.read_as_written(&rows), "sort", by)?;
    drop(rows);
    run.on_buckets(&divided, vec![step(order)], 1, "sort", &[], schema)
}

/// The keys of a large table without its other columns, if they can be read so.
fn keys_alone(run: &Run<'_>, pipe: &Pipe, order: &Order) -> Option<Pipe> {
    if run.is_dry() || pipe.total_bytes() <= run.task_bytes() {
        return None;
    }
    columns_alone(pipe, &order.by)
}

/// The columns that expressions read of a table without its others, if they can be read so.
pub(super) fn columns_alone(pipe: &Pipe, of: &[Expr]) -> Option<Pipe> {
    if !pipe.ops.is_empty() {
        return None;
    }
    let mut names: Vec<_> = of.iter().flat_map(polars_plan::utils::expr_to_leaf_column_names).collect();
    names.sort_unstable();
    names.dedup();
    let alone = pipe.source()?.narrow(&names.iter().map(|n| n.as_str()).collect::<Vec<_>>())?;
    let schema = pipe.schema.iter().filter(|(n, _)| names.contains(n)).map(|(n, d)| (n.clone(), d.clone()));
    Some(Pipe::of(alone, Arc::new(schema.collect()), pipe.bound, pipe.total))
}

/// Some keys of every partition.
fn sampled(run: &mut Run<'_>, mut keys: Pipe, sampler: SampleOf) -> Result<Vec<Sampled>> {
    let schema = Schema::from_iter([(SAMPLED.into(), DataType::Binary)]);
    let bound = Bound { rows: SAMPLES as u64 + 1, ..keys.bound };
    let all = bound.times(keys.n_partitions() as u64);
    keys.push_bounded(RowOp::Sample(Arc::new(sampler)), Arc::new(schema), bound, all);
    let rows = run.keep(&keys, "sample")?;
    let rows = run.table(&rows)?;
    let keys = rows.column(SAMPLED).and_then(|c| c.binary()).map_err(table_error)?;
    keys.iter().flatten().map(Sampled::from_bytes).collect()
}

/// Rows in order of columns of row numbers, rows without a number last; without these columns.
pub(super) fn restored(run: &mut Run<'_>, pipe: Pipe, numbers: &[&str], schema: SchemaRef) -> Result<Pipe> {
    let options = SortMultipleOptions::default().with_nulls_last(true);
    let order = Order { by: numbers.iter().map(|n| col(*n)).collect(), options };
    let pipe = if pipe.is_source() || pipe.n_partitions() > 1 { pipe } else { run.computed(&pipe, "sort")?.0 };
    let mut pipe = sorted(run, pipe, &order)?;
    pipe.push(only(&schema), schema, 1);
    Ok(pipe)
}
