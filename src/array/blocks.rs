//! User functions on blocks.
//!
//! A function is a closure of this process or is registered by name ([`Function`]); the same calls take both. What it gives is
//! declared, never guessed by running it, and every block is checked.

mod along;
mod blockwise;
mod gufunc;
mod reduce;

pub use along::{apply_along_axis, apply_over_axes};
pub use blockwise::{Blockwise, blockwise};
pub use gufunc::{Gufunc, apply_gufunc};
pub use reduce::Reducer;

use crate::array::DynArray;
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::chunk::Tensor;
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::function::Form;
pub use crate::expr::function::{BlockFunction, Function};
use crate::expr::node::Boundary;
use crate::expr::{AxisMap, Expr, build};
use std::ops::Range;
use std::sync::Arc;

/// The grid with some axes whole; the longest of the others are cut smaller by as much as chunks would grow.
pub(crate) fn whole_along(grid: &Grid, whole: &[usize]) -> Grid {
    let mut growth: usize = whole.iter().map(|&a| grid.axes()[a].n_chunks()).product();
    let mut axes: Vec<Axis> = grid.axes().to_vec();
    whole.iter().for_each(|&a| axes[a] = Axis::whole(grid.axes()[a].len()));
    while growth > 1 {
        let others = (0..axes.len()).filter(|a| !whole.contains(a) && axes[*a].max_size() > 1);
        let Some(a) = others.max_by_key(|&a| axes[a].max_size()) else { break };
        let size = axes[a].max_size();
        let factor = growth.min(size);
        axes[a] = Axis::regular(axes[a].len(), size.div_ceil(factor));
        growth = growth.div_ceil(factor);
    }
    Grid::new(axes)
}

/// `f` on every block of the aligned arrays. The result's dtype is declared, and its chunks too if they differ from the
/// inputs'; `f` is never run to find out. `f` must be pure. NumPy-like axes that go or come (Dask's `drop_axis`, `new_axis`): see
/// [`blockwise()`]. `f` is told where its block lies. Dask's `map_blocks`.
///
/// # Chunks
/// As the inputs', or as declared; a task holds a block of each input and of the result.
///
/// # Example
/// ```
/// use tilework::{DType, array::{arange, map_blocks}, chunk::Tensor};
/// let x = arange(0, 6, 1, 4)?;
/// let y = map_blocks("doubled", &[&x], DType::I64, None, |_, b| {
///     Ok(Tensor::from_ndarray(b[0].to_ndarray::<i64>()? * 2))
/// })?;
/// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 2, 4, 6, 8, 10]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When shapes do not broadcast, or declared chunks are not as many as the inputs'. A block of another shape or dtype than
/// declared fails the run, with the block named.
pub fn map_blocks(
    name: &str,
    inputs: &[&DynArray],
    dtype: DType,
    grid: Option<Grid>,
    f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<DynArray> {
    map_blocks_with(&Function::new(name, f), inputs, dtype, grid)
}

/// As [`map_blocks`], of a [`Function`]: a closure, or one that workers find by name.
///
/// # Chunks
/// As the inputs', or as declared; a task holds a block of each input and of the result.
///
/// # Example
/// See [`Function::registered`].
///
/// # Errors
/// As [`map_blocks`].
pub fn map_blocks_with(f: &Function, inputs: &[&DynArray], dtype: DType, grid: Option<Grid>) -> Result<DynArray> {
    let exprs: Vec<_> = inputs.iter().map(|a| a.expr().clone()).collect();
    Ok(DynArray::wrap(build::call(f.call(Form::default())?, &exprs, dtype, grid)?))
}

/// A closure as a node holds it.
fn closure(name: &str, f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static) -> Result<Arc<dyn CallOp>> {
    Function::new(name, f).call(Form::default())
}

/// One boundary for all axes, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundaries(Vec<Boundary>);

impl From<Boundary> for Boundaries {
    fn from(b: Boundary) -> Boundaries {
        Boundaries(vec![b])
    }
}
impl From<&[Boundary]> for Boundaries {
    fn from(b: &[Boundary]) -> Boundaries {
        Boundaries(b.to_vec())
    }
}
impl From<Vec<Boundary>> for Boundaries {
    fn from(b: Vec<Boundary>) -> Boundaries {
        Boundaries(b)
    }
}
impl<const N: usize> From<[Boundary; N]> for Boundaries {
    fn from(b: [Boundary; N]) -> Boundaries {
        Boundaries(b.to_vec())
    }
}

impl Boundaries {
    /// One for each of `ndim` axes.
    pub(super) fn each(&self, ndim: usize) -> Result<Vec<Boundary>> {
        match self.0.as_slice() {
            [one] => Ok(vec![*one; ndim]),
            all if all.len() == ndim => Ok(all.to_vec()),
            all => Err(Error::usage(format!("{} boundaries for {ndim} axes: give one for all, or one for each", all.len()))),
        }
    }
}

/// What lies around every block of an input: for each axis the elements (before, after), and what is beyond the border.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// Elements before and after, for each axis.
    pub depth: Vec<(usize, usize)>,
    /// What lies beyond the border.
    pub boundary: Boundaries,
}

