//! The same elements under other axes: moved, reversed, added, dropped, merged.

use crate::array::DynArray;
use crate::base::{AxisSlice, Error, Result};
use crate::expr::{Expr, build, reshape};

/// The axes that a list means in `ndim` dimensions, in its order.
pub(super) fn axes_of(list: &[isize], ndim: usize, name: &str) -> Result<Vec<usize>> {
    let axes: Vec<usize> =
        list.iter().map(|&a| build::normalize_axis(a, ndim)).collect::<Result<_>>().map_err(|e| e.at(name.to_string()))?;
    match (0..axes.len()).find(|&i| axes[..i].contains(&axes[i])) {
        Some(i) => Err(Error::usage(format!("{name}: axis {} is given twice in {list:?}", list[i]))),
        None => Ok(axes),
    }
}

/// Some of one axis.
pub(super) fn slice_axis(x: &Expr, axis: usize, s: AxisSlice) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let slices: Vec<AxisSlice> =
        grid.axes().iter().enumerate().map(|(a, own)| if a == axis { s } else { AxisSlice::whole(own.len()) }).collect();
    build::slice(x, &slices)
}

/// `len` elements of one axis from `start`.
pub(super) fn part(x: &Expr, axis: usize, start: usize, len: usize) -> Result<Expr> {
    slice_axis(x, axis, AxisSlice { start: if len == 0 { 0 } else { start }, step: 1, len })
}

/// The array under at least `ndim` axes, new ones in front.
pub(super) fn at_least(x: &Expr, ndim: usize) -> Result<Expr> {
    let have = x.array()?.1.ndim();
    if have >= ndim { Ok(x.clone()) } else { build::expand_dims(x, &(0..ndim - have).collect::<Vec<_>>()) }
}

impl DynArray {
    /// The elements in C order under another shape; one length may be -1 and follows from the others. NumPy's `reshape`.
    ///
    /// # Chunks
    /// As the input where these are runs of elements in C order (the last axes whole, as a row or some rows of an image are). Others are
    /// cut anew along the leading ones of the axes that merge or part, as by [`rechunk`](DynArray::rechunk); none becomes larger than the
    /// input's largest.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?.reshape(&[2, -1])?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[0, 1, 2], [3, 4, 5]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shape has another number of elements, or a length is negative and not the only -1.
    pub fn reshape(&self, shape: &[isize]) -> Result<DynArray> {
        self.known("reshape")?;
        let have = self.shape();
        let n = self.parts().1.n_elements()?;
        let refuse = |why: &str| Error::usage(format!("reshape: {have:?} ({n} elements) cannot take the shape {shape:?}: {why}"));
        if shape.iter().any(|&l| l < -1) || shape.iter().filter(|&&l| l == -1).count() > 1 {
            return Err(refuse("at most one length may be left open, as -1"));
        }
        let known = shape.iter().filter(|&&l| l >= 0).try_fold(1usize, |p, &l| p.checked_mul(l as usize));
        let open = match known {
            Some(p) if p > 0 && n % p == 0 => n / p,
            _ if shape.contains(&-1) => return Err(refuse("no length in place of -1 gives as many elements")),
            _ => 0,
        };
        let shape: Vec<usize> = shape.iter().map(|&l| if l < 0 { open } else { l as usize }).collect();
        Ok(DynArray::wrap(reshape::reshape(self.expr(), &shape)?))
    }

    /// All elements along one axis, in C order. NumPy's `ravel`.
    ///
    /// # Chunks
    /// As [`reshape`](DynArray::reshape).
    ///
    /// # Errors
    /// None for arrays that exist.
    pub fn ravel(&self) -> Result<DynArray> {
        if self.ndim() == 1 {
            return Ok(self.clone());
        }
        self.known("ravel")?;
        self.reshape(&[-1])
    }

    /// All elements along one axis, in C order: another name of [`ravel`](DynArray::ravel), as nothing is copied here. NumPy's `flatten`.
    ///
    /// # Chunks
    /// As [`reshape`](DynArray::reshape).
    ///
    /// # Errors
    /// As [`ravel`](DynArray::ravel).
    pub fn flatten(&self) -> Result<DynArray> {
        self.ravel()
    }

    /// Axes `source` at the places `destination`; the others keep their order. NumPy's `moveaxis`.
    ///
    /// # Chunks
    /// As the input, transposed.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::zeros};
    /// let x = zeros(&[3, 4, 5], DType::U8, 2)?;
    /// assert_eq!(x.moveaxis(&[0], &[-1])?.shape(), [4, 5, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated, or there are not as many sources as destinations.
    pub fn moveaxis(&self, source: &[isize], destination: &[isize]) -> Result<DynArray> {
        let ndim = self.ndim();
        if source.len() != destination.len() {
            return Err(Error::usage(format!("moveaxis: {source:?} and {destination:?} are not as many axes")));
        }
        let (from, to) = (axes_of(source, ndim, "moveaxis")?, axes_of(destination, ndim, "moveaxis")?);
        let mut order: Vec<usize> = (0..ndim).filter(|a| !from.contains(a)).collect();
        let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        moves.sort_unstable();
        moves.into_iter().for_each(|(to, from)| order.insert(to, from));
        self.transpose(Some(&order))
    }

