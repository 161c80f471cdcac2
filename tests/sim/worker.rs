//! What simulated workers do, and how a run is judged at its end.

use super::dag;
use super::rng::mix;
use super::world::{Item, World, size};
use tilework::sched::state::Phase;
use tilework::sched::{DoneTask, Event, Failure, SpillFailure};

macro_rules! ensure {
    ($ok:expr, $($why:tt)*) => { if !$ok { return Err(format!($($why)*)); } };
}

impl World {
    /// Dropping what a task on the worker still has to read would be an error of the scheduler.
    pub(super) fn check_in_use(&self, worker: u16, data: u32) -> Result<(), String> {
        let here = &self.workers[usize::from(worker)];
        if here.files.contains_key(&data) {
            return Ok(());
        }
        let tasks = here.queue.iter().map(|r| r.0).chain(here.running.keys().copied());
        for t in tasks {
            ensure!(!self.graph.inputs(t).contains(&data), "data {data} is dropped while task {t} reads it");
        }
        Ok(())
    }

    pub(super) fn start_runs(&mut self, w: u16) -> Result<(), String> {
        let graph = self.graph.clone();
        loop {
            let here = &mut self.workers[usize::from(w)];
            if here.running.len() >= here.n_slots {
                return Ok(());
            }
            let Some((task, attempt)) = here.queue.pop_front() else { return Ok(()) };
            let epoch = here.epoch;
            if self.poisonous == Some(task) {
                self.fired.poison += 1;
                self.crash(w, false);
                return Ok(());
            }
            let (mut bytes, mut values, mut broken) = (0, Vec::new(), None);
            for (i, &d) in graph.inputs(task).iter().enumerate() {
                let here = &mut self.workers[usize::from(w)];
                if graph.is_weightless(d) {
                    values.push(0);
                } else if let Some(&v) = here.memory.get(&d) {
                    values.push(v);
                } else if let Some(file) = here.files.get_mut(&d) {
                    if self.rng.permille(self.faults.corrupt) {
                        *file = None;
                    }
                    let Some(v) = *file else {
                        broken = Some(d);
                        break;
                    };
                    if !graph.inputs(task)[..i].contains(&d) {
                        bytes += size(&graph, d);
                    }
                    values.push(v);
                } else {
                    return Err(format!("input {d} of task {task} is not on worker {w}"));
                }
            }
            if let Some(data) = broken {
                self.fired.corrupt += 1;
                *self.failures.entry(task).or_default() += 1;
                self.emit(Event::InputLost { worker: w, epoch, task, attempt, data });
                continue;
            }
            bytes += graph.scratch_bytes(task) + graph.outputs(task).map(|d| size(&graph, d)).sum::<u64>();
            self.workers[usize::from(w)].running.insert(task, (bytes, values));
            let delay = self.rng.below(10_000);
            self.at(delay, Item::RunOver { w, epoch, task, attempt });
        }
    }

    pub(super) fn run_over(&mut self, w: u16, epoch: u32, task: u32, attempt: u32) -> Result<(), String> {
        let graph = self.graph.clone();
        let here = &mut self.workers[usize::from(w)];
        if !here.alive || here.epoch != epoch {
            return Ok(());
        }
        let Some((_, inputs)) = here.running.remove(&task) else { return Err(format!("task {task} ends but did not run")) };
        let (retryable, fatal) = (self.rng.permille(self.faults.retryable), self.rng.permille(self.faults.fatal) && attempt == 1);
        if retryable || fatal {
            self.fired.retryable += u64::from(retryable);
            self.fired.fatal += u64::from(!retryable);
            *self.failures.entry(task).or_default() += if retryable { 1 } else { 100 };
            self.emit(Event::Failed { worker: w, epoch, task, attempt, retryable });
        } else {
            let mut sizes = Vec::new();
            for d in graph.outputs(task) {
                let v = dag::value(&graph, task, d, &inputs);
                ensure!(v == self.oracle[d as usize], "data {d} has a wrong value");
                sizes.push(size(&graph, d));
                if !graph.is_weightless(d) {
                    self.workers[usize::from(w)].memory.insert(d, v);
                }
            }
            let bytes = sizes.first().copied().unwrap_or(0);
            let more_bytes = sizes.get(1..).unwrap_or_default().into();
            self.workers[usize::from(w)].finished.push(DoneTask { task, attempt, bytes, more_bytes });
        }
        self.start_runs(w)?;
        let flush = self.rng.permille(600);
        let here = &mut self.workers[usize::from(w)];
        if !here.finished.is_empty() && (flush || here.running.is_empty()) {
            let batch = std::mem::take(&mut here.finished);
            self.emit(Event::Finished { worker: w, epoch, batch });
        }
        Ok(())
    }

