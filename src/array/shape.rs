//! Indexing, transposing, joining.

use crate::array::DynArray;
use crate::base::{AxisSlice, Error, Result};
use crate::expr::build;

/// One part of an index, as Python writes it between brackets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Index {
    /// One element; the axis goes away. Negative: from the end.
    At(isize),
    /// `start:stop:step`, bounds clipped as Python clips them.
    Slice(Option<isize>, Option<isize>, Option<isize>),
    /// A new axis of length 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

impl From<isize> for Index {
    fn from(i: isize) -> Index {
        Index::At(i)
    }
}
impl From<i32> for Index {
    fn from(i: i32) -> Index {
        Index::At(i as isize)
    }
}
impl From<std::ops::RangeFull> for Index {
    fn from(_: std::ops::RangeFull) -> Index {
        Index::Slice(None, None, None)
    }
}
impl From<std::ops::Range<isize>> for Index {
    fn from(r: std::ops::Range<isize>) -> Index {
        Index::Slice(Some(r.start), Some(r.end), None)
    }
}
impl From<std::ops::RangeFrom<isize>> for Index {
    fn from(r: std::ops::RangeFrom<isize>) -> Index {
        Index::Slice(Some(r.start), None, None)
    }
}
impl From<std::ops::RangeTo<isize>> for Index {
    fn from(r: std::ops::RangeTo<isize>) -> Index {
        Index::Slice(None, Some(r.end), None)
    }
}

impl DynArray {
    /// Part of the array, by one [`Index`] per axis (missing ones at the end mean all).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, Index};
    /// let x = arange(0, 12, 1, 5)?;
    /// let y = x.index(&[Index::Slice(None, None, Some(-3))])?;
    /// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [11, 8, 5, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Too many parts, an index out of bounds, a step of 0.
    pub fn index(&self, parts: &[Index]) -> Result<DynArray> {
        let shape = self.shape();
        let named = parts.iter().filter(|p| matches!(p, Index::At(_) | Index::Slice(..))).count();
        if named > shape.len() {
            return Err(Error::usage(format!("{named} indices for an array of {} dimensions", shape.len())));
        }
        if parts.iter().filter(|p| **p == Index::Ellipsis).count() > 1 {
            return Err(Error::usage("an index can have only one ellipsis"));
        }
        let mut slices = Vec::new();
        let mut fixed = Vec::new();
        let mut new_axes = Vec::new();
        let mut n_out = 0;
        let whole = |slices: &mut Vec<AxisSlice>, fixed: &mut Vec<Option<usize>>, n_out: &mut usize, n: usize| {
            for _ in 0..n {
                slices.push(AxisSlice::whole(shape[slices.len()]));
                fixed.push(None);
                *n_out += 1;
            }
        };
        for p in parts {
            let axis = slices.len();
            match *p {
                Index::At(i) => {
                    let n = shape[axis] as isize;
                    if i < -n || i >= n {
                        return Err(Error::usage(format!("index {i} is out of bounds for axis {axis} of length {n}")));
                    }
                    slices.push(AxisSlice::whole(shape[axis]));
                    fixed.push(Some(if i < 0 { i + n } else { i } as usize));
                }
                Index::Slice(a, b, s) => {
                    slices.push(AxisSlice::python(shape[axis], a, b, s)?);
                    fixed.push(None);
                    n_out += 1;
                }
                Index::NewAxis => {
                    new_axes.push(n_out);
                    n_out += 1;
                }
                Index::Ellipsis => whole(&mut slices, &mut fixed, &mut n_out, shape.len() - named),
            }
        }
        let rest = shape.len() - slices.len();
        whole(&mut slices, &mut fixed, &mut n_out, rest);
        let mut e = build::slice(self.expr(), &slices)?;
        if fixed.iter().any(Option::is_some) {
            e = build::index(&e, &fixed)?;
        }
        if !new_axes.is_empty() {
            e = build::expand_dims(&e, &new_axes)?;
        }
        Ok(DynArray::wrap(e))
    }

    /// Axes in another order: axis `i` of the result is axis `order[i]` of this; reversed if None.
    ///
    /// # Errors
    /// When `order` is no permutation of the axes.
    pub fn transpose(&self, order: Option<&[usize]>) -> Result<DynArray> {
        let reversed: Vec<usize> = (0..self.ndim()).rev().collect();
        Ok(DynArray::wrap(build::transpose(self.expr(), order.unwrap_or(&reversed))?))
    }

    /// The array repeated to `shape` by NumPy's broadcasting.
    ///
    /// # Errors
    /// When the shape does not follow from the array's.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<DynArray> {
        Ok(DynArray::wrap(build::broadcast_to(self.expr(), shape)?))
    }
}

/// Arrays one after the other along an axis.
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn concatenate(arrays: &[DynArray], axis: isize) -> Result<DynArray> {
    let exprs: Vec<_> = arrays.iter().map(|a| a.expr().clone()).collect();
    let axis = build::normalize_axis(axis, arrays.first().map_or(0, DynArray::ndim)).map_err(|e| e.at("concatenate"))?;
    Ok(DynArray::wrap(build::concatenate(&exprs, axis)?))
}

/// Arrays of one shape along a new axis.
///
/// # Errors
/// When there are none, or shapes differ.
pub fn stack(arrays: &[DynArray], axis: isize) -> Result<DynArray> {
    let Some(first) = arrays.first() else { return Err(Error::usage("stack needs at least one array")) };
    let axis = build::normalize_axis(axis, first.ndim() + 1).map_err(|e| e.at("stack"))?;
    if let Some(other) = arrays.iter().find(|a| a.shape() != first.shape()) {
        return Err(Error::usage(format!("stack: shapes {:?} and {:?} differ", first.shape(), other.shape())));
    }
    let exprs: Vec<_> = arrays.iter().map(|a| build::expand_dims(a.expr(), &[axis])).collect::<Result<_>>()?;
    Ok(DynArray::wrap(build::concatenate(&exprs, axis)?))
}
