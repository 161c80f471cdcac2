//! Arrays with some elements replaced: what NumPy writes as an assignment to a part, as a new array.

use crate::array::DynArray;
use crate::array::axes::part;
use crate::array::index::{Index, Parsed};
use crate::array::ops::{Argument, where_};
use crate::array::take::{beside, moved};
use crate::base::{Axis, DType, Error, Grid, Kind, Result};
use crate::expr::build::{self, Operand};
use crate::expr::picks::Picks;
use crate::expr::{AxisMap, Expr, IndexMap, reshape, take};
use crate::op::block::{Scatter, shared};
use crate::op::creation;

/// A value that takes the dtype of the array it goes into.
fn values(value: Operand, dtype: DType) -> Result<Expr> {
    match value {
        Operand::Array(e) => build::cast(&e, dtype),
        Operand::Scalar(s) => Ok(build::generate(creation::full(s, dtype)?, Grid::whole(&[]), "full")),
    }
}

/// Axes of length 1 in front, beyond `ndim`, gone: as NumPy assigns them.
fn trimmed(x: &Expr, ndim: usize) -> Result<Expr> {
    let shape = x.array()?.1.shape();
    let extra = shape.len().saturating_sub(ndim);
    if extra == 0 || shape[..extra].iter().any(|&n| n != 1) {
        return Ok(x.clone());
    }
    build::index(x, &(0..shape.len()).map(|a| (a < extra).then_some(0)).collect::<Vec<_>>())
}

impl DynArray {
    /// This array with the part that `parts` name (as in [`index`](DynArray::index)) replaced by `value`, which takes this array's
    /// dtype and broadcasts. Of elements named twice the last value stays. NumPy's `x[parts] = value`, as a new array.
    ///
    /// A lazy mask must have the shape of the array, and the value must broadcast to that shape, too: which values would go where is
    /// not known before the mask is computed. Lazy positions go into [`put_along_axis`](DynArray::put_along_axis).
    ///
    /// # Chunks
    /// As this array; chunks that nothing is put into are passed on. A task holds a chunk and what is put into it.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?;
    /// let y = x.set(&[[1, -1, 1].into()], &arange(7, 10, 1, 2)?)?;
    /// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 9, 2, 3, 4, 8]);
    /// let z = x.set(&[x.greater(3)?.into()], 0)?;
    /// assert_eq!(z.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2, 3, 0, 0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`index`](DynArray::index); a value that does not fit the dtype or does not broadcast.
    pub fn set(&self, parts: &[Index], value: impl Argument) -> Result<DynArray> {
        let named = |e: Error| e.at("set");
        let value = values(value.operand(), self.dtype()).map_err(named)?;
        if let [Index::Lazy(mask)] = parts {
            return self.set_where(mask, value).map_err(named);
        }
        let p = Parsed::new(parts, &self.shape(), false).map_err(named)?;
        if p.lazy.is_some() {
            let message = "a lazy array among other parts: give a mask of the array's shape alone, or use put_along_axis";
            return Err(named(Error::usage(message)));
        }
        let goal = self.index(parts)?;
        let (_, grid) = goal.parts();
        let value = reshape::broadcast_cut(&trimmed(&value, grid.ndim())?, grid).map_err(named)?;
        // Back to the order of this array's axes: what index does last is undone first.
        let picked = p.points.as_ref().map(|o| o.shape.as_slice());
        let n_picked = picked.map_or(0, <[usize]>::len);
        let new = p.new_axes(n_picked);
        let gone: Vec<Option<usize>> = (0..grid.ndim()).map(|a| new.contains(&a).then_some(0)).collect();
        let mut v = if new.is_empty() { value } else { build::index(&value, &gone)? };
        if let (Some(points), Some(shape)) = (&p.points, picked) {
            let at = p.kept_before(points.axes[0]);
            v = moved(&v, p.place_among_kept(), at, n_picked)?;
            let mut flat = v.array()?.1.shape().to_vec();
            flat.splice(at..at + shape.len(), [points.at.len()]);
            v = reshape::reshape(&v, &flat)?;
        }
        let lost = |a: &usize| p.points.as_ref().is_some_and(|o| o.axes[1..].contains(a));
        let axes = (0..self.ndim()).filter(|a| !lost(a));
        let single: Vec<usize> = axes.enumerate().filter(|(_, a)| p.fixed[*a]).map(|(i, _)| i).collect();
        if !single.is_empty() {
            v = build::expand_dims(&v, &single)?;
        }
        self.put_back(&p, v).map_err(named)
    }

    /// `v` in place of what `p` names, slice by slice from within.
    fn put_back(&self, p: &Parsed, v: Expr) -> Result<DynArray> {
        let mut outer = vec![(self.expr().clone(), None)];
        for (a, s) in p.slices.iter().enumerate() {
            let (x, _) = outer[outer.len() - 1].clone();
            if !s.is_whole(x.array()?.1.axes()[a].len()) {
                let inner = super::axes::slice_axis(&x, a, *s)?;
                outer.push((inner, Some((a, *s))));
            }
        }
        let mut v = match &p.points {
            Some(points) => take::put(&outer[outer.len() - 1].0, &points.axes, Picks::new(points.at.clone()), &v)?,
            None => v,
        };
        while let Some((_, way)) = outer.pop() {
            if let (Some((a, s)), Some((x, _))) = (way, outer.last()) {
                v = take::put(x, &[a], Picks::slice(s), &v)?;
            }
        }
        build::rechunk(&v, self.parts().1.clone()).map(DynArray::wrap)
    }

