//! Distributions that are drawn by rejection.

use super::places::{index, row_len, rows};
use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::random::{Distribution, Draw};
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// Elements drawn at a time.
const PIECE: usize = 1024;

/// Numbers of a distribution (float64, or int64 if it is over integers). Parameters that are arrays (float64) are the inputs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sample {
    /// The distribution.
    pub distribution: Distribution,
    /// Key of the draw.
    pub key: [u64; 2],
    /// Shape of the whole array.
    pub shape: Vec<usize>,
    /// The parameters; None for the next input.
    pub parameters: Vec<Option<f64>>,
}

impl Sample {
    /// Draws all elements in order; `take` gets them piece by piece.
    fn draw(&self, block: &BlockInfo, inputs: &[Tensor], mut take: impl FnMut(&[f64])) -> Result<()> {
        let views: Vec<_> = inputs.iter().map(|t| t.view::<f64>()).collect::<Result<_>>()?;
        let mut streams: Vec<_> = views.iter().map(|v| v.iter()).collect();
        let mut held: Vec<Vec<f64>> = self.parameters.iter().map(|p| p.iter().copied().collect()).collect();
        let mut out = [0.0; PIECE];
        let (n, mut done) = (row_len(&block.region), 0);
        for first in rows(&block.region, &self.shape) {
            for start in (0..n).step_by(PIECE) {
                let len = PIECE.min(n - start);
                let varying = held.iter_mut().zip(&self.parameters).filter(|(_, p)| p.is_none());
                for ((h, _), s) in varying.zip(&mut streams) {
                    h.clear();
                    h.extend(s.take(len));
                }
                if !inputs.is_empty() {
                    self.check(&held, len, block, done)?;
                }
                let mut parameters: [&[f64]; Distribution::MOST_PARAMETERS] = [&[]; Distribution::MOST_PARAMETERS];
                parameters.iter_mut().zip(&held).for_each(|(p, h)| *p = h);
                let first = first.wrapping_add(start as u64);
                Draw { distribution: self.distribution, key: self.key, first, parameters }.fill(&mut out[..len]);
                take(&out[..len]);
                done += len;
            }
        }
        Ok(())
    }

    fn check(&self, held: &[Vec<f64>], len: usize, block: &BlockInfo, done: usize) -> Result<()> {
        let mut values = [0.0; Distribution::MOST_PARAMETERS];
        for i in 0..len {
            for (v, h) in values.iter_mut().zip(held) {
                *v = if h.len() > 1 { h[i] } else { h[0] };
            }
            if let Some(why) = self.distribution.refuses(&values[..held.len()]) {
                return Err(refused(self.distribution, &why, &index(&block.region, done + i)));
            }
        }
        Ok(())
    }
}

/// What is said of a parameter that an array has.
pub(super) fn refused(distribution: Distribution, why: &str, index: &[usize]) -> Error {
    Error::usage(format!("{}: at element {index:?} {why}", distribution.name()))
}

impl NamedBlock for Sample {
    const NAME: &'static str = "random_sample";
    const DOC: &'static str = "Numbers of a distribution, each from a random stream of its own.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let n = self.parameters.iter().filter(|p| p.is_none()).count();
        if n != inputs.len()
            || self.parameters.len() != self.distribution.parameters().len()
            || block.region.ndim() != self.shape.len()
        {
            return Err(Error::bug(format!("{} inputs for {self:?}", inputs.len())));
        }
        let scalars: Vec<f64> = self.parameters.iter().flatten().copied().collect();
        if let (0, Some(why)) = (n, self.distribution.refuses(&scalars)) {
            return Err(Error::usage(format!("{}: {why}", self.distribution.name())));
        }
        let shape = block.region.shape();
        let n = block.region.n_elements();
        if self.distribution.is_discrete() {
            let mut out = Vec::<i64>::with_capacity(n);
            self.draw(block, inputs, |piece| out.extend(piece.iter().map(|&v| v as i64)))?;
            return Tensor::from_vec(&shape, out);
        }
        let mut out = Vec::<f64>::with_capacity(n);
        self.draw(block, inputs, |piece| out.extend_from_slice(piece))?;
        Tensor::from_vec(&shape, out)
    }

    // A piece of each parameter, and of the result.
    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        (8 * PIECE * (Distribution::MOST_PARAMETERS + 1)) as u64
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 5
    }
}
