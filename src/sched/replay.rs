//! The same events again give the same commands: for bug reports and tests.

use crate::graph::TaskGraph;
use crate::sched::command::Command;
use crate::sched::event::Event;
use crate::sched::limits::Limits;
use crate::sched::state::Scheduler;
use std::sync::Arc;

/// The commands that a fresh scheduler gives for the events of `log`.
pub fn replay(graph: Arc<TaskGraph>, limits: Limits, log: &[Event]) -> Vec<Command> {
    let mut scheduler = Scheduler::new(graph, limits);
    let mut out = Vec::new();
    for event in log {
        scheduler.handle(event, &mut out);
    }
    out
}
