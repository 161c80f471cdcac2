//! Filters as expressions: a halo and a function of blocks.

use super::options::Side;
use crate::array::DynArray;
use crate::array::blocks::{halo, roomy};
use crate::base::{DType, Error, Grid, Result, Scalar};
use crate::expr::node::Boundary;
use crate::expr::{Expr, IndexMap, build};
use crate::kernel::filter::pass::{Pass, Step};
use crate::kernel::filter::window::{Make, Window};
use crate::op::block::{NamedBlock, shared};
use crate::op::filter::{Separable, WindowFilter};
use ndarray::ArrayD;

/// One-dimensional filters, each along a side of the array with a number of elements before its place.
pub(super) type Steps = Vec<(Side, Step)>;

/// Complex elements have no order, and SciPy filters their parts; that is left to the caller.
pub(crate) fn real(dtypes: &[DType]) -> Result<()> {
    match dtypes.iter().find(|d| d.is_complex()) {
        Some(d) => Err(Error::dtype(format!("{d} is not filtered: filter the real and the imaginary part"))),
        None => Ok(()),
    }
}

/// Filters one axis after the other.
pub(super) fn separable(x: &DynArray, steps: Steps, output: Option<DType>) -> Result<DynArray> {
    let dtype = output.unwrap_or(x.dtype());
    real(&[x.dtype(), dtype])?;
    let ndim = x.ndim();
    let (mut depth, mut modes, mut passes) = (vec![(0, 0); ndim], vec![Boundary::Nearest; ndim], Vec::new());
    for (side, step) in steps {
        let n = step.len();
        let before = side.before(n)?;
        (depth[side.axis], modes[side.axis]) = ((before, n - 1 - before), side.mode);
        // A window of one element has nothing to do, unless it weighs.
        if n > 1 || matches!(step, Step::Weights(_) | Step::Exact(_)) {
            passes.push(Pass { axis: side.axis, step });
        }
    }
    if passes.is_empty() || x.shape().contains(&0) {
        return x.astype(dtype);
    }
    let outside = outside(&modes, &depth, [x.dtype(), dtype])?;
    let x = if dtype == x.dtype() { x.clone() } else { x.astype(DType::F64)? };
    let (around, grid) = surrounded(&x, &depth, &modes)?;
    let line = around.array()?.1.axes().iter().map(|a| a.max_size()).max().unwrap_or(0);
    call(Separable { passes, shape: x.shape(), depth, outside, from: x.dtype(), dtype, line }, around, dtype, grid)
}

/// Filters with a window in all dimensions.
pub(super) fn windowed(x: &DynArray, sides: &[Side], window: Window, make: Make, output: Option<DType>) -> Result<DynArray> {
    let dtype = output.unwrap_or(x.dtype());
    real(&[x.dtype(), dtype])?;
    let (mut depth, mut modes) = (vec![(0, 0); x.ndim()], vec![Boundary::Nearest; x.ndim()]);
    for side in sides {
        let n = window.shape[side.axis];
        let before = side.before(n)?;
        (depth[side.axis], modes[side.axis]) = ((before, n - 1 - before), side.mode);
    }
    if x.shape().contains(&0) {
        return x.astype(dtype);
    }
    outside(&modes, &depth, [x.dtype(), dtype])?;
    let sum = matches!(make, Make::Sum(_));
    let wide = if dtype == x.dtype() || !sum { x.clone() } else { x.astype(DType::F64)? };
    let (around, grid) = surrounded(&wide, &depth, &modes)?;
    let made = if sum { dtype } else { x.dtype() };
    call(WindowFilter { window, make, from: wide.dtype(), dtype: made }, around, made, grid)?.astype(dtype)
}

/// A function of blocks with halos whose results lie in `grid`.
pub(crate) fn call(op: impl NamedBlock, around: Expr, dtype: DType, grid: Grid) -> Result<DynArray> {
    let maps = vec![IndexMap::identity(grid.ndim())];
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, vec![around], maps, dtype, grid)?))
}

/// The array with halos around its chunks, and its grid without.
pub(crate) fn surrounded(x: &DynArray, depth: &[(usize, usize)], modes: &[Boundary]) -> Result<(Expr, Grid)> {
    let widths: Vec<usize> = depth.iter().map(|(before, after)| before + after).collect();
    let grid = roomy(x.parts().1, &widths);
    let cut = build::rechunk(x.expr(), grid.clone())?;
    Ok((halo(&cut, depth, modes)?, grid))
}

/// The value outside of the array and the axes along which it is there.
fn outside(modes: &[Boundary], depth: &[(usize, usize)], dtypes: [DType; 2]) -> Result<Option<(Scalar, Vec<bool>)>> {
    let mut found: Option<Scalar> = None;
    let mut axes = vec![false; modes.len()];
    for (a, mode) in modes.iter().enumerate().filter(|&(a, _)| depth[a] != (0, 0)) {
        let Boundary::Constant(v) = *mode else { continue };
        let same = |o: Scalar| o.as_f64() == v.as_f64() || (o.as_f64().is_nan() && v.as_f64().is_nan());
        if found.is_some_and(|o| !same(o)) {
            return Err(Error::usage(
                "different constants beyond the border along different axes: filter one axis after the other",
            ));
        }
        if let Some(d) = dtypes.into_iter().find(|&d| !v.fits(d)) {
            return Err(v.misfit(format!("the constant {v} beyond the border does not fit {d}: cast the array with astype first")));
        }
        found = Some(v);
        axes[a] = true;
    }
    Ok(found.map(|v| (v, axes)))
}

/// Places of a small array as a window over all axes of `ndim`: its axis `i` lies along that of side `i`. Which places count, and
/// what they hold, in C order.
pub(super) fn spread<T: Copy>(
    small: &ArrayD<T>,
    sides: &[Side],
    ndim: usize,
    counts: impl Fn(T) -> bool,
) -> Result<(Window, Vec<T>)> {
    if small.ndim() != sides.len() {
        return Err(Error::usage(format!(
            "a window of {} dimensions for {} axes: give it one for each axis that is filtered",
            small.ndim(),
            sides.len()
        )));
    }
    let mut shape = vec![1; ndim];
    sides.iter().zip(small.shape()).for_each(|(s, &n)| shape[s.axis] = n);
    let mut all: Vec<(usize, T)> = Vec::new();
    for (at, &v) in small.indexed_iter().filter(|(_, v)| counts(**v)) {
        let mut full = vec![0; ndim];
        sides.iter().enumerate().for_each(|(i, s)| full[s.axis] = at[i]);
        all.push((full.iter().zip(&shape).fold(0, |p, (i, n)| p * n + i), v));
    }
    all.sort_by_key(|p| p.0);
    let (places, values) = all.into_iter().unzip();
    Ok((Window { shape, places }, values))
}
