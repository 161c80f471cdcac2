//! A worker joins, or none does.

use crate::sched::command::{Command, Failure};
use crate::sched::event::{MAX_WORKERS, WorkerId};
use crate::sched::evict_set::EvictSet;
use crate::sched::state::{Phase, Scheduler, Worker};

impl Scheduler {
    pub(super) fn join(&mut self, worker: WorkerId, epoch: u32, n_slots: u32, budget: u64, out: &mut Vec<Command>) {
        let w = usize::from(worker);
        if w >= MAX_WORKERS {
            return self.fail(Failure::Bug { what: format!("worker {w} joined, but at most {MAX_WORKERS} can") }, out);
        }
        if self.workers.len() <= w {
            self.workers.resize_with(w + 1, Worker::default);
        }
        let known = &self.workers[w];
        if known.epoch >= epoch {
            self.stats.n_stale += 1;
            return;
        }
        if known.alive {
            // It came back before its loss was noticed.
            self.lost(worker, known.epoch, out);
        }
        let evict = EvictSet::new(self.graph.n_live() + 1);
        self.workers[w] = Worker { alive: true, epoch, n_slots: n_slots.max(1), budget, evict, ..Worker::default() };
        if w == 0 {
            for t in std::mem::take(&mut self.homeless) {
                if self.tasks[t as usize].phase == Phase::Ready {
                    self.ready.insert(self.graph.rank(t));
                }
            }
        }
        self.finish_if_complete(out);
    }

    pub(super) fn no_workers(&mut self, out: &mut Vec<Command>) {
        let stuck = self.hands().next().is_none() || (!self.homeless.is_empty() && !self.workers[0].alive);
        if stuck {
            self.fail(Failure::NoWorkers, out);
        }
    }
}
