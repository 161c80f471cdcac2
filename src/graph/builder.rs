//! Builds a [`TaskGraph`] layer by layer in time linear in tasks and edges, then culls and orders it.

use crate::base::{Error, Result};
use crate::graph::order;
use crate::graph::spec::Layer;
use crate::graph::task_graph::{DataId, EFFECT, HOME, NO_RANK, TaskGraph, TaskId, WANTED};
use std::ops::Range;

/// What the builder is told of a task.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskDef<'a> {
    /// Data it reads, made by earlier tasks.
    pub inputs: &'a [DataId],
    /// Upper bound of its (one) output, in bytes.
    pub bytes: u64,
    /// Upper bound of further memory while it runs, in bytes.
    pub scratch_bytes: u64,
    /// Estimated run time.
    pub cost_ns: u64,
    /// Side effects: never run again once finished.
    pub effect: bool,
    /// Must run in the coordinating process.
    pub home: bool,
}

/// Builds a [`TaskGraph`].
///
/// ```
/// use tilework::graph::{GraphBuilder, TaskDef};
/// let mut b = GraphBuilder::new();
/// b.layer("read");
/// let x = b.task(TaskDef { bytes: 8, ..TaskDef::default() });
/// b.layer("sum");
/// let s = b.task(TaskDef { inputs: &[x], bytes: 8, ..TaskDef::default() });
/// b.want(s);
/// let g = b.finish().unwrap();
/// assert_eq!(g.order(), [x, s]);
/// assert_eq!(g.min_budget(true).0, 16);
/// ```
#[derive(Debug)]
pub struct GraphBuilder {
    g: TaskGraph,
    max_tasks: usize,
    error: Option<Error>,
}

impl Default for GraphBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Ids stay below this, so that sums and the marks at the top of u32 cannot overflow.
const MAX_IDS: usize = u32::MAX as usize - 16;

impl GraphBuilder {
    /// An empty graph.
    pub fn new() -> GraphBuilder {
        GraphBuilder { g: TaskGraph { in_start: vec![0], ..TaskGraph::default() }, max_tasks: MAX_IDS, error: None }
    }

    /// An empty graph that takes fewer than `max_tasks` tasks: once there are so many it [is full](Self::is_full), further ones are
    /// dropped, and their ids mean nothing.
    pub fn with_limit(max_tasks: usize) -> GraphBuilder {
        GraphBuilder { max_tasks: max_tasks.min(MAX_IDS), ..GraphBuilder::new() }
    }

    /// Whether there are as many tasks as there may be: the graph has to be given up.
    pub fn is_full(&self) -> bool {
        self.g.cost.len() >= self.max_tasks
    }

    /// An empty graph with room for `n_tasks` tasks and `n_edges` inputs.
    pub fn with_capacity(n_tasks: usize, n_edges: usize) -> GraphBuilder {
        let mut b = GraphBuilder::new();
        b.g.in_start.reserve(n_tasks + 1);
        b.g.inputs.reserve(n_edges);
        b.g.bytes.reserve(n_tasks);
        b.g.scratch.reserve(n_tasks);
        b.g.cost.reserve(n_tasks);
        b.g.task_flags.reserve(n_tasks);
        b.g.data_flags.reserve(n_tasks);
        b
    }

    /// Begins a layer: the tasks that follow belong to it. Returns its index.
    pub fn layer(&mut self, name: impl Into<String>) -> u32 {
        self.g.layers.push(Layer { name: name.into(), first_task: self.g.cost.len() as u32, n_tasks: 0 });
        self.g.layers.len() as u32 - 1
    }

    /// Adds a task with one output and returns the id of that output (ask [`next_task`](Self::next_task) for the task's own).
    #[inline]
    pub fn task(&mut self, def: TaskDef<'_>) -> DataId {
        let d = self.g.bytes.len() as DataId;
        if self.is_full() {
            return d;
        }
        self.push(&def);
        self.g.bytes.push(def.bytes);
        self.g.data_flags.push(0);
        if !self.g.out_start.is_empty() {
            self.g.producer.push(self.g.cost.len() as u32 - 1);
            self.g.out_start.push(d + 1);
        }
        d
    }

    /// Adds a task with as many outputs as there are sizes (`def.bytes` is ignored) and returns their ids.
    pub fn task_with_outputs(&mut self, def: TaskDef<'_>, bytes: &[u64]) -> Range<DataId> {
        let first = self.g.bytes.len() as DataId;
        if self.is_full() {
            return first..first;
        }
        if self.g.out_start.is_empty() {
            let n = self.g.cost.len() as u32;
            self.g.out_start.extend(0..=n);
            self.g.producer.extend(0..n);
        }
        self.push(&def);
        let t = self.g.cost.len() as u32 - 1;
        self.g.bytes.extend_from_slice(bytes);
        self.g.data_flags.resize(self.g.bytes.len(), 0);
        self.g.producer.resize(self.g.bytes.len(), t);
        self.g.out_start.push(self.g.bytes.len() as u32);
        first..self.g.bytes.len() as u32
    }

