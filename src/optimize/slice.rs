//! Slices go towards the sources, through what works element by element, and into reads.
//!
//! Sharing-aware: a slice passes a node only if nobody else needs the node's other elements (else they would be computed
//! twice; numbers made from positions alone may be, if they are no more together), and goes into a read only if the reads
//! that result touch storage no more than the one they replace. So two bands of one pixel-interleaved file stay one read.

use crate::base::{AxisSlice, Grid, Region, Result};
use crate::expr::build::slice_axis;
use crate::expr::node::{Blockwise, Select, SourceNode};
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta};
use crate::optimize::rewrite::{Uses, bottom_up};
use std::sync::Arc;

/// Pushes slices until nothing moves.
///
/// # Errors
/// None of its own.
pub fn apply(roots: &[Expr]) -> Result<Vec<Expr>> {
    let mut now = roots.to_vec();
    // A slice moves down one level in a pass; the bound only guards against a rule that undoes another.
    for _ in 0..64 {
        let next = pass(&now)?;
        if next.iter().zip(&now).all(|(a, b)| a.key() == b.key()) {
            break;
        }
        now = next;
    }
    Ok(now)
}

fn pass(roots: &[Expr]) -> Result<Vec<Expr>> {
    let uses = Uses::of(roots);
    bottom_up(roots, |node, old| match node.kind() {
        Kind::Select(Select::Slice(slices)) => push(node, slices, &node.inputs()[0], &old.inputs()[0], &uses),
        Kind::Blockwise(b) => fixed(node, b, old, &uses),
        _ => Ok(None),
    })
}

fn push(node: &Expr, slices: &[AxisSlice], input: &Expr, old: &Expr, uses: &Uses) -> Result<Option<Expr>> {
    match input.kind() {
        Kind::Select(Select::Slice(inner)) => {
            let both: Vec<AxisSlice> = inner.iter().zip(slices).map(|(a, b)| a.compose(b)).collect();
            Ok(Some(slice_of(&input.inputs()[0], &both, node.meta())?))
        }
        Kind::Source(SourceNode::Array { .. }) if worth_splitting(old, uses)? => into_read(node, slices, input),
        Kind::Blockwise(b) if uses.only_one(old) || worth_making(old, uses)? => Ok(Some(through(node, slices, input, b)?)),
        Kind::Rechunk if uses.only_one(old) => {
            let inner = &input.inputs()[0];
            let moved = slice_exact(inner, slices)?;
            let Meta::Array { dtype, .. } = node.meta() else { return Ok(None) };
            let (_, grid) = node.array()?;
            Ok(Some(Expr::new(Kind::Rechunk, vec![moved], Meta::Array { dtype: *dtype, grid: grid.clone() }, input.label())))
        }
        _ => Ok(None),
    }
}

fn slice_exact(x: &Expr, slices: &[AxisSlice]) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let grid = Grid::new(grid.axes().iter().zip(slices).map(|(a, s)| slice_axis(a, s)));
    slice_of(x, slices, &Meta::Array { dtype, grid })
}

/// A slice node; where composing slices changed how the result is cut, a rechunk restores the cut that users were promised.
fn slice_of(x: &Expr, slices: &[AxisSlice], want: &Meta) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let grid = Grid::new(grid.axes().iter().zip(slices).map(|(a, s)| slice_axis(a, s)));
    let meta = Meta::Array { dtype, grid };
    let sliced = Expr::new(Kind::Select(Select::Slice(slices.to_vec())), vec![x.clone()], meta.clone(), "slice");
    Ok(if meta == *want { sliced } else { Expr::new(Kind::Rechunk, vec![sliced], want.clone(), "rechunk") })
}

/// The slice taken of every input instead.
fn through(node: &Expr, slices: &[AxisSlice], input: &Expr, b: &Blockwise) -> Result<Expr> {
    let mut maps = Vec::new();
    let mut inputs = Vec::new();
    for (map, x) in b.maps.iter().zip(input.inputs()) {
        let (_, grid) = x.array()?;
        let own: Vec<AxisSlice> = map
            .0
            .iter()
            .zip(grid.axes())
            .map(|(m, axis)| match m {
                AxisMap::Out(o) => slices[*o],
                AxisMap::Fixed(_) => AxisSlice::whole(axis.len()),
            })
            .collect();
        let whole = own.iter().zip(grid.axes()).all(|(s, a)| s.is_whole(a.len()));
        inputs.push(if whole { x.clone() } else { slice_exact(x, &own)? });
        maps.push(map.clone());
    }
    let program = if b.program.is_positional() { Arc::new(b.program.sliced(slices)) } else { b.program.clone() };
    let moved = Blockwise { program, maps };
    Ok(Expr::new(Kind::Blockwise(moved), inputs, node.meta().clone(), input.label()))
}

/// The storage that a user of a read touches, as a box of the read; None if the user needs all of it.
fn touched(user: &Expr, read: &Expr) -> Result<Option<Region>> {
    let (_, grid) = read.array()?;
    Ok(match user.kind() {
        Kind::Select(Select::Slice(s)) => Some(Region::new(s.iter().map(AxisSlice::hull))),
        Kind::Blockwise(b) => {
            let mut boxes =
                b.maps.iter().zip(user.inputs()).filter(|(_, i)| i.key() == read.key()).map(|(m, _)| fixed_box(m, grid));
            match (boxes.next(), boxes.next()) {
                (Some(only), None) => only,
                _ => None,
            }
        }
        _ => None,
    })
}