    pub(super) fn spill_over(&mut self, w: u16, epoch: u32, data: u32, ticket: u32) {
        let bytes = size(&self.graph, data);
        let here = &mut self.workers[usize::from(w)];
        if !here.alive || here.epoch != epoch {
            return;
        }
        let why = if mix(u64::from(data) ^ 99) % 1000 < self.faults.unspillable {
            self.fired.unspillable += 1;
            Some(SpillFailure::Unspillable)
        } else if self.rng.permille(self.faults.spill_io) {
            self.fired.spill_io += 1;
            Some(SpillFailure::Io)
        } else if self.faults.disk_bytes.is_some_and(|most| self.disk_used + bytes > most) {
            self.fired.disk_full += 1;
            Some(SpillFailure::DiskFull)
        } else {
            None
        };
        if let Some(why) = why {
            return self.emit(Event::SpillFailed { worker: w, epoch, data, ticket, why });
        }
        self.disk_used += bytes;
        // A chunk that is missing here would be noticed when the file is read.
        if let Some(&v) = here.memory.get(&data) {
            here.files.insert(data, Some(v));
        }
        self.emit(Event::Spilled { worker: w, epoch, data, ticket });
    }

    pub(super) fn fetch_over(&mut self, w: u16, epoch: u32, data: u32, from: (u16, u32), ticket: u32) {
        let source = &self.workers[usize::from(from.0)];
        let there = source.alive && source.epoch == from.1;
        let mut value = if there { source.memory.get(&data).copied().or(source.files.get(&data).copied().flatten()) } else { None };
        let bytes = size(&self.graph, data);
        let from_file = there && !source.memory.contains_key(&data) && source.files.contains_key(&data);
        if from_file && (value.is_none() || self.rng.permille(self.faults.corrupt)) {
            self.fired.unreadable += 1;
            self.workers[usize::from(from.0)].files.insert(data, None);
            self.emit(Event::CopyUnreadable { worker: from.0, epoch: from.1, data, ticket });
            value = None;
        }
        let here = &mut self.workers[usize::from(w)];
        if !here.alive || here.epoch != epoch {
            return;
        }
        here.arriving -= bytes;
        let broken = self.rng.permille(self.faults.fetch);
        self.fired.fetch += u64::from(broken);
        match value {
            Some(v) if !broken => {
                here.memory.insert(data, v);
                self.emit(Event::Fetched { worker: w, epoch, data, ticket });
            }
            _ => self.emit(Event::FetchFailed { worker: w, epoch, data, ticket }),
        }
    }

    pub(super) fn crash_any(&mut self) {
        let alive: Vec<u16> = (0..self.workers.len() as u16).filter(|&w| self.workers[usize::from(w)].alive).collect();
        if let Some(&w) = alive.get(self.rng.below(alive.len() as u64) as usize) {
            let partition = self.rng.permille(self.faults.partition);
            self.crash(w, partition);
        }
    }

    /// The worker is gone; or, in a partition, only held to be gone.
    pub(super) fn crash(&mut self, w: u16, partition: bool) {
        let epoch = self.workers[usize::from(w)].epoch;
        if partition {
            self.fired.partition += 1;
        } else {
            self.fired.crash += 1;
            self.reset(w, false);
        }
        self.emit(Event::WorkerLost { worker: w, epoch });
        if self.rng.permille(self.faults.rejoin) {
            let delay = self.rng.below(50_000);
            self.at(delay, Item::Rejoin(w));
        }
    }

    fn reset(&mut self, w: u16, alive: bool) {
        let here = &mut self.workers[usize::from(w)];
        here.alive = alive;
        here.queue.clear();
        here.running.clear();
        here.finished.clear();
        here.memory.clear();
        here.files.clear();
        here.arriving = 0;
    }

    pub(super) fn rejoin(&mut self, w: u16) {
        self.reset(w, true);
        let here = &mut self.workers[usize::from(w)];
        here.epoch += 1;
        self.fired.rejoin += u64::from(here.epoch > 1);
        let (epoch, n_slots, budget_bytes) = (here.epoch, here.n_slots as u32, here.budget);
        // A connection delivers in order: the loss of this epoch cannot come before it.
        self.at(0, Item::Event(Event::WorkerJoined { worker: w, epoch, n_slots, budget_bytes }));
    }

    /// Runs that a loss takes down, as far as the scheduler still waits for them.
    pub(super) fn count_losses(&mut self, event: &Event, worker: u16) {
        let known = self.known[usize::from(worker)];
        let heard = match event {
            Event::WorkerLost { epoch, .. } => *epoch == known,
            Event::WorkerJoined { epoch, .. } => *epoch > known,
            _ => false,
        };
        for (&t, &(w, e, _)) in &self.latest_run {
            if heard && w == worker && e == known && self.scheduler.task_state(t).0 == Phase::Running {
                *self.losses.entry(t).or_default() += 1;
            }
        }
    }

