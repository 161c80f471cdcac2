//! Data that is gone is asked for, and its producer goes back to Waiting.

use crate::graph::{DataId, TaskId};
use crate::sched::command::{Command, Failure};
use crate::sched::state::{Phase, Scheduler, Status};

impl Scheduler {
    /// Asks for those inputs of the Ready task `t` that are gone. Returns whether there were any: then `t` is Waiting.
    pub(super) fn ask_for_inputs(&mut self, t: TaskId, out: &mut Vec<Command>) -> bool {
        if !self.graph.inputs(t).iter().any(|&d| self.data[d as usize].status == Status::Gone) {
            return false;
        }
        let graph = self.graph.clone();
        for &d in graph.inputs(t) {
            if self.data[d as usize].status == Status::Gone {
                self.ask(d, out);
            }
        }
        true
    }

    /// Has gone data made again. Its consumers that wait or are ready count it as missing from now on.
    pub(super) fn ask(&mut self, d: DataId, out: &mut Vec<Command>) {
        let graph = self.graph.clone();
        let producer = graph.producer(d);
        let done = self.tasks[producer as usize].phase == Phase::Done;
        if done && graph.is_effect(producer) {
            return self.fail(Failure::LostEffect { task: producer, data: d }, out);
        }
        self.data[d as usize].status = Status::Asked;
        for &c in graph.consumers(d) {
            let task = &mut self.tasks[c as usize];
            match task.phase {
                Phase::Waiting => task.missing += 1,
                Phase::Ready => {
                    task.phase = Phase::Waiting;
                    task.missing = 1;
                    self.ready.remove(graph.rank(c));
                }
                Phase::Fetching | Phase::Running | Phase::Done => {}
            }
        }
        if done {
            self.revive(producer);
        }
    }

    /// A Done task is to run again: it counts among the consumers of its inputs once more.
    fn revive(&mut self, t: TaskId) {
        let graph = self.graph.clone();
        let rank = graph.rank(t);
        self.n_left += 1;
        for &d in graph.inputs(t) {
            let data = &mut self.data[d as usize];
            data.left += 1;
            if data.status == Status::Here && data.memory != 0 && rank < data.key {
                data.key = rank;
                if data.bytes > 0 {
                    let (places, bytes) = (data.memory, data.bytes);
                    for (w, worker) in self.workers.iter_mut().enumerate() {
                        if places & (1 << w) != 0 {
                            worker.evict.insert(rank, bytes);
                        }
                    }
                }
            }
        }
        self.await_inputs(t);
    }
}
