//! Groups of the rows of one partition, by the thread that asks: rows are told their group one after the other, and every aggregate takes
//! them in that order. Hash tables and aggregates are those of Polars' streaming engine.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::kernel::table::dense::{SLOTS, each_value, numbers, range, rises};
use crate::kernel::table::distinct::n_distinct;
use crate::kernel::table::evaluate::{Evaluator, dtype, is_simple};
use crate::kernel::table::few;
use crate::kernel::table::lookup::gather;
use crate::kernel::table::moments::Moments;
use polars::polars_utils::aliases::PlRandomState;
use polars::prelude::{
    ChunkAgg, Column, DataFrame, DataType, Expr, IdxCa, IdxSize, Int64Chunked, IntoSeries, Operator, PlSmallStr, PolarsResult,
    Scalar, Schema, SchemaRef,
};
use polars_arrow::array::PrimitiveArray;
use polars_expr::groups::new_hash_grouper;
use polars_expr::hash_keys::HashKeys;
use polars_expr::reduce::{GroupedReduction, into_reduction};
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, ExprToIRContext, IRAggExpr, IRBooleanFunction, IRFunctionExpr, LiteralValue, to_expr_ir};
use polars_plan::prelude::{Arena, Node, node_to_expr};
use std::sync::Arc;

/// A grouping that is ready to be computed.
pub struct Grouping {
    keys: Evaluator,
    parts: Parts,
    /// What results are made of the parts, which are columns then.
    results: Evaluator,
}

/// The aggregates.
#[derive(Default)]
struct Parts {
    all: Vec<Part>,
    /// What they read, each once.
    inputs: Vec<(Expr, Evaluator)>,
    /// Their columns.
    made: Schema,
}

/// One aggregate.
struct Part {
    name: PlSmallStr,
    dtype: DataType,
    /// Which of the inputs it reads.
    of: Vec<usize>,
    counts: Option<Counts>,
    kind: Kind,
}

/// Whose an aggregate is.
enum Kind {
    Polars(Box<dyn GroupedReduction>),
    Moments(Moments),
    /// How many different values there are; null is one.
    Distinct,
}

impl Kind {
    /// The aggregate of groups, of which there are `n_groups`; `of_rows` is the group of every row, nothing where there is one group.
    fn in_groups(&mut self, columns: &[&Column], all: &[IdxSize], of_rows: &[IdxSize], n_groups: usize) -> PolarsResult<Column> {
        match self {
            Kind::Moments(moments) => moments.in_groups(columns, of_rows, n_groups),
            Kind::Distinct => n_distinct(columns[0], of_rows, n_groups),
            Kind::Polars(reduction) => {
                reduction.resize(n_groups as IdxSize);
                if all.is_empty() && n_groups == 1 {
                    reduction.update_group(columns, 0, 0)?;
                } else {
                    // SAFETY: `all` are all rows, and their groups are fewer than what the reduction was resized to.
                    unsafe { reduction.update_groups_subset(columns, all, of_rows, 0) }?;
                }
                reduction.finalize().map(Column::from)
            }
        }
    }
}

/// What is counted of rows. Where there are no nulls, all of it follows from the sizes of groups.
#[derive(Clone, Copy)]
enum Counts {
    All,
    Valid,
    Nulls,
}

impl Counts {
    fn of(e: &AExpr) -> Option<Counts> {
        match e {
            AExpr::Len | AExpr::Agg(IRAggExpr::Count { include_nulls: true, .. }) => Some(Counts::All),
            AExpr::Agg(IRAggExpr::Count { .. }) => Some(Counts::Valid),
            AExpr::Function { function: IRFunctionExpr::NullCount, .. } => Some(Counts::Nulls),
            _ => None,
        }
    }

