//! What a plan will need: its peak memory, and whether it fits the budget at all.

use crate::base::bytes::format_bytes;
use crate::base::{Config, Error, Kind, Result};
use crate::graph::TaskGraph;
use crate::plan::Plan;

/// Memory of a process beside what is accounted for: code, stacks, allocator slack, buffers of the standard library.
pub const RESERVE_BYTES: u64 = 48 << 20;

/// Upper bound of the bytes live at once if tasks run in static order, `n_threads` at a time, nothing spilled or dropped.
pub fn peak_bytes(graph: &TaskGraph, n_threads: usize) -> u64 {
    let mut left: Vec<u32> = (0..graph.n_data() as u32).map(|d| graph.consumers(d).len() as u32).collect();
    let (mut live, mut peak, mut largest) = (0u64, 0u64, 0u64);
    for &t in graph.order() {
        let own = graph.output_bytes(t).saturating_add(graph.scratch_bytes(t));
        largest = largest.max(own);
        live = live.saturating_add(graph.output_bytes(t));
        peak = peak.max(live.saturating_add(graph.scratch_bytes(t)));
        for d in graph.outputs(t) {
            if graph.consumers(d).is_empty() && !graph.is_wanted(d) {
                live = live.saturating_sub(graph.bytes(d));
            }
        }
        for &d in graph.inputs(t) {
            left[d as usize] -= 1;
            if left[d as usize] == 0 && !graph.is_wanted(d) {
                live = live.saturating_sub(graph.bytes(d));
            }
        }
    }
    // Every further thread holds at most another task's result and scratch.
    peak.saturating_add(largest.saturating_mul(n_threads.saturating_sub(1) as u64))
}

impl Plan {
    /// Upper bound of the memory of a run, in bytes: what would be live at once, or the budget if that is less.
    pub fn projected_bytes(&self, config: &Config) -> u64 {
        self.fixed_bytes.saturating_add(peak_bytes(&self.graph, config.n_threads)).min(config.budget_bytes)
    }

    /// What is left of the budget for chunks.
    ///
    /// # Errors
    /// When the plan cannot run within the budget: which task needs how much, and the fix.
    pub fn chunk_budget(&self, config: &Config) -> Result<u64> {
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
            "use smaller chunks, or "
        } else if others >= threads {
            "store the result to a file (npy, Zarr, GeoTIFF) instead of holding it, without overviews, or "
        } else if config.n_threads > 1 {
            "use fewer threads, or "
        } else {
            ""
        };
        Err(Error::new(
            Kind::Budget,
            format!("{what}, but the memory budget is {}: {fix}raise the budget to at least {}", say(budget), say(total)),
        ))
    }
}
