//! NumPy's `.npy`: one array in one file, read by mapping it and written in place.

pub mod header;
pub mod sink;
pub mod source;

pub use sink::NpySink;
pub use source::NpySource;

#[cfg(test)]
mod tests;
