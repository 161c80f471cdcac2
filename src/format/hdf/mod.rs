//! Variables of NetCDF files (classic CDF-1, 2 and 5, and NetCDF-4) and datasets of HDF5 files, read through pure Rust readers.
//!
//! Files are never mapped, never written, and may lie behind URLs. Elements are given as they are stored; what their attributes say of fill values,
//! scale and offset is applied on demand (`decode`).

pub mod attribute;
pub mod decode;
pub mod file;
mod read;
pub mod source;
mod storage;

pub use attribute::Attribute;
pub use decode::Decoding;
pub use file::{DataFile, Variable, split_variable};
pub use source::VariableSource;

#[cfg(test)]
mod tests;
