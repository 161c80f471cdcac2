//! Steps on one partition, each as Polars does it on a whole table.
//!
//! Polars runs them on its in-memory engine, through its own pool of threads: the calling thread waits meanwhile, so that no more
//! threads compute than the larger of both pools has. Groups and equal rows keep the order of their first row.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use polars::lazy::frame::OptFlags;
use polars::prelude::{
    DataFrame, Expr, IdxSize, IntoLazy, JoinArgs, LazyFrame, PlSmallStr, Selector, SortMultipleOptions, UniqueKeepStrategy, col,
};
use std::sync::Arc;

/// One step of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum TableStep {
    /// Rows for which an expression is true.
    Filter(Expr),
    /// These columns.
    Select(Vec<Expr>),
    /// Further columns beside those that are there.
    WithColumns(Vec<Expr>),
    /// Groups of equal keys, in order of their first row.
    GroupBy {
        /// What is equal in a group.
        keys: Vec<Expr>,
        /// What is computed of each group.
        aggs: Vec<Expr>,
    },
    /// Rows in order; equal rows stay in theirs.
    Sort {
        /// Sorted by these.
        by: Vec<Expr>,
        /// Directions and the place of nulls.
        options: SortMultipleOptions,
    },
    /// Some rows from a place (negative: from the end).
    Slice {
        /// First row.
        offset: i64,
        /// Number of rows.
        len: IdxSize,
    },
    /// One row of those equal in `subset` (all columns if None).
    Unique {
        /// Columns compared.
        subset: Option<Vec<PlSmallStr>>,
        /// Which row stays.
        keep: UniqueKeepStrategy,
    },
    /// Every row joined with a whole table in memory.
    Beside {
        /// The table.
        right: Arc<DataFrame>,
        /// Keys of the rows, and of the table.
        on: (Vec<Expr>, Vec<Expr>),
        /// The kind of join.
        args: Box<JoinArgs>,
        /// What pairs must also fulfil.
        filter: Option<Expr>,
    },
}

impl TableStep {
    /// The step in a word.
    pub fn name(&self) -> &'static str {
        match self {
            TableStep::Filter(_) => "filter",
            TableStep::Select(_) => "select",
            TableStep::WithColumns(_) => "with_columns",
            TableStep::GroupBy { .. } => "group_by",
            TableStep::Sort { .. } => "sort",
            TableStep::Slice { .. } => "limit",
            TableStep::Unique { .. } => "unique",
            TableStep::Beside { .. } => "join",
        }
    }

    /// The step added to a query.
    pub fn add_to(&self, q: LazyFrame) -> LazyFrame {
        match self {
            TableStep::Filter(e) => q.filter(e.clone()),
            TableStep::Select(e) => q.select(e),
            TableStep::WithColumns(e) => q.with_columns(e),
            TableStep::GroupBy { keys, aggs } => q.group_by_stable(keys).agg(aggs),
            TableStep::Sort { by, options } => q.sort_by_exprs(by, options.clone().with_maintain_order(true)),
            TableStep::Slice { offset, len } => q.slice(*offset, *len),
            TableStep::Unique { subset, keep } => q.unique_stable(subset.as_ref().map(|s| names(s)), *keep),
            TableStep::Beside { right, on: (left_on, right_on), args, filter } => {
                let joined = q.join((**right).clone().lazy(), left_on, right_on, (**args).clone());
                match filter {
                    Some(f) => joined.filter(f.clone()),
                    None => joined,
                }
            }
        }
    }
}

fn names(columns: &[PlSmallStr]) -> Selector {
    polars::prelude::by_name(columns.iter().cloned(), true, false)
}

/// A column by its name, taken literally.
pub fn column(name: &PlSmallStr) -> Expr {
    col(name.clone())
}

/// Runs the steps on a partition.
///
/// # Errors
/// Polars' own: a missing column, a value that cannot be cast.
pub fn apply(table: &DataFrame, steps: &[TableStep]) -> Result<DataFrame> {
    if steps.is_empty() {
        return Ok(table.clone());
    }
    collect(steps.iter().fold(table.clone().lazy(), |q, s| s.add_to(q)))
}

/// Runs a query, keeping the order of rows also where Polars does not promise it.
///
/// # Errors
/// Polars' own.
pub fn collect(query: LazyFrame) -> Result<DataFrame> {
    let flags = query.get_current_optimizations() - OptFlags::CHECK_ORDER_OBSERVE;
    apart(|| query.with_optimizations(flags).collect()).map_err(table_error)
}
