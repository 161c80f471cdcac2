//! Counting into bins.
//!
//! Every block is counted for itself, into an axis of its own; the counts are added by the reduction that adds anything else.

use crate::array::create::from_tensor;
use crate::array::{DynArray, Index, linspace, where_};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::chunk::Tensor;
use crate::expr::call::CallOp;
use crate::expr::{Chunks, Expr, build, reshape};
use crate::op::block::{BinCount, Histogram, HistogramDd, shared};
use crate::op::reduction;
use std::sync::Arc;

/// The bins of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bins<'a> {
    /// So many bins of one width from the first to the second number. What they are for data not seen yet cannot be known: compute
    /// `min` and `max` first for what NumPy does without a range.
    Even(usize, f64, f64),
    /// Each from one number to before the next, the last including its end. Rising.
    Edges(&'a [f64]),
}

impl Bins<'_> {
    /// The edges, rounded to float32 for such elements as NumPy does.
    fn edges(self, dtype: DType) -> Result<Vec<f64>> {
        let edges = match self {
            Bins::Edges(e) => e.to_vec(),
            Bins::Even(0, ..) => return Err(Error::usage("0 bins: give at least 1")),
            Bins::Even(_, low, high) if !(high - low).is_finite() || low > high => {
                return Err(Error::usage(format!("the range {low} to {high} must be finite and rising")));
            }
            Bins::Even(n, low, high) => {
                let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
                let step = (high - low) / n as f64;
                let edge = |i| if i == n { high } else { i as f64 * step + low };
                let round = |e: f64| if dtype == DType::F32 { f64::from(e as f32) } else { e };
                (0..=n).map(edge).map(round).collect()
            }
        };
        if edges.len() < 2 || edges.windows(2).any(|w| w[0].is_nan() || w[1].is_nan() || w[0] > w[1]) {
            return Err(Error::usage("edges must be at least 2 rising numbers: sort them"));
        }
        Ok(edges)
    }
}

impl DynArray {
    /// How many elements fall into each bin (int64), and the edges of the bins. With `weights` (of the array's shape) the sum of the
    /// weights of those elements, in the dtype of their sum; with `density` the float64 density over the range of the bins, whose
    /// integral is 1. Elements outside of all bins and NaN do not count. NumPy's `histogram`.
    ///
    /// Elements are compared as float64.
    ///
    /// # Chunks
    /// One chunk of all bins. A task holds a chunk of the array (and of the weights) as float64 and its counts, or the counts of up
    /// to 8 chunks; the edges are held from start to end.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Bins, arange};
    /// let x = arange(0.0, 10.0, 1.0, 3)?;
    /// let (counts, edges) = x.histogram(Bins::Even(2, 0.0, 8.0), None, false)?;
    /// assert_eq!(counts.compute_as::<i64>()?.into_raw_vec_and_offset().0, [4, 5]);
    /// assert_eq!(edges, [0.0, 4.0, 8.0]);
    /// let (counts, _) = x.histogram(Bins::Edges(&[1.0, 2.0, 7.5]), None, false)?;
    /// assert_eq!(counts.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 6]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// No bins, edges that do not rise, a range that is not finite, weights of another shape.
    pub fn histogram(&self, bins: Bins<'_>, weights: Option<&DynArray>, density: bool) -> Result<(DynArray, Vec<f64>)> {
        let named = |e: Error| e.at("histogram");
        let edges = bins.edges(self.dtype()).map_err(named)?;
        let n = edges.len() - 1;
        let op = shared(Histogram { edges: edges.clone(), even: matches!(bins, Bins::Even(..)) })?;
        let counts = counted(&[&self.astype(DType::F64)?], weights, op, n).map_err(named)?;
        if !density {
            return Ok((counts, edges));
        }
        // Edges that are float32 have such distances, too.
        let narrow = self.dtype() == DType::F32 && matches!(bins, Bins::Even(..));
        let width = |w: &[f64]| if narrow { f64::from((w[1] - w[0]) as f32) } else { w[1] - w[0] };
        let widths = Tensor::from_vec(&[n], edges.windows(2).map(width).collect::<Vec<f64>>())?;
        let counts = counts.astype(DType::F64)?;
        Ok((counts.divide(from_tensor(widths, Chunks::Whole)?)?.divide(counts.sum(None)?)?, edges))
    }

