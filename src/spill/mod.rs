//! Where chunks go when memory is short, and come back from.

pub mod folder;
pub mod pool;
pub mod store;

pub use pool::Pool;
pub use store::{FileSpill, SpillStore};
