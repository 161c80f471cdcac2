//! Simulated workers and the messages between them and a scheduler.
//!
//! Commands reach a worker in order; events reach the scheduler late, in any order, some of them twice. Values are hashes, so
//! every value made is compared with the oracle's. A worker counts the bytes it holds by itself, and must stay in its budget.

use super::dag;
use super::faults::{Faults, Fired};
use super::rng::{Rng, mix};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tilework::graph::TaskGraph;
use tilework::sched::state::Phase;
use tilework::sched::{Command, DoneTask, Event, Failure, Limits, Scheduler};

macro_rules! ensure {
    ($ok:expr, $($why:tt)*) => { if !$ok { return Err(format!($($why)*)); } };
}

#[derive(Default)]
pub struct SimWorker {
    pub(super) epoch: u32,
    pub(super) alive: bool,
    pub(super) budget: u64,
    pub(super) n_slots: usize,
    pub(super) queue: VecDeque<(u32, u32)>,
    pub(super) running: BTreeMap<u32, (u64, Vec<u64>)>,
    pub(super) finished: Vec<DoneTask>,
    pub(super) memory: BTreeMap<u32, u64>,
    /// None: corrupt.
    pub(super) files: BTreeMap<u32, Option<u64>>,
    pub(super) arriving: u64,
    /// When the latest command got there.
    pub(super) command_time: u64,
}

pub enum Item {
    Command(u32, Command),
    RunOver { w: u16, epoch: u32, task: u32, attempt: u32 },
    SpillOver { w: u16, epoch: u32, data: u32, ticket: u32 },
    FetchOver { w: u16, epoch: u32, data: u32, from: (u16, u32), ticket: u32 },
    Event(Event),
    Rejoin(u16),
    Crash,
}

/// Worker, its epoch, attempt.
type Run = (u16, u32, u32);

/// Actual size of a data: anything up to its bound, the same each time it is made.
pub fn size(g: &TaskGraph, d: u32) -> u64 {
    let bound = g.bytes(d);
    if mix(u64::from(d)).is_multiple_of(2) { bound } else { bound * (mix(u64::from(d) + 7) % 1001) / 1000 }
}

/// Changes an event on its way to the scheduler; for the canary, which must be caught.
pub type Tamper = fn(&Scheduler, Event) -> Event;

pub struct World {
    pub rng: Rng,
    pub faults: Faults,
    pub fired: Fired,
    pub graph: Arc<TaskGraph>,
    pub limits: Limits,
    pub scheduler: Scheduler,
    pub trace: Vec<Command>,
    /// Events and what followed, kept when TILEWORK_SIM_TRACE is set.
    pub(super) story: Vec<(Event, Vec<Command>)>,
    pub(super) tamper: Option<Tamper>,
    pub(super) oracle: Vec<u64>,
    pub(super) now: u64,
    pub(super) n_items: u64,
    pub(super) agenda: BTreeMap<(u64, u64), Item>,
    pub(super) workers: Vec<SimWorker>,
    /// Epoch the scheduler knows each worker by.
    pub(super) known: Vec<u32>,
    pub(super) latest_event: u64,
    pub(super) disk_used: u64,
    pub(super) latest_run: BTreeMap<u32, Run>,
    pub(super) losses: BTreeMap<u32, u8>,
    pub(super) failures: BTreeMap<u32, u8>,
    pub(super) effects: BTreeMap<u32, u32>,
    pub(super) poisonous: Option<u32>,
    pub(super) timeout_sent: bool,
    pub(super) keep_story: bool,
    pub(super) check_every: u64,
}

