//! Order: sorting, the largest elements, quantiles; searching in what is sorted.

use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::memory;
use pyo3::prelude::{Bound, PyAny, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::{self, DynArray, QuantileMethod};
use tilework::base::Element;
use tilework::chunk::Tensor;
use tilework::{Result, for_dtype};

/// The elements of each lane in rising order, or their places.
#[pyfunction]
fn sort(x: &Lazy, axis: isize, places: bool) -> Out<Lazy> {
    Ok(Lazy(if places { x.0.argsort(Some(axis))? } else { x.0.sort(Some(axis))? }))
}

/// The `k` largest elements along an axis (for negative `k` the smallest), or their places.
#[pyfunction]
fn topk(x: &Lazy, k: isize, axis: isize, places: bool) -> Out<Lazy> {
    Ok(Lazy(if places { x.0.argtopk(k, axis)? } else { x.0.topk(k, axis)? }))
}

/// The places of the elements in order of several keys, the last first.
#[pyfunction]
fn lexsort(keys: Vec<Lazy>, axis: isize) -> Out<Lazy> {
    let keys: Vec<DynArray> = keys.into_iter().map(|k| k.0).collect();
    Ok(Lazy(array::lexsort(&keys.iter().collect::<Vec<_>>(), axis)?))
}

/// NumPy's names of the methods.
const METHODS: [(&str, QuantileMethod); 13] = [
    ("linear", QuantileMethod::Linear),
    ("lower", QuantileMethod::Lower),
    ("higher", QuantileMethod::Higher),
    ("midpoint", QuantileMethod::Midpoint),
    ("nearest", QuantileMethod::Nearest),
    ("inverted_cdf", QuantileMethod::InvertedCdf),
    ("averaged_inverted_cdf", QuantileMethod::AveragedInvertedCdf),
    ("closest_observation", QuantileMethod::ClosestObservation),
    ("interpolated_inverted_cdf", QuantileMethod::InterpolatedInvertedCdf),
    ("hazen", QuantileMethod::Hazen),
    ("weibull", QuantileMethod::Weibull),
    ("median_unbiased", QuantileMethod::MedianUnbiased),
    ("normal_unbiased", QuantileMethod::NormalUnbiased),
];

/// Quantiles along axes (None: of all), along a first axis of their number.
#[pyfunction]
fn quantile(x: &Lazy, q: Vec<f64>, axes: Option<Vec<isize>>, method: &str, skip_nan: bool) -> Out<Lazy> {
    let Some((_, how)) = METHODS.iter().find(|m| m.0 == method) else {
        let names: Vec<&str> = METHODS.iter().map(|m| m.0).collect();
        return Err(value(format!("there is no method {method:?} of quantiles: take one of {}", names.join(", "))));
    };
    let axes = axes.as_deref();
    Ok(Lazy(if skip_nan { x.0.nanquantile(&q, axes, *how)? } else { x.0.quantile(&q, axes, *how)? }))
}

/// The elements of a tensor, in C order.
pub fn elements<T: Element>(t: &Tensor) -> Result<Vec<T>> {
    Ok(t.contiguous().as_slice::<T>()?.to_vec())
}

/// Runs an expression with numbers that are lazy, or are in an array of NumPy's.
macro_rules! with_numbers {
    ($o:expr, $n:ident => $body:expr) => {
        match $o.cast::<Lazy>() {
            Ok(lazy) => {
                let $n = &lazy.get().0;
                Ok(Lazy($body?))
            }
            Err(_) => {
                let t = memory::tensor($o)?;
                for_dtype!(t.dtype(), T => {
                    let $n = &elements::<T>(&t)?;
                    Ok(Lazy($body?))
                })
            }
        }
    };
}

/// Whether each element is among numbers.
#[pyfunction]
fn isin(x: &Lazy, values: &Bound<'_, PyAny>) -> Out<Lazy> {
    with_numbers!(values, n => x.0.isin(n))
}

/// The number of the bin of each element.
#[pyfunction]
fn digitize(x: &Lazy, bins: &Bound<'_, PyAny>, right: bool) -> Out<Lazy> {
    with_numbers!(bins, n => x.0.digitize(n, right))
}

/// Where each element would have to be put into sorted numbers.
#[pyfunction]
fn searchsorted(sorted: &Bound<'_, PyAny>, v: &Lazy, right: bool) -> Out<Lazy> {
    with_numbers!(sorted, n => array::searchsorted(n, &v.0, right))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(sort, m)?)?;
    m.add_function(wrap_pyfunction!(topk, m)?)?;
    m.add_function(wrap_pyfunction!(lexsort, m)?)?;
    m.add_function(wrap_pyfunction!(quantile, m)?)?;
    m.add_function(wrap_pyfunction!(isin, m)?)?;
    m.add_function(wrap_pyfunction!(digitize, m)?)?;
    m.add_function(wrap_pyfunction!(searchsorted, m)?)
}
