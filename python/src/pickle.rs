//! Arrays as bytes and back: their expression, not their elements (but for those of arrays in memory).

use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::memory;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::pyfunction;
use pyo3::types::PyBytes;
use tilework::array::DynArray;
use tilework::format::registry::Registry;
use tilework::plan::codec;

/// What can stand in a pickle.
fn registry() -> Registry {
    let mut r = Registry::builtin();
    r.add_source(memory::NUMPY, memory::open_numpy);
    r
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
