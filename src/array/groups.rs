//! Reductions of groups of slices along an axis, which labels name: a mean for every day of the year, a maximum for every month.
//!
//! Where chunks have the whole axis, each is reduced group by group. Else elements are brought together by group with one take, in which the
//! order within a group stays, and every group is reduced like any array. Either way a group's result has the bits of the same reduction
//! of its elements alone.

use crate::array::ops::SPLIT_EVERY;
use crate::array::{DynArray, Index, concatenate};
use crate::base::{Axis, Error, Grid, Result};
use crate::expr::chunks::AUTO_BYTES;
use crate::expr::picks::Picks;
use crate::expr::{Chunks, build, take};
use crate::kernel::reduce::ReduceOp;
use crate::op::block::{GroupReduce, shared};

impl DynArray {
    /// The reduction of every group along an axis: element `i` along it belongs to the group `labels[i]`, of `n_groups`. The axis of the result
    /// has a place for every group.
    ///
    /// # Chunks
    /// As the array's along other axes. Where this one is in one chunk, so it is in the result: a task holds a chunk, the elements of a group,
    /// and the result. Else groups are put together up to a few MiB, and all elements are moved once, group by group: what a group needs
    /// of the chunks is held or spilled. Groups that lie apart in time, like the days of a year, need few of their chunks at a time.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// use tilework::op::reduction::{MAX, MEAN};
    /// let x = arange(0.0, 6.0, 1.0, 4)?;
    /// let seasons = [0, 1, 0, 1, 0, 1];
    /// assert_eq!(x.group_reduce(&MEAN, 0, &seasons, 2)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [2.0, 3.0]);
    /// assert_eq!(x.group_reduce(&MAX, 0, &seasons, 2)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 5.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, labels that are not as many as the axis is long or not below `n_groups`, no groups; a group without elements where
    /// the reduction has no result of nothing (as the least of none).
    pub fn group_reduce(&self, op: &'static ReduceOp, axis: isize, labels: &[usize], n_groups: usize) -> Result<DynArray> {
        self.grouped(op, axis, labels, n_groups).map_err(|e| e.at("group_reduce"))
    }

    fn grouped(&self, op: &'static ReduceOp, axis: isize, labels: &[usize], n_groups: usize) -> Result<DynArray> {
        let a = build::normalize_axis(axis, self.ndim())?;
        self.known("group_reduce")?;
        let n = self.shape()[a];
        if labels.len() != n || n_groups == 0 {
            let have = labels.len();
            return Err(Error::usage(format!(
                "{have} labels of {n_groups} groups for an axis of length {n}: give one for each element"
            )));
        }
        let mut sizes = vec![0; n_groups];
        for (i, &label) in labels.iter().enumerate() {
            let place = sizes.get_mut(label);
            *place.ok_or_else(|| Error::usage(format!("labels[{i}] is {label}, but there are {n_groups} groups, from 0 on")))? += 1;
        }
        // Places by label, in their order.
        let mut next: Vec<usize> = sizes.iter().scan(0, |at, n| Some(std::mem::replace(at, *at + n))).collect();
        let mut order = vec![0; n];
        for (i, &label) in labels.iter().enumerate() {
            order[next[label]] = i;
            next[label] += 1;
        }
        let axis = &self.parts().1.axes()[a];
        if axis.n_chunks() == 1 && self.thin(op, a, n_groups) {
            return self.grouped_by_chunk(op, a, order, &sizes);
        }
        self.grouped_by_take(op, a, order, &sizes)
    }

    /// Whether the results of a chunk's groups are no larger than the chunk, or than automatic chunks are.
    fn thin(&self, op: &'static ReduceOp, a: usize, n_groups: usize) -> bool {
        let (dtype, grid) = self.parts();
        let chunk = grid.max_chunk_elements();
        let lanes = chunk / grid.axes()[a].max_size().max(1);
        lanes.saturating_mul(n_groups).saturating_mul(op.result_dtype(dtype).size()) <= (chunk * dtype.size()).max(AUTO_BYTES)
    }

    /// Every chunk has all slices of its groups.
    fn grouped_by_chunk(&self, op: &'static ReduceOp, a: usize, order: Vec<usize>, sizes: &[usize]) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        let mut shape = grid.shape().to_vec();
        shape[a] = sizes.iter().copied().min().unwrap_or(0);
        op.check(&shape, &[a])?;
        let mut axes = grid.axes().to_vec();
        axes[a] = Axis::whole(sizes.len());
        let groups = GroupReduce::new(op, dtype, a, order, sizes);
        build::call(shared(groups)?, &[self.expr().clone()], op.result_dtype(dtype), Some(Grid::new(axes))).map(DynArray::wrap)
    }

    /// Slices are brought together by group with one take.
    fn grouped_by_take(&self, op: &'static ReduceOp, a: usize, order: Vec<usize>, sizes: &[usize]) -> Result<DynArray> {
        let n_groups = sizes.len();
        let sorted = DynArray::wrap(take::take(self.expr(), &[a], Picks::new(order))?);
        let mut chunks = sorted.chunks();
        chunks[a] = sizes.iter().copied().filter(|&n| n > 0).collect();
        if chunks[a].is_empty() {
            chunks[a] = vec![0];
        }
        let sorted = sorted.rechunk(Chunks::Exact(chunks))?;
        let mut at = 0;
        let group = |&size: &usize| {
            let mut parts = vec![Index::from(..); a];
            parts.push(Index::from(at as isize..(at + size) as isize));
            at += size;
            sorted.index(&parts)?.reduce(op, Some(&[a as isize]), true, 0.0, SPLIT_EVERY)
        };
        let groups: Vec<DynArray> = sizes.iter().map(group).collect::<Result<_>>()?;
        let all = concatenate(&groups, a as isize)?;
        // Results of single groups are thin: as many together as make a chunk of the size that automatic ones have.
        let (_, grid) = all.parts();
        let thin = (grid.max_chunk_elements() * all.dtype().size()).max(1);
        let mut chunks = all.chunks();
        let together = (AUTO_BYTES / thin).clamp(1, n_groups);
        chunks[a] = (0..n_groups).step_by(together).map(|g| together.min(n_groups - g)).collect();
        all.rechunk(Chunks::Exact(chunks))
    }
}
