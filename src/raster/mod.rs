//! Georeferenced arrays: pixels, their grid on the ground (shape, affine, CRS), and what "no data" means in them.

pub mod calc;
pub mod grid;
pub mod quicklook;
pub mod raster_type;
pub mod zonal;

pub use crate::format::geotiff::{Compression, Crs, Georef, Predictor, Resampling, WriteOptions};
pub use calc::calc;
pub use quicklook::quicklook;
pub use raster_type::Raster;
pub use zonal::{ZoneStats, zonal_stats};