    /// The counts of a column in groups of so many rows, where these tell.
    fn in_groups(self, column: &Column, sizes: &[IdxSize]) -> Option<Vec<IdxSize>> {
        match self {
            Counts::All => Some(sizes.to_vec()),
            Counts::Valid if column.null_count() == 0 => Some(sizes.to_vec()),
            Counts::Nulls if column.null_count() == 0 => Some(vec![0; sizes.len()]),
            _ => None,
        }
    }
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
        let mut parts = Parts::default();
        let mut results = Vec::new();
        for agg in aggs {
            let agg = ir(agg, &mut arena)?;
            let value = parts.of(agg.node(), &mut arena, schema)?;
            results.push(ExprIR::new(value, OutputName::Alias(agg.output_name().clone())));
        }
        let keys = Evaluator::of(&keys, &mut arena, schema)?;
        let results = Evaluator::of(&results, &mut arena, &Arc::new(parts.made.clone()))?;
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
        let mut sizes: Vec<IdxSize> = Vec::new();
        for (row, &group) in of_rows.iter().enumerate() {
            if group as usize == firsts.len() {
                firsts.push(row as IdxSize);
                sizes.push(0);
            }
            sizes[group as usize] += 1;
        }
        if keys.width() == 0 {
            sizes = vec![n as IdxSize];
        }
        let n_groups = sizes.len();
        let all: Vec<IdxSize> = (0..of_rows.len() as IdxSize).collect();
        let Parts { all: parts, inputs, .. } = &mut self.parts;
        let mut made = Vec::with_capacity(parts.len());
        // Inputs are computed when they are first read, and given up after they were read last.
        let mut last = vec![0; inputs.len()];
        parts.iter().enumerate().for_each(|(i, part)| part.of.iter().for_each(|&input| last[input] = i));
        let mut computed: Vec<Option<Column>> = vec![None; inputs.len()];
        for (i, part) in parts.iter_mut().enumerate() {
            for &input in &part.of {
                if computed[input].is_none() {
                    computed[input] = inputs[input].1.run(rows)?.first().map(Column::rechunk);
                }
            }
            let columns: Vec<&Column> = part.of.iter().filter_map(|&input| computed[input].as_ref()).collect();
            let counts = part.counts.and_then(|counts| counts.in_groups(columns.first()?, &sizes));
            let value = match counts {
                Some(counts) => Column::from(IdxCa::from_vec(PlSmallStr::EMPTY, counts).into_series()),
                None => part.kind.in_groups(&columns, &all, &of_rows, n_groups).map_err(table_error)?,
            };
            part.of.iter().filter(|&&input| last[input] == i).for_each(|&input| computed[input] = None);
            let value = if value.dtype() == &part.dtype { value } else { value.cast(&part.dtype).map_err(table_error)? };
            made.push(value.with_name(part.name.clone()));
        }
        let made = DataFrame::new(n_groups, made).map_err(table_error)?;
        let columns = gather(&keys, &firsts).into_columns().into_iter().chain(self.results.run(&made)?);
        DataFrame::new(n_groups, columns.collect()).map_err(table_error)
    }
}

impl Parts {
    /// The expression over columns of aggregates in place of these.
    fn of(&mut self, node: Node, arena: &mut Arena<AExpr>, schema: &SchemaRef) -> Option<Node> {
        let e = arena.get(node).clone();
        if let AExpr::Function { input, function: IRFunctionExpr::Boolean(IRBooleanFunction::HasNulls), options } = e {
            let left = arena.add(AExpr::Function { input, function: IRFunctionExpr::NullCount, options });
            let right = arena.add(AExpr::Literal(LiteralValue::Scalar(Scalar::from(0 as IdxSize))));
            let any = arena.add(AExpr::BinaryExpr { left, op: Operator::Gt, right });
            return self.of(any, arena, schema);
        }
        let moments = Moments::of(&e);
        let is_aggregate = match &e {
            AExpr::Agg(agg) => {
                let (input, numbers_only) = match agg {
                    IRAggExpr::Sum(x) | IRAggExpr::Mean(x) | IRAggExpr::Var(x, _) | IRAggExpr::Std(x, _) => (*x, true),
                    IRAggExpr::Min { input, .. } | IRAggExpr::Max { input, .. } | IRAggExpr::Count { input, .. } => (*input, false),
                    IRAggExpr::First(x) | IRAggExpr::Last(x) | IRAggExpr::NUnique(x) => (*x, false),
                    _ => return None,
                };
                let of = dtype(input, arena, schema)?;
                let wide = |d: &DataType| matches!(d, DataType::Int128 | DataType::UInt128 | DataType::Float16);
                let numbers = of.is_primitive_numeric() && !wide(&of);
                if matches!(agg, IRAggExpr::NUnique(_)) && of.is_float() {
                    return None;
                }
                if !(numbers || !numbers_only && (of.is_temporal() || of.is_bool() || of == DataType::String)) {
                    return None;
                }
                is_simple(input, arena, schema)
            }
            AExpr::Len => true,
            AExpr::AnonymousFunction { input, .. } if moments.is_some() => input.iter().all(|e| is_simple(e.node(), arena, schema)),
            AExpr::Function {
                input,
                function: IRFunctionExpr::Boolean(IRBooleanFunction::Any { .. } | IRBooleanFunction::All { .. }),
                ..
            } => is_simple(input.first()?.node(), arena, schema),
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
            let children = children.into_iter().map(|c| self.of(c, arena, schema)).collect::<Option<Vec<_>>>()?;
            return Some(arena.add(e.replace_children(&children)));
        }
        let result = dtype(node, arena, schema)?;
        let (kind, inputs) = match (moments, &e) {
            (Some(moments), AExpr::AnonymousFunction { input, .. }) => {
                (Kind::Moments(moments), input.iter().map(ExprIR::node).collect())
            }
            (_, AExpr::Agg(IRAggExpr::NUnique(x))) => (Kind::Distinct, vec![*x]),
            _ => into_reduction(node, arena, schema, true).ok().map(|(reduction, of)| (Kind::Polars(reduction), of))?,
        };
        let of = inputs.into_iter().map(|n| self.input(n, arena, schema)).collect::<Option<_>>()?;
        let name: PlSmallStr = format!("\u{1}part {}", self.all.len()).into();
        self.made.with_column(name.clone(), result.clone());
        self.all.push(Part { name: name.clone(), dtype: result, of, counts: Counts::of(&e), kind });
        Some(arena.add(AExpr::Column(name)))
    }

