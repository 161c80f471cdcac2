//! The bytes of a file for the readers, and their errors in this library's kinds.
//!
//! The readers parse metadata by many small reads; where a read is a request, blocks are kept that serve several of them.

use crate::base::{Error, Kind, Result};
use crate::format::ranged::RangedFile;
use hdf5_reader::error::Error as HdfError;
use hdf5_reader::storage::{Storage, StorageBuffer};
use netcdf_reader::Error as NcError;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// Reads up to this come from blocks of this size, where reads are requests.
const BLOCK: u64 = 64 << 10;
/// Blocks kept.
const N_BLOCKS: usize = 16;
/// What the kept blocks take, in bytes.
pub(super) const BLOCKS_BYTES: u64 = BLOCK * N_BLOCKS as u64;

/// A file as the readers want it.
pub(super) struct FileBytes {
    pub(super) file: RangedFile,
    /// Latest first.
    blocks: Mutex<VecDeque<(u64, Arc<Vec<u8>>)>>,
}

impl FileBytes {
    pub(super) fn new(file: RangedFile) -> FileBytes {
        FileBytes { file, blocks: Mutex::default() }
    }

    fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        // Checked before anything of that size is made.
        if !self.file.holds(offset, len as u64) {
            let end = self.file.len;
            return Err(Error::corrupt(format!(
                "truncated: {len} bytes at offset {offset} are needed, but the file ends at {end}"
            )));
        }
        let mut out = vec![0; len];
        if !self.file.is_remote() || len as u64 > BLOCK {
            self.file.read_exact_at(offset, &mut out)?;
            return Ok(out);
        }
        let mut at = offset;
        while at < offset + len as u64 {
            let start = at / BLOCK * BLOCK;
            let block = self.block(start)?;
            let part = &block[(at - start) as usize..];
            let filled = (at - offset) as usize;
            let n = part.len().min(len - filled);
            out[filled..filled + n].copy_from_slice(&part[..n]);
            at += n as u64;
        }
        Ok(out)
    }

    fn block(&self, start: u64) -> Result<Arc<Vec<u8>>> {
        let mut blocks = self.blocks.lock();
        if let Some(i) = blocks.iter().position(|(s, _)| *s == start)
            && let Some(found) = blocks.remove(i)
        {
            let bytes = found.1.clone();
            blocks.push_front(found);
            return Ok(bytes);
        }
        drop(blocks);
        let mut bytes = vec![0; BLOCK.min(self.file.len - start) as usize];
        self.file.read_exact_at(start, &mut bytes)?;
        let bytes = Arc::new(bytes);
        let mut blocks = self.blocks.lock();
        blocks.push_front((start, bytes.clone()));
        blocks.truncate(N_BLOCKS);
        Ok(bytes)
    }
}

impl Storage for FileBytes {
    fn len(&self) -> u64 {
        self.file.len
    }

    fn read_range(&self, offset: u64, len: usize) -> hdf5_reader::error::Result<StorageBuffer> {
        let read = self.read(offset, len);
        read.map(StorageBuffer::from_vec).map_err(|e| HdfError::Io(std::io::Error::other(e)))
    }
}

/// An error of the HDF5 reader.
pub(super) fn from_hdf(e: &HdfError) -> Error {
    use HdfError as H;
    match e {
        H::Context { path, source } => from_hdf(source).at(path.clone()),
        H::Io(io) => from_io(io),
        H::UnsupportedFilter(_)
        | H::UnsupportedEncoding(_)
        | H::UnsupportedSuperblockVersion(_)
        | H::UnsupportedObjectHeaderVersion(_)
        | H::UnsupportedDatatypeClass(_)
        | H::UnsupportedLayoutClass(_)
        | H::UnsupportedLayoutVersion(_)
        | H::UnsupportedFilterPipelineVersion(_)
        | H::UnsupportedChunkIndexType(_)
        | H::UnsupportedLinkType(_) => Error::unsupported(e.to_string()),
        H::TypeMismatch { .. } => Error::unsupported(format!("the type of the elements: {e}")),
        H::GroupNotFound(_) | H::DatasetNotFound(_) | H::AttributeNotFound(_) => Error::usage(e.to_string()),
        _ => Error::corrupt(format!("the file is broken: {e}")),
    }
}

/// An error of the NetCDF reader.
pub(super) fn from_nc(e: &NcError) -> Error {
    match e {
        NcError::Hdf5(h) => from_hdf(h),
        NcError::Io(io) => from_io(io),
        NcError::UnsupportedVersion(_) | NcError::UnsupportedFeature(_) => Error::unsupported(e.to_string()),
        NcError::VariableNotFound(_) | NcError::GroupNotFound(_) => Error::usage(e.to_string()),
        _ => Error::corrupt(format!("the file is broken: {e}")),
    }
}

fn from_io(e: &std::io::Error) -> Error {
    match e.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(ours) => ours.clone(),
        None if e.kind() == std::io::ErrorKind::UnexpectedEof => Error::corrupt(format!("truncated: {e}")),
        None => Error::new(Kind::Environment, e.to_string()),
    }
}
