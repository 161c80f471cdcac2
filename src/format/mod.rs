//! Where arrays and tables come from and go to: one file or folder per format, each a source and a sink.

#[cfg(feature = "raster")]
pub mod geotiff;
pub mod memory;
pub mod npy;
mod partial;
pub mod registry;
pub mod zarr;
