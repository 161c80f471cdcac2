//! Quantiles, percentiles and medians, exact, along axes or of a whole array of any length.

use crate::array::DynArray;
use crate::array::sort::SMALL_BYTES;
use crate::base::{Axis, Error, Grid, Result};
use crate::expr::{build, unknown};
use crate::op::block::shared;
use crate::op::sort::{GlobalQuantiles, LaneQuantiles, QuantileMethod, Quantiles};
use std::sync::Arc;

/// About how many of `n` elements are sampled for `n_quantiles`: then the sample and what lies around their ranks take about the same
/// memory, that of the power of 2/3 of both together.
fn n_samples(n: usize, n_quantiles: usize) -> usize {
    (8.0 * (2.0 * n as f64 * n_quantiles as f64).powf(2.0 / 3.0)) as usize
}

impl DynArray {
    /// The quantiles `q` (each from 0 to 1) of the elements along axes, or of all (`None`): along a first axis of their number, before the
    /// axes that are left. Exact, also of arrays that do not fit in memory. NaN makes a result NaN; [`nanquantile`](DynArray::nanquantile)
    /// leaves it out. Floats keep their dtype, and so do all where the method takes elements; else the result is float64. NumPy's
    /// `quantile`, without weights.
    ///
    /// # Chunks
    /// Along axes, lanes become one chunk and other axes are cut finer; a task holds three such chunks. Of the whole of a large array the
    /// input is read twice (once where it stays in memory): a sample bounds the ranks that are wanted, and what lies between the bounds, about
    /// one in a hundred elements, is collected.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{QuantileMethod, arange};
    /// let x = arange(0.0, 11.0, 1.0, 4)?;
    /// let q = x.quantile(&[0.0, 0.25, 1.0], None, QuantileMethod::Linear)?;
    /// assert_eq!(q.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, 2.5, 10.0]);
    /// let q = x.quantile(&[0.25], None, QuantileMethod::Lower)?;
    /// assert_eq!(q.compute_as::<f64>()?.into_raw_vec_and_offset().0, [2.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Quantiles outside of 0 to 1, complex elements, axes out of bounds.
    pub fn quantile(&self, q: &[f64], axes: Option<&[isize]>, method: QuantileMethod) -> Result<DynArray> {
        self.quantiles(q, axes, method, false).map_err(|e| e.at("quantile"))
    }

    /// [`quantile`](DynArray::quantile) of what is not NaN; NaN where nothing is left. NumPy's `nanquantile`.
    ///
    /// # Chunks
    /// As [`quantile`](DynArray::quantile).
    ///
    /// # Errors
    /// As [`quantile`](DynArray::quantile).
    pub fn nanquantile(&self, q: &[f64], axes: Option<&[isize]>, method: QuantileMethod) -> Result<DynArray> {
        self.quantiles(q, axes, method, true).map_err(|e| e.at("nanquantile"))
    }

    /// [`quantile`](DynArray::quantile) in hundredths. NumPy's `percentile`.
    ///
    /// # Chunks
    /// As [`quantile`](DynArray::quantile).
    ///
    /// # Errors
    /// As [`quantile`](DynArray::quantile).
    pub fn percentile(&self, q: &[f64], axes: Option<&[isize]>, method: QuantileMethod) -> Result<DynArray> {
        let q: Vec<f64> = q.iter().map(|q| q / 100.0).collect();
        self.quantiles(&q, axes, method, false).map_err(|e| e.at("percentile"))
    }

    /// [`nanquantile`](DynArray::nanquantile) in hundredths. NumPy's `nanpercentile`.
    ///
    /// # Chunks
    /// As [`quantile`](DynArray::quantile).
    ///
    /// # Errors
    /// As [`quantile`](DynArray::quantile).
    pub fn nanpercentile(&self, q: &[f64], axes: Option<&[isize]>, method: QuantileMethod) -> Result<DynArray> {
        let q: Vec<f64> = q.iter().map(|q| q / 100.0).collect();
        self.quantiles(&q, axes, method, true).map_err(|e| e.at("nanpercentile"))
    }

