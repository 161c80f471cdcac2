//! An open GeoTIFF: its images told apart (full size, overviews, masks), its georeference, and a summary for people.
//!
//! Opening reads the directories only; tables of blocks are read with the first pixels. Nothing here decodes pixels.

use super::codec::Compression;
use super::file::RandomFile;
use super::geokeys::{GeoKeys, affine};
use super::georef::{BandInfo, Georef, parse_nodata};
use super::ifd::{Directory, Format, read_directories};
use super::image::Image;
use super::source::GeoTiffSource;
use super::{metadata, tags};
use crate::base::{DType, Error, Result};
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// An open GeoTIFF. Cloning is cheap; any number of threads may read at once.
#[derive(Clone)]
pub struct GeoTiff(pub(super) Arc<Inner>);

impl std::fmt::Debug for GeoTiff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GeoTiff({})", self.0.file.path.display())
    }
}

pub(super) struct Inner {
    pub(super) file: RandomFile,
    format: Format,
    /// The full image, then its overviews from fine to coarse.
    pub(super) levels: Vec<Image>,
    /// Masks, of any level.
    pub(super) masks: Vec<Image>,
    georef: Georef,
    tags: Vec<(String, String)>,
}

/// What is known of a GeoTIFF without reading pixels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GeoTiffInfo {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bands.
    pub n_bands: usize,
    /// Element type of the pixels as they are read.
    pub dtype: DType,
    /// Bits of a sample in the file.
    pub bits: u16,
    /// Affine, CRS, nodata, bands.
    pub georef: Georef,
    /// Metadata items of the whole dataset.
    pub tags: Vec<(String, String)>,
    /// Width and height of a tile or strip.
    pub block: (usize, usize),
    /// Whether blocks are tiles (else strips).
    pub tiled: bool,
    /// Codec (the level is not stored in the file).
    pub compression: &'static str,
    /// 1 (none), 2 (differences) or 3 (floating point).
    pub predictor: u8,
    /// Whether each block holds one band (else all).
    pub planar: bool,
    /// Width and height of the overviews, fine to coarse.
    pub overviews: Vec<(usize, usize)>,
    /// Whether the file has a mask for the whole dataset.
    pub mask: bool,
    /// The band that is alpha, counted from 0.
    pub alpha: Option<usize>,
    /// TIFF's number of how bands mean colour (1 grey, 2 RGB, 3 palette).
    pub photometric: u64,
    /// Whether numbers are stored big-endian.
    pub big_endian: bool,
    /// Whether offsets have 8 bytes.
    pub big_tiff: bool,
    /// Size of the file.
    pub file_bytes: u64,
}

impl GeoTiff {
    /// Opens a file and reads its directories.
    ///
    /// # Errors
    /// When it cannot be read, is no TIFF, is broken, or uses what is not supported (named in the message).
    pub fn open(path: impl AsRef<Path>) -> Result<GeoTiff> {
        let file = RandomFile::open(path.as_ref())?;
        let (format, directories) = read_directories(&file)?;
        let mut rest = directories.into_iter();
        let Some(first) = rest.next() else { return Err(file.corrupt("no image")) };
        let full = Image::new(&file, first)?;
        let (georef, tags) = georeference(&file, &full)?;
        let (mut levels, mut masks) = (vec![full], Vec::new());
        for directory in rest {
            sort_in(&file, directory, &mut levels, &mut masks)?;
        }
        levels[1..].sort_by_key(|i| std::cmp::Reverse((i.width, i.height)));
        Ok(GeoTiff(Arc::new(Inner { file, format, levels, masks, georef, tags })))
    }

    /// Georeference of the full image.
    pub fn georef(&self) -> &Georef {
        &self.0.georef
    }

    /// Georeference of an overview (0 is the full image).
    ///
    /// # Errors
    /// When there is no such overview.
    pub fn level_georef(&self, level: usize) -> Result<Georef> {
        let (full, image) = (&self.0.levels[0], self.level(level)?);
        Ok(self.0.georef.resized((full.width, full.height), (image.width, image.height)))
    }

    /// The pixels of all bands, `[band, y, x]`.
    pub fn source(&self) -> GeoTiffSource {
        GeoTiffSource::new(self.clone(), 0, false)
    }

    /// The pixels of an overview, `[band, y, x]`; level 0 is the full image.
    ///
    /// # Errors
    /// When there is no such overview.
    pub fn level_source(&self, level: usize) -> Result<GeoTiffSource> {
        self.level(level)?;
        Ok(GeoTiffSource::new(self.clone(), level, false))
    }

