//! Aggregates of whole columns among expressions that are row by row otherwise (`x - x.mean()`): they are computed first, partition by
//! partition, and are values for the rest.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::frame::decompose::{Staged, reads, row_wise_parts, stages};
use polars::prelude::{DataFrame, Expr, IntoLazy, PlSmallStr, Scalar, Schema, SchemaRef, lit};
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, IRBooleanFunction, IRFunctionExpr};
use polars_plan::prelude::{Arena, Node, node_to_expr};

/// What aggregates are called in place of their values.
const VALUE: &str = "\u{1}value ";

/// Expressions whose aggregates are columns, and the aggregates.
#[derive(Debug)]
pub(super) struct Broadcast {
    /// Row by row.
    pub exprs: Vec<Expr>,
    pub staged: Staged,
    /// Columns of the aggregates.
    pub schema: SchemaRef,
}

/// The expressions of a table with the columns `input` taken apart; None where that is not all there is to them.
pub(super) fn broadcast(irs: &[ExprIR], input: &Schema, arena: &mut Arena<AExpr>) -> Option<Broadcast> {
    let mut aggregates = Vec::new();
    let nodes = irs.iter().map(|e| collapse(e.node(), arena, &mut aggregates)).collect::<Option<Vec<_>>>()?;
    // Aggregates alone make one row.
    if aggregates.is_empty() || !nodes.iter().any(|&n| reads(n, arena, |c| !c.starts_with(VALUE))) {
        return None;
    }
    let named = |(i, &n): (usize, &Node)| ExprIR::new(n, OutputName::Alias(name(i)));
    let aggregates: Vec<ExprIR> = aggregates.iter().enumerate().map(named).collect();
    let exprs: Vec<Expr> = aggregates.iter().map(|e| e.to_expr(arena)).collect();
    let schema = DataFrame::empty_with_schema(input).lazy().select(exprs).collect_schema().ok()?;
    let staged = stages(&[], &aggregates, input, &schema, arena)?;
    let exprs = irs.iter().zip(nodes).map(|(e, n)| node_to_expr(n, arena).alias(e.output_name().clone())).collect();
    Some(Broadcast { exprs, staged, schema })
}

fn name(i: usize) -> PlSmallStr {
    format!("{VALUE}{i}").into()
}

/// The expression with a column in place of every aggregate.
fn collapse(node: Node, arena: &mut Arena<AExpr>, aggregates: &mut Vec<Node>) -> Option<Node> {
    let e = arena.get(node).clone();
    match &e {
        AExpr::Agg(_)
        | AExpr::Len
        | AExpr::Function {
            function:
                IRFunctionExpr::NullCount | IRFunctionExpr::Boolean(IRBooleanFunction::Any { .. } | IRBooleanFunction::All { .. }),
            ..
        } => {
            let column = AExpr::Column(name(aggregates.len()));
            aggregates.push(node);
            Some(arena.add(column))
        }
        AExpr::Column(_) => Some(node),
        AExpr::Literal(v) => v.is_scalar().then_some(node),
        _ => {
            let parts = row_wise_parts(&e, arena)?;
            let children = parts.into_iter().map(|c| collapse(c, arena, aggregates)).collect::<Option<Vec<_>>>()?;
            Some(arena.add(e.replace_children(&children)))
        }
    }
}

/// The expressions with the aggregates' values in them; nulls where nothing is read.
///
/// # Errors
/// A bug: values that are not there.
pub(super) fn filled(exprs: &[Expr], schema: &Schema, values: &DataFrame) -> Result<Vec<Expr>> {
    let scalars = schema.iter().map(|(n, dtype)| {
        let column = values.column(n).map_err(table_error)?;
        let value = if column.is_empty() {
            Scalar::null(dtype.clone())
        } else {
            column.get(0).map(|v| Scalar::new(dtype.clone(), v.into_static())).map_err(table_error)?
        };
        Ok((n.clone(), value))
    });
    let scalars = scalars.collect::<Result<Vec<_>>>()?;
    let fill = |e: Expr| match &e {
        Expr::Column(n) => scalars.iter().find(|(name, _)| name == n).map_or(e.clone(), |(_, v)| lit(v.clone())),
        _ => e,
    };
    Ok(exprs.iter().map(|e| e.clone().map_expr(fill)).collect())
}
