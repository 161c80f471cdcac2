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
pub mod curve;
pub mod diag;
pub mod difference;
pub mod dynamic;
pub mod equal;
pub mod fft;
pub mod filter;
pub mod groups;
pub mod index;
pub mod io;
pub mod join;
pub mod label;
pub mod lexsort;
pub mod linalg;
pub mod lookup;
pub mod masked;
pub mod ops;
pub mod pad;
pub mod positions;
pub mod quantile;
pub mod random;
pub mod recut;
pub mod reduction;
pub mod set;
pub mod shape;
pub mod sort;
pub mod split;
pub mod statistics;
pub mod stats;
pub mod take;
pub mod topk;
pub mod typed;
pub mod unique;
pub mod unknown;
pub mod variable;
pub mod windows;
mod zarr_part;

pub use crate::op::sort::QuantileMethod;
pub use block::{Block, block};
pub use blocks::{
    BlockFunction, Blockwise, Boundaries, Function, Gufunc, Overlap, Reducer, apply_along_axis, apply_gufunc, apply_over_axes,
    blockwise, map_blocks, map_blocks_with, map_overlap, map_overlaps,
};
pub use compose::{Outside, Tolerance, choose, piecewise, select};
pub use counting::{Bins, histogram2d, histogramdd};
pub use create::{arange, eye, from_ndarray, fromfunction, full, geomspace, identity, linspace, logspace, ones, zeros};
pub use curve::{Interp, polyval};
pub use diag::{Indexing, indices, meshgrid, tri};
pub use dynamic::{DynArray, IntoScalar};
pub use equal::{array_equal, array_equiv};
pub use filter::{Filter, Gaussian, Morphology, Neighbourhood, PerAxis};
pub use index::Index;
pub use io::{open_npy, open_npy_stack, open_zarr};
pub use join::{broadcast_arrays, column_stack, dstack, hstack, vstack};
pub use lexsort::lexsort;
pub use lookup::{Lookup, searchsorted};
pub use ops::{Argument, where_};
pub use pad::PadMode;
pub use positions::{diag_indices, ravel_multi_index, tril_indices, triu_indices};
pub use recut::unify_chunks;
pub use reduction::Reduction;
pub use shape::{concatenate, stack};
pub use split::Sections;
pub use statistics::Cov;
pub use typed::Array;
pub use unique::{Unique, intersect1d, setdiff1d, setxor1d, union1d};
pub use unknown::Dim;
pub use variable::{open_hdf5, open_netcdf, open_netcdf_decoded, open_variable, open_variable_decoded};
pub use windows::Windows;
