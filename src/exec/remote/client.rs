//! The client's side of a run: submits the expression, runs the tasks that must run here as worker 0, takes the results.

use super::compute::Run;
use super::data;
use super::link::{self, Identity};
use super::node::{Control, Node, beats, fingerprint};
use super::token::Token;
use crate::base::event::{Event, Watch, Watcher};
use crate::base::{Config, Error, Kind, Result};
use crate::chunk::Chunk;
use crate::exec::cancel::CancelToken;
use crate::expr::node::SourceNode;
use crate::expr::{self, Expr};
use crate::format::registry::Registry;
use crate::plan::{Plan, codec};
use crate::spill::FileSpill;
use crate::wire::hello::Role;
use crate::wire::message::{Fault, FromNode, Settings, Tally, ToNode};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often cancellation is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// Time for the scheduler to confirm that a run is cancelled.
const CANCEL: Duration = Duration::from_secs(5);
/// Largest array that is sent to workers inside of an expression, in bytes.
const MOST_SENT_BYTES: usize = 1 << 20;

/// Where the scheduler is, and what shows that this client may use it.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// Address and port.
    pub address: String,
    /// The token.
    pub token: Token,
    registry: Arc<Registry>,
}

impl PartialEq for RemoteConfig {
    fn eq(&self, other: &RemoteConfig) -> bool {
        self.address == other.address && self.token == other.token
    }
}
impl Eq for RemoteConfig {}

impl RemoteConfig {
    /// The scheduler at `address` (`127.0.0.1:7821`).
    pub fn new(address: impl Into<String>, token: Token) -> RemoteConfig {
        RemoteConfig { address: address.into(), token, registry: Arc::new(Registry::builtin()) }
    }

    /// The same with functions and formats of the user's beside the builtin ones; the workers must have the same.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> RemoteConfig {
        self.registry = Arc::new(registry);
        self
    }
}

/// What is to be run.
pub struct RemoteJob<'a> {
    /// The expressions, as they were planned.
    pub roots: &'a [Expr],
    /// Their plan.
    pub plan: Plan,
    /// The settings it was planned with.
    pub config: &'a Config,
    /// Memory for chunks in this process.
    pub budget_bytes: u64,
    /// Who watches.
    pub watcher: Watcher,
    /// Stops the run.
    pub cancel: CancelToken,
}

/// Runs a job on the workers of a scheduler; gives the wanted chunks in the order asked for.
///
/// # Errors
/// What cannot be sent, before anything runs; a scheduler that cannot be reached or refuses; the first task that fails for
/// good, with the op, the chunk and the worker named; workers that are all lost; `Cancelled`.
pub fn run(remote: &RemoteConfig, job: RemoteJob<'_>) -> Result<Vec<Chunk>> {
    check_sent(job.roots)?;
    let document = codec::encode(job.roots)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::io("starting the runtime", &e))?;
    let (watcher, start) = (job.watcher.clone(), std::time::Instant::now());
    let result = runtime.block_on(submit(remote, job, document));
    runtime.shutdown_background();
    if let Some(w) = watcher {
        tell(&*w, start.elapsed().as_nanos() as u64, result.as_ref().ok().map(|r| r.1));
    }
    result.map(|r| r.0)
}

/// Whether the arrays in this process's memory are small enough to go along with an expression to every worker.
fn check_sent(roots: &[Expr]) -> Result<()> {
    for e in Expr::topological(roots) {
        let expr::Kind::Source(SourceNode::Array { source, .. }) = e.kind() else { continue };
        let n = source.storage_grid().n_elements()? * source.dtype().size();
        if source.in_memory() && n > MOST_SENT_BYTES {
            return Err(Error::usage(format!(
                "an array of {n} bytes in this process's memory is not sent to workers: store it (npy, Zarr) and read it from there"
            ))
            .at(e.label()));
        }
    }
    Ok(())
}

/// Tells the watcher how the run went (`tally` is None when it failed); nothing is told while it goes on.
fn tell(w: &dyn Watch, at_ns: u64, tally: Option<Tally>) {
    let sum = tally.unwrap_or_default();
    if sum.spilled_bytes > 0 {
        w.event(&Event::Spilled { at_ns, bytes: sum.spilled_bytes });
    }
    if sum.dropped_bytes > 0 {
        w.event(&Event::Dropped { at_ns, bytes: sum.dropped_bytes });
    }
    w.event(&Event::Finished { at_ns, ok: tally.is_some() });
}

async fn submit(remote: &RemoteConfig, job: RemoteJob<'_>, document: Vec<u8>) -> Result<(Vec<Chunk>, Tally)> {
    let identity = Arc::new(Identity { token: remote.token.clone(), registry: codec::registry_hash(&remote.registry) });
    let node = Node::open(identity.clone()).await?;
    let link = link::connect(&remote.address, &identity, Role::Client { data_port: node.data_port }).await?;
    let mut control = Control::new(link);
    let settings = Settings { budget_bytes: job.config.budget_bytes, n_threads: job.config.n_threads as u32 };
    let print = fingerprint(&job.plan);
    let (n_slots, budget_bytes) = (job.config.n_threads.max(1) as u32, job.budget_bytes);
    control.say(&FromNode::Submit { settings, document, fingerprint: print, n_slots, budget_bytes }).await?;
    let store = FileSpill::new(&job.config.spill_dir, job.config.spill_limit_bytes)?;
    let wanted = job.plan.graph.wanted().to_vec();
    let parts = Some((job.plan, store));
    let mut client = Client {
        node,
        control,
        identity,
        fingerprint: print,
        budget_bytes,
        n_threads: job.config.n_threads,
        parts,
        cancelled: None,
    };
    let (run, places, tally) = client.until_complete(&job.cancel).await?;
    Ok((client.take(run, &wanted, &places).await?, tally))
}

