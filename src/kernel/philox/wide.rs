//! Many blocks at once, in vector registers. The words of a block are the same as those of [`super::block`].

use super::{Convert, K_STEP, L_STEP, P, Q};
use std::arch::x86_64::{
    _mm512_add_epi64, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64, _mm512_mullo_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_slli_epi64, _mm512_srli_epi64, _mm512_storeu_si512,
};
use std::mem::MaybeUninit;

/// Blocks that are computed at once, in columns of words; several registers of each keep the multipliers busy.
pub(super) const WIDE: usize = 32;
type Column = [u64; WIDE];

#[inline(always)]
fn column(f: impl Fn(usize) -> u64) -> Column {
    std::array::from_fn(f)
}

/// How vector units multiply words.
trait Multiply {
    /// Upper and lower words of the products with `m`.
    fn multiply(x: Column, m: u64) -> (Column, Column);
}

/// By 32-bit products.
struct Halves;

impl Multiply for Halves {
    #[inline(always)]
    fn multiply(x: Column, m: u64) -> (Column, Column) {
        const LOW: u64 = 0xffff_ffff;
        let (mut upper, mut lower) = ([0; WIDE], [0; WIDE]);
        let (c, d) = (m & LOW, m >> 32);
        for j in 0..WIDE {
            let (a, b) = (x[j] & LOW, x[j] >> 32);
            let (ac, ad, bc) = (a * c, a * d, b * c);
            let middle = (ac >> 32) + (ad & LOW) + bc;
            upper[j] = b * d + (ad >> 32) + (middle >> 32);
            lower[j] = (middle << 32) | (ac & LOW);
        }
        (upper, lower)
    }
}

/// By 52-bit products with addition: fewer instructions. Only for functions compiled with AVX-512 IFMA.
struct Fused;

impl Multiply for Fused {
    #[inline(always)]
    fn multiply(x: Column, m: u64) -> (Column, Column) {
        let (mut upper, mut lower) = ([0; WIDE], [0; WIDE]);
        for at in (0..WIDE).step_by(8) {
            // With x = x0 + 2^52 x1 and m alike, the product is lo(x0 m0) + 2^52 middle + 2^104 top.
            // SAFETY: the machine has the features, and a column is made of whole registers.
            unsafe {
                let x0 = _mm512_loadu_si512(x.as_ptr().add(at).cast());
                let (m0, m1) = (_mm512_set1_epi64(m as i64), _mm512_set1_epi64((m >> 52) as i64));
                let (x1, zero) = (_mm512_srli_epi64::<52>(x0), _mm512_setzero_si512());
                let middle = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, x0, m0), x0, m1);
                let middle = _mm512_madd52lo_epu64(middle, x1, m0);
                let top = _mm512_madd52lo_epu64(_mm512_madd52hi_epu64(zero, x0, m1), x1, m1);
                let top = _mm512_madd52hi_epu64(top, x1, m0);
                let high = _mm512_add_epi64(_mm512_srli_epi64::<12>(middle), _mm512_slli_epi64::<40>(top));
                _mm512_storeu_si512(upper.as_mut_ptr().add(at).cast(), high);
                _mm512_storeu_si512(lower.as_mut_ptr().add(at).cast(), _mm512_mullo_epi64(x0, m0));
            }
        }
        (upper, lower)
    }
}

/// Blocks `fours..`, `WIDE` at a time.
#[inline(always)]
fn blocks<M: Multiply, C: Convert>(fours: u64, key: [u64; 2], out: &mut [[MaybeUninit<C::Out>; 4 * WIDE]], how: C) {
    // The first round of a counter whose upper words are 0 leaves `a` and `b` the same for all, which spares half of the second.
    let [k, l] = key;
    let same = u128::from(k) * u128::from(P);
    let k_then = k.wrapping_add(K_STEP);
    let l_then = l.wrapping_add(L_STEP);
    for (i, o) in out.iter_mut().enumerate() {
        let first = fours + 1 + (WIDE * i) as u64;
        let (ph, pl) = M::multiply(column(|j| first + j as u64), P);
        let (qh, mut b) = M::multiply(column(|j| ph[j] ^ l), Q);
        let mut a = column(|j| qh[j] ^ k_then);
        let mut c = column(|j| (same >> 64) as u64 ^ pl[j] ^ l_then);
        let mut d = [same as u64; WIDE];
        let [mut k, mut l] = [k_then, l_then];
        for _ in 2..10 {
            k = k.wrapping_add(K_STEP);
            l = l.wrapping_add(L_STEP);
            let (ph, pl) = M::multiply(a, P);
            let (qh, ql) = M::multiply(c, Q);
            (a, c) = (column(|j| qh[j] ^ b[j] ^ k), column(|j| ph[j] ^ d[j] ^ l));
            (b, d) = (ql, pl);
        }
        for j in 0..WIDE {
            for (o, r) in o[4 * j..4 * j + 4].iter_mut().zip([a[j], b[j], c[j], d[j]]) {
                o.write(how.convert_avx512(r));
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn blocks_avx512<C: Convert>(fours: u64, key: [u64; 2], out: &mut [[MaybeUninit<C::Out>; 4 * WIDE]], how: C) {
    blocks::<Halves, C>(fours, key, out, how);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512ifma")]
pub(super) fn blocks_ifma<C: Convert>(fours: u64, key: [u64; 2], out: &mut [[MaybeUninit<C::Out>; 4 * WIDE]], how: C) {
    blocks::<Fused, C>(fours, key, out, how);
}
