//! Systems, inverses, determinants, norms; and what is refused.

use super::factors::{close, matrices, matrix, positive, tolerance, values};
use crate::arrays::material::{Noise, config, refused, run};
use tilework::array::linalg::{self, Norm};
use tilework::array::{DynArray, create::from_tensor, from_ndarray};
use tilework::base::Kind;
use tilework::expr::Chunks;
use tilework::{DType, Session};

fn random(noise: &mut Noise, dtype: DType, shape: &[usize]) -> DynArray {
    from_tensor(matrix(noise, dtype, shape), Chunks::Sizes(shape.iter().map(|n| n.div_ceil(2)).collect())).unwrap()
}

/// Matrices far from singular.
fn regular(noise: &mut Noise, dtype: DType, lead: &[usize], n: usize) -> DynArray {
    let x = random(noise, dtype, &[lead, &[n, n]].concat());
    x.add(tilework::array::eye(n, n, 0, dtype, 50).unwrap().multiply((n as f64).sqrt() * 2.0).unwrap()).unwrap()
}

#[test]
fn solutions_solve() {
    let mut noise = Noise(21);
    let cases: &[(&[usize], usize, &[usize])] = &[
        (&[], 0, &[0, 2]),
        (&[], 1, &[1]),
        (&[], 5, &[5]),
        (&[], 5, &[5, 3]),
        (&[2, 3], 4, &[4, 2]),
        (&[3], 4, &[2, 3, 4, 5]),
        (&[], 4, &[3, 4, 2]),
        (&[], 290, &[290]),
        (&[], 300, &[300, 7]),
        (&[], 411, &[411, 411]),
        (&[0], 3, &[3, 3]),
    ];
    for (lead, n, b) in cases {
        for dtype in [DType::F64, DType::F32] {
            let what = format!("{dtype} {lead:?} {n} {b:?}");
            let (a, b) = (regular(&mut noise, dtype, lead, *n), random(&mut noise, dtype, b));
            let tol = tolerance(dtype, n + 10);
            let x = linalg::solve(&a, &b).unwrap();
            let back = values(&linalg::matmul(&a, &x).unwrap());
            let want = values(&b.broadcast_to(back.shape()).unwrap());
            let wide = |x: &ndarray::ArrayD<f64>| if x.ndim() == 1 { x.clone().insert_axis(ndarray::Axis(1)) } else { x.clone() };
            for (a, b) in matrices(&wide(&back)).iter().zip(&matrices(&wide(&want))) {
                close(a, b, tol, &what);
            }
            for lower in [true, false] {
                let t = if lower { a.tril(0).unwrap() } else { a.triu(0).unwrap() };
                // The other triangle is not looked at.
                let x = linalg::solve_triangular(&a, &b, lower, false).unwrap();
                let back = values(&linalg::matmul(&t, &x).unwrap());
                for (a, b) in matrices(&wide(&back)).iter().zip(&matrices(&wide(&want))) {
                    close(a, b, tol, &what);
                }
            }
            let inverse = linalg::inv(&a).unwrap();
            for one in matrices(&values(&linalg::matmul(&a, &inverse).unwrap())) {
                close(&one, &ndarray::Array2::eye(*n), tol, &what);
            }
        }
    }
}

#[test]
fn determinants_multiply() {
    let mut noise = Noise(22);
    for (lead, n) in [(&[][..], 0), (&[], 1), (&[2, 2], 3), (&[], 6), (&[], 300)] {
        let (a, b) = (regular(&mut noise, DType::F64, lead, n), regular(&mut noise, DType::F64, lead, n));
        let (a, b) = (a.multiply(0.1).unwrap(), b.multiply(0.1).unwrap());
        let c = linalg::matmul(&a, &b).unwrap();
        let logs = |x: &DynArray| linalg::slogdet(x).unwrap();
        let ((sa, la), (sb, lb), (sc, lc)) = (logs(&a), logs(&b), logs(&c));
        let off = values(&la.add(&lb).unwrap().subtract(&lc).unwrap());
        assert!(off.iter().all(|v| v.abs() < 1e-10 * (n as f64 + 1.0)), "{lead:?} {n}: {off}");
        assert_eq!(values(&sa.multiply(&sb).unwrap()), values(&sc));
        if n < 50 {
            let both = values(&linalg::det(&a).unwrap()) * values(&linalg::det(&b).unwrap());
            assert!(both.iter().zip(&values(&linalg::det(&c).unwrap())).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1e-3)));
        }
    }
    let singular = from_ndarray(ndarray::array![[1.0, 2.0], [2.0, 4.0]].into_dyn(), 1).unwrap();
    assert_eq!(values(&linalg::det(&singular).unwrap()).sum(), 0.0);
    let (sign, log) = linalg::slogdet(&singular).unwrap();
    assert_eq!((values(&sign).sum(), values(&log).sum()), (0.0, f64::NEG_INFINITY));
    // A cycle of 3 is two exchanges, one of 2 is one.
    let cycle = from_ndarray(ndarray::array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]].into_dyn(), 2).unwrap();
    assert_eq!(values(&linalg::det(&cycle).unwrap()).sum(), 1.0);
    let swap = from_ndarray(ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]].into_dyn(), 2).unwrap();
    assert_eq!(values(&linalg::det(&swap).unwrap()).sum(), -1.0);
}

