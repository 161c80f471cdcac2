//! Random arrays: distributions as elementwise programs where their quantiles are cheap, else as block functions; checks of
//! parameters that are arrays; random vectors, orders and choices.
//!
//! Invariant: what an element is follows from its number in the whole array, the key of the draw and its parameters.

mod check;
mod choice;
mod inverse;
mod order;
mod places;
mod sample;
mod vectors;

pub use check::{Bounds, Check, Span};
pub use choice::{Weighted, Weights, alias_table};
pub use inverse::{Source, inversion};
pub use order::{Permutation, Permute, PermuteLanes};
pub use sample::Sample;
pub use vectors::{Dirichlet, Multinomial, MultivariateHypergeometric, MultivariateNormal};

use crate::op::block::Row;

/// The block functions of this family.
pub const BLOCKS: &[Row] = &[
    Row::of::<Sample>(),
    Row::of::<Check>(),
    Row::of::<Span>(),
    Row::of::<Multinomial>(),
    Row::of::<MultivariateHypergeometric>(),
    Row::of::<MultivariateNormal>(),
    Row::of::<Dirichlet>(),
    Row::of::<Permutation>(),
    Row::of::<Permute>(),
    Row::of::<PermuteLanes>(),
    Row::of::<Weighted>(),
];
