//! The engine's errors as the exceptions that users of NumPy and Polars expect.

use pyo3::exceptions::{
    PyIndexError, PyKeyboardInterrupt, PyMemoryError, PyNotImplementedError, PyOSError, PyOverflowError, PyRuntimeError,
    PyTypeError, PyValueError,
};
use pyo3::prelude::{PyAnyMethods, PyResult};
use pyo3::{PyErr, Python};
use std::error::Error as _;
use tilework::{Error, ErrorKind};

/// What a call fails with: an error of the engine, or an exception that is on its way already.
#[derive(Debug)]
pub enum Fail {
    Engine(Error),
    Python(PyErr),
}

/// What functions of this module give.
pub type Out<T> = Result<T, Fail>;

impl From<Error> for Fail {
    fn from(e: Error) -> Fail {
        Fail::Engine(e)
    }
}

impl From<PyErr> for Fail {
    fn from(e: PyErr) -> Fail {
        Fail::Python(e)
    }
}

impl<'py> From<pyo3::CastError<'_, 'py>> for Fail {
    fn from(e: pyo3::CastError<'_, 'py>) -> Fail {
        Fail::Python(e.into())
    }
}

impl From<Fail> for PyErr {
    fn from(f: Fail) -> PyErr {
        match f {
            Fail::Python(e) => e,
            Fail::Engine(e) => exception(&e),
        }
    }
}

/// A value that is not what the call takes.
pub fn value(message: impl Into<String>) -> Fail {
    Fail::Engine(Error::usage(message))
}

/// The exception for an error: the user's own, with the place noted, where a function of theirs failed; else by the error's kind.
fn exception(e: &Error) -> PyErr {
    if let Some(own) = e.source().and_then(|s| s.downcast_ref::<PyErr>()) {
        return Python::attach(|py| {
            let own = own.clone_ref(py);
            // `add_note` is Python 3.11's; without it the exception is as it was.
            let _ = own.value(py).getattr("add_note").and_then(|note| note.call1((e.to_string(),)));
            own
        });
    }
    let message = e.to_string();
    if let Some(number) = e.os_error() {
        // Python makes FileNotFoundError and its like of the number.
        return PyOSError::new_err((number, message));
    }
    if message.starts_with("there is no column '") {
        return of_module("tilework.frame.exceptions", "ColumnNotFoundError", &message);
    }
    match e.kind() {
        ErrorKind::Usage => PyValueError::new_err(message),
        ErrorKind::DType => PyTypeError::new_err(message),
        ErrorKind::Index => PyIndexError::new_err(message),
        ErrorKind::Axis => of_module("numpy.exceptions", "AxisError", &message),
        ErrorKind::Matrix => of_module("numpy.linalg", "LinAlgError", &message),
        ErrorKind::Overflow => PyOverflowError::new_err(message),
        ErrorKind::Unsupported => PyNotImplementedError::new_err(message),
        ErrorKind::Budget => PyMemoryError::new_err(message),
        ErrorKind::Corrupt | ErrorKind::DiskFull | ErrorKind::Environment => PyOSError::new_err(message),
        ErrorKind::Cancelled => PyKeyboardInterrupt::new_err(message),
        ErrorKind::Bug => PyRuntimeError::new_err(format!("{message} (this is a bug of Tilework: please report it)")),
    }
}

/// An exception of a Python module's own.
fn of_module(module: &str, name: &str, message: &str) -> PyErr {
    let made = |py: Python<'_>| -> PyResult<PyErr> { Ok(PyErr::from_value(py.import(module)?.getattr(name)?.call1((message,))?)) };
    Python::attach(|py| made(py).unwrap_or_else(|e| e))
}

/// What is wrong with an index.
pub fn misplaced(e: Error) -> Fail {
    if e.kind().is_usage() { index(e.to_string()) } else { e.into() }
}

/// A position that is out of bounds.
pub fn index(message: impl Into<String>) -> Fail {
    Fail::Python(PyIndexError::new_err(message.into()))
}
