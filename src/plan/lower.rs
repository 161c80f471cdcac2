//! Walks an expression and builds the plan; node kinds are dispatched from here.

use crate::base::bytes::format_bytes;
use crate::base::{Config, Error, Kind as ErrorKind, Result};
use crate::chunk::Chunk;
use crate::expr::node::{SinkNode, SourceNode, TreeReduce};
use crate::expr::{Expr, Key, Kind, Meta, Sink};
use crate::graph::{GraphBuilder, TaskDef, TaskGraph};
use crate::plan::step::Step;
use crate::plan::{assemble, blockwise, call, rechunk, scan, shuffle, sink, source, tree_reduce};
use crate::sched::Scheduler;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Bytes that an executor keeps for every datum: a lock and a pointer.
const SLOT_BYTES: u64 = 16;

/// The tasks that compute some expressions.
pub struct Plan {
    /// Who needs what, how large it is, in which order.
    pub graph: Arc<TaskGraph>,
    /// What runs the tasks, layer by layer.
    pub layers: Vec<Layer>,
    /// For every root that is a value: the data of its chunks.
    pub roots: Vec<Ids>,
    /// The sinks, in order of the roots.
    pub sinks: Vec<SinkNode>,
    /// Memory that is held from start to end beside chunks: the graph itself, outputs being built, what threads keep.
    pub fixed_bytes: u64,
    /// The part of it that the threads keep, all together: registers of kernels, buffers and tables of codecs.
    pub thread_bytes: u64,
    /// About how many bytes are written to storage.
    pub written_bytes: u64,
}

/// The tasks of one step.
pub struct Layer {
    /// Name for people: `read scene.tif`, `sum combine`.
    pub name: String,
    /// The node that the tasks are of.
    pub node: Key,
    /// First task.
    pub first: u32,
    /// Number of tasks.
    pub n_tasks: u32,
    /// About how many bytes its tasks read from storage, each run once.
    pub read_bytes: u64,
    /// What runs them.
    pub step: Box<dyn Step>,
}

/// The data ids of a value's chunks, by chunk number.
#[derive(Clone, Debug)]
pub enum Ids {
    /// Consecutive from the first.
    From(u32),
    /// Each by itself.
    List(Arc<[u32]>),
}

impl Ids {
    /// The data of chunk `i`.
    pub fn at(&self, i: usize) -> u32 {
        match self {
            Ids::From(first) => first + i as u32,
            Ids::List(l) => l[i],
        }
    }
}

/// What one task costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Upper bound of the bytes of its result.
    pub out_bytes: u64,
    /// Upper bound of the memory it needs beside inputs and result.
    pub scratch_bytes: u64,
    /// About how long it takes.
    pub ns: u64,
}

/// The state of lowering.
pub struct Lowering {
    pub(crate) graph: GraphBuilder,
    layers: Vec<Layer>,
    /// The node that is being lowered.
    node: Key,
    done: HashMap<Key, Ids>,
    /// The parts of shuffles, by what makes them and of what.
    shuffled: HashMap<(u128, Key), Arc<[Ids]>>,
    sinks: Vec<SinkNode>,
    /// Nodes whose results are computed in their place in an output.
    targets: HashMap<Key, Arc<dyn Sink>>,
    fixed_bytes: u64,
    /// What each thread keeps, by who keeps it.
    thread_bytes: BTreeMap<(Keeper, &'static str), u64>,
    written_bytes: u64,
    /// The memory to choose ways by, and whether anything was chosen by it.
    way_bytes: (u64, bool),
}

/// A task takes at least this in the graph, the scheduler and the executor together.
const TASK_BYTES: u64 = 64;
/// So many tasks may be made in any case: most of them may turn out not to be needed, and they take little.
const FEW_TASKS: u64 = 1 << 17;

/// Where a plan does not fit, its ways are chosen as if for half of the budget, and half of that, so many times.
const HALVINGS: u32 = 16;

/// What keeps memory on the threads that ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// Elementwise programs: their registers.
    Kernel,
    /// Sources of a format.
    Source,
    /// Sinks of a format.
    Sink,
    /// Functions on blocks.
    Block,
}

impl Lowering {
    /// Starts a layer; its tasks follow by [`task`](Lowering::task).
    pub fn layer(&mut self, name: impl Into<String>, step: impl Step + 'static) {
        let name = name.into();
        let first = self.graph.next_task();
        self.graph.layer(&name);
        self.layers.push(Layer { name, node: self.node, first, n_tasks: 0, read_bytes: 0, step: Box::new(step) });
    }

