//! Random numbers by element number: Philox4x64-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3, 2011).
//!
//! The generator is a function of key and counter without state, so that any element of an array can be computed alone.
//! Element `n` is value `n` of the raw stream of `numpy.random.Philox(key=key, counter=0)`: value `n % 4` of the block with
//! counter `n / 4 + 1`. What is made here takes one raw value
//! for an element; integers without bias take more in rare cases, as do the distributions of [`crate::kernel::random`].
//!
//! Invariant: a run of elements ([`fill_raw`] and the like) is bit for bit the elements one by one, for every start, length
//! and instruction set. Deliberately unknown here: arrays, chunks, seeds (a key is two words, however they came about).

use crate::kernel::lanes::Isa;
use crate::kernel::random::stream::{Stream, below_from};
use crate::kernel::vmath::bits::poly;
use crate::kernel::vmath::double::log;
use std::mem::MaybeUninit;

/// Normal numbers made at a time; the raw values stay in the first-level cache.
const RUN: usize = 512;

/// Multipliers of the rounds.
const P: u64 = 0xd2e7_470e_e14c_6c93;
const Q: u64 = 0xca5a_8263_9512_1157;
/// What the key grows by from round to round.
const K_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
const L_STEP: u64 = 0xbb67_ae85_84ca_a73b;

/// The four values for a counter and a key.
#[inline(always)]
pub fn block(counter: [u64; 4], key: [u64; 2]) -> [u64; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let [mut k, mut l] = key;
    for _ in 0..10 {
        let p = u128::from(a) * u128::from(P);
        let q = u128::from(c) * u128::from(Q);
        (a, b, c, d) = ((q >> 64) as u64 ^ b ^ k, q as u64, (p >> 64) as u64 ^ d ^ l, p as u64);
        k = k.wrapping_add(K_STEP);
        l = l.wrapping_add(L_STEP);
    }
    [a, b, c, d]
}

/// The block that holds element `4 fours`.
#[inline(always)]
fn numbered(fours: u64, key: [u64; 2]) -> [u64; 4] {
    block([fours.wrapping_add(1), 0, 0, 0], key)
}

/// Element `n` as 64 random bits.
#[inline(always)]
pub fn raw(n: u64, key: [u64; 2]) -> u64 {
    numbered(n / 4, key)[(n % 4) as usize]
}

/// Element `n` uniformly distributed in [0, 1), a multiple of 2^-53; as `numpy.random.Generator.random` makes it.
#[inline(always)]
pub fn uniform(n: u64, key: [u64; 2]) -> f64 {
    uniform_from(raw(n, key))
}

/// Element `n` of the standard normal distribution: see [`normal_from`].
#[inline(always)]
pub fn normal(n: u64, key: [u64; 2]) -> f64 {
    normal_from(raw(n, key))
}

/// Element `n` uniformly distributed over the integers below `count` (all 2^64 for 0), each with the same probability: Lemire, "Fast
/// random integer generation in an interval", 2019. Where the raw value would be biased, words of the element's own stream follow.
#[inline(always)]
pub fn below(n: u64, key: [u64; 2], count: u64) -> u64 {
    below_of(raw(n, key), n, key, count)
}

#[inline(always)]
fn below_of(raw: u64, n: u64, key: [u64; 2], count: u64) -> u64 {
    let mut more = Stream::new(n, key);
    below_from(raw, count, || more.word())
}

/// A raw value as a number in [0, 1): its upper 53 bits.
#[inline(always)]
pub fn uniform_from(raw: u64) -> f64 {
    // Both halves below the last place of 2^52 and 2^84: the sum is exact, and needs no conversion that only AVX-512 has.
    let upper = f64::from_bits((raw >> 43) | 0x4530_0000_0000_0000) - 19_342_813_113_834_066_795_298_816.0;
    let lower = f64::from_bits(((raw >> 11) & 0xffff_ffff) | 0x4330_0000_0000_0000) - 4_503_599_627_370_496.0;
    (upper + lower) * (1.0 / 9_007_199_254_740_992.0)
}

