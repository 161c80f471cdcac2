//! Work on partitions of tables: steps that Polars runs on one partition, and reductions of partitions into one.

pub mod reduce;
pub mod rows;
pub mod step;

pub use reduce::{Merge, Reduction};
pub use rows::Rows;
pub use step::{TableStep, apply};
