//! Against what NumPy gave (tests/data/element/generate.py).

use super::{bits, program_of, run};
use crate::base::DType;
use crate::chunk::{BufferMut, Tensor};
use crate::kernel::compile::Compiled;
use crate::op::element::find;

const TABLE: &str = include_str!("../../../../tests/data/element/numpy.txt");

fn tensor(dtype: DType, cases: &[u64]) -> Tensor {
    let mut b = BufferMut::zeroed(cases.len() * dtype.size());
    for (o, v) in b.bytes_mut().chunks_exact_mut(dtype.size()).zip(cases) {
        o.copy_from_slice(&v.to_le_bytes()[..dtype.size()]);
    }
    Tensor::new(dtype, &[cases.len()], b.freeze()).unwrap()
}

fn parse(dtype: DType, word: &str) -> u64 {
    match (word, dtype) {
        ("nan", DType::F32) => u64::from(f32::NAN.to_bits()),
        ("nan", _) => f64::NAN.to_bits(),
        _ => u64::from_str_radix(word, 16).unwrap(),
    }
}

fn number(dtype: DType, v: u64) -> f64 {
    if dtype == DType::F32 { f64::from(f32::from_bits(v as u32)) } else { f64::from_bits(v) }
}

/// Whether a result of a function that NumPy rounds more than once, itself or in the system's library, is within its error: of
/// the largest of arguments and results, or of 1 for `sinc`, whose zeros NumPy misses.
fn close(name: &str, out: DType, got: u64, want: u64, case: impl Iterator<Item = u64>) -> bool {
    let ulp = if out == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let (g, w) = (number(out, got), number(out, want));
    let scale = match name {
        "sinc" => 1.0,
        "logaddexp" | "logaddexp2" => case.map(|v| number(out, v).abs()).filter(|v| v.is_finite()).fold(w.abs(), f64::max),
        "float_power" => w.abs(),
        _ => return false,
    };
    (g - w).abs() <= 3.0 * ulp * scale
}

#[test]
fn results_are_those_of_numpy() {
    let mut n_lines = 0;
    for line in TABLE.lines() {
        let mut words = line.split(' ');
        let op = find(words.next().unwrap()).unwrap();
        let (dtype, out) = (DType::parse(words.next().unwrap()).unwrap(), DType::parse(words.next().unwrap()).unwrap());
        let cases: Vec<Vec<&str>> = words.map(|w| w.split(',').collect()).collect();
        let column = |k: usize, d: DType| -> Tensor { tensor(d, &cases.iter().map(|c| parse(d, c[k])).collect::<Vec<_>>()) };
        let inputs: Vec<Tensor> = (0..op.arity).map(|k| column(k, dtype)).collect();
        let program = program_of(op, &vec![dtype; op.arity]).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(program.dtype(), out, "{} {dtype}", op.name);
        let got = run(&Compiled::new(&program).unwrap(), &inputs, &[cases.len()]);
        let (got, want) = (bits(&got), bits(&column(op.arity, out)));
        // Which zero NumPy's maximum of 0.0 and -0.0 is depends on its build.
        let zero = |v: u64| v == 0 || (out.is_float() && v == 1 << (8 * out.size() - 1));
        let either_zero = op.name.contains("max") || op.name.contains("min") || op.name == "clip";
        for ((g, w), case) in got.iter().zip(&want).zip(&cases) {
            if let (true, [a, b, _]) = (op.name == "floor_divide" && out.is_float(), &case[..]) {
                let (a, b) = (number(out, parse(out, a)), number(out, parse(out, b)));
                if a.is_infinite() && b.is_finite() {
                    // The Array API standard has an infinity here, NumPy has NaN.
                    assert_eq!(number(out, *g), a / b, "{dtype} {case:?}");
                    continue;
                }
            }
            let fair = close(op.name, out, *g, *w, case.iter().map(|c| parse(out, c)));
            assert!(g == w || fair || (either_zero && zero(*g) && zero(*w)), "{} {dtype} {case:?}: {g:x}, not {w:x}", op.name);
        }
        n_lines += 1;
    }
    assert!(n_lines > 150);
}
