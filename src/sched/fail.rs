//! Tasks fail, or find an input unreadable.

use crate::graph::{DataId, TaskId};
use crate::sched::command::{Command, Failure};
use crate::sched::event::WorkerId;
use crate::sched::state::Scheduler;

impl Scheduler {
    pub(super) fn task_failed(&mut self, from: (WorkerId, u32), t: TaskId, attempt: u32, retryable: bool, out: &mut Vec<Command>) {
        if !self.current(from) {
            return;
        }
        if !self.is_running(t, attempt, from.0) {
            self.stats.n_stale += 1;
            return;
        }
        if !retryable || !self.may_retry(t) {
            return self.fail(Failure::TaskFailed { task: t, worker: from.0, attempt }, out);
        }
        self.take_back(t, out);
    }

    pub(super) fn input_lost(&mut self, from: (WorkerId, u32), t: TaskId, attempt: u32, d: DataId, out: &mut Vec<Command>) {
        if !self.current(from) {
            return;
        }
        if !self.is_running(t, attempt, from.0) || !self.graph.inputs(t).contains(&d) {
            self.stats.n_stale += 1;
            return;
        }
        if !self.may_retry(t) {
            return self.fail(Failure::TaskFailed { task: t, worker: from.0, attempt }, out);
        }
        self.take_back(t, out);
        // Others that read it find out for themselves; the last one lets go of it.
        self.copy_lost(d, usize::from(from.0), out);
    }

    /// Counts a retry of `t`; false when it has had all it is entitled to.
    pub(super) fn may_retry(&mut self, t: TaskId) -> bool {
        let trouble = self.trouble.entry(t).or_default();
        trouble.retries += 1;
        trouble.retries <= self.limits.max_retries
    }
}
