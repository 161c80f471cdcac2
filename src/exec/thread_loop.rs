//! What each thread of the pool does: takes tasks in batches, runs them, reports in batches.

use crate::base::event::{Event as Seen, TaskDone};
use crate::base::{Error, Kind};
use crate::chunk::{Chunk, pages};
use crate::exec::runner::Outputs;
use crate::exec::serial::run_one;
use crate::exec::threads::{LARGE_BYTES, Shared};
use crate::graph::DataId;
use crate::sched::DoneTask;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A batch is reported, and what is left of it shared, when it has taken this long.
const BATCH_TIME: Duration = Duration::from_micros(100);
/// Most tasks taken at once.
const BATCH: usize = 64;
/// Work taken at once, in nanoseconds, going by the estimates and by how long this thread's tasks took lately.
const BATCH_NS: u64 = 20_000;

/// A task to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    pub task: u32,
    pub attempt: u32,
    /// Bytes of pages that were promised to it.
    pub promised: usize,
}

/// Why a task could not be done.
pub(super) enum Reason {
    /// An input's spill file is broken.
    InputLost(DataId),
    /// Its own failure.
    Failed(Error),
}

/// Buffers of one thread.
#[derive(Default)]
struct Local {
    index: u32,
    /// Mean run time of the last tasks.
    mean_ns: u64,
    inputs: Vec<Chunk>,
    outputs: Outputs,
    done: Vec<DoneTask>,
    seen: Vec<TaskDone>,
    /// What tasks take that have begun, as far as it was not told.
    begun_bytes: u64,
}

impl Shared<'_> {
    /// Runs tasks until the run is over.
    pub(super) fn work(&self, index: usize) {
        let mut local = Local { index: index as u32, ..Local::default() };
        let mut batch = Vec::with_capacity(BATCH);
        while self.take(&mut batch, local.mean_ns) {
            self.run_batch(&mut batch, &mut local);
        }
    }

    /// Takes this thread's share of the queue, in order; sleeps while it is empty. False when the run is over.
    fn take(&self, batch: &mut Vec<Work>, mean_ns: u64) -> bool {
        let mut queue = self.queue.lock();
        loop {
            if queue.over {
                return false;
            }
            let n = queue.works.len().div_ceil(self.n_threads).min(BATCH);
            if n > 0 {
                let n = n.min((BATCH_NS / mean_ns.max(1)) as usize).max(1);
                let mut ns = 0;
                while batch.len() < n && ns < BATCH_NS {
                    let Some(work) = queue.works.pop_front() else { break };
                    ns += self.job.graph.cost_ns(work.task);
                    batch.push(work);
                }
                return true;
            }
            queue.n_idle += 1;
            self.wake.wait(&mut queue);
            queue.n_idle -= 1;
        }
    }

    fn run_batch(&self, batch: &mut Vec<Work>, local: &mut Local) {
        let watched = self.job.watcher.is_some();
        let mut began = Instant::now();
        let (first, mut last) = (began, began);
        let mut rest = batch.len();
        for work in batch.iter() {
            if self.stop.load(Ordering::Relaxed) {
                batch[batch.len() - rest..].iter().for_each(|w| pages::withdraw(w.promised));
                break;
            }
            rest -= 1;
            if self.job.graph.cost_ns(work.task) > BATCH_NS {
                self.finished(&mut local.done, true); // others may be waiting for these
            }
            let done = self.run_task(*work, local);
            let now = Instant::now();
            let ok = done.is_ok();
            match done {
                Ok(done) => local.done.push(done),
                Err(why) => self.failed(work.task, work.attempt, why),
            }
            if watched && ok {
                local.seen.push(self.seen(work.task, local.index, last, now));
            }
            last = now;
            if now - began > BATCH_TIME {
                if rest > 0 {
                    self.give_back(&batch[batch.len() - rest..]);
                    break;
                }
                began = now;
            }
        }
        let n = (batch.len() - rest) as u64;
        local.mean_ns = (local.mean_ns + (last - first).as_nanos() as u64 / n.max(1)) / 2;
        batch.clear();
        self.finished(&mut local.done, true);
        if !local.seen.is_empty() {
            let seen = std::mem::take(&mut local.seen);
            self.see(|_| Seen::TasksDone(seen));
        }
    }

    /// Puts tasks back to the front of the queue: they turned out to take long, so others may help.
    fn give_back(&self, works: &[Work]) {
        let mut queue = self.queue.lock();
        for &work in works.iter().rev() {
            queue.works.push_front(work);
        }
        let n_wake = queue.n_idle.min(works.len());
        drop(queue);
        for _ in 0..n_wake {
            self.wake.notify_one();
        }
    }

    fn run_task(&self, work: Work, local: &mut Local) -> Result<DoneTask, Reason> {
        let graph = &*self.job.graph;
        local.inputs.clear();
        for &d in graph.inputs(work.task) {
            let held = self.slots[d as usize].lock().as_deref().cloned();
            local.inputs.push(match held {
                Some(chunk) => chunk,
                None => self.input_from_file(d)?,
            });
        }
        local.begun_bytes =
            local.begun_bytes.saturating_add(graph.output_bytes(work.task)).saturating_add(graph.scratch_bytes(work.task));
        if local.begun_bytes >= LARGE_BYTES {
            #[cfg(feature = "cli")]
            crate::chunk::allocator::begin_tasks(local.begun_bytes, crate::exec::memory::own_bytes);
            local.begun_bytes = 0;
        }
        let redeemed = pages::redeem(work.promised);
        let result = run_one(graph, self.job.runner, work.task, &local.inputs, &mut local.outputs);
        drop(redeemed);
        local.inputs.clear();
        result.map_err(Reason::Failed)?;
        let mut done = DoneTask { task: work.task, attempt: work.attempt, bytes: 0, more_bytes: Box::default() };
        let outputs = graph.outputs(work.task);
        if outputs.len() > 1 {
            done.more_bytes = local.outputs[1..].iter().map(Chunk::n_bytes).collect();
        }
        done.bytes = local.outputs.first().map_or(0, Chunk::n_bytes);
        for (d, chunk) in outputs.zip(local.outputs.drain(..)) {
            if !graph.is_weightless(d) {
                *self.slots[d as usize].lock() = Some(Box::new(chunk));
            }
        }
        Ok(done)
    }

    fn input_from_file(&self, d: DataId) -> Result<Chunk, Reason> {
        if self.job.graph.is_weightless(d) {
            return Ok(Chunk::Unit);
        }
        let Some(store) = self.job.store else {
            return Err(Reason::Failed(Error::bug(format!("input {d} is neither in memory nor spilled"))));
        };
        store.read(d).map_err(|e| if e.kind() == Kind::Corrupt { Reason::InputLost(d) } else { Reason::Failed(e) })
    }

    fn seen(&self, task: u32, worker: u32, start: Instant, end: Instant) -> TaskDone {
        let (read_bytes, written_bytes) = self.job.runner.io_bytes(task);
        let ns = |t: Instant| t.saturating_duration_since(self.job.start).as_nanos() as u64;
        let layer = self.job.graph.layer_of(task);
        TaskDone { layer, task, worker, start_ns: ns(start), end_ns: ns(end), read_bytes, written_bytes }
    }
}
