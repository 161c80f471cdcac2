//! Workers give the same bits as this process.

use super::random::{expression, in_memory};
use super::{cluster, serial, session};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tilework::array::random::{Choice, Generator};
use tilework::array::{DynArray, Function, apply_along_axis, apply_gufunc, arange, map_blocks, map_blocks_with};
use tilework::base::event::{Event, Watch};
use tilework::chunk::Tensor;
use tilework::expr::build;
use tilework::format::npy::{NpySink, NpySource};
use tilework::format::zarr::{ZarrOptions, ZarrSink, ZarrSource};
use tilework::{DType, ErrorKind};

/// The same array in this process, one task after the other, and on workers.
fn same(x: &DynArray, remote: &tilework::session::Session, what: &str) {
    let want = serial().compute(x.expr()).unwrap();
    let got = remote.compute(x.expr()).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!((got.shape(), got.dtype()), (want.shape(), want.dtype()), "{what}");
    assert_eq!(got.as_bytes().unwrap(), want.as_bytes().unwrap(), "{what}");
}

#[test]
fn random_expressions_give_the_same_bits_on_one_to_three_workers() {
    for n_workers in 1..=3 {
        let cluster = cluster(n_workers).unwrap();
        let remote = session(&cluster);
        for seed in 0..40 {
            let seed = seed + 1000 * n_workers as u64;
            same(&expression(seed).unwrap(), &remote, &format!("seed {seed} on {n_workers} workers"));
        }
    }
}

#[test]
fn takes_puts_and_masks_agree() {
    let cluster = cluster(2).unwrap();
    let remote = session(&cluster);
    let x = arange(0, 600 * 50, 1, 1000).unwrap().reshape(&[600, 50]).unwrap();
    let order: Vec<isize> = (0..600).map(|i| i * 7 % 600).collect();
    let y = x.take(order.clone(), Some(0)).unwrap();
    same(&y, &remote, "shuffled");
    same(&x.set(&[order.into()], &y).unwrap(), &remote, "put back");
    let few = x.extract(&x.remainder(7).unwrap().equal(3).unwrap()).unwrap();
    same(&few, &remote, "masked");
    same(&few.subtract(few.mean(None).unwrap()).unwrap().var(None).unwrap(), &remote, "of unknown size");
    let sized = few.resolve(&remote).unwrap();
    assert_eq!(sized.shape(), few.resolve(&serial()).unwrap().shape());
    same(&sized.rechunk(100).unwrap(), &remote, "resolved");
}

#[test]
fn functions_by_name_and_random_numbers_give_the_same_bits() {
    let cluster = cluster(2).unwrap();
    let remote = session(&cluster);
    let mut rng = Generator::new(5);
    let x = rng.gamma(2.0, 3.0, &[60, 50], 17).unwrap();
    let times = Function::registered(&super::ops::TIMES, &[3.0]);
    same(&map_blocks_with(&times, &[&x], DType::F64, None).unwrap(), &remote, "a function of each block");
    same(&apply_gufunc(&times, "(i)->(i)", &[&x], &[DType::F64], &[]).unwrap()[0], &remote, "a function of core axes");
    same(&apply_along_axis(&times, &x, 1, Some(50), DType::F64).unwrap(), &remote, "a function of lanes");
    same(&rng.permutation(10_000, 777).unwrap(), &remote, "a permutation");
    same(&rng.choice(4, Choice::AgainBy(&[0.1, 0.2, 0.3, 0.4]), &[999], 100).unwrap(), &remote, "a choice");
}

#[test]
fn chunks_go_from_worker_to_worker() {
    let cluster = cluster(2).unwrap();
    let x = arange(0, 600 * 500, 1, 1000).unwrap();
    // Rechunking across the grain and back, with a scan along the way: nearly every task reads what another worker made.
    let y = x.rechunk(777).unwrap().cumsum(0).unwrap().rechunk(1313).unwrap().add(&x).unwrap();
    same(&y, &session(&cluster), "across the grain");
}

#[test]
fn wanted_chunks_are_kept_and_used_again() {
    let cluster = cluster(2).unwrap();
    let x = arange(0, 10_000, 1, 100).unwrap();
    let kept = x.square().unwrap().persist(&session(&cluster)).unwrap();
    same(&kept, &serial(), "persisted");
    let e = kept.sum(None).unwrap().compute_in(&session(&cluster)).unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("persisted"), "{e}");
}

