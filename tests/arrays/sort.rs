//! Sorting: lanes in chunks, and range shuffles of arrays cut in any way, against the standard library's sort.

use super::material::{Noise, bits, config, cut, least_budget, oracle, run, same_everywhere, shape, specials, tensor};
use std::cmp::Ordering;
use std::sync::Arc;
use tilework::array::random::Generator;
use tilework::array::{DynArray, create::from_tensor, map_blocks, where_};
use tilework::base::{Axis, Grid, Scalar};
use tilework::chunk::Tensor;
use tilework::expr::build;
use tilework::format::registry::Registry;
use tilework::op::sort::RangeSort;
use tilework::plan::codec::{decode, encode};
use tilework::{Chunks, DType, Element, Session, for_dtype};

/// NaN behind all others, zeros equal; complex numbers with NaN in
/// the imaginary part, then in the real part, behind the others, else by their real parts, then by their imaginary ones.
fn order<T: Element>(a: &T, b: &T) -> Ordering {
    fn real<T: PartialOrd>(a: T, b: T) -> Ordering {
        a.partial_cmp(&b).unwrap_or_else(|| (a.partial_cmp(&a).is_none()).cmp(&b.partial_cmp(&b).is_none()))
    }
    let (a, b): (Scalar, Scalar) = ((*a).into(), (*b).into());
    match (a, b) {
        (Scalar::C128(a, i), Scalar::C128(b, j)) => {
            (a.is_nan(), i.is_nan()).cmp(&(b.is_nan(), j.is_nan())).then(real(a, b)).then(real(i, j))
        }
        (Scalar::F64(a), Scalar::F64(b)) => real(a, b),
        (Scalar::U64(a), Scalar::U64(b)) => a.cmp(&b),
        _ => i64::from_scalar(a).cmp(&i64::from_scalar(b)),
    }
}

/// Places of a list in order.
fn places<T: Element>(v: &[T]) -> Vec<usize> {
    let mut p: Vec<usize> = (0..v.len()).collect();
    p.sort_by(|&a, &b| order(&v[a], &v[b]));
    p
}

/// Checks a sorted list and places against the elements they were made of.
fn check(x: &Tensor, sorted: &Tensor, at: &Tensor, what: &str) {
    for_dtype!(x.dtype(), T => {
        let v = x.as_slice::<T>().unwrap();
        let want = places(v);
        let got: Vec<usize> = at.as_slice::<i64>().unwrap().iter().map(|&p| p as usize).collect();
        assert_eq!(got, want, "{what}: places");
        let same = sorted.as_slice::<T>().unwrap().iter().zip(&want).all(|(a, &p)| order(a, &v[p]) == Ordering::Equal);
        assert!(same && sorted.len() == v.len(), "{what}: {sorted:?}");
    })
}

fn bounds(axis: &Axis) -> Vec<usize> {
    [0].into_iter().chain((0..axis.n_chunks()).map(|i| axis.range(i).end)).collect()
}

fn shuffled(x: &DynArray, out: &Axis, places: bool) -> DynArray {
    let (dtype, grid) = x.expr().array().unwrap();
    let op = RangeSort::new(dtype, places, bounds(&grid.axes()[0]), bounds(out));
    let dtype = if places { DType::I64 } else { dtype };
    DynArray::from_expr(build::shuffle(Arc::new(op), x.expr(), dtype, Grid::new([out.clone()]))).unwrap()
}

#[test]
fn range_shuffles_sort_lists_of_any_cut() {
    let mut noise = Noise(5);
    for i in 0..60 {
        let dtype = noise.one_of(&DType::ALL);
        let n = noise.one_of(&[0, 1, 2, 7, 31, 97, 211]);
        // Few different values, many, or special ones.
        let range = noise.one_of(&[2.0, 20.0, 120.0]);
        let special = if noise.below(2) == 0 { specials(dtype) } else { vec![] };
        let t = tensor(&mut noise, dtype, &[n], (0.0, range), &special);
        let pieces = |noise: &mut Noise| if noise.below(4) == 0 { Chunks::Uniform(1 + n / 40) } else { cut(noise, &[n]) };
        let x = from_tensor(t.clone(), pieces(&mut noise)).unwrap();
        let out = pieces(&mut noise).grid(&[n], dtype, None).unwrap().axes()[0].clone();
        let what = format!("case {i}: {n} of {dtype} in {:?} to {out:?}", x.chunks());
        // Every piece may become a spill file, so only what has few is run in every way.
        let few = x.n_chunks() * out.n_chunks() < 60;
        let all_ways = |y: DynArray| if few { same_everywhere(y.expr(), &what) } else { run(&oracle(), y.expr()) };
        check(&t, &all_ways(shuffled(&x, &out, false)).unwrap(), &all_ways(shuffled(&x, &out, true)).unwrap(), &what);
    }
}

