//! Shapes of distributions, and whether they are those of normal numbers.

use super::{Alternative, Test, lanes, normal, one_sided};
use crate::array::{DynArray, where_};
use crate::base::{Error, Result};
use crate::op::block::Distribution;

/// The third or fourth moment over the variance to the power that makes it free of scale, the second and that moment; NaN where the
/// variance is 0 but for rounding.
fn shape_of(x: &DynArray, axis: isize, order: usize) -> Result<DynArray> {
    let (second, moment) = (x.moment(2, Some(&[axis]))?, x.moment(order, Some(&[axis]))?);
    let least = x.mean(Some(&[axis]))?.multiply(f64::EPSILON)?.square()?;
    let ratio = moment.divide(second.power(order as f64 / 2.0)?)?;
    where_(&second.less_equal(&least)?, f64::NAN, &ratio)
}

/// How much each lane leans to one side: its third moment over its standard deviation cubed. Without `bias`, corrected for what small
/// samples lack. NaN where all elements are the same. SciPy's `skew`.
///
/// # Chunks
/// As [`moment`](DynArray::moment): elements are read twice, for the mean first.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, stats};
/// let x = from_ndarray(ndarray::array![2.0, 8.0, 0.0, 4.0, 1.0, 9.0, 9.0, 0.0].into_dyn(), 3)?;
/// assert!((stats::skew(&x, Some(0), true)?.compute_as::<f64>()?.into_scalar() - 0.2650554122698573).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds, complex numbers, an array of unknown size.
pub fn skew(a: &DynArray, axis: Option<isize>, bias: bool) -> Result<DynArray> {
    let made = || {
        let (x, axis, n) = lanes(a, axis)?;
        let ratio = shape_of(&x, axis, 3)?;
        if bias || n <= 2.0 { Ok(ratio) } else { ratio.multiply(((n - 1.0) * n).sqrt() / (n - 2.0)) }
    };
    made().map_err(|e: Error| e.at("skew"))
}

/// How heavy the tails of each lane are: its fourth moment over its variance squared; with `fisher` less by 3, which a normal
/// distribution has. Without `bias`, corrected for what small samples lack. NaN where all elements are the same. SciPy's `kurtosis`.
///
/// # Chunks
/// As [`skew`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let k = stats::kurtosis(&arange(0.0, 5.0, 1.0, 2)?, Some(0), true, true)?;
/// assert!((k.compute_as::<f64>()?.into_scalar() + 1.3).abs() < 1e-12);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`skew`].
pub fn kurtosis(a: &DynArray, axis: Option<isize>, fisher: bool, bias: bool) -> Result<DynArray> {
    let made = || {
        let (x, axis, n) = lanes(a, axis)?;
        let ratio = shape_of(&x, axis, 4)?;
        let ratio = if bias || n <= 3.0 {
            ratio
        } else {
            let scaled = ratio.multiply(n * n - 1.0)?.subtract(3.0 * (n - 1.0) * (n - 1.0))?;
            scaled.multiply(1.0 / (n - 2.0) / (n - 3.0))?.add(3.0)?
        };
        if fisher { ratio.subtract(3.0) } else { Ok(ratio) }
    };
    made().map_err(|e: Error| e.at("kurtosis"))
}

/// Whether each lane leans as little to a side as normal numbers do, by the test of D'Agostino (1970). NaN for fewer than 8 elements. SciPy's
/// `skewtest`.
///
/// # Chunks
/// As [`skew`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let t = stats::skewtest(&arange(1.0, 9.0, 1.0, 3)?, Some(0), stats::Alternative::TwoSided)?;
/// assert!((t.statistic.compute_as::<f64>()?.into_scalar() - 1.0108048609177787).abs() < 1e-9);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`skew`].
pub fn skewtest(a: &DynArray, axis: Option<isize>, alternative: Alternative) -> Result<Test> {
    lanes(a, axis).and_then(|(x, axis, n)| normal(skew_score(&x, axis, n)?, alternative)).map_err(|e| e.at("skewtest"))
}

fn skew_score(x: &DynArray, axis: isize, n: f64) -> Result<DynArray> {
    let n = if n < 8.0 { f64::NAN } else { n };
    let y = shape_of(x, axis, 3)?.multiply(((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt())?;
    let beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0) / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let w = (2.0 * (beta - 1.0)).sqrt() - 1.0;
    let (delta, alpha) = (1.0 / (0.5 * w.ln()).sqrt(), (2.0 / (w - 1.0)).sqrt());
    let y = where_(&y.equal(0)?, 1.0, &y)?.divide(alpha)?;
    y.add(y.square()?.add(1.0)?.sqrt()?)?.log()?.multiply(delta)
}

/// Whether the tails of each lane are as heavy as those of normal numbers, by the test of Anscombe and Glynn (1983). NaN for fewer than 5
/// elements. SciPy's `kurtosistest`.
///
/// # Chunks
/// As [`skew`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let t = stats::kurtosistest(&arange(0.0, 20.0, 1.0, 6)?, Some(0), stats::Alternative::TwoSided)?;
/// assert!((t.statistic.compute_as::<f64>()?.into_scalar() + 1.7058104152122062).abs() < 1e-9);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`skew`].
pub fn kurtosistest(a: &DynArray, axis: Option<isize>, alternative: Alternative) -> Result<Test> {
    lanes(a, axis).and_then(|(x, axis, n)| normal(kurtosis_score(&x, axis, n)?, alternative)).map_err(|e| e.at("kurtosistest"))
}

fn kurtosis_score(x: &DynArray, axis: isize, n: f64) -> Result<DynArray> {
    let n = if n < 5.0 { f64::NAN } else { n };
    let mean = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let score = shape_of(x, axis, 4)?.subtract(mean)?.divide(variance.sqrt())?;
    let root = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / root * (2.0 / root + (1.0 + 4.0 / (root * root)).sqrt());
    let divisor = score.multiply((2.0 / (a - 4.0)).sqrt())?.add(1.0)?;
    let size = where_(&divisor.equal(0)?, f64::NAN, &divisor)?.absolute()?;
    let cube_root = size.reciprocal()?.multiply(1.0 - 2.0 / a)?.power(1.0 / 3.0)?;
    let second = divisor.sign()?.multiply(cube_root)?;
    second.negative()?.add(1.0 - 2.0 / (9.0 * a))?.divide((2.0 / (9.0 * a)).sqrt())
}

/// Whether each lane is a sample of normal numbers, by both of [`skewtest`] and [`kurtosistest`] (D'Agostino and Pearson 1973). SciPy's
/// `normaltest`.
///
/// # Chunks
/// As [`skew`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, stats};
/// let t = stats::normaltest(&arange(0.0, 20.0, 1.0, 6)?, Some(0))?;
/// assert!((t.pvalue.compute_as::<f64>()?.into_scalar() - 0.2).abs() < 0.1);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`skew`].
pub fn normaltest(a: &DynArray, axis: Option<isize>) -> Result<Test> {
    let test = || {
        let (x, axis, n) = lanes(a, axis)?;
        let (s, k) = (skew_score(&x, axis, n)?, kurtosis_score(&x, axis, n)?);
        one_sided(s.square()?.add(k.square()?)?, Distribution::ChiSquared, 2.0, 0.0)
    };
    test().map_err(|e: Error| e.at("normaltest"))
}
