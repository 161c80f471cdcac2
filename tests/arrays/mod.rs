//! Arrays from the user's calls to the bits that come out.

mod budget;
mod compose;
mod creation;
mod elementwise;
mod errors;
mod files;
mod kernel_limit;
mod material;
mod reductions;
mod scans;
mod shape;
mod statistics;
mod tree_steps;
mod trees;
