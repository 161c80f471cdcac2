//! Counting into bins and looking up in lists that fit in memory.
//!
//! Every block is counted for itself, into an axis of its own; the counts are added by the reduction that adds anything else.

use crate::array::create::from_tensor;
use crate::array::{DynArray, Index};
use crate::base::{Axis, DType, Element, Error, Grid, Result};
use crate::chunk::Tensor;
use crate::expr::call::CallOp;
use crate::expr::{Chunks, build};
use crate::op::block::{BinCount, Histogram, IsIn, Numbers, SearchSorted, shared};
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
        let counts = counted(&self.astype(DType::F64)?, weights, op, n).map_err(named)?;
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
            return Err(Error::usage(format!("bincount takes integers that int64 holds, not {dtype}: cast with astype first")));
        }
        let weights = weights.map(|w| w.astype(DType::F64)).transpose()?;
        counted(&self.astype(DType::I64)?, weights.as_ref(), shared(BinCount { n: length })?, length).map_err(|e| e.at("bincount"))
    }

    /// For every element the number of the bin it falls into (int64): 0 before the first, `bins.len()` behind the last of the rising
    /// (or falling) bounds. A bin includes its lower bound, or with `right` its upper one. NumPy's `digitize`.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk, in the dtype in which it is compared, and the result; the bounds are held from start to
    /// end.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.digitize(&[1, 3], false)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 1, 2, 2]);
    /// assert_eq!(x.digitize(&[1, 3], true)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the bounds neither rise nor fall.
    pub fn digitize<T: Element>(&self, bins: &[T], right: bool) -> Result<DynArray> {
        let bounds = Numbers::beside(bins, self.dtype());
        let (sorted, from_end) = if bounds.is_sorted() { (bounds, false) } else { (bounds.reversed(), true) };
        if !sorted.is_sorted() {
            return Err(Error::usage("digitize: the bounds of bins must rise or fall: sort them"));
        }
        placed(self, SearchSorted { sorted, right: !right, from_end })
    }

    /// Whether each element is among `values`. NaN never is. NumPy's `isin`; for its `invert` take `logical_not` of the result.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk, in the dtype in which it is compared, and the result; the values are held from start to
    /// end.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 5, 1, 2)?;
    /// assert_eq!(x.isin(&[3, 1, 9])?.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, true, false, true, false]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// None today; the signature leaves room for dtypes that are not compared.
    pub fn isin<T: Element>(&self, values: &[T]) -> Result<DynArray> {
        let set = Numbers::beside(values, self.dtype()).into_set();
        let x = self.astype(set.dtype())?;
        Ok(DynArray::wrap(build::call(shared(IsIn { set })?, &[x.expr().clone()], DType::Bool, None)?))
    }
}

/// Where each element of `v` would have to be put into `sorted` (int64): before equal numbers, or behind them if `right`. NaN comes
/// after all others. NumPy's `searchsorted`.
///
/// # Chunks
/// As `v`. A task holds a chunk, in the dtype in which it is compared, and the result; the sorted numbers are held from start to
/// end.
///
/// # Example
/// ```
/// use tilework::array::{arange, searchsorted};
/// let v = arange(0, 5, 1, 2)?;
/// assert_eq!(searchsorted(&[1.0, 2.5, 3.0], &v, false)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 1, 2, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When the numbers are not sorted.
pub fn searchsorted<T: Element>(sorted: &[T], v: &DynArray, right: bool) -> Result<DynArray> {
    let sorted = Numbers::beside(sorted, v.dtype());
    if !sorted.is_sorted() {
        return Err(Error::usage("searchsorted: the numbers to search in must rise: sort them"));
    }
    placed(v, SearchSorted { sorted, right, from_end: false })
}

fn placed(x: &DynArray, op: SearchSorted) -> Result<DynArray> {
    let x = x.astype(op.sorted.dtype())?;
    Ok(DynArray::wrap(build::call(shared(op)?, &[x.expr().clone()], DType::I64, None)?))
}

/// Counts of every block, added up.
fn counted(x: &DynArray, weights: Option<&DynArray>, op: Arc<dyn CallOp>, n: usize) -> Result<DynArray> {
    let wide = |a: &DynArray| a.index(&[Index::Ellipsis, Index::NewAxis]).map(|a| a.expr().clone());
    let mut inputs = vec![wide(x)?];
    if let Some(w) = weights {
        if w.shape() != x.shape() {
            let message = format!("weights of shape {:?} for an array of {:?}: broadcast_to its shape", w.shape(), x.shape());
            return Err(Error::usage(message));
        }
        inputs.push(wide(&w.astype(DType::F64)?.rechunk(Chunks::Exact(x.chunks()))?)?);
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
