//! Every reduction and every dtype: same bits for one cut, the same value for all cuts, and the value of a plain loop.

use super::material::{Noise, bits, cut, near, oracle, run, same_everywhere, scalars, shape, specials, tensor, whole};
use ndarray::IxDyn;
use tilework::array::DynArray;
use tilework::base::{Kind, Scalar};
use tilework::chunk::Tensor;
use tilework::kernel::reduce::ReduceOp;
use tilework::op::reduction;
use tilework::{DType, ErrorKind};

struct How {
    axes: Option<Vec<isize>>,
    keepdims: bool,
    ddof: f64,
    split: usize,
}

fn how(noise: &mut Noise, op: &ReduceOp, ndim: usize) -> How {
    let mut some = Vec::new();
    for a in 0..ndim as isize {
        if noise.below(2) == 0 {
            some.push(if noise.below(2) == 0 { a } else { a - ndim as isize });
        }
    }
    let mut axes = if noise.below(3) == 0 { None } else { Some(some) };
    if op.tags.positional && axes.as_ref().is_some_and(|a| a.len() != 1) {
        axes = None;
    }
    How { axes, keepdims: noise.below(2) == 0, ddof: noise.below(2) as f64, split: noise.one_of(&[2, 3, 8]) }
}

fn made(t: &Tensor, noise: &mut Noise, op: &'static ReduceOp, h: &How, fused: bool) -> tilework::Result<DynArray> {
    let x = tilework::array::create::from_tensor(t.clone(), cut(noise, t.shape())).unwrap();
    let x = if fused { x.absolute().unwrap() } else { x };
    x.reduce(op, h.axes.as_deref(), h.keepdims, h.ddof, h.split)
}

#[test]
fn every_reduction_agrees_with_itself_and_a_loop() {
    let mut compared = 0;
    for (k, op) in reduction::ALL.iter().copied().enumerate() {
        for (j, dtype) in DType::ALL.into_iter().enumerate() {
            for round in 0..2 {
                let mut noise = Noise((k * 1000 + j * 10 + round) as u64);
                let s = shape(&mut noise, 600);
                // Extremes overflow in an order of their own: with them only runs of one cut are compared.
                let tame = [Scalar::F64(f64::NAN), Scalar::F64(0.0), Scalar::F64(-0.0)];
                let extreme = round == 1;
                let special = if extreme || !dtype.is_inexact() { specials(dtype) } else { tame.to_vec() };
                let domain = if dtype.is_inexact() { (-1.5, 1.5) } else { (0.0, 100.0) };
                let t = tensor(&mut noise, dtype, &s, domain, &special);
                let h = how(&mut noise, op, s.len());
                let fused = noise.below(3) == 0;
                let what = format!("{} {dtype} {s:?} over {:?} (keepdims {}, fused {fused})", op.name, h.axes, h.keepdims);
                let results: Vec<_> = (0..2)
                    .map(|_| match made(&t, &mut noise, op, &h, fused) {
                        Ok(x) => same_everywhere(x.expr(), &what),
                        Err(e) => {
                            assert_eq!(e.kind(), ErrorKind::Usage, "{what}: {e}");
                            assert!(e.to_string().starts_with(op.name), "{what}: {e}");
                            Err(Kind::Usage)
                        }
                    })
                    .collect();
                let (Ok(a), Ok(b)) = (&results[0], &results[1]) else {
                    assert_eq!(results[0].as_ref().map(bits), results[1].as_ref().map(bits), "{what}: refused in one cut only");
                    continue;
                };
                if !dtype.is_inexact() || !extreme {
                    agree(a, b, &format!("{what}: two cuts"));
                    let seen = if fused { absolute(&t) } else { t.clone() };
                    compared += usize::from(against_loop(op, &seen, &h, a, &what));
                }
            }
        }
    }
    assert!(compared > 200, "only {compared} results were compared with a loop");
}

fn absolute(t: &Tensor) -> Tensor {
    let x = tilework::array::create::from_tensor(t.clone(), tilework::Chunks::Whole).unwrap().absolute().unwrap();
    run(&oracle(), x.expr()).unwrap()
}

fn agree(a: &Tensor, b: &Tensor, what: &str) {
    let tolerance = if matches!(a.dtype(), DType::F32 | DType::C64) { 1e-5 } else { 1e-12 };
    for (x, y) in scalars(a).iter().zip(&scalars(b)) {
        let (z, w) = (x.as_complex(), y.as_complex());
        let far = || (z - w).norm() > tolerance * z.norm().max(w.norm()).max(1e-3);
        let same = if a.dtype().is_complex() {
            (x.is_nan() && y.is_nan()) || !far()
        } else if a.dtype().is_float() {
            near(x.as_f64(), y.as_f64(), tolerance, 1e-3)
        } else {
            x == y
        };
        assert!(same, "{what}: {x} and {y}");
    }
}

