//! Factorisations, by what defines them: of random matrices of many shapes, alone and in stacks, small and in many blocks.

use crate::arrays::material::{Noise, bits, config, cut, least_budget, run, same_everywhere, tensor};
use ndarray::{Array2, ArrayD, Axis};
use tilework::array::{DynArray, create::from_tensor, linalg};
use tilework::chunk::Tensor;
use tilework::{DType, Session};

pub fn values(x: &DynArray) -> ArrayD<f64> {
    let t = run(&Session::new(config(2, u64::MAX)), x.astype(DType::F64).unwrap().expr()).unwrap();
    t.to_ndarray::<f64>().unwrap()
}

/// The matrices of a computed stack.
pub fn matrices(x: &ArrayD<f64>) -> Vec<Array2<f64>> {
    let (m, n) = (x.shape()[x.ndim() - 2], x.shape()[x.ndim() - 1]);
    let lanes: usize = x.shape()[..x.ndim() - 2].iter().product();
    let flat = x.to_shape((lanes, m, n)).unwrap().to_owned();
    flat.axis_iter(Axis(0)).map(|a| a.to_owned()).collect()
}

/// Vectors of a stack as matrices of one row.
fn rows(x: &ArrayD<f64>) -> Vec<Array2<f64>> {
    matrices(&x.clone().insert_axis(Axis(x.ndim() - 1)))
}

#[track_caller]
pub fn close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64, what: &str) {
    assert_eq!(a.shape(), b.shape(), "{what}");
    let scale = b.iter().fold(1.0f64, |s, v| s.max(v.abs()));
    let off = a.iter().zip(b).fold(0.0f64, |s, (a, b)| s.max((a - b).abs()));
    assert!(off <= tolerance * scale, "{what}: off by {off} of {scale}");
}

pub fn tolerance(dtype: DType, n: usize) -> f64 {
    (if dtype == DType::F32 { 2e-6 } else { 4e-15 }) * (n as f64).max(8.0)
}

pub fn matrix(noise: &mut Noise, dtype: DType, shape: &[usize]) -> Tensor {
    tensor(noise, dtype, shape, (-1.0, 1.0), &[])
}

/// Small matrices and stacks of all shapes; larger ones that go by blocks, and by trees.
const SHAPES: &[&[usize]] = &[
    &[0, 0],
    &[0, 3],
    &[3, 0],
    &[1, 1],
    &[1, 7],
    &[7, 1],
    &[5, 5],
    &[13, 4],
    &[4, 13],
    &[31, 31],
    &[2, 3, 5, 4],
    &[3, 4, 5],
    &[0, 3, 3],
    &[5, 2, 2],
    &[300, 290],
    &[290, 300],
    &[330, 330],
    &[40_000, 30],
    &[2, 300, 20],
    &[30, 9000],
];

fn each_shape(seed: u64, mut f: impl FnMut(&mut Noise, Tensor, DType, &str)) {
    let mut noise = Noise(seed);
    for shape in SHAPES {
        for dtype in [DType::F64, DType::F32] {
            if dtype == DType::F32 && shape.iter().product::<usize>() > 200_000 {
                continue;
            }
            let t = matrix(&mut noise, dtype, shape);
            f(&mut noise, t, dtype, &format!("{dtype} {shape:?}"));
        }
    }
}

fn eye(n: usize) -> Array2<f64> {
    Array2::eye(n)
}

#[test]
fn qr_is_orthogonal_and_triangular_and_gives_the_matrix_back() {
    each_shape(1, |noise, t, dtype, what| {
        let a = from_tensor(t.clone(), cut_of(noise, &t)).unwrap();
        let (q, r) = linalg::qr(&a).unwrap();
        let (a, q, r) = (matrices(&values(&a)), matrices(&values(&q)), matrices(&values(&r)));
        for ((a, q), r) in a.iter().zip(&q).zip(&r) {
            let (m, n) = a.dim();
            assert_eq!((q.dim(), r.dim()), ((m, m.min(n)), (m.min(n), n)), "{what}");
            let tol = tolerance(dtype, m.min(n) + 10);
            close(&q.dot(r), a, tol, what);
            close(&q.t().dot(q), &eye(m.min(n)), tol, what);
            for ((i, j), v) in r.indexed_iter() {
                assert!(i != j || *v >= 0.0, "{what}: R's diagonal {v}");
                assert!(i <= j || *v == 0.0, "{what}: below R's diagonal {v}");
            }
        }
    });
}

