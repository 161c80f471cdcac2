//! Random vectors: what each draws comes from one stream, so that a vector is an element like any other.

use super::continuous::{Beta, Gamma};
use super::discrete::{Binomial, Hypergeometric};
use super::stream::Stream;
use crate::kernel::vmath::double::exp;

/// Counts of `n` events of the probabilities `p` (their sum at most 1; what is left falls into the last): one binomial number after
/// the other, each of what is left.
pub fn multinomial(n: u64, p: &[f64], s: &mut Stream, out: &mut [i64]) {
    let Some(last) = out.len().checked_sub(1) else { return };
    let (mut left, mut rest) = (n as f64, 1.0);
    for (o, &p) in out[..last].iter_mut().zip(p) {
        let k = if left > 0.0 { Binomial::new(left, (p / rest).clamp(0.0, 1.0)).draw(s) } else { 0.0 };
        *o = k as i64;
        left -= k;
        rest = (rest - p).max(f64::MIN_POSITIVE);
    }
    out[last] = left as i64;
}

/// Counts of each colour among `sample` of `colors`: one hypergeometric number after the other.
pub fn multivariate_hypergeometric(colors: &[u64], sample: u64, s: &mut Stream, out: &mut [i64]) {
    let mut left = sample;
    let mut others: u64 = colors.iter().sum();
    for (o, &color) in out.iter_mut().zip(colors) {
        others -= color;
        let k = if left == 0 {
            0
        } else if others == 0 {
            left
        } else {
            Hypergeometric::new(color as f64, others as f64, left as f64).draw(s) as u64
        };
        *o = k as i64;
        left -= k;
    }
}

/// Normal numbers of a mean, mixed by a lower triangular factor of the covariance (rows one after the other).
pub fn multivariate_normal(mean: &[f64], factor: &[f64], s: &mut Stream, out: &mut [f64]) {
    let n = mean.len();
    for o in out.iter_mut() {
        *o = s.normal();
    }
    for i in (0..n.min(out.len())).rev() {
        let mixed = factor[i * n..=i * n + i].iter().zip(out.iter()).fold(0.0, |sum, (f, z)| sum + f * z);
        out[i] = mean[i] + mixed;
    }
}

/// Shares of a whole: gamma numbers over their sum; where all parameters are small, one beta share after the other of what is left,
/// as all gamma numbers may be too small for floats.
pub fn dirichlet(alpha: &[f64], s: &mut Stream, out: &mut [f64]) {
    let Some(last) = out.len().checked_sub(1) else { return };
    if alpha.iter().all(|&a| a < 0.1) {
        let mut left = 1.0;
        let mut rest: f64 = alpha.iter().sum();
        for (o, &a) in out[..last].iter_mut().zip(alpha) {
            rest -= a;
            let share = if a == 0.0 {
                0.0
            } else if rest <= 0.0 {
                1.0
            } else {
                Beta::new(a, rest).draw(s)
            };
            *o = left * share;
            left *= 1.0 - share;
        }
        out[last] = left;
        return;
    }
    for (o, &a) in out.iter_mut().zip(alpha) {
        *o = Gamma::new(a).draw_log(s);
    }
    let top = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for o in out.iter_mut() {
        *o = exp(*o - top);
        sum += *o;
    }
    out.iter_mut().for_each(|o| *o /= sum);
}