impl Overlap {
    /// So many elements before and after along each axis.
    pub fn new(depth: &[(usize, usize)], boundary: impl Into<Boundaries>) -> Overlap {
        Overlap { depth: depth.to_vec(), boundary: boundary.into() }
    }

    /// One boundary and depth for each of `ndim` axes.
    fn checked(&self, ndim: usize) -> Result<Vec<Boundary>> {
        if self.depth.len() != ndim {
            return Err(Error::usage(format!("a halo needs a depth for each of the {ndim} axes, not {}", self.depth.len())));
        }
        self.boundary.each(ndim)
    }
}

/// `f` on every block with `depth` (before, after) elements of its neighbours along each axis; beyond the border lies what
/// `boundary` says (one for all axes or one for each), repeated as often as the depth asks for. `f` returns the block with or
/// without the halo: what it returns with the halo is trimmed. Dask's `map_overlap`.
///
/// # Chunks
/// As the input, unless the halos along an axis would hold more elements than the axis itself: then neighbours are put together until
/// each piece is as long as its halo. A task holds a chunk with its halo and the result.
///
/// # Example
/// ```
/// use tilework::{DType, array::{arange, map_overlap}, chunk::Tensor, expr::node::Boundary};
/// let x = arange(0, 6, 1, 3)?;
/// let sums = map_overlap("sum of two", &x, &[(1, 0)], Boundary::Periodic, DType::I64, |_, b| {
///     let v = b.to_ndarray::<i64>()?;
///     Ok(Tensor::from_ndarray(ndarray::Array1::from_iter((1..v.len()).map(|i| v[[i - 1]] + v[[i]])).into_dyn()))
/// })?;
/// assert_eq!(sums.compute_as::<i64>()?.into_raw_vec_and_offset().0, [5, 1, 3, 5, 7, 9]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there is not one depth per axis, or an axis without elements is to be continued.
pub fn map_overlap(
    name: &str,
    x: &DynArray,
    depth: &[(usize, usize)],
    boundary: impl Into<Boundaries>,
    dtype: DType,
    f: impl Fn(&BlockInfo, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<DynArray> {
    map_overlaps(name, &[(x, Overlap::new(depth, boundary))], dtype, true, move |block, inputs| f(block, &inputs[0]))
}

/// `f` on the blocks of several arrays, each with a halo of its own. The arrays broadcast to one shape and are cut alike; an axis
/// that repeats by broadcasting has no halo. Blocks come with all axes of the shape. With `trim`, `f` returns blocks without a halo or with that of the first array, which
/// is then taken off; without, the halo of the first array stays in the result, whose chunks are larger by it.
///
/// # Chunks
/// As the inputs' common cut, coarser where halos would be longer than the axis (see [`map_overlap`]). A task holds a chunk of each
/// input with its halo and the result.
///
/// # Example
/// ```
/// use tilework::{DType, array::{Overlap, arange, map_overlaps}, expr::node::Boundary};
/// let (x, y) = (arange(0, 6, 1, 3)?, arange(10, 16, 1, 2)?);
/// let (around, alone) = (Overlap::new(&[(1, 1)], Boundary::None), Overlap::new(&[(0, 0)], Boundary::None));
/// let seen = map_overlaps("lengths", &[(&y, alone), (&x, around)], DType::I64, true, |_, b| {
///     assert!(b[1].len() > b[0].len());
///     Ok(b[0].clone())
/// })?;
/// assert_eq!(seen.compute_as::<i64>()?.into_raw_vec_and_offset().0, [10, 11, 12, 13, 14, 15]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When shapes do not broadcast, an input has not one depth per axis, a repeated axis has a depth, or an axis without elements is to
/// be continued.
pub fn map_overlaps(
    name: &str,
    inputs: &[(&DynArray, Overlap)],
    dtype: DType,
    trim: bool,
    f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<DynArray> {
    let named = |e: Error| e.at(name.to_string());
    let Some((_, first)) = inputs.first() else { return Err(Error::usage(format!("{name}: no arrays are given"))) };
    let (first, exprs) = (first.clone(), inputs.iter().map(|(x, _)| x.expr().clone()).collect::<Vec<_>>());
    let (exprs, maps, grid) = build::align(&exprs).map_err(named)?;
    let mut around = vec![0; grid.ndim()];
    let mut boundaries = Vec::new();
    for ((x, map), (_, own)) in exprs.iter().zip(&maps).zip(inputs) {
        boundaries.push(own.checked(x.array()?.1.ndim()).map_err(named)?);
        for (a, (m, &(before, after))) in map.0.iter().zip(&own.depth).enumerate() {
            match m {
                AxisMap::Out(o) => around[*o] = around[*o].max(before.saturating_add(after)),
                AxisMap::Fixed(_) if before == 0 && after == 0 => {}
                AxisMap::Fixed(_) => {
                    return Err(Error::usage(format!("{name}: axis {a} of length 1 repeats, so its depth must be 0")));
                }
            }
        }
    }
    let grid = roomy(&grid, &around);
    let mut halos = Vec::new();
    for (((x, map), (_, own)), boundary) in exprs.iter().zip(&maps).zip(inputs).zip(&boundaries) {
        let axes = map.0.iter().zip(x.array()?.1.axes()).map(|(m, axis)| match m {
            AxisMap::Out(o) => grid.axes()[*o].clone(),
            AxisMap::Fixed(_) => axis.clone(),
        });
        let cut = build::rechunk(x, Grid::new(axes))?;
        halos.push(halo(&cut, &own.depth, boundary).map_err(named)?);
    }
    if !trim {
        let out = halos[0].array()?.1.clone();
        if !maps[0].is_identity(grid.ndim()) {
            return Err(Error::usage(format!("{name}: the first array must have the shape of all when its halo stays")));
        }
        return Ok(DynArray::wrap(build::call_mapped(closure(name, f)?, halos, maps, dtype, out)?));
    }
    let (depth, boundary, inner) = (first.depth, boundaries.swap_remove(0), grid.clone());
    let trimmed = move |block: &BlockInfo, inputs: &[Tensor]| trimmed(&inner, &depth, &boundary, block, inputs, &f);
    Ok(DynArray::wrap(build::call_mapped(closure(name, trimmed)?, halos, maps, dtype, grid)?))
}

fn trimmed(
    grid: &Grid,
    depth: &[(usize, usize)],
    boundary: &[Boundary],
    block: &BlockInfo,
    inputs: &[Tensor],
    f: &impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor>,
) -> Result<Tensor> {
    let out = f(block, inputs)?;
    let want = grid.chunk_region(block.index);
    if out.shape() == want.shape().as_slice() {
        return Ok(out);
    }
    if out.shape() != inputs[0].shape() || depth.len() != want.ndim() {
        return Err(Error::usage(format!(
            "the function gave {:?}; for this block it must give {:?}, or {:?} with the halo",
            out.shape(),
            want.shape().as_slice(),
            inputs[0].shape()
        )));
    }
    let clipped = |((r, &(before, _)), b): ((&Range<usize>, &(usize, usize)), &Boundary)| {
        if *b == Boundary::None { before.min(r.start) } else { before }
    };
    let start: Vec<usize> = want.ranges().iter().zip(depth).zip(boundary).map(clipped).collect();
    Ok(out.slice(&want.relative_to(&want.start()).shifted(&start)))
}

/// Halos with a boundary for each axis: one after the other where they differ.
pub(super) fn halo(x: &Expr, depth: &[(usize, usize)], boundary: &[Boundary]) -> Result<Expr> {
    let mut out = x.clone();
    let mut done = vec![false; depth.len()];
    while let Some(first) = (0..depth.len()).find(|&a| !done[a] && depth[a] != (0, 0)) {
        let mut now = vec![(0, 0); depth.len()];
        for a in (0..depth.len()).filter(|&a| boundary[a] == boundary[first]) {
            now[a] = depth[a];
            done[a] = true;
        }
        out = build::halo(&out, &now, boundary[first])?;
    }
    Ok(out)
}

/// The grid with neighbours put together along axes whose halos (`around` elements for every chunk) would hold more than the axis.
pub(super) fn roomy(grid: &Grid, around: &[usize]) -> Grid {
    Grid::new(grid.axes().iter().zip(around).map(|(axis, &around)| {
        if axis.n_chunks() == 1 || axis.n_chunks().saturating_mul(around) <= axis.len() {
            return axis.clone();
        }
        let mut sizes = Vec::new();
        let mut now = 0;
        for n in axis.sizes() {
            now += n;
            if now >= around {
                sizes.push(std::mem::take(&mut now));
            }
        }
        match sizes.last_mut() {
            Some(last) => *last += now,
            None => sizes.push(now),
        }
        Axis::from_sizes(&sizes)
    }))
}
