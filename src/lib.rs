//! Tilework: lazy arrays, rasters and tables that don't fit in memory, run inside a memory budget.
#![deny(missing_docs)]

pub mod base;
pub mod chunk;
pub mod dashboard;
pub mod exec;
pub mod expr;
pub mod format;
pub mod graph;
pub mod kernel;
pub mod op;
pub mod optimize;
pub mod plan;
pub mod sched;
pub mod session;
pub mod spill;
pub mod store;
pub mod wire;

pub mod array;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "frame")]
pub mod frame;
#[cfg(feature = "raster")]
pub mod raster;

pub use base::bytes::{format_bytes, parse_bytes};
pub use base::config::Config;
pub use base::dtype::{DType, Element, Scalar};
pub use base::error::{Error, Kind as ErrorKind, Result};
