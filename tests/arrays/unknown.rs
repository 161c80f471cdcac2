//! Arrays whose size depends on data: NumPy's elements, the same bits in every run, and a refusal wherever a size would be needed.

use super::indexing::lines;
use super::material::{Noise, bits, config, cut, oracle, refused, run, same_everywhere, scalars, shape, specials, tensor};
use super::statistics::parse;
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tilework::array::{
    Bins, Dim, DynArray, Index, PadMode, arange, concatenate, create::from_tensor, from_ndarray, map_blocks, stack,
};
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{Config, DType, ErrorKind, Result, Session};

#[test]
fn numpy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    let mut seen = std::collections::BTreeMap::new();
    for (i, line) in lines(&["nonzero", "flatnonzero", "argwhere", "extract"]).into_iter().enumerate() {
        let f: Vec<&str> = line.split('|').collect();
        let arrays: Vec<Tensor> = f[2].split(';').map(parse).collect();
        *seen.entry(f[0]).or_insert(0) += 1;
        for chunks in [1, 2, 3, 1000] {
            let a: Vec<DynArray> = arrays.iter().map(|t| from_tensor(t.clone(), chunks).unwrap()).collect();
            let made = match f[0] {
                "nonzero" => stack(&a[0].nonzero().unwrap(), 0),
                "flatnonzero" => a[0].flatnonzero(),
                "argwhere" => a[0].argwhere(),
                _ => a[1].extract(&a[0]),
            };
            let made = made.unwrap_or_else(|e| panic!("{e}: {line}"));
            let (got, want) = (session.compute(made.expr()).unwrap(), parse(f[3]));
            assert_eq!((got.shape(), scalars(&got)), (want.shape(), scalars(&want)), "{line} in chunks of {chunks}");
            assert_eq!(got.dtype(), made.dtype());
            if (i + chunks) % 9 == 0 {
                let _ = same_everywhere(made.expr(), line);
            }
        }
    }
    assert!(seen.len() == 4 && seen.values().all(|&n| n == 11), "{seen:?}");
}

fn mask_of(t: &Tensor) -> ArrayD<bool> {
    t.to_ndarray::<bool>().unwrap()
}

/// What is made of a masked array, of which the size may be known or not.
fn carried(x: &DynArray, axis: usize) -> Result<Vec<DynArray>> {
    let number = if x.dtype() == DType::Bool { x.astype(DType::I16)? } else { x.clone() };
    let reversed: Vec<usize> = (0..x.ndim()).rev().collect();
    let a = axis as isize;
    let mut v = vec![
        x.clone(),
        number.multiply(2)?.add(&number)?,
        x.transpose(Some(&reversed))?,
        x.index(&[Index::NewAxis, Index::Ellipsis])?,
        concatenate(&[x.clone(), x.clone()], a)?,
        number.astype(DType::F64)?.mean(Some(&[a]))?,
        number.astype(DType::F64)?.var(Some(&[a]))?,
        number.astype(DType::F64)?.nanmean(None)?,
        number.subtract(number.sum(Some(&[a]))?.expand_dims(&[a])?)?,
        x.count_nonzero(Some(&[a]))?,
        x.any(None)?,
        number.cumsum(a)?,
        x.isin(&[1, 2, 3])?.sum(None)?,
    ];
    for other in (0..x.ndim()).filter(|&o| o != axis) {
        v.push(number.cumsum(other as isize)?);
        v.push(x.sum(Some(&[other as isize]))?);
        if x.shape()[other] > 0 {
            v.push(x.argmax(Some(&[other as isize]))?);
            let mut parts = vec![Index::from(..); other];
            parts.push(Index::Slice(None, None, Some(-2)));
            v.push(x.index(&parts)?);
            parts[other] = Index::At(-1);
            v.push(x.index(&parts)?);
            v.push(stack(&[x.clone(), x.clone()], other as isize)?);
        }
    }
    Ok(v)
}

