//! Every operator and function of expressions against loops over the pixels.

use super::program::{Folder, georef, numbers, same};
use tilework::DType::{self, Bool, F32, F64, I32};

/// What the expression should give for a pixel of A and B.
type Oracle = fn(i64, i64) -> f64;

fn truth(b: bool) -> f64 {
    f64::from(u8::from(b))
}

/// The quotient rounded down, 0 for a divisor of 0.
fn floored(a: i64, b: i64) -> f64 {
    if b == 0 { 0.0 } else { (a as f64 / b as f64).floor() }
}

fn left_over(a: i64, b: i64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 - floored(a, b) * b as f64 }
}

/// uint16 pixels are computed with as int32, so nothing wraps below zero.
const INTEGERS: &[(&str, DType, Oracle)] = &[
    ("A+B", I32, |a, b| (a + b) as f64),
    ("A-B", I32, |a, b| (a - b) as f64),
    ("A*B", I32, |a, b| (a * b) as f64),
    ("A/B", F64, |a, b| a as f64 / b as f64),
    ("A//B", I32, floored),
    ("(A-100)//(B-50)", I32, |a, b| floored(a - 100, b - 50)),
    ("A%B", I32, left_over),
    ("(A-100)%(B-50)", I32, |a, b| left_over(a - 100, b - 50)),
    ("A**2", I32, |a, _| (a * a) as f64),
    ("-A**2", I32, |a, _| -(a * a) as f64),
    ("2**-1*A", F64, |a, _| 0.5 * a as f64),
    ("-A", I32, |a, _| -a as f64),
    ("+A", I32, |a, _| a as f64),
    ("~A", I32, |a, _| !a as f64),
    ("!A", Bool, |a, _| truth(a == 0)),
    ("A<B", Bool, |a, b| truth(a < b)),
    ("A<=B", Bool, |a, b| truth(a <= b)),
    ("A>B", Bool, |a, b| truth(a > b)),
    ("A>=B", Bool, |a, b| truth(a >= b)),
    ("A==B", Bool, |a, b| truth(a == b)),
    ("A!=B", Bool, |a, b| truth(a != b)),
    ("A&B", I32, |a, b| (a & b) as f64),
    ("A|B", I32, |a, b| (a | b) as f64),
    ("A^B", I32, |a, b| (a ^ b) as f64),
    ("A<<3", I32, |a, _| (a << 3) as f64),
    ("A>>3", I32, |a, _| (a >> 3) as f64),
    ("A>100 && B>100", Bool, |a, b| truth(a > 100 && b > 100)),
    ("A>100 || B>100", Bool, |a, b| truth(a > 100 || b > 100)),
    ("A+B*2-3", I32, |a, b| (a + b * 2 - 3) as f64),
    ("(A+B)*2", I32, |a, b| ((a + b) * 2) as f64),
    ("A-B-1", I32, |a, b| (a - b - 1) as f64),
    ("A|B&15", I32, |a, b| (a | (b & 15)) as f64),
    ("A+1<B*2", Bool, |a, b| truth(a + 1 < b * 2)),
    ("1.5*A", F64, |a, _| 1.5 * a as f64),
    ("A+1e2", F64, |a, _| a as f64 + 100.0),
    ("abs(A-B)", I32, |a, b| (a - b).abs() as f64),
    ("min(A,B)", I32, |a, b| a.min(b) as f64),
    ("max(A,B)", I32, |a, b| a.max(b) as f64),
    ("sqrt(A)", F64, |a, _| (a as f64).sqrt()),
    ("floor(A/7)", F64, |a, _| (a as f64 / 7.0).floor()),
    ("ceil(A/7)", F64, |a, _| (a as f64 / 7.0).ceil()),
    ("round(A/2)", F64, |a, _| (a as f64 / 2.0).round_ties_even()),
    ("where(A>B, A-B, 7)", I32, |a, b| if a > b { (a - b) as f64 } else { 7.0 }),
    ("where(A, B, -1)", I32, |a, b| if a != 0 { b as f64 } else { -1.0 }),
    ("where(A+B>0, (B-A)/(A+B), nodata)", F64, |a, b| if a + b > 0 { (b - a) as f64 / (a + b) as f64 } else { -9999.0 }),
    ("isnan(0/A)", Bool, |a, _| truth(a == 0)),
];

