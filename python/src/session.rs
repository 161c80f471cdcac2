//! Settings, and the ways to run: always without the interpreter's lock, on a thread of its own, so that Ctrl-C is answered at once.
//!
//! The thread that runs owns all that the run needs. An interrupt asks the run to stop and waits for it a little; a run that is held up in a
//! task (a function of the user's that sleeps, say) is left behind, and ends after that task.

use crate::error::{Fail, Out, value};
use crate::lazy::Lazy;
use crate::memory;
use crate::running;
use crate::watch::{Recorder, Watched};
use numpy::{PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyRef, PyResult, Python};
use pyo3::{PyErr, pyclass, pymethods};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tilework::array::DynArray;
use tilework::base::Element;
use tilework::exec::CancelToken;
use tilework::expr::Expr;
use tilework::session::Place;
use tilework::{Config, Error, ErrorKind, Result, for_dtype, format_bytes};

/// How long a run goes on before the interpreter is asked for signals and progress is shown.
const LOOK_AROUND: Duration = Duration::from_millis(50);
/// How long an interrupted run is waited for.
const FAREWELL: Duration = Duration::from_millis(100);

/// Settings of runs, and who watches them.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Session {
    config: Config,
    recorders: Vec<Arc<tilework::dashboard::Recorder>>,
    progress: Option<Py<PyAny>>,
}

#[pymethods]
impl Session {
    /// None is the default of a setting: half of the memory, all cores, the system's temporary folder, no limit. `progress` is called at the
    /// begin of a run and gives who is told of it, or None.
    #[new]
    #[pyo3(signature = (memory_bytes=None, n_threads=None, spill_dir=None, spill_limit_bytes=None, optimize=true, recorders=vec![], progress=None))]
    fn new(
        memory_bytes: Option<u64>,
        n_threads: Option<usize>,
        spill_dir: Option<PathBuf>,
        spill_limit_bytes: Option<u64>,
        optimize: bool,
        recorders: Vec<PyRef<'_, Recorder>>,
        progress: Option<Py<PyAny>>,
    ) -> Session {
        // What the process may use is found out once: that reads a dozen files.
        static DEFAULT: LazyLock<Config> = LazyLock::new(Config::default);
        let own = DEFAULT.clone();
        let config = Config {
            budget_bytes: memory_bytes.unwrap_or(own.budget_bytes),
            n_threads: n_threads.unwrap_or(own.n_threads),
            spill_dir: spill_dir.unwrap_or(own.spill_dir),
            spill_limit_bytes: spill_limit_bytes.unwrap_or(own.spill_limit_bytes),
            optimize,
        };
        Session { config, recorders: recorders.iter().map(|r| r.0.clone()).collect(), progress }
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

    /// Folder for spill files.
    #[getter]
    fn spill_dir(&self) -> String {
        self.config.spill_dir.display().to_string()
    }

    /// The arrays in memory, in one run.
    fn compute<'py>(&self, py: Python<'py>, xs: Vec<Lazy>) -> Out<Vec<Bound<'py, PyAny>>> {
        let unknown = |x: &Lazy| Ok(x.0.expr().array()?.1.unknown_axis().is_some());
        if xs.iter().map(unknown).collect::<Out<Vec<_>>>()?.contains(&true) {
            let exprs = exprs(&xs);
            let tensors = self.run(py, move |s| s.compute_all(&exprs))?;
            return tensors.iter().map(|t| memory::copied(py, t)).collect();
        }
        self.fits(&xs)?;
        // Results lie in NumPy's own memory from the start.
        let zeros = py.import("numpy")?.getattr("zeros")?;
        let outs = xs.iter().map(|x| zeros.call1((x.0.shape(), x.0.dtype().name())));
        let outs: Vec<Bound<'py, PyAny>> = outs.collect::<PyResult<_>>()?;
        self.compute_to(py, &xs, &outs)?;
        Ok(outs)
    }

    /// The arrays into arrays of NumPy's in C order, of their dtypes and shapes, in one run.
    fn compute_into(&self, py: Python<'_>, xs: Vec<Lazy>, outs: Vec<Bound<'_, PyAny>>) -> Out<()> {
        self.compute_to(py, &xs, &outs)
    }

    /// The array with the sizes that were unknown: a run counts elements and keeps nothing else.
    fn resolve(&self, py: Python<'_>, x: &Lazy) -> Out<Lazy> {
        let x = x.0.clone();
        Ok(Lazy(self.run(py, move |s| x.resolve(s))?))
    }

    /// The array computed now and kept in memory chunk by chunk.
    fn persist(&self, py: Python<'_>, x: &Lazy) -> Out<Lazy> {
        let x = x.0.expr().clone();
        let kept = self.run(py, move |s| s.persist(&x))?;
        Ok(Lazy(DynArray::from_expr(kept)?))
    }
}

/// The expressions of arrays.
pub fn exprs(xs: &[Lazy]) -> Vec<Expr> {
    xs.iter().map(|x| x.0.expr().clone()).collect()
}

/// The elements of an array of NumPy's, which a run fills.
struct Lent<T> {
    begin: *mut T,
    len: usize,
    shape: Vec<usize>,
    _owner: Py<PyAny>,
}

// SAFETY: the owner's reference keeps the elements, wherever it is dropped.
unsafe impl<T: Send> Send for Lent<T> {}

