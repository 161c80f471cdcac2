//! Plans a chain of steps over partitions: row-wise steps on each, then one reduction, then the rest on its single result.
//!
//! The cut into partitions depends on the data and the frame's own setting alone, never on threads or budget: sums of floats depend
//! on it. What cannot be taken apart is run in one task over all rows, and said so in the notes.

use crate::base::{Error, Result};
use crate::chunk::table_bound::{Bound, row_bytes, varies};
use crate::expr::node::{Call, SinkNode, SourceNode, TreeReduce};
use crate::expr::table::{TableMeta, TableSink, TableSource};
use crate::expr::{Expr, Kind, Meta};
use crate::format::csv::CsvSource;
use crate::format::parquet::ParquetSource;
use crate::format::table_memory::FrameSource;
use crate::format::table_scan::Projection;
use crate::frame::walk::{Chain, From, Scan, Step};
use crate::op::table::{Merge, Reduction, Rows, TableStep};
use polars::prelude::{IdxSize, Schema, SchemaRef, UniqueKeepStrategy};
use std::sync::Arc;

/// A query as an expression of the engine.
#[derive(Debug)]
pub(super) struct Planned {
    pub expr: Expr,
    pub schema: SchemaRef,
    pub n_partitions: usize,
    pub partition_bytes: u64,
    /// How steps run that are not simply row-wise.
    pub notes: Vec<String>,
}

/// The columns read: those handed on and those of the filter; at least one, since rows must be counted by something.
fn projection(scan: &Scan) -> Projection {
    let mut names: Vec<_> = scan.output.iter_names().cloned().collect();
    if let Some(f) = &scan.filter {
        names.extend(polars_plan::utils::expr_to_leaf_column_names(f));
    }
    let mut read: Schema = scan.all.iter().filter(|(n, _)| names.contains(n)).map(|(n, d)| (n.clone(), d.clone())).collect();
    let mut output = scan.output.clone();
    if read.is_empty() {
        let cheapest = scan.all.iter().min_by_key(|(_, d)| (varies(d), row_bytes(&Schema::from_iter([("".into(), (*d).clone())]))));
        read = cheapest.map(|(n, d)| (n.clone(), d.clone())).into_iter().collect();
    }
    if output.is_empty() {
        output = Arc::new(read.iter().take(1).map(|(n, d)| (n.clone(), d.clone())).collect());
    }
    Projection { read: Arc::new(read), output, filter: scan.filter.clone() }
}

fn source(scan: Scan, target_bytes: u64) -> Result<(Arc<dyn TableSource>, Bound)> {
    let projection = projection(&scan);
    Ok(match scan.from {
        From::Parquet(files) => {
            let s = ParquetSource::new(files, projection, target_bytes)?;
            let bound = s.bound();
            (Arc::new(s), bound)
        }
        From::Csv(files, options) => {
            let s = CsvSource::new(files, projection, scan.all, *options, target_bytes)?;
            let bound = s.bound();
            (Arc::new(s), bound)
        }
        From::Memory(df) => {
            let s = FrameSource::new(df, target_bytes, projection);
            let bound = s.bound();
            (Arc::new(s), bound)
        }
    })
}

fn table_node(kind: Kind, inputs: Vec<Expr>, schema: &Schema, n_partitions: usize, partition_bytes: u64, label: String) -> Expr {
    let columns = schema.iter().map(|(n, d)| (n.to_string(), d.to_string())).collect();
    Expr::new(kind, inputs, Meta::Table(TableMeta { columns, n_partitions, partition_bytes }), label)
}

/// The rows a reduction keeps of every partition: the first `n`, after a sort if there is one.
fn top(steps: &[Step]) -> Option<(Vec<TableStep>, TableStep, usize)> {
    let kept = |offset: i64, len: IdxSize| {
        let n = u64::try_from(offset).ok()?.checked_add(u64::from(len))?;
        IdxSize::try_from(n).ok().map(|len| TableStep::Slice { offset: 0, len })
    };
    match steps {
        [Step { step: s @ TableStep::Slice { offset, len }, .. }, ..] => Some((vec![kept(*offset, *len)?], s.clone(), 1)),
        [
            Step { step: sort @ TableStep::Sort { .. }, row_wise: true, .. },
            Step { step: s @ TableStep::Slice { offset, len }, .. },
            ..,
        ] => Some((vec![sort.clone(), kept(*offset, *len)?], s.clone(), 2)),
        _ => None,
    }
}