/// The elements that make one result, in C order, for each result in C order.
fn lanes(t: &Tensor, axes: &[usize]) -> Vec<Vec<Scalar>> {
    let a = whole(t);
    let kept: Vec<usize> = (0..a.ndim()).filter(|x| !axes.contains(x)).collect();
    let order: Vec<usize> = kept.iter().chain(axes).copied().collect();
    let n: usize = axes.iter().map(|&x| t.shape()[x]).product();
    let m: usize = kept.iter().map(|&x| t.shape()[x]).product();
    let flat: Vec<Scalar> = a.permuted_axes(IxDyn(&order)).iter().copied().collect();
    (0..m).map(|i| flat[i * n..(i + 1) * n].to_vec()).collect()
}

fn against_loop(op: &ReduceOp, t: &Tensor, h: &How, got: &Tensor, what: &str) -> bool {
    let n = t.ndim() as isize;
    let mut axes: Vec<usize> = match &h.axes {
        None => (0..t.ndim()).collect(),
        Some(a) => a.iter().map(|&a| (if a < 0 { a + n } else { a }) as usize).collect(),
    };
    axes.sort_unstable();
    let want_shape: Vec<usize> = t
        .shape()
        .iter()
        .enumerate()
        .filter_map(|(a, &n)| match axes.contains(&a) {
            false => Some(n),
            true => h.keepdims.then_some(1),
        })
        .collect();
    assert_eq!(got.shape(), want_shape, "{what}");
    if t.dtype().is_complex() {
        return false; // told in `complex`
    }
    let tolerance = if got.dtype() == DType::F32 { 1e-5 } else { 1e-12 };
    let mut any = false;
    for (lane, g) in lanes(t, &axes).iter().zip(scalars(got)) {
        let Some(want) = plain(op.name, lane, h.ddof) else { return false };
        let same = match (want, g) {
            (Scalar::F64(w), g) => near(g.as_f64(), w, tolerance, 1e-3),
            (w, g) => w == g,
        };
        assert!(same, "{what}: {g} is not {want}");
        any = true;
    }
    any
}

/// A reduction as a loop; None for what is not written here.
fn plain(name: &str, lane: &[Scalar], ddof: f64) -> Option<Scalar> {
    let skip = name.starts_with("nan");
    let kept: Vec<(usize, Scalar)> = lane.iter().copied().enumerate().filter(|(_, s)| !skip || !s.as_f64().is_nan()).collect();
    let f: Vec<f64> = kept.iter().map(|(_, s)| s.as_f64()).collect();
    let n = f.len() as f64;
    let mean = f.iter().sum::<f64>() / n;
    let float = lane.iter().any(|s| matches!(s, Scalar::F64(_)));
    let unsigned = lane.iter().any(|s| matches!(s, Scalar::U64(_)));
    let fold = |start: i128, g: fn(i128, i128) -> i128| {
        let v = kept.iter().fold(start, |a, (_, s)| g(a, wide(*s)) as u64 as i128);
        if unsigned { Scalar::U64(v as u64) } else { Scalar::I64(v as u64 as i64) }
    };
    Some(match name {
        // The dtype of nothing is not known here.
        _ if lane.is_empty() && !matches!(name, "any" | "all" | "count_nonzero") => return None,
        "sum" | "nansum" if float => Scalar::F64(f.iter().sum()),
        "prod" | "nanprod" if float => Scalar::F64(f.iter().product()),
        "sum" | "nansum" => fold(0, |a, b| a.wrapping_add(b)),
        "prod" | "nanprod" => fold(1, |a, b| (a as u64).wrapping_mul(b as u64) as i128),
        "mean" | "nanmean" => Scalar::F64(mean),
        "var" | "nanvar" | "std" | "nanstd" => {
            let v = if n > ddof { f.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - ddof) } else { return None };
            Scalar::F64(if name.ends_with("std") { v.sqrt() } else { v })
        }
        "min" | "nanmin" | "max" | "nanmax" | "argmin" | "nanargmin" | "argmax" | "nanargmax" => {
            let up = name.ends_with("max");
            let (place, value) = extreme(&kept, up)?;
            if name.contains("arg") { Scalar::I64(place as i64) } else { value }
        }
        "any" => Scalar::Bool(f.iter().any(|&x| x != 0.0)),
        "all" => Scalar::Bool(f.iter().all(|&x| x != 0.0)),
        "count_nonzero" => Scalar::I64(f.iter().filter(|&&x| x != 0.0).count() as i64),
        _ => return None,
    })
}

fn wide(s: Scalar) -> i128 {
    match s {
        Scalar::Bool(b) => i128::from(b),
        Scalar::I64(v) => i128::from(v),
        Scalar::U64(v) => i128::from(v),
        Scalar::F64(_) | Scalar::C128(..) => panic!("a float"),
    }
}

/// The first NaN, else the first largest (smallest).
fn extreme(kept: &[(usize, Scalar)], up: bool) -> Option<(usize, Scalar)> {
    if let Some(nan) = kept.iter().find(|(_, s)| s.as_f64().is_nan()) {
        return Some(*nan);
    }
    let above = |a: Scalar, b: Scalar| match (a, b) {
        (Scalar::F64(a), Scalar::F64(b)) => a > b,
        (a, b) => wide(a) > wide(b),
    };
    kept.iter().copied().reduce(|best, x| if (up && above(x.1, best.1)) || (!up && above(best.1, x.1)) { x } else { best })
}
