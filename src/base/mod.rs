//! What every layer speaks of: errors, dtypes, chunk geometry, regions, byte sizes, configuration, events.
//! Knows nothing of expressions, tasks or files.

pub mod bytes;
pub mod caught;
pub mod config;
pub mod dtype;
pub mod error;
pub mod event;
pub mod grid;
pub mod iostat;
pub mod near;
pub mod region;
pub mod scalar;

pub use config::Config;
pub use dtype::{C64, C128, DType};
pub use error::{Error, Kind, Result};
pub use grid::{Axis, Coords, Grid};
pub use region::{AxisSlice, Region};
pub use scalar::{Element, Scalar};
