//! Statistics made of reductions: range, weighted mean, moments, covariance, trace.
//!
//! Nothing here computes by itself; every result is an expression over the op tables, so that plans, memory and bits follow from
//! what those promise.

use crate::array::{DynArray, linalg};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::{build, reshape};
use crate::op::{creation, reduction};

/// Options of [`DynArray::cov`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cov {
    /// Whether each row is a variable and each column an observation (else the other way round).
    pub rowvar: bool,
    /// Taken off the number of observations that sums of products are divided by; 0 is NumPy's `bias=True`.
    pub ddof: usize,
}

impl Default for Cov {
    fn default() -> Cov {
        Cov { rowvar: true, ddof: 1 }
    }
}

impl DynArray {
    /// Largest minus smallest element; integers wrap. NumPy's `ptp`.
    ///
    /// # Chunks
    /// As [`max`](DynArray::max) and [`min`](DynArray::min).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange};
    /// assert_eq!(arange(3, 10, 2, 2)?.ptp(None)?.compute_as::<i64>()?.into_scalar(), 6);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated, there are no elements, or the array is bool.
    pub fn ptp(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        if self.dtype() == DType::Bool {
            return Err(Error::dtype("ptp does not take bool: cast with astype first"));
        }
        let named = |e: Error| e.at("ptp");
        self.max(axes).map_err(named)?.subtract(self.min(axes).map_err(named)?)
    }

    /// The mean weighted by `weights`, which have the array's shape, or that of `axes` (in their order); the plain mean without.
    /// Where weights add up to 0, the result is what the division gives (NumPy raises an error). NumPy's `average`.
    ///
    /// # Chunks
    /// As [`mean`](DynArray::mean), of array and weights.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![[1.0, 2.0], [3.0, 5.0]].into_dyn(), 1)?;
    /// let w = from_ndarray(ndarray::array![1.0, 3.0].into_dyn(), 1)?;
    /// assert_eq!(x.average(Some(&[1]), Some(&w))?.compute_as::<f64>()?, ndarray::array![1.75, 4.5].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated, or weights have another shape.
    pub fn average(&self, axes: Option<&[isize]>, weights: Option<&DynArray>) -> Result<DynArray> {
        if weights.is_none() {
            return self.mean(axes).map_err(|e| e.at("average"));
        }
        Ok(self.average_returned(axes, weights)?.0)
    }

    /// The [`average`](DynArray::average) and the sum of the weights that went into it (without weights: the count).
    /// NumPy's `average` with `returned`.
    ///
    /// # Chunks
    /// As [`mean`](DynArray::mean), of array and weights.
    ///
    /// # Errors
    /// As [`average`](DynArray::average).
    pub fn average_returned(&self, axes: Option<&[isize]>, weights: Option<&DynArray>) -> Result<(DynArray, DynArray)> {
        let named = |e: Error| e.at("average");
        let Some(w) = weights else {
            let mean = self.mean(axes).map_err(named)?;
            self.known("average_returned")?;
            let ones = DynArray::wrap(build::generate(creation::full(1.into(), mean.dtype())?, self.parts().1.clone(), "ones"));
            return Ok((mean, ones.sum(axes)?));
        };
        let w = self.weights_for(axes, w).map_err(named)?;
        let dtype = match self.dtype() {
            d if d.is_inexact() => d.promote(w.dtype()),
            _ if w.dtype().is_complex() => DType::C128,
            _ => DType::F64,
        };
        let w = w.astype(dtype)?;
        let total = DynArray::wrap(reshape::broadcast_cut(w.expr(), self.parts().1)?).sum(axes).map_err(named)?;
        let sum = self.astype(dtype)?.multiply(w)?.sum(axes).map_err(named)?;
        Ok((sum.divide(&total)?, total))
    }

    /// Weights as an array that broadcasts to this one.
    fn weights_for(&self, axes: Option<&[isize]>, w: &DynArray) -> Result<DynArray> {
        let (shape, ndim) = (self.shape(), self.ndim());
        if w.shape() == shape {
            return Ok(w.clone());
        }
        let Some(axes) = axes else {
            let message = format!("weights of shape {:?} for an array of {shape:?}: give the axes that they lie along", w.shape());
            return Err(Error::usage(message));
        };
        let list: Vec<usize> = axes.iter().map(|&a| build::normalize_axis(a, ndim)).collect::<Result<_>>()?;
        let along: Vec<usize> = list.iter().map(|&a| shape[a]).collect();
        if w.shape() != along {
            let message = format!(
                "weights of shape {:?} must have the array's shape {shape:?} or that of its axes {axes:?}, {along:?}",
                w.shape()
            );
            return Err(Error::usage(message));
        }
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_key(|&i| list[i]);
        let others: Vec<usize> = (0..ndim).filter(|a| !list.contains(a)).collect();
        Ok(DynArray::wrap(build::expand_dims(&build::transpose(w.expr(), &order)?, &others)?))
    }