#[test]
fn every_operator_gives_what_a_loop_gives() {
    let f = Folder::new();
    let [a, b] = f.two_bands("in.tif", None);
    for (expression, dtype, oracle) in INTEGERS {
        let args = ["calc", "-A", "in.tif:1", "-B", "in.tif:2", "-o", "o.tif", "--tile", "32", "--nodata", "-9999"];
        // A result that -9999 does not fit goes without.
        let args = if *dtype == Bool { &args[..args.len() - 2] } else { &args[..] };
        f.run(&[args, &["--overwrite", "--", expression]].concat()).ok();
        let (got, in_file, _) = f.read("o.tif");
        assert_eq!(in_file, if *dtype == Bool { DType::U8 } else { *dtype }, "{expression}");
        same(&got, a.iter().zip(&b).map(|(&a, &b)| oracle(a as i64, b as i64)), expression);
    }
}

#[test]
fn transcendental_functions_agree_with_the_standard_library() {
    type Function = fn(f64) -> f64;
    let f = Folder::new();
    let [a, _] = f.two_bands("in.tif", None);
    let functions: [(&str, Function); 9] = [
        ("exp", f64::exp),
        ("log1p", f64::ln_1p),
        ("log2", f64::log2),
        ("ln", f64::ln),
        ("sin", f64::sin),
        ("cos", f64::cos),
        ("arctan", f64::atan),
        ("tanh", f64::tanh),
        ("cbrt", f64::cbrt),
    ];
    for (name, function) in functions {
        f.run(&["calc", &format!("{name}(A/64+1)"), "-A", "in.tif", "-o", "o.tif", "--overwrite"]).ok();
        for (x, got) in a.iter().zip(f.read("o.tif").0) {
            let want = function(*x as f64 / 64.0 + 1.0);
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want.abs().max(1e-3), "{name}({x}): {got}, not {want}");
        }
    }
}

#[test]
fn floats_stay_floats_of_their_size() {
    let f = Folder::new();
    let pixels: Vec<f32> = numbers(3, 1000).iter().map(|&v| v as f32 / 7.0 - 60.0).collect();
    f.raster("in.tif", 1, pixels.clone(), georef(None));
    f.run(&["calc", "A*A-A/3", "-A", "in.tif", "-o", "o.tif"]).ok();
    let (got, dtype, _) = f.read("o.tif");
    assert_eq!(dtype, F32);
    same(&got, pixels.iter().map(|x| f64::from(x * x - x / 3.0)), "float32");
}

#[test]
fn results_are_converted_to_any_dtype() {
    let f = Folder::new();
    let [a, b] = f.two_bands("in.tif", None);
    let clipped = |low: f64, high: f64| {
        let (a, b) = (&a, &b);
        a.iter().zip(b).map(move |(&a, &b)| (a as f64 * 1.5 - b as f64).clamp(low, high).trunc()).collect::<Vec<_>>()
    };
    let expected = [
        ("uint8", clipped(0.0, 255.0)),
        ("int8", clipped(-128.0, 127.0)),
        ("uint16", clipped(0.0, 65535.0)),
        ("int16", clipped(-32768.0, 32767.0)),
        ("uint32", clipped(0.0, 4e9)),
        ("int32", clipped(-2e9, 2e9)),
        ("uint64", clipped(0.0, 1e18)),
        ("int64", clipped(-1e18, 1e18)),
        ("float32", a.iter().zip(&b).map(|(&a, &b)| a as f64 * 1.5 - b as f64).collect()),
        ("float64", a.iter().zip(&b).map(|(&a, &b)| a as f64 * 1.5 - b as f64).collect()),
    ];
    for (dtype, want) in expected {
        let bands = ["-A", "in.tif:1", "-B", "in.tif:2"];
        f.run(&[&["calc", "A*1.5-B", "-o", "o.tif", "--overwrite", "--dtype", dtype], &bands[..]].concat()).ok();
        let (got, in_file, _) = f.read("o.tif");
        assert_eq!(in_file.name(), dtype);
        same(&got, want.into_iter(), dtype);
    }
}
