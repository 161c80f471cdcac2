//! What a task is, said on demand: its layer's op, its index in the layer, its inputs.
//!
//! Specs are not stored per task (a plan has millions); they are made from the layer when an error, a trace or a picture asks.

use crate::graph::task_graph::DataId;

/// A run of tasks that were made by one node of the plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Layer {
    /// Name of the op.
    pub name: String,
    /// Id of the first task.
    pub first_task: u32,
    /// Number of tasks (ids are consecutive).
    pub n_tasks: u32,
}

/// One task in words, serialisable.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TaskSpec {
    /// Name of the op (that of the layer).
    pub op: String,
    /// Index of the layer.
    pub layer: u32,
    /// Index of the task in its layer.
    pub index: u32,
    /// Data it reads.
    pub inputs: Vec<DataId>,
}

impl std::fmt::Display for TaskSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}[{}]", self.op, self.index)
    }
}