#[test]
fn least_squares_are_orthogonal_to_what_is_left() {
    let mut noise = Noise(23);
    for (m, n, c) in [(5, 3, 2), (3, 5, 1), (40, 40, 3), (30_000, 20, 2)] {
        let (a, b) = (random(&mut noise, DType::F64, &[m, n]), random(&mut noise, DType::F64, &[m, c]));
        let found = linalg::lstsq(&a, &b, None).unwrap();
        let left = b.subtract(linalg::matmul(&a, &found.x).unwrap()).unwrap();
        let off = values(&linalg::matmul(&a.transpose(None).unwrap(), &left).unwrap());
        assert!(off.iter().all(|v| v.abs() < 1e-12 * (m as f64)), "{m} {n}: {off}");
        assert_eq!(values(&found.rank).sum(), m.min(n) as f64);
        let want = values(&linalg::matmul(&linalg::pinv(&a, None).unwrap(), &b).unwrap());
        assert!(values(&found.x).iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-10), "{m} {n}");
        let squares = values(&left.multiply(&left).unwrap().sum(Some(&[0])).unwrap());
        assert_eq!(squares, values(&found.residuals));
    }
    // Of rank 1: the shortest solution.
    let a = from_ndarray(ndarray::array![[1.0, 1.0], [1.0, 1.0]].into_dyn(), 1).unwrap();
    let b = from_ndarray(ndarray::array![2.0, 4.0].into_dyn(), 1).unwrap();
    let found = linalg::lstsq(&a, &b, None).unwrap();
    assert!(values(&found.x).iter().all(|v| (v - 1.5).abs() < 1e-14));
    assert_eq!(values(&found.rank).sum(), 1.0);
    assert_eq!(values(&linalg::matrix_rank(&a, None).unwrap()).sum(), 1.0);
    assert_eq!(values(&linalg::matrix_rank(&a, Some(2.0)).unwrap()).sum(), 0.0);
}

#[test]
fn norms_are_those_of_the_definition() {
    let x = from_ndarray(ndarray::array![[1.0, -2.0, 0.0], [3.0, 4.0, -5.0]].into_dyn(), 2).unwrap();
    let one = |what, axes: Option<&[isize]>| values(&linalg::norm(&x, what, axes, false).unwrap());
    let by = |p: f64| one(Norm::Order(p), Some(&[1])).into_raw_vec_and_offset().0;
    assert_eq!(by(1.0), [3.0, 12.0]);
    assert_eq!(by(0.0), [2.0, 3.0]);
    assert_eq!((by(f64::INFINITY), by(f64::NEG_INFINITY)), (vec![2.0, 5.0], vec![0.0, 3.0]));
    assert!((by(3.0)[1] - 216f64.cbrt()).abs() < 1e-13);
    assert!((by(-1.0)[1] - 1.0 / (1.0 / 3.0 + 0.25 + 0.2)).abs() < 1e-13);
    let of = |p: f64| one(Norm::Order(p), Some(&[0, 1])).sum();
    assert_eq!((of(1.0), of(-1.0), of(f64::INFINITY), of(f64::NEG_INFINITY)), (6.0, 4.0, 12.0, 3.0));
    // The axes exchanged: rows are columns.
    assert_eq!(one(Norm::Order(1.0), Some(&[1, 0])).sum(), 12.0);
    let s = values(&linalg::svdvals(&x).unwrap());
    assert!((of(2.0) - s[0]).abs() < 1e-14 && (of(-2.0) - s[1]).abs() < 1e-14);
    assert!((one(Norm::Nuclear, None).sum() - s.sum()).abs() < 1e-14);
    assert!((one(Norm::Frobenius, None).sum() - 55f64.sqrt()).abs() < 1e-14);
    assert!((values(&linalg::cond(&x).unwrap()).sum() - s[0] / s[1]).abs() < 1e-13);
    let kept = linalg::norm(&x, Norm::Order(2.0), Some(&[0, 1]), true).unwrap();
    assert_eq!(kept.shape(), [1, 1]);
    assert_eq!(values(&linalg::vector_norm(&x, 1.0).unwrap()).sum(), 15.0);
}

