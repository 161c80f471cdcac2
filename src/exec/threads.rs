//! Runs a graph on threads, inside a memory budget.
//!
//! They belong to no pool: a pool's thread that waits for another pool (Polars', which its operations use) takes up its own pool's jobs meanwhile,
//! and here such a job would be a worker's whole loop.
//!
//! There is no scheduler thread to wait for: whichever thread has something to report drives the scheduler, if no other is
//! doing so already (`Shared::report`), puts what it commands into the queue and goes on with tasks. The calling thread
//! sleeps, samples memory and looks for cancellation. Spill files are written by a thread of their own, and only there
//! are they removed, so that a removal cannot overtake a later write of the same chunk.

use crate::base::event::{Event as Seen, Watcher};
use crate::base::{Error, Kind, Result};
use crate::chunk::{Chunk, pages};
use crate::exec::cancel::CancelToken;
use crate::exec::memory::resident_bytes;
use crate::exec::runner::Runner;
use crate::exec::spill_thread::Io;
use crate::exec::thread_loop::{Reason, Work};
use crate::graph::{DataId, TaskGraph};
use crate::sched::{Command, DoneTask, Event, Failure, Limits, Scheduler, Stats};
use crate::spill::SpillStore;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// How often memory is sampled and cancellation looked for.
const SAMPLE: Duration = Duration::from_millis(50);
/// Chunks of at least this size are freed before anything else is started.
pub(super) const LARGE_BYTES: u64 = 64 << 10;

/// Threads that run graphs.
#[derive(Debug)]
pub struct Threads {
    n_threads: usize,
}

/// One run: a graph, how to run its tasks, and within what.
pub struct Job<'a> {
    /// The tasks.
    pub graph: Arc<TaskGraph>,
    /// Runs them.
    pub runner: &'a dyn Runner,
    /// Memory for chunks and scratch.
    pub budget_bytes: u64,
    /// The scheduler's estimates; `can_spill` is taken as false when there is no store.
    pub limits: Limits,
    /// Where chunks are spilled.
    pub store: Option<&'a dyn SpillStore>,
    /// Who watches.
    pub watcher: Watcher,
    /// Stops the run.
    pub cancel: CancelToken,
    /// When the run began (times of events count from here).
    pub start: Instant,
}

/// What a run gave.
#[derive(Debug)]
pub struct Report {
    /// The wanted chunks, in the order asked for.
    pub wanted: Vec<Chunk>,
    /// What the scheduler counted.
    pub stats: Stats,
}

impl Threads {
    /// `n_threads` threads, at least one. They are started by each run.
    pub fn new(n_threads: usize) -> Threads {
        Threads { n_threads: n_threads.max(1) }
    }

    /// Bytes a run of `graph` takes besides chunks: the graph itself, the scheduler's state, the slots for chunks.
    pub fn overhead_bytes(graph: &TaskGraph) -> u64 {
        let slots = graph.n_data() * size_of::<Mutex<Option<Box<Chunk>>>>();
        graph.own_bytes() + Scheduler::state_bytes(graph) + slots as u64
    }

    /// Runs a job to its end.
    ///
    /// # Errors
    /// The first task that fails for good, a budget that is too small, a full disk, no more threads, `Cancelled`, or a bug.
    pub fn run(&self, job: &Job<'_>) -> Result<Report> {
        let (io, requests) = channel();
        let shared = Shared::new(job, self.n_threads, io);
        std::thread::scope(|scope| {
            let shared = &shared;
            let _end = EndOnPanic(shared);
            if let Some(store) = job.store {
                scope.spawn(move || shared.write_spills(store, &requests));
            }
            let start = |i| {
                let work = move || {
                    let _end = EndOnPanic(shared);
                    shared.work(i);
                };
                std::thread::Builder::new().name(format!("tilework-{i}")).spawn_scoped(scope, work)
            };
            let workers = (0..self.n_threads).map(start).collect::<std::io::Result<Vec<_>>>().map_err(|e| {
                shared.end();
                Error::new(Kind::Environment, format!("cannot start {} threads: {e}", self.n_threads))
            })?;
            shared.other(Event::WorkerJoined {
                worker: 0,
                epoch: 1,
                n_slots: self.n_threads as u32,
                budget_bytes: job.budget_bytes,
            });
            shared.watch();
            for worker in workers {
                worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
            Ok::<(), Error>(())
        })?;
        let result = shared.result();
        for work in shared.queue.lock().works.drain(..) {
            pages::withdraw(work.promised);
        }
        pages::over();
        shared.see(|at_ns| Seen::Finished { at_ns, ok: result.is_ok() });
        result
    }
}

#[derive(Default)]
pub(super) struct Queue {
    pub works: VecDeque<Work>,
    pub n_idle: usize,
    pub over: bool,
}

#[derive(Default)]
struct Inbox {
    done: Vec<DoneTask>,
    others: Vec<Event>,
}

struct Core {
    scheduler: Scheduler,
    /// Buffers that serve again.
    commands: Vec<Command>,
    runs: Vec<Work>,
    done: Vec<DoneTask>,
    seen: Stats,
    outcome: Option<Result<(), Failure>>,
}

/// What the threads of a run share.
pub(super) struct Shared<'a> {
    pub job: &'a Job<'a>,
    pub n_threads: usize,
    pub slots: Vec<Mutex<Option<Box<Chunk>>>>,
    pub queue: Mutex<Queue>,
    pub wake: Condvar,
    /// No further task is to be started.
    pub stop: AtomicBool,
    inbox: Mutex<Inbox>,
    core: Mutex<Core>,
    /// The latest error of a task.
    error: Mutex<Option<(u32, Error)>>,
    io: Sender<Io>,
}

