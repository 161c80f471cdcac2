//! Pure functions on chunks: no laziness, no I/O, no knowledge of tasks.

pub mod cast;
pub mod compile;
pub mod element;
mod feed;
pub mod lanes;
pub mod philox;
pub mod program;
pub mod run;
pub mod vmath;
