//! How the program behaves: what it prints, writes and leaves behind, and what it says when something is wrong.

mod broken;
mod commands;
mod disk;
mod operators;
mod program;
mod refusals;
mod same_bytes;
mod signals;
#[cfg(feature = "frame")]
mod tables;
#[cfg(feature = "frame")]
mod tables_limit;
mod valid_pixels;
