//! A small picture of a raster, stretched so that it can be looked at.

use crate::array::{DynArray, Index};
use crate::base::{DType, Result};
use crate::expr::Chunks;
use crate::format::geotiff::GeoTiff;
use crate::format::partial::write_whole;
use crate::raster::Raster;
use crate::session::Session;
use std::path::Path;

/// Colours from low to high (bare ground to dense green), for one band.
const RAMP: [[f64; 3]; 5] =
    [[120.0, 80.0, 50.0], [206.0, 184.0, 130.0], [240.0, 236.0, 190.0], [130.0, 180.0, 90.0], [20.0, 90.0, 40.0]];

/// Writes a PNG of one band, at most `pixels` wide and high: every n-th pixel (of the overview that is just fine enough, if the
/// file has one), linear from the 2nd to the 98th percentile of the pixels shown, on a brown-to-green ramp; no data is transparent.
///
/// # Errors
/// When the file cannot be read or the picture not written.
pub fn quicklook(raster: impl AsRef<Path>, band: usize, pixels: usize, png: impl AsRef<Path>, session: &Session) -> Result<()> {
    let file = GeoTiff::open(raster.as_ref())?;
    let info = file.info();
    let fine = info.overviews.iter().take_while(|(w, h)| *w.max(h) >= pixels).count();
    let source = std::sync::Arc::new(file.level_source(fine)?);
    let array = DynArray::from_expr(crate::expr::build::source(source, &Chunks::Auto)?)?;
    let level = Raster::new(array, file.level_georef(fine)?, raster.as_ref().display().to_string())?.band(band)?;
    let (h, w) = level.size();
    let step = Some(h.max(w).div_ceil(pixels.max(1)) as isize);
    let every = [Index::Slice(None, None, step), Index::Slice(None, None, step)];
    let as_float = level.array().astype(DType::F64)?;
    let values = match level.missing()? {
        None => as_float,
        Some(m) => crate::array::where_(&m, f64::NAN, &as_float)?,
    };
    let small = values.index(&every)?.compute_in(session)?.to_ndarray::<f64>()?;
    let mut sorted: Vec<f64> = small.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * q) as usize).copied().unwrap_or(0.0);
    let (low, high) = (at(0.02), at(0.98));
    let span = if high > low { high - low } else { 1.0 };
    let mut rgba = Vec::with_capacity(small.len() * 4);
    for v in small.iter() {
        if v.is_nan() {
            rgba.extend([0, 0, 0, 0]);
        } else {
            rgba.extend(colour(((v - low) / span).clamp(0.0, 1.0)));
        }
    }
    write_png(png.as_ref(), small.shape()[1], small.shape()[0], &rgba)
}

fn colour(t: f64) -> [u8; 4] {
    let x = t * (RAMP.len() - 1) as f64;
    let i = (x as usize).min(RAMP.len() - 2);
    let f = x - i as f64;
    let mix = |c: usize| (RAMP[i][c] * (1.0 - f) + RAMP[i + 1][c] * f).round() as u8;
    [mix(0), mix(1), mix(2), 255]
}

fn write_png(path: &Path, width: usize, height: usize, rgba: &[u8]) -> Result<()> {
    write_whole(path, |out| {
        let mut encoder = png::Encoder::new(out, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut image = encoder.write_header()?;
        image.write_image_data(rgba)?;
        Ok(image.finish()?)
    })
}
