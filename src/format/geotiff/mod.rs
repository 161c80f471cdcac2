//! GeoTIFF, classic and BigTIFF: a [`Source`](crate::expr::Source) of pixels and a [`Sink`](crate::expr::Sink) that can be a
//! cloud-optimised file with overviews.
//!
//! ```text
//! read:  file ─▶ ifd (tags) ─▶ image (one directory understood) ─▶ decode (block → rows) ─▶ source
//!                              └▶ georef, geokeys, metadata ─▶ read::GeoTiff (what is known)
//! write: sink ─▶ encode (chunk → compressed tiles, overviews) ─▶ assemble (file layout)
//! both:  codec, predictor
//! ```
//! ```
//! use tilework::base::{DType, Grid, Region};
//! use tilework::chunk::Tensor;
//! use tilework::expr::{Sink, Source};
//! use tilework::format::geotiff::{Crs, GeoTiff, GeoTiffSink, Georef, WriteOptions};
//! # fn main() -> tilework::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("dem.tif");
//! let dem = Tensor::from_vec(&[600, 700], (0..420_000).map(|i| i as f32).collect())?;
//! let georef = Georef { affine: Some([5e5, 10.0, 0.0, 54e5, 0.0, -10.0]), crs: Some(Crs::from_epsg(32633)), ..Georef::default() };
//! let sink = GeoTiffSink::new(&path, &[600, 700], DType::F32, georef, WriteOptions { cog: true, ..WriteOptions::default() })?;
//! let chunks = sink.write_grid(DType::F32, &Grid::whole(&[600, 700]))?;
//! sink.begin()?;
//! for i in 0..chunks.n_chunks() {
//!     let region = chunks.chunk_region(i);
//!     sink.commit(i, &region, &sink.encode(i, &region, &dem.slice(&region))?)?;
//! }
//! sink.finish()?;
//!
//! let tiff = GeoTiff::open(&path)?;
//! assert_eq!(tiff.info().overviews, [(350, 300)]);
//! let row = tiff.source().read(&Region::new([0..1, 2..3, 0..700]))?;
//! assert_eq!(row.as_slice::<f32>()?[..2], [1400.0, 1401.0]);
//! # Ok(())
//! # }
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