    /// What workers hold must fit, by their own count.
    pub(super) fn check_memory(&self) -> Result<(), String> {
        for (w, here) in self.workers.iter().enumerate() {
            let held: u64 = here.memory.keys().map(|&d| size(&self.graph, d)).sum();
            let running: u64 = here.running.values().map(|r| r.0).sum();
            let all = held + running + here.arriving;
            ensure!(all <= here.budget, "worker {w} holds {all} bytes of {}: {held} + {running} + {}", here.budget, here.arriving);
        }
        Ok(())
    }

    pub(super) fn end(&mut self) {
        let stats = self.scheduler.stats();
        self.fired.stale += stats.n_stale;
        self.fired.spilled += stats.n_spilled;
        self.fired.dropped += stats.n_dropped;
        self.fired.reruns += stats.n_reruns;
    }

    pub(super) fn done(&mut self) -> Result<(), String> {
        self.end();
        self.fired.done += 1;
        let graph = self.graph.clone();
        for &t in graph.order() {
            let n = self.effects.get(&t).copied().unwrap_or(0);
            ensure!(n == u32::from(graph.is_effect(t)), "effect {t} happened {n} times");
        }
        while let Some((_, item)) = self.agenda.pop_first() {
            if let Item::Command(epoch, command) = item {
                self.obey(epoch, command)?;
            }
        }
        for (w, here) in self.workers.iter().enumerate() {
            if !here.alive || here.epoch != self.known[w] || !self.scheduler.is_alive(w as u16) {
                continue; // died unnoticed, is new and holds nothing, or was given up but goes on
            }
            ensure!(here.queue.is_empty() && here.running.is_empty(), "worker {w} still works after the end");
            let bit = 1u32 << w;
            for &d in here.memory.keys().chain(here.files.keys()) {
                let (memory, file) = self.scheduler.places(d);
                ensure!((memory | file) & bit != 0, "worker {w} still holds data {d}, unknown to the scheduler");
                ensure!(graph.is_wanted(d), "worker {w} still holds data {d}, which nobody wants");
            }
        }
        for &d in graph.wanted() {
            let (memory, file) = self.scheduler.places(d);
            ensure!(memory | file != 0 || graph.is_weightless(d), "wanted data {d} is nowhere");
            for (w, here) in self.workers.iter().enumerate().filter(|(w, _)| (memory | file) & (1 << w) != 0) {
                if here.alive && here.epoch == self.known[w] {
                    let v = here.memory.get(&d).or(here.files.get(&d).and_then(Option::as_ref));
                    let corrupt = here.files.get(&d).is_some_and(Option::is_none);
                    ensure!(v == Some(&self.oracle[d as usize]) || corrupt, "wanted data {d} is not on worker {w}");
                }
            }
        }
        Ok(())
    }

    pub(super) fn justify(&mut self, why: &Failure) -> Result<(), String> {
        let (index, ok) = match why {
            Failure::Budget { .. } => (0, !self.limits.can_spill || self.fired.unspillable > 0),
            Failure::SpillFull { .. } => (1, self.fired.disk_full > 0),
            Failure::SpillBroken { .. } => (2, self.fired.spill_io > 0),
            Failure::TaskFailed { task, .. } => {
                let n = self.failures.get(task).copied().unwrap_or(0);
                let tries = 3 * u64::from(self.limits.max_retries + 1 - n.min(self.limits.max_retries));
                (3, n > self.limits.max_retries || self.fired.fetch + self.fired.unreadable >= tries)
            }
            Failure::Poison { task, .. } => (4, self.losses.get(task).copied().unwrap_or(0) >= self.limits.max_losses),
            Failure::NoWorkers => {
                let hands = u16::from(self.limits.home_only)..self.workers.len() as u16;
                let n = hands.filter(|&w| self.scheduler.is_alive(w)).count();
                (5, self.timeout_sent && (n == 0 || !self.scheduler.is_alive(0)))
            }
            Failure::LostEffect { data, task } => (
                6,
                self.graph.bytes(*data) > 0
                    && self.graph.is_effect(*task)
                    && self.fired.crash + self.fired.partition + self.fired.corrupt + self.fired.unreadable > 0,
            ),
            Failure::Cancelled => (7, self.fired.cancel > 0),
            Failure::Bug { .. } => (0, false),
        };
        self.fired.failed[index] += 1;
        ensure!(ok, "a failure without cause: {why:?}");
        Ok(())
    }
}
