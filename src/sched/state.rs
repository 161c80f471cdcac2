//! The scheduler's state, and the one door to it: [`Scheduler::handle`].
//!
//! A task is Waiting (for data that is being made), Ready (in `ready`, by rank), Fetching (placed, inputs on their way),
//! Running (sent) or Done; a Done task whose outputs are gone goes back to Waiting when they are asked for.
//! A data is Never (made), Here (on some worker, in memory or in a file), Gone (freed, dropped or lost) or Asked (gone, and its
//! producer is to run again). `missing` of a Waiting task counts its inputs that are Never or Asked; inputs that are merely
//! Gone are asked for when the task's turn comes, so nothing is computed again before it is needed.
//! A worker's `resident` counts chunks in its memory, `reserved` what runs and copies under way may add.

use crate::graph::{DataId, TaskGraph, TaskId};
use crate::sched::command::{Command, Failure};
use crate::sched::event::{Event, MAX_WORKERS, WorkerId};
use crate::sched::evict_set::EvictSet;
use crate::sched::limits::Limits;
use crate::sched::rank_set::RankSet;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const NO_KEY: u32 = u32::MAX;

/// Where a task is; see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// For inputs that are being made.
    Waiting,
    /// For a place to run.
    Ready,
    /// Placed; inputs are being copied there.
    Fetching,
    /// Sent to its worker.
    Running,
    /// Finished.
    Done,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    /// Bytes reserved on `worker` while Fetching or Running.
    pub reserved: u64,
    pub missing: u32,
    pub attempt: u32,
    pub phase: Phase,
    pub worker: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Never,
    Here,
    Gone,
    Asked,
}

/// Made again and not read since: dropping it once more would be no progress.
pub(super) const FRESH: u8 = 1;
/// A spill file is being written.
pub(super) const SPILLING: u8 = 2;
/// Cannot be spilled.
pub(super) const UNSPILLABLE: u8 = 4;

#[derive(Clone, Debug)]
pub(super) struct Data {
    /// Actual size once made.
    pub bytes: u64,
    /// Workers that have it in memory, as bits.
    pub memory: u32,
    /// Workers that have it in a file, as bits.
    pub file: u32,
    /// Consumers (with repeats) that are not Done.
    pub left: u32,
    /// Placed tasks that read it (with repeats).
    pub pins: u32,
    /// Rank of its next use when last looked at; where it is listed for eviction.
    pub key: u32,
    pub status: Status,
    pub flags: u8,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    pub alive: bool,
    pub epoch: u32,
    pub n_slots: u32,
    pub budget: u64,
    pub resident: u64,
    pub reserved: u64,
    /// Part of `resident` that spills under way will free.
    pub freeing: u64,
    /// Tasks Fetching or Running here.
    pub n_placed: u32,
    pub queued_ns: u64,
    /// Keys at which data in its memory may be evicted.
    pub evict: EvictSet,
    /// Runs a suspect, alone.
    pub solo: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Fetch {
    pub ticket: u32,
    pub from: WorkerId,
    pub tries: u8,
    pub bytes: u64,
    pub waiters: Vec<TaskId>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    pub retries: u8,
    pub losses: u8,
}

/// Counts for reports and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Runs sent.
    pub n_runs: u64,
    /// Runs of tasks that had finished before.
    pub n_reruns: u64,
    /// Chunks written to spill files.
    pub n_spilled: u64,
    /// Bytes of them.
    pub spilled_bytes: u64,
    /// Chunks dropped to be made again.
    pub n_dropped: u64,
    /// Bytes of them.
    pub dropped_bytes: u64,
    /// Events ignored because they matched nothing under way.
    pub n_stale: u64,
    /// Outputs larger than their bound.
    pub n_over_bound: u64,
    /// Most bytes resident and reserved on any worker.
    pub peak_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Done,
    Failed,
}

