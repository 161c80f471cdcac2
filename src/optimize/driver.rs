//! The ordered list of rules, each with the reason for its place.

use crate::base::Result;
use crate::expr::explain::tree;
use crate::expr::{Expr, verify::verify};
use crate::optimize::{cse, fuse_elementwise, fuse_reduction, noop, rechunk, slice};

/// One rule: a name for explain, and the rewrite.
struct Rule {
    name: &'static str,
    apply: fn(&[Expr]) -> Result<Vec<Expr>>,
}

/// Rules in order.
const RULES: &[Rule] = &[
    // First, so that later rules meet no clutter and every equal node is one node.
    Rule { name: "remove no-ops", apply: noop::apply },
    Rule { name: "merge common subexpressions", apply: cse::apply },
    // Before fusion, which would hide slices and rechunks inside of groups they could have passed.
    Rule { name: "push slices into sources", apply: slice::apply },
    Rule { name: "merge rechunks and absorb them into reads", apply: rechunk::apply },
    // Pushing leaves whole slices and equal nodes behind.
    Rule { name: "remove no-ops", apply: noop::apply },
    Rule { name: "merge common subexpressions", apply: cse::apply },
    // Last: what is left is elementwise work between reads, reductions and writes.
    Rule { name: "fuse elementwise work", apply: fuse_elementwise::apply },
    Rule { name: "fuse elementwise work into reductions", apply: fuse_reduction::apply },
];

/// What a pass made of the expression, where it changed anything.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The rule.
    pub name: &'static str,
    /// The expression after it, as text.
    pub after: String,
}

/// The expressions rewritten by all rules; `passes`, if asked for, gets those that changed something.
///
/// # Errors
/// A rule that breaks an expression is a bug, named.
pub fn optimize(roots: &[Expr], mut passes: Option<&mut Vec<Pass>>) -> Result<Vec<Expr>> {
    let mut now = roots.to_vec();
    for rule in RULES {
        let next = (rule.apply)(&now).map_err(|e| e.at(rule.name))?;
        verify(&next).map_err(|e| e.at(rule.name))?;
        let changed = next.iter().zip(&now).any(|(a, b)| a.key() != b.key());
        if let (true, Some(p)) = (changed, passes.as_deref_mut()) {
            p.push(Pass { name: rule.name, after: tree(&next) });
        }
        now = next;
    }
    Ok(now)
}
