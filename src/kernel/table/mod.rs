//! Rows of tables by their keys: where they go, which of them match, in which order they come.

pub mod divide;
pub mod lookup;
pub mod order;
