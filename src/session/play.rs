//! A plan's schedule played through without running a task: how often what runs, and what is spilled.

use crate::base::Config;
use crate::exec::null;
use crate::plan::Plan;
use crate::sched::{Command, Limits, Stats};

/// What a run would do, layer by layer.
pub(super) struct Played {
    /// Runs of the tasks of each layer.
    pub runs: Vec<u64>,
    /// About how many bytes of the results of each layer are written to spill files.
    pub spilled_bytes: Vec<u64>,
    /// Of the whole run.
    pub stats: Stats,
}

impl Played {
    /// Plays a plan within the budget for its chunks; None where there is none, or none that would do.
    pub(super) fn new(plan: &Plan, config: &Config, budget_bytes: Option<u64>) -> Played {
        let once = plan.layers.iter().map(|l| u64::from(l.n_tasks)).collect();
        let nothing = vec![0; plan.layers.len()];
        let (mut runs, mut spilled_bytes) = (nothing.clone(), nothing.clone());
        let told = |command: &Command| match command {
            Command::Run { task, .. } => runs[plan.locate(*task).0] += 1,
            Command::Spill { data, .. } => spilled_bytes[plan.locate(plan.graph.producer(*data)).0] += plan.graph.bytes(*data),
            _ => {}
        };
        // What the bounds of sizes forbid may still run with sizes as they are.
        let played = budget_bytes.map(|b| null::run(&plan.graph, Limits::default(), config.n_threads as u32, b, told));
        match played {
            Some(Ok(stats)) => Played { runs, spilled_bytes, stats },
            _ => Played { runs: once, spilled_bytes: nothing, stats: Stats::default() },
        }
    }
}
