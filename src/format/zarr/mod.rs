//! Zarr: chunked, compressed arrays under keys of a byte store, alone or in groups. Versions 2 and 3 are read and written.

pub mod group;
mod layout;
pub mod options;
mod pipeline;
mod place;
mod publish;
mod shard;
pub mod sink;
pub mod source;
mod target;

pub use group::{Member, ZarrGroup};
pub use options::{Codec, ZarrOptions};
pub use sink::ZarrSink;
pub use source::ZarrSource;

#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod tests;
