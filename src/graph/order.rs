//! The static order: a rank per task that keeps few bytes alive.
//!
//! Depth first from the results in chunk order, the dearest input first (so that a whole reduction comes before the chunks
//! that need its value). Whenever a task is placed, consumers that are ready and do not add to the live bytes are placed at
//! once: reductions that share a read fold together, and each chunk walks on to its sink before the next one is read. Where the
//! only reader left waits for other reads, which it and those ready with it use up, these are placed at once, too: so the sums of
//! u, of v and of u v read both side by side.
//! Linear in edges but for sorting the inputs of one task; explicit stack, since chains may be millions deep.

use crate::graph::task_graph::{TaskGraph, TaskId};

/// Most inputs and readers that are looked at to read things side by side.
const MOST_COMPANIONS: usize = 8;

struct Walk<'a> {
    g: &'a TaskGraph,
    /// Consumers not placed yet, per data; wanted data never dies.
    left: Vec<u32>,
    /// Inputs not placed yet, per task.
    missing: Vec<u32>,
    placed: Vec<bool>,
    stack: Vec<TaskId>,
    ready: Vec<TaskId>,
    order: Vec<TaskId>,
}

/// Orders the live tasks of a graph whose consumers and regeneration costs are known.
pub(crate) fn depth_first(g: &TaskGraph, live: &[bool]) -> Vec<TaskId> {
    let n_live = live.iter().filter(|&&l| l).count();
    let mut left: Vec<u32> = g.con_start.windows(2).map(|w| w[1] - w[0]).collect();
    for &d in &g.wanted {
        left[d as usize] += 1;
    }
    let missing = g.in_start.windows(2).map(|w| w[1] - w[0]).collect();
    let mut walk = Walk {
        g,
        left,
        missing,
        placed: vec![false; g.n_tasks()],
        stack: Vec::new(),
        ready: Vec::new(),
        order: Vec::with_capacity(n_live),
    };
    for (t, &live) in live.iter().enumerate() {
        let t = t as TaskId;
        // A root is what nobody reads but the caller: the end of a chain, in chunk order.
        if live && !walk.placed[t as usize] && g.outputs(t).all(|d| g.consumers(d).is_empty()) {
            walk.stack.push(t);
            walk.run();
        }
    }
    walk.order
}

