//! A GeoTIFF as a sink of arrays `[y, x]` or `[band, y, x]`.
//!
//! Chunks are whole tiles; workers compress them, commits append them in chunk order, so the file's bytes depend on the chunks alone.
//! A COG needs its directories and overviews before the full tiles: those are staged in the temporary file, and what belongs before
//! them is inserted at the end, where the file system can do that; else the file is copied once (disk: twice its size for a moment).

use super::encode::{Encoder, Packed};
use super::georef::Georef;
use super::options::{Design, WriteOptions};
use super::pyramid::Pyramid;
use super::writer::Output;
use crate::base::{Axis, DType, Error, Grid, Region, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::Sink;
use crate::format::partial;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Target for the bytes of a chunk to be written, where the array's own chunks give no hint.
const CHUNK_BYTES: usize = 16 << 20;

/// A GeoTIFF being written.
#[derive(Debug)]
pub struct GeoTiffSink {
    spec: Spec,
    encoder: Encoder,
    output: Mutex<Option<Output>>,
    chunk: Mutex<ChunkSize>,
}

/// A chunk of the write grid, from which the memory of overviews and of encoding follows.
#[derive(Clone, Copy, Debug)]
struct ChunkSize {
    bands: usize,
    rows: usize,
    /// Overviews that are whole in a chunk.
    whole: usize,
    /// Upper bound of the bytes of its tiles.
    tile_bytes: u64,
}

/// All that makes a sink.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Spec {
    path: PathBuf,
    shape: Vec<usize>,
    dtype: DType,
    georef: Georef,
    options: WriteOptions,
}

impl GeoTiffSink {
    /// A sink for an array of `shape` (`[y, x]` or `[band, y, x]`) and `dtype`; bool is written as uint8. Nothing is touched yet.
    ///
    /// # Errors
    /// When a GeoTIFF cannot hold such an array, or the options or the georeference do not fit.
    pub fn new(
        path: impl AsRef<Path>,
        shape: &[usize],
        dtype: DType,
        georef: Georef,
        options: WriteOptions,
    ) -> Result<GeoTiffSink> {
        let path = partial::local(path.as_ref())?;
        GeoTiffSink::from_spec(Spec { path, shape: shape.to_vec(), dtype, georef, options })
    }

    /// The sink that [`params`](Sink::params) described.
    ///
    /// # Errors
    /// When the parameters are broken.
    pub fn from_params(params: &[u8]) -> Result<GeoTiffSink> {
        GeoTiffSink::from_spec(postcard::from_bytes(params).map_err(|e| Error::bug(format!("parameters of a GeoTIFF sink: {e}")))?)
    }

    fn from_spec(spec: Spec) -> Result<GeoTiffSink> {
        let at = |e: Error| e.at(format!("writing {}", spec.path.display()));
        let shape = match *spec.shape.as_slice() {
            [y, x] => [1, y, x],
            [b, y, x] => [b, y, x],
            _ => {
                let e = format!("a GeoTIFF holds [y, x] or [band, y, x], not {:?}: index or reshape the array", spec.shape);
                return Err(at(Error::usage(e)));
            }
        };
        let design = Design::new(shape, spec.dtype, &spec.georef, &spec.options).map_err(at)?;
        super::geokeys::GeoKeys::for_crs(spec.georef.crs.as_ref()).map_err(at)?;
        let encoder = Encoder::new(design, &spec.georef, &spec.options);
        let chunk = Mutex::new(ChunkSize { bands: shape[0], rows: shape[1], whole: 0, tile_bytes: 0 });
        Ok(GeoTiffSink { spec, encoder, output: Mutex::new(None), chunk })
    }

    /// Upper bound of a compressed tile.
    #[cfg(test)]
    pub(super) fn tile_bound(&self) -> u64 {
        self.encoder.design().tile_bound()
    }

    /// Elements of overview tiles that are not whole yet.
    #[cfg(test)]
    pub(super) fn open_elements(&self) -> u64 {
        self.output.lock().as_ref().map_or(0, Output::open_elements)
    }

    /// A region of the array with its band axis.
    fn region3(&self, region: &Region) -> Region {
        if region.ndim() == 3 { region.clone() } else { Region::new(std::iter::once(0..1).chain(region.ranges().iter().cloned())) }
    }