/// How the steps from the first that is not row-wise on become one table.
fn merge(prefix: Vec<TableStep>, rest: &[Step], before: &SchemaRef, notes: &mut Vec<String>) -> (Merge, bool) {
    let steps = |from: usize| rest[from..].iter().map(|s| s.step.clone());
    let after = |from: usize| rest[from..].iter().map(|s| s.schema.clone()).collect::<Vec<_>>();
    let widths = |before: &SchemaRef| [vec![before.clone()], after(0)].concat();
    let first = &rest[0];
    if let Some(staged) = &first.staged {
        notes.push(format!("{}: one state per partition, merged in order of the partitions", first.step.name()));
        let map = prefix.into_iter().chain([staged.map.clone()]).collect();
        let finish = staged.finish.iter().cloned().chain(steps(1)).collect();
        let (combine, schemas) = (vec![staged.combine.clone()], [staged.schemas.clone(), after(0)].concat());
        let name = if matches!(staged.map, TableStep::Select(_)) { "aggregate" } else { "group_by" };
        return (Merge { name: name.into(), map, combine, finish, schemas }, true);
    }
    if let Some((keep, slice, n)) = top(rest) {
        notes
            .push(format!("{}: the first rows of every partition, merged in order", if n == 2 { "sort + limit" } else { "limit" }));
        let map = prefix.into_iter().chain(keep.clone()).collect();
        let finish = [slice].into_iter().chain(steps(n)).collect();
        let name = if n == 2 { "top" } else { "limit" };
        return (Merge { name: name.into(), map, combine: keep, finish, schemas: widths(before) }, true);
    }
    if let s @ TableStep::Unique { keep, .. } = &first.step
        && *keep != UniqueKeepStrategy::None
    {
        notes.push("unique: distinct rows of every partition, merged in order".into());
        let map = prefix.into_iter().chain([s.clone()]).collect();
        let finish = steps(1).collect();
        return (Merge { name: "unique".into(), map, combine: vec![s.clone()], finish, schemas: widths(before) }, true);
    }
    let names: Vec<&str> = rest.iter().map(|s| s.step.name()).collect();
    notes.push(format!("{}: in one task over all rows, since this version cannot take it apart", names.join(" + ")));
    let merge = Merge { name: "gather".into(), map: prefix, combine: vec![], finish: steps(0).collect(), schemas: widths(before) };
    (merge, false)
}

/// Plans a query. States of reductions take at most `limit_bytes`.
///
/// # Errors
/// Files that cannot be read.
pub(super) fn plan(chain: Chain, target_bytes: u64, limit_bytes: u64) -> Result<Planned> {
    let mut notes = Vec::new();
    let input = chain.scan.output.clone();
    let (source, bound) = source(chain.scan, target_bytes)?;
    let meta = source.meta();
    let (n, bytes) = (meta.n_partitions, meta.partition_bytes);
    let label = source.label();
    let read = Expr::new(Kind::Source(SourceNode::Table(source)), vec![], Meta::Table(meta), label);
    let n_wise = chain.steps.iter().take_while(|s| s.row_wise && !matches!(s.step, TableStep::Sort { .. })).count();
    let (wise, rest) = chain.steps.split_at(n_wise);
    let before = wise.last().map_or(&input, |s| &s.schema).clone();
    let prefix: Vec<TableStep> = wise.iter().map(|s| s.step.clone()).collect();
    // Columns between two row-wise steps may be more than before or after them.
    let widest = wise.iter().map(|s| bound.bytes(&s.schema)).max().unwrap_or(0);
    if rest.is_empty() {
        if prefix.is_empty() {
            return Ok(Planned { expr: read, schema: chain.schema, n_partitions: n, partition_bytes: bytes, notes });
        }
        let op = Rows::new(prefix, widest);
        let label = crate::expr::call::CallOp::label(&op);
        let call = Kind::Call(Call { op: Arc::new(op), maps: vec![] });
        let expr = table_node(call, vec![read], &chain.schema, n, widest, label);
        return Ok(Planned { expr, schema: chain.schema, n_partitions: n, partition_bytes: widest, notes });
    }
    let (merge, limited) = merge(prefix, rest, &before, &mut notes);
    let limit = if limited { limit_bytes } else { u64::MAX };
    let label = merge.name.clone();
    let reduction = Reduction::new(merge, bound, bytes, widest, limit);
    let result_bytes = crate::expr::table::TableReduce::state_bytes(&reduction, bytes.saturating_mul(n as u64));
    let kind = Kind::TreeReduce(TreeReduce::Table(Arc::new(reduction)));
    let expr = table_node(kind, vec![read], &chain.schema, 1, result_bytes, label);
    Ok(Planned { expr, schema: chain.schema, n_partitions: 1, partition_bytes: result_bytes, notes })
}

/// A query that writes to an output.
///
/// # Errors
/// A bug: the query is no table.
pub(super) fn sink(planned: &Planned, sink: Arc<dyn TableSink>) -> Result<Expr> {
    let Meta::Table(_) = planned.expr.meta() else { return Err(Error::bug("a query that is no table")) };
    let label = sink.label();
    Ok(Expr::new(Kind::Sink(SinkNode::Table(sink)), vec![planned.expr.clone()], Meta::Unit, label))
}
