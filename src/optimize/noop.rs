//! Removes nodes that change nothing: identities, whole slices, rechunks to the same chunks, and what algebra tags allow
//! (an involution undone, an idempotent op repeated).

use crate::base::Result;
use crate::expr::node::Select;
use crate::expr::{Expr, Kind};
use crate::kernel::program::{Instr, Program};
use crate::optimize::rewrite::bottom_up;

/// Removes no-ops.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    bottom_up(roots, |node, _| Ok(same_as(node)))
}

fn same_as(node: &Expr) -> Option<Expr> {
    let input = node.inputs().first()?;
    match node.kind() {
        Kind::Blockwise(b) if b.program.is_identity() && b.maps[0].is_identity(node.array().ok()?.1.ndim()) => Some(input.clone()),
        Kind::Blockwise(b) => algebra(node, &b.program, input),
        Kind::Rechunk if input.meta() == node.meta() => Some(input.clone()),
        Kind::Select(Select::Slice(s)) => {
            let shape = input.array().ok()?.1.shape();
            s.iter().zip(&shape).all(|(s, &n)| s.is_whole(n)).then(|| input.clone())
        }
        Kind::Select(Select::Concat(_)) => (node.inputs().len() == 1).then(|| input.clone()),
        _ => None,
    }
}

/// `f(f(x))` by the tags of `f`, where both are the whole of their nodes.
fn algebra(node: &Expr, program: &Program, input: &Expr) -> Option<Expr> {
    let Kind::Blockwise(inner) = input.kind() else { return None };
    let identity = |e: &Expr, b: &crate::expr::node::Blockwise| {
        e.array().is_ok_and(|(_, g)| b.maps.len() == 1 && b.maps[0].is_identity(g.ndim()))
    };
    let Kind::Blockwise(outer) = node.kind() else { return None };
    if !identity(node, outer) || !identity(input, inner) {
        return None;
    }
    let (f, g) = (single(program)?, single(&inner.program)?);
    if f != g {
        return None;
    }
    if f.tags.involution {
        return Some(input.inputs()[0].clone());
    }
    (f.tags.idempotent && !program.dtype().is_complex()).then(|| input.clone())
}

/// The op of a program that is one op on its one input, dtype kept.
fn single(p: &Program) -> Option<&'static crate::kernel::element::ElementOp> {
    match (&p.values[..], p.inputs.as_slice()) {
        ([(Instr::Input(0), d), (Instr::Apply(op, args), r)], [_]) if d == r && args.len() == 1 => Some(op),
        _ => None,
    }
}