    #[inline]
    fn push(&mut self, def: &TaskDef<'_>) {
        let n_data = self.g.bytes.len() as u32;
        let known = def.inputs.iter().all(|&d| d < n_data);
        if !known || self.g.layers.is_empty() || self.g.inputs.len() + self.g.bytes.len() > MAX_IDS {
            self.refuse(def);
        }
        if let Some(l) = self.g.layers.last_mut() {
            l.n_tasks += 1;
        }
        self.g.inputs.extend_from_slice(def.inputs);
        self.g.in_start.push(self.g.inputs.len() as u32);
        self.g.scratch.push(def.scratch_bytes);
        self.g.cost.push(def.cost_ns.min(u64::from(u32::MAX)) as u32);
        self.g.task_flags.push(u8::from(def.effect) * EFFECT + u8::from(def.home) * HOME);
    }

    #[cold]
    fn refuse(&mut self, def: &TaskDef<'_>) {
        let n = self.g.bytes.len();
        let layer = self.g.layers.last().map_or("", |l| l.name.as_str());
        let e = if self.g.layers.is_empty() {
            Error::bug("a task was added before any layer")
        } else if self.g.inputs.len() + n > MAX_IDS {
            Error::new(crate::base::Kind::Budget, "a plan of more than 4 billion tasks and edges: use larger chunks")
        } else {
            let d = def.inputs.iter().find(|&&d| d as usize >= n).copied().unwrap_or_default();
            Error::bug(format!("a task of layer {layer} reads data {d}, which no earlier task makes: the plan has a cycle"))
        };
        self.error.get_or_insert(e);
    }

    /// The id that the next data gets.
    pub fn next_data(&self) -> DataId {
        self.g.bytes.len() as DataId
    }

    /// The id the next task will get.
    pub fn next_task(&self) -> TaskId {
        self.g.cost.len() as TaskId
    }

    /// Keeps data `d` for the caller. Asking twice is asking once.
    pub fn want(&mut self, d: DataId) {
        match self.g.data_flags.get_mut(d as usize) {
            Some(f) if *f & WANTED == 0 => {
                *f |= WANTED;
                self.g.wanted.push(d);
            }
            Some(_) => {}
            None => {
                self.error.get_or_insert(Error::bug(format!("data {d} is wanted but no task makes it")));
            }
        }
    }

    /// Culls what nobody needs, orders the rest, and returns the graph.
    ///
    /// # Errors
    /// A bug of the planner: an input that no earlier task makes (which is how a cycle shows), or a task outside of a layer. A graph that
    /// is full.
    pub fn finish(self) -> Result<TaskGraph> {
        if self.is_full() {
            return Err(Error::new(
                crate::base::Kind::Budget,
                format!("a plan of more than {} tasks: use larger chunks", self.max_tasks),
            ));
        }
        if let Some(e) = self.error {
            return Err(e);
        }
        let mut g = self.g;
        let live = cull(&g);
        link_consumers(&mut g, &live);
        g.regen = regen(&g);
        let order = order::depth_first(&g, &live);
        let mut rank = vec![NO_RANK; g.n_tasks()];
        for (r, &t) in order.iter().enumerate() {
            rank[t as usize] = r as u32;
        }
        g.order = order;
        g.rank = rank;
        sort_consumers(&mut g);
        Ok(g)
    }
}

/// Marks the tasks that wanted data or effects need. Ids are topological, so one sweep backwards does.
fn cull(g: &TaskGraph) -> Vec<bool> {
    let mut live: Vec<bool> = g.task_flags.iter().map(|f| f & EFFECT != 0).collect();
    for &d in &g.wanted {
        live[g.producer(d) as usize] = true;
    }
    for t in (0..live.len()).rev() {
        if live[t] {
            for &d in g.inputs(t as u32) {
                live[g.producer(d) as usize] = true;
            }
        }
    }
    live
}

fn link_consumers(g: &mut TaskGraph, live: &[bool]) {
    let mut start = vec![0u32; g.n_data() + 1];
    for (t, live) in live.iter().enumerate() {
        if *live {
            for &d in g.inputs(t as u32) {
                start[d as usize + 1] += 1;
            }
        }
    }
    let mut sum = 0;
    for s in &mut start {
        sum += *s;
        *s = sum;
    }
    // `start[d]` walks from the first to the last place of d's consumers; it ends as the start of d + 1, shifted back below.
    let mut consumers = vec![0u32; sum as usize];
    for (t, live) in live.iter().enumerate() {
        if *live {
            for &d in g.inputs(t as u32) {
                let at = &mut start[d as usize];
                consumers[*at as usize] = t as u32;
                *at += 1;
            }
        }
    }
    for d in (1..start.len()).rev() {
        start[d] = start[d - 1];
    }
    start[0] = 0;
    g.con_start = start;
    g.consumers = consumers;
}

/// Own cost plus that of the inputs. Outputs of effects are kept to the end, so they cost nothing to have again.
fn regen(g: &TaskGraph) -> Vec<u64> {
    let mut regen = vec![0u64; g.n_tasks()];
    for t in 0..regen.len() {
        let mut sum = u64::from(g.cost[t].max(1));
        for &d in g.inputs(t as u32) {
            let p = g.producer(d);
            if !g.is_effect(p) {
                sum = sum.saturating_add(regen[p as usize]);
            }
        }
        regen[t] = sum;
    }
    regen
}

fn sort_consumers(g: &mut TaskGraph) {
    let rank = &g.rank;
    for d in 0..g.con_start.len() - 1 {
        let range = g.con_start[d] as usize..g.con_start[d + 1] as usize;
        if range.len() > 1 {
            let list = &mut g.consumers[range];
            if !list.is_sorted_by_key(|&t| rank[t as usize]) {
                list.sort_unstable_by_key(|&t| rank[t as usize]);
            }
        }
    }
}
