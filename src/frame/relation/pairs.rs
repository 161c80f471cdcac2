//! The rows of a join: bucket by bucket, in pieces where there are too many for a task, or counted before they are made.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::chunk::table_bound::{Bound, row_bytes};
use crate::frame::pipe::{Pipe, call, names};
use crate::frame::run::Run;
use crate::kernel::table::lookup::Lookup;
use crate::op::table::bucket::{Bucket, BucketOp};
use crate::op::table::exchange::Exchange;
use crate::op::table::joining::{COUNTED, Counted, Counter, Joining, list_bytes, read_counted};
use crate::op::table::key::named;
use crate::op::table::probe::{Match, Side};
use crate::op::table::wrap::Cut;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataType, Expr, PolarsResult, Schema, SchemaRef, UniqueKeepStrategy, col};
use std::sync::Arc;

/// Partitions are not cut into more pieces than this.
const MOST_CUTS: u64 = 1 << 16;

/// The buckets of both sides. Of a bucket that is too large for a task (many rows have the same keys) pieces of the rows that pass come with
/// all that they look up, or with pieces of it where every pair is a row by itself.
pub(super) fn in_pieces(run: &mut Run<'_>, how: Match, passed: &Arc<Exchange>, built: &Arc<Exchange>) -> Result<[Pipe; 2]> {
    let (passing, of_passing) = run.read_in_pieces(passed);
    let n_buckets = of_passing.last().map_or(0, |last| last + 1);
    let (looked_up, of_built) = match how {
        Match::Inner => run.read_in_pieces(built),
        _ => (run.read(built), (0..n_buckets).collect()),
    };
    if of_passing.len() == n_buckets && of_built.len() == n_buckets {
        return Ok([passing, looked_up]);
    }
    let pairs = |i: usize| of_built.iter().enumerate().filter(move |(_, b)| **b == i);
    let pairs: Vec<(usize, usize)> =
        of_passing.iter().enumerate().flat_map(|(i, &bucket)| pairs(bucket).map(move |(j, _)| (i, j))).collect();
    run.note(format!(
        "join: of {n_buckets} buckets some have many rows of the same keys and are joined in pieces, {} in all",
        pairs.len()
    ));
    let cut = |partition| Cut { partition, rows: None };
    Ok([passing.cut(pairs.iter().map(|p| cut(p.0)).collect())?, looked_up.cut(pairs.iter().map(|p| cut(p.1)).collect())?])
}

/// The keys of rows, and what they are called: those of a partition once, for rows that only have to be there.
///
/// # Errors
/// Columns that are not there.
pub(super) fn keys_once(mut rows: Pipe, on: &[Expr]) -> Result<(Pipe, Vec<Expr>)> {
    let keys = named(on);
    let schema = keys.iter().map(|e| e.to_field(&rows.schema)).collect::<PolarsResult<Schema>>().map_err(table_error)?;
    let (subset, schema) = (names(&schema), Arc::new(schema));
    let on = subset.iter().map(|n| col(n.clone())).collect();
    rows.push(RowOp::Step(TableStep::Select(keys)), schema.clone(), 1);
    rows.push(RowOp::Step(TableStep::Unique { subset: Some(subset), keep: UniqueKeepStrategy::Any }), schema, 1);
    Ok((rows, on))
}

/// Where partitions are to be cut, and what becomes of the pieces, as a counter says; None if that are too many.
pub(super) fn counted(run: &mut Run<'_>, passing: &Pipe, counter: Counter) -> Result<Option<Vec<Counted>>> {
    let schema: Schema = COUNTED.iter().map(|name| ((*name).into(), DataType::UInt64)).collect();
    let bound = Bound { rows: passing.bound.rows + 1, var_bytes: 0 };
    let mut pipe = passing.clone();
    let total = bound.times(pipe.n_partitions() as u64);
    pipe.push_bounded(RowOp::Count(Arc::new(counter)), Arc::new(schema), bound, total);
    let found = run.keep(&pipe, "join")?;
    if found.total().bound.rows > MOST_CUTS { Ok(None) } else { read_counted(&run.table(&found)?).map(Some) }
}

