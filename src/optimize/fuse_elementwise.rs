//! Elementwise nodes that feed one another become one program: one pass over the data, no chunk in between.
//!
//! A node is taken into its user if nobody else needs its value. So that a value used twice inside of one group is not taken
//! for shared, users are fused from the results towards the sources. A program that looks at positions is taken in only where
//! positions agree.

use crate::base::Result;
use crate::expr::node::Blockwise;
use crate::expr::{Expr, IndexMap, Key, Kind};
use crate::kernel::program::{Builder, Value};
use crate::optimize::rewrite::Uses;
use std::collections::HashMap;
use std::sync::Arc;

/// Most inputs of a fused group: each costs a register of scratch and a stream of memory.
const MOST_INPUTS: usize = 16;
/// Most values of a fused program.
const MOST_VALUES: usize = 256;

/// Fuses every group that can be.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    let mut now = roots.to_vec();
    loop {
        let next = pass(&now)?;
        if next.iter().zip(&now).all(|(a, b)| a.key() == b.key()) {
            return Ok(next);
        }
        now = next;
    }
}

/// Fuses each node with as many of its inputs as it can, results first.
fn pass(roots: &[Expr]) -> Result<Vec<Expr>> {
    let uses = Uses::of(roots);
    let nodes = Expr::topological(roots);
    // Taken in by its only user.
    let mut taken: HashMap<Key, Key> = HashMap::new();
    for e in nodes.iter().rev() {
        for i in e.inputs() {
            let fuses = matches!((e.kind(), i.kind()), (Kind::Blockwise(_), Kind::Blockwise(_)));
            // One level at a time: a node that is itself taken in waits for the next pass.
            if fuses && uses.only_one(i) && !taken.contains_key(&e.key()) && compatible(e, i)? {
                taken.insert(i.key(), e.key());
            }
        }
    }
    crate::optimize::rewrite::bottom_up(roots, |node, old| {
        let Kind::Blockwise(b) = node.kind() else { return Ok(None) };
        let take: Vec<bool> = old.inputs().iter().map(|i| taken.get(&i.key()) == Some(&old.key())).collect();
        if !take.contains(&true) {
            return Ok(None);
        }
        let (merged, inputs) = merge(b, node.inputs(), &take)?;
        let label = node.label().to_string();
        Ok(Some(Expr::new(Kind::Blockwise(merged), inputs, node.meta().clone(), label)))
    })
}

/// Whether `inner` may be computed at the positions at which `outer` uses it.
pub fn compatible(outer: &Expr, inner: &Expr) -> Result<bool> {
    let (Kind::Blockwise(a), Kind::Blockwise(b)) = (outer.kind(), inner.kind()) else { return Ok(false) };
    Ok(fits(a, outer.inputs(), outer.array()?.1.ndim(), b, inner))
}

/// As [`compatible`], for elementwise work `a` in `ndim` dimensions over `inputs` that is not a node of its own.
pub fn fits(a: &Blockwise, inputs: &[Expr], ndim: usize, b: &Blockwise, inner: &Expr) -> bool {
    let same_place = a.maps.iter().zip(inputs).filter(|(_, i)| i.key() == inner.key()).all(|(m, _)| m.is_identity(ndim));
    (!b.program.is_positional() || same_place)
        && a.program.values.len() + b.program.values.len() <= MOST_VALUES
        && inputs.len() + inner.inputs().len() <= MOST_INPUTS
}

/// One program from `outer` and those of its inputs that `take` marks; equal (input, map) pairs become one slot.
pub fn merge(outer: &Blockwise, inputs: &[Expr], take: &[bool]) -> Result<(Blockwise, Vec<Expr>)> {
    let mut b = Builder::new();
    let mut slots: Vec<(Expr, IndexMap, Value)> = Vec::new();
    let mut slot = |b: &mut Builder, e: &Expr, m: IndexMap| -> Result<Value> {
        if let Some((_, _, v)) = slots.iter().find(|(x, n, _)| x.key() == e.key() && *n == m) {
            return Ok(*v);
        }
        let v = b.input(e.array()?.0);
        slots.push((e.clone(), m, v));
        Ok(v)
    };
    let mut args = Vec::new();
    for ((input, map), &taken) in inputs.iter().zip(&outer.maps).zip(take) {
        let v = match input.kind() {
            Kind::Blockwise(inner) if taken => {
                let mut inner_args = Vec::new();
                for (x, m) in input.inputs().iter().zip(&inner.maps) {
                    inner_args.push(slot(&mut b, x, m.then(map))?);
                }
                b.inline(&inner.program, &inner_args)
            }
            _ => slot(&mut b, input, map.clone())?,
        };
        args.push(v);
    }
    let result = b.inline(&outer.program, &args);
    let program = Arc::new(b.finish(result));
    let (inputs, maps) = slots.into_iter().map(|(e, m, _)| (e, m)).unzip();
    Ok((Blockwise { program, maps }, inputs))
}
