//! Arrays from the user's calls to the bits that come out.

mod elementwise;
mod material;
mod reductions;
mod scans;
