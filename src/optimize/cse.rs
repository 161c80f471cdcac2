//! Common subexpressions: nodes of equal key become one node.

use crate::base::Result;
use crate::expr::Expr;
use crate::optimize::rewrite::bottom_up;
use std::collections::HashMap;

/// Rebuilds the graph with one node for every key.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    let mut first = HashMap::new();
    bottom_up(roots, |node, _| Ok(Some(first.entry(node.key()).or_insert_with(|| node.clone()).clone())))
}
