//! A worker is lost: so are its chunks and what it was doing.

use crate::graph::TaskId;
use crate::sched::command::{Command, Failure};
use crate::sched::event::WorkerId;
use crate::sched::state::{Phase, SPILLING, Scheduler, Status};

impl Scheduler {
    pub(super) fn lost(&mut self, worker: WorkerId, epoch: u32, out: &mut Vec<Command>) {
        if !self.current((worker, epoch)) {
            return;
        }
        let w = usize::from(worker);
        self.workers[w].alive = false;
        for ((_, d), _) in self.spills.extract_if((worker, 0)..=(worker, u32::MAX), |_, _| true) {
            self.data[d as usize].flags &= !SPILLING;
        }
        let copies: Vec<_> = self.fetches.extract_if((worker, 0)..=(worker, u32::MAX), |_, _| true).collect();
        for (_, f) in copies {
            self.workers[w].reserved -= f.bytes;
        }
        self.forget_copies(w);
        let displaced = self.displaced(w);
        let n_running = displaced.iter().filter(|&&t| self.tasks[t as usize].phase == Phase::Running).count();
        for &t in &displaced {
            self.leave(t, out);
        }
        for &t in &displaced {
            self.await_inputs(t);
        }
        let here = &mut self.workers[w];
        (here.resident, here.freeing) = (0, 0);
        let graph = self.graph.clone();
        for &d in graph.wanted() {
            if self.data[d as usize].status == Status::Gone {
                self.ask(d, out);
            }
        }
        for d in 0..graph.n_data() as u32 {
            // A spill that ended with its worker may have been all that kept this.
            if self.data[d as usize].left == 0 {
                self.free_if_unneeded(d, out);
            }
        }
        self.suspect(w, &displaced[..n_running], out);
        self.finish_if_complete(out);
    }

    fn forget_copies(&mut self, w: usize) {
        let bit = 1u32 << w;
        for data in &mut self.data {
            if (data.memory | data.file) & bit != 0 {
                data.memory &= !bit;
                data.file &= !bit;
                if data.memory | data.file == 0 {
                    data.status = Status::Gone;
                }
            }
        }
    }

    /// Tasks that were placed on `w`, the ones that were running when it was lost first.
    fn displaced(&self, w: usize) -> Vec<TaskId> {
        let mut tasks: Vec<TaskId> = (0..self.tasks.len() as u32)
            .filter(|&t| {
                let task = &self.tasks[t as usize];
                usize::from(task.worker) == w && matches!(task.phase, Phase::Fetching | Phase::Running)
            })
            .collect();
        tasks.sort_by_key(|&t| (self.tasks[t as usize].phase != Phase::Running, self.graph.rank(t)));
        tasks
    }

    /// Of the tasks a lost worker had, those that may have been running are suspected of having killed it.
    fn suspect(&mut self, w: usize, displaced: &[TaskId], out: &mut Vec<Command>) {
        let n = self.workers[w].n_slots as usize * self.limits.suspects_per_slot as usize;
        for &t in displaced.iter().take(n) {
            let trouble = self.trouble.entry(t).or_default();
            trouble.losses += 1;
            if trouble.losses >= self.limits.max_losses {
                let losses = trouble.losses;
                return self.fail(Failure::Poison { task: t, losses }, out);
            }
        }
    }
}
