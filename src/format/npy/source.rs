//! Reads a `.npy` file: a read maps what holds its box and gives a view of it.
//!
//! Only the bytes from the first to the last element of the box are mapped, and unmapped when the tensor is dropped, so the
//! resident memory of a long run stays that of the reads in flight. Big-endian and misaligned elements are copied.
//! Behind a URL, boxes are read by requests for ranges of bytes.
//! The file must not be changed while it is read; one that is replaced by renaming another over it stays readable.

use super::header::Header;
use super::region::{fetch, fetch_bytes, hull};
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::{Strides, copy_into};
use crate::chunk::{Buffer, BufferMut, Tensor};
use crate::expr::Source;
use crate::format::ranged::{RangedFile, is_remote, located};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// An array in a `.npy` file.
#[derive(Debug)]
pub struct NpySource {
    path: PathBuf,
    data: Data,
    header: Header,
    /// Elements between neighbours along each axis.
    strides: Strides,
    key: u128,
}

/// Where the bytes are.
#[derive(Debug)]
enum Data {
    Mapped(File),
    Ranged(RangedFile),
}

/// How much of a file behind a URL is read for its header, and how much if it is longer than that.
const HEADER_BYTES: [u64; 2] = [4 << 10, (1 << 20) + 16];

impl NpySource {
    /// Opens a file (a path or a URL) and checks that it holds all the elements its header speaks of.
    ///
    /// # Errors
    /// A file that cannot be opened, is no `.npy` file or is too short (`Corrupt`), or holds a dtype that is not supported, named.
    pub fn open(path: impl AsRef<Path>) -> Result<NpySource> {
        let path = located(path.as_ref())?;
        if is_remote(&path) {
            return NpySource::open_url(&path).map_err(|e| e.at(path.display().to_string()));
        }
        NpySource::open_file(&path).map_err(|e| e.at(path.display().to_string()))
    }

    fn open_file(path: &Path) -> Result<NpySource> {
        let mut file = File::open(path).map_err(|e| Error::io("opening", &e))?;
        let header = Header::read(&mut file)?;
        let meta = file.metadata().map_err(|e| Error::io("reading", &e))?;
        check_length(&header, meta.len())?;
        let absolute = std::path::absolute(path).map_err(|e| Error::io("opening", &e))?;
        let identity = (absolute.to_string_lossy(), meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
        let key = xxh3_128(format!("npy {identity:?}").as_bytes());
        Ok(NpySource { path: path.to_path_buf(), data: Data::Mapped(file), strides: strides(&header), header, key })
    }

    fn open_url(url: &Path) -> Result<NpySource> {
        let file = RangedFile::open(url)?;
        let mut read = Err(Error::bug("no header was read"));
        for most in HEADER_BYTES {
            let mut start = vec![0; most.min(file.len) as usize];
            file.read_exact_at(0, &mut start)?;
            read = Header::read(&mut start.as_slice());
            if read.is_ok() {
                break;
            }
        }
        let header = read?;
        check_length(&header, file.len)?;
        let key = xxh3_128(format!("npy {} {}", url.display(), file.stamp).as_bytes());
        Ok(NpySource { path: url.to_path_buf(), data: Data::Ranged(file), strides: strides(&header), header, key })
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
    fn mapped(&self, file: &File, region: &Region) -> Result<Arc<Buffer>> {
        crate::base::iostat::read((region.n_elements() * self.header.dtype.size()) as u64);
        Ok(Arc::new(Buffer::map_file(file, hull(&self.header, &self.strides, region))?))
    }

    /// Bytes of elements in C order as a tensor: bool and byte order put right.
    fn put_right(&self, shape: &[usize], mut out: BufferMut) -> Result<Tensor> {
        let Header { dtype, big_endian, .. } = self.header;
        if dtype == DType::Bool {
            // What is not 0 is true, as NumPy has it.
            out.bytes_mut().iter_mut().for_each(|b| *b = u8::from(*b != 0));
        } else if big_endian {
            // Both parts of a complex number have that order.
            out.bytes_mut().chunks_exact_mut(dtype.part().size()).for_each(<[u8]>::reverse);
        }
        Tensor::new(dtype, shape, out.freeze())
    }

    fn read_region(&self, region: &Region) -> Result<Tensor> {
        let (dtype, shape) = (self.header.dtype, region.shape());
        if region.is_empty() {
            return Tensor::new(dtype, &shape, BufferMut::zeroed(0).freeze());
        }
        let buffer = match &self.data {
            Data::Mapped(file) => self.mapped(file, region)?,
            Data::Ranged(file) => return self.put_right(&shape, fetch(file, &self.header, &self.strides, region)?),
        };
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
        self.put_right(&shape, out)
    }
}

/// Refuses a file that is too short for what its header speaks of.
fn check_length(header: &Header, len: u64) -> Result<()> {
    let n: usize = header.shape.iter().product();
    let data = (n * header.dtype.size()) as u64; // Header::read saw to it that this fits
    let needed = header.data_start.saturating_add(data);
    if len < needed {
        return Err(Error::corrupt(format!(
            "the file has {len} bytes, but {} of shape {:?} need {needed}: it is truncated",
            header.dtype, header.shape
        )));
    }
    Ok(())
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
        let path = &self.path;
        postcard::to_stdvec(path).map_err(|e| Error::unsupported(format!("the path {} cannot be sent: {e}", path.display())))
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
        let mapped = self.in_place() && self.header.dtype != DType::Bool && matches!(self.data, Data::Mapped(_));
        if mapped { 0 } else { (region.n_elements() * self.header.dtype.size()) as u64 }
    }

    fn scratch_bytes(&self, region: &Region) -> u64 {
        match &self.data {
            Data::Mapped(_) => 0,
            Data::Ranged(file) => fetch_bytes(file, region, self.header.dtype.size()),
        }
    }

    fn cost_ns(&self, region: &Region) -> u64 {
        let latency = if let Data::Ranged(file) = &self.data { file.latency_ns() } else { 0 };
        (region.n_elements() * self.header.dtype.size()) as u64 + latency
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        (region.n_elements() * self.header.dtype.size()) as u64
    }
}
