//! The directories of a file being written: tags with their values, sized before the offsets are known.
//!
//! Numbers are written in the machine's own order. A directory's values follow it, so a run of directories is one block of bytes.

use super::geokeys::GeoKeys;
use super::georef::{Georef, nodata_text};
use super::options::Design;
use super::{metadata, tags};
use crate::base::{Error, Result};

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const DOUBLE: u16 = 12;
const LONG8: u16 = 16;

/// Where the tiles of a level are: offset and byte count, 0 and 0 for one that was left out.
pub(super) type Table = Vec<(u64, u64)>;

/// What a COG says of its layout, for readers that know (GDAL's "ghost area"): a line of fixed length with the size, then keys.
/// `row_major`: whether the tiles of every level lie in the order of their numbers.
pub(super) fn ghost_area(row_major: bool) -> Vec<u8> {
    let order = if row_major { "BLOCK_ORDER=ROW_MAJOR\n" } else { "" };
    let keys = format!(
        "LAYOUT=IFDS_BEFORE_DATA\n{order}BLOCK_LEADER=SIZE_AS_UINT4\nBLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
    );
    format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{keys}", keys.len()).into_bytes()
}

/// Bytes of the header.
pub(super) fn header_len(big: bool) -> u64 {
    if big { 16 } else { 8 }
}

/// The header of a file whose first directory is at `first`.
pub(super) fn header(big: bool, first: u64) -> Vec<u8> {
    let mut out = if cfg!(target_endian = "big") { b"MM".to_vec() } else { b"II".to_vec() };
    if big {
        for v in [43u16, 8, 0] {
            out.extend(v.to_ne_bytes());
        }
        out.extend(first.to_ne_bytes());
    } else {
        out.extend(42u16.to_ne_bytes());
        out.extend((first as u32).to_ne_bytes());
    }
    out
}

/// A directory: tags in rising order with their values as bytes.
struct Directory {
    entries: Vec<(u16, u16, u64, Vec<u8>)>,
}

impl Directory {
    fn shorts(&mut self, tag: u16, values: &[u16]) {
        self.entries.push((tag, SHORT, values.len() as u64, values.iter().flat_map(|v| v.to_ne_bytes()).collect()));
    }

    fn longs(&mut self, tag: u16, values: impl Iterator<Item = u64>, wide: bool) {
        let mut bytes = Vec::new();
        let mut n = 0;
        for v in values {
            if wide {
                bytes.extend(v.to_ne_bytes())
            } else {
                bytes.extend((v as u32).to_ne_bytes())
            }
            n += 1;
        }
        self.entries.push((tag, if wide { LONG8 } else { LONG }, n, bytes));
    }

    fn doubles(&mut self, tag: u16, values: &[f64]) {
        if !values.is_empty() {
            self.entries.push((tag, DOUBLE, values.len() as u64, values.iter().flat_map(|v| v.to_ne_bytes()).collect()));
        }
    }

    fn text(&mut self, tag: u16, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.entries.push((tag, ASCII, bytes.len() as u64, bytes));
    }

    fn len(&self, big: bool) -> u64 {
        let (count, entry, word) = if big { (8, 20, 8) } else { (2, 12, 4) };
        let values: u64 = self.entries.iter().map(|e| if e.3.len() > word { padded(e.3.len() as u64) } else { 0 }).sum();
        padded(count + entry * self.entries.len() as u64 + word as u64) + values
    }

    /// Bytes of the directory placed at `at`, pointing to `next`.
    fn bytes(&self, at: u64, next: u64, big: bool) -> Vec<u8> {
        let word = if big { 8 } else { 4 };
        let number = |out: &mut Vec<u8>, v: u64| {
            if big { out.extend(v.to_ne_bytes()) } else { out.extend((v as u32).to_ne_bytes()) }
        };
        let n = self.entries.len() as u64;
        let table = padded(if big { 8 + 20 * n + 8 } else { 2 + 12 * n + 4 });
        let (mut out, mut values) = (Vec::new(), Vec::new());
        if big {
            out.extend(n.to_ne_bytes())
        } else {
            out.extend((n as u16).to_ne_bytes())
        }
        for (tag, kind, count, bytes) in &self.entries {
            out.extend(tag.to_ne_bytes());
            out.extend(kind.to_ne_bytes());
            number(&mut out, *count);
            if bytes.len() > word {
                number(&mut out, at + table + values.len() as u64);
                values.extend_from_slice(bytes);
                values.resize(padded(values.len() as u64) as usize, 0);
            } else {
                out.extend_from_slice(bytes);
                out.resize(out.len() + word - bytes.len(), 0);
            }
        }
        number(&mut out, next);
        out.resize(table as usize, 0);
        out.extend(values);
        out
    }
}

