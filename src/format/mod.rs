//!

#[cfg(feature = "raster")]
pub mod geotiff;
