//! The same plan on worker processes: a scheduler process, workers, and the client's side of a run.
//!
//! The one pure scheduler of [`crate::sched`] decides here as it does for threads; this is the shell around it. A client sends
//! its optimised expression, not tasks; scheduler and workers expand it on their own to the same dense ids (compared by a
//! fingerprint) and from then on speak in task numbers. Chunks go from worker to worker; the scheduler never sees one.
//!
//! Worker 0 of a run is the client: tasks that must run in the process that owns an output (commits into a file or into
//! memory) run there, and no others. Each process has one thread with a single-threaded runtime for its sockets, and threads
//! of its own for tasks. Nothing outside of this folder is asynchronous.
//!
//! Every connection begins with a token of 256 bits, on loopback too. Only loopback can be listened on: there is no
//! encryption yet.

mod client;
mod cluster;
mod compute;
mod data;
mod job;
mod link;
mod node;
mod scheduler;
mod server;
mod token;
mod worker;

pub use client::{RemoteConfig, RemoteJob, run};
pub use cluster::{ClusterConfig, LocalCluster};
pub use scheduler::{SchedulerConfig, serve};
pub use token::Token;
pub use worker::{WorkerConfig, work};
