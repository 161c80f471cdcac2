//! The engine's lazy array as a Python object: what is known of it. Operations on it are functions of the other modules.

use crate::argument::{Cut, Parts, Type};
use crate::error::{Out, misplaced};
use pyo3::{pyclass, pymethods};
use tilework::array::{Dim, DynArray};

/// A lazy array of the engine.
#[pyclass(frozen, from_py_object, module = "tilework._tilework")]
#[derive(Clone, Debug)]
pub struct Lazy(pub DynArray);

#[pymethods]
impl Lazy {
    /// NumPy's name of the element type.
    #[getter]
    fn dtype(&self) -> &'static str {
        self.0.dtype().name()
    }

    /// Length along each axis; None where it is not known before the array is computed.
    #[getter]
    fn shape(&self) -> Vec<Option<usize>> {
        self.0.dims().into_iter().map(|d| if let Dim::Known(n) = d { Some(n) } else { None }).collect()
    }

    /// Number of dimensions.
    #[getter]
    fn ndim(&self) -> usize {
        self.0.ndim()
    }

    /// Sizes of the chunks along each axis, upper bounds where they are unknown.
    #[getter]
    fn chunks(&self) -> Vec<Vec<usize>> {
        self.0.chunks()
    }

    /// Size of the largest chunk along each axis.
    #[getter]
    fn chunksize(&self) -> Out<Vec<usize>> {
        let (_, grid) = self.0.expr().array()?;
        Ok(grid.axes().iter().map(|a| a.max_size()).collect())
    }

    /// Number of chunks along each axis.
    #[getter]
    fn numblocks(&self) -> Out<Vec<usize>> {
        let (_, grid) = self.0.expr().array()?;
        Ok(grid.axes().iter().map(|a| a.n_chunks()).collect())
    }

    /// Bytes of all elements, an upper bound where a size is unknown.
    #[getter]
    fn nbytes(&self) -> u64 {
        self.0.n_bytes()
    }

    /// What tells this array from any other: equal keys mean equal elements.
    #[getter]
    fn key(&self) -> u128 {
        self.0.expr().key().0
    }

    /// A short name of how it is made: an op, a file.
    #[getter]
    fn label(&self) -> String {
        self.0.expr().label().to_string()
    }

    /// The elements as another dtype.
    fn astype(&self, dtype: Type) -> Out<Lazy> {
        Ok(Lazy(self.0.astype(dtype.0)?))
    }

    /// The same elements in other chunks.
    fn rechunk(&self, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.0.rechunk(chunks.0)?))
    }

    /// NumPy's indexing.
    fn index(&self, parts: Parts) -> Out<Lazy> {
        Ok(Lazy(self.0.index(&parts.0).map_err(misplaced)?))
    }

    /// Positions meet point by point, dask's `vindex`.
    fn vindex(&self, parts: Parts) -> Out<Lazy> {
        Ok(Lazy(self.0.vindex(&parts.0).map_err(misplaced)?))
    }

    /// Indexing by block.
    fn blocks(&self, parts: Parts) -> Out<Lazy> {
        Ok(Lazy(self.0.blocks(&parts.0).map_err(misplaced)?))
    }

    /// This array with other values at an index.
    fn set(&self, parts: Parts, value: crate::argument::Arg) -> Out<Lazy> {
        Ok(Lazy(self.0.set(&parts.0, value)?))
    }
}
