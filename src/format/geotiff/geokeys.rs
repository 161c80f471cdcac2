//! GeoTIFF keys: from the three tags to a CRS and back, and where pixels lie.
//!
//! A code is taken from the projected, else from the geographic CRS key. Parameters of user-defined systems are kept as they were
//! read, not interpreted.

use super::georef::Crs;
use crate::base::{Error, Result};
use serde::{Deserialize, Serialize};

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const CITATION: u16 = 1026;
const GEOGRAPHIC: u16 = 2048;
const GEOGRAPHIC_CITATION: u16 = 2049;
const PROJECTED: u16 = 3072;
const PROJECTED_CITATION: u16 = 3073;
const USER_DEFINED: u16 = 32767;
/// Where the value of a key is in the directory itself.
const SHORT: u16 = 0;
const ASCII: u16 = super::tags::GEO_ASCII;

/// The values of the three GeoTIFF tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeoKeys {
    /// The key directory: a header of four numbers, then four per key.
    pub directory: Vec<u16>,
    /// Parameters that are doubles.
    pub doubles: Vec<f64>,
    /// Parameters that are text, each ending in `|`.
    pub ascii: String,
}

impl GeoKeys {
    fn entry(&self, key: u16) -> Option<&[u16]> {
        self.directory.get(4..)?.chunks_exact(4).find(|e| e[0] == key)
    }

    fn short(&self, key: u16) -> Option<u16> {
        self.entry(key).filter(|e| e[1] == SHORT).map(|e| e[3])
    }

    fn text(&self, key: u16) -> Option<String> {
        let e = self.entry(key).filter(|e| e[1] == ASCII)?;
        let (start, len) = (usize::from(e[3]), usize::from(e[2]));
        let bytes = self.ascii.as_bytes().get(start..(start + len).min(self.ascii.len()))?;
        let text = String::from_utf8_lossy(bytes).trim_end_matches(['|', '\0']).trim().to_string();
        (!text.is_empty()).then_some(text)
    }

    /// Whether coordinates refer to the centres of pixels.
    pub(super) fn is_point(&self) -> bool {
        self.short(RASTER_TYPE) == Some(2)
    }

    /// The CRS that the keys name, or None where they name none.
    pub(super) fn crs(&self) -> Option<Crs> {
        let code = |key| self.short(key).filter(|&c| c != 0 && c != USER_DEFINED).map(u32::from);
        let projected = self.short(MODEL_TYPE) != Some(2) && self.entry(PROJECTED).is_some();
        let epsg = if projected { code(PROJECTED) } else { code(GEOGRAPHIC) };
        let citations =
            if projected { [PROJECTED_CITATION, CITATION, GEOGRAPHIC_CITATION] } else { [GEOGRAPHIC_CITATION, CITATION, 0] };
        let texts: Vec<String> = citations.iter().filter_map(|&k| self.text(k)).collect();
        let wkt = texts.iter().find_map(|t| t.strip_prefix("ESRI PE String = ")).map(str::to_string);
        let name = texts.into_iter().find(|t| !t.starts_with("ESRI PE String"));
        let local = matches!(self.short(MODEL_TYPE), None | Some(0 | USER_DEFINED));
        if epsg.is_none() && wkt.is_none() && name.is_none() && local {
            return None;
        }
        Some(Crs { epsg, wkt, name, keys: Some(self.clone()) })
    }

