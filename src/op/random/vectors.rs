//! Random vectors along the last axis. A block holds whole vectors, and a vector is one element to the random streams.

use super::places::index;
use super::places::rows;
use crate::base::{Element, Error, Region, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::random::{Stream, vectors};
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// The vectors of a block, each made by `draw`.
fn each<T: Element>(
    block: &BlockInfo,
    key: [u64; 2],
    shape: &[usize],
    mut draw: impl FnMut(usize, &mut Stream, &mut [T]) -> Result<()>,
) -> Result<Tensor> {
    let n = shape.last().copied().unwrap_or(0);
    if block.region.ndim() != shape.len() || block.region.ranges().last() != Some(&(0..n)) {
        return Err(Error::bug(format!("vectors of {n} in a block {:?}", block.region)));
    }
    let mut out = vec![T::default(); block.region.n_elements()];
    if n > 0 {
        for ((i, first), v) in rows(&block.region, shape).enumerate().zip(out.chunks_mut(n)) {
            draw(i, &mut Stream::new(first / n as u64, key), v)?;
        }
    }
    Tensor::from_vec(&block.region.shape(), out)
}

/// Counts (int64) of independent events of several kinds. How many events there are is the input (int64) or the same everywhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct Multinomial {
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// Number of events; None for the input.
    pub n: Option<u64>,
    /// Probabilities of the kinds.
    pub p: Vec<f64>,
}

impl NamedBlock for Multinomial {
    const NAME: &'static str = "random_multinomial";
    const DOC: &'static str = "Counts of independent events of several kinds.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let given = match self.n {
            Some(_) => None,
            None => Some(inputs.first().ok_or_else(|| Error::bug("the number of events is missing"))?),
        };
        let last = self.shape.len().saturating_sub(1);
        let per_vector = given.map(|t| t.index_axis(last, 0));
        let counts = per_vector.as_ref().map(|t| t.view::<i64>()).transpose()?;
        let mut counts = counts.as_ref().map(|v| v.iter());
        each(block, self.key, &self.shape, |i, s, out| {
            let n = match (&mut counts, self.n) {
                (Some(c), _) => c.next().copied().unwrap_or(0),
                (None, n) => n.unwrap_or(0) as i64,
            };
            let Ok(n) = u64::try_from(n) else {
                let outer = Region::new(block.region.ranges()[..last].iter().cloned());
                let message = format!("multinomial: at element {:?} n is {n}: it must not be negative", index(&outer, i));
                return Err(Error::usage(message));
            };
            vectors::multinomial(n, &self.p, s, out);
            Ok(())
        })
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        0
    }

    fn held_bytes(&self) -> u64 {
        8 * self.p.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 10
    }
}

/// Counts (int64) of each colour in a sample without replacement.
#[derive(Debug, Serialize, Deserialize)]
pub struct MultivariateHypergeometric {
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// How many there are of each colour.
    pub colors: Vec<u64>,
    /// How many are drawn.
    pub sample: u64,
}

impl NamedBlock for MultivariateHypergeometric {
    const NAME: &'static str = "random_multivariate_hypergeometric";
    const DOC: &'static str = "Counts of each colour in a sample without replacement.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        each(block, self.key, &self.shape, |_, s, out| {
            vectors::multivariate_hypergeometric(&self.colors, self.sample, s, out);
            Ok(())
        })
    }

    fn held_bytes(&self) -> u64 {
        8 * self.colors.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 20
    }
}

/// Normal vectors (float64) of a mean and a covariance.
#[derive(Debug, Serialize, Deserialize)]
pub struct MultivariateNormal {
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// The mean.
    pub mean: Vec<f64>,
    /// A lower triangular factor of the covariance, by rows.
    pub factor: Vec<f64>,
}

impl NamedBlock for MultivariateNormal {
    const NAME: &'static str = "random_multivariate_normal";
    const DOC: &'static str = "Normal vectors of a mean and a covariance.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        if self.factor.len() != self.mean.len() * self.mean.len() {
            return Err(Error::bug(format!("a factor of {} numbers for {} means", self.factor.len(), self.mean.len())));
        }
        each(block, self.key, &self.shape, |_, s, out| {
            vectors::multivariate_normal(&self.mean, &self.factor, s, out);
            Ok(())
        })
    }

    fn held_bytes(&self) -> u64 {
        8 * (self.mean.len() + self.factor.len()) as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * (2 + self.mean.len() as u64 / 8)
    }
}

/// Shares (float64) of a whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct Dirichlet {
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// The parameters.
    pub alpha: Vec<f64>,
}

impl NamedBlock for Dirichlet {
    const NAME: &'static str = "random_dirichlet";
    const DOC: &'static str = "Random shares of a whole.";

    fn compute(&self, block: &BlockInfo, _: &[Tensor]) -> Result<Tensor> {
        each(block, self.key, &self.shape, |_, s, out| {
            vectors::dirichlet(&self.alpha, s, out);
            Ok(())
        })
    }

    fn held_bytes(&self) -> u64 {
        8 * self.alpha.len() as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 10
    }
}
