//! A session: settings, a watcher, and the ways to run an expression.

use crate::base::bytes::format_bytes;
use crate::base::event::{Event, Watcher};
use crate::base::{Config, DType, Element, Error, Grid, Kind, Result};
use crate::chunk::join::{found_sizes, joined};
use crate::chunk::{Chunk, Loan, Tensor};
use crate::exec::{CancelToken, Job, Threads, serial};
use crate::expr::node::SinkNode;
use crate::expr::unknown::resolved;
use crate::expr::{Chunks, Expr, Meta, build};
use crate::format::memory::{ChunkedSource, MemorySink};
use crate::optimize::optimize;
use crate::plan::lower::Ids;
use crate::plan::{Plan, lower};
use crate::sched::Limits;
use crate::spill::{FileSpill, SpillStore};
use ndarray::ArrayViewMutD;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// What runs the tasks of a plan. One scheduler decides for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Executor {
    /// Local threads, within the budget.
    #[default]
    Threads,
    /// One task after the other in static order, all data kept: the oracle of tests.
    Serial,
    /// Worker processes of a scheduler.
    #[cfg(feature = "remote")]
    Remote(crate::exec::remote::RemoteConfig),
}

/// Settings and the means to run expressions. Cheap to clone; cancelling one clone cancels all.
#[derive(Clone)]
pub struct Session {
    config: Config,
    /// The budget is one part in so many of what the user gave.
    part_of: u64,
    executor: Executor,
    watcher: Watcher,
    cancel: CancelToken,
}

impl Default for Session {
    fn default() -> Session {
        Session::new(Config::default())
    }
}

impl Session {
    /// A session on local threads.
    pub fn new(config: Config) -> Session {
        Session { config, part_of: 1, executor: Executor::default(), watcher: Watcher::default(), cancel: CancelToken::default() }
    }

    /// The same with another executor.
    #[must_use]
    pub fn with_executor(mut self, executor: Executor) -> Session {
        self.executor = executor;
        self
    }

