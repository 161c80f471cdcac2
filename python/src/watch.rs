//! Who watches runs from Python: bars, which are shown how far a run is, and recorders, which write reports of it.
//!
//! Threads that run tasks only count, under a short lock; Python is called from the thread that waits for the run.

use crate::error::{Fail, Out};
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python};
use pyo3::types::{PyDict, PyDictMethods};
use pyo3::{pyclass, pymethods};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tilework::Error;
use tilework::base::event::{Event, Watch, Watcher};
use tilework::dashboard::{Watchers, check_report_path, check_trace_path};

/// A recorder of runs, which writes reports and traces.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Recorder(pub Arc<tilework::dashboard::Recorder>);

#[pymethods]
impl Recorder {
    #[new]
    fn new() -> Recorder {
        Recorder(Arc::default())
    }

    /// Says something of the runs for people to read: a setting, a title.
    fn set(&self, name: &str, value: &str) {
        self.0.set(name, value);
    }

    /// One or two lines: time, tasks, bytes, memory.
    fn summary(&self) -> String {
        self.0.summary()
    }

    /// Writes the report as a page (.html) or data (.json).
    fn write_report(&self, path: PathBuf) -> Out<()> {
        Ok(self.0.write_report(&path)?)
    }

    /// Writes a trace for trace viewers.
    fn write_trace(&self, path: PathBuf) -> Out<()> {
        Ok(self.0.write_trace(&path)?)
    }

    /// Fails when a report cannot be written to a path.
    #[staticmethod]
    fn check_report(path: PathBuf) -> Out<()> {
        Ok(check_report_path(&path)?)
    }

    /// Fails when a trace cannot be written to a path.
    #[staticmethod]
    fn check_trace(path: PathBuf) -> Out<()> {
        Ok(check_trace_path(&path)?)
    }
}

/// How far a run is.
#[derive(Debug)]
struct Counted {
    begin: Instant,
    layers: Vec<Layer>,
    n_tasks: u64,
    n_done: u64,
    read_bytes: u64,
    written_bytes: u64,
    spilled_bytes: u64,
    used_bytes: u64,
    peak_bytes: u64,
    budget_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Layer {
    n_tasks: u64,
    n_done: u64,
    ns: u64,
}

/// Counts what a run tells of itself.
#[derive(Debug)]
struct Counter(Mutex<Counted>);

impl Watch for Counter {
    fn event(&self, event: &Event) {
        let mut c = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Planned { n_tasks, layer_tasks, budget_bytes, .. } => {
                c.n_tasks = *n_tasks as u64;
                c.budget_bytes = *budget_bytes;
                c.layers = layer_tasks.iter().map(|&n| Layer { n_tasks: n as u64, n_done: 0, ns: 0 }).collect();
            }
            Event::TasksDone(tasks) => {
                for t in tasks {
                    c.n_done += 1;
                    c.read_bytes += t.read_bytes;
                    c.written_bytes += t.written_bytes;
                    if let Some(l) = c.layers.get_mut(t.layer as usize) {
                        l.n_done += 1;
                        l.ns += t.end_ns.saturating_sub(t.start_ns);
                    }
                }
            }
            Event::Memory { used_bytes, peak_bytes, .. } => (c.used_bytes, c.peak_bytes) = (*used_bytes, *peak_bytes),
            Event::Spilled { bytes, .. } => c.spilled_bytes += bytes,
            Event::Dropped { .. } | Event::Finished { .. } => {}
        }
    }
}

impl Counted {
    /// Share of the work that is done: tasks weighted by how long those of their layer take, as far as is known by now.
    fn share(&self) -> f64 {
        let (n, ns) = self.layers.iter().fold((0, 0), |(n, ns), l| (n + l.n_done, ns + l.ns));
        let mean = |n: u64, ns: u64| ns as f64 / n.max(1) as f64 + 1.0; // a nanosecond, so that tasks without any time count too
        let (mut done, mut all) = (0.0, 0.0);
        for l in &self.layers {
            let each = if l.n_done == 0 { mean(n, ns) } else { mean(l.n_done, l.ns) };
            done += each * l.n_done.min(l.n_tasks) as f64;
            all += each * l.n_tasks as f64;
        }
        if all > 0.0 { done / all } else { 0.0 }
    }

    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let facts = PyDict::new(py);
        let counts = [
            ("n_tasks", self.n_tasks),
            ("n_done", self.n_done.min(self.n_tasks)),
            ("read_bytes", self.read_bytes),
            ("written_bytes", self.written_bytes),
            ("spilled_bytes", self.spilled_bytes),
            ("used_bytes", self.used_bytes),
            ("peak_bytes", self.peak_bytes),
            ("budget_bytes", self.budget_bytes),
        ];
        counts.into_iter().try_for_each(|(name, n)| facts.set_item(name, n))?;
        facts.set_item("share", self.share())?;
        facts.set_item("seconds", self.begin.elapsed().as_secs_f64())?;
        Ok(facts)
    }
}

/// Who watches one run.
#[derive(Default)]
pub struct Watched {
    recorders: Vec<Arc<tilework::dashboard::Recorder>>,
    bar: Option<(Py<PyAny>, Arc<Counter>)>,
}

impl Watched {
    /// `progress` is asked for a bar.
    pub fn begin(
        py: Python<'_>,
        recorders: Vec<Arc<tilework::dashboard::Recorder>>,
        progress: Option<&Py<PyAny>>,
    ) -> PyResult<Watched> {
        let bar = progress.map(|p| p.call0(py)).transpose()?.filter(|b| !b.is_none(py));
        let counted = Counted {
            begin: Instant::now(),
            layers: vec![],
            n_tasks: 0,
            n_done: 0,
            read_bytes: 0,
            written_bytes: 0,
            spilled_bytes: 0,
            used_bytes: 0,
            peak_bytes: 0,
            budget_bytes: 0,
        };
        Ok(Watched { recorders, bar: bar.map(|b| (b, Arc::new(Counter(Mutex::new(counted))))) })
    }

    /// What the engine's session takes.
    pub fn watcher(&self) -> Watcher {
        let all = self.recorders.iter().fold(Watchers::new(), |all, r| all.with(r.clone()));
        let all = self.bar.iter().fold(all, |all, (_, counter)| all.with(counter.clone()));
        all.into_watcher()
    }

    /// Shows how far the run is.
    pub fn show(&self, py: Python<'_>) -> PyResult<()> {
        let Some((bar, counter)) = &self.bar else { return Ok(()) };
        let facts = counter.0.lock().unwrap_or_else(PoisonError::into_inner).facts(py)?;
        bar.bind(py).call_method1("show", (facts,)).map(drop)
    }

    /// Shows the end of the run, and tells recorders of a failure.
    pub fn end<T>(&self, py: Python<'_>, result: &Out<T>) -> PyResult<()> {
        if let Err(e) = result {
            let told = match e {
                Fail::Engine(e) => e,
                Fail::Python(e) => &Error::usage(e.to_string()),
            };
            self.recorders.iter().for_each(|r| r.fail(told));
        }
        let Some((bar, counter)) = &self.bar else { return Ok(()) };
        let facts = counter.0.lock().unwrap_or_else(PoisonError::into_inner).facts(py)?;
        let ended = bar.bind(py).call_method1("end", (facts, result.is_ok())).map(drop);
        // What the run failed with says more than what showing that fails with.
        if result.is_err() { Ok(()) } else { ended }
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Recorder>()
}