/// A lookup whose results there is room for.
pub(super) fn look_up(side: Side, schema: &Schema) -> BucketOp {
    BucketOp::LookUp { side: Box::new(side), row_bytes: row_bytes(schema), piece_bytes: None }
}

/// A row of each row of either side.
fn of_each(passed: &Pipe, built: Bound) -> Bound {
    let rows = passed.bound.rows.saturating_add(built.rows);
    Bound { rows, var_bytes: passed.bound.var_bytes.saturating_add(built.var_bytes) }
}

/// What looking up the rows of a bucket takes beside their hash table.
fn probe_bytes(passed: &Pipe, built: &Pipe) -> u64 {
    passed.bound.rows.saturating_mul(16).saturating_add(built.bound.rows)
}

/// The same buckets of two exchanges joined, where rows of a bucket become no more than there are of both sides together.
pub(super) fn whole_buckets(op: BucketOp, [passed, built]: [&Pipe; 2], schema: &SchemaRef) -> Pipe {
    let filters = matches!(&op, BucketOp::LookUp { side, .. } if side.filters());
    let bound = of_each(passed, if filters { Bound::default() } else { built.bound });
    // Polars' own joins have both sides' keys until they are done.
    let both = (row_bytes(&passed.schema) + row_bytes(&built.schema)).saturating_sub(row_bytes(schema));
    let keys = if matches!(op, BucketOp::Nearest { .. }) { bound.rows.saturating_mul(both) } else { 0 };
    let bytes = bound.bytes_from(schema, passed.n_varying() + built.n_varying()).saturating_add(keys);
    let scratch = Lookup::bytes(built.bound.rows, built.partition_bytes()).saturating_add(probe_bytes(passed, built));
    let op = Bucket::new(op, "join", bytes, scratch);
    joined([passed, built], op, (bytes, bound), schema)
}

/// The same buckets of two exchanges joined. How many rows come of it is not known before: where they are more than there is room for, they
/// are made piece by piece. They have to be kept in an exchange.
pub(super) fn buckets(run: &Run<'_>, side: Side, [passed, built]: [&Pipe; 2], schema: &SchemaRef) -> Pipe {
    let each = of_each(passed, built.bound);
    // A row of each row, or as many as there is room for anyway.
    let piece_bytes = each.bytes_from(schema, passed.n_varying() + built.n_varying()).max(run.task_bytes());
    let (row_bytes, built_bytes) = (row_bytes(schema), built.partition_bytes());
    let (_, list_bytes) = list_bytes(row_bytes, piece_bytes);
    let unmade = Joining::bytes(passed.partition_bytes(), built_bytes, built.bound.rows);
    let out_bytes = piece_bytes.max(unmade);
    let beside = list_bytes.saturating_add(probe_bytes(passed, built));
    // A piece is made beside the hash table before it is known whether it is the only one.
    let scratch = Lookup::bytes(built.bound.rows, built_bytes).saturating_add(piece_bytes).saturating_add(beside);
    let op = BucketOp::LookUp { side: Box::new(side), row_bytes, piece_bytes: Some(piece_bytes) };
    let op = Bucket::new(op, "join", out_bytes, scratch.saturating_sub(out_bytes));
    let bound = Bound { rows: piece_bytes / row_bytes, var_bytes: each.var_bytes };
    joined([passed, built], op, (piece_bytes.saturating_add(beside), bound), schema)
}

fn joined([passed, built]: [&Pipe; 2], op: Bucket, (bytes, bound): (u64, Bound), schema: &SchemaRef) -> Pipe {
    let n = passed.n_partitions();
    let expr = call(Arc::new(op), vec![passed.expr(), built.expr()], schema, n, bytes);
    let total = Bound { rows: passed.total.rows.saturating_add(built.total.rows), ..bound.times(n as u64) };
    Pipe::made(expr, schema.clone(), bound, total)
}
