//! Elementwise work in front of a reduction goes into it: pieces are computed in cache and reduced at once.

use crate::base::Result;
use crate::expr::node::{ArrayReduce, TreeReduce};
use crate::expr::{Expr, Kind};
use crate::optimize::fuse_elementwise::{fits, merge};
use crate::optimize::rewrite::{Uses, bottom_up};

/// Work on other chunks below this many nanoseconds an element is cheaper to do again than to keep a chunk for: it is taken into
/// every user.
const CHEAP_NS: f64 = 0.5;
/// What is made from nothing is cheaper to make again than to write to memory and read if it takes less than this for a byte.
const MEMORY_NS: f64 = 0.2;

/// Fuses into reductions.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    let uses = Uses::of(roots);
    bottom_up(roots, |node, old| {
        let Kind::TreeReduce(TreeReduce::Array(r)) = node.kind() else { return Ok(None) };
        let mut take = Vec::new();
        for (i, before) in node.inputs().iter().zip(old.inputs()) {
            take.push(match i.kind() {
                Kind::Blockwise(b) => {
                    let most = if i.inputs().is_empty() { MEMORY_NS * i.array()?.0.size() as f64 } else { CHEAP_NS };
                    let cheap = b.program.cost_ns() <= most;
                    (uses.only_one(before) || cheap) && fits(&r.map, node.inputs(), r.grid.ndim(), b, i)
                }
                _ => false,
            });
        }
        if !take.contains(&true) {
            return Ok(None);
        }
        let (map, inputs) = merge(&r.map, node.inputs(), &take)?;
        let fused = ArrayReduce { map, ..r.clone() };
        Ok(Some(Expr::new(Kind::TreeReduce(TreeReduce::Array(fused)), inputs, node.meta().clone(), node.label())))
    })
}
