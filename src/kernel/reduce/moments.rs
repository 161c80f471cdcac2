//! Count, mean and sum of squared distances from the mean, for variances.
//!
//! A block takes two passes (mean first, then the corrected sum of squares), blocks and states are joined by the formula of
//! Chan, Golub and LeVeque (1983), columns by Welford's update. The naive sum of squares is never formed.

use crate::base::Result;
use crate::chunk::Tensor;
use crate::kernel::reduce::fold::{Fold, LANES, by_lanes, elements, tree};

/// Moments of f64; `SKIP`: NaN does not count.
pub(super) struct Moments<const SKIP: bool> {
    n: Vec<f64>,
    mean: Vec<f64>,
    m2: Vec<f64>,
}

#[inline(always)]
fn add(a: f64, b: f64) -> f64 {
    a + b
}

impl<const SKIP: bool> Moments<SKIP> {
    #[inline(always)]
    fn join(&mut self, o: usize, n: f64, mean: f64, m2: f64) {
        if n == 0.0 {
            return;
        }
        let (na, ma) = (self.n[o], self.mean[o]);
        if na == 0.0 {
            (self.n[o], self.mean[o], self.m2[o]) = (n, mean, m2);
            return;
        }
        let (sum, delta) = (na + n, mean - ma);
        self.n[o] = sum;
        self.mean[o] = ma + delta * (n / sum);
        self.m2[o] += m2 + delta * delta * (na * n / sum);
    }

    /// Second pass: `sum((x - mean)²)`, less what the rounded mean contributes.
    #[inline(always)]
    fn squares(data: &[f64], mean: f64, n: f64) -> f64 {
        let (mut d1, mut d2) = ([0.0; LANES], [0.0; LANES]);
        let (rows, rest) = data.as_chunks::<LANES>();
        for row in rows {
            for j in 0..LANES {
                let d = if SKIP && row[j].is_nan() { 0.0 } else { row[j] - mean };
                d1[j] += d;
                d2[j] += d * d;
            }
        }
        for (j, &x) in rest.iter().enumerate() {
            let d = if SKIP && x.is_nan() { 0.0 } else { x - mean };
            d1[j] += d;
            d2[j] += d * d;
        }
        let (s1, s2) = (tree(d1, add), tree(d2, add));
        s2 - s1 * s1 / n
    }
}

impl<const SKIP: bool> Fold for Moments<SKIP> {
    type In = f64;
    const PARTS: usize = 3;
    const STATE_SIZE: usize = 24;

    fn identity(n: usize) -> Self {
        Moments { n: vec![0.0; n], mean: vec![0.0; n], m2: vec![0.0; n] }
    }

    #[inline(always)]
    fn block(&mut self, o: usize, data: &[f64], _: usize) {
        let (n, sum) = if SKIP {
            let n = tree(by_lanes(data, 0.0, |a, x: f64| a + if x.is_nan() { 0.0 } else { 1.0 }), add);
            (n, tree(by_lanes(data, 0.0, |a, x: f64| a + if x.is_nan() { 0.0 } else { x }), add))
        } else {
            (data.len() as f64, tree(by_lanes(data, 0.0, add), add))
        };
        if n > 0.0 {
            let mean = sum / n;
            let m2 = Self::squares(data, mean, n);
            self.join(o, n, mean, if m2 < 0.0 { 0.0 } else { m2 });
        }
    }

    #[inline(always)]
    fn sequence(&mut self, o: usize, data: &[f64], _: usize) {
        let (mut n, mut mean, mut m2) = (self.n[o], self.mean[o], self.m2[o]);
        for &x in data {
            if SKIP && x.is_nan() {
                continue;
            }
            n += 1.0;
            let d = x - mean;
            mean += d / n;
            m2 += d * (x - mean);
        }
        (self.n[o], self.mean[o], self.m2[o]) = (n, mean, m2);
    }

    #[inline(always)]
    fn columns(&mut self, o: usize, data: &[f64], _: usize) {
        let len = data.len();
        let (n, mean, m2) = (&mut self.n[o..o + len], &mut self.mean[o..o + len], &mut self.m2[o..o + len]);
        if SKIP {
            for j in 0..len {
                let valid = !data[j].is_nan();
                n[j] += if valid { 1.0 } else { 0.0 };
                let x = if valid { data[j] } else { mean[j] };
                let d = x - mean[j];
                mean[j] += d / if n[j] > 1.0 { n[j] } else { 1.0 };
                m2[j] += if valid { d * (x - mean[j]) } else { 0.0 };
            }
            return;
        }
        // A row's results have all seen the same number of elements.
        let count = n.first().map_or(1.0, |n| n + 1.0);
        let share = 1.0 / count;
        n.fill(count);
        for j in 0..len {
            let d = data[j] - mean[j];
            mean[j] += d * share;
            m2[j] += d * (data[j] - mean[j]);
        }
    }

    #[inline(always)]
    fn merge(&mut self, o: usize, from: &Self, i: usize) {
        self.join(o, from.n[i], from.mean[i], from.m2[i]);
    }

    fn store(self, shape: &[usize]) -> Result<Vec<Tensor>> {
        Ok(vec![Tensor::from_vec(shape, self.n)?, Tensor::from_vec(shape, self.mean)?, Tensor::from_vec(shape, self.m2)?])
    }

    fn load(tensors: &[Tensor]) -> Result<Self> {
        Ok(Moments { n: elements(&tensors[0])?, mean: elements(&tensors[1])?, m2: elements(&tensors[2])? })
    }
}
