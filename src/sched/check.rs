//! The invariants of the scheduler's state, checked from scratch: for tests and simulation.

use crate::sched::event::WorkerId;
use crate::sched::state::{Outcome, Phase, SPILLING, Scheduler, Status};

macro_rules! ensure {
    ($ok:expr, $($why:tt)*) => { if !$ok { return Err(format!($($why)*)); } };
}

impl Scheduler {
    /// Checks every invariant; linear in the graph.
    ///
    /// # Errors
    /// The first one that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.outcome == Outcome::Failed {
            return Ok(()); // abandoned half-way on purpose
        }
        self.check_tasks()?;
        self.check_data()?;
        self.check_workers()
    }

    fn check_tasks(&self) -> Result<(), String> {
        let g = &self.graph;
        let mut n_left = 0;
        for &t in g.order() {
            let task = &self.tasks[t as usize];
            n_left += usize::from(task.phase != Phase::Done);
            let status = |s: &[Status]| g.inputs(t).iter().filter(|&&d| s.contains(&self.data[d as usize].status)).count();
            let ready = self.ready.contains(g.rank(t)) || self.homeless.contains(&t);
            ensure!(
                !self.ready.contains(g.rank(t)) || task.phase == Phase::Ready,
                "task {t} is listed as ready but is {:?}",
                task.phase
            );
            match task.phase {
                Phase::Waiting => {
                    let making = status(&[Status::Never, Status::Asked]);
                    ensure!(
                        task.missing as usize == making && making > 0,
                        "task {t} counts {} missing, not {making}",
                        task.missing
                    );
                }
                Phase::Ready => {
                    ensure!(ready && status(&[Status::Never, Status::Asked]) == 0, "task {t} is ready without inputs or listing");
                }
                Phase::Fetching | Phase::Running => {
                    let worker = &self.workers[usize::from(task.worker)];
                    ensure!(worker.alive, "task {t} is placed on a lost worker");
                    let bit = 1u32 << task.worker;
                    for &d in g.inputs(t) {
                        let data = &self.data[d as usize];
                        ensure!(data.pins > 0, "input {d} of placed task {t} is not pinned");
                        let there = (data.memory | data.file) & bit != 0 || g.is_weightless(d);
                        ensure!(there || task.phase == Phase::Fetching, "input {d} of running task {t} is not there");
                    }
                }
                Phase::Done => {
                    for d in g.outputs(t) {
                        let s = self.data[d as usize].status;
                        ensure!(s == Status::Here || s == Status::Gone, "data {d} of done task {t} is {s:?}");
                    }
                }
            }
        }
        ensure!(n_left == self.n_left, "{} tasks counted as left, not {n_left}", self.n_left);
        Ok(())
    }

    fn check_data(&self) -> Result<(), String> {
        let g = &self.graph;
        let mut pins = vec![0u32; g.n_data()];
        for &t in g.order() {
            if matches!(self.tasks[t as usize].phase, Phase::Fetching | Phase::Running) {
                g.inputs(t).iter().for_each(|&d| pins[d as usize] += 1);
            }
        }
        for d in 0..g.n_data() as u32 {
            let data = &self.data[d as usize];
            let left = g.consumers(d).iter().filter(|&&c| self.tasks[c as usize].phase != Phase::Done).count();
            ensure!(data.left as usize == left, "data {d} counts {} consumers left, not {left}", data.left);
            ensure!(data.pins == pins[d as usize], "data {d} counts {} pins, not {}", data.pins, pins[d as usize]);
            let somewhere = data.memory | data.file != 0 || g.is_weightless(d);
            ensure!((data.status == Status::Here) <= somewhere, "data {d} is nowhere but counts as here");
            ensure!(data.status == Status::Here || data.memory | data.file == 0, "data {d} is {:?} but somewhere", data.status);
            let spilling = self.spills.keys().any(|k| k.1 == d);
            ensure!(spilling == (data.flags & SPILLING != 0), "data {d} has a wrong spilling mark");
            let keep =
                g.is_wanted(d) || g.is_effect(g.producer(d)) || spilling || self.being_made(d) || self.outcome == Outcome::Done;
            ensure!(data.status != Status::Here || left > 0 || keep, "data {d} is kept though nobody needs it");
            ensure!(data.memory & data.file == 0 || data.pins > 0, "data {d} is in memory beside its file, unpinned");
            ensure!(data.status != Status::Gone || !g.is_wanted(d), "wanted data {d} is gone and not asked for");
        }
        Ok(())
    }

    fn check_workers(&self) -> Result<(), String> {
        let g = &self.graph;
        for (w, worker) in self.workers.iter().enumerate() {
            let id = w as WorkerId;
            let (mut reserved, mut n_placed) = (0, 0);
            for &t in g.order() {
                let task = &self.tasks[t as usize];
                if usize::from(task.worker) == w && matches!(task.phase, Phase::Fetching | Phase::Running) {
                    reserved += task.reserved;
                    n_placed += 1;
                }
            }
            reserved += self.fetches.iter().filter(|(k, _)| k.0 == id).map(|(_, f)| f.bytes).sum::<u64>();
            let here = |d: &&crate::sched::state::Data| d.memory & (1 << w) != 0;
            let resident: u64 = self.data.iter().filter(here).map(|d| d.bytes).sum();
            let freeing: u64 = self.spills.keys().filter(|k| k.0 == id).map(|k| self.data[k.1 as usize].bytes).sum();
            ensure!(worker.reserved == reserved, "worker {w} counts {} reserved, not {reserved}", worker.reserved);
            ensure!(worker.resident == resident, "worker {w} counts {} resident, not {resident}", worker.resident);
            ensure!(worker.freeing == freeing, "worker {w} counts {} freeing, not {freeing}", worker.freeing);
            ensure!(worker.n_placed == n_placed, "worker {w} counts {} placed tasks, not {n_placed}", worker.n_placed);
            ensure!(worker.alive || (resident == 0 && reserved == 0), "lost worker {w} still holds something");
            let bound = self.stats.n_over_bound > 0 || worker.used() <= worker.budget;
            ensure!(!worker.alive || bound, "worker {w} uses {} of {}", worker.used(), worker.budget);
            for (d, data) in self.data.iter().enumerate().filter(|(_, d)| here(d) && d.bytes > 0) {
                let listed = worker.evict.contains(data.key, data.bytes) || (data.left == 0 && self.kept.contains(&(d as u32)));
                ensure!(listed || data.flags & SPILLING != 0, "data {d} cannot be found for eviction on worker {w}");
            }
        }
        Ok(())
    }
}
