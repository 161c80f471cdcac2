//! Complex matrices, by what defines factors and products.

use crate::arrays::material::{Noise, config, run, same_everywhere, tensor};
use tilework::array::{DynArray, create::from_tensor, linalg};
use tilework::{DType, Session};

fn random(noise: &mut Noise, dtype: DType, shape: &[usize]) -> DynArray {
    let part = |noise: &mut Noise| from_tensor(tensor(noise, dtype.part(), shape, (-1.0, 1.0), &[]), 90).unwrap();
    let (re, im) = (part(noise), part(noise));
    re.add(im.multiply(tilework::Scalar::C128(0.0, 1.0)).unwrap().astype(dtype).unwrap()).unwrap()
}

fn largest(x: &DynArray) -> f64 {
    let m = x.ravel().unwrap().absolute().unwrap().astype(DType::F64).unwrap();
    if m.shape() == [0] {
        return 0.0;
    }
    run(&Session::new(config(2, u64::MAX)), m.max(None).unwrap().expr()).unwrap().at(&[]).as_f64()
}

#[track_caller]
fn same(a: &DynArray, b: &DynArray, tolerance: f64, what: &str) {
    assert_eq!((a.shape(), a.dtype()), (b.shape(), b.dtype()), "{what}");
    let (off, scale) = (largest(&a.subtract(b).unwrap()), largest(b).max(1.0));
    assert!(off <= tolerance * scale, "{what}: off by {off} of {scale}");
}

fn adjoint(x: &DynArray) -> DynArray {
    x.swapaxes(-1, -2).unwrap().conj().unwrap()
}

fn mul(a: &DynArray, b: &DynArray) -> DynArray {
    linalg::matmul(a, b).unwrap()
}

#[test]
fn factors_of_complex_matrices_give_them_back() {
    let mut noise = Noise(31);
    for (shape, dtype) in [
        (&[7, 4][..], DType::C128),
        (&[4, 7], DType::C128),
        (&[2, 3, 3], DType::C64),
        (&[5, 5], DType::C64),
        (&[300, 290], DType::C128),
        (&[9000, 12], DType::C128),
    ] {
        let a = random(&mut noise, dtype, shape);
        let what = format!("{dtype} {shape:?}");
        let (m, n) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let k = m.min(n);
        let tol = (if dtype == DType::C64 { 3e-6 } else { 8e-15 }) * (k as f64 + 10.0);
        let unit = tilework::array::eye(k, k, 0, dtype, 100)
            .unwrap()
            .broadcast_to(&[&shape[..shape.len() - 2], &[k, k]].concat())
            .unwrap();
        let (q, r) = linalg::qr(&a).unwrap();
        same(&mul(&q, &r), &a, tol, &what);
        same(&mul(&adjoint(&q), &q), &unit, tol, &what);
        let d = r.diagonal(0, -2, -1).unwrap();
        assert!(largest(&d.imag().unwrap()) < tol && largest(&d.real().unwrap().minimum(0.0).unwrap()) == 0.0, "{what}");
        let (u, s, vh) = linalg::svd(&a).unwrap();
        assert_eq!(s.dtype(), dtype.part());
        same(&mul(&u.multiply(s.expand_dims(&[-2]).unwrap()).unwrap(), &vh), &a, tol, &what);
        same(&mul(&adjoint(&u), &u), &unit, tol, &what);
        same(&mul(&vh, &adjoint(&vh)), &unit, tol, &what);
        same(&linalg::svdvals(&a).unwrap(), &s, tol, &what);
        if m < 1000 {
            let (p, l, u) = linalg::lu(&a).unwrap();
            same(&mul(&p, &mul(&l, &u)), &a, tol, &what);
            let one = tilework::array::eye(m, m, 0, dtype, 100).unwrap();
            let b = mul(&a, &adjoint(&a)).add(&one).unwrap();
            let c = linalg::cholesky(&b, false).unwrap();
            same(&mul(&c, &adjoint(&c)), &b, tol, &what);
            let upper = linalg::cholesky(&b, true).unwrap();
            same(&upper, &adjoint(&c), 0.0, &what);
            let (w, v) = linalg::eigh(&b).unwrap();
            assert_eq!(w.dtype(), dtype.part());
            same(&mul(&b, &v), &v.multiply(w.expand_dims(&[-2]).unwrap()).unwrap(), tol, &what);
            let x = linalg::solve(&b, &a).unwrap();
            same(&mul(&b, &x), &a, tol, &what);
            let unit = one.broadcast_to(&b.shape()).unwrap();
            same(&mul(&b, &linalg::inv(&b).unwrap()), &unit, tol, &what);
            let pinv = linalg::pinv(&a, None).unwrap();
            same(&mul(&a, &mul(&pinv, &a)), &a, 10.0 * tol, &what);
            if m < 50 {
                let (d, dd) = (linalg::det(&b).unwrap(), linalg::det(&mul(&b, &b)).unwrap());
                same(&d.multiply(&d).unwrap(), &dd, tol, &what);
            }
        }
    }
}

#[test]
fn products_of_complex_matrices_are_those_of_their_parts() {
    let mut noise = Noise(32);
    for (dtype, m, k, n) in [(DType::C128, 5, 7, 3), (DType::C64, 1, 9, 4), (DType::C128, 6, 5, 1), (DType::C64, 33, 20, 40)] {
        // Small integers: exact in any order.
        let whole = |x: DynArray| x.multiply(6.0).unwrap().real().unwrap().round(0).unwrap();
        let [ar, ai] = [(); 2].map(|()| whole(random(&mut noise, dtype, &[m, k])));
        let [br, bi] = [(); 2].map(|()| whole(random(&mut noise, dtype, &[k, n])));
        let i = tilework::Scalar::C128(0.0, 1.0);
        let join = |re: &DynArray, im: &DynArray| re.add(im.multiply(i).unwrap()).unwrap().astype(dtype).unwrap();
        let c = mul(&join(&ar, &ai), &join(&br, &bi));
        let re = mul(&ar, &br).subtract(mul(&ai, &bi)).unwrap();
        let im = mul(&ar, &bi).add(mul(&ai, &br)).unwrap();
        same(&c, &join(&re, &im), 0.0, &format!("{dtype} {m} {k} {n}"));
        same_everywhere(c.expr(), "complex").unwrap();
        let d = linalg::vecdot(&join(&ar, &ai), &join(&ar, &ai), -1).unwrap();
        assert_eq!(largest(&d.imag().unwrap()), 0.0);
    }
}
