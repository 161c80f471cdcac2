//! Which tasks are kept one by one: all of them up to a bound, then every second, every fourth and so on; and always the
//! longest.

use crate::base::event::TaskDone;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Most tasks in the even sample.
pub const N_EVEN: usize = 1 << 16;
/// Most tasks kept because they took longest.
pub const N_LONGEST: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct ByLength(TaskDone);

impl ByLength {
    fn key(&self) -> (u64, u64, u32) {
        (self.0.end_ns.saturating_sub(self.0.start_ns), self.0.start_ns, self.0.task)
    }
}

impl PartialEq for ByLength {
    fn eq(&self, other: &ByLength) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByLength {}

impl PartialOrd for ByLength {
    fn partial_cmp(&self, other: &ByLength) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByLength {
    fn cmp(&self, other: &ByLength) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Sample {
    even: Vec<TaskDone>,
    /// Every how many-th task is kept.
    stride: u64,
    seen: u64,
    longest: BinaryHeap<Reverse<ByLength>>,
}

impl Default for Sample {
    fn default() -> Sample {
        Sample { even: Vec::new(), stride: 1, seen: 0, longest: BinaryHeap::new() }
    }
}

impl Sample {
    /// Takes a task.
    pub fn push(&mut self, t: TaskDone) {
        if self.seen.is_multiple_of(self.stride) {
            if self.even.len() == N_EVEN {
                let mut keep = false;
                self.even.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.even.push(t);
            }
        }
        self.seen += 1;
        let t = ByLength(t);
        if self.longest.len() < N_LONGEST {
            self.longest.push(Reverse(t));
        } else if let Some(mut least) = self.longest.peek_mut()
            && least.0 < t
        {
            *least = Reverse(t);
        }
    }

    /// Whether every task was kept.
    pub fn is_whole(&self) -> bool {
        self.stride == 1
    }

    /// The longest tasks, longest first.
    pub fn longest(&self) -> Vec<TaskDone> {
        let mut list: Vec<ByLength> = self.longest.iter().map(|r| r.0).collect();
        list.sort_by(|a, b| b.cmp(a));
        list.into_iter().map(|t| t.0).collect()
    }

    /// All tasks that were kept, by start.
    pub fn tasks(&self) -> Vec<TaskDone> {
        let mut list = self.even.clone();
        if !self.is_whole() {
            list.extend(self.longest.iter().map(|r| r.0.0));
        }
        list.sort_by_key(|t| (t.start_ns, t.worker, t.task, t.end_ns));
        list.dedup_by_key(|t| (t.start_ns, t.worker, t.task, t.end_ns));
        list
    }
}
