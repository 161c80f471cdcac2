//! Parts, joins, halos and other chunks.

use crate::base::{Axis, AxisSlice, Error, Grid, Result};
use crate::expr::build::align::one_cut;
use crate::expr::build::arrange::{repeated_so, repeats};
use crate::expr::build::{array_meta, cast};
use crate::expr::node::{Boundary, Select};
use crate::expr::{Expr, Kind, unknown};

/// A slice of every axis.
///
/// # Errors
/// When this is no array or the slices do not lie on its axes.
pub fn slice(x: &Expr, slices: &[AxisSlice]) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let shape = grid.shape();
    if slices.len() != shape.len() || slices.iter().zip(&shape).any(|(s, &n)| s.len > 0 && s.hull().end > n) {
        return Err(Error::usage(format!("slice {slices:?} does not lie in the shape {:?}", shape.as_slice())));
    }
    if slices.iter().zip(&shape).all(|(s, &n)| s.is_whole(n)) {
        return Ok(x.clone());
    }
    let partly = |(a, s): (&Axis, &AxisSlice)| a.is_unknown() && !s.is_whole(a.len());
    if let Some(a) = grid.axes().iter().zip(slices).position(partly) {
        return Err(unknown::error(a));
    }
    let out = Grid::new(grid.axes().iter().zip(slices).map(|(a, s)| slice_axis(a, s)));
    let meta = array_meta(dtype, out);
    Ok(Expr::new(Kind::Select(Select::Slice(slices.to_vec())), vec![x.clone()], meta, "slice"))
}

/// How a slice of an axis is cut: one piece for each chunk that holds some of it.
pub fn slice_axis(axis: &Axis, s: &AxisSlice) -> Axis {
    if axis.is_unknown() {
        return axis.clone(); // only the whole of it is ever sliced
    }
    let mut sizes = Vec::new();
    let mut i = 0;
    while i < s.len {
        let r = axis.range(axis.chunk_of(s.at(i)));
        let room = if s.step > 0 { r.end - 1 - s.at(i) } else { s.at(i) - r.start };
        let n = (room / s.step.unsigned_abs() + 1).min(s.len - i);
        sizes.push(n);
        i += n;
    }
    Axis::from_sizes(&sizes)
}

/// Arrays one after the other along `axis`.
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn concatenate(arrays: &[Expr], axis: usize) -> Result<Expr> {
    let Some(first) = arrays.first() else { return Err(Error::usage("concatenate needs at least one array")) };
    let mut dtype = first.array()?.0;
    let shape = first.array()?.1.shape();
    if axis >= shape.len() {
        return Err(Error::axis(format!("concatenate: axis {axis} is out of bounds for {} dimensions", shape.len())));
    }
    for x in &arrays[1..] {
        let (d, g) = x.array()?;
        let s = g.shape();
        if s.len() == shape.len() {
            unknown::same_others(first.array()?.1, g, axis).map_err(|e| e.at("concatenate"))?;
        }
        if s.len() != shape.len() || (0..s.len()).any(|a| a != axis && s[a] != shape[a]) {
            return Err(Error::usage(format!(
                "concatenate along axis {axis}: {:?} and {:?} differ in another axis",
                shape.as_slice(),
                s.as_slice()
            )));
        }
        dtype = dtype.promote(d);
    }
    let mut cuts = common_cut(arrays)?;
    let mut sizes = Vec::new();
    let (mut parts, mut owns) = (Vec::new(), Vec::new());
    for x in arrays {
        let own = x.array()?.1.axes()[axis].clone();
        if own.is_empty() {
            continue;
        }
        sizes.extend(own.sizes());
        owns.push(own.clone());
        let axes = cuts.iter().enumerate().map(|(a, c)| if a == axis { own.clone() } else { c.clone() });
        parts.push(rechunk(&cast(x, dtype)?, Grid::new(axes))?);
    }
    if parts.len() <= 1 {
        return match parts.pop() {
            Some(only) => Ok(only),
            None => cast(first, dtype),
        };
    }
    cuts[axis] = unknown::joined(&owns).unwrap_or_else(|| Axis::from_sizes(&sizes));
    let grid = Grid::new(cuts);
    grid.n_elements().map_err(|e| e.at("concatenate"))?;
    let meta = array_meta(dtype, grid);
    Ok(Expr::new(Kind::Select(Select::Concat(axis)), parts, meta, "concatenate"))
}

