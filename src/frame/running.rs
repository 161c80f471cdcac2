//! Expressions that look at rows before or after: at a fixed number of them (`shift`, `diff`, rolling windows), or at all (`cum_sum`,
//! forward fill). What a partition needs of the others is a few rows beside it, or one value of all that come before.

use crate::base::Result;
use crate::frame::broadcast::filled;
use crate::frame::decompose::row_wise_parts;
use crate::op::table::apply;
use crate::op::table::step::TableStep;
use polars::polars_utils::idx_vec::UnitVec;
use polars::prelude::{DataFrame, Expr, FillNullStrategy, IntoLazy, PlSmallStr, Schema, SchemaRef, col, lit, when};
use polars::series::ops::NullBehavior;
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, IRFunctionExpr, is_elementwise, is_elementwise_rec};
use polars_plan::prelude::{Arena, Node, node_to_expr};

/// Rows that expressions look at before and after their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Around {
    pub before: u64,
    pub after: u64,
}

/// Expressions that go on from a value of the partitions before (or after).
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// The expressions, with columns in place of carried values.
    pub exprs: Vec<Expr>,
    /// What each partition contributes to the carried values.
    states: Vec<Expr>,
    /// Carried values of all partitions, from the states of all.
    carries: Vec<Expr>,
    /// Columns of the states.
    pub schema: SchemaRef,
}

/// Rows that the expressions look at around their own; None where that is not a fixed number.
pub(super) fn around(irs: &[ExprIR], arena: &Arena<AExpr>) -> Option<Around> {
    irs.iter().try_fold(Around { before: 0, after: 0 }, |most, e| Some(most.max(rows_around(e.node(), arena)?)))
}

impl Around {
    fn max(self, other: Around) -> Around {
        Around { before: self.before.max(other.before), after: self.after.max(other.after) }
    }
}

fn rows_around(node: Node, arena: &Arena<AExpr>) -> Option<Around> {
    let e = arena.get(node);
    let moved = |n: i64| match n {
        0.. => Around { before: n.unsigned_abs(), after: 0 },
        _ => Around { before: 0, after: n.unsigned_abs() },
    };
    let (own, looked_at) = match e {
        AExpr::Column(_) => return Some(Around { before: 0, after: 0 }),
        AExpr::Literal(v) => return v.is_scalar().then_some(Around { before: 0, after: 0 }),
        AExpr::Function { input, function, .. } if !is_elementwise_rec(node, arena) => {
            let count = |i: usize| match arena.get(input.get(i)?.node()) {
                AExpr::Literal(v) => v.extract_i64().ok(),
                _ => None,
            };
            let own = match function {
                IRFunctionExpr::Shift | IRFunctionExpr::ShiftAndFill => moved(count(1)?),
                IRFunctionExpr::Diff(NullBehavior::Ignore) => moved(count(1)?),
                IRFunctionExpr::RollingExpr { options, .. } => {
                    let rows = options.window_size as u64;
                    Around { before: rows, after: if options.center { rows } else { 0 } }
                }
                IRFunctionExpr::FillNullWithStrategy(FillNullStrategy::Forward(Some(n))) => moved(i64::from(*n)),
                IRFunctionExpr::FillNullWithStrategy(FillNullStrategy::Backward(Some(n))) => moved(-i64::from(*n)),
                _ if is_elementwise(&mut UnitVec::new(), e, arena) => moved(0),
                _ => return None,
            };
            (own, input.iter().map(ExprIR::node).collect())
        }
        _ => (moved(0), row_wise_parts(e, arena)?),
    };
    let most = looked_at.into_iter().try_fold(moved(0), |most, n| Some(most.max(rows_around(n, arena)?)))?;
    Some(Around { before: most.before + own.before, after: most.after + own.after })
}

/// The expressions of a table with the columns `input`, taken apart; None where that is not all there is to them.
pub(super) fn carried(irs: &[ExprIR], input: &Schema, arena: &mut Arena<AExpr>) -> Option<Carried> {
    let mut c = Carrying { states: vec![], carries: vec![], input };
    let exprs = irs.iter().map(|e| Some(c.expr(e.node(), arena)?.alias(e.output_name().clone()))).collect::<Option<Vec<_>>>()?;
    let empty = DataFrame::empty_with_schema(input);
    let schema = empty.lazy().select(c.states.clone()).collect_schema().ok()?;
    (!c.states.is_empty()).then_some(Carried { exprs, states: c.states, carries: c.carries, schema })
}

struct Carrying<'a> {
    states: Vec<Expr>,
    carries: Vec<Expr>,
    input: &'a Schema,
}

