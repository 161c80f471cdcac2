//! Several arrays as one: what shape they broadcast to, and one cut along every axis they share.

use crate::base::grid::Coords;
use crate::base::{Axis, Error, Grid, Result};
use crate::expr::build::arrange::repeats;
use crate::expr::build::rechunk;
use crate::expr::{AxisMap, Expr, IndexMap, unknown};

/// Shape that all broadcast to.
///
/// # Errors
/// When two lengths differ and neither is 1.
pub fn broadcast_shapes(shapes: &[Coords]) -> Result<Coords> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out: Coords = (0..ndim).map(|_| 1).collect();
    for s in shapes {
        for (o, &n) in out[ndim - s.len()..].iter_mut().zip(s) {
            if *o != n && *o != 1 && n != 1 {
                let all: Vec<String> = shapes.iter().map(|s| format!("{:?}", s.as_slice())).collect();
                return Err(Error::usage(format!("shapes {} do not broadcast together", all.join(" and "))));
            }
            if *o == 1 {
                *o = n;
            }
        }
    }
    Ok(out)
}

/// The inputs with one cut along every axis they share, their maps onto the broadcast shape, and that grid.
///
/// # Errors
/// When shapes do not broadcast.
pub fn align(inputs: &[Expr]) -> Result<(Vec<Expr>, Vec<IndexMap>, Grid)> {
    let grids: Vec<&Grid> = inputs.iter().map(|e| e.array().map(|(_, g)| g)).collect::<Result<_>>()?;
    if grids.iter().any(|g| g.unknown_axis().is_some()) {
        return unknown::align(inputs, &grids);
    }
    let shapes: Vec<Coords> = grids.iter().map(|g| g.shape()).collect();
    let shape = broadcast_shapes(&shapes)?;
    let maps: Vec<IndexMap> = shapes.iter().map(|s| IndexMap::broadcast(s, &shape)).collect();
    let mut cuts = Vec::new();
    for ((x, map), grid) in inputs.iter().zip(&maps).zip(&grids) {
        let free = repeats(x);
        let along = map.0.iter().zip(grid.axes()).enumerate();
        cuts.extend(along.filter_map(|(a, (m, axis))| match m {
            AxisMap::Out(o) => Some((*o, axis, free.as_ref().is_some_and(|f| f[a]))),
            AxisMap::Fixed(_) => None,
        }));
    }
    let axes = one_cut(shape.len(), &cuts);
    let grid = Grid::new(axes.into_iter().zip(&shape).map(|(a, &n)| a.unwrap_or_else(|| Axis::whole(n))));
    grid.n_elements()?;
    let inputs = inputs.iter().zip(&maps).map(|(e, m)| conform(e, m, &grid)).collect::<Result<_>>()?;
    Ok((inputs, maps, grid))
}

/// One cut along each axis that any input lies along: axes, with their cut and whether another would be as good, as it is where an
/// input repeats. Such a cut is used only where there is no other.
pub(super) fn one_cut(ndim: usize, cuts: &[(usize, &Axis, bool)]) -> Vec<Option<Axis>> {
    let mut axes: Vec<Option<Axis>> = vec![None; ndim];
    for free in [false, true] {
        let open: Vec<bool> = axes.iter().map(Option::is_none).collect();
        for (o, axis, _) in cuts.iter().filter(|(o, _, f)| *f == free && open[*o]) {
            axes[*o] = Some(axes[*o].take().map_or_else(|| (*axis).clone(), |a| unify(&a, axis)));
        }
    }
    axes
}

/// One cut for two of the same axis: their common boundaries, unless that would shatter it; then the finer of the two.
pub fn unify(a: &Axis, b: &Axis) -> Axis {
    let common = a.common(b);
    let finer = if a.n_chunks() >= b.n_chunks() { a } else { b };
    if common.n_chunks() > 2 * finer.n_chunks() { finer.clone() } else { common }
}

/// The input cut as `grid` asks along the axes that the map names.
pub(in crate::expr) fn conform(input: &Expr, map: &IndexMap, grid: &Grid) -> Result<Expr> {
    let (_, have) = input.array()?;
    let axes = map.0.iter().zip(have.axes()).map(|(m, axis)| match m {
        AxisMap::Out(o) => grid.axes()[*o].clone(),
        AxisMap::Fixed(_) => axis.clone(),
    });
    rechunk(input, Grid::new(axes))
}

/// The inputs cut as `grid` along the axes they share with it by broadcasting, and their maps onto it.
///
/// # Errors
/// When a shape does not broadcast to the grid's.
pub fn fit(inputs: &[Expr], grid: &Grid) -> Result<(Vec<Expr>, Vec<IndexMap>)> {
    let shape = grid.shape();
    let fitted = inputs.iter().map(|x| {
        let have = x.array()?.1.shape();
        if broadcast_shapes(&[have.clone(), shape.clone()]).ok().as_ref() != Some(&shape) {
            return Err(Error::usage(format!("shape {:?} does not broadcast to {:?}", have.as_slice(), shape.as_slice())));
        }
        let map = IndexMap::broadcast(&have, &shape);
        Ok((conform(x, &map, grid)?, map))
    });
    fitted.collect::<Result<Vec<_>>>().map(|v| v.into_iter().unzip())
}