    /// [`histogramdd`] of points that are the rows of an array of two dimensions, a column for each coordinate. NumPy's `histogramdd` of
    /// an array of shape `(N, D)`.
    ///
    /// # Chunks
    /// As [`histogramdd`].
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Bins, arange};
    /// let points = arange(0, 6, 1, 4)?.reshape(&[3, 2])?; // (0, 1), (2, 3), (4, 5)
    /// let (counts, _) = points.histogramdd(&[Bins::Even(2, 0.0, 5.0)], None, false)?;
    /// assert_eq!(counts.compute_as::<f64>()?, ndarray::array![[1.0, 1.0], [0.0, 1.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`histogramdd`]; an array that has not two dimensions.
    pub fn histogramdd(&self, bins: &[Bins<'_>], weights: Option<&DynArray>, density: bool) -> Result<(DynArray, Vec<Vec<f64>>)> {
        let [_, d] = self.shape()[..] else {
            let n = self.ndim();
            return Err(Error::usage(format!(
                "histogramdd: an array of {n} dimensions: give points as rows of two, or a list of arrays"
            )));
        };
        let columns = (0..d as isize).map(|i| self.index(&[Index::from(..), Index::At(i)]));
        let columns: Vec<DynArray> = columns.collect::<Result<_>>()?;
        histogramdd(&columns.iter().collect::<Vec<_>>(), bins, weights, density)
    }

    /// The edges of `n` bins of one width from the smallest to the largest element (half below and above it where all are equal), as
    /// an array that is lazy as they are. NumPy's `histogram_bin_edges` with a number of bins; with a range they are
    /// [`linspace`], and rules that choose the number by the data (`"fd"`) cannot be: sizes are known before
    /// anything runs.
    ///
    /// # Chunks
    /// One chunk; as [`min`](DynArray::min) and [`max`](DynArray::max).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Bins, arange};
    /// let x = arange(0.0, 9.0, 1.0, 3)?;
    /// let edges = x.histogram_bin_edges(4)?.compute_as::<f64>()?.into_raw_vec_and_offset().0;
    /// assert_eq!(edges, [0.0, 2.0, 4.0, 6.0, 8.0]);
    /// let (counts, _) = x.histogram(Bins::Edges(&edges), None, false)?; // what NumPy's histogram(x, 4) gives
    /// assert_eq!(counts.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 2, 2, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// 0 bins, no elements, complex numbers. Of elements that are not all finite the edges are NaN.
    pub fn histogram_bin_edges(&self, n: usize) -> Result<DynArray> {
        let named = |e: Error| e.at("histogram_bin_edges");
        let dtype = if self.dtype().is_float() { self.dtype() } else { DType::F64 };
        if n == 0 {
            return Err(named(Error::usage("0 bins: give at least 1")));
        }
        let bound = |x: Result<DynArray>| x.and_then(|x| x.astype(DType::F64)).map_err(named);
        let (low, high) = (bound(self.min(None))?, bound(self.max(None))?);
        let half = low.equal(&high)?.astype(DType::F64)?.multiply(0.5)?;
        let (low, high) = (low.subtract(&half)?, high.add(&half)?);
        let places = linspace(0.0, n as f64, n + 1, Chunks::Whole)?;
        let step = high.subtract(&low)?.divide(n as f64)?;
        let inner = places.multiply(step)?.add(&low)?;
        where_(&places.equal(n as f64)?, &high, &inner)?.astype(dtype)
    }

    /// How often each of the integers 0 to `length - 1` occurs (int64), or the float64 sums of the weights that stand beside them (an
    /// array of the same shape). NumPy's `bincount` finds the length from the data; here it is given, as it must be known before
    /// anything runs: `x.max(None)` computed first, and 1 more, is NumPy's.
    ///
    /// # Chunks
    /// One chunk of all numbers. A task holds a chunk of the array as int64 (and of the weights as float64) and its counts, or the
    /// counts of up to 8 chunks.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 7, 1, 2)?.remainder(3)?;
    /// assert_eq!(x.bincount(None, 4)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 2, 2, 0]);
    /// assert!(x.bincount(None, 2)?.compute().is_err()); // there is a 2
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Elements that are no integers, weights of another shape. A negative element or one of `length` or more fails the run.
    pub fn bincount(&self, weights: Option<&DynArray>, length: usize) -> Result<DynArray> {
        let dtype = self.dtype();
        if !dtype.is_integer() || dtype == DType::U64 {
            return Err(Error::dtype(format!("bincount takes integers that int64 holds, not {dtype}: cast with astype first")));
        }
        let weights = weights.map(|w| w.astype(DType::F64)).transpose()?;
        let op = shared(BinCount { n: length })?;
        counted(&[&self.astype(DType::I64)?], weights.as_ref(), op, length).map_err(|e| e.at("bincount"))
    }
}