struct Client {
    node: Node,
    control: Control,
    identity: Arc<Identity>,
    fingerprint: u64,
    budget_bytes: u64,
    n_threads: usize,
    /// Until the run has its number.
    parts: Option<(Plan, FileSpill)>,
    cancelled: Option<Instant>,
}

type Completed = (u64, Vec<u16>, Tally);

impl Client {
    async fn until_complete(&mut self, cancel: &CancelToken) -> Result<Completed> {
        let (mut beats, mut look) = (beats(), tokio::time::interval(LOOK));
        let outbox = self.node.outbox.clone();
        loop {
            tokio::select! {
                message = self.control.inbox.recv() => {
                    let gone = || Error::new(Kind::Environment, "the scheduler has gone away in the middle of the run");
                    if let Some(done) = self.hear(message.ok_or_else(gone)??).await? {
                        return Ok(done);
                    }
                }
                () = outbox.filled.notified() => {
                    let (run, reports) = outbox.take();
                    self.control.report(run, reports).await?;
                }
                _ = beats.tick() => self.control.beat().await?,
                _ = look.tick() => self.look(cancel).await?,
            }
        }
    }

    async fn look(&mut self, cancel: &CancelToken) -> Result<()> {
        let cancelled = || Error::new(Kind::Cancelled, "the run was cancelled");
        match (self.cancelled, self.node.run()) {
            (None, Some(run)) if cancel.is_cancelled() => {
                self.cancelled = Some(Instant::now());
                self.control.say(&FromNode::Cancel { run: run.id }).await
            }
            (None, None) if cancel.is_cancelled() => Err(cancelled()), // it has not begun; hanging up is enough
            (Some(since), _) if since.elapsed() > CANCEL => Err(cancelled()),
            _ => Ok(()),
        }
    }

    async fn hear(&mut self, message: ToNode) -> Result<Option<Completed>> {
        self.control.heard = Instant::now();
        match message {
            ToNode::Plan { run, .. } => {
                let (plan, store) = self.parts.take().ok_or_else(|| Error::bug("a run was begun twice"))?;
                let state = Run::start(run, plan, self.n_threads, store, self.node.outbox.clone())?;
                self.node.begin(state);
                let (fingerprint, budget_bytes) = (self.fingerprint, self.budget_bytes);
                self.control.say(&FromNode::Planned { run, fingerprint, budget_bytes }).await?;
            }
            ToNode::Peer { worker, address } => self.node.peer(worker, address),
            ToNode::PeerLost { worker } => self.node.peer_lost(worker),
            ToNode::Orders { run, orders } => self.node.obey(run, &orders),
            ToNode::End { failure, .. } => return Err(ended(failure)),
            ToNode::Exit => return Err(Error::new(Kind::Environment, "the scheduler was stopped in the middle of the run")),
            ToNode::Complete { run, places, tally } => return Ok(Some((run, places, tally))),
            ToNode::Alive => {}
        }
        Ok(None)
    }

    /// Gathers the wanted chunks from where they are, and says that it has.
    async fn take(mut self, run: u64, wanted: &[u32], places: &[u16]) -> Result<Vec<Chunk>> {
        let state = self.node.run().filter(|r| r.id == run).ok_or_else(|| Error::bug("a run is complete that was not begun"))?;
        if places.len() != wanted.len() {
            return Err(Error::corrupt(format!("{} places for {} results", places.len(), wanted.len())));
        }
        let mut by_place: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        places.iter().enumerate().for_each(|(i, &p)| by_place.entry(p).or_default().push(i));
        let (identity, addresses) = (self.identity.clone(), self.node.addresses.clone());
        let gather = async {
            let mut out: Vec<Option<Chunk>> = vec![None; wanted.len()];
            for (place, which) in by_place {
                let data: Vec<u32> = which.iter().map(|&i| wanted[i]).collect();
                let chunks = if place == 0 {
                    data.iter().map(|&d| state.get(d)).collect::<Result<Vec<_>>>()?
                } else {
                    let gone = || {
                        Error::new(Kind::Environment, format!("worker {place} was lost while it gave out its results: run again"))
                    };
                    let address = addresses.get(&place).ok_or_else(gone)?;
                    data::take(address, &identity, &state, &data)
                        .await
                        .map_err(|e| e.at(format!("taking results from worker {place}")))?
                };
                which.into_iter().zip(chunks).for_each(|(i, c)| out[i] = Some(c));
            }
            out.into_iter().map(|c| c.ok_or_else(|| Error::bug("a result was not taken"))).collect::<Result<Vec<Chunk>>>()
        };
        tokio::pin!(gather);
        let mut beats = beats();
        let chunks = loop {
            tokio::select! {
                chunks = &mut gather => break chunks?,
                _ = beats.tick() => self.control.say(&FromNode::Alive).await?,
            }
        };
        self.control.say(&FromNode::Taken { run }).await?;
        Ok(chunks)
    }
}

fn ended(failure: Option<Fault>) -> Error {
    match failure {
        Some(fault) => fault.into(),
        None => Error::new(Kind::Cancelled, "the run was ended by the scheduler"),
    }
}