/// One cut along every axis of arrays of as many axes.
fn common_cut(arrays: &[Expr]) -> Result<Vec<Axis>> {
    let mut cuts = Vec::new();
    for x in arrays {
        let free = repeats(x);
        cuts.extend(x.array()?.1.axes().iter().enumerate().map(|(a, axis)| (a, axis, free.as_ref().is_some_and(|f| f[a]))));
    }
    let ndim = arrays.first().map_or(Ok(0), |x| x.array().map(|(_, g)| g.ndim()))?;
    Ok(one_cut(ndim, &cuts).into_iter().flatten().collect())
}

/// Every chunk with some of its neighbours around it, as far away as the depth reaches; beyond the border the boundary is
/// continued as often as needed. The result's grid has the enlarged chunks.
///
/// # Errors
/// When there is not one depth per axis, or the boundary continues an axis that has no elements.
pub fn halo(x: &Expr, depth: &[(usize, usize)], boundary: Boundary) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("halo"))?;
    if depth.len() != grid.ndim() {
        return Err(Error::usage(format!("a halo needs a depth for each of the {} axes, not {}", grid.ndim(), depth.len())));
    }
    let mut axes = Vec::new();
    for (a, (axis, &(before, after))) in grid.axes().iter().zip(depth).enumerate() {
        if axis.is_empty() && before.max(after) > 0 && !matches!(boundary, Boundary::None | Boundary::Constant(_)) {
            return Err(Error::usage(format!("axis {a} has no elements to continue: use Boundary::Constant")));
        }
        if before.checked_add(after).and_then(|d| d.checked_add(axis.len())).is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::usage(format!("a halo of {before} and {after} around axis {a} is beyond all memory")));
        }
        let n = axis.n_chunks();
        let sizes: Vec<usize> = (0..n)
            .map(|i| {
                let r = axis.range(i);
                let (lo, hi) =
                    if boundary == Boundary::None { (before.min(r.start), after.min(axis.len() - r.end)) } else { (before, after) };
                r.len() + lo + hi
            })
            .collect();
        axes.push(Axis::from_sizes(&sizes));
    }
    let grid = Grid::new(axes);
    grid.n_elements().map_err(|e| e.at("halo"))?;
    let meta = array_meta(dtype, grid);
    Ok(Expr::new(Kind::Select(Select::Halo { depth: depth.to_vec(), boundary }), vec![x.clone()], meta, "halo"))
}

/// The same elements, cut as `grid` says. Of an array that repeats, what it is made of is cut so.
///
/// # Errors
/// When the shapes differ.
pub fn rechunk(x: &Expr, grid: Grid) -> Result<Expr> {
    let (dtype, have) = x.array()?;
    if *have == grid {
        return Ok(x.clone());
    }
    if let Some(a) = have.axes().iter().zip(grid.axes()).position(|(h, g)| (h.is_unknown() || g.is_unknown()) && h != g) {
        return Err(unknown::error(a).at("rechunk"));
    }
    if have.shape() != grid.shape() {
        return Err(Error::usage(format!(
            "rechunk: chunks for shape {:?} do not fit {:?}",
            grid.shape().as_slice(),
            have.shape().as_slice()
        )));
    }
    if repeats(x).is_some() {
        return repeated_so(x, grid);
    }
    Ok(Expr::new(Kind::Rechunk, vec![x.clone()], array_meta(dtype, grid), "rechunk"))
}