/// Memory that becomes a place for results on the thread that runs.
trait Lend: Send {
    fn place(&mut self) -> Place<'_>;
}

impl<T: Element> Lend for Lent<T> {
    fn place(&mut self) -> Place<'_> {
        // SAFETY: the owner keeps these elements of an array that may be written, which was lent for this run.
        Place::new(unsafe { std::slice::from_raw_parts_mut(self.begin, self.len) }, &self.shape)
    }
}

fn lent(x: &Lazy, out: &Bound<'_, PyAny>) -> Out<Box<dyn Lend>> {
    for_dtype!(x.0.dtype(), T => {
        let mut a = out.cast::<PyArrayDyn<T>>()?.try_readwrite().map_err(|e| value(e.to_string()))?;
        let shape = a.shape().to_vec();
        if !a.is_c_contiguous() {
            return Err(value("results are computed into arrays whose elements lie in C order"));
        }
        let elements = a.as_slice_mut().map_err(|e| value(e.to_string()))?;
        if elements.as_ptr().align_offset(align_of::<T>()) != 0 {
            return Err(value("results are computed into arrays whose elements lie at multiples of their size"));
        }
        Ok(Box::new(Lent { begin: elements.as_mut_ptr(), len: elements.len(), shape, _owner: out.clone().unbind() }))
    })
}

impl Session {
    /// Refuses results that are larger than the budget before there is memory for them.
    fn fits(&self, xs: &[Lazy]) -> Out<()> {
        let (bytes, budget) = (xs.iter().map(|x| x.0.n_bytes()).fold(0, u64::saturating_add), self.config.budget_bytes);
        if bytes <= budget {
            return Ok(());
        }
        let message = format!(
            "the result has {}, but the memory budget is {}: store it to a file (to_zarr, to_npy) instead of holding it, or raise the budget (memory=)",
            format_bytes(bytes),
            format_bytes(budget)
        );
        Err(Error::new(ErrorKind::Budget, message).into())
    }

    fn compute_to(&self, py: Python<'_>, xs: &[Lazy], outs: &[Bound<'_, PyAny>]) -> Out<()> {
        let mut lent = xs.iter().zip(outs).map(|(x, o)| lent(x, o)).collect::<Out<Vec<_>>>()?;
        let exprs = exprs(xs);
        self.run(py, move |s| {
            let mut places: Vec<_> = exprs.into_iter().zip(lent.iter_mut().map(|l| l.place())).collect();
            s.compute_all_into(&mut places)
        })
    }

    /// Runs `f` on a thread of its own while this one answers signals and shows progress.
    ///
    /// # Errors
    /// Those of `f`, a panic in it as a bug; the exception of a signal's handler; RuntimeError in a process that was forked while one ran.
    pub fn run<T: Send + 'static>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&tilework::Session) -> Result<T> + Send + 'static,
    ) -> Out<T> {
        self.watched_by(py, Watched::begin(py, self.recorders.clone(), self.progress.as_ref())?, f)
    }

    /// Does `f`, which runs nothing, as [`Session::run`] does: to plan takes a while too.
    ///
    /// # Errors
    /// As there.
    pub fn plan<T: Send + 'static>(
        &self,
        py: Python<'_>,
        f: impl FnOnce(&tilework::Session) -> Result<T> + Send + 'static,
    ) -> Out<T> {
        self.watched_by(py, Watched::default(), f)
    }

    fn watched_by<T: Send + 'static>(
        &self,
        py: Python<'_>,
        watched: Watched,
        f: impl FnOnce(&tilework::Session) -> Result<T> + Send + 'static,
    ) -> Out<T> {
        let running = running::begin()?;
        let session = tilework::Session::new(self.config.clone()).with_watcher(watched.watcher());
        let cancel = session.cancel_token().clone();
        let (tell, told) = sync_channel(1);
        let thread = std::thread::Builder::new().name("tilework-run".into()).spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| f(&session)));
            drop(running);
            // Nobody listens any more after an interrupt.
            let _ = tell.send(result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))));
        });
        thread.map_err(|e| Error::new(ErrorKind::Environment, format!("no thread could be started: {e}")))?;
        let result = py.detach(|| wait(told, &cancel, &watched));
        watched.end(py, &result)?;
        result
    }
}

/// The run's result, or the exception of a signal (or of who is shown the progress) that came before.
fn wait<T>(told: Receiver<Result<T>>, cancel: &CancelToken, watched: &Watched) -> Out<T> {
    loop {
        match told.recv_timeout(LOOK_AROUND) {
            Ok(result) => return result.map_err(Fail::from),
            Err(RecvTimeoutError::Disconnected) => return Err(Error::bug("a run ended without a result").into()),
            Err(RecvTimeoutError::Timeout) => {
                let looked: Result<(), PyErr> = Python::attach(|py| {
                    py.check_signals()?;
                    watched.show(py)
                });
                if let Err(e) = looked {
                    cancel.cancel();
                    Python::attach(running::interrupt);
                    let _ = told.recv_timeout(FAREWELL);
                    return Err(e.into());
                }
            }
        }
    }
}

/// A panic is a bug, and is told as one.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let words = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
    Error::bug(words.unwrap_or_else(|| "a panic".into()))
}
