//! A GeoTIFF as a source of arrays `[band, y, x]`.
//!
//! A read decodes each block it touches once. Bands that lie together in the file (pixel interleave) lie together in the result's
//! memory too: the tensor is then a strided view, and nothing is shuffled.

use super::decode::{Target, Wanted, read_block, scratch_bytes, thread_bytes};
use super::image::Image;
use super::predictor::Word;
use super::read::GeoTiff;
use crate::base::{Axis, DType, Error, Grid, Region, Result, Scalar};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::Source;
use crate::format::ranged::located;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::PathBuf;

/// The pixels of one level of a GeoTIFF, or of its mask.
#[derive(Clone, Debug)]
pub struct GeoTiffSource {
    tiff: GeoTiff,
    level: usize,
    mask: bool,
}

/// What tells a worker which pixels of which file are meant.
#[derive(Serialize, Deserialize)]
struct Params {
    path: PathBuf,
    level: usize,
    mask: bool,
    stamp: u128,
}

impl GeoTiffSource {
    /// `level` (and its mask) must exist.
    pub(super) fn new(tiff: GeoTiff, level: usize, mask: bool) -> GeoTiffSource {
        GeoTiffSource { tiff, level, mask }
    }

    /// The file.
    pub fn geotiff(&self) -> &GeoTiff {
        &self.tiff
    }

    /// Opens what [`params`](Source::params) described.
    ///
    /// # Errors
    /// When the file cannot be opened, or is not the file that was described.
    pub fn from_params(params: &[u8]) -> Result<GeoTiffSource> {
        let p: Params = postcard::from_bytes(params).map_err(|e| Error::bug(format!("parameters of a GeoTIFF source: {e}")))?;
        let tiff = GeoTiff::open(&p.path)?;
        if tiff.0.file.stamp != p.stamp {
            return Err(Error::new(
                crate::base::Kind::Environment,
                format!("{} has changed since the run began", p.path.display()),
            ));
        }
        if p.mask { tiff.mask_source(p.level) } else { tiff.level_source(p.level) }
    }

    fn image(&self) -> Result<&Image> {
        if self.mask { self.tiff.mask(self.level) } else { self.tiff.level(self.level) }
    }

    /// The image, whose existence was checked when the source was made.
    fn known(&self) -> &Image {
        self.image().unwrap_or(&self.tiff.0.levels[0])
    }

    fn fill(&self) -> Scalar {
        if self.mask { Scalar::U64(0) } else { self.tiff.georef().nodata.unwrap_or(Scalar::U64(0)) }
    }

    fn check(&self, region: &Region) -> Result<()> {
        let image = self.known();
        let shape = [image.bands, image.height, image.width];
        if region.ndim() == 3 && region.ranges().iter().zip(shape).all(|(r, n)| r.start <= r.end && r.end <= n) {
            return Ok(());
        }
        Err(Error::bug(format!("{}: {region:?} does not lie in {shape:?}", self.label())))
    }

    /// Reads the blocks under `region` as words; the buffer holds `[y, x, band]`, or `[band, y, x]` for planar files.
    fn read_words<W: Word>(&self, image: &Image, region: &Region, fill: W, out: &mut BufferMut) -> Result<()> {
        let [bands, rows, cols] = [0, 1, 2].map(|a| region.ranges()[a].clone());
        let words = out.elements_mut::<W>();
        if !image.planar {
            return self.read_plane(image, 0, &rows, &cols, &bands, fill, words);
        }
        let plane = rows.len() * cols.len();
        for (i, band) in bands.enumerate() {
            self.read_plane(image, band, &rows, &cols, &(0..1), fill, &mut words[i * plane..(i + 1) * plane])?;
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "a box and its plane")]
    fn read_plane<W: Word>(
        &self,
        image: &Image,
        band: usize,
        rows: &Range<usize>,
        cols: &Range<usize>,
        picked: &Range<usize>,
        fill: W,
        words: &mut [W],
    ) -> Result<()> {
        let (bh, bw, n) = (image.block_height, image.block_width, picked.len());
        let pitch = cols.len() * n;
        for by in rows.start / bh..rows.end.div_ceil(bh) {
            for bx in cols.start / bw..cols.end.div_ceil(bw) {
                let wanted = Wanted { rows: within(rows, by * bh, bh), cols: within(cols, bx * bw, bw), bands: picked.clone() };
                let y = by * bh + wanted.rows.start - rows.start;
                let x = bx * bw + wanted.cols.start - cols.start;
                let mut target = Target { words: &mut *words, at: y * pitch + x * n, pitch };
                let file = &self.tiff.0.file;
                read_block(file, image, image.block(band, by, bx), by, &wanted, &mut target, fill)?;
            }
        }
        Ok(())
    }

