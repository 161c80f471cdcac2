//! Distributions over integers. Counts are computed as float64, exact to 2^53.

use super::continuous::Gamma;
use super::likelihood;
use super::stream::Stream;
use crate::kernel::vmath::double::{exp, expm1, log, log1p};

/// Expectations below this are drawn by searching from 0.
const SEARCHED: f64 = 10.0;
/// No search from 0 goes farther: the probability of such a count is below 1e-70.
const FARTHEST: f64 = 110.0;

/// The Poisson distribution: by search, or by transformed rejection with squeeze (Hörmann, "The transformed rejection method for
/// generating Poisson random variables", 1993, algorithm PTRS).
#[derive(Clone, Copy, Debug)]
pub enum Poisson {
    /// Mean and probability of 0.
    Search(f64, f64),
    /// By rejection.
    Reject {
        /// Expectation.
        mean: f64,
        /// The hat.
        hat: Hat,
    },
}

/// The hat of a transformed rejection.
#[derive(Clone, Copy, Debug)]
pub struct Hat {
    a: f64,
    b: f64,
    /// Where it is centred.
    c: f64,
    /// Logarithm of its scale.
    alpha: f64,
    v: f64,
}

impl Hat {
    /// A proposal: the count, and the logarithm of what its probability must reach; None: it is accepted at once.
    #[inline(always)]
    fn propose(&self, s: &mut Stream) -> (f64, Option<f64>) {
        let (u, v) = (s.open() - 0.5, s.open());
        let us = 0.5 - u.abs();
        let k = ((2.0 * self.a / us + self.b) * u + self.c).floor();
        if us >= 0.07 && v <= self.v {
            return (k, None);
        }
        (k, Some(log(v) + self.alpha - log(self.a / (us * us) + self.b)))
    }
}

impl Poisson {
    /// Of a mean that is not negative.
    #[inline(always)]
    pub fn new(mean: f64) -> Poisson {
        if mean < SEARCHED {
            return Poisson::Search(mean, exp(-mean));
        }
        let b = 0.931 + 2.53 * mean.sqrt();
        let alpha = log(1.1239 + 1.1328 / (b - 3.4));
        Poisson::Reject { mean, hat: Hat { a: -0.059 + 0.02483 * b, b, c: mean + 0.43, alpha, v: 0.9277 - 3.6224 / (b - 2.0) } }
    }

    /// A count.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        match *self {
            Poisson::Search(mean, none) => loop {
                let (mut u, mut p, mut k) = (s.open(), none, 0.0);
                while u > p && k < FARTHEST {
                    u -= p;
                    k += 1.0;
                    p *= mean / k;
                }
                if k < FARTHEST {
                    return k;
                }
            },
            Poisson::Reject { mean, hat } => loop {
                match hat.propose(s) {
                    (k, None) => return k,
                    (k, Some(least)) if k >= 0.0 && least <= likelihood::poisson(k, mean) => return k,
                    _ => {}
                }
            },
        }
    }
}

/// The binomial distribution: by search, or by transformed rejection with squeeze (Hörmann, "The generation of binomial random
/// variates", 1993, algorithm BTRS).
#[derive(Clone, Copy, Debug)]
pub struct Binomial {
    n: f64,
    /// At most 1/2.
    p: f64,
    /// Whether failures are counted.
    flipped: bool,
    how: BinomialHow,
}

#[derive(Clone, Copy, Debug)]
enum BinomialHow {
    /// Probability of 0.
    Search(f64),
    Reject {
        hat: Hat,
        /// The logarithm of the largest probability.
        top: f64,
    },
}

impl Binomial {
    /// Of `n` trials (an integer that is not negative) of probability `p`.
    #[inline(always)]
    pub fn new(n: f64, p: f64) -> Binomial {
        let flipped = p > 0.5;
        let p = if flipped { 1.0 - p } else { p };
        if n * p < SEARCHED {
            return Binomial { n, p, flipped, how: BinomialHow::Search(exp(n * log1p(-p))) };
        }
        let spread = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let hat =
            Hat { a: -0.0873 + 0.0248 * b + 0.01 * p, b, c: n * p + 0.5, alpha: log((2.83 + 5.1 / b) * spread), v: 0.92 - 4.2 / b };
        let top = likelihood::binomial(((n + 1.0) * p).floor(), n, p, 1.0 - p);
        Binomial { n, p, flipped, how: BinomialHow::Reject { hat, top } }
    }

    /// A count.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        let (n, p) = (self.n, self.p);
        let k = match self.how {
            BinomialHow::Search(none) => {
                let odds = p / (1.0 - p);
                loop {
                    let (mut u, mut q, mut k) = (s.open(), none, 0.0);
                    while u > q && k < FARTHEST && k < n {
                        u -= q;
                        k += 1.0;
                        q *= (n - k + 1.0) / k * odds;
                    }
                    if k < FARTHEST {
                        break k;
                    }
                }
            }
            BinomialHow::Reject { hat, top } => loop {
                match hat.propose(s) {
                    (k, None) => break k,
                    (k, Some(least)) if k >= 0.0 && k <= n && least <= likelihood::binomial(k, n, p, 1.0 - p) - top => break k,
                    _ => {}
                }
            },
        };
        if self.flipped { n - k } else { k }
    }
}

