//! Work on partitions of tables: steps that Polars runs on one partition, reductions of partitions into one, and what joins, sorts and
//! large groupings need across partitions.

mod blocks;
pub mod bucket;
mod dealt;
pub mod edge;
pub mod exchange;
pub mod joining;
pub mod key;
pub mod mark;
pub mod measured;
pub mod planned;
pub mod probe;
pub mod reduce;
pub mod rows;
pub mod step;
mod undivided;
pub mod wrap;

pub use exchange::Exchange;
pub use reduce::{Merge, Reduction};
pub use rows::{RowOp, Rows};
pub use step::{TableStep, apply};
