//! Complex numbers: NumPy's promotion and results (special values too), the same in every cut and run, through files and the wire.

use super::material::{Noise, bits, config, cut, oracle, refused, run, same_everywhere, scalars, shape, specials, tensor};
use num_complex::Complex;
use tilework::array::{DynArray, IntoScalar, Tolerance, create::from_tensor, from_ndarray, full, open_zarr, where_};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::expr::build::{self, Operand};
use tilework::expr::{Chunks, Expr};
use tilework::format::registry::Registry;
use tilework::format::zarr::ZarrOptions;
use tilework::op::{element, reduction, scan};
use tilework::plan::codec::{decode, encode};
use tilework::{C64, C128, DType, Element, Session, for_dtype};

const TABLE: &str = include_str!("../data/complex/numpy.txt");

fn part(dtype: DType, word: &str) -> f64 {
    if word == "n" {
        return f64::NAN;
    }
    let v = u64::from_str_radix(word, 16).unwrap();
    if dtype.part() == DType::F32 { f64::from(f32::from_bits(v as u32)) } else { f64::from_bits(v) }
}

fn parse(dtype: DType, words: &str) -> Vec<Scalar> {
    let one = |w: &str| match dtype {
        d if d.is_complex() => {
            let (re, im) = w.split_once(':').unwrap();
            Scalar::C128(part(d, re), part(d, im))
        }
        d if d.is_float() => Scalar::F64(part(d, w)),
        DType::Bool => Scalar::Bool(w == "1"),
        _ => Scalar::I64(w.parse().unwrap()),
    };
    if words == "-" { Vec::new() } else { words.split(',').map(one).collect() }
}

fn made(dtype: DType, shape: &[usize], words: &str) -> Tensor {
    for_dtype!(dtype, T => Tensor::from_vec(shape, parse(dtype, words).into_iter().map(<T as Element>::from_scalar).collect()).unwrap())
}

fn lengths(text: &str) -> Vec<usize> {
    if text == "-" { Vec::new() } else { text.split('x').map(|n| n.parse().unwrap()).collect() }
}

/// How far a part may be from NumPy's, in units of the last place of the whole number.
fn slack(name: &str) -> f64 {
    match name {
        // Rounded after a logarithm, or in another order of factors.
        "power" | "float_power" => 60.0,
        // NumPy multiplies by pi or the logarithm of 2 in the number's own precision before it takes the power, so its error grows with the number.
        "exp2" | "sinc" => 500.0,
        "prod" | "nanprod" | "cumprod" | "nancumprod" => 40.0,
        "sum" | "mean" | "nansum" | "nanmean" | "cumsum" | "nancumsum" | "var" | "std" | "nanvar" | "nanstd" => 40.0,
        _ => 6.0,
    }
}

/// The same NaN, infinity or zero, or a part within the slack of the whole number; signs of zeros where `signs`.
fn alike(got: f64, want: f64, size: f64, slack: f64, signs: bool) -> bool {
    if want == 0.0 && got == 0.0 {
        return !signs || got.is_sign_negative() == want.is_sign_negative();
    }
    got == want || (got.is_nan() && want.is_nan()) || (size.is_finite() && (got - want).abs() <= slack * size)
}

fn same_as_numpy(name: &str, out: DType, got: Scalar, want: Scalar) -> bool {
    let ulp = if out.part() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let (g, w) = (got.as_complex(), want.as_complex());
    // An infinite part says nothing of the other one's error.
    let sum = |a: f64, b: f64| match (a.is_finite(), b.is_finite()) {
        (true, true) => a.hypot(b),
        (true, false) => a.abs(),
        (false, _) => b.abs(),
    };
    let size = sum(w.re, w.im).max(f64::from(f32::MIN_POSITIVE) * ulp);
    let slack = slack(name) * ulp;
    let signs = slack < 10.0 * ulp;
    // NumPy misses what cancels: it adds 1 before it takes the logarithm, and of pi there are only so many digits.
    let size = if matches!(name, "log1p" | "sinc") { size.max(1.0) } else { size };
    // Beside NaN C99 leaves the signs of zeros and infinities open.
    if w.re.is_nan() || w.im.is_nan() {
        return alike(g.re.abs(), w.re.abs(), size, slack, false) && alike(g.im.abs(), w.im.abs(), size, slack, false);
    }
    alike(g.re, w.re, size, slack, signs) && alike(g.im, w.im, size, slack, signs)
}

