//! Against correctly rounded results from multiple-precision arithmetic, against the system's library, and across
//! instruction sets.

use super::{double, single};
use std::collections::BTreeMap;

type Unary<T> = fn(T) -> T;
type Binary<T> = fn(T, T) -> T;

/// Name, function, the system's function, an interval for random arguments.
macro_rules! unary {
    ($module:ident, $t:ty) => {
        [
            ("exp", $module::exp as Unary<$t>, <$t>::exp as Unary<$t>, -800.0, 800.0),
            ("exp2", $module::exp2, <$t>::exp2, -1100.0, 1030.0),
            ("expm1", $module::expm1, <$t>::exp_m1, -40.0, 720.0),
            ("log", $module::log, <$t>::ln, 0.0, 4.0),
            ("log2", $module::log2, <$t>::log2, 0.0, 4.0),
            ("log10", $module::log10, <$t>::log10, 0.0, 20.0),
            ("log1p", $module::log1p, <$t>::ln_1p, -1.0, 4.0),
            ("sin", $module::sin, <$t>::sin, -1e5, 1e5),
            ("cos", $module::cos, <$t>::cos, -30.0, 30.0),
            ("tan", $module::tan, <$t>::tan, -30.0, 30.0),
            ("asin", $module::asin, <$t>::asin, -1.0, 1.0),
            ("acos", $module::acos, <$t>::acos, -1.0, 1.0),
            ("atan", $module::atan, <$t>::atan, -4.0, 4.0),
            ("sinh", $module::sinh, <$t>::sinh, -720.0, 720.0),
            ("cosh", $module::cosh, <$t>::cosh, -5.0, 5.0),
            ("tanh", $module::tanh, <$t>::tanh, -21.0, 21.0),
            ("asinh", $module::asinh, libm_asinh as Unary<$t>, -9.0, 9.0),
            ("acosh", $module::acosh, libm_acosh as Unary<$t>, 1.0, 9.0),
            ("atanh", $module::atanh, libm_atanh as Unary<$t>, -1.0, 1.0),
            ("cbrt", $module::cbrt, <$t>::cbrt, -1e3, 1e3),
        ]
    };
}

macro_rules! binary {
    ($module:ident, $t:ty) => {
        [
            ("pow", $module::pow as Binary<$t>, <$t>::powf as Binary<$t>),
            ("atan2", $module::atan2, <$t>::atan2),
            ("hypot", $module::hypot, <$t>::hypot),
        ]
    };
}

/// Functions that the system's library lacks, or has with other types.
macro_rules! rare {
    ($module:ident, $t:ty) => {
        [("logaddexp", $module::logaddexp as Binary<$t>), ("logaddexp2", $module::logaddexp2), ("ldexp", $module::ldexp)]
    };
}

/// The inverse hyperbolic functions of `std` are naive formulas, off by many ulp: the C library's are the oracle.
trait Inverse: Sized {
    fn call(self, double: unsafe extern "C" fn(f64) -> f64, single: unsafe extern "C" fn(f32) -> f32) -> Self;
}
impl Inverse for f64 {
    fn call(self, double: unsafe extern "C" fn(f64) -> f64, _: unsafe extern "C" fn(f32) -> f32) -> f64 {
        // SAFETY: a function of numbers, without preconditions.
        unsafe { double(self) }
    }
}
impl Inverse for f32 {
    fn call(self, _: unsafe extern "C" fn(f64) -> f64, single: unsafe extern "C" fn(f32) -> f32) -> f32 {
        // SAFETY: a function of numbers, without preconditions.
        unsafe { single(self) }
    }
}
unsafe extern "C" {
    fn asinh(x: f64) -> f64;
    fn asinhf(x: f32) -> f32;
    fn acosh(x: f64) -> f64;
    fn acoshf(x: f32) -> f32;
    fn atanh(x: f64) -> f64;
    fn atanhf(x: f32) -> f32;
}
fn libm_asinh<T: Inverse>(x: T) -> T {
    x.call(asinh, asinhf)
}
fn libm_acosh<T: Inverse>(x: T) -> T {
    x.call(acosh, acoshf)
}
fn libm_atanh<T: Inverse>(x: T) -> T {
    x.call(atanh, atanhf)
}

/// Floating-point numbers in order of size, as integers.
trait Ordered: Copy {
    fn rank(self) -> i128;
    fn nan(self) -> bool;
}
impl Ordered for f64 {
    fn rank(self) -> i128 {
        let size = i128::from(self.to_bits() & (u64::MAX >> 1));
        if self.is_sign_negative() { -size } else { size }
    }
    fn nan(self) -> bool {
        self.is_nan()
    }
}
impl Ordered for f32 {
    fn rank(self) -> i128 {
        let size = i128::from(self.to_bits() & (u32::MAX >> 1));
        if self.is_sign_negative() { -size } else { size }
    }
    fn nan(self) -> bool {
        self.is_nan()
    }
}

/// How many numbers apart; NaN equals NaN.
fn distance<T: Ordered>(a: T, b: T) -> i128 {
    if a.nan() || b.nan() { if a.nan() && b.nan() { 0 } else { i128::MAX } } else { (a.rank() - b.rank()).abs() }
}

