//! Writes a stack of `.npy` files with the `info` file by which dask reads it: a file for every chunk along the axis.
//!
//! All is written in a temporary folder beside the target, which takes its name in one step.

use super::header::Header;
use super::pickle::StackInfo;
use super::region;
use super::stack::INFO;
use crate::base::{Axis, Coords, DType, Error, Grid, Region, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::Sink;
use crate::format::partial;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A stack of `.npy` files being written.
#[derive(Debug)]
pub struct NpyStackSink {
    target: Target,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    folder: TempDir,
    _lock: File,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    path: PathBuf,
    dtype: DType,
    shape: Coords,
    axis: usize,
    /// How the axis is cut into files.
    along: Axis,
    overwrite: bool,
}

impl NpyStackSink {
    /// A sink for an array of this dtype and grid, whose chunks along `axis` become the files. Nothing is touched yet.
    ///
    /// # Errors
    /// No such axis, or a target that exists and may not be overwritten; what is no stack is never overwritten.
    pub fn new(path: impl AsRef<Path>, dtype: DType, grid: &Grid, axis: usize, overwrite: bool) -> Result<NpyStackSink> {
        let path = partial::local(path.as_ref())?;
        let path = std::path::absolute(&path).map_err(|e| Error::io(path.display(), &e))?;
        let along = grid.axes().get(axis).cloned();
        let along = along.ok_or_else(|| Error::axis(format!("axis {axis} is out of bounds for {} dimensions", grid.ndim())))?;
        let sink =
            NpyStackSink { target: Target { path, dtype, shape: grid.shape(), axis, along, overwrite }, open: Mutex::new(None) };
        sink.check_target()?;
        Ok(sink)
    }

    /// The sink that [`params`](Sink::params) speaks of.
    ///
    /// # Errors
    /// Broken parameters.
    pub fn from_params(params: &[u8]) -> Result<NpyStackSink> {
        let target =
            postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a stack of npy files: {e}")))?;
        Ok(NpyStackSink { target, open: Mutex::new(None) })
    }

    fn check_target(&self) -> Result<()> {
        let path = &self.target.path;
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        if !self.target.overwrite {
            return Err(partial::exists(path));
        }
        let is_stack = std::fs::read_dir(path).is_ok_and(|entries| {
            entries.flatten().all(|e| e.file_name().to_str().is_some_and(|n| n == INFO || n.ends_with(".npy")))
        });
        if is_stack {
            Ok(())
        } else {
            Err(Error::usage(format!("{} is no stack of .npy files: remove it, or choose another name", path.display())))
        }
    }

    fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.target.path.display()), e)
    }

    /// Shape of file `i`.
    fn file_shape(&self, i: usize) -> Coords {
        let mut shape = self.target.shape.clone();
        shape[self.target.axis] = self.target.along.range(i).len();
        shape
    }

    fn create(&self, folder: &Path) -> std::io::Result<()> {
        let Target { dtype, along, .. } = &self.target;
        for i in 0..along.n_chunks() {
            let shape = self.file_shape(i);
            let header = Header::write(*dtype, &shape);
            let file = File::create(folder.join(format!("{i}.npy")))?;
            file.set_len((header.len() + shape.iter().product::<usize>() * dtype.size()) as u64)?;
            file.write_all_at(&header, 0)?;
        }
        let chunks = self.target.shape.iter().enumerate();
        let chunks = chunks.map(|(a, &n)| if a == self.target.axis { along.sizes().collect() } else { vec![n] }).collect();
        std::fs::write(folder.join(INFO), StackInfo { chunks, axis: self.target.axis }.write(*dtype))
    }
}

impl Sink for NpyStackSink {
    fn name(&self) -> &'static str {
        "npy-stack"
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.target).map_err(|e| Error::unsupported(format!("this output cannot be sent: {e}")))
    }

    fn label(&self) -> String {
        self.target.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// As the array is cut; the files are written a box at a time.
    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        let Target { shape, axis, along, .. } = &self.target;
        if dtype != self.target.dtype || grid.shape() != *shape {
            return Err(Error::usage(format!(
                "{} is made for {} of shape {:?}, not for {dtype} of shape {:?}",
                self.target.path.display(),
                self.target.dtype,
                shape.as_slice(),
                grid.shape().as_slice()
            )));
        }
        Ok(Grid::new(grid.axes().iter().enumerate().map(|(a, x)| if a == *axis { along.clone() } else { x.clone() })))
    }

    fn begin(&self) -> Result<()> {
        self.check_target()?;
        let elements = self.target.shape.iter().try_fold(self.target.dtype.size(), |n, &d| n.checked_mul(d));
        if elements.is_none_or(|n| i64::try_from(n).is_err()) {
            return Err(Error::usage(format!("an array of shape {:?} is beyond 2^63 bytes", self.target.shape.as_slice())));
        }
        let mode = Permissions::from_mode(0o777);
        let folder =
            partial::named(&self.target.path, |b, parent| b.permissions(mode).tempdir_in(parent)).map_err(|e| self.fail(&e))?;
        let _lock = partial::lock(folder.path()).map_err(|e| self.fail(&e))?;
        self.create(folder.path()).map_err(|e| self.fail(&e))?;
        *self.open.lock() = Some(Open { folder, _lock });
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

    fn commit(&self, _: usize, region: &Region, encoded: &Chunk) -> Result<()> {
        let folder = self.open.lock().as_ref().map(|o| o.folder.path().to_path_buf());
        let folder = folder.ok_or_else(|| Error::bug("commit before begin"))?;
        let Chunk::Tensor(t) = encoded else { return Err(Error::bug("a npy chunk that is no tensor")) };
        let bytes = t.as_bytes()?;
        if t.dtype() != self.target.dtype || t.shape() != region.shape().as_slice() {
            return Err(Error::bug(format!("an encoded chunk {:?} for {region:?}", t.shape())));
        }
        if region.is_empty() {
            return Ok(());
        }
        let Target { axis, along, .. } = &self.target;
        let i = along.chunk_of(region.ranges()[*axis].start);
        let shape = self.file_shape(i);
        let mut start: Coords = shape.iter().map(|_| 0).collect();
        start[*axis] = along.range(i).start;
        let data_start = Header::write(self.target.dtype, &shape).len() as u64;
        let file = OpenOptions::new().write(true).open(folder.join(format!("{i}.npy"))).map_err(|e| self.fail(&e))?;
        region::write(&file, data_start, &shape, self.target.dtype.size(), &region.relative_to(&start), bytes)
            .map_err(|e| self.fail(&e))
    }

    fn ordered(&self) -> bool {
        false
    }

    fn finish(&self) -> Result<()> {
        let Open { folder, _lock } = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        self.check_target()?;
        partial::publish_folder(folder, &self.target.path, self.target.overwrite).map_err(|e| self.fail(&e))
    }

    fn abort(&self) {
        // Dropping the temporary folder removes it.
        self.open.lock().take();
    }
}
