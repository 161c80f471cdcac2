//! The one integration-test binary.

#[cfg(all(feature = "cli", feature = "raster"))]
mod cli;
#[cfg(feature = "raster")]
mod landsat;
