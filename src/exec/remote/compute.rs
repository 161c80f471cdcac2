//! One run in one process: its chunks, its queue of tasks, and the threads that work on it.
//!
//! Threads take tasks in batches and report in batches; the thread with the sockets gathers the reports. Chunks live in one slot
//! per datum. Spill files are written, and removed, by a thread of their own, so that a removal cannot overtake a later
//! write of the same chunk.

use crate::base::{Error, Kind, Result};
use crate::chunk::Chunk;
use crate::exec::runner::Outputs;
use crate::exec::serial::run_one;
use crate::graph::TaskGraph;
use crate::plan::Plan;
use crate::spill::{FileSpill, SpillStore};
use crate::wire::message::{Order, Report, SpillFault};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Reports wait no longer than this for others to go along.
const REPORT_TIME: Duration = Duration::from_micros(200);
/// Most tasks taken at once.
const BATCH: usize = 128;
/// Work taken at once, going by how long this thread's tasks took lately.
const BATCH_NS: u64 = 50_000;

/// What is to be told to the scheduler, of one run: what a former run's threads still say is dropped.
#[derive(Default)]
pub(super) struct Outbox {
    reports: Mutex<(u64, Vec<Report>)>,
    pub filled: Notify,
}

impl Outbox {
    pub(super) fn push(&self, run: u64, reports: &mut Vec<Report>) {
        let mut mine = self.reports.lock();
        if mine.0 != run {
            return reports.clear();
        }
        let first = mine.1.is_empty();
        mine.1.append(reports);
        drop(mine);
        if first {
            self.filled.notify_one();
        }
    }

    pub(super) fn push_one(&self, run: u64, report: Report) {
        self.push(run, &mut vec![report]);
    }

    /// The run and its reports so far.
    pub(super) fn take(&self) -> (u64, Vec<Report>) {
        let mut mine = self.reports.lock();
        (mine.0, std::mem::take(&mut mine.1))
    }

    /// Takes reports of this run only, from now on.
    pub(super) fn turn_to(&self, run: u64) {
        *self.reports.lock() = (run, Vec::new());
    }
}

/// A chunk to copy from another worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub data: u32,
    pub from: u16,
    pub ticket: u32,
}

enum Io {
    Write { data: u32, ticket: u32 },
    Remove(u32),
    End,
}

#[derive(Clone, Copy)]
struct Work {
    task: u32,
    attempt: u32,
}

#[derive(Default)]
struct Queue {
    works: VecDeque<Work>,
    n_idle: usize,
    over: bool,
}

/// A run's part in this process.
pub(super) struct Run {
    pub id: u64,
    pub graph: Arc<TaskGraph>,
    plan: Plan,
    n_threads: usize,
    slots: Vec<Mutex<Option<Box<Chunk>>>>,
    store: FileSpill,
    queue: Mutex<Queue>,
    wake: Condvar,
    stop: AtomicBool,
    outbox: Arc<Outbox>,
    io: Sender<Io>,
}

/// Why a task could not be done.
enum Reason {
    InputLost(u32),
    Failed(Error),
}

