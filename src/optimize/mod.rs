//! Rewrites expressions into cheaper ones of the same value, bit for bit.
//!
//! One rule per file; [`driver`] runs them in the order of its list and verifies the expression after each. Rules look at
//! node kinds, metadata and algebra tags, never at the names of ops.

pub mod cse;
pub mod driver;
pub mod fuse_elementwise;
pub mod fuse_reduction;
pub mod noop;
pub mod rechunk;
pub mod rewrite;
pub mod slice;

pub use driver::{Pass, optimize};
