//! Writing parts of Zarr arrays that exist: boxes of them, and more elements at their end.

use crate::array::{DynArray, Index, concatenate, open_zarr};
use crate::base::{Error, Result};
use crate::expr::{Chunks, Expr, Source, build};
use crate::format::zarr::{ZarrSink, ZarrSource};
use crate::session::Session;
use std::path::Path;
use std::sync::Arc;

impl DynArray {
    /// The output that [`save_zarr_region`](DynArray::save_zarr_region) makes, to be stored with others or explained.
    ///
    /// # Chunks
    /// As [`save_zarr_region`](DynArray::save_zarr_region).
    ///
    /// # Errors
    /// As [`save_zarr_region`](DynArray::save_zarr_region), but for the run.
    pub fn zarr_region_sink(&self, path: impl AsRef<Path>, start: &[usize]) -> Result<Expr> {
        let sink = ZarrSink::region(path, start, &self.shape())?;
        build::sink(self.expr(), Arc::new(sink))
    }

    /// Computes the array into the box from `start` on of a Zarr array that exists. On disk the change takes effect at once, when all is
    /// written; behind a URL chunk by chunk. Several writers may write different boxes of one array at the same time.
    ///
    /// # Errors
    /// No array there; another dtype (use [`astype`](DynArray::astype)); a box that reaches beyond the array, or that cuts its chunks (or
    /// shards): the message names the nearest that does not. As [`Session::run`].
    ///
    /// # Chunks
    /// Written in whole multiples of the chunks (or shards) of the array on disk, near the array's own; a task holds one of them, encoded
    /// and not.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{full, open_zarr, zeros};
    /// use tilework::format::zarr::ZarrOptions;
    /// use tilework::{DType, Session};
    /// let dir = tempfile::tempdir().unwrap();
    /// let (path, session) = (dir.path().join("a.zarr"), Session::default());
    /// zeros(&[6, 4], DType::I32, [2, 2])?.save_zarr(&path, &ZarrOptions::default(), &session)?;
    /// full(&[2, 4], 7, DType::I32, 2)?.save_zarr_region(&path, &[4, 0], &session)?;
    /// assert_eq!(open_zarr(&path, 2)?.sum(None)?.compute_in(&session)?.at(&[]).as_f64(), 56.0);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn save_zarr_region(&self, path: impl AsRef<Path>, start: &[usize], session: &Session) -> Result<()> {
        session.store(&[self.zarr_region_sink(path, start)?])
    }

    /// The output that [`append_zarr`](DynArray::append_zarr) makes, to be stored with others or explained.
    ///
    /// # Chunks
    /// As [`append_zarr`](DynArray::append_zarr).
    ///
    /// # Errors
    /// As [`append_zarr`](DynArray::append_zarr), but for the run.
    pub fn zarr_append_sink(&self, path: impl AsRef<Path>, axis: isize) -> Result<Expr> {
        let path = path.as_ref();
        let old = ZarrSource::open(path)?;
        let (name, shape) = (old.label(), old.storage_grid().shape());
        let axis = build::normalize_axis(axis, shape.len()).map_err(|e| e.at("append_zarr"))?;
        let mine = self.shape();
        let fits = mine.len() == shape.len() && mine.iter().zip(&shape).enumerate().all(|(a, (m, n))| a == axis || m == n);
        if !fits {
            return Err(Error::usage(format!(
                "an array of shape {mine:?} cannot be appended to {name} of shape {:?} along axis {axis}: all other axes must be equal",
                shape.as_slice()
            )));
        }
        if self.dtype() != old.dtype() {
            return Err(Error::dtype(format!("{name} holds {}, not {}: use astype", old.dtype(), self.dtype())));
        }
        let (n, unit) = (shape[axis], old.stored_chunk_shape()[axis]);
        let from = n / unit * unit;
        // The last chunk that is not full is written again, with what it holds now before what comes.
        let data = if from == n {
            self.clone()
        } else {
            let mut part: Vec<Index> = vec![(..).into(); shape.len()];
            part[axis] = Index::Slice(Some(from as isize), Some(n as isize), None);
            concatenate(&[open_zarr(path, Chunks::Auto)?.index(&part)?, self.clone()], axis as isize)?
        };
        let to = n.checked_add(mine[axis]).ok_or_else(|| Error::usage("an axis of more than 2^64 elements"))?;
        build::sink(data.expr(), Arc::new(ZarrSink::longer(path, axis, from, to)?))
    }

    /// Computes the array into the end of a Zarr array that exists, which becomes longer along `axis`. Readers see the old array or
    /// the longer one.
    ///
    /// # Errors
    /// No array there; another dtype, or other lengths along the other axes. As [`Session::run`]; when another writer made the array longer
    /// meanwhile.
    ///
    /// # Chunks
    /// As [`save_zarr_region`](DynArray::save_zarr_region); a last chunk that is not full is read and written again.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, open_zarr};
    /// use tilework::format::zarr::ZarrOptions;
    /// let dir = tempfile::tempdir().unwrap();
    /// let (path, session) = (dir.path().join("a.zarr"), tilework::Session::default());
    /// arange(0, 5, 1, 3)?.save_zarr(&path, &ZarrOptions::default(), &session)?;
    /// arange(5, 9, 1, 3)?.append_zarr(&path, 0, &session)?;
    /// assert_eq!(open_zarr(&path, 3)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, (0..9).collect::<Vec<_>>());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn append_zarr(&self, path: impl AsRef<Path>, axis: isize, session: &Session) -> Result<()> {
        session.store(&[self.zarr_append_sink(path, axis)?])
    }
}