/// Random shapes, cuts, masks: everything that is carried on has the elements of the same on an array of known size.
#[test]
fn what_is_made_of_unknown_sizes_is_right() {
    for seed in 0..45 {
        let mut noise = Noise(7000 + seed);
        let dtype = noise.one_of(&[DType::I32, DType::F64, DType::Bool, DType::U8]);
        let s = shape(&mut noise, 200);
        if s.is_empty() {
            continue;
        }
        let t = tensor(&mut noise, dtype, &s, (0.0, 9.0), &if dtype.is_float() { vec![] } else { specials(dtype) });
        let x = from_tensor(t, cut(&mut noise, &s)).unwrap();
        // A mask along one axis, over several, or over all; computed from data, cut in its own way.
        let first = noise.below(s.len());
        let n = 1 + noise.below(s.len() - first);
        let bound = noise.one_of(&[0.0, 3.0, 6.0, 9.0]);
        let m = tensor(&mut noise, DType::F32, &s[first..first + n], (0.0, 9.0), &[]);
        let m = from_tensor(m, cut(&mut noise, &s[first..first + n])).unwrap().less(bound).unwrap();
        let concrete = mask_of(&run(&oracle(), m.expr()).unwrap());
        let mut parts = vec![Index::from(..); first];
        parts.push(m.into());
        let lazy = x.index(&parts).unwrap();
        parts[first] = concrete.into();
        let known = x.index(&parts).unwrap();
        assert_eq!(lazy.dims()[first], Dim::Unknown);
        let what = format!("seed {seed}: {dtype} {s:?}, mask over {n} axes from {first}, below {bound}");
        let (got, want) = (carried(&lazy, first).unwrap(), carried(&known, first).unwrap());
        assert_eq!(got.len(), want.len());
        let resolved = lazy.resolve(&oracle()).unwrap();
        assert_eq!(resolved.shape(), known.shape(), "{what}");
        for (i, (g, w)) in got.iter().chain([&resolved]).zip(want.iter().chain([&known])).enumerate() {
            let (a, b) = (oracle().compute(g.expr()).unwrap(), oracle().compute(w.expr()).unwrap());
            assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()), "{what}, result {i}");
            // Sums of floats depend on how the array is cut.
            let near = |(a, b): (&tilework::base::Scalar, &tilework::base::Scalar)| {
                super::material::near(a.as_f64(), b.as_f64(), 1e-12, 1.0)
            };
            assert!(scalars(&a).iter().zip(&scalars(&b)).all(near), "{what}, result {i}: {:?} {:?}", scalars(&a), scalars(&b));
        }
        let _ = same_everywhere(got[seed as usize % got.len()].expr(), &what);
        let _ = same_everywhere(resolved.expr(), &what);
    }
}

fn base() -> (DynArray, DynArray) {
    let x = arange(0, 20, 1, 6).unwrap();
    let m = x.remainder(3).unwrap().equal(1).unwrap();
    (x, m)
}

fn list(x: &DynArray) -> Vec<i64> {
    x.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0
}

