//! Tasks finish: outputs come into being, inputs may be free, consumers may be ready.

use crate::graph::{DataId, TaskId};
use crate::sched::command::Command;
use crate::sched::event::{DoneTask, WorkerId};
use crate::sched::state::{FRESH, NO_KEY, Outcome, Phase, SPILLING, Scheduler, Status};

impl Scheduler {
    pub(super) fn finished(&mut self, worker: WorkerId, epoch: u32, batch: &[DoneTask], out: &mut Vec<Command>) {
        if !self.current((worker, epoch)) {
            return;
        }
        for done in batch {
            if !self.is_running(done.task, done.attempt, worker) {
                self.stats.n_stale += 1;
                continue;
            }
            self.leave(done.task, out);
            self.tasks[done.task as usize].phase = Phase::Done;
            self.n_left -= 1;
            self.outputs_made(done, worker, out);
            self.inputs_read(done.task, out);
            if !self.trouble.is_empty() {
                self.trouble.remove(&done.task);
            }
        }
        self.finish_if_complete(out);
    }

    /// Whether this very attempt is under way on this worker.
    #[inline]
    pub(super) fn is_running(&self, t: TaskId, attempt: u32, worker: WorkerId) -> bool {
        self.tasks
            .get(t as usize)
            .is_some_and(|k| k.phase == Phase::Running && k.attempt == attempt && WorkerId::from(k.worker) == worker)
    }

    /// Takes a placed task off its worker: its reservation and its place are free again, its inputs no longer pinned.
    pub(super) fn leave(&mut self, t: TaskId, out: &mut Vec<Command>) {
        let task = &mut self.tasks[t as usize];
        let w = &mut self.workers[usize::from(task.worker)];
        w.reserved -= task.reserved;
        task.reserved = 0;
        w.n_placed -= 1;
        w.queued_ns -= self.graph.cost_ns(t).max(MIN_COST_NS);
        w.solo = false;
        let graph = self.graph.clone();
        for &d in graph.inputs(t) {
            self.unpin(d, out);
        }
    }

    /// One reader less; the last one lets go of the memory of data that has a file.
    #[inline]
    pub(super) fn unpin(&mut self, d: DataId, out: &mut Vec<Command>) {
        let data = &mut self.data[d as usize];
        data.pins -= 1;
        if data.pins == 0 && data.memory & data.file != 0 {
            self.unload(d, out);
        }
    }

    fn outputs_made(&mut self, done: &DoneTask, worker: WorkerId, out: &mut Vec<Command>) {
        let graph = self.graph.clone();
        let outputs = graph.outputs(done.task);
        let first = outputs.start;
        for d in outputs {
            let i = (d - first) as usize;
            let bytes = if i == 0 { done.bytes } else { done.more_bytes.get(i - 1).copied().unwrap_or(0) };
            self.stats.n_over_bound += u64::from(bytes > graph.bytes(d));
            self.output_made(d, bytes, worker, out);
        }
    }

    /// A copy of `d` has come to be in the memory of `worker`.
    pub(super) fn output_made(&mut self, d: DataId, bytes: u64, worker: WorkerId, out: &mut Vec<Command>) {
        let bit = 1u32 << worker;
        let was = self.data[d as usize].status;
        let data = &mut self.data[d as usize];
        if was == Status::Here {
            // Made again for the sake of a sibling; this one is held somewhere already.
            if data.file & bit != 0 {
                if data.memory & bit == 0 {
                    out.push(Command::Unload { worker, data: d });
                }
            } else if data.memory & bit == 0 && !self.fetches.contains_key(&(worker, d)) {
                out.push(Command::Drop { worker, data: d, file: false });
            }
            return self.free_if_unneeded(d, out);
        }
        let effect = self.graph.is_effect(self.graph.producer(d));
        let needed = data.left > 0 || effect || self.graph.is_wanted(d);
        if !needed {
            data.status = Status::Gone;
            out.push(Command::Drop { worker, data: d, file: false });
            return;
        }
        data.status = Status::Here;
        data.bytes = bytes;
        data.flags = if was == Status::Never { 0 } else { FRESH };
        if !self.graph.is_weightless(d) {
            data.memory |= bit;
            let w = &mut self.workers[usize::from(worker)];
            w.resident += bytes;
            self.list_next_use(d, 0);
        }
        if was == Status::Gone {
            return; // nobody had asked, so nobody counts it as missing
        }
        for &c in self.graph.consumers(d) {
            let task = &mut self.tasks[c as usize];
            if task.phase == Phase::Waiting {
                task.missing -= 1;
                if task.missing == 0 {
                    task.phase = Phase::Ready;
                    self.ready.insert(self.graph.rank(c));
                }
            }
        }
    }

