//! Groups of the rows of one partition, by the thread that asks: rows are told their group one after the other, and every aggregate takes
//! them in that order. Hash tables and aggregates are those of Polars' streaming engine.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::kernel::table::dense::numbers;
use crate::kernel::table::evaluate::{Evaluator, dtype, is_simple};
use crate::kernel::table::few;
use crate::kernel::table::lookup::gather;
use polars::polars_utils::aliases::PlRandomState;
use polars::prelude::{
    ChunkAgg, Column, DataFrame, DataType, Expr, IdxSize, Int64Chunked, IntoSeries, PlSmallStr, Schema, SchemaRef,
};
use polars_expr::groups::new_hash_grouper;
use polars_expr::hash_keys::HashKeys;
use polars_expr::reduce::{GroupedReduction, into_reduction};
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, ExprToIRContext, IRAggExpr, IRFunctionExpr, to_expr_ir};
use polars_plan::prelude::{Arena, Node};
use std::sync::Arc;

/// A grouping that is ready to be computed.
pub struct Grouping {
    keys: Evaluator,
    parts: Vec<Part>,
    /// What results are made of the parts, which are columns then.
    results: Evaluator,
}

/// One aggregate.
struct Part {
    name: PlSmallStr,
    dtype: DataType,
    of: Evaluator,
    reduction: Box<dyn GroupedReduction>,
}

impl Grouping {
    /// The grouping of rows with these columns, by no keys that of all rows in one group; None where a key or an aggregate is of another kind than those that are done here.
    pub fn new(keys: &[Expr], aggs: &[Expr], schema: &SchemaRef) -> Option<Grouping> {
        let mut arena: Arena<AExpr> = Arena::new();
        let ir = |e: &Expr, arena: &mut Arena<AExpr>| to_expr_ir(e.clone(), &mut ExprToIRContext::new(arena, schema)).ok();
        let keys: Vec<ExprIR> = keys.iter().map(|e| ir(e, &mut arena)).collect::<Option<_>>()?;
        // Polars has orders and equalities of its own for other types.
        let plain = |d: &DataType| d.is_integer() || d.is_temporal() || d.is_bool() || d == &DataType::String;
        if !keys.iter().all(|k| dtype(k.node(), &arena, schema).is_some_and(|d| plain(&d))) {
            return None;
        }
        let mut parts = Vec::new();
        let mut made = Schema::default();
        let mut results = Vec::new();
        for agg in aggs {
            let agg = ir(agg, &mut arena)?;
            let value = apart(agg.node(), &mut arena, schema, &mut parts, &mut made)?;
            results.push(ExprIR::new(value, OutputName::Alias(agg.output_name().clone())));
        }
        let keys = Evaluator::of(&keys, &mut arena, schema)?;
        let results = Evaluator::of(&results, &mut arena, &Arc::new(made))?;
        Some(Grouping { keys, parts, results })
    }

    /// The groups of `rows`, in order of their first rows.
    ///
    /// # Errors
    /// The expressions' own.
    pub fn run(mut self, rows: &DataFrame) -> Result<DataFrame> {
        let n = rows.height();
        let keys = DataFrame::new(n, self.keys.run(rows)?).map_err(table_error)?;
        let of_rows = if keys.width() > 0 { groups(&keys) } else { vec![] };
        let mut firsts: Vec<IdxSize> = Vec::new();
        for (row, &group) in of_rows.iter().enumerate() {
            if group as usize == firsts.len() {
                firsts.push(row as IdxSize);
            }
        }
        let n_groups = if keys.width() > 0 { firsts.len() } else { 1 };
        let all: Vec<IdxSize> = (0..of_rows.len() as IdxSize).collect();
        let mut made = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            part.reduction.resize(n_groups as IdxSize);
            let columns: Vec<Column> = part.of.run(rows)?.iter().map(Column::rechunk).collect();
            let columns: Vec<&Column> = columns.iter().collect();
            let updated = if keys.width() > 0 {
                // SAFETY: these are all rows, and their groups are fewer than what the reduction was resized to.
                unsafe { part.reduction.update_groups_subset(&columns, &all, &of_rows, 0) }
            } else {
                part.reduction.update_group(&columns, 0, 0)
            };
            updated.map_err(table_error)?;
            let value = Column::from(part.reduction.finalize().map_err(table_error)?);
            let value = if value.dtype() == &part.dtype { value } else { value.cast(&part.dtype).map_err(table_error)? };
            made.push(value.with_name(part.name.clone()));
        }
        let made = DataFrame::new(n_groups, made).map_err(table_error)?;
        let columns = gather(&keys, &firsts).into_columns().into_iter().chain(self.results.run(&made)?);
        DataFrame::new(n_groups, columns.collect()).map_err(table_error)
    }
}

