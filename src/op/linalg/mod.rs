//! Linear algebra on blocks, by family: products, factorisations, decompositions.
//!
//! A block function has one result, so that factors are packed into one block; `part` takes them apart.

mod contract;
mod factor;
mod lanes;
mod parts;
mod spectral;

pub use contract::Contract;
pub use factor::{Cholesky, LuApply, LuPanel, LuStep, MAX_LU_ROWS, Qr, QrApply, QrPanel, QrTimes, QrUpper, TriangularSolve};
pub use lanes::Beside;
pub use parts::Part;
pub use spectral::{Eigh, Svd};

use crate::op::block::Row;

/// All of them.
pub const BLOCKS: &[Row] = &[
    Row::of::<Contract>(),
    Row::of::<Part>(),
    Row::of::<Qr>(),
    Row::of::<QrPanel>(),
    Row::of::<QrUpper>(),
    Row::of::<QrTimes>(),
    Row::of::<QrApply>(),
    Row::of::<LuPanel>(),
    Row::of::<LuApply>(),
    Row::of::<Cholesky>(),
    Row::of::<TriangularSolve>(),
    Row::of::<Svd>(),
    Row::of::<Eigh>(),
];
