//! Where arrays and tables come from and go to: one file or folder per format, each a source and a sink.

mod block;
#[cfg(feature = "frame")]
pub mod csv;
#[cfg(feature = "raster")]
pub mod geotiff;
pub mod hdf;
pub mod memory;
pub mod npy;
#[cfg(feature = "frame")]
pub mod parquet;
#[cfg(feature = "frame")]
mod parquet_file;
pub(crate) mod partial;
mod ranged;
pub mod registry;
#[cfg(feature = "frame")]
mod table_file;
#[cfg(feature = "frame")]
pub mod table_memory;
#[cfg(feature = "frame")]
pub mod table_scan;
pub mod zarr;
mod zstd_memory;
