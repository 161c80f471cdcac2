//! Filters of blocks that come with a halo (boundaries are the halo's matter), and the steps that label components.

mod label;
mod separable;
mod view;
mod window;

use crate::op::block::Row;
pub use label::{Field, LabelCounts, LabelEdges, LabelJoin, LabelLocal, LabelMerge, LabelNumbers, LabelRoots};
pub use separable::Separable;
pub use view::{Spread, WindowView};
pub use window::WindowFilter;

/// The rows of this family.
pub const BLOCKS: &[Row] = &[
    Row::of::<Separable>(),
    Row::of::<WindowFilter>(),
    Row::of::<Spread>(),
    Row::of::<WindowView>(),
    Row::of::<LabelLocal>(),
    Row::of::<LabelEdges>(),
    Row::of::<LabelJoin>(),
    Row::of::<LabelCounts>(),
    Row::of::<LabelRoots>(),
    Row::of::<LabelMerge>(),
    Row::of::<LabelNumbers>(),
];