fn padded(n: u64) -> u64 {
    n.next_multiple_of(8)
}

/// The directory of `level`.
fn directory(design: &Design, level: usize, georef: &Georef, table: &Table) -> Result<Directory> {
    let mut d = Directory { entries: Vec::new() };
    let (bands, tile) = (design.bands, design.tile as u64);
    let rgb = bands == 3 && design.dtype.size() == 1;
    let sample_format = if design.dtype.is_float() { 3 } else { u16::from(design.dtype.is_signed()) + 1 };
    let colours = if rgb { 3 } else { 1 };
    d.longs(tags::SUBFILE, std::iter::once(u64::from(level > 0)), false);
    d.longs(tags::WIDTH, std::iter::once(design.levels[level].0 as u64), false);
    d.longs(tags::HEIGHT, std::iter::once(design.levels[level].1 as u64), false);
    d.shorts(tags::BITS, &vec![design.dtype.size() as u16 * 8; bands]);
    d.shorts(tags::COMPRESSION, &[design.compression.tag()]);
    d.shorts(tags::PHOTOMETRIC, &[if rgb { 2 } else { 1 }]);
    d.shorts(tags::BANDS, &[bands as u16]);
    d.shorts(tags::PLANAR, &[if design.pixel_interleave || bands == 1 { 1 } else { 2 }]);
    if design.predictor > 1 {
        d.shorts(tags::PREDICTOR, &[u16::from(design.predictor)]);
    }
    d.longs(tags::TILE_WIDTH, std::iter::once(tile), false);
    d.longs(tags::TILE_HEIGHT, std::iter::once(tile), false);
    d.longs(tags::TILE_OFFSETS, table.iter().map(|t| t.0), design.big_tiff);
    d.longs(tags::TILE_COUNTS, table.iter().map(|t| t.1), false);
    if bands > colours {
        d.shorts(tags::EXTRA_SAMPLES, &vec![0; bands - colours]);
    }
    d.shorts(tags::SAMPLE_FORMAT, &vec![sample_format; bands]);
    if level == 0 {
        place(&mut d, georef)?;
        if let Some(xml) = metadata::write(&georef.bands) {
            d.text(tags::GDAL_METADATA, &xml);
        }
    }
    if let Some(nodata) = georef.nodata {
        d.text(tags::GDAL_NODATA, &nodata_text(nodata, design.dtype));
    }
    d.entries.sort_by_key(|e| e.0);
    Ok(d)
}

/// The tags that place the image on the ground.
fn place(d: &mut Directory, georef: &Georef) -> Result<()> {
    match georef.affine {
        Some([x, dx, 0.0, y, 0.0, dy]) if dx > 0.0 && dy < 0.0 => {
            d.doubles(tags::PIXEL_SCALE, &[dx, -dy, 0.0]);
            d.doubles(tags::TIEPOINT, &[0.0, 0.0, 0.0, x, y, 0.0]);
        }
        Some([x, dx, rx, y, ry, dy]) => {
            d.doubles(tags::TRANSFORMATION, &[dx, rx, 0.0, x, ry, dy, 0.0, y, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        }
        None => {}
    }
    // Without keys pixels are areas too, and no reader takes the place for one in an unnamed CRS.
    if georef.crs.is_some() {
        let keys = GeoKeys::for_crs(georef.crs.as_ref())?;
        d.shorts(tags::GEO_KEYS, &keys.directory);
        d.doubles(tags::GEO_DOUBLES, &keys.doubles);
        if !keys.ascii.is_empty() {
            d.text(tags::GEO_ASCII, &keys.ascii);
        }
    }
    Ok(())
}

/// The bytes of all directories, placed one after the other from `at`.
///
/// # Errors
/// When an offset does not fit (a bug: the kind of file is chosen for the worst case), or the CRS cannot be written.
pub(super) fn directories(design: &Design, georef: &Georef, tables: &[Table], at: u64) -> Result<Vec<u8>> {
    let all: Result<Vec<Directory>> = tables.iter().enumerate().map(|(l, t)| directory(design, l, georef, t)).collect();
    let all = all?;
    let mut out = Vec::new();
    for (i, d) in all.iter().enumerate() {
        let here = at + out.len() as u64;
        let next = if i + 1 < all.len() { here + d.len(design.big_tiff) } else { 0 };
        out.extend(d.bytes(here, next, design.big_tiff));
    }
    let end = tables.iter().flatten().map(|t| t.0 + t.1).max().unwrap_or(0).max(at + out.len() as u64);
    if !design.big_tiff && end > u64::from(u32::MAX) {
        return Err(Error::bug(format!("a classic TIFF of {end} bytes")));
    }
    Ok(out)
}
