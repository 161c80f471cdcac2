//! Every row of the elementwise table: the same bits however it is cut and run, the metadata declared, the values of plain Rust.

use super::material::{Noise, bits, config, cut, near, oracle, run, same_everywhere, shape, specials, tensor, whole};
use ndarray::IxDyn;
use std::sync::Arc;
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::build::{self, Operand};
use tilework::format::memory::MemorySource;
use tilework::kernel::element::{DTypeRule, ElementOp};
use tilework::op::element;
use tilework::{DType, ErrorKind, Session};

/// A shape that broadcasts with `shape` into it.
fn narrower(noise: &mut Noise, shape: &[usize]) -> Vec<usize> {
    let skip = noise.below(shape.len() + 1) * noise.below(2);
    shape[skip..].iter().map(|&n| if noise.below(4) == 0 { 1 } else { n }).collect()
}

fn arguments(noise: &mut Noise, op: &ElementOp, dtype: DType) -> Vec<Tensor> {
    let full = shape(noise, 700);
    (0..op.arity)
        .map(|i| {
            let s = if i == 0 { full.clone() } else { narrower(noise, &full) };
            let d = match op.rule {
                DTypeRule::Generate(_) => DType::U64,
                DTypeRule::Choose if i == 0 => DType::Bool,
                _ if i > 0 && noise.below(4) == 0 => noise.one_of(&DType::ALL),
                _ => dtype,
            };
            tensor(noise, d, &s, op.domain, &specials(d))
        })
        .collect()
}

#[test]
fn every_op_gives_the_same_bits_however_it_is_cut_and_run() {
    for (k, op) in element::ALL.iter().copied().enumerate() {
        let mut taken = 0;
        for (j, dtype) in DType::ALL.into_iter().enumerate() {
            let mut noise = Noise((k * 100 + j) as u64);
            let args = arguments(&mut noise, op, dtype);
            let made: Vec<_> = (0..2)
                .map(|_| {
                    let operands: Vec<Operand> = args
                        .iter()
                        .map(|t| {
                            let chunks = cut(&mut noise, t.shape());
                            Operand::Array(build::source(Arc::new(MemorySource::new(t.clone())), &chunks).unwrap())
                        })
                        .collect();
                    build::elementwise(op, &operands)
                })
                .collect();
            let what = format!("{} {dtype} {:?}", op.name, args.iter().map(Tensor::shape).collect::<Vec<_>>());
            let mut results = Vec::new();
            for x in made {
                match x {
                    // Every way to run for one cut of some dtypes; all others must give the same in one way.
                    Ok(x) if results.is_empty() && (k + j) % 4 == 0 => results.push(same_everywhere(&x, &what).unwrap()),
                    Ok(x) if results.is_empty() => results.push(run(&oracle(), &x).unwrap()),
                    Ok(x) => results.push(run(&Session::new(config(2, u64::MAX)), &x).unwrap()),
                    Err(e) => {
                        assert_eq!(e.kind(), ErrorKind::DType, "{e}");
                        assert!(e.to_string().contains(op.name), "{e}");
                    }
                }
            }
            if let [a, b] = &results[..] {
                taken += 1;
                assert_eq!(bits(a), bits(b), "{what}: two cuts");
                against_rust(op, &args, a, &what);
            }
        }
        assert!(taken > 0, "{} takes no dtype at all", op.name);
    }
}

/// Compares with plain Rust where all arguments are float64, or all are int64.
fn against_rust(op: &ElementOp, args: &[Tensor], got: &Tensor, what: &str) {
    let all = |d: DType| args.iter().all(|t| t.dtype() == d);
    if !all(DType::F64) && !all(DType::I64) {
        return;
    }
    let columns: Vec<Vec<Scalar>> =
        args.iter().map(|t| whole(t).broadcast(IxDyn(got.shape())).unwrap().iter().copied().collect()).collect();
    for (i, g) in whole(got).iter().enumerate() {
        let row: Vec<Scalar> = columns.iter().map(|c| c[i]).collect();
        let want = if all(DType::F64) {
            float(op.name, &row.iter().map(|s| s.as_f64()).collect::<Vec<_>>())
        } else {
            let v: Vec<i64> = row.iter().map(|s| if let Scalar::I64(v) = s { *v } else { panic!("{s:?}") }).collect();
            integer(op.name, &v).map(|v| v as f64)
        };
        let Some(want) = want else { return };
        assert!(near(g.as_f64(), want, 4e-15, 1e-300), "{what} of {row:?}: {g} is not {want}");
    }
}

