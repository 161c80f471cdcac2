//! The one task that decides: who takes part, whose job is on, and what the pure scheduler says of it.
//!
//! It owns all state and takes messages from a queue that the connections' tasks fill; it never waits for a socket. One
//! client's job runs after the other. What is decided is sent once the queue is empty for the moment, so that orders go in
//! batches under load.

use super::job::{Job, Progress};
use super::link::BEAT;
use super::node::fingerprint;
use super::worker::expand;
use crate::base::{Error, Kind, Result};
use crate::format::registry::Registry;
use crate::plan::Plan;
use crate::sched::event::MAX_WORKERS;
use crate::wire::frame::{MAX_CONTROL_BYTES, append};
use crate::wire::hello::Role;
use crate::wire::message::{Fault, FromNode, Report, Settings, ToNode};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Messages handled before orders are sent.
const MAX_BURST: usize = 256;
/// Orders sent in one frame.
const MAX_ORDERS: usize = 64 << 10;
/// Jobs that may wait for their turn.
const MAX_WAITING: usize = 256;

/// What reaches the one task that decides.
pub(super) enum Message {
    Joined { conn: u64, role: Role, peer: SocketAddr, out: mpsc::UnboundedSender<Vec<u8>> },
    Said { conn: u64, what: FromNode },
    Gone { conn: u64 },
    Planned { run: u64, plan: Result<(Plan, u64)> },
    Stop,
}

struct Conn {
    out: mpsc::UnboundedSender<Vec<u8>>,
    heard: Instant,
    /// Number as a worker, from 1; None for a client.
    worker: Option<u16>,
    address: String,
}

struct Member {
    conn: u64,
    epoch: u32,
    n_slots: u32,
    name: String,
    /// What it has said of the current run's plan: fingerprint and memory.
    planned: Option<(u64, u64)>,
    joined: bool,
}

struct Waiting {
    conn: u64,
    settings: Settings,
    document: Arc<Vec<u8>>,
    fingerprint: u64,
    n_slots: u32,
    budget_bytes: u64,
}

/// The run that is on.
struct Active {
    run: u64,
    client: Waiting,
    /// None while it is being planned.
    job: Option<Job>,
    client_planned: bool,
    complete: bool,
    /// Since when no worker takes part.
    alone: Option<Instant>,
}

/// All state of the scheduler's process.
pub(super) struct Server {
    registry: Arc<Registry>,
    worker_timeout: Duration,
    silence: Duration,
    send: mpsc::UnboundedSender<Message>,
    conns: BTreeMap<u64, Conn>,
    /// By number, from 1.
    members: BTreeMap<u16, Member>,
    epochs: Vec<u32>,
    waiting: VecDeque<Waiting>,
    active: Option<Active>,
    last_run: u64,
}

impl Server {
    pub(super) fn new(
        (worker_timeout, silence): (Duration, Duration),
        registry: Arc<Registry>,
        send: mpsc::UnboundedSender<Message>,
    ) -> Server {
        Server {
            registry,
            worker_timeout,
            silence,
            send,
            conns: BTreeMap::new(),
            members: BTreeMap::new(),
            epochs: vec![0; MAX_WORKERS],
            waiting: VecDeque::new(),
            active: None,
            last_run: 0,
        }
    }

