//! Expressions of simple kinds, row by row, computed by the thread that asks.
//!
//! Polars computes queries in its own pool of threads, which another thread hands them to and [waits for](crate::chunk::dataframe::apart).
//! What takes less time than that is computed in place: the kinds below use no threads.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::kernel::table::like::by_pieces;
use polars::prelude::{BooleanChunked, Column, DataFrame, DataType, Expr, Schema, SchemaRef};
use polars_expr::planner::{ExpressionConversionState, create_physical_expr};
use polars_expr::prelude::{ExecutionState, PhysicalExpr};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{
    AExpr, ExprToIRContext, IRAggExpr, IRBooleanFunction, IRFunctionExpr, IRStringFunction, IRTemporalFunction, LiteralValue,
    ToFieldContext, to_expr_ir,
};
use polars_plan::prelude::{Arena, Node};
use polars_plan::utils::aexpr_to_leaf_names_iter;
use std::sync::Arc;

/// Expressions that are ready to be computed.
pub struct Evaluator(Vec<Arc<dyn PhysicalExpr>>);

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evaluator({} expressions)", self.0.len())
    }
}

impl Evaluator {
    /// Expressions on rows with these columns; None where one is not of a simple kind, or reads no column.
    pub fn new(exprs: &[Expr], schema: &SchemaRef) -> Option<Evaluator> {
        let mut arena: Arena<AExpr> = Arena::new();
        let irs = exprs.iter().map(|e| to_expr_ir(e.clone(), &mut ExprToIRContext::new(&mut arena, schema)).ok());
        let irs: Vec<ExprIR> = irs.collect::<Option<_>>()?;
        Evaluator::of(&irs, &mut arena, schema)
    }

    /// The same of expressions in an arena.
    pub(super) fn of(irs: &[ExprIR], arena: &mut Arena<AExpr>, schema: &SchemaRef) -> Option<Evaluator> {
        let reads = |e: &ExprIR, arena: &Arena<AExpr>| aexpr_to_leaf_names_iter(e.node(), arena).next().is_some();
        let physical = irs.iter().map(|e| {
            if !is_simple(e.node(), arena, schema) || !reads(e, arena) {
                return None;
            }
            let e = ExprIR::new(by_pieces(e.node(), arena), e.output_name_inner().clone());
            create_physical_expr(&e, arena, schema, &mut ExpressionConversionState::new(false)).ok()
        });
        Some(Evaluator(physical.collect::<Option<_>>()?))
    }

    /// The value of every expression for every row.
    ///
    /// # Errors
    /// The expressions' own.
    pub fn run(&self, rows: &DataFrame) -> Result<Vec<Column>> {
        let state = ExecutionState::new();
        self.0.iter().map(|e| e.evaluate(rows, &state).map_err(table_error)).collect()
    }

    /// For which rows the only expression, a condition, is true.
    ///
    /// # Errors
    /// The expression's own.
    pub fn mask(&self, rows: &DataFrame) -> Result<BooleanChunked> {
        let found = self.run(rows)?;
        let one = found.first().ok_or_else(|| Error::bug("no condition"))?;
        Ok(one.bool().map_err(table_error)?.clone())
    }
}

/// The type of an expression.
pub(super) fn dtype(node: Node, arena: &Arena<AExpr>, schema: &Schema) -> Option<DataType> {
    arena.get(node).to_dtype(&ToFieldContext::new(arena, schema)).ok()
}

/// Whether an expression is of a kind that looks at one row at a time, needs no threads, and does not fail for some values. What is joined
/// by an operator has to be of one type: Polars' optimiser would have to cast it else.
pub fn is_simple(node: Node, arena: &Arena<AExpr>, schema: &Schema) -> bool {
    let plain = |d: &DataType| !d.is_nested() && !d.is_categorical() && !d.is_enum() && !d.is_decimal();
    let simple = |n: Node| is_simple(n, arena, schema);
    let same = |a: Node, b: Node| dtype(a, arena, schema).is_some_and(|d| plain(&d) && Some(d) == dtype(b, arena, schema));
    match arena.get(node) {
        AExpr::Column(_) => true,
        AExpr::Literal(v) => v.is_scalar() && !matches!(v, LiteralValue::Dyn(_)),
        AExpr::BinaryExpr { left, right, .. } => simple(*left) && simple(*right) && same(*left, *right),
        AExpr::Ternary { predicate, truthy, falsy } => {
            simple(*predicate) && simple(*truthy) && simple(*falsy) && same(*truthy, *falsy)
        }
        AExpr::Cast { expr, dtype: to, options } => {
            let of = dtype(*expr, arena, schema);
            let widens = match to {
                DataType::Float64 => of.is_some_and(|d| d.is_primitive_numeric()),
                DataType::UInt64 => of.is_some_and(|d| d.is_unsigned_integer()),
                _ => false,
            };
            simple(*expr) && plain(to) && (widens || !options.is_strict())
        }
        AExpr::Function { input, function, .. } => {
            use {IRBooleanFunction as B, IRFunctionExpr as F, IRStringFunction as S, IRTemporalFunction as T};
            let known = match function {
                F::Boolean(b) => {
                    matches!(b, B::IsNull | B::IsNotNull | B::IsFinite | B::IsNan | B::IsNotNan | B::Not)
                        || matches!(b, B::IsBetween { .. })
                }
                F::StringExpr(s) => matches!(s, S::Contains { .. } | S::StartsWith | S::EndsWith | S::LenBytes),
                F::TemporalExpr(t) => matches!(t, T::Year | T::Month | T::Day | T::Quarter | T::Hour),
                F::Negate | F::Abs | F::Fused(_) => true,
                _ => false,
            };
            // Lists of literals come in several forms.
            let list = |n: Node| match arena.get(n) {
                AExpr::Agg(IRAggExpr::Implode { input, .. }) => matches!(arena.get(*input), AExpr::Literal(_)),
                e => matches!(e, AExpr::Literal(_)),
            };
            match (function, input.as_slice()) {
                (F::Boolean(B::IsIn { .. }), [of, values]) => simple(of.node()) && (list(values.node()) || simple(values.node())),
                _ => known && input.iter().all(|e| simple(e.node())),
            }
        }
        _ => false,
    }
}