fn float(name: &str, v: &[f64]) -> Option<f64> {
    let truth = |b: bool| Some(f64::from(u8::from(b)));
    let (a, b, c) = (v[0], v.get(1).copied().unwrap_or(0.0), v.get(2).copied().unwrap_or(0.0));
    match name {
        "negative" => Some(-a),
        "positive" => Some(a),
        "absolute" | "fabs" => Some(a.abs()),
        "fmod" => Some(a % b),
        "float_power" => Some(a.powf(b)),
        "isposinf" => truth(a == f64::INFINITY),
        "isneginf" => truth(a == f64::NEG_INFINITY),
        "clip" if [a, b, c].iter().any(|v| v.is_nan()) => Some(f64::NAN),
        "clip" => Some(a.max(b).min(c)),
        "reciprocal" => Some(1.0 / a),
        "square" => Some(a * a),
        "sqrt" => Some(a.sqrt()),
        "cbrt" => Some(a.cbrt()),
        "floor" => Some(a.floor()),
        "ceil" => Some(a.ceil()),
        "trunc" | "fix" => Some(a.trunc()),
        "exp" => Some(a.exp()),
        "log" => Some(a.ln()),
        "log2" => Some(a.log2()),
        "sin" => Some(a.sin()),
        "cos" => Some(a.cos()),
        "arctan" => Some(a.atan()),
        "tanh" => Some(a.tanh()),
        "isnan" => truth(a.is_nan()),
        "isfinite" => truth(a.is_finite()),
        "logical_not" => truth(a == 0.0),
        "add" => Some(a + b),
        "subtract" => Some(a - b),
        "multiply" => Some(a * b),
        "divide" => Some(a / b),
        "hypot" => Some(a.hypot(b)),
        "arctan2" => Some(a.atan2(b)),
        "copysign" => Some(a.copysign(b)),
        "equal" => truth(a == b),
        "not_equal" => truth(a != b),
        "less" => truth(a < b),
        "less_equal" => truth(a <= b),
        "greater" => truth(a > b),
        "greater_equal" => truth(a >= b),
        "logical_and" => truth(a != 0.0 && b != 0.0),
        "logical_or" => truth(a != 0.0 || b != 0.0),
        _ => None,
    }
}

fn integer(name: &str, v: &[i64]) -> Option<i64> {
    let (a, b) = (v[0], v.get(1).copied().unwrap_or(0));
    match name {
        "negative" => Some(a.wrapping_neg()),
        "absolute" => Some(a.wrapping_abs()),
        "sign" => Some(a.signum()),
        "square" => Some(a.wrapping_mul(a)),
        "invert" => Some(!a),
        "add" => Some(a.wrapping_add(b)),
        "subtract" => Some(a.wrapping_sub(b)),
        "multiply" => Some(a.wrapping_mul(b)),
        "maximum" => Some(a.max(b)),
        "minimum" => Some(a.min(b)),
        "clip" => Some(a.max(b).min(v[2])),
        "fmod" => Some(a.checked_rem(b).unwrap_or(0)),
        "bitwise_count" => Some(i64::from(a.unsigned_abs().count_ones())),
        "bitwise_and" => Some(a & b),
        "bitwise_or" => Some(a | b),
        "bitwise_xor" => Some(a ^ b),
        "less" => Some(i64::from(a < b)),
        "equal" => Some(i64::from(a == b)),
        _ => None,
    }
}

/// Of the rows that take every real dtype, those that NumPy, too, does not compute for complex numbers.
const REAL_ONLY: [&str; 16] = [
    "exponent",
    "mantissa",
    "i0",
    "fabs",
    "cbrt",
    "spacing",
    "deg2rad",
    "rad2deg",
    "heaviside",
    "logaddexp",
    "logaddexp2",
    "ldexp",
    "nextafter",
    "arctan2",
    "hypot",
    "copysign",
];

/// Rows that were refused are refused for their dtype, not by accident: floats always have a sine, bits are never floats.
#[test]
fn refusals_follow_the_dtype_rule() {
    for op in element::ALL.iter().filter(|op| op.arity <= 2 && !matches!(op.rule, DTypeRule::Generate(_))) {
        for dtype in DType::ALL {
            let t = tensor(&mut Noise(1), dtype, &[3], (0.0, 1.0), &[]);
            let x = build::source(Arc::new(MemorySource::new(t)), &3.into()).unwrap();
            let made = build::elementwise(op, &vec![Operand::Array(x); op.arity]);
            let refused = match op.rule {
                DTypeRule::Bits | DTypeRule::Count => dtype.is_inexact(),
                DTypeRule::Float | DTypeRule::First | DTypeRule::Double | DTypeRule::Compare | DTypeRule::Logical => {
                    dtype.is_complex() && REAL_ONLY.contains(&op.name)
                }
                _ => continue,
            };
            // A shift has no meaning for bool.
            if op.rule == DTypeRule::Bits && dtype == DType::Bool {
                continue;
            }
            assert_eq!(made.is_err(), refused, "{} of {dtype}", op.name);
        }
    }
}
