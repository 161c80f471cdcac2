//! Rechunks that a plan has only because arrays were cut otherwise where they were opened or made, or were cut anew in between.
//!
//! A rechunk is told of only where the cure surely saves it: between it and where its elements come from there is nothing but
//! elementwise work and scans, which take any chunks, and nobody else needs the old chunks.

use crate::base::{Axis, Grid, Result};
use crate::expr::node::{Blockwise, SourceNode};
use crate::expr::{AxisMap, Expr, IndexMap, Key, Kind};
use crate::optimize::rechunk::reads_well;
use crate::optimize::rewrite::Uses;
use crate::plan::traffic::{Traffic, value_bytes};
use std::collections::{HashMap, HashSet};

/// An array of so small a part of what a rechunk moves can be cut anew beside it: a mean that is subtracted, say.
const SMALL_PART: u64 = 100;

/// A rechunk that need not be.
pub(super) struct Avoidable {
    /// The rechunk.
    pub rechunk: Expr,
    /// What need not be moved.
    pub bytes: u64,
    pub cure: Cure,
}

/// How a rechunk is avoided.
pub(super) enum Cure {
    /// These sources and generators get these chunks (of all that they have) where they are opened or made.
    Cut(Vec<(Expr, Vec<Axis>)>),
    /// It is left out, as this node cuts anew what it gives; whether that brings back the chunks that were before.
    Drop { again: Expr, undone: bool },
}

/// The rechunks of a plan that need not be, the largest first.
pub(super) fn avoidable(roots: &[Expr], budget_bytes: u64) -> Result<Vec<Avoidable>> {
    let uses = Uses::of(roots);
    let mut traffic = Traffic::new(budget_bytes);
    let rechunks = Expr::topological(roots).into_iter().filter(|e| matches!(e.kind(), Kind::Rechunk));
    let mut rechunks: Vec<(u64, Expr)> = rechunks.map(|e| (traffic.moved_bytes(&e), e)).collect();
    rechunks.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let mut out: Vec<Avoidable> = Vec::new();
    // What chunks sources should have: one cure for each.
    let mut taken: HashMap<Key, Vec<Axis>> = HashMap::new();
    let mut left_out: HashSet<Key> = HashSet::new();
    for (bytes, rechunk) in rechunks {
        if bytes == 0 || rechunk.array()?.1.unknown_axis().is_some() || left_out.contains(&rechunk.key()) {
            continue;
        }
        if let Some((again, undone)) = cut_again(&rechunk, &uses, value_bytes(&rechunk)) {
            let both = if undone { bytes.saturating_add(traffic.moved_bytes(&again)) } else { bytes };
            left_out.extend(undone.then(|| again.key()));
            out.push(Avoidable { rechunk, bytes: both, cure: Cure::Drop { again, undone } });
            continue;
        }
        let Some(sources) = sources(&rechunk, &uses)? else { continue };
        let known: Vec<bool> = sources.iter().filter_map(|(e, cut)| Some(taken.get(&e.key())? == cut)).collect();
        if known.contains(&false) {
            continue;
        }
        let same = |a: &&mut Avoidable| match &a.cure {
            Cure::Cut(s) => s.len() == sources.len() && s.iter().zip(&sources).all(|(a, b)| a.0.key() == b.0.key()),
            Cure::Drop { .. } => false,
        };
        if let Some(told) = out.iter_mut().find(same) {
            told.bytes = told.bytes.saturating_add(bytes);
            continue;
        }
        taken.extend(sources.iter().map(|(e, cut)| (e.key(), cut.clone())));
        out.push(Avoidable { rechunk, bytes, cure: Cure::Cut(sources) });
    }
    Ok(out)
}

/// Work that takes any chunks: elementwise on inputs, or running along an axis.
fn takes_any_chunks(e: &Expr) -> bool {
    matches!(e.kind(), Kind::Blockwise(_) | Kind::Scan(_)) && !e.inputs().is_empty()
}

/// Whether an array may be cut anew beside `bytes` that are moved.
fn is_small(e: &Expr, bytes: u64) -> bool {
    value_bytes(e).saturating_mul(SMALL_PART) <= bytes
}

/// The rechunk behind this one, if all that is made of this one in between takes any chunks; and whether it cuts as before this one.
fn cut_again(rechunk: &Expr, uses: &Uses, bytes: u64) -> Option<(Expr, bool)> {
    let (mut between, mut ends) = (vec![rechunk.clone()], Vec::<Expr>::new());
    let mut seen = HashSet::from([rechunk.key()]);
    let mut next = 0;
    while let Some(e) = between.get(next).cloned() {
        next += 1;
        if uses.is_root(&e) {
            return None;
        }
        for user in uses.users(&e).iter().filter(|u| seen.insert(u.key())) {
            match user.kind() {
                Kind::Rechunk => ends.push(user.clone()),
                _ if takes_any_chunks(user) => between.push(user.clone()),
                _ => return None,
            }
        }
    }
    let own: HashSet<Key> = between.iter().map(Expr::key).collect();
    if between[1..].iter().flat_map(Expr::inputs).any(|i| !own.contains(&i.key()) && !is_small(i, bytes)) {
        return None;
    }
    let before = rechunk.inputs()[0].array().ok()?.1;
    let in_place = |e: &Expr| match e.kind() {
        Kind::Blockwise(b) => e.inputs().iter().zip(&b.maps).all(|(i, m)| !own.contains(&i.key()) || m.is_identity(before.ndim())),
        _ => true,
    };
    let straight = between[1..].iter().all(in_place);
    let undone = |e: &Expr| straight && e.array().is_ok_and(|(_, grid)| grid == before);
    let again = ends.iter().find(|e| undone(e)).or(ends.first())?.clone();
    let undone = undone(&again);
    Some((again, undone))
}