/// The hypergeometric distribution: one by one, or by the ratio of uniforms (Stadlober, "The ratio of uniforms approach for generating
/// discrete random variates", 1990).
#[derive(Clone, Copy, Debug)]
pub struct Hypergeometric {
    good: f64,
    bad: f64,
    sample: f64,
    /// The smaller of good and bad, the larger, and the smaller of sample and what it leaves.
    few: f64,
    many: f64,
    drawn: f64,
    how: Option<Ratio>,
}

#[derive(Clone, Copy, Debug)]
struct Ratio {
    a: f64,
    h: f64,
    /// Counts from here on are left out: 16 standard deviations from the mean.
    end: f64,
    top: f64,
}

/// Samples up to this size are drawn one by one.
const ONE_BY_ONE: f64 = 10.0;

impl Hypergeometric {
    /// Of `sample` among `good` and `bad`: integers that are not negative, the first at most the sum of the others.
    #[inline(always)]
    pub fn new(good: f64, bad: f64, sample: f64) -> Hypergeometric {
        let all = good + bad;
        let (few, many, drawn) = (good.min(bad), good.max(bad), sample.min(all - sample));
        let how = (drawn > ONE_BY_ONE).then(|| {
            let (p, q) = (few / all, many / all);
            let mean = drawn * p;
            let c = ((all - drawn) / (all - 1.0) * drawn * p * q + 0.5).sqrt();
            let mode = ((drawn + 1.0) * ((few + 1.0) / (all + 2.0))).floor();
            Ratio {
                a: mean + 0.5,
                // 2 sqrt(2/e) and 3 - 2 sqrt(3/e)
                h: 1.715_527_769_921_413_5 * c + 0.898_916_162_058_898_8,
                end: (drawn.min(few) + 1.0).min((mean + 0.5 + 16.0 * c).floor()),
                top: likelihood::hypergeometric(mode, few, many, drawn),
            }
        });
        Hypergeometric { good, bad, sample, few, many, drawn, how }
    }

    /// A count.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        // Of the few, among those that are drawn.
        let k = match self.how {
            None => self.one_by_one(s),
            Some(r) => self.by_ratio(&r, s),
        };
        let good = if self.good > self.bad { self.drawn - k } else { k };
        if self.drawn < self.sample { self.good - good } else { good }
    }

    #[inline(always)]
    fn one_by_one(&self, s: &mut Stream) -> f64 {
        let (mut few, mut all, mut k) = (self.few as u64, (self.few + self.many) as u64, 0.0);
        for _ in 0..self.drawn as u64 {
            if s.below(all) < few {
                few -= 1;
                k += 1.0;
            }
            all -= 1;
        }
        k
    }

    #[inline(always)]
    fn by_ratio(&self, r: &Ratio, s: &mut Stream) -> f64 {
        loop {
            let (u, v) = (s.open(), s.open());
            let x = r.a + r.h * (v - 0.5) / u;
            if x < 0.0 || x >= r.end {
                continue;
            }
            let k = x.floor();
            let t = likelihood::hypergeometric(k, self.few, self.many, self.drawn) - r.top;
            if u * (4.0 - u) - 3.0 <= t || (u * (u - t) < 1.0 && 2.0 * log(u) <= t) {
                return k;
            }
        }
    }
}

/// The logarithmic series distribution of `0 <= p < 1`: Kemp, "Efficient generation of logarithmically distributed pseudo-random
/// variables", 1981, algorithm LK.
#[inline(always)]
pub fn log_series(p: f64, s: &mut Stream) -> f64 {
    let v = s.open();
    if v >= p {
        return 1.0;
    }
    let q = -expm1(log1p(-p) * s.open());
    if v <= q * q {
        return (1.0 + (log(v) / log(q)).floor()).max(1.0);
    }
    if v >= q { 1.0 } else { 2.0 }
}

/// The negative binomial distribution: Poisson of a gamma mean.
#[inline(always)]
pub fn negative_binomial(n: &Gamma, p: f64, s: &mut Stream) -> f64 {
    Poisson::new(n.draw(s) * ((1.0 - p) / p)).draw(s)
}

/// The zeta distribution of `a > 1` among integers that int64 holds: rejection from a continuous Pareto law (Devroye, "Non-uniform
/// random variate generation", 1986, X.6.1), in logarithms so that exponents near 1 keep their digits.
#[derive(Clone, Copy, Debug)]
pub struct Zipf {
    excess: f64,
    /// How much of the uniform numbers leads to integers that are held.
    held: f64,
    b: f64,
}

/// log(2^63)
const LOG_MOST: f64 = 43.668_272_375_276_55;

impl Zipf {
    /// Of an exponent above 1.
    #[inline(always)]
    pub fn new(a: f64) -> Zipf {
        let excess = a - 1.0;
        Zipf { excess, held: expm1(-excess * LOG_MOST), b: expm1(excess * std::f64::consts::LN_2) }
    }

    /// An integer, at least 1.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        if self.excess > 1000.0 {
            return 1.0;
        }
        loop {
            let x = exp(-log1p(s.open() * self.held) / self.excess).floor();
            if !(1.0..9.2e18).contains(&x) {
                continue;
            }
            let step = expm1(self.excess * log1p(1.0 / x));
            if s.open() * x * step / self.b <= (1.0 + step) / (1.0 + self.b) {
                return x;
            }
        }
    }
}