impl Walk<'_> {
    fn run(&mut self) {
        while let Some(t) = self.stack.pop() {
            if self.placed[t as usize] {
                continue;
            }
            if self.missing[t as usize] == 0 {
                self.place(t);
            } else {
                self.stack.push(t);
                self.push_inputs(t);
            }
        }
    }

    /// Pushes the producers that are still to be placed, so that the dearest is on top, then in input order.
    fn push_inputs(&mut self, t: TaskId) {
        let g = self.g;
        // An effect comes first of all: outputs are written in order, each chunk before the next is made.
        let class_of = |p: TaskId| if g.is_effect(p) { u32::MAX } else { g.regen[p as usize].ilog2() };
        let class = |d: u32| class_of(g.producer(d));
        let inputs = g.inputs(t);
        let from = self.stack.len();
        let placed = &self.placed;
        self.stack.extend(inputs.iter().rev().map(|&d| g.producer(d)).filter(|&p| !placed[p as usize]));
        if inputs.len() > 1 && !inputs.is_sorted_by(|&a, &b| class(a) >= class(b)) {
            self.stack[from..].sort_by_key(|&p| class_of(p));
        }
    }

    fn place(&mut self, t: TaskId) {
        let g = self.g;
        self.placed[t as usize] = true;
        self.order.push(t);
        for &d in g.inputs(t) {
            let left = &mut self.left[d as usize];
            *left -= 1;
            if *left == 1 {
                self.push_last_reader(d);
            }
        }
        for d in g.outputs(t) {
            self.ready.clear();
            for &c in g.consumers(d) {
                let m = &mut self.missing[c as usize];
                *m -= 1;
                if *m == 0 {
                    self.ready.push(c);
                }
            }
            if !self.ready.is_empty() {
                self.take_ready(d);
            }
        }
    }

    /// Stacks the only reader of `d` that is left, if it is ready and frees more than it makes, or what it waits for. Comes to pass once per data.
    fn push_last_reader(&mut self, d: u32) {
        let Some(c) = self.g.consumers(d).iter().copied().find(|&c| !self.placed[c as usize]) else { return };
        if self.missing[c as usize] > 0 {
            self.push_companions(d, c);
        } else if self.frees(c) {
            self.stack.push(c);
        }
    }

    /// Stacks what `c`, the last reader of `d`, waits for, if all of it can be made at once and is used up with `d`.
    fn push_companions(&mut self, d: u32, c: TaskId) {
        let g = self.g;
        let inputs = g.inputs(c);
        if inputs.len() > MOST_COMPANIONS || g.output_bytes(c) > g.bytes(d) {
            return;
        }
        let waited_for = |&&x: &&u32| !self.placed[g.producer(x) as usize];
        let used_up = |&x: &u32| {
            let (p, readers) = (g.producer(x), g.consumers(x));
            let others = || readers.iter().filter(|&&r| r != c && !self.placed[r as usize]);
            self.missing[p as usize] == 0
                && !g.is_effect(p)
                && readers.len() <= MOST_COMPANIONS
                && self.left[x as usize] as usize <= readers.len()
                && others().all(|&r| self.missing[r as usize] == 1)
                && others().fold(0u64, |s, &r| s.saturating_add(g.output_bytes(r))) <= g.bytes(x)
        };
        if inputs.iter().filter(waited_for).all(used_up) {
            self.stack.extend(inputs.iter().rev().filter(waited_for).map(|&x| g.producer(x)));
        }
    }

    /// Stacks those of `self.ready` (consumers of `d`) whose outputs take no more than what they free.
    fn take_ready(&mut self, d: u32) {
        let g = self.g;
        let from = self.stack.len();
        let all = self.ready.len() == self.left[d as usize] as usize;
        let together = all && self.ready.iter().fold(0u64, |s, &c| s.saturating_add(g.output_bytes(c))) <= g.bytes(d);
        for &c in &self.ready {
            if together || self.frees(c) {
                self.stack.push(c);
            }
        }
        self.stack[from..].reverse();
    }

    /// Whether `c`, or `c` and then those that wait for it alone, make no more bytes than they free.
    fn frees(&self, c: TaskId) -> bool {
        let g = self.g;
        let mut freed = 0u64;
        let made = g.output_bytes(c);
        for &d in g.inputs(c) {
            if freed >= made {
                break;
            }
            if self.left[d as usize] == 1 {
                freed = freed.saturating_add(g.bytes(d));
            }
        }
        if made <= freed {
            return true;
        }
        let mut left_over = 0u64;
        for d in g.outputs(c) {
            let consumers = g.consumers(d);
            if consumers.is_empty() || consumers.len() > 4 || self.left[d as usize] as usize > consumers.len() {
                return false;
            }
            for &next in consumers {
                if self.missing[next as usize] != 1 {
                    return false;
                }
                left_over = left_over.saturating_add(g.output_bytes(next));
            }
        }
        left_over <= freed
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{GraphBuilder, TaskDef};

    #[test]
    fn each_chunk_is_written_before_the_next_is_made() {
        let mut b = GraphBuilder::new();
        b.layer("read");
        let reads: Vec<u32> = (0..4).map(|_| b.task(TaskDef { bytes: 100, cost_ns: 1_000_000, ..TaskDef::default() })).collect();
        b.layer("encode");
        let task =
            |b: &mut GraphBuilder, d: u32| b.task(TaskDef { inputs: &[d], bytes: 100, cost_ns: 9_000_000, ..TaskDef::default() });
        let encoded: Vec<u32> = reads.iter().map(|&d| task(&mut b, d)).collect();
        b.layer("write");
        let mut before = None;
        for &d in &encoded {
            let inputs: Vec<u32> = [d].into_iter().chain(before).collect();
            before = Some(b.task(TaskDef { inputs: &inputs, cost_ns: 1000, effect: true, home: true, ..TaskDef::default() }));
        }
        assert_eq!(b.finish().unwrap().order(), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    }

    #[test]
    fn sums_of_two_arrays_and_of_their_product_read_both_side_by_side() {
        let mut b = GraphBuilder::new();
        let n = 6;
        b.layer("read");
        let mut read = || (0..n).map(|_| b.task(TaskDef { bytes: 1000, cost_ns: 1_000_000, ..TaskDef::default() })).collect();
        let (u, v): (Vec<u32>, Vec<u32>) = (read(), read());
        b.layer("sum");
        let mut sums = |pairs: Vec<Vec<u32>>| -> Vec<u32> {
            pairs.iter().map(|i| b.task(TaskDef { inputs: i, bytes: 8, cost_ns: 1000, ..TaskDef::default() })).collect()
        };
        let parts = [
            sums(u.iter().map(|&d| vec![d]).collect()),
            sums(v.iter().map(|&d| vec![d]).collect()),
            sums(u.iter().zip(&v).map(|(&u, &v)| vec![u, v]).collect()),
        ];
        b.layer("total");
        for p in &parts {
            b.task(TaskDef { inputs: p, bytes: 8, cost_ns: 1000, ..TaskDef::default() });
        }
        let g = b.finish().unwrap();
        // Task and data numbers are the same here: every task makes one.
        let (mut left, mut live, mut most) = (vec![0usize; 2 * n], 0usize, 0);
        for &t in g.order() {
            if (t as usize) < 2 * n {
                live += 1;
                left[t as usize] = g.consumers(t).len();
            }
            for &d in g.inputs(t).iter().filter(|&&d| (d as usize) < 2 * n) {
                left[d as usize] -= 1;
                live -= usize::from(left[d as usize] == 0);
            }
            most = most.max(live);
        }
        assert!(most <= 2, "{most} chunks at a time: {:?}", g.order());
    }
}