    /// The mask of the whole dataset at a level, `[1, y, x]` of bool: true where a pixel is valid.
    ///
    /// # Errors
    /// When the file has no mask of that level.
    pub fn mask_source(&self, level: usize) -> Result<GeoTiffSource> {
        self.mask(level)?;
        Ok(GeoTiffSource::new(self.clone(), level, true))
    }

    pub(super) fn level(&self, level: usize) -> Result<&Image> {
        self.0.levels.get(level).ok_or_else(|| {
            let n = self.0.levels.len() - 1;
            Error::index(format!("{} has {n} overviews: level {level} is none of 0 to {n}", self.0.file.path.display()))
        })
    }

    pub(super) fn mask(&self, level: usize) -> Result<&Image> {
        let image = self.level(level)?;
        let same = |m: &&Image| (m.width, m.height) == (image.width, image.height);
        self.0
            .masks
            .iter()
            .find(same)
            .ok_or_else(|| Error::usage(format!("{} has no mask of level {level}", self.0.file.path.display())))
    }

    /// A summary of the file.
    pub fn info(&self) -> GeoTiffInfo {
        let (inner, image) = (&*self.0, &self.0.levels[0]);
        let alpha = image.extra_samples.iter().position(|&e| e == 1 || e == 2);
        GeoTiffInfo {
            width: image.width,
            height: image.height,
            n_bands: image.bands,
            dtype: image.dtype,
            bits: image.bits,
            georef: inner.georef.clone(),
            tags: inner.tags.clone(),
            block: (image.block_width, image.block_height),
            tiled: image.tiled,
            compression: image.compression.name(),
            predictor: image.predictor,
            planar: image.planar,
            overviews: inner.levels[1..].iter().map(|i| (i.width, i.height)).collect(),
            mask: self.mask(0).is_ok(),
            alpha: alpha.and_then(|i| (image.bands + i).checked_sub(image.extra_samples.len())),
            photometric: image.photometric,
            big_endian: inner.format.big_endian,
            big_tiff: inner.format.big_tiff,
            file_bytes: inner.file.len,
        }
    }

    /// The codec of the full image (its level is not known from the file).
    pub fn compression(&self) -> Compression {
        self.0.levels[0].compression
    }
}

/// Puts a directory after the first where it belongs. One that is no overview or mask of the first (another page, a thumbnail in
/// another codec) is left out, as is one that cannot be read: the full image does not need it.
fn sort_in(file: &RandomFile, directory: Directory, levels: &mut Vec<Image>, masks: &mut Vec<Image>) -> Result<()> {
    let kind = directory.uint(file, tags::SUBFILE)?.unwrap_or(0);
    let mask = Image::is_mask(&directory, file)?;
    if kind & 5 == 0 {
        return Ok(());
    }
    let image = match Image::new(file, directory) {
        Ok(image) => image,
        Err(e) if e.kind() == crate::base::Kind::Unsupported => return Ok(()),
        Err(e) => return Err(e),
    };
    let full = &levels[0];
    if mask {
        if image.bands == 1 && image.dtype == DType::U8 {
            masks.push(image);
        }
    } else if image.bands == full.bands && image.dtype == full.dtype && image.width <= full.width && image.height <= full.height {
        levels.push(image);
    }
    Ok(())
}

type Described = (Georef, Vec<(String, String)>);

fn georeference(file: &RandomFile, image: &Image) -> Result<Described> {
    let d = &image.directory;
    let keys = match d.uints(file, tags::GEO_KEYS)? {
        Some(directory) => Some(GeoKeys {
            directory: directory.into_iter().map(|v| v as u16).collect(),
            doubles: d.doubles(file, tags::GEO_DOUBLES)?.unwrap_or_default(),
            ascii: d.text(file, tags::GEO_ASCII)?.unwrap_or_default(),
        }),
        None => None,
    };
    let is_point = keys.as_ref().is_some_and(GeoKeys::is_point);
    let (scale, tie) = (d.doubles(file, tags::PIXEL_SCALE)?, d.doubles(file, tags::TIEPOINT)?);
    let matrix = d.doubles(file, tags::TRANSFORMATION)?;
    let (bands, tags) = match d.text(file, tags::GDAL_METADATA)? {
        Some(xml) => metadata::parse(&xml, image.bands),
        None => (vec![BandInfo::default(); image.bands], Vec::new()),
    };
    let georef = Georef {
        affine: affine(scale.as_deref(), tie.as_deref(), matrix.as_deref(), is_point),
        crs: keys.as_ref().and_then(GeoKeys::crs),
        nodata: d.text(file, tags::GDAL_NODATA)?.and_then(|t| parse_nodata(&t, image.dtype)),
        bands,
    };
    Ok((georef, tags))
}
