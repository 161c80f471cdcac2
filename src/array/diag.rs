//! Triangles, diagonals and grids of positions.

use crate::array::axes::{axes_of, part};
use crate::array::join::{broadcast_arrays, room};
use crate::array::ops::{Argument, where_};
use crate::array::{DynArray, arange, concatenate, stack};
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Result, Scalar};
use crate::expr::build::Operand;
use crate::expr::{Chunks, Expr, build, reshape};
use crate::kernel::program::{Builder, Value};
use crate::op::creation;
use crate::op::element::{ADD, EQUAL, GREATER_EQUAL, LOGICAL_AND, REMAINDER, WHERE};

/// The row that an element lies in, moved by `k`, and its column: of the last two of `ndim` axes.
fn row_and_column(b: &mut Builder, ndim: usize, k: i64) -> Result<[Value; 2]> {
    let (row, column) = (b.index(ndim - 2), b.index(ndim - 1));
    let k = b.constant(Scalar::I64(k), DType::I64);
    Ok([b.apply(&ADD, &[row, k])?, column])
}

/// Ones at and below a diagonal of an `n` by `m` array, zeros above; `k` moves the diagonal right. NumPy's `tri`.
///
/// # Chunks
/// As `chunks` says, each made for itself; a task holds one.
///
/// # Example
/// ```
/// use tilework::{DType, array::tri};
/// let x = tri(2, 3, 1, DType::I64, 1)?;
/// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[1, 1, 0], [1, 1, 1]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn tri(n: usize, m: usize, k: i64, dtype: DType, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let grid = chunks.into().grid(&[n, m], dtype, None)?;
    let mut b = Builder::new();
    let places = row_and_column(&mut b, 2, k)?;
    let low = b.apply(&GREATER_EQUAL, &places)?;
    let v = b.cast(low, dtype);
    Ok(DynArray::wrap(build::generate(b.finish(v), grid, "tri")))
}

/// Which way round the first two axes of [`meshgrid`] go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Indexing {
    /// The first array runs along axis 1, the second along axis 0.
    #[default]
    Xy,
    /// Array `i` runs along axis `i`.
    Ij,
}

/// The coordinates of a grid: array `i` along its own axis, repeated along all others. NumPy's `meshgrid`.
///
/// # Chunks
/// Along each axis as the array that lies along it.
///
/// # Example
/// ```
/// use tilework::array::{Indexing, arange, meshgrid};
/// let grid = meshgrid(&[arange(0, 3, 1, 2)?, arange(0, 2, 1, 2)?], Indexing::Xy)?;
/// assert_eq!(grid[1].compute_as::<i64>()?, ndarray::array![[0, 0, 0], [1, 1, 1]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the grid has too many elements.
pub fn meshgrid(arrays: &[DynArray], indexing: Indexing) -> Result<Vec<DynArray>> {
    let n = arrays.len();
    let along = |i: usize| if indexing == Indexing::Xy && n > 1 && i < 2 { 1 - i } else { i };
    let open = arrays.iter().enumerate().map(|(i, a)| {
        let others: Vec<isize> = (0..n).filter(|&o| o != along(i)).map(|o| o as isize).collect();
        a.ravel()?.expand_dims(&others)
    });
    let open: Vec<DynArray> = open.collect::<Result<_>>()?;
    if open.is_empty() { Ok(open) } else { broadcast_arrays(&open).map_err(|e| e.at("meshgrid")) }
}

/// The positions of an array of `shape`: int64 of shape `(ndim, ...)`, `[a]` being the index along axis `a`. NumPy's `indices`;
/// `chunks` cuts `shape`.
///
/// # Chunks
/// As `chunks` says, and one chunk for each axis of the shape, each made for itself; a task holds one.
///
/// # Example
/// ```
/// use tilework::array::indices;
/// let x = indices(&[1, 2], 1)?;
/// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[[0, 0]], [[0, 1]]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn indices(shape: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
    let grid = chunks.into().grid(shape, DType::I64, None)?;
    let all: Vec<DynArray> = (0..shape.len())
        .map(|a| {
            let mut b = Builder::new();
            let index = b.index(a);
            DynArray::wrap(build::generate(b.finish(index), grid.clone(), "indices"))
        })
        .collect();
    if all.is_empty() { Ok(DynArray::wrap(reshape::empty(DType::I64, &[0]))) } else { stack(&all, 0) }
}

impl DynArray {
    /// The elements at and below the diagonal of the last two axes, zeros above; `k` moves the diagonal right. NumPy's `tril`.
    ///
    /// # Chunks
    /// As the input, elementwise; of one axis the rows are cut so that a chunk has at most 4 MiB, or one row.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(1, 5, 1, 3)?.reshape(&[2, 2])?;
    /// assert_eq!(x.tril(0)?.compute_as::<i64>()?, ndarray::array![[1, 0], [3, 4]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are no dimensions.
    pub fn tril(&self, k: i64) -> Result<DynArray> {
        self.triangle(k, true, "tril")
    }

