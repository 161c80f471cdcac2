//! A worker process: joins a scheduler, plans what it is sent, runs the tasks it is told to, gives chunks to others.

use super::compute::Run;
use super::link::{self, Identity};
use super::node::{Control, Node, beats, fingerprint};
use super::token::Token;
use crate::base::{Config, Error, Kind, Result};
use crate::expr::node::SinkNode;
use crate::format::registry::Registry;
use crate::plan::{Plan, codec, lower};
use crate::spill::FileSpill;
use crate::wire::hello::Role;
use crate::wire::message::{FromNode, Settings, ToNode};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What a worker is started with.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Address and port of the scheduler.
    pub scheduler: String,
    /// What shows that this worker belongs there.
    pub token: Token,
    /// Threads for tasks.
    pub n_threads: usize,
    /// Memory this worker may hold, in bytes.
    pub budget_bytes: u64,
    /// Folder for spill files.
    pub spill_dir: PathBuf,
    /// Most bytes on disk for spilled chunks.
    pub spill_limit_bytes: u64,
}

/// Works until the scheduler says that it is over.
///
/// # Errors
/// When the scheduler cannot be reached, refuses this worker, or goes away.
pub fn work(config: &WorkerConfig, registry: Registry) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Error::io("starting the runtime", &e))?;
    let result = runtime.block_on(join(config, Arc::new(registry)));
    runtime.shutdown_background();
    result
}

async fn join(config: &WorkerConfig, registry: Arc<Registry>) -> Result<()> {
    let identity = Arc::new(Identity { token: config.token.clone(), registry: codec::registry_hash(&registry) });
    let node = Node::open(identity.clone()).await?;
    let role = Role::Worker {
        n_slots: config.n_threads.max(1) as u32,
        budget_bytes: config.budget_bytes,
        data_port: node.data_port,
        process: std::process::id(),
    };
    let control = Control::new(link::connect(&config.scheduler, &identity, role).await?);
    let (planned, plans) = mpsc::unbounded_channel();
    Worker { config, registry, node, control, planned, run: 0 }.talk(plans).await
}

type Planned = (u64, Result<Plan>);

struct Worker<'a> {
    config: &'a WorkerConfig,
    registry: Arc<Registry>,
    node: Node,
    control: Control,
    planned: mpsc::UnboundedSender<Planned>,
    /// The latest run.
    run: u64,
}

impl Worker<'_> {
    async fn talk(&mut self, mut plans: mpsc::UnboundedReceiver<Planned>) -> Result<()> {
        let mut beats = beats();
        let outbox = self.node.outbox.clone();
        loop {
            tokio::select! {
                message = self.control.inbox.recv() => {
                    let Some(message) = message else {
                        return Err(Error::new(Kind::Environment, "the scheduler has gone away").at(self.config.scheduler.clone()));
                    };
                    if !self.hear(message?) {
                        return Ok(());
                    }
                }
                () = outbox.filled.notified() => {
                    let (run, reports) = outbox.take();
                    self.control.report(run, reports).await?;
                }
                Some((run, plan)) = plans.recv() => self.planned(run, plan).await?,
                _ = beats.tick() => self.control.beat().await?,
            }
        }
    }

    /// False when this worker is to stop.
    fn hear(&mut self, message: ToNode) -> bool {
        self.control.heard = Instant::now();
        match message {
            ToNode::Plan { run, settings, document, .. } => {
                self.node.end();
                self.run = run;
                self.plan(run, settings, document);
            }
            ToNode::Peer { worker, address } => self.node.peer(worker, address),
            ToNode::PeerLost { worker } => self.node.peer_lost(worker),
            ToNode::Orders { run, orders } => self.node.obey(run, &orders),
            ToNode::End { .. } => self.node.end(),
            ToNode::Exit => return false,
            ToNode::Complete { .. } | ToNode::Alive => {}
        }
        true
    }

    /// Plans beside the sockets' thread.
    fn plan(&self, run: u64, settings: Settings, document: Vec<u8>) {
        let (registry, done) = (self.registry.clone(), self.planned.clone());
        tokio::task::spawn_blocking(move || drop(done.send((run, expand(&document, settings, &registry)))));
    }

    async fn planned(&mut self, run: u64, plan: Result<Plan>) -> Result<()> {
        if run != self.run {
            return Ok(()); // overtaken by the next
        }
        let begun = plan.and_then(|plan| {
            let print = fingerprint(&plan);
            let budget_bytes = self.config.budget_bytes.saturating_sub(held(&plan));
            let store = FileSpill::new(&self.config.spill_dir, self.config.spill_limit_bytes)?;
            let run = Run::start(run, plan, self.config.n_threads, store, self.node.outbox.clone())?;
            Ok((run, print, budget_bytes))
        });
        match begun {
            Ok((state, fingerprint, budget_bytes)) => {
                self.node.begin(state);
                self.control.say(&FromNode::Planned { run, fingerprint, budget_bytes }).await
            }
            Err(e) => self.control.say(&FromNode::CannotPlan { run, fault: (&e).into() }).await,
        }
    }
}

/// The plan of a document.
///
/// # Errors
/// A broken document, or what a source says when it is opened.
pub(super) fn expand(document: &[u8], settings: Settings, registry: &Registry) -> Result<Plan> {
    let roots = codec::decode(document, registry)?;
    let config = Config { budget_bytes: settings.budget_bytes, n_threads: settings.n_threads as usize, ..Config::default() };
    lower(&roots, &config)
}

/// Memory that a worker holds beside chunks: the plan and kernels' scratch, but not the outputs, which are the client's.
fn held(plan: &Plan) -> u64 {
    let outputs: u64 = plan.sinks.iter().map(|s| if let SinkNode::Array(a) = s { a.held_bytes() } else { 0 }).sum();
    plan.fixed_bytes.saturating_sub(outputs)
}
