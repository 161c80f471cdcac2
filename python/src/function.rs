//! The user's functions, written in Python, as tasks: on blocks that are read-only arrays of NumPy's over the chunks' own memory.
//!
//! Where blocks lie and what a function gives is worked out in Python and declared here; the engine checks every block. Threads take turns at
//! the interpreter's lock. What a function raises is kept, and comes back as it is.

use crate::argument::Type;
use crate::error::{Fail, Out, value};
use crate::lazy::Lazy;
use crate::memory;
use crate::pickle;
use crate::running;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{
    Borrowed, Bound, FromPyObject, Py, PyAny, PyAnyMethods, PyErr, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction,
};
use pyo3::pyfunction;
use pyo3::types::{PyList, PyTuple, PyTupleMethods, PyTypeMethods};
use std::sync::Arc;
use tilework::array::DynArray;
use tilework::base::{Axis, Grid, Region};
use tilework::chunk::{Chunk, Tensor};
use tilework::expr::call::{BlockInfo, CallOp};
use tilework::expr::function::Declared;
use tilework::expr::node::Boundary;
use tilework::expr::{AxisMap, Expr, IndexMap, build, unknown};
use tilework::op::block::{Unpack, shared};
use tilework::{DType, Error, ErrorKind, Result};

/// A function on blocks: called with the block's place and the blocks, it gives an array, or as many as are declared.
#[derive(Debug)]
struct PyCall {
    call: Py<PyAny>,
    label: String,
    key: u128,
    /// For each input, the axis of the node that each of its own lies along.
    layouts: Vec<Vec<usize>>,
    /// Number of blocks along each axis of the node.
    counts: Vec<usize>,
    /// Axes of length 1 at the end of the node that the function knows nothing of.
    n_extra: usize,
    /// Of one result, its dtype; of several, dtypes and lengths of their own axes: they are packed into bytes along the last axis.
    results: Vec<Declared>,
    /// Bytes needed beside inputs and result.
    scratch_bytes: u64,
}

/// The name of such functions in pickles.
pub const PYTHON: &str = "python";

/// What failed, as the engine has it: exceptions are kept to be raised again.
pub fn failure(f: Fail) -> Error {
    match f {
        Fail::Engine(e) => e,
        Fail::Python(e) => {
            let name = Python::attach(|py| e.get_type(py).name().map(|n| n.to_string()).unwrap_or_else(|_| "an exception".into()));
            Error::new(ErrorKind::Environment, format!("{name} was raised here")).with_source(e)
        }
    }
}

impl CallOp for PyCall {
    fn name(&self) -> Option<&'static str> {
        Some(PYTHON)
    }

    fn params(&self) -> Result<Vec<u8>> {
        let written = Python::attach(|py| -> Out<Vec<u8>> {
            let results: Vec<(&str, &[usize])> = self.results.iter().map(|d| (d.dtype.name(), d.core.as_slice())).collect();
            let places = (&self.layouts, &self.counts, self.n_extra, results, self.scratch_bytes);
            pickle::dumps(py, (self.call.clone_ref(py), &self.label, self.key, places))
        });
        written.map_err(|f| failure(f).at(self.label.clone()))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (None, input_bytes.iter().sum::<u64>().saturating_add(self.scratch_bytes))
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        if block.region.is_empty() {
            // Axes of length 0 that an input lacks cannot be taken from it.
            let dtype = if let [one] = &self.results[..] { one.dtype } else { DType::U8 };
            return Ok(Chunk::Tensor(Tensor::splat(dtype, &block.region.shape(), false.into())));
        }
        let own = inputs.iter().zip(&self.layouts).map(|(c, layout)| Ok(arranged(c.tensor()?, layout)));
        let own: Vec<Tensor> = own.collect::<Result<_>>()?;
        let results = Python::attach(|py| self.called(py, block.index, &own)).map_err(failure)?;
        drop(own);
        let result = match &self.results[..] {
            [_] => results.into_iter().next().ok_or_else(|| Error::bug("no result"))?,
            several => packed(&results, several, &block.region, self.n_extra)?,
        };
        Ok(Chunk::Tensor((0..self.n_extra).fold(result, |t, _| t.insert_axis(t.ndim(), 1))))
    }
}

impl PyCall {
    fn called(&self, py: Python<'_>, index: usize, blocks: &[Tensor]) -> Out<Vec<Tensor>> {
        let _interruptible = running::calling(py)?;
        let blocks = blocks.iter().map(|t| memory::block(py, t)).collect::<Out<Vec<_>>>()?;
        let coords = coords(index, &self.counts[..self.counts.len() - self.n_extra]);
        let out = self.call.bind(py).call1((PyTuple::new(py, coords)?, PyList::new(py, blocks)?))?;
        if self.results.len() == 1 {
            return Ok(vec![array(&out)?]);
        }
        let several = out.cast::<PyTuple>()?;
        if several.len() != self.results.len() {
            return Err(value(format!("the function gave {} results, but {} were declared", several.len(), self.results.len())));
        }
        several.iter().map(|r| array(&r)).collect()
    }
}

