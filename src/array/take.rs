//! Parts of arrays: by index, by lists of positions, by chunk, by positions that are computed themselves.

use crate::array::axes::part;
use crate::array::index::{Index, Parsed};
use crate::array::{DynArray, concatenate};
use crate::base::{Axis, DType, Error, Grid, Kind, Result};
use crate::expr::picks::Picks;
use crate::expr::{AxisMap, Expr, IndexMap, build, reshape, take};
use crate::op::block::{Gather, shared};

impl DynArray {
    /// Part of the array, by one [`Index`] per axis (missing ones at the end mean all), as NumPy's brackets: numbers, slices, arrays of
    /// positions (broadcast together), masks, new axes. A mask that is computed lazily gives an axis of unknown size.
    ///
    /// # Chunks
    /// Slices and sorted positions keep the borders of chunks; other positions give chunks of at most the size of the array's along
    /// those axes. A task holds one chunk of each side; a chunk whose elements come from many is put together of parts that hold
    /// nothing else.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, Index};
    /// let x = arange(0, 12, 1, 5)?;
    /// let y = x.index(&[Index::Slice(None, None, Some(-3))])?;
    /// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [11, 8, 5, 2]);
    /// let z = x.reshape(&[3, 4])?.index(&[[2, 0].into(), [-1, 1].into()])?;
    /// assert_eq!(z.compute_as::<i64>()?.into_raw_vec_and_offset().0, [11, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Too many parts, an index out of bounds, a step of 0, arrays that do not broadcast. Positions that are computed lazily and are
    /// out of bounds fail the run.
    pub fn index(&self, parts: &[Index]) -> Result<DynArray> {
        self.part_of(parts, false)
    }

    /// As [`index`](DynArray::index), with the axes of arrays of positions always in front. Dask's `vindex`.
    ///
    /// # Chunks
    /// As [`index`](DynArray::index).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, Index};
    /// let x = arange(0, 12, 1, 5)?.reshape(&[2, 2, 3])?;
    /// assert_eq!(x.vindex(&[(..).into(), (..).into(), [0, 2, 2, 1].into()])?.shape(), [4, 2, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`index`](DynArray::index).
    pub fn vindex(&self, parts: &[Index]) -> Result<DynArray> {
        self.part_of(parts, true)
    }

    fn part_of(&self, parts: &[Index], front: bool) -> Result<DynArray> {
        let p = Parsed::new(parts, &self.shape(), front)?;
        let mut e = build::slice(self.expr(), &p.slices)?;
        if p.fixed.contains(&true) {
            let at: Vec<Option<usize>> = p.fixed.iter().map(|f| f.then_some(0)).collect();
            e = build::index(&e, &at)?;
        }
        let mut n_picked = 0;
        if let Some(points) = &p.points {
            let axes: Vec<usize> = points.axes.iter().map(|&a| p.kept_before(a)).collect();
            e = pick(&e, &axes, points.at.clone(), &points.shape)?;
            n_picked = points.shape.len();
            e = moved(&e, axes[0], p.place_among_kept(), n_picked)?;
        }
        if let Some((axis, lazy)) = &p.lazy {
            let axis = p.kept_before(*axis);
            let made = DynArray::wrap(e).lazily(lazy, axis)?;
            n_picked = if lazy.dtype() == DType::Bool { 1 } else { lazy.ndim() };
            e = moved(made.expr(), axis, p.place_among_kept(), n_picked)?;
        }
        let new = p.new_axes(n_picked);
        if !new.is_empty() {
            e = build::expand_dims(&e, &new)?;
        }
        Ok(DynArray::wrap(e))
    }

    /// What a lazy array picks at an axis.
    fn lazily(&self, index: &DynArray, axis: usize) -> Result<DynArray> {
        if index.dtype() == DType::Bool {
            return self.masked(index, axis);
        }
        gathered(self, index, axis)
    }

