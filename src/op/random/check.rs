//! Parameters that are arrays, checked element by element before an elementwise program uses them.

use super::places::index;
use super::sample::refused;
use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::for_dtype;
use crate::kernel::random::Distribution;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// The first of the parameters that are arrays, if all parameters fit the distribution at every element.
#[derive(Debug, Serialize, Deserialize)]
pub struct Check {
    /// The distribution.
    pub distribution: Distribution,
    /// The parameters; None for the next input.
    pub parameters: Vec<Option<f64>>,
}

impl NamedBlock for Check {
    const NAME: &'static str = "random_check";
    const DOC: &'static str = "Parameters of a distribution, if it takes them.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let first = inputs.first().ok_or_else(|| Error::bug("no parameter to check"))?;
        if self.parameters.iter().filter(|p| p.is_none()).count() != inputs.len() {
            return Err(Error::bug(format!("{} inputs for {self:?}", inputs.len())));
        }
        let views: Vec<_> = inputs.iter().map(|t| t.view::<f64>()).collect::<Result<_>>()?;
        let mut streams: Vec<_> = views.iter().map(|v| v.iter()).collect();
        let mut out = Vec::with_capacity(first.len());
        let mut values: Vec<f64> = self.parameters.iter().map(|p| p.unwrap_or(0.0)).collect();
        for i in 0..first.len() {
            let mut kept = None;
            let varying = values.iter_mut().zip(&self.parameters).filter(|(_, p)| p.is_none());
            for ((v, _), s) in varying.zip(&mut streams) {
                *v = s.next().copied().unwrap_or(f64::NAN);
                kept.get_or_insert(*v);
            }
            if let Some(why) = self.distribution.refuses(&values) {
                return Err(refused(self.distribution, &why, &index(&block.region, i)));
            }
            out.extend(kept);
        }
        Tensor::from_vec(first.shape(), out)
    }

    fn scratch_bytes(&self, _: &[u64]) -> u64 {
        0
    }
}

/// A bound of random integers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Bounds {
    /// A number.
    Is(i128),
    /// The next input.
    Input,
}

/// How many integers there are between two bounds (uint64, 0 for 2^64), one or both of them arrays of integers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Span {
    /// The lowest.
    pub low: Bounds,
    /// The highest.
    pub high: Bounds,
    /// Whether the highest is one of them.
    pub endpoint: bool,
    /// Least and most that the dtype of the result holds.
    pub range: (i128, i128),
}

impl Span {
    /// Their number as 64 bits.
    ///
    /// # Errors
    /// When there is none, or they are not in range.
    pub fn count(&self, low: i128, high: i128) -> Result<u64> {
        let last = if self.endpoint { high } else { high - 1 };
        if low > last {
            let to = if self.endpoint { "to" } else { "to below" };
            return Err(Error::usage(format!("there is none from {low} {to} {high}: high must be above low")));
        }
        if low < self.range.0 || last > self.range.1 {
            return Err(Error::usage(format!(
                "from {low} to {last} is beyond the dtype's {} to {}: choose another dtype",
                self.range.0, self.range.1
            )));
        }
        // 2^64 becomes 0, which stands for it.
        Ok((last - low + 1) as u64)
    }
}

fn whole<T: Element>(v: T) -> i128 {
    match v.into() {
        crate::base::Scalar::U64(v) => i128::from(v),
        crate::base::Scalar::I64(v) => i128::from(v),
        other => other.as_f64() as i128,
    }
}

impl NamedBlock for Span {
    const NAME: &'static str = "random_span";
    const DOC: &'static str = "How many integers there are between two bounds.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let n = inputs.first().ok_or_else(|| Error::bug("no bound that is an array"))?.len();
        let mut next = inputs.iter();
        let mut values = |bound: Bounds| -> Result<Box<dyn Iterator<Item = i128> + '_>> {
            match bound {
                Bounds::Is(v) => Ok(Box::new(std::iter::repeat_n(v, n))),
                Bounds::Input => {
                    let t = next.next().ok_or_else(|| Error::bug("a bound is missing"))?;
                    for_dtype!(t.dtype(), T => {
                        let view = t.view::<T>()?;
                        let v: Vec<T> = view.iter().copied().collect();
                        Ok(Box::new(v.into_iter().map(whole)))
                    })
                }
            }
        };
        let (low, high) = (values(self.low)?, values(self.high)?);
        let count = |(i, (low, high))| {
            self.count(low, high)
                .map_err(|e| Error::usage(format!("integers: at element {:?} {}", index(&block.region, i), e.message())))
        };
        // Of room for all: a collected result would grow.
        let mut out: Vec<u64> = Vec::with_capacity(n);
        for pair in low.zip(high).enumerate() {
            out.push(count(pair)?);
        }
        Tensor::from_vec(&block.region.shape(), out)
    }
}