/// Chunks to free; boxed as they are in their slots.
#[allow(clippy::vec_box, reason = "moving the boxes is cheap, unboxing would copy")]
type Garbage = Vec<Box<Chunk>>;

/// A thread that unwinds must not leave the others waiting.
pub(super) struct EndOnPanic<'a>(pub &'a Shared<'a>);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

impl<'a> Shared<'a> {
    fn new(job: &'a Job<'a>, n_threads: usize, io: Sender<Io>) -> Shared<'a> {
        let limits = Limits { can_spill: job.limits.can_spill && job.store.is_some(), ..job.limits };
        let mut slots = Vec::new();
        slots.resize_with(job.graph.n_data(), || Mutex::new(None));
        Shared {
            job,
            n_threads,
            slots,
            queue: Mutex::default(),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            inbox: Mutex::default(),
            core: Mutex::new(Core {
                scheduler: Scheduler::new(job.graph.clone(), limits),
                commands: Vec::new(),
                runs: Vec::new(),
                done: Vec::new(),
                seen: Stats::default(),
                outcome: None,
            }),
            error: Mutex::new(None),
            io,
        }
    }

    /// Tells the watcher something, if there is one.
    pub fn see(&self, make: impl FnOnce(u64) -> Seen) {
        if let Some(watcher) = &self.job.watcher {
            watcher.event(&make(self.job.start.elapsed().as_nanos() as u64));
        }
    }

    /// Reports finished tasks (emptying `done`) and drives the scheduler.
    pub fn finished(&self, done: &mut Vec<DoneTask>, worker: bool) {
        if !done.is_empty() {
            self.inbox.lock().done.append(done);
            self.report(worker);
        }
    }

    /// Reports that a task could not be done.
    pub fn failed(&self, task: u32, attempt: u32, why: Reason) {
        let event = match why {
            Reason::InputLost(data) => Event::InputLost { worker: 0, epoch: 1, task, attempt, data },
            Reason::Failed(e) => {
                let retryable = e.kind() == Kind::Environment;
                let mut error = self.error.lock();
                if error.as_ref().is_none_or(|(_, old)| old.kind() == Kind::Environment) {
                    *error = Some((task, e));
                }
                Event::Failed { worker: 0, epoch: 1, task, attempt, retryable }
            }
        };
        self.inbox.lock().others.push(event);
        self.report(true);
    }

    /// Reports anything else, from a thread that takes no tasks.
    pub fn other(&self, event: Event) {
        self.inbox.lock().others.push(event);
        self.report(false);
    }

    /// Drives the scheduler until the inbox is empty, unless another thread is doing so: that one looks into the inbox
    /// again after it has let go of the scheduler, so nothing stays behind. `worker` says that this thread will take
    /// from the queue next.
    fn report(&self, worker: bool) {
        let mut garbage = Garbage::new();
        loop {
            let Some(mut core) = self.core.try_lock() else { return };
            self.step(&mut core, worker, &mut garbage);
            drop(core);
            garbage.clear();
            let inbox = self.inbox.lock();
            if inbox.done.is_empty() && inbox.others.is_empty() {
                return;
            }
        }
    }

    fn step(&self, core: &mut Core, worker: bool, garbage: &mut Garbage) {
        let mut done = std::mem::take(&mut core.done);
        let others = {
            let mut inbox = self.inbox.lock();
            std::mem::swap(&mut inbox.done, &mut done);
            std::mem::take(&mut inbox.others)
        };
        if !done.is_empty() {
            let event = Event::Finished { worker: 0, epoch: 1, batch: done };
            core.scheduler.handle(&event, &mut core.commands);
            if let Event::Finished { mut batch, .. } = event {
                batch.clear();
                core.done = batch;
            }
        }
        for event in &others {
            core.scheduler.handle(event, &mut core.commands);
        }
        // What was in use already and is not now may stay at hand for buffers to come: the peak is none the higher for it.
        // What tasks that are sent now will take counts as used, but is theirs to be found.
        let unused = core.scheduler.stats().peak_bytes.saturating_sub(core.scheduler.used_bytes(0));
        self.obey(core, garbage);
        pages::allow(unused);
        self.tell(core);
        if core.outcome.is_some() {
            self.end();
        } else if !core.runs.is_empty() {
            let mut queue = self.queue.lock();
            let n = core.runs.len() - usize::from(worker && queue.works.is_empty());
            queue.works.extend(core.runs.drain(..));
            let n_wake = n.min(queue.n_idle);
            drop(queue);
            for _ in 0..n_wake {
                self.wake.notify_one();
            }
        }
    }

    fn obey(&self, core: &mut Core, garbage: &mut Garbage) {
        for command in core.commands.drain(..) {
            match command {
                Command::Run { task, attempt, .. } => {
                    let promised = self.promised(task);
                    pages::promise(promised);
                    core.runs.push(Work { task, attempt, promised });
                }
                Command::Drop { data, file, .. } => {
                    self.free(data, garbage);
                    if file {
                        let _ = self.io.send(Io::Remove(data)); // the thread outlives the run; if it died, its files go with the folder
                    }
                }
                Command::Unload { data, .. } => self.free(data, garbage),
                Command::Spill { data, ticket, .. } => {
                    let _ = self.io.send(Io::Write { data, ticket });
                }
                Command::Done => core.outcome = Some(Ok(())),
                Command::Fail(why) => core.outcome = Some(Err(*why)),
                Command::Fetch { .. } => {
                    core.outcome = Some(Err(Failure::Bug { what: "a copy was asked for on a single worker".to_string() }));
                }
            }
        }
    }

    /// Bytes of pages that a task takes.
    fn promised(&self, task: u32) -> usize {
        const LARGE: u64 = pages::LARGE as u64;
        let graph = &*self.job.graph;
        let scratch = graph.scratch_bytes(task);
        if graph.output_bytes(task) < LARGE && scratch < LARGE {
            return 0;
        }
        let out = graph.outputs(task).map(|d| graph.bytes(d)).filter(|&b| b >= LARGE).fold(0, u64::saturating_add);
        usize::try_from(self.job.runner.page_bytes(task, out, scratch)).unwrap_or(usize::MAX)
    }

    fn free(&self, data: DataId, garbage: &mut Garbage) {
        if let Some(chunk) = self.slots[data as usize].lock().take()
            && chunk.n_bytes() < LARGE_BYTES
        {
            garbage.push(chunk); // freed after the scheduler is let go of
        }
    }

    /// Tells the watcher what the scheduler has spilled and dropped since.
    fn tell(&self, core: &mut Core) {
        let (now, seen) = (core.scheduler.stats(), core.seen);
        if now.spilled_bytes > seen.spilled_bytes {
            self.see(|at_ns| Seen::Spilled { at_ns, bytes: now.spilled_bytes - seen.spilled_bytes });
        }
        if now.dropped_bytes > seen.dropped_bytes {
            self.see(|at_ns| Seen::Dropped { at_ns, bytes: now.dropped_bytes - seen.dropped_bytes });
        }
        core.seen = now;
    }

    /// Has all threads stop after the task they are at.
    fn end(&self) {
        self.stop.store(true, Ordering::Release);
        self.queue.lock().over = true;
        self.wake.notify_all();
        let _ = self.io.send(Io::End); // after all removals; an I/O thread that has ended needs no telling
        self.job.cancel.poke();
    }

    /// The calling thread: sleeps, samples, looks for cancellation.
    fn watch(&self) {
        let mut cancelled = false;
        while !self.queue.lock().over {
            if self.job.cancel.is_cancelled() && !cancelled {
                cancelled = true;
                self.stop.store(true, Ordering::Release);
                self.other(Event::Cancel);
                continue;
            }
            self.job.cancel.wait(SAMPLE);
            self.sample();
        }
        self.sample(); // a short run may be over before it is looked at
    }

    /// Tells who watches what memory is used.
    fn sample(&self) {
        if self.job.watcher.is_none() {
            return;
        }
        let (used_bytes, peak_bytes) = {
            let core = self.core.lock();
            (core.scheduler.used_bytes(0), core.scheduler.stats().peak_bytes)
        };
        self.report(false); // someone may have found the scheduler taken by this look
        self.see(|at_ns| Seen::Memory { at_ns, used_bytes, peak_bytes, resident_bytes: resident_bytes() });
    }

    fn result(&self) -> Result<Report> {
        let core = self.core.lock();
        match &core.outcome {
            Some(Ok(())) => {}
            Some(Err(Failure::TaskFailed { task, worker, attempt })) => {
                let told = self.error.lock().take();
                return Err(told.map_or_else(
                    || {
                        Failure::TaskFailed { task: *task, worker: *worker, attempt: *attempt }
                            .to_error(|t| self.job.runner.describe(t))
                    },
                    |(_, e)| e,
                ));
            }
            Some(Err(why)) => return Err(why.to_error(|t| self.job.runner.describe(t))),
            None => return Err(Error::bug("a run has stopped without a result")),
        }
        let take = |&d: &DataId| match self.slots[d as usize].lock().take() {
            Some(chunk) => Ok(*chunk),
            None => match self.job.store {
                Some(store) => store.read(d),
                None => Err(Error::bug(format!("wanted data {d} is nowhere"))),
            },
        };
        let ids = self.job.graph.wanted();
        let mut wanted = Vec::with_capacity(ids.len()); // growing would touch twice the memory
        for d in ids {
            wanted.push(take(d)?);
        }
        Ok(Report { wanted, stats: core.scheduler.stats() })
    }
}
