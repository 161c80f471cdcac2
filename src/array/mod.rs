//! Lazy arrays: what NumPy users know, over an expression.
//!
//! A [`DynArray`] has its dtype as a value, an [`Array<T>`](Array) as a type; both are thin over an expression. Every error of shape,
//! dtype or chunks comes from the call that makes it. Methods of ops come from the op tables.

pub mod blocks;
pub mod create;
pub mod dynamic;
pub mod io;
pub mod ops;
pub mod random;
pub mod shape;
pub mod typed;

pub use blocks::{map_blocks, map_overlap};
pub use create::{arange, eye, from_ndarray, full, linspace, ones, zeros};
pub use dynamic::{DynArray, IntoScalar};
pub use io::{open_npy, open_zarr};
pub use ops::{Argument, where_};
pub use shape::{Index, concatenate, stack};
pub use typed::Array;
