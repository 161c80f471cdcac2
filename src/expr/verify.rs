//! Checks that an expression keeps its own rules. Run after every optimizer pass; a failure is a bug, named with the node.

use crate::base::{Error, Grid, Result};
use crate::expr::node::{Blockwise, Call, Select, SinkNode, SourceNode, TreeReduce};
use crate::expr::picks::{self, Picks};
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta, unknown};

/// Checks every node.
///
/// # Errors
/// A bug: the node and the broken rule.
pub fn verify(roots: &[Expr]) -> Result<()> {
    for e in Expr::topological(roots) {
        node(&e).map_err(|m| Error::bug(format!("{e:?}: {m}")))?;
    }
    Ok(())
}

fn node(e: &Expr) -> Result<(), String> {
    match e.kind() {
        Kind::Source(s) => source(e, s),
        Kind::Blockwise(b) => blockwise(e, b),
        Kind::TreeReduce(TreeReduce::Array(r)) => {
            maps(&r.map.maps, e, &r.grid)?;
            program(&r.map, e)?;
            let out = crate::expr::build::reduced_grid(&r.grid, &r.axes, r.keepdims);
            equal(&out, grid(e)?)
        }
        Kind::TreeReduce(TreeReduce::Table(_)) | Kind::Shuffle(_) => arity(e, 1),
        Kind::Scan(s) => {
            arity(e, 1)?;
            if s.axis >= grid(e)?.ndim() {
                return Err(format!("axis {} is out of bounds", s.axis));
            }
            equal(grid(&e.inputs()[0])?, grid(e)?)
        }
        Kind::Select(s) => select(e, s),
        Kind::Rechunk => {
            arity(e, 1)?;
            shapes(grid(&e.inputs()[0])?, grid(e)?)
        }
        Kind::Call(c) => call(e, c),
        Kind::Sink(SinkNode::Array(_) | SinkNode::Table(_)) => arity(e, 1),
    }
}

fn source(e: &Expr, s: &SourceNode) -> Result<(), String> {
    let SourceNode::Array { source, origin } = s else { return arity(e, 0) };
    let whole = source.storage_grid().shape();
    let shape = grid(e)?.shape();
    let inside = origin.len() == whole.len() && origin.iter().zip(&shape).zip(&whole).all(|((o, n), w)| o + n <= *w);
    if !inside || shape.len() != whole.len() {
        return Err(format!("box {origin:?} + {shape:?} lies outside of the source's {whole:?}"));
    }
    arity(e, 0)
}

fn blockwise(e: &Expr, b: &Blockwise) -> Result<(), String> {
    maps(&b.maps, e, grid(e)?)?;
    program(b, e)?;
    match e.meta() {
        Meta::Array { dtype, .. } if *dtype == b.program.dtype() => Ok(()),
        m => Err(format!("the program makes {}, the node says {m:?}", b.program.dtype())),
    }
}

fn program(b: &Blockwise, e: &Expr) -> Result<(), String> {
    if b.program.inputs.len() != e.inputs().len() {
        return Err(format!("the program takes {} inputs, the node has {}", b.program.inputs.len(), e.inputs().len()));
    }
    for (i, (input, want)) in e.inputs().iter().zip(&b.program.inputs).enumerate() {
        let (have, _) = input.array().map_err(|x| x.to_string())?;
        if have != *want {
            return Err(format!("input {i} is {have}, the program takes {want}"));
        }
    }
    Ok(())
}

/// Every input has a map, every mapped axis the output's cut.
fn maps(maps: &[IndexMap], e: &Expr, out: &Grid) -> Result<(), String> {
    if maps.len() != e.inputs().len() {
        return Err(format!("{} maps for {} inputs", maps.len(), e.inputs().len()));
    }
    for (i, (map, input)) in maps.iter().zip(e.inputs()).enumerate() {
        let g = grid(input)?;
        if map.0.len() != g.ndim() {
            return Err(format!("map {i} has {} axes, the input {}", map.0.len(), g.ndim()));
        }
        let mut seen = vec![false; out.ndim()];
        for (m, axis) in map.0.iter().zip(g.axes()) {
            match m {
                AxisMap::Fixed(i) if *i >= axis.len() => return Err(format!("element {i} of an axis of {}", axis.len())),
                AxisMap::Fixed(_) => {}
                AxisMap::Out(o) if *o >= out.ndim() || std::mem::replace(&mut seen[*o], true) => {
                    return Err(format!("map {i} names output axis {o} wrongly"));
                }
                AxisMap::Out(o) if out.axes()[*o] != *axis => {
                    return Err(format!("input {i} is cut otherwise along output axis {o}"));
                }
                AxisMap::Out(_) => {}
            }
        }
    }
    let found = |o: usize| maps.iter().any(|m| m.0.contains(&AxisMap::Out(o)));
    match (0..out.ndim()).find(|&o| out.axes()[o].is_unknown() && !found(o)) {
        Some(o) => Err(format!("no input says how long axis {o} is")),
        None => Ok(()),
    }
}

