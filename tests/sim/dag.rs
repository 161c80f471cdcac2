//! Random graphs of the shapes that plans have, and the values they should give.

use super::rng::{Rng, mix};
use tilework::graph::{GraphBuilder, TaskDef, TaskGraph};

struct Maker<'a> {
    b: GraphBuilder,
    rng: &'a mut Rng,
    max_bytes: u64,
    max_cost: u64,
}

impl Maker<'_> {
    fn task(&mut self, inputs: &[u32]) -> u32 {
        let bytes = if self.rng.permille(100) { 0 } else { self.rng.below(self.max_bytes) };
        let scratch_bytes = if self.rng.permille(300) { self.rng.below(self.max_bytes) } else { 0 };
        let cost_ns = self.rng.below(self.max_cost);
        self.b.task(TaskDef { inputs, bytes, scratch_bytes, cost_ns, ..TaskDef::default() })
    }

    fn tree(&mut self, mut level: Vec<u32>) -> u32 {
        let arity = 2 + self.rng.below(3) as usize;
        while level.len() > 1 {
            level = level.chunks(arity).map(|c| self.task(c)).collect();
        }
        level[0]
    }

    /// A sink per chunk and, mostly, a commit at home that waits for them all.
    fn sinks(&mut self, data: &[u32]) {
        let heavy = self.rng.permille(100);
        self.b.layer("write");
        let done: Vec<u32> = data
            .iter()
            .map(|&d| self.b.task(TaskDef { inputs: &[d], bytes: 4 * u64::from(heavy), effect: true, ..TaskDef::default() }))
            .collect();
        if self.rng.permille(700) {
            self.b.layer("commit");
            self.b.task(TaskDef { inputs: &done, effect: true, home: true, ..TaskDef::default() });
        }
    }

    fn wide(&mut self, n: usize) -> Vec<u32> {
        self.b.layer("source");
        (0..n).map(|_| self.task(&[])).collect()
    }

    fn layered(&mut self, n: usize) -> Vec<u32> {
        let mut all = self.wide(1 + n / 5);
        self.b.layer("random");
        while all.len() < n {
            let k = 1 + self.rng.below(4);
            let reach = if self.rng.permille(500) { 10 } else { all.len() as u64 };
            let inputs: Vec<u32> =
                (0..k).map(|_| all[all.len() - 1 - self.rng.below(reach.min(all.len() as u64)) as usize]).collect();
            let d = self.task(&inputs);
            all.push(d);
        }
        all.split_off(all.len() - (1 + n / 10))
    }

    /// x - x.mean(), the case where every chunk is needed twice.
    fn two_passes(&mut self, n: usize) -> Vec<u32> {
        let x = self.wide(n / 4 + 1);
        self.b.layer("partial");
        let partial: Vec<u32> = x.iter().map(|&d| self.task(&[d])).collect();
        self.b.layer("combine");
        let mean = self.tree(partial);
        self.b.layer("subtract");
        x.iter().map(|&d| self.task(&[d, mean])).collect()
    }

    /// Every task has several outputs, and each output of the next step reads one of each.
    fn shuffle(&mut self, n: usize) -> Vec<u32> {
        let k = ((n as f64).sqrt() as usize).clamp(2, 12);
        let x = self.wide(k);
        self.b.layer("split");
        let bytes: Vec<u64> = (0..k).map(|_| self.rng.below(self.max_bytes / 4 + 1)).collect();
        let parts: Vec<_> = x
            .iter()
            .map(|&d| self.b.task_with_outputs(TaskDef { inputs: &[d], cost_ns: 1000, ..TaskDef::default() }, &bytes))
            .collect();
        self.b.layer("merge");
        (0..k as u32).map(|j| self.task(&parts.iter().map(|p| p.start + j).collect::<Vec<_>>())).collect()
    }

    fn chain(&mut self, n: usize) -> Vec<u32> {
        let mut last = self.wide(1);
        self.b.layer("step");
        for _ in 0..n {
            let input = [last[0], last[0]];
            let k = 1 + self.rng.below(2) as usize;
            last = vec![self.task(&input[..k])];
        }
        last
    }
}

pub fn random(rng: &mut Rng) -> TaskGraph {
    let n = match rng.below(40) {
        0 => 300 + rng.below(1700) as usize,
        1..=8 => 60 + rng.below(240) as usize,
        _ => 10 + rng.below(50) as usize,
    };
    let max_bytes = [1000, 100_000, 10_000_000][rng.below(3) as usize];
    // Some plans are cheap to make again, some are not, some are mixed.
    let max_cost = [1_000, 100_000, 10_000_000][rng.below(3) as usize];
    let mut m = Maker { b: GraphBuilder::new(), rng, max_bytes, max_cost };
    let ends = match m.rng.below(6) {
        0 => m.wide(n),
        1 => m.layered(n),
        2 => m.two_passes(n),
        3 => m.shuffle(n),
        4 => m.chain(n),
        _ => {
            let leaves = m.wide(n / 2 + 1);
            m.b.layer("fold");
            vec![m.tree(leaves)]
        }
    };
    if m.rng.permille(500) {
        m.sinks(&ends);
    }
    if m.rng.permille(600) || m.b.next_task() == 0 {
        for &d in &ends {
            if m.rng.permille(600) {
                m.b.want(d);
            }
        }
    }
    m.b.want(ends[0]);
    m.b.finish().expect("a valid graph")
}

/// The value of every data, by running the tasks one after the other.
pub fn oracle(g: &TaskGraph) -> Vec<u64> {
    let mut values = vec![0; g.n_data()];
    for &t in g.order() {
        let inputs: Vec<u64> = g.inputs(t).iter().map(|&d| values[d as usize]).collect();
        for d in g.outputs(t) {
            values[d as usize] = value(g, t, d, &inputs);
        }
    }
    values
}

/// What task `t` makes of its inputs for output `d`. An effect without a result has the value 0, wherever it is read.
pub fn value(g: &TaskGraph, t: u32, d: u32, inputs: &[u64]) -> u64 {
    if g.is_weightless(d) {
        return 0;
    }
    inputs.iter().fold(mix(u64::from(t)) ^ mix(u64::from(d) << 32), |h, &v| mix(h.rotate_left(5) ^ v))
}
