//! Spilled chunks: what executors ask of the place they go to.

pub mod store;

pub use store::SpillStore;
