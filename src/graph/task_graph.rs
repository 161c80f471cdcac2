//! Tasks and data by dense ids, in flat arrays.
//!
//! Invariants: a task's inputs were made by tasks with lower ids (so ids are a topological order and there are no cycles);
//! a task's outputs are consecutive data ids; when every task has one output, data id = task id and no table is kept.
//! Tasks that nobody needs keep their ids but have no rank, and appear neither in [`TaskGraph::order`] nor among consumers.

use crate::base::{Error, Result};
use crate::graph::spec::{Layer, TaskSpec};
use std::ops::Range;

/// Dense id of a task.
pub type TaskId = u32;
/// Dense id of a task's output.
pub type DataId = u32;

/// Rank of a task that nobody needs.
pub const NO_RANK: u32 = u32::MAX;

pub(crate) const EFFECT: u8 = 1;
pub(crate) const HOME: u8 = 2;
pub(crate) const WANTED: u8 = 4;

/// An immutable graph of tasks with its static order; see the module for its invariants.
#[derive(Debug, Default)]
pub struct TaskGraph {
    pub(crate) layers: Vec<Layer>,
    pub(crate) in_start: Vec<u32>,
    pub(crate) inputs: Vec<DataId>,
    /// First output of each task and one more; empty when data id = task id.
    pub(crate) out_start: Vec<u32>,
    /// Producer of each data; empty when data id = task id.
    pub(crate) producer: Vec<TaskId>,
    pub(crate) bytes: Vec<u64>,
    pub(crate) scratch: Vec<u64>,
    pub(crate) cost: Vec<u32>,
    pub(crate) task_flags: Vec<u8>,
    pub(crate) data_flags: Vec<u8>,
    pub(crate) wanted: Vec<DataId>,
    pub(crate) con_start: Vec<u32>,
    pub(crate) consumers: Vec<TaskId>,
    pub(crate) regen: Vec<u64>,
    pub(crate) order: Vec<TaskId>,
    pub(crate) rank: Vec<u32>,
}

impl TaskGraph {
    /// Number of tasks, needed or not.
    pub fn n_tasks(&self) -> usize {
        self.cost.len()
    }

    /// Number of data (task outputs).
    pub fn n_data(&self) -> usize {
        self.bytes.len()
    }

    /// Number of tasks that somebody needs: the ones in [`order`](Self::order).
    pub fn n_live(&self) -> usize {
        self.order.len()
    }

    /// Data that task `t` reads, as given (a data may occur twice).
    #[inline]
    pub fn inputs(&self, t: TaskId) -> &[DataId] {
        let t = t as usize;
        &self.inputs[self.in_start[t] as usize..self.in_start[t + 1] as usize]
    }

    /// Data that task `t` makes.
    #[inline]
    pub fn outputs(&self, t: TaskId) -> Range<DataId> {
        if self.out_start.is_empty() { t..t + 1 } else { self.out_start[t as usize]..self.out_start[t as usize + 1] }
    }

    /// The task that makes data `d`.
    #[inline]
    pub fn producer(&self, d: DataId) -> TaskId {
        if self.producer.is_empty() { d } else { self.producer[d as usize] }
    }

    /// Needed tasks that read data `d`, in order of rank (a task that reads it twice occurs twice).
    #[inline]
    pub fn consumers(&self, d: DataId) -> &[TaskId] {
        let d = d as usize;
        &self.consumers[self.con_start[d] as usize..self.con_start[d + 1] as usize]
    }

    /// Upper bound of the size of data `d`.
    #[inline]
    pub fn bytes(&self, d: DataId) -> u64 {
        self.bytes[d as usize]
    }

    /// Upper bound of the memory task `t` needs besides inputs and outputs.
    #[inline]
    pub fn scratch_bytes(&self, t: TaskId) -> u64 {
        self.scratch[t as usize]
    }

    /// Upper bound of all outputs of `t`.
    #[inline]
    pub fn output_bytes(&self, t: TaskId) -> u64 {
        let mut sum = 0u64;
        for d in self.outputs(t) {
            sum = sum.saturating_add(self.bytes[d as usize]);
        }
        sum
    }

    /// Estimated run time of `t` (at most 4.29 s, which is enough to tell cheap from dear).
    #[inline]
    pub fn cost_ns(&self, t: TaskId) -> u64 {
        u64::from(self.cost[t as usize])
    }

    /// Estimated time to make the outputs of `t` again from the sources, saturating; shared ancestors count each time.
    #[inline]
    pub fn regen_ns(&self, t: TaskId) -> u64 {
        self.regen[t as usize]
    }

