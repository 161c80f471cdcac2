//! The operations, by family: one row of a table, or one file, each.

#[macro_use]
mod row;
pub mod block;
pub mod creation;
pub mod element;
pub mod reduction;
pub mod scan;
#[cfg(feature = "frame")]
pub mod table;
