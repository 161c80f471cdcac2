//! Windows that slide over an array, and what is made of each.

use crate::array::DynArray;
use crate::array::axes::axes_of;
use crate::array::blocks::{halo, roomy};
use crate::array::filter::{PerAxis, call, real};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::chunks::AUTO_BYTES;
use crate::expr::node::Boundary;
use crate::expr::{Expr, IndexMap, build};
use crate::kernel::filter::pass::{Pass, Step};
use crate::op::block::shared;
use crate::op::filter::{Separable, Spread, WindowView};
use crate::op::reduction;

/// All windows of a form within an array: NumPy's `sliding_window_view`, by its reductions.
///
/// A reduction over whole windows costs what a filter does: the windows are never written out. [`array`](Windows::array) gives them as an
/// array for whatever else is to be done.
#[derive(Clone, Debug)]
pub struct Windows {
    x: DynArray,
    /// Axes and lengths.
    form: Vec<(usize, usize)>,
}

impl DynArray {
    /// All windows of `window_shape` (one length for all `axes`, or one for each; all axes if None) that lie within the array. NumPy's
    /// `sliding_window_view`; an axis cannot be given twice.
    ///
    /// # Chunks
    /// Reductions: as the input, cut off where the last windows begin, and coarser where chunks are shorter than the window. A task holds a
    /// chunk with a halo, two more blocks, and the result. The array of windows: so that chunks have at most 4 MiB, or one window.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?;
    /// let w = x.sliding_window_view(3, None)?;
    /// assert_eq!(w.mean()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(w.max()?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 3, 4, 5]);
    /// assert_eq!(w.array()?.shape(), [4, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A window that is longer than its axis or has no elements, an axis out of bounds or given twice.
    pub fn sliding_window_view(&self, window_shape: impl Into<PerAxis<usize>>, axes: Option<&[isize]>) -> Result<Windows> {
        let name = "sliding_window_view";
        let all: Vec<isize> = (0..self.ndim() as isize).collect();
        let axes = axes_of(axes.unwrap_or(&all), self.ndim(), name)?;
        let lengths = window_shape.into().each(axes.len(), "window_shape").map_err(|e| e.at(name))?;
        self.known(name)?;
        let shape = self.shape();
        for (&axis, &n) in axes.iter().zip(&lengths) {
            if n == 0 || n > shape[axis] {
                return Err(Error::usage(format!("{name}: a window of {n} along axis {axis} of length {}", shape[axis])));
            }
        }
        Ok(Windows { x: self.clone(), form: axes.into_iter().zip(lengths).collect() })
    }
}

impl Windows {
    /// The shape of [`array`](Windows::array): where windows begin, then the windows'.
    pub fn shape(&self) -> Vec<usize> {
        let mut shape = self.x.shape();
        self.form.iter().for_each(|&(a, n)| shape[a] -= n - 1);
        shape.extend(self.form.iter().map(|f| f.1));
        shape
    }

    /// Elements of a window.
    fn count(&self) -> usize {
        self.form.iter().map(|f| f.1).product()
    }

    /// Cuts `x` (the array, or a cast of it) so that every block with a halo behind it has the windows of a block of the result; the blocks
    /// and the grid of the result. `most` limits the elements of its blocks.
    fn blocks(&self, x: &DynArray, most: Option<usize>) -> Result<(Expr, Grid)> {
        let (_, grid) = x.parts();
        let mut widths = vec![0; x.ndim()];
        self.form.iter().for_each(|&(a, n)| widths[a] = n - 1);
        let grid = if most.is_some() { grid.clone() } else { roomy(grid, &widths) };
        let kept = grid.axes().iter().zip(&widths).map(|(axis, w)| {
            let n = axis.len() - w;
            let sizes: Vec<usize> = (0..axis.n_chunks()).map(|c| axis.range(c)).map(|r| r.end.min(n) - r.start.min(n)).collect();
            Axis::from_sizes(&sizes)
        });
        let mut kept = Grid::new(kept);
        if let Some(most) = most {
            kept = finer(&kept, most);
        }
        // The last block has the elements behind the last beginning for its own.
        let cut = kept.axes().iter().zip(&widths).map(|(axis, w)| {
            let mut sizes: Vec<usize> = axis.sizes().collect();
            sizes.iter_mut().next_back().into_iter().for_each(|s| *s += w);
            Axis::from_sizes(&sizes)
        });
        let cut = build::rechunk(x.expr(), Grid::new(cut))?;
        let depth: Vec<(usize, usize)> = widths.iter().map(|&w| (0, w)).collect();
        Ok((halo(&cut, &depth, &vec![Boundary::None; x.ndim()])?, kept))
    }

    fn separable(&self, x: &DynArray, step: impl Fn(usize) -> Step) -> Result<DynArray> {
        let (dtype, shape) = (x.dtype(), x.shape());
        real(&[dtype])?;
        let passes: Vec<Pass> = self.form.iter().filter(|f| f.1 > 1).map(|&(axis, n)| Pass { axis, step: step(n) }).collect();
        if passes.is_empty() {
            return Ok(x.clone());
        }
        let (around, grid) = self.blocks(x, None)?;
        let mut depth = vec![(0, 0); shape.len()];
        self.form.iter().for_each(|&(a, n)| depth[a] = (0, n - 1));
        let line = around.array()?.1.axes().iter().map(Axis::max_size).max().unwrap_or(0);
        call(Separable { passes, shape, depth, outside: None, from: dtype, dtype, line }, around, dtype, grid)
    }

