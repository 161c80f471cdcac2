//! The memory budget from outside: refusals, the least budget, data far larger than it, full disks, cancelling.

use super::material::{bits, config, least_budget, oracle, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tilework::array::random::Generator;
use tilework::array::{DynArray, map_blocks, open_npy, open_zarr};
use tilework::base::event::{Event, Watch};
use tilework::format::zarr::ZarrOptions;
use tilework::{Chunks, Config, DType, ErrorKind, Session};

/// Counts what a run did.
#[derive(Default)]
pub struct Counts {
    pub read: AtomicU64,
    pub spilled: AtomicU64,
    pub dropped: AtomicU64,
    pub over: AtomicBool,
}

impl Watch for Counts {
    fn event(&self, event: &Event) {
        match event {
            Event::TasksDone(tasks) => {
                self.read.fetch_add(tasks.iter().map(|t| t.read_bytes).sum(), Ordering::Relaxed);
            }
            Event::Spilled { bytes, .. } => {
                self.spilled.fetch_add(*bytes, Ordering::Relaxed);
            }
            Event::Dropped { bytes, .. } => {
                self.dropped.fetch_add(*bytes, Ordering::Relaxed);
            }
            Event::Finished { .. } => self.over.store(true, Ordering::Relaxed),
            _ => {}
        }
    }
}

fn noise(shape: &[usize], chunks: impl Into<Chunks>) -> DynArray {
    Generator::new(5).random(shape, chunks).unwrap()
}

#[test]
fn a_plan_that_cannot_fit_is_refused_before_it_starts() {
    let n = Arc::new(AtomicU64::new(0));
    let ran = n.clone();
    let x = map_blocks("work", &[&noise(&[4096, 256], [4096, 256])], DType::F64, None, move |_, t| {
        ran.fetch_add(1, Ordering::Relaxed);
        Ok(t[0].clone())
    });
    let session = Session::new(config(2, 4 << 20));
    let x = x.unwrap();
    let e = session.run(&[x.expr().clone()]).unwrap_err();
    assert_eq!((e.kind(), n.load(Ordering::Relaxed)), (ErrorKind::Budget, 0));
    let text = e.to_string();
    for part in [
        "work, chunk [0, 0]",
        "needs 24 MiB at once",
        "inputs 8 MiB",
        "result 8 MiB",
        "budget is 4 MiB",
        "use smaller chunks, or",
        "raise the budget to at least 24",
    ] {
        assert!(text.contains(part), "'{text}' lacks '{part}'");
    }
    // Explain says the same, and does not fail.
    let told = session.explain(&[x.expr().clone()]).unwrap();
    assert_eq!(told.refusal.as_deref(), Some(text.as_str()));
    assert!(told.to_string().contains("would be refused"));
    // Of a plan that is too large itself no more is made than there is room for.
    let crumbs = noise(&[1 << 20, 1 << 20], [1, 1]).sum(None).unwrap();
    let e = crumbs.compute_in(&session).unwrap_err();
    assert!(e.kind() == ErrorKind::Budget && e.to_string().contains("use larger chunks"), "{e}");
    assert_eq!(session.explain(&[crumbs.expr().clone()]).unwrap().refusal.as_deref(), Some(e.to_string().as_str()));
    // A result that is too large to be held is told to go to a file.
    let held = noise(&[1 << 20], 1 << 10);
    let e = held.compute_in(&session).unwrap_err();
    assert!(e.kind() == ErrorKind::Budget && e.to_string().contains("store the result to a file"), "{e}");
}

/// An expression whose chunks are used again long after they are made: within the least budget most must leave memory.
fn crossing() -> DynArray {
    let x = noise(&[256, 256], [16, 256]);
    let t = x.multiply(2.0).unwrap().rechunk([256, 16]).unwrap();
    t.add(&t.transpose(None).unwrap()).unwrap().subtract(&x.mean(None).unwrap()).unwrap()
}

#[test]
fn all_budgets_from_the_least_give_the_same_bits() {
    let x = crossing();
    let want = bits(&run(&oracle(), x.expr()).unwrap());
    let mut moved = 0;
    for optimize in [true, false] {
        for n_threads in [1, 2, 4] {
            let c = Config { optimize, ..config(n_threads, u64::MAX) };
            let least = least_budget(x.expr(), &c);
            for budget_bytes in [least, least + least / 7, least * 2, least * 5] {
                let counts = Arc::new(Counts::default());
                let session = Session::new(Config { budget_bytes, ..c.clone() }).with_watcher(Some(counts.clone()));
                let got = run(&session, x.expr()).unwrap();
                assert!(bits(&got) == want, "{n_threads} threads, {budget_bytes} bytes, optimized {optimize}");
                moved += counts.spilled.load(Ordering::Relaxed) + counts.dropped.load(Ordering::Relaxed);
            }
            let e = Session::new(Config { budget_bytes: least - 1, ..c }).run(&[x.expr().clone()]).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Budget);
        }
    }
    assert!(moved > 0, "no chunk ever left memory: the budgets are too large to test anything");
}

