//! The bits of a result are the same on every instruction set, also for NaN, whether an element is computed alone or in a block.

use super::{SPECIAL, randoms};
use crate::kernel::vmath::{double, single};

/// Arguments from the whole range and from where most functions have most of their values, and the special ones.
fn arguments() -> Vec<(f64, f64)> {
    let unit = |r: u64| (r >> 11) as f64 / (1u64 << 53) as f64;
    let mut out: Vec<(f64, f64)> = SPECIAL.iter().flat_map(|&x| SPECIAL.iter().map(move |&y| (x, y))).collect();
    // NaNs with payloads and signs, which operations pass on in an order that the compiler chooses.
    let odd = [f64::from_bits(0xfff8_0000_1234_0000), f64::from_bits(0x7ff8_dead_0000_0000), -f64::NAN];
    out.extend(odd.iter().flat_map(|&x| odd.iter().map(move |&y| (x, y))));
    for (r, q) in randoms(7).zip(randoms(8)).take(3000) {
        out.push((f64::from_bits(r), f64::from_bits(q)));
        out.push((unit(r) * 2.0 - 1.0, unit(q)));
        out.push((unit(r) * 40.0 - 20.0, unit(q) * 9.0 - 3.0));
    }
    out
}

macro_rules! same {
    ($t:ty, $xs:expr, $($name:expr => $f:expr;)+) => {{
        let xs: Vec<($t, $t)> = $xs.iter().map(|&(x, y)| (x as $t, y as $t)).collect();
        $({
            #[target_feature(enable = "avx2,fma")]
            fn avx2(xs: &[($t, $t)], out: &mut [$t]) {
                for (o, &(x, y)) in out.iter_mut().zip(xs) {
                    *o = $f(x, y);
                }
            }
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
            fn avx512(xs: &[($t, $t)], out: &mut [$t]) {
                for (o, &(x, y)) in out.iter_mut().zip(xs) {
                    *o = $f(x, y);
                }
            }
            let mut out = vec![0.0; xs.len()];
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the machine has the features.
                unsafe { avx2(&xs, &mut out) };
                check($name, "avx2", &xs, &out, |x, y| $f(x, y));
            }
            if ["avx512f", "avx512bw", "avx512dq", "avx512vl"].iter().all(|f| has(f)) {
                // SAFETY: the machine has the features.
                unsafe { avx512(&xs, &mut out) };
                check($name, "avx512", &xs, &out, |x, y| $f(x, y));
            }
        })+
    }};
}

fn has(feature: &str) -> bool {
    match feature {
        "avx512f" => is_x86_feature_detected!("avx512f"),
        "avx512bw" => is_x86_feature_detected!("avx512bw"),
        "avx512dq" => is_x86_feature_detected!("avx512dq"),
        "avx512vl" => is_x86_feature_detected!("avx512vl") && is_x86_feature_detected!("fma"),
        _ => false,
    }
}

trait Bits: Copy + std::fmt::Debug {
    fn bits(self) -> u64;
}
impl Bits for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
}
impl Bits for f32 {
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

fn check<T: Bits>(name: &str, isa: &str, xs: &[(T, T)], out: &[T], f: impl Fn(T, T) -> T) {
    for (&(x, y), &got) in xs.iter().zip(out) {
        assert_eq!(got.bits(), f(x, y).bits(), "{name} of {x:?}, {y:?} on {isa}");
    }
}

macro_rules! all {
    ($t:ty, $m:ident, $xs:expr) => {
        same!($t, $xs,
            "exp" => |x, _| $m::exp(x);
            "exp2" => |x, _| $m::exp2(x);
            "expm1" => |x, _| $m::expm1(x);
            "log" => |x, _| $m::log(x);
            "log2" => |x, _| $m::log2(x);
            "log10" => |x, _| $m::log10(x);
            "log1p" => |x, _| $m::log1p(x);
            "sin" => |x, _| $m::sin_fast(x);
            "cos" => |x, _| $m::cos_fast(x);
            "tan" => |x, _| $m::tan_fast(x);
            "sin, any size" => |x, _| $m::sin(x);
            "asin" => |x, _| $m::asin(x);
            "acos" => |x, _| $m::acos(x);
            "atan" => |x, _| $m::atan(x);
            "sinh" => |x, _| $m::sinh(x);
            "cosh" => |x, _| $m::cosh(x);
            "tanh" => |x, _| $m::tanh(x);
            "asinh" => |x, _| $m::asinh(x);
            "acosh" => |x, _| $m::acosh(x);
            "atanh" => |x, _| $m::atanh(x);
            "cbrt" => |x, _| $m::cbrt(x);
            "pow" => |x, y| $m::pow(x, y);
            "atan2" => |x, y| $m::atan2(x, y);
            "hypot" => |x, y| $m::hypot(x, y);
            "sinc" => |x, _| $m::sinc(x);
            "i0" => |x, _| $m::i0(x);
            "logaddexp" => |x, y| $m::logaddexp(x, y);
            "logaddexp2" => |x, y| $m::logaddexp2(x, y);
            "ldexp" => |x, y| $m::ldexp(x, y);
        )
    };
}

#[test]
fn same_bits_double() {
    all!(f64, double, arguments());
}

#[test]
fn same_bits_single() {
    all!(f32, single, arguments());
}
