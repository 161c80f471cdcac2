//! Reductions of groups along an axis, and gaps filled along one.

use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::memory;
use crate::sort::elements;
use pyo3::prelude::{Bound, PyAny, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::op::reduction;

/// The reduction of every group along an axis, which labels (int64, one for each element) name.
#[pyfunction]
fn group_reduce(op: &str, x: &Lazy, axis: isize, labels: &Bound<'_, PyAny>, n_groups: usize) -> Out<Lazy> {
    let op = reduction::find(op).ok_or_else(|| value(format!("there is no reduction {op}")))?;
    let labels = elements::<i64>(&memory::tensor(labels)?)?;
    let labels =
        labels.iter().map(|&l| usize::try_from(l).map_err(|_| value(format!("there is no group {l}")))).collect::<Out<Vec<_>>>()?;
    Ok(Lazy(x.0.group_reduce(op, axis, &labels, n_groups)?))
}

/// NaN replaced by the last value before it that is none, at most `limit` places on.
#[pyfunction]
fn push(x: &Lazy, axis: isize, limit: Option<usize>) -> Out<Lazy> {
    Ok(Lazy(x.0.push(axis, limit)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(group_reduce, m)?)?;
    m.add_function(wrap_pyfunction!(push, m)?)
}