/// `x - x.mean()` of data twenty times the budget: two passes over the file, and nothing spilled.
#[test]
fn two_passes_over_data_far_larger_than_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let x = noise(&[4096, 2560], [16, 2560]);
    let big = Session::new(config(2, 1 << 30));
    x.save_npy(folder.path().join("x.npy"), false, &big).unwrap();
    let options = ZarrOptions { codec: tilework::format::zarr::Codec::None, ..ZarrOptions::default() };
    x.save_zarr(folder.path().join("x.zarr"), &options, &big).unwrap();
    let n_bytes = x.n_bytes();
    let total = |y: &DynArray, s: &Session| {
        y.subtract(&y.mean(None).unwrap()).unwrap().absolute().unwrap().sum(None).unwrap().compute_in(s)
    };
    let want = bits(&total(&x, &big).unwrap());
    for name in ["x.npy", "x.zarr"] {
        let path = folder.path().join(name);
        let y = if name == "x.npy" { open_npy(path, [8, 2560]) } else { open_zarr(path, [16, 2560]) }.unwrap();
        let counts = Arc::new(Counts::default());
        let budget = n_bytes / 20;
        let session = Session::new(config(2, budget)).with_watcher(Some(counts.clone()));
        let out = y.subtract(&y.mean(None).unwrap()).unwrap();
        out.save_npy(folder.path().join(format!("{name}.out.npy")), false, &session).unwrap();
        let read = counts.read.load(Ordering::Relaxed) as f64 / n_bytes as f64;
        // What is mapped stays mapped: the second pass over npy is the system's, not counted again.
        let least = if name == "x.npy" { 1.0 } else { 1.9 };
        assert!((least..=2.1).contains(&read), "{name}: the data was read {read} times");
        assert_eq!(counts.spilled.load(Ordering::Relaxed), 0, "{name}: something was spilled");
        // Explaining plays the schedule through, so it knows of the second pass.
        let told = session.explain(&[out.npy_sink(folder.path().join("o.npy"), false).unwrap()]).unwrap();
        if name == "x.zarr" {
            let expected = told.read_bytes as f64 / n_bytes as f64;
            assert!((1.9..=2.1).contains(&expected) && told.n_reruns > 200 && told.spilled_bytes == 0, "{told}");
            assert_eq!(bits(&total(&y, &session).unwrap()), want);
        }
    }
}

#[test]
fn a_full_spill_disk_is_made_up_for_or_told() {
    let x = crossing();
    let want = bits(&run(&oracle(), x.expr()).unwrap());
    let c = config(2, u64::MAX);
    let least = least_budget(x.expr(), &c);
    let (mut finished, mut told) = (0, 0);
    for (budget, spill_limit_bytes) in
        [(least, 0), (least, 40_000), (least * 2, 0), (least * 2, 100_000), (least * 6, 0), (least * 6, 100_000)]
    {
        let spill = tempfile::tempdir().unwrap();
        let session = Session::new(Config { budget_bytes: budget, spill_limit_bytes, spill_dir: spill.path().into(), ..c.clone() });
        match session.run(&[x.expr().clone()]) {
            Ok(_) => {
                assert!(bits(&run(&session, x.expr()).unwrap()) == want);
                finished += 1;
            }
            Err(e) => {
                assert_eq!(e.kind(), ErrorKind::DiskFull, "{e}");
                told += 1;
            }
        }
        assert_eq!(std::fs::read_dir(spill.path()).unwrap().count(), 0, "spill files were left");
    }
    assert_eq!(finished + told, 6);
    assert!(finished > 0, "no run finished");
}

#[test]
fn cancelled_from_another_thread() {
    let folder = tempfile::tempdir().unwrap();
    let x = map_blocks("slow", &[&noise(&[1000], 1)], DType::F64, None, |_, t| {
        std::thread::sleep(Duration::from_millis(5));
        Ok(t[0].clone())
    });
    let path = folder.path().join("out.npy");
    let session = Session::new(config(2, 1 << 30));
    let token = session.cancel_token().clone();
    let cancelled = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        token.cancel();
        Instant::now()
    });
    let e = x.unwrap().save_npy(&path, false, &session).unwrap_err();
    let late = Instant::now().duration_since(cancelled.join().unwrap());
    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
    assert!(late < Duration::from_secs(2), "it went on for {late:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was left");
}
