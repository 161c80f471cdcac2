//! Runs of elements, drawn one by one, each from its own stream.
//!
//! Invariant: an element's number follows from its number in the array, the key and its parameters, wherever a run begins.

use super::Distribution;
use super::continuous::{Beta, Gamma, VonMises, wald};
use super::discrete::{Binomial, Hypergeometric, Poisson, Zipf, log_series, negative_binomial};
use super::stream::Stream;
use crate::kernel::lanes::Isa;

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

/// A distribution with its parameters, made ready. All of it must be `#[inline(always)]`: every kind is compiled once per
/// instruction set, in a function of its own.
trait Sampler: Copy {
    /// Of parameters that the distribution takes.
    fn new(p: Parameters) -> Self;
    /// A number of this distribution.
    fn draw(&self, s: &mut Stream) -> f64;
}

type Parameters = [f64; Distribution::MOST_PARAMETERS];

/// Defines samplers: name, doc, fields and how they follow from the parameters, and how a number is drawn.
macro_rules! samplers {
    ($($name:ident($($field:ident: $t:ty),+) $doc:literal, |$p:ident| $new:expr, |$s:ident| $draw:expr;)+) => { $(
        #[doc = $doc]
        #[derive(Clone, Copy)]
        struct $name { $($field: $t),+ }

        impl Sampler for $name {
            #[inline(always)]
            fn new($p: Parameters) -> $name {
                let ($($field,)+) = $new;
                $name { $($field),+ }
            }

            #[inline(always)]
            fn draw(&self, $s: &mut Stream) -> f64 {
                let $name { $($field),+ } = *self;
                $draw
            }
        }
    )+ };
}

samplers! {
    ScaledGamma(g: Gamma, scale: f64) "A gamma number times a factor.",
        |p| (Gamma::new(p[0]), p[1]), |s| g.draw(s) * scale;
    ChiSquare(g: Gamma) "Twice a gamma number.",
        |p| (Gamma::new(0.5 * p[0]),), |s| 2.0 * g.draw(s);
    Betas(b: Beta) "Beta.",
        |p| (Beta::new(p[0], p[1]),), |s| b.draw(s);
    NoncentralChiSquare(n: Noncentral) "Noncentral chi-square.",
        |p| (Noncentral::new(p[0], p[1]),), |s| n.draw(s);
    F(a: Gamma, b: Gamma, factor: f64) "Ratio of two gamma numbers, times a factor.",
        |p| (Gamma::new(0.5 * p[0]), Gamma::new(0.5 * p[1]), p[1] / p[0]), |s| a.draw(s) / b.draw(s) * factor;
    NoncentralF(a: Noncentral, b: Gamma, factor: f64) "Ratio of a noncentral chi-square and a gamma number, times a factor.",
        |p| (Noncentral::new(p[0], p[2]), Gamma::new(0.5 * p[1]), 0.5 * p[1] / p[0]), |s| a.draw(s) / b.draw(s) * factor;
    StudentT(g: Gamma, factor: f64) "Normal over the root of a gamma number, times a factor.",
        |p| (Gamma::new(0.5 * p[0]), (0.5 * p[0]).sqrt()), |s| s.normal() / g.draw(s).sqrt() * factor;
    Angle(mu: f64, v: VonMises) "Von Mises.",
        |p| (p[0], VonMises::new(p[1])), |s| v.draw(mu, s);
    Wald(mean: f64, scale: f64) "Wald.",
        |p| (p[0], p[1]), |s| wald(mean, scale, s);
    Poissons(p: Poisson) "Poisson.",
        |p| (Poisson::new(p[0]),), |s| p.draw(s);
    Binomials(b: Binomial) "Binomial.",
        |p| (Binomial::new(p[0], p[1]),), |s| b.draw(s);
    NegativeBinomial(g: Gamma, p: f64) "Negative binomial.",
        |p| (Gamma::new(p[0]), p[1]), |s| negative_binomial(&g, p, s);
    Hypergeometrics(h: Hypergeometric) "Hypergeometric.",
        |p| (Hypergeometric::new(p[0], p[1], p[2]),), |s| h.draw(s);
    LogSeries(p: f64) "Logarithmic series.",
        |p| (p[0],), |s| log_series(p, s);
    Zipfs(z: Zipf) "Zeta.",
        |p| (Zipf::new(p[0]),), |s| z.draw(s);
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
    /// Draws the run; NaN where the distribution is none that is drawn by rejection.
    pub fn fill(&self, out: &mut [f64]) {
        match self.distribution {
            Distribution::Gamma => self.run::<ScaledGamma>(out),
            Distribution::Beta => self.run::<Betas>(out),
            Distribution::ChiSquare => self.run::<ChiSquare>(out),
            Distribution::NoncentralChiSquare => self.run::<NoncentralChiSquare>(out),
            Distribution::F => self.run::<F>(out),
            Distribution::NoncentralF => self.run::<NoncentralF>(out),
            Distribution::StandardT => self.run::<StudentT>(out),
            Distribution::VonMises => self.run::<Angle>(out),
            Distribution::Wald => self.run::<Wald>(out),
            Distribution::Poisson => self.run::<Poissons>(out),
            Distribution::Binomial => self.run::<Binomials>(out),
            Distribution::NegativeBinomial => self.run::<NegativeBinomial>(out),
            Distribution::Hypergeometric => self.run::<Hypergeometrics>(out),
            Distribution::LogSeries => self.run::<LogSeries>(out),
            Distribution::Zipf => self.run::<Zipfs>(out),
            _ => out.fill(f64::NAN),
        }
    }

    fn run<S: Sampler>(&self, out: &mut [f64]) {
        #[cfg(target_arch = "x86_64")]
        if Isa::detect() >= Isa::Avx2 {
            // SAFETY: the machine has the features.
            unsafe { self.run_fma::<S>(out) };
            return;
        }
        self.run_here::<S>(out);
    }

    /// The same with fused multiplication and addition in one instruction; the results are the same bits.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_fma<S: Sampler>(&self, out: &mut [f64]) {
        self.run_here::<S>(out);
    }

    #[inline(always)]
    fn run_here<S: Sampler>(&self, out: &mut [f64]) {
        let at = |i: usize| self.parameters.map(|p| if p.len() > 1 { p[i] } else { p.first().copied().unwrap_or(0.0) });
        let mut now = at(0);
        let mut sampler = S::new(now);
        for (i, o) in out.iter_mut().enumerate() {
            let p = at(i);
            if p != now {
                now = p;
                sampler = S::new(now);
            }
            *o = sampler.draw(&mut Stream::new(self.first.wrapping_add(i as u64), self.key));
        }
    }
}
