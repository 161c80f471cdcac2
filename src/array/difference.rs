//! Differences along an axis, and running operations with more than the scan table's options.

use crate::array::{DynArray, Index, concatenate, where_};
use crate::base::{DType, Error, Result};
use crate::expr::{Chunks, build};
use crate::kernel::program::Builder;

impl DynArray {
    /// A part of one axis, bounds as Python's.
    pub(super) fn part(&self, axis: usize, start: Option<isize>, stop: Option<isize>) -> Result<DynArray> {
        let mut parts = vec![Index::from(..); axis];
        parts.push(Index::Slice(start, stop, None));
        self.index(&parts)
    }

    /// `op` of this and `other` of the same shape, cut as this one is: neighbours differ by one element in their cuts, and pieces at
    /// all their boundaries would be twice as many.
    pub(super) fn beside(&self, other: &DynArray, op: impl FnOnce(&DynArray, &DynArray) -> Result<DynArray>) -> Result<DynArray> {
        op(self, &other.rechunk(Chunks::Exact(self.chunks()))?)
    }

    /// Each element minus the one before it along `axis`, `n` times over; of bool whether they differ. `prepend` and `append` are put
    /// before and after the array first: arrays of its other lengths, or of 0 dimensions. NumPy's `diff`.
    ///
    /// # Chunks
    /// As the input (with what is put before and after it) less the first `n` elements along the axis. A task holds the result and
    /// the two neighbouring chunks that it is made of, for each of the `n` times.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, full};
    /// use tilework::DType;
    /// let x = arange(0, 5, 1, 2)?.square()?;
    /// assert_eq!(x.diff(1, -1, None, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 3, 5, 7]);
    /// let zero = full(&[], 0, DType::I64, 1)?;
    /// assert_eq!(x.diff(2, -1, Some(&zero), None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 2, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds, or what is prepended or appended does not fit.
    pub fn diff(&self, n: usize, axis: isize, prepend: Option<&DynArray>, append: Option<&DynArray>) -> Result<DynArray> {
        let named = |e: Error| e.at("diff");
        let axis = build::normalize_axis(axis, self.ndim()).map_err(named)?;
        if n == 0 {
            return Ok(self.clone());
        }
        let mut side = self.shape();
        side[axis] = 1;
        let fit = |a: &DynArray| if a.ndim() == 0 { a.broadcast_to(&side) } else { Ok(a.clone()) };
        let mut parts = Vec::new();
        parts.extend(prepend.map(fit).transpose()?);
        parts.push(self.clone());
        parts.extend(append.map(fit).transpose()?);
        let mut x = if parts.len() == 1 { self.clone() } else { concatenate(&parts, axis as isize).map_err(named)? };
        // More than that leaves nothing either.
        for _ in 0..n.min(x.shape()[axis] + 1) {
            let (later, earlier) = (x.part(axis, Some(1), None)?, x.part(axis, None, Some(-1))?);
            let bool = x.dtype() == DType::Bool;
            x = later.beside(&earlier, |a, b| if bool { a.not_equal(b) } else { a.subtract(b) })?;
        }
        Ok(x)
    }

    /// The differences of neighbours in an array of 1 dimension, between what is put at the beginning and at the end. NumPy's `ediff1d`,
    /// which also flattens.
    ///
    /// # Chunks
    /// As [`diff`](DynArray::diff), between those of what is put at the beginning and at the end.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 4, 1, 2)?.square()?;
    /// let d = x.ediff1d(None, Some(&arange(-9, -8, 1, 1)?))?;
    /// assert_eq!(d.compute_as::<i64>()?.into_raw_vec_and_offset().0, [-9, 1, 3, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the array or what is added to it has not 1 dimension, or another dtype is added.
    pub fn ediff1d(&self, to_end: Option<&DynArray>, to_begin: Option<&DynArray>) -> Result<DynArray> {
        for (what, a) in [("the array", Some(self)), ("to_end", to_end), ("to_begin", to_begin)] {
            let Some(a) = a else { continue };
            if a.ndim() != 1 {
                return Err(Error::usage(format!("ediff1d: {what} has {} dimensions, not 1: flatten it first", a.ndim())));
            }
            if a.dtype() != self.dtype() {
                let message = format!("ediff1d: {what} is {}, the array {}: cast it with astype first", a.dtype(), self.dtype());
                return Err(Error::dtype(message));
            }
        }
        let parts: Vec<DynArray> =
            [to_begin.cloned(), Some(self.diff(1, 0, None, None)?), to_end.cloned()].into_iter().flatten().collect();
        concatenate(&parts, 0)
    }

