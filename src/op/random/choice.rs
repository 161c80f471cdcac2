//! Choices by weight.

use super::places::{row_len, rows};
use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::random::Stream;
use crate::kernel::vmath::double::log;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// Integers (int64) by weight: each by its own draw, or all of them different.
#[derive(Debug, Serialize, Deserialize)]
pub struct Weighted {
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// The weights.
    pub weights: Weights,
}

/// What weights are held as.
#[derive(Debug, Serialize, Deserialize)]
pub enum Weights {
    /// For every integer the share of its column that is its own, and whose the rest is: Walker, "An efficient method for generating
    /// discrete random variables with general distributions", 1977; made as by Vose, 1991.
    Alias(Vec<(f64, u64)>),
    /// Each integer at most once. The array is one block. Waiting times, the shortest first: Efraimidis and Spirakis, "Weighted
    /// random sampling with a reservoir", 2006.
    Once(Vec<f64>),
}

/// The table of weights that are not negative and of which one at least is above 0.
pub fn alias_table(weights: &[f64]) -> Weights {
    let n = weights.len();
    let mean = weights.iter().sum::<f64>() / n as f64;
    let mut share: Vec<f64> = weights.iter().map(|w| w / mean).collect();
    let mut table: Vec<(f64, u64)> = (0..n).map(|i| (1.0, i as u64)).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| share[i] < 1.0);
    while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
        small.pop();
        table[s] = (share[s], l as u64);
        share[l] -= 1.0 - share[s];
        if share[l] < 1.0 {
            large.pop();
            small.push(l);
        }
    }
    // What is left over misses 1 by rounding only, but for weights of 0, which give their column away.
    let top = (0..n).max_by(|&a, &b| weights[a].total_cmp(&weights[b])).unwrap_or(0);
    small.iter().filter(|&&s| weights[s] == 0.0).for_each(|&s| table[s] = (0.0, top as u64));
    Weights::Alias(table)
}

impl NamedBlock for Weighted {
    const NAME: &'static str = "random_weighted";
    const DOC: &'static str = "Random integers by weight.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        let mut out = Vec::with_capacity(block.region.n_elements());
        match &self.weights {
            Weights::Alias(table) => {
                for first in rows(&block.region, &self.shape) {
                    for i in 0..row_len(&block.region) as u64 {
                        let mut s = Stream::new(first.wrapping_add(i), self.key);
                        let column = s.below(table.len() as u64);
                        let (own, other) = table.get(column as usize).copied().unwrap_or_default();
                        out.push(if s.uniform() < own { column } else { other } as i64);
                    }
                }
            }
            Weights::Once(weights) => {
                let n = block.region.n_elements();
                let wait = |(i, &w): (usize, &f64)| (-log(Stream::new(i as u64, self.key).open()) / w, i);
                let mut all: Vec<(f64, usize)> = weights.iter().enumerate().filter(|(_, w)| **w > 0.0).map(wait).collect();
                if n > all.len() {
                    return Err(Error::bug(format!("{n} different integers of {}", all.len())));
                }
                all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                out.extend(all[..n].iter().map(|&(_, i)| i as i64));
            }
        }
        Tensor::from_vec(&block.region.shape(), out)
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        match &self.weights {
            Weights::Alias(_) => 0,
            Weights::Once(w) => 16 * w.len() as u64,
        }
    }

    fn held_bytes(&self) -> u64 {
        match &self.weights {
            Weights::Alias(t) => 16 * t.len() as u64,
            Weights::Once(w) => 8 * w.len() as u64,
        }
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 4
    }
}
