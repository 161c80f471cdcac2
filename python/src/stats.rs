//! Statistical tests.

use crate::argument::Arg;
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::Result;
use tilework::array::DynArray;
use tilework::array::stats::{self, Alternative, Test};

/// Statistic and p-value.
type Pair = (Lazy, Lazy);

fn pair(test: Result<Test>) -> Out<Pair> {
    let t = test?;
    Ok((Lazy(t.statistic), Lazy(t.pvalue)))
}

fn alternative(name: &str) -> Out<Alternative> {
    match name {
        "two-sided" => Ok(Alternative::TwoSided),
        "less" => Ok(Alternative::Less),
        "greater" => Ok(Alternative::Greater),
        other => Err(value(format!("alternative {other:?} is not known: give \"two-sided\", \"less\" or \"greater\""))),
    }
}

/// Whether a mean is a number.
#[pyfunction]
fn ttest_1samp(a: &Lazy, popmean: Arg, axis: Option<isize>, side: &str) -> Out<Pair> {
    pair(stats::ttest_1samp(&a.0, popmean, axis, alternative(side)?))
}

/// Whether two samples have one mean.
#[pyfunction]
fn ttest_ind(a: &Lazy, b: &Lazy, axis: Option<isize>, equal_var: bool, side: &str) -> Out<Pair> {
    pair(stats::ttest_ind(&a.0, &b.0, axis, equal_var, alternative(side)?))
}

/// Whether pairs have one mean.
#[pyfunction]
fn ttest_rel(a: &Lazy, b: &Lazy, axis: Option<isize>, side: &str) -> Out<Pair> {
    pair(stats::ttest_rel(&a.0, &b.0, axis, alternative(side)?))
}

/// Whether frequencies are those expected.
#[pyfunction]
fn power_divergence(observed: &Lazy, expected: Option<&Lazy>, ddof: usize, axis: Option<isize>, lambda: f64) -> Out<Pair> {
    pair(stats::power_divergence(&observed.0, expected.map(|e| &e.0), ddof, axis, lambda))
}

/// Whether several samples have one mean.
#[pyfunction]
fn f_oneway(samples: Vec<Lazy>, axis: Option<isize>) -> Out<Pair> {
    let samples: Vec<&DynArray> = samples.iter().map(|s| &s.0).collect();
    pair(stats::f_oneway(&samples, axis))
}

/// Skewness.
#[pyfunction]
fn skew(a: &Lazy, axis: Option<isize>, bias: bool) -> Out<Lazy> {
    Ok(Lazy(stats::skew(&a.0, axis, bias)?))
}

/// Kurtosis.
#[pyfunction]
fn kurtosis(a: &Lazy, axis: Option<isize>, fisher: bool, bias: bool) -> Out<Lazy> {
    Ok(Lazy(stats::kurtosis(&a.0, axis, fisher, bias)?))
}

/// Whether skewness is that of normal numbers.
#[pyfunction]
fn skewtest(a: &Lazy, axis: Option<isize>, side: &str) -> Out<Pair> {
    pair(stats::skewtest(&a.0, axis, alternative(side)?))
}

/// Whether kurtosis is that of normal numbers.
#[pyfunction]
fn kurtosistest(a: &Lazy, axis: Option<isize>, side: &str) -> Out<Pair> {
    pair(stats::kurtosistest(&a.0, axis, alternative(side)?))
}

/// Whether skewness and kurtosis are those of normal numbers.
#[pyfunction]
fn normaltest(a: &Lazy, axis: Option<isize>) -> Out<Pair> {
    pair(stats::normaltest(&a.0, axis))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(ttest_1samp, m)?)?;
    m.add_function(wrap_pyfunction!(ttest_ind, m)?)?;
    m.add_function(wrap_pyfunction!(ttest_rel, m)?)?;
    m.add_function(wrap_pyfunction!(power_divergence, m)?)?;
    m.add_function(wrap_pyfunction!(f_oneway, m)?)?;
    m.add_function(wrap_pyfunction!(skew, m)?)?;
    m.add_function(wrap_pyfunction!(kurtosis, m)?)?;
    m.add_function(wrap_pyfunction!(skewtest, m)?)?;
    m.add_function(wrap_pyfunction!(kurtosistest, m)?)?;
    m.add_function(wrap_pyfunction!(normaltest, m)?)
}