    /// The slope along an axis of values at a distance of `spacing`: half the difference of both neighbours, and at the ends the
    /// difference to the next (`edge_order` 1) or what a parabola through three values has there (2). Integers are computed in
    /// float64. NumPy's `gradient` for even spacing and one axis.
    ///
    /// # Chunks
    /// As the input. A task holds the result and the neighbouring chunks that it is made of.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0.0, 5.0, 1.0, 2)?.square()?;
    /// let slope = |edge| x.gradient(1.0, 0, edge)?.compute_as::<f64>();
    /// assert_eq!(slope(1)?.into_raw_vec_and_offset().0, [1.0, 2.0, 4.0, 6.0, 7.0]);
    /// assert_eq!(slope(2)?.into_raw_vec_and_offset().0, [0.0, 2.0, 4.0, 6.0, 8.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds or shorter than `edge_order + 1`, or the order is not 1 or 2.
    pub fn gradient(&self, spacing: f64, axis: isize, edge_order: usize) -> Result<DynArray> {
        let axis = build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("gradient"))?;
        if !matches!(edge_order, 1 | 2) {
            return Err(Error::usage(format!("gradient: edge_order must be 1 or 2, not {edge_order}")));
        }
        let n = self.shape()[axis];
        if n <= edge_order {
            let message =
                format!("gradient: axis {axis} has {n} elements, edge_order {edge_order} needs {} at least", edge_order + 1);
            return Err(Error::usage(message));
        }
        let x = if self.dtype().is_inexact() { self.clone() } else { self.astype(DType::F64)? };
        let at = |i: isize| x.part(axis, Some(i), if i == -1 { None } else { Some(i + 1) });
        let side = |three: [isize; 3], sign: f64| {
            if edge_order == 1 {
                return at(three[1])?.subtract(at(three[0])?)?.multiply(sign)?.divide(spacing);
            }
            let by = |i: usize, c: f64| at(three[i])?.multiply(sign * c / spacing);
            by(0, -1.5)?.add(by(1, 2.0)?)?.add(by(2, -0.5)?)
        };
        let inner = x.part(axis, Some(2), None)?.beside(&x.part(axis, None, Some(-2))?, |a, b| a.subtract(b))?;
        let parts = [side([0, 1, 2], 1.0)?, inner.divide(2.0 * spacing)?, side([-1, -2, -3], -1.0)?];
        concatenate(&parts, axis as isize)?.rechunk(Chunks::Exact(self.chunks()))
    }

    /// NaN replaced by the last value before it along `axis` that is none, at most `limit` places on (any number if None).
    /// Bottleneck's `push`, xarray's `ffill`; without a limit it is [`ffill`](DynArray::ffill).
    ///
    /// # Chunks
    /// As [`ffill`](DynArray::ffill); with a `limit` the places of the last values (int64) are carried beside them.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let nan = f64::NAN;
    /// let x = from_ndarray(ndarray::array![nan, 1.0, nan, nan, 2.0].into_dyn(), 2)?;
    /// let y = x.push(0, Some(1))?.compute_as::<f64>()?;
    /// assert_eq!(format!("{y}"), "[NaN, 1, 1, NaN, 2]");
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds.
    pub fn push(&self, axis: isize, limit: Option<usize>) -> Result<DynArray> {
        let a = build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("push"))?;
        let filled = self.ffill(axis)?;
        let (Some(limit), true) = (limit, self.dtype().is_inexact()) else { return Ok(filled) };
        self.known("push")?;
        let mut b = Builder::new();
        let place = b.index(a);
        let place = DynArray::wrap(build::generate(b.finish(place), self.parts().1.clone(), "index"));
        let seen = where_(&self.isnan()?, -1, &place)?.cummax(axis)?;
        let far = place.subtract(seen)?.greater(i64::try_from(limit).unwrap_or(i64::MAX))?;
        where_(&far, f64::NAN, filled)
    }

    /// Cumulative sum along an axis, beginning with 0 if `include_initial`; the Array API's `cumulative_sum`.
    ///
    /// # Chunks
    /// As [`cumsum`](DynArray::cumsum); the element put first is a chunk of its own.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(1, 4, 1, 2)?.cumulative_sum(0, true)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 3, 6]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the axis is out of bounds.
    pub fn cumulative_sum(&self, axis: isize, include_initial: bool) -> Result<DynArray> {
        let sums = self.cumsum(axis).map_err(|e| e.at("cumulative_sum"))?;
        if include_initial { sums.after(0, axis) } else { Ok(sums) }
    }

    /// Cumulative product along an axis, beginning with 1 if `include_initial`; the Array API's `cumulative_prod`.
    ///
    /// # Chunks
    /// As [`cumprod`](DynArray::cumprod); the element put first is a chunk of its own.
    ///
    /// # Errors
    /// When the axis is out of bounds.
    pub fn cumulative_prod(&self, axis: isize, include_initial: bool) -> Result<DynArray> {
        let products = self.cumprod(axis).map_err(|e| e.at("cumulative_prod"))?;
        if include_initial { products.after(1, axis) } else { Ok(products) }
    }

    /// This array after a hyperplane of one value.
    fn after(&self, value: i64, axis: isize) -> Result<DynArray> {
        let mut shape = self.shape();
        shape[build::normalize_axis(axis, self.ndim())?] = 1;
        let first = crate::array::full(&[], value, self.dtype(), 1)?.broadcast_to(&shape)?;
        concatenate(&[first, self.clone()], axis)
    }
}
