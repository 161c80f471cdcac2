//! Observability events: what a run tells whoever watches it (progress bar, report, trace).
//!
//! Events are facts after the fact; nothing in a run depends on a watcher, and a run without one sends none.

use std::sync::Arc;

/// One fact about a run. Times are nanoseconds since the run began.
#[derive(Clone, Debug)]
pub enum Event {
    /// The plan is ready.
    Planned {
        /// Tasks in the plan.
        n_tasks: usize,
        /// A name for each layer of tasks, in the order of [`TaskDone::layer`].
        layers: Vec<String>,
        /// Tasks in each layer.
        layer_tasks: Vec<usize>,
        /// Upper bound of peak memory by the plan.
        projected_bytes: u64,
        /// The memory budget.
        budget_bytes: u64,
    },
    /// A batch of tasks that one thread has finished.
    TasksDone(Vec<TaskDone>),
    /// A sample of the memory that is accounted for.
    Memory {
        /// When.
        at_ns: u64,
        /// Bytes of chunks and reservations.
        used_bytes: u64,
        /// Most of them so far, also between samples.
        peak_bytes: u64,
        /// Resident set of the process.
        resident_bytes: u64,
    },
    /// A chunk was written to a spill file.
    Spilled {
        /// When.
        at_ns: u64,
        /// Bytes in memory that were freed.
        bytes: u64,
    },
    /// A chunk was dropped, to be computed again when it is needed.
    Dropped {
        /// When.
        at_ns: u64,
        /// Bytes in memory that were freed.
        bytes: u64,
    },
    /// The run is over.
    Finished {
        /// When.
        at_ns: u64,
        /// Whether it succeeded.
        ok: bool,
    },
}

/// One finished task.
#[derive(Clone, Copy, Debug)]
pub struct TaskDone {
    /// Layer of the plan.
    pub layer: u32,
    /// Task id.
    pub task: u32,
    /// Thread (or worker) that ran it.
    pub worker: u32,
    /// Start.
    pub start_ns: u64,
    /// End.
    pub end_ns: u64,
    /// Bytes read from files.
    pub read_bytes: u64,
    /// Bytes written to files.
    pub written_bytes: u64,
}

/// Who watches a run. Called from any thread; must not block.
pub trait Watch: Send + Sync {
    /// Takes an event.
    fn event(&self, event: &Event);
}

/// A shared watcher, or none.
pub type Watcher = Option<Arc<dyn Watch>>;
