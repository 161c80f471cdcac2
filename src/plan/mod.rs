//! Lowers expressions to task graphs: one file per node kind, each with how its tasks are cut, what they cost in bytes, and
//! how one runs.
//!
//! A plan is a [`TaskGraph`](crate::graph::TaskGraph) (dense ids, bytes, static order) and, for each layer of tasks, a
//! [`Step`] that runs a task by its index. Nothing is kept per task but its edges and bytes. Planning is linear in the number
//! of tasks, and gives the same plan for the same expression everywhere: that is what lets workers expand it on their own.

pub mod assemble;
pub mod blockwise;
pub mod call;
pub mod codec;
mod fill;
pub mod lower;
pub mod project;
pub mod rechunk;
pub mod resolve;
pub mod scan;
pub mod shuffle;
pub mod sink;
pub mod source;
pub mod step;
pub mod take;
pub mod traffic;
pub mod tree_reduce;

pub use lower::{Plan, lower};
pub use step::{Outputs, Step};
