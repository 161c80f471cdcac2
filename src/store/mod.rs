//! Byte stores: values under keys, in memory or in a folder.

pub mod file;
pub mod key;
pub mod memory;

pub use file::FileStore;
pub use key::{Store, check_key};
pub use memory::MemoryStore;

#[cfg(test)]
mod tests;
