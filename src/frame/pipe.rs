//! Partitions on their way: what they are read from, and what is done with each by itself before rows have to meet.

use crate::base::{Error, Result};
use crate::chunk::dataframe::described;
use crate::chunk::table_bound::{Bound, n_varying};
use crate::expr::call::CallOp;
use crate::expr::node::{Call, SourceNode};
use crate::expr::table::{TableMeta, TableSource};
use crate::expr::{Expr, Kind, Meta};
use crate::kernel::table::dense::KeySet;
use crate::op::table::measured::Measured;
use crate::op::table::wrap::{Cut, Cuts, Joined, Piped};
use crate::op::table::{RowOp, Rows, TableStep};
use polars::prelude::{DataType, PlSmallStr, Schema, SchemaRef, col};
use std::sync::Arc;

/// What is not known before it runs (a function, windows, a join that gives several rows for one) is taken to make at most so many times the
/// rows and bytes of what it is given.
pub(super) const MOST_GROWTH: u64 = 4;
/// Strings and lists of so few bytes may grow.
const FEW_BYTES: u64 = 64 << 10;

/// What partitions are before anything is done with them.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// They can be read, any of them, as often as need be.
    Source(Arc<dyn TableSource>),
    /// They come of work on buckets or of a reduction.
    Made { expr: Expr, n_partitions: usize, partition_bytes: u64 },
}

/// Partitions and what is done with them.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    pub base: Base,
    pub ops: Vec<RowOp>,
    /// Columns after the ops.
    pub schema: SchemaRef,
    /// Of one partition, after the ops.
    pub bound: Bound,
    /// Of all partitions.
    pub total: Bound,
    /// Of one partition, before the ops.
    base_bound: Bound,
    /// About how many rows there are: what sides of a join are chosen by. It depends on the data alone, and not on how the rows came about,
    /// which the budget decides.
    pub likely_rows: f64,
    /// The same, had there been no filters.
    pub unfiltered_rows: f64,
    /// Upper bound of the bytes of a partition anywhere between the ops.
    widest_bytes: u64,
    /// Columns that the bounds' bytes of strings and lists are in.
    n_varying: u64,
}

impl Pipe {
    /// Partitions of a source.
    pub fn of(source: Arc<dyn TableSource>, schema: SchemaRef, bound: Bound, total: Bound) -> Pipe {
        let n_varying = n_varying(&schema);
        Pipe {
            base: Base::Source(source),
            ops: vec![],
            schema,
            bound,
            total,
            base_bound: bound,
            likely_rows: total.rows as f64,
            unfiltered_rows: total.rows as f64,
            widest_bytes: 0,
            n_varying,
        }
    }

    /// Partitions made by an expression.
    pub fn made(expr: Expr, schema: SchemaRef, bound: Bound, total: Bound) -> Pipe {
        let (n_partitions, partition_bytes) = match expr.meta() {
            Meta::Table(t) => (t.n_partitions, t.partition_bytes),
            _ => (1, 0),
        };
        let base = Base::Made { expr, n_partitions, partition_bytes };
        let n_varying = n_varying(&schema);
        Pipe {
            base,
            ops: vec![],
            schema,
            bound,
            total,
            base_bound: bound,
            likely_rows: total.rows as f64,
            unfiltered_rows: total.rows as f64,
            widest_bytes: 0,
            n_varying,
        }
    }

    pub fn n_partitions(&self) -> usize {
        match &self.base {
            Base::Source(s) => s.n_partitions(),
            Base::Made { n_partitions, .. } => *n_partitions,
        }
    }

    /// Does something with every partition. A row becomes at most `most` rows.
    pub fn push(&mut self, op: RowOp, schema: SchemaRef, most: u64) {
        let (bound, total) = (self.bound.times(most), self.total.times(most));
        self.push_bounded(op, schema, bound, total);
    }

    /// Does something with every partition that leaves at most `bound` of each, and `total` of all.
    pub fn push_bounded(&mut self, op: RowOp, schema: SchemaRef, bound: Bound, total: Bound) {
        self.ops.push(op);
        (self.schema, self.bound, self.total) = (schema, bound, total);
        self.widest_bytes = self.widest_bytes.max(self.bound_bytes());
    }

