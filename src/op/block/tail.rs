//! How probable a statistic is that is as far from what is expected.

use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::tail;
use crate::op::block::NamedBlock;
use serde::{Deserialize, Serialize};

/// Which deviations speak against the hypothesis of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alternative {
    /// Those to either side.
    #[default]
    TwoSided,
    /// Values that are too low.
    Less,
    /// Values that are too high.
    Greater,
}

/// The distribution of a statistic where the hypothesis holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    /// The standard normal one.
    Normal,
    /// Student's.
    Student,
    /// Chi-squared, of which only high values speak against the hypothesis.
    ChiSquared,
    /// Fisher's, likewise.
    Fisher,
}

/// The probability of each statistic (float64) or one farther out.
#[derive(Debug, Serialize, Deserialize)]
pub struct PValue {
    /// The distribution.
    pub of: Distribution,
    /// What counts as farther out.
    pub alternative: Alternative,
    /// Degrees of freedom; None: those beside the statistic, in the second input (Student's only).
    pub df: Option<f64>,
    /// Degrees of freedom of the numerator, of Fisher's distribution.
    pub dfn: f64,
}

impl PValue {
    fn at(&self, x: f64, df: f64) -> f64 {
        let above = |x: f64| match self.of {
            Distribution::Normal => tail::normal(x),
            Distribution::Student => tail::student(x, df),
            Distribution::ChiSquared => tail::chi_squared(x, df),
            Distribution::Fisher => tail::fisher(x, self.dfn, df),
        };
        let one_sided = matches!(self.of, Distribution::ChiSquared | Distribution::Fisher);
        match self.alternative {
            _ if one_sided => above(x),
            Alternative::Greater => above(x),
            Alternative::Less => above(-x),
            Alternative::TwoSided => 2.0 * above(x.abs()),
        }
    }
}

impl NamedBlock for PValue {
    const NAME: &'static str = "pvalue";
    const DOC: &'static str = "The probability of a statistic, or one farther out.";

    fn compute(&self, _: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let Some(x) = inputs.first() else { return Err(Error::bug("a probability without a statistic")) };
        let values = x.as_slice::<f64>()?.iter();
        let made = match (self.df, inputs.get(1)) {
            (Some(df), _) => values.map(|&v| self.at(v, df)).collect(),
            (None, Some(df)) => values.zip(df.as_slice::<f64>()?).map(|(&v, &df)| self.at(v, df)).collect(),
            (None, None) => return Err(Error::bug("a probability without degrees of freedom")),
        };
        Tensor::from_vec(x.shape(), made)
    }

    // Some tens of steps of a fraction for each element.
    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 60
    }
}
