//! Every cumulative op: same bits in every run; integers and float64 the bits of a plain loop, however they are cut.

use super::material::{Noise, bits, cut, near, same_everywhere, scalars, shape, specials, tensor, whole};
use ndarray::Axis;
use tilework::DType;
use tilework::array::DynArray;
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::build;
use tilework::kernel::scan::{Running, ScanOp};
use tilework::op::scan;

#[test]
fn every_scan_agrees_with_itself_and_a_loop() {
    for (k, op) in scan::ALL.iter().copied().enumerate() {
        for (j, dtype) in DType::ALL.into_iter().enumerate() {
            for round in 0..3 {
                let mut noise = Noise((7000 + k * 1000 + j * 10 + round) as u64);
                let s = shape(&mut noise, 600);
                let t = tensor(&mut noise, dtype, &s, (-1.5, 1.5), &specials(dtype));
                if s.is_empty() {
                    let x = tilework::array::create::from_tensor(t, 1).unwrap();
                    assert!(build::scan(x.expr(), op, 0).unwrap_err().to_string().contains("axis 0"));
                    continue;
                }
                let axis = noise.below(s.len());
                let what = format!("{} {dtype} {s:?} along {axis}", op.name);
                let [a, b] = [0, 1].map(|i| {
                    let x = tilework::array::create::from_tensor(t.clone(), cut(&mut noise, &s)).unwrap();
                    let along = if i == 0 { axis as isize } else { axis as isize - s.len() as isize };
                    let y = DynArray::from_expr(build::scan(x.expr(), op, along).unwrap()).unwrap();
                    same_everywhere(y.expr(), &what).unwrap()
                });
                let want = plain(op, &t, axis);
                let exact = matches!(op.running, Running::Max | Running::Min | Running::Last);
                if dtype == DType::F32 && !exact {
                    let big = want.iter().fold(0.0f64, |m, v| if v.is_finite() { m.max(v.abs()) } else { m });
                    if big < 1e30 {
                        for (x, y) in scalars(&a).iter().zip(&want) {
                            assert!(near(x.as_f64(), *y, 1e-5, 1.0) || !y.is_finite(), "{what}: {x} is not {y}");
                        }
                    }
                } else if dtype == DType::C64 && !exact {
                    // Rounded to complex64 where the cuts are; `complex` compares with a loop.
                    assert_eq!((a.dtype(), a.shape()), (dtype, b.shape()), "{what}");
                } else {
                    assert_eq!(bits(&a), bits(&b), "{what}: two cuts");
                    for (x, y) in scalars(&a).iter().zip(&want) {
                        assert!(!dtype.is_float() || near(x.as_f64(), *y, 0.0, 0.0), "{what}: {x} is not {y}");
                    }
                    if !dtype.is_inexact() {
                        assert_eq!(scalars(&a), integers(op, &t, axis), "{what}");
                    }
                }
            }
        }
    }
}

fn plain(op: &ScanOp, t: &Tensor, axis: usize) -> Vec<f64> {
    let mut a = whole(t).map(|s| s.as_f64());
    for mut lane in a.lanes_mut(Axis(axis)) {
        let one = if op.running == Running::Prod { 1.0 } else { 0.0 };
        let mut total = match op.running {
            Running::Max => f64::NEG_INFINITY,
            Running::Min => f64::INFINITY,
            Running::Last => f64::NAN,
            _ => one,
        };
        for v in &mut lane {
            let x = if op.skips_nan && v.is_nan() { one } else { *v };
            total = match op.running {
                Running::Sum => total + x,
                Running::Prod => total * x,
                Running::Last if x.is_nan() => total,
                Running::Last => x,
                _ if x.is_nan() || total.is_nan() => f64::NAN,
                Running::Max => total.max(x),
                Running::Min => total.min(x),
            };
            *v = total;
        }
    }
    a.iter().copied().collect()
}

fn integers(op: &ScanOp, t: &Tensor, axis: usize) -> Vec<Scalar> {
    let bits = |s: &Scalar| match *s {
        Scalar::Bool(b) => u64::from(b),
        Scalar::I64(v) => v as u64,
        Scalar::U64(v) => v,
        Scalar::F64(_) | Scalar::C128(..) => panic!("a float"),
    };
    let mut a = whole(t).map(bits);
    for mut lane in a.lanes_mut(Axis(axis)) {
        let signed = !t.dtype().is_unsigned();
        let below = |a: u64, b: u64| if signed { (a as i64) < b as i64 } else { a < b };
        let mut total = None;
        for v in &mut lane {
            let next = match (total, op.running) {
                (None, _) | (_, Running::Last) => *v,
                (Some(t), Running::Prod) => v.wrapping_mul(t),
                (Some(t), Running::Sum) => v.wrapping_add(t),
                (Some(t), Running::Max) => {
                    if below(t, *v) {
                        *v
                    } else {
                        t
                    }
                }
                (Some(t), Running::Min) => {
                    if below(*v, t) {
                        *v
                    } else {
                        t
                    }
                }
            };
            total = Some(next);
            *v = next;
        }
    }
    let dtype = op.result_dtype(t.dtype());
    let scalar = |&v: &u64| match dtype {
        DType::Bool => Scalar::Bool(v != 0),
        d if d.is_unsigned() => Scalar::U64(v),
        _ => Scalar::I64(v as i64),
    };
    a.iter().map(scalar).collect()
}