    /// Columns that the bounds' bytes of strings and lists are in.
    pub fn n_varying(&self) -> u64 {
        self.n_varying
    }

    /// How many times the rows, or the bytes of strings and lists, of the source's there may be.
    pub fn growth(&self) -> u64 {
        let times = |now: u64, before: u64| now / before.max(1);
        times(self.bound.rows, self.base_bound.rows).max(times(self.bound.var_bytes, self.base_bound.var_bytes.max(FEW_BYTES)))
    }

    /// Adds a column that tells where rows come in the whole table.
    pub fn number(&mut self, name: &str) {
        self.push(RowOp::Number(name.into()), numbered(&self.schema, name), 1);
    }

    /// Upper bound of the bytes of a partition.
    pub fn partition_bytes(&self) -> u64 {
        match (&self.base, self.ops.is_empty()) {
            (Base::Source(s), true) => (0..s.n_partitions()).map(|i| s.bytes(i).0).max().unwrap_or(0),
            (Base::Made { partition_bytes, .. }, true) => *partition_bytes,
            _ => self.bound_bytes(),
        }
    }

    fn bound_bytes(&self) -> u64 {
        self.bound.bytes_from(&self.schema, self.n_varying)
    }

    /// Columns with `var_bytes` of strings and lists of their own are about to come.
    pub fn widen(&mut self, n_columns: u64, var_bytes: u64) {
        self.n_varying += n_columns;
        self.bound.var_bytes = self.bound.var_bytes.saturating_add(var_bytes);
    }

    /// Upper bound of the bytes of all rows.
    pub fn total_bytes(&self) -> u64 {
        self.total.bytes_from(&self.schema, self.n_varying)
    }

    /// The most that all rows are.
    pub fn total_measured(&self) -> Measured {
        Measured { bound: self.total, bytes: self.total_bytes() }
    }

    /// About how many bytes all rows take.
    pub fn likely_bytes(&self) -> u64 {
        (self.total_bytes() as f64 * self.likely_share()) as u64
    }

    /// The part of the rows that filters are likely to leave.
    pub fn likely_share(&self) -> f64 {
        (self.likely_rows / self.unfiltered_rows.max(1.0)).min(1.0)
    }

    /// The same rows, of which there are likely to be so many, of so many had there been no filters.
    pub fn with_likely(self, likely_rows: f64, unfiltered_rows: f64) -> Pipe {
        Pipe { likely_rows, unfiltered_rows, ..self }
    }

    /// The partitions as an expression of the engine.
    pub fn expr(&self) -> Expr {
        let read = match &self.base {
            Base::Source(s) => {
                let label = s.label();
                Expr::new(Kind::Source(SourceNode::Table(s.clone())), vec![], Meta::Table(s.meta()), label)
            }
            Base::Made { expr, .. } => expr.clone(),
        };
        if self.ops.is_empty() {
            return read;
        }
        let op = Rows::new(self.ops.clone(), self.bound_bytes(), self.widest_bytes);
        call(Arc::new(op), vec![read], &self.schema, self.n_partitions(), self.bound_bytes())
    }

    /// The same rows as a source, if they can be read as often as need be.
    pub fn piped(&self) -> Option<Piped> {
        let Base::Source(source) = &self.base else { return None };
        let bytes = (self.bound_bytes().max(self.partition_bytes()), self.widest_bytes);
        Some(Piped { source: source.clone(), ops: self.ops.clone(), bytes })
    }

    /// Whether the rows lie in memory as they are, so that nothing is gained by keeping them.
    pub fn is_in_memory(&self) -> bool {
        matches!(&self.base, Base::Source(s) if s.name() == "memory") && self.ops.is_empty()
    }

    /// Whether the partitions can be read as often as need be.
    pub fn is_source(&self) -> bool {
        matches!(self.base, Base::Source(_))
    }