    /// The middle element along axes or of all (`None`), the mean of both of an even number; NaN if there is one. Exact. NumPy's `median`.
    ///
    /// # Chunks
    /// As [`quantile`](DynArray::quantile).
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![[3, 1, 2], [9, 7, 7]].into_dyn(), 2)?;
    /// assert_eq!(x.median(None)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [5.0]);
    /// assert_eq!(x.median(Some(&[1]))?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [2.0, 7.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Complex elements, axes out of bounds.
    pub fn median(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        self.quantiles(&[0.5], axes, QuantileMethod::Linear, false).and_then(|m| m.squeeze(Some(&[0]))).map_err(|e| e.at("median"))
    }

    /// [`median`](DynArray::median) of what is not NaN. NumPy's `nanmedian`.
    ///
    /// # Chunks
    /// As [`quantile`](DynArray::quantile).
    ///
    /// # Errors
    /// As [`median`](DynArray::median).
    pub fn nanmedian(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        self.quantiles(&[0.5], axes, QuantileMethod::Linear, true)
            .and_then(|m| m.squeeze(Some(&[0])))
            .map_err(|e| e.at("nanmedian"))
    }

    fn quantiles(&self, q: &[f64], axes: Option<&[isize]>, method: QuantileMethod, skip_nan: bool) -> Result<DynArray> {
        if let Some(bad) = q.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(Error::usage(format!("{bad} is no quantile: give numbers from 0 to 1 (percentiles from 0 to 100)")));
        }
        if self.dtype().is_complex() {
            return Err(Error::dtype("complex numbers have no quantiles: take real(), imag() or absolute() first"));
        }
        unknown::refuse(self.parts().1)?;
        let quantiles = Quantiles { q: q.to_vec(), method, skip_nan };
        let x = self.astype(quantiles.dtype(self.dtype()))?;
        let Some(axes) = axes else {
            if x.n_bytes() <= SMALL_BYTES as u64 {
                return x.ravel()?.lane_quantiles(quantiles, 0);
            }
            return x.global_quantiles(quantiles);
        };
        let axes: Vec<usize> = axes.iter().map(|&a| build::normalize_axis(a, x.ndim())).collect::<Result<_>>()?;
        match axes.as_slice() {
            [] => Err(Error::usage("no axes: give one at least, or None for all")),
            [_] if x.ndim() == 1 && x.n_bytes() > SMALL_BYTES as u64 => x.global_quantiles(quantiles),
            [axis] => x.lane_quantiles(quantiles, *axis),
            several => {
                let back: Vec<isize> = (0..several.len() as isize).map(|i| i - several.len() as isize).collect();
                let source: Vec<isize> = several.iter().map(|&a| a as isize).collect();
                let moved = x.moveaxis(&source, &back)?;
                let kept = x.ndim() - several.len();
                let mut shape: Vec<isize> = moved.shape()[..kept].iter().map(|&n| n as isize).collect();
                shape.push(moved.shape()[kept..].iter().product::<usize>() as isize);
                moved.reshape(&shape)?.lane_quantiles(quantiles, kept)
            }
        }
    }

    fn lane_quantiles(&self, quantiles: Quantiles, axis: usize) -> Result<DynArray> {
        let x = self.whole_along(axis)?;
        let (dtype, grid) = x.parts();
        let n_q = quantiles.q.len();
        let axes = grid.axes().iter().enumerate().map(|(a, x)| if a == axis { Axis::whole(n_q) } else { x.clone() });
        let out = Grid::new(axes);
        let op = shared(LaneQuantiles { quantiles, axis, n: grid.axes()[axis].len() })?;
        DynArray::wrap(build::call(op, &[x.expr().clone()], dtype, Some(out))?).moveaxis(&[axis as isize], &[0])
    }

    fn global_quantiles(&self, quantiles: Quantiles) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        let n = grid.n_elements()?;
        let out = Grid::whole(&[quantiles.q.len()]);
        let every = (n / n_samples(n, quantiles.q.len()).max(1)).max(1);
        let op = GlobalQuantiles { quantiles, dtype, n, every };
        Ok(DynArray::wrap(build::shuffle(Arc::new(op), self.expr(), dtype, out)))
    }
}