/// Where this engine says something else than NumPy, on purpose.
fn differs(name: &str, args: &[Scalar], want: Scalar) -> bool {
    let finite = |s: Scalar| s.as_complex().re.is_finite() && s.as_complex().im.is_finite();
    match name {
        // complex64 goes through complex128 here, so sines do not overflow before they are divided.
        "sinc" => finite(args[0]) && !finite(want),
        // NumPy's loop multiplies with 1 first, which makes NaN of an infinity.
        "power" | "float_power" => !finite(args[0]) && args[1] == Scalar::C128(-1.0, 0.0) && want.is_nan(),
        // The Array API standard's; see the test of them.
        "expm1" => {
            let z = args[0].as_complex();
            z.im == 0.0 || (z.re.is_infinite() && !z.im.is_finite())
        }
        _ => false,
    }
}

#[test]
fn expm1_is_the_standards_where_numpy_is_not() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for ((re, im), (want_re, want_im)) in [
        ((-0.0, 0.0), (0.0, 0.0)),
        ((inf, 0.0), (inf, 0.0)),
        ((-inf, inf), (-1.0, 0.0)),
        ((-inf, nan), (-1.0, 0.0)),
        ((inf, inf), (inf, nan)),
        ((inf, nan), (inf, nan)),
        ((nan, 0.0), (nan, 0.0)),
    ] {
        let x = full(&[1], Scalar::C128(re, im), DType::C128, 1).unwrap().expm1().unwrap();
        let got = scalars(&run(&oracle(), x.expr()).unwrap())[0].as_complex();
        let same = |g: f64, w: f64| g.to_bits() == w.to_bits() || (g.is_nan() && w.is_nan());
        assert!(same(got.re, want_re) && same(got.im, want_im), "expm1({re}, {im}) is {got}");
    }
}

#[test]
fn dtypes_promote_as_in_numpy() {
    let mut n = 0;
    for line in TABLE.lines().filter(|l| l.starts_with("promote")) {
        let d: Vec<DType> = line.split(' ').skip(1).map(|w| DType::parse(w).unwrap()).collect();
        assert_eq!(d[0].promote(d[1]), d[2], "{line}");
        n += 1;
    }
    assert_eq!(n, 13 * 13);
}

#[test]
fn bare_numbers_take_the_precision_of_arrays() {
    let of = |d: DType| full(&[2], 1, d, 1).unwrap();
    for (array, dtype, with_float) in [
        (DType::F32, DType::C64, DType::F32),
        (DType::F64, DType::C128, DType::F64),
        (DType::C64, DType::C64, DType::C64),
        (DType::C128, DType::C128, DType::C128),
        (DType::I32, DType::C128, DType::F64),
        (DType::I8, DType::C128, DType::F64),
        (DType::Bool, DType::C128, DType::F64),
    ] {
        assert_eq!(of(array).add(Complex::new(0.0f64, 1.0)).unwrap().dtype(), dtype, "{array} and a complex number");
        assert_eq!(of(array).multiply(Complex::new(0.0f32, 1.0)).unwrap().dtype(), dtype, "{array} and a complex number");
        assert_eq!(of(array).add(1.5).unwrap().dtype(), with_float, "{array} and a float");
    }
}

/// Applies an op to whole arrays cut in some way; gives its dtype and elements.
fn applied(name: &str, args: &[Tensor], chunks: usize) -> (DType, Vec<Scalar>) {
    let op = element::find(name).unwrap_or_else(|| panic!("{name}"));
    let operands: Vec<Operand> =
        args.iter().map(|t| Operand::Array(from_tensor(t.clone(), chunks).unwrap().expr().clone())).collect();
    let x = build::elementwise(op, &operands).unwrap();
    (x.array().unwrap().0, scalars(&run(&oracle(), &x).unwrap()))
}

