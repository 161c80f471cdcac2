//! Runs that are under way: what becomes of them in a process that is forked, and how an interrupt gets at what they call in Python.
//!
//! A fork copies the thread that forks and no other. While nothing runs that is all there is (each run has threads of its own, and no lock of
//! the engine's is held while Python's is), so that a child can go on as its parent could. While something runs, its threads may hold locks
//! that nobody will ever give back in the child: runs are refused there, at once.

use crate::error::{Fail, Out};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::sync::PyOnceLock;
use pyo3::{ffi, pyfunction};
use std::ffi::c_ulong;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs that have begun and not ended.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// Whether this process is the child of one that was computing.
static TORN: AtomicBool = AtomicBool::new(false);
/// Threads of runs that are in a function written in Python; used with the interpreter's lock held only.
static CALLING: Mutex<Vec<c_ulong>> = Mutex::new(Vec::new());

/// A run, until it is dropped.
pub struct Running(());

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The begin of a run.
///
/// # Errors
/// RuntimeError in a process in which nothing can run.
pub fn begin() -> Out<Running> {
    if TORN.load(Ordering::Acquire) {
        return Err(Fail::Python(PyRuntimeError::new_err(
            "this process was forked while its parent was computing, so nothing can be computed in it: fork before, or start processes with the \
             start method 'spawn' or 'forkserver'",
        )));
    }
    RUNNING.fetch_add(1, Ordering::AcqRel);
    Ok(Running(()))
}

/// Called in a child after a fork.
#[pyfunction]
fn forked() {
    CALLING.lock().unwrap_or_else(PoisonError::into_inner).clear();
    if RUNNING.swap(0, Ordering::AcqRel) > 0 {
        TORN.store(true, Ordering::Release);
    }
}

/// A call of a function written in Python, until it is dropped.
pub struct Calling<'py>(#[allow(dead_code, reason = "says that the interpreter's lock is held")] Python<'py>, c_ulong);

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let mut all = CALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(i) = all.iter().position(|&id| id == self.1) {
            all.swap_remove(i);
        }
    }
}

/// Says that this thread, of a run, calls a function written in Python, so that [`interrupt`] finds it.
pub fn calling(py: Python<'_>) -> PyResult<Calling<'_>> {
    static NUMBER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let id = NUMBER.import(py, "_thread", "get_ident")?.call0()?.extract()?;
    CALLING.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    Ok(Calling(py, id))
}

/// Raises KeyboardInterrupt in the functions that the only run calls; of several runs nobody knows whose a function is, and they end by themselves.
pub fn interrupt(_: Python<'_>) {
    if RUNNING.load(Ordering::Acquire) == 1 {
        for &id in CALLING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // SAFETY: the interpreter's lock is held, and a thread that is gone is none to it.
            unsafe { ffi::PyThreadState_SetAsyncExc(id as _, ffi::PyExc_KeyboardInterrupt) };
        }
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(forked, m)?)
}
