//! Random numbers by rejection: an element draws as many words as it needs, from a stream of its own.
//!
//! Distributions whose quantiles are cheap are no business of this module: they are elementwise programs over one word.

mod continuous;
mod discrete;
pub mod distribution;
mod likelihood;
pub mod order;
pub mod sampler;
pub mod stream;
pub mod vectors;

pub use distribution::Distribution;
pub use sampler::Draw;
pub use stream::Stream;
