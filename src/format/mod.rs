//! Where arrays and tables come from and go to: one file or folder per format, each a source and a sink.

mod block;
#[cfg(feature = "frame")]
pub mod csv;
#[cfg(feature = "frame")]
pub mod folder_sink;
#[cfg(feature = "raster")]
pub mod geotiff;
pub mod hdf;
#[cfg(feature = "frame")]
pub mod ipc;
#[cfg(feature = "frame")]
mod ipc_file;
pub mod memory;
#[cfg(feature = "frame")]
pub mod ndjson;
pub mod npy;
#[cfg(feature = "frame")]
pub mod parquet;
#[cfg(feature = "frame")]
mod parquet_file;
#[cfg(feature = "frame")]
mod parquet_layout;
#[cfg(feature = "frame")]
mod parquet_prune;
#[cfg(feature = "frame")]
mod parquet_sieve;
#[cfg(feature = "frame")]
pub mod parquet_sink;
pub(crate) mod partial;
mod ranged;
#[cfg(feature = "frame")]
mod ranged_reader;
pub mod registry;
#[cfg(feature = "frame")]
pub mod remote_files;
#[cfg(feature = "frame")]
mod table_file;
#[cfg(feature = "frame")]
pub mod table_files;
#[cfg(feature = "frame")]
pub mod table_format;
#[cfg(feature = "frame")]
pub mod table_labels;
#[cfg(feature = "frame")]
pub mod table_memory;
#[cfg(feature = "frame")]
pub mod table_scan;
#[cfg(feature = "frame")]
pub mod table_text;
#[cfg(feature = "frame")]
pub mod text_sink;
pub mod zarr;
mod zstd_memory;
