//! Executors: the only threads, sockets and clocks. They carry out the scheduler's commands and tell it what happened.

pub mod cancel;
pub mod memory;
pub mod null;
#[cfg(feature = "remote")]
pub mod remote;
pub mod runner;
pub mod serial;
mod spill_thread;
#[cfg(test)]
mod tests;
mod thread_loop;
pub mod threads;

pub use cancel::CancelToken;
pub use runner::{Outputs, Runner};
pub use threads::{Job, Report, Threads};
