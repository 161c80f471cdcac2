//! Whether two rasters lie on the same grid.

use crate::base::{Error, Result};
use crate::format::geotiff::Georef;

/// Largest shift between two grids that counts as rounding, in pixels.
const TOLERANCE: f64 = 1e-3;

/// The grid in words.
fn words(shape: (usize, usize), g: &Georef) -> String {
    let crs = g.crs.as_ref().map_or_else(|| "no CRS".to_string(), ToString::to_string);
    match g.affine {
        None => format!("{} x {} pixels, {crs}, no georeference", shape.1, shape.0),
        Some(a) => format!("{} x {} pixels of {} x {} from ({}, {}), {crs}", shape.1, shape.0, a[1], a[5], a[0], a[3]),
    }
}

/// Checks that two rasters of `(rows, columns)` lie on the same grid: shape, affine within a thousandth of a pixel anywhere, CRS.
/// A raster without affine or CRS agrees with any.
///
/// # Errors
/// When they differ: both grids are named, and what to do.
pub fn same_grid(a: (&str, (usize, usize), &Georef), b: (&str, (usize, usize), &Georef)) -> Result<()> {
    let ((name_a, shape_a, ga), (name_b, shape_b, gb)) = (a, b);
    let shift = match (ga.affine, gb.affine) {
        (Some(x), Some(y)) => {
            let size = (x[1].hypot(x[4])).max(f64::MIN_POSITIVE);
            let corners = [(0.0, 0.0), (shape_a.1 as f64, 0.0), (0.0, shape_a.0 as f64), (shape_a.1 as f64, shape_a.0 as f64)];
            let at = |t: [f64; 6], (c, r): (f64, f64)| (t[0] + c * t[1] + r * t[2], t[3] + c * t[4] + r * t[5]);
            corners.iter().map(|&p| ((at(x, p).0 - at(y, p).0).hypot(at(x, p).1 - at(y, p).1)) / size).fold(0.0, f64::max)
        }
        _ => 0.0,
    };
    let crs = match (&ga.crs, &gb.crs) {
        (Some(x), Some(y)) => x.same(y),
        _ => true,
    };
    if shape_a == shape_b && shift <= TOLERANCE && crs {
        return Ok(());
    }
    let what = if shape_a != shape_b {
        "sizes differ"
    } else if !crs {
        "CRS differ"
    } else {
        "places on the ground differ"
    };
    Err(Error::usage(format!(
        "{name_a} and {name_b} are not on the same grid ({what}): {} against {}; bring one onto the other's grid first (gdalwarp -te -tr -t_srs)",
        words(shape_a, ga),
        words(shape_b, gb)
    )))
}
