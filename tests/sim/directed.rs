//! Cases with a known right answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tilework::graph::{GraphBuilder, TaskDef, TaskGraph};
use tilework::sched::{Command, DoneTask, Event, Failure, Limits, Scheduler};

const MB: u64 = 1_000_000;

fn def(inputs: &[u32], bytes: u64, cost_ns: u64) -> TaskDef<'_> {
    TaskDef { inputs, bytes, cost_ns, ..TaskDef::default() }
}

fn fold(b: &mut GraphBuilder, mut level: Vec<u32>) -> u32 {
    b.layer("combine");
    while level.len() > 1 {
        level = level.chunks(8).map(|c| b.task(def(c, 8, 1000))).collect();
    }
    level[0]
}

/// x - x.mean(), written chunk by chunk.
fn centred(n: u32) -> TaskGraph {
    let mut b = GraphBuilder::new();
    b.layer("read");
    let x: Vec<u32> = (0..n).map(|_| b.task(def(&[], MB, 400_000))).collect();
    b.layer("partial");
    let partial: Vec<u32> = x.iter().map(|&d| b.task(def(&[d], 8, 300_000))).collect();
    let mean = fold(&mut b, partial);
    b.layer("subtract");
    let y: Vec<u32> = x.iter().map(|&d| b.task(def(&[d, mean], MB, 300_000))).collect();
    b.layer("write");
    for &d in &y {
        b.task(TaskDef { effect: true, ..def(&[d], 0, 500_000) });
    }
    b.finish().expect("a valid graph")
}

/// One worker whose runs end first in, first out; its spills are instant. Returns what was run, spilled, and the end.
fn play(
    graph: &Arc<TaskGraph>,
    n_slots: usize,
    budget_bytes: u64,
) -> (BTreeMap<u32, u32>, BTreeSet<u32>, Option<Failure>, Scheduler) {
    let mut s = Scheduler::new(graph.clone(), Limits::default());
    let (mut out, mut queue) = (Vec::new(), std::collections::VecDeque::new());
    let (mut runs, mut spilled) = (BTreeMap::new(), BTreeSet::new());
    s.handle(&Event::WorkerJoined { worker: 0, epoch: 1, n_slots: n_slots as u32, budget_bytes }, &mut out);
    loop {
        for command in std::mem::take(&mut out) {
            match command {
                Command::Run { task, attempt, .. } => queue.push_back(Event::Finished {
                    worker: 0,
                    epoch: 1,
                    batch: vec![DoneTask { task, attempt, bytes: graph.output_bytes(task), more_bytes: Box::default() }],
                }),
                Command::Spill { data, ticket, .. } => {
                    spilled.insert(data);
                    queue.push_front(Event::Spilled { worker: 0, epoch: 1, data, ticket });
                }
                Command::Done => return (runs, spilled, None, s),
                Command::Fail(why) => return (runs, spilled, Some(*why), s),
                Command::Drop { .. } | Command::Unload { .. } | Command::Fetch { .. } => {}
            }
        }
        s.check().expect("invariants");
        let event = queue.pop_front().expect("something under way");
        if let Event::Finished { batch, .. } = &event {
            *runs.entry(batch[0].task).or_default() += 1;
        }
        assert!(s.used_bytes(0) <= budget_bytes);
        s.handle(&event, &mut out);
    }
}

#[test]
fn two_passes_over_large_data_read_it_twice_and_spill_nothing() {
    let n = 400;
    for (slots, budget) in [(1, 20 * MB), (2, 20 * MB), (4, 20 * MB), (2, 5 * MB)] {
        let graph = Arc::new(centred(n));
        let (runs, spilled, failure, s) = play(&graph, slots, budget);
        assert_eq!(failure, None);
        let reads: u32 = (0..n).map(|t| runs[&t]).sum();
        println!("{slots} slots, {} MB: {reads} reads of {n} chunks, {:?}", budget / MB, s.stats());
        assert!(f64::from(reads) <= 2.1 * f64::from(n), "{reads} reads");
        assert!(spilled.is_empty(), "{spilled:?}");
        // What is still there from the first pass is not read again.
        assert!(budget < 20 * MB || reads <= 2 * n - 6, "{reads} reads");
    }
}

