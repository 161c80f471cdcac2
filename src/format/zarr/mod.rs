//! Zarr: chunked, compressed arrays under keys of a byte store. Version 2 and 3 are read, version 3 is written.

mod block;
pub mod group;
mod layout;
pub mod options;
mod pipeline;
mod shard;
pub mod sink;
pub mod source;

pub use options::{Codec, ZarrOptions};
pub use sink::ZarrSink;
pub use source::ZarrSource;

#[cfg(test)]
mod tests;
