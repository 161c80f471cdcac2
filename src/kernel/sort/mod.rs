//! Sorting: orders of elements, lists in order, lanes of blocks.

mod key;
mod lanes;
mod list;
mod merge;
mod select;
mod words;

pub use key::{SortKey, span};
pub use lanes::{argsort_lanes, by_lanes, sort_lanes};
pub use list::{argsort, sort};
pub use merge::merge;
pub use select::select;
pub use words::sort_words;