    /// Two axes exchanged. NumPy's `swapaxes`.
    ///
    /// # Chunks
    /// As the input, transposed.
    ///
    /// # Errors
    /// When an axis is out of bounds.
    pub fn swapaxes(&self, a: isize, b: isize) -> Result<DynArray> {
        let find = |axis| build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("swapaxes"));
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        order.swap(find(a)?, find(b)?);
        self.transpose(Some(&order))
    }

    /// An axis rolled back until it lies before `start`; NumPy's `rollaxis`. [`moveaxis`](DynArray::moveaxis) is easier to read.
    ///
    /// # Chunks
    /// As the input, transposed.
    ///
    /// # Errors
    /// When an axis is out of bounds.
    pub fn rollaxis(&self, axis: isize, start: isize) -> Result<DynArray> {
        let ndim = self.ndim() as isize;
        let from = build::normalize_axis(axis, self.ndim()).map_err(|e| e.at("rollaxis"))?;
        if start < -ndim || start > ndim {
            return Err(Error::axis(format!("rollaxis: start {start} is out of bounds for an array of {ndim} dimensions")));
        }
        let start = if start < 0 { start + ndim } else { start } as usize;
        let to = if start > from { start - 1 } else { start };
        self.moveaxis(&[from as isize], &[to as isize])
    }

    /// Axes of length 1 gone: those named, all if None. NumPy's `squeeze`.
    ///
    /// # Chunks
    /// As the input along the axes that stay.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::zeros};
    /// let x = zeros(&[1, 3, 1], DType::U8, 2)?;
    /// assert_eq!(x.squeeze(None)?.shape(), [3]);
    /// assert_eq!(x.squeeze(Some(&[-1]))?.shape(), [1, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated, or its length is not 1.
    pub fn squeeze(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        let shape = self.shape();
        let gone = match axes {
            Some(list) => axes_of(list, shape.len(), "squeeze")?,
            None => (0..shape.len()).filter(|&a| shape[a] == 1 && !self.parts().1.axes()[a].is_unknown()).collect(),
        };
        if let Some(&a) = gone.iter().find(|&&a| shape[a] != 1) {
            let n = shape[a];
            return Err(Error::usage(format!("squeeze: axis {a} of {shape:?} has length {n}; only axes of length 1 can go")));
        }
        if gone.is_empty() {
            return Ok(self.clone());
        }
        let at: Vec<Option<usize>> = (0..shape.len()).map(|a| gone.contains(&a).then_some(0)).collect();
        Ok(DynArray::wrap(build::index(self.expr(), &at)?))
    }

    /// New axes of length 1; `axes` are their places in the result. NumPy's `expand_dims`.
    ///
    /// # Chunks
    /// As the input; a new axis is one chunk.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// assert_eq!(arange(0, 3, 1, 2)?.expand_dims(&[0, -1])?.shape(), [1, 3, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a place is out of bounds or repeated.
    pub fn expand_dims(&self, axes: &[isize]) -> Result<DynArray> {
        let mut places = axes_of(axes, self.ndim() + axes.len(), "expand_dims")?;
        places.sort_unstable();
        if places.is_empty() { Ok(self.clone()) } else { Ok(DynArray::wrap(build::expand_dims(self.expr(), &places)?)) }
    }

    /// The elements in reverse order along the axes named, along all if None. NumPy's `flip`.
    ///
    /// # Chunks
    /// As the input, in reverse order.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 4, 1, 3)?.reshape(&[2, 2])?;
    /// assert_eq!(x.flip(Some(&[1]))?.compute_as::<i64>()?, ndarray::array![[1, 0], [3, 2]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated.
    pub fn flip(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        let shape = self.shape();
        let axes = match axes {
            Some(list) => axes_of(list, shape.len(), "flip")?,
            None => (0..shape.len()).collect(),
        };
        let step = |a: usize| if axes.contains(&a) { -1 } else { 1 };
        let slices = shape.iter().enumerate().map(|(a, &n)| AxisSlice::python(n, None, None, Some(step(a))));
        Ok(DynArray::wrap(build::slice(self.expr(), &slices.collect::<Result<Vec<_>>>()?)?))
    }

    /// Columns in reverse order (axis 1). NumPy's `fliplr`.
    ///
    /// # Chunks
    /// As [`flip`](DynArray::flip).
    ///
    /// # Errors
    /// When there are fewer than two dimensions.
    pub fn fliplr(&self) -> Result<DynArray> {
        self.flip(Some(&[1])).map_err(|e| e.at("fliplr"))
    }

    /// Rows in reverse order (axis 0). NumPy's `flipud`.
    ///
    /// # Chunks
    /// As [`flip`](DynArray::flip).
    ///
    /// # Errors
    /// When there are no dimensions.
    pub fn flipud(&self) -> Result<DynArray> {
        self.flip(Some(&[0])).map_err(|e| e.at("flipud"))
    }

    /// `k` quarter turns in the plane of two axes, from the first towards the second; NumPy's `rot90`.
    ///
    /// # Chunks
    /// As the input, turned.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 4, 1, 2)?.reshape(&[2, 2])?.rot90(1, (0, 1))?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[1, 3], [0, 2]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or both are the same.
    pub fn rot90(&self, k: isize, axes: (isize, isize)) -> Result<DynArray> {
        let plane = axes_of(&[axes.0, axes.1], self.ndim(), "rot90")?;
        let [a, b] = [plane[0] as isize, plane[1] as isize];
        match k.rem_euclid(4) {
            0 => Ok(self.clone()),
            1 => self.flip(Some(&[b]))?.swapaxes(a, b),
            2 => self.flip(Some(&[a, b])),
            _ => self.swapaxes(a, b)?.flip(Some(&[b])),
        }
    }

    /// The elements moved along axes, those beyond the end coming back at the start. A shift belongs to the axis at its place in
    /// the list; a list of one goes with all of the other; shifts of one axis add up. Without axes the flat array is rolled.
    /// NumPy's `roll`.
    ///
    /// # Chunks
    /// As the input; without axes as [`reshape`](DynArray::reshape) to one axis and back. Chunks are put together anew as by
    /// [`rechunk`](DynArray::rechunk).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?.roll(&[2], None)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 4, 0, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds, or there are neither as many shifts as axes nor one of them.
    pub fn roll(&self, shifts: &[isize], axes: Option<&[isize]>) -> Result<DynArray> {
        let Some(axes) = axes else {
            let flat = self.ravel()?;
            let rolled = flat.roll(shifts, Some(&[0]))?;
            return Ok(DynArray::wrap(reshape::reshape(rolled.expr(), &self.shape())?));
        };
        if shifts.len() != axes.len() && shifts.len() != 1 && axes.len() != 1 {
            return Err(Error::usage(format!("roll: {} shifts do not go with {} axes", shifts.len(), axes.len())));
        }
        self.known("roll")?;
        let shape = self.shape();
        let mut by = vec![0usize; shape.len()];
        let pairs = if shifts.is_empty() || axes.is_empty() { 0 } else { shifts.len().max(axes.len()) };
        for i in 0..pairs {
            let (s, a) = (shifts[if shifts.len() == 1 { 0 } else { i }], axes[if axes.len() == 1 { 0 } else { i }]);
            let a = build::normalize_axis(a, shape.len()).map_err(|e| e.at("roll"))?;
            if shape[a] > 0 {
                by[a] = (by[a] + s.rem_euclid(shape[a] as isize) as usize) % shape[a];
            }
        }
        let mut e = self.expr().clone();
        for (a, (&s, &n)) in by.iter().zip(&shape).enumerate().filter(|(_, (s, _))| **s > 0) {
            e = build::concatenate(&[part(&e, a, n - s, s)?, part(&e, a, 0, n - s)?], a)?;
        }
        Ok(DynArray::wrap(build::rechunk(&e, self.parts().1.clone())?))
    }

    /// The array with at least one axis. NumPy's `atleast_1d`.
    ///
    /// # Chunks
    /// As [`expand_dims`](DynArray::expand_dims).
    ///
    /// # Errors
    /// None for arrays that exist.
    pub fn atleast_1d(&self) -> Result<DynArray> {
        Ok(DynArray::wrap(at_least(self.expr(), 1)?))
    }

    /// The array with at least two axes, new ones in front. NumPy's `atleast_2d`.
    ///
    /// # Chunks
    /// As [`expand_dims`](DynArray::expand_dims).
    ///
    /// # Errors
    /// None for arrays that exist.
    pub fn atleast_2d(&self) -> Result<DynArray> {
        Ok(DynArray::wrap(at_least(self.expr(), 2)?))
    }

    /// The array with at least three axes: of length `n` it becomes `(1, n, 1)`, of shape `(m, n)` it becomes `(m, n, 1)`.
    /// NumPy's `atleast_3d`.
    ///
    /// # Chunks
    /// As [`expand_dims`](DynArray::expand_dims).
    ///
    /// # Errors
    /// None for arrays that exist.
    pub fn atleast_3d(&self) -> Result<DynArray> {
        match self.ndim() {
            0 => self.expand_dims(&[0, 1, 2]),
            1 => self.expand_dims(&[0, 2]),
            2 => self.expand_dims(&[2]),
            _ => Ok(self.clone()),
        }
    }
}