fn select(e: &Expr, s: &Select) -> Result<(), String> {
    match s {
        Select::Slice(slices) => {
            arity(e, 1)?;
            let input = grid(&e.inputs()[0])?;
            let out = Grid::new(input.axes().iter().zip(slices).map(|(a, s)| crate::expr::build::slice_axis(a, s)));
            equal(&out, grid(e)?)
        }
        Select::Concat(axis) => {
            let total: usize = e.inputs().iter().map(|i| grid(i).map(|g| g.axes()[*axis].len())).sum::<Result<_, _>>()?;
            if total != grid(e)?.axes()[*axis].len() {
                return Err(format!("the parts add up to {total} along axis {axis}"));
            }
            Ok(())
        }
        Select::Halo { .. } => {
            arity(e, 1)?;
            if grid(&e.inputs()[0])?.counts() != grid(e)?.counts() {
                return Err("a halo changed the number of chunks".into());
            }
            Ok(())
        }
        Select::Resolve(sizes) => {
            arity(e, 1)?;
            equal(&unknown::resolved(grid(&e.inputs()[0])?, sizes).map_err(|x| x.to_string())?, grid(e)?)
        }
        Select::Take { axes, index } => {
            arity(e, 1)?;
            picked(grid(&e.inputs()[0])?, axes, index, grid(e)?)
        }
        Select::Put { axes, index } => {
            arity(e, 2)?;
            equal(grid(&e.inputs()[0])?, grid(e)?)?;
            picked(grid(e)?, axes, index, grid(&e.inputs()[1])?)
        }
        Select::Reshape => {
            arity(e, 1)?;
            let (a, b) = (grid(&e.inputs()[0])?, grid(e)?);
            if crate::expr::reshape::same_pieces(a, b) { Ok(()) } else { Err(format!("chunks of {a:?} are not those of {b:?}")) }
        }
    }
}

/// `part` holds what `index` names of an array of grid `whole`.
fn picked(whole: &Grid, axes: &[usize], index: &Picks, part: &Grid) -> Result<(), String> {
    picks::check(whole, axes, index).map_err(|e| e.to_string())?;
    let Some(points) = part.axes().get(axes[0]) else { return Err("an array of too few axes is picked".into()) };
    if points.len() != index.len() {
        return Err(format!("{} positions, {} elements", index.len(), points.len()));
    }
    equal(&picks::picked_grid(whole, axes, points.clone()), part)
}

fn call(e: &Expr, c: &Call) -> Result<(), String> {
    if c.maps.is_empty() {
        return Ok(());
    }
    if c.maps.len() != e.inputs().len() {
        return Err(format!("{} maps for {} inputs", c.maps.len(), e.inputs().len()));
    }
    let out = grid(e)?.counts();
    for (map, input) in c.maps.iter().zip(e.inputs()) {
        for (o, axis) in map.output_axes(grid(input)?) {
            if out.get(o) != Some(&axis.n_chunks()) {
                return Err(format!("an input has {} blocks along output axis {o}", axis.n_chunks()));
            }
        }
    }
    Ok(())
}

fn grid(e: &Expr) -> Result<&Grid, String> {
    e.array().map(|(_, g)| g).map_err(|x| x.to_string())
}

fn equal(a: &Grid, b: &Grid) -> Result<(), String> {
    if a == b { Ok(()) } else { Err(format!("grid {a:?} should be {b:?}")) }
}

fn shapes(a: &Grid, b: &Grid) -> Result<(), String> {
    if a.shape() == b.shape() { Ok(()) } else { Err(format!("shape {:?} became {:?}", a.shape(), b.shape())) }
}

fn arity(e: &Expr, n: usize) -> Result<(), String> {
    if e.inputs().len() == n { Ok(()) } else { Err(format!("{} inputs, not {n}", e.inputs().len())) }
}
