//! The one integration-test binary.

mod arrays;
mod layers;
#[cfg(all(feature = "remote", feature = "cli"))]
mod remote;
mod sim;
