//! GeoTIFF, classic and BigTIFF: a [`Source`](crate::expr::Source) of pixels and a [`Sink`](crate::expr::Sink) that can be a
//! cloud-optimised file with overviews.
//!
//! ```text
//! read:  file ─▶ ifd (tags) ─▶ image (one directory understood) ─▶ decode (block → rows) ─▶ source
//!                              └▶ georef, geokeys, metadata ─▶ read::GeoTiff (what is known)
//! write: sink ─▶ encode (chunk → compressed tiles, overviews) ─▶ assemble (file layout)
//! both:  codec, predictor
//! ```
//! What a file asks for and is not supported is refused by name; what is broken is an error that names file and place.

mod assemble;
mod codec;
mod decode;
mod encode;
mod file;
mod geokeys;
mod georef;
mod ifd;
mod image;
mod metadata;
mod options;
mod overview;
mod predictor;
mod pyramid;
mod read;
mod sink;
mod source;
mod tags;
#[cfg(test)]
mod tests;
mod tile;
#[cfg(test)]
mod write_tests;
mod writer;

pub use codec::Compression;
pub use geokeys::GeoKeys;
pub use georef::{BandInfo, Crs, Georef};
pub use options::{Predictor, Resampling, WriteOptions};
pub use read::{GeoTiff, GeoTiffInfo};
pub use sink::GeoTiffSink;
pub use source::GeoTiffSource;
