//! What the scheduler tells executors.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Kind};
use crate::graph::{DataId, TaskId};
use crate::sched::event::WorkerId;

/// What a worker is to do. The commands of one worker are carried out in order, but for runs, spills and copies, which
/// begin in order and take their time. A run's inputs are in memory there or in its spill files; the files are mapped
/// read-only for the run and let go after it (those bytes are reserved as part of the run).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are ids")]
pub enum Command {
    /// Run a task and keep all its outputs in memory.
    Run { worker: WorkerId, task: TaskId, attempt: u32 },
    /// Write a chunk to a spill file; keep it in memory until told to unload it.
    Spill { worker: WorkerId, data: DataId, ticket: u32 },
    /// Free the memory of a chunk that has a spill file.
    Unload { worker: WorkerId, data: DataId },
    /// Free a chunk, in memory and (if `file`) on disk.
    Drop { worker: WorkerId, data: DataId, file: bool },
    /// Copy a chunk from another worker into memory.
    Fetch { worker: WorkerId, data: DataId, from: WorkerId, ticket: u32 },
    /// All wanted data is there; nothing else is held or under way.
    Done,
    /// The run is over without a result; whatever is held or under way is to be abandoned.
    Fail(Box<Failure>),
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are named for what they are")]
pub enum Failure {
    /// A task does not fit even with everything else out of memory.
    Budget { task: TaskId, need_bytes: u64, budget_bytes: u64 },
    /// A task does not fit, and the disk is too full to spill.
    SpillFull { task: TaskId, need_bytes: u64, budget_bytes: u64 },
    /// A task does not fit, and spilling has failed.
    SpillBroken { task: TaskId, need_bytes: u64, budget_bytes: u64 },
    /// A task has failed, after the retries it is entitled to.
    TaskFailed { task: TaskId, worker: WorkerId, attempt: u32 },
    /// Workers keep dying under a task.
    Poison { task: TaskId, losses: u8 },
    /// Nobody is left to run the tasks.
    NoWorkers,
    /// The output of an effect, which must not be run again, was lost.
    LostEffect { task: TaskId, data: DataId },
    /// The caller gave up.
    Cancelled,
    /// A broken promise of the scheduler or an executor.
    Bug { what: String },
}

impl Failure {
    /// The error for the user; `name` says what a task is.
    pub fn to_error(&self, name: impl Fn(TaskId) -> String) -> Error {
        let fit = |task: &TaskId, need: &u64, budget: &u64| {
            format!("{} needs {} at once but the memory budget is {}", name(*task), format_bytes(*need), format_bytes(*budget))
        };
        match self {
            Failure::Budget { task, need_bytes, budget_bytes } => {
                Error::new(Kind::Budget, format!("{}: raise the budget or use smaller chunks", fit(task, need_bytes, budget_bytes)))
            }
            Failure::SpillFull { task, need_bytes, budget_bytes } => Error::new(
                Kind::DiskFull,
                format!(
                    "{}, and the disk is too full to spill: free space, choose another spill folder or raise the budget",
                    fit(task, need_bytes, budget_bytes)
                ),
            ),
            Failure::SpillBroken { task, need_bytes, budget_bytes } => Error::new(
                Kind::Environment,
                format!(
                    "{}, and spilling fails: choose another spill folder or raise the budget",
                    fit(task, need_bytes, budget_bytes)
                ),
            ),
            Failure::TaskFailed { task, worker, attempt } => {
                Error::new(Kind::Environment, format!("{} failed on worker {worker} (attempt {attempt})", name(*task)))
            }
            Failure::Poison { task, losses } => Error::new(
                Kind::Environment,
                format!("{losses} workers died while they ran {}: it may need more memory than the workers have", name(*task)),
            ),
            Failure::NoWorkers => Error::new(Kind::Environment, "no worker is left: start one, or raise the time to wait for it"),
            Failure::LostEffect { task, .. } => Error::new(
                Kind::Environment,
                format!("the worker that held the result of {} was lost, and it must not be run twice: run again", name(*task)),
            ),
            Failure::Cancelled => Error::new(Kind::Cancelled, "the run was cancelled"),
            Failure::Bug { what } => Error::bug(what.clone()),
        }
    }
}
