//! Parts of arrays and assignments to them: NumPy's results in every cut, the same bits in every run, and memory within the budget.

use super::budget::Counts;
use super::material::{Noise, as_numpy, bits, config, cut, oracle, refused, run, same_everywhere, scalars, specials, tensor};
use super::statistics::{numbers, parse};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tilework::array::random::Generator;
use tilework::array::{
    DynArray, Index, arange, create::from_tensor, diag_indices, from_ndarray, ravel_multi_index, stack, tril_indices, triu_indices,
};
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, ErrorKind, Result, Session};

/// The cases of some calls.
pub fn lines(names: &[&str]) -> Vec<&'static str> {
    let wanted = |line: &&str| line.split('|').next().is_some_and(|call| names.contains(&call));
    include_str!("../data/index/numpy.txt").lines().filter(wanted).collect()
}

fn shaped<T: Clone>(shape: &str, v: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(&numbers::<usize>(shape)), v).unwrap()
}

fn part(word: &str) -> Index {
    let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
    let (shape, list) = rest.split_once(':').unwrap_or((rest, ""));
    match kind {
        "at" => Index::At(rest.parse().unwrap()),
        "new" => Index::NewAxis,
        "ellipsis" => Index::Ellipsis,
        "slice" => {
            let v: Vec<Option<isize>> = rest.split(',').map(|w| w.parse().ok()).collect();
            Index::Slice(v[0], v[1], v[2])
        }
        "array" => Index::Array(shaped(shape, numbers::<isize>(list))),
        "mask" => Index::Mask(shaped(shape, numbers::<u8>(list).into_iter().map(|v| v == 1).collect())),
        other => panic!("{other}"),
    }
}

fn axis(p: &Index) -> Option<isize> {
    if let Index::At(a) = p { (*a != -9).then_some(*a) } else { panic!("{p:?}") }
}

fn pair(v: Result<[DynArray; 2]>) -> Result<DynArray> {
    stack(&v?, 0)
}

fn number(p: &Index) -> isize {
    if let Index::At(a) = p { *a } else { panic!("{p:?}") }
}

fn call(name: &str, parts: &[Index], a: &[DynArray], chunks: usize) -> Result<DynArray> {
    let lengths = || parts.iter().map(|p| number(p) as usize).collect::<Vec<_>>();
    match name {
        "index" => a[0].index(parts),
        "set" => a[0].set(parts, &a[1]),
        "take" => a[0].take(parts[1].clone(), axis(&parts[0])),
        "compress" => a[0].compress(parts[1].clone(), axis(&parts[0])),
        "take_along_axis" => a[0].take_along_axis(&a[1], number(&parts[0])),
        "put_along_axis" => a[0].put_along_axis(&a[1], &a[2], number(&parts[0])),
        "tril_indices" => pair(tril_indices(lengths()[0], number(&parts[1]) as i64, lengths()[2], chunks)),
        "triu_indices" => pair(triu_indices(lengths()[0], number(&parts[1]) as i64, lengths()[2], chunks)),
        "diag_indices" => stack(&diag_indices(lengths()[0], lengths()[1], chunks)?, 0),
        "unravel_index" => stack(&a[0].unravel_index(&lengths())?, 0),
        "ravel_multi_index" => {
            let n = a[0].shape()[0] as isize;
            let each: Vec<DynArray> = (0..n).map(|i| a[0].index(&[i.into()])).collect::<Result<_>>()?;
            ravel_multi_index(&each, &lengths())
        }
        other => panic!("unknown call {other}"),
    }
}

/// The parts with arrays of positions as lazy ones, where there is one array.
fn lazily(parts: &[Index], chunks: usize) -> Option<Vec<Index>> {
    let lazy = |p: &Index| match p {
        Index::Array(a) => Index::Lazy(from_ndarray(a.mapv(|v| v as i64), chunks).unwrap()),
        p => p.clone(),
    };
    let arrays = parts.iter().filter(|p| matches!(p, Index::Array(_))).count();
    (arrays == 1 && !parts.iter().any(|p| matches!(p, Index::Mask(_)))).then(|| parts.iter().map(lazy).collect())
}

