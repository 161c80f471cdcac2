//! Pure functions on chunks: no laziness, no I/O, no knowledge of tasks.

pub mod element;
pub mod philox;
pub mod program;
pub mod vmath;
