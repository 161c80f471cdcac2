//! Axes of unknown size: what may be made of them, and the one error for everything else.
//!
//! Positions along such an axis are upper bounds, so nothing may be computed from them as if they were sizes. Builders refuse such
//! axes unless they are made for them; what is made for them asks the blocks themselves how long they are.

use crate::base::{Axis, Error, Grid, Result};
use crate::expr::build::{conform, unify};
use crate::expr::{AxisMap, Expr, IndexMap};
use crate::kernel::program::{Instr, Program};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The size of an axis is not known.
pub fn error(axis: usize) -> Error {
    Error::usage(format!("the size of axis {axis} is not known before the mask is computed: call resolve() first"))
}

/// Refuses axes of unknown size.
///
/// # Errors
/// There is one.
pub fn refuse(grid: &Grid) -> Result<()> {
    grid.unknown_axis().map_or(Ok(()), |a| Err(error(a)))
}

/// A tag for the sizes that some content decides on.
pub fn tag(what: &str, content: &[u128]) -> u128 {
    let bytes: Vec<u8> = content.iter().flat_map(|c| c.to_le_bytes()).collect();
    xxh3_128(&[what.as_bytes(), b"\0", &bytes].concat())
}

/// As [`align`](crate::expr::build::align) where an input has an axis of unknown size: the others must have the same, or length 1.
///
/// # Errors
/// They have not.
pub(super) fn align(inputs: &[Expr], grids: &[&Grid]) -> Result<(Vec<Expr>, Vec<IndexMap>, Grid)> {
    let ndim = grids.iter().map(|g| g.ndim()).max().unwrap_or(0);
    let mut axes: Vec<Option<Axis>> = vec![None; ndim];
    for g in grids {
        for (o, own) in axes[ndim - g.ndim()..].iter_mut().zip(g.axes()).map(|(o, own)| (o, own.clone())) {
            *o = Some(match o.take() {
                None => own,
                Some(a) => a,
            });
        }
    }
    for (o, slot) in axes.iter_mut().enumerate() {
        let all = grids.iter().filter_map(|g| (o + g.ndim()).checked_sub(ndim).map(|a| &g.axes()[a]));
        let all: Vec<&Axis> = all.filter(|a| a.is_unknown() || a.len() != 1).collect();
        let Some((first, rest)) = all.split_first() else {
            *slot = Some(Axis::whole(1));
            continue;
        };
        let mut made = (*first).clone();
        for a in rest {
            made = match (made.is_unknown() || a.is_unknown(), made.len() == a.len()) {
                (true, _) if made == **a => made,
                (true, _) => return Err(error(o)),
                (false, true) => unify(&made, a),
                (false, false) => {
                    let shapes: Vec<String> = grids.iter().map(|g| format!("{:?}", g.shape().as_slice())).collect();
                    return Err(Error::usage(format!("shapes {} do not broadcast together", shapes.join(" and "))));
                }
            };
        }
        *slot = Some(made);
    }
    let grid = Grid::new(axes.into_iter().flatten());
    grid.n_elements()?;
    let map = |g: &Grid| {
        let skip = ndim - g.ndim();
        let one = |(a, own): (usize, &Axis)| {
            let repeats = !own.is_unknown() && own.len() == 1 && *own != grid.axes()[a + skip];
            if repeats { AxisMap::Fixed(0) } else { AxisMap::Out(a + skip) }
        };
        IndexMap(g.axes().iter().enumerate().map(one).collect())
    };
    let maps: Vec<IndexMap> = grids.iter().map(|g| map(g)).collect();
    let inputs = inputs.iter().zip(&maps).map(|(e, m)| conform(e, m, &grid)).collect::<Result<_>>()?;
    Ok((inputs, maps, grid))
}

/// Refuses a program that looks at positions along an axis of unknown size.
///
/// # Errors
/// It does.
pub(super) fn positions(program: &Program, grid: &Grid) -> Result<()> {
    let unknown = |a: usize| grid.axes().get(a).is_some_and(Axis::is_unknown);
    let looks = program.values.iter().find_map(|(i, _)| match i {
        Instr::Number(line) => line.axes().find(|&a| unknown(a)),
        _ => None,
    });
    looks.map_or(Ok(()), |a| Err(error(a)))
}

/// Refuses to join arrays of which another axis than `axis` is unknown and not the same in both.
///
/// # Errors
/// There is one.
pub(super) fn same_others(a: &Grid, b: &Grid, axis: usize) -> Result<()> {
    let differs = |(i, (x, y)): (usize, (&Axis, &Axis))| i != axis && (x.is_unknown() || y.is_unknown()) && x != y;
    a.axes().iter().zip(b.axes()).enumerate().position(differs).map_or(Ok(()), |i| Err(error(i)))
}

/// Axes one after the other, if one of them is of unknown size.
pub fn joined(axes: &[Axis]) -> Option<Axis> {
    if !axes.iter().any(Axis::is_unknown) {
        return None;
    }
    let content: Vec<u128> = axes
        .iter()
        .flat_map(|a| match a {
            Axis::Unknown(u) => vec![u.tag],
            known => [known.n_chunks()].into_iter().chain(known.sizes()).map(|n| n as u128).collect(),
        })
        .collect();
    Some(Axis::unknown(axes.iter().flat_map(Axis::sizes), tag("joined", &content)))
}

/// Refuses a function on blocks whose declared result has another axis where an input's is of unknown size, unless it is of unknown
/// size, too, or has one element for each block.
///
/// # Errors
/// It has.
pub(super) fn declared(inputs: &Grid, result: &Grid) -> Result<()> {
    inputs.axes().iter().zip(result.axes()).enumerate().try_for_each(|(i, (have, out))| one_axis(have, out, i))
}

/// As [`declared`], of one axis.
pub(super) fn one_axis(have: &Axis, out: &Axis, i: usize) -> Result<()> {
    let fits = !have.is_unknown() || out.is_unknown() || (!out.is_empty() && out.sizes().all(|n| n == 1));
    if fits { Ok(()) } else { Err(error(i)) }
}

/// The grid whose pieces have the sizes that were found out, empty ones left out.
///
/// # Errors
/// Sizes that the bounds do not allow, or none for an axis that needs them.
pub fn resolved(grid: &Grid, sizes: &[Option<Arc<[usize]>>]) -> Result<Grid> {
    if sizes.len() != grid.ndim() {
        return Err(Error::usage(format!("sizes for {} axes of {}", sizes.len(), grid.ndim())));
    }
    let one = |a: usize| match (&grid.axes()[a], &sizes[a]) {
        (axis, None) if !axis.is_unknown() => Ok(axis.clone()),
        (Axis::Unknown(u), Some(s))
            if s.len() + 1 == u.bounds.len() && s.iter().zip(u.bounds.windows(2)).all(|(&n, w)| n <= w[1] - w[0]) =>
        {
            Ok(Axis::from_sizes(s))
        }
        _ => Err(Error::usage(format!("sizes that axis {a} cannot have"))),
    };
    Ok(Grid::new((0..grid.ndim()).map(one).collect::<Result<Vec<_>>>()?))
}
