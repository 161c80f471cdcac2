//! A variable of a NetCDF file or a dataset of an HDF5 file as a lazy array, cut as it is stored.

use super::file::{DataFile, Variable};
use super::read::{self, Elements};
use super::storage::{BLOCKS_BYTES, from_hdf};
use crate::base::{Axis, DType, Error, Grid, Region, Result};
use crate::chunk::Tensor;
use crate::expr::Source;
use std::path::PathBuf;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What a decompressor holds beside input and output, in bytes, and what the readers' bookkeeping may take.
const CONTEXT_BYTES: u64 = 1 << 20;

/// A variable or dataset.
pub struct VariableSource {
    file: Arc<DataFile>,
    variable: Variable,
    dtype: DType,
    elements: Elements,
    /// Pieces that are read at a time.
    piece: Vec<usize>,
    key: u128,
}

impl std::fmt::Debug for VariableSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VariableSource({}:{})", self.file.path.display(), self.variable.name)
    }
}

impl VariableSource {
    /// A variable of an open file.
    ///
    /// # Errors
    /// No such variable (near names are told), or elements that are no numbers.
    pub fn new(file: Arc<DataFile>, name: &str) -> Result<VariableSource> {
        let variable = file.variable(name)?;
        let place = format!("{}:{}", file.path.display(), variable.name);
        let Some(dtype) = variable.dtype else {
            return Err(
                Error::unsupported(format!("elements that are {}: numbers and bool are read", variable.type_name)).at(place)
            );
        };
        let bytes = variable.shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d.max(1)));
        if bytes.is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::corrupt(format!("a shape of {:?} is beyond 2^63 bytes", variable.shape)).at(place));
        }
        let elements = match &file.hdf5 {
            None => Elements::Classic(variable.name.clone()),
            Some(hdf5) => {
                let dataset = hdf5.dataset(&variable.name).map_err(|e| from_hdf(&e).at(place.clone()))?;
                // In NetCDF an unlimited axis is as long as the longest variable on it.
                let shape: Vec<u64> = variable.shape.iter().map(|&n| n as u64).collect();
                Elements::Hdf(Box::new(dataset.with_padded_shape(&shape).map_err(|e| from_hdf(&e).at(place.clone()))?))
            }
        };
        let unit = variable.chunks.clone().unwrap_or_else(|| vec![1; variable.shape.len()]);
        if unit.len() != variable.shape.len() {
            return Err(Error::corrupt(format!("chunks of {unit:?} for a shape of {:?}", variable.shape)).at(place));
        }
        let piece = read::piece_shape(&variable.shape, &unit, dtype);
        let key = xxh3_128(format!("variable {} {place} {}", file.stamp, file.netcdf.is_some()).as_bytes());
        Ok(VariableSource { file, variable, dtype, elements, piece, key })
    }

    /// The source that [`params`](Source::params) speaks of.
    ///
    /// # Errors
    /// Broken parameters; as [`new`](VariableSource::new).
    pub fn from_params(params: &[u8]) -> Result<VariableSource> {
        let (path, name, as_netcdf): (PathBuf, String, bool) =
            postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a variable: {e}")))?;
        VariableSource::new(Arc::new(DataFile::opened(&path, as_netcdf)?), &name)
    }

    /// What the file says of it.
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// Bytes of a chunk, where it is stored in chunks.
    fn chunk_bytes(&self) -> u64 {
        let chunk = self.variable.chunks.as_ref();
        chunk.map_or(0, |c| c.iter().fold(self.dtype.size() as u64, |n, &d| n.saturating_mul(d as u64)))
    }

    /// Bytes of a piece of a box.
    fn piece_bytes(&self, region: &Region) -> u64 {
        let n =
            region.shape().iter().zip(&self.piece).fold(self.dtype.size() as u64, |n, (&r, &p)| n.saturating_mul(r.min(p) as u64));
        n.min((region.n_elements() * self.dtype.size()) as u64)
    }
}

impl Source for VariableSource {
    fn name(&self) -> &'static str {
        "variable"
    }

    fn params(&self) -> Result<Vec<u8>> {
        let path = &self.file.path;
        let params = (path, &self.variable.name, self.file.netcdf.is_some());
        postcard::to_stdvec(&params).map_err(|e| Error::unsupported(format!("the path {} cannot be sent: {e}", path.display())))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        format!("{}:{}", self.file.bytes.file.label(), self.variable.name)
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    /// The file's chunks; where it has none, runs of about 1 MiB.
    fn storage_grid(&self) -> Grid {
        let unit = self.variable.chunks.as_ref().unwrap_or(&self.piece);
        Grid::new(self.variable.shape.iter().zip(unit).map(|(&n, &c)| Axis::regular(n, c)))
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        read::region(&self.elements, self.file.netcdf.as_ref(), self.dtype, &self.piece, region)
            .map_err(|e| e.at(format!("{}:{} {region:?}", self.file.path.display(), self.variable.name)))
    }

    fn scratch_bytes(&self, region: &Region) -> u64 {
        let (piece, chunk) = (self.piece_bytes(region), self.chunk_bytes());
        let remote =
            if self.file.bytes.file.is_remote() { BLOCKS_BYTES + self.file.bytes.file.request_bytes(piece.max(chunk)) } else { 0 };
        // A piece as stored and decoded, and for the chunk being unpacked the input and output of a filter, and what is kept of it.
        2 * piece + 3 * chunk + CONTEXT_BYTES + remote
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        (region.n_elements() * self.dtype.size()) as u64
    }

    fn cost_ns(&self, region: &Region) -> u64 {
        let n = (region.n_elements() * self.dtype.size()) as u64;
        let unpacked = if self.variable.chunks.is_some() { 4 * n } else { n };
        let n_requests = n / self.chunk_bytes().max(self.piece_bytes(region)).max(1) + 1;
        unpacked + n_requests * self.file.bytes.file.latency_ns()
    }
}