impl World {
    pub fn new(seed: u64, tamper: Option<Tamper>) -> World {
        let mut rng = Rng::new(seed);
        let graph = Arc::new(dag::random(&mut rng));
        let faults = Faults::random(&mut rng);
        let mut limits = Limits { can_spill: !rng.permille(100), ..Limits::default() };
        if rng.permille(300) {
            limits.max_queue_per_slot = 1;
        }
        let n_workers = if rng.permille(300) { 1 } else { 1 + rng.below(8) };
        // As with worker processes: worker 0 is the client's, and batches hide which task was running.
        let mut remote = Rng::new(seed ^ 0x72656d6f7465);
        limits.home_only = n_workers > 1 && remote.permille(300);
        if remote.permille(300) {
            limits.suspects_per_slot = 64;
        }
        let (least, _) = graph.min_budget(limits.can_spill);
        let workers: Vec<SimWorker> = (0..n_workers)
            .map(|_| {
                let budget = match rng.below(5) {
                    0 | 1 => least,
                    2 => least + least / 5,
                    3 => 2 * least,
                    _ => 20 * least,
                };
                SimWorker { budget, n_slots: 1 + rng.below(4) as usize, ..SimWorker::default() }
            })
            .collect();
        let mut scheduler = Scheduler::new(graph.clone(), limits);
        scheduler.record();
        let poisonous = faults.poison.then(|| graph.order()[rng.below(graph.n_live() as u64) as usize]);
        let mut world = World {
            oracle: dag::oracle(&graph),
            known: vec![0; workers.len()],
            workers,
            rng,
            faults,
            fired: Fired::default(),
            graph,
            limits,
            scheduler,
            trace: Vec::new(),
            story: Vec::new(),
            tamper,
            now: 0,
            n_items: 0,
            agenda: BTreeMap::new(),
            latest_event: 0,
            disk_used: 0,
            latest_run: BTreeMap::new(),
            losses: BTreeMap::new(),
            failures: BTreeMap::new(),
            effects: BTreeMap::new(),
            poisonous,
            timeout_sent: false,
            keep_story: std::env::var("TILEWORK_SIM_TRACE").is_ok(),
            check_every: 32,
        };
        for w in 0..n_workers as u16 {
            let delay = world.rng.below(1000);
            world.at(delay, Item::Rejoin(w));
        }
        for _ in 0..world.faults.n_losses {
            let delay = world.rng.below(200_000);
            world.at(delay, Item::Crash);
        }
        world
    }

    pub(super) fn at(&mut self, delay: u64, item: Item) {
        self.n_items += 1;
        self.agenda.insert((self.now + delay, self.n_items), item);
    }

    /// Sends an event towards the scheduler.
    pub(super) fn emit(&mut self, event: Event) {
        let delay = self.rng.below(self.faults.max_delay);
        if self.rng.permille(self.faults.repeat) {
            self.fired.repeat += 1;
            let later = self.rng.below(self.faults.max_delay * 3 + 10);
            self.at(later, Item::Event(event.clone()));
        }
        if self.now + delay < self.latest_event {
            self.fired.reorder += 1;
        }
        self.latest_event = self.latest_event.max(self.now + delay);
        self.at(delay, Item::Event(event));
    }

    /// Runs to the end.
    pub fn run(&mut self) -> Result<Option<Failure>, String> {
        let most = 20_000 + 2_000 * self.graph.n_tasks() as u64;
        let mut n = 0u64;
        loop {
            n += 1;
            ensure!(n < most, "no end after {n} steps");
            let Some(((time, _), item)) = self.agenda.pop_first() else {
                ensure!(!self.timeout_sent, "nothing is under way, and there is no result");
                self.timeout_sent = true;
                self.at(0, Item::Event(Event::NoWorkersTimeout));
                continue;
            };
            self.now = time;
            match item {
                Item::Command(epoch, command) => self.obey(epoch, command)?,
                Item::RunOver { w, epoch, task, attempt } => self.run_over(w, epoch, task, attempt)?,
                Item::SpillOver { w, epoch, data, ticket } => self.spill_over(w, epoch, data, ticket),
                Item::FetchOver { w, epoch, data, from, ticket } => self.fetch_over(w, epoch, data, from, ticket),
                Item::Rejoin(w) => self.rejoin(w),
                Item::Crash => self.crash_any(),
                Item::Event(event) => {
                    if let Some(end) = self.deliver(event, n)? {
                        return end;
                    }
                }
            }
            self.check_memory()?;
        }
    }