    /// Which of the inputs an expression is.
    fn input(&mut self, node: Node, arena: &mut Arena<AExpr>, schema: &SchemaRef) -> Option<usize> {
        let expr = node_to_expr(node, arena);
        if let Some(known) = self.inputs.iter().position(|(e, _)| *e == expr) {
            return Some(known);
        }
        let ir = ExprIR::from_node(node, arena);
        self.inputs.push((expr, Evaluator::of(&[ir], arena, schema)?));
        Some(self.inputs.len() - 1)
    }
}

/// The group of every row. Groups are numbered in order of their first rows.
pub(super) fn groups(keys: &DataFrame) -> Vec<IdxSize> {
    in_runs(keys).or_else(|| few::groups(keys)).unwrap_or_else(|| {
        let one = packed(keys);
        let keys = one.as_ref().unwrap_or(keys);
        in_range(keys).unwrap_or_else(|| hashed(keys))
    })
}

/// The same for one column of numbers in a range that is not much longer than there are rows.
fn in_range(keys: &DataFrame) -> Option<Vec<IdxSize>> {
    let [column] = keys.columns() else { return None };
    let wide = exact(column)?;
    let (least, len) = range(&wide, wide.null_count(), &SLOTS)?;
    // Nulls have the last slot.
    let mut slots = vec![IdxSize::MAX; len as usize + 1];
    let mut n = 0;
    let of = wide.iter().map(|value| {
        let slot = &mut slots[value.map_or(len as usize, |v| v.wrapping_sub(least) as usize)];
        if *slot == IdxSize::MAX {
            *slot = n;
            n += 1;
        }
        *slot
    });
    Some(of.collect())
}

/// How many groups there will be is told from so many rows.
const FIRST_ROWS: usize = 1 << 12;

/// The same by a hash table of the keys.
fn hashed(keys: &DataFrame) -> Vec<IdxSize> {
    let mut table = new_hash_grouper(keys.schema().clone());
    let n = keys.height();
    let mut groups: Vec<IdxSize> = Vec::with_capacity(n);
    let all: Vec<IdxSize> = (0..n as IdxSize).collect();
    let hashed = HashKeys::from_df(keys, PlRandomState::default(), true, false);
    let (first, rest) = all.split_at(n.min(FIRST_ROWS));
    // SAFETY: these are rows of the keys.
    unsafe { table.insert_keys_subset(&hashed, first, Some(&mut groups)) };
    if table.num_groups() as usize > first.len() / 2 {
        // A table that grows hashes what it has again and again.
        table.reserve(rest.len() * table.num_groups() as usize / first.len());
    }
    // SAFETY: these are the others.
    unsafe { table.insert_keys_subset(&hashed, rest, Some(&mut groups)) };
    groups
}

/// A column as numbers, all of which fit.
pub(super) fn exact(column: &Column) -> Option<Int64Chunked> {
    numbers(column).filter(|c| c.null_count() == column.null_count())
}

