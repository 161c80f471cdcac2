//! Rows of tables by their keys: where they go, which of them match, in which order they come.

pub mod columns;
pub mod dense;
mod distinct;
pub mod divide;
pub mod evaluate;
mod few;
pub mod group;
mod like;
pub mod lookup;
pub mod mask;
pub mod moments;
pub mod order;
