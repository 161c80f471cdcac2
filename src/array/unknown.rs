//! Arrays whose size depends on data: masks that are computed make them, `resolve` makes their size known.
//!
//! An axis of unknown size keeps its chunks, each of at most the size it had before the mask. Elementwise ops, reductions, scans,
//! joining, transposing and new axes work on it; what needs its size or positions along it refuses.

use crate::array::{DynArray, stack};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::chunks::AUTO_BYTES;
use crate::expr::node::Select;
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta, build, reshape, unknown};
use crate::op::block::{Compress, Length, Places, shared};
use crate::session::Session;
use std::sync::Arc;

/// The length of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim {
    /// So many elements.
    Known(usize),
    /// Found out when the array is computed.
    Unknown,
}

impl DynArray {
    /// The length of each axis, where it is known. [`shape`](DynArray::shape) gives upper bounds for the others.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Dim, arange};
    /// let x = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
    /// assert_eq!(x.dims(), [Dim::Known(2), Dim::Known(3)]);
    /// assert_eq!(x.extract(&x.greater(1)?)?.dims(), [Dim::Unknown]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn dims(&self) -> Vec<Dim> {
        let one = |a: &Axis| if a.is_unknown() { Dim::Unknown } else { Dim::Known(a.len()) };
        self.parts().1.axes().iter().map(one).collect()
    }

    /// Refuses axes of unknown size, for a call that computes with sizes.
    pub(crate) fn known(&self, name: &str) -> Result<()> {
        unknown::refuse(self.parts().1).map_err(|e| e.at(name.to_string()))
    }

    /// The same array with its size known: a run in `session` finds out how long the chunks are, and only that is kept. The array is
    /// computed again when it is used; a run that then finds other sizes (as a file has changed) fails.
    /// [`persist`](DynArray::persist) keeps the elements, too, and makes sizes known as well.
    ///
    /// # Chunks
    /// Those that are not empty. The run computes one line of chunks along each axis of unknown size; a task holds one chunk.
    ///
    /// # Example
    /// ```
    /// use tilework::{Session, array::arange};
    /// let x = arange(0, 10, 1, 4)?;
    /// let even = x.extract(&x.remainder(2)?.equal(0)?)?.resolve(&Session::default())?;
    /// assert_eq!(even.chunks(), [[2, 2, 1]]);
    /// assert_eq!(even.reshape(&[5, 1])?.shape(), [5, 1]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn resolve(&self, session: &Session) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        let axes: Vec<usize> = (0..grid.ndim()).filter(|&a| grid.axes()[a].is_unknown()).collect();
        if axes.is_empty() {
            return Ok(self.clone());
        }
        let counts: Vec<Expr> = axes.iter().map(|&a| self.lengths(a)).collect::<Result<_>>()?;
        let mut sizes: Vec<Option<Arc<[usize]>>> = vec![None; grid.ndim()];
        for (&a, t) in axes.iter().zip(session.compute_all(&counts)?) {
            sizes[a] = Some(t.as_slice::<i64>()?.iter().map(|&n| n as usize).collect());
        }
        let grid = unknown::resolved(grid, &sizes)?;
        let kind = Kind::Select(Select::Resolve(sizes));
        Ok(DynArray::wrap(Expr::new(kind, vec![self.expr().clone()], Meta::Array { dtype, grid }, "resolve")))
    }

    /// The lengths of the chunks along an axis, of the first line of them.
    fn lengths(&self, axis: usize) -> Result<Expr> {
        let (_, grid) = self.parts();
        let ones = Grid::new(grid.axes().iter().map(|a| Axis::regular(a.n_chunks(), 1)));
        // The first chunk of every other axis; of those of unknown size there is no part to take.
        let mut x = self.expr().clone();
        for (a, own) in grid.axes().iter().enumerate().filter(|(a, own)| *a != axis && !own.is_unknown()) {
            x = super::axes::part(&x, a, 0, own.range(0).len())?;
        }
        let own = Grid::new(ones.axes().iter().zip(x.array()?.1.axes()).map(|(_, b)| Axis::regular(b.n_chunks(), 1)));
        let made = build::call(shared(Length { axis })?, &[x], DType::I64, Some(own.clone()))?;
        let line: Vec<Option<usize>> = (0..own.ndim()).map(|a| (a != axis).then_some(0)).collect();
        build::index(&made, &line)
    }

    /// The elements at whose places a lazy mask holds: along `axis` for a mask of one axis, over as many axes from there as it has, in
    /// C order, for others. The axis that is left has an unknown size.
    pub(super) fn masked(&self, mask: &DynArray, axis: usize) -> Result<DynArray> {
        let (x, mask) = if mask.ndim() == 1 {
            (self.clone(), mask.clone())
        } else {
            self.known("a mask of several axes")?;
            mask.known("a mask of several axes")?;
            let have = &self.shape()[axis..(axis + mask.ndim()).min(self.ndim())];
            if mask.shape() != have {
                return Err(Error::index(format!("a mask of shape {:?} for axes {axis}.. of shape {have:?}", mask.shape())));
            }
            let mut flat = self.shape();
            let n = have.iter().product();
            flat.splice(axis..axis + mask.ndim(), [n]);
            (DynArray::wrap(reshape::reshape(self.expr(), &flat)?), mask.ravel()?)
        };
        let (dtype, grid) = x.parts();
        let (own, theirs) = (&grid.axes()[axis], &mask.parts().1.axes()[0]);
        if own.is_unknown() != theirs.is_unknown() || (own.is_unknown() && own != theirs) {
            return Err(unknown::error(axis));
        }
        if own.len() != theirs.len() {
            return Err(Error::index(format!("a mask of shape [{}] for axis {axis} of length {}", theirs.len(), own.len())));
        }
        // The mask's own cut, so that what else it is used on fits; but not to make chunks larger than they should be.
        let others: usize = grid.axes().iter().enumerate().filter(|(a, _)| *a != axis).map(|(_, a)| a.max_size().max(1)).product();
        let most = (AUTO_BYTES / dtype.size()).max(grid.max_chunk_elements());
        let cut = if others.saturating_mul(theirs.max_size()) <= most { theirs.clone() } else { own.clone() };
        let mask = build::rechunk(mask.expr(), Grid::new([cut.clone()]))?;
        let with =
            |new: Axis| Grid::new(grid.axes().iter().enumerate().map(|(a, old)| if a == axis { new.clone() } else { old.clone() }));
        let data = build::rechunk(x.expr(), with(cut.clone()))?;
        let out = with(Axis::unknown(cut.sizes(), unknown::tag("mask", &[mask.key().0])));
        let maps = vec![IndexMap::identity(grid.ndim()), IndexMap([AxisMap::Out(axis)].into_iter().collect())];
        Ok(DynArray::wrap(build::call_mapped(shared(Compress { axis })?, vec![data, mask], maps, dtype, out)?))
    }

    /// Where elements are not zero, as a mask.
    fn truth(&self) -> Result<DynArray> {
        if self.dtype() == DType::Bool { Ok(self.clone()) } else { self.not_equal(0) }
    }

    /// The flat positions (int64, in C order) of the elements that are not zero. NumPy's `flatnonzero`. The size is unknown.
    ///
    /// # Chunks
    /// As the flat array's, each with what it has; a task holds a chunk of the mask and its positions.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?.remainder(3)?;
    /// assert_eq!(x.flatnonzero()?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 4, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array of unknown size itself.
    pub fn flatnonzero(&self) -> Result<DynArray> {
        self.known("flatnonzero")?;
        let mask = self.truth()?.ravel()?;
        let axis = mask.parts().1.axes()[0].clone();
        let out = Axis::unknown(axis.sizes(), unknown::tag("mask", &[mask.expr().key().0]));
        let maps = vec![IndexMap::identity(1)];
        let made = build::call_mapped(shared(Places {})?, vec![mask.expr().clone()], maps, DType::I64, Grid::new([out]))?;
        Ok(DynArray::wrap(made))
    }

    /// The positions (int64, in C order) of the elements that are not zero, one array for each axis. NumPy's `nonzero`. The size is
    /// unknown, but the same for all.
    ///
    /// # Chunks
    /// As [`flatnonzero`](DynArray::flatnonzero).
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let at = arange(0, 6, 1, 4)?.remainder(3)?.reshape(&[2, 3])?.nonzero()?;
    /// assert_eq!(at[1].compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array without axes, or of unknown size itself.
    pub fn nonzero(&self) -> Result<Vec<DynArray>> {
        let shape = self.shape();
        if shape.is_empty() {
            return Err(Error::usage("nonzero: an array without axes has no positions: call atleast_1d first"));
        }
        let flat = self.flatnonzero().map_err(|e| e.at("nonzero"))?;
        if shape.contains(&0) { Ok(vec![flat; shape.len()]) } else { flat.unravel_index(&shape) }
    }

    /// The positions (int64, in C order) of the elements that are not zero, as rows of one number for each axis. NumPy's `argwhere`.
    /// The number of rows is unknown.
    ///
    /// # Chunks
    /// As [`flatnonzero`](DynArray::flatnonzero), one column each.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let at = arange(0, 4, 1, 4)?.reshape(&[2, 2])?.argwhere()?;
    /// assert_eq!(at.compute_as::<i64>()?, ndarray::array![[0, 1], [1, 0], [1, 1]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`nonzero`](DynArray::nonzero).
    pub fn argwhere(&self) -> Result<DynArray> {
        stack(&self.nonzero().map_err(|e| e.at("argwhere"))?, 1)
    }

    /// The elements at whose places in C order a condition (of as many elements) is not zero, along one axis of unknown size. NumPy's
    /// `extract(condition, array)`.
    ///
    /// # Chunks
    /// As the flat array's, each with what is left of it; a task holds a chunk, its mask and its result.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?;
    /// let odd = x.extract(&x.remainder(2)?)?.multiply(10)?;
    /// assert_eq!(odd.compute_as::<i64>()?.into_raw_vec_and_offset().0, [10, 30, 50]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A condition of another number of elements, arrays of several axes with an unknown size.
    pub fn extract(&self, condition: &DynArray) -> Result<DynArray> {
        let named = |e: Error| e.at("extract");
        let flat = self.ravel().map_err(named)?;
        flat.masked(&condition.truth()?.ravel().map_err(named)?, 0).map_err(named)
    }
}
