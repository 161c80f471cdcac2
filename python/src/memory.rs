//! NumPy's arrays as the engine's tensors and back, without a copy where the layout allows it.
//!
//! An array that comes in is viewed where it lies and kept alive by its owner's reference; who changes it before the plan has run sees the
//! change. A tensor that goes out as a block is a read-only view that keeps the tensor.

use crate::argument::Cut;
use crate::error::{Fail, Out};
use crate::lazy::Lazy;
use ndarray::ArrayViewD;
use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Bound, Py, PyAny, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::{pyclass, pyfunction};
use std::sync::Arc;
use tilework::array::DynArray;
use tilework::base::Region;
use tilework::chunk::{Buffer, Tensor};
use tilework::expr::{Kind, build, node::SourceNode};
use tilework::format::memory::MemorySource;
use tilework::{DType, for_dtype};

/// The bytes of an array of NumPy's, and what keeps them.
struct Held {
    begin: *const u8,
    len: usize,
    _owner: Py<PyAny>,
}

// SAFETY: the bytes are only read, and the owner's reference may be dropped on any thread.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the owner keeps these bytes, which are those of its elements.
        unsafe { std::slice::from_raw_parts(self.begin, self.len) }
    }
}

/// The dtype of an array of NumPy's, if the engine has it in this machine's byte order.
pub fn dtype(a: &Bound<'_, PyUntypedArray>) -> Out<DType> {
    use numpy::PyArrayDescrMethods;
    let d = a.dtype();
    let found = match (d.kind(), d.itemsize()) {
        (b'b', 1) => Some(DType::Bool),
        (b'i', 1) => Some(DType::I8),
        (b'i', 2) => Some(DType::I16),
        (b'i', 4) => Some(DType::I32),
        (b'i', 8) => Some(DType::I64),
        (b'u', 1) => Some(DType::U8),
        (b'u', 2) => Some(DType::U16),
        (b'u', 4) => Some(DType::U32),
        (b'u', 8) => Some(DType::U64),
        (b'f', 4) => Some(DType::F32),
        (b'f', 8) => Some(DType::F64),
        (b'c', 8) => Some(DType::C64),
        (b'c', 16) => Some(DType::C128),
        _ => None,
    };
    found
        .filter(|_| d.is_native_byteorder() != Some(false))
        .ok_or_else(|| Fail::Python(PyTypeError::new_err(format!("arrays of dtype {d} are not supported"))))
}

/// An array of NumPy's as a tensor over the same memory.
///
/// # Errors
/// A dtype that the engine lacks, or elements that do not lie at multiples of their size.
pub fn tensor(o: &Bound<'_, PyAny>) -> Out<Tensor> {
    let a = o.cast::<PyUntypedArray>()?;
    let dtype = dtype(a)?;
    let size = dtype.size() as isize;
    let shape = a.shape().to_vec();
    if shape.contains(&0) {
        return Ok(Tensor::splat(dtype, &shape, false.into()));
    }
    // SAFETY: reading a field of an array object that is alive.
    let data = unsafe { (*a.as_array_ptr()).data.cast::<u8>().cast_const() };
    if a.strides().iter().any(|s| s % size != 0) || data.align_offset(dtype.size()) != 0 {
        return Err(Fail::Python(PyTypeError::new_err("elements must lie at multiples of their size: copy the array first")));
    }
    let strides: Vec<isize> = a.strides().iter().map(|s| s / size).collect();
    let (mut low, mut high) = (0isize, 0isize);
    for (&n, &s) in shape.iter().zip(&strides) {
        let span = s * (n as isize - 1);
        if span < 0 { low += span } else { high += span }
    }
    // SAFETY: the lowest element of the array, which lies in the owner's memory.
    let begin = unsafe { data.offset(low * size) };
    let held = Held { begin, len: ((high - low + 1) * size) as usize, _owner: o.clone().unbind() };
    let buffer = Arc::new(Buffer::borrowed(Arc::new(held)));
    Ok(Tensor::with_layout(dtype, &shape, &strides, -low as usize, buffer)?)
}

/// An array of NumPy's as a lazy one, without a copy.
#[pyfunction]
fn from_numpy(a: &Bound<'_, PyAny>, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(DynArray::from_expr(build::source(Arc::new(MemorySource::new(tensor(a)?)), &chunks.0)?)?))
}

/// Whether an array is one in memory, or parts of such in another order or shape.
#[pyfunction]
fn in_memory(x: &Lazy) -> bool {
    let mut rest = vec![x.0.expr()];
    let mut n_left = 100;
    while let Some(e) = rest.pop() {
        n_left -= 1;
        match e.kind() {
            Kind::Source(SourceNode::Array { source, .. }) if source.in_memory() => {}
            Kind::Select(_) | Kind::Rechunk if n_left > 0 => rest.extend(e.inputs()),
            _ => return false,
        }
    }
    true
}

/// The elements of an array that is in memory, where they lie; None for a part of one, or any other.
#[pyfunction]
fn elements<'py>(py: Python<'py>, x: &Lazy) -> Out<Option<Bound<'py, PyAny>>> {
    let Kind::Source(SourceNode::Array { source, origin }) = x.0.expr().kind() else { return Ok(None) };
    if !source.in_memory() {
        return Ok(None);
    }
    let (_, grid) = x.0.expr().array()?;
    Ok(Some(block(py, &source.read(&Region::whole(&grid.shape()).shifted(origin))?)?))
}

/// What keeps a block's memory while Python has it.
#[pyclass(frozen, module = "tilework._tilework")]
struct Block(#[allow(dead_code, reason = "kept only to keep the memory alive")] Tensor);

/// A tensor as a read-only array of NumPy's over the same memory.
pub fn block<'py>(py: Python<'py>, t: &Tensor) -> Out<Bound<'py, PyAny>> {
    let owner = Bound::new(py, Block(t.clone()))?.into_any();
    for_dtype!(t.dtype(), T => {
        let view: ArrayViewD<'_, T> = t.view::<T>()?;
        // SAFETY: the owner keeps the tensor, whose memory never moves and is never written.
        let a = unsafe { PyArrayDyn::<T>::borrow_from_array(&view, owner) };
        Ok(a.readwrite().make_nonwriteable().as_any().clone())
    })
}

/// A tensor as an array of NumPy's own.
pub fn copied<'py>(py: Python<'py>, t: &Tensor) -> Out<Bound<'py, PyAny>> {
    for_dtype!(t.dtype(), T => Ok(PyArrayDyn::<T>::from_owned_array(py, t.to_ndarray::<T>()?).into_any()))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Block>()?;
    m.add_function(wrap_pyfunction!(in_memory, m)?)?;
    m.add_function(wrap_pyfunction!(elements, m)?)?;
    m.add_function(wrap_pyfunction!(from_numpy, m)?)
}
