//! Steps on one partition, each as Polars does it on a whole table.
//!
//! Polars runs them on its in-memory engine, through its own pool of threads: the calling thread waits meanwhile, so that no more
//! threads compute than the larger of both pools has. Groups and equal rows keep the order of their first row.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table_error};
use crate::kernel::table::dense::rises;
use crate::kernel::table::evaluate::Evaluator;
use crate::kernel::table::group::Grouping;
use crate::kernel::table::lookup::gather;
use crate::kernel::table::order::rows_in_order;
use crate::op::table::planned::{Held, Planned};
use polars::lazy::frame::OptFlags;
use polars::prelude::{
    AggExpr, Column, DataFrame, DataType, Expr, IdxSize, IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr,
    PlanCallback, SchemaRef, Selector, SortMultipleOptions, UniqueKeepStrategy, col,
};
use polars_core::series::IsSorted;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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
        right: Arc<Held>,
        /// Keys of the rows, and of the table.
        on: (Vec<Expr>, Vec<Expr>),
        /// The kind of join.
        args: Box<JoinArgs>,
        /// What pairs must also fulfil.
        filter: Option<Expr>,
    },
    /// A node of Polars' plan.
    Planned {
        /// The node.
        plan: Arc<Planned>,
        /// Its inputs after the first.
        beside: Vec<Arc<Held>>,
        /// Of a grouping of rows with numbers: the column to be kept.
        number: Option<Box<FirstRow>>,
    },
    /// What a function makes of the rows of every group, below one another.
    MapGroups {
        /// What is equal in a group.
        keys: Vec<Expr>,
        /// The function.
        function: PlanCallback<DataFrame, DataFrame>,
        /// A column that tells where the group's first row comes, to be kept beside what the function makes of the others.
        number: Option<PlSmallStr>,
        /// Columns that the function makes.
        schema: SchemaRef,
    },
}

/// The number of every group's first row, for results that come in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstRow {
    /// What is equal in a group, under the names that the result has.
    pub keys: Vec<Expr>,
    /// The column of rows' numbers.
    pub number: PlSmallStr,
}