    /// The keys that name `crs`, for pixels that are areas; none for no CRS.
    ///
    /// # Errors
    /// When the CRS is known by its WKT only.
    pub(super) fn for_crs(crs: Option<&Crs>) -> Result<GeoKeys> {
        let Some(crs) = crs else { return Ok(GeoKeys::of(&[(RASTER_TYPE, 1)])) };
        if let Some(keys) = &crs.keys {
            let mut keys = keys.clone();
            let at = keys.directory.chunks_exact(4).skip(1).position(|e| e[0] == RASTER_TYPE && e[1] == SHORT);
            if let Some(i) = at {
                keys.directory[4 * (i + 1) + 3] = 1;
            }
            return Ok(keys);
        }
        match crs.epsg {
            Some(code @ 1..=65535) if is_geodetic(code) => {
                let model = if GEOCENTRIC.contains(&code) { 3 } else { 2 };
                Ok(GeoKeys::of(&[(MODEL_TYPE, model), (RASTER_TYPE, 1), (GEOGRAPHIC, code as u16)]))
            }
            Some(code @ 1..=65535) => Ok(GeoKeys::of(&[(MODEL_TYPE, 1), (RASTER_TYPE, 1), (PROJECTED, code as u16)])),
            Some(code) => Err(Error::unsupported(format!("EPSG:{code} does not fit into a GeoTIFF, whose codes end at 65535"))),
            None => Err(Error::unsupported(format!("the CRS '{crs}' cannot be written to a GeoTIFF: give it as an EPSG code"))),
        }
    }

    fn of(keys: &[(u16, u16)]) -> GeoKeys {
        let mut directory = vec![1, 1, 0, keys.len() as u16];
        for &(key, value) in keys {
            directory.extend([key, SHORT, 1, value]);
        }
        GeoKeys { directory, ..GeoKeys::default() }
    }
}

/// Geocentric systems in common use, which are geodetic and neither geographic nor projected.
const GEOCENTRIC: [u32; 4] = [4328, 4936, 4978, 7842];

/// Codes of geodetic systems in the EPSG dataset, as ranges that no projected code lies in.
#[rustfmt::skip]
const GEODETIC: &[(u32, u32)] = &[
    (3819, 3824), (3888, 3889), (3906, 3906), (4001, 4025), (4027, 4036), (4040, 4047), (4052, 4055), (4074, 4081), (4120,
    4216), (4218, 4388), (4463, 4466), (4469, 4470), (4472, 4472), (4475, 4483), (4490, 4490), (4555, 4558), (4600, 4646),
    (4657, 4765), (4801, 4811), (4813, 4821), (4823, 4824), (4883, 5013), (5132, 5132), (5228, 5233), (5245, 5246), (5251,
    5252), (5263, 5264), (5323, 5324), (5340, 5342), (5353, 5354), (5359, 5360), (5364, 5365), (5370, 5381), (5392, 5393),
    (5451, 5451), (5464, 5464), (5467, 5467), (5488, 5489), (5524, 5527), (5545, 5546), (5560, 5561), (5592, 5593), (5681,
    5681), (5830, 5830), (5885, 5886), (6134, 6135), (6207, 6207), (6310, 6311), (6318, 6325), (6364, 6365), (6667, 6668),
    (6705, 6706), (6782, 6783), (6881, 6883), (6892, 6894), (6979, 6983), (6986, 6990), (7034, 7042), (7072, 7073), (7084,
    7088), (7133, 7139), (7372, 7373), (7657, 7686), (7797, 7798), (7816, 7816), (7843, 7844), (7880, 7881), (7885, 7886),
    (7900, 7931), (8042, 8043), (8085, 8086), (8231, 8255), (8351, 8351), (8399, 8431), (8449, 8449), (8542, 8545), (8684,
    8685), (8694, 8818), (8860, 8902), (8906, 8907), (8916, 8949), (8972, 9019), (9053, 9140), (9147, 9148), (9152, 9153),
    (9183, 9184), (9248, 9248), (9251, 9251), (9253, 9253), (9267, 9267), (9293, 9294), (9299, 9299), (9308, 9309), (9332,
    9333), (9364, 9364), (9372, 9372), (9379, 9384), (9403, 9403), (9453, 9453), (9469, 9470), (9474, 9475), (9546, 9547),
    (9695, 9696), (9701, 9702), (9739, 9739), (9754, 9758), (9763, 9763), (9776, 9784), (9866, 9866), (9871, 9871), (9893,
    9893), (9939, 9939), (9964, 9964), (9969, 9969), (9974, 9974), (9989, 10158), (10175, 10178), (10185, 10185), (10191,
    10191), (10196, 10196), (10204, 10204), (10209, 10209), (10214, 10214), (10219, 10219), (10224, 10224), (10229, 10229),
    (10237, 10237), (10249, 10249), (10252, 10252), (10256, 10256), (10260, 10260), (10265, 10265), (10268, 10268), (10272,
    10272), (10277, 10277), (10283, 10284), (10298, 10305), (10307, 10312), (10327, 10328), (10345, 10414), (10468, 10468),
    (10474, 10475), (10570, 10571), (10605, 10606), (10623, 10623), (10628, 10628), (10635, 10639), (10670, 10673), (10689,
    10690), (10724, 10725), (10735, 10739), (10758, 10758), (10761, 10762), (10780, 10785), (10790, 10791), (10799, 10800),
    (10806, 10807), (10830, 10831), (10849, 10849), (10860, 10860), (10874, 10898), (10909, 10910), (10940, 10941), (10951,
    10968), (11042, 11043), (20033, 20041), (20045, 20046),
];

