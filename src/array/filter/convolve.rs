//! NumPy's convolution and correlation along the one axis of an array.

use super::options::Filter;
use super::run::{real, separable};
use crate::array::{DynArray, Index, PadMode};
use crate::base::{DType, Element, Error, Result, Scalar};
use crate::expr::node::Boundary;
use crate::kernel::filter::pass::Step;

/// Which sums of a convolution are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlapping {
    /// All, also where the arrays overlap by one element alone.
    Full,
    /// As many as the longer array has, in the middle.
    Same,
    /// Those where the shorter lies within the longer.
    Valid,
}

/// Sums of `a` times `v` backwards, at every shift. NumPy's `convolve`; `v` is in memory. Integers wrap; floats are added in float64.
///
/// # Chunks
/// As `a`, coarser where they are shorter than `v` (see [`map_overlap`](crate::array::map_overlap)). A task holds a chunk with a halo of the
/// length of `v`, and the result.
///
/// # Example
/// ```
/// use tilework::array::{arange, filter::{Overlapping, convolve}};
/// let x = arange(1, 4, 1, 2)?;
/// assert_eq!(convolve(&x, &[0, 1, 2], Overlapping::Full)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 4, 7, 6]);
/// assert_eq!(convolve(&x, &[0, 1, 2], Overlapping::Valid)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [4]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Arrays of other than one dimension or without elements; elements of `v` that are not finite.
pub fn convolve<T: Element>(a: &DynArray, v: &[T], mode: Overlapping) -> Result<DynArray> {
    shifted(a, v, mode, false).map_err(|e| e.at("convolve"))
}

/// Sums of `a` times `v`, at every shift. NumPy's `correlate`; otherwise as [`convolve`].
///
/// # Chunks
/// As [`convolve`].
///
/// # Example
/// ```
/// use tilework::array::{arange, filter::{Overlapping, correlate}};
/// let x = arange(1, 4, 1, 2)?;
/// assert_eq!(correlate(&x, &[0, 1, 2], Overlapping::Same)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [5, 8, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`convolve`].
pub fn correlate<T: Element>(a: &DynArray, v: &[T], mode: Overlapping) -> Result<DynArray> {
    let turned: Vec<T> = v.iter().rev().copied().collect();
    shifted(a, &turned, mode, v.len() > a.shape().first().copied().unwrap_or(0)).map_err(|e| e.at("correlate"))
}

/// A convolution; with `from_end`, the middle is counted from the end.
fn shifted<T: Element>(a: &DynArray, v: &[T], mode: Overlapping, from_end: bool) -> Result<DynArray> {
    let [n] = a.shape()[..] else {
        return Err(Error::usage(format!("an array of {} dimensions: it takes one", a.ndim())));
    };
    let m = v.len();
    if n == 0 || m == 0 {
        return Err(Error::usage(format!("{n} and {m} elements: both must have some")));
    }
    let numbers: Vec<Scalar> = v.iter().map(|&x| x.into()).collect();
    if let Some(w) = numbers.iter().find(|w| !w.as_f64().is_finite()) {
        return Err(Error::usage(format!("{w} among the weights: they must be finite")));
    }
    let dtype = a.dtype().promote(T::DTYPE);
    real(&[dtype])?;
    let weights = numbers.iter().rev();
    let step = if dtype.is_float() {
        Step::Weights(weights.map(|w| w.as_f64()).collect())
    } else {
        Step::Exact(weights.map(|w| <i64 as Element>::from_scalar(*w)).collect())
    };
    let (zero, last) = (if dtype == DType::Bool { Scalar::Bool(false) } else { Scalar::I64(0) }, (m - 1 - m / 2) as isize);
    let filter = Filter::default().mode(Boundary::Constant(zero)).origin(last);
    let x = a.astype(dtype)?;
    let x = if m > 1 { x.pad(&[(0, m - 1)], PadMode::Constant(zero))? } else { x };
    let full = separable(&x, vec![(filter.along(&x, &[0], "convolve")?[0], step)], None)?;
    let (short, long) = (n.min(m), n.max(m));
    let (start, len) = match mode {
        Overlapping::Full => return Ok(full),
        Overlapping::Same if from_end => (short - 1 - (short - 1) / 2, long),
        Overlapping::Same => ((short - 1) / 2, long),
        Overlapping::Valid => (short - 1, long - short + 1),
    };
    full.index(&[Index::Slice(Some(start as isize), Some((start + len) as isize), None)])
}
