//! Memory is made: what is used last goes first, and it is dropped when making it again is cheaper than a spill file.

use crate::graph::DataId;
use crate::sched::command::Command;
use crate::sched::event::WorkerId;
use crate::sched::evict_set::class;
use crate::sched::state::{FRESH, SPILLING, Scheduler, Status, UNSPILLABLE};

/// Data with more consumers than this is not dropped: asking for it again touches them all.
const MAX_DROP_CONSUMERS: usize = 1024;
/// Without spilling, tasks run again at most this often on average: a bound on going round in circles.
const MAX_RERUNS: u64 = 8;

impl Scheduler {
    /// Frees, or begins to free, `deficit` bytes of worker `w`, of data whose next use is beyond rank `above`
    /// (`None`: any that is not pinned), the farthest first.
    pub(super) fn evict(&mut self, w: usize, deficit: u64, above: Option<u32>, out: &mut Vec<Command>) {
        let mut freed = self.evict_kept(w, deficit, out);
        let graph = self.graph.clone();
        let bit = 1u32 << w;
        // A reduction's small states give little, and what was made again is about to be used: they go only when all must.
        let least = if above.is_some() { class(deficit / 64) } else { 0 };
        let mut at = (graph.n_live() as u32).checked_sub(1);
        while let Some(r) = at.and_then(|r| self.workers[w].evict.prev(r, least)) {
            if freed >= deficit || above.is_some_and(|a| r <= a) {
                return;
            }
            let mut listed = 0;
            for &d in graph.inputs(graph.order()[r as usize]) {
                let data = &self.data[d as usize];
                if data.key == r && data.memory & bit != 0 {
                    listed |= 1 << class(data.bytes);
                    let spare = above.is_some() && (class(data.bytes) < least || data.flags & FRESH != 0);
                    if freed < deficit && !spare {
                        freed += self.evict_one(d, w, out);
                    }
                }
            }
            self.workers[w].evict.keep(r, listed);
            at = r.checked_sub(1);
        }
    }

    /// Evicts data that no task needs any more but that must be kept.
    fn evict_kept(&mut self, w: usize, deficit: u64, out: &mut Vec<Command>) -> u64 {
        let (bit, last) = (1u32 << w, self.graph.n_live() as u32);
        let (mut freed, mut i) = (0, self.kept.len());
        while i > 0 && freed < deficit {
            i -= 1;
            let d = self.kept[i];
            let data = &self.data[d as usize];
            if data.status != Status::Here || data.key != last || data.memory == 0 {
                self.kept.swap_remove(i); // listed anew if it ever comes back
            } else if data.memory & bit != 0 {
                freed += self.evict_one(d, w, out);
            }
        }
        freed
    }

    /// Frees or begins to free the copy of `d` in the memory of `w`; returns the bytes that gives.
    fn evict_one(&mut self, d: DataId, w: usize, out: &mut Vec<Command>) -> u64 {
        let bit = 1u32 << w;
        let being_made = self.being_made(d);
        let data = &mut self.data[d as usize];
        let bytes = data.bytes;
        if data.pins > 0 || data.flags & SPILLING != 0 || bytes == 0 || being_made {
            return 0;
        }
        if (data.memory | data.file) & !bit != 0 {
            data.memory &= !bit;
            self.workers[w].resident -= bytes;
            out.push(Command::Drop { worker: w as WorkerId, data: d, file: false });
            return bytes;
        }
        if self.droppable(d) {
            self.stats.n_dropped += 1;
            self.stats.dropped_bytes += bytes;
            self.discard(d, out);
            return bytes;
        }
        if !self.can_spill(d) {
            return 0;
        }
        let ticket = self.ticket();
        self.data[d as usize].flags |= SPILLING;
        self.spills.insert((w as WorkerId, d), ticket);
        self.workers[w].freeing += bytes;
        out.push(Command::Spill { worker: w as WorkerId, data: d, ticket });
        bytes
    }

    fn can_spill(&self, d: DataId) -> bool {
        self.limits.can_spill && self.spill_off.is_none() && self.data[d as usize].flags & UNSPILLABLE == 0
    }

    /// Whether `d` may be dropped to be made again, and that is the better way.
    fn droppable(&self, d: DataId) -> bool {
        let graph = &self.graph;
        let producer = graph.producer(d);
        let data = &self.data[d as usize];
        if graph.is_wanted(d) || graph.is_effect(producer) || graph.consumers(d).len() > MAX_DROP_CONSUMERS {
            return false;
        }
        if self.can_spill(d) {
            data.flags & FRESH == 0 && graph.regen_ns(producer) <= self.limits.spill_ns(data.bytes)
        } else {
            self.stats.n_reruns - self.reruns_before < MAX_RERUNS * (16 + graph.n_live() as u64)
        }
    }
}
