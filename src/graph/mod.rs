//! The task graph: dense tasks and data, the static order, culling, pictures. Knows no ops, chunks or threads.

pub mod builder;
pub mod dot;
pub mod order;
pub mod spec;
pub mod task_graph;
#[cfg(test)]
mod tests;

pub use builder::{GraphBuilder, TaskDef};
pub use spec::{Layer, TaskSpec};
pub use task_graph::{DataId, TaskGraph, TaskId};
