//! Files that arrays come from and go to, one folder per format.

pub mod npy;
mod partial;
pub mod zarr;