    /// Counts `t` off the consumers of its inputs; frees what nobody needs any more.
    fn inputs_read(&mut self, t: TaskId, out: &mut Vec<Command>) {
        let graph = self.graph.clone();
        let rank = graph.rank(t);
        for w in &mut self.workers {
            if w.alive {
                w.evict.remove(rank);
            }
        }
        for &d in graph.inputs(t) {
            let data = &mut self.data[d as usize];
            data.left -= 1;
            data.flags &= !FRESH;
            if data.left == 0 && data.pins == 0 {
                self.free_if_unneeded(d, out);
            }
            let data = &self.data[d as usize];
            if data.key == rank && data.memory != 0 {
                self.list_next_use(d, rank);
            }
        }
    }

    /// Whether the producer of `d` is at work (again). Its worker may store a copy any time, which a command to drop the
    /// present one could hit, so no copy is dropped meanwhile.
    pub(super) fn being_made(&self, d: DataId) -> bool {
        matches!(self.tasks[self.graph.producer(d) as usize].phase, Phase::Fetching | Phase::Running)
    }

    /// Frees data that no unfinished task, the caller or an effect's promise needs.
    pub(super) fn free_if_unneeded(&mut self, d: DataId, out: &mut Vec<Command>) {
        let data = &self.data[d as usize];
        let effect = self.graph.is_effect(self.graph.producer(d));
        let needed = data.left > 0 || data.pins > 0 || effect || self.graph.is_wanted(d);
        if data.status != Status::Here || needed || data.flags & SPILLING != 0 || self.being_made(d) {
            return; // what is being spilled or made is freed when that is over
        }
        self.discard(d, out);
    }

    /// Drops every copy of `d`.
    pub(super) fn discard(&mut self, d: DataId, out: &mut Vec<Command>) {
        let data = &mut self.data[d as usize];
        let (memory, file, bytes) = (data.memory, data.file, data.bytes);
        data.memory = 0;
        data.file = 0;
        data.status = Status::Gone;
        data.key = NO_KEY;
        let mut places = memory | file;
        while places != 0 {
            let w = places.trailing_zeros();
            places &= places - 1;
            if memory & (1 << w) != 0 {
                self.workers[w as usize].resident -= bytes;
            }
            out.push(Command::Drop { worker: w as WorkerId, data: d, file: file & (1 << w) != 0 });
        }
    }

    /// Lists `d` for eviction at its next use. `from` is the rank of a use that is over (0 when there was none).
    pub(super) fn list_next_use(&mut self, d: DataId, from: u32) {
        let key = self.next_use(d, from);
        if key == self.graph.n_live() as u32 {
            self.kept.push(d);
        }
        let data = &mut self.data[d as usize];
        data.key = key;
        if data.bytes > 0 && key != NO_KEY {
            let mut places = data.memory;
            while places != 0 {
                self.workers[places.trailing_zeros() as usize].evict.insert(key, data.bytes);
                places &= places - 1;
            }
        }
    }

    /// Rank of the first consumer from rank `from` on that is not Done; the number of tasks when there is none.
    /// A long run of finished consumers is not walked to its end: a key that is too near only makes the data less likely to go.
    pub(super) fn next_use(&self, d: DataId, from: u32) -> u32 {
        let graph = &self.graph;
        if self.data[d as usize].left == 0 {
            return graph.n_live() as u32;
        }
        let consumers = graph.consumers(d);
        let start = if from == 0 || consumers.len() <= 16 { 0 } else { consumers.partition_point(|&c| graph.rank(c) < from) };
        let open = consumers[start..].iter().take(64).find(|&&c| self.tasks[c as usize].phase != Phase::Done);
        let near = open.or_else(|| consumers.get(start + 64)).or_else(|| consumers.last());
        near.map_or(NO_KEY, |&c| graph.rank(c))
    }

    /// Ends the run when every task is done and all wanted data is there.
    pub(super) fn finish_if_complete(&mut self, out: &mut Vec<Command>) {
        if self.n_left > 0 || self.outcome != Outcome::Open || !self.spills.is_empty() || !self.fetches.is_empty() {
            return;
        }
        let graph = self.graph.clone();
        if graph.wanted().iter().any(|&d| self.data[d as usize].status != Status::Here) {
            return;
        }
        for d in 0..graph.n_data() as DataId {
            if self.data[d as usize].status == Status::Here && !graph.is_wanted(d) {
                self.discard(d, out); // the outputs of effects
            }
        }
        self.outcome = Outcome::Done;
        out.push(Command::Done);
    }
}

/// A task is taken to cost at least this, so that trivial ones are not sent without bound.
pub(super) const MIN_COST_NS: u64 = 100;