/// How many of the points with these coordinates fall into each bin of a grid (float64, an axis for each coordinate), and the edges of
/// the bins along every axis. Coordinates are arrays of one dimension and length; [`DynArray::histogramdd`] takes them as columns. Bins
/// are given once for all axes, or for each. With `weights` (an array like them) the sum of the weights of those points; with `density`
/// the density over the bins' volumes, whose integral is 1. Points outside of the grid and with NaN do not count. NumPy's
/// `histogramdd`, with the range given.
///
/// Coordinates are compared as float64.
///
/// # Chunks
/// One chunk of all bins. A task holds a chunk of every coordinate (and of the weights) as float64 and its counts, or the counts of up
/// to 8 chunks; the edges are held from start to end.
///
/// # Example
/// ```
/// use tilework::array::{Bins, arange, histogramdd};
/// let x = arange(0.0, 4.0, 1.0, 3)?;
/// let (counts, edges) = histogramdd(&[&x, &x.square()?], &[Bins::Even(2, 0.0, 4.0), Bins::Edges(&[0.0, 1.0, 9.0])], None, false)?;
/// assert_eq!(counts.compute_as::<f64>()?, ndarray::array![[1.0, 1.0], [0.0, 2.0]].into_dyn());
/// assert_eq!(edges[0], [0.0, 2.0, 4.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// No coordinates; coordinates or weights of several dimensions or lengths; bins for another number of axes; what
/// [`histogram`](DynArray::histogram) refuses; more bins than can be counted.
pub fn histogramdd(
    sample: &[&DynArray],
    bins: &[Bins<'_>],
    weights: Option<&DynArray>,
    density: bool,
) -> Result<(DynArray, Vec<Vec<f64>>)> {
    histogram_of(sample, bins, weights, density).map_err(|e| e.at("histogramdd"))
}

/// [`histogramdd`] of two coordinates: counts with an axis for `x` and one for `y`, and the edges along both. NumPy's `histogram2d`.
///
/// # Chunks
/// As [`histogramdd`].
///
/// # Example
/// ```
/// use tilework::array::{Bins, arange, histogram2d};
/// let x = arange(0.0, 4.0, 1.0, 3)?;
/// let (counts, _, _) = histogram2d(&x, &x.negative()?, &[Bins::Even(2, 0.0, 4.0), Bins::Even(1, -3.0, 0.0)], None, false)?;
/// assert_eq!(counts.compute_as::<f64>()?, ndarray::array![[2.0], [2.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`histogramdd`].
pub fn histogram2d(
    x: &DynArray,
    y: &DynArray,
    bins: &[Bins<'_>],
    weights: Option<&DynArray>,
    density: bool,
) -> Result<(DynArray, Vec<f64>, Vec<f64>)> {
    let (counts, edges) = histogram_of(&[x, y], bins, weights, density).map_err(|e| e.at("histogram2d"))?;
    match <[Vec<f64>; 2]>::try_from(edges) {
        Ok([along_x, along_y]) => Ok((counts, along_x, along_y)),
        Err(_) => Err(Error::bug("histogram2d: not two lists of edges")),
    }
}

fn histogram_of(
    sample: &[&DynArray],
    bins: &[Bins<'_>],
    weights: Option<&DynArray>,
    density: bool,
) -> Result<(DynArray, Vec<Vec<f64>>)> {
    let Some(first) = sample.first() else { return Err(Error::usage("no coordinates: give at least one")) };
    for (i, x) in sample.iter().enumerate() {
        if x.ndim() != 1 || x.shape() != first.shape() {
            let (shape, own) = (x.shape(), first.shape());
            return Err(Error::usage(format!("coordinate {i} has shape {shape:?}, the first {own:?}: give arrays of 1 dimension")));
        }
    }
    let d = sample.len();
    if bins.len() != d && bins.len() != 1 {
        return Err(Error::usage(format!("bins for {} axes, but {d} coordinates: give them for all, or once", bins.len())));
    }
    let axes: Vec<Histogram> = (0..d)
        .map(|i| {
            let bins = bins[if bins.len() == 1 { 0 } else { i }];
            let edges = bins.edges(DType::F64).map_err(|e| e.at(format!("axis {i}")))?;
            Ok(Histogram { edges, even: matches!(bins, Bins::Even(..)) })
        })
        .collect::<Result<_>>()?;
    let edges: Vec<Vec<f64>> = axes.iter().map(|a| a.edges.clone()).collect();
    let shape: Vec<usize> = edges.iter().map(|e| e.len() - 1).collect();
    // Places are counted in 32 bits along an axis.
    let total = shape.iter().try_fold(1usize, |p, &n| p.checked_mul(n)).filter(|&n| isize::try_from(n).is_ok());
    let Some(n_bins) = total.filter(|_| shape.iter().all(|&n| n < u32::MAX as usize)) else {
        return Err(Error::usage(format!("{shape:?} bins are more than can be counted")));
    };
    let points: Vec<DynArray> = sample.iter().map(|x| x.astype(DType::F64)).collect::<Result<_>>()?;
    let weights = weights.map(|w| w.astype(DType::F64)).transpose()?;
    let counts = counted(&points.iter().collect::<Vec<_>>(), weights.as_ref(), shared(HistogramDd { axes })?, n_bins)?;
    let counts = DynArray::wrap(reshape::reshape(counts.expr(), &shape)?).astype(DType::F64)?;
    if !density {
        return Ok((counts, edges));
    }
    let mut part = counts.clone();
    for (i, e) in edges.iter().enumerate() {
        let mut along = vec![1; d];
        along[i] = shape[i];
        let widths = Tensor::from_vec(&along, e.windows(2).map(|w| w[1] - w[0]).collect::<Vec<f64>>())?;
        part = part.divide(from_tensor(widths, Chunks::Whole)?)?;
    }
    Ok((part.divide(counts.sum(None)?)?, edges))
}

/// Counts of every block of some arrays of one shape, added up.
fn counted(xs: &[&DynArray], weights: Option<&DynArray>, op: Arc<dyn CallOp>, n: usize) -> Result<DynArray> {
    let Some(x) = xs.first() else { return Err(Error::bug("nothing to count")) };
    let wide = |a: &DynArray| a.index(&[Index::Ellipsis, Index::NewAxis]).map(|a| a.expr().clone());
    let alike = |a: &DynArray| if a.parts().1 == x.parts().1 { Ok(a.clone()) } else { a.rechunk(Chunks::Exact(x.chunks())) };
    let mut inputs: Vec<Expr> = xs.iter().map(|a| wide(&alike(a)?)).collect::<Result<_>>()?;
    if let Some(w) = weights {
        if w.shape() != x.shape() {
            let message = format!("weights of shape {:?} for an array of {:?}: broadcast_to its shape", w.shape(), x.shape());
            return Err(Error::usage(message));
        }
        inputs.push(wide(&alike(&w.astype(DType::F64)?)?)?);
    }
    let blocks = x.parts().1.counts();
    let grid = Grid::new(blocks.iter().map(|&n| Axis::regular(n, 1)).chain([Axis::whole(n)]));
    let dtype = if weights.is_some() { DType::F64 } else { DType::I64 };
    let counts = DynArray::wrap(build::call(op, &inputs, dtype, Some(grid))?);
    let axes: Vec<isize> = (0..x.ndim() as isize).collect();
    let sums = counts.sum(Some(&axes))?;
    match weights {
        Some(w) => sums.astype(reduction::SUM.result_dtype(w.dtype())),
        None => Ok(sums),
    }
}
