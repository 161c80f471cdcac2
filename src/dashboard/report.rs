//! The report as data: what the JSON file holds. Times in seconds since the first run began, sizes in bytes.

use super::recorder::State;
use super::series::Series;
use crate::exec::memory::{group_peak_bytes, peak_resident_bytes};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many of the longest tasks are listed.
const N_LISTED: usize = 20;

/// The report; its fields are those of the JSON file, in this order.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `tilework-report`.
    pub schema: &'static str,
    /// Raised when a field changes its meaning or goes away; new fields do not raise it.
    pub schema_version: u32,
    /// Version of the program that ran.
    pub version: &'static str,
    /// Whether all went well; none when no run has ended.
    pub ok: Option<bool>,
    /// Why it failed.
    pub error: Option<String>,
    /// Settings, as text.
    pub settings: BTreeMap<String, String>,
    /// What was planned.
    pub plan: PlanTotals,
    /// What was done.
    pub totals: RunTotals,
    /// Memory.
    pub memory: MemoryTotals,
    /// Each layer of tasks, in the order of the plan.
    pub layers: Vec<LayerRow>,
    /// What happened over time.
    pub series: SeriesColumns,
    /// The longest tasks, longest first.
    pub longest_tasks: Vec<LongTask>,
}

/// What was planned, over all runs.
#[derive(Clone, Debug, Serialize)]
pub struct PlanTotals {
    /// Runs (plans).
    pub n_runs: u64,
    /// Tasks.
    pub n_tasks: u64,
    /// Upper bound of peak memory by the plan (the largest of all runs).
    pub projected_bytes: u64,
}

/// What was done, over all runs.
#[derive(Clone, Debug, Serialize)]
pub struct RunTotals {
    /// From the first run's begin to the last one's end.
    pub seconds: f64,
    /// Tasks that succeeded; more than planned when results were dropped and made again.
    pub n_tasks: u64,
    /// Threads that ran tasks.
    pub n_threads: u32,
    /// Time in tasks, of all threads.
    pub busy_seconds: f64,
    /// Read from storage.
    pub read_bytes: u64,
    /// Written to storage, spill files not counted.
    pub written_bytes: u64,
    /// Events of spilling (each for one or more chunks).
    pub n_spills: u64,
    /// Written to spill files.
    pub spilled_bytes: u64,
    /// Events of dropping.
    pub n_drops: u64,
    /// Dropped, to be made again when needed.
    pub dropped_bytes: u64,
}

/// Memory.
#[derive(Clone, Debug, Serialize)]
pub struct MemoryTotals {
    /// The budget.
    pub budget_bytes: u64,
    /// Most bytes of chunks and reservations.
    pub peak_accounted_bytes: u64,
    /// Largest resident set in a sample.
    pub peak_resident_bytes: u64,
    /// Largest resident set of the process since it started, by the system.
    pub peak_process_bytes: u64,
    /// Peak of the process's control group by the system, with the file cache; null outside of one that counts.
    pub peak_group_bytes: Option<u64>,
}

/// One layer of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct LayerRow {
    /// Name.
    pub name: String,
    /// Tasks planned.
    pub n_planned: u64,
    /// Tasks that succeeded.
    pub n_tasks: u64,
    /// Time in its tasks, of all threads.
    pub total_seconds: f64,
    /// Mean time of a task.
    pub mean_seconds: f64,
    /// Longest time of a task.
    pub max_seconds: f64,
    /// Start of its first task.
    pub first_seconds: f64,
    /// End of its last task.
    pub last_seconds: f64,
    /// Read from storage.
    pub read_bytes: u64,
    /// Written to storage.
    pub written_bytes: u64,
}

/// Columns of equal length: one entry per interval of time.
#[derive(Clone, Debug, Serialize)]
pub struct SeriesColumns {
    /// Length of an interval; interval i begins at i times this.
    pub interval_seconds: f64,
    /// Time in tasks, of all threads.
    pub busy_seconds: Vec<f64>,
    /// Read from storage.
    pub read_bytes: Vec<u64>,
    /// Written to storage.
    pub written_bytes: Vec<u64>,
    /// Written to spill files.
    pub spilled_bytes: Vec<u64>,
    /// Dropped.
    pub dropped_bytes: Vec<u64>,
    /// Most accounted memory in a sample; null without a sample.
    pub accounted_bytes: Vec<Option<u64>>,
    /// Most resident memory in a sample; null without a sample.
    pub resident_bytes: Vec<Option<u64>>,
}

