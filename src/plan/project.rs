//! What a plan will need: its peak memory, and whether it fits the budget at all.

use crate::base::bytes::format_bytes;
use crate::base::{Config, Error, Kind, Result};
use crate::graph::TaskGraph;
use crate::plan::Plan;
use crate::sched::Limits;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Memory of a process beside what is accounted for: code, stacks, allocator slack, buffers of the standard library.
pub const RESERVE_BYTES: u64 = 48 << 20;

/// Upper bound of the bytes that are live or reserved at once if `n_threads` run tasks as the scheduler sends them, nothing spilled or dropped:
/// always the first in static order that is ready, two for every thread and more of short ones, so that sources run ahead of what
/// consumes them.
pub fn peak_bytes(graph: &TaskGraph, n_threads: usize) -> u64 {
    let limits = Limits::default();
    let n = n_threads.max(1) as u64;
    let room = |placed: usize, queued_ns: u64| {
        let placed = placed as u64;
        placed < 2 * n
            || (queued_ns < n.saturating_mul(limits.queue_ns_per_slot)
                && placed < n.saturating_mul(limits.max_queue_per_slot.into()))
    };
    let own = |t: u32| graph.output_bytes(t).saturating_add(graph.scratch_bytes(t));
    let mut left: Vec<u32> = (0..graph.n_data() as u32).map(|d| graph.consumers(d).len() as u32).collect();
    let mut missing: Vec<u32> = (0..graph.n_tasks() as u32).map(|t| graph.inputs(t).len() as u32).collect();
    let mut ready: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    ready.extend(graph.order().iter().filter(|&&t| graph.inputs(t).is_empty()).map(|&t| Reverse(graph.rank(t))));
    let mut sent: VecDeque<u32> = VecDeque::new();
    let (mut live, mut peak, mut largest, mut queued_ns) = (0u64, 0u64, 0u64, 0u64);
    loop {
        while room(sent.len(), queued_ns)
            && let Some(Reverse(rank)) = ready.pop()
        {
            let t = graph.order()[rank as usize];
            live = live.saturating_add(own(t));
            largest = largest.max(own(t));
            queued_ns += graph.cost_ns(t);
            sent.push_back(t);
        }
        peak = peak.max(live);
        let Some(t) = sent.pop_front() else { break };
        queued_ns -= graph.cost_ns(t);
        live = live.saturating_sub(graph.scratch_bytes(t));
        for d in graph.outputs(t) {
            if graph.consumers(d).is_empty() && !graph.is_wanted(d) {
                live = live.saturating_sub(graph.bytes(d));
            }
            for &c in graph.consumers(d) {
                missing[c as usize] -= 1;
                if missing[c as usize] == 0 {
                    ready.push(Reverse(graph.rank(c)));
                }
            }
        }
        for &d in graph.inputs(t) {
            left[d as usize] -= 1;
            if left[d as usize] == 0 && !graph.is_wanted(d) {
                live = live.saturating_sub(graph.bytes(d));
            }
        }
    }
    // Threads end their tasks in another order: every further one may hold another task's result and scratch longer.
    peak.saturating_add(largest.saturating_mul(n - 1))
}

impl Plan {
    /// Upper bound of the memory of a run, in bytes: what would be live at once, or the budget if that is less.
    pub fn projected_bytes(&self, config: &Config) -> u64 {
        self.fixed_bytes.saturating_add(peak_bytes(&self.graph, config.n_threads)).min(config.budget_bytes)
    }

    /// What is left of the budget for chunks. The budget is one part in `of` of what the user gave, which messages speak of.
    ///
    /// # Errors
    /// When the plan cannot run within the budget: which task needs how much, and the fix.
    pub fn chunk_budget(&self, config: &Config, of: u64) -> Result<u64> {
        let budget = config.budget_bytes;
        let (need, task) = self.graph.min_budget(true);
        let total = self.fixed_bytes.saturating_add(need);
        if total <= budget {
            return Ok(budget - self.fixed_bytes);
        }
        let say = format_bytes;
        let (threads, others) = (self.thread_bytes, self.fixed_bytes - self.thread_bytes);
        let held = format!(
            "{} held from start to end ({} for results, outputs and the plan, {} for buffers of {} thread{})",
            say(self.fixed_bytes),
            say(others),
            say(threads),
            config.n_threads,
            if config.n_threads == 1 { "" } else { "s" }
        );
        let what = match task {
            Some(t) if need > 0 => {
                let inputs: u64 = self.graph.inputs(t).iter().map(|&d| self.graph.bytes(d)).sum();
                format!(
                    "{} needs {} at once (inputs {}, result {}, scratch {}), beside {held}",
                    self.describe(t),
                    say(need),
                    say(inputs),
                    say(self.graph.output_bytes(t)),
                    say(self.graph.scratch_bytes(t)),
                )
            }
            _ => held,
        };
        let fix = if need >= threads.max(others) {
            let of_table = of > 1 || task.is_some_and(|t| self.describe(t).contains("partition"));
            if of_table { "select fewer columns, or " } else { "use smaller chunks, or " }
        } else if others >= threads {
            "store the result to a file (npy, Zarr, GeoTIFF) instead of holding it, without overviews, or "
        } else if config.n_threads > 1 {
            "use fewer threads, or "
        } else {
            ""
        };
        let have = match of {
            1 => format!("the memory budget is {}", say(budget)),
            of => format!(
                "the memory budget is {}, of which a stage of the query has {}",
                say(budget.saturating_mul(of)),
                say(budget)
            ),
        };
        // Partitions of tables may grow a little with the budget.
        let more = if of == 1 { 0 } else { total.saturating_mul(of) / 16 };
        // More than there is, also where both are rounded.
        let (mut enough, all) = (say(total.saturating_mul(of).saturating_add(more)), budget.saturating_mul(of));
        if enough == say(all) {
            enough = say(all.saturating_add(all / 64));
        }
        Err(Error::new(Kind::Budget, format!("{what}, but {have}: {fix}raise the budget to at least {enough}")))
    }
}