    /// The sum of every window; of integers in 64 bits, as NumPy's `sum`.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// None today; the signature leaves room for dtypes that are not added.
    pub fn sum(&self) -> Result<DynArray> {
        let x = self.x.astype(reduction::SUM.result_dtype(self.x.dtype()))?;
        self.separable(&x, Step::Sum)
    }

    /// The mean of every window: float32 of float32, else float64. Computed in float64.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn mean(&self) -> Result<DynArray> {
        let dtype = reduction::MEAN.result_dtype(self.x.dtype());
        real(&[self.x.dtype()])?;
        // Between axes nothing is rounded.
        let x = self.x.astype(DType::F64)?;
        self.separable(&x, Step::Mean)?.astype(dtype)
    }

    /// The smallest of every window; NaN if one is.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn min(&self) -> Result<DynArray> {
        self.separable(&self.x, Step::Min)
    }

    /// The largest of every window; NaN if one is.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn max(&self) -> Result<DynArray> {
        self.separable(&self.x, Step::Max)
    }

    /// Whether all of a window are not 0.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn all(&self) -> Result<DynArray> {
        self.separable(&self.x.astype(DType::Bool)?, Step::Min)
    }

    /// Whether any of a window is not 0.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn any(&self) -> Result<DynArray> {
        self.separable(&self.x.astype(DType::Bool)?, Step::Max)
    }

    /// The variance of every window, with `ddof` subtracted from the count: float32 of float32, else float64. Deviations from the
    /// window's own mean are squared, so nothing cancels.
    ///
    /// # Chunks
    /// As [`sliding_window_view`](DynArray::sliding_window_view) says of reductions. A task holds a chunk with a halo, a copy of
    /// it, 40 bytes for each of its elements, and the result.
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn var(&self, ddof: f64) -> Result<DynArray> {
        self.spread(ddof, false)
    }

    /// The standard deviation of every window: the root of [`var`](Windows::var).
    ///
    /// # Chunks
    /// As [`var`](Windows::var).
    ///
    /// # Errors
    /// As [`sum`](Windows::sum).
    pub fn std(&self, ddof: f64) -> Result<DynArray> {
        self.spread(ddof, true)
    }

    fn spread(&self, ddof: f64, root: bool) -> Result<DynArray> {
        real(&[self.x.dtype()])?;
        let dtype = reduction::MEAN.result_dtype(self.x.dtype());
        let (around, grid) = self.blocks(&self.x, None)?;
        let from = self.x.dtype();
        call(Spread { form: self.form.clone(), ddof, root, from, dtype }, around, dtype, grid)
    }

    /// The windows as an array: an axis for the places where they begin in place of each axis, then the windows' own axes. Its chunks
    /// hold every element once for each window it lies in; a reduction of the [`Windows`] does not.
    ///
    /// # Chunks
    /// So that chunks have at most 4 MiB, or one window. A task holds a chunk with a halo and its windows.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let w = arange(0, 4, 1, 2)?.sliding_window_view(2, None)?.array()?;
    /// assert_eq!(w.compute_as::<i64>()?, ndarray::array![[0, 1], [1, 2], [2, 3]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Windows of more than 2⁶³ elements together.
    pub fn array(&self) -> Result<DynArray> {
        let dtype = self.x.dtype();
        let most = (AUTO_BYTES / dtype.size() / self.count().max(1)).max(1);
        let (around, kept) = self.blocks(&self.x, Some(most))?;
        let grid = Grid::new(kept.axes().iter().cloned().chain(self.form.iter().map(|f| Axis::whole(f.1))));
        grid.n_elements().map_err(|e| e.at("sliding_window_view"))?;
        let maps = vec![IndexMap::identity(self.x.ndim())];
        let op = shared(WindowView { axes: self.form.iter().map(|f| f.0).collect() })?;
        Ok(DynArray::wrap(build::call_mapped(op, vec![around], maps, dtype, grid)?))
    }
}

/// The grid with its largest pieces cut in halves until no chunk has more than `most` elements.
fn finer(grid: &Grid, most: usize) -> Grid {
    let mut sizes: Vec<usize> = grid.axes().iter().map(Axis::max_size).collect();
    while sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).is_none_or(|n| n > most) {
        let Some(largest) = sizes.iter_mut().max().filter(|s| **s > 1) else { break };
        *largest = largest.div_ceil(2);
    }
    Grid::new(grid.axes().iter().zip(sizes).map(|(axis, size)| {
        let pieces = axis.sizes().flat_map(|n| {
            let whole = n.checked_div(size).unwrap_or(0);
            std::iter::repeat_n(size, whole).chain([n - whole * size])
        });
        Axis::from_sizes(&pieces.collect::<Vec<_>>())
    }))
}
