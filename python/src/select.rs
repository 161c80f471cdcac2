//! Parts of arrays by positions and masks, and the positions themselves.

use crate::argument::{Cut, Part};
use crate::error::Out;
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::{self, DynArray};

fn handles(xs: Vec<DynArray>) -> Vec<Lazy> {
    xs.into_iter().map(Lazy).collect()
}

/// For each element of `indices` what it names along an axis.
#[pyfunction]
fn take_along_axis(x: &Lazy, indices: &Lazy, axis: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.take_along_axis(&indices.0, axis)?))
}

/// The array with values in place of what each element of `indices` names along an axis.
#[pyfunction]
fn put_along_axis(x: &Lazy, indices: &Lazy, values: &Lazy, axis: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.put_along_axis(&indices.0, &values.0, axis)?))
}

/// Flat positions of what is not zero.
#[pyfunction]
fn flatnonzero(x: &Lazy) -> Out<Lazy> {
    Ok(Lazy(x.0.flatnonzero()?))
}

/// Positions of what is not zero, along each axis.
#[pyfunction]
fn nonzero(x: &Lazy) -> Out<Vec<Lazy>> {
    Ok(handles(x.0.nonzero()?))
}

/// The elements where a condition holds, flat.
#[pyfunction]
fn extract(condition: &Lazy, x: &Lazy) -> Out<Lazy> {
    Ok(Lazy(x.0.extract(&condition.0)?))
}

/// For each element the choice that the index names; wrapped or clipped where there is none.
#[pyfunction]
fn choose(index: &Lazy, choices: Vec<Lazy>, wrap: bool) -> Out<Lazy> {
    let outside = if wrap { array::Outside::Wrap } else { array::Outside::Clip };
    let choices: Vec<DynArray> = choices.into_iter().map(|c| c.0).collect();
    Ok(Lazy(array::choose(&index.0, &choices, outside)?))
}

/// Flat positions as positions along each axis.
#[pyfunction]
fn unravel_index(x: &Lazy, shape: Vec<usize>) -> Out<Vec<Lazy>> {
    Ok(handles(x.0.unravel_index(&shape)?))
}

/// Positions along each axis as flat ones.
#[pyfunction]
fn ravel_multi_index(positions: Vec<Lazy>, shape: Vec<usize>) -> Out<Lazy> {
    let positions: Vec<DynArray> = positions.into_iter().map(|p| p.0).collect();
    Ok(Lazy(array::ravel_multi_index(&positions, &shape)?))
}

/// Rows and columns of the elements at and below (or above) a diagonal.
#[pyfunction]
fn triangle_indices(n: usize, k: i64, m: usize, lower: bool, chunks: Cut) -> Out<Vec<Lazy>> {
    let both = if lower { array::tril_indices(n, k, m, chunks.0)? } else { array::triu_indices(n, k, m, chunks.0)? };
    Ok(handles(both.into()))
}

/// The array with values before positions along an axis.
#[pyfunction]
fn insert(x: &Lazy, at: Part, values: &Lazy, axis: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.insert(at.0, &values.0, Some(axis))?))
}

/// The array without what lies at positions along an axis.
#[pyfunction]
fn delete(x: &Lazy, at: Part, axis: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.delete(at.0, Some(axis))?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(take_along_axis, m)?)?;
    m.add_function(wrap_pyfunction!(put_along_axis, m)?)?;
    m.add_function(wrap_pyfunction!(flatnonzero, m)?)?;
    m.add_function(wrap_pyfunction!(nonzero, m)?)?;
    m.add_function(wrap_pyfunction!(extract, m)?)?;
    m.add_function(wrap_pyfunction!(choose, m)?)?;
    m.add_function(wrap_pyfunction!(unravel_index, m)?)?;
    m.add_function(wrap_pyfunction!(ravel_multi_index, m)?)?;
    m.add_function(wrap_pyfunction!(triangle_indices, m)?)?;
    m.add_function(wrap_pyfunction!(insert, m)?)?;
    m.add_function(wrap_pyfunction!(delete, m)?)
}
