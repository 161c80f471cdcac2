//! The largest or smallest few along an axis, by a tree: the first few of every chunk, then of every few chunks' together.

use crate::array::DynArray;
use crate::base::{Axis, Error, Grid, Result};
use crate::expr::{Chunks, Expr, build};
use crate::kernel::program::Builder;
use crate::op::block::{TopK, shared};

impl DynArray {
    /// The `k` largest elements along an axis, largest first; for negative `k` the smallest, smallest first. All of them, sorted, where
    /// the axis has fewer. NaN counts as larger than all others. Dask's `topk`.
    ///
    /// # Chunks
    /// As the input along the other axes, one chunk along this one. A task holds a chunk, a copy of it, one of its lanes with 16 bytes for
    /// each element, and the result with 8 bytes more for each of its elements; later tasks the results of up to 8 chunks in its place.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![5, 1, 4, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.topk(2, 0)?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [5, 4]);
    /// assert_eq!(x.topk(-2, 0)?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `k` is 0 or the axis is out of bounds.
    pub fn topk(&self, k: isize, axis: isize) -> Result<DynArray> {
        Ok(self.tree(k, axis, false).map_err(|e| e.at("topk"))?.0)
    }

    /// The positions along an axis (int64) of the elements that [`topk`](DynArray::topk) gives, in its order; of equal ones the first
    /// comes first. Dask's `argtopk`.
    ///
    /// # Chunks
    /// As [`topk`](DynArray::topk), with 16 bytes more for each element.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![5, 1, 5, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.argtopk(3, 0)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 2, 4]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`topk`](DynArray::topk).
    pub fn argtopk(&self, k: isize, axis: isize) -> Result<DynArray> {
        let (_, places) = self.tree(k, axis, true).map_err(|e| e.at("argtopk"))?;
        places.ok_or_else(|| Error::bug("argtopk without positions"))
    }

    fn tree(&self, k: isize, axis: isize, positions: bool) -> Result<(DynArray, Option<DynArray>)> {
        let axis = build::normalize_axis(axis, self.ndim())?;
        if k == 0 {
            return Err(Error::usage("k is 0: give how many of the largest (or, negative, of the smallest) you want"));
        }
        if positions || self.parts().1.axes()[axis].is_unknown() {
            self.known("its order")?;
        }
        let top = |inputs: &[&DynArray]| {
            let (_, grid) = inputs[0].parts();
            let kept: Vec<usize> = grid.axes()[axis].sizes().map(|n| n.min(k.unsigned_abs())).collect();
            let axes = grid.axes().iter().enumerate().map(|(a, x)| if a == axis { Axis::from_sizes(&kept) } else { x.clone() });
            let element_bytes = inputs[0].dtype().size() as u32;
            let lanes = (grid.axes()[axis].sizes().min().unwrap_or(0), grid.axes()[axis].max_size());
            let op = shared(TopK { k: k.unsigned_abs(), axis, largest: k > 0, element_bytes, lanes })?;
            let exprs: Vec<Expr> = inputs.iter().map(|x| x.expr().clone()).collect();
            let dtype = inputs[inputs.len() - 1].dtype();
            build::call(op, &exprs, dtype, Some(Grid::new(axes))).map(DynArray::wrap)
        };
        let mut values = self.clone();
        let mut places = positions.then(|| {
            let mut b = Builder::new();
            let i = b.index(axis);
            DynArray::wrap(build::generate(b.finish(i), self.parts().1.clone(), "index"))
        });
        loop {
            places = places.map(|p| top(&[&values, &p])).transpose()?;
            values = top(&[&values])?;
            let mut chunks = values.chunks();
            if chunks[axis].len() <= 1 {
                return Ok((values, places));
            }
            chunks[axis] = chunks[axis].chunks(super::ops::SPLIT_EVERY).map(|c| c.iter().sum()).collect();
            places = places.map(|p| p.rechunk(Chunks::Exact(chunks.clone()))).transpose()?;
            values = values.rechunk(Chunks::Exact(chunks))?;
        }
    }
}