impl FirstRow {
    /// The results of groups of `rows`, which `of` makes of them without their numbers, with the number of each group's first row.
    fn beside(&self, rows: DataFrame, of: impl FnOnce(DataFrame) -> Result<DataFrame>) -> Result<DataFrame> {
        let firsts = rows.clone().lazy().group_by_stable(&self.keys).agg([col(self.number.clone()).min()]);
        let firsts = collect(firsts)?;
        let names: Vec<Expr> = firsts.get_column_names().iter().take(self.keys.len()).map(|n| col((*n).clone())).collect();
        let made = of(rows.drop(&self.number).map_err(table_error)?)?;
        let args = JoinArgs { nulls_equal: true, maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
        collect(made.lazy().join(firsts.lazy(), &names, &names, args))
    }
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
            TableStep::Planned { plan, .. } => plan.name(),
            TableStep::MapGroups { .. } => "map_groups",
        }
    }

    /// Whether a column comes out as it was, for rows that do.
    pub fn hands_on(&self, name: &PlSmallStr) -> bool {
        let is_made = |e: &Expr| matches!(e, Expr::Alias(_, n) | Expr::Column(n) if n == name) && plain(e) != Some(name);
        match self {
            TableStep::Filter(_) => true,
            TableStep::Select(exprs) => exprs.iter().any(|e| plain(e) == Some(name)),
            TableStep::WithColumns(exprs) => exprs.iter().all(|e| matches!(e, Expr::Alias(..) | Expr::Column(_)) && !is_made(e)),
            _ => false,
        }
    }

    /// The step in Polars' words, if it has some, added to a query.
    fn add_to(&self, q: &LazyFrame) -> Option<LazyFrame> {
        let q = q.clone();
        Some(match self {
            TableStep::Filter(e) => q.filter(e.clone()),
            TableStep::Select(e) => q.select(e),
            TableStep::WithColumns(e) => q.with_columns(e),
            TableStep::GroupBy { keys, aggs } => q.group_by_stable(keys).agg(aggs),
            TableStep::Sort { by, options } => q.sort_by_exprs(by, options.clone().with_maintain_order(true)),
            TableStep::Slice { offset, len } => q.slice(*offset, *len),
            TableStep::Unique { subset, keep } => q.unique_stable(subset.as_ref().map(|s| names(s)), *keep),
            TableStep::Beside { right, on: (left_on, right_on), args, filter } => {
                let joined = q.join(right.table().clone().lazy(), left_on, right_on, (**args).clone());
                match filter {
                    Some(f) => joined.filter(f.clone()),
                    None => joined,
                }
            }
            TableStep::Planned { .. } | TableStep::MapGroups { .. } => return None,
        })
    }

    /// The step on a table by the thread that asks, if it is simple.
    fn in_place(&self, table: &DataFrame) -> Result<Option<DataFrame>> {
        let exprs = match self {
            TableStep::Select(exprs) | TableStep::WithColumns(exprs) => exprs.as_slice(),
            TableStep::Filter(condition) => std::slice::from_ref(condition),
            TableStep::GroupBy { keys, aggs } => {
                let grouping = Grouping::new(keys, aggs, table.schema());
                return grouping.map(|g| g.run(table)).transpose();
            }
            TableStep::Sort { by, options } => {
                let Some(names) = by.iter().map(plain).collect::<Option<Vec<_>>>() else { return Ok(None) };
                let keys = table.select(names.into_iter().cloned()).map_err(table_error)?;
                let Some(rows) = rows_in_order(&keys, options)? else { return Ok(None) };
                // Pieces that share a buffer of texts would each bring it along.
                let mut table = table.clone();
                table.rechunk_mut();
                return Ok(Some(gather(&table, &rows)));
            }
            _ => return Ok(None),
        };
        if let TableStep::Select(_) = self
            && let Some(names) = exprs.iter().map(plain).collect::<Option<Vec<_>>>()
        {
            return table.select(names.into_iter().cloned()).map(Some).map_err(table_error);
        }
        let Some(evaluator) = Evaluator::new(exprs, table.schema()) else {
            // Aggregates of all rows.
            let grouping = if let TableStep::Select(aggs) = self { Grouping::new(&[], aggs, table.schema()) } else { None };
            return grouping.map(|g| g.run(table)).transpose();
        };
        let done = match self {
            TableStep::Filter(_) => table.filter_seq(&evaluator.mask(table)?),
            TableStep::Select(_) => DataFrame::new(table.height(), evaluator.run(table)?),
            _ => {
                let mut with = table.clone();
                evaluator.run(table)?.into_iter().try_for_each(|c| with.with_column(c).map(|_| ())).map(|()| with)
            }
        };
        done.map(Some).map_err(table_error)
    }

    /// The step on a table, where it cannot be said in Polars' words.
    fn run(&self, table: DataFrame) -> Result<DataFrame> {
        match self {
            TableStep::Planned { plan, beside, number } => {
                let run = |t| plan.run(std::iter::once(t).chain(beside.iter().map(|h| h.table().clone())));
                match number {
                    Some(first) => first.beside(table, run),
                    None => run(table),
                }
            }
            TableStep::MapGroups { keys, function, number, schema } => {
                let parts = groups(&table, keys)?.into_iter().map(|group| {
                    let (group, first) = match number {
                        Some(n) => (group.drop(n).map_err(table_error)?, Some(group.column(n).map_err(table_error)?.slice(0, 1))),
                        None => (group, None),
                    };
                    let mut made = apart(|| function.call(group)).map_err(table_error)?;
                    if let Some(first) = first {
                        made.with_column(first.new_from_index(0, made.height())).map_err(table_error)?;
                    }
                    Ok(made)
                });
                let mut out = DataFrame::empty_with_schema(schema);
                if let Some(n) = number {
                    out.with_column(Column::new_empty(n.clone(), &DataType::UInt64)).map_err(table_error)?;
                }
                for part in parts.collect::<Result<Vec<_>>>()? {
                    out.vstack_mut(&part).map_err(table_error)?;
                }
                Ok(out)
            }
            other => apply(&table, std::slice::from_ref(other)),
        }
    }
}