/// Groups of one run of equal keys are looked through one after the other, if they are no more than this.
pub(super) const MOST_IN_RUN: usize = 16;

/// The same where a column of numbers rises and has no nulls, so that its equal keys are next to each other, and the others are numbers: every
/// row is compared with the groups of its run.
fn in_runs(keys: &DataFrame) -> Option<Vec<IdxSize>> {
    let wide = keys.columns().iter().map(exact).collect::<Option<Vec<_>>>()?;
    let at = wide.iter().position(rises)?;
    if let [only] = wide.as_slice() {
        let mut last = None;
        let mut n: IdxSize = 0;
        let group = |value: i64| {
            n += IdxSize::from(last.replace(value) != Some(value));
            n - 1
        };
        return Some(each_value(only).map(group).collect());
    }
    let others: Vec<Int64Chunked> =
        wide.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, c)| c.rechunk().into_owned()).collect();
    let others: Vec<_> = others.iter().map(Int64Chunked::downcast_as_array).collect();
    let is_valid = |array: &PrimitiveArray<i64>, row: usize| array.validity().is_none_or(|valid| valid.get_bit(row));
    let alike = |array: &PrimitiveArray<i64>, a: usize, b: usize| match (is_valid(array, a), is_valid(array, b)) {
        (true, true) => array.values()[a] == array.values()[b],
        (a, b) => a == b,
    };
    let mut groups: Vec<IdxSize> = Vec::with_capacity(keys.height());
    // First rows of the run's groups, the first of which is `first`.
    let (mut run, mut first, mut last): (Vec<usize>, IdxSize, Option<i64>) = (Vec::new(), 0, None);
    for (row, value) in each_value(&wide[at]).enumerate() {
        if last != Some(value) {
            first += run.len() as IdxSize;
            run.clear();
            last = Some(value);
        }
        let same = |&of: &usize| others.iter().all(|c| alike(c, of, row));
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
    use super::{Grouping, groups, hashed, in_range, in_runs, packed};
    use crate::kernel::table::moments::{merged, moments};
    use polars::prelude::{DataFrame, DataType, IntoLazy, col, df};

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
    fn moments_are_those_of_the_engine() {
        let rows =
            df!("k" => [1i64, 1, 2, 1], "x" => [Some(1.0), Some(2.0), None, Some(4.0)], "y" => [0.5, 1.5, 1.0, 0.0]).unwrap();
        let both = col("x").is_not_null().and(col("y").is_not_null());
        for e in [both.clone().any(true), both.all(false)] {
            assert!(Grouping::new(&[col("k")], std::slice::from_ref(&e), rows.schema()).is_some(), "{e}");
        }
        let wide = |name: &str| col(name).cast(DataType::Float64);
        for of in [vec![col("x")], vec![col("x"), col("y")], vec![wide("k"), wide("y")]] {
            let state = moments(of).alias("state");
            for keys in [vec![col("k")], vec![]] {
                for rows in [rows.clone(), rows.clear()] {
                    let made = Grouping::new(&keys, std::slice::from_ref(&state), rows.schema()).unwrap().run(&rows).unwrap();
                    let lazy = rows.clone().lazy();
                    let engine = if keys.is_empty() {
                        lazy.select([state.clone()])
                    } else {
                        lazy.group_by_stable(&keys).agg([state.clone()])
                    };
                    assert_eq!(made, engine.collect().unwrap());
                    let twice = made.vstack(&made).unwrap();
                    let merge = [merged(col("state")).alias("state")];
                    let all = Grouping::new(&keys, &merge, twice.schema()).unwrap().run(&twice).unwrap();
                    assert_eq!((all.height(), all.schema()), (made.height(), made.schema()));
                }
            }
        }
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
                in_range(&one).iter().for_each(|groups| assert_eq!(groups, &all, "{n} {wide}"));
            }
            let b = keys.select(["b"]).unwrap();
            assert_eq!(in_range(&b).unwrap(), hashed(&b), "{n} {wide}");
        }
        assert!(packed(&df!("a" => [0, i64::MAX], "b" => [0i64, 1]).unwrap()).is_none());
        let one_run = df!("a" => [1i64; 40], "b" => (0..40i64).collect::<Vec<_>>()).unwrap();
        assert!(in_runs(&one_run).is_none());
        assert_eq!(groups(&one_run), (0..40).collect::<Vec<u32>>());
    }
}
