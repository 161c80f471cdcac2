//! Statistical tests: whether means, frequencies and shapes of distributions are what one expects.
//!
//! Names and meanings are those of `scipy.stats` with its default `nan_policy`: where a lane has NaN, so has the result. Everything is
//! computed in float64 and made of reductions, so that arrays may be of any length; p-values are computed with whatever uses them. An
//! axis of None means the flat array.

use crate::array::ops::SPLIT_EVERY;
use crate::array::{Argument, DynArray, where_};
use crate::base::{DType, Error, Result};
use crate::expr::build::{self, Operand};
use crate::op::block::{Distribution, PValue, shared};
use crate::op::reduction;

mod normality;

pub use crate::op::block::Alternative;
pub use normality::{kurtosis, kurtosistest, normaltest, skew, skewtest};

/// What a test gives, both as lazy arrays (float64).
#[derive(Clone, Debug)]
pub struct Test {
    /// The statistic, of every lane.
    pub statistic: DynArray,
    /// How probable it is, or one farther out, where the hypothesis holds.
    pub pvalue: DynArray,
}

/// Lanes of float64, the axis that they lie along, and how long they are.
fn lanes(x: &DynArray, axis: Option<isize>) -> Result<(DynArray, isize, f64)> {
    if x.dtype().is_complex() {
        return Err(Error::dtype(format!("{} has no order: take .real(), .imag() or .absolute()", x.dtype())));
    }
    x.known("a test")?;
    let (x, axis) = match axis {
        Some(a) => (x.astype(DType::F64)?, build::normalize_axis(a, x.ndim())?),
        None => (x.astype(DType::F64)?.ravel()?.atleast_1d()?, 0),
    };
    let n = x.shape()[axis] as f64;
    Ok((x, axis as isize, n))
}

fn keepdims_mean(x: &DynArray, axis: isize) -> Result<DynArray> {
    x.reduce(&reduction::MEAN, Some(&[axis]), true, 0.0, SPLIT_EVERY)
}

fn variance(x: &DynArray, axis: isize, ddof: f64) -> Result<DynArray> {
    x.reduce(&reduction::VAR, Some(&[axis]), false, ddof, SPLIT_EVERY)
}

/// A statistic with its p-value; `df` are degrees of freedom that all share, else they stand beside it.
fn tested(statistic: DynArray, op: PValue, df: Option<&DynArray>) -> Result<Test> {
    let mut inputs = vec![statistic.expr().clone()];
    inputs.extend(df.map(|d| d.expr().clone()));
    let pvalue = DynArray::wrap(build::call(shared(op)?, &inputs, DType::F64, None)?);
    Ok(Test { statistic, pvalue })
}

fn normal(statistic: DynArray, alternative: Alternative) -> Result<Test> {
    tested(statistic, PValue { of: Distribution::Normal, alternative, df: Some(0.0), dfn: 0.0 }, None)
}

fn student(statistic: DynArray, alternative: Alternative, df: f64) -> Result<Test> {
    tested(statistic, PValue { of: Distribution::Student, alternative, df: Some(df), dfn: 0.0 }, None)
}

fn one_sided(statistic: DynArray, of: Distribution, df: f64, dfn: f64) -> Result<Test> {
    tested(statistic, PValue { of, alternative: Alternative::Greater, df: Some(df), dfn }, None)
}

/// Whether the mean of each lane is `popmean`: a number, or an array that broadcasts to the result. SciPy's `ttest_1samp`.
///
/// # Chunks
/// As [`mean`](DynArray::mean) and [`var`](DynArray::var), of which the array is read once.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let t = stats::ttest_1samp(&arange(0.0, 5.0, 1.0, 2)?, 1.0, Some(0), stats::Alternative::TwoSided)?;
/// assert!((t.statistic.compute_as::<f64>()?.into_scalar() - 2f64.sqrt()).abs() < 1e-12);
/// assert!((t.pvalue.compute_as::<f64>()?.into_scalar() - 0.2302).abs() < 1e-4);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds, complex numbers, an array of unknown size, a mean that does not broadcast.
pub fn ttest_1samp(a: &DynArray, popmean: impl Argument, axis: Option<isize>, alternative: Alternative) -> Result<Test> {
    one_sample(a, popmean.operand(), axis, alternative).map_err(|e| e.at("ttest_1samp"))
}

fn one_sample(a: &DynArray, popmean: Operand, axis: Option<isize>, alternative: Alternative) -> Result<Test> {
    let (x, axis, n) = lanes(a, axis)?;
    let distance = x.mean(Some(&[axis]))?.subtract(popmean)?;
    let t = distance.divide(variance(&x, axis, 1.0)?.divide(n)?.sqrt()?)?;
    student(t.astype(DType::F64)?, alternative, n - 1.0)
}