    fn set_where(&self, mask: &DynArray, value: Expr) -> Result<DynArray> {
        if mask.dtype() != DType::Bool || mask.shape() != self.shape() {
            let (dtype, shape, own) = (mask.dtype(), mask.shape(), self.shape());
            let message = format!("a lazy {dtype} array of shape {shape:?}: give a mask of the array's shape {own:?}");
            // Integers are an index, only not one that goes here.
            return Err(Error::new(if dtype.is_integer() { Kind::Usage } else { Kind::Index }, message));
        }
        let shape = value.array()?.1.shape();
        let value = DynArray::wrap(trimmed(&value, self.ndim())?);
        let fits = build::broadcast_shapes(&[shape.clone(), self.shape().into()]).is_ok_and(|s| s.as_slice() == self.shape());
        if !fits {
            let own = self.shape();
            return Err(Error::usage(format!(
                "values of shape {:?} under a lazy mask: they must broadcast to {own:?}",
                shape.as_slice()
            )));
        }
        build::rechunk(where_(mask, value, self)?.expr(), self.parts().1.clone()).map(DynArray::wrap)
    }

    /// This array with `values` in place of the elements that `indices` (integers) name along an axis:
    /// `result[indices[i, j], j] = values[i, j]` for axis 0. Values take this array's dtype and broadcast to `indices`; of equal
    /// positions the last stays. NumPy's `put_along_axis`, as a new array.
    ///
    /// # Chunks
    /// As this array, and along the other axes at the borders of both; every chunk meets all chunks of `indices` along the axis, one
    /// after the other. A task holds one chunk of each.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, from_ndarray};
    /// let x = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
    /// let i = from_ndarray(ndarray::array![[2i64], [0]].into_dyn(), 1)?;
    /// assert_eq!(x.put_along_axis(&i, 9, 1)?.compute_as::<i64>()?, ndarray::array![[0, 1, 9], [9, 4, 5]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, another number of axes, positions that are no integers. A position out of bounds fails the run.
    pub fn put_along_axis(&self, indices: &DynArray, value: impl Argument, axis: isize) -> Result<DynArray> {
        let named = |e: Error| e.at("put_along_axis");
        let (x, indices, axis) = beside(self, indices, axis, "put_along_axis")?;
        if x.shape() != self.shape() {
            return Err(named(Error::usage(format!(
                "positions of shape {:?} for an array of {:?}",
                indices.shape(),
                self.shape()
            ))));
        }
        let (dtype, grid) = x.parts();
        if grid.axes()[axis].is_empty() && indices.parts().1.n_elements()? > 0 {
            return Err(named(Error::index(format!("axis {axis} has no elements to replace"))));
        }
        let mut cut: Vec<Axis> = grid
            .axes()
            .iter()
            .zip(indices.parts().1.axes())
            .map(|(a, b)| if a.len() == b.len() { a.common(b) } else { a.clone() })
            .collect();
        cut[axis] = grid.axes()[axis].clone();
        let mut theirs = cut.clone();
        theirs[axis] = indices.parts().1.axes()[axis].clone();
        let theirs = Grid::new(theirs);
        let indices = build::rechunk(indices.expr(), theirs.clone())?;
        let value = values(value.operand(), dtype).map_err(named)?;
        let value = reshape::broadcast_cut(&trimmed(&value, x.ndim())?, &theirs).map_err(named)?;
        let ndim = x.ndim();
        let mut beside: Vec<AxisMap> = (0..ndim).map(AxisMap::Out).collect();
        beside[axis] = AxisMap::Out(ndim);
        let beside = IndexMap(beside.into());
        let out = Grid::new(cut.iter().cloned().chain([Axis::whole(1)]));
        let mut made = build::expand_dims(&build::rechunk(x.expr(), Grid::new(cut))?, &[ndim])?;
        let own = &theirs.axes()[axis];
        for c in 0..own.n_chunks() {
            let r = own.range(c);
            let op = shared(Scatter { axis, n: grid.axes()[axis].len() })?;
            let inputs = vec![made, part(&indices, axis, r.start, r.len())?, part(&value, axis, r.start, r.len())?];
            let maps = vec![IndexMap::identity(ndim + 1), beside.clone(), beside.clone()];
            made = build::call_mapped(op, inputs, maps, dtype, out.clone())?;
        }
        let last: Vec<Option<usize>> = (0..=ndim).map(|a| (a == ndim).then_some(0)).collect();
        Ok(DynArray::wrap(build::rechunk(&build::index(&made, &last)?, self.parts().1.clone())?))
    }
}