/// One task.
#[derive(Clone, Debug, Serialize)]
pub struct LongTask {
    /// Its layer, as a place in `layers`.
    pub layer: u32,
    /// Its number within the layer.
    pub index: u32,
    /// The thread that ran it.
    pub thread: u32,
    /// Start.
    pub start_seconds: f64,
    /// Time it took.
    pub seconds: f64,
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

impl SeriesColumns {
    fn new(s: &Series) -> SeriesColumns {
        let list = &s.intervals;
        SeriesColumns {
            interval_seconds: seconds(s.width_ns),
            busy_seconds: list.iter().map(|i| seconds(i.busy_ns)).collect(),
            read_bytes: list.iter().map(|i| i.read_bytes).collect(),
            written_bytes: list.iter().map(|i| i.written_bytes).collect(),
            spilled_bytes: list.iter().map(|i| i.spilled_bytes).collect(),
            dropped_bytes: list.iter().map(|i| i.dropped_bytes).collect(),
            accounted_bytes: list.iter().map(|i| i.used_bytes).collect(),
            resident_bytes: list.iter().map(|i| i.resident_bytes).collect(),
        }
    }
}

impl Report {
    pub(super) fn new(state: &State) -> Report {
        let r = &state.record;
        let layers = r.layers.iter().map(|l| LayerRow {
            name: l.name.clone(),
            n_planned: l.n_planned,
            n_tasks: l.n_tasks,
            total_seconds: seconds(l.total_ns),
            mean_seconds: seconds(l.total_ns) / l.n_tasks.max(1) as f64,
            max_seconds: seconds(l.max_ns),
            first_seconds: if l.n_tasks == 0 { 0.0 } else { seconds(l.first_ns) },
            last_seconds: seconds(l.last_ns),
            read_bytes: l.read_bytes,
            written_bytes: l.written_bytes,
        });
        let longest = r.sample.longest().into_iter().take(N_LISTED).map(|t| LongTask {
            layer: t.layer,
            index: t.task,
            thread: t.worker,
            start_seconds: seconds(t.start_ns),
            seconds: seconds(t.end_ns - t.start_ns),
        });
        let ok = if state.error.is_some() { Some(false) } else { (r.n_finished > 0).then_some(r.n_failed == 0) };
        Report {
            schema: "tilework-report",
            schema_version: 1,
            version: env!("CARGO_PKG_VERSION"),
            ok,
            error: state.error.clone(),
            settings: state.settings.iter().cloned().collect(),
            plan: PlanTotals { n_runs: r.n_runs, n_tasks: r.n_planned, projected_bytes: r.projected_bytes },
            totals: RunTotals {
                seconds: seconds(r.end_ns),
                n_tasks: r.n_tasks,
                n_threads: r.n_threads,
                busy_seconds: seconds(r.layers.iter().map(|l| l.total_ns).sum()),
                read_bytes: r.layers.iter().map(|l| l.read_bytes).sum(),
                written_bytes: r.layers.iter().map(|l| l.written_bytes).sum(),
                n_spills: r.n_spills,
                spilled_bytes: r.spilled_bytes,
                n_drops: r.n_drops,
                dropped_bytes: r.dropped_bytes,
            },
            memory: MemoryTotals {
                budget_bytes: r.budget_bytes,
                peak_accounted_bytes: r.peak_used_bytes,
                peak_resident_bytes: r.peak_resident_bytes,
                peak_process_bytes: peak_resident_bytes().max(r.peak_resident_bytes),
                peak_group_bytes: group_peak_bytes(),
            },
            layers: layers.collect(),
            series: SeriesColumns::new(&r.series),
            longest_tasks: longest.collect(),
        }
    }

    pub(super) fn end_ns(&self) -> u64 {
        (self.totals.seconds * 1e9) as u64
    }
}