/// Whether the means of the lanes of two independent samples are the same, whose other axes broadcast; without `equal_var` their
/// variances need not be (Welch's test). SciPy's `ttest_ind`.
///
/// # Chunks
/// As [`mean`](DynArray::mean) and [`var`](DynArray::var), of which each array is read once.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let (a, b) = (arange(0.0, 5.0, 1.0, 2)?, arange(1.0, 9.0, 1.0, 3)?);
/// let t = stats::ttest_ind(&a, &b, Some(0), false, stats::Alternative::Less)?;
/// assert!((t.statistic.compute_as::<f64>()?.into_scalar() + 2.2360679775).abs() < 1e-9);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds, complex numbers, arrays of unknown size, other axes that do not broadcast.
pub fn ttest_ind(a: &DynArray, b: &DynArray, axis: Option<isize>, equal_var: bool, alternative: Alternative) -> Result<Test> {
    let test = || {
        let ((x, ax, n), (y, ay, m)) = (lanes(a, axis)?, lanes(b, axis)?);
        let distance = x.mean(Some(&[ax]))?.subtract(y.mean(Some(&[ay]))?)?;
        let (v, w) = (variance(&x, ax, 1.0)?, variance(&y, ay, 1.0)?);
        if equal_var {
            // The variance of one element is not defined, and has no weight.
            let part = |v: &DynArray, n: f64| if n == 1.0 { v.zeros_like(None) } else { v.multiply(n - 1.0) };
            let df = n + m - 2.0;
            let pooled = part(&v, n)?.add(part(&w, m)?)?.divide(df)?;
            let error = pooled.multiply(1.0 / n + 1.0 / m)?.sqrt()?;
            return student(distance.divide(error)?, alternative, df);
        }
        let (v, w) = (v.divide(n)?, w.divide(m)?);
        let both = v.add(&w)?;
        let df = both.square()?.divide(v.square()?.divide(n - 1.0)?.add(w.square()?.divide(m - 1.0)?)?)?;
        // Of two variances of 0 any number of degrees of freedom is right.
        let df = where_(&df.isnan()?, 1.0, &df)?;
        let op = PValue { of: Distribution::Student, alternative, df: None, dfn: 0.0 };
        tested(distance.divide(both.sqrt()?)?, op, Some(&df))
    };
    test().map_err(|e: Error| e.at("ttest_ind"))
}

/// Whether the means of the lanes of two samples of one shape, whose elements belong together in pairs, are the same. SciPy's `ttest_rel`.
///
/// # Chunks
/// As [`ttest_1samp`] of the differences, which are never stored.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let a = arange(0.0, 5.0, 1.0, 2)?;
/// let t = stats::ttest_rel(&a.multiply(2.0)?, &a.add(1.0)?, Some(0), stats::Alternative::default())?; // of a - 1
/// assert!((t.statistic.compute_as::<f64>()?.into_scalar() - 2f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`ttest_1samp`]; different shapes.
pub fn ttest_rel(a: &DynArray, b: &DynArray, axis: Option<isize>, alternative: Alternative) -> Result<Test> {
    let test = || {
        if a.shape() != b.shape() {
            return Err(Error::usage(format!("samples of shapes {:?} and {:?} are no pairs", a.shape(), b.shape())));
        }
        let difference = lanes(a, None).and(lanes(b, None)).and(a.astype(DType::F64)?.subtract(b.astype(DType::F64)?))?;
        one_sample(&difference, 0.0.operand(), axis, alternative)
    };
    test().map_err(|e: Error| e.at("ttest_rel"))
}

/// Whether the frequencies in each lane are the expected ones (None: all the same), by the power divergence of Cressie and Read: `lambda`
/// is 1 for Pearson's chi-squared, 0 for the likelihood ratio (G), -1/2 for Freeman and Tukey's, -1 for the modified likelihood ratio, -2
/// for Neyman's, 2/3 for Cressie and Read's own. Degrees of freedom are one less than there are frequencies, and less by `ddof`. SciPy's
/// `power_divergence`, but that the sums of observed and expected frequencies are not compared: they are not known before it runs.
///
/// # Chunks
/// As [`sum`](DynArray::sum); without expected frequencies the array is read twice, for the mean first.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, stats};
/// let seen = from_ndarray(ndarray::array![16, 18, 16, 14, 12, 12].into_dyn(), 4)?;
/// let g = stats::power_divergence(&seen, None, 0, Some(0), 0.0)?;
/// assert!((g.statistic.compute_as::<f64>()?.into_scalar() - 2.006573162632538).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds, complex numbers, arrays of unknown size, shapes that do not broadcast.
pub fn power_divergence(
    observed: &DynArray,
    expected: Option<&DynArray>,
    ddof: usize,
    axis: Option<isize>,
    lambda: f64,
) -> Result<Test> {
    divergence(observed, expected, ddof, axis, lambda).map_err(|e| e.at("power_divergence"))
}

/// Whether the frequencies in each lane are the expected ones (None: all the same): [`power_divergence`] with a `lambda` of 1. SciPy's
/// `chisquare`.
///
/// # Chunks
/// As [`power_divergence`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, stats};
/// let seen = from_ndarray(ndarray::array![16, 18, 16, 14, 12, 12].into_dyn(), 4)?;
/// let chi = stats::chisquare(&seen, None, 0, Some(0))?;
/// assert!((chi.statistic.compute_as::<f64>()?.into_scalar() - 2.0).abs() < 1e-12);
/// assert!((chi.pvalue.compute_as::<f64>()?.into_scalar() - 0.8491450360846096).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`power_divergence`].
pub fn chisquare(observed: &DynArray, expected: Option<&DynArray>, ddof: usize, axis: Option<isize>) -> Result<Test> {
    divergence(observed, expected, ddof, axis, 1.0).map_err(|e| e.at("chisquare"))
}