/// Place of block `i`.
fn coords(mut i: usize, counts: &[usize]) -> Vec<usize> {
    let mut out = vec![0; counts.len()];
    for (o, n) in out.iter_mut().zip(counts).rev() {
        *o = i % n;
        i /= n;
    }
    out
}

/// What a function gave as a tensor, without a copy where its layout allows it.
pub fn array(o: &Bound<'_, PyAny>) -> Out<Tensor> {
    memory::tensor(o).or_else(|_| memory::tensor(&o.call_method0("copy")?))
}

/// The block with its own axes in their own order.
fn arranged(t: &Tensor, layout: &[usize]) -> Tensor {
    let dropped = (0..t.ndim()).rev().filter(|a| !layout.contains(a));
    let kept: Vec<usize> = (0..t.ndim()).filter(|a| layout.contains(a)).collect();
    let t = dropped.fold(t.clone(), |t, a| t.index_axis(a, 0));
    let order: Vec<usize> = layout.iter().filter_map(|a| kept.iter().position(|k| k == a)).collect();
    t.permute(&order)
}

/// Several results as bytes along one last axis.
fn packed(results: &[Tensor], declared: &[Declared], region: &Region, n_extra: usize) -> Result<Tensor> {
    let shape = region.shape();
    let outer = &shape[..shape.len() - n_extra - 1];
    let total: usize = declared.iter().map(Declared::bytes).sum();
    let mut out = vec![0u8; outer.iter().product::<usize>() * total];
    let mut offset = 0;
    for (i, (t, d)) in results.iter().zip(declared).enumerate() {
        let want: Vec<usize> = outer.iter().chain(&d.core).copied().collect();
        if t.shape() != want || t.dtype() != d.dtype {
            let (have, should) = (format!("{} {:?}", t.dtype(), t.shape()), format!("{} {want:?}", d.dtype));
            return Err(Error::usage(format!("result {i} of the function is {have}, but {should} was declared for this block")));
        }
        let (t, size) = (t.contiguous(), d.bytes());
        if size > 0 {
            for (row, bytes) in out.chunks_mut(total).zip(t.as_bytes()?.chunks(size)) {
                row[offset..offset + size].copy_from_slice(bytes);
            }
        }
        offset += size;
    }
    Tensor::from_vec(&outer.iter().copied().chain([total]).collect::<Vec<_>>(), out)
}

/// The function that [`CallOp::params`] describes.
pub fn open(params: &[u8]) -> Result<Arc<dyn CallOp>> {
    type Places = (Vec<Vec<usize>>, Vec<usize>, usize, Vec<(Type, Vec<usize>)>, u64);
    let read = |py: Python<'_>| -> Out<PyCall> {
        let (call, label, key, places): (Py<PyAny>, String, u128, Places) = pickle::loads(py, params)?.extract()?;
        let (layouts, counts, n_extra, results, scratch_bytes) = places;
        let results = results.into_iter().map(|(t, core)| Declared { dtype: t.0, core }).collect();
        Ok(PyCall { call, label, key, layouts, counts, n_extra, results, scratch_bytes })
    };
    let call = Python::attach(read).map_err(failure)?;
    if call.counts.len() < call.n_extra || call.results.is_empty() {
        return Err(Error::corrupt("a function in a pickle is broken"));
    }
    Ok(Arc::new(call))
}

/// The cut of an axis of the result: a list of sizes; `(input, axis)`, as it is there; `(None, sizes)`, unknown sizes of at most so many.
enum Along {
    Sizes(Vec<usize>),
    Same(usize, usize),
    AtMost(Vec<usize>),
}

impl<'py> FromPyObject<'_, 'py> for Along {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Along> {
        let Ok(pair) = o.cast::<PyTuple>() else { return Ok(Along::Sizes(o.extract()?)) };
        if pair.len() != 2 {
            return Err(PyTypeError::new_err("an axis of a result is a list of sizes or a pair"));
        }
        let (first, second) = (pair.get_item(0)?, pair.get_item(1)?);
        if first.is_none() { Ok(Along::AtMost(second.extract()?)) } else { Ok(Along::Same(first.extract()?, second.extract()?)) }
    }
}

