//! The executor that runs nothing: what graph and scheduler cost alone.

use crate::base::{Error, Result};
use crate::graph::TaskGraph;
use crate::sched::{Command, DoneTask, Event, Limits, Scheduler, Stats};
use std::sync::Arc;

/// Schedules `graph` on one worker of `n_slots` slots, every task finishing at once with its projected sizes; `told` gets every
/// command of the scheduler.
///
/// # Errors
/// Those of the scheduler: a budget that is too small.
pub fn run(
    graph: &Arc<TaskGraph>,
    limits: Limits,
    n_slots: u32,
    budget_bytes: u64,
    mut told: impl FnMut(&Command),
) -> Result<Stats> {
    let mut scheduler = Scheduler::new(graph.clone(), limits);
    let mut out = Vec::new();
    scheduler.handle(&Event::WorkerJoined { worker: 0, epoch: 1, n_slots, budget_bytes }, &mut out);
    let mut batch = Vec::new();
    let mut others = Vec::new();
    while !out.is_empty() {
        for command in out.drain(..) {
            told(&command);
            match command {
                Command::Run { task, attempt, .. } => {
                    let outputs = graph.outputs(task);
                    let bytes = if outputs.is_empty() { 0 } else { graph.bytes(outputs.start) };
                    let more_bytes = outputs.skip(1).map(|d| graph.bytes(d)).collect();
                    batch.push(DoneTask { task, attempt, bytes, more_bytes });
                }
                Command::Spill { data, ticket, .. } => others.push(Event::Spilled { worker: 0, epoch: 1, data, ticket }),
                Command::Drop { .. } | Command::Unload { .. } | Command::Fetch { .. } => {}
                Command::Done => return Ok(scheduler.stats()),
                Command::Fail(why) => return Err(why.to_error(|t| graph.spec(t).map(|s| s.to_string()).unwrap_or_default())),
            }
        }
        for event in others.drain(..) {
            scheduler.handle(&event, &mut out);
        }
        if !batch.is_empty() {
            let event = Event::Finished { worker: 0, epoch: 1, batch: std::mem::take(&mut batch) };
            scheduler.handle(&event, &mut out);
            if let Event::Finished { batch: mut buffer, .. } = event {
                buffer.clear();
                batch = buffer; // the allocation serves again
            }
        }
    }
    Err(Error::bug("the scheduler has stopped without a result"))
}