    /// Adds a task with one output to the layer; gives the output's data id.
    pub fn task(&mut self, inputs: &[u32], cost: Cost) -> u32 {
        self.graph.task(TaskDef {
            inputs,
            bytes: cost.out_bytes.saturating_add(Chunk::OVERHEAD_BYTES),
            scratch_bytes: cost.scratch_bytes,
            cost_ns: cost.ns,
            effect: false,
            home: false,
        })
    }

    /// Adds a task with several outputs; gives the first output's data id.
    pub fn task_with_outputs(&mut self, inputs: &[u32], out_bytes: &[u64], cost: Cost) -> u32 {
        let def = TaskDef { inputs, scratch_bytes: cost.scratch_bytes, cost_ns: cost.ns, ..TaskDef::default() };
        let bytes: Vec<u64> = out_bytes.iter().map(|b| b.saturating_add(Chunk::OVERHEAD_BYTES)).collect();
        self.graph.task_with_outputs(def, &bytes).start
    }

    /// Adds a task that is run for its effect, once, in the process that owns the output; gives its (empty) output's data id.
    pub fn effect(&mut self, inputs: &[u32], cost: Cost) -> u32 {
        self.graph.task(TaskDef { inputs, bytes: 0, scratch_bytes: cost.scratch_bytes, cost_ns: cost.ns, effect: true, home: true })
    }

    /// The data id that the next task's first output gets.
    pub fn next_data(&self) -> u32 {
        self.graph.next_data()
    }

    /// The data of a node that is lowered already.
    ///
    /// # Errors
    /// A bug: it is not.
    pub fn ids(&self, e: &Expr) -> Result<Ids> {
        self.done.get(&e.key()).cloned().ok_or_else(|| Error::bug(format!("{e:?} is used before it is planned")))
    }

    /// The memory by which to choose between ways to the same values.
    pub(crate) fn by_budget(&mut self) -> u64 {
        self.way_bytes.1 = true;
        self.way_bytes.0
    }

    /// The parts of a shuffle that was lowered already.
    pub(super) fn shuffled(&self, shuffle: &(u128, Key)) -> Option<Arc<[Ids]>> {
        self.shuffled.get(shuffle).cloned()
    }

    /// Keeps the parts of a shuffle for other nodes that are parts of it.
    pub(super) fn keep_shuffled(&mut self, shuffle: (u128, Key), parts: Arc<[Ids]>) {
        self.shuffled.insert(shuffle, parts);
    }

    /// Memory held from start to end.
    pub fn hold(&mut self, bytes: u64) {
        self.fixed_bytes = self.fixed_bytes.saturating_add(bytes);
    }

    /// Memory that every thread keeps once it ran a task of the kind; tasks of one keeper share it.
    pub fn keep(&mut self, keeper: Keeper, name: &'static str, bytes: u64) {
        let kept = self.thread_bytes.entry((keeper, name)).or_default();
        *kept = (*kept).max(bytes);
    }

    /// Bytes that a task of the layer reads from and writes to storage.
    pub fn io(&mut self, read: u64, written: u64) {
        if let Some(layer) = self.layers.last_mut() {
            layer.read_bytes = layer.read_bytes.saturating_add(read);
        }
        self.written_bytes = self.written_bytes.saturating_add(written);
    }

    /// The output that a node's tasks write themselves.
    pub(super) fn target(&self, e: &Expr) -> Option<Arc<dyn Sink>> {
        self.targets.get(&e.key()).cloned()
    }

    /// A sink that the run must begin and finish.
    pub fn sink(&mut self, sink: &SinkNode) {
        self.sinks.push(sink.clone());
    }

    fn node(&mut self, e: &Expr) -> Result<Ids> {
        match e.kind() {
            Kind::Source(SourceNode::Array { source, origin }) => source::array(self, e, source, origin),
            Kind::Source(SourceNode::Table(t)) => source::table(self, t),
            Kind::Blockwise(b) => blockwise::lower(self, e, b),
            Kind::TreeReduce(TreeReduce::Array(r)) => tree_reduce::array(self, e, r),
            Kind::TreeReduce(TreeReduce::Table(op)) => tree_reduce::table(self, e, op),
            Kind::Scan(s) => scan::lower(self, e, s),
            Kind::Select(s) => assemble::select(self, e, s),
            Kind::Rechunk => rechunk::lower(self, e),
            Kind::Shuffle(op) => shuffle::lower(self, e, op),
            Kind::Call(c) => call::lower(self, e, c),
            Kind::Sink(s) => sink::lower(self, e, s),
        }
    }
}