#[test]
fn numpy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    let mut seen = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    let names = ["index", "set", "take", "compress", "take_along_axis", "put_along_axis", "diag_indices", "tril_indices"];
    let lines = lines(&[&names[..], &["triu_indices", "unravel_index", "ravel_multi_index"]].concat());
    for (batch, lines) in lines.chunks(60).enumerate() {
        let mut cases = Vec::new();
        for line in lines {
            let f: Vec<&str> = line.split('|').collect();
            let parts: Vec<Index> = f[1].split(';').filter(|w| !w.is_empty()).map(part).collect();
            let arrays: Vec<Tensor> = f[2].split(';').filter(|w| !w.is_empty()).map(parse).collect();
            *seen.entry(f[0]).or_insert(0) += 1;
            for chunks in [1, 2, 3, 1000] {
                let a: Vec<DynArray> = arrays.iter().map(|t| from_tensor(t.clone(), chunks).unwrap()).collect();
                let mut made = vec![call(f[0], &parts, &a, chunks)];
                if let (Some(lazy), false) = (lazily(&parts, chunks), f[0] == "set") {
                    made.push(call(f[0], &lazy, &a, chunks));
                }
                for (lazy, made) in made.into_iter().enumerate() {
                    let what = format!("{line} in chunks of {chunks}, lazy {lazy}");
                    if let Some(name) = f[3].strip_prefix("error ") {
                        if lazy == 1 && arrays[0].is_empty() {
                            continue; // a result without elements looks at no position
                        }
                        let e = made.and_then(|x| x.compute()).expect_err(&what);
                        assert!(as_numpy(&e, name), "{e:?}: {what}");
                    } else {
                        cases.push((made.unwrap_or_else(|e| panic!("{e}: {what}")), parse(f[3]), what));
                    }
                }
            }
        }
        let exprs: Vec<_> = cases.iter().map(|c| c.0.expr().clone()).collect();
        let results = session.compute_all(&exprs).unwrap();
        for (got, (x, want, what)) in results.iter().zip(&cases) {
            assert_eq!((got.dtype(), got.shape().to_vec()), (x.dtype(), x.shape()), "{what}: not as declared");
            if got.shape() != want.shape() || scalars(got) != scalars(want) {
                wrong.push(format!("{what}: {:?} {:?}", got.shape(), scalars(got)));
            }
        }
        for i in 0..2 {
            let (x, _, what) = &cases[(batch * 7 + i * 31) % cases.len()];
            let _ = same_everywhere(x.expr(), what);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert_eq!(seen.len(), 11, "{seen:?}");
}

/// Every dtype, shape and cut: a take has the elements of the whole array, and a put of what was taken changes nothing.
#[test]
fn takes_and_puts_undo_each_other() {
    for seed in 0..60 {
        let mut noise = Noise(900 + seed);
        let dtype = noise.one_of(&DType::ALL);
        let shape: Vec<usize> = (0..1 + noise.below(3)).map(|_| noise.one_of(&[1, 2, 3, 5, 8, 13])).collect();
        let t = tensor(&mut noise, dtype, &shape, (-9.0, 9.0), &specials(dtype));
        let x = from_tensor(t.clone(), cut(&mut noise, &shape)).unwrap();
        let whole = from_tensor(t, Chunks::Whole).unwrap();
        let n = 1 + noise.below(30);
        let mut parts: Vec<Index> = Vec::new();
        for &l in &shape {
            parts.push(match noise.below(3) {
                0 => Index::Slice(None, None, Some(noise.one_of(&[-2, -1, 1, 3]))),
                _ => (0..n).map(|_| noise.below(l) as isize).collect::<Vec<_>>().into(),
            });
        }
        let (got, want) = (x.index(&parts).unwrap(), whole.index(&parts).unwrap());
        let got_bits = same_everywhere(got.expr(), &format!("seed {seed} {parts:?}")).unwrap();
        assert_eq!(bits(&got_bits), bits(&run(&oracle(), want.expr()).unwrap()), "seed {seed} {parts:?}");
        let again = x.set(&parts, &got).unwrap();
        assert_eq!(again.chunks(), x.chunks());
        let again = same_everywhere(again.expr(), &format!("set, seed {seed} {parts:?}")).unwrap();
        assert_eq!(bits(&again), bits(&run(&oracle(), x.expr()).unwrap()), "set, seed {seed} {parts:?}");
    }
}

fn shuffled(n: usize, seed: u64) -> Vec<isize> {
    let mut noise = Noise(seed);
    let mut v: Vec<isize> = (0..n as isize).collect();
    (1..n).rev().for_each(|i| v.swap(i, noise.below(i + 1)));
    v
}

/// 64 MB shuffled, put back, in a fourth of the memory.
#[test]
fn a_large_shuffle_runs_in_a_small_budget() {
    let x = Generator::new(3).random(&[8192, 1024], [512, 1024]).unwrap();
    let order = shuffled(8192, 8);
    let y = x.take(order.clone(), Some(0)).unwrap();
    assert!(y.chunks()[0].iter().all(|&n| n <= 512), "{:?}", y.chunks());
    let counts = Arc::new(Counts::default());
    let small = Session::new(config(2, 16 << 20)).with_watcher(Some(counts.clone()));
    // Its own bits without the whole in memory: sums of rows, at the places where the rows went.
    let sums = small.compute(y.sum(Some(&[1])).unwrap().expr()).unwrap().to_ndarray::<f64>().unwrap();
    let want = x.sum(Some(&[1])).unwrap().compute_as::<f64>().unwrap();
    order.iter().enumerate().for_each(|(i, &from)| assert_eq!(sums[i], want[from as usize], "row {i}"));
    assert!(counts.spilled.load(Ordering::Relaxed) > 0 || counts.dropped.load(Ordering::Relaxed) > 0, "the budget is not small");
    let back = x.set(&[order.into()], &y).unwrap().subtract(&x).unwrap().fabs().unwrap().max(None).unwrap();
    assert_eq!(small.compute(back.expr()).unwrap().at(&[]), tilework::base::Scalar::F64(0.0));
}

/// Every chunk of the result needs nearly all others.
#[test]
fn takes_from_very_many_chunks_go_in_two_steps() {
    let n = 300 * 300;
    let x = arange(0, n, 1, 300).unwrap();
    let order: Vec<isize> = shuffled(n, 12).into_iter().map(|i| if i % 10 == 0 { 5 } else { i }).collect();
    let y = x.take(order.clone(), None).unwrap();
    let tasks = tilework::plan::lower(&[y.expr().clone()], &config(1, u64::MAX)).unwrap().graph;
    assert!(tasks.n_data() < 300 * 64, "{} parts", tasks.n_data());
    let got = Session::new(config(2, u64::MAX)).compute(y.expr()).unwrap();
    assert!(got.as_slice::<i64>().unwrap().iter().zip(&order).all(|(a, b)| *a == *b as i64));
}

#[test]
fn plans_take_no_more_than_they_need() {
    let x = Generator::new(3).random(&[64, 1 << 18], [1, 1 << 18]).unwrap(); // 2 MiB a row
    let tasks = |y: &DynArray| tilework::plan::lower(&[y.expr().clone()], &config(1, u64::MAX)).unwrap().graph.n_tasks();
    // Rows that lie in one chunk each: a task for each, and its chunk.
    assert_eq!(tasks(&x.take(shuffled(64, 1), Some(0)).unwrap()), 128);
    // One element: one chunk is changed, all others are passed on.
    assert!(tasks(&x.set(&[5.into(), 7.into()], 1.0).unwrap()) <= 64 + 5);
    let y = x.take(shuffled(64, 1), Some(0)).unwrap();
    assert_eq!(y.expr().key(), x.take(shuffled(64, 1), Some(0)).unwrap().expr().key());
    assert_ne!(y.expr().key(), x.take(shuffled(64, 2), Some(0)).unwrap().expr().key());
    let text = y.explain().unwrap().to_string();
    assert!(text.contains("take[64 along [0]]"), "{text}");
    // The positions are in the plan's memory.
    let long = arange(0, 200_000, 1, 1000).unwrap();
    let fixed = |n| {
        tilework::plan::lower(&[long.take(shuffled(n, 3), None).unwrap().expr().clone()], &config(1, u64::MAX)).unwrap().fixed_bytes
    };
    assert!(fixed(200_000) > fixed(1000) + 199_000 * 8);
}

#[test]
fn takes_and_puts_cross_the_wire() {
    let x = arange(0, 60, 1, 7).unwrap();
    let grid = x.reshape(&[6, 10]).unwrap().rechunk([4, 3]).unwrap();
    let lazy = from_ndarray(ndarray::array![[3i64, 0], [-1, 5]].into_dyn(), 1).unwrap();
    let made = [
        x.take(shuffled(60, 4), None).unwrap(),
        grid.index(&[[5, -1, 0].into(), [0, 9, 9].into()]).unwrap(),
        grid.set(&[(..).into(), [5, -1, 0].into()], 7).unwrap(),
        grid.set(&[Index::Slice(None, None, Some(-2)), 3.into()], 7).unwrap(),
        grid.take(&lazy, Some(0)).unwrap(),
        grid.put_along_axis(&arange(0, 6, 1, 2).unwrap().expand_dims(&[1]).unwrap(), 3, 1).unwrap(),
        tril_indices(6, 1, 4, 3).unwrap()[1].clone(),
    ];
    for a in made {
        let bytes = encode(&[a.expr().clone()]).unwrap();
        let back = decode(&bytes, &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), a.expr().key());
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), a.expr()).unwrap()));
    }
}

