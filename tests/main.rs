//! The one integration-test binary.
// Methods take arrays by value or by reference; tests borrow throughout, as users do.
#![allow(clippy::needless_borrows_for_generic_args)]

mod arrays;
#[cfg(all(feature = "cli", feature = "raster"))]
mod cli;
mod docs;
#[cfg(all(test, feature = "frame"))]
mod frame;
#[cfg(feature = "raster")]
mod landsat;
mod layers;
#[path = "support/limited.rs"]
mod limited;
#[cfg(all(feature = "remote", feature = "cli"))]
mod remote;
#[cfg(feature = "cloud")]
#[path = "support/http.rs"]
mod server;
mod sim;