fn is_geodetic(code: u32) -> bool {
    let i = GEODETIC.partition_point(|r| r.1 < code);
    GEODETIC.get(i).is_some_and(|r| r.0 <= code)
}

/// The affine of the georeferencing tags, in GDAL's order, for the corner of the first pixel.
pub(super) fn affine(scale: Option<&[f64]>, tie: Option<&[f64]>, matrix: Option<&[f64]>, is_point: bool) -> Option<[f64; 6]> {
    let mut a = match (scale, tie, matrix) {
        (Some(s), Some(t), _) if s.len() >= 2 && t.len() >= 6 && s[0] != 0.0 && s[1] != 0.0 => {
            let (dx, dy) = (s[0], -s[1].abs());
            [t[3] - t[0] * dx, dx, 0.0, t[4] - t[1] * dy, 0.0, dy]
        }
        (_, _, Some(m)) if m.len() >= 8 => [m[3], m[0], m[1], m[7], m[4], m[5]],
        _ => return None,
    };
    if is_point {
        a[0] -= 0.5 * (a[1] + a[2]);
        a[3] -= 0.5 * (a[4] + a[5]);
    }
    a.iter().all(|v| v.is_finite()).then_some(a)
}

#[cfg(test)]
mod tests {
    use super::{Crs, GeoKeys, affine, is_geodetic};

    #[test]
    fn codes_come_back() {
        for code in [4326, 32633, 3857, 4087, 6318, 4978, 2056, 27700] {
            let crs = GeoKeys::for_crs(Some(&Crs::from_epsg(code))).unwrap().crs().unwrap();
            assert_eq!(crs.epsg, Some(code));
        }
        assert!(GeoKeys::for_crs(None).unwrap().crs().is_none());
        assert!(GeoKeys::for_crs(Some(&Crs::from_epsg(900_913))).is_err());
    }

    #[test]
    fn geographic_and_projected_codes_are_told_apart() {
        assert!([4326, 4269, 4258, 4978, 6318, 7844, 4490].into_iter().all(is_geodetic));
        assert!(![4087, 4088, 32633, 3857, 3035, 2056, 27700, 4647, 5070].into_iter().any(is_geodetic));
    }

    #[test]
    fn point_pixels_are_shifted_by_half() {
        let (scale, tie) = ([10.0, 10.0, 0.0], [0.0, 0.0, 0.0, 100.0, 200.0, 0.0]);
        assert_eq!(affine(Some(&scale), Some(&tie), None, false), Some([100.0, 10.0, 0.0, 200.0, 0.0, -10.0]));
        assert_eq!(affine(Some(&scale), Some(&tie), None, true), Some([95.0, 10.0, 0.0, 205.0, 0.0, -10.0]));
        assert_eq!(affine(None, Some(&tie), None, false), None);
    }

    #[test]
    fn broken_keys_name_nothing() {
        for n in 0..12 {
            let keys = GeoKeys {
                directory: vec![1, 1, 0, 9, 1026, 34737, 60000, 60000, 3072, 0, 1][..n.min(11)].to_vec(),
                ..GeoKeys::default()
            };
            assert!(keys.crs().is_none_or(|c| c.epsg.is_none()));
        }
    }
}
