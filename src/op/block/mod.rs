//! Functions on whole blocks that are no elementwise program: looking values up in a sorted list, counting into bins, the largest of
//! a lane. Each has a name and parameters, so that workers can make it again.

mod bins;
mod named;
mod numbers;
mod search;
mod topk;

pub use bins::{BinCount, Histogram};
pub use named::{NAMES, NamedBlock, open, shared};
pub use numbers::Numbers;
pub use search::{IsIn, SearchSorted};
pub use topk::TopK;
