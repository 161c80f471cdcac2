//! Every row against NumPy, plain Rust and itself on other instruction sets; whole programs against one value at a time.

mod fixture;
mod programs;
mod rows;

use crate::base::{C64, C128, DType, Scalar};
use crate::chunk::{BufferMut, Tensor};
use crate::for_dtype;
use crate::kernel::compile::Compiled;
use crate::kernel::element::ElementOp;
use crate::kernel::lanes::Isa;
use crate::kernel::program::{Builder, Program};
use crate::kernel::run::Placement;

/// Numbers without pattern.
struct Noise(u64);

impl Noise {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Special values of a dtype, as far as a scalar holds them.
fn specials(dtype: DType) -> Vec<Scalar> {
    match dtype {
        DType::Bool => vec![Scalar::Bool(false), Scalar::Bool(true)],
        DType::F32 | DType::F64 => [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            2.5,
            -3.7,
            1e30,
            -1e300,
            1e-310,
            1e10,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MAX,
            f64::MIN_POSITIVE,
        ]
        .map(Scalar::F64)
        .to_vec(),
        d if d.is_complex() => {
            let parts = [0.0, -0.0, 1.0, -2.5, 1e30, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
            parts.iter().flat_map(|&re| parts.map(|im| Scalar::C128(re, im))).collect()
        }
        d if d.is_signed() => {
            let high = i64::MAX >> (64 - 8 * d.size());
            [0, 1, -1, 2, 7, -7, high, -high, -high - 1].map(Scalar::I64).to_vec()
        }
        d => {
            let high = u64::MAX >> (64 - 8 * d.size());
            [0, 1, 2, 7, 8, 63, high, high - 1, high / 2].map(Scalar::U64).to_vec()
        }
    }
}

/// `n` elements of a dtype: some special, some drawn from `domain`.
fn elements(noise: &mut Noise, dtype: DType, n: usize, domain: (f64, f64)) -> Tensor {
    let special = specials(dtype);
    let mut b = BufferMut::zeroed(n * dtype.size());
    for_dtype!(dtype, T => {
        for o in b.elements_mut::<T>() {
            let s = if noise.below(8) == 0 {
                special[noise.below(special.len())]
            } else {
                let mut drawn = || domain.0 + (domain.1 - domain.0) * noise.unit();
                if dtype.is_complex() { Scalar::C128(drawn(), drawn()) } else { Scalar::F64(drawn()) }
            };
            *o = <T as crate::base::Element>::from_scalar(s);
        }
    });
    Tensor::new(dtype, &[n], b.freeze()).unwrap()
}

/// The bits of the elements in C order, one value standing for every NaN.
fn bits(t: &Tensor) -> Vec<u64> {
    let t = t.contiguous();
    match t.dtype() {
        DType::F64 => t.as_slice::<f64>().unwrap().iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect(),
        DType::F32 => {
            t.as_slice::<f32>().unwrap().iter().map(|v| if v.is_nan() { u64::MAX } else { u64::from(v.to_bits()) }).collect()
        }
        DType::C64 => {
            let plain = |v: f32| if v.is_nan() { u32::MAX } else { v.to_bits() };
            let pair = |v: &C64| u64::from(plain(v.re)) << 32 | u64::from(plain(v.im));
            t.as_slice::<C64>().unwrap().iter().map(pair).collect()
        }
        DType::C128 => {
            let plain = |v: f64| if v.is_nan() { u64::MAX } else { v.to_bits() };
            t.as_slice::<C128>().unwrap().iter().flat_map(|v| [plain(v.re), plain(v.im)]).collect()
        }
        DType::Bool => t.as_slice::<bool>().unwrap().iter().map(|&v| u64::from(v)).collect(),
        d if d.is_signed() => for_dtype!(d, T => t
            .as_slice::<T>()
            .unwrap()
            .iter()
            .map(|&v| match v.into() {
                Scalar::I64(v) => v as u64,
                other => panic!("{other:?}"),
            })
            .collect()),
        d => for_dtype!(d, T => t
            .as_slice::<T>()
            .unwrap()
            .iter()
            .map(|&v| match v.into() {
                Scalar::U64(v) => v,
                other => panic!("{other:?}"),
            })
            .collect()),
    }
}

/// Runs a compiled program on a chunk that is the whole array.
fn run(c: &Compiled, inputs: &[Tensor], shape: &[usize]) -> Tensor {
    c.run(inputs, &Placement { origin: &vec![0; shape.len()], shape }).unwrap()
}

/// The program of one operation on inputs of these dtypes; None where it does not take them.
fn program_of(op: &'static ElementOp, dtypes: &[DType]) -> Option<Program> {
    let mut b = Builder::new();
    let slots: Vec<_> = dtypes.iter().map(|&d| b.input(d)).collect();
    let v = b.apply(op, &slots).ok()?;
    Some(b.finish(v))
}

/// The instruction sets of this machine.
fn isas() -> impl Iterator<Item = Isa> {
    Isa::ALL.into_iter().filter(|i| i.is_available())
}
