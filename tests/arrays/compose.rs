//! Functions made of several operations: what NumPy gives (tests/data/compose/generate.py), whatever the chunks.

use super::material::{Noise, bits, config, cut, oracle, run, same_everywhere, scalars};
use tilework::array::create::from_tensor;
use tilework::array::{Argument, DynArray, Outside, Tolerance, arange, choose, piecewise, select};
use tilework::base::Scalar;
use tilework::chunk::{BufferMut, Tensor};
use tilework::expr::build::Operand;
use tilework::{DType, Result, Session};

const TABLE: &str = include_str!("../data/compose/numpy.txt");

enum Value {
    Array(Tensor),
    Number(Scalar),
}

fn value(text: &str) -> Value {
    let mut words = text.split(' ');
    let (kind, shape) = (words.next().unwrap(), words.next().unwrap());
    if kind == "number" {
        return Value::Number(shape.parse().map_or_else(|_| Scalar::F64(shape.parse().unwrap()), Scalar::I64));
    }
    let dtype = DType::parse(kind).unwrap();
    let shape: Vec<usize> = if shape == "-" { vec![] } else { shape.split(',').map(|n| n.parse().unwrap()).collect() };
    let elements: Vec<u64> = words
        .map(|w| match (w, dtype) {
            ("nan", DType::F32) => u64::from(f32::NAN.to_bits()),
            ("nan", _) => f64::NAN.to_bits(),
            _ => u64::from_str_radix(w, 16).unwrap(),
        })
        .collect();
    let mut b = BufferMut::zeroed(elements.len() * dtype.size());
    for (o, v) in b.bytes_mut().chunks_exact_mut(dtype.size()).zip(&elements) {
        o.copy_from_slice(&v.to_le_bytes()[..dtype.size()]);
    }
    Value::Array(Tensor::new(dtype, &shape, b.freeze()).unwrap())
}

fn array(x: &Operand) -> DynArray {
    let Operand::Array(e) = x else { panic!("{x:?} is no array") };
    DynArray::from_expr(e.clone()).unwrap()
}

/// The function of a line on arguments that were cut somehow.
fn apply(name: &str, options: &str, args: &[Operand]) -> Result<Vec<DynArray>> {
    let options: Vec<&str> = options.split(',').collect();
    let number = |k: usize| -> Option<f64> { options[k].parse().ok() };
    let tolerance = || Tolerance { rtol: number(0).unwrap(), atol: number(1).unwrap(), equal_nan: options[2] == "True" };
    let first = || array(&args[0]);
    Ok(match name {
        "isclose" => vec![first().isclose(args[1].clone(), tolerance())?],
        "allclose" => vec![first().allclose(args[1].clone(), tolerance())?],
        "nan_to_num" => vec![first().nan_to_num(number(0).unwrap(), number(1), number(2))?],
        "round" => vec![first().round(options[0].parse().unwrap())?],
        "divmod" => {
            let (quotient, rest) = first().divmod(args[1].clone())?;
            vec![quotient, rest]
        }
        "modf" => {
            let (fraction, whole) = first().modf()?;
            vec![fraction, whole]
        }
        "select" => {
            let n = args.len() / 2;
            let conditions: Vec<DynArray> = args[..n].iter().map(array).collect();
            vec![select(&conditions, args[n..2 * n].iter().cloned(), args[2 * n].clone())?]
        }
        "choose" => {
            let outside = if options[0] == "wrap" { Outside::Wrap } else { Outside::Clip };
            vec![choose(&first(), args[1..].iter().cloned(), outside)?]
        }
        "piecewise" => {
            let n: usize = options[0].parse().unwrap();
            let conditions: Vec<DynArray> = args[1..=n].iter().map(array).collect();
            let values: Vec<Scalar> =
                args[n + 1..].iter().map(|v| if let Operand::Scalar(s) = v { *s } else { panic!("{v:?}") }).collect();
            vec![piecewise(&first(), &conditions, &values)?]
        }
        other => panic!("unknown function {other}"),
    })
}

