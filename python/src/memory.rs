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
use tilework::base::{Grid, Region};
use tilework::chunk::{Buffer, Tensor};
use tilework::expr::{Source, build};
use tilework::format::memory::MemorySource;
use tilework::{DType, Result, for_dtype};

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

/// An array of NumPy's as a source, which goes into pickles whole.
#[derive(Debug)]
struct NumpySource {
    inner: MemorySource,
    tensor: Tensor,
}

impl Source for NumpySource {
    fn name(&self) -> &'static str {
        NUMPY
    }
    fn params(&self) -> Result<Vec<u8>> {
        let t = self.tensor.contiguous();
        let mut out = vec![t.dtype() as u8, t.ndim() as u8];
        t.shape().iter().for_each(|&n| out.extend((n as u64).to_le_bytes()));
        out.extend(t.as_bytes()?);
        Ok(out)
    }
    fn key(&self) -> u128 {
        self.inner.key()
    }
    fn label(&self) -> String {
        self.inner.label()
    }
    fn dtype(&self) -> DType {
        self.inner.dtype()
    }
    fn storage_grid(&self) -> Grid {
        self.inner.storage_grid()
    }
    fn read(&self, region: &Region) -> Result<Tensor> {
        self.inner.read(region)
    }
    fn result_bytes(&self, region: &Region) -> u64 {
        self.inner.result_bytes(region)
    }
    fn scratch_bytes(&self, region: &Region) -> u64 {
        self.inner.scratch_bytes(region)
    }
    fn stored_bytes(&self, region: &Region) -> u64 {
        self.inner.stored_bytes(region)
    }
    fn cost_ns(&self, region: &Region) -> u64 {
        self.inner.cost_ns(region)
    }
}

/// The name of such sources in pickles.
pub const NUMPY: &str = "numpy";

fn numpy_source(tensor: Tensor) -> Arc<dyn Source> {
    Arc::new(NumpySource { inner: MemorySource::new(tensor.clone()), tensor })
}

/// The source that [`Source::params`] describes.
pub fn open_numpy(params: &[u8]) -> Result<Arc<dyn Source>> {
    let broken = || tilework::Error::new(tilework::ErrorKind::Corrupt, "the elements of an array in a pickle are broken");
    let (&[dtype, ndim], rest) = params.split_first_chunk::<2>().ok_or_else(broken)?;
    let dtype = *DType::ALL.get(dtype as usize).ok_or_else(broken)?;
    let (shape, bytes) = rest.split_at_checked(8 * ndim as usize).ok_or_else(broken)?;
    let shape: Vec<usize> = shape.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b) as usize).collect();
    let need = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d));
    if need != Some(bytes.len()) {
        return Err(broken());
    }
    Ok(numpy_source(Tensor::new(dtype, &shape, Buffer::copied(bytes))?))
}

/// An array of NumPy's as a lazy one, without a copy.
#[pyfunction]
fn from_numpy(a: &Bound<'_, PyAny>, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(DynArray::from_expr(build::source(numpy_source(tensor(a)?), &chunks.0)?)?))
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
    m.add_function(wrap_pyfunction!(from_numpy, m)?)
}
