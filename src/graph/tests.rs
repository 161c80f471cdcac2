//! Order, culling and pictures of small graphs, and the cost of large ones.

use crate::base::Kind;
use crate::graph::task_graph::NO_RANK;
use crate::graph::{GraphBuilder, TaskDef, TaskGraph};
use proptest::prelude::*;

fn def(inputs: &[u32], bytes: u64) -> TaskDef<'_> {
    TaskDef { inputs, bytes, cost_ns: 1000, ..TaskDef::default() }
}

#[test]
fn a_full_graph_takes_no_more_and_is_given_up() {
    let mut b = GraphBuilder::with_limit(3);
    b.layer("few");
    let ids: Vec<u32> = (0..5).map(|_| b.task(def(&[], 8))).collect();
    assert_eq!((ids, b.next_task(), b.is_full()), (vec![0, 1, 2, 3, 3], 3, true));
    assert_eq!(b.task_with_outputs(def(&[], 0), &[8, 8]), 3..3);
    let e = b.finish().unwrap_err();
    assert!(e.kind() == Kind::Budget && e.to_string().contains("larger chunks"), "{e}");
}

/// Most bytes alive when tasks run one after the other in static order.
fn peak(g: &TaskGraph) -> u64 {
    let mut left: Vec<usize> = (0..g.n_data() as u32).map(|d| g.consumers(d).len()).collect();
    let (mut live, mut most) = (0, 0);
    for &t in g.order() {
        live += g.output_bytes(t);
        most = most.max(live);
        for &d in g.inputs(t) {
            left[d as usize] -= 1;
            if left[d as usize] == 0 {
                live -= g.bytes(d);
            }
        }
        for d in g.outputs(t) {
            if left[d as usize] == 0 && !g.is_wanted(d) {
                live -= g.bytes(d);
            }
        }
    }
    most
}

fn tree(b: &mut GraphBuilder, mut level: Vec<u32>, bytes: u64) -> u32 {
    b.layer("fold");
    while level.len() > 1 {
        level = level.chunks(2).map(|c| b.task(def(c, bytes))).collect();
    }
    level[0]
}

fn sources(b: &mut GraphBuilder, n: usize, bytes: u64) -> Vec<u32> {
    b.layer("source");
    (0..n).map(|_| b.task(def(&[], bytes))).collect()
}

#[test]
fn trees_fold_as_they_go() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 1000, 1);
    let root = tree(&mut b, x, 1);
    b.want(root);
    let g = b.finish().unwrap();
    assert!(peak(&g) <= 12, "{} chunks alive", peak(&g));
}

#[test]
fn two_reductions_share_each_read() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 100, 1000);
    for _ in 0..2 {
        b.layer("partial");
        let p = x.iter().map(|&d| b.task(def(&[d], 8))).collect();
        let r = tree(&mut b, p, 8);
        b.want(r);
    }
    let g = b.finish().unwrap();
    assert!(peak(&g) < 2000, "{} bytes alive", peak(&g));
}

#[test]
fn chunks_go_to_all_sinks_before_the_next_is_read() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 50, 10);
    for _ in 0..3 {
        b.layer("map");
        let y: Vec<u32> = x.iter().map(|&d| b.task(def(&[d], 10))).collect();
        b.layer("write");
        for d in y {
            b.task(TaskDef { effect: true, ..def(&[d], 0) });
        }
    }
    let g = b.finish().unwrap();
    assert!(peak(&g) <= 30, "{} bytes alive", peak(&g));
}

#[test]
fn the_whole_reduction_comes_first_then_chunk_by_chunk() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 16, 10);
    b.layer("partial");
    let p = x.iter().map(|&d| b.task(def(&[d], 1))).collect();
    let mean = tree(&mut b, p, 1);
    b.layer("subtract");
    let y: Vec<u32> = x.iter().map(|&d| b.task(def(&[d, mean], 10))).collect();
    b.layer("write");
    let w: Vec<u32> = y.iter().map(|&d| b.task(TaskDef { effect: true, ..def(&[d], 0) })).collect();
    let g = b.finish().unwrap();
    assert!((g.rank(mean) as usize) == 16 + 16 + 15 - 1);
    let tail: Vec<u32> = y.iter().zip(&w).flat_map(|(&y, &w)| [y, w]).collect();
    assert_eq!(g.order()[47..], tail);
}

#[test]
fn what_nobody_needs_has_no_rank() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 3, 1);
    b.layer("use");
    let y = b.task(def(&[x[1]], 1));
    b.task(def(&[x[1], x[2]], 1));
    b.want(y);
    b.want(y);
    let g = b.finish().unwrap();
    assert_eq!((g.order(), g.wanted()), (&[1, 3][..], &[3][..]));
    assert_eq!((g.rank(0), g.rank(4), g.consumers(x[1])), (NO_RANK, NO_RANK, &[3][..]));
    assert_eq!(g.spec(4).unwrap().to_string(), "use[1]");
    assert!(g.spec(5).is_err());
}