/// `x ln y`, 0 where x is.
fn times_log(x: &DynArray, y: &DynArray) -> Result<DynArray> {
    let none = x.equal(0)?.logical_and(y.isnan()?.logical_not()?)?;
    where_(&none, 0.0, x.multiply(y.log()?)?)
}

fn divergence(observed: &DynArray, expected: Option<&DynArray>, ddof: usize, axis: Option<isize>, lambda: f64) -> Result<Test> {
    let (o, along, _) = lanes(observed, axis)?;
    let e = match expected {
        Some(e) => lanes(e, None).and(if axis.is_none() { lanes(e, None).map(|l| l.0) } else { e.astype(DType::F64) })?,
        None => keepdims_mean(&o, along)?,
    };
    let terms = if lambda == 1.0 {
        o.subtract(&e)?.square()?.divide(&e)?
    } else if lambda == 0.0 {
        times_log(&o, &o.divide(&e)?)?.multiply(2.0)?
    } else if lambda == -1.0 {
        times_log(&e, &e.divide(&o)?)?.multiply(2.0)?
    } else {
        let power = o.divide(&e)?.power(lambda)?;
        o.multiply(power.subtract(1.0)?)?.divide(0.5 * lambda * (lambda + 1.0))?
    };
    let along = along - o.ndim() as isize;
    let n = terms.shape()[build::normalize_axis(along, terms.ndim())?] as f64;
    one_sided(terms.sum(Some(&[along]))?, Distribution::ChiSquared, n - 1.0 - ddof as f64, 0.0)
}

/// Whether the means of the lanes of several samples are the same (analysis of variance), where variances are. Infinite where no sample
/// varies within itself, NaN where nothing varies at all. SciPy's `f_oneway`.
///
/// # Chunks
/// As [`mean`](DynArray::mean), [`var`](DynArray::var), [`min`](DynArray::min) and [`max`](DynArray::max), for which each array is read once.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let a = arange(0.0, 5.0, 1.0, 2)?;
/// let f = stats::f_oneway(&[&a, &a.add(1.0)?, &a.add(2.0)?], Some(0))?;
/// assert!((f.statistic.compute_as::<f64>()?.into_scalar() - 2.0).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two samples, samples without elements, an axis out of bounds, complex numbers, arrays of unknown size, other axes that do not
/// broadcast.
pub fn f_oneway(samples: &[&DynArray], axis: Option<isize>) -> Result<Test> {
    variance_analysis(samples, axis).map_err(|e| e.at("f_oneway"))
}

/// What an analysis of variance needs of a sample.
struct Sample {
    n: f64,
    mean: DynArray,
    within: DynArray,
    low: DynArray,
    high: DynArray,
}

fn variance_analysis(samples: &[&DynArray], axis: Option<isize>) -> Result<Test> {
    let sample = |x: &&DynArray| {
        let (x, axis, n) = lanes(x, axis)?;
        let along: &[isize] = &[axis];
        let (mean, within) = (x.mean(Some(along))?, variance(&x, axis, 0.0)?.multiply(n)?);
        Ok(Sample { n, mean, within, low: x.min(Some(along))?, high: x.max(Some(along))? })
    };
    let all: Vec<Sample> = samples.iter().map(sample).collect::<Result<_>>()?;
    let Some((first, others)) = all.split_first().filter(|(_, o)| !o.is_empty()) else {
        return Err(Error::usage(format!("{} samples: give two at least", samples.len())));
    };
    let total: f64 = all.iter().map(|s| s.n).sum();
    let mut grand = first.mean.multiply(first.n)?;
    let (mut low, mut high) = (first.low.clone(), first.high.clone());
    let mut constant = first.low.equal(&first.high)?;
    let mut within = first.within.clone();
    for s in others {
        grand = grand.add(s.mean.multiply(s.n)?)?;
        (low, high) = (low.minimum(&s.low)?, high.maximum(&s.high)?);
        constant = constant.logical_and(s.low.equal(&s.high)?)?;
        within = within.add(&s.within)?;
    }
    let grand = grand.divide(total)?;
    let between = |s: &Sample| s.mean.subtract(&grand)?.square()?.multiply(s.n);
    let mut sum = between(first)?;
    for s in others {
        sum = sum.add(between(s)?)?;
    }
    let (dfn, dfd) = (all.len() as f64 - 1.0, total - all.len() as f64);
    let f = sum.divide(dfn)?.divide(within.divide(dfd)?)?;
    let f = where_(&constant, f64::INFINITY, &f)?;
    let f = where_(&low.equal(&high)?, f64::NAN, &f)?;
    // Samples of one element each say nothing.
    let f = if dfd == 0.0 { f.multiply(f64::NAN)? } else { f };
    one_sided(f, Distribution::Fisher, dfd, dfn)
}
