//! Lazy arrays: what NumPy users know, over an expression.
//!
//! A [`DynArray`] has its dtype as a value, an [`Array<T>`](Array) as a type; both are thin over an expression. Every error of shape,
//! dtype or chunks comes from the call that makes it. Methods of ops come from the op tables.

pub mod axes;
pub mod block;
pub mod blocks;
pub mod compose;
pub mod counting;
pub mod create;
pub mod diag;
pub mod difference;
pub mod dynamic;
pub mod io;
pub mod join;
pub mod ops;
pub mod pad;
pub mod random;
pub mod reduction;
pub mod shape;
pub mod statistics;
pub mod topk;
pub mod typed;

pub use block::{Block, block};
pub use blocks::{map_blocks, map_overlap};
pub use compose::{Outside, Tolerance, choose, piecewise, select};
pub use counting::{Bins, searchsorted};
pub use create::{arange, eye, from_ndarray, full, linspace, ones, zeros};
pub use diag::{Indexing, indices, meshgrid, tri};
pub use dynamic::{DynArray, IntoScalar};
pub use io::{open_npy, open_zarr};
pub use join::{Positions, broadcast_arrays, column_stack, dstack, hstack, vstack};
pub use ops::{Argument, where_};
pub use pad::PadMode;
pub use reduction::Reduction;
pub use shape::{Index, concatenate, stack};
pub use statistics::Cov;
pub use typed::Array;
