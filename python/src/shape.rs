//! Arrays in other shapes and orders, and put together.

use crate::argument::{Cut, Number};
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::{self, DynArray, PadMode};
use tilework::base::{Axis, Grid};
use tilework::expr::build;

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

/// The array repeated along an axis, each element `n` times in a row.
#[pyfunction]
fn repeat(x: &Lazy, n: usize, axis: isize) -> Out<Lazy> {
    Ok(Lazy(x.0.repeat(n, Some(axis))?))
}

/// The array set side by side with itself.
#[pyfunction]
fn tile(x: &Lazy, repeats: Vec<usize>) -> Out<Lazy> {
    Ok(Lazy(x.0.tile(&repeats)?))
}

/// The array with elements put around it, by NumPy's name of the mode; the value is that of `constant` and `linear_ramp`.
#[pyfunction]
fn pad(x: &Lazy, widths: Vec<(usize, usize)>, mode: &str, fill: Number) -> Out<Lazy> {
    let mode = match mode {
        "constant" => PadMode::Constant(fill.0),
        "edge" => PadMode::Edge,
        "reflect" => PadMode::Reflect,
        "symmetric" => PadMode::Symmetric,
        "wrap" => PadMode::Wrap,
        "linear_ramp" => PadMode::LinearRamp(fill.0),
        "maximum" => PadMode::Maximum,
        "minimum" => PadMode::Minimum,
        "mean" => PadMode::Mean,
        "empty" => PadMode::Empty,
        _ => return Err(value(format!("there is no mode {mode:?} of padding"))),
    };
    Ok(Lazy(x.0.pad(&widths, mode)?))
}

/// Another shape that every chunk takes for itself.
#[pyfunction]
fn reshape_blockwise(x: &Lazy, shape: Vec<usize>, chunks: Option<Cut>) -> Out<Lazy> {
    Ok(Lazy(x.0.reshape_blockwise(&shape, chunks.map(|c| c.0))?))
}

/// The same elements in other chunks along the axes of known size; None leaves one as it is.
#[pyfunction]
fn rechunk_known(x: &Lazy, chunks: Vec<Option<Vec<usize>>>) -> Out<Lazy> {
    let (_, grid) = x.0.expr().array()?;
    let axes = grid.axes().iter().zip(&chunks).map(|(own, c)| c.as_ref().map_or_else(|| own.clone(), |c| Axis::from_sizes(c)));
    Ok(Lazy(DynArray::from_expr(build::rechunk(x.0.expr(), Grid::new(axes))?)?))
}

/// All windows of a form within the array, along new last axes.
#[pyfunction]
fn windows(x: &Lazy, form: Vec<usize>, axes: Vec<isize>) -> Out<Lazy> {
    Ok(Lazy(x.0.sliding_window_view(form, Some(&axes))?.array()?))
}

/// A reduction of every window of a form within the array, made without the array of windows.
#[pyfunction]
fn reduce_windows(op: &str, x: &Lazy, form: Vec<usize>, axes: Vec<isize>, ddof: f64) -> Out<Lazy> {
    let w = x.0.sliding_window_view(form, Some(&axes))?;
    Ok(Lazy(match op {
        "sum" => w.sum()?,
        "mean" => w.mean()?,
        "min" => w.min()?,
        "max" => w.max()?,
        "all" => w.all()?,
        "any" => w.any()?,
        "var" => w.var(ddof)?,
        "std" => w.std(ddof)?,
        _ => return Err(value(format!("windows have no reduction {op}"))),
    }))
}

/// Arrays repeated to their common shape and cut alike.
#[pyfunction]
fn broadcast_arrays(xs: Vec<Lazy>) -> Out<Vec<Lazy>> {
    Ok(array::broadcast_arrays(&arrays(xs))?.into_iter().map(Lazy).collect())
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
    m.add_function(wrap_pyfunction!(repeat, m)?)?;
    m.add_function(wrap_pyfunction!(tile, m)?)?;
    m.add_function(wrap_pyfunction!(pad, m)?)?;
    m.add_function(wrap_pyfunction!(reshape_blockwise, m)?)?;
    m.add_function(wrap_pyfunction!(rechunk_known, m)?)?;
    m.add_function(wrap_pyfunction!(windows, m)?)?;
    m.add_function(wrap_pyfunction!(reduce_windows, m)?)?;
    m.add_function(wrap_pyfunction!(broadcast_arrays, m)?)?;
    m.add_function(wrap_pyfunction!(unify_chunks, m)?)
}