#[test]
fn outputs_and_regeneration() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 2, 8);
    b.layer("split");
    let s = b.task_with_outputs(def(&[x[0]], 0), &[3, 4, 5]);
    b.layer("join");
    let j = b.task(def(&[s.start + 2, x[1], s.start + 2], 7));
    b.want(j);
    let g = b.finish().unwrap();
    assert_eq!((g.outputs(2), g.outputs(3), g.producer(4), g.producer(j)), (2..5, 5..6, 2, 3));
    assert_eq!(g.regen_ns(3), 1000 + 1000 + 2 * 2000);
    assert_eq!(g.task_bytes(3), 5 + 8 + 7);
    assert_eq!(g.min_budget(true), (20, Some(2)));
    assert_eq!(g.min_budget(false).0, 27);
    assert_eq!(g.consumers(4), [3, 3]);
}

#[test]
fn mistakes_of_the_planner_are_bugs() {
    let mut b = GraphBuilder::new();
    b.layer("cyclic");
    b.task(def(&[0], 1));
    let e = b.finish().unwrap_err();
    assert_eq!(e.kind(), Kind::Bug);
    assert!(e.to_string().contains("cyclic"), "{e}");
    let mut b = GraphBuilder::new();
    b.task(def(&[], 1));
    assert_eq!(b.finish().unwrap_err().kind(), Kind::Bug);
    let mut b = GraphBuilder::new();
    b.want(3);
    assert_eq!(b.finish().unwrap_err().kind(), Kind::Bug);
}

#[test]
fn pictures() {
    let mut b = GraphBuilder::new();
    let x = sources(&mut b, 4, 1);
    let r = tree(&mut b, x, 1);
    b.want(r);
    let g = b.finish().unwrap();
    let layers = g.dot_layers();
    assert!(layers.contains("source\\n4 tasks") && layers.contains("0 -> 1") && !layers.contains("1 -> 1"), "{layers}");
    let tasks = g.dot_tasks().unwrap();
    assert!(tasks.contains("fold[2]\\n#6") && tasks.matches("->").count() == 6, "{tasks}");
    let mut b = GraphBuilder::new();
    sources(&mut b, 301, 1);
    assert_eq!(b.finish().unwrap().dot_tasks().unwrap_err().kind(), Kind::Usage);
}

#[test]
fn a_chain_of_a_million_needs_no_stack() {
    let mut b = GraphBuilder::new();
    let mut d = sources(&mut b, 1, 1)[0];
    b.layer("step");
    for _ in 0..1_000_000 {
        d = b.task(def(&[d], 1));
    }
    b.want(d);
    let g = b.finish().unwrap();
    assert!(g.order().is_sorted());
    assert_eq!(g.regen_ns(d), 1_000_001_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_order_is_topological_and_whole(edges in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..4), 1..120), want in any::<u32>()) {
        let mut b = GraphBuilder::new();
        b.layer("random");
        for (i, inputs) in edges.iter().enumerate() {
            let inputs: Vec<u32> = if i == 0 { vec![] } else { inputs.iter().map(|x| x % i as u32).collect() };
            b.task(TaskDef { effect: i % 17 == 3, ..def(&inputs, u64::from(inputs.first().copied().unwrap_or(0)) % 7) });
        }
        b.want(want % edges.len() as u32);
        let g = b.finish().unwrap();
        let mut seen = vec![false; g.n_tasks()];
        for (r, &t) in g.order().iter().enumerate() {
            prop_assert!(!seen[t as usize] && g.rank(t) as usize == r);
            prop_assert!(g.inputs(t).iter().all(|&d| seen[g.producer(d) as usize]));
            seen[t as usize] = true;
        }
        // Needed: wanted, an effect, or read by something needed; found here by asking again and again.
        let mut needed: Vec<bool> = (0..g.n_tasks() as u32).map(|t| g.is_effect(t) || g.is_wanted(t)).collect();
        for _ in 0..g.n_tasks() {
            for t in 0..g.n_tasks() as u32 {
                if needed[t as usize] {
                    g.inputs(t).iter().for_each(|&d| needed[d as usize] = true);
                }
            }
        }
        prop_assert_eq!(&seen, &needed);
        for d in 0..g.n_data() as u32 {
            let mut expected: Vec<u32> = (0..g.n_tasks() as u32)
                .filter(|&t| needed[t as usize])
                .flat_map(|t| g.inputs(t).iter().filter(|&&i| i == d).map(move |_| t).collect::<Vec<_>>())
                .collect();
            expected.sort_by_key(|&t| g.rank(t));
            prop_assert_eq!(g.consumers(d), expected);
        }
    }
}
