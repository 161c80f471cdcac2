//! Runs of elements, drawn one by one, each from its own stream.
//!
//! Invariant: an element's number follows from its number in the array, the key and its parameters, wherever a run begins.

use super::Distribution;
use super::continuous::{Beta, Gamma, VonMises, wald};
use super::discrete::{Binomial, Hypergeometric, Poisson, Zipf, log_series, negative_binomial};
use super::stream::Stream;
use crate::kernel::lanes::Isa;

/// A distribution with its parameters, made ready.
#[derive(Clone, Copy, Debug)]
pub enum Sampler {
    /// Gamma number times a factor.
    Gamma(Gamma, f64),
    /// Beta.
    Beta(Beta),
    /// Noncentral chi-square.
    Noncentral(Noncentral),
    /// Ratio of two gamma numbers, times a factor.
    Ratio(Gamma, Gamma, f64),
    /// Ratio of a noncentral chi-square and a gamma number, times a factor.
    NoncentralRatio(Noncentral, Gamma, f64),
    /// Normal over the root of a gamma number, times a factor.
    StudentT(Gamma, f64),
    /// Angle and distribution around it.
    VonMises(f64, VonMises),
    /// Mean and scale.
    Wald(f64, f64),
    /// Poisson.
    Poisson(Poisson),
    /// Binomial.
    Binomial(Binomial),
    /// Gamma number and probability.
    NegativeBinomial(Gamma, f64),
    /// Hypergeometric.
    Hypergeometric(Hypergeometric),
    /// Probability.
    LogSeries(f64),
    /// Zeta.
    Zipf(Zipf),
    /// Always the same number: a distribution that is not drawn by rejection.
    Never,
}

/// A noncentral chi-square distribution: a central one of a degree less and a shifted normal number, squared; below one degree a
/// central one of a random degree.
#[derive(Clone, Copy, Debug)]
pub enum Noncentral {
    /// Half a chi-square number, and the root of the noncentrality.
    Shifted(Gamma, f64),
    /// Degrees, and half the noncentrality.
    Mixed(f64, Poisson),
}

impl Noncentral {
    #[inline(always)]
    fn new(df: f64, nonc: f64) -> Noncentral {
        if df > 1.0 {
            Noncentral::Shifted(Gamma::new(0.5 * (df - 1.0)), nonc.sqrt())
        } else {
            Noncentral::Mixed(df, Poisson::new(0.5 * nonc))
        }
    }

    #[inline(always)]
    fn draw(&self, s: &mut Stream) -> f64 {
        match self {
            Noncentral::Shifted(rest, shift) => {
                let z = s.normal() + shift;
                2.0 * rest.draw(s) + z * z
            }
            Noncentral::Mixed(df, more) => 2.0 * Gamma::new(0.5 * df + more.draw(s)).draw(s),
        }
    }
}

impl Sampler {
    /// Of parameters that the distribution takes.
    #[inline(always)]
    pub fn new(distribution: Distribution, p: [f64; Distribution::MOST_PARAMETERS]) -> Sampler {
        match distribution {
            Distribution::Gamma => Sampler::Gamma(Gamma::new(p[0]), p[1]),
            Distribution::Beta => Sampler::Beta(Beta::new(p[0], p[1])),
            Distribution::ChiSquare => Sampler::Gamma(Gamma::new(0.5 * p[0]), 2.0),
            Distribution::NoncentralChiSquare => Sampler::Noncentral(Noncentral::new(p[0], p[1])),
            Distribution::F => Sampler::Ratio(Gamma::new(0.5 * p[0]), Gamma::new(0.5 * p[1]), p[1] / p[0]),
            Distribution::NoncentralF => {
                Sampler::NoncentralRatio(Noncentral::new(p[0], p[2]), Gamma::new(0.5 * p[1]), 0.5 * p[1] / p[0])
            }
            Distribution::StandardT => Sampler::StudentT(Gamma::new(0.5 * p[0]), (0.5 * p[0]).sqrt()),
            Distribution::VonMises => Sampler::VonMises(p[0], VonMises::new(p[1])),
            Distribution::Wald => Sampler::Wald(p[0], p[1]),
            Distribution::Poisson => Sampler::Poisson(Poisson::new(p[0])),
            Distribution::Binomial => Sampler::Binomial(Binomial::new(p[0], p[1])),
            Distribution::NegativeBinomial => Sampler::NegativeBinomial(Gamma::new(p[0]), p[1]),
            Distribution::Hypergeometric => Sampler::Hypergeometric(Hypergeometric::new(p[0], p[1], p[2])),
            Distribution::LogSeries => Sampler::LogSeries(p[0]),
            Distribution::Zipf => Sampler::Zipf(Zipf::new(p[0])),
            _ => Sampler::Never,
        }
    }

    /// A number of this distribution.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        match self {
            Sampler::Gamma(g, scale) => g.draw(s) * scale,
            Sampler::Beta(b) => b.draw(s),
            Sampler::Noncentral(n) => n.draw(s),
            Sampler::Ratio(a, b, factor) => a.draw(s) / b.draw(s) * factor,
            Sampler::NoncentralRatio(a, b, factor) => a.draw(s) / b.draw(s) * factor,
            Sampler::StudentT(g, factor) => s.normal() / g.draw(s).sqrt() * factor,
            Sampler::VonMises(mu, v) => v.draw(*mu, s),
            Sampler::Wald(mean, scale) => wald(*mean, *scale, s),
            Sampler::Poisson(p) => p.draw(s),
            Sampler::Binomial(b) => b.draw(s),
            Sampler::NegativeBinomial(g, p) => negative_binomial(g, *p, s),
            Sampler::Hypergeometric(h) => h.draw(s),
            Sampler::LogSeries(p) => log_series(*p, s),
            Sampler::Zipf(z) => z.draw(s),
            Sampler::Never => f64::NAN,
        }
    }
}

/// A run of elements to draw.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// The distribution, one that is drawn by rejection.
    pub distribution: Distribution,
    /// The key of the draw.
    pub key: [u64; 2],
    /// Number of the first element.
    pub first: u64,
    /// The parameters, each one value or one for every element, and all as the distribution takes them.
    pub parameters: [&'a [f64]; Distribution::MOST_PARAMETERS],
}

impl Draw<'_> {
    /// Draws the run.
    pub fn fill(&self, out: &mut [f64]) {
        #[cfg(target_arch = "x86_64")]
        if Isa::detect() >= Isa::Avx2 {
            // SAFETY: the machine has the features.
            unsafe { self.fill_fma(out) };
            return;
        }
        self.fill_here(out);
    }

    /// The same with fused multiplication and addition in one instruction; the results are the same bits.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn fill_fma(&self, out: &mut [f64]) {
        self.fill_here(out);
    }

    #[inline(always)]
    fn fill_here(&self, out: &mut [f64]) {
        let at = |i: usize| self.parameters.map(|p| if p.len() > 1 { p[i] } else { p.first().copied().unwrap_or(0.0) });
        let mut now = at(0);
        let mut sampler = Sampler::new(self.distribution, now);
        for (i, o) in out.iter_mut().enumerate() {
            let p = at(i);
            if p != now {
                now = p;
                sampler = Sampler::new(self.distribution, now);
            }
            *o = sampler.draw(&mut Stream::new(self.first.wrapping_add(i as u64), self.key));
        }
    }
}
