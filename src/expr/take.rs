//! Makes takes and puts: elements picked by position, and elements replaced by position.

use crate::base::{Axis, Error, Grid, Result};
use crate::expr::build::{cast, rechunk};
use crate::expr::node::Select;
use crate::expr::picks::{Cells, Picks, check, cut, picked_grid};
use crate::expr::{Expr, Kind, Meta, unknown};

/// More parts than so many for every chunk go by way of an array between: each part is a task's output, however small.
const MOST_PARTS: usize = 64;

/// The elements that `index` names over `axes` (rising), along one axis in place of the first.
///
/// # Errors
/// When positions or axes are out of bounds.
pub fn take(x: &Expr, axes: &[usize], index: Picks) -> Result<Expr> {
    let (_, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("take"))?;
    check(grid, axes, &index)?;
    match two_steps(&Cells::of(grid, axes), &index) {
        Some((first, second)) => in_one(&in_one(x, axes, first)?, &axes[..1], second),
        None => in_one(x, axes, index),
    }
}

/// Two takes for one whose chunks need a little of very many others each. Of `n` chunks of the result √n beside each other make a
/// group; the array between has what a group needs, in order of the sources. Then neither side of it has more than about √n parts.
fn two_steps(cells: &Cells, index: &Picks) -> Option<(Picks, Picks)> {
    let most = cells.max_size().max(1);
    let n_pieces = index.len().div_ceil(most);
    let enough = MOST_PARTS.saturating_mul(cells.count() + n_pieces);
    if index.as_slice().is_some() || cells.count().saturating_mul(n_pieces) <= enough {
        return None;
    }
    let mut seen = vec![usize::MAX; cells.count()];
    let new = (0..index.len()).filter(|i| {
        let piece = i / most;
        std::mem::replace(&mut seen[cells.locate(index.at(*i)).0], piece) != piece
    });
    if new.count() <= enough {
        return None;
    }
    let group = n_pieces.div_ceil(n_pieces.isqrt()) * most;
    let (mut between, mut places) = (Vec::new(), Vec::with_capacity(index.len()));
    for start in (0..index.len()).step_by(group) {
        let keys = || (start..(start + group).min(index.len())).map(|i| (cells.locate(index.at(i)), index.at(i)));
        let mut needed: Vec<((usize, usize), usize)> = keys().collect();
        needed.sort_unstable();
        needed.dedup();
        // Every key is among those that are needed.
        places.extend(keys().map(|k| between.len() + needed.partition_point(|other| *other < k)));
        between.extend(needed.into_iter().map(|(_, at)| at));
    }
    Some((Picks::new(between), Picks::new(places)))
}

fn in_one(x: &Expr, axes: &[usize], index: Picks) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let grid = picked_grid(grid, axes, cut(&Cells::of(grid, axes), &index));
    grid.n_elements().map_err(|e| e.at("take"))?;
    let kind = Kind::Select(Select::Take { axes: axes.to_vec(), index });
    Ok(Expr::new(kind, vec![x.clone()], Meta::Array { dtype, grid }, "take"))
}

/// How the values must be cut that [`put`] puts into `x`.
///
/// # Errors
/// When positions or axes are out of bounds.
pub fn put_grid(x: &Expr, axes: &[usize], index: &Picks) -> Result<Grid> {
    let (_, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("put"))?;
    check(grid, axes, index)?;
    Ok(picked_grid(grid, axes, cut(&Cells::of(grid, axes), index)))
}

/// `x` with the elements that [`take`] would name replaced by those of `value`, which has the shape of that take. The last of equal
/// positions wins.
///
/// # Errors
/// When positions or axes are out of bounds, or the value has another shape.
pub fn put(x: &Expr, axes: &[usize], index: Picks, value: &Expr) -> Result<Expr> {
    let grid = put_grid(x, axes, &index)?;
    if index.is_empty() || grid.axes().iter().any(Axis::is_empty) {
        return Ok(x.clone());
    }
    let (dtype, own) = x.array()?;
    let (_, have) = value.array()?;
    unknown::refuse(have).map_err(|e| e.at("put"))?;
    if have.shape() != grid.shape() {
        let (have, want) = (have.shape(), grid.shape());
        return Err(Error::usage(format!("values of shape {:?} for elements of shape {:?}", have.as_slice(), want.as_slice())));
    }
    let meta = Meta::Array { dtype, grid: own.clone() };
    let value = rechunk(&cast(value, dtype)?, grid)?;
    Ok(Expr::new(Kind::Select(Select::Put { axes: axes.to_vec(), index }), vec![x.clone(), value], meta, "put"))
}
