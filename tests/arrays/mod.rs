//! Arrays from the user's calls to the bits that come out.

mod blocks;
mod budget;
mod chunks;
mod complex;
mod compose;
mod creation;
mod elementwise;
mod errors;
mod fft;
mod files;
mod filters;
mod functions;
mod groups;
mod indexing;
mod into;
mod kernel_limit;
mod linalg;
mod masked;
mod material;
mod quantile;
mod random;
mod rechunk;
mod reductions;
mod scans;
#[cfg(feature = "cloud")]
#[path = "../support/http.rs"]
mod server;
mod shape;
mod sort;
mod statistics;
mod stats;
mod storage;
mod sweep;
mod tree_steps;
mod trees;
mod unique;
mod unknown;