    /// The elements at `indices` along an axis, or of the flat array without one. A number takes the axis away; an array of `n`
    /// dimensions puts as many axes in its place. NumPy's `take`; out of bounds is always refused (NumPy's `mode="raise"`): at once for
    /// positions given as numbers, by the run for a lazy array of integers.
    ///
    /// # Chunks
    /// As [`index`](DynArray::index). For a lazy array every chunk of it meets all chunks along the axis, one after the other.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 10, 1, 4)?;
    /// assert_eq!(x.take([9, 0, -1, 3], Some(0))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [9, 0, 9, 3]);
    /// let lazy = arange(0, 3, 1, 2)?.multiply(2)?;
    /// assert_eq!(x.take(&lazy, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 2, 4]);
    /// assert!(x.take(10, None).is_err());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis or position out of bounds.
    pub fn take(&self, indices: impl Into<Index>, axis: Option<isize>) -> Result<DynArray> {
        let named = |e: Error| e.at("take");
        let (x, axis) = self.along(axis, "take")?;
        let index = indices.into();
        if matches!(index, Index::NewAxis | Index::Ellipsis) {
            return Err(named(Error::usage(format!("{} names no elements", index.words()))));
        }
        let mut parts = vec![Index::from(..); axis];
        parts.push(index);
        x.index(&parts).map_err(named)
    }

    /// The elements along an axis (of the flat array without one) where `condition` holds; it may be shorter than the axis, the rest is
    /// left out. NumPy's `compress`. With a lazy condition the size of the axis is unknown.
    ///
    /// # Chunks
    /// Chunks keep what is left of them; a task holds a chunk and its result.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.compress([false, true, true], None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, a condition of several axes or longer than the axis.
    pub fn compress(&self, condition: impl Into<Index>, axis: Option<isize>) -> Result<DynArray> {
        let named = |e: Error| e.at("compress");
        let (x, axis) = self.along(axis, "compress")?;
        let n = x.parts().1.axes()[axis].len();
        let (len, dims, mask) = match condition.into() {
            Index::Mask(m) => (m.len(), m.ndim(), Index::Mask(m)),
            Index::Lazy(m) if m.dtype() == DType::Bool => (m.shape().iter().product(), m.ndim(), Index::Lazy(m)),
            other => return Err(named(Error::dtype(format!("{} is no condition: give bools", other.words())))),
        };
        if dims != 1 || len > n {
            let message = format!("a condition of {dims} axes and {len} elements for axis {axis} of length {n}");
            return Err(named(Error::new(if dims == 1 { Kind::Index } else { Kind::Usage }, message)));
        }
        let mut parts = vec![Index::from(..); axis];
        parts.push(mask);
        DynArray::wrap(part(x.expr(), axis, 0, len)?).index(&parts).map_err(named)
    }

    /// The elements that `indices` (integers) name along an axis, element by element: `result[i, j] = self[indices[i, j], j]` for axis
    /// 0. NumPy's `take_along_axis`; what `argsort` and `argmax` give fits here. Other axes broadcast.
    ///
    /// # Chunks
    /// As `indices`, and along the other axes at the borders of both; every chunk meets all chunks of the array along the axis, one
    /// after the other. A task holds one chunk of each.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, from_ndarray};
    /// let x = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
    /// let i = from_ndarray(ndarray::array![[2i64], [-3]].into_dyn(), 1)?;
    /// assert_eq!(x.take_along_axis(&i, 1)?.compute_as::<i64>()?, ndarray::array![[2], [3]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds, another number of axes, positions that are no integers. A position out of bounds fails the run.
    pub fn take_along_axis(&self, indices: &DynArray, axis: isize) -> Result<DynArray> {
        let (x, indices, axis) = beside(self, indices, axis, "take_along_axis")?;
        let ndim = x.ndim();
        let mut data: Vec<AxisMap> = (0..ndim).map(AxisMap::Out).collect();
        data[axis] = AxisMap::Out(ndim);
        chained(&x, &indices, axis, (data, IndexMap::identity(ndim))).map_err(|e| e.at("take_along_axis"))
    }

