//! The operations, by family: one row of a table, or one file, each.

#[macro_use]
mod row;
pub mod block;
pub mod creation;
pub mod element;
pub mod fft;
pub mod filter;
pub mod linalg;
mod named;
pub mod random;
pub mod reduction;
pub mod scan;
pub mod sort;
#[cfg(feature = "frame")]
pub mod table;
