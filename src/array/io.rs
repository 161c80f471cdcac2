//! Arrays from and to files.

use crate::array::DynArray;
use crate::base::{Axis, Grid, Result};
use crate::expr::{Chunks, Expr, build};
use crate::format::npy::{NpySink, NpySource, NpyStackSink, NpyStackSource};
use crate::format::zarr::{ZarrOptions, ZarrSink, ZarrSource};
use crate::session::Session;
use std::path::Path;
use std::sync::Arc;

/// A `.npy` file (a path or a URL). Elements are mapped, not read, where their layout allows.
///
/// # Chunks
/// As `chunks` says. A task holds nothing where the elements lie as in memory (they are mapped), else its chunk and, from a URL,
/// what a request brings.
///
/// # Errors
/// When the file cannot be read, is broken, or holds what is not supported.
pub fn open_npy(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(NpySource::open(path)?), &chunks.into())?))
}

/// A folder of `.npy` files that follow each other along an axis, as one array: a stack that dask or
/// [`to_npy_stack`](DynArray::to_npy_stack) wrote, whose `info` file tells the axis, or any folder of files that fit, in the order of their
/// numbers (`0.npy`, `1.npy`, …) or names, along `axis` (None: 0).
///
/// # Errors
/// Files that cannot be read or do not fit each other; an `info` file that speaks of another axis.
///
/// # Chunks
/// As asked for; automatic chunks are near whole files. Elements are mapped, not read, where a chunk lies in one file; else a task holds
/// its chunk and a part of it.
///
/// # Example
/// ```
/// use tilework::array::{arange, open_npy_stack};
/// let dir = tempfile::tempdir().unwrap();
/// let session = tilework::Session::default();
/// arange(0, 10, 1, 4)?.to_npy_stack(dir.path().join("stack"), 0, &session)?;
/// let back = open_npy_stack(dir.path().join("stack"), None, tilework::Chunks::Auto)?;
/// assert_eq!(back.compute_as::<i64>()?.into_raw_vec_and_offset().0, (0..10).collect::<Vec<_>>());
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_npy_stack(folder: impl AsRef<Path>, axis: Option<usize>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(NpyStackSource::open(folder, axis)?), &chunks.into())?))
}

/// A Zarr array (version 2 or 3): a folder or URL, with a path in it for an array in a group (`cube.zarr/temperature`,
/// `s3://bucket/cube.zarr/temperature`).
///
/// # Chunks
/// As `chunks` says; `Auto` takes whole chunks of the file. A task holds its chunk and one stored chunk being decoded.
///
/// # Errors
/// When the array cannot be read, is broken, or uses what is not supported.
pub fn open_zarr(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(ZarrSource::open(path)?), &chunks.into())?))
}

impl DynArray {
    /// The output that [`save_npy`](DynArray::save_npy) makes, to be stored with others or explained.
    ///
    /// # Chunks
    /// As [`save_npy`](DynArray::save_npy).
    ///
    /// # Errors
    /// When the file exists and may not be overwritten.
    pub fn npy_sink(&self, path: impl AsRef<Path>, overwrite: bool) -> Result<Expr> {
        build::sink(self.expr(), Arc::new(NpySink::new(path, self.dtype(), &self.shape(), overwrite)?))
    }

    /// Computes the array into a `.npy` file, which appears when it is complete.
    ///
    /// # Chunks
    /// Written as the array's, each at its place in the file. A task holds a chunk and a copy of it in C order.
    ///
    /// # Errors
    /// When the file exists and may not be overwritten; as [`Session::run`].
    pub fn save_npy(&self, path: impl AsRef<Path>, overwrite: bool, session: &Session) -> Result<()> {
        session.store(&[self.npy_sink(path, overwrite)?])
    }

    /// The output that [`to_npy_stack`](DynArray::to_npy_stack) makes, to be stored with others or explained.
    ///
    /// # Chunks
    /// As [`to_npy_stack`](DynArray::to_npy_stack).
    ///
    /// # Errors
    /// No such axis; when the folder exists and may not be overwritten.
    pub fn npy_stack_sink(&self, folder: impl AsRef<Path>, axis: isize, overwrite: bool) -> Result<Expr> {
        let (dtype, grid) = self.expr().array()?;
        let axis = build::normalize_axis(axis, grid.ndim()).map_err(|e| e.at("to_npy_stack"))?;
        build::sink(self.expr(), Arc::new(NpyStackSink::new(folder, dtype, grid, axis, overwrite)?))
    }

    /// Computes the array into a folder of `.npy` files, one for every chunk along `axis`, and the `info` file by which dask's
    /// `from_npy_stack` reads it. The folder appears when it is complete.
    ///
    /// # Errors
    /// No such axis; when the folder exists; as [`Session::run`].
    ///
    /// # Chunks
    /// Written as the array is cut; a task holds one chunk.
    pub fn to_npy_stack(&self, folder: impl AsRef<Path>, axis: isize, session: &Session) -> Result<()> {
        session.store(&[self.npy_stack_sink(folder, axis, false)?])
    }

    /// The output that [`save_zarr`](DynArray::save_zarr) makes, to be stored with others or explained.
    ///
    /// # Chunks
    /// As [`save_zarr`](DynArray::save_zarr).
    ///
    /// # Errors
    /// When options do not fit the array, or the target exists and may not be overwritten.
    pub fn zarr_sink(&self, path: impl AsRef<Path>, options: &ZarrOptions) -> Result<Expr> {
        let (dtype, grid) = self.expr().array()?;
        // Zarr's chunks are regular; an irregular array is cut by its largest chunks.
        let regular = Grid::new(grid.axes().iter().map(|a| Axis::regular(a.len(), a.max_size())));
        build::sink(self.expr(), Arc::new(ZarrSink::new(path, dtype, &regular, options)?))
    }

    /// Computes the array into a Zarr array, which appears when it is complete. The path may be a URL, and may lie in a group
    /// (`cube.zarr/ocean/temperature`): groups that are missing are made, from the part of the path that is named `*.zarr` down.
    ///
    /// # Chunks
    /// On disk those of `options`, else the array's, along each axis as long as its longest. A task holds a chunk, what it is
    /// encoded to, and what one stored chunk needs while it is encoded.
    ///
    /// # Errors
    /// When options do not fit the array, or the target exists and may not be overwritten; as [`Session::run`].
    pub fn save_zarr(&self, path: impl AsRef<Path>, options: &ZarrOptions, session: &Session) -> Result<()> {
        session.store(&[self.zarr_sink(path, options)?])
    }
}
