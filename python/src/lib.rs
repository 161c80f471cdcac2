//! x
use pyo3::prelude::*;
#[pymodule]
fn _tilework(_m: &Bound<'_, PyModule>) -> PyResult<()> { Ok(()) }
