//! Reads a `.npy` file: a read maps what holds its box and gives a view of it.
//!
//! Only the bytes from the first to the last element of the box are mapped, and unmapped when the tensor is dropped, so the
//! resident memory of a long run stays that of the reads in flight. Big-endian and misaligned elements are copied.
//! The file must not be changed while it is read; one that is replaced by renaming another over it stays readable.

use super::header::Header;
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::{Strides, copy_into};
use crate::chunk::{Buffer, BufferMut, Tensor};
use crate::expr::Source;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// An array in a `.npy` file.
#[derive(Debug)]
pub struct NpySource {
    path: PathBuf,
    file: File,
    header: Header,
    /// Elements between neighbours along each axis.
    strides: Strides,
    key: u128,
}

impl NpySource {
    /// Opens a file and checks that it holds all the elements its header speaks of.
    ///
    /// # Errors
    /// A file that cannot be opened, is no `.npy` file or is too short (`Corrupt`), or holds a dtype that is not supported, named.
    pub fn open(path: impl AsRef<Path>) -> Result<NpySource> {
        let path = path.as_ref().to_path_buf();
        NpySource::open_file(&path).map_err(|e| e.at(path.display().to_string()))
    }

    fn open_file(path: &Path) -> Result<NpySource> {
        let mut file = File::open(path).map_err(|e| Error::io("opening", &e))?;
        let header = Header::read(&mut file)?;
        let meta = file.metadata().map_err(|e| Error::io("reading", &e))?;
        let n: usize = header.shape.iter().product();
        let data = (n * header.dtype.size()) as u64; // Header::read saw to it that this fits
        let needed = header.data_start.saturating_add(data);
        if meta.len() < needed {
            return Err(Error::corrupt(format!(
                "the file has {} bytes, but {} of shape {:?} need {needed}: it is truncated",
                meta.len(),
                header.dtype,
                header.shape
            )));
        }
        let absolute = std::path::absolute(path).map_err(|e| Error::io("opening", &e))?;
        let identity = (absolute.to_string_lossy(), meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
        let key = xxh3_128(format!("npy {identity:?}").as_bytes());
        Ok(NpySource { path: path.to_path_buf(), file, strides: strides(&header), header, key })
    }

    /// The source that [`params`](Source::params) speaks of.
    ///
    /// # Errors
    /// As [`open`](NpySource::open).
    pub fn from_params(params: &[u8]) -> Result<NpySource> {
        let path: PathBuf = postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a npy source: {e}")))?;
        NpySource::open(path)
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether elements can be used as they lie in the file.
    fn in_place(&self) -> bool {
        !self.header.big_endian && self.header.data_start.is_multiple_of(self.header.dtype.size() as u64)
    }

    /// A view of the bytes of the box: the elements' axes and one more for the bytes of each.
    fn mapped(&self, region: &Region) -> Result<Arc<Buffer>> {
        let at = |index: &dyn Fn(&std::ops::Range<usize>) -> usize| -> u64 {
            let element: usize = region.ranges().iter().zip(&self.strides).map(|(r, &s)| index(r) * s as usize).sum();
            self.header.data_start + (element * self.header.dtype.size()) as u64
        };
        let end = at(&|r| r.end - 1) + self.header.dtype.size() as u64;
        crate::base::iostat::read((region.n_elements() * self.header.dtype.size()) as u64);
        Ok(Arc::new(Buffer::map_file(&self.file, at(&|r| r.start)..end)?))
    }

    fn read_region(&self, region: &Region) -> Result<Tensor> {
        let (dtype, shape) = (self.header.dtype, region.shape());
        if region.is_empty() {
            return Tensor::new(dtype, &shape, BufferMut::zeroed(0).freeze());
        }
        let buffer = self.mapped(region)?;
        if self.in_place() && dtype != DType::Bool {
            return Tensor::with_layout(dtype, &shape, &self.strides, 0, buffer);
        }
        let size = dtype.size();
        let byte_strides: Strides = self.strides.iter().map(|&s| s * size as isize).chain([1]).collect();
        let byte_shape: Coords = shape.iter().copied().chain([size]).collect();
        let bytes = Tensor::with_layout(DType::U8, &byte_shape, &byte_strides, 0, buffer.clone())?;
        if dtype == DType::Bool && bytes.view::<u8>()?.iter().all(|&b| b <= 1) {
            return Tensor::with_layout(dtype, &shape, &self.strides, 0, buffer);
        }
        let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size);
        copy_into(&bytes, &mut out, &byte_shape, &Region::whole(&byte_shape));
        if dtype == DType::Bool {
            // What is not 0 is true, as NumPy has it.
            out.bytes_mut().iter_mut().for_each(|b| *b = u8::from(*b != 0));
        } else if self.header.big_endian {
            out.bytes_mut().chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        Tensor::new(dtype, &shape, out.freeze())
    }
}

fn strides(header: &Header) -> Strides {
    let mut out: Strides = header.shape.iter().map(|_| 0).collect();
    let mut step = 1isize;
    for i in 0..out.len() {
        let axis = if header.fortran_order { i } else { out.len() - 1 - i };
        out[axis] = step;
        step *= header.shape[axis].max(1) as isize;
    }
    out
}

impl Source for NpySource {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn params(&self) -> Result<Vec<u8>> {
        let path = std::path::absolute(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        postcard::to_stdvec(&path).map_err(|e| Error::unsupported(format!("the path {} cannot be sent: {e}", path.display())))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn dtype(&self) -> DType {
        self.header.dtype
    }

    fn storage_grid(&self) -> Grid {
        Grid::whole(&self.header.shape)
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        self.read_region(region).map_err(|e| e.at(format!("{} {region:?}", self.path.display())))
    }

    fn result_bytes(&self, region: &Region) -> u64 {
        // A bool is copied only if a byte is neither 0 nor 1.
        let mapped = self.in_place() && self.header.dtype != DType::Bool;
        if mapped { 0 } else { (region.n_elements() * self.header.dtype.size()) as u64 }
    }

    fn scratch_bytes(&self, _: &Region) -> u64 {
        0
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        (region.n_elements() * self.header.dtype.size()) as u64
    }
}