#[test]
fn dear_chunks_are_spilled_once_and_not_made_again() {
    let n = 50;
    let mut b = GraphBuilder::new();
    b.layer("factorise");
    let x: Vec<u32> = (0..n).map(|_| b.task(def(&[], MB, 900_000_000))).collect();
    b.layer("partial");
    let partial: Vec<u32> = x.iter().map(|&d| b.task(def(&[d], 8, 1000))).collect();
    let all = fold(&mut b, partial);
    b.layer("apply");
    for &d in &x {
        b.task(TaskDef { effect: true, ..def(&[d, all], 0, 1000) });
    }
    let graph = Arc::new(b.finish().expect("a valid graph"));
    let (runs, spilled, failure, _) = play(&graph, 2, 10 * MB);
    assert_eq!(failure, None);
    assert!(runs.values().all(|&n| n == 1), "something ran twice");
    assert!(spilled.len() >= 35 && spilled.iter().all(|d| *d < n), "{} spilled", spilled.len());
}

#[test]
fn a_budget_just_too_small_is_refused_with_the_task_named() {
    let graph = Arc::new(centred(4));
    let (least, which) = graph.min_budget(true);
    assert_eq!(least, 2 * MB + 8);
    assert!(play(&graph, 4, least).2.is_none());
    match play(&graph, 4, least - 1).2 {
        Some(Failure::Budget { task, need_bytes, budget_bytes }) => {
            assert_eq!((need_bytes, budget_bytes), (least, least - 1));
            assert_eq!(graph.layer_of(task), graph.layer_of(which.expect("a task")));
        }
        other => panic!("{other:?}"),
    }
}

/// Two workers, one lost when everything but the last task is done: only what it held and is still needed runs again.
#[test]
fn a_lost_worker_costs_the_least_that_gets_its_data_back() {
    let mut b = GraphBuilder::new();
    b.layer("read");
    let x: Vec<u32> = (0..8).map(|_| b.task(def(&[], MB, 200_000))).collect();
    b.layer("add one");
    let y: Vec<u32> = x.iter().map(|&d| b.task(def(&[d], MB, 200_000))).collect();
    b.layer("all");
    let last = b.task(def(&y, MB, 200_000));
    b.want(last);
    let graph = Arc::new(b.finish().expect("a valid graph"));
    let mut s = Scheduler::new(graph.clone(), Limits::default());
    let (mut out, mut queue) = (Vec::new(), std::collections::VecDeque::new());
    for worker in 0..2 {
        s.handle(&Event::WorkerJoined { worker, epoch: 1, n_slots: 1, budget_bytes: 100 * MB }, &mut out);
    }
    let (mut lost, mut doomed, mut expected, mut again) = (false, 0, BTreeSet::new(), BTreeSet::new());
    loop {
        let mut over = false;
        for command in std::mem::take(&mut out) {
            match command {
                Command::Run { worker, task, attempt } => {
                    if task == last && !lost {
                        doomed = worker;
                        continue; // it hangs: its worker is about to be lost
                    }
                    if attempt > 1 && task != last {
                        again.insert(task);
                    }
                    let done = DoneTask { task, attempt, bytes: graph.output_bytes(task), more_bytes: Box::default() };
                    queue.push_back(Event::Finished { worker, epoch: 1, batch: vec![done] });
                }
                Command::Fetch { worker, data, ticket, .. } => queue.push_back(Event::Fetched { worker, epoch: 1, data, ticket }),
                Command::Done => over = true,
                Command::Fail(why) => panic!("{why:?}"),
                Command::Drop { .. } | Command::Unload { .. } | Command::Spill { .. } => {}
            }
        }
        if over {
            break;
        }
        s.check().expect("invariants");
        if let Some(event) = queue.pop_front() {
            s.handle(&event, &mut out);
        } else {
            assert!(!lost, "nothing is under way");
            lost = true;
            let only_there = |d: &&u32| s.places(**d).0 == 1 << doomed;
            expected = y.iter().filter(only_there).flat_map(|&d| [d, graph.inputs(d)[0]]).collect();
            assert!((1..16).contains(&expected.len()), "{expected:?}");
            s.handle(&Event::WorkerLost { worker: doomed, epoch: 1 }, &mut out);
        }
    }
    assert_eq!(again, expected);
}
