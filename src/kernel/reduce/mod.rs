//! Reductions of arrays over any of their axes, as map (chunk → state), combine (states → state) and finish (state → result).
//!
//! The map step takes the chunk as *pieces*, runs of consecutive elements in C order that lie in cache, from whoever computes
//! them. Invariant: the state depends on the chunk's shape and elements only, to the last bit, and neither on where the pieces
//! were cut nor on the instruction set. States are plain tensors in the keepdims layout. Nothing here knows of tasks.

mod accumulator;
mod extreme;
mod finish;
mod fold;
mod layout;
mod moments;
pub(super) mod num;
mod part;
mod spec;
#[cfg(test)]
mod tests;

pub use accumulator::Accumulator;
pub use finish::Finish;
pub use layout::run_len;
pub use spec::{Family, ReduceOp, ReduceRule, ReduceTags};

/// Elements that are added up before they meet the rest; pieces that start at multiples of it in a run are never copied.
pub const BLOCK: usize = 1024;