#[test]
fn functions_give_what_numpy_gives() {
    let (mut args, mut wrong, mut seen) = (Vec::new(), Vec::new(), 0);
    for line in TABLE.lines() {
        let w: Vec<&str> = line.split(' ').collect();
        match w[0] {
            "numbers" | "pairs" => {
                let dtype = DType::parse(w[1]).unwrap();
                args = w[2..].iter().map(|words| made(dtype, &[words.split(',').count()], words)).collect();
            }
            "unary" | "binary" => {
                let out = DType::parse(w[3]).unwrap();
                let (dtype, got) = applied(w[1], &args, 53);
                assert_eq!(dtype, out, "{} of {}", w[1], w[2]);
                for (i, (g, want)) in got.iter().zip(parse(out, w[4])).enumerate() {
                    let case: Vec<Scalar> = args.iter().map(|t| t.at(&[i])).collect();
                    if !same_as_numpy(w[1], out, *g, want) && !differs(w[1], &case, want) {
                        let case: Vec<String> = case.iter().map(Scalar::to_string).collect();
                        wrong.push(format!("{} {} ({}): {g}, not {want}", w[1], w[2], case.join(", ")));
                    }
                }
                seen += 1;
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(400)].join("\n"));
    assert_eq!(seen, 2 * (38 + 18) + 1);
}

#[test]
fn reductions_and_scans_give_what_numpy_gives() {
    let (mut data, mut wrong, mut seen) = (None, Vec::new(), 0);
    let mut noise = Noise(5);
    for line in TABLE.lines() {
        let w: Vec<&str> = line.split(' ').collect();
        let (made, out, want) = match w[0] {
            "data" => {
                data = Some(made(DType::parse(w[1]).unwrap(), &lengths(w[2]), w[3]));
                continue;
            }
            "reduce" | "scan" => {
                let t = data.clone().unwrap();
                let x = from_tensor(t.clone(), cut(&mut noise, t.shape())).unwrap();
                if w[0] == "scan" {
                    let op = scan::find(w[1]).unwrap();
                    (build::scan(x.expr(), op, w[2].parse().unwrap()), t.dtype(), w[3])
                } else {
                    let axes: Vec<isize> = lengths(w[3]).into_iter().map(|a| a as isize).collect();
                    let made = x.reduce(reduction::find(w[1]).unwrap(), Some(&axes), false, w[4].parse().unwrap(), 2);
                    (made.map(|y| y.expr().clone()), DType::parse(w[2]).unwrap(), w[5])
                }
            }
            _ => continue,
        };
        let made = made.unwrap();
        let got = if seen % 7 == 0 { same_everywhere(&made, line).unwrap() } else { run(&oracle(), &made).unwrap() };
        assert_eq!(got.dtype(), out, "{line}");
        for (g, want) in scalars(&got).into_iter().zip(parse(out, want)) {
            let both = want.is_nan() && g.is_nan() && matches!(w[1], "max" | "min" | "nanmax" | "nanmin" | "cummax" | "cummin");
            let scan = out == DType::C64 && w[0] == "scan";
            let near = (g.as_complex() - want.as_complex()).norm() <= 1e-5 * want.as_complex().norm().max(3.0);
            if !(same_as_numpy(w[1], out, g, want) || both || (scan && near)) {
                wrong.push(format!("{}: {g}, not {want}", &line[..line.len().min(60)]));
            }
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
    assert!(seen > 400, "{seen}");
}

fn random_call(noise: &mut Noise, x: &DynArray) -> tilework::Result<DynArray> {
    let y = x.multiply(Complex::new(0.5f32, -2.0))?.add(x.conj()?)?;
    match noise.below(12) {
        0 => y.exp()?.real(),
        1 => y.absolute()?.add(y.imag()?),
        2 => y.sqrt()?.divide(&x.add(1.0)?),
        3 => where_(&x.real()?.greater(0.0)?, &y, Complex::new(1.0, 1.0)),
        4 => y.log1p()?.angle()?.rad2deg(),
        5 => x.less(&y)?.logical_or(&y.iscomplex()?),
        6 => y.maximum(x)?.astype(DType::C64),
        7 => x.isin(&[Complex::new(1.0, 0.0), Complex::new(-3.7, 1.0)]),
        8 => x.power(2)?.rint(),
        9 => x.real()?.astype(DType::C128)?.tanh(),
        10 => x.max(None),
        _ => y.argmin(None),
    }
}

#[test]
fn pieces_give_the_bits_of_the_whole() {
    for seed in 0..120 {
        let mut noise = Noise(31_000 + seed);
        let dtype = noise.one_of(&[DType::C64, DType::C128]);
        let s = shape(&mut noise, 400);
        let t = tensor(&mut noise, dtype, &s, (-3.0, 3.0), &specials(dtype));
        let state = noise.0;
        let make = |c: Chunks| random_call(&mut Noise(state), &from_tensor(t.clone(), c).unwrap());
        let (Ok(whole), Ok(pieces)) = (make(Chunks::Whole), make(cut(&mut noise, &s))) else {
            assert!(s.contains(&0), "{dtype} {s:?}");
            continue;
        };
        let what = format!("seed {seed}: {dtype} {s:?}");
        let want = run(&oracle(), whole.expr()).unwrap();
        let got = if seed % 5 == 0 { same_everywhere(pieces.expr(), &what) } else { run(&oracle(), pieces.expr()) };
        assert_eq!(bits(&got.unwrap()), bits(&want), "{what}");
        // Over the wire.
        let back = decode(&encode(std::slice::from_ref(pieces.expr())).unwrap(), &Registry::builtin()).unwrap();
        assert_eq!(back[0].key(), pieces.expr().key(), "{what}");
        assert_eq!(bits(&run(&oracle(), &back[0]).unwrap()), bits(&want), "{what}");
    }
}

#[test]
fn arrangements_keep_the_elements() {
    let z = |re: f64, im: f64| Complex::new(re, im);
    let x = from_ndarray(ndarray::array![[z(1.0, 2.0), z(3.0, -1.0)], [z(0.0, -0.0), z(-2.0, 5.0)]].into_dyn(), 1).unwrap();
    let sorted = x.ravel().unwrap().topk(-4, 0).unwrap().compute_as::<C128>().unwrap();
    assert_eq!(sorted.into_raw_vec_and_offset().0, [z(-2.0, 5.0), z(0.0, -0.0), z(1.0, 2.0), z(3.0, -1.0)]);
    let t = x.transpose(None).unwrap().subtract(&x).unwrap().compute_as::<C128>().unwrap();
    assert_eq!(t[[0, 1]], z(-3.0, 1.0));
    let c = x.cov(tilework::array::Cov::default()).unwrap().compute_as::<C128>().unwrap();
    assert_eq!(c[[0, 1]], c[[1, 0]].conj());
    assert!(x.allclose(&x.add(1e-12).unwrap(), Tolerance::default()).unwrap().compute_as::<bool>().unwrap().into_scalar());
    assert!(!x.isclose(z(1.0, 3.0), Tolerance::default()).unwrap().compute_as::<bool>().unwrap()[[0, 0]]);
    let eye = tilework::array::eye(2, 2, 0, DType::C64, 1).unwrap().compute_as::<C64>().unwrap();
    assert_eq!(eye[[1, 1]], Complex::new(1.0, 0.0));
}

/// Big-endian and transposed files, and columns, go through the copies that turn bytes and axes around.
#[test]
fn wide_elements_are_turned_around() {
    let mut noise = Noise(3);
    for dtype in [DType::C64, DType::C128] {
        let t = tensor(&mut noise, dtype, &[300, 270], (-3.0, 3.0), &specials(dtype));
        let x = from_tensor(t.clone(), 300).unwrap();
        let y = x.transpose(None).unwrap().negative().unwrap().transpose(None).unwrap().negative().unwrap();
        assert_eq!(bits(&run(&oracle(), y.expr()).unwrap()), bits(&t));
        let sum = x.transpose(None).unwrap().sum(Some(&[0])).unwrap();
        let other = x.sum(Some(&[1])).unwrap();
        assert_eq!(sum.dtype(), dtype);
        let [a, b] = [sum, other].map(|s| scalars(&run(&oracle(), s.expr()).unwrap()));
        assert!(a.iter().zip(&b).all(|(a, b)| same_as_numpy("sum", dtype, *a, *b)));
    }
}

#[test]
fn fill_values_have_two_parts() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::new(config(2, 64 << 20));
    for (dtype, fill) in [(DType::C64, Scalar::C128(1.5, -2.0)), (DType::C128, Scalar::C128(f64::NAN, f64::NEG_INFINITY))] {
        let path = folder.path().join(format!("{dtype}.zarr"));
        let x = full(&[5, 3], fill, dtype, 2).unwrap();
        x.save_zarr(&path, &ZarrOptions { fill, chunks: Some(vec![2, 2]), ..ZarrOptions::default() }, &session).unwrap();
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1, "chunks of nothing but the fill value are not stored");
        let y = open_zarr(&path, 3).unwrap();
        assert_eq!(bits(&y.compute_in(&session).unwrap()), bits(&x.compute_in(&session).unwrap()));
    }
}

#[test]
fn what_complex_numbers_are_not_is_told() {
    let x = full(&[4], Complex::new(1.0, 2.0), DType::C128, 2).unwrap();
    refused(x.astype(DType::F64), &["astype", "complex128", ".real()"]);
    refused(x.astype(DType::I32), &["astype", ".real()"]);
    assert!(x.astype(DType::Bool).unwrap().compute_as::<bool>().unwrap().iter().all(|&b| b));
    refused(full(&[4], Complex::new(1.0, 2.0), DType::F64, 2), &["full", "1.0+2.0j", "float64"]);
    refused(x.floor(), &["floor", "complex128"]);
    refused(x.remainder(2.0), &["remainder"]);
    refused(x.real().unwrap().ldexp(&x), &["ldexp", "complex128"]);
    refused(x.nan_to_num(0.0, None, None), &["nan_to_num"]);
    refused(x.corrcoef(true), &["corrcoef"]);
    refused(x.real().unwrap().reduction(&reduction::SUM).initial(Complex::new(0.0, 1.0)).build(), &["sum", "initial"]);
    refused(tilework::array::arange(0, Complex::new(3.0, 1.0), 1, 1), &["arange"]);
    // A hand-made program that would drop an imaginary part is refused, too.
    let input: &Expr = x.expr();
    assert!(build::cast(input, DType::F32).is_err());
}

#[test]
fn options_of_reductions_take_complex_numbers() {
    let z = |re: f64, im: f64| Complex::new(re, im);
    let x = from_ndarray(ndarray::array![z(1.0, 1.0), z(3.0, -1.0), z(f64::NAN, 0.0), z(5.0, 6.0)].into_dyn(), 2).unwrap();
    let mask = from_ndarray(ndarray::array![true, true, false, true].into_dyn(), 2).unwrap();
    let of = |op| x.reduction(op).where_(&mask).build().unwrap().compute().unwrap().at(&[]);
    assert_eq!(of(&reduction::SUM), Scalar::C128(9.0, 6.0));
    assert_eq!(of(&reduction::MEAN), Scalar::C128(3.0, 2.0));
    assert_eq!(of(&reduction::NANMEAN), Scalar::C128(3.0, 2.0));
    // Squared distances from 3+2j: 5, 9 and 20.
    assert_eq!(of(&reduction::VAR), Scalar::F64(34.0 / 3.0));
    assert_eq!(of(&reduction::PROD), Scalar::C128(8.0, 34.0));
    let sum = x.reduction(&reduction::NANSUM).initial(z(0.0, 1.0)).build().unwrap();
    assert_eq!(sum.compute().unwrap().at(&[]), Scalar::C128(9.0, 7.0));
}