#[test]
fn blocks_are_chunks() {
    let x = arange(0, 35, 1, 4).unwrap().reshape(&[5, 7]).unwrap().rechunk([2, 3]).unwrap();
    let y = x.blocks(&[[2, 0].into(), Index::Slice(Some(1), None, None)]).unwrap();
    assert_eq!(y.chunks(), [vec![1, 2], vec![3, 1]]);
    let want = x.index(&[[4, 0, 1].into(), Index::Slice(Some(3), None, None)]).unwrap();
    assert_eq!(y.compute_as::<i64>().unwrap(), want.compute_as::<i64>().unwrap());
    assert_eq!(x.blocks(&[(-1).into()]).unwrap().shape(), [1, 7]);
    assert_eq!(x.blocks(&[Index::Slice(Some(1), Some(1), None)]).unwrap().shape(), [0, 7]);
    refused(x.blocks(&[3.into()]), &["blocks", "3", "axis 0"]);
}

#[test]
fn misuse_is_told_at_the_call() {
    let x = arange(0, 12, 1, 5).unwrap().reshape(&[3, 4]).unwrap();
    refused(x.take([0, 4], Some(1)), &["take", "index 4", "axis 1", "length 4"]);
    refused(x.take(-5, Some(1)), &["take", "index -5", "axis 1"]);
    refused(x.take(0, Some(2)), &["take", "axis 2"]);
    refused(x.index(&[[0, 1].into(), [0, 1, 2].into()]), &["index arrays", "broadcast"]);
    refused(x.index(&[[true, false].into()]), &["mask", "[2]", "[3]"]);
    refused(x.take(&x.divide(2).unwrap(), Some(0)), &["float64", "integers"]);
    refused(x.take_along_axis(&arange(0, 2, 1, 1).unwrap(), 0), &["take_along_axis", "axes"]);
    refused(x.set(&[0.into()], &arange(0, 3, 1, 1).unwrap()), &["set", "[3]", "[4]"]);
    refused(x.set(&[0.into()], 1.5), &["set", "1.5", "int64"]);
    refused(x.compress(vec![true; 5], Some(1)), &["compress", "5", "length 4"]);
    refused(x.compress([1, 0], Some(1)), &["compress", "bools"]);
    refused(x.delete(Index::NewAxis, Some(0)), &["delete", "new axis"]);
    // Positions that are computed: at the run, with the value and its place.
    let far = arange(0, 6, 1, 2).unwrap();
    let e = x.take(&far, Some(1)).unwrap().compute().unwrap_err();
    assert!(
        e.kind() == ErrorKind::Index && ["gather", "position 4", ", 4])", "length 4"].iter().all(|w| e.to_string().contains(w)),
        "{e}"
    );
}