/// A raw value as a standard normal number: the quantile of a uniform number.
///
/// The upper 52 bits `m` give the probability `(m + 1/2) 2^-52`, which is never 0 or 1, so that numbers lie within +-8.21 and
/// those for `m` and `2^52 - 1 - m` are opposite. The quantile is Wichura's rational approximation (algorithm AS 241, PPND16,
/// 1988), relative error about 1e-15.
#[inline(always)]
pub fn normal_from(raw: u64) -> f64 {
    let q = centred(raw);
    if is_far(q) { quantile_far(q) } else { quantile(q) }
}

/// The probability less 1/2, exactly.
#[inline(always)]
fn centred(raw: u64) -> f64 {
    let one_to_two = f64::from_bits((raw >> 12) | 0x3ff0_0000_0000_0000);
    (one_to_two - 1.5) + f64::EPSILON / 2.0
}

/// Whether the probability `1/2 + q` lies in the outer tails, e^-25 from 0 or 1.
#[inline(always)]
fn is_far(q: f64) -> bool {
    0.5 - q.abs() < 1.388_794_386_496_402e-11
}

/// The quantile of `1/2 + q` where not [`is_far`]; straight-line, so that it vectorises.
#[inline(always)]
fn quantile(q: f64) -> f64 {
    let r = (-q).mul_add(q, 0.180625);
    let centre = q * poly!(
        r,
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7
    );
    let centre_below = poly!(
        r,
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854
    );
    let t = (-log(0.5 - q.abs())).sqrt() - 1.6;
    let tail = poly!(
        t,
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4
    );
    let tail_below = poly!(
        t,
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_8e-9
    );
    let inner = q.abs() <= 0.425;
    (if inner { centre } else { tail.copysign(q) }) / (if inner { centre_below } else { tail_below })
}

/// The quantile of `1/2 + q` where [`is_far`]: one element in 4e10.
#[cold]
fn quantile_far(q: f64) -> f64 {
    let t = (-log(0.5 - q.abs())).sqrt() - 5.0;
    let above = poly!(
        t,
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7
    );
    let below = poly!(
        t,
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15
    );
    (above / below).copysign(q)
}

/// How a raw value becomes an element.
trait Convert: Copy {
    type Out: Copy;

    fn convert(self, raw: u64) -> Self::Out;

    /// The same, by instructions that only AVX-512 has for vectors.
    #[inline(always)]
    fn convert_avx512(self, raw: u64) -> Self::Out {
        self.convert(raw)
    }
}

#[derive(Clone, Copy)]
struct Raw;

impl Convert for Raw {
    type Out = u64;

    #[inline(always)]
    fn convert(self, raw: u64) -> u64 {
        raw
    }
}

#[derive(Clone, Copy)]
struct Uniform;

impl Convert for Uniform {
    type Out = f64;

    #[inline(always)]
    fn convert(self, raw: u64) -> f64 {
        uniform_from(raw)
    }

