//! What worker and client have in common: their part in a run, and the talk with the scheduler.

use super::compute::{Outbox, Run, Wanted};
use super::data::{self, Current, Fetcher};
use super::link::{self, BEAT, Identity, Inbound, Link, SILENCE};
use crate::base::{Error, Kind, Result};
use crate::graph::TaskGraph;
use crate::plan::Plan;
use crate::wire::message::{FromNode, Order, Report, ToNode};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::Instant;
use xxhash_rust::xxh3::Xxh3;

/// Reports sent in one frame, unless they are long.
const MAX_REPORTS: usize = 8192;

/// Chunks, peers and reports of this process.
pub(super) struct Node {
    identity: Arc<Identity>,
    pub outbox: Arc<Outbox>,
    pub current: Current,
    fetchers: BTreeMap<u16, Fetcher>,
    pub addresses: BTreeMap<u16, String>,
    pub data_port: u16,
}

impl Node {
    /// Opens the port where chunks are given out.
    pub(super) async fn open(identity: Arc<Identity>) -> Result<Node> {
        let listener = link::listen(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).await?;
        let data_port = listener.local_addr().map_err(|e| link::broken(&e))?.port();
        let current = Current::default();
        let shared = current.clone();
        tokio::spawn(link::accept(listener, identity.clone(), move |l, role| data::serve(l, role, shared.clone())));
        let (outbox, fetchers, addresses) = Default::default();
        Ok(Node { identity, outbox, current, fetchers, addresses, data_port })
    }

    pub(super) fn run(&self) -> Option<Arc<Run>> {
        self.current.lock().clone()
    }

    /// Takes part in a run from now on.
    pub(super) fn begin(&mut self, run: Arc<Run>) {
        self.end();
        self.outbox.turn_to(run.id);
        *self.current.lock() = Some(run);
    }

    /// Forgets the run.
    pub(super) fn end(&mut self) {
        if let Some(run) = self.current.lock().take() {
            run.end();
        }
        self.outbox.turn_to(0); // runs are numbered from 1
    }

    pub(super) fn peer(&mut self, worker: u16, address: String) {
        let fetcher = Fetcher::start(address.clone(), self.identity.clone(), self.outbox.clone());
        self.fetchers.insert(worker, fetcher);
        self.addresses.insert(worker, address);
    }

    pub(super) fn peer_lost(&mut self, worker: u16) {
        self.fetchers.remove(&worker);
        self.addresses.remove(&worker);
    }

    pub(super) fn obey(&mut self, run: u64, orders: &[Order]) {
        let Some(run) = self.run().filter(|r| r.id == run) else { return };
        for wanted in run.obey(orders) {
            let Wanted { data, from, ticket } = wanted;
            if !self.fetchers.get(&from).is_some_and(|f| f.order(&run, wanted)) {
                self.outbox.push_one(run.id, Report::FetchFailed { data, ticket });
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// The control connection to the scheduler, with its reading half on a task of its own.
pub(super) struct Control {
    writer: OwnedWriteHalf,
    pub inbox: mpsc::Receiver<Result<ToNode>>,
    pub heard: Instant,
    frame: Vec<u8>,
}

impl Control {
    pub(super) fn new(link: Link) -> Control {
        let Link { inbound, writer, .. } = link;
        let (send, inbox) = mpsc::channel(256);
        tokio::spawn(read(inbound, send));
        Control { writer, inbox, heard: Instant::now(), frame: Vec::new() }
    }

    pub(super) async fn say(&mut self, message: &FromNode) -> Result<()> {
        link::send(&mut self.writer, message).await
    }

    /// Sends reports, in frames that are not too long.
    pub(super) async fn report(&mut self, run: u64, reports: Vec<Report>) -> Result<()> {
        use crate::wire::frame::{MAX_CONTROL_BYTES, append};
        let mut rest = reports;
        while !rest.is_empty() {
            let after = rest.split_off(rest.len().min(MAX_REPORTS));
            let mut parts = vec![rest];
            while let Some(mut part) = parts.pop() {
                self.frame.clear();
                let half = part.len() / 2;
                let message = FromNode::Reports { run, reports: part };
                match append(&message, MAX_CONTROL_BYTES, &mut self.frame) {
                    Ok(()) => {
                        use tokio::io::AsyncWriteExt;
                        self.writer.write_all(&self.frame).await.map_err(|e| link::broken(&e))?;
                    }
                    Err(e) if half == 0 => return Err(e),
                    Err(_) => {
                        let FromNode::Reports { reports, .. } = message else {
                            return Err(Error::bug("reports became something else"));
                        };
                        part = reports;
                        let second = part.split_off(half);
                        parts.extend([second, part]);
                    }
                }
            }
            rest = after;
        }
        Ok(())
    }

    /// Says that this side is there.
    ///
    /// # Errors
    /// When the scheduler has said nothing for too long.
    pub(super) async fn beat(&mut self) -> Result<()> {
        if self.heard.elapsed() > SILENCE {
            return Err(Error::new(Kind::Environment, "the scheduler has said nothing for too long"));
        }
        self.say(&FromNode::Alive).await
    }
}

async fn read(mut inbound: Inbound, send: mpsc::Sender<Result<ToNode>>) {
    loop {
        let message = match inbound.next::<ToNode>().await {
            Ok(Some(message)) => Ok(message),
            Ok(None) => return,
            Err(e) => Err(e),
        };
        let end = message.is_err();
        if send.send(message).await.is_err() || end {
            return;
        }
    }
}

/// A clock for [`Control::beat`].
pub(super) fn beats() -> tokio::time::Interval {
    let mut interval = tokio::time::interval(BEAT);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}

/// What tells plans apart: who needs what, how large it is, what must run where.
pub(super) fn fingerprint(plan: &Plan) -> u64 {
    let g: &TaskGraph = &plan.graph;
    let mut h = Xxh3::new();
    for l in g.layers() {
        h.update(l.name.as_bytes());
        h.update(&l.first_task.to_le_bytes());
    }
    for t in 0..g.n_tasks() as u32 {
        let outputs = g.outputs(t);
        h.update(&outputs.start.to_le_bytes());
        g.inputs(t).iter().for_each(|d| h.update(&d.to_le_bytes()));
        outputs.for_each(|d| h.update(&g.bytes(d).to_le_bytes()));
        h.update(&[u8::from(g.is_home(t)) | u8::from(g.is_effect(t)) << 1]);
    }
    g.wanted().iter().for_each(|d| h.update(&d.to_le_bytes()));
    h.digest()
}
