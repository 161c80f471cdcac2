//! Orders: sorting by blocks that hold whole lanes, and by range shuffles of arrays of any length.

mod bytes;
mod cuts;
mod distinct;
mod fill;
mod lanes;
mod quantile;
mod range;
mod rule;
mod tally;

pub use distinct::{Distinct, Give};
pub use lanes::SortLanes;
pub use quantile::{GlobalQuantiles, LaneQuantiles, Quantiles};
pub use range::RangeSort;
pub use rule::QuantileMethod;

use crate::base::Result;
use crate::expr::call::ShuffleOp;
use crate::op::block;
use std::sync::Arc;

/// The functions on blocks of this family.
pub const BLOCKS: &[block::Row] = &[block::Row::of::<SortLanes>(), block::Row::of::<LaneQuantiles>()];

/// A shuffle in the table of all.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name on the wire and for people.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    /// Makes the shuffle with parameters as they come over the wire.
    pub open: fn(&[u8]) -> Result<Arc<dyn ShuffleOp>>,
}

/// All shuffles of arrays.
pub const SHUFFLES: &[Row] = &[
    Row { name: RangeSort::NAME, doc: RangeSort::DOC, open: RangeSort::open },
    Row { name: Distinct::NAME, doc: Distinct::DOC, open: Distinct::open },
    Row { name: GlobalQuantiles::NAME, doc: GlobalQuantiles::DOC, open: GlobalQuantiles::open },
];

/// The shuffle of a name.
pub fn find(name: &str) -> Option<&'static Row> {
    SHUFFLES.iter().find(|r| r.name == name)
}
