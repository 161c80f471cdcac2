//! Writes a Zarr array of version 3: chunks are encoded in parallel, each is stored by one atomic write.
//!
//! All is written in a temporary folder beside the target, `zarr.json` last, which then takes the target's name in one step (an old
//! array is exchanged for it, then removed). A killed run leaves the old array, or none, and a folder `.<name>.….part`
//! that the next writer of the same name removes. Nothing is synced to the disk. Only whole arrays or groups of Zarr are ever overwritten.

use super::layout::{Codecs, Layout};
use super::options::ZarrOptions;
use super::{block, group, pipeline};
use crate::base::{Axis, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Sink;
use crate::format::partial;
use crate::store::{FileStore, Store};
use parking_lot::Mutex;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, Permissions};
use std::num::NonZeroU64;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A Zarr array being written.
#[derive(Debug)]
pub struct ZarrSink {
    target: Target,
    layout: Layout,
    /// Length along each axis of what lies under one key, for the codecs.
    stored: Vec<NonZeroU64>,
    /// Most bytes of that when encoded.
    stored_bound: u64,
    open: Mutex<Option<Open>>,
}

/// What `begin` made.
#[derive(Debug)]
struct Open {
    folder: TempDir,
    store: Arc<FileStore>,
    _lock: File,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    path: PathBuf,
    metadata: String,
    overwrite: bool,
}

impl ZarrSink {
    /// A sink for an array of this dtype and grid. Nothing is touched yet.
    ///
    /// # Errors
    /// Options that do not fit the array, or a target that exists and may not be overwritten.
    ///
    /// # Example
    /// ```
    /// use tilework::DType;
    /// use tilework::base::Grid;
    /// use tilework::format::zarr::{Codec, ZarrOptions, ZarrSink};
    /// let dir = tempfile::tempdir().unwrap();
    /// let options = ZarrOptions { chunks: Some(vec![64, 64]), codec: Codec::Gzip(5), ..ZarrOptions::default() };
    /// ZarrSink::new(dir.path().join("a.zarr"), DType::F32, &Grid::whole(&[1000, 1000]), &options)?;
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn new(path: impl AsRef<Path>, dtype: DType, grid: &Grid, options: &ZarrOptions) -> Result<ZarrSink> {
        let path = std::path::absolute(&path).map_err(|e| Error::io(path.as_ref().display(), &e))?;
        let metadata = options.metadata(dtype, grid).map_err(|e| e.at(path.display().to_string()))?;
        let sink = ZarrSink::of(Target { path, metadata, overwrite: options.overwrite })?;
        sink.check_target()?;
        Ok(sink)
    }

