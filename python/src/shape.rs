//! Arrays in other shapes and orders, and put together.

use crate::error::Out;
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::{self, DynArray};

fn arrays(xs: Vec<Lazy>) -> Vec<DynArray> {
    xs.into_iter().map(|x| x.0).collect()
}

/// The elements in C order under another shape.
#[pyfunction]
fn reshape(x: &Lazy, shape: Vec<isize>) -> Out<Lazy> {
    Ok(Lazy(x.0.reshape(&shape)?))
}

/// The axes in another order (None: reversed).
#[pyfunction]
fn transpose(x: &Lazy, axes: Option<Vec<usize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.transpose(axes.as_deref())?))
}

/// The array repeated along axes of length 1 and new ones in front.
#[pyfunction]
fn broadcast_to(x: &Lazy, shape: Vec<usize>) -> Out<Lazy> {
    Ok(Lazy(x.0.broadcast_to(&shape)?))
}

/// Arrays one after the other along an axis.
#[pyfunction]
fn concatenate(xs: Vec<Lazy>, axis: isize) -> Out<Lazy> {
    Ok(Lazy(array::concatenate(&arrays(xs), axis)?))
}

/// Arrays along a new axis.
#[pyfunction]
fn stack(xs: Vec<Lazy>, axis: isize) -> Out<Lazy> {
    Ok(Lazy(array::stack(&arrays(xs), axis)?))
}

/// New axes of length 1.
#[pyfunction]
fn expand_dims(x: &Lazy, axes: Vec<isize>) -> Out<Lazy> {
    Ok(Lazy(x.0.expand_dims(&axes)?))
}

/// Without axes of length 1.
#[pyfunction]
fn squeeze(x: &Lazy, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.squeeze(axes.as_deref())?))
}

/// Elements in reverse order along axes.
#[pyfunction]
fn flip(x: &Lazy, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.flip(axes.as_deref())?))
}

/// Elements moved along axes, those beyond the end coming in at the start.
#[pyfunction]
fn roll(x: &Lazy, shifts: Vec<isize>, axes: Option<Vec<isize>>) -> Out<Lazy> {
    Ok(Lazy(x.0.roll(&shifts, axes.as_deref())?))
}

/// Arrays of one shape that are cut alike.
#[pyfunction]
fn unify_chunks(xs: Vec<Lazy>) -> Out<Vec<Lazy>> {
    Ok(array::unify_chunks(&arrays(xs))?.into_iter().map(Lazy).collect())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(reshape, m)?)?;
    m.add_function(wrap_pyfunction!(transpose, m)?)?;
    m.add_function(wrap_pyfunction!(broadcast_to, m)?)?;
    m.add_function(wrap_pyfunction!(concatenate, m)?)?;
    m.add_function(wrap_pyfunction!(stack, m)?)?;
    m.add_function(wrap_pyfunction!(expand_dims, m)?)?;
    m.add_function(wrap_pyfunction!(squeeze, m)?)?;
    m.add_function(wrap_pyfunction!(flip, m)?)?;
    m.add_function(wrap_pyfunction!(roll, m)?)?;
    m.add_function(wrap_pyfunction!(unify_chunks, m)?)
}
