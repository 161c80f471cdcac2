//! One run as the scheduler's process sees it: the pure scheduler, and the translation of its commands and events to messages.
//!
//! It reads no clock and no socket. What nodes report is believed only as far as it cannot harm: numbers are bounded here and
//! ids are checked by the scheduler.

use crate::base::{Error, Kind, Result};
use crate::graph::TaskGraph;
use crate::plan::Plan;
use crate::sched::{Command, DoneTask, Event, Failure, Limits, Scheduler, SpillFailure};
use crate::wire::message::{Fault, Order, Report, SpillFault, Tally};
use std::collections::BTreeMap;

/// Largest size of a chunk that is believed.
const MAX_BYTES: u64 = 1 << 50;

/// How a run goes.
pub(super) enum Progress {
    /// On and on.
    Open,
    /// All wanted chunks are there: a worker that holds each.
    Complete(Vec<u16>),
    /// It has failed.
    Failed(Fault),
}

/// A run that is planned.
pub(super) struct Job {
    plan: Plan,
    pub fingerprint: u64,
    scheduler: Scheduler,
    commands: Vec<Command>,
    /// Orders that are not sent yet, by worker.
    orders: BTreeMap<u16, Vec<Order>>,
    /// The latest error of a task, which is the one to tell if the run fails of it.
    fault: Option<Fault>,
    n_lost: u64,
    outcome: Option<Result<(), Box<Failure>>>,
}

impl Job {
    pub(super) fn new(plan: Plan, fingerprint: u64) -> Job {
        let limits = Limits {
            home_only: true,
            // Orders take a while to arrive, so more of them are sent ahead than to threads.
            queue_ns_per_slot: 2_000_000,
            max_queue_per_slot: 2048,
            // Workers report batches, so any task that was sent may have been at work.
            suspects_per_slot: 2048,
            ..Limits::default()
        };
        Job {
            scheduler: Scheduler::new(plan.graph.clone(), limits),
            plan,
            fingerprint,
            commands: Vec::new(),
            orders: BTreeMap::new(),
            fault: None,
            n_lost: 0,
            outcome: None,
        }
    }

    pub(super) fn joined(&mut self, worker: u16, epoch: u32, n_slots: u32, budget_bytes: u64) {
        let n_slots = n_slots.clamp(1, 4096);
        self.event(&Event::WorkerJoined { worker, epoch, n_slots, budget_bytes: budget_bytes.min(MAX_BYTES) });
    }

    pub(super) fn lost(&mut self, worker: u16, epoch: u32) {
        self.n_lost += 1;
        self.orders.remove(&worker);
        self.event(&Event::WorkerLost { worker, epoch });
    }

    pub(super) fn no_workers(&mut self) {
        self.event(&Event::NoWorkersTimeout);
    }

    pub(super) fn cancel(&mut self) {
        self.event(&Event::Cancel);
    }

    /// Takes what a node has reported; `name` is the node in words.
    pub(super) fn reports(&mut self, worker: u16, epoch: u32, reports: Vec<Report>, name: &str) {
        let mut batch = Vec::with_capacity(reports.len());
        for report in reports {
            if let Report::Done { task, attempt, bytes, more_bytes } = report {
                let more_bytes = more_bytes.into_iter().map(|b| b.min(MAX_BYTES)).collect();
                batch.push(DoneTask { task, attempt, bytes: bytes.min(MAX_BYTES), more_bytes });
                continue;
            }
            self.finished(worker, epoch, &mut batch);
            let event = self.translate(worker, epoch, report, name);
            self.event(&event);
        }
        self.finished(worker, epoch, &mut batch);
    }

    fn finished(&mut self, worker: u16, epoch: u32, batch: &mut Vec<DoneTask>) {
        if !batch.is_empty() {
            self.event(&Event::Finished { worker, epoch, batch: std::mem::take(batch) });
        }
    }

