//! Copies between workers. A copy under way always ends in Fetched or FetchFailed, or with its worker; what it is for may
//! change meanwhile.

use crate::graph::{DataId, TaskId};
use crate::sched::command::{Command, Failure};
use crate::sched::event::WorkerId;
use crate::sched::state::{Fetch, NO_KEY, Phase, Scheduler, Status};

/// Tries before the tasks that wait for a copy are placed anew.
const MAX_TRIES: u8 = 3;

impl Scheduler {
    /// Has `d` copied to `w` for task `t`, or joins a copy under way.
    pub(super) fn fetch_for(&mut self, t: TaskId, d: DataId, w: usize, out: &mut Vec<Command>) {
        let worker = w as WorkerId;
        if let Some(f) = self.fetches.get_mut(&(worker, d)) {
            f.waiters.push(t);
            return;
        }
        let data = &self.data[d as usize];
        let (bytes, places) = (data.bytes, if data.memory != 0 { data.memory } else { data.file });
        let from = places.trailing_zeros() as WorkerId;
        let ticket = self.ticket();
        self.fetches.insert((worker, d), Fetch { ticket, from, tries: 1, bytes, waiters: vec![t] });
        self.workers[w].reserved += bytes;
        out.push(Command::Fetch { worker, data: d, from, ticket });
    }

    fn fetch_is_current(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32) -> bool {
        if !self.current(from) {
            return false;
        }
        let ok = self.fetches.get(&(from.0, d)).is_some_and(|f| f.ticket == ticket);
        if !ok {
            self.stats.n_stale += 1;
        }
        ok
    }

    pub(super) fn fetched(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32, out: &mut Vec<Command>) {
        if !self.fetch_is_current(from, d, ticket) {
            return;
        }
        let Some(fetch) = self.fetches.remove(&(from.0, d)) else { return };
        self.arrived(from.0, d, fetch, out);
    }

    /// `d` is in the memory of worker `w`, where this copy was to bring it.
    fn arrived(&mut self, w: WorkerId, d: DataId, fetch: Fetch, out: &mut Vec<Command>) {
        self.workers[usize::from(w)].reserved -= fetch.bytes;
        let data = &mut self.data[d as usize];
        if data.status != Status::Here {
            // Its source is gone since, so this is the only copy now.
            self.output_made(d, fetch.bytes, w, out);
        } else if data.memory & (1 << w) == 0 {
            data.memory |= 1 << w;
            let worker = &mut self.workers[usize::from(w)];
            worker.resident += data.bytes;
            if data.key != NO_KEY && data.bytes > 0 {
                worker.evict.insert(data.key, data.bytes);
            }
            self.free_if_unneeded(d, out);
        }
        for t in fetch.waiters {
            let task = &mut self.tasks[t as usize];
            task.missing -= 1;
            if task.missing == 0 {
                task.phase = Phase::Running;
                out.push(Command::Run { worker: w, task: t, attempt: task.attempt });
            }
        }
        self.finish_if_complete(out);
    }

    pub(super) fn fetch_failed(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32, out: &mut Vec<Command>) {
        if !self.fetch_is_current(from, d, ticket) {
            return;
        }
        let Some(mut fetch) = self.fetches.remove(&(from.0, d)) else { return };
        let data = &self.data[d as usize];
        let places = data.memory | data.file;
        if data.memory & (1 << from.0) != 0 {
            return self.arrived(from.0, d, fetch, out); // made there meanwhile
        }
        let others = places & !(1u32 << fetch.from);
        if places != 0 && fetch.tries < MAX_TRIES && !fetch.waiters.is_empty() {
            fetch.from = if others != 0 { others } else { places }.trailing_zeros() as WorkerId;
            fetch.tries += 1;
            fetch.ticket = self.ticket();
            out.push(Command::Fetch { worker: from.0, data: d, from: fetch.from, ticket: fetch.ticket });
            self.fetches.insert((from.0, d), fetch);
            return;
        }
        self.workers[usize::from(from.0)].reserved -= fetch.bytes;
        for t in fetch.waiters {
            // A bad connection is no reason to give up the copy; a source that cannot read it says so itself.
            if places != 0 && !self.may_retry(t) {
                let attempt = self.tasks[t as usize].attempt;
                return self.fail(Failure::TaskFailed { task: t, worker: from.0, attempt }, out);
            }
            self.take_back(t, out);
        }
        self.finish_if_complete(out);
    }

    /// Worker `from` cannot read its copy of `d` for another worker: tasks that wait for it are placed anew.
    pub(super) fn copy_unreadable(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32, out: &mut Vec<Command>) {
        if !self.current(from) {
            return;
        }
        let asked = |(key, f): (&(WorkerId, DataId), &Fetch)| key.1 == d && f.from == from.0 && f.ticket == ticket;
        if !self.fetches.iter().any(asked) {
            self.stats.n_stale += 1;
            return;
        }
        let mut waiting = Vec::new();
        for (key, fetch) in &mut self.fetches {
            if key.1 == d && fetch.from == from.0 {
                waiting.append(&mut fetch.waiters); // the copying itself will end in FetchFailed
            }
        }
        for t in waiting {
            self.take_back(t, out);
        }
        self.copy_lost(d, usize::from(from.0), out);
    }

    /// A placed task goes back to where it waits for its turn.
    pub(super) fn take_back(&mut self, t: TaskId, out: &mut Vec<Command>) {
        if self.tasks[t as usize].phase == Phase::Fetching {
            let w = WorkerId::from(self.tasks[t as usize].worker);
            for (_, f) in self.fetches.range_mut((w, 0)..=(w, DataId::MAX)) {
                f.waiters.retain(|&x| x != t);
            }
        }
        self.leave(t, out);
        self.await_inputs(t);
        for d in self.graph.outputs(t) {
            self.free_if_unneeded(d, out); // held back while it was at work
        }
    }

    /// The copy of `d` on `w` cannot be read: it is forgotten, unless someone is reading it.
    pub(super) fn copy_lost(&mut self, d: DataId, w: usize, out: &mut Vec<Command>) {
        let bit = 1u32 << w;
        let being_made = self.being_made(d);
        let data = &mut self.data[d as usize];
        let held = (data.memory | data.file) & bit != 0;
        if !held || being_made || data.pins > 0 || self.spills.contains_key(&(w as WorkerId, d)) {
            return;
        }
        let file = data.file & bit != 0;
        if data.memory & bit != 0 {
            self.workers[w].resident -= data.bytes;
        }
        data.memory &= !bit;
        data.file &= !bit;
        out.push(Command::Drop { worker: w as WorkerId, data: d, file });
        if data.memory | data.file == 0 {
            data.status = Status::Gone;
            if self.graph.is_wanted(d) {
                self.ask(d, out);
            }
        }
    }
}
