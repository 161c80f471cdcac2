//! The scheduler: a pure machine, events in and commands out. It owns placement, admission by bytes, and what is spilled,
//! dropped or computed again. No clocks, threads, random numbers, sockets or user data.

pub mod check;
pub mod command;
pub mod event;
mod evict;
mod evict_set;
mod fail;
mod fetch;
mod finish;
mod join;
pub mod limits;
mod lost;
pub mod rank_set;
pub mod replay;
mod revive;
mod spill;
mod start;
pub mod state;

pub use command::{Command, Failure};
pub use event::{DoneTask, Event, SpillFailure, WorkerId};
pub use limits::Limits;
pub use replay::replay;
pub use state::{Scheduler, Stats};