    /// The same with a watcher, which is told what happens in every run.
    #[must_use]
    pub fn with_watcher(mut self, watcher: Watcher) -> Session {
        self.watcher = watcher;
        self
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_config(&self, config: Config) -> Session {
        Session { config, ..self.clone() }
    }

    /// The same with one part in `of` of the budget. Messages speak of the whole.
    #[cfg(feature = "frame")]
    #[must_use]
    pub(crate) fn with_part_of_budget(&self, of: u64) -> Session {
        let config = Config { budget_bytes: self.config.budget_bytes / of, ..self.config.clone() };
        Session { config, part_of: self.part_of * of, ..self.clone() }
    }

    /// Tells the watcher something, if there is one.
    #[cfg(feature = "frame")]
    pub(crate) fn tell(&self, make: impl FnOnce() -> Event) {
        if let Some(watcher) = &self.watcher {
            watcher.event(&make());
        }
    }

    /// From now on freed memory is kept as far as this session's budget has room for it.
    pub(crate) fn begin_within_budget(&self) {
        #[cfg(feature = "cli")]
        crate::chunk::allocator::begin_run(self.config.budget_bytes, crate::exec::memory::own_bytes);
    }

    /// What is left of the budget for chunks.
    pub(super) fn chunk_budget(&self, plan: &Plan) -> Result<u64> {
        plan.chunk_budget(&self.config, self.part_of)
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What stops runs of this session from another thread.
    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// The roots, rewritten by the optimizer unless that is switched off.
    pub(crate) fn optimized(&self, roots: &[Expr]) -> Result<Vec<Expr>> {
        if self.config.optimize { optimize(roots, None) } else { Ok(roots.to_vec()) }
    }

    /// Plans and runs the roots; gives the chunks of each root that is a value.
    ///
    /// # Errors
    /// A plan that cannot fit the budget, before anything runs; else what a source, kernel or sink failed with, with the op and
    /// the chunk named. Outputs of a failed run are removed.
    pub fn run(&self, roots: &[Expr]) -> Result<Vec<Vec<Chunk>>> {
        let roots = self.optimized(roots)?;
        let plan = lower(&roots, &self.config)?;
        let budget = self.chunk_budget(&plan)?;
        self.tell_plan(&plan);
        if self.part_of == 1 {
            self.begin_within_budget();
        }
        let mut begun = Vec::new();
        let result = begin(&plan.sinks, &mut begun).and_then(|()| self.execute(plan, &roots, budget));
        let result = result.and_then(|values| begun.iter().try_for_each(finish).map(|()| values));
        if result.is_err() {
            begun.iter().for_each(abort);
        }
        result
    }

    fn execute(&self, plan: Plan, roots: &[Expr], budget_bytes: u64) -> Result<Vec<Vec<Chunk>>> {
        let graph = plan.graph.clone();
        let values: Vec<_> = roots.iter().zip(&plan.roots).map(|(r, ids)| (r, ids.clone())).collect();
        let wanted = match &self.executor {
            #[cfg(feature = "remote")]
            Executor::Remote(remote) => {
                let (config, watcher, cancel) = (&self.config, self.watcher.clone(), self.cancel.clone());
                crate::exec::remote::run(
                    remote,
                    crate::exec::remote::RemoteJob { roots, plan, config, budget_bytes, watcher, cancel },
                )?
            }
            Executor::Serial => serial::run(&graph, &plan, &self.cancel)?,
            Executor::Threads => {
                // What fits whole is never spilled.
                let spill = (graph.all_bytes() > budget_bytes)
                    .then(|| FileSpill::new(&self.config.spill_dir, self.config.spill_limit_bytes))
                    .transpose()?;
                let job = Job {
                    graph: graph.clone(),
                    runner: &plan,
                    budget_bytes,
                    limits: Limits::default(),
                    store: spill.as_ref().map(|s| s as &dyn SpillStore),
                    watcher: self.watcher.clone(),
                    cancel: self.cancel.clone(),
                    start: Instant::now(),
                };
                Threads::new(self.config.n_threads.min(graph.n_tasks())).run(&job)?.wanted
            }
        };
        deal(&values, graph.wanted(), wanted)
    }

    fn tell_plan(&self, plan: &Plan) {
        let Some(w) = &self.watcher else { return };
        w.event(&Event::Planned {
            n_tasks: plan.graph.n_tasks(),
            layers: plan.layers.iter().map(|l| l.name.clone()).collect(),
            layer_tasks: plan.layers.iter().map(|l| l.n_tasks as usize).collect(),
            projected_bytes: plan.projected_bytes(&self.config),
            budget_bytes: self.config.budget_bytes.saturating_mul(self.part_of),
        });
    }

    /// The array in memory.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn compute(&self, x: &Expr) -> Result<Tensor> {
        let (_, grid) = x.array()?;
        if grid.n_chunks() == 1 {
            return match self.run(std::slice::from_ref(x))?.pop().and_then(|mut c| c.pop()) {
                Some(Chunk::Tensor(t)) => Ok(t.contiguous()),
                other => Err(Error::bug(format!("{other:?} is no array"))),
            };
        }
        Ok(self.compute_all(std::slice::from_ref(x))?.remove(0))
    }

    /// The array in memory that exists: no result is allocated.
    ///
    /// # Errors
    /// When `out` has another dtype or shape, or the array's size is not known before it is computed; as [`run`](Session::run),
    /// after which `out` may be partly written.
    pub fn compute_into<T: Element>(&self, x: &Expr, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        let (dtype, grid) = fitting(x, T::DTYPE, out.shape())?;
        // Complex numbers may lie at odd addresses.
        let aligned = out.as_ptr().addr().is_multiple_of(dtype.size());
        let Some(elements) = out.as_slice_mut().filter(|_| aligned) else {
            out.assign(&self.compute(x)?.view::<T>()?);
            return Ok(());
        };
        let loan = Loan::new(elements);
        let sink = MemorySink::over(loan.output(dtype, grid)?, self.runs_here());
        self.run(&[build::sink(x, Arc::new(sink))?]).map(drop)
    }

    /// Several arrays into memory of the caller's, in one run: what they share is computed once. The memory, elements in C order,
    /// counts in the budget, as that of results does.
    ///
    /// # Errors
    /// As [`compute_into`](Session::compute_into).
    pub fn compute_all_into(&self, results: &mut [(Expr, Place<'_>)]) -> Result<()> {
        let mut sinks = Vec::new();
        for (x, place) in results {
            let (dtype, grid) = fitting(x, place.dtype, &place.shape)?;
            let sink = MemorySink::over(place.loan.output(dtype, grid)?, self.runs_here()).counted();
            sinks.push(build::sink(x, Arc::new(sink))?);
        }
        self.run(&sinks).map(drop)
    }

    /// Whether kernels run in this process.
    fn runs_here(&self) -> bool {
        matches!(self.executor, Executor::Threads | Executor::Serial)
    }

    /// Several arrays in memory, in one run: what they share is computed once.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn compute_all(&self, xs: &[Expr]) -> Result<Vec<Tensor>> {
        let here = self.runs_here();
        let sink = || Arc::new(if here { MemorySink::in_place() } else { MemorySink::new() });
        let sinks: Vec<Arc<MemorySink>> = xs.iter().map(|_| sink()).collect();
        let unknown: Vec<bool> = xs.iter().map(|x| Ok(x.array()?.1.unknown_axis().is_some())).collect::<Result<_>>()?;
        let root = |((x, s), &unknown): ((&Expr, &Arc<MemorySink>), &bool)| {
            if unknown { Ok(x.clone()) } else { build::sink(x, s.clone()) }
        };
        let roots: Vec<Expr> = xs.iter().zip(&sinks).zip(&unknown).map(root).collect::<Result<_>>()?;
        let chunks = self.run(&roots)?;
        let results = chunks.into_iter().zip(xs).zip(sinks.iter().zip(&unknown));
        results.map(|((chunks, x), (s, &unknown))| if unknown { self.joined(x, chunks) } else { s.take() }).collect()
    }

    /// The chunks of an array of unknown size as one. They are held while it is filled.
    fn joined(&self, x: &Expr, chunks: Vec<Chunk>) -> Result<Tensor> {
        let (dtype, grid) = x.array()?;
        let bytes: u64 = chunks.iter().map(|c| if let Chunk::Tensor(t) = c { (t.len() * dtype.size()) as u64 } else { 0 }).sum();
        if bytes.saturating_mul(2) > self.config.budget_bytes {
            let (have, budget) = (format_bytes(bytes), format_bytes(self.config.budget_bytes));
            let message = format!(
                "the result was found to have {have}, and needs twice that while it is put together, but the memory budget is {budget}: \
                 call resolve() and write it to a file, or raise the budget"
            );
            return Err(Error::new(Kind::Budget, message).at(x.label()));
        }
        joined(dtype, grid, chunks)
    }

    /// The array computed now and kept in memory chunk by chunk, as a source for further expressions.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn persist(&self, x: &Expr) -> Result<Expr> {
        let (dtype, grid) = x.array()?;
        let chunks = self.run(std::slice::from_ref(x))?.pop().unwrap_or_default();
        let found = found_sizes(grid, &chunks)?;
        let grid = &resolved(grid, &found)?;
        let tensors = chunks.into_iter().filter_map(|c| match c {
            // Pieces that were found empty are no pieces of the grid; where there is nothing else, one of them is.
            Chunk::Tensor(t) if found.iter().enumerate().any(|(a, f)| f.is_some() && t.shape()[a] == 0) => None,
            other => Some(other.tensor().cloned()),
        });
        let mut tensors: Vec<Tensor> = tensors.collect::<Result<_>>()?;
        if tensors.is_empty() {
            tensors = (0..grid.n_chunks()).map(|i| Tensor::splat(dtype, &grid.chunk_region(i).shape(), 0.into())).collect();
        }
        let source = ChunkedSource::new(dtype, grid.clone(), tensors, x.key().0);
        let sizes = grid.axes().iter().map(|a| a.sizes().collect()).collect();
        build::source(Arc::new(source), &Chunks::Exact(sizes))
    }

    /// Writes to the outputs that `sinks` are (made by [`build::sink`]), in one run.
    ///
    /// # Errors
    /// As [`run`](Session::run).
    pub fn store(&self, sinks: &[Expr]) -> Result<()> {
        self.run(sinks).map(drop)
    }
}

/// Memory of the caller's for a result: elements in C order.
pub struct Place<'a> {
    dtype: DType,
    shape: Vec<usize>,
    loan: Loan<'a>,
}

