//! Arrays from and to files.

use crate::array::DynArray;
use crate::base::{Axis, Grid, Result};
use crate::expr::{Chunks, Expr, build};
use crate::format::npy::{NpySink, NpySource};
use crate::format::zarr::{ZarrOptions, ZarrSink, ZarrSource};
use crate::session::Session;
use std::path::Path;
use std::sync::Arc;

/// A `.npy` file. Elements are mapped, not read, where their layout allows.
///
/// # Errors
/// When the file cannot be read, is broken, or holds what is not supported.
pub fn open_npy(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(NpySource::open(path)?), &chunks.into())?))
}

/// A Zarr array (version 2 or 3): a folder, or a folder and a path in it (`cube.zarr/temperature`).
///
/// # Errors
/// When the array cannot be read, is broken, or uses what is not supported.
pub fn open_zarr(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<DynArray> {
    Ok(DynArray::wrap(build::source(Arc::new(ZarrSource::open(path)?), &chunks.into())?))
}

impl DynArray {
    /// The output that [`save_npy`](DynArray::save_npy) makes, to be stored with others or explained.
    ///
    /// # Errors
    /// When the file exists and may not be overwritten.
    pub fn npy_sink(&self, path: impl AsRef<Path>, overwrite: bool) -> Result<Expr> {
        build::sink(self.expr(), Arc::new(NpySink::new(path, self.dtype(), &self.shape(), overwrite)?))
    }

    /// Computes the array into a `.npy` file, which appears when it is complete.
    ///
    /// # Errors
    /// When the file exists and may not be overwritten; as [`Session::run`].
    pub fn save_npy(&self, path: impl AsRef<Path>, overwrite: bool, session: &Session) -> Result<()> {
        session.store(&[self.npy_sink(path, overwrite)?])
    }

    /// The output that [`save_zarr`](DynArray::save_zarr) makes, to be stored with others or explained.
    ///
    /// # Errors
    /// When options do not fit the array, or the target exists and may not be overwritten.
    pub fn zarr_sink(&self, path: impl AsRef<Path>, options: &ZarrOptions) -> Result<Expr> {
        let (dtype, grid) = self.expr().array()?;
        // Zarr's chunks are regular; an irregular array is cut by its largest chunks.
        let regular = Grid::new(grid.axes().iter().map(|a| Axis::regular(a.len(), a.max_size())));
        build::sink(self.expr(), Arc::new(ZarrSink::new(path, dtype, &regular, options)?))
    }

    /// Computes the array into a Zarr (version 3) array, which appears when it is complete.
    ///
    /// # Errors
    /// When options do not fit the array, or the target exists and may not be overwritten; as [`Session::run`].
    pub fn save_zarr(&self, path: impl AsRef<Path>, options: &ZarrOptions, session: &Session) -> Result<()> {
        session.store(&[self.zarr_sink(path, options)?])
    }
}
