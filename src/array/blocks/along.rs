//! Functions along axes, and reductions of neighbours.

use super::blockwise::without_last;
use super::whole_along;
use crate::array::{DynArray, Index};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::function::{Declared, Form, Function};
use crate::expr::{AxisMap, Chunks, IndexMap, build};
use crate::kernel::reduce::ReduceOp;

/// A function of every lane along an axis; NumPy's `apply_along_axis`. The function gets lanes as 1-D blocks. `len` is the length of
/// what it gives, which takes the place of the axis; None for one element (a 0-D block), and the axis goes.
///
/// # Chunks
/// The axis is one chunk; the others are cut smaller where it had been cut, so that blocks do not grow. A task holds a block of the
/// array and of the result.
///
/// # Errors
/// When the axis is out of bounds. A lane that is not as declared fails the run, with the block named.
///
/// # Example
/// ```
/// use tilework::array::{Function, apply_along_axis, arange};
/// use tilework::{DType, chunk::Tensor};
/// let x = arange(0, 12, 1, 5)?.reshape(&[3, 4])?;
/// let ends = Function::new("ends", |_, lane| {
///     let v = lane[0].to_ndarray::<i64>()?;
///     Tensor::from_vec(&[2], vec![v[0], v[v.len() - 1]])
/// });
/// let y = apply_along_axis(&ends, &x, 1, Some(2), DType::I64)?;
/// assert_eq!(y.compute_as::<i64>()?, ndarray::array![[0, 3], [4, 7], [8, 11]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn apply_along_axis(f: &Function, x: &DynArray, axis: isize, len: Option<usize>, dtype: DType) -> Result<DynArray> {
    let (_, grid) = x.parts();
    let axis = build::normalize_axis(axis, grid.ndim()).map_err(|e| e.at(f.name().to_string()))?;
    let cut = whole_along(grid, &[axis]);
    let ndim = grid.ndim();
    let mut axes: Vec<Axis> = cut.axes().to_vec();
    // Without a length the axis goes to the end, where the function knows nothing of it.
    let place = |a: usize| match len {
        Some(_) => a,
        None if a == axis => ndim - 1,
        None => a - usize::from(a > axis),
    };
    match len {
        Some(n) => axes[axis] = Axis::whole(n),
        None => {
            axes.remove(axis);
            axes.push(Axis::whole(1));
        }
    }
    let form = Form {
        layouts: Some(vec![(0..ndim).map(place).collect()]),
        n_extra: usize::from(len.is_none()),
        along: Some(axis),
        results: vec![Declared { dtype, core: len.into_iter().collect() }],
        scratch_bytes: 2 * (len.unwrap_or(1) * dtype.size()) as u64,
    };
    let map = IndexMap((0..ndim).map(|a| AxisMap::Out(place(a))).collect());
    let inner = build::rechunk(x.expr(), cut)?;
    let y = build::call_mapped(f.call(form)?, vec![inner], vec![map], dtype, Grid::new(axes))?;
    without_last(&y, usize::from(len.is_none()))
}

/// A lazy function applied along one axis after the other; NumPy's `apply_over_axes`. `f` gives an array of as many axes, or of one
/// less, which is put back with length 1.
///
/// # Chunks
/// As `f` makes them.
///
/// # Errors
/// `f`'s own; an axis that is out of bounds, or a result of another number of axes.
///
/// # Example
/// ```
/// use tilework::array::{apply_over_axes, arange};
/// let x = arange(0, 24, 1, 5)?.reshape(&[2, 3, 4])?;
/// let y = apply_over_axes(|x, axis| x.sum(Some(&[axis])), &x, &[0, 2])?;
/// assert_eq!(y.compute_as::<i64>()?, ndarray::array![[[60], [92], [124]]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn apply_over_axes(f: impl Fn(&DynArray, isize) -> Result<DynArray>, x: &DynArray, axes: &[isize]) -> Result<DynArray> {
    let mut now = x.clone();
    for &axis in axes {
        let at = build::normalize_axis(axis, x.ndim()).map_err(|e| e.at("apply_over_axes"))?;
        let next = f(&now, at as isize)?;
        now = match next.ndim() {
            n if n == x.ndim() => next,
            n if n + 1 == x.ndim() => DynArray::wrap(build::expand_dims(next.expr(), &[at])?),
            n => {
                let message = format!("apply_over_axes: along axis {axis} the function gave {n} axes of {}", x.ndim());
                return Err(Error::usage(message));
            }
        };
    }
    Ok(now)
}

impl DynArray {
    /// The reduction of every group of `factor` neighbours along some axes: `(axis, factor)`. What is left over at the end of an axis
    /// is cut off with `trim`. Dask's `coarsen`.
    ///
    /// # Chunks
    /// As the array's, divided; chunks are first brought to whole groups. A task holds one chunk.
    ///
    /// # Errors
    /// An axis out of bounds or named twice, a factor of 0, or one that does not divide the axis, without `trim`.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// use tilework::op::reduction::MAX;
    /// let x = arange(0, 20, 1, 3)?.reshape(&[4, 5])?;
    /// let y = x.coarsen(&MAX, &[(0, 2), (1, 2)], true)?;
    /// assert_eq!(y.compute_as::<i64>()?, ndarray::array![[6, 8], [16, 18]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn coarsen(&self, op: &'static ReduceOp, factors: &[(isize, usize)], trim: bool) -> Result<DynArray> {
        let mut by = vec![1; self.ndim()];
        for &(axis, factor) in factors {
            let a = build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("coarsen"))?;
            let n = self.shape()[a];
            if by[a] != 1 || factor == 0 || (!trim && !n.is_multiple_of(factor)) {
                return Err(Error::usage(format!(
                    "coarsen: groups of {factor} along axis {axis} of length {n}: the factor must divide it (or be trimmed), and each \
                     axis come once"
                )));
            }
            by[a] = factor;
        }
        let kept: Vec<Index> =
            self.shape().iter().zip(&by).map(|(n, k)| Index::Slice(None, Some((n / k * k) as isize), None)).collect();
        let x = self.index(&kept)?;
        let groups = x.parts().1.axes().iter().zip(&by).map(|(axis, &k)| groups(axis, k)).collect();
        let x = x.rechunk(Chunks::Exact(groups))?;
        let split: Vec<isize> = x.shape().iter().zip(&by).flat_map(|(n, k)| [n / k, *k]).map(|n| n as isize).collect();
        let axes: Vec<isize> = (0..by.len() as isize).map(|a| 2 * a + 1).collect();
        x.reshape(&split)?.reduce(op, Some(&axes), false, 0.0, crate::array::ops::SPLIT_EVERY)
    }
}

/// Sizes of the chunks of an axis, moved to multiples of `k`.
fn groups(axis: &Axis, k: usize) -> Vec<usize> {
    let mut at = 0;
    let mut out = Vec::new();
    for i in 0..axis.n_chunks() {
        let end = if i + 1 == axis.n_chunks() { axis.len() } else { axis.range(i).end / k * k };
        if end > at || axis.is_empty() {
            out.push(end - at);
            at = end;
        }
    }
    out
}
