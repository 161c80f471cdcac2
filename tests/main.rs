//! The one integration-test binary.

mod arrays;
#[cfg(all(feature = "cli", feature = "raster"))]
mod cli;
mod docs;
#[cfg(all(test, feature = "frame"))]
mod frame;
#[cfg(feature = "raster")]
mod landsat;
mod layers;
#[cfg(all(feature = "remote", feature = "cli"))]
mod remote;
mod sim;