/// The scheduler; see the module.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) graph: Arc<TaskGraph>,
    pub(super) limits: Limits,
    pub(super) tasks: Vec<Task>,
    pub(super) data: Vec<Data>,
    pub(super) ready: RankSet,
    pub(super) workers: Vec<Worker>,
    /// Needed tasks that are not Done.
    pub(super) n_left: usize,
    /// Data that is evicted last because no task needs it any more (wanted, outputs of effects).
    pub(super) kept: Vec<DataId>,
    pub(super) spills: BTreeMap<(WorkerId, DataId), u32>,
    pub(super) fetches: BTreeMap<(WorkerId, DataId), Fetch>,
    pub(super) trouble: BTreeMap<TaskId, Trouble>,
    /// Ready tasks that must run on worker 0 while it is away.
    pub(super) homeless: Vec<TaskId>,
    pub(super) next_ticket: u32,
    /// Spilling has failed; true if the disk was full.
    pub(super) spill_off: Option<bool>,
    /// Reruns when it failed.
    pub(super) reruns_before: u64,
    pub(super) outcome: Outcome,
    pub(super) stats: Stats,
    pub(super) log: Option<Vec<Event>>,
}

impl Scheduler {
    /// A scheduler for `graph`; it waits for workers to join.
    pub fn new(graph: Arc<TaskGraph>, limits: Limits) -> Scheduler {
        let tasks = (0..graph.n_tasks() as u32)
            .map(|t| Task { reserved: 0, missing: graph.inputs(t).len() as u32, attempt: 0, phase: Phase::Waiting, worker: 0 })
            .collect();
        let data = (0..graph.n_data() as u32)
            .map(|d| Data {
                bytes: 0,
                memory: 0,
                file: 0,
                left: graph.consumers(d).len() as u32,
                pins: 0,
                key: NO_KEY,
                status: Status::Never,
                flags: 0,
            })
            .collect();
        let n_left = graph.n_live();
        let mut s = Scheduler {
            limits,
            tasks,
            data,
            ready: RankSet::new(n_left),
            workers: Vec::new(),
            n_left,
            kept: Vec::new(),
            spills: BTreeMap::new(),
            fetches: BTreeMap::new(),
            trouble: BTreeMap::new(),
            homeless: Vec::new(),
            next_ticket: 0,
            spill_off: None,
            reruns_before: 0,
            outcome: Outcome::Open,
            stats: Stats::default(),
            log: None,
            graph,
        };
        for r in 0..n_left as u32 {
            let t = s.graph.order()[r as usize];
            if s.tasks[t as usize].missing == 0 {
                s.tasks[t as usize].phase = Phase::Ready;
                s.ready.insert(r);
            }
        }
        s
    }

    /// Bytes of memory of a scheduler for `graph` on one worker.
    pub fn state_bytes(graph: &TaskGraph) -> u64 {
        let sets = graph.n_live() / 2; // a bit per rank for what is ready and for each size of what may be evicted
        (graph.n_tasks() * size_of::<Task>() + graph.n_data() * size_of::<Data>() + sets) as u64
    }

    /// Takes an event and appends the commands that follow from it.
    pub fn handle(&mut self, event: &Event, out: &mut Vec<Command>) {
        if let Some(log) = &mut self.log {
            log.push(event.clone());
        }
        if self.outcome != Outcome::Open {
            self.stats.n_stale += 1;
            return;
        }
        match event {
            Event::WorkerJoined { worker, epoch, n_slots, budget_bytes } => {
                self.join(*worker, *epoch, *n_slots, *budget_bytes, out)
            }
            Event::WorkerLost { worker, epoch } => self.lost(*worker, *epoch, out),
            Event::Finished { worker, epoch, batch } => self.finished(*worker, *epoch, batch, out),
            Event::Failed { worker, epoch, task, attempt, retryable } => {
                self.task_failed((*worker, *epoch), *task, *attempt, *retryable, out)
            }
            Event::InputLost { worker, epoch, task, attempt, data } => {
                self.input_lost((*worker, *epoch), *task, *attempt, *data, out)
            }
            Event::Spilled { worker, epoch, data, ticket } => self.spilled((*worker, *epoch), *data, *ticket, out),
            Event::SpillFailed { worker, epoch, data, ticket, why } => {
                self.spill_failed((*worker, *epoch), *data, *ticket, *why, out)
            }
            Event::Fetched { worker, epoch, data, ticket } => self.fetched((*worker, *epoch), *data, *ticket, out),
            Event::FetchFailed { worker, epoch, data, ticket } => self.fetch_failed((*worker, *epoch), *data, *ticket, out),
            Event::CopyUnreadable { worker, epoch, data, ticket } => self.copy_unreadable((*worker, *epoch), *data, *ticket, out),
            Event::NoWorkersTimeout => self.no_workers(out),
            Event::Cancel => self.fail(Failure::Cancelled, out),
        }
        if self.outcome == Outcome::Open {
            self.start_what_fits(out);
        }
    }