/// Plans the roots (already optimized). Where there are several ways to the same values, the choice is by the budget.
///
/// # Errors
/// When there are more tasks than the budget has room for, or a node cannot be lowered.
pub fn lower(roots: &[Expr], config: &Config) -> Result<Plan> {
    let too_large = |plan: &Result<Plan>| match plan {
        Ok(plan) => plan.chunk_budget(config, 1).is_err(),
        Err(e) => e.kind() == ErrorKind::Budget,
    };
    let (first, chosen) = lower_by(roots, config, config.budget_bytes);
    if chosen && too_large(&first) {
        // Last of all with the fewest tasks, for it may be the plan itself that is too large.
        let ways = (1..=HALVINGS).map(|h| config.budget_bytes >> h).chain([u64::MAX]);
        for way_bytes in ways {
            let (plan, _) = lower_by(roots, config, way_bytes);
            if !too_large(&plan) {
                return plan;
            }
        }
    }
    first
}

/// The plan by one choice of ways, and whether there was a choice.
fn lower_by(roots: &[Expr], config: &Config, way_bytes: u64) -> (Result<Plan>, bool) {
    let max_tasks = usize::try_from((config.budget_bytes / TASK_BYTES).max(FEW_TASKS)).unwrap_or(usize::MAX);
    let mut l = Lowering {
        graph: GraphBuilder::with_limit(max_tasks),
        layers: vec![],
        node: Key(0),
        done: HashMap::new(),
        shuffled: HashMap::new(),
        sinks: vec![],
        targets: sink::targets(roots),
        fixed_bytes: 0,
        thread_bytes: BTreeMap::new(),
        written_bytes: 0,
        way_bytes: (way_bytes, false),
    };
    let values = l.roots(roots, max_tasks, config);
    let chosen = l.way_bytes.1;
    (values.and_then(|values| l.finish(values, config)), chosen)
}

impl Lowering {
    /// Lowers the roots and all that they are made of; gives the data of each.
    fn roots(&mut self, roots: &[Expr], max_tasks: usize, config: &Config) -> Result<Vec<Ids>> {
        for e in Expr::topological(roots) {
            self.node = e.key();
            let too_many = || too_many(max_tasks, config).at(e.label().to_string());
            if n_blocks(&e) > max_tasks {
                return Err(too_many());
            }
            let ids = self.node(&e);
            if self.graph.is_full() {
                return Err(too_many());
            }
            self.done.insert(e.key(), ids.map_err(|x| x.at(e.label().to_string()))?);
        }
        let mut values = Vec::new();
        for r in roots {
            let ids = self.ids(r)?;
            if !matches!(r.meta(), Meta::Unit) {
                (0..r.meta().n_chunks()).for_each(|i| self.graph.want(ids.at(i)));
            }
            values.push(ids);
        }
        Ok(values)
    }

    /// The plan whose roots have these data.
    fn finish(mut self, roots: Vec<Ids>, config: &Config) -> Result<Plan> {
        let thread_bytes = self.thread_bytes.values().sum::<u64>().saturating_mul(config.n_threads as u64);
        self.hold(thread_bytes);
        let graph = self.graph.finish()?;
        let mut next = graph.n_tasks() as u32;
        for layer in self.layers.iter_mut().rev() {
            layer.n_tasks = next - layer.first;
            next = layer.first;
        }
        let slots = graph.n_data() as u64 * SLOT_BYTES;
        let fixed_bytes = self.fixed_bytes.saturating_add(graph.own_bytes() + Scheduler::state_bytes(&graph) + slots);
        Ok(Plan {
            graph: Arc::new(graph),
            layers: self.layers,
            roots,
            sinks: self.sinks,
            fixed_bytes,
            thread_bytes,
            written_bytes: self.written_bytes,
        })
    }
}

/// Blocks that a node works on, each of which is a task.
fn n_blocks(e: &Expr) -> usize {
    match e.kind() {
        Kind::TreeReduce(TreeReduce::Array(r)) => r.grid.n_chunks(),
        _ => e.meta().n_chunks(),
    }
}

fn too_many(n: usize, config: &Config) -> Error {
    let budget = format_bytes(config.budget_bytes);
    Error::new(
        ErrorKind::Budget,
        format!(
            "there are more than {n} tasks, which alone take more than the memory budget of {budget}: use larger chunks, or raise the budget"
        ),
    )
}

impl Plan {
    /// The layer of a task and the task's index in it.
    pub fn locate(&self, task: u32) -> (usize, usize) {
        let layer = self.layers.partition_point(|l| l.first <= task) - 1;
        (layer, (task - self.layers[layer].first) as usize)
    }

    /// The words for a task: layer and place.
    pub fn describe(&self, task: u32) -> String {
        let (layer, index) = self.locate(task);
        format!("{}, {}", self.layers[layer].name, self.layers[layer].step.place(index))
    }
}