    /// Decides until it is told to stop.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) -> Result<()> {
        let mut tick = tokio::time::interval(BEAT / 4);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut n_ticks = 0u32;
        loop {
            tokio::select! {
                biased;
                Some(message) = inbox.recv() => {
                    let mut next = Some(message);
                    let mut n = 0;
                    while let Some(message) = next {
                        if matches!(message, Message::Stop) {
                            return self.stop().await;
                        }
                        self.take(message);
                        n += 1;
                        next = if n < MAX_BURST { inbox.try_recv().ok() } else { None };
                    }
                }
                _ = tick.tick() => {
                    n_ticks = n_ticks.wrapping_add(1);
                    self.tick(n_ticks.is_multiple_of(4));
                }
            }
            self.follow_up();
        }
    }

    async fn stop(self) -> Result<()> {
        for c in self.conns.values() {
            say(c, &ToNode::Exit);
        }
        // The connections' tasks need a moment to send it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(())
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Joined { conn, role, peer, out } => self.joined(conn, role, peer, out),
            Message::Said { conn, what } => self.said(conn, what),
            Message::Gone { conn } => self.gone(conn),
            Message::Planned { run, plan } => self.planned(run, plan),
            Message::Stop => {}
        }
    }

    fn joined(&mut self, conn: u64, role: Role, peer: SocketAddr, out: mpsc::UnboundedSender<Vec<u8>>) {
        let address = |port| SocketAddr::new(peer.ip(), port).to_string();
        let (worker, address) = match role {
            Role::Worker { n_slots, data_port, process, .. } => {
                let Some(number) = (1..MAX_WORKERS as u16).find(|w| !self.members.contains_key(w)) else {
                    return; // full; dropping its channel closes the connection
                };
                self.epochs[usize::from(number)] += 1;
                let epoch = self.epochs[usize::from(number)];
                let name = format!("worker {number} (process {process} at {})", peer.ip());
                self.members.insert(number, Member { conn, epoch, n_slots, name, planned: None, joined: false });
                (Some(number), address(data_port))
            }
            Role::Client { data_port } => (None, address(data_port)),
            Role::Data => return,
        };
        let new = Conn { out, heard: Instant::now(), worker, address };
        if let Some(number) = worker {
            self.introduce(number, &new);
            if let Some(active) = &self.active {
                say(&new, &plan_message(active, number));
            }
        }
        self.conns.insert(conn, new);
    }

    /// Tells the workers and the current client of a new worker, and it of them.
    fn introduce(&self, number: u16, new: &Conn) {
        let me = ToNode::Peer { worker: number, address: new.address.clone() };
        for m in self.members.values() {
            if let Some(c) = self.conns.get(&m.conn) {
                say(c, &me);
                if let Some(worker) = c.worker {
                    say(new, &ToNode::Peer { worker, address: c.address.clone() });
                }
            }
        }
        if let Some(c) = self.active.as_ref().and_then(|a| self.conns.get(&a.client.conn)) {
            say(c, &me);
            say(new, &ToNode::Peer { worker: 0, address: c.address.clone() });
        }
    }

    fn said(&mut self, conn: u64, what: FromNode) {
        let Some(c) = self.conns.get_mut(&conn) else { return };
        c.heard = Instant::now();
        let number = c.worker;
        match what {
            FromNode::Alive => {}
            FromNode::Submit { settings, document, fingerprint, n_slots, budget_bytes } => {
                let busy = self.waiting.iter().map(|w| w.conn).chain(self.active.iter().map(|a| a.client.conn)).any(|c| c == conn);
                if number.is_some() || busy || self.waiting.len() >= MAX_WAITING {
                    self.conns.remove(&conn);
                    return;
                }
                let document = Arc::new(document);
                self.waiting.push_back(Waiting { conn, settings, document, fingerprint, n_slots, budget_bytes });
            }
            FromNode::Planned { run, fingerprint, budget_bytes } if self.is_on(run) => match number {
                Some(n) => {
                    if let Some(m) = self.members.get_mut(&n) {
                        m.planned = Some((fingerprint, budget_bytes));
                    }
                }
                None => self.active.iter_mut().filter(|a| a.client.conn == conn).for_each(|a| a.client_planned = true),
            },
            FromNode::CannotPlan { run, fault } if self.is_on(run) => {
                let name = number.and_then(|n| self.members.get(&n)).map_or("the client".into(), |m| m.name.clone());
                self.fail((&Error::from(fault).at(name)).into());
            }
            FromNode::Reports { run, reports } if self.is_on(run) => self.reported(conn, number, reports),
            FromNode::Taken { run } | FromNode::Cancel { run } if self.is_on(run) && self.is_client(conn) => {
                let complete = self.active.as_ref().is_some_and(|a| a.complete);
                match self.active.as_mut().and_then(|a| a.job.as_mut()) {
                    Some(job) if !complete => job.cancel(),
                    _ => self.over(None),
                }
            }
            _ => {} // of a run that is over
        }
    }

    fn is_on(&self, run: u64) -> bool {
        self.active.as_ref().is_some_and(|a| a.run == run)
    }

    fn is_client(&self, conn: u64) -> bool {
        self.active.as_ref().is_some_and(|a| a.client.conn == conn)
    }

    fn reported(&mut self, conn: u64, number: Option<u16>, reports: Vec<Report>) {
        let is_client = self.is_client(conn);
        let (worker, epoch, name) = match number.and_then(|n| self.members.get(&n).map(|m| (n, m))) {
            Some((n, m)) if m.joined => (n, m.epoch, m.name.as_str()),
            None if is_client => (0, 1, "the client"),
            _ => return,
        };
        if let Some(job) = self.active.as_mut().and_then(|a| a.job.as_mut()) {
            job.reports(worker, epoch, reports, name);
        }
    }

    fn gone(&mut self, conn: u64) {
        self.waiting.retain(|w| w.conn != conn);
        let known = self.conns.remove(&conn);
        if self.is_client(conn) {
            return self.over(None);
        }
        let Some(number) = known.and_then(|c| c.worker) else { return };
        let Some(member) = self.members.remove(&number) else { return };
        for m in self.members.values() {
            self.tell(m.conn, &ToNode::PeerLost { worker: number });
        }
        if let Some(active) = &mut self.active {
            if let Some(c) = self.conns.get(&active.client.conn) {
                say(c, &ToNode::PeerLost { worker: number });
            }
            if let (true, Some(job)) = (member.joined, &mut active.job) {
                job.lost(number, member.epoch);
            }
        }
    }

    fn tell(&self, conn: u64, message: &ToNode) {
        if let Some(c) = self.conns.get(&conn) {
            say(c, message);
        }
    }

    fn planned(&mut self, run: u64, plan: Result<(Plan, u64)>) {
        let Some(active) = self.active.as_mut().filter(|a| a.run == run) else { return };
        match plan {
            Ok((plan, print)) if print == active.client.fingerprint => active.job = Some(Job::new(plan, print)),
            Ok(_) => self.fail((&other_plan("the scheduler")).into()),
            Err(e) => self.fail((&e.at("the scheduler")).into()),
        }
    }

    /// Begins the next run, lets nodes join that are ready, and sends what was decided.
    fn follow_up(&mut self) {
        if self.active.is_none()
            && let Some(client) = self.waiting.pop_front()
        {
            self.begin(client);
        }
        self.let_in();
        let Some(Active { run, job: Some(job), client, complete, .. }) = &mut self.active else { return };
        let run = *run;
        for (worker, orders) in job.orders() {
            let conn = if worker == 0 { Some(client.conn) } else { self.members.get(&worker).map(|m| m.conn) };
            let Some(c) = conn.and_then(|c| self.conns.get(&c)) else { continue };
            for part in orders.chunks(MAX_ORDERS) {
                say(c, &ToNode::Orders { run, orders: part.to_vec() });
            }
        }
        match job.progress() {
            Progress::Open => {}
            Progress::Complete(places) => {
                *complete = true;
                let (conn, tally) = (client.conn, job.tally());
                self.tell(conn, &ToNode::Complete { run, places, tally });
            }
            Progress::Failed(fault) => self.over(Some(fault)),
        }
    }

    fn begin(&mut self, client: Waiting) {
        self.last_run += 1;
        let (run, conn) = (self.last_run, client.conn);
        let (document, settings) = (client.document.clone(), client.settings);
        let (registry, send) = (self.registry.clone(), self.send.clone());
        tokio::task::spawn_blocking(move || {
            let plan = expand(&document, settings, &registry).map(|p| {
                let print = fingerprint(&p);
                (p, print)
            });
            let _ = send.send(Message::Planned { run, plan });
        });
        let active = Active { run, client, job: None, client_planned: false, complete: false, alone: None };
        if let Some(c) = self.conns.get(&conn) {
            for (&worker, m) in &self.members {
                if let Some(w) = self.conns.get(&m.conn) {
                    say(c, &ToNode::Peer { worker, address: w.address.clone() });
                    say(w, &ToNode::Peer { worker: 0, address: c.address.clone() });
                    say(w, &plan_message(&active, worker));
                }
            }
            say(c, &plan_message(&active, 0));
        }
        for m in self.members.values_mut() {
            (m.planned, m.joined) = (None, false);
        }
        self.active = Some(active);
    }

    fn let_in(&mut self) {
        let Some(active) = &mut self.active else { return };
        let Some(job) = &mut active.job else { return };
        if std::mem::take(&mut active.client_planned) {
            job.joined(0, 1, active.client.n_slots, active.client.budget_bytes);
        }
        let mut other = None;
        for (&number, m) in self.members.iter_mut().filter(|(_, m)| !m.joined) {
            let Some((print, budget)) = m.planned else { continue };
            if print == job.fingerprint {
                m.joined = true;
                job.joined(number, m.epoch, m.n_slots, budget);
            } else {
                other = Some(m.name.clone());
            }
        }
        if let Some(name) = other {
            self.fail((&other_plan(&name)).into());
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.over(Some(fault));
    }

    /// Ends the current run everywhere.
    fn over(&mut self, failure: Option<Fault>) {
        let Some(active) = self.active.take() else { return };
        let run = active.run;
        for m in self.members.values_mut() {
            (m.planned, m.joined) = (None, false);
        }
        for m in self.members.values() {
            self.tell(m.conn, &ToNode::End { run, failure: None });
            self.tell(m.conn, &ToNode::PeerLost { worker: 0 });
        }
        self.tell(active.client.conn, &ToNode::End { run, failure });
    }

    fn tick(&mut self, beat: bool) {
        let silent: Vec<u64> = self.conns.iter().filter(|(_, c)| c.heard.elapsed() > self.silence).map(|(&i, _)| i).collect();
        for conn in silent {
            self.gone(conn);
        }
        if beat {
            self.conns.values().for_each(|c| say(c, &ToNode::Alive));
        }
        let any = self.members.values().any(|m| m.joined || m.planned.is_some());
        let Some(active) = &mut self.active else { return };
        let planning = !self.members.is_empty() && !any; // they have been heard of lately, so they are at it
        if any || planning || active.complete {
            active.alone = None;
        } else if active.alone.get_or_insert_with(Instant::now).elapsed() >= self.worker_timeout {
            match &mut active.job {
                Some(job) => {
                    job.no_workers();
                    self.follow_up();
                }
                None => {
                    let e = Error::new(
                        Kind::Environment,
                        "no worker has joined: start one (tilework worker), or raise the time to wait",
                    );
                    self.fail((&e).into());
                }
            }
        }
    }
}

fn other_plan(who: &str) -> Error {
    let what = "has made another plan of the same expression than the client: a file has changed meanwhile, or the builds differ";
    Error::new(Kind::Environment, format!("{who} {what}"))
}

fn plan_message(active: &Active, you: u16) -> ToNode {
    let document = if you == 0 { Vec::new() } else { active.client.document.to_vec() };
    ToNode::Plan { run: active.run, you, settings: active.client.settings, document }
}

/// Queues a message; a connection that is closed is noticed by its reader.
fn say(c: &Conn, message: &ToNode) {
    let mut bytes = Vec::new();
    if append(message, MAX_CONTROL_BYTES, &mut bytes).is_ok() {
        let _ = c.out.send(bytes);
    }
}