/// The expression over columns of aggregates in place of these.
fn apart(node: Node, arena: &mut Arena<AExpr>, schema: &SchemaRef, parts: &mut Vec<Part>, made: &mut Schema) -> Option<Node> {
    let e = arena.get(node).clone();
    let is_aggregate = match &e {
        AExpr::Agg(agg) => {
            let (input, numbers_only) = match agg {
                IRAggExpr::Sum(x) | IRAggExpr::Mean(x) | IRAggExpr::Var(x, _) | IRAggExpr::Std(x, _) => (*x, true),
                IRAggExpr::Min { input, .. } | IRAggExpr::Max { input, .. } | IRAggExpr::Count { input, .. } => (*input, false),
                IRAggExpr::First(x) | IRAggExpr::Last(x) => (*x, false),
                _ => return None,
            };
            let of = dtype(input, arena, schema)?;
            let wide = |d: &DataType| matches!(d, DataType::Int128 | DataType::UInt128 | DataType::Float16);
            let numbers = of.is_primitive_numeric() && !wide(&of);
            if !(numbers || !numbers_only && (of.is_temporal() || of.is_bool() || of == DataType::String)) {
                return None;
            }
            is_simple(input, arena, schema)
        }
        AExpr::Len => true,
        AExpr::Function { input, function: IRFunctionExpr::NullCount, .. } => is_simple(input.first()?.node(), arena, schema),
        _ => false,
    };
    if !is_aggregate {
        let mut children: Vec<Node> = Vec::new();
        e.children_rev(&mut children);
        if children.is_empty() {
            return matches!(e, AExpr::Literal(_)).then_some(node);
        }
        children.reverse();
        let children = children.into_iter().map(|c| apart(c, arena, schema, parts, made)).collect::<Option<Vec<_>>>()?;
        return Some(arena.add(e.replace_children(&children)));
    }
    let result = dtype(node, arena, schema)?;
    let (reduction, inputs) = into_reduction(node, arena, schema, true).ok()?;
    let inputs: Vec<ExprIR> = inputs.into_iter().map(|n| ExprIR::from_node(n, arena)).collect();
    let of = Evaluator::of(&inputs, arena, schema)?;
    let name: PlSmallStr = format!("\u{1}part {}", parts.len()).into();
    made.with_column(name.clone(), result.clone());
    parts.push(Part { name: name.clone(), dtype: result, of, reduction });
    Some(arena.add(AExpr::Column(name)))
}

/// The group of every row. Groups are numbered in order of their first rows.
fn groups(keys: &DataFrame) -> Vec<IdxSize> {
    in_runs(keys).or_else(|| few::groups(keys)).unwrap_or_else(|| match packed(keys) {
        Some(one) => hashed(&one),
        None => hashed(keys),
    })
}

/// The same by a hash table of the keys.
fn hashed(keys: &DataFrame) -> Vec<IdxSize> {
    let mut table = new_hash_grouper(keys.schema().clone());
    let n = keys.height();
    let mut groups: Vec<IdxSize> = Vec::with_capacity(n);
    let all: Vec<IdxSize> = (0..n as IdxSize).collect();
    let hashed = HashKeys::from_df(keys, PlRandomState::default(), true, false);
    // SAFETY: these are rows of the keys.
    unsafe { table.insert_keys_subset(&hashed, &all, Some(&mut groups)) };
    groups
}

/// A column as numbers, all of which fit.
fn exact(column: &Column) -> Option<Int64Chunked> {
    numbers(column).filter(|c| c.null_count() == column.null_count())
}

/// Groups of one run of equal keys are looked through one after the other, if they are no more than this.
const MOST_IN_RUN: usize = 16;