    /// An axis cut at whole tiles, near how it is cut and into pieces of at most `limit` pixels.
    fn write_axis(&self, axis: &Axis, limit: usize) -> Axis {
        if axis.n_chunks() == 1 && axis.len() <= limit {
            return axis.clone();
        }
        let tile = self.spec.options.tile;
        let n = ((axis.max_size().min(limit) + tile / 2) / tile).max(1);
        // A COG's overviews begin in the chunk: a power of two keeps them whole.
        let n = if self.spec.options.cog { 1 << n.ilog2() } else { n };
        Axis::regular(axis.len(), n * tile)
    }
}

impl Sink for GeoTiffSink {
    fn name(&self) -> &'static str {
        "geotiff"
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.spec).map_err(|e| Error::bug(format!("parameters of a GeoTIFF sink: {e}")))
    }

    fn label(&self) -> String {
        self.spec.path.file_name().map_or_else(|| self.spec.path.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        if grid.shape().as_slice() != self.spec.shape || dtype != self.spec.dtype {
            return Err(Error::usage(format!(
                "writing {}: it was laid out for {:?} of {}, but the array is {:?} of {dtype}",
                self.spec.path.display(),
                self.spec.shape,
                self.spec.dtype,
                grid.shape()
            )));
        }
        let axes = grid.axes();
        let (y, x) = (&axes[axes.len() - 2], &axes[axes.len() - 1]);
        let design = self.encoder.design();
        let bands = if axes.len() < 3 || design.pixel_interleave { design.bands } else { axes[0].max_size() };
        // An array in one piece says nothing of chunks, and would be one task.
        let per_pixel = bands * design.dtype.size();
        let side = ((CHUNK_BYTES / per_pixel.max(1)) as f64).sqrt() as usize;
        let limit = |a: &Axis, other: &Axis| {
            let whole = a.n_chunks() == 1 && other.n_chunks() == 1;
            if whole { side.max(design.tile) } else { usize::MAX }
        };
        let rows = self.write_axis(y, limit(y, x));
        let cols = self.write_axis(x, limit(x, y));
        let first = Region::new([0..bands, rows.range(0), cols.range(0)]);
        *self.chunk.lock() = ChunkSize {
            bands,
            rows: rows.max_size(),
            whole: design.whole_levels(&rows.range(0), &cols.range(0)),
            tile_bytes: self.encoder.tile_bytes(&first),
        };
        let band_axis = (axes.len() == 3).then(|| Axis::regular(design.bands, bands));
        Ok(Grid::new(band_axis.into_iter().chain([rows, cols])))
    }

    fn begin(&self) -> Result<()> {
        let output = Output::begin(&self.spec.path, self.encoder.design().clone(), &self.spec.georef, &self.spec.options)?;
        *self.output.lock() = Some(output);
        Ok(())
    }

    fn encode(&self, _i: usize, region: &Region, chunk: &Tensor) -> Result<Chunk> {
        let pixels = if region.ndim() == 3 { chunk.clone() } else { chunk.insert_axis(0, 1) };
        self.encoder.encode(&self.region3(region), &pixels).and_then(Packed::into_chunk)
    }

    fn encode_bytes(&self, region: &Region) -> (u64, u64) {
        self.encoder.bytes(&self.region3(region))
    }

    fn held_bytes(&self) -> u64 {
        let design = self.encoder.design();
        let tiles: u64 = (0..design.levels.len()).map(|l| design.n_tiles(l) as u64).sum();
        // Tables, then their bytes as they are written, then one tile being compressed and halved.
        let ChunkSize { bands, rows, whole, .. } = *self.chunk.lock();
        let overviews = Pyramid::held_bytes(design, bands, rows, whole);
        tiles * 16 * 3 + overviews + 4 * design.tile_bound()
    }

    fn thread_bytes(&self) -> u64 {
        self.encoder.thread_bytes(self.chunk.lock().tile_bytes)
    }

    fn commit(&self, _i: usize, region: &Region, encoded: &Chunk) -> Result<()> {
        let packed = Packed::from_chunk(encoded)?;
        match self.output.lock().as_mut() {
            Some(output) => output.append(&self.encoder, &self.region3(region), &packed),
            None => Err(Error::bug(format!("{}: commit before begin", self.label()))),
        }
    }

    fn ordered(&self) -> bool {
        true
    }

    fn finish(&self) -> Result<()> {
        match self.output.lock().as_mut() {
            Some(output) => output.finish(&self.spec.georef),
            None => Err(Error::bug(format!("{}: finish before begin", self.label()))),
        }
    }

    fn abort(&self) {
        *self.output.lock() = None;
    }
}