#[test]
fn a_small_budget_spills_and_changes_nothing() {
    let mut config = super::config(2);
    config.budget_bytes = 6 << 20;
    let cluster = tilework::exec::remote::LocalCluster::start(config).unwrap();
    let x = arange(0, 4_000_000, 1, 100_000).unwrap(); // 32 MB in chunks of 800 KB
    // Running sums are dear to make again, and the second pass needs all of them: 32 MB, where 12 MB fit.
    let sums = x.cumsum(0).unwrap();
    let y = sums.subtract(sums.mean(None).unwrap()).unwrap().square().unwrap().sum(None).unwrap();
    let twice = x.square().unwrap().rechunk(150_000).unwrap().cumsum(0).unwrap().max(None).unwrap();
    #[derive(Default)]
    struct Spilled(AtomicU64);
    impl Watch for Spilled {
        fn event(&self, event: &Event) {
            if let Event::Spilled { bytes, .. } = event {
                self.0.fetch_add(*bytes, Ordering::Relaxed);
            }
        }
    }
    let spilled = Arc::new(Spilled::default());
    let remote = session(&cluster).with_watcher(Some(spilled.clone()));
    same(&y, &remote, "a small budget");
    same(&twice, &remote, "a small budget, rechunked");
    assert!(spilled.0.load(Ordering::Relaxed) > 0, "nothing was spilled: the budget is not small");
}

#[test]
fn files_are_read_and_written() {
    let cluster = cluster(2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let x = arange(0, 12_000, 1, 1000).unwrap().astype(DType::F32).unwrap().sin().unwrap();
    let store = |x: &DynArray, name: &str, session: &tilework::session::Session| {
        let sink = NpySink::new(path(name), x.dtype(), &x.shape(), false)?;
        session.store(&[build::sink(x.expr(), Arc::new(sink))?])
    };
    store(&x, "here.npy", &serial()).unwrap();
    store(&x, "there.npy", &session(&cluster)).unwrap();
    assert_eq!(std::fs::read(path("here.npy")).unwrap(), std::fs::read(path("there.npy")).unwrap());
    let read = build::source(Arc::new(NpySource::open(path("here.npy")).unwrap()), &700.into()).unwrap();
    let y = DynArray::from_expr(read).unwrap().add(1).unwrap().mean(None).unwrap();
    same(&y, &session(&cluster), "read from a file");
    let zarr = |name: &str, session: &tilework::session::Session| {
        let (dtype, grid) = x.expr().array().unwrap();
        let sink = ZarrSink::new(path(name), dtype, grid, &ZarrOptions::default())?;
        session.store(&[build::sink(x.expr(), Arc::new(sink))?])
    };
    zarr("here.zarr", &serial()).unwrap();
    zarr("there.zarr", &session(&cluster)).unwrap();
    assert_eq!(contents(&path("here.zarr")), contents(&path("there.zarr")));
    assert!(contents(&path("here.zarr")).len() > 12);
    let read = build::source(Arc::new(ZarrSource::open(path("there.zarr")).unwrap()), &700.into()).unwrap();
    same(&DynArray::from_expr(read).unwrap().max(None).unwrap(), &session(&cluster), "read from Zarr");
    // A run that fails leaves no file.
    let fails = super::misbehave(&x, super::ops::Act::Fail { at: 7 }).unwrap();
    store(&fails, "none.npy", &session(&cluster)).unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
}

/// Every file of a folder, with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(contents(&path).into_iter().map(|(p, b)| (Path::new(path.file_name().unwrap()).join(p), b)));
        } else {
            out.insert(path.file_name().unwrap().into(), std::fs::read(&path).unwrap());
        }
    }
    out
}

#[test]
fn several_clients_take_turns() {
    let cluster = cluster(2).unwrap();
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let remote = session(&cluster);
            scope.spawn(move || (0..5).for_each(|i| same(&expression(50 + seed * 5 + i).unwrap(), &remote, "one of several")));
        }
    });
}

#[test]
fn closures_are_refused_in_their_own_words() {
    let cluster = cluster(1).unwrap();
    let x = arange(0, 6, 1, 2).unwrap();
    let y = map_blocks("doubled", &[&x], DType::I64, None, |_, b| Ok(b[0].clone())).unwrap();
    let e = y.compute_in(&session(&cluster)).unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("doubled is a closure of this process"), "{e}");
}

#[test]
fn large_arrays_in_memory_are_not_sent() {
    let cluster = cluster(1).unwrap();
    let x = in_memory(Tensor::from_vec(&[200_000], vec![0f64; 200_000]).unwrap(), 1000).unwrap();
    let e = x.compute_in(&session(&cluster)).unwrap_err();
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("store it"), "{e}");
}