    /// The elements at and above the diagonal of the last two axes, zeros below; `k` moves the diagonal right. NumPy's `triu`.
    ///
    /// # Chunks
    /// As [`tril`](DynArray::tril).
    ///
    /// # Errors
    /// When there are no dimensions.
    pub fn triu(&self, k: i64) -> Result<DynArray> {
        self.triangle(k.saturating_sub(1), false, "triu")
    }

    /// The elements where row + `k` >= column holds or does not (`keep`), zeros elsewhere.
    fn triangle(&self, k: i64, keep: bool, name: &str) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        let x = match grid.ndim() {
            0 => return Err(Error::usage(format!("{name}: an array without axes has no triangle; reshape it to two axes"))),
            1 => rows_of(self.expr())?,
            _ => self.expr().clone(),
        };
        let mut b = Builder::new();
        let (v, zero) = (b.input(dtype), b.constant(Scalar::I64(0), dtype));
        let places = row_and_column(&mut b, x.array()?.1.ndim(), k)?;
        let low = b.apply(&GREATER_EQUAL, &places)?;
        let v = b.apply(&WHERE, &if keep { [low, v, zero] } else { [low, zero, v] })?;
        Ok(DynArray::wrap(build::apply_program(b.finish(v), &[x], name)?))
    }

    /// Of one axis: a square array with these elements on its diagonal and zeros elsewhere. Of two axes: the elements on the
    /// diagonal. `k` moves the diagonal right. NumPy's `diag`.
    ///
    /// # Chunks
    /// Of two axes as [`diagonal`](DynArray::diagonal). Of one axis: the columns as the input (and the zeros beside it), the rows
    /// cut so that a chunk has at most 4 MiB, or one row.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(1, 3, 1, 1)?.diag(0)?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[1, 0], [0, 2]].into_dyn());
    /// assert_eq!(x.diag(1)?.compute_as::<i64>()?, ndarray::array![0].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are neither one nor two dimensions.
    pub fn diag(&self, k: i64) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        match grid.ndim() {
            2 => return self.diagonal(k, 0, 1),
            1 => {}
            n => return Err(Error::usage(format!("diag: an array of {n} dimensions; one or two are wanted (see diagonal)"))),
        }
        // Element `c` of the padded array belongs into column `c`.
        let far = usize::try_from(k.unsigned_abs()).unwrap_or(usize::MAX);
        let side = Grid::new([Axis::regular(far, grid.axes()[0].max_size().max(1))]);
        let zeros = DynArray::wrap(build::generate(creation::full(Scalar::I64(0), dtype)?, side, "full"));
        let padded = if k > 0 { [zeros, self.clone()] } else { [self.clone(), zeros] };
        let x = rows_of(concatenate(&padded, 0)?.expr())?;
        let mut b = Builder::new();
        let (v, zero) = (b.input(dtype), b.constant(Scalar::I64(0), dtype));
        let places = row_and_column(&mut b, 2, k)?;
        let on = b.apply(&EQUAL, &places)?;
        let v = b.apply(&WHERE, &[on, v, zero])?;
        Ok(DynArray::wrap(build::apply_program(b.finish(v), &[x], "diag")?))
    }

    /// A square array with all elements, in C order, on its diagonal and zeros elsewhere; `k` moves the diagonal right. NumPy's
    /// `diagflat`.
    ///
    /// # Chunks
    /// As [`diag`](DynArray::diag) of the flat array.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(1, 3, 1, 1)?.reshape(&[1, 2])?.diagflat(0)?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[1, 0], [0, 2]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array of unknown size with several axes.
    pub fn diagflat(&self, k: i64) -> Result<DynArray> {
        self.ravel()?.atleast_1d()?.diag(k).map_err(|e| e.at("diagflat"))
    }

    /// This array with the elements on the main diagonal, whose indices are all the same, replaced by a value that takes this array's
    /// dtype: a number, or an array whose elements (in C order) are used one after the other, from the first again when they run out.
    /// With `wrap` the diagonal of a matrix that is higher than wide begins again below a row that is left out. NumPy's `fill_diagonal`, as
    /// a new array.
    ///
    /// # Chunks
    /// As the input, elementwise; an array of values meets every chunk as [`take`](DynArray::take) says.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::zeros};
    /// let x = zeros(&[4, 2], DType::I64, 3)?;
    /// assert_eq!(x.fill_diagonal(7, false)?.compute_as::<i64>()?, ndarray::array![[7, 0], [0, 7], [0, 0], [0, 0]].into_dyn());
    /// assert_eq!(x.fill_diagonal(7, true)?.compute_as::<i64>()?, ndarray::array![[7, 0], [0, 7], [0, 0], [7, 0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than two dimensions, or more of different lengths; a number that does not fit the dtype; no values.
    pub fn fill_diagonal(&self, value: impl Argument, wrap: bool) -> Result<DynArray> {
        let named = |e: Error| e.at("fill_diagonal");
        self.known("fill_diagonal")?;
        let (dtype, grid) = self.parts();
        let shape = self.shape();
        let ndim = shape.len();
        if ndim < 2 || (ndim > 2 && shape.iter().any(|&n| n != shape[0])) {
            let message = format!("fill_diagonal: {shape:?} has no such diagonal: it needs 2 axes, or more of one length");
            return Err(Error::usage(message));
        }
        // In a matrix that wraps, every row but each (columns + 1)th has an element of the diagonal.
        let period = if wrap && ndim == 2 { shape[1] as i64 + 1 } else { i64::MAX };
        let mut b = Builder::new();
        let row = b.index(0);
        let period_value = b.constant(Scalar::I64(period), DType::I64);
        let within = b.apply(&REMAINDER, &[row, period_value])?;
        let mut on = None;
        for a in 1..ndim {
            let index = b.index(a);
            let same = b.apply(&EQUAL, &[index, within])?;
            on = Some(match on {
                None => same,
                Some(all) => b.apply(&LOGICAL_AND, &[all, same])?,
            });
        }
        let Some(on) = on else { return Err(Error::bug("a diagonal of one axis")) };
        let on = DynArray::wrap(build::generate(b.finish(on), grid.clone(), "diagonal"));
        let value = match value.operand() {
            Operand::Scalar(s) => {
                DynArray::wrap(build::generate(creation::full(s, dtype).map_err(named)?, Grid::whole(&[]), "full"))
            }
            Operand::Array(e) => {
                let values = DynArray::wrap(build::cast(&e, dtype).map_err(named)?).ravel()?.atleast_1d()?;
                let n = values.shape()[0];
                if n == 0 {
                    return Err(named(Error::usage("no values: give at least one")));
                }
                let rows = arange(0, shape[0], 1, Chunks::Exact(vec![grid.axes()[0].sizes().collect()]))?.astype(DType::I64)?;
                let places = rows.subtract(rows.floor_divide(period)?)?.remainder(n as i64)?;
                let along: Vec<isize> = (1..ndim as isize).collect();
                values.take(&places, Some(0))?.expand_dims(&along)?
            }
        };
        build::rechunk(where_(&on, value, self)?.expr(), grid.clone()).map(DynArray::wrap)
    }

    /// The elements on the diagonal of two axes, along a new last axis; `offset` moves the diagonal towards the end of `axis2`.
    /// NumPy's `diagonal`.
    ///
    /// # Chunks
    /// As the input along the other axes; along the diagonal one for each piece of it that lies in one chunk, and other chunks are not
    /// computed. A task holds a chunk and the square in it around the diagonal.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
    /// assert_eq!(x.diagonal(1, 0, 1)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or both are the same.
    pub fn diagonal(&self, offset: i64, axis1: isize, axis2: isize) -> Result<DynArray> {
        let pair = axes_of(&[axis1, axis2], self.ndim(), "diagonal")?;
        let order: Vec<usize> = (0..self.ndim()).filter(|a| !pair.contains(a)).chain(pair.iter().copied()).collect();
        let x = self.transpose(Some(&order))?;
        let (dtype, grid) = x.parts();
        let row = grid.ndim() - 2;
        let (rows, columns) = (&grid.axes()[row], &grid.axes()[row + 1]);
        let far = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let (top, left) = if offset > 0 { (0, far) } else { (far, 0) };
        let len = rows.len().saturating_sub(top).min(columns.len().saturating_sub(left));
        let mut shape = grid.shape().to_vec();
        shape.truncate(row);
        if len == 0 || shape.contains(&0) {
            shape.push(len);
            return Ok(DynArray::wrap(reshape::empty(dtype, &shape)));
        }
        let end = |axis: &Axis, at: usize, skip: usize| axis.range(axis.chunk_of(at + skip)).end - skip;
        let (mut parts, mut at) = (Vec::new(), 0);
        while at < len {
            let next = end(rows, at, top).min(end(columns, at, left)).min(len);
            let side = next - at;
            let square = part(&part(x.expr(), row, top + at, side)?, row + 1, left + at, side)?;
            // Along the flat square the diagonal is every (side + 1)-th element.
            shape.truncate(row);
            shape.push(side * side);
            let flat = reshape::reshape(&square, &shape)?;
            let on = AxisSlice { start: 0, step: side as isize + 1, len: side };
            parts.push(super::axes::slice_axis(&flat, row, on)?);
            at = next;
        }
        Ok(DynArray::wrap(build::concatenate(&parts, row)?))
    }
}

/// An array of one axis as every row of a square one.
fn rows_of(x: &Expr) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let axis = grid.axes()[0].clone();
    let n = axis.len();
    let flat = Grid::new([Axis::whole(1), axis.clone()]);
    reshape::broadcast_cut(x, &Grid::new([Axis::regular(n, room(&flat, 0, dtype)), axis]))
}