impl Run {
    /// Starts the threads of a run; they end when [`end`](Run::end) is called.
    pub(super) fn start(id: u64, plan: Plan, n_threads: usize, store: FileSpill, outbox: Arc<Outbox>) -> Result<Arc<Run>> {
        let (io, requests) = channel();
        let mut slots = Vec::new();
        slots.resize_with(plan.graph.n_data(), || Mutex::new(None));
        let run = Arc::new(Run {
            id,
            graph: plan.graph.clone(),
            plan,
            n_threads: n_threads.max(1),
            slots,
            store,
            queue: Mutex::default(),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            outbox,
            io,
        });
        let spawn = |name: String, f: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name).spawn(f).map(drop).map_err(|e| Error::io("starting a thread", &e))
        };
        let writer = run.clone();
        spawn("tilework-spill".into(), Box::new(move || writer.write_spills(&requests)))?;
        for i in 0..run.n_threads {
            let worker = run.clone();
            spawn(format!("tilework-{i}"), Box::new(move || worker.work()))?;
        }
        Ok(run)
    }

    /// Stops the threads after the tasks they are at, and frees all chunks.
    pub(super) fn end(&self) {
        self.stop.store(true, Ordering::Release);
        let mut queue = self.queue.lock();
        queue.over = true;
        queue.works.clear();
        drop(queue);
        self.wake.notify_all();
        let _ = self.io.send(Io::End); // a thread that is gone needs no telling
        for slot in &self.slots {
            slot.lock().take();
        }
    }

    /// Carries out orders; gives the copies to make, which is for the sockets' thread.
    pub(super) fn obey(&self, orders: &[Order]) -> Vec<Wanted> {
        let mut fetches = Vec::new();
        let mut works = Vec::new();
        for &order in orders {
            match order {
                Order::Run { task, attempt } if (task as usize) < self.graph.n_tasks() => works.push(Work { task, attempt }),
                Order::Run { .. } => {}
                Order::Spill { data, ticket } => {
                    let _ = self.io.send(Io::Write { data, ticket });
                }
                Order::Unload { data } => self.free(data),
                Order::Drop { data, file } => {
                    self.free(data);
                    if file {
                        let _ = self.io.send(Io::Remove(data));
                    }
                }
                Order::Fetch { data, from, ticket } => fetches.push(Wanted { data, from, ticket }),
            }
        }
        if !works.is_empty() {
            let mut queue = self.queue.lock();
            let n_wake = works.len().min(queue.n_idle);
            queue.works.extend(works);
            drop(queue);
            for _ in 0..n_wake {
                self.wake.notify_one();
            }
        }
        fetches
    }

    fn free(&self, data: u32) {
        if let Some(slot) = self.slots.get(data as usize) {
            slot.lock().take();
        }
    }

    /// Keeps a chunk that was copied from elsewhere.
    pub(super) fn put(&self, data: u32, chunk: Chunk) {
        if let Some(slot) = self.slots.get(data as usize)
            && !self.stop.load(Ordering::Acquire)
        {
            *slot.lock() = Some(Box::new(chunk));
        }
    }

    /// A chunk, from memory or from its spill file.
    pub(super) fn get(&self, data: u32) -> Result<Chunk> {
        let Some(slot) = self.slots.get(data as usize) else { return Err(Error::corrupt(format!("there is no data {data}"))) };
        match slot.lock().as_deref().cloned() {
            Some(chunk) => Ok(chunk),
            None if self.graph.is_weightless(data) => Ok(Chunk::Unit),
            None => self.store.read(data),
        }
    }

    /// Reports something.
    pub(super) fn tell(&self, report: Report) {
        self.outbox.push_one(self.id, report);
    }

    /// About how many bytes a chunk may have.
    pub(super) fn bound(&self, data: u32) -> u64 {
        if (data as usize) < self.slots.len() { self.graph.bytes(data) } else { 0 }
    }

    fn work(&self) {
        let mut mean_ns = 0u64;
        let mut batch = Vec::new();
        let mut reports = Vec::new();
        let (mut inputs, mut outputs) = (Vec::new(), Outputs::new());
        while self.take(&mut batch, mean_ns) {
            let first = Instant::now();
            let mut told = first;
            let n = batch.len() as u64;
            for work in batch.drain(..) {
                if self.stop.load(Ordering::Relaxed) {
                    break;
                }
                reports.push(self.report(work, &mut inputs, &mut outputs));
                let now = Instant::now();
                if now - told > REPORT_TIME {
                    self.outbox.push(self.id, &mut reports);
                    told = now;
                }
            }
            self.outbox.push(self.id, &mut reports);
            mean_ns = (mean_ns + first.elapsed().as_nanos() as u64 / n.max(1)) / 2;
        }
    }

    /// Takes this thread's share of the queue, in order; sleeps while it is empty. False when the run is over.
    fn take(&self, batch: &mut Vec<Work>, mean_ns: u64) -> bool {
        let mut queue = self.queue.lock();
        loop {
            if queue.over {
                return false;
            }
            let share = queue.works.len().div_ceil(self.n_threads).min(BATCH);
            if share > 0 {
                let n = share.min((BATCH_NS / mean_ns.max(1)) as usize).max(1);
                batch.extend(queue.works.drain(..n));
                return true;
            }
            queue.n_idle += 1;
            self.wake.wait(&mut queue);
            queue.n_idle -= 1;
        }
    }

    fn report(&self, work: Work, inputs: &mut Vec<Chunk>, outputs: &mut Outputs) -> Report {
        let Work { task, attempt } = work;
        match self.run_task(task, inputs, outputs) {
            Ok((bytes, more_bytes)) => Report::Done { task, attempt, bytes, more_bytes },
            Err(Reason::InputLost(data)) => Report::InputLost { task, attempt, data },
            Err(Reason::Failed(e)) => Report::Failed { task, attempt, fault: (&e).into() },
        }
    }

    fn run_task(&self, task: u32, inputs: &mut Vec<Chunk>, outputs: &mut Outputs) -> Result<(u64, Vec<u64>), Reason> {
        inputs.clear();
        for &d in self.graph.inputs(task) {
            let lost = |e: Error| if e.kind() == Kind::Corrupt { Reason::InputLost(d) } else { Reason::Failed(e) };
            inputs.push(self.get(d).map_err(lost)?);
        }
        let result = run_one(&self.graph, &self.plan, task, inputs, outputs);
        inputs.clear();
        result.map_err(Reason::Failed)?;
        let bytes = outputs.first().map_or(0, Chunk::n_bytes);
        let more_bytes = outputs.iter().skip(1).map(Chunk::n_bytes).collect();
        for (d, chunk) in self.graph.outputs(task).zip(outputs.drain(..)) {
            if !self.graph.is_weightless(d) {
                self.put(d, chunk);
            }
        }
        Ok((bytes, more_bytes))
    }

    fn write_spills(&self, requests: &Receiver<Io>) {
        while let Ok(request) = requests.recv() {
            let (data, ticket) = match request {
                Io::End => return,
                Io::Remove(data) => {
                    self.store.remove(data);
                    continue;
                }
                Io::Write { data, ticket } => (data, ticket),
            };
            let chunk = self.slots.get(data as usize).and_then(|s| s.lock().as_deref().cloned());
            let written = match &chunk {
                Some(chunk) => self.store.write(data, chunk),
                None => Err(Error::bug(format!("data {data} is to be spilled but is not in memory"))),
            };
            self.outbox.push_one(
                self.id,
                match written {
                    Ok(_) => Report::Spilled { data, ticket },
                    Err(e) => {
                        let why = match e.kind() {
                            Kind::DiskFull => SpillFault::DiskFull,
                            Kind::Unsupported => SpillFault::Unspillable,
                            _ => SpillFault::Io,
                        };
                        Report::SpillFailed { data, ticket, why }
                    }
                },
            );
        }
    }
}