    /// What is done with the rows of another source instead, whose partitions hold at most `bound`.
    pub fn on(&self, source: Arc<dyn TableSource>, bound: Bound) -> Pipe {
        let times = |new: u64, old: u64| if old == 0 { 1.0 } else { (new as f64 / old as f64).max(1.0) };
        let rows = times(bound.rows, self.base_bound.rows);
        let var_bytes = times(bound.var_bytes, self.base_bound.var_bytes);
        let grown = |n: u64, by: f64| (n as f64 * by).ceil() as u64;
        let own = Bound { rows: grown(self.bound.rows, rows), var_bytes: grown(self.bound.var_bytes, var_bytes) };
        let widest = grown(self.widest_bytes, rows.max(var_bytes));
        Pipe { base: Base::Source(source), bound: own, base_bound: bound, widest_bytes: widest, ..self.clone() }
    }

    /// Whether a column is one of the source's, with the values that it has there.
    pub fn hands_on(&self, name: &PlSmallStr) -> bool {
        self.ops.iter().all(|op| op.hands_on(name))
    }

    /// Whether rows can be left out by what they have in a column before they are read.
    pub fn takes_keys(&self, column: &PlSmallStr) -> bool {
        self.source().is_some_and(|s| s.takes_keys()) && self.hands_on(column)
    }

    /// The pipe without rows whose value in a column is not among `keys`, if the source can leave them out.
    pub fn with_keys(&self, column: &PlSmallStr, keys: &Arc<KeySet>) -> Option<Pipe> {
        let source = self.source().filter(|_| self.takes_keys(column))?.with_keys(column, keys)?;
        Some(Pipe { base: Base::Source(source), ..self.clone() })
    }

    /// What is read, if the partitions can be read as often as need be.
    pub fn source(&self) -> Option<&Arc<dyn TableSource>> {
        match &self.base {
            Base::Source(s) => Some(s),
            Base::Made { .. } => None,
        }
    }

    /// Partitions with rows of their neighbours, before the ops.
    ///
    /// # Errors
    /// A bug: they are not [read from a source](Self::is_source).
    pub fn joined(&self, parts: Vec<Vec<Cut>>) -> Result<Pipe> {
        let Base::Source(source) = &self.base else { return Err(Error::bug("partitions that cannot be read again")) };
        let most = parts.iter().map(Vec::len).max().unwrap_or(1) as u64;
        let source = Arc::new(Joined { source: source.clone(), parts });
        Ok(self.on(source, self.base_bound.times(most)))
    }

    /// Only these partitions, or rows of them before the ops.
    ///
    /// # Errors
    /// A bug: they are not [read from a source](Self::is_source).
    pub fn cut(&self, cuts: Vec<Cut>) -> Result<Pipe> {
        let Base::Source(source) = &self.base else { return Err(Error::bug("partitions that cannot be read again")) };
        let share = cuts.len() as f64 / source.n_partitions().max(1) as f64;
        let base = Base::Source(Arc::new(Cuts { source: source.clone(), cuts }));
        Ok(Pipe { base, ..self.clone() }.with_likely(self.likely_rows * share, self.unfiltered_rows * share))
    }
}

/// A call on aligned partitions.
pub(super) fn call(op: Arc<dyn CallOp>, inputs: Vec<Expr>, schema: &Schema, n_partitions: usize, partition_bytes: u64) -> Expr {
    let label = op.label();
    table_node(Kind::Call(Call { op, maps: vec![] }), inputs, schema, n_partitions, partition_bytes, label)
}

/// A node whose value is a table.
pub(super) fn table_node(
    kind: Kind,
    inputs: Vec<Expr>,
    schema: &Schema,
    n_partitions: usize,
    partition_bytes: u64,
    label: String,
) -> Expr {
    Expr::new(kind, inputs, Meta::Table(TableMeta { columns: described(schema), n_partitions, partition_bytes }), label)
}

/// Only these columns.
pub(super) fn only(schema: &Schema) -> RowOp {
    RowOp::Step(select(schema))
}

/// The columns of a schema, in its order.
pub(super) fn select(schema: &Schema) -> TableStep {
    TableStep::Select(schema.iter_names().map(|n| col(n.clone())).collect())
}

/// The names of columns.
pub(super) fn names(schema: &Schema) -> Vec<PlSmallStr> {
    schema.iter_names().cloned().collect()
}

/// The columns with one of row numbers.
pub(super) fn numbered(schema: &Schema, name: &str) -> SchemaRef {
    let mut schema = schema.clone();
    schema.with_column(name.into(), DataType::UInt64);
    Arc::new(schema)
}
