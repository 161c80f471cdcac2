//! Arrays from the user's calls to the bits that come out.

mod creation;
mod elementwise;
mod errors;
mod material;
mod reductions;
mod scans;
mod tree_steps;
mod trees;
