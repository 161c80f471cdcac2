//! Functions on whole blocks that are no elementwise program: looking values up in a sorted list, counting into bins, the largest of
//! a lane. Each has a name and parameters, so that workers can make it again: a row of a family's table.

mod bins;
mod groups;
mod interp;
mod mask;
mod named;
mod numbers;
mod pick;
mod search;
mod tail;
mod topk;
mod unpack;

pub(crate) use bins::only;
pub use bins::{BinCount, Histogram, HistogramDd};
pub use groups::GroupReduce;
pub use interp::Interpolate;
pub use mask::{Compress, Length, Places};
pub use named::{NamedBlock, Row, shared};
pub use numbers::Numbers;
pub use pick::{Gather, Scatter, Triangle};
pub use search::{CountBefore, IsBeside, IsIn, SearchSorted};
pub use tail::{Alternative, Distribution, PValue};
pub use topk::TopK;
pub use unpack::Unpack;

/// The functions on blocks of this family.
pub const BLOCKS: &[Row] = &[
    Row::of::<SearchSorted>(),
    Row::of::<IsIn>(),
    Row::of::<CountBefore>(),
    Row::of::<IsBeside>(),
    Row::of::<Histogram>(),
    Row::of::<HistogramDd>(),
    Row::of::<BinCount>(),
    Row::of::<GroupReduce>(),
    Row::of::<Interpolate>(),
    Row::of::<TopK>(),
    Row::of::<PValue>(),
    Row::of::<Gather>(),
    Row::of::<Scatter>(),
    Row::of::<Triangle>(),
    Row::of::<Compress>(),
    Row::of::<Places>(),
    Row::of::<Length>(),
    Row::of::<Unpack>(),
];

/// The families of functions on blocks.
const FAMILIES: &[&[Row]] = &[
    BLOCKS,
    crate::op::fft::BLOCKS,
    crate::op::filter::BLOCKS,
    crate::op::linalg::BLOCKS,
    crate::op::random::BLOCKS,
    crate::op::sort::BLOCKS,
];

/// All functions on blocks.
pub fn all() -> impl Iterator<Item = &'static Row> {
    FAMILIES.iter().flat_map(|f| f.iter())
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Row> {
    all().find(|r| r.name == name)
}
