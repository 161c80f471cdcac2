//! Takes aggregations apart: what each partition contributes, how contributions are merged, what comes of them in the end.
//!
//! `mean(x) / sum(y)` becomes sums and a count per partition, their sums over partitions, and a division. Only what is certain to
//! give the result of the whole is taken apart; for everything else the caller runs the query in one task.
//! Variances and correlations are made of [moments](crate::kernel::table::moments), which do not lose digits as sums of squares do.

use crate::kernel::table::moments::{N, PRODUCTS, SQUARES, merged, moments, number};
use crate::op::table::{TableStep, apply};
use polars::polars_utils::idx_vec::UnitVec;
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, NULL, PlSmallStr, Schema, SchemaRef, col, len, lit, when};
use polars_core::utils::try_get_supertype;
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{
    AExpr, IRAggExpr, IRBooleanFunction, IRCorrelationMethod, IRFunctionExpr, is_elementwise, is_elementwise_rec,
};
use polars_plan::prelude::{Arena, Node, node_to_expr};

/// An aggregation in three stages.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    pub map: TableStep,
    pub combine: TableStep,
    pub finish: Vec<TableStep>,
    /// Columns between the stages, and within the last.
    pub schemas: Vec<SchemaRef>,
}

struct Stages<'a> {
    arena: &'a mut Arena<AExpr>,
    input: &'a Schema,
    keyed: bool,
    partial: Vec<Expr>,
    merge: Vec<Expr>,
    values: Vec<Expr>,
}

/// Whether an expression reads a column.
pub(super) fn reads_column(node: Node, arena: &Arena<AExpr>) -> bool {
    reads(node, arena, |_| true)
}

/// Whether an expression reads a column with such a name.
pub(super) fn reads(node: Node, arena: &Arena<AExpr>, such: impl Fn(&str) -> bool) -> bool {
    let mut stack = vec![node];
    while let Some(n) = stack.pop() {
        let e = arena.get(n);
        if matches!(e, AExpr::Column(c) if such(c)) {
            return true;
        }
        e.children_rev(&mut stack);
    }
    false
}

/// What an expression is made of, in order; None if it does not go row by row over that.
pub(super) fn row_wise_parts(e: &AExpr, arena: &Arena<AExpr>) -> Option<Vec<Node>> {
    if !is_elementwise(&mut UnitVec::new(), e, arena) {
        return None;
    }
    let mut parts: Vec<Node> = Vec::new();
    e.children_rev(&mut parts);
    parts.reverse();
    Some(parts)
}

/// The stages of aggregations of a table with the columns `input`, in groups of equal `keys` (none: the whole table is one
/// group). None when they cannot be taken apart. `output` is what they must give.
pub(super) fn stages(
    keys: &[ExprIR],
    aggs: &[ExprIR],
    input: &Schema,
    output: &Schema,
    arena: &mut Arena<AExpr>,
) -> Option<Staged> {
    if !keys.iter().all(|k| is_elementwise_rec(k.node(), arena) && reads_column(k.node(), arena)) {
        return None;
    }
    let key_exprs: Vec<Expr> = keys.iter().map(|k| k.to_expr(arena)).collect();
    let key_columns: Vec<Expr> = keys.iter().map(|k| col(k.output_name().clone())).collect();
    let mut s = Stages { arena, input, keyed: !keys.is_empty(), partial: vec![], merge: vec![], values: vec![] };
    let mut outs = key_columns.clone();
    for agg in aggs {
        let node = s.rewrite(agg.node())?;
        outs.push(node_to_expr(node, s.arena).alias(agg.output_name().clone()));
    }
    if s.partial.is_empty() {
        return None;
    }
    let group = |keys: Vec<Expr>, aggs: Vec<Expr>| match keys.is_empty() {
        true => TableStep::Select(aggs),
        false => TableStep::GroupBy { keys, aggs },
    };
    let map = group(key_exprs.clone(), s.partial);
    let combine = group(key_columns, s.merge);
    let finish = vec![TableStep::WithColumns(s.values), TableStep::Select(outs)];
    // The stages on no rows at all tell their columns, and that these are the ones promised.
    let state = apply(&DataFrame::empty_with_schema(input), std::slice::from_ref(&map)).ok()?;
    let states = state.vstack(&state).ok()?;
    let merged = apply(&states, std::slice::from_ref(&combine)).ok()?;
    let valued = apply(&merged, &finish[..1]).ok()?;
    let finished = apply(&valued, &finish[1..]).ok()?;
    // Without keys two states must become one row, and stay one.
    let rows = [state.height(), merged.height(), finished.height()];
    if rows != [usize::from(keys.is_empty()); 3] {
        return None;
    }
    // Polars' plan says another type than its result has where it casts one of two columns to the other's type.
    let promised = || {
        let named = aggs.iter().map(|a| a.to_expr(arena)).collect();
        apply(&DataFrame::empty_with_schema(input), &[group(key_exprs, named)]).is_ok_and(|made| made.schema() == finished.schema())
    };
    let same = merged.schema() == state.schema() && (finished.schema().iter().eq(output.iter()) || promised());
    same.then(|| Staged { map, combine, finish, schemas: vec![state.schema().clone(), valued.schema().clone()] })
}

