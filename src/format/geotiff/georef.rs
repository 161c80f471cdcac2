//! What ties a grid of pixels to the ground and to meaning: affine, CRS, nodata, names and units of bands.
//!
//! The affine is in GDAL's order and always refers to the outer corner of the first pixel. No coordinates are transformed here.

use super::geokeys::GeoKeys;
use crate::base::{DType, Scalar};
use serde::{Deserialize, Serialize};

/// A coordinate reference system, as far as a GeoTIFF names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crs {
    /// EPSG code, where the file names one.
    pub epsg: Option<u32>,
    /// WKT, where the file carries one.
    pub wkt: Option<String>,
    /// The citation: a name for people.
    pub name: Option<String>,
    /// The GeoTIFF keys as read, by which a CRS without a code is written again unchanged.
    pub keys: Option<GeoKeys>,
}

impl Crs {
    /// The CRS of an EPSG code.
    pub fn from_epsg(code: u32) -> Crs {
        Crs { epsg: Some(code), ..Crs::default() }
    }

    /// Whether both name the same system: by code where both have one, else by everything known of them.
    pub fn same(&self, other: &Crs) -> bool {
        match (self.epsg, other.epsg) {
            (Some(a), Some(b)) => a == b,
            _ => self == other,
        }
    }
}

impl std::fmt::Display for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.epsg, &self.name, &self.wkt) {
            (Some(code), _, _) => write!(f, "EPSG:{code}"),
            (_, Some(name), _) => f.write_str(name),
            (_, _, Some(wkt)) => f.write_str(wkt),
            _ => f.write_str("an unnamed CRS"),
        }
    }
}

/// What is known of one band beside its pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BandInfo {
    /// Its description.
    pub name: Option<String>,
    /// The value in its unit is `pixel * scale + offset`.
    pub scale: Option<f64>,
    /// See `scale`.
    pub offset: Option<f64>,
}

/// Georeference, nodata and band metadata of a raster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Georef {
    /// `[x0, dx, rx, y0, ry, dy]` (GDAL's order): the corner of pixel `(row, col)` lies at
    /// `x = x0 + col * dx + row * rx`, `y = y0 + col * ry + row * dy`. None where the raster has no place on the ground.
    pub affine: Option<[f64; 6]>,
    /// CRS of the affine's coordinates.
    pub crs: Option<Crs>,
    /// The value that means "no data", in the raster's own dtype. NaN is data like this too.
    pub nodata: Option<Scalar>,
    /// One entry per band (missing entries: nothing known).
    pub bands: Vec<BandInfo>,
}

impl Georef {
    /// The affine of the same ground seen as `width` × `height` pixels instead of `full_width` × `full_height`.
    #[must_use]
    pub fn resized(&self, full: (usize, usize), size: (usize, usize)) -> Georef {
        let (sx, sy) = (full.0 as f64 / size.0.max(1) as f64, full.1 as f64 / size.1.max(1) as f64);
        let mut out = self.clone();
        out.affine = self.affine.map(|a| [a[0], a[1] * sx, a[2] * sy, a[3], a[4] * sx, a[5] * sy]);
        out
    }
}

/// Parses the text of GDAL's nodata tag for pixels of `dtype`; None where no pixel can have the value.
pub(super) fn parse_nodata(text: &str, dtype: DType) -> Option<Scalar> {
    let text = text.trim();
    if dtype.is_float() {
        let v = match text.to_ascii_lowercase().as_str() {
            "nan" | "-nan" | "1.#qnan" | "-1.#ind" => f64::NAN,
            "inf" | "+inf" | "1.#inf" => f64::INFINITY,
            "-inf" | "-1.#inf" => f64::NEG_INFINITY,
            t => t.parse().ok()?,
        };
        return Some(Scalar::F64(if dtype == DType::F32 { f64::from(v as f32) } else { v }));
    }
    let exact = text.parse::<i64>().map(Scalar::I64).ok().or_else(|| text.parse::<u64>().map(Scalar::U64).ok());
    let value = exact.or_else(|| {
        let v = text.parse::<f64>().ok()?;
        (v.fract() == 0.0 && v.abs() < 9e15).then_some(Scalar::I64(v as i64))
    })?;
    value.fits(dtype).then_some(value)
}

/// The text of GDAL's nodata tag.
pub(super) fn nodata_text(value: Scalar, dtype: DType) -> String {
    match value {
        Scalar::F64(v) if v.is_nan() => "nan".into(),
        Scalar::F64(v) if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.into(),
        Scalar::F64(v) if dtype == DType::F32 => format!("{:?}", f64::from(v as f32)),
        Scalar::F64(v) if v.fract() == 0.0 && v.abs() < 1e15 => format!("{v:.0}"),
        v => v.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{nodata_text, parse_nodata};
    use crate::base::{DType, Scalar};

    #[test]
    fn nodata_is_read_in_the_dtype_of_the_pixels() {
        assert_eq!(parse_nodata("-9999", DType::F32), Some(Scalar::F64(-9999.0)));
        assert_eq!(parse_nodata("-9999", DType::U8), None);
        assert_eq!(parse_nodata("255.0 ", DType::U8), Some(Scalar::I64(255)));
        assert_eq!(parse_nodata("18446744073709551615", DType::U64), Some(Scalar::U64(u64::MAX)));
        assert_eq!(parse_nodata("-3.4028234663852886e+38", DType::F32), Some(Scalar::F64(f64::from(f32::MIN))));
        assert_eq!(parse_nodata("-3.40282346638529e+38", DType::F32), Some(Scalar::F64(f64::from(f32::MIN))));
        assert!(parse_nodata("nan", DType::F64).is_some_and(|v| v.as_f64().is_nan()));
        assert_eq!(parse_nodata("none", DType::F64), None);
    }

    #[test]
    fn nodata_survives_writing() {
        for v in [0.1, -9999.0, 1e300, f64::from(f32::MIN), f64::NEG_INFINITY, 5e-324] {
            let back = parse_nodata(&nodata_text(Scalar::F64(v), DType::F64), DType::F64);
            assert_eq!(back, Some(Scalar::F64(v)));
        }
        assert_eq!(nodata_text(Scalar::I64(i64::MIN), DType::I64), "-9223372036854775808");
    }
}
