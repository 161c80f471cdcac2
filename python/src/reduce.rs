//! Reductions and scans, walked from their tables.

use crate::argument::Number;
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::DynArray;
use tilework::expr::build;
use tilework::op::{reduction, scan};

/// The rows of the table of reductions: name, what it does.
#[pyfunction]
fn reductions() -> Vec<(&'static str, &'static str)> {
    reduction::ALL.iter().map(|op| (op.name, op.doc)).collect()
}

/// A reduction over axes (None: all).
#[pyfunction]
#[pyo3(signature = (op, x, axes=None, keepdims=false, ddof=None, r#where=None, initial=None, split_every=None))]
#[allow(clippy::too_many_arguments, reason = "NumPy's")]
fn reduce(
    op: &str,
    x: &Lazy,
    axes: Option<Vec<isize>>,
    keepdims: bool,
    ddof: Option<f64>,
    r#where: Option<&Lazy>,
    initial: Option<Number>,
    split_every: Option<usize>,
) -> Out<Lazy> {
    let op = reduction::find(op).ok_or_else(|| value(format!("there is no reduction {op}")))?;
    let mut r = x.0.reduction(op);
    if let Some(a) = axes {
        r = r.axes(&a);
    }
    if keepdims {
        r = r.keepdims();
    }
    if let Some(d) = ddof {
        r = r.ddof(d);
    }
    if let Some(m) = r#where {
        r = r.where_(&m.0);
    }
    if let Some(v) = initial {
        r = r.initial(v.0);
    }
    if let Some(n) = split_every {
        r = r.split_every(n);
    }
    Ok(Lazy(r.build()?))
}

/// A cumulative operation along an axis.
#[pyfunction]
fn cumulate(op: &str, x: &Lazy, axis: isize) -> Out<Lazy> {
    let op = scan::find(op).ok_or_else(|| value(format!("there is no cumulative operation {op}")))?;
    Ok(Lazy(DynArray::from_expr(build::scan(x.0.expr(), op, axis)?)?))
}

/// The middle element along axes (None: all).
#[pyfunction]
fn median(x: &Lazy, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.median(axes.as_deref())?))
}

/// The middle element that is not NaN along axes (None: all).
#[pyfunction]
fn nanmedian(x: &Lazy, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.nanmedian(axes.as_deref())?))
}

/// The central moment of an order.
#[pyfunction]
fn moment(x: &Lazy, order: usize, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.moment(order, axes.as_deref())?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(reductions, m)?)?;
    m.add_function(wrap_pyfunction!(reduce, m)?)?;
    m.add_function(wrap_pyfunction!(cumulate, m)?)?;
    m.add_function(wrap_pyfunction!(median, m)?)?;
    m.add_function(wrap_pyfunction!(nanmedian, m)?)?;
    m.add_function(wrap_pyfunction!(moment, m)?)
}
