//! Differences, curves and convolutions.

use crate::argument::{Arg, Number};
use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::memory;
use crate::sort::elements;
use pyo3::prelude::{Bound, PyAny, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::Tolerance;
use tilework::array::curve::Interp;
use tilework::array::filter::{self, Overlapping};
use tilework::for_dtype;

/// Each element minus the one before it, `n` times over.
#[pyfunction]
fn diff(x: &Lazy, n: usize, axis: isize, prepend: Option<&Lazy>, append: Option<&Lazy>) -> Out<Lazy> {
    Ok(Lazy(x.0.diff(n, axis, prepend.map(|p| &p.0), append.map(|a| &a.0))?))
}

/// The slope along an axis of values at one distance.
#[pyfunction]
fn gradient(x: &Lazy, spacing: f64, axis: isize, edge_order: usize) -> Out<Lazy> {
    Ok(Lazy(x.0.gradient(spacing, axis, edge_order)?))
}

/// The values of a curve through points.
#[pyfunction]
fn interp(x: &Lazy, xp: Vec<f64>, fp: Vec<f64>, left: Option<f64>, right: Option<f64>, period: Option<f64>) -> Out<Lazy> {
    Ok(Lazy(x.0.interp(&xp, &fp, Interp { left, right, period })?))
}

/// The area under a curve.
#[pyfunction]
fn trapezoid(y: &Lazy, x: Option<&Lazy>, dx: f64, axis: isize) -> Out<Lazy> {
    Ok(Lazy(y.0.trapezoid(x.map(|x| &x.0), dx, axis)?))
}

/// Angles without jumps.
#[pyfunction]
fn unwrap(x: &Lazy, discont: Option<f64>, axis: isize, period: Number) -> Out<Lazy> {
    Ok(Lazy(x.0.unwrap(discont, axis, period.0)?))
}

/// The powers of the elements as columns.
#[pyfunction]
fn vander(x: &Lazy, n: Option<usize>, increasing: bool) -> Out<Lazy> {
    Ok(Lazy(x.0.vander(n, increasing)?))
}

/// Sums of `a` times `v` (an array of NumPy's) at every shift, for a convolution with `v` turned round.
#[pyfunction]
fn convolve(a: &Lazy, v: &Bound<'_, PyAny>, mode: &str, turned: bool) -> Out<Lazy> {
    let mode = match mode {
        "full" => Overlapping::Full,
        "same" => Overlapping::Same,
        "valid" => Overlapping::Valid,
        _ => return Err(value(format!("there is no mode {mode:?}: take full, same or valid"))),
    };
    let t = memory::tensor(v)?;
    for_dtype!(t.dtype(), T => {
        let v = elements::<T>(&t)?;
        Ok(Lazy(if turned { filter::convolve(&a.0, &v, mode)? } else { filter::correlate(&a.0, &v, mode)? }))
    })
}

/// Whether elements are within a tolerance of those of another array.
#[pyfunction]
fn isclose(a: &Lazy, b: Arg, rtol: f64, atol: f64, equal_nan: bool) -> Out<Lazy> {
    Ok(Lazy(a.0.isclose(b, Tolerance { rtol, atol, equal_nan })?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(diff, m)?)?;
    m.add_function(wrap_pyfunction!(gradient, m)?)?;
    m.add_function(wrap_pyfunction!(interp, m)?)?;
    m.add_function(wrap_pyfunction!(trapezoid, m)?)?;
    m.add_function(wrap_pyfunction!(unwrap, m)?)?;
    m.add_function(wrap_pyfunction!(vander, m)?)?;
    m.add_function(wrap_pyfunction!(convolve, m)?)?;
    m.add_function(wrap_pyfunction!(isclose, m)?)
}