/// The rows of every group, in order of the groups' first rows.
fn groups(table: &DataFrame, keys: &[Expr]) -> Result<Vec<DataFrame>> {
    let names: Vec<PlSmallStr> = (0..keys.len()).map(|i| format!("\u{1}key {i}").into()).collect();
    let keys: Vec<Expr> = keys.iter().zip(&names).map(|(k, n)| k.clone().alias(n.clone())).collect();
    let keyed = collect(table.clone().lazy().with_columns(keys))?;
    apart(|| keyed.partition_by_stable(names, false)).map_err(table_error)
}

fn names(columns: &[PlSmallStr]) -> Selector {
    polars::prelude::by_name(columns.iter().cloned(), true, false)
}

/// The column that an expression is, under its own name.
pub fn plain(e: &Expr) -> Option<&PlSmallStr> {
    match e {
        Expr::Column(n) => Some(n),
        Expr::Alias(e, name) => plain(e).filter(|n| *n == name),
        _ => None,
    }
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
    let (mut out, mut rest) = (table.clone(), steps);
    while let [step, later @ ..] = rest {
        let Some(done) = step.in_place(&out)? else { break };
        (out, rest) = (done, later);
    }
    let [first, ..] = rest else { return Ok(out) };
    // Of a group that is a single null Polars takes the variance for zero where keys are flagged to rise, and for null else.
    if let TableStep::GroupBy { keys, aggs } = first
        && !aggs.iter().any(|agg| agg.into_iter().any(|e| matches!(e, Expr::Agg(AggExpr::Var(..) | AggExpr::Std(..)))))
    {
        flag_rising(&mut out, keys);
    }
    let mut query = out.clone().lazy();
    for (i, step) in rest.iter().enumerate() {
        let Some(added) = step.add_to(&query) else {
            let before = if i == 0 { out } else { collect(query)? };
            return apply(&step.run(before)?, &rest[i + 1..]);
        };
        query = added;
    }
    drop(out);
    collect(query)
}

/// Says of the only key, if it rises and has no nulls, that it does: equal keys are then next to each other, and Polars needs no hashes to
/// group by it.
fn flag_rising(table: &mut DataFrame, keys: &[Expr]) {
    let [Some(name)] = keys.iter().map(plain).collect::<Vec<_>>()[..] else { return };
    let Some(at) = table.get_column_index(name) else { return };
    let column = &table.columns()[at];
    if column.i64().is_ok_and(rises) {
        let mut flagged = column.clone();
        flagged.set_sorted_flag(IsSorted::Ascending);
        // The same column in the same place.
        let _same = table.replace_column(at, flagged);
    }
}

/// What Polars says, as a panic, of functions that it was built without. Other panics go on.
fn not_built_in(panic: Box<dyn Any + Send>) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    match text.filter(|text| text.starts_with("activate '")) {
        Some(text) => Error::unsupported(format!("a function of Polars that this build is without ({text})")),
        None => resume_unwind(panic),
    }
}

/// Runs a query, keeping the order of rows also where Polars does not promise it.
///
/// # Errors
/// Polars' own.
pub fn collect(query: LazyFrame) -> Result<DataFrame> {
    let flags = query.get_current_optimizations() - OptFlags::CHECK_ORDER_OBSERVE;
    let run = AssertUnwindSafe(|| apart(|| query.with_optimizations(flags).collect()));
    catch_unwind(run).map_or_else(|panic| Err(not_built_in(panic)), |made| made.map_err(table_error))
}