fn fixed_box(map: &IndexMap, grid: &Grid) -> Option<Region> {
    map.0.iter().any(|m| matches!(m, AxisMap::Fixed(_))).then(|| {
        Region::new(map.0.iter().zip(grid.axes()).map(|(m, a)| match m {
            AxisMap::Fixed(i) => *i..i + 1,
            AxisMap::Out(_) => 0..a.len(),
        }))
    })
}

/// Whether reads of what each user touches cost no more than one read of everything.
fn worth_splitting(read: &Expr, uses: &Uses) -> Result<bool> {
    let Kind::Source(SourceNode::Array { source, origin }) = read.kind() else { return Ok(false) };
    if uses.is_root(read) {
        return Ok(false);
    }
    let mut total = 0u64;
    for user in uses.users(read) {
        let Some(part) = touched(user, read)? else { return Ok(false) };
        total = total.saturating_add(source.stored_bytes(&part.shifted(origin)));
    }
    let (_, grid) = read.array()?;
    Ok(total <= source.stored_bytes(&Region::whole(&grid.shape()).shifted(origin)))
}

/// Whether values computed from their positions alone are made for each user by itself: where all of them want slices that have no more
/// elements together than there are.
fn worth_making(made: &Expr, uses: &Uses) -> Result<bool> {
    if !made.inputs().is_empty() || uses.is_root(made) {
        return Ok(false);
    }
    let mut total = 0usize;
    for user in uses.users(made) {
        let Kind::Select(Select::Slice(slices)) = user.kind() else { return Ok(false) };
        total = total.saturating_add(slices.iter().map(|s| s.len).product());
    }
    Ok(total <= made.array()?.1.n_elements()?)
}

/// A read of the slice's hull, and of it the slice if it has steps.
fn into_read(node: &Expr, slices: &[AxisSlice], read: &Expr) -> Result<Option<Expr>> {
    let Kind::Source(SourceNode::Array { source, origin }) = read.kind() else { return Ok(None) };
    let (dtype, grid) = read.array()?;
    let hulls: Vec<AxisSlice> = slices.iter().map(|s| AxisSlice { start: s.hull().start, step: 1, len: s.hull().len() }).collect();
    if hulls.iter().zip(grid.axes()).all(|(h, a)| h.is_whole(a.len())) {
        return Ok(None);
    }
    let cut = Grid::new(grid.axes().iter().zip(&hulls).map(|(a, h)| slice_axis(a, h)));
    let origin = origin.iter().zip(&hulls).map(|(o, h)| o + h.start).collect();
    let part = Expr::new(
        Kind::Source(SourceNode::Array { source: source.clone(), origin }),
        vec![],
        Meta::Array { dtype, grid: cut },
        read.label(),
    );
    let rest: Vec<AxisSlice> =
        slices.iter().zip(&hulls).map(|(s, h)| AxisSlice { start: if s.len == 0 { 0 } else { s.start - h.start }, ..*s }).collect();
    if rest.iter().zip(&hulls).all(|(s, h)| s.is_whole(h.len)) && part.meta() == node.meta() {
        return Ok(Some(part));
    }
    Ok(Some(slice_of(&part, &rest, node.meta())?))
}

/// Elements that a map fixes (a band of many) become a narrower read, where that pays.
fn fixed(node: &Expr, b: &Blockwise, old: &Expr, uses: &Uses) -> Result<Option<Expr>> {
    let mut inputs = node.inputs().to_vec();
    let mut maps = b.maps.clone();
    let mut changed = false;
    for i in 0..inputs.len() {
        let (read, before) = (&node.inputs()[i], &old.inputs()[i]);
        let (_, grid) = read.array()?;
        let Some(part) = fixed_box(&maps[i], grid) else { continue };
        if part.shape() == grid.shape() || !matches!(read.kind(), Kind::Source(_)) || !worth_splitting(before, uses)? {
            continue;
        }
        let slices: Vec<AxisSlice> = part.ranges().iter().map(|r| AxisSlice { start: r.start, step: 1, len: r.len() }).collect();
        let want = Grid::new(grid.axes().iter().zip(&slices).map(|(a, s)| slice_axis(a, s)));
        let (dtype, _) = read.array()?;
        let meta = Expr::new(Kind::Rechunk, vec![read.clone()], Meta::Array { dtype, grid: want }, "");
        if let Some(narrow) = into_read(&meta, &slices, read)? {
            inputs[i] = narrow;
            for m in maps[i].0.iter_mut() {
                if let AxisMap::Fixed(e) = m {
                    *e = 0;
                }
            }
            changed = true;
        }
    }
    if !changed {
        return Ok(None);
    }
    let kind = Kind::Blockwise(Blockwise { program: b.program.clone(), maps });
    Ok(Some(Expr::new(kind, inputs, node.meta().clone(), node.label())))
}
