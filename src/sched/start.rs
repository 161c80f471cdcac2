//! Ready tasks are placed: in order of rank, where their inputs are, as far as memory and queues allow.

use crate::graph::{DataId, TaskId};
use crate::sched::command::{Command, Failure};
use crate::sched::event::WorkerId;
use crate::sched::finish::MIN_COST_NS;
use crate::sched::state::{Outcome, Phase, Scheduler, Status};

/// Ready tasks looked at behind one that does not fit.
const LOOK_AHEAD: u32 = 16;

/// How hard to try for memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// Take what is free.
    Free,
    /// Evict what is used later than the task runs.
    Later,
    /// Evict all but the task's own inputs.
    All,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Started,
    /// No room now; events to come may make some.
    NoRoom,
    /// Nothing may start before a worker is idle.
    Drain,
}

/// What a task needs on a worker.
struct Need {
    /// To reserve for the run: outputs, scratch, inputs mapped from files.
    run: u64,
    /// To reserve for copies that are not under way yet.
    copies: u64,
    absent: Vec<DataId>,
}

impl Scheduler {
    /// Places ready tasks until none fits.
    pub(super) fn start_what_fits(&mut self, out: &mut Vec<Command>) {
        let graph = self.graph.clone();
        while self.outcome == Outcome::Open && self.any_room_in_queues() {
            let Some(rank) = self.ready.next(0) else { return };
            let t = graph.order()[rank as usize];
            if graph.is_home(t) && !self.workers[0].alive {
                self.ready.remove(rank);
                self.homeless.push(t);
                continue;
            }
            if self.limits.home_only && !graph.is_home(t) && self.hands().next().is_none() {
                return; // workers may come yet
            }
            if self.ask_for_inputs(t, out) {
                continue;
            }
            match self.start(t, out) {
                Start::Started => {}
                Start::Drain => return,
                Start::NoRoom if self.is_idle() => {
                    if !self.force(t, out) {
                        return;
                    }
                }
                Start::NoRoom => return self.look_ahead(rank, out),
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.spills.is_empty() && self.fetches.is_empty() && self.workers.iter().all(|w| w.n_placed == 0)
    }

    fn any_room_in_queues(&self) -> bool {
        (0..self.workers.len()).any(|w| self.room_in_queue(w))
    }

    /// Whether more may be sent to `w`: two tasks per slot, or more when they are short.
    #[inline]
    fn room_in_queue(&self, w: usize) -> bool {
        let worker = &self.workers[w];
        if !worker.alive || worker.solo {
            return false;
        }
        if self.spill_off.is_some() && self.workers.iter().any(|w| w.n_placed > 0) {
            return false; // one at a time: with no way to spill, what runs at once is what must fit
        }
        let slots = worker.n_slots;
        worker.n_placed < 2 * slots
            || (worker.queued_ns < u64::from(slots) * self.limits.queue_ns_per_slot
                && worker.n_placed < slots * self.limits.max_queue_per_slot)
    }

    fn is_suspect(&self, t: TaskId) -> bool {
        !self.trouble.is_empty() && self.trouble.get(&t).is_some_and(|x| x.losses > 0)
    }

    fn start(&mut self, t: TaskId, out: &mut Vec<Command>) -> Start {
        let home = self.graph.is_home(t);
        if self.is_suspect(t) {
            let free = |w: &usize| self.workers[*w].n_placed == 0;
            let idle = if home { Some(0).filter(free) } else { self.hands().find(free) };
            let Some(w) = idle else { return Start::Drain };
            if !self.place(t, w, Effort::Later, out) {
                return Start::NoRoom;
            }
            self.workers[w].solo = true;
            return Start::Started;
        }
        if home || (self.workers.len() == 1 && !self.limits.home_only) {
            let ok = self.room_in_queue(0) && self.place(t, 0, Effort::Later, out);
            return if ok { Start::Started } else { Start::NoRoom };
        }
        let choice = self.by_preference(t);
        for (i, &w) in choice.iter().enumerate() {
            let effort = if i == 0 { Effort::Later } else { Effort::Free };
            if self.room_in_queue(w) && self.place(t, w, effort, out) {
                return Start::Started;
            }
        }
        Start::NoRoom
    }

    /// Living workers: first the one with most bytes of the inputs of `t`, then the least loaded.
    fn by_preference(&self, t: TaskId) -> Vec<usize> {
        let mut list: Vec<(u64, u64, usize)> = Vec::with_capacity(self.workers.len());
        for w in self.hands() {
            let worker = &self.workers[w];
            let mut held = 0u64;
            for &d in self.graph.inputs(t).iter().take(64) {
                let data = &self.data[d as usize];
                if (data.memory | data.file) & (1 << w) != 0 {
                    held += data.bytes;
                }
            }
            let load = (u64::from(worker.n_placed) << 20) / u64::from(worker.n_slots);
            list.push((u64::MAX - held, load, w));
        }
        list.sort_unstable();
        list.into_iter().map(|(_, _, w)| w).collect()
    }

    fn need(&self, t: TaskId, w: usize) -> Need {
        let graph = &self.graph;
        let bit = 1u32 << w;
        let mut need = Need { run: graph.output_bytes(t) + graph.scratch_bytes(t), copies: 0, absent: Vec::new() };
        for &d in graph.inputs(t) {
            if self.data[d as usize].memory & bit == 0 && !graph.is_weightless(d) {
                need.absent.push(d);
            }
        }
        if !need.absent.is_empty() {
            need.absent.sort_unstable();
            need.absent.dedup();
            need.absent.retain(|&d| {
                let data = &self.data[d as usize];
                let mapped = data.file & bit != 0;
                if mapped {
                    need.run += data.bytes;
                } else if !self.fetches.contains_key(&(w as WorkerId, d)) {
                    need.copies += data.bytes;
                }
                !mapped
            });
        }
        need
    }

    /// Places `t` on `w` if it fits there, evicting as `effort` says.
    fn place(&mut self, t: TaskId, w: usize, effort: Effort, out: &mut Vec<Command>) -> bool {
        let graph = self.graph.clone();
        for &d in graph.inputs(t) {
            self.data[d as usize].pins += 1; // so that making room does not take them
        }
        let need = self.need(t, w);
        let budget = self.workers[w].budget;
        // Sources never outrun their consumers: what they read ahead leaves a quarter of the budget free, and another for what will be done
        // with it if that takes as much. Else it would have to go again to make room for what comes before it.
        let ahead = graph.inputs(t).is_empty() && effort != Effort::All && !self.is_idle();
        let limit = if ahead { budget - budget / 4 - self.next_need(t).min(budget / 4) } else { budget };
        let bytes = need.run.saturating_add(need.copies);
        let deficit = |s: &Scheduler| s.workers[w].used().saturating_add(bytes).saturating_sub(limit);
        if effort != Effort::Free {
            let more = deficit(self).saturating_sub(self.workers[w].freeing);
            if more > 0 && bytes <= limit {
                let above = (effort == Effort::Later).then(|| self.turn(t));
                self.evict(w, more, above, out);
            }
        }
        if deficit(self) > 0 {
            for &d in graph.inputs(t) {
                self.unpin(d, out);
            }
            return false;
        }
        self.send(t, w, need, out);
        true
    }

    /// Bytes that the first task that reads an output of `t` needs beside it.
    fn next_need(&self, t: TaskId) -> u64 {
        let graph = &self.graph;
        let first = graph.outputs(t).filter_map(|d| graph.consumers(d).first());
        first.map(|&c| graph.output_bytes(c) + graph.scratch_bytes(c)).max().unwrap_or(0)
    }

    /// The rank at which `t` is needed: its own or, if it runs again, that of the first task that waits for it.
    fn turn(&self, t: TaskId) -> u32 {
        let graph = &self.graph;
        if self.tasks[t as usize].attempt == 0 {
            return graph.rank(t);
        }
        let asked = graph.outputs(t).filter(|&d| self.data[d as usize].status == Status::Asked);
        asked.map(|d| self.next_use(d, 0)).min().unwrap_or(graph.rank(t))
    }

    fn send(&mut self, t: TaskId, w: usize, need: Need, out: &mut Vec<Command>) {
        self.ready.remove(self.graph.rank(t));
        let worker = &mut self.workers[w];
        worker.reserved += need.run;
        worker.n_placed += 1;
        worker.queued_ns += self.graph.cost_ns(t).max(MIN_COST_NS);
        let task = &mut self.tasks[t as usize];
        self.stats.n_reruns += u64::from(task.attempt > 0);
        self.stats.n_runs += 1;
        task.attempt += 1;
        task.worker = w as u8;
        task.reserved = need.run;
        task.missing = need.absent.len() as u32;
        if need.absent.is_empty() {
            task.phase = Phase::Running;
            out.push(Command::Run { worker: w as WorkerId, task: t, attempt: task.attempt });
        } else {
            task.phase = Phase::Fetching;
            for d in need.absent {
                self.fetch_for(t, d, w, out);
            }
        }
        self.stats.peak_bytes = self.stats.peak_bytes.max(self.workers[w].used());
    }

    /// Nothing is under way and `t`, the first in line, does not fit: evict all else. Returns whether to go on placing.
    fn force(&mut self, t: TaskId, out: &mut Vec<Command>) -> bool {
        let home = self.graph.is_home(t);
        let choice = if home { vec![0] } else { self.by_preference(t) };
        for &w in &choice {
            if self.place(t, w, Effort::All, out) {
                self.workers[w].solo = self.is_suspect(t);
                return true;
            }
            if !self.spills.is_empty() {
                return false;
            }
        }
        let largest = choice.iter().map(|&w| self.workers[w].budget).max().unwrap_or(0);
        let (task, need_bytes, budget_bytes) = (t, self.graph.task_bytes(t), largest);
        self.fail(
            match self.spill_off {
                Some(true) if need_bytes <= largest => Failure::SpillFull { task, need_bytes, budget_bytes },
                Some(false) if need_bytes <= largest => Failure::SpillBroken { task, need_bytes, budget_bytes },
                _ => Failure::Budget { task, need_bytes, budget_bytes },
            },
            out,
        );
        false
    }

    /// Behind a task that does not fit, those may start that leave less in memory than they find.
    fn look_ahead(&mut self, rank: u32, out: &mut Vec<Command>) {
        let graph = self.graph.clone();
        let mut at = rank;
        for _ in 0..LOOK_AHEAD {
            let Some(r) = self.ready.next(at + 1) else { return };
            at = r;
            let t = graph.order()[r as usize];
            if self.shrinks(t) && !self.is_suspect(t) && !graph.is_home(t) {
                let choice = self.by_preference(t);
                if let Some(&w) = choice.first()
                    && self.room_in_queue(w)
                {
                    self.place(t, w, Effort::Free, out);
                }
            }
        }
    }

    /// Whether all inputs of `t` are there and those it is the last to read outweigh its outputs.
    fn shrinks(&self, t: TaskId) -> bool {
        let mut frees = 0;
        for &d in self.graph.inputs(t) {
            let data = &self.data[d as usize];
            if data.status != Status::Here {
                return false;
            }
            if data.left == 1 && data.memory != 0 {
                frees += data.bytes;
            }
        }
        frees >= self.graph.output_bytes(t) && frees > 0
    }
}
