//! What executors ask of the plan: to run one task.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::graph::TaskId;
use crate::plan::Plan;
use smallvec::SmallVec;

/// The outputs of a task, in order.
pub type Outputs = SmallVec<[Chunk; 1]>;

/// Runs the tasks of one plan. Called from many threads at once.
pub trait Runner: Sync {
    /// Runs `task` on its inputs (in the order of the graph) and appends as many chunks as it has outputs.
    ///
    /// # Errors
    /// Whatever goes wrong. [`Kind::Environment`](crate::base::Kind::Environment) errors are tried again a few times.
    fn run(&self, task: TaskId, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()>;

    /// The task in the user's words, for errors and traces: op and chunk.
    fn describe(&self, task: TaskId) -> String;

    /// How many bytes of pages of their own `task` takes that has large outputs of `out_bytes` and scratch of `scratch_bytes`.
    fn page_bytes(&self, task: TaskId, out_bytes: u64, scratch_bytes: u64) -> u64 {
        let _ = (task, out_bytes, scratch_bytes);
        0
    }

    /// Bytes that `task`, which has just run on this thread, read from and wrote to files, for reports.
    fn io_bytes(&self, task: TaskId) -> (u64, u64) {
        let _ = task;
        (0, 0)
    }
}

impl Runner for Plan {
    fn run(&self, task: TaskId, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let (layer, index) = self.locate(task);
        self.layers[layer].step.run(index, inputs, outputs)
    }

    fn describe(&self, task: TaskId) -> String {
        Plan::describe(self, task)
    }

    fn page_bytes(&self, task: TaskId, out_bytes: u64, scratch_bytes: u64) -> u64 {
        self.layers[self.locate(task).0].step.page_bytes(out_bytes, scratch_bytes)
    }

    fn io_bytes(&self, _: TaskId) -> (u64, u64) {
        crate::base::iostat::take()
    }
}