    /// Hands an event to the scheduler, checks what it makes of it, and sends its commands.
    fn deliver(&mut self, original: Event, n: u64) -> Result<Option<Result<Option<Failure>, String>>, String> {
        if let Some(after) = self.faults.cancel_after
            && n > after
        {
            self.faults.cancel_after = None;
            self.fired.cancel += 1;
            self.at(0, Item::Event(Event::Cancel));
        }
        let event = self.tamper.map_or_else(|| original.clone(), |tamper| tamper(&self.scheduler, original.clone()));
        let batch: Vec<DoneTask> = match &original {
            Event::Finished { batch, .. } => batch.clone(),
            _ => Vec::new(),
        };
        let before: Vec<Phase> = batch.iter().map(|d| self.scheduler.task_state(d.task).0).collect();
        if let Event::WorkerLost { worker, .. } | Event::WorkerJoined { worker, .. } = original {
            self.count_losses(&original, worker);
        }
        let mut out = Vec::new();
        self.scheduler.handle(&event, &mut out);
        if let Event::WorkerJoined { worker, epoch, .. } = event
            && self.known[usize::from(worker)] < epoch
        {
            self.known[usize::from(worker)] = epoch;
        }
        if self.keep_story {
            self.story.push((original.clone(), out.clone()));
        }
        self.check_accepted(&original, &batch, &before)?;
        let failed = matches!(out.last(), Some(Command::Fail(_)));
        if !failed && (self.graph.n_tasks() <= 300 || n.is_multiple_of(self.check_every)) {
            self.scheduler.check()?;
        }
        self.trace.extend(out.iter().cloned());
        for command in out {
            match command {
                Command::Done => return self.done().map(|()| Some(Ok(None))),
                Command::Fail(why) => {
                    self.end();
                    return self.justify(&why).map(|()| Some(Ok(Some(*why))));
                }
                command => self.send(command),
            }
        }
        Ok(None)
    }

    fn check_accepted(&mut self, event: &Event, batch: &[DoneTask], before: &[Phase]) -> Result<(), String> {
        let Event::Finished { worker, epoch, .. } = event else { return Ok(()) };
        for (done, before) in batch.iter().zip(before) {
            let phase = self.scheduler.task_state(done.task).0;
            if *before == Phase::Running && phase == Phase::Done {
                let latest = self.latest_run.get(&done.task);
                ensure!(latest == Some(&(*worker, *epoch, done.attempt)), "a stale run of task {} was accepted", done.task);
                if self.graph.is_effect(done.task) {
                    let n = self.effects.entry(done.task).or_default();
                    *n += 1;
                    ensure!(*n == 1, "effect {} happened twice", done.task);
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, command: Command) {
        let w = match &command {
            Command::Run { worker, .. }
            | Command::Spill { worker, .. }
            | Command::Unload { worker, .. }
            | Command::Drop { worker, .. }
            | Command::Fetch { worker, .. } => usize::from(*worker),
            Command::Done | Command::Fail(_) => return,
        };
        if let Command::Run { worker, task, attempt } = command {
            self.latest_run.insert(task, (worker, self.known[w], attempt));
        }
        let late = self.rng.below(self.faults.max_delay / 4 + 1);
        let time = self.workers[w].command_time.max(self.now + late);
        self.workers[w].command_time = time;
        self.at(time - self.now, Item::Command(self.known[w], command));
    }

    pub(super) fn obey(&mut self, epoch: u32, command: Command) -> Result<(), String> {
        let (Command::Run { worker, .. }
        | Command::Spill { worker, .. }
        | Command::Unload { worker, .. }
        | Command::Drop { worker, .. }
        | Command::Fetch { worker, .. }) = command
        else {
            return Ok(());
        };
        let here = &mut self.workers[usize::from(worker)];
        if !here.alive || here.epoch != epoch {
            return Ok(()); // lost with the worker it was meant for
        }
        match command {
            Command::Run { task, attempt, .. } => {
                here.queue.push_back((task, attempt));
                self.start_runs(worker)?;
            }
            Command::Spill { data, ticket, .. } => {
                ensure!(here.memory.contains_key(&data), "data {data} is to be spilled but not in memory of {worker}");
                let delay = self.rng.below(20_000);
                self.at(delay, Item::SpillOver { w: worker, epoch, data, ticket });
            }
            Command::Unload { data, .. } => {
                ensure!(here.files.contains_key(&data), "data {data} has no file on {worker}");
                here.memory.remove(&data); // again, if a run for the sake of a sibling stored it once more
            }
            Command::Drop { data, file, .. } => {
                let held = here.memory.remove(&data).is_some();
                let filed = file && here.files.remove(&data).is_some();
                ensure!(held || filed, "data {data} is dropped but not on {worker}");
                ensure!(file || !here.files.contains_key(&data), "the file of data {data} is left behind");
                self.check_in_use(worker, data)?;
            }
            Command::Fetch { data, from, ticket, .. } => {
                let from = (from, self.known[usize::from(from)]);
                here.arriving += size(&self.graph, data);
                let delay = self.rng.below(20_000);
                self.at(delay, Item::FetchOver { w: worker, epoch, data, from, ticket });
            }
            Command::Done | Command::Fail(_) => {}
        }
        Ok(())
    }
}