    /// Some of the chunks, by one number, list or slice of chunk numbers per axis (missing ones mean all). Axes stay.
    /// Dask's `blocks`.
    ///
    /// # Chunks
    /// The chunks named, in their order.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 10, 1, 4)?;
    /// assert_eq!(x.blocks(&[[2, 0].into()])?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [8, 9, 0, 1, 2, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// More parts than axes, a number out of bounds.
    pub fn blocks(&self, parts: &[Index]) -> Result<DynArray> {
        if parts.len() > self.ndim() {
            return Err(Error::index(format!("blocks: {} indices for an array of {} dimensions", parts.len(), self.ndim())));
        }
        let mut x = self.clone();
        for (a, p) in parts.iter().enumerate() {
            let axis = self.parts().1.axes()[a].clone();
            let n = axis.n_chunks();
            if matches!(p, Index::Slice(None, None, None)) {
                continue;
            }
            let chosen = p.ranges(n, n, "blocks", a)?;
            let piece = |r: &std::ops::Range<usize>| {
                let (start, end) = (axis.range(r.start).start, axis.range(r.end - 1).end);
                part(x.expr(), a, start, end - start).map(DynArray::wrap)
            };
            let pieces: Vec<DynArray> = chosen.iter().map(piece).collect::<Result<_>>()?;
            x = if pieces.is_empty() { DynArray::wrap(part(x.expr(), a, 0, 0)?) } else { concatenate(&pieces, a as isize)? };
        }
        Ok(x)
    }
}

/// Elements over some axes by position, as axes of `shape` in place of the first.
fn pick(x: &Expr, axes: &[usize], at: Vec<usize>, shape: &[usize]) -> Result<Expr> {
    let made = take::take(x, axes, Picks::new(at))?;
    unfolded(&made, axes[0], shape)
}

/// One axis as axes of `shape`.
fn unfolded(x: &Expr, axis: usize, shape: &[usize]) -> Result<Expr> {
    let mut all = x.array()?.1.shape().to_vec();
    if shape.len() == 1 {
        return Ok(x.clone());
    }
    all.splice(axis..=axis, shape.iter().copied());
    reshape::reshape(x, &all)
}

/// `n` axes that stand at `from` put before the `to`th of the others.
pub(super) fn moved(x: &Expr, from: usize, to: usize, n: usize) -> Result<Expr> {
    if from == to {
        return Ok(x.clone());
    }
    let ndim = x.array()?.1.ndim();
    let mut order: Vec<usize> = (0..ndim).filter(|a| !(from..from + n).contains(a)).collect();
    order.splice(to..to, from..from + n);
    build::transpose(x, &order)
}

/// Both arrays with as many elements along all axes but one, and that axis.
pub(super) fn beside(x: &DynArray, indices: &DynArray, axis: isize, name: &str) -> Result<(DynArray, DynArray, usize)> {
    let named = |e: Error| e.at(name.to_string());
    let axis = build::normalize_axis(axis, x.ndim()).map_err(named)?;
    if x.ndim() != indices.ndim() || !indices.dtype().is_integer() {
        let (have, want) = (indices.ndim(), x.ndim());
        let message = format!("{} positions of {have} axes for an array of {want}: give integers of as many axes", indices.dtype());
        let kind = if indices.dtype().is_integer() { Kind::Usage } else { Kind::Index };
        return Err(named(Error::new(kind, message)));
    }
    let (mut mine, mut theirs) = (x.shape(), indices.shape());
    let (n, m) = (std::mem::replace(&mut mine[axis], 1), std::mem::replace(&mut theirs[axis], 1));
    let mut all = build::broadcast_shapes(&[mine.into(), theirs.into()]).map_err(named)?;
    all[axis] = n;
    let wide = repeated(x, &all, indices)?;
    all[axis] = m;
    Ok((wide, repeated(&indices.astype(DType::I64)?, &all, x)?, axis))
}

