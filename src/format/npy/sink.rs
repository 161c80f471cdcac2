//! Writes a `.npy` file (version 1.0, C order, little-endian): header first, then chunks where they belong, in any order.
//!
//! All goes into a temporary file beside the target, which takes the target's name in [`finish`](Sink::finish). The file is not
//! synced to the disk: after a crash of the process the target is old or new, after a power loss that is up to the file system.

use super::header::Header;
use super::region;
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::Sink;
use crate::format::partial;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// A `.npy` file being written.
#[derive(Debug)]
pub struct NpySink {
    target: Target,
    header: Vec<u8>,
    open: Mutex<Option<Open>>,
}

/// What `begin` made.
#[derive(Debug)]
struct Open {
    temporary: NamedTempFile,
    file: Arc<File>,
    _lock: File,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    path: PathBuf,
    dtype: DType,
    shape: Coords,
    overwrite: bool,
}

impl NpySink {
    /// A sink for an array of this dtype and shape. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target exists and may not be overwritten, or has no parent folder.
    pub fn new(path: impl AsRef<Path>, dtype: DType, shape: &[usize], overwrite: bool) -> Result<NpySink> {
        let path = partial::resolved(path.as_ref())?;
        let sink = NpySink::of(Target { path, dtype, shape: shape.into(), overwrite });
        sink.check_target()?;
        Ok(sink)
    }

    /// The sink that [`params`](Sink::params) speaks of.
    ///
    /// # Errors
    /// Broken parameters.
    pub fn from_params(params: &[u8]) -> Result<NpySink> {
        let target = postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a npy sink: {e}")))?;
        Ok(NpySink::of(target))
    }

    fn of(target: Target) -> NpySink {
        NpySink { header: Header::write(target.dtype, &target.shape), target, open: Mutex::new(None) }
    }

    fn check_target(&self) -> Result<()> {
        partial::check_file(&self.target.path, self.target.overwrite)
    }

    fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.target.path.display()), e)
    }
}

impl Sink for NpySink {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.target).map_err(|e| Error::unsupported(format!("this output cannot be sent: {e}")))
    }

    fn label(&self) -> String {
        self.target.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        if dtype != self.target.dtype || grid.shape() != self.target.shape {
            return Err(Error::usage(format!(
                "{} is made for {} of shape {:?}, not for {dtype} of shape {:?}",
                self.target.path.display(),
                self.target.dtype,
                self.target.shape,
                grid.shape()
            )));
        }
        Ok(grid.clone())
    }

    fn begin(&self) -> Result<()> {
        self.check_target()?;
        let Target { path, dtype, shape, .. } = &self.target;
        // The usual mode of new files, less the process's umask.
        let mode = Permissions::from_mode(0o666);
        let temporary = partial::named(path, |b, parent| b.permissions(mode).tempfile_in(parent)).map_err(|e| self.fail(&e))?;
        let lock = partial::lock(temporary.path()).map_err(|e| self.fail(&e))?;
        let bytes = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d)).filter(|&n| i64::try_from(n).is_ok());
        let bytes = bytes.ok_or_else(|| Error::usage(format!("an array of shape {shape:?} is beyond 2^63 bytes")))?;
        let file = temporary.as_file().try_clone().map_err(|e| self.fail(&e))?;
        file.set_len(self.header.len() as u64 + bytes as u64).map_err(|e| self.fail(&e))?;
        file.write_all_at(&self.header, 0).map_err(|e| self.fail(&e))?;
        *self.open.lock() = Some(Open { temporary, file: Arc::new(file), _lock: lock });
        Ok(())
    }

    fn encode(&self, _: usize, region: &Region, chunk: &Tensor) -> Result<Chunk> {
        if chunk.dtype() != self.target.dtype || chunk.shape() != region.shape().as_slice() {
            return Err(Error::bug(format!("a chunk {:?} of {} for {region:?}", chunk.shape(), chunk.dtype())));
        }
        Ok(Chunk::Tensor(chunk.contiguous()))
    }

    fn encode_bytes(&self, region: &Region) -> (u64, u64) {
        ((region.n_elements() * self.target.dtype.size()) as u64, 0)
    }

    fn commit(&self, _: usize, at: &Region, encoded: &Chunk) -> Result<()> {
        let file = self.open.lock().as_ref().map(|o| o.file.clone()).ok_or_else(|| Error::bug("commit before begin"))?;
        let Chunk::Tensor(t) = encoded else { return Err(Error::bug("a npy chunk that is no tensor")) };
        let bytes = t.as_bytes()?;
        if t.dtype() != self.target.dtype || t.shape() != at.shape().as_slice() {
            return Err(Error::bug(format!("an encoded chunk {:?} for {at:?}", t.shape())));
        }
        let Target { shape, dtype, .. } = &self.target;
        region::write(&file, self.header.len() as u64, shape, dtype.size(), at, bytes).map_err(|e| self.fail(&e))
    }

    fn ordered(&self) -> bool {
        false
    }

    fn finish(&self) -> Result<()> {
        let Open { temporary, .. } = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        let path = &self.target.path;
        let done = if self.target.overwrite { temporary.persist(path) } else { temporary.persist_noclobber(path) };
        done.map(drop).map_err(|e| self.fail(&e.error))
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }
}
