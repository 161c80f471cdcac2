//! The messages on control and data connections.
//!
//! A new variant goes to the end of its enum and needs a new version of the protocol.

use crate::base::{Error, Kind};
use serde::{Deserialize, Serialize};

/// What the scheduler says to a worker, and to a client in its part as worker 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToNode {
    /// Plan this expression; tasks of it will follow.
    Plan {
        /// Number of the run.
        run: u64,
        /// Which worker the receiver is in this run.
        you: u16,
        /// What to plan with.
        settings: Settings,
        /// The expression (empty for the client, who has it).
        document: Vec<u8>,
    },
    /// Where another worker gives out chunks.
    Peer {
        /// The worker.
        worker: u16,
        /// Address and port.
        address: String,
    },
    /// A worker is gone.
    PeerLost {
        /// The worker.
        worker: u16,
    },
    /// Things to do, in order.
    Orders {
        /// Number of the run.
        run: u64,
        /// What to do.
        orders: Vec<Order>,
    },
    /// The run is over: forget all of it. To a client: and how it ended.
    End {
        /// Number of the run.
        run: u64,
        /// What went wrong, if something did.
        failure: Option<Fault>,
    },
    /// All wanted chunks are there; the client fetches them and says [`FromNode::Taken`].
    Complete {
        /// Number of the run.
        run: u64,
        /// A worker that holds each wanted chunk, in the order asked for.
        places: Vec<u16>,
        /// What happened, for reports.
        tally: Tally,
    },
    /// Stop this process.
    Exit,
    /// Nothing; the other side is there.
    Alive,
}

/// What a worker or a client says to the scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromNode {
    /// A client asks for a run.
    Submit {
        /// What to plan with.
        settings: Settings,
        /// The expression.
        document: Vec<u8>,
        /// What the client's own plan looks like.
        fingerprint: u64,
        /// Threads for tasks that run at the client.
        n_slots: u32,
        /// Memory for them.
        budget_bytes: u64,
    },
    /// The expression is planned.
    Planned {
        /// Number of the run.
        run: u64,
        /// What the plan looks like.
        fingerprint: u64,
        /// Memory for its chunks.
        budget_bytes: u64,
    },
    /// The expression cannot be planned here.
    CannotPlan {
        /// Number of the run.
        run: u64,
        /// Why.
        fault: Fault,
    },
    /// What has happened.
    Reports {
        /// Number of the run.
        run: u64,
        /// What, in order.
        reports: Vec<Report>,
    },
    /// The client has all wanted chunks.
    Taken {
        /// Number of the run.
        run: u64,
    },
    /// The client gives up.
    Cancel {
        /// Number of the run.
        run: u64,
    },
    /// Nothing; the other side is there.
    Alive,
}

/// What a plan depends on beside the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The memory budget of the client.
    pub budget_bytes: u64,
    /// Threads of the client.
    pub n_threads: u32,
}

/// A thing to do. The numbers are those of the scheduler's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are ids")]
pub enum Order {
    /// Run a task.
    Run { task: u32, attempt: u32 },
    /// Write a chunk to a spill file.
    Spill { data: u32, ticket: u32 },
    /// Free the memory of a chunk that has a spill file.
    Unload { data: u32 },
    /// Free a chunk.
    Drop { data: u32, file: bool },
    /// Copy a chunk from another worker.
    Fetch { data: u32, from: u16, ticket: u32 },
}

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are ids")]
pub enum Report {
    /// A task has run; the sizes of its outputs.
    Done { task: u32, attempt: u32, bytes: u64, more_bytes: Vec<u64> },
    /// A task has failed.
    Failed { task: u32, attempt: u32, fault: Fault },
    /// A task could not run because its input's spill file is broken.
    InputLost { task: u32, attempt: u32, data: u32 },
    /// A spill file is written.
    Spilled { data: u32, ticket: u32 },
    /// A spill file could not be written.
    SpillFailed { data: u32, ticket: u32, why: SpillFault },
    /// A chunk was copied.
    Fetched { data: u32, ticket: u32 },
    /// A chunk could not be copied.
    FetchFailed { data: u32, ticket: u32 },
    /// The copy here, which another worker asked for with this ticket, cannot be read (a broken spill file).
    CopyUnreadable { data: u32, ticket: u32 },
}

/// Why a chunk could not be spilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpillFault {
    /// The disk is full.
    DiskFull,
    /// The disk failed otherwise.
    Io,
    /// Chunks of this kind cannot be spilled.
    Unspillable,
}

/// Counts of a run, for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Tally {
    pub n_runs: u64,
    pub n_reruns: u64,
    pub spilled_bytes: u64,
    pub dropped_bytes: u64,
    pub n_workers_lost: u64,
    pub peak_bytes: u64,
}

/// An error on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    kind: Kind,
    message: String,
    os_error: Option<i32>,
}

/// Longest message of an error, so that a report stays a small frame.
const MAX_FAULT_BYTES: usize = 16 << 10;

impl From<&Error> for Fault {
    fn from(e: &Error) -> Fault {
        let mut message = e.to_string();
        message.truncate(message.floor_char_boundary(MAX_FAULT_BYTES));
        Fault { kind: e.kind(), message, os_error: e.os_error() }
    }
}

impl Fault {
    /// Whether trying again may help.
    pub fn may_pass(&self) -> bool {
        self.kind == Kind::Environment
    }
}

impl From<Fault> for Error {
    fn from(f: Fault) -> Error {
        Error::new(f.kind, f.message).with_os_error(f.os_error)
    }
}

/// What is asked for on a data connection: chunks of a run, answered in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Number of the run.
    pub run: u64,
    /// The chunks, each with the ticket of the order to copy it.
    pub data: Vec<(u32, u32)>,
}

/// The answer for one chunk, before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// So many bytes follow, in pieces that each have their length in front.
    Chunk {
        /// Which chunk.
        data: u32,
        /// Bytes of all pieces.
        n_bytes: u64,
        /// Checksum of them (XXH3, 64 bits).
        hash: u64,
    },
    /// It is not here, or cannot be sent.
    Missing {
        /// Which chunk.
        data: u32,
    },
}