#[test]
fn arrays_under_one_mask_go_together() {
    let (x, m) = base();
    let (a, b) = (x.index(&[(&m).into()]).unwrap(), x.square().unwrap().compress(&m, Some(0)).unwrap());
    assert_eq!(list(&a.add(&b).unwrap()), [2, 20, 56, 110, 182, 272, 380]);
    assert_eq!(list(&a.subtract(&m.flatnonzero().unwrap()).unwrap()), [0; 7]);
    // A mask on what a mask left.
    assert_eq!(list(&a.index(&[a.greater(9).unwrap().into()]).unwrap()), [10, 13, 16, 19]);
    // Positions of unknown number.
    assert_eq!(list(&x.multiply(2).unwrap().take(&m.flatnonzero().unwrap(), None).unwrap()), [2, 8, 14, 20, 26, 32, 38]);
    let other = x.index(&[x.greater(3).unwrap().into()]).unwrap();
    refused(a.add(&other), &["add", "axis 0", "resolve()"]);
    refused(a.add(&x), &["add", "axis 0", "resolve()"]);
    assert_eq!(list(&concatenate(&[a.clone(), x.clone(), other], 0).unwrap()).len(), 7 + 20 + 16);
    assert_eq!(a.histogram(Bins::Even(2, 0.0, 20.0), None, false).unwrap().0.compute_as::<i64>().unwrap().sum(), 7);
    let doubled = map_blocks("double", &[&a], DType::I64, None, |_, t| {
        Tensor::from_vec(t[0].shape(), t[0].as_slice::<i64>()?.iter().map(|v| v * 2).collect())
    });
    assert_eq!(list(&doubled.unwrap()), [2, 8, 14, 20, 26, 32, 38]);
    assert_eq!(a.min(None).unwrap().compute_as::<i64>().unwrap().sum(), 1);
    // Chunks that are left empty, in front, between and behind.
    let gaps = x.remainder(12).unwrap().greater(7).unwrap().logical_and(x.not_equal(19).unwrap()).unwrap();
    let few = x.index(&[gaps.into()]).unwrap(); // 8, 9, 10, 11
    assert_eq!(list(&few.cummax(0).unwrap()), [8, 9, 10, 11]);
    let one = |x: DynArray| x.compute().unwrap().at(&[]).as_f64();
    assert_eq!((one(few.min(None).unwrap()), one(few.max(None).unwrap())), (8.0, 11.0));
    assert_eq!((one(few.mean(None).unwrap()), one(few.var(None).unwrap())), (9.5, 1.25));
    assert_eq!((one(few.prod(None).unwrap()), one(few.ptp(None).unwrap())), (7920.0, 3.0));
    let f = few.astype(DType::F64).unwrap();
    assert_eq!((one(f.min(None).unwrap()), one(f.nanmax(None).unwrap())), (8.0, 11.0));
    assert!(one(f.divide(0.0).unwrap().subtract(f64::INFINITY).unwrap().max(None).unwrap()).is_nan());
    let none = x.index(&[x.greater(99).unwrap().into()]).unwrap();
    assert!(list(&none).is_empty());
    refused(none.max(None).unwrap().compute(), &["max", "nothing"]);
    assert!(none.mean(None).unwrap().compute_as::<f64>().unwrap().sum().is_nan());
    assert!(a.explain().unwrap().to_string().contains("?<=20"));
}