    /// The sink that [`params`](Sink::params) speaks of.
    ///
    /// # Errors
    /// Broken parameters.
    pub fn from_params(params: &[u8]) -> Result<ZarrSink> {
        ZarrSink::of(postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a zarr sink: {e}")))?)
    }

    fn of(target: Target) -> Result<ZarrSink> {
        let metadata =
            serde_json::from_str(&target.metadata).map_err(|e| Error::corrupt(format!("parameters of a zarr sink: {e}")))?;
        let layout = Layout::parse(metadata).map_err(|e| e.at(target.path.display().to_string()))?;
        let stored: Vec<NonZeroU64> = layout.stored.iter().filter_map(|&n| NonZeroU64::new(n as u64)).collect();
        let stored_bound = match &layout.codecs {
            Codecs::Chunk(p) => p.stored_bound(),
            Codecs::Shard(s) => s.stored_bound(),
        };
        Ok(ZarrSink { target, layout, stored, stored_bound, open: Mutex::new(None) })
    }

    fn check_target(&self) -> Result<()> {
        let path = &self.target.path;
        let Ok(found) = path.symlink_metadata() else { return Ok(()) };
        if !self.target.overwrite {
            return Err(Error::usage(format!("{} exists: allow overwriting, or choose another name", path.display())));
        }
        if !found.is_dir() || !group::is_zarr(path) {
            return Err(Error::usage(format!("{} is no Zarr array: remove it, or choose another name", path.display())));
        }
        Ok(())
    }

    fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.target.path.display()), e)
    }

    /// The blocks under one key each that a box of the write grid holds, in C order.
    fn blocks(&self, region: &Region) -> impl Iterator<Item = crate::base::Coords> + use<> {
        let blocks = (!region.is_empty()).then(|| block::over(region, &self.layout.stored));
        blocks.into_iter().flatten()
    }

    /// Encodes one block; `Unit` stands for one that need not be stored.
    fn encode_block(&self, tensor: &Tensor) -> Result<Chunk> {
        let shape = &self.layout.stored;
        let block = if tensor.shape() == shape.as_slice() {
            tensor.contiguous()
        } else {
            // Blocks at the edge are stored whole: the rest is the fill value.
            let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * self.layout.dtype.size());
            let whole = Region::whole(shape);
            copy_into(&self.layout.fill(shape), &mut out, shape, &whole);
            copy_into(tensor, &mut out, shape, &Region::whole(tensor.shape()));
            Tensor::new(self.layout.dtype, shape, out.freeze())?
        };
        let elements = block.as_bytes()?;
        if self.layout.pipeline().is_fill(elements) {
            return Ok(Chunk::Unit);
        }
        let array = self.layout.array();
        let bytes = pipeline::encode(&array.codecs(), elements, &self.stored, array.data_type(), array.fill_value())?;
        Ok(Chunk::Bytes(bytes.into()))
    }

    /// Gives the finished folder the target's name, in one step as seen from outside.
    fn publish(&self, folder: TempDir) -> Result<()> {
        let path = &self.target.path;
        let fail = |e: rustix::io::Errno| self.fail(&e.into());
        if self.target.overwrite && path.exists() {
            self.check_target()?;
            return match renameat_with(CWD, folder.path(), CWD, path, RenameFlags::EXCHANGE) {
                // The old array is now under the temporary name, and goes with it.
                Ok(()) => folder.close().map_err(|e| self.fail(&e)),
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => self.replace(folder),
                Err(e) => Err(fail(e)),
            };
        }
        match renameat_with(CWD, folder.path(), CWD, path, RenameFlags::NOREPLACE) {
            // rename(2) itself refuses to replace a folder that holds anything.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::rename(folder.path(), path).map_err(|e| self.fail(&e))?
            }
            other => other.map_err(fail)?,
        }
        let _ = folder.keep();
        Ok(())
    }

    /// For file systems that cannot exchange two names: for a moment there is no array under the name.
    fn replace(&self, folder: TempDir) -> Result<()> {
        let path = &self.target.path;
        let old = folder.path().with_extension("old");
        fs::rename(path, &old).map_err(|e| self.fail(&e))?;
        if let Err(e) = fs::rename(folder.path(), path) {
            let _ = fs::rename(&old, path);
            return Err(self.fail(&e));
        }
        let _ = folder.keep();
        fs::remove_dir_all(&old).map_err(|e| self.fail(&e))
    }
}

