//! Distinct elements and sets, whose sizes depend on the data.

use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array;

/// The distinct elements, rising.
#[pyfunction]
fn unique(x: &Lazy) -> Out<Lazy> {
    Ok(Lazy(x.0.unique()?))
}

/// The distinct elements and how often each occurs.
#[pyfunction]
fn unique_counts(x: &Lazy) -> Out<(Lazy, Lazy)> {
    let (values, counts) = x.0.unique_counts()?;
    Ok((Lazy(values), Lazy(counts)))
}

/// The distinct elements, where each occurs first, which of them every element is, and how often each occurs.
#[pyfunction]
fn unique_all(x: &Lazy) -> Out<(Lazy, Lazy, Lazy, Lazy)> {
    let u = x.0.unique_all()?;
    Ok((Lazy(u.values), Lazy(u.indices), Lazy(u.inverse), Lazy(u.counts)))
}

/// A set made of two, by NumPy's name.
#[pyfunction]
fn sets(name: &str, a: &Lazy, b: &Lazy) -> Out<Lazy> {
    let f = match name {
        "union1d" => array::union1d,
        "intersect1d" => array::intersect1d,
        "setxor1d" => array::setxor1d,
        "setdiff1d" => array::setdiff1d,
        _ => return Err(value(format!("there is no set operation {name}"))),
    };
    Ok(Lazy(f(&a.0, &b.0)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(unique, m)?)?;
    m.add_function(wrap_pyfunction!(unique_counts, m)?)?;
    m.add_function(wrap_pyfunction!(unique_all, m)?)?;
    m.add_function(wrap_pyfunction!(sets, m)?)
}