    /// Whether the run is over, one way or the other.
    pub fn is_over(&self) -> bool {
        self.outcome != Outcome::Open
    }

    /// Counts so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Bytes resident and reserved on a worker.
    pub fn used_bytes(&self, worker: WorkerId) -> u64 {
        self.workers.get(usize::from(worker)).map_or(0, Worker::used)
    }

    /// Where task `t` is, and its latest attempt.
    pub fn task_state(&self, t: TaskId) -> (Phase, u32) {
        let task = &self.tasks[t as usize];
        (task.phase, task.attempt)
    }

    /// The run of `t` that is under way: worker, its epoch, attempt.
    pub fn run_of(&self, t: TaskId) -> Option<(WorkerId, u32, u32)> {
        let task = &self.tasks[t as usize];
        (task.phase == Phase::Running)
            .then(|| (WorkerId::from(task.worker), self.workers[usize::from(task.worker)].epoch, task.attempt))
    }

    /// Whether a worker has joined and is not lost.
    pub fn is_alive(&self, worker: WorkerId) -> bool {
        self.workers.get(usize::from(worker)).is_some_and(|w| w.alive)
    }

    /// Workers that hold data `d` in memory and in files, as bits.
    pub fn places(&self, d: DataId) -> (u32, u32) {
        let d = &self.data[d as usize];
        (d.memory, d.file)
    }

    /// Keeps every event from now on, for [`replay`](crate::sched::replay()).
    pub fn record(&mut self) {
        self.log.get_or_insert_default();
    }

    /// The events kept so far.
    pub fn recorded(&self) -> &[Event] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Whether an event of this worker and epoch is to be heard.
    pub(super) fn current(&mut self, (worker, epoch): (WorkerId, u32)) -> bool {
        let ok = self.workers.get(usize::from(worker)).is_some_and(|w| w.alive && w.epoch == epoch);
        if !ok {
            self.stats.n_stale += 1;
        }
        ok
    }

    pub(super) fn fail(&mut self, why: Failure, out: &mut Vec<Command>) {
        if self.outcome == Outcome::Open {
            self.outcome = Outcome::Failed;
            out.push(Command::Fail(Box::new(why)));
        }
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next_ticket = self.next_ticket.wrapping_add(1);
        self.next_ticket
    }

    pub(super) fn alive(&self) -> impl Iterator<Item = usize> {
        self.workers.iter().enumerate().filter(|(_, w)| w.alive).map(|(i, _)| i)
    }

    /// Living workers that run tasks of any kind.
    pub(super) fn hands(&self) -> impl Iterator<Item = usize> {
        let first = usize::from(self.limits.home_only);
        self.alive().filter(move |&w| w >= first)
    }

    /// Counts the inputs of `t` that are being made, and makes it Ready if there are none.
    pub(super) fn await_inputs(&mut self, t: TaskId) {
        let graph = &self.graph;
        let making = |d: &&DataId| matches!(self.data[**d as usize].status, Status::Never | Status::Asked);
        let missing = graph.inputs(t).iter().filter(making).count() as u32;
        let task = &mut self.tasks[t as usize];
        task.missing = missing;
        task.phase = Phase::Waiting;
        if missing == 0 {
            task.phase = Phase::Ready;
            self.ready.insert(graph.rank(t));
        }
    }
}

impl Worker {
    #[inline]
    pub fn used(&self) -> u64 {
        self.resident + self.reserved
    }
}

const _: () = assert!(MAX_WORKERS <= 32);