/// Sources and generators, and the chunks that each should have.
type Cuts = Vec<(Expr, Vec<Axis>)>;

/// The sources and generators of a rechunk's elements and the chunks by which it were none; None where that would not surely help.
fn sources(rechunk: &Expr, uses: &Uses) -> Result<Option<Cuts>> {
    let (_, want) = rechunk.array()?;
    let bytes = value_bytes(rechunk);
    let mut wanted: HashMap<Key, Grid> = HashMap::new();
    let mut open = vec![(rechunk.inputs()[0].clone(), want.clone())];
    let (mut sources, mut between) = (Vec::new(), vec![]);
    while let Some((e, want)) = open.pop() {
        if *e.array()?.1 == want || is_small(&e, bytes) {
            continue;
        }
        match wanted.insert(e.key(), want.clone()) {
            Some(other) if other != want => return Ok(None),
            Some(_) => continue,
            None => between.push(e.clone()),
        }
        match e.kind() {
            Kind::Source(SourceNode::Array { .. }) => match opened(&e, &want)? {
                Some(axes) => sources.push((e, axes)),
                None => return Ok(None),
            },
            Kind::Blockwise(_) if e.inputs().is_empty() => sources.push((e, want.axes().to_vec())),
            Kind::Blockwise(Blockwise { maps, .. }) => {
                let inputs = e.inputs().iter().zip(maps).map(|(i, map)| Ok((i.clone(), mapped(i.array()?.1, map, &want))));
                open.extend(inputs.collect::<Result<Vec<_>>>()?);
            }
            Kind::Scan(_) => open.push((e.inputs()[0].clone(), want)),
            _ => return Ok(None),
        }
    }
    let surely = between.iter().all(|e| uses.users(e).iter().all(|u| u.key() == rechunk.key() || is_free(u, &wanted, uses, bytes)));
    Ok((surely && !sources.is_empty()).then_some(sources))
}

/// An input's chunks for those of the output.
fn mapped(input: &Grid, map: &IndexMap, want: &Grid) -> Grid {
    Grid::new(map.0.iter().zip(input.axes()).map(|(m, own)| match m {
        AxisMap::Out(o) => want.axes()[*o].clone(),
        AxisMap::Fixed(_) => own.clone(),
    }))
}

/// The chunks by which a source must be opened so that the box that is read of it is cut so; None where it cannot be, or reads would cost more.
fn opened(read: &Expr, want: &Grid) -> Result<Option<Vec<Axis>>> {
    let Kind::Source(SourceNode::Array { source, origin }) = read.kind() else { return Ok(None) };
    if !reads_well(read, want)? {
        return Ok(None);
    }
    let whole = source.storage_grid();
    let axis = |((axis, full), &origin): ((&Axis, &Axis), &usize)| match axis {
        _ if axis.n_chunks() == 1 => Some(Axis::whole(full.len())),
        Axis::Regular { size, .. } if origin % size == 0 => Some(Axis::regular(full.len(), *size)),
        _ if axis.len() == full.len() => Some(axis.clone()),
        _ => None,
    };
    Ok(want.axes().iter().zip(whole.axes()).zip(origin).map(axis).collect())
}

/// Whether a user of what shall be cut otherwise, and all that follows from it, takes that without a rechunk that was not there before.
fn is_free(user: &Expr, wanted: &HashMap<Key, Grid>, uses: &Uses, bytes: u64) -> bool {
    let (mut open, mut follows) = (vec![user.clone()], HashSet::new());
    while let Some(e) = open.pop() {
        match e.kind() {
            _ if wanted.contains_key(&e.key()) || follows.contains(&e.key()) => {}
            Kind::Rechunk | Kind::TreeReduce(_) => {}
            _ if takes_any_chunks(&e) => {
                follows.insert(e.key());
                // With an array that stays as it is it would have to be aligned.
                let moves_along = |i: &Expr| wanted.contains_key(&i.key()) || follows.contains(&i.key()) || is_small(i, bytes);
                if !e.inputs().iter().all(moves_along) {
                    return false;
                }
                open.extend(uses.users(&e).iter().cloned());
            }
            _ => return false,
        }
    }
    true
}