/// Chunks that are not too many.
fn cut_of(noise: &mut Noise, t: &Tensor) -> tilework::expr::Chunks {
    let n: usize = t.shape().iter().product();
    if n < 500 { cut(noise, t.shape()) } else { tilework::expr::Chunks::Sizes(t.shape().iter().map(|&n| n.div_ceil(3)).collect()) }
}

#[test]
fn svd_gives_the_matrix_back() {
    each_shape(2, |noise, t, dtype, what| {
        let a = from_tensor(t.clone(), cut_of(noise, &t)).unwrap();
        let (u, s, vt) = linalg::svd(&a).unwrap();
        let alone = linalg::svdvals(&a).unwrap();
        let (s, alone) = (rows(&values(&s)), rows(&values(&alone)));
        let (a, u, vt) = (matrices(&values(&a)), matrices(&values(&u)), matrices(&values(&vt)));
        for i in 0..a.len() {
            let (m, n) = a[i].dim();
            let k = m.min(n);
            let tol = tolerance(dtype, k + 10);
            let scaled = &u[i] * &s[i];
            close(&scaled.dot(&vt[i]), &a[i], tol, what);
            close(&u[i].t().dot(&u[i]), &eye(k), tol, what);
            close(&vt[i].dot(&vt[i].t()), &eye(k), tol, what);
            close(&alone[i], &s[i], tol, what);
            assert!(s[i].iter().zip(s[i].iter().skip(1)).all(|(a, b)| a >= b && *b >= 0.0), "{what}: {:?}", s[i]);
            let signed = if m >= n { vt[i].clone() } else { u[i].t().to_owned() };
            for v in signed.rows() {
                let largest = v.iter().copied().fold(0.0f64, |l, v| if v.abs() > l.abs() { v } else { l });
                assert!(largest >= 0.0, "{what}: {largest}");
            }
        }
    });
}

#[test]
fn lu_gives_the_matrix_back() {
    each_shape(3, |noise, t, dtype, what| {
        let a = from_tensor(t.clone(), cut_of(noise, &t)).unwrap();
        if a.shape()[a.ndim() - 2] > 1000 {
            return;
        }
        let (p, l, u) = linalg::lu(&a).unwrap();
        let (a, p, l, u) = (matrices(&values(&a)), matrices(&values(&p)), matrices(&values(&l)), matrices(&values(&u)));
        for i in 0..a.len() {
            let (m, n) = a[i].dim();
            assert_eq!((p[i].dim(), l[i].dim(), u[i].dim()), ((m, m), (m, m.min(n)), (m.min(n), n)), "{what}");
            close(&p[i].dot(&l[i]).dot(&u[i]), &a[i], tolerance(dtype, m.min(n) + 10), what);
            assert!(p[i].iter().all(|v| *v == 0.0 || *v == 1.0) && p[i].sum() == m as f64, "{what}");
            assert!(
                l[i].indexed_iter().all(|((r, c), v)| if r == c {
                    *v == 1.0
                } else if r < c {
                    *v == 0.0
                } else {
                    v.abs() <= 1.0
                }),
                "{what}"
            );
            assert!(u[i].indexed_iter().all(|((r, c), v)| r <= c || *v == 0.0), "{what}");
        }
    });
}

/// Symmetric matrices with eigenvalues above 0.
pub fn positive(noise: &mut Noise, dtype: DType, lead: &[usize], n: usize) -> DynArray {
    let shape = [lead, &[n, n]].concat();
    let x = from_tensor(matrix(noise, dtype, &shape), 64).unwrap();
    let ones = tilework::array::eye(n, n, 0, dtype, 50).unwrap();
    linalg::matmul(&x, &x.swapaxes(-1, -2).unwrap()).unwrap().add(ones).unwrap()
}

