//! Products: NumPy's results in every cut, large ones by what they do to vectors, and the same bits in every run.

use crate::arrays::material::{
    Noise, as_numpy, bits, config, cut, least_budget, near, oracle, run, same_everywhere, scalars, tensor,
};
use tilework::array::{DynArray, arange, create::from_tensor, linalg};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, Element, Result, Session, for_dtype};

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split([',', ' ']).filter(|w| !w.is_empty() && *w != "none").map(|w| w.parse().ok().unwrap()).collect()
}

fn parse(text: &str) -> Tensor {
    let f: Vec<&str> = text.split(':').collect();
    let dtype = DType::parse(f[0]).unwrap();
    let scalar = |w: &str| match dtype {
        d if d.is_float() => Scalar::F64(w.parse().unwrap()),
        DType::U64 => Scalar::U64(w.parse().unwrap()),
        _ => Scalar::I64(w.parse().unwrap()),
    };
    let v = f[2].split_ascii_whitespace().map(scalar);
    for_dtype!(dtype, T => Tensor::from_vec::<T>(&numbers::<usize>(f[1]), v.map(<T as Element>::from_scalar).collect()).unwrap())
}

fn call(name: &str, params: &str, a: &[DynArray]) -> Result<DynArray> {
    let lists: Vec<Vec<isize>> =
        if name == "einsum" { vec![] } else { params.split(' ').filter(|p| *p != "-").map(numbers).collect() };
    match name {
        "matmul" => a[0].matmul(&a[1]),
        "dot" => a[0].dot(&a[1]),
        "inner" => linalg::inner(&a[0], &a[1]),
        "outer" => linalg::outer(&a[0], &a[1]),
        "kron" => linalg::kron(&a[0], &a[1]),
        "cross" => linalg::cross(&a[0], &a[1]),
        "vecdot" => linalg::vecdot(&a[0], &a[1], lists[0][0]),
        "tensordot" => linalg::tensordot(&a[0], &a[1], &lists[0], &lists[1]),
        "einsum" => linalg::einsum(&params.replace('_', " "), &a.iter().collect::<Vec<_>>()),
        other => panic!("unknown call {other}"),
    }
}

#[test]
fn numpy_agrees_in_every_cut() {
    let session = Session::new(config(2, u64::MAX));
    for lines in include_str!("../../data/linalg/products.txt").lines().collect::<Vec<_>>().chunks(60) {
        let mut cases = Vec::new();
        for line in lines {
            let f: Vec<&str> = line.split('|').collect();
            let arrays: Vec<Tensor> = f[2].split(';').map(parse).collect();
            for chunks in [1, 3, 1000] {
                let a: Vec<DynArray> = arrays.iter().map(|t| from_tensor(t.clone(), chunks).unwrap()).collect();
                let result = call(f[0], f[1], &a);
                if let Some(name) = f[3].strip_prefix("error ") {
                    let e = result.expect_err(line);
                    assert!(as_numpy(&e, name) && e.to_string().starts_with(f[0]), "{e:?}: {line}");
                    continue;
                }
                let result = result.unwrap_or_else(|e| panic!("{e}: {line}"));
                cases.push((result.expr().clone(), parse(f[3]), format!("{line} in chunks of {chunks}")));
            }
        }
        let exprs: Vec<_> = cases.iter().map(|c| c.0.clone()).collect();
        let results = session.compute_all(&exprs).unwrap();
        for (got, (_, want, what)) in results.iter().zip(&cases) {
            assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{what}");
            let same = |(a, b): (&Scalar, &Scalar)| {
                near(a.as_f64(), b.as_f64(), if want.dtype() == DType::F32 { 1e-6 } else { 1e-14 }, 1.0)
            };
            assert!(scalars(got).iter().zip(&scalars(want)).all(same), "{what}: {:?}", scalars(got));
        }
    }
}