#[test]
fn what_needs_a_size_refuses() {
    let (x, m) = base();
    let y = x.index(&[m.into()]).unwrap();
    let two = y.expand_dims(&[1]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let words = &["the size of axis 0 is not known", "resolve()"];
    refused(y.index(&[0.into()]), words);
    refused(y.index(&[Index::Slice(None, None, Some(2))]), words);
    refused(y.index(&[Index::Slice(Some(1), None, None)]), words);
    refused(y.take([0, 1], None), words);
    refused(y.take_along_axis(&x, 0), words);
    refused(y.set(&[0.into()], 1), words);
    refused(y.reshape(&[-1, 1]), words);
    refused(two.ravel(), words);
    refused(y.rechunk(3), words);
    refused(y.flip(None), words);
    refused(y.roll(&[20], None), words);
    refused(y.diff(1, 0, None, None), words);
    refused(y.broadcast_to(&[2, 20]), words);
    refused(y.repeat(2, None), words);
    refused(y.argmax(None), words);
    refused(two.argmax(None), words);
    refused(y.topk(2, 0), words);
    refused(y.sort(Some(0)), words);
    refused(y.median(None), words);
    refused(y.label(None), words);
    refused(y.sliding_window_view(3, None), words);
    refused(y.pad(&[(1, 1)], PadMode::Edge), words);
    refused(y.insert(0, 1, None), words);
    refused(y.delete(0, None), words);
    refused(y.nonzero(), words);
    refused(y.astype(DType::F64).unwrap().push(0, Some(1)), words);
    refused(two.tril(0), words);
    refused(y.moment(1, None).and_then(|_| y.average_returned(None, None)), words);
    refused(y.npy_sink(folder.path().join("y.npy"), true), words);
    refused(x.resolve(&oracle()).and_then(|x| x.add(&y)), words);
    assert!(two.argmax(Some(&[1])).is_ok());
}

#[test]
fn sizes_are_found_and_checked() {
    let (x, m) = base();
    let session = Session::new(config(2, u64::MAX));
    let y = x.index(&[x.greater(11).unwrap().logical_and(&m).unwrap().into()]).unwrap().resolve(&session).unwrap();
    assert_eq!((y.dims(), y.chunks()), (vec![Dim::Known(3)], vec![vec![2, 1]]));
    assert_eq!(list(&y.index(&[Index::Slice(None, None, Some(-1))]).unwrap()), [19, 16, 13]);
    let none = x.index(&[x.greater(99).unwrap().into()]).unwrap().resolve(&session).unwrap();
    assert_eq!((none.shape(), list(&none)), (vec![0], vec![]));
    let kept = x.index(&[m.into()]).unwrap().persist(&session).unwrap();
    assert_eq!((kept.shape(), list(&kept)), (vec![7], vec![1, 4, 7, 10, 13, 16, 19]));
    // Data that changes between the runs.
    let calls = Arc::new(AtomicUsize::new(0));
    let n = calls.clone();
    let other = map_blocks("changing", &[&x], DType::Bool, None, move |_, t| {
        let few = n.fetch_add(1, Ordering::SeqCst) < 4;
        Tensor::from_vec(t[0].shape(), (0..t[0].len()).map(|i| i % 2 == 0 || !few).collect())
    });
    let changed = x.index(&[other.unwrap().into()]).unwrap().resolve(&session).unwrap();
    assert_eq!(changed.shape(), [10]);
    refused(session.compute(changed.expr()), &["resolve", "changed", "6 elements", "had 3"]);
}

#[test]
fn results_that_grow_too_large_are_told() {
    let x = arange(0, 1 << 20, 1, 1 << 16).unwrap(); // 8 MiB
    let session = Session::new(config(1, 6 << 20));
    let few = x.index(&[x.less(1000).unwrap().into()]).unwrap();
    assert_eq!(session.compute(few.expr()).unwrap().shape(), [1000]);
    let all = x.index(&[x.less(1 << 19).unwrap().into()]).unwrap();
    let e = session.compute(all.expr()).unwrap_err();
    assert!(e.kind() == ErrorKind::Budget && e.to_string().contains("4 MiB"), "{e}");
    assert_eq!(
        session.compute(all.sum(None).unwrap().expr()).unwrap().at(&[]).as_f64(),
        ((1u64 << 19) * ((1 << 19) - 1) / 2) as f64
    );
    let _ = Config::default();
}

#[test]
fn unknown_sizes_cross_the_wire() {
    let (x, m) = base();
    let y = x.index(&[(&m).into()]).unwrap();
    let grid =
        from_ndarray(ArrayD::from_shape_fn(IxDyn(&[5, 4]), |i| (i[0] * 4 + i[1]) as i64), Chunks::Sizes(vec![2, 3])).unwrap();
    let made = [
        y.clone(),
        y.multiply(3).unwrap().mean(None).unwrap(),
        concatenate(&[y.clone(), x.clone()], 0).unwrap(),
        y.resolve(&oracle()).unwrap(),
        grid.index(&[grid.greater(6).unwrap().into()]).unwrap(),
        grid.argwhere().unwrap(),
    ];
    for a in made {
        let bytes = encode(&[a.expr().clone()]).unwrap();
        let back = decode(&bytes, &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), a.expr().key());
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), a.expr()).unwrap()));
    }
}