    /// Whether `t` has side effects: once finished it is never run again, and its outputs are kept to the end.
    #[inline]
    pub fn is_effect(&self, t: TaskId) -> bool {
        self.task_flags[t as usize] & EFFECT != 0
    }

    /// Whether `t` must run in the coordinating process (worker 0).
    #[inline]
    pub fn is_home(&self, t: TaskId) -> bool {
        self.task_flags[t as usize] & HOME != 0
    }

    /// Whether `d` is kept for the caller.
    #[inline]
    pub fn is_wanted(&self, d: DataId) -> bool {
        self.data_flags[d as usize] & WANTED != 0
    }

    /// Whether `d` is the empty result of an effect: it has no value, and so is nowhere and cannot be lost.
    #[inline]
    pub fn is_weightless(&self, d: DataId) -> bool {
        self.bytes[d as usize] == 0 && self.is_effect(self.producer(d)) && !self.is_wanted(d)
    }

    /// Data kept for the caller, in the order asked for.
    pub fn wanted(&self) -> &[DataId] {
        &self.wanted
    }

    /// The needed tasks in static order.
    pub fn order(&self) -> &[TaskId] {
        &self.order
    }

    /// Place of `t` in [`order`](Self::order), [`NO_RANK`] when nobody needs it.
    #[inline]
    pub fn rank(&self, t: TaskId) -> u32 {
        self.rank[t as usize]
    }

    /// The layers, in order of task ids.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Layer of task `t`.
    pub fn layer_of(&self, t: TaskId) -> u32 {
        (self.layers.partition_point(|l| l.first_task + l.n_tasks <= t)) as u32
    }

    /// Task `t` in words.
    ///
    /// # Errors
    /// When there is no such task.
    pub fn spec(&self, t: TaskId) -> Result<TaskSpec> {
        let layer = self.layer_of(t);
        match self.layers.get(layer as usize) {
            Some(l) if (t as usize) < self.n_tasks() => {
                Ok(TaskSpec { op: l.name.clone(), layer, index: t - l.first_task, inputs: self.inputs(t).to_vec() })
            }
            _ => Err(Error::bug(format!("no task {t} in a graph of {}", self.n_tasks()))),
        }
    }

    /// Memory task `t` needs to run alone: distinct inputs, outputs and scratch.
    pub fn task_bytes(&self, t: TaskId) -> u64 {
        let mut sum = self.output_bytes(t).saturating_add(self.scratch_bytes(t));
        let inputs = self.inputs(t);
        if inputs.len() <= 8 {
            for (i, &d) in inputs.iter().enumerate() {
                if !inputs[..i].contains(&d) {
                    sum = sum.saturating_add(self.bytes(d));
                }
            }
        } else {
            let mut distinct = inputs.to_vec();
            distinct.sort_unstable();
            distinct.dedup();
            for d in distinct {
                sum = sum.saturating_add(self.bytes(d));
            }
        }
        sum
    }

    /// The least memory in which this graph can run on one worker, and the task that needs most: what its largest task
    /// needs alone and, unless `can_spill`, whatever must stay in memory to the end (wanted data, outputs of effects).
    pub fn min_budget(&self, can_spill: bool) -> (u64, Option<TaskId>) {
        let (mut most, mut which) = (0, None);
        for &t in &self.order {
            let need = self.task_bytes(t);
            if which.is_none() || need > most {
                (most, which) = (need, Some(t));
            }
        }
        if !can_spill {
            for &t in &self.order {
                for d in self.outputs(t) {
                    if self.is_wanted(d) || self.is_effect(t) {
                        most = most.saturating_add(self.bytes(d));
                    }
                }
            }
        }
        (most, which)
    }

    /// Bytes of all data, and of what all tasks need beside theirs: no order of running takes more.
    pub fn all_bytes(&self) -> u64 {
        self.order.iter().map(|&t| self.output_bytes(t).saturating_add(self.scratch_bytes(t))).fold(0, u64::saturating_add)
    }

    /// Bytes of memory of the graph itself.
    pub fn own_bytes(&self) -> u64 {
        let n4 = self.in_start.len()
            + self.inputs.len()
            + self.out_start.len()
            + self.producer.len()
            + self.cost.len()
            + self.wanted.len()
            + self.con_start.len()
            + self.consumers.len()
            + self.order.len()
            + self.rank.len();
        let n8 = self.bytes.len() + self.scratch.len() + self.regen.len();
        (n4 * 4 + n8 * 8 + self.task_flags.len() + self.data_flags.len()) as u64
    }
}