/// The array repeated to `shape`, where it repeats in the cut of `like`.
fn repeated(x: &DynArray, shape: &[usize], like: &DynArray) -> Result<DynArray> {
    let (own, other) = (x.parts().1.axes(), like.parts().1.axes());
    let cut = |a: usize| [&own[a], &other[a]].into_iter().find(|axis| axis.len() == shape[a]).cloned();
    let grid = Grid::new((0..shape.len()).map(|a| cut(a).unwrap_or_else(|| Axis::whole(shape[a]))));
    reshape::broadcast_cut(x.expr(), &grid).map(DynArray::wrap)
}

/// Positions that are computed: for every chunk of them, what lies in the first chunk along the axis, then in the second...
fn gathered(x: &DynArray, index: &DynArray, axis: usize) -> Result<DynArray> {
    if !index.dtype().is_integer() {
        return Err(Error::index(format!("positions of {}: give integers, or a mask of bool", index.dtype())));
    }
    let shape = index.shape();
    let index = index.ravel()?.astype(DType::I64)?;
    // A chunk of the result has the other axes of the array's.
    let (_, grid) = x.parts();
    let others: usize = grid.axes().iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, own)| own.max_size().max(1)).product();
    let room = (grid.max_chunk_elements().max(build_room(x.dtype())) / others.max(1)).max(1);
    let cut = &index.parts().1.axes()[0];
    let index = if cut.max_size() > room { index.rechunk(room)? } else { index };
    let ndim = x.ndim();
    let mut data: Vec<AxisMap> = (0..ndim).map(AxisMap::Out).collect();
    data[axis] = AxisMap::Out(ndim);
    let made = chained(x, &index, axis, (data, IndexMap([AxisMap::Out(axis)].into_iter().collect())))?;
    Ok(DynArray::wrap(unfolded(made.expr(), axis, &shape)?))
}

/// Elements of an automatic chunk.
fn build_room(dtype: DType) -> usize {
    crate::expr::chunks::AUTO_BYTES / dtype.size()
}

/// What `index` names along `axis` of `x`, chunk of `x` by chunk: `maps` say how both lie along the result's axes, which has one more
/// axis at its end for the elements of `x` to choose from.
fn chained(x: &DynArray, index: &DynArray, axis: usize, maps: (Vec<AxisMap>, IndexMap)) -> Result<DynArray> {
    let (dtype, grid) = x.parts();
    let own = grid.axes()[axis].clone();
    let (_, cut) = index.parts();
    if own.is_empty() && cut.n_elements()? > 0 {
        return Err(Error::index(format!("axis {axis} has no elements to take")));
    }
    // The cut of the result: along the axis that of the positions, along others that of both.
    let mut axes = grid.axes().to_vec();
    for (m, theirs) in maps.1.0.iter().zip(cut.axes()) {
        if let AxisMap::Out(o) = m {
            axes[*o] = if *o == axis { theirs.clone() } else { axes[*o].common(theirs) };
        }
    }
    let index = build::rechunk(
        index.expr(),
        Grid::new(maps.1.0.iter().filter_map(|m| if let AxisMap::Out(o) = m { Some(axes[*o].clone()) } else { None })),
    )?;
    let mut mine = axes.clone();
    mine[axis] = own.clone();
    let x = build::rechunk(x.expr(), Grid::new(mine))?;
    axes.push(Axis::whole(1));
    let out = Grid::new(axes);
    let mut made: Option<Expr> = None;
    for c in 0..own.n_chunks() {
        let r = own.range(c);
        let op = shared(Gather { start: r.start, n: own.len() })?;
        let piece = part(&x, axis, r.start, r.len())?;
        let mut inputs = vec![piece, index.clone()];
        let mut all = vec![IndexMap(maps.0.iter().copied().collect()), maps.1.clone()];
        if let Some(before) = made {
            inputs.push(before);
            all.push(IndexMap::identity(out.ndim()));
        }
        made = Some(build::call_mapped(op, inputs, all, dtype, out.clone())?);
    }
    let made = made.ok_or_else(|| Error::bug("an axis without a chunk"))?;
    let last: Vec<Option<usize>> = (0..out.ndim()).map(|a| (a + 1 == out.ndim()).then_some(0)).collect();
    Ok(DynArray::wrap(build::index(&made, &last)?))
}
