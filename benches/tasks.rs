//! What a task costs when it does nothing: graph, order, scheduler and executors alone.
//!
//! `cargo bench --bench tasks` prints nanoseconds per task, graph building included.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use tilework::Result;
use tilework::chunk::Chunk;
use tilework::exec::threads::Job;
use tilework::exec::{CancelToken, Outputs, Runner, Threads, null, serial};
use tilework::graph::{GraphBuilder, TaskDef, TaskGraph};
use tilework::sched::Limits;

/// As the program has it.
#[cfg(feature = "cli")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Nothing;

impl Runner for Nothing {
    fn run(&self, _: u32, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        black_box(inputs);
        outputs.push(Chunk::Unit);
        Ok(())
    }

    fn describe(&self, task: u32) -> String {
        format!("task {task}")
    }
}

/// Tasks that have nothing to do with each other.
fn wide(n: usize) -> TaskGraph {
    let mut b = GraphBuilder::with_capacity(n, 0);
    b.layer("wide");
    for _ in 0..n {
        b.task(TaskDef { effect: true, cost_ns: 100, ..TaskDef::default() });
    }
    b.finish().expect("a valid graph")
}

/// Sources folded two by two.
fn tree(n: usize) -> TaskGraph {
    let mut b = GraphBuilder::with_capacity(n, n);
    b.layer("source");
    let mut level: Vec<u32> = (0..n / 2).map(|_| b.task(TaskDef { bytes: 8, cost_ns: 100, ..TaskDef::default() })).collect();
    while level.len() > 1 {
        b.layer("fold");
        level = level.chunks(2).map(|inputs| b.task(TaskDef { inputs, bytes: 8, cost_ns: 100, ..TaskDef::default() })).collect();
    }
    b.want(level[0]);
    b.finish().expect("a valid graph")
}

/// x - x.mean() of chunks that are cheap to read again.
fn two_passes(n: usize) -> TaskGraph {
    let n = n / 4;
    let mut b = GraphBuilder::new();
    b.layer("read");
    let x: Vec<u32> = (0..n).map(|_| b.task(TaskDef { bytes: 1 << 20, cost_ns: 100_000, ..TaskDef::default() })).collect();
    b.layer("sum");
    let mut level: Vec<u32> =
        x.iter().map(|&d| b.task(TaskDef { inputs: &[d], bytes: 8, cost_ns: 1000, ..TaskDef::default() })).collect();
    while level.len() > 1 {
        level = level.chunks(16).map(|inputs| b.task(TaskDef { inputs, bytes: 8, cost_ns: 1000, ..TaskDef::default() })).collect();
    }
    b.layer("subtract");
    let y: Vec<u32> = x
        .iter()
        .map(|&d| b.task(TaskDef { inputs: &[d, level[0]], bytes: 1 << 20, cost_ns: 1000, ..TaskDef::default() }))
        .collect();
    b.layer("write");
    for d in y {
        b.task(TaskDef { inputs: &[d], effect: true, cost_ns: 1000, ..TaskDef::default() });
    }
    b.finish().expect("a valid graph")
}

fn threads(pool: &Threads, graph: &Arc<TaskGraph>) {
    let job = Job {
        graph: graph.clone(),
        runner: &Nothing,
        budget_bytes: 1 << 30,
        limits: Limits::default(),
        store: None,
        watcher: None,
        cancel: CancelToken::new(),
        start: Instant::now(),
    };
    black_box(pool.run(&job).expect("a run"));
}

fn main() {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = Threads::new(n_threads);
    println!("{n_threads} threads; ns per task, best of 3: graph+order alone, then with each executor (graph included)");
    for (name, make) in [("wide", wide as fn(usize) -> TaskGraph), ("tree", tree)] {
        for n in [1_000_000usize, 2_000_000] {
            let per = |f: &dyn Fn(&Arc<TaskGraph>)| {
                let time = |_| {
                    let t = Instant::now();
                    let graph = Arc::new(make(n));
                    f(&graph);
                    let ns = t.elapsed().as_nanos() as f64;
                    ns / graph.n_live() as f64
                };
                (0..3).map(time).fold(f64::INFINITY, f64::min)
            };
            let graph = per(&|_| ());
            let nothing = per(&|g| assert!(null::run(g, Limits::default(), n_threads as u32, 1 << 30, |_| ()).is_ok()));
            let one = per(&|g| drop(serial::run(g, &Nothing, &CancelToken::new()).expect("a run")));
            let all = per(&|g| threads(&pool, g));
            println!("{name} {n:>8}: graph {graph:6.1}  null {nothing:6.1}  serial {one:6.1}  threads {all:6.1}");
        }
    }
    for n in [250_000, 500_000, 1_000_000] {
        let graph = Arc::new(two_passes(n));
        let t = Instant::now();
        let stats = null::run(&graph, Limits::default(), n_threads as u32, 1 << 30, |_| ()).expect("a run");
        let ns = t.elapsed().as_nanos() as f64 / stats.n_runs as f64;
        println!("x - mean(x), {:.0} times the budget: null {ns:6.1} per run, {} reruns", (n / 4) as f64 / 1024.0, stats.n_reruns);
    }
}
