//! The one integration-test binary.

mod arrays;
mod layers;
mod sim;
