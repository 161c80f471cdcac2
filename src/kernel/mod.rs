//! Pure functions on chunks: no laziness, no I/O, no knowledge of tasks.

pub mod cast;
pub mod compile;
pub mod element;
mod feed;
pub mod fft;
pub mod filter;
pub mod histogram;
mod isa;
pub mod lanes;
mod layout;
pub mod linalg;
pub mod philox;
pub mod program;
pub mod random;
pub mod reduce;
pub mod run;
pub mod scan;
pub mod sort;
#[cfg(feature = "frame")]
pub mod table;
pub mod tail;
pub mod vmath;
