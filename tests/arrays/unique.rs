//! Distinct elements and sets, of any cut and dtype, against lists made distinct by the standard library.

use super::material::{Noise, config, cut, least_budget, oracle, run, same_everywhere, scalars, shape, specials, tensor};
use tilework::array::random::Generator;
use tilework::array::{DynArray, create::from_tensor, intersect1d, map_blocks, setdiff1d, setxor1d, union1d};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::{DType, Session};

/// Two elements that count as one: equal, or both NaN.
fn same(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::F64(a), Scalar::F64(b)) => a == b || (a.is_nan() && b.is_nan()),
        _ => a == b,
    }
}

fn below(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::F64(a), Scalar::F64(b)) => a < b || (b.is_nan() && !a.is_nan()),
        (Scalar::U64(a), Scalar::U64(b)) => a < b,
        (Scalar::Bool(a), Scalar::Bool(b)) => !a & b,
        (a, b) => a.as_f64() < b.as_f64(),
    }
}

/// Distinct elements in order with how often and where first each occurs, by comparing all with all.
fn distinct(v: &[Scalar]) -> Vec<(Scalar, i64, i64)> {
    let mut found: Vec<(Scalar, i64, i64)> = Vec::new();
    for (i, x) in v.iter().enumerate() {
        match found.iter_mut().find(|f| same(&f.0, x)) {
            Some(f) => f.1 += 1,
            None => found.push((*x, 1, i as i64)),
        }
    }
    found.sort_by(|a, b| if below(&a.0, &b.0) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
    found
}

fn computed(x: &DynArray) -> Vec<Scalar> {
    scalars(&x.compute_in(&Session::new(config(2, u64::MAX))).unwrap())
}

#[test]
fn elements_are_counted_in_any_cut() {
    let mut noise = Noise(8);
    for i in 0..80 {
        let dtype = noise.one_of(&DType::ALL);
        if dtype.is_complex() {
            continue;
        }
        let shape = shape(&mut noise, 400);
        let special = if i % 2 == 0 { specials(dtype) } else { vec![] };
        let t = tensor(&mut noise, dtype, &shape, (0.0, [3.0, 60.0][i % 2]), &special);
        let x = from_tensor(t.clone(), cut(&mut noise, &shape)).unwrap();
        let what = format!("case {i}: {dtype} {shape:?} in {:?}", x.chunks());
        let want = distinct(&scalars(&t));
        let all = x.unique_all().unwrap();
        let values = computed(&all.values);
        assert!(values.len() == want.len() && values.iter().zip(&want).all(|(a, b)| same(a, &b.0)), "{what}: {values:?}");
        assert_eq!(computed(&all.counts), want.iter().map(|w| Scalar::I64(w.1)).collect::<Vec<_>>(), "{what}");
        assert_eq!(computed(&all.indices), want.iter().map(|w| Scalar::I64(w.2)).collect::<Vec<_>>(), "{what}");
        let place = |v: &Scalar| want.iter().position(|w| same(v, &w.0)).unwrap() as i64;
        let inverse = run(&Session::new(config(2, u64::MAX)), all.inverse.expr()).unwrap();
        assert_eq!(inverse.shape(), t.shape(), "{what}");
        assert_eq!(scalars(&inverse), scalars(&t).iter().map(|v| Scalar::I64(place(v))).collect::<Vec<_>>(), "{what}");
        let (values, counts) = x.unique_counts().unwrap();
        assert_eq!(computed(&counts), want.iter().map(|w| Scalar::I64(w.1)).collect::<Vec<_>>(), "{what}");
        assert_eq!(values.dims(), counts.dims());
        if i % 10 == 0 {
            // Of unknown size, so a reduction stands for it.
            same_everywhere(counts.max(None).unwrap_or_else(|_| counts.sum(None).unwrap()).expr(), &what).ok();
        }
    }
}

#[test]
fn sets_are_joined_cut_and_taken_from_each_other() {
    let mut noise = Noise(9);
    for i in 0..40 {
        let list = |noise: &mut Noise| -> Vec<i64> {
            let n = noise.one_of(&[1, 2, 30, 200]);
            (0..n).map(|_| noise.below(40) as i64).collect()
        };
        let (a, b) = (list(&mut noise), list(&mut noise));
        let array = |v: &[i64], noise: &mut Noise| {
            from_tensor(Tensor::from_vec(&[v.len()], v.to_vec()).unwrap(), cut(noise, &[v.len()])).unwrap()
        };
        let (x, y) = (array(&a, &mut noise), array(&b, &mut noise));
        let (in_a, in_b) = (|v: &i64| a.contains(v), |v: &i64| b.contains(v));
        let check = |made: DynArray, keep: &dyn Fn(&i64) -> bool, name: &str| {
            let want: Vec<Scalar> = (0..40).filter(|v| keep(v)).map(Scalar::I64).collect();
            assert_eq!(computed(&made), want, "case {i}: {name} of {a:?} and {b:?}");
        };
        check(union1d(&x, &y).unwrap(), &|v| in_a(v) || in_b(v), "union");
        check(intersect1d(&x, &y).unwrap(), &|v| in_a(v) && in_b(v), "intersection");
        check(setxor1d(&x, &y).unwrap(), &|v| in_a(v) != in_b(v), "exclusive or");
        check(setdiff1d(&x, &y).unwrap(), &|v| in_a(v) && !in_b(v), "difference");
    }
}

#[test]
fn many_elements_are_counted_in_a_fraction_of_their_size() {
    let n = 2_000_000;
    let x = Generator::new(3).random(&[n], 100_000).unwrap().multiply(300_000.0).unwrap().astype(DType::I64).unwrap();
    let x = map_blocks("opaque", &[&x], DType::I64, None, |_, b| Ok(b[0].clone())).unwrap();
    let (values, counts) = x.unique_counts().unwrap();
    let sum = values.multiply(&counts).unwrap().sum(None).unwrap();
    let want = run(&oracle(), x.sum(None).unwrap().expr()).unwrap();
    let least = least_budget(sum.expr(), &config(2, u64::MAX));
    for budget in [least, 1 << 30] {
        let got = run(&Session::new(config(2, budget)), sum.expr()).unwrap();
        assert_eq!(scalars(&got), scalars(&want), "{budget}");
    }
}