/// Chunks of several blocks, few values and many; of an array in memory, and of one whose chunks are kept.
#[test]
fn arrays_are_sorted_where_their_results_lie() {
    let mut noise = Noise(6);
    let n = 150_000;
    for dtype in [DType::F64, DType::I64, DType::U64, DType::F32, DType::I16, DType::C64, DType::Bool] {
        for range in [3.0, 1e5] {
            let t = tensor(&mut noise, dtype, &[n], (0.0, range), &specials(dtype));
            let here = from_tensor(t.clone(), 90_001).unwrap();
            let kept = map_blocks("opaque", &[&here], dtype, None, |_, b| Ok(b[0].clone())).unwrap();
            for x in [&here, &kept] {
                let y = shuffled(x, &Axis::regular(n, 12_345), false);
                let what = format!("{dtype} below {range}");
                let session = Session::new(config(2, 1 << 30));
                let sorted = y.compute_in(&session).unwrap();
                for_dtype!(dtype, T => {
                    let (mut want, have) = (t.as_slice::<T>().unwrap().to_vec(), sorted.as_slice::<T>().unwrap());
                    want.sort_by(order);
                    assert!(have.iter().zip(&want).all(|(a, b)| order(a, b) == Ordering::Equal) && have.len() == n, "{what}");
                });
                // What is no result itself is merged from sorted runs.
                let merged = map_blocks("opaque", &[&y], dtype, None, |_, b| Ok(b[0].clone())).unwrap();
                assert_eq!(bits(&sorted), bits(&run(&oracle(), merged.expr()).unwrap()), "{what}");
            }
        }
    }
}

#[test]
fn lanes_are_sorted_along_every_axis() {
    let mut noise = Noise(6);
    for i in 0..60 {
        let dtype = noise.one_of(&DType::ALL);
        let shape = shape(&mut noise, 2000);
        let special = specials(dtype);
        let t = tensor(&mut noise, dtype, &shape, (0.0, 9.0), &special);
        let x = from_tensor(t.clone(), cut(&mut noise, &shape)).unwrap();
        let what = format!("case {i}: {dtype} {shape:?} in {:?}", x.chunks());
        let axis = if shape.is_empty() || noise.below(4) == 0 { None } else { Some(noise.below(shape.len()) as isize) };
        let sorted = same_everywhere(x.sort(axis).unwrap().expr(), &what).unwrap();
        let at = same_everywhere(x.argsort(axis).unwrap().expr(), &what).unwrap();
        let Some(axis) = axis else {
            check(&t.reshape(&[t.len()]), &sorted, &at, &what);
            continue;
        };
        // Lane by lane, each cut out by slices.
        let lanes = |t: &Tensor| -> Vec<Tensor> {
            let mut order: Vec<usize> = (0..shape.len()).filter(|&a| a != axis as usize).collect();
            order.push(axis as usize);
            let t = t.permute(&order).contiguous();
            let n = shape[axis as usize];
            let t = t.reshape(&[t.len() / n.max(1), n]);
            (0..t.shape()[0]).map(|i| t.index_axis(0, i).contiguous()).collect()
        };
        for ((x, s), a) in lanes(&t).iter().zip(lanes(&sorted)).zip(lanes(&at)) {
            check(x, &s, &a, &what);
        }
    }
    assert!(from_tensor(Tensor::from_vec(&[2], vec![1, 2]).unwrap(), Chunks::Whole).unwrap().sort(Some(1)).is_err());
}