impl Carrying<'_> {
    /// A column for a value that is carried: made of the `state`s of all partitions by `carry`.
    fn value(&mut self, state: Expr, carry: impl FnOnce(Expr) -> Expr) -> Expr {
        let name: PlSmallStr = format!("\u{1}carried {}", self.states.len()).into();
        self.states.push(state.alias(name.clone()));
        self.carries.push(carry(col(name.clone())).alias(name.clone()));
        col(name)
    }

    /// The expression over a partition and carried values.
    fn expr(&mut self, node: Node, arena: &mut Arena<AExpr>) -> Option<Expr> {
        if is_elementwise_rec(node, arena) {
            return Some(node_to_expr(node, arena));
        }
        let e = arena.get(node).clone();
        if let AExpr::Function { input, function, .. } = &e
            && let Some(operand) = input.first().map(ExprIR::node).filter(|&n| is_elementwise_rec(n, arena))
            && let Some(carried) = self.function(function, node_to_expr(operand, arena), node_to_expr(node, arena))
        {
            return Some(carried);
        }
        let children = row_wise_parts(&e, arena)?;
        // Carried parts under names, which the expression is told of afterwards.
        let mut parts = Vec::new();
        let mut named = Vec::new();
        for child in children {
            let part = self.expr(child, arena)?;
            let name: PlSmallStr = format!("\u{1}part {}", parts.len()).into();
            named.push(arena.add(AExpr::Column(name.clone())));
            parts.push((name, part));
        }
        let whole = arena.add(e.replace_children(&named));
        let put = |e: Expr| match &e {
            Expr::Column(n) => parts.iter().find(|(name, _)| name == n).map_or(e.clone(), |(_, part)| part.clone()),
            _ => e,
        };
        Some(node_to_expr(whole, arena).map_expr(put))
    }

    /// A running function of `x`, which is `own` within a partition.
    fn function(&mut self, function: &IRFunctionExpr, x: Expr, own: Expr) -> Option<Expr> {
        let whole = own.to_field(self.input).ok()?.dtype;
        // What comes before a partition is what the partition before has come to.
        let before = |e: Expr, reverse: bool| e.shift(lit(if reverse { -1 } else { 1 }));
        let carried = match function {
            IRFunctionExpr::CumSum { reverse } => {
                let c = self.value(x.sum(), |s| before(s.cum_sum(*reverse), *reverse));
                own + c.fill_null(lit(0))
            }
            IRFunctionExpr::CumProd { reverse } => {
                let c = self.value(x.product(), |s| before(s.cum_prod(*reverse), *reverse));
                own * c.fill_null(lit(1))
            }
            IRFunctionExpr::CumCount { reverse } => {
                let c = self.value(x.count(), |s| before(s.cum_sum(*reverse), *reverse));
                own + c.fill_null(lit(0)).cast(polars::prelude::IDX_DTYPE)
            }
            IRFunctionExpr::CumMin { reverse } | IRFunctionExpr::CumMax { reverse } => {
                let least = matches!(function, IRFunctionExpr::CumMin { .. });
                let dtype = x.to_field(self.input).ok()?.dtype;
                // Where NaN comes is not the same in both.
                if !(dtype.is_integer() || dtype.is_temporal()) {
                    return None;
                }
                let filled = |s: Expr, reverse: bool| {
                    let run = if least { s.cum_min(reverse) } else { s.cum_max(reverse) };
                    before(filled_on(run, reverse), reverse)
                };
                let c = self.value(if least { x.min() } else { x.max() }, |s| filled(s, *reverse));
                let beyond = if least { c.clone().lt(own.clone()) } else { c.clone().gt(own.clone()) };
                when(own.clone().is_not_null().and(beyond)).then(c).otherwise(own)
            }
            IRFunctionExpr::FillNullWithStrategy(FillNullStrategy::Forward(None)) => {
                let c = self.value(x.drop_nulls().last(), |s| before(filled_on(s, false), false));
                own.fill_null(c)
            }
            IRFunctionExpr::FillNullWithStrategy(FillNullStrategy::Backward(None)) => {
                let c = self.value(x.drop_nulls().first(), |s| before(filled_on(s, true), true));
                own.fill_null(c)
            }
            _ => return None,
        };
        Some(carried.cast(whole))
    }
}

/// The last value before a null (or, in reverse, the next after it) in its place.
fn filled_on(e: Expr, reverse: bool) -> Expr {
    e.fill_null_with_strategy(if reverse { FillNullStrategy::Backward(None) } else { FillNullStrategy::Forward(None) })
}

impl Carried {
    /// What every partition contributes.
    pub fn states(&self) -> TableStep {
        TableStep::Select(self.states.clone())
    }

    /// The expressions of every partition, from the states of all, in order.
    ///
    /// # Errors
    /// Polars' own.
    pub fn of_partitions(&self, states: &DataFrame) -> Result<Vec<Vec<Expr>>> {
        let carries = apply(states, &[TableStep::Select(self.carries.clone())])?;
        (0..carries.height() as i64).map(|i| filled(&self.exprs, &self.schema, &carries.slice(i, 1))).collect()
    }
}
