//! Arrays that are made from nothing.

use crate::argument::{Arg, Cut, Number, Type};
use crate::error::Out;
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array;

/// One value everywhere.
#[pyfunction]
fn full(shape: Vec<usize>, value: Number, dtype: Type, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::full(&shape, value.0, dtype.0, chunks.0)?))
}

/// Values from `start` to before `stop` in steps.
#[pyfunction]
fn arange(start: Number, stop: Number, step: Number, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::arange(start.0, stop.0, step.0, chunks.0)?))
}

/// `n` values at equal distances.
#[pyfunction]
fn linspace(start: f64, stop: f64, n: usize, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::linspace(start, stop, n, chunks.0)?))
}

/// Ones on a diagonal.
#[pyfunction]
fn eye(n: usize, m: usize, k: i64, dtype: Type, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::eye(n, m, k, dtype.0, chunks.0)?))
}

/// Ones at and below a diagonal.
#[pyfunction]
fn tri(n: usize, m: usize, k: i64, dtype: Type, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::tri(n, m, k, dtype.0, chunks.0)?))
}

/// The positions of an array of a shape.
#[pyfunction]
fn indices(shape: Vec<usize>, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::indices(&shape, chunks.0)?))
}

/// One value in an array of this one's shape and chunks.
#[pyfunction]
fn full_like(x: &Lazy, value: Number, dtype: Type) -> Out<Lazy> {
    Ok(Lazy(x.0.full_like(value.0, Some(dtype.0))?))
}

/// The elements at and below a diagonal of the last two axes, zeros above.
#[pyfunction]
fn tril(x: &Lazy, k: i64) -> Out<Lazy> {
    Ok(Lazy(x.0.tril(k)?))
}

/// The elements at and above a diagonal of the last two axes, zeros below.
#[pyfunction]
fn triu(x: &Lazy, k: i64) -> Out<Lazy> {
    Ok(Lazy(x.0.triu(k)?))
}

/// A diagonal of a matrix, or a matrix with this diagonal.
#[pyfunction]
fn diag(x: &Lazy, k: i64) -> Out<Lazy> {
    Ok(Lazy(x.0.diag(k)?))
}

/// A matrix with all elements on a diagonal.
#[pyfunction]
fn diagflat(x: &Lazy, k: i64) -> Out<Lazy> {
    Ok(Lazy(x.0.diagflat(k)?))
}

/// The diagonal of two axes, along a new last axis.
#[pyfunction]
fn diagonal(x: &Lazy, offset: i64, axis1: isize, axis2: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.diagonal(offset, axis1, axis2)?))
}

/// The array with other values on its main diagonal.
#[pyfunction]
fn fill_diagonal(x: &Lazy, value: Arg, wrap: bool) -> Out<Lazy> {
    Ok(Lazy(x.0.fill_diagonal(value, wrap)?))
}

/// The sum along the diagonal of two axes.
#[pyfunction]
fn trace(x: &Lazy, offset: isize, axis1: isize, axis2: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.trace(offset, axis1, axis2)?))
}

/// The sizes of automatic chunks that aim at some bytes.
#[pyfunction]
fn automatic_chunks(shape: Vec<usize>, dtype: Type, n_bytes: usize) -> Out<Vec<Vec<usize>>> {
    let grid = tilework::Chunks::AutoBytes(n_bytes).grid(&shape, dtype.0, None)?;
    Ok(grid.axes().iter().map(|a| a.sizes().collect()).collect())
}

/// A number of bytes as text: `2GiB`, `500MB`.
#[pyfunction]
fn parse_bytes(text: &str) -> Out<u64> {
    Ok(tilework::parse_bytes(text)?)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(full, m)?)?;
    m.add_function(wrap_pyfunction!(arange, m)?)?;
    m.add_function(wrap_pyfunction!(linspace, m)?)?;
    m.add_function(wrap_pyfunction!(eye, m)?)?;
    m.add_function(wrap_pyfunction!(tri, m)?)?;
    m.add_function(wrap_pyfunction!(indices, m)?)?;
    m.add_function(wrap_pyfunction!(full_like, m)?)?;
    m.add_function(wrap_pyfunction!(tril, m)?)?;
    m.add_function(wrap_pyfunction!(triu, m)?)?;
    m.add_function(wrap_pyfunction!(diag, m)?)?;
    m.add_function(wrap_pyfunction!(diagflat, m)?)?;
    m.add_function(wrap_pyfunction!(diagonal, m)?)?;
    m.add_function(wrap_pyfunction!(fill_diagonal, m)?)?;
    m.add_function(wrap_pyfunction!(trace, m)?)?;
    m.add_function(wrap_pyfunction!(automatic_chunks, m)?)?;
    m.add_function(wrap_pyfunction!(parse_bytes, m)?)
}
