//! Spill files are written, or cannot be.

use crate::graph::DataId;
use crate::sched::command::Command;
use crate::sched::event::{SpillFailure, WorkerId};
use crate::sched::state::{SPILLING, Scheduler, UNSPILLABLE};

impl Scheduler {
    pub(super) fn spilled(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32, out: &mut Vec<Command>) {
        if !self.spill_over(from, d, ticket) {
            return;
        }
        let data = &mut self.data[d as usize];
        data.file |= 1 << from.0;
        self.stats.n_spilled += 1;
        self.stats.spilled_bytes += data.bytes;
        if data.pins == 0 {
            self.unload(d, out);
        }
        self.free_if_unneeded(d, out);
        self.finish_if_complete(out);
    }

    pub(super) fn spill_failed(
        &mut self,
        from: (WorkerId, u32),
        d: DataId,
        ticket: u32,
        why: SpillFailure,
        out: &mut Vec<Command>,
    ) {
        if !self.spill_over(from, d, ticket) {
            return;
        }
        if why != SpillFailure::Unspillable && self.spill_off.is_none() {
            self.reruns_before = self.stats.n_reruns;
        }
        match why {
            SpillFailure::Unspillable => self.data[d as usize].flags |= UNSPILLABLE,
            SpillFailure::DiskFull => self.spill_off = Some(true),
            SpillFailure::Io => self.spill_off = Some(self.spill_off.unwrap_or(false)),
        }
        self.free_if_unneeded(d, out);
        self.finish_if_complete(out);
    }

    /// Ends the spill under way that this ticket names, if there is one.
    fn spill_over(&mut self, from: (WorkerId, u32), d: DataId, ticket: u32) -> bool {
        if !self.current(from) {
            return false;
        }
        if self.spills.get(&(from.0, d)) != Some(&ticket) {
            self.stats.n_stale += 1;
            return false;
        }
        self.spills.remove(&(from.0, d));
        let data = &mut self.data[d as usize];
        data.flags &= !SPILLING;
        self.workers[usize::from(from.0)].freeing -= data.bytes;
        true
    }

    /// Frees the memory of copies that have a file.
    pub(super) fn unload(&mut self, d: DataId, out: &mut Vec<Command>) {
        let data = &mut self.data[d as usize];
        let mut places = data.memory & data.file;
        data.memory &= !places;
        while places != 0 {
            let w = places.trailing_zeros();
            places &= places - 1;
            self.workers[w as usize].resident -= data.bytes;
            out.push(Command::Unload { worker: w as WorkerId, data: d });
        }
    }
}