#[test]
fn bad_calls_are_refused_at_once() {
    let (v, wide) = (tilework::array::ones(&[3], DType::F64, 2).unwrap(), tilework::array::ones(&[2, 3], DType::F64, 2).unwrap());
    let square = tilework::array::ones(&[3, 3], DType::F64, 2).unwrap();
    refused(linalg::qr(&v), &["qr", "2 dimensions"]);
    refused(linalg::svd(&v), &["svd"]);
    refused(linalg::cholesky(&wide, false), &["cholesky", "square", "[2, 3]"]);
    refused(linalg::inv(&wide), &["inv", "square"]);
    refused(linalg::det(&wide), &["det", "square"]);
    refused(linalg::eigh(&wide), &["eigh", "square"]);
    refused(linalg::solve(&square, &tilework::array::ones(&[4], DType::F64, 2).unwrap()), &["solve", "3 rows", "4"]);
    refused(linalg::solve_triangular(&square, &wide, true, false), &["solve_triangular", "2"]);
    refused(linalg::norm(&square, Norm::Order(3.0), Some(&[0, 1]), false), &["norm", "order 3"]);
    refused(linalg::norm(&v, Norm::Nuclear, None, false), &["norm", "Nuclear"]);
    refused(linalg::svd_compressed(&wide, 3, linalg::Compressed::default()), &["rank 3"]);
    refused(linalg::lstsq(&wide, &v, None), &["lstsq"]);
}

#[test]
fn bad_matrices_are_named_when_they_are_met() {
    let session = Session::new(config(2, u64::MAX));
    let fails = |x: &DynArray, words: &[&str]| {
        let e = session.compute(x.expr()).unwrap_err();
        assert_eq!(e.kind(), Kind::Matrix, "{e}");
        assert!(words.iter().all(|w| e.to_string().contains(w)), "{e} lacks one of {words:?}");
    };
    let mut noise = Noise(24);
    for n in [5usize, 300] {
        let mut t = matrix(&mut noise, DType::F64, &[n, n]).to_ndarray::<f64>().unwrap();
        // The last column twice the one before.
        for i in 0..n {
            t[[i, n - 1]] = 0.0;
        }
        let singular = from_ndarray(t.clone(), 100).unwrap();
        fails(&linalg::inv(&singular).unwrap(), &["singular", &format!("pivot {}", n - 1)]);
        let b = tilework::array::ones(&[n], DType::F64, 100).unwrap();
        fails(&linalg::solve_triangular(&singular, &b, false, false).unwrap(), &["singular", &format!("row {}", n - 1)]);
        t[[n - 2, 1]] = f64::NAN;
        let broken = from_ndarray(t, 100).unwrap();
        fails(&linalg::svd(&broken).unwrap().1, &[&format!("row {}, column 1", n - 2), "finite"]);
        fails(&linalg::eigvalsh(&broken).unwrap(), &["finite"]);
        fails(&linalg::solve(&broken, &b).unwrap(), &["finite"]);
        let p = positive(&mut noise, DType::F64, &[], n);
        let hole = from_ndarray(
            ndarray::ArrayD::from_shape_fn(vec![n, n], |i| if i[0] == i[1] && i[0] == n - 2 { -1e9 } else { 0.0 }),
            100,
        )
        .unwrap();
        fails(&linalg::cholesky(&p.add(hole).unwrap(), false).unwrap(), &["not positive definite", &format!("pivot {}", n - 2)]);
    }
    let stack = tilework::array::ones(&[3, 2, 2], DType::F64, 3).unwrap();
    let e = run(&session, linalg::inv(&stack).unwrap().expr());
    assert_eq!(e.unwrap_err(), Kind::Matrix);
}

/// What must see the whole matrix is refused before it starts where it does not fit.
#[test]
fn plans_that_cannot_fit_are_refused_with_the_numbers() {
    let a = tilework::array::ones(&[3000, 3000], DType::F64, 500).unwrap();
    let session = Session::new(config(2, 300 << 20));
    let e = session.compute(linalg::eigh(&a).unwrap().0.expr()).unwrap_err();
    assert_eq!(e.kind(), Kind::Budget, "{e}");
    assert!(e.to_string().contains("eigh") && e.to_string().contains("MiB"), "{e}");
}

/// Columns without a pivot are passed over: factors are finite, determinants 0.
#[test]
fn singular_matrices_have_factors() {
    let ones = |n: usize| from_ndarray(ndarray::ArrayD::from_elem(vec![n, n], 1f64), n.div_ceil(3)).unwrap();
    for n in [1, 3, 300] {
        let (p, l, u) = linalg::lu(&ones(n)).unwrap();
        let product = linalg::matmul(&linalg::matmul(&p, &l).unwrap(), &u).unwrap();
        assert_eq!(values(&product), ndarray::ArrayD::from_elem(vec![n, n], 1f64));
    }
    assert_eq!(values(&linalg::det(&ones(3)).unwrap()).sum(), 0.0);
}
