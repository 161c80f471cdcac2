//! Makes nodes: infers dtype, shape and chunks, and refuses what does not fit, at the call.
//!
//! Functions here are what the user-facing types call; they know the node kinds, not the ops.

mod align;
mod arrange;
mod call;
mod elementwise;
mod ends;
mod reduce;
mod select;

pub(super) use align::conform;
pub use align::{align, broadcast_shapes, fit, unify};
pub use arrange::{broadcast_to, expand_dims, index, normalize_axis, rearrange, transpose};
pub use call::{call, call_mapped, shuffle};
pub(crate) use elementwise::weak_dtype;
pub use elementwise::{Operand, apply_program, cast, elementwise, generate, generate_from};
pub use ends::{sink, source, storage_cut};
pub use reduce::{reduce, reduced_grid, scan};
pub use select::{concatenate, halo, rechunk, slice, slice_axis};

use crate::base::{DType, Grid};
use crate::expr::Meta;

fn array_meta(dtype: DType, grid: Grid) -> Meta {
    Meta::Array { dtype, grid }
}