/// Random shapes and cuts; chunks change no bit of a product of matrices.
#[test]
fn every_run_gives_the_same_bits() {
    let mut noise = Noise(11);
    for round in 0..12 {
        let dtype = noise.one_of(&[DType::F64, DType::F32, DType::F64, DType::I32, DType::Bool]);
        let [m, k, n] = [(); 3].map(|()| noise.one_of(&[0, 1, 2, 3, 7, 13, 31, 64, 97]));
        let (a, b) = (tensor(&mut noise, dtype, &[m, k], (-2.0, 2.0), &[]), tensor(&mut noise, dtype, &[k, n], (-2.0, 2.0), &[]));
        let mut seen = None;
        for _ in 0..3 {
            let x = from_tensor(a.clone(), cut(&mut noise, &[m, k])).unwrap();
            // A transposed factor lies otherwise in memory.
            let y = from_tensor(b.clone(), cut(&mut noise, &[k, n])).unwrap().transpose(None).unwrap().transpose(None).unwrap();
            let c = x.matmul(&y).unwrap();
            let what = format!("round {round}: {dtype} {m} {k} {n}");
            let got = bits(&same_everywhere(c.expr(), &what).unwrap());
            assert_eq!(*seen.get_or_insert(got.clone()), got, "{what}");
        }
        let x = from_tensor(a, 5).unwrap();
        let y = from_tensor(b, 5).unwrap();
        let e = linalg::einsum("ij,jk->k", &[&x, &y]).unwrap();
        same_everywhere(e.expr(), "einsum").unwrap();
    }
}

/// A matrix of small integers, whose products are exact, as a function of row and column.
fn small(rows: usize, columns: usize, dtype: DType, chunks: impl Into<Chunks>) -> DynArray {
    let i = arange(0, rows as i64, 1, 500).unwrap().multiply(31).unwrap().expand_dims(&[1]).unwrap();
    let j = arange(0, columns as i64, 1, 500).unwrap().multiply(17).unwrap();
    i.add(j).unwrap().remainder(13).unwrap().subtract(6).unwrap().astype(dtype).unwrap().rechunk(chunks).unwrap()
}

fn value(i: usize, j: usize) -> i64 {
    ((i * 31 + j * 17) % 13) as i64 - 6
}

/// Large enough that results have many blocks and sums several pieces: added in order, and by a tree.
#[test]
fn blocks_are_added_up() {
    for (m, k, n, dtype) in [
        (2100, 2300, 2060, DType::F64),
        (2100, 2300, 2060, DType::F32),
        (3, 1_500_001, 2, DType::F64),
        (2, 1_100_000, 5, DType::I64),
    ] {
        let (a, b) = (small(m, k, dtype, 700), small(k, n, dtype, [900, 400]));
        let c = a.matmul(&b).unwrap();
        let got = run(&Session::new(config(2, u64::MAX)), c.expr()).unwrap();
        let weights: Vec<i64> = (0..n).map(|j| (j % 5) as i64 - 2).collect();
        let inner: Vec<i64> = (0..k).map(|p| (0..n).map(|j| value(p, j) * weights[j]).sum()).collect();
        let got = scalars(&got);
        for i in (0..m).step_by(m.div_ceil(40)) {
            let want: i64 = (0..k).map(|p| value(i, p) * inner[p]).sum();
            let have: f64 = (0..n).map(|j| got[i * n + j].as_f64() * weights[j] as f64).sum();
            assert_eq!(have, want as f64, "row {i} of {m} {k} {n} {dtype}");
        }
        let mut c2 = config(2, u64::MAX);
        c2.budget_bytes = least_budget(c.expr(), &c2);
        assert!(c2.budget_bytes < 160 << 20, "{m} {k} {n}: {} bytes", c2.budget_bytes);
        let tight = run(&Session::new(c2), c.expr()).unwrap();
        assert_eq!(scalars(&tight), got);
    }
}

#[test]
fn products_pass_over_the_wire() {
    let x = small(40, 30, DType::F64, 7);
    let e = linalg::einsum("ij,kj,k->i", &[&x, &x, &arange(0.0, 40.0, 1.0, 9).unwrap()]).unwrap();
    let bytes = encode(std::slice::from_ref(e.expr())).unwrap();
    let back = decode(&bytes, &Registry::builtin()).unwrap();
    assert_eq!(back[0].key(), e.expr().key());
    assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&run(&oracle(), e.expr()).unwrap()));
}
