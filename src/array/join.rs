//! Arrays joined, and elements put in, taken out and repeated.
//!
//! Copies of whole chunks are the same chunks under other numbers; where pieces would be too small, they are put together into
//! chunks of at most the old size or the size of automatic chunks.

use crate::array::axes::{at_least, axes_of, part};
use crate::array::ops::Argument;
use crate::array::{DynArray, Index, concatenate};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::build::{self, Operand};
use crate::expr::chunks::AUTO_BYTES;
use crate::expr::{Expr, reshape};
use crate::op::creation;

/// The most elements along an axis that a chunk may have: what it has now, or what an automatic chunk would have.
pub(super) fn room(grid: &Grid, axis: usize, dtype: DType) -> usize {
    let others: usize = grid.axes().iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, x)| x.max_size().max(1)).product();
    (AUTO_BYTES / dtype.size() / others.max(1)).max(grid.axes()[axis].max_size()).max(1)
}

/// The grid with another axis in place of one.
pub(super) fn with_axis(grid: &Grid, axis: usize, new: Axis) -> Grid {
    Grid::new(grid.axes().iter().enumerate().map(|(a, own)| if a == axis { new.clone() } else { own.clone() }))
}

/// Arrays along an axis, for a call of this name.
pub(super) fn joined(name: &str, arrays: &[DynArray], axis: isize) -> Result<DynArray> {
    if arrays.is_empty() {
        return Err(Error::usage(format!("{name} needs at least one array")));
    }
    concatenate(arrays, axis).map_err(|e| e.at(name.to_string()))
}

fn each(arrays: &[DynArray], f: impl Fn(&DynArray) -> Result<DynArray>) -> Result<Vec<DynArray>> {
    arrays.iter().map(f).collect()
}

/// Arrays one above the other: along axis 0, those of one axis as rows. NumPy's `vstack`.
///
/// # Chunks
/// As [`concatenate`].
///
/// # Example
/// ```
/// use tilework::array::{arange, vstack};
/// let x = arange(0, 3, 1, 2)?;
/// assert_eq!(vstack(&[x.clone(), x])?.shape(), [2, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn vstack(arrays: &[DynArray]) -> Result<DynArray> {
    joined("vstack", &each(arrays, DynArray::atleast_2d)?, 0)
}

/// Arrays side by side: along axis 1, those of one axis along it. NumPy's `hstack`.
///
/// # Chunks
/// As [`concatenate`].
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn hstack(arrays: &[DynArray]) -> Result<DynArray> {
    let arrays = each(arrays, DynArray::atleast_1d)?;
    joined("hstack", &arrays, if arrays.first().is_some_and(|a| a.ndim() == 1) { 0 } else { 1 })
}

/// Arrays behind each other: along axis 2, after [`atleast_3d`](DynArray::atleast_3d). NumPy's `dstack`.
///
/// # Chunks
/// As [`concatenate`].
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn dstack(arrays: &[DynArray]) -> Result<DynArray> {
    joined("dstack", &each(arrays, DynArray::atleast_3d)?, 2)
}

/// Arrays of one axis as columns, of two axes side by side. NumPy's `column_stack`.
///
/// # Chunks
/// As [`concatenate`].
///
/// # Example
/// ```
/// use tilework::array::{arange, column_stack};
/// let x = column_stack(&[arange(0, 2, 1, 1)?, arange(5, 7, 1, 1)?])?;
/// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[0, 5], [1, 6]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there are none, or their lengths differ.
pub fn column_stack(arrays: &[DynArray]) -> Result<DynArray> {
    let column = |a: &DynArray| if a.ndim() < 2 { a.atleast_1d()?.expand_dims(&[1]) } else { Ok(a.clone()) };
    joined("column_stack", &each(arrays, column)?, 1)
}

/// The arrays repeated to their common shape and cut alike. NumPy's `broadcast_arrays`.
///
/// # Chunks
/// Common to all: along each axis the boundaries of those that do not repeat along it.
///
/// # Example
/// ```
/// use tilework::array::{arange, broadcast_arrays};
/// let (x, y) = (arange(0, 3, 1, 2)?, arange(0, 2, 1, 1)?.expand_dims(&[1])?);
/// let both = broadcast_arrays(&[x, y])?;
/// assert_eq!((both[0].shape(), both[1].chunks()), (vec![2, 3], vec![vec![1, 1], vec![2, 1]]));
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When shapes do not broadcast.
pub fn broadcast_arrays(arrays: &[DynArray]) -> Result<Vec<DynArray>> {
    let exprs: Vec<Expr> = arrays.iter().map(|a| a.expr().clone()).collect();
    let (_, _, grid) = build::align(&exprs).map_err(|e| e.at("broadcast_arrays"))?;
    exprs.iter().map(|e| Ok(DynArray::wrap(reshape::broadcast_cut(e, &grid)?))).collect()
}

