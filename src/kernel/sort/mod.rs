//! Sorting: orders of elements, lists in order, lanes of blocks.

mod key;
mod lanes;
mod list;
mod merge;
mod select;
mod spread;
mod words;

pub use key::{COUNTED, SortKey, span};
pub use lanes::{argsort_lanes, by_lanes, sort_lanes};
pub use list::{argsort, pair_bytes, sort};
pub use merge::merge;
pub use select::select;
pub use spread::spread;
pub use words::{partition_words, sort_words};