/// Lanes of an array of several axes that are longer than what is sorted in one piece, each shuffled by itself.
#[test]
fn long_lanes_of_arrays_are_sorted_along_any_axis() {
    let n = (32 << 20) / 8 + 1;
    for (shape, axis) in [(vec![2, n], 1), (vec![n, 1, 2], 0)] {
        // Many of equal size, and some NaN.
        let x = Generator::new(9).random(&shape, Chunks::Sizes(shape.iter().map(|&n| n.div_ceil(5)).collect())).unwrap();
        let x = x.multiply(1e6).unwrap().floor().unwrap();
        let x = where_(&x.less(20.0).unwrap(), f64::NAN, &x).unwrap();
        let both = [x.sort(Some(axis)).unwrap(), x.argsort(Some(axis)).unwrap(), x.clone()].map(|y| y.expr().clone());
        let found = Session::new(config(2, 1 << 30)).compute_all(&both).unwrap();
        let lanes =
            |t: &Tensor| t.permute(&(0..t.ndim()).map(|a| (a + axis as usize + 1) % t.ndim()).collect::<Vec<_>>()).contiguous();
        let [sorted, places, x] = [0, 1, 2].map(|i| lanes(&found[i]));
        let (sorted, places, x) =
            (sorted.as_slice::<f64>().unwrap(), places.as_slice::<i64>().unwrap(), x.as_slice::<f64>().unwrap());
        assert_eq!((sorted.len(), places.len()), (2 * n, 2 * n), "{shape:?}");
        for lane in 0..2 {
            let of = lane * n..(lane + 1) * n;
            let (v, sorted, places) = (&x[of.clone()], &sorted[of.clone()], &places[of]);
            // Every place once, and no element or place before a smaller one: that is the one stable order.
            let mut seen = vec![false; n];
            places.iter().for_each(|&p| assert!(!std::mem::replace(&mut seen[p as usize], true), "{shape:?}: {p} twice"));
            let at = |i: usize| v[places[i] as usize];
            let rises = |i: usize| order(&at(i - 1), &at(i)).then(places[i - 1].cmp(&places[i])).is_lt();
            assert_eq!((1..n).find(|&i| !rises(i)), None, "{shape:?}: lane {lane}");
            assert_eq!((0..n).find(|&i| order(&sorted[i], &at(i)).is_ne()), None, "{shape:?}: lane {lane}");
        }
    }
}

/// A list that is longer than what is sorted in one piece, from the least budget on.
#[test]
fn a_long_list_is_sorted_in_a_fraction_of_its_size() {
    let n = 3_000_000;
    let x = Generator::new(3).random(&[n], 100_000).unwrap();
    let x = map_blocks("opaque", &[&x], x.dtype(), None, |_, b| Ok(b[0].clone())).unwrap();
    let mut want = run(&oracle(), x.expr()).unwrap().as_slice::<f64>().unwrap().to_vec();
    want.sort_by(f64::total_cmp);
    let y = x.sort(None).unwrap();
    let first = y.index(&[tilework::array::Index::Slice(Some(0), Some(n as isize), Some(1000))]).unwrap();
    let want: Vec<f64> = want.into_iter().step_by(1000).collect();
    for n_threads in [1, 2] {
        let least = least_budget(first.expr(), &config(n_threads, u64::MAX));
        assert!(least < 20 << 20, "{least} bytes for 24 MB");
        for budget in [least, 2 * least, 1 << 30] {
            let got = run(&Session::new(config(n_threads, budget)), first.expr()).unwrap();
            assert_eq!(got.as_slice::<f64>().unwrap(), want, "{n_threads} threads in {budget}");
        }
    }
}

#[test]
fn shuffles_go_over_the_wire() {
    let x = Generator::new(1).random(&[1000], 90).unwrap();
    let y = shuffled(&x, &Axis::regular(1000, 130), true);
    let registry = Registry::builtin();
    let document = encode(&[y.expr().clone()]).unwrap();
    let back = decode(&document, &registry).unwrap();
    assert_eq!(back[0].key(), y.expr().key());
    assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), y.expr()).unwrap()));
}
