//! Settings, and the ways to run: always without the interpreter's lock, on a thread of its own, so that Ctrl-C is answered at once.

use crate::error::{Fail, Out, value};
use crate::lazy::Lazy;
use crate::memory;
use numpy::{PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::{Bound, PyAny, Python};
use pyo3::{PyErr, pyclass, pymethods};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use tilework::array::DynArray;
use tilework::base::Element;
use tilework::expr::Expr;
use tilework::session::Place;
use tilework::{Config, Error, Result, for_dtype};

/// How long a run goes on before the interpreter is asked for signals.
const LOOK_AROUND: Duration = Duration::from_millis(50);

/// Settings of runs.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Session {
    config: Config,
}

#[pymethods]
impl Session {
    /// None is the default of a setting: half of the memory, all cores, the system's temporary folder, no limit.
    #[new]
    #[pyo3(signature = (memory_bytes=None, n_threads=None, spill_dir=None, spill_limit_bytes=None, optimize=true))]
    fn new(
        memory_bytes: Option<u64>,
        n_threads: Option<usize>,
        spill_dir: Option<PathBuf>,
        spill_limit_bytes: Option<u64>,
        optimize: bool,
    ) -> Session {
        let own = Config::default();
        let config = Config {
            budget_bytes: memory_bytes.unwrap_or(own.budget_bytes),
            n_threads: n_threads.unwrap_or(own.n_threads),
            spill_dir: spill_dir.unwrap_or(own.spill_dir),
            spill_limit_bytes: spill_limit_bytes.unwrap_or(own.spill_limit_bytes),
            optimize,
        };
        Session { config }
    }

    /// The memory budget in bytes.
    #[getter]
    fn memory_bytes(&self) -> u64 {
        self.config.budget_bytes
    }

    /// Compute threads.
    #[getter]
    fn n_threads(&self) -> usize {
        self.config.n_threads
    }

    /// The arrays in memory, in one run.
    fn compute<'py>(&self, py: Python<'py>, xs: Vec<Lazy>) -> Out<Vec<Bound<'py, PyAny>>> {
        let known = |x: &Lazy| x.grid().1.unknown_axis().is_none();
        if !xs.iter().all(known) {
            let exprs: Vec<Expr> = xs.iter().map(|x| x.0.expr().clone()).collect();
            let tensors = self.run(py, move |s| s.compute_all(&exprs))?;
            return tensors.iter().map(|t| memory::copied(py, t)).collect();
        }
        // Results lie in NumPy's own memory from the start.
        let outs = xs.iter().map(|x| Ok(for_dtype!(x.0.dtype(), T => PyArrayDyn::<T>::zeros(py, x.0.shape(), false).into_any())));
        let outs: Vec<Bound<'py, PyAny>> = outs.collect::<Out<_>>()?;
        self.compute_to(py, &xs, &outs)?;
        Ok(outs)
    }

    /// The arrays into arrays of NumPy's in C order, of their dtypes and shapes, in one run.
    fn compute_into(&self, py: Python<'_>, xs: Vec<Lazy>, outs: Vec<Bound<'_, PyAny>>) -> Out<()> {
        self.compute_to(py, &xs, &outs)
    }

    /// What a run of these arrays would do, in words.
    fn explain(&self, xs: Vec<Lazy>) -> Out<String> {
        let roots: Vec<Expr> = xs.iter().map(|x| x.0.expr().clone()).collect();
        Ok(tilework::Session::new(self.config.clone()).explain(&roots)?.to_string())
    }

    /// The array computed now and kept in memory chunk by chunk.
    fn persist(&self, py: Python<'_>, x: &Lazy) -> Out<Lazy> {
        let x = x.0.expr().clone();
        let kept = self.run(py, move |s| s.persist(&x))?;
        Ok(Lazy(DynArray::from_expr(kept)?))
    }
}

/// An array of NumPy's whose memory a run fills.
trait Lent {
    fn place(&mut self) -> Out<Place<'_>>;
}

impl<T: Element + numpy::Element> Lent for PyReadwriteArrayDyn<'_, T> {
    fn place(&mut self) -> Out<Place<'_>> {
        let shape = self.shape().to_vec();
        if !self.is_c_contiguous() {
            return Err(value("results are computed into arrays whose elements lie in C order"));
        }
        let elements = self.as_slice_mut().map_err(|e| value(e.to_string()))?;
        Ok(Place::new(elements, &shape))
    }
}

impl Session {
    fn compute_to(&self, py: Python<'_>, xs: &[Lazy], outs: &[Bound<'_, PyAny>]) -> Out<()> {
        let mut held: Vec<Box<dyn Lent + '_>> = Vec::new();
        for (x, o) in xs.iter().zip(outs) {
            held.push(for_dtype!(x.0.dtype(), T => {
                Box::new(o.cast::<PyArrayDyn<T>>()?.try_readwrite().map_err(|e| value(e.to_string()))?)
            }));
        }
        let mut places = Vec::new();
        for (x, h) in xs.iter().zip(&mut held) {
            places.push((x.0.expr().clone(), h.place()?));
        }
        self.run(py, move |s| s.compute_all_into(&mut places))
    }

    /// Runs `f` on a thread of its own while this one answers signals.
    fn run<T: Send>(&self, py: Python<'_>, f: impl FnOnce(&tilework::Session) -> Result<T> + Send) -> Out<T> {
        let session = tilework::Session::new(self.config.clone());
        let cancel = session.cancel_token().clone();
        py.detach(|| {
            std::thread::scope(|scope| {
                let (tell, told) = channel();
                scope.spawn(move || tell.send(catch_unwind(AssertUnwindSafe(|| f(&session)))));
                let mut signal: Option<PyErr> = None;
                loop {
                    match told.recv_timeout(LOOK_AROUND) {
                        Ok(result) => {
                            let result = result.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
                            return signal.map_or_else(|| result.map_err(Fail::from), |s| Err(s.into()));
                        }
                        Err(RecvTimeoutError::Disconnected) => return Err(Error::bug("a run ended without a result").into()),
                        Err(RecvTimeoutError::Timeout) => {
                            if let (None, Err(e)) = (&signal, Python::attach(|py| py.check_signals())) {
                                cancel.cancel();
                                signal = Some(e);
                            }
                        }
                    }
                }
            })
        })
    }
}

/// A panic is a bug, and is told as one.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let words = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
    Error::bug(words.unwrap_or_else(|| "a panic".into()))
}