/// The arrays that a function gives of blocks of others: several where several results are declared.
///
/// `layouts` has, for each input, the axis of the result that each of its axes lies along; axes of one chunk that the result lacks lie
/// along one of `n_extra` more.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "one call, described once")]
fn call(
    f: Py<PyAny>,
    label: String,
    key: u128,
    inputs: Vec<Lazy>,
    layouts: Vec<Vec<usize>>,
    results: Vec<(Type, Vec<usize>)>,
    chunks: Vec<Along>,
    n_extra: usize,
) -> Out<Vec<Lazy>> {
    let axis = |(i, c): (usize, Along)| -> Out<Axis> {
        Ok(match c {
            Along::Sizes(s) => Axis::from_sizes(&s),
            Along::AtMost(s) => Axis::unknown(s, unknown::tag("function", &[key, i as u128])),
            Along::Same(x, a) => {
                let input = inputs.get(x).ok_or_else(|| value(format!("there is no input {x}")))?;
                input.0.expr().array()?.1.axes().get(a).cloned().ok_or_else(|| value(format!("input {x} has no axis {a}")))?
            }
        })
    };
    let mut axes: Vec<Axis> = chunks.into_iter().enumerate().map(axis).collect::<Out<_>>()?;
    let results: Vec<Declared> = results.into_iter().map(|(t, core)| Declared { dtype: t.0, core }).collect();
    let Some(first) = results.first() else { return Err(value("a function must give something")) };
    let n_outer = axes.len();
    let total: usize = results.iter().map(Declared::bytes).sum();
    let several = results.len() > 1;
    let dtype = if several { DType::U8 } else { first.dtype };
    axes.extend(several.then(|| Axis::whole(total)));
    axes.extend((0..n_extra).map(|_| Axis::whole(1)));
    let grid = Grid::new(axes);
    grid.n_elements()?;
    // Results before they are packed.
    let scratch_bytes = if several { grid.max_chunk_elements() as u64 } else { 0 };
    let place = |a: &usize| if *a < n_outer { *a } else { a + usize::from(several) };
    let layouts: Vec<Vec<usize>> = layouts.iter().map(|l| l.iter().map(place).collect()).collect();
    let maps = layouts.iter().map(|l| IndexMap(l.iter().map(|&a| AxisMap::Out(a)).collect())).collect();
    let counts = grid.counts().to_vec();
    let exprs = inputs.iter().map(|x| x.0.expr().clone()).collect();
    let op = Arc::new(PyCall { call: f, label, key, layouts, counts, n_extra, results: results.clone(), scratch_bytes });
    let made = without_last(&build::call_mapped(op, exprs, maps, dtype, grid)?, n_extra)?;
    if several { unpacked(&made, &results) } else { Ok(vec![Lazy(made)]) }
}

/// The results that lie in bytes along the last axis.
fn unpacked(packed: &DynArray, results: &[Declared]) -> Out<Vec<Lazy>> {
    let (_, grid) = packed.expr().array()?;
    let n_outer = grid.ndim() - 1;
    let mut offset = 0;
    let mut out = Vec::new();
    for d in results {
        let op = shared(Unpack { offset, dtype: d.dtype, n_outer })?;
        offset += d.bytes();
        let axes = grid.axes()[..n_outer].iter().cloned().chain(d.core.iter().map(|&n| Axis::whole(n)));
        let own = Grid::new(axes.chain([Axis::whole(1)]));
        let map = IndexMap((0..n_outer).chain([n_outer + d.core.len()]).map(AxisMap::Out).collect());
        let x = build::call_mapped(op, vec![packed.expr().clone()], vec![map], d.dtype, own)?;
        out.push(Lazy(without_last(&x, 1)?));
    }
    Ok(out)
}

/// The array without its last axes, all of length 1.
fn without_last(x: &Expr, n: usize) -> Out<DynArray> {
    if n == 0 {
        return Ok(DynArray::from_expr(x.clone())?);
    }
    let ndim = x.array()?.1.ndim();
    let at: Vec<Option<usize>> = (0..ndim).map(|a| (a >= ndim - n).then_some(0)).collect();
    Ok(DynArray::from_expr(build::index(x, &at)?)?)
}

/// Every chunk with elements of its neighbours along each axis (before, after); beyond the border lies what `boundary` says, or a value.
#[pyfunction]
fn halo(x: &Lazy, depth: Vec<(usize, usize)>, boundary: &Bound<'_, PyAny>) -> Out<Lazy> {
    let kind = match boundary.extract::<String>() {
        Err(_) => Boundary::Constant(boundary.extract::<crate::argument::Number>()?.0),
        Ok(name) => match name.as_str() {
            "none" => Boundary::None,
            "nearest" => Boundary::Nearest,
            "reflect" => Boundary::Reflect,
            "periodic" => Boundary::Periodic,
            _ => {
                return Err(value(format!(
                    "there is no boundary '{name}': use 'reflect', 'periodic', 'nearest', 'none' or a number"
                )));
            }
        },
    };
    Ok(Lazy(DynArray::from_expr(build::halo(x.0.expr(), &depth, kind)?)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(call, m)?)?;
    m.add_function(wrap_pyfunction!(halo, m)?)
}
