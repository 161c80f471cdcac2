//! Arrays as bytes and back: their expression, not their elements (but for those of arrays in memory).

use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::{function, source};
use pyo3::prelude::{Bound, IntoPyObject, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::pyfunction;
use pyo3::types::{PyBytes, PyTuple};
use tilework::array::DynArray;
use tilework::format::registry::Registry;
use tilework::plan::codec;

/// What can stand in a pickle.
fn registry() -> Registry {
    let mut r = Registry::builtin();
    r.add_source(source::PYTHON, source::open);
    r.add_call(function::PYTHON, function::open);
    r
}

/// Objects of Python's as bytes.
pub fn dumps<'py>(
    py: Python<'py>,
    objects: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error: Into<pyo3::PyErr>>,
) -> Out<Vec<u8>> {
    let objects = objects.into_pyobject(py).map_err(Into::into)?;
    Ok(py.import("tilework._pickles")?.call_method1("dumps", (objects,))?.extract()?)
}

/// The objects that [`dumps`] made bytes of.
pub fn loads<'py>(py: Python<'py>, bytes: &[u8]) -> Out<Bound<'py, PyAny>> {
    Ok(py.import("tilework._pickles")?.call_method1("loads", (PyBytes::new(py, bytes),))?)
}

/// The expression as bytes.
#[pyfunction]
fn encode<'py>(py: Python<'py>, x: &Lazy) -> Out<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &codec::encode(std::slice::from_ref(x.0.expr()))?))
}

/// The array that `encode` made bytes of.
#[pyfunction]
fn decode(bytes: &[u8]) -> Out<Lazy> {
    let expr = codec::decode(bytes, &registry())?.pop().ok_or_else(|| value("the pickle holds no array"))?;
    Ok(Lazy(DynArray::from_expr(expr)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(encode, m)?)?;
    m.add_function(wrap_pyfunction!(decode, m)?)
}