    /// Calls `f` with every block under `region`.
    fn blocks(&self, region: &Region, mut f: impl FnMut(usize)) {
        let image = self.known();
        let [bands, rows, cols] = [0, 1, 2].map(|a| region.ranges()[a].clone());
        let planes = if image.planar { bands } else { 0..1 };
        for band in planes {
            for by in rows.start / image.block_height..rows.end.div_ceil(image.block_height) {
                for bx in cols.start / image.block_width..cols.end.div_ceil(image.block_width) {
                    f(image.block(band, by, bx));
                }
            }
        }
    }
}

/// The part of `range` in the block that starts at `start`, seen from there.
fn within(range: &Range<usize>, start: usize, len: usize) -> Range<usize> {
    range.start.saturating_sub(start)..(range.end - start).min(len)
}

impl Source for GeoTiffSource {
    fn name(&self) -> &'static str {
        "geotiff"
    }

    fn params(&self) -> Result<Vec<u8>> {
        let path = located(&self.tiff.0.file.path)?;
        let p = Params { path, level: self.level, mask: self.mask, stamp: self.tiff.0.file.stamp };
        postcard::to_stdvec(&p).map_err(|e| Error::bug(format!("parameters of a GeoTIFF source: {e}")))
    }

    fn key(&self) -> u128 {
        let mut bytes = self.tiff.0.file.stamp.to_le_bytes().to_vec();
        // Workers open the file by its absolute path, or its URL.
        let path = &self.tiff.0.file.path;
        bytes.extend(located(path).as_ref().unwrap_or(path).as_os_str().as_encoded_bytes());
        bytes.extend([self.level as u8, (self.level >> 8) as u8, u8::from(self.mask)]);
        xxhash_rust::xxh3::xxh3_128(&bytes)
    }

    fn label(&self) -> String {
        self.tiff.0.file.label()
    }

    fn dtype(&self) -> DType {
        if self.mask { DType::Bool } else { self.known().dtype }
    }

    fn storage_grid(&self) -> Grid {
        let image = self.known();
        let bands = if image.planar { Axis::regular(image.bands, 1) } else { Axis::whole(image.bands) };
        Grid::new([bands, Axis::regular(image.height, image.block_height), Axis::regular(image.width, image.block_width)])
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        let image = self.image()?;
        self.check(region)?;
        let shape = region.shape();
        let mut out = BufferMut::for_overwrite(region.n_elements() * image.dtype.size());
        if !region.is_empty() {
            let fill = self.fill();
            match image.dtype {
                DType::F32 => self.read_words(image, region, (fill.as_f64() as f32).to_bits(), &mut out)?,
                DType::F64 => self.read_words(image, region, fill.as_f64().to_bits(), &mut out)?,
                d if d.size() == 1 => self.read_words::<u8>(image, region, int_word(fill) as u8, &mut out)?,
                d if d.size() == 2 => self.read_words::<u16>(image, region, int_word(fill) as u16, &mut out)?,
                d if d.size() == 4 => self.read_words::<u32>(image, region, int_word(fill) as u32, &mut out)?,
                _ => self.read_words::<u64>(image, region, int_word(fill), &mut out)?,
            }
        }
        if self.mask {
            out.bytes_mut().iter_mut().for_each(|b| *b = u8::from(*b != 0));
        }
        let dtype = self.dtype();
        if image.planar || shape[0] == 1 {
            return Tensor::new(dtype, &shape, out.freeze());
        }
        let (n, w) = (shape[0] as isize, shape[2] as isize);
        Tensor::with_layout(dtype, &shape, &[1, w * n, n], 0, out.freeze())
    }

    fn scratch_bytes(&self, _region: &Region) -> u64 {
        let image = self.known();
        // Blocks come one at a time; those of a store in a buffer of their own.
        let block = (image.row_bytes() * image.block_height) as u64;
        scratch_bytes(image, image.block_height) + self.tiff.0.file.request_bytes(block)
    }

    fn thread_bytes(&self) -> u64 {
        let image = self.known();
        thread_bytes(image, image.block_height)
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        let Ok(index) = self.known().index(&self.tiff.0.file) else { return 0 };
        let mut n = 0;
        self.blocks(region, |b| n += index.get(b).map_or(0, |(_, count)| count));
        n
    }

    fn cost_ns(&self, region: &Region) -> u64 {
        let image = self.known();
        let mut n = 0u64;
        self.blocks(region, |_| n += 1);
        let bytes = n as f64 * (image.row_bytes() * image.block_height) as f64;
        (bytes * (0.3 + image.compression.decode_ns())) as u64 + n * self.tiff.0.file.latency_ns()
    }
}

/// The low bits of an integer scalar.
fn int_word(v: Scalar) -> u64 {
    match v {
        Scalar::I64(v) => v as u64,
        Scalar::U64(v) => v,
        v => v.as_f64() as i64 as u64,
    }
}
