//! Where chunks go when memory is short, and come back from.

pub mod folder;
pub mod store;

pub use store::{FileSpill, SpillStore};