    fn translate(&mut self, worker: u16, epoch: u32, report: Report, name: &str) -> Event {
        match report {
            Report::Done { task, attempt, bytes, .. } => {
                let batch = vec![DoneTask { task, attempt, bytes, more_bytes: Box::default() }];
                Event::Finished { worker, epoch, batch }
            }
            Report::Failed { task, attempt, fault } => {
                let retryable = fault.may_pass();
                self.fault = Some(Fault::from(&Error::from(fault).at(name)));
                Event::Failed { worker, epoch, task, attempt, retryable }
            }
            Report::InputLost { task, attempt, data } => Event::InputLost { worker, epoch, task, attempt, data },
            Report::Spilled { data, ticket } => Event::Spilled { worker, epoch, data, ticket },
            Report::SpillFailed { data, ticket, why } => {
                let why = match why {
                    SpillFault::DiskFull => SpillFailure::DiskFull,
                    SpillFault::Io => SpillFailure::Io,
                    SpillFault::Unspillable => SpillFailure::Unspillable,
                };
                Event::SpillFailed { worker, epoch, data, ticket, why }
            }
            Report::Fetched { data, ticket } => Event::Fetched { worker, epoch, data, ticket },
            Report::CopyUnreadable { data, ticket } => Event::CopyUnreadable { worker, epoch, data, ticket },
            Report::FetchFailed { data, ticket } => Event::FetchFailed { worker, epoch, data, ticket },
        }
    }

    fn event(&mut self, event: &Event) {
        self.scheduler.handle(event, &mut self.commands);
        for command in self.commands.drain(..) {
            let (worker, order) = match command {
                Command::Run { worker, task, attempt } => (worker, Order::Run { task, attempt }),
                Command::Spill { worker, data, ticket } => (worker, Order::Spill { data, ticket }),
                Command::Unload { worker, data } => (worker, Order::Unload { data }),
                Command::Drop { worker, data, file } => (worker, Order::Drop { data, file }),
                Command::Fetch { worker, data, from, ticket } => (worker, Order::Fetch { data, from, ticket }),
                Command::Done => {
                    self.outcome = Some(Ok(()));
                    continue;
                }
                Command::Fail(why) => {
                    self.outcome = Some(Err(why));
                    continue;
                }
            };
            self.orders.entry(worker).or_default().push(order);
        }
    }

    /// Orders to send, by worker.
    pub(super) fn orders(&mut self) -> BTreeMap<u16, Vec<Order>> {
        std::mem::take(&mut self.orders)
    }

    /// How it goes; an end is told once.
    pub(super) fn progress(&mut self) -> Progress {
        match self.outcome.take() {
            None => Progress::Open,
            Some(Ok(())) => match self.places() {
                Ok(places) => Progress::Complete(places),
                Err(e) => Progress::Failed((&e).into()),
            },
            Some(Err(why)) => Progress::Failed(self.explain(&why)),
        }
    }

    fn explain(&mut self, why: &Failure) -> Fault {
        let told = self.fault.take().filter(|_| matches!(why, Failure::TaskFailed { .. }));
        told.unwrap_or_else(|| (&why.to_error(|t| self.plan.describe(t))).into())
    }

    fn places(&self) -> Result<Vec<u16>> {
        let graph: &TaskGraph = &self.plan.graph;
        let place = |&d: &u32| match self.scheduler.places(d) {
            (0, 0) => Err(Error::new(Kind::Bug, format!("wanted data {d} is nowhere"))),
            (0, file) => Ok(file.trailing_zeros() as u16),
            (memory, _) => Ok(memory.trailing_zeros() as u16),
        };
        graph.wanted().iter().map(place).collect()
    }

    pub(super) fn tally(&self) -> Tally {
        let s = self.scheduler.stats();
        Tally {
            n_runs: s.n_runs,
            n_reruns: s.n_reruns,
            spilled_bytes: s.spilled_bytes,
            dropped_bytes: s.dropped_bytes,
            n_workers_lost: self.n_lost,
            peak_bytes: s.peak_bytes,
        }
    }
}
