//! The one integration-test binary.

#[cfg(all(feature = "remote", feature = "cli"))]
mod remote;
mod sim;
