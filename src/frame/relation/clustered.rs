//! Tables that are stored in order of a key: rows of equal keys are next to each other, so that partitions can be cut between them, and
//! groups and joins by that key need no rows from elsewhere.

use crate::base::Result;
use crate::chunk::table_bound::Bound;
use crate::expr::table::TableSource;
use crate::frame::pipe::Pipe;
use crate::frame::run::Run;
use crate::op::table::RowOp;
use crate::op::table::edge::{Edges, read_below, read_edges};
use crate::op::table::step::plain;
use polars::prelude::{DataType, Expr, PlSmallStr, Schema};
use std::sync::Arc;

/// Partitions between whose rows no key is shared.
pub(super) struct Clustered {
    pub pipe: Pipe,
    /// Whether every key is there once.
    pub is_distinct: bool,
    /// The first key of every partition.
    firsts: Vec<i64>,
}

/// The key column alone, if the table is likely to be stored in its order.
fn rising(pipe: &Pipe, key: &Expr) -> Option<(Arc<dyn TableSource>, Arc<dyn TableSource>)> {
    let name = plain(key)?;
    let source = pipe.source()?;
    if pipe.n_partitions() < 2 || !pipe.hands_on(name) {
        return None;
    }
    Some((source.clone(), source.rising(name)?))
}

/// A pipe over one column with an op whose rows are `columns`, at most `most` per partition, run.
fn looked_at(
    run: &mut Run<'_>,
    keys: &Arc<dyn TableSource>,
    op: RowOp,
    columns: &[(&str, DataType)],
    most: u64,
) -> Result<polars::prelude::DataFrame> {
    let schema: Schema = columns.iter().map(|(n, d)| (PlSmallStr::from(*n), d.clone())).collect();
    let n = keys.n_partitions() as u64;
    let bytes = keys.meta().partition_bytes;
    let mut pipe = Pipe::of(keys.clone(), Arc::new(Schema::default()), Bound { rows: bytes, var_bytes: 0 }, Bound::default());
    let bound = Bound { rows: most, var_bytes: 0 };
    pipe.push_bounded(op, Arc::new(schema), bound, bound.times(n));
    let rows = run.keep(&pipe, "edges of keys")?;
    run.table(&rows)
}

fn edges(run: &mut Run<'_>, keys: &Arc<dyn TableSource>) -> Result<Option<Vec<Edges>>> {
    let columns = ["n", "first", "last", "lead", "next", "rises", "distinct"].map(|n| (n, DataType::Int64));
    let edges = read_edges(&looked_at(run, keys, RowOp::Edges, &columns, 1)?)?;
    let ends: Vec<(i64, i64)> = edges.iter().filter_map(|e| e.ends).collect();
    let rise = edges.iter().all(|e| e.rises) && ends.windows(2).all(|w| w[0].1 <= w[1].0);
    Ok((rise && !ends.is_empty()).then_some(edges))
}

/// Whether every key is there once.
fn is_distinct(edges: &[Edges]) -> bool {
    let ends: Vec<(i64, i64)> = edges.iter().filter_map(|e| e.ends).collect();
    edges.iter().all(|e| e.is_distinct) && ends.windows(2).all(|w| w[0].1 < w[1].0)
}

fn recut(pipe: &Pipe, source: &Arc<dyn TableSource>, starts: &[u64]) -> Option<Pipe> {
    let (cut, rows, var_bytes) = source.recut(starts)?;
    Some(pipe.on(cut, Bound { rows, var_bytes }))
}

/// The pipe in partitions that share no value of any of these keys, if one of them is what the table is stored by.
///
/// # Errors
/// The source's own.
pub(super) fn clustered(run: &mut Run<'_>, pipe: &Pipe, keys: &[Expr]) -> Result<Option<Clustered>> {
    let Some((source, keys)) = keys.iter().find_map(|k| rising(pipe, k)) else { return Ok(None) };
    if run.is_dry() {
        return Ok(Some(Clustered { pipe: pipe.clone(), is_distinct: false, firsts: vec![0; pipe.n_partitions()] }));
    }
    let Some(edges) = edges(run, &keys)? else { return Ok(None) };
    let is_distinct = is_distinct(&edges);
    let (mut starts, mut firsts) = (Vec::new(), Vec::new());
    let (mut row, mut last) = (0, None);
    for e in edges {
        if let Some((first, own_last)) = e.ends {
            if last.is_none_or(|l| l < first) {
                starts.push(if last.is_none() { 0 } else { row });
                firsts.push(first);
            } else if let Some(next) = e.next {
                // Rows of the key that the partition before ends with belong to it.
                starts.push(row + e.lead);
                firsts.push(next);
            }
            last = Some(own_last);
        }
        row += e.n;
    }
    Ok(recut(pipe, &source, &starts).map(|pipe| Clustered { pipe, is_distinct, firsts }))
}

impl Clustered {
    /// Another table that is stored by the key `key`, cut where this one is: its partition `i` has all rows of keys that partition `i` here
    /// has. Also says whether every key is there once.
    ///
    /// # Errors
    /// The source's own.
    pub fn cut_alike(&self, run: &mut Run<'_>, other: &Pipe, key: &Expr) -> Result<Option<(Pipe, bool)>> {
        let Some((source, keys)) = rising(other, key) else { return Ok(None) };
        if run.is_dry() {
            return Ok(None);
        }
        let Some(edges) = edges(run, &keys)? else { return Ok(None) };
        let values: Arc<[i64]> = self.firsts[1..].into();
        let columns = [("value", DataType::UInt64), ("rows", DataType::UInt64)];
        let found = looked_at(run, &keys, RowOp::Below(values.clone()), &columns, values.len() as u64)?;
        let inside: Vec<(usize, u64)> = read_below(&found)?;
        // A value is among a partition's, or before all of them.
        let mut starts = vec![0];
        let mut found = inside.into_iter().peekable();
        let (mut row, mut rest) = (0, edges.iter().peekable());
        for (i, &value) in values.iter().enumerate() {
            while let Some(e) = rest.peek() {
                if e.ends.is_some_and(|(_, last)| value <= last) {
                    break;
                }
                row += e.n;
                rest.next();
            }
            let within = found.next_if(|(v, _)| *v == i).map_or(0, |(_, n)| n);
            starts.push(row + within);
        }
        Ok(recut(other, &source, &starts).map(|pipe| (pipe, is_distinct(&edges))))
    }
}