impl<'a> Place<'a> {
    /// The memory of these elements, for a result of their dtype and of a shape.
    pub fn new<T: Element>(elements: &'a mut [T], shape: &[usize]) -> Place<'a> {
        Place { dtype: T::DTYPE, shape: shape.to_vec(), loan: Loan::new(elements) }
    }
}

/// Dtype and grid of an array that is computed into memory of a dtype and shape.
fn fitting<'a>(x: &'a Expr, into: DType, shape: &[usize]) -> Result<(DType, &'a Grid)> {
    let (dtype, grid) = x.array()?;
    if let Some(axis) = grid.unknown_axis() {
        let message = format!("the length along axis {axis} is not known before it is computed: call resolve() first");
        return Err(Error::usage(message).at("compute_into"));
    }
    if dtype != into || grid.shape().as_slice() != shape {
        let (want, have) = (format!("{dtype} {:?}", grid.shape().as_slice()), format!("{into} {shape:?}"));
        let kind = if dtype == into { Kind::Usage } else { Kind::DType };
        return Err(Error::new(kind, format!("an array of {want} cannot be computed into one of {have}")).at("compute_into"));
    }
    Ok((dtype, grid))
}

/// The wanted chunks to the roots that asked for them, in order.
fn deal(roots: &[(&Expr, Ids)], ids: &[u32], wanted: Vec<Chunk>) -> Result<Vec<Vec<Chunk>>> {
    let n_chunks = |e: &Expr| if matches!(e.meta(), Meta::Unit) { 0 } else { e.meta().n_chunks() };
    // Chunks are wanted once each, in order of the roots; where roots share some, they are looked up.
    if roots.iter().map(|(e, _)| n_chunks(e)).sum::<usize>() == wanted.len() {
        if roots.len() == 1 {
            return Ok(vec![wanted]);
        }
        let mut rest = wanted.into_iter();
        return Ok(roots.iter().map(|(e, _)| rest.by_ref().take(n_chunks(e)).collect()).collect());
    }
    let kept: HashMap<u32, Chunk> = ids.iter().copied().zip(wanted).collect();
    let chunk = |e: &Expr, ids: &Ids, i: usize| {
        kept.get(&ids.at(i)).cloned().ok_or_else(|| Error::bug(format!("chunk {i} of {e:?} is missing")))
    };
    roots.iter().map(|(e, ids)| (0..n_chunks(e)).map(|i| chunk(e, ids, i)).collect()).collect()
}

fn begin(sinks: &[SinkNode], begun: &mut Vec<SinkNode>) -> Result<()> {
    for s in sinks {
        match s {
            SinkNode::Array(a) => a.begin().map_err(|e| e.at(a.label()))?,
            SinkNode::Table(t) => t.begin().map_err(|e| e.at(t.label()))?,
        }
        begun.push(s.clone());
    }
    Ok(())
}

fn finish(s: &SinkNode) -> Result<()> {
    match s {
        SinkNode::Array(a) => a.finish().map_err(|e| e.at(a.label())),
        SinkNode::Table(t) => t.finish().map_err(|e| e.at(t.label())),
    }
}

fn abort(s: &SinkNode) {
    match s {
        SinkNode::Array(a) => a.abort(),
        SinkNode::Table(t) => t.abort(),
    }
}