    /// The central moment of an order: the mean of the distances from the mean to that power. 1 for order 0, 0 for order 1. Elements
    /// are read twice, for the mean first. Dask's `moment`.
    ///
    /// # Chunks
    /// As [`mean`](DynArray::mean).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange};
    /// assert_eq!(arange(0, 5, 1, 2)?.moment(4, None)?.compute_as::<f64>()?.into_scalar(), 6.8);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated, or the order is above 64.
    pub fn moment(&self, order: usize, axes: Option<&[isize]>) -> Result<DynArray> {
        if order > 64 {
            return Err(Error::usage(format!("moment: order {order} is above 64")));
        }
        let named = |e: Error| e.at("moment");
        let mean = self.reduce(&reduction::MEAN, axes, true, 0.0, super::ops::SPLIT_EVERY).map_err(named)?;
        if order < 2 {
            mean.known("moment")?;
            let (dtype, grid) = (mean.dtype(), self.mean(axes)?.parts().1.clone());
            return Ok(DynArray::wrap(build::generate(creation::full(Scalar::from(1 - order), dtype)?, grid, "moment")));
        }
        let distance = self.astype(mean.dtype())?.subtract(mean)?;
        let mut power = distance.clone();
        // Square and multiply, from the second highest bit of the order down.
        for bit in (0..order.ilog2()).rev() {
            power = power.multiply(&power)?;
            if order >> bit & 1 == 1 {
                power = power.multiply(&distance)?;
            }
        }
        power.mean(axes)
    }

    /// The covariance matrix of the variables (rows, unless `how` says columns), in float64 (of complex numbers in complex128, the
    /// second factor conjugated); of one variable its variance. Join
    /// further variables with [`concatenate`](crate::array::concatenate). NumPy's `cov`.
    ///
    /// Elements are read twice, for the means first; the sums of products are a product of matrices
    /// ([`matmul`](crate::array::linalg::matmul)).
    ///
    /// # Chunks
    /// As [`matmul`](crate::array::linalg::matmul) of the variables with themselves.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Cov, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]].into_dyn(), 2)?;
    /// let c = x.cov(Cov::default())?;
    /// assert_eq!(c.compute_as::<f64>()?, ndarray::array![[1.0, -1.0], [-1.0, 1.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the array has no or more than 2 dimensions.
    pub fn cov(&self, how: Cov) -> Result<DynArray> {
        let c = self.products(how, "cov")?;
        if c.shape() == [1, 1] { Ok(DynArray::wrap(build::index(c.expr(), &[Some(0), Some(0)])?)) } else { Ok(c) }
    }

    /// Pearson's correlation coefficients of the variables: [`cov`](DynArray::cov) over the standard deviations, held within -1 and 1.
    /// NumPy's `corrcoef`.
    ///
    /// # Chunks
    /// As [`cov`](DynArray::cov).
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![[0.0, 1.0, 2.0], [4.0, 2.0, 0.0]].into_dyn(), 2)?;
    /// assert_eq!(x.corrcoef(true)?.compute_as::<f64>()?, ndarray::array![[1.0, -1.0], [-1.0, 1.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`cov`](DynArray::cov); complex numbers.
    pub fn corrcoef(&self, rowvar: bool) -> Result<DynArray> {
        if self.dtype().is_complex() {
            return Err(Error::dtype(format!("corrcoef does not take {}: divide cov by the deviations", self.dtype())));
        }
        let c = self.products(Cov { rowvar, ddof: 1 }, "corrcoef")?;
        let deviation = c.diagonal(0, 0, 1)?.sqrt()?;
        let down = DynArray::wrap(build::expand_dims(deviation.expr(), &[1])?);
        let r = c.divide(down)?.divide(deviation)?.minimum(1.0)?.maximum(-1.0)?;
        if r.shape() == [1, 1] { Ok(DynArray::wrap(build::index(r.expr(), &[Some(0), Some(0)])?)) } else { Ok(r) }
    }

    /// Covariances, always 2-D.
    fn products(&self, how: Cov, name: &str) -> Result<DynArray> {
        let x = match self.ndim() {
            1 => DynArray::wrap(build::expand_dims(self.expr(), &[0])?),
            2 if how.rowvar => self.clone(),
            2 => self.transpose(None)?,
            n => {
                return Err(Error::usage(format!(
                    "{name} takes variables and observations, so 1 or 2 dimensions, not {n}: index or reduce the array"
                )));
            }
        };
        let x = x.astype(if x.dtype().is_complex() { DType::C128 } else { DType::F64 })?;
        x.known("cov")?;
        let n = x.shape()[1];
        let x = x.subtract(x.reduce(&reduction::MEAN, Some(&[1]), true, 0.0, super::ops::SPLIT_EVERY)?)?;
        let across = x.transpose(None)?;
        let sums = linalg::matmul(&x, &if x.dtype().is_complex() { across.conj()? } else { across })?;
        sums.divide(n.saturating_sub(how.ddof) as f64)
    }

    /// Sum along the diagonal of two axes, `offset` to the right of the main one. NumPy's `trace`.
    ///
    /// # Chunks
    /// As the input along the axes that stay; of the others as [`diagonal`](DynArray::diagonal).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[1, 2], [3, 4]].into_dyn(), 1)?;
    /// assert_eq!(x.trace(0, 0, 1)?.compute_as::<i64>()?.into_scalar(), 5);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an axis is out of bounds or both are the same.
    pub fn trace(&self, offset: isize, axis1: isize, axis2: isize) -> Result<DynArray> {
        let named = |e: Error| e.at("trace");
        let a = build::normalize_axis(axis1, self.ndim()).map_err(named)?;
        let b = build::normalize_axis(axis2, self.ndim()).map_err(named)?;
        if a == b {
            return Err(Error::usage(format!("trace: axis1 and axis2 are both {a}")));
        }
        self.diagonal(offset as i64, axis1, axis2)?.sum(Some(&[-1]))
    }
}
