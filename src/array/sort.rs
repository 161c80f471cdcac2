//! Sorting, exact and across chunks: lanes in one piece where they fit into a chunk, range shuffles where they do not.

use crate::array::{DynArray, Index, stack};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::{Chunks, build, unknown};
use crate::op::block::shared;
use crate::op::sort::{RangeSort, SortLanes};
use std::sync::Arc;

/// Lanes up to this size are sorted in one piece, in bytes.
const LANE_BYTES: usize = 32 << 20;
/// Arrays up to this size are not worth a shuffle, in bytes.
pub(super) const SMALL_BYTES: usize = 4 << 20;
/// A sort has about so many runs where that makes runs of [`RUN_BYTES`] at least and [`MOST_RUN_BYTES`] at most, and no shuffle more than
/// [`MOST_RUNS`].
const RUNS: usize = 96;
const RUN_BYTES: usize = 2 << 20;
const MOST_RUN_BYTES: usize = 64 << 20;
const MOST_RUNS: usize = 2000;

impl DynArray {
    /// The elements of each lane along `axis`, or of the whole array in one lane (`None`), in rising order. NaN comes last, -0.0 before
    /// 0.0. NumPy's `sort`; the result is exact whatever its size, and does not depend on how the array is cut.
    ///
    /// # Chunks
    /// Where a lane fits into a chunk it becomes one, and other axes are cut so that chunks stay small; a task holds three chunks. A longer
    /// lane is shuffled: it is sorted in runs of a few MiB, which are cut by samples and merged; the result is cut as the runs are. A task
    /// holds about three of these. What does not fit into the budget is spilled once. An array in memory that is sorted into memory
    /// takes the result alone: its elements are put where they belong, and sorted there.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![3.0, f64::NAN, 1.0, 2.0].into_dyn(), 2)?;
    /// let sorted = x.sort(Some(0))?.compute_as::<f64>()?;
    /// assert_eq!(sorted.as_slice().unwrap()[..3], [1.0, 2.0, 3.0]);
    /// assert!(sorted[3].is_nan());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds.
    pub fn sort(&self, axis: Option<isize>) -> Result<DynArray> {
        self.ordered(axis, false).map_err(|e| e.at("sort"))
    }

    /// The places (int64) of the elements of each lane along `axis`, or of the flattened array (`None`), in rising order of the elements;
    /// equal ones, zeros of both signs too, in order of their places. NumPy's `argsort` with `kind="stable"`.
    ///
    /// # Chunks
    /// As [`sort`](DynArray::sort); a task holds 16 bytes more for each element.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![[3, 1, 2], [0, 5, 0]].into_dyn(), 2)?;
    /// assert_eq!(x.argsort(Some(1))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 0, 0, 2, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds.
    pub fn argsort(&self, axis: Option<isize>) -> Result<DynArray> {
        self.ordered(axis, true).map_err(|e| e.at("argsort"))
    }

