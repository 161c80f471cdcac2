//! Window expressions (`over`): what they are grouped by, so that rows of a group can be brought together.

use crate::frame::decompose::row_wise_parts;
use polars::prelude::{Expr, WindowMapping};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, is_elementwise_rec};
use polars_plan::prelude::{Arena, Node, node_to_expr};

/// Keys that all windows of the expressions share: rows that are equal in them have to be together, and no others. None where
/// expressions are not row by row but for windows, or share no key.
pub(super) fn window_keys(irs: &[ExprIR], arena: &Arena<AExpr>) -> Option<Vec<Expr>> {
    let mut windows = Vec::new();
    for e in irs {
        find(e.node(), arena, &mut windows)?;
    }
    let shared = windows.into_iter().reduce(|a, b| a.into_iter().filter(|k| b.contains(k)).collect())?;
    (!shared.is_empty()).then_some(shared)
}

fn find(node: Node, arena: &Arena<AExpr>, windows: &mut Vec<Vec<Expr>>) -> Option<()> {
    let e = arena.get(node);
    match e {
        AExpr::Over { partition_by, order_by, mapping, .. } => {
            let row_wise = partition_by.iter().chain(order_by.iter().map(|(n, _)| n)).all(|&n| is_elementwise_rec(n, arena));
            // An exploded window puts rows in another order.
            if !row_wise || partition_by.is_empty() || matches!(mapping, WindowMapping::Explode) {
                return None;
            }
            windows.push(partition_by.iter().map(|&n| node_to_expr(n, arena)).collect());
            Some(())
        }
        AExpr::Column(_) => Some(()),
        AExpr::Literal(v) => v.is_scalar().then_some(()),
        _ => row_wise_parts(e, arena)?.into_iter().try_for_each(|c| find(c, arena, windows)),
    }
}
