//! Random expressions against whole arrays: same values, same bits with and without the optimizer, one plan for all outputs.

use super::material::{Noise, bits, config, near, oracle, run, scalars};
use super::tree_steps::{Pair, start, step};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::test_runner::TestCaseError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tilework::array::{DynArray, arange, map_blocks};
use tilework::expr::Expr;
use tilework::{Config, DType, Session};

/// Cases of a property: PROPTEST_CASES, or so many.
fn cases(n: u32) -> ProptestConfig {
    let n = std::env::var("PROPTEST_CASES").ok().and_then(|v| v.parse().ok()).unwrap_or(n);
    ProptestConfig { cases: n, failure_persistence: None, ..ProptestConfig::default() }
}

fn agree(p: &Pair) {
    let got = run(&oracle(), p.lazy.expr()).unwrap();
    let want: Vec<f64> = p.whole.iter().copied().collect();
    let tolerance = if p.exact { 0.0 } else { 1e-9 };
    for (i, (g, w)) in scalars(&got).iter().zip(want).enumerate() {
        assert!(
            near(g.as_f64(), w, tolerance, p.scale),
            "element {i}: {g} is not {w} in\n{}",
            tilework::expr::explain::tree(&[p.lazy.expr().clone()])
        );
    }
}

/// The expression in every way of running it that costs little.
fn same_bits(x: &Expr) {
    let want = bits(&run(&oracle(), x).unwrap());
    for (n_threads, optimize, budget) in [(2, true, u64::MAX), (2, false, u64::MAX), (1, true, 0), (3, false, 0)] {
        let mut c = Config { optimize, ..config(n_threads, u64::MAX) };
        if budget == 0 {
            c.budget_bytes = super::material::least_budget(x, &c);
        }
        let got = run(&Session::new(c), x).unwrap();
        assert!(
            bits(&got) == want,
            "{n_threads} threads, optimized {optimize}, budget {budget}:\n{}",
            tilework::expr::explain::tree(std::slice::from_ref(x))
        );
    }
}

fn tree(shape: Vec<usize>, steps: &[(u8, u64)], seed: u64) -> Result<(), TestCaseError> {
    let mut noise = Noise(seed);
    let mut all = vec![start(&mut noise, &shape), start(&mut noise, &shape)];
    for &(kind, seed) in steps {
        if let Some(p) = step(kind, &mut Noise(seed), &all) {
            all.push(p);
        }
    }
    let last: Vec<&Pair> = all.iter().rev().take(3).collect();
    for p in &last {
        agree(p);
        same_bits(p.lazy.expr());
    }
    let roots: Vec<Expr> = last.iter().map(|p| p.lazy.expr().clone()).collect();
    let session = Session::new(config(2, u64::MAX));
    assert!(session.explain(&roots).unwrap().to_string().contains("tasks:"));
    super::chunks::is_sound(&session.chunk_report(&roots).unwrap());
    session.svg(&roots).unwrap();
    let together = session.compute_all(&roots).unwrap();
    for (t, p) in together.iter().zip(&last) {
        assert_eq!((t.dtype(), t.shape()), (p.lazy.dtype(), p.lazy.shape().as_slice()));
        assert_eq!(bits(t), bits(&run(&oracle(), p.lazy.expr()).unwrap()), "together with others");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn random_expressions_are_what_whole_arrays_give(
        shape in proptest::collection::vec(proptest::sample::select(vec![0usize, 1, 2, 3, 5, 7, 12]), 0..4),
        steps in proptest::collection::vec((any::<u8>(), any::<u64>()), 1..14),
        seed in any::<u64>(),
    ) {
        tree(shape, &steps, seed)?;
    }
}

fn counted(n: &Arc<AtomicUsize>, x: &DynArray) -> DynArray {
    let n = n.clone();
    let f = map_blocks("counted", &[x], DType::I64, None, move |_, t| {
        n.fetch_add(1, Ordering::Relaxed);
        Ok(t[0].clone())
    });
    f.unwrap()
}

#[test]
fn what_outputs_share_is_computed_once() {
    let n = Arc::new(AtomicUsize::new(0));
    let x = counted(&n, &arange(0, 100, 1, 10).unwrap());
    let roots = [x.sum(None), x.max(None), x.add(1), Ok(x.clone()), Ok(x.clone())].map(|y| y.unwrap().expr().clone());
    let got = Session::new(config(2, u64::MAX)).compute_all(&roots).unwrap();
    assert_eq!(n.load(Ordering::Relaxed), 10);
    assert_eq!((got[0].at(&[]).as_f64(), got[1].at(&[]).as_f64(), got[2].at(&[99]).as_f64()), (4950.0, 99.0, 100.0));
    assert_eq!(bits(&got[3]), bits(&got[4]));
}

#[test]
fn what_is_persisted_is_not_computed_again() {
    let n = Arc::new(AtomicUsize::new(0));
    let session = Session::new(config(2, u64::MAX));
    let kept = counted(&n, &arange(0, 100, 1, 10).unwrap()).persist(&session).unwrap();
    for _ in 0..3 {
        assert_eq!(kept.sum(None).unwrap().compute_in(&session).unwrap().at(&[]).as_f64(), 4950.0);
    }
    assert_eq!(n.load(Ordering::Relaxed), 10);
    assert_eq!(kept.chunks(), [vec![10; 10]]);
}
