//! The raster: a lazy array with a place on the ground.

use crate::array::{DynArray, Index, where_};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::{Chunks, Expr, build};
use crate::format::geotiff::{GeoTiff, GeoTiffSink, Georef, WriteOptions};
use crate::session::Session;
use std::path::Path;
use std::sync::Arc;

/// Pixels `[band, y, x]` or `[y, x]` with their georeference. Lazy.
///
/// # Example
/// ```no_run
/// use tilework::{Session, raster::{Raster, WriteOptions}};
/// let scene = Raster::open("scene.tif", tilework::Chunks::Auto)?;
/// let (red, nir) = (scene.band(1)?, scene.band(2)?);
/// let ndvi = tilework::raster::calc("where(A+B>0, (B-A)/(A+B), nodata)", &[('A', red), ('B', nir)], Some((-9999).into()), true)?;
/// ndvi.astype(tilework::DType::F32)?.write("ndvi.tif", WriteOptions { cog: true, ..WriteOptions::default() }, &Session::default())?;
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Raster {
    array: DynArray,
    georef: Georef,
    /// Valid where true, `[y, x]`, where the file has a mask beside the pixels.
    mask: Option<DynArray>,
    name: String,
}

impl Raster {
    /// Pixels and where they lie.
    ///
    /// # Errors
    /// When the array is not `[y, x]` or `[band, y, x]`.
    pub fn new(array: DynArray, georef: Georef, name: impl Into<String>) -> Result<Raster> {
        if !(2..=3).contains(&array.ndim()) {
            return Err(Error::usage(format!("a raster is [y, x] or [band, y, x], not {:?}", array.shape())));
        }
        array.known("a raster")?;
        Ok(Raster { array, georef, mask: None, name: name.into() })
    }

    /// Opens a GeoTIFF: reads its directories, no pixels. `chunks` are of `[band, y, x]`.
    ///
    /// # Errors
    /// When the file cannot be read, is broken or uses what is not supported.
    pub fn open(path: impl AsRef<Path>, chunks: Chunks) -> Result<Raster> {
        let file = GeoTiff::open(path.as_ref())?;
        let array = DynArray::from_expr(build::source(Arc::new(file.source()), &chunks)?)?;
        let info = file.info();
        let mask = if info.mask {
            let of_mask = match &chunks {
                Chunks::Sizes(s) => Chunks::Sizes(vec![1, s[1], s[2]]),
                other => other.clone(),
            };
            let m = DynArray::from_expr(build::source(Arc::new(file.mask_source(0)?), &of_mask)?)?;
            Some(m.index(&[Index::At(0)])?)
        } else {
            None
        };
        Ok(Raster { array, georef: file.georef().clone(), mask, name: path.as_ref().display().to_string() })
    }

    /// The pixels.
    pub fn array(&self) -> &DynArray {
        &self.array
    }

    /// Affine, CRS, nodata, bands.
    pub fn georef(&self) -> &Georef {
        &self.georef
    }

    /// A name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        let s = self.array.shape();
        (s[s.len() - 2], s[s.len() - 1])
    }

    /// Number of bands.
    pub fn n_bands(&self) -> usize {
        if self.array.ndim() == 3 { self.array.shape()[0] } else { 1 }
    }

    /// Band `n`, counted from 1 as everywhere in raster work, as `[y, x]`.
    ///
    /// # Errors
    /// When there is no such band.
    pub fn band(&self, n: usize) -> Result<Raster> {
        if n == 0 || n > self.n_bands() {
            let all = self.n_bands();
            return Err(Error::index(format!("{} has no band {n}: its bands are 1 to {all}", self.name)));
        }
        let array = if self.array.ndim() == 3 { self.array.index(&[Index::At(n as isize - 1)])? } else { self.array.clone() };
        let bands = self.georef.bands.get(n - 1).cloned().into_iter().collect();
        Ok(Raster {
            array,
            georef: Georef { bands, ..self.georef.clone() },
            mask: self.mask.clone(),
            name: format!("{}:{n}", self.name),
        })
    }

    /// Where pixels are no data: equal to nodata, or masked. None where every pixel is data.
    ///
    /// # Errors
    /// None for rasters made by this module.
    pub fn missing(&self) -> Result<Option<DynArray>> {
        let by_value = match self.georef.nodata {
            Some(v) if v.as_f64().is_nan() => Some(self.array.isnan()?),
            Some(v) if v.fits(self.array.dtype()) => Some(self.array.equal(v)?),
            _ => None,
        };
        let by_mask = self.mask.as_ref().map(DynArray::logical_not).transpose()?;
        Ok(match (by_value, by_mask) {
            (Some(a), Some(b)) => Some(a.logical_or(&b)?),
            (a, b) => a.or(b),
        })
    }

    /// The pixels as another dtype. Nodata stays where the new dtype holds it, else it is dropped.
    ///
    /// # Errors
    /// None today.
    pub fn astype(&self, dtype: DType) -> Result<Raster> {
        let nodata = self.georef.nodata.filter(|v| v.fits(dtype) || dtype.is_float());
        Ok(Raster { array: self.array.astype(dtype)?, georef: Georef { nodata, ..self.georef.clone() }, ..self.clone() })
    }

    /// The same ground with other pixels.
    pub(crate) fn with(&self, array: DynArray, nodata: Option<Scalar>, name: &str) -> Raster {
        Raster { array, georef: Georef { nodata, bands: vec![], ..self.georef.clone() }, mask: None, name: name.to_string() }
    }

    /// The pixels with what is missing replaced by `value`.
    ///
    /// # Errors
    /// When the value does not fit the dtype.
    pub fn filled(&self, value: Scalar) -> Result<DynArray> {
        match self.missing()? {
            None => Ok(self.array.clone()),
            Some(m) => where_(&m, value, &self.array),
        }
    }

    /// The output that [`write`](Raster::write) makes, as an expression to be stored or explained.
    ///
    /// # Errors
    /// When a GeoTIFF cannot hold the raster, or options do not fit.
    pub fn sink(&self, path: impl AsRef<Path>, options: WriteOptions) -> Result<Expr> {
        let sink = GeoTiffSink::new(path, &self.array.shape(), self.array.dtype(), self.georef.clone(), options)?;
        build::sink(self.array.expr(), Arc::new(sink))
    }

    /// Computes the raster into a GeoTIFF (or COG). The file appears when it is complete.
    ///
    /// # Errors
    /// When the file exists and may not be overwritten; as [`Session::run`].
    pub fn write(&self, path: impl AsRef<Path>, options: WriteOptions, session: &Session) -> Result<()> {
        session.store(&[self.sink(path, options)?])
    }
}
