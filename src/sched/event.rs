//! What executors tell the scheduler.
//!
//! A worker's events carry the `epoch` it joined with; runs carry an attempt, spills and copies a ticket. An event that does
//! not match what is under way (late, repeated, from a former life of the worker) is counted and ignored.

use crate::graph::{DataId, TaskId};

/// Dense id of a worker, below [`MAX_WORKERS`]; 0 is the coordinating process.
pub type WorkerId = u16;

/// Most workers (places of a chunk are bits of a word).
pub const MAX_WORKERS: usize = 32;

/// A finished run of a task.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DoneTask {
    /// The task.
    pub task: TaskId,
    /// The attempt of the run.
    pub attempt: u32,
    /// Actual size of its first output (0 if it has none).
    pub bytes: u64,
    /// Actual sizes of its further outputs.
    pub more_bytes: Box<[u64]>,
}

/// Why a chunk could not be spilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SpillFailure {
    /// The disk or the quota is full.
    DiskFull,
    /// The disk failed otherwise.
    Io,
    /// This chunk is of a kind that cannot be spilled; others can.
    Unspillable,
}

/// What executors tell the scheduler.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the fields are the ids named in the module")]
pub enum Event {
    /// A worker is there; epochs begin at 1 and grow each time it comes back.
    WorkerJoined { worker: WorkerId, epoch: u32, n_slots: u32, budget_bytes: u64 },
    /// A worker is gone with all it held.
    WorkerLost { worker: WorkerId, epoch: u32 },
    /// Tasks have finished.
    Finished { worker: WorkerId, epoch: u32, batch: Vec<DoneTask> },
    /// A task has failed; `retryable` if trying again may help.
    Failed { worker: WorkerId, epoch: u32, task: TaskId, attempt: u32, retryable: bool },
    /// A task could not run because its worker's copy of an input is unreadable (a corrupt spill file).
    InputLost { worker: WorkerId, epoch: u32, task: TaskId, attempt: u32, data: DataId },
    /// A spill file is written; the chunk is still in memory.
    Spilled { worker: WorkerId, epoch: u32, data: DataId, ticket: u32 },
    /// A spill file could not be written; the chunk is still in memory.
    SpillFailed { worker: WorkerId, epoch: u32, data: DataId, ticket: u32, why: SpillFailure },
    /// A chunk was copied from another worker.
    Fetched { worker: WorkerId, epoch: u32, data: DataId, ticket: u32 },
    /// A worker cannot read its own copy (a corrupt spill file) for the worker whose fetch has this ticket.
    CopyUnreadable { worker: WorkerId, epoch: u32, data: DataId, ticket: u32 },
    /// A chunk could not be copied.
    FetchFailed { worker: WorkerId, epoch: u32, data: DataId, ticket: u32 },
    /// There has been no worker for too long.
    NoWorkersTimeout,
    /// The caller gives up.
    Cancel,
}