impl Sink for ZarrSink {
    fn name(&self) -> &'static str {
        "zarr"
    }

    fn params(&self) -> Result<Vec<u8>> {
        postcard::to_stdvec(&self.target).map_err(|e| Error::unsupported(format!("this output cannot be sent: {e}")))
    }

    fn label(&self) -> String {
        self.target.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Every axis in equal pieces, the multiple of the chunk (or shard) that is nearest to the array's own largest piece.
    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid> {
        if dtype != self.layout.dtype || grid.shape() != self.layout.shape {
            return Err(Error::usage(format!(
                "{} is made for {} of shape {:?}, not for {dtype} of shape {:?}",
                self.target.path.display(),
                self.layout.dtype,
                self.layout.shape,
                grid.shape()
            )));
        }
        Ok(Grid::new(grid.axes().iter().zip(&self.layout.stored).map(|(axis, &unit)| {
            let n = (axis.max_size().saturating_add(unit / 2) / unit).max(1);
            Axis::regular(axis.len(), n.saturating_mul(unit))
        })))
    }

    fn begin(&self) -> Result<()> {
        self.check_target()?;
        // The usual mode of new folders, less the process's umask.
        let mode = Permissions::from_mode(0o777);
        let folder =
            partial::named(&self.target.path, |b, parent| b.permissions(mode).tempdir_in(parent)).map_err(|e| self.fail(&e))?;
        let lock = partial::lock(folder.path()).map_err(|e| self.fail(&e))?;
        let store = Arc::new(FileStore::new(folder.path()));
        *self.open.lock() = Some(Open { folder, store, _lock: lock });
        Ok(())
    }

    fn encode(&self, _: usize, region: &Region, chunk: &Tensor) -> Result<Chunk> {
        let aligned = region
            .ranges()
            .iter()
            .zip(self.layout.stored.iter().zip(&self.layout.shape))
            .all(|(r, (&unit, &n))| r.start % unit == 0 && (r.end % unit == 0 || r.end == n));
        if !aligned || chunk.dtype() != self.layout.dtype || chunk.shape() != region.shape().as_slice() {
            return Err(Error::bug(format!("a chunk {:?} of {} for {region:?}", chunk.shape(), chunk.dtype())));
        }
        let encoded = self.blocks(region).map(|at| {
            let part = block::region(&at, &self.layout.stored).intersect(region).relative_to(&region.start());
            self.encode_block(&chunk.slice(&part))
        });
        Ok(Chunk::List(encoded.collect::<Result<Vec<_>>>()?.into()))
    }

    fn encode_bytes(&self, region: &Region) -> (u64, u64) {
        let n = self.blocks(region).count() as u64;
        let block = self.layout.stored.iter().product::<usize>() as u64 * self.layout.dtype.size() as u64;
        // A block at the edge is padded in a copy.
        let edge = region.shape().iter().zip(&self.layout.stored).any(|(n, unit)| n % unit != 0);
        let padded = if edge { block } else { 0 };
        let scratch = match &self.layout.codecs {
            Codecs::Chunk(p) => p.encode_bytes() + padded,
            // A copy of the shard if it lies strided, an inner chunk being encoded, and the shard before it has just its size.
            Codecs::Shard(s) => padded + block + self.stored_bound + s.inner.encode_bytes(),
        };
        (n.saturating_mul(self.stored_bound), scratch)
    }

    fn commit(&self, _: usize, region: &Region, encoded: &Chunk) -> Result<()> {
        let store = self.open.lock().as_ref().map(|o| o.store.clone()).ok_or_else(|| Error::bug("commit before begin"))?;
        let Chunk::List(items) = encoded else { return Err(Error::bug("a zarr chunk that is no list")) };
        let blocks: Vec<_> = self.blocks(region).collect();
        if blocks.len() != items.len() {
            return Err(Error::bug(format!("{} encoded blocks for the {} of {region:?}", items.len(), blocks.len())));
        }
        for (at, item) in blocks.iter().zip(items.iter()) {
            match item {
                Chunk::Unit => {}
                Chunk::Bytes(bytes) => {
                    store.set(&self.layout.key(at), bytes).map_err(|e| e.at(format!("writing {}", self.target.path.display())))?;
                }
                _ => return Err(Error::bug("a zarr block that is no bytes")),
            }
        }
        Ok(())
    }

    fn ordered(&self) -> bool {
        false
    }

    fn finish(&self) -> Result<()> {
        let Open { folder, store, _lock } = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        store.set("zarr.json", self.target.metadata.as_bytes())?;
        self.publish(folder)
    }

    fn abort(&self) {
        // Dropping the temporary folder removes it.
        self.open.lock().take();
    }
}
