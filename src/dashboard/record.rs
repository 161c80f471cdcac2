//! What a recorder has counted. Deterministic: a function of the events and of when each run began.

use super::sample::Sample;
use super::series::Series;
use crate::base::event::{Event, TaskDone};
use std::collections::BTreeMap;

/// Most layers told apart; those beyond are counted together.
pub const N_LAYERS: usize = 4000;

/// Exact sums of one layer.
#[derive(Clone, Debug, Default)]
pub struct LayerSums {
    pub name: String,
    pub n_planned: u64,
    pub n_tasks: u64,
    pub total_ns: u64,
    pub max_ns: u64,
    pub first_ns: u64,
    pub last_ns: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
}

/// Exact sums of everything.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub n_runs: u64,
    pub n_planned: u64,
    pub projected_bytes: u64,
    pub budget_bytes: u64,
    pub layers: Vec<LayerSums>,
    /// By name and by how often the name came before in the same run: runs of the same work share layers.
    ids: BTreeMap<(String, u32), u32>,
    /// Of the current run: its layers' ids, the first task of each, and when it began.
    current: Vec<u32>,
    firsts: Vec<u32>,
    offset_ns: u64,
    pub n_tasks: u64,
    pub n_threads: u32,
    pub end_ns: u64,
    pub n_spills: u64,
    pub spilled_bytes: u64,
    pub n_drops: u64,
    pub dropped_bytes: u64,
    pub peak_used_bytes: u64,
    pub peak_resident_bytes: u64,
    pub series: Series,
    pub sample: Sample,
    pub n_finished: u64,
    pub n_failed: u64,
}

impl Record {
    /// Takes an event. `now_ns` is the time since the first run began; a plan's run begins then.
    pub fn event(&mut self, event: &Event, now_ns: u64) {
        match event {
            Event::Planned { n_tasks, layers, layer_tasks, projected_bytes, budget_bytes } => {
                self.offset_ns = if self.n_runs == 0 { 0 } else { now_ns.max(self.end_ns) };
                self.n_runs += 1;
                self.n_planned += *n_tasks as u64;
                self.projected_bytes = self.projected_bytes.max(*projected_bytes);
                self.budget_bytes = self.budget_bytes.max(*budget_bytes);
                self.plan(layers, layer_tasks);
            }
            Event::TasksDone(tasks) => tasks.iter().for_each(|t| self.task(*t)),
            Event::Memory { at_ns, used_bytes, peak_bytes, resident_bytes } => {
                let at_ns = self.time(*at_ns);
                self.peak_used_bytes = self.peak_used_bytes.max(*peak_bytes).max(*used_bytes);
                self.peak_resident_bytes = self.peak_resident_bytes.max(*resident_bytes);
                let interval = self.series.at(at_ns);
                interval.used_bytes = interval.used_bytes.max(Some(*used_bytes));
                interval.resident_bytes = interval.resident_bytes.max(Some(*resident_bytes));
            }
            Event::Spilled { at_ns, bytes } => {
                let at_ns = self.time(*at_ns);
                self.n_spills += 1;
                self.spilled_bytes += bytes;
                self.series.at(at_ns).spilled_bytes += bytes;
            }
            Event::Dropped { at_ns, bytes } => {
                let at_ns = self.time(*at_ns);
                self.n_drops += 1;
                self.dropped_bytes += bytes;
                self.series.at(at_ns).dropped_bytes += bytes;
            }
            Event::Finished { at_ns, ok } => {
                self.time(*at_ns);
                self.n_finished += 1;
                self.n_failed += u64::from(!ok);
            }
        }
    }

    fn time(&mut self, at_ns: u64) -> u64 {
        let at_ns = at_ns.saturating_add(self.offset_ns);
        self.end_ns = self.end_ns.max(at_ns);
        at_ns
    }

    fn plan(&mut self, layers: &[String], layer_tasks: &[usize]) {
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        self.current.clear();
        self.firsts.clear();
        let mut first = 0u32;
        for (i, name) in layers.iter().enumerate() {
            let n = layer_tasks.get(i).copied().unwrap_or(0);
            let nth = times.entry(name).or_default();
            let id = self.layer(name, *nth);
            *nth += 1;
            self.layers[id as usize].n_planned += n as u64;
            self.current.push(id);
            self.firsts.push(first);
            first = first.saturating_add(n as u32);
        }
    }

    fn layer(&mut self, name: &str, nth: u32) -> u32 {
        let key = (name.to_string(), nth);
        if let Some(&id) = self.ids.get(&key) {
            return id;
        }
        let id = self.layers.len().min(N_LAYERS) as u32;
        if self.layers.len() <= N_LAYERS {
            let name = if self.layers.len() == N_LAYERS { "all other layers" } else { name };
            self.layers.push(LayerSums { name: name.to_string(), first_ns: u64::MAX, ..LayerSums::default() });
        }
        if self.ids.len() < N_LAYERS {
            self.ids.insert(key, id);
        }
        id
    }

    fn task(&mut self, mut t: TaskDone) {
        t.start_ns = self.time(t.start_ns);
        t.end_ns = self.time(t.end_ns).max(t.start_ns);
        t.task = t.task.saturating_sub(self.firsts.get(t.layer as usize).copied().unwrap_or(0));
        t.layer = match self.current.get(t.layer as usize) {
            Some(&id) => id,
            None => self.layer("unknown", 0),
        };
        let layer = &mut self.layers[t.layer as usize];
        let ns = t.end_ns - t.start_ns;
        layer.n_tasks += 1;
        layer.total_ns += ns;
        layer.max_ns = layer.max_ns.max(ns);
        layer.first_ns = layer.first_ns.min(t.start_ns);
        layer.last_ns = layer.last_ns.max(t.end_ns);
        layer.read_bytes += t.read_bytes;
        layer.written_bytes += t.written_bytes;
        self.n_tasks += 1;
        self.n_threads = self.n_threads.max(t.worker.saturating_add(1));
        self.series.task(&t);
        self.sample.push(t);
    }
}