    #[inline(always)]
    fn convert_avx512(self, raw: u64) -> f64 {
        (raw >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// Elements `first..first + out.len()`, each converted.
fn fill<C: Convert>(first: u64, key: [u64; 2], out: &mut [MaybeUninit<C::Out>], how: C) {
    let ahead = (first.wrapping_neg() % 4).min(out.len() as u64);
    let (head, rest) = out.split_at_mut(ahead as usize);
    for (i, o) in head.iter_mut().enumerate() {
        o.write(how.convert(raw(first.wrapping_add(i as u64), key)));
    }
    let mut counter = first.wrapping_add(ahead) / 4;
    #[cfg(target_arch = "x86_64")]
    let rest = if Isa::detect() == Isa::Avx512 {
        let blocks = if is_x86_feature_detected!("avx512ifma") { wide::blocks_ifma::<C> } else { wide::blocks_avx512::<C> };
        let (whole, rest) = rest.as_chunks_mut();
        // SAFETY: the machine has the features.
        unsafe { blocks(counter, key, whole, how) };
        counter += (wide::WIDE * whole.len()) as u64;
        if rest.len() > wide::WIDE {
            // More than is needed, but in less time.
            let mut more = [[MaybeUninit::uninit(); 4 * wide::WIDE]];
            // SAFETY: as above.
            unsafe { blocks(counter, key, &mut more, how) };
            rest.copy_from_slice(&more[0][..rest.len()]);
            return;
        }
        rest
    } else {
        rest
    };
    for four in rest.chunks_mut(4) {
        for (o, r) in four.iter_mut().zip(numbered(counter, key)) {
            o.write(how.convert(r));
        }
        counter = counter.wrapping_add(1);
    }
}

/// Elements `first..first + out.len()` of [`raw`].
pub fn fill_raw(first: u64, key: [u64; 2], out: &mut [MaybeUninit<u64>]) {
    fill(first, key, out, Raw);
}

/// Elements `first..first + out.len()` of [`uniform`].
pub fn fill_uniform(first: u64, key: [u64; 2], out: &mut [MaybeUninit<f64>]) {
    fill(first, key, out, Uniform);
}

/// Elements `first..first + out.len()` of [`below`], each with its count.
pub fn fill_below(first: u64, key: [u64; 2], counts: &[u64], out: &mut [MaybeUninit<u64>]) {
    let mut buffer = [MaybeUninit::uninit(); RUN];
    let mut n = first;
    for (run, counts) in out.chunks_mut(RUN).zip(counts.chunks(RUN)) {
        let raw = &mut buffer[..run.len()];
        fill_raw(n, key, raw);
        // SAFETY: all of them were written.
        let raw = unsafe { raw.assume_init_ref() };
        for ((o, &r), &count) in run.iter_mut().zip(raw).zip(counts) {
            o.write(below_of(r, n, key, count));
            n = n.wrapping_add(1);
        }
    }
}

/// Elements `first..first + out.len()` of [`normal`].
pub fn fill_normal(first: u64, key: [u64; 2], out: &mut [MaybeUninit<f64>]) {
    let mut buffer = [MaybeUninit::uninit(); RUN];
    let mut n = first;
    for run in out.chunks_mut(RUN) {
        let raw = &mut buffer[..run.len()];
        fill_raw(n, key, raw);
        // SAFETY: all of them were written.
        normals(unsafe { raw.assume_init_ref() }, run);
        n = n.wrapping_add(run.len() as u64);
    }
}

/// [`normal_from`] for a run.
#[inline(always)]
fn normals_here(raw: &[u64], out: &mut [MaybeUninit<f64>]) {
    for (o, &r) in out.iter_mut().zip(raw) {
        o.write(quantile(centred(r)));
    }
    let far = raw.iter().fold(false, |any, &r| any | is_far(centred(r)));
    if far {
        for (o, &r) in out.iter_mut().zip(raw).filter(|(_, r)| is_far(centred(**r))) {
            o.write(quantile_far(centred(r)));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn normals_avx2(raw: &[u64], out: &mut [MaybeUninit<f64>]) {
    normals_here(raw, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
fn normals_avx512(raw: &[u64], out: &mut [MaybeUninit<f64>]) {
    normals_here(raw, out);
}

/// [`normal_from`] for a run, on the machine's best instruction set.
fn normals(raw: &[u64], out: &mut [MaybeUninit<f64>]) {
    match Isa::detect() {
        // SAFETY: the machine has the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { normals_avx512(raw, out) },
        // SAFETY: the machine has the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { normals_avx2(raw, out) },
        _ => normals_here(raw, out),
    }
}

#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod wide;