    /// The elements of each lane along `axis`, or of the flattened array (`None`), so that those at the places `kth` (negative: from the end) are
    /// where sorting puts them, smaller ones before them and larger ones behind. NumPy's `partition`: here the others are sorted, too.
    ///
    /// # Chunks
    /// As [`sort`](DynArray::sort).
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![3, 9, 1, 2].into_dyn(), 2)?;
    /// assert_eq!(x.partition(&[1], Some(0))?.compute_as::<i32>()?[1], 2);
    /// assert_eq!(x.argpartition(&[-1], Some(0))?.compute_as::<i64>()?[3], 1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis or a place is out of bounds.
    pub fn partition(&self, kth: &[isize], axis: Option<isize>) -> Result<DynArray> {
        self.has_places(kth, axis).and_then(|()| self.ordered(axis, false)).map_err(|e| e.at("partition"))
    }

    /// The places (int64) of the elements in an order such as [`partition`](DynArray::partition) gives. NumPy's `argpartition`.
    ///
    /// # Chunks
    /// As [`argsort`](DynArray::argsort).
    ///
    /// # Example
    /// See [`partition`](DynArray::partition).
    ///
    /// # Errors
    /// As [`partition`](DynArray::partition).
    pub fn argpartition(&self, kth: &[isize], axis: Option<isize>) -> Result<DynArray> {
        self.has_places(kth, axis).and_then(|()| self.ordered(axis, true)).map_err(|e| e.at("argpartition"))
    }

    /// Refuses places beyond the lanes.
    fn has_places(&self, kth: &[isize], axis: Option<isize>) -> Result<()> {
        let shape = self.shape();
        let n = match axis {
            Some(axis) => shape[build::normalize_axis(axis, self.ndim())?],
            None => shape.iter().product(),
        };
        match kth.iter().find(|&&k| k < -(n as isize) || k >= n as isize) {
            Some(k) => Err(Error::usage(format!("kth {k} is out of bounds for {n} elements"))),
            None => Ok(()),
        }
    }

    fn ordered(&self, axis: Option<isize>, places: bool) -> Result<DynArray> {
        let Some(axis) = axis else { return self.ravel()?.ordered(Some(0), places) };
        let axis = build::normalize_axis(axis, self.ndim())?;
        unknown::refuse(self.parts().1)?;
        let n = self.shape()[axis];
        let lane_bytes = n * self.dtype().size();
        if lane_bytes <= LANE_BYTES && (self.ndim() > 1 || lane_bytes <= SMALL_BYTES) {
            return self.ordered_lanes(axis, places);
        }
        if self.ndim() == 1 {
            return self.range_sorted(places);
        }
        // Few lanes, each of them long.
        let lanes = self.moveaxis(&[axis as isize], &[-1])?;
        let shape: Vec<isize> = lanes.shape().iter().map(|&n| n as isize).collect();
        let flat = lanes.reshape(&[-1, n as isize])?;
        let sorted = (0..flat.shape()[0]).map(|i| flat.index(&[Index::At(i as isize)])?.range_sorted(places));
        let sorted: Vec<DynArray> = sorted.collect::<Result<_>>()?;
        stack(&sorted, 0)?.reshape(&shape)?.moveaxis(&[-1], &[axis as isize])
    }

    /// With lanes whole; other axes are cut so that chunks are about as large as before, or a few MiB.
    fn ordered_lanes(&self, axis: usize, places: bool) -> Result<DynArray> {
        let x = self.whole_along(axis)?;
        let op = shared(SortLanes { axis, places, n: self.shape()[axis] })?;
        let dtype = if places { DType::I64 } else { self.dtype() };
        build::call(op, &[x.expr().clone()], dtype, None).map(DynArray::wrap)
    }

    /// The array with `axis` in one piece, and the others cut finer for it.
    pub(crate) fn whole_along(&self, axis: usize) -> Result<DynArray> {
        let (_, grid) = self.parts();
        unknown::refuse(grid)?;
        if grid.axes()[axis].n_chunks() == 1 {
            return Ok(self.clone());
        }
        let most = (SMALL_BYTES / self.dtype().size()).max(grid.max_chunk_elements());
        let mut sizes: Vec<usize> = grid.axes().iter().map(Axis::max_size).collect();
        sizes[axis] = grid.axes()[axis].len();
        // The longest of the others is halved until a chunk is small enough.
        while sizes.iter().product::<usize>() > most {
            let Some(longest) = (0..sizes.len()).filter(|&a| a != axis && sizes[a] > 1).max_by_key(|&a| sizes[a]) else { break };
            sizes[longest] = sizes[longest].div_ceil(2);
        }
        self.rechunk(Chunks::Sizes(sizes))
    }

    fn range_sorted(&self, places: bool) -> Result<DynArray> {
        let x = self.in_runs(RUNS, MOST_RUN_BYTES)?;
        let (dtype, grid) = x.parts();
        let bounds: Vec<usize> = [0].into_iter().chain((0..grid.n_chunks()).map(|i| grid.axes()[0].range(i).end)).collect();
        let op = Arc::new(RangeSort::new(dtype, places, bounds.clone(), bounds));
        let out = if places { DType::I64 } else { dtype };
        Ok(DynArray::wrap(build::shuffle(op, x.expr(), out, Grid::new([grid.axes()[0].clone()]))))
    }

    /// A 1-dimensional array cut into about `n_runs` runs for a shuffle, more where they would have more than `most_bytes`.
    pub(crate) fn in_runs(&self, n_runs: usize, most_bytes: usize) -> Result<DynArray> {
        let size = self.dtype().size();
        let n = self.shape()[0];
        let wanted = (n * size / n_runs).clamp(RUN_BYTES, most_bytes).max(n * size / MOST_RUNS) / size;
        let pieces = n.div_ceil(wanted.max(1)).max(1);
        self.rechunk(Chunks::Uniform(n.div_ceil(pieces)))
    }
}
