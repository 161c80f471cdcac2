//! How rules walk: bottom-up over a shared graph, every node once, with a count of who uses what.

use crate::base::Result;
use crate::expr::{Expr, Key};
use std::collections::HashMap;

/// Who uses what: for every node, the number of uses by other nodes (or as a root).
#[derive(Debug, Default)]
pub struct Uses(HashMap<Key, Vec<Expr>>, HashMap<Key, usize>);

impl Uses {
    /// Counts over all that the roots need.
    pub fn of(roots: &[Expr]) -> Uses {
        let mut uses = Uses::default();
        for r in roots {
            *uses.1.entry(r.key()).or_default() += 1;
        }
        for e in Expr::topological(roots) {
            let mut seen: Vec<Key> = Vec::new();
            for i in e.inputs() {
                if !seen.contains(&i.key()) {
                    seen.push(i.key());
                    uses.0.entry(i.key()).or_default().push(e.clone());
                }
            }
        }
        uses
    }

    /// The distinct nodes that use `e`.
    pub fn users(&self, e: &Expr) -> &[Expr] {
        self.0.get(&e.key()).map_or(&[], Vec::as_slice)
    }

    /// Whether exactly one node uses `e`, and it is no root.
    pub fn only_one(&self, e: &Expr) -> bool {
        self.users(e).len() == 1 && !self.is_root(e)
    }

    /// Whether `e` is asked for itself.
    pub fn is_root(&self, e: &Expr) -> bool {
        self.1.contains_key(&e.key())
    }
}

/// Rebuilds the graph inputs first; `rule` gets each node with its inputs already rewritten, and the node it was before.
///
/// # Errors
/// The rule's own.
pub fn bottom_up(roots: &[Expr], mut rule: impl FnMut(&Expr, &Expr) -> Result<Option<Expr>>) -> Result<Vec<Expr>> {
    let mut done: HashMap<Key, Expr> = HashMap::new();
    for old in Expr::topological(roots) {
        let inputs: Vec<Expr> = old.inputs().iter().map(|i| done[&i.key()].clone()).collect();
        let same = inputs.iter().zip(old.inputs()).all(|(a, b)| a.key() == b.key());
        let node = if same { old.clone() } else { old.with_inputs(inputs) };
        let new = rule(&node, &old)?.unwrap_or(node);
        done.insert(old.key(), new);
    }
    Ok(roots.iter().map(|r| done[&r.key()].clone()).collect())
}
