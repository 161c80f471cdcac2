//! The oracle: tasks one after the other in static order, everything in memory.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::exec::cancel::CancelToken;
use crate::exec::runner::{Outputs, Runner};
use crate::graph::{TaskGraph, TaskId};

/// Runs `graph` on the calling thread, without a budget, and returns the wanted chunks in the order asked for.
///
/// # Errors
/// The first task that fails, or `Cancelled`.
pub fn run(graph: &TaskGraph, runner: &dyn Runner, cancel: &CancelToken) -> Result<Vec<Chunk>> {
    let mut slots: Vec<Option<Box<Chunk>>> = vec![None; graph.n_data()];
    let mut left: Vec<u32> = (0..graph.n_data() as u32).map(|d| graph.consumers(d).len() as u32).collect();
    let (mut inputs, mut outputs) = (Vec::new(), Outputs::new());
    for &t in graph.order() {
        if cancel.is_cancelled() {
            return Err(Error::new(crate::base::Kind::Cancelled, "the run was cancelled"));
        }
        inputs.clear();
        for &d in graph.inputs(t) {
            let chunk = slots[d as usize].as_deref().ok_or_else(|| Error::bug(format!("task {t} runs before its input {d}")))?;
            inputs.push(chunk.clone());
        }
        run_one(graph, runner, t, &inputs, &mut outputs)?;
        for (d, chunk) in graph.outputs(t).zip(outputs.drain(..)) {
            if left[d as usize] > 0 || graph.is_wanted(d) {
                slots[d as usize] = Some(Box::new(chunk));
            }
        }
        for &d in graph.inputs(t) {
            left[d as usize] -= 1;
            if left[d as usize] == 0 && !graph.is_wanted(d) {
                slots[d as usize] = None;
            }
        }
    }
    let take = |&d: &u32| slots[d as usize].as_deref().cloned().ok_or_else(|| Error::bug(format!("wanted data {d} was not made")));
    graph.wanted().iter().map(take).collect()
}

/// Runs one task, with panics caught and the number of outputs checked; errors name the task.
pub(super) fn run_one(graph: &TaskGraph, runner: &dyn Runner, t: TaskId, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
    outputs.clear();
    let run = std::panic::AssertUnwindSafe(|| runner.run(t, inputs, outputs));
    match std::panic::catch_unwind(run) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => return Err(e.at(runner.describe(t))),
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| payload.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "panic without a message".to_string());
            return Err(Error::bug(format!("panicked: {text}")).at(runner.describe(t)));
        }
    }
    let n = graph.outputs(t).len();
    if outputs.len() != n {
        return Err(Error::bug(format!("made {} outputs instead of {n}", outputs.len())).at(runner.describe(t)));
    }
    Ok(())
}