#[test]
fn cholesky_and_eigenvectors_give_the_matrix_back() {
    let mut noise = Noise(4);
    for (lead, n) in [(&[][..], 0), (&[], 1), (&[], 7), (&[2, 3], 5), (&[0], 4), (&[], 300), (&[], 411)] {
        for dtype in [DType::F64, DType::F32] {
            let a = positive(&mut noise, dtype, lead, n);
            let what = format!("{dtype} {lead:?} {n}");
            let (l, u) = (linalg::cholesky(&a, false).unwrap(), linalg::cholesky(&a, true).unwrap());
            let (w, v) = linalg::eigh(&a).unwrap();
            let alone = linalg::eigvalsh(&a).unwrap();
            let (w, alone) = (rows(&values(&w)), rows(&values(&alone)));
            let (a, l, u, v) = (matrices(&values(&a)), matrices(&values(&l)), matrices(&values(&u)), matrices(&values(&v)));
            for i in 0..a.len() {
                let tol = tolerance(dtype, n + 10);
                close(&l[i].dot(&l[i].t()), &a[i], tol, &what);
                assert!(l[i].indexed_iter().all(|((r, c), v)| if r == c { *v > 0.0 } else { r > c || *v == 0.0 }), "{what}");
                close(&u[i], &l[i].t().to_owned(), 0.0, &what);
                close(&(&v[i] * &w[i]), &a[i].dot(&v[i]), tol, &what);
                close(&v[i].t().dot(&v[i]), &eye(n), tol, &what);
                close(&alone[i], &w[i], tol, &what);
                assert!(w[i].iter().zip(w[i].iter().skip(1)).all(|(a, b)| a <= b), "{what}");
            }
        }
    }
}

#[test]
fn the_largest_singular_values_are_found_without_the_others() {
    let mut noise = Noise(5);
    let (m, n, rank) = (700, 90, 4);
    let (left, right) = (matrix(&mut noise, DType::F64, &[m, rank]), matrix(&mut noise, DType::F64, &[rank, n]));
    let (left, right) = (from_tensor(left, 100).unwrap(), from_tensor(right, 100).unwrap());
    let a = linalg::matmul(&left, &right).unwrap();
    let how = linalg::Compressed { seed: 3, ..linalg::Compressed::default() };
    let (u, s, vt) = linalg::svd_compressed(&a, rank, how).unwrap();
    let exact = linalg::svdvals(&a).unwrap();
    let scaled = u.multiply(&s).unwrap();
    let back = linalg::matmul(&scaled, &vt).unwrap();
    let (s, exact) = (values(&s), values(&exact));
    close(&matrices(&values(&back))[0], &matrices(&values(&a))[0], 1e-12, "compressed");
    assert!(s.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-10), "{s} {exact}");
}

/// The tree of several levels, blocks of many panels, and decompositions: the same bits by every executor, within the least budget.
#[test]
fn every_run_gives_the_same_bits() {
    let mut noise = Noise(6);
    let tall = from_tensor(matrix(&mut noise, DType::F64, &[90_000, 60]), [7000, 60]).unwrap();
    let wide = from_tensor(matrix(&mut noise, DType::F64, &[300, 340]), 100).unwrap();
    let b = from_tensor(matrix(&mut noise, DType::F64, &[300, 5]), 100).unwrap();
    let square = linalg::matmul(&wide, &wide.transpose(None).unwrap()).unwrap();
    let small = from_tensor(matrix(&mut noise, DType::F32, &[6, 5, 4]), 3).unwrap();
    for (what, x) in [
        ("qr", linalg::qr(&small).unwrap().0),
        ("svd", linalg::svd(&small).unwrap().2),
        ("panels", linalg::qr(&wide).unwrap().0),
        ("cholesky", linalg::cholesky(&square, false).unwrap()),
        ("lu", linalg::lu(&wide).unwrap().1),
        ("solve", linalg::solve(&square, &b).unwrap()),
        ("eigh", linalg::eigh(&square).unwrap().1),
    ] {
        same_everywhere(x.expr(), what).unwrap();
    }
    let (u, s, _) = linalg::svd(&tall).unwrap();
    let mut seen = None;
    for (n_threads, tight) in [(1, false), (2, true), (3, false)] {
        let mut c = config(n_threads, u64::MAX);
        if tight {
            c.budget_bytes = least_budget(u.expr(), &c);
            assert!(c.budget_bytes < 120 << 20, "{} bytes", c.budget_bytes);
        }
        let got = bits(&run(&Session::new(c), u.expr()).unwrap());
        assert!(*seen.get_or_insert(got.clone()) == got, "svd on {n_threads} threads");
    }
    assert!(values(&s).iter().all(|s| *s > 0.0));
}
