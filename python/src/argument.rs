//! Python's values as the engine's arguments: numbers, dtypes, chunks, indices.

use crate::error::{self, Fail, Out};
use crate::lazy::Lazy;
use crate::memory;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::{Borrowed, Bound, FromPyObject, PyAny, PyAnyMethods, PyErr, PyResult};
use pyo3::types::{
    PyBool, PyComplex, PyComplexMethods, PyEllipsis, PyFloat, PyInt, PySlice, PyTuple, PyTupleMethods, PyTypeMethods,
};
use tilework::array::{Argument, DynArray, Index};
use tilework::expr::build::Operand;
use tilework::{Chunks, DType, Scalar};

/// A Python number as the engine's: bool, int (of up to 64 bits), float or complex.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub Scalar);

impl<'py> FromPyObject<'_, 'py> for Number {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Number> {
        if o.is_instance_of::<PyBool>() {
            return Ok(Number(Scalar::Bool(o.extract()?)));
        }
        if o.is_instance_of::<PyInt>() {
            let wide = o.extract::<i64>().map(Scalar::I64).or_else(|_| o.extract::<u64>().map(Scalar::U64));
            return wide.map(Number).map_err(|_| PyOverflowError::new_err("a Python integer does not fit 64 bits"));
        }
        if o.is_instance_of::<PyFloat>() {
            return Ok(Number(Scalar::F64(o.extract()?)));
        }
        if let Ok(c) = o.cast::<PyComplex>() {
            return Ok(Number(Scalar::C128(c.real(), c.imag())));
        }
        Err(PyTypeError::new_err(format!("{} is no number", o.get_type().name()?)))
    }
}

/// An array or a number beside one.
#[derive(Clone, Debug)]
pub enum Arg {
    Array(DynArray),
    Number(Scalar),
}

impl<'py> FromPyObject<'_, 'py> for Arg {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Arg> {
        match o.cast::<Lazy>() {
            Ok(x) => Ok(Arg::Array(x.get().0.clone())),
            Err(_) => Ok(Arg::Number(o.extract::<Number>()?.0)),
        }
    }
}

impl Argument for Arg {
    fn operand(self) -> Operand {
        match self {
            Arg::Array(a) => a.operand(),
            Arg::Number(s) => s.operand(),
        }
    }
}

/// A dtype by NumPy's name.
#[derive(Clone, Copy, Debug)]
pub struct Type(pub DType);

impl<'py> FromPyObject<'_, 'py> for Type {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Type> {
        let name: String = o.extract()?;
        DType::parse(&name).map(Type).map_err(|e| PyTypeError::new_err(e.to_string()))
    }
}

/// How an array is cut: an int is the bytes that automatic chunks aim at, None is one chunk, a tuple of tuples has all sizes.
#[derive(Clone, Debug)]
pub struct Cut(pub Chunks);

impl<'py> FromPyObject<'_, 'py> for Cut {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Cut> {
        if o.is_none() {
            return Ok(Cut(Chunks::Whole));
        }
        if o.is_instance_of::<PyInt>() {
            return Ok(Cut(Chunks::AutoBytes(o.extract()?)));
        }
        if let Ok(sizes) = o.extract::<Vec<usize>>() {
            return Ok(Cut(Chunks::Sizes(sizes)));
        }
        Ok(Cut(Chunks::Exact(o.extract()?)))
    }
}

/// One part of an index.
pub struct Part(pub Index);

impl<'py> FromPyObject<'_, 'py> for Part {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Part> {
        Ok(Part(part(&o).map_err(PyErr::from)?))
    }
}

/// What stands between the brackets of an index.
pub struct Parts(pub Vec<Index>);

impl<'py> FromPyObject<'_, 'py> for Parts {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Parts> {
        let parts = o.cast::<PyTuple>()?;
        let parts = parts.iter().map(|p| part(&p).map_err(PyErr::from)).collect::<PyResult<Vec<_>>>()?;
        Ok(Parts(parts))
    }
}

fn part(o: &Bound<'_, PyAny>) -> Out<Index> {
    if o.is_none() {
        return Ok(Index::NewAxis);
    }
    if o.is_instance_of::<PyEllipsis>() {
        return Ok(Index::Ellipsis);
    }
    if let Ok(s) = o.cast::<PySlice>() {
        let bound = |name: &str| -> PyResult<Option<isize>> { clipped(&s.getattr(name)?) };
        let step = bound("step")?;
        if step == Some(0) {
            return Err(error::value("slice step cannot be zero"));
        }
        return Ok(Index::Slice(bound("start")?, bound("stop")?, step));
    }
    if o.is_instance_of::<PyInt>() && !o.is_instance_of::<PyBool>() {
        let i = o.extract::<isize>().map_err(|_| error::index(format!("index {o} is out of bounds")))?;
        return Ok(Index::At(i));
    }
    if let Ok(x) = o.cast::<Lazy>() {
        return Ok(Index::Lazy(x.get().0.clone()));
    }
    let t = memory::tensor(o)?;
    if t.dtype() == DType::Bool {
        return Ok(Index::Mask(t.to_ndarray()?));
    }
    let wide = t.to_ndarray::<i64>().map_err(|_| Fail::Python(PyTypeError::new_err("positions must be int64")))?;
    Ok(Index::Array(wide.mapv(|i| i as isize)))
}

/// A bound of a slice: beyond what can be addressed it is as good as the end.
fn clipped(o: &Bound<'_, PyAny>) -> PyResult<Option<isize>> {
    if o.is_none() {
        return Ok(None);
    }
    match o.extract::<isize>() {
        Ok(i) => Ok(Some(i)),
        Err(e) if e.is_instance_of::<PyOverflowError>(o.py()) => Ok(Some(if o.lt(0)? { isize::MIN / 2 } else { isize::MAX / 2 })),
        Err(_) => Err(PyTypeError::new_err("slice indices must be integers or None or have an __index__ method")),
    }
}