/// The same where a column of numbers rises and has no nulls, so that its equal keys are next to each other, and the others are numbers: every
/// row is compared with the groups of its run.
fn in_runs(keys: &DataFrame) -> Option<Vec<IdxSize>> {
    let wide = keys.columns().iter().map(exact).collect::<Option<Vec<_>>>()?;
    let rises = |c: &Int64Chunked| c.null_count() == 0 && each_value(c).is_sorted();
    let at = wide.iter().position(rises)?;
    let others: Vec<Vec<Option<i64>>> =
        wide.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c.iter().collect()).collect();
    let mut groups: Vec<IdxSize> = Vec::with_capacity(keys.height());
    // First rows of the run's groups, the first of which is `first`.
    let (mut run, mut first, mut last): (Vec<usize>, IdxSize, Option<i64>) = (Vec::new(), 0, None);
    for (row, value) in each_value(&wide[at]).enumerate() {
        if last != Some(value) {
            first += run.len() as IdxSize;
            run.clear();
            last = Some(value);
        }
        let same = |&of: &usize| others.iter().all(|c| c[of] == c[row]);
        let group = match run.iter().position(same) {
            Some(found) => found,
            None if run.len() == MOST_IN_RUN => return None,
            None => {
                run.push(row);
                run.len() - 1
            }
        };
        groups.push(first + group as IdxSize);
    }
    Some(groups)
}

fn each_value(c: &Int64Chunked) -> impl Iterator<Item = i64> {
    c.downcast_iter().flat_map(|a| a.values().iter().copied())
}

/// Several columns of numbers as one, if all they can say together fits a number. Null is one number more than the column has.
fn packed(keys: &DataFrame) -> Option<DataFrame> {
    if keys.width() < 2 || keys.height() == 0 {
        return None;
    }
    let mut all: Vec<i64> = vec![0; keys.height()];
    let mut room = 1i64;
    for column in keys.columns() {
        let wide = exact(column)?;
        let (least, greatest) = (wide.min().unwrap_or(0), wide.max().unwrap_or(0));
        let n = greatest.checked_sub(least)?.checked_add(2)?;
        room = room.checked_mul(n)?;
        all.iter_mut().zip(wide.iter()).for_each(|(sum, v)| *sum = *sum * n + v.map_or(n - 1, |v| v - least));
    }
    let one = Column::from(Int64Chunked::from_vec(PlSmallStr::EMPTY, all).into_series());
    DataFrame::new(keys.height(), vec![one]).ok()
}

#[cfg(test)]
mod tests {
    use super::{groups, hashed, in_runs, packed};
    use polars::prelude::{DataFrame, df};

    fn keys(n: i64, wide: i64) -> DataFrame {
        let some = |i: i64| (i % 7 != 0).then_some(i * i % wide - 3);
        df!(
            "a" => (0..n).map(|i| i / 5).collect::<Vec<_>>(),
            "b" => (0..n).map(some).collect::<Vec<_>>(),
            "c" => (0..n).map(|i| i32::try_from(i % 3).unwrap()).collect::<Vec<_>>(),
        )
        .unwrap()
    }

    #[test]
    fn groups_are_the_same_by_runs_numbers_and_hashes() {
        for (n, wide) in [(0, 1), (1, 1), (100, 2), (3000, 1000)] {
            let keys = keys(n, wide);
            let all = hashed(&keys);
            assert_eq!(in_runs(&keys).unwrap(), all, "{n} {wide}");
            assert_eq!(groups(&keys.select(["b", "c"]).unwrap()), hashed(&keys.select(["b", "c"]).unwrap()), "{n} {wide}");
            if let Some(one) = packed(&keys) {
                assert_eq!(hashed(&one), all, "{n} {wide}");
            }
        }
        assert!(packed(&df!("a" => [0, i64::MAX], "b" => [0i64, 1]).unwrap()).is_none());
        let one_run = df!("a" => [1i64; 40], "b" => (0..40i64).collect::<Vec<_>>()).unwrap();
        assert!(in_runs(&one_run).is_none());
        assert_eq!(groups(&one_run), (0..40).collect::<Vec<u32>>());
    }
}
