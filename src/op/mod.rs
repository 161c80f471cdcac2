//! Operations: one row of a table, or one file, each.

#[macro_use]
mod row;
pub mod element;
