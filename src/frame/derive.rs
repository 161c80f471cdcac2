//! Polars' optimised plan, with conditions taken apart before they are pushed to where they can be met.
//!
//! Polars leaves a filter whole if it cannot tell that its parts may be met apart. And of a condition like
//! `(a.x = 1 and b.y = 2) or (a.x = 3 and b.y = 4)` on a join it can push nothing, though `a.x = 1 or a.x = 3` holds for every row that is kept:
//! such conditions are added for each side.

use crate::frame::repartition::Partitioning;
use crate::kernel::table::evaluate::is_simple;
use polars::lazy::frame::OptFlags;
use polars::prelude::{LazyFrame, Operator, PolarsResult, Schema};
use polars_mem_engine::scan_predicate::functions::apply_scan_predicate_to_scan_ir;
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, FunctionIR, IR, IRPlan, MintermIter, optimize, to_alp};
use polars_plan::prelude::{Arena, Node};
use polars_plan::utils::aexpr_to_leaf_names_iter;
use std::sync::Arc;

/// The plan of a query.
///
/// # Errors
/// What Polars refuses.
pub(super) fn optimised(query: &LazyFrame, mut flags: OptFlags) -> PolarsResult<IRPlan> {
    let (mut plans, mut exprs) = (Arena::with_capacity(64), Arena::with_capacity(128));
    let top = to_alp(query.logical_plan.clone(), &mut exprs, &mut plans, &mut flags)?;
    tell_functions_apart(top, &mut plans);
    split_filters(top, &mut plans, &mut exprs);
    let top = optimize(top, flags, &mut plans, &mut exprs, &mut vec![], apply_scan_predicate_to_scan_ir)?;
    Ok(IRPlan::new(top, plans, exprs))
}

/// Names functions by where they lie: Polars takes two of the same name for one, and what both make of the same rows for what the first does.
fn tell_functions_apart(top: Node, plans: &mut Arena<IR>) {
    let mut nodes = vec![top];
    while let Some(at) = nodes.pop() {
        nodes.extend(plans.get(at).inputs());
        if let IR::MapFunction { function: FunctionIR::Opaque { function, fmt_str, .. }, .. } = plans.get_mut(at)
            && Partitioning::named(fmt_str).is_none()
        {
            *fmt_str = format!("{fmt_str} {:p}", Arc::as_ptr(function)).into();
        }
    }
}

/// Makes every filter one filter for each of its conditions and of those that follow from them.
fn split_filters(top: Node, plans: &mut Arena<IR>, exprs: &mut Arena<AExpr>) {
    let mut nodes = vec![top];
    while let Some(at) = nodes.pop() {
        nodes.extend(plans.get(at).inputs());
        let IR::Filter { input, predicate } = plans.get(at) else { continue };
        let mut input = *input;
        let mut conditions: Vec<Node> = MintermIter::new(predicate.node(), exprs).collect();
        // What is not simple may fail, or look at other rows: it has to stay where it is.
        let schema = plans.get(input).schema(plans).into_owned();
        if !conditions.iter().all(|&c| is_simple(c, exprs, &schema)) {
            continue;
        }
        for c in conditions.clone() {
            follow(c, input, plans, exprs, &mut conditions);
        }
        let Some(last) = conditions.pop() else { continue };
        for c in conditions {
            input = plans.add(IR::Filter { input, predicate: ExprIR::from_node(c, exprs) });
        }
        plans.replace(at, IR::Filter { input, predicate: ExprIR::from_node(last, exprs) });
    }
}

/// Adds what follows from a condition on the rows of `input` for each side of the join that they come of.
fn follow(condition: Node, mut input: Node, plans: &Arena<IR>, exprs: &mut Arena<AExpr>, out: &mut Vec<Node>) {
    while let IR::Filter { input: below, .. } | IR::SimpleProjection { input: below, .. } = plans.get(input) {
        input = *below;
    }
    let IR::Join { input_left, input_right, .. } = plans.get(input) else { return };
    let schema = |at: Node| plans.get(at).schema(plans).into_owned();
    let (left, right) = (schema(*input_left), schema(*input_right));
    // A column of the right side has another name if the left has one of that name.
    let right: Schema = right.iter().filter(|(n, _)| !left.contains(n)).map(|(n, d)| (n.clone(), d.clone())).collect();
    let mut cases = Vec::new();
    parts(condition, is_or, exprs, &mut cases);
    for (side, at) in [(&*left, *input_left), (&right, *input_right)] {
        let Some(one_sided) = of_side(condition, &cases, side, exprs) else { continue };
        if one_sided != condition {
            out.push(one_sided);
        }
        follow(one_sided, at, plans, exprs, out);
    }
}

/// What `cases`, of which one holds, say of columns of one side; the condition itself if it looks at no others.
fn of_side(condition: Node, cases: &[Node], side: &Schema, exprs: &mut Arena<AExpr>) -> Option<Node> {
    let looks_at = |node: Node, exprs: &Arena<AExpr>| aexpr_to_leaf_names_iter(node, exprs).all(|n| side.contains(n));
    if looks_at(condition, exprs) {
        return Some(condition);
    }
    if cases.len() < 2 {
        return None;
    }
    let mut said = Vec::new();
    for &case in cases {
        let mut all = Vec::new();
        parts(case, is_and, exprs, &mut all);
        all.retain(|&c| looks_at(c, exprs));
        said.push(joined(all, Operator::And, exprs)?);
    }
    joined(said, Operator::Or, exprs)
}

fn joined(nodes: Vec<Node>, op: Operator, exprs: &mut Arena<AExpr>) -> Option<Node> {
    nodes.into_iter().reduce(|left, right| exprs.add(AExpr::BinaryExpr { left, op, right }))
}

fn is_or(op: Operator) -> bool {
    matches!(op, Operator::Or | Operator::LogicalOr)
}

fn is_and(op: Operator) -> bool {
    matches!(op, Operator::And | Operator::LogicalAnd)
}

/// The parts that an expression joins by operators of a kind.
fn parts(node: Node, is_op: fn(Operator) -> bool, exprs: &Arena<AExpr>, out: &mut Vec<Node>) {
    match exprs.get(node) {
        AExpr::BinaryExpr { left, op, right } if is_op(*op) => {
            parts(*left, is_op, exprs, out);
            parts(*right, is_op, exprs, out);
        }
        _ => out.push(node),
    }
}