impl Stages<'_> {
    /// The expression over finished values in place of aggregations; None where it cannot be had.
    fn rewrite(&mut self, node: Node) -> Option<Node> {
        let e = self.arena.get(node).clone();
        match &e {
            AExpr::Agg(agg) => {
                let value = self.aggregate(agg)?;
                Some(self.value(value))
            }
            AExpr::Len => {
                let n = self.state(len().cast(DataType::UInt64), |p| p.sum());
                Some(self.value(n.strict_cast(DataType::UInt32)))
            }
            // SQL's sum asks for it, since there a sum of nothing is null.
            AExpr::Function { input, function: IRFunctionExpr::NullCount, .. } => {
                let (x, _) = self.operand(input.first()?.node())?;
                let n = self.state(x.null_count().cast(DataType::UInt64), |p| p.sum());
                Some(self.value(n.strict_cast(DataType::UInt32)))
            }
            AExpr::Function { input, function: IRFunctionExpr::Boolean(IRBooleanFunction::Any { ignore_nulls }), .. } => {
                let (x, _) = self.operand(input.first()?.node())?;
                let any = self.state(x.any(*ignore_nulls), |p| p.any(*ignore_nulls));
                Some(self.value(any))
            }
            AExpr::Function { input, function: IRFunctionExpr::Boolean(IRBooleanFunction::All { ignore_nulls }), .. } => {
                let (x, _) = self.operand(input.first()?.node())?;
                let all = self.state(x.all(*ignore_nulls), |p| p.all(*ignore_nulls));
                Some(self.value(all))
            }
            AExpr::Function { input, function: IRFunctionExpr::Correlation { method: IRCorrelationMethod::Pearson }, .. } => {
                let [x, y] = input.as_slice() else { return None };
                let value = self.correlation(x.node(), y.node())?;
                Some(self.value(value))
            }
            AExpr::Literal(_) => reads_nothing_long(&e).then_some(node),
            AExpr::Column(_) => None,
            _ => {
                let parts = row_wise_parts(&e, self.arena)?;
                let children = parts.into_iter().map(|c| self.rewrite(c)).collect::<Option<Vec<_>>>()?;
                Some(self.arena.add(e.replace_children(&children)))
            }
        }
    }

    /// A column of the state: made by `partial` of a partition, by `merge` of several states, which follows from what `partial` is.
    fn state(&mut self, partial: Expr, merge: impl Fn(Expr) -> Expr) -> Expr {
        let is_same = |e: &Expr| matches!(e, Expr::Alias(e, _) if **e == partial);
        if let Some(known) = self.partial.iter().position(is_same) {
            return col(format!("state {known}"));
        }
        let name: PlSmallStr = format!("state {}", self.partial.len()).into();
        self.partial.push(partial.alias(name.clone()));
        self.merge.push(merge(col(name.clone())).alias(name.clone()));
        col(name)
    }

    /// A column of finished values.
    fn value(&mut self, value: Expr) -> Node {
        let name: PlSmallStr = format!("value {}", self.values.len()).into();
        self.values.push(value.alias(name.clone()));
        self.arena.add(AExpr::Column(name))
    }

    /// What is aggregated, and its type; None where it is not row-wise, but for a filter.
    fn operand(&self, node: Node) -> Option<(Expr, DataType)> {
        let row_wise = |n| is_elementwise_rec(n, self.arena) && reads_column(n, self.arena);
        let apart = match self.arena.get(node) {
            AExpr::Filter { input, by } => row_wise(*input) && row_wise(*by),
            _ => row_wise(node),
        };
        if !apart {
            return None;
        }
        let e = node_to_expr(node, self.arena);
        let empty = DataFrame::empty_with_schema(self.input);
        let schema = empty.lazy().select([e.clone().alias("operand")]).collect_schema().ok()?;
        Some((e, schema.get("operand")?.clone()))
    }

    fn aggregate(&mut self, agg: &IRAggExpr) -> Option<Expr> {
        match agg {
            IRAggExpr::Sum(x) => self.sum(*x),
            IRAggExpr::Mean(x) => self.mean(*x),
            IRAggExpr::Min { input, propagate_nans: false } => {
                let (x, _) = self.operand(*input).filter(|(_, d)| !d.is_nested())?;
                Some(self.state(x.min(), |p| p.min()))
            }
            IRAggExpr::Max { input, propagate_nans: false } => {
                let (x, _) = self.operand(*input).filter(|(_, d)| !d.is_nested())?;
                Some(self.state(x.max(), |p| p.max()))
            }
            IRAggExpr::Count { input, include_nulls } => {
                let (x, _) = self.operand(*input)?;
                let n = if *include_nulls { x.len() } else { x.count() };
                let n = self.state(n.cast(DataType::UInt64), |p| p.sum());
                Some(n.strict_cast(DataType::UInt32))
            }
            // Only in groups: there every state comes of a row, while the state of an empty partition has no first row.
            IRAggExpr::First(x) if self.keyed && !self.is_filtered(*x) => {
                let (x, _) = self.operand(*x)?;
                Some(self.state(x.first(), |p| p.first()))
            }
            IRAggExpr::Last(x) if self.keyed && !self.is_filtered(*x) => {
                let (x, _) = self.operand(*x)?;
                Some(self.state(x.last(), |p| p.last()))
            }
            IRAggExpr::Var(x, ddof) => self.variance(*x, *ddof, |v| v),
            IRAggExpr::Std(x, ddof) => self.variance(*x, *ddof, |v| v.sqrt()),
            _ => None,
        }
    }

    /// Whether of a group with rows none may be left.
    fn is_filtered(&self, node: Node) -> bool {
        matches!(self.arena.get(node), AExpr::Filter { .. })
    }

    fn sum(&mut self, x: Node) -> Option<Expr> {
        let (x, dtype) = self.operand(x)?;
        match dtype {
            // Single precision would lose digits with every merge.
            DataType::Float32 => {
                let s = self.state(x.cast(DataType::Float64).sum(), |p| p.sum());
                Some(s.cast(DataType::Float32))
            }
            d if d.is_primitive_numeric() || d.is_bool() || d.is_decimal() || matches!(d, DataType::Duration(_)) => {
                Some(self.state(x.sum(), |p| p.sum()))
            }
            _ => None,
        }
    }

    fn mean(&mut self, x: Node) -> Option<Expr> {
        let (x, dtype) = self.operand(x)?;
        if !dtype.is_primitive_numeric() && !dtype.is_bool() {
            return None;
        }
        let wide = if dtype == DataType::Float64 { x.clone() } else { x.clone().cast(DataType::Float64) };
        let s = self.state(wide.sum(), |p| p.sum());
        let n = self.state(x.count().cast(DataType::UInt64), |p| p.sum());
        let mean = when(n.clone().gt(lit(0u64))).then(s / n.cast(DataType::Float64)).otherwise(lit(NULL));
        Some(if dtype == DataType::Float32 { mean.cast(DataType::Float32) } else { mean })
    }

    fn variance(&mut self, x: Node, ddof: u8, of: impl Fn(Expr) -> Expr) -> Option<Expr> {
        let (x, dtype) = self.operand(x)?;
        if !dtype.is_primitive_numeric() {
            return None;
        }
        let state = self.state(moments(vec![x.cast(DataType::Float64)]), merged);
        let (n, squares) = (number(&state, N), number(&state, SQUARES[0]));
        let ddof = lit(f64::from(ddof));
        let var = when(n.clone().gt(ddof.clone())).then(of(squares / (n - ddof))).otherwise(lit(NULL));
        Some(if dtype == DataType::Float32 { var.cast(DataType::Float32) } else { var })
    }

    fn correlation(&mut self, x: Node, y: Node) -> Option<Expr> {
        if self.is_filtered(x) || self.is_filtered(y) {
            return None;
        }
        let ((x, x_type), (y, y_type)) = (self.operand(x)?, self.operand(y)?);
        if !x_type.is_primitive_numeric() || !y_type.is_primitive_numeric() {
            return None;
        }
        let state = self.state(moments([x, y].map(|e| e.cast(DataType::Float64)).into()), merged);
        let squares = number(&state, SQUARES[0]) * number(&state, SQUARES[1]);
        let corr = when(squares.clone().gt(lit(0.0))).then(number(&state, PRODUCTS) / squares.sqrt()).otherwise(lit(f64::NAN));
        let is_single = try_get_supertype(&x_type, &y_type).is_ok_and(|d| d == DataType::Float32);
        Some(if is_single { corr.cast(DataType::Float32) } else { corr })
    }
}

/// Whether a literal is one value.
fn reads_nothing_long(e: &AExpr) -> bool {
    matches!(e, AExpr::Literal(v) if v.is_scalar())
}
