//! NumPy's `.npy`: one array in one file, read by mapping it and written in place; and stacks of such files in a folder.

pub mod header;
pub mod pickle;
mod region;
pub mod sink;
pub mod source;
pub mod stack;
pub mod stack_sink;

pub use sink::NpySink;
pub use source::NpySource;
pub use stack::NpyStackSource;
pub use stack_sink::NpyStackSink;

#[cfg(test)]
mod tests;
