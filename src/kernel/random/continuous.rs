//! Continuous distributions by rejection.

use super::stream::Stream;
use crate::kernel::vmath::double::{acos, cos, exp, log};
use std::f64::consts::PI;

/// The gamma distribution of scale 1: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes below 1 by
/// the factor `U^(1/shape)` given there.
#[derive(Clone, Copy, Debug)]
pub struct Gamma {
    d: f64,
    c: f64,
    /// 1 / shape where that is below 1; infinite for a shape of 0; else 0.
    boost: f64,
}

impl Gamma {
    /// Of a shape that is not negative.
    #[inline(always)]
    pub fn new(shape: f64) -> Gamma {
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        Gamma { d, c: 1.0 / (9.0 * d).sqrt(), boost: if shape < 1.0 { 1.0 / shape } else { 0.0 } }
    }

    /// A number of this distribution.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        let g = self.boosted(s);
        if self.boost == 0.0 { g } else { g * exp(-s.exponential() * self.boost) }
    }

    /// Its logarithm, which is finite also where the number itself is too small for a float.
    #[inline(always)]
    pub fn draw_log(&self, s: &mut Stream) -> f64 {
        let g = log(self.boosted(s));
        if self.boost == 0.0 { g } else { g - s.exponential() * self.boost }
    }

    #[inline(always)]
    fn boosted(&self, s: &mut Stream) -> f64 {
        loop {
            let x = s.normal();
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = s.open();
            let squared = x * x;
            if u < 1.0 - 0.0331 * squared * squared || log(u) < 0.5 * squared + self.d * (1.0 - v + log(v)) {
                return self.d * v;
            }
        }
    }
}

/// The beta distribution: the share of one gamma number in the sum of two; where both shapes are at most 1 Jöhnk's method ("Erzeugung
/// von betaverteilten und gammaverteilten Zufallszahlen", 1964).
#[derive(Clone, Copy, Debug)]
pub enum Beta {
    /// By 1/a and 1/b.
    Small(f64, f64),
    /// By gamma numbers.
    Large(Gamma, Gamma),
}

impl Beta {
    /// Of two positive shapes.
    #[inline(always)]
    pub fn new(a: f64, b: f64) -> Beta {
        if a <= 1.0 && b <= 1.0 { Beta::Small(1.0 / a, 1.0 / b) } else { Beta::Large(Gamma::new(a), Gamma::new(b)) }
    }

    /// A number of this distribution.
    #[inline(always)]
    pub fn draw(&self, s: &mut Stream) -> f64 {
        match self {
            Beta::Small(a, b) => loop {
                let (x, y) = (-s.exponential() * a, -s.exponential() * b);
                // In logarithms, as both powers may be too small for floats.
                let top = x.max(y);
                let sum = exp(x - top) + exp(y - top);
                if top + log(sum) <= 0.0 {
                    return exp(x - top) / sum;
                }
            },
            Beta::Large(a, b) => {
                let (x, y) = (a.draw_log(s), b.draw_log(s));
                1.0 / (1.0 + exp(y - x))
            }
        }
    }
}

/// The von Mises distribution around 0: Best and Fisher, "Efficient simulation of the von Mises distribution", 1979; nearly uniform or
/// nearly normal where the concentration is beyond what that can tell.
#[derive(Clone, Copy, Debug)]
pub enum VonMises {
    /// Concentration 0.
    Uniform,
    /// Concentration and Best's constant.
    Around(f64, f64),
    /// Standard deviation.
    Normal(f64),
}

impl VonMises {
    /// Of a concentration that is not negative.
    #[inline(always)]
    pub fn new(kappa: f64) -> VonMises {
        if kappa < 1e-8 {
            return VonMises::Uniform;
        }
        if kappa > 1e6 {
            return VonMises::Normal(1.0 / kappa.sqrt());
        }
        if kappa < 1e-5 {
            return VonMises::Around(kappa, 1.0 / kappa + kappa);
        }
        let r = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
        let rho = (r - (2.0 * r).sqrt()) / (2.0 * kappa);
        VonMises::Around(kappa, (1.0 + rho * rho) / (2.0 * rho))
    }

    /// An angle from -pi to pi around `mu`.
    #[inline(always)]
    pub fn draw(&self, mu: f64, s: &mut Stream) -> f64 {
        let angle = match *self {
            VonMises::Uniform => PI * (2.0 * s.open() - 1.0),
            VonMises::Normal(sigma) => sigma * s.normal(),
            VonMises::Around(kappa, r) => {
                let f = loop {
                    let z = cos(PI * s.open());
                    let f = (1.0 + r * z) / (r + z);
                    let y = kappa * (r - f);
                    let v = s.open();
                    if y * (2.0 - y) >= v || log(y / v) + 1.0 >= y {
                        break f;
                    }
                };
                let angle = acos(f.clamp(-1.0, 1.0));
                if s.word() >> 63 == 0 { angle } else { -angle }
            }
        };
        let turned = angle + mu;
        if (-PI..=PI).contains(&turned) {
            return turned;
        }
        // The remainder is exact; the border may be missed by its rounding.
        (turned - 2.0 * PI * (turned / (2.0 * PI)).round_ties_even()).clamp(-PI, PI)
    }
}

/// The inverse Gaussian distribution: Michael, Schucany and Haas, "Generating random variates using transformations with multiple
/// roots", 1976; the smaller root in a form without cancellation.
#[inline(always)]
pub fn wald(mean: f64, scale: f64, s: &mut Stream) -> f64 {
    let z = s.normal();
    let w = mean * z * z / scale;
    let x = mean / (1.0 + 0.5 * w + (w + 0.25 * w * w).sqrt());
    if s.open() * (mean + x) <= mean { x } else { mean * (mean / x) }
}
