//! Row by row: the table itself, the tags, and the same bits on every instruction set.

use super::{Noise, bits, elements, isas, program_of, run};
use crate::base::{DType, Scalar};
use crate::chunk::Tensor;
use crate::kernel::cast;
use crate::kernel::compile::Compiled;
use crate::kernel::element::{DTypeRule, ElementOp};
use crate::kernel::lanes::Isa;
use crate::kernel::program::{Builder, Instr, Line, Program};
use crate::op::element::{ALL, find};

/// The dtype tuples an operation takes without casts.
fn signatures(op: &'static ElementOp) -> Vec<Vec<DType>> {
    DType::ALL.iter().filter_map(|&d| (op.block)(d, Isa::Baseline)).map(|b| b.args().to_vec()).collect()
}

#[test]
fn names_are_unique_and_found() {
    for (i, op) in ALL.iter().enumerate() {
        assert_eq!(find(op.name), Some(*op));
        assert!(!ALL[..i].contains(op), "{}", op.name);
        assert!(op.doc.ends_with('.') && op.domain.0 < op.domain.1 && op.cost_ns > 0.0, "{}", op.name);
        assert!(!signatures(op).is_empty(), "{}", op.name);
    }
    assert_eq!(find("frobnicate"), None);
}

#[test]
fn lists_by_arity_cover_the_table() {
    macro_rules! names {
        ($(($name:ident, $NAME:ident, $doc:literal))*) => {
            vec![$((stringify!($name), &crate::op::element::$NAME, $doc)),*]
        };
    }
    let one: Vec<(&str, &'static ElementOp, &str)> = crate::op::element::for_each_unary!(names);
    let two: Vec<(&str, &'static ElementOp, &str)> = crate::op::element::for_each_binary!(names);
    let three: Vec<(&str, &'static ElementOp, &str)> = crate::op::element::for_each_ternary!(names);
    for (list, arity) in [(one, 1), (two, 2), (three, 3)] {
        for (name, op, doc) in &list {
            assert_eq!((*name, *doc, arity), (op.name, op.doc, op.arity));
        }
        let plain = |op: &&ElementOp| !matches!(op.rule, DTypeRule::Generate(_) | DTypeRule::Choose);
        assert_eq!(list.len(), ALL.iter().copied().filter(plain).filter(|op| op.arity == arity).count());
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let mut noise = Noise(1);
    for op in ALL {
        for dtypes in signatures(op) {
            let program = program_of(op, &dtypes).unwrap_or_else(|| panic!("{} {dtypes:?}", op.name));
            for n in [1, 7, 997] {
                let inputs: Vec<Tensor> = dtypes.iter().map(|&d| elements(&mut noise, d, n, op.domain)).collect();
                let want = bits(&run(&Compiled::with_isa(&program, Isa::Baseline).unwrap(), &inputs, &[n]));
                for isa in isas() {
                    let got = bits(&run(&Compiled::with_isa(&program, isa).unwrap(), &inputs, &[n]));
                    assert!(got == want, "{} of {dtypes:?} on {isa:?}", op.name);
                }
            }
        }
    }
}

#[test]
fn casts_are_those_of_rust_on_every_instruction_set() {
    let mut noise = Noise(2);
    for from in DType::ALL {
        let t = elements(&mut noise, from, 1013, (-1e5, 1e5));
        for to in DType::ALL.into_iter().filter(|&to| from.converts(to)) {
            let want: Vec<Scalar> = (0..t.len())
                .map(|i| {
                    let s = t.at(&[i]);
                    crate::for_dtype!(to, T => <T as crate::base::Element>::from_scalar(s).into())
                })
                .collect();
            for isa in isas() {
                assert_eq!((cast::block(from, to, isa).args(), cast::block(from, to, isa).out()), ([from].as_slice(), to));
                let mut b = Builder::new();
                let v = b.input(from);
                let v = b.cast(v, to);
                let got = run(&Compiled::with_isa(&b.finish(v), isa).unwrap(), std::slice::from_ref(&t), &[t.len()]);
                for (i, w) in want.iter().enumerate() {
                    let g = got.at(&[i]);
                    let nan = g.is_nan() && w.is_nan();
                    // A detour over f64 would round f32 twice, so compare as the scalar of the result.
                    assert!(nan || g == *w, "{from} to {to} on {isa:?}: {:?} gave {g:?}, not {w:?}", t.at(&[i]));
                }
            }
        }
    }
}

fn apply(op: &'static ElementOp, inputs: &[Tensor]) -> Tensor {
    let dtypes: Vec<DType> = inputs.iter().map(Tensor::dtype).collect();
    run(&Compiled::new(&program_of(op, &dtypes).unwrap()).unwrap(), inputs, inputs[0].shape())
}

#[test]
fn tags_tell_the_truth() {
    let mut noise = Noise(3);
    for op in ALL {
        for dtypes in signatures(op) {
            let inputs: Vec<Tensor> = dtypes.iter().map(|&d| elements(&mut noise, d, 1501, op.domain)).collect();
            let name = format!("{} {dtypes:?}", op.name);
            let once = apply(op, &inputs);
            if op.tags.involution {
                assert!(bits(&apply(op, std::slice::from_ref(&once))) == bits(&inputs[0]), "{name} is an involution");
            }
            if dtypes.iter().any(|d| d.is_complex()) {
                continue; // the other tags speak of real numbers
            }
            if op.tags.commutative {
                let swapped = apply(op, &[inputs[1].clone(), inputs[0].clone()]);
                assert!(bits(&once) == bits(&swapped), "{name} commutes");
            }
            if op.tags.idempotent {
                assert!(bits(&apply(op, std::slice::from_ref(&once))) == bits(&once), "{name} is idempotent");
            }
            if let Some(e) = op.tags.identity {
                let e = Tensor::splat(dtypes[1], &[1501], Scalar::F64(e));
                let same = apply(op, &[inputs[0].clone(), e]);
                assert!(bits(&same) == bits(&inputs[0]), "{name} with its identity");
            }
            if op.tags.monotone {
                let mut pairs: Vec<(f64, f64)> =
                    (0..1501).map(|i| (inputs[0].at(&[i]).as_f64(), once.at(&[i]).as_f64())).filter(|p| !p.1.is_nan()).collect();
                pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
                assert!(pairs.windows(2).all(|w| w[0].1 <= w[1].1), "{name} is monotone");
            }
        }
    }
}

#[test]
fn plain_rust_agrees() {
    let mut noise = Noise(4);
    let (a, b) = (elements(&mut noise, DType::F64, 3001, (-9.0, 9.0)), elements(&mut noise, DType::F64, 3001, (-9.0, 9.0)));
    let (x, y) = (a.view::<f64>().unwrap(), b.view::<f64>().unwrap());
    type Two = fn(f64, f64) -> f64;
    let rows: [(&str, Two); 4] =
        [("add", |a, b| a + b), ("subtract", |a, b| a - b), ("multiply", |a, b| a * b), ("divide", |a, b| a / b)];
    for (name, f) in rows {
        let want = ndarray::Zip::from(&x).and(&y).map_collect(|&a, &b| f(a, b));
        let got = apply(find(name).unwrap(), &[a.clone(), b.clone()]);
        assert!(bits(&got) == bits(&Tensor::from_ndarray(want)), "{name}");
    }
    type One = fn(f64) -> f64;
    let rows: [(&str, One); 8] = [
        ("sin", f64::sin),
        ("cos", f64::cos),
        ("tan", f64::tan),
        ("exp", f64::exp),
        ("log", f64::ln),
        ("arctan", f64::atan),
        ("tanh", f64::tanh),
        ("cbrt", f64::cbrt),
    ];
    for (name, f) in rows {
        let got = apply(find(name).unwrap(), std::slice::from_ref(&a));
        for (g, w) in got.as_slice::<f64>().unwrap().iter().zip(x.iter().map(|&v| f(v))) {
            let close = g == &w || (g.is_nan() && w.is_nan()) || ((g - w) / w).abs() < 1e-15;
            assert!(close, "{name} gave {g:?}, not {w:?}");
        }
    }
}

#[test]
fn integers_to_negative_powers_round_toward_zero() {
    let base = Tensor::from_vec(&[6], vec![0i32, 1, -1, -1, 2, -5]).unwrap();
    let exponent = Tensor::from_vec(&[6], vec![-1i32, -3, -3, -2, -1, -1]).unwrap();
    assert_eq!(apply(find("power").unwrap(), &[base, exponent]).as_slice::<i32>().unwrap(), [0, 1, -1, 1, 0, 0]);
}

#[test]
fn ill_formed_programs_are_refused() {
    let add = find("add").unwrap();
    let wrong = |values: Vec<(Instr, DType)>, result: u32| {
        Compiled::new(&Program { inputs: vec![DType::F64, DType::I32], values, result }).unwrap_err()
    };
    wrong(vec![], 0);
    wrong(vec![(Instr::Input(2), DType::F64)], 0);
    wrong(vec![(Instr::Input(1), DType::F64)], 0);
    wrong(vec![(Instr::Cast(0), DType::F64)], 0);
    let line = Line { start: 0, steps: [1].into_iter().collect() };
    wrong(vec![(Instr::Number(line), DType::F64)], 0);
    let two = vec![(Instr::Input(0), DType::F64), (Instr::Input(1), DType::I32)];
    wrong([two.clone(), vec![(Instr::Apply(add, [0, 1].into_iter().collect()), DType::F64)]].concat(), 2);
    wrong([two.clone(), vec![(Instr::Apply(add, [0, 0].into_iter().collect()), DType::F32)]].concat(), 2);
    wrong([two, vec![(Instr::Apply(add, [0].into_iter().collect()), DType::F64)]].concat(), 2);
}

#[test]
fn random_rows_are_functions_of_number_and_key() {
    use crate::kernel::philox;
    let numbers: Vec<u64> = (5..900).chain(3..40).chain([7, 7, u64::MAX >> 2]).collect();
    let n = numbers.len();
    let keys = |k: u64| -> Vec<u64> { (0..n as u64).map(|i| k + i / 500).collect() };
    let tensor = |v: &[u64]| Tensor::from_vec(&[n], v.to_vec()).unwrap();
    let (a, b) = (keys(11), keys(22));
    let inputs = [tensor(&numbers), tensor(&a), tensor(&b)];
    let each = |f: &dyn Fn(u64, [u64; 2]) -> u64| -> Vec<u64> { (0..n).map(|i| f(numbers[i], [a[i], b[i]])).collect() };
    assert_eq!(bits(&apply(find("random_bits").unwrap(), &inputs)), each(&philox::raw));
    assert_eq!(bits(&apply(find("random_uniform").unwrap(), &inputs)), each(&|n, k| philox::uniform(n, k).to_bits()));
    assert_eq!(bits(&apply(find("random_normal").unwrap(), &inputs)), each(&|n, k| philox::normal(n, k).to_bits()));
    let counts: Vec<u64> = (0..n as u64).map(|i| (u64::MAX / 3 * 2) >> (i % 60)).collect();
    let below = apply(find("random_below").unwrap(), &[inputs.as_slice(), &[tensor(&counts)]].concat());
    assert_eq!(bits(&below), (0..n).map(|i| philox::below(numbers[i], [a[i], b[i]], counts[i])).collect::<Vec<_>>());
}
