//! Rows of tables by their keys: where they go, which of them match, in which order they come.

pub mod dense;
pub mod divide;
pub mod evaluate;
pub mod group;
pub mod lookup;
pub mod order;
