//! Logarithms of binomial, Poisson and hypergeometric probabilities, accurate for counts of any size.
//!
//! Saddle-point form: Loader, "Fast and accurate computation of binomial probabilities", 2000. What nearly cancels, a count against
//! its expectation, is computed as one deviance.

use crate::kernel::vmath::double::{log, log1p};

const LOG_2PI: f64 = 1.837_877_066_409_345_3;

/// `log(n! / (sqrt(2 pi n) (n/e)^n))` for `n` from 1 to 15.
const STIRLING: [f64; 15] = [
    0.081_061_466_795_327_26,
    0.041_340_695_955_409_3,
    0.027_677_925_684_998_34,
    0.020_790_672_103_765_093,
    0.016_644_691_189_821_193,
    0.013_876_128_823_070_748,
    0.011_896_709_945_891_77,
    0.010_411_265_261_972_096,
    0.009_255_462_182_712_733,
    0.008_330_563_433_362_87,
    0.007_573_675_487_951_841,
    0.006_942_840_107_209_53,
    0.006_408_994_188_004_207,
    0.005_951_370_112_758_847_5,
    0.005_554_733_551_962_801,
];

/// The error of Stirling's formula for `log n!`, `n` at least 1.
#[inline(always)]
fn stirling_error(n: f64) -> f64 {
    if n <= 15.0 {
        return STIRLING[(n as usize).clamp(1, 15) - 1];
    }
    let s = 1.0 / (n * n);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / n
}

/// `x log(x/m) + m - x`, not negative; `x` and `m` positive.
#[inline(always)]
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * log(x / m) + m - x;
    }
    // Terms fall by a factor of 100 or more.
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..12 {
        term *= v * v;
        sum += term / f64::from(2 * j + 1);
    }
    sum
}

/// Of `k` events where `mean` are expected.
#[inline(always)]
pub fn poisson(k: f64, mean: f64) -> f64 {
    if k == 0.0 {
        return -mean;
    }
    -stirling_error(k) - deviance(k, mean) - 0.5 * (LOG_2PI + log(k))
}

/// Of `k` successes in `n` trials of probability `p` (and `q = 1 - p`), both positive.
#[inline(always)]
pub fn binomial(k: f64, n: f64, p: f64, q: f64) -> f64 {
    let all = |n: f64, p: f64, q: f64| if q < 0.1 { -deviance(n, n * p) - n * q } else { n * log(p) };
    if n == 0.0 {
        return 0.0;
    }
    if k == 0.0 {
        return all(n, q, p);
    }
    if k == n {
        return all(n, p, q);
    }
    let errors = stirling_error(n) - stirling_error(k) - stirling_error(n - k);
    errors - deviance(k, n * p) - deviance(n - k, n * q) - 0.5 * (LOG_2PI + log(k) + log1p(-k / n))
}

/// Of `k` good ones among `sample` of `good` and `bad`, up to a constant.
#[inline(always)]
pub fn hypergeometric(k: f64, good: f64, bad: f64, sample: f64) -> f64 {
    let all = good + bad;
    let (p, q) = (sample / all, (all - sample) / all);
    binomial(k, good, p, q) + binomial(sample - k, bad, p, q)
}
