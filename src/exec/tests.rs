//! The executors against each other: same values, errors that name the task, budgets, spills, cancellation.

use crate::base::event::{Event as Seen, Watch};
use crate::base::{Error, Kind, Result};
use crate::chunk::Chunk;
use crate::exec::threads::Job;
use crate::exec::{CancelToken, Outputs, Runner, Threads, null, serial};
use crate::graph::{DataId, GraphBuilder, TaskDef, TaskGraph};
use crate::sched::Limits;
use crate::spill::SpillStore;
use parking_lot::Mutex;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const KB: u64 = 1024;

/// Fills its outputs with a hash of the task and its inputs' first elements; counts the bytes of live outputs.
struct Hash<'a> {
    graph: &'a TaskGraph,
    n_runs: AtomicU64,
    fail: BTreeMap<u32, &'static str>,
    slow: Duration,
}

impl<'a> Hash<'a> {
    fn new(graph: &'a TaskGraph) -> Hash<'a> {
        Hash { graph, n_runs: AtomicU64::new(0), fail: BTreeMap::new(), slow: Duration::ZERO }
    }
}

fn first(chunk: &Chunk) -> u64 {
    match chunk {
        Chunk::Bytes(b) => u64::from_le_bytes(b[..8].try_into().unwrap()),
        _ => 0,
    }
}

impl Runner for Hash<'_> {
    fn run(&self, task: u32, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let n = self.n_runs.fetch_add(1, Ordering::Relaxed);
        if !self.slow.is_zero() {
            std::thread::sleep(self.slow);
        }
        match self.fail.get(&task) {
            Some(&"panic") => panic!("told to"),
            Some(&"usage") => return Err(Error::usage("told to")),
            Some(&"twice") if n < 2 => return Err(Error::new(Kind::Environment, "told to")),
            Some(&"always") => return Err(Error::new(Kind::Environment, "told to")),
            _ => {}
        }
        let seed =
            inputs.iter().fold(u64::from(task) + 1, |h, c| (h.rotate_left(7) ^ first(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for d in self.graph.outputs(task) {
            let n = (self.graph.bytes(d) / 8) as usize;
            let value = (seed ^ u64::from(d)).to_le_bytes().repeat(n);
            outputs.push(if n == 0 { Chunk::Unit } else { Chunk::Bytes(value.into()) });
        }
        Ok(())
    }

    fn describe(&self, task: u32) -> String {
        self.graph.spec(task).unwrap().to_string()
    }
}

/// Spilled chunks in memory, as copies.
#[derive(Default)]
struct Shelf {
    chunks: Mutex<BTreeMap<DataId, Chunk>>,
    n_written: AtomicU64,
    full: bool,
    corrupt_once: Mutex<Option<()>>,
}

impl SpillStore for Shelf {
    fn write(&self, data: DataId, chunk: &Chunk) -> Result<u64> {
        if self.full {
            return Err(Error::new(Kind::DiskFull, "full"));
        }
        self.n_written.fetch_add(1, Ordering::Relaxed);
        self.chunks.lock().insert(data, chunk.clone());
        Ok(chunk.n_bytes())
    }

    fn read(&self, data: DataId) -> Result<Chunk> {
        if self.corrupt_once.lock().take().is_some() {
            return Err(Error::corrupt("a bit has flipped"));
        }
        self.chunks.lock().get(&data).cloned().ok_or_else(|| Error::bug(format!("{data} was never written")))
    }

    fn remove(&self, data: DataId) {
        self.chunks.lock().remove(&data);
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<Seen>>);

impl Watch for Log {
    fn event(&self, event: &Seen) {
        self.0.lock().push(event.clone());
    }
}

fn job<'a>(graph: &Arc<TaskGraph>, runner: &'a dyn Runner, budget_bytes: u64, store: Option<&'a dyn SpillStore>) -> Job<'a> {
    let (limits, cancel, start) = (Limits::default(), CancelToken::new(), Instant::now());
    Job { graph: graph.clone(), runner, budget_bytes, limits, store, watcher: None, cancel, start }
}

fn def(inputs: &[u32], bytes: u64, cost_ns: u64) -> TaskDef<'_> {
    TaskDef { inputs, bytes, cost_ns, ..TaskDef::default() }
}

/// Chunks, their sum, and each chunk with the sum, all wanted; multi-output tasks and effects beside them.
fn two_passes(n: usize, cost_ns: u64) -> Arc<TaskGraph> {
    let mut b = GraphBuilder::new();
    b.layer("read");
    let x: Vec<u32> = (0..n).map(|_| b.task(def(&[], 8 * KB, cost_ns))).collect();
    b.layer("sum");
    let mut level = x.clone();
    while level.len() > 1 {
        level = level.chunks(3).map(|c| b.task(def(c, 8, 1000))).collect();
    }
    b.layer("split");
    let parts: Vec<_> = x.iter().map(|&d| b.task_with_outputs(def(&[d, level[0]], 0, 1000), &[KB, 2 * KB])).collect();
    b.layer("join");
    for p in &parts {
        let y = b.task(def(&[p.start, p.start + 1], KB, 1000));
        b.want(y);
    }
    b.layer("write");
    let done: Vec<u32> = x.iter().map(|&d| b.task(TaskDef { effect: true, ..def(&[d], 0, 1000) })).collect();
    b.layer("commit");
    b.task(TaskDef { effect: true, home: true, ..def(&done, 0, 1000) });
    Arc::new(b.finish().unwrap())
}

fn values(chunks: &[Chunk]) -> Vec<u64> {
    chunks.iter().map(first).collect()
}

#[test]
fn any_threads_and_budget_give_the_serial_values() {
    // Cheap chunks are dropped and made again, dear ones are spilled.
    for (cost_ns, n) in [(1, 300), (1_000_000_000, 300), (1000, 1)] {
        let graph = two_passes(n, cost_ns);
        let runner = Hash::new(&graph);
        let expected = values(&serial::run(&graph, &runner, &CancelToken::new()).unwrap());
        assert_eq!(expected.len(), n);
        for (n_threads, budget) in [(1, 40 * KB), (2, 40 * KB), (4, 100 * KB), (3, 100_000 * KB)] {
            let shelf = Shelf::default();
            let report = Threads::new(n_threads).run(&job(&graph, &runner, budget.max(graph.min_budget(true).0), Some(&shelf)));
            let report = report.unwrap();
            assert_eq!(values(&report.wanted), expected, "{n_threads} threads, {budget} bytes");
            let tight = n > 1 && budget < 1000 * KB;
            assert_eq!(shelf.n_written.load(Ordering::Relaxed) > 0, tight, "{:?}", report.stats);
            assert_eq!(report.stats.n_dropped > 0, tight && cost_ns == 1);
            assert_eq!(report.stats.n_over_bound + report.stats.n_stale, 0);
        }
    }
}

#[test]
fn errors_name_the_task_and_stop_the_rest() {
    let graph = two_passes(100, 1000);
    let pool = Threads::new(2);
    for (how, kind) in [("panic", Kind::Bug), ("usage", Kind::Usage), ("always", Kind::Environment)] {
        let mut runner = Hash::new(&graph);
        runner.fail.insert(7, how);
        let e = pool.run(&job(&graph, &runner, 10_000 * KB, None)).unwrap_err();
        assert_eq!((e.kind(), e.to_string().contains("read[7]: ")), (kind, true), "{e}");
        assert!(e.to_string().contains("told to"), "{e}");
        assert!(runner.n_runs.load(Ordering::Relaxed) < graph.n_tasks() as u64);
        let e = serial::run(&graph, &runner, &CancelToken::new()).unwrap_err();
        assert_eq!((e.kind(), e.to_string().contains("read[7]: ")), (kind, true), "{e}");
    }
    let mut runner = Hash::new(&graph);
    runner.fail.insert(0, "twice");
    assert!(pool.run(&job(&graph, &runner, 10_000 * KB, None)).is_ok());
}

#[test]
fn too_small_a_budget_and_a_full_disk_are_told_apart() {
    let graph = two_passes(50, 1_000_000_000);
    let (runner, pool) = (Hash::new(&graph), Threads::new(2));
    let e = pool.run(&job(&graph, &runner, 5 * KB, None)).unwrap_err();
    assert_eq!(e.kind(), Kind::Budget, "{e}");
    let shelf = Shelf { full: true, ..Shelf::default() };
    let e = pool.run(&job(&graph, &runner, 30 * KB, Some(&shelf))).unwrap_err();
    assert_eq!(e.kind(), Kind::DiskFull, "{e}");
    assert!(e.to_string().contains("spill folder"), "{e}");
}

#[test]
fn a_corrupt_spill_file_is_made_again() {
    let graph = two_passes(50, 1_000_000_000);
    let runner = Hash::new(&graph);
    let expected = values(&serial::run(&graph, &runner, &CancelToken::new()).unwrap());
    let shelf = Shelf { corrupt_once: Mutex::new(Some(())), ..Shelf::default() };
    let report = Threads::new(2).run(&job(&graph, &runner, 60 * KB, Some(&shelf))).unwrap();
    assert_eq!(values(&report.wanted), expected);
    assert!(shelf.corrupt_once.lock().is_none() && report.stats.n_reruns > 0, "{:?}", report.stats);
}

#[test]
fn cancelling_is_prompt() {
    let graph = two_passes(300, 1000);
    let runner = Hash { slow: Duration::from_millis(5), ..Hash::new(&graph) };
    let pool = Threads::new(2);
    let job = job(&graph, &runner, 10_000 * KB, None);
    let cancel = job.cancel.clone();
    let took = std::thread::scope(|s| {
        s.spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            cancel.cancel();
        });
        let e = pool.run(&job).unwrap_err();
        assert_eq!(e.kind(), Kind::Cancelled, "{e}");
        job.start.elapsed()
    });
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(serial::run(&graph, &runner, &job.cancel).is_err());
}

#[test]
fn the_watcher_hears_of_every_task() {
    let graph = two_passes(200, 1_000_000_000);
    let runner = Hash { slow: Duration::from_micros(100), ..Hash::new(&graph) };
    let (log, shelf) = (Arc::new(Log::default()), Shelf::default());
    let job = Job { watcher: Some(log.clone()), ..job(&graph, &runner, 100 * KB, Some(&shelf)) };
    let report = Threads::new(2).run(&job).unwrap();
    let (mut n_tasks, mut spilled, mut samples, mut ends) = (0, 0, 0, 0);
    for event in log.0.lock().iter() {
        match event {
            Seen::TasksDone(tasks) => {
                assert!(tasks.iter().all(|t| t.layer == graph.layer_of(t.task) && t.start_ns <= t.end_ns));
                n_tasks += tasks.len() as u64;
            }
            Seen::Spilled { bytes, .. } => spilled += bytes,
            Seen::Memory { used_bytes, resident_bytes, .. } => {
                assert!(*used_bytes <= 100 * KB && *resident_bytes > 1 << 20);
                samples += 1;
            }
            Seen::Finished { ok, .. } => ends += u32::from(*ok),
            Seen::Planned { .. } | Seen::Dropped { .. } => {}
        }
    }
    assert_eq!((n_tasks, spilled, ends), (report.stats.n_runs, report.stats.spilled_bytes, 1));
    assert!(samples > 0 && spilled > 0);
}

/// A watcher that panics takes the run down with it, rather than leaving threads asleep for ever.
#[test]
fn a_panic_outside_of_tasks_ends_the_run() {
    struct Bad;
    impl Watch for Bad {
        fn event(&self, event: &Seen) {
            assert!(!matches!(event, Seen::TasksDone(_)), "told to");
        }
    }
    let graph = two_passes(200, 1_000_000_000);
    let (runner, shelf) = (Hash::new(&graph), Shelf::default());
    let job = Job { watcher: Some(Arc::new(Bad)), ..job(&graph, &runner, 100 * KB, Some(&shelf)) };
    let run = std::panic::AssertUnwindSafe(|| Threads::new(2).run(&job));
    assert!(std::panic::catch_unwind(run).is_err());
}

#[test]
fn the_null_executor_schedules_everything() {
    let graph = two_passes(500, 1);
    let stats = null::run(&graph, Limits::default(), 4, 60 * KB, |_| ()).unwrap();
    assert_eq!(stats.n_runs - stats.n_reruns, graph.n_live() as u64);
    assert!(stats.n_reruns > 0 && stats.peak_bytes <= 60 * KB);
    assert_eq!(null::run(&graph, Limits::default(), 4, 6 * KB, |_| ()).unwrap_err().kind(), Kind::Budget);
}

#[test]
fn an_empty_graph_ends_at_once() {
    let graph = Arc::new(GraphBuilder::new().finish().unwrap());
    let runner = Hash::new(&graph);
    assert!(Threads::new(2).run(&job(&graph, &runner, 0, None)).unwrap().wanted.is_empty());
    assert!(null::run(&graph, Limits::default(), 1, 0, |_| ()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]
    #[test]
    fn random_graphs_give_the_serial_values(
        tasks in prop::collection::vec((prop::collection::vec(any::<u32>(), 0..4), 0u64..20, 0u64..3, any::<u8>()), 1..150),
        n_threads in 1usize..5,
        slack in prop::sample::select(vec![100u64, 130, 1000]),
    ) {
        let mut b = GraphBuilder::new();
        b.layer("random");
        let mut data: Vec<u32> = Vec::new();
        for (inputs, size, cost, kind) in &tasks {
            let inputs: Vec<u32> = if data.is_empty() { vec![] } else { inputs.iter().map(|i| data[*i as usize % data.len()]).collect() };
            let cost_ns = [10, 10_000, 1_000_000_000][*cost as usize];
            let def = TaskDef { inputs: &inputs, bytes: 8 * size, cost_ns, effect: kind % 16 == 1, home: kind % 32 == 1, ..TaskDef::default() };
            if kind % 8 == 2 {
                data.extend(b.task_with_outputs(def, &[8 * size, 16, 0]));
            } else {
                data.push(b.task(def));
            }
            if kind % 8 == 3 {
                b.want(data[data.len() - 1]);
            }
        }
        b.want(data[data.len() - 1]);
        let graph = Arc::new(b.finish().unwrap());
        let runner = Hash::new(&graph);
        let expected = values(&serial::run(&graph, &runner, &CancelToken::new()).unwrap());
        let shelf = Shelf::default();
        let budget = graph.min_budget(true).0 * slack / 100;
        let report = Threads::new(n_threads).run(&job(&graph, &runner, budget, Some(&shelf))).unwrap();
        prop_assert_eq!(values(&report.wanted), expected);
        prop_assert!(report.stats.peak_bytes <= budget);
        // What is left in the store is what was wanted.
        prop_assert!(shelf.chunks.lock().keys().all(|&d| graph.is_wanted(d)));
    }
}