#[test]
fn results_are_those_of_numpy_whatever_the_chunks() {
    let mut n_lines = 0;
    let mut wrong = Vec::new();
    for line in TABLE.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [name, options, args, results] = fields[..] else { panic!("{line}") };
        let args: Vec<Value> = args.split(';').map(value).collect();
        for round in 0..2 {
            let mut noise = Noise(n_lines * 2 + round);
            let cut_args: Vec<Operand> = args
                .iter()
                .map(|v| match v {
                    Value::Array(t) => from_tensor(t.clone(), cut(&mut noise, t.shape())).unwrap().operand(),
                    Value::Number(s) => Operand::Scalar(*s),
                })
                .collect();
            let what = format!("{name} {options} {:.300}", fields[2]);
            let made = apply(name, options, &cut_args).unwrap_or_else(|e| panic!("{what}: {e}"));
            for (k, (x, want)) in made.iter().zip(results.split(';').map(value)).enumerate() {
                let Value::Array(want) = want else { panic!("{line}") };
                let got = match (round, n_lines % 40) {
                    (0, 0) => same_everywhere(x.expr(), &what).unwrap(),
                    (0, _) => run(&oracle(), x.expr()).unwrap(),
                    _ => run(&Session::new(config(2, u64::MAX)), x.expr()).unwrap(),
                };
                assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{what}: result {k}");
                // The quotient of an infinity and a finite number is infinite here, as the Array API standard has it, and NaN in NumPy.
                let standards =
                    |(g, w): (&Scalar, &Scalar)| format!("{g:?}") == format!("{w:?}") || (w.is_nan() && g.as_f64().is_infinite());
                let quotient = name == "divmod" && k == 0 && scalars(&got).iter().zip(&scalars(&want)).all(standards);
                if bits(&got) != bits(&want) && !quotient {
                    wrong.push(format!("{what}: result {k} is {:?}, not {:?}", scalars(&got), scalars(&want)));
                }
            }
        }
        n_lines += 1;
    }
    assert!(wrong.is_empty(), "{} results differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n_lines > 400, "{n_lines} lines");
}

#[test]
fn what_does_not_fit_is_refused_at_the_call() {
    let x = arange(0, 5, 1, 2).unwrap();
    let y = x.astype(DType::F32).unwrap();
    let (holds, shorter) = (x.less(3).unwrap(), arange(0, 4, 1, 2).unwrap().less(3).unwrap());
    let refused = |made: Result<DynArray>, word: &str| {
        let e = made.unwrap_err();
        assert!(e.kind().is_usage(), "{e:?}");
        assert!(e.to_string().contains(word), "{e}");
    };
    refused(holds.round(1), "round");
    refused(select(&[], [0; 0], 0), "select");
    refused(select(std::slice::from_ref(&holds), [1, 2], 0), "select");
    refused(select(std::slice::from_ref(&x), [1], 0), "condition 0");
    refused(select(std::slice::from_ref(&holds), [x.astype(DType::I8).unwrap()], 300), "300");
    refused(choose(&y, [1, 2], Outside::Clip), "index");
    refused(choose(&x, [0; 0], Outside::Clip), "choices");
    refused(piecewise(&x, &[], &[1]), "piecewise");
    refused(piecewise(&x, std::slice::from_ref(&holds), &[1, 2, 3]), "piecewise");
    refused(piecewise(&x, std::slice::from_ref(&x), &[1]), "condition 0");
    refused(piecewise(&x, &[shorter], &[1]), "shape");
    refused(piecewise(&x.astype(DType::U8).unwrap(), std::slice::from_ref(&holds), &[-1]), "uint8");
    refused(piecewise(&x, &[holds], &[f64::NAN]), "int64");
    refused(x.isclose(&arange(0, 4, 1, 2).unwrap(), Tolerance::default()), "broadcast");
}

/// Indices that NumPy's loop would take ages for, and those beyond int64.
#[test]
fn far_indices_wrap_and_clip() {
    let index = Tensor::from_vec(&[4], vec![u64::MAX, 1 << 63, 4, 0]).unwrap();
    let index = from_tensor(index, 3).unwrap();
    let got = |x: DynArray| x.compute_as::<i64>().unwrap().into_raw_vec_and_offset().0;
    assert_eq!(got(choose(&index, [10, 20, 30], Outside::Wrap).unwrap()), [10, 30, 20, 10]);
    assert_eq!(got(choose(&index, [10, 20, 30], Outside::Clip).unwrap()), [30, 30, 30, 10]);
    let index = from_tensor(Tensor::from_vec(&[3], vec![i64::MIN, -1, i64::MAX]).unwrap(), 2).unwrap();
    assert_eq!(got(choose(&index, [10, 20, 30], Outside::Wrap).unwrap()), [20, 30, 20]);
    assert_eq!(got(choose(&index, [10, 20, 30], Outside::Clip).unwrap()), [10, 10, 30]);
}