/// Reference points: (function, width) to rows of hexadecimal numbers.
fn reference() -> BTreeMap<(&'static str, &'static str), Vec<Vec<u64>>> {
    let mut out: BTreeMap<_, Vec<Vec<u64>>> = BTreeMap::new();
    let mut key = ("", "");
    for line in include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/vmath/reference.txt")).lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "=" {
            key = (words[1], words[2]);
        } else {
            out.entry(key).or_default().push(words.iter().map(|w| u64::from_str_radix(w, 16).unwrap()).collect());
        }
    }
    out
}

/// Pseudo-random numbers, the same in every run.
fn randoms(seed: u64) -> impl Iterator<Item = u64> {
    let mut s = seed;
    std::iter::repeat_with(move || {
        s = s.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (s ^ (s >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

const SPECIAL: [f64; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    2.5,
    -2.5,
    1e300,
    -1e300,
    f64::MIN_POSITIVE,
    -5e-324,
    f64::MAX,
    9007199254740993.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

macro_rules! accuracy {
    ($name:ident, $module:ident, $t:ty, $bits:ty, $width:expr, $ulp:expr) => {
        #[test]
        fn $name() {
            let reference = reference();
            let check = |name: &str, f: &dyn Fn(&[$t]) -> $t| {
                let rows = &reference[&(name, $width)];
                assert!(rows.len() >= 90, "{name}: only {} points", rows.len());
                let mut worst = 0;
                let most = if name == "i0" && $width == "64" { 3 } else { $ulp };
                for row in rows {
                    let row: Vec<$t> = row.iter().map(|&b| <$t>::from_bits(b as $bits)).collect();
                    let (args, want) = (&row[..row.len() - 1], row[row.len() - 1]);
                    let got = f(args);
                    // What is left of a difference cannot be more exact than its parts.
                    let larger = args.iter().fold(<$t>::NEG_INFINITY, |m, a| m.max(*a)).abs();
                    let cancelled = name.starts_with("logaddexp") && larger > want.abs();
                    if cancelled && (got - want).abs() <= $ulp as $t * <$t>::EPSILON / 2.0 * larger.max(0.5) {
                        continue;
                    }
                    worst = worst.max(distance(got, want));
                    assert!(distance(got, want) <= most, "{name} of {args:?} is {want:e}, not {got:e}");
                    assert_eq!(got.is_sign_negative(), want.is_sign_negative(), "sign of {name} of {args:?}");
                }
                println!("{name}: at most {worst} ulp");
            };
            for (name, f, ..) in unary!($module, $t) {
                check(name, &|a| f(a[0]));
            }
            for (name, f, _) in binary!($module, $t) {
                check(name, &|a| f(a[0], a[1]));
            }
            check("sinc", &|a| $module::sinc(a[0]));
            check("i0", &|a| $module::i0(a[0]));
            for (name, f) in rare!($module, $t) {
                check(name, &|a| f(a[0], a[1]));
            }
        }
    };
}
accuracy!(reference_double, double, f64, u64, "64", 2);
accuracy!(reference_single, single, f32, u32, "32", 1);

macro_rules! library {
    ($name:ident, $module:ident, $t:ty, $bits:ty, $shift:expr, $ulp:expr, $n:expr) => {
        #[test]
        fn $name() {
            for (name, f, std, low, high) in unary!($module, $t) {
                let mut worst = (0, 0.0);
                for r in randoms(1).take($n) {
                    let u = (r >> 11) as f64 / (1u64 << 53) as f64;
                    for x in [(low + (high - low) * u) as $t, <$t>::from_bits((r >> $shift) as $bits)] {
                        let (got, want) = (f(x), std(x));
                        assert!(distance(got, want) <= $ulp, "{name} of {x:e} is {want:e}, not {got:e}");
                        worst = if distance(got, want) > worst.0 { (distance(got, want), x) } else { worst };
                    }
                }
                println!("{name}: at most {} apart, at {:e}", worst.0, worst.1);
                for x in SPECIAL.map(|x| x as $t) {
                    let (got, want) = (f(x), std(x));
                    assert!(distance(got, want) <= 1, "{name} of {x:e} is {want:e}, not {got:e}");
                    assert!(want.is_nan() || got.is_sign_negative() == want.is_sign_negative(), "sign of {name} of {x:e}");
                }
            }
            for (name, f, std) in binary!($module, $t) {
                for (r, q) in randoms(2).zip(randoms(3)).take($n) {
                    let u = |r: u64| ((r >> 11) as f64 / (1u64 << 53) as f64 * 40.0 - 9.0) as $t;
                    let wide = |r: u64| <$t>::from_bits((r >> $shift) as $bits);
                    for (x, y) in [(u(r), u(q)), (wide(r), wide(q)), (u(r).abs(), u(q)), (wide(r), u(q))] {
                        let (got, want) = (f(x, y), std(x, y));
                        assert!(distance(got, want) <= $ulp, "{name} of {x:e}, {y:e} is {want:e}, not {got:e}");
                    }
                }
                for x in SPECIAL.map(|x| x as $t) {
                    for y in SPECIAL.map(|x| x as $t) {
                        let (got, want) = (f(x, y), std(x, y));
                        assert!(distance(got, want) <= 1, "{name} of {x:e}, {y:e} is {want:e}, not {got:e}");
                        assert!(
                            want.is_nan() || got.is_sign_negative() == want.is_sign_negative(),
                            "sign of {name} of {x:e}, {y:e}"
                        );
                    }
                }
            }
        }
    };
}
library!(library_double, double, f64, u64, 0, 3, 20_000);
library!(library_single, single, f32, u32, 32, 3, 20_000);

#[cfg(target_arch = "x86_64")]
mod instruction_sets;
