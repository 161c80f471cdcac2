//! Reduction of large arguments by multiples of pi/2 in whole numbers (Payne and Hanek, 1983).

use super::bits::{fast_sum, two_product};
use super::trig::{PI_2_A, PI_2_B};

/// 2/pi in binary, after one word of zeros.
const TWO_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0000,
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
];

/// The 64 bits of the table from bit `at` on.
fn word(at: usize) -> u64 {
    let (i, shift) = (at / 64, at % 64);
    if shift == 0 { TWO_OVER_PI[i] } else { (TWO_OVER_PI[i] << shift) | (TWO_OVER_PI[i + 1] >> (64 - shift)) }
}

/// `x - k pi/2` as an unevaluated sum and the low bits of k, for finite x of at least 2^24.
pub fn reduce(x: f64) -> (f64, f64, u64) {
    let bits = x.to_bits();
    // x = +-m 2^e. Bits of 2^e 2/pi that weigh 4 or more add multiples of 4 to k: the window opens below them.
    let m = u128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let at = 64 + ((bits >> 52) & 0x7ff) as usize - 1075 - 2;
    let low = m * u128::from(word(at + 128));
    let middle = m * u128::from(word(at + 64)) + (low >> 64);
    let high = m.wrapping_mul(u128::from(word(at))) + (middle >> 64);
    let (a, b, c) = (high as u64, middle as u64, low as u64);
    // a, b, c hold two bits of k and a fraction; as a signed number the fraction lies in -1/2..1/2.
    let fraction = (u128::from(a) << 66) | (u128::from(b) << 2) | u128::from(c >> 62);
    let c = c << 2;
    let negative = fraction >> 127 == 1;
    let k = (a >> 62) + u64::from(negative);
    let (fraction, c) = if negative { (!fraction, !c) } else { (fraction, c) };
    let lead = fraction.leading_zeros().min(64);
    let fraction = (fraction << lead) | (u128::from(c) << lead >> 64);
    let unit = super::bits::pow2(-f64::from(lead) - 128.0);
    let (f, fl) = (((fraction >> 75) << 75) as f64 * unit, (fraction & ((1 << 75) - 1)) as f64 * unit);
    let (r, rl) = two_product(f, PI_2_A);
    let (r, rl) = fast_sum(r, rl + f.mul_add(PI_2_B, fl * PI_2_A));
    match (negative, x < 0.0) {
        (true, false) => (-r, -rl, k),
        (false, false) => (r, rl, k),
        (true, true) => (r, rl, k.wrapping_neg()),
        (false, true) => (-r, -rl, k.wrapping_neg()),
    }
}