impl DynArray {
    /// This array and then `values`, along an axis, or both flat without one. NumPy's `append`.
    ///
    /// # Chunks
    /// As [`concatenate`]; without an axis of both as [`ravel`](DynArray::ravel) gives them.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 2, 1, 2)?;
    /// assert_eq!(x.append(&arange(5, 7, 1, 2)?, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 5, 6]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When their other axes differ.
    pub fn append(&self, values: &DynArray, axis: Option<isize>) -> Result<DynArray> {
        match axis {
            None => joined("append", &[self.ravel()?, values.ravel()?], 0),
            Some(a) => joined("append", &[self.clone(), values.clone()], a),
        }
    }

    /// The array itself and the axis, or the flat one and its axis.
    pub(super) fn along(&self, axis: Option<isize>, name: &str) -> Result<(DynArray, usize)> {
        match axis {
            None => Ok((self.ravel()?, 0)),
            Some(a) => Ok((self.clone(), axes_of(&[a], self.ndim(), name)?[0])),
        }
    }

    /// `values` put in before positions of this array along an axis, or of the flat array without one. NumPy's `insert`: values take
    /// this array's dtype and broadcast against it; at one position all of them go in, at several one at each.
    ///
    /// # Chunks
    /// As the input along the other axes; along this one all as long as its longest. Chunks are put together anew as by
    /// [`rechunk`](DynArray::rechunk).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 4, 1, 2)?.insert([1, 3], -1, None)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, -1, 1, 2, -1, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis or position is out of bounds, or the values do not broadcast.
    pub fn insert(&self, at: impl Into<Index>, values: impl Argument, axis: Option<isize>) -> Result<DynArray> {
        let (x, axis) = self.along(axis, "insert")?;
        let (dtype, grid) = x.parts();
        let (n, at) = (grid.axes()[axis].len(), at.into());
        let places: Vec<usize> = at.ranges(n, n + 1, "insert", axis)?.into_iter().flatten().collect();
        let values = match values.operand() {
            Operand::Array(e) => build::cast(&e, dtype)?,
            Operand::Scalar(s) => build::generate(creation::full(s, dtype).map_err(|e| e.at("insert"))?, Grid::whole(&[]), "full"),
        };
        let (ndim, have) = (grid.ndim(), values.array()?.1.shape());
        let mut values = at_least(&values, ndim)?;
        if matches!(at, Index::At(_)) && have.len() <= ndim {
            values = DynArray::wrap(values).moveaxis(&[0], &[axis as isize])?.expr().clone();
        }
        let many = if places.len() == 1 { values.array()?.1.shape().get(axis).copied().unwrap_or(1) } else { places.len() };
        let size = grid.axes()[axis].max_size().max(1);
        let target = with_axis(grid, axis, Axis::regular(many, size));
        let values = reshape::broadcast_cut(&values, &target).map_err(|e| {
            e.at(format!("insert: values of shape {:?} at {} positions along axis {axis}", have.as_slice(), places.len()))
        })?;
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&i| places[i]);
        let (mut parts, mut done) = (Vec::new(), 0);
        for i in order {
            parts.push(part(x.expr(), axis, done, places[i] - done)?);
            parts.push(if places.len() == 1 { values.clone() } else { part(&values, axis, i, 1)? });
            done = places[i];
        }
        parts.push(part(x.expr(), axis, done, n - done)?);
        let made = build::concatenate(&parts, axis)?;
        let cut = if many == 0 { grid.axes()[axis].clone() } else { Axis::regular(made.array()?.1.axes()[axis].len(), size) };
        Ok(DynArray::wrap(build::rechunk(&made, with_axis(made.array()?.1, axis, cut))?))
    }

    /// This array without what lies at the positions along an axis, or of the flat array without one. NumPy's `delete`. Chunks keep
    /// what is left of them.
    ///
    /// # Chunks
    /// As the input, each with what is left of it. A task holds the result and a chunk.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?.delete(1..4, None)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 4, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis or position is out of bounds.
    pub fn delete(&self, at: impl Into<Index>, axis: Option<isize>) -> Result<DynArray> {
        let (x, axis) = self.along(axis, "delete")?;
        let own = &x.parts().1.axes()[axis];
        let n = own.len();
        let mut gone = at.into().ranges(n, n, "delete", axis)?;
        gone.sort_unstable_by_key(|r| r.start);
        let (mut parts, mut sizes, mut done) = (Vec::new(), vec![0; own.n_chunks()], 0);
        for r in gone.into_iter().chain(std::iter::once(n..n)) {
            if r.start > done {
                parts.push(part(x.expr(), axis, done, r.start - done)?);
                for c in own.chunks_over(&(done..r.start)) {
                    sizes[c] += own.range(c).end.min(r.start) - own.range(c).start.max(done);
                }
            }
            done = done.max(r.end);
        }
        if parts.is_empty() {
            return Ok(DynArray::wrap(part(x.expr(), axis, 0, 0)?));
        }
        let made = build::concatenate(&parts, axis)?;
        let cut = with_axis(made.array()?.1, axis, Axis::from_sizes(&sizes));
        Ok(DynArray::wrap(build::rechunk(&made, cut)?))
    }

    /// Every element `n` times in a row along an axis, or of the flat array without one. NumPy's `repeat`.
    ///
    /// # Chunks
    /// As the input, `n` times as long, but cut so that none has more than 4 MiB or more elements than the input's largest.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 3, 1, 2)?.repeat(2, None)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1, 1, 2, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or the result has too many elements.
    pub fn repeat(&self, n: usize, axis: Option<isize>) -> Result<DynArray> {
        // NumPy, too, lets an array without axes repeat along axis 0.
        let (x, axis) = self.atleast_1d()?.along(axis, "repeat")?;
        let (dtype, grid) = x.parts();
        let own = grid.axes()[axis].clone();
        if n == 0 || own.is_empty() {
            return Ok(DynArray::wrap(part(x.expr(), axis, 0, 0)?));
        }
        let room = room(grid, axis, dtype);
        let own = if own.max_size().saturating_mul(n) <= room { own } else { Axis::regular(own.len(), (room / n).max(1)) };
        let cut = [own, Axis::regular(n, n.min(room))];
        Ok(DynArray::wrap(spread(x.expr(), axis, axis + 1, cut).map_err(|e| e.at("repeat"))?))
    }

    /// The array set side by side with itself, `repeats` times along each axis. NumPy's `tile`: counts belong to the last axes, and
    /// more of them than axes make new axes in front.
    ///
    /// # Chunks
    /// Copies of the input's, one after the other; of an axis of one chunk as many copies in one as make 4 MiB.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 2, 1, 2)?.tile(&[2, 2])?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[0, 1, 0, 1], [0, 1, 0, 1]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the result has too many elements.
    pub fn tile(&self, repeats: &[usize]) -> Result<DynArray> {
        let mut e = at_least(self.expr(), repeats.len())?;
        let skip = e.array()?.1.ndim() - repeats.len();
        for (a, &r) in repeats.iter().enumerate().filter(|(_, r)| **r != 1).map(|(i, r)| (i + skip, r)) {
            let (dtype, grid) = e.array()?;
            let own = &grid.axes()[a];
            e = if r == 0 || own.is_empty() {
                part(&e, a, 0, 0)?
            } else if own.n_chunks() == 1 {
                let cut = [Axis::regular(r, (room(grid, a, dtype) / own.len()).max(1)), own.clone()];
                spread(&e, a, a, cut).map_err(|e| e.at("tile"))?
            } else {
                build::concatenate(&vec![e.clone(); r], a).map_err(|e| e.at("tile"))?
            };
        }
        Ok(DynArray::wrap(e))
    }
}

/// A new axis at `at` along which elements repeat, merged with the axis at its side: `axis` becomes both axes of `cut`.
fn spread(x: &Expr, axis: usize, at: usize, cut: [Axis; 2]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let mut axes = grid.axes().to_vec();
    axes.splice(axis..=axis, cut);
    let wide = Grid::new(axes);
    wide.n_elements()?;
    let mut shape = wide.shape().to_vec();
    let merged = shape[axis].checked_mul(shape[axis + 1]).filter(|&n| isize::try_from(n).is_ok());
    let merged = merged.ok_or_else(|| Error::usage(format!("an axis of {} times {} elements", shape[axis], shape[axis + 1])))?;
    shape.splice(axis..axis + 2, [merged]);
    let repeated = reshape::broadcast_cut(&build::expand_dims(x, &[at])?, &wide)?;
    reshape::reshape(&repeated, &shape)
}
