//! Objects of Python's that give elements by index (files that a library has open, say) as sources of arrays.

use crate::argument::{Cut, Type};
use crate::error::{Out, value};
use crate::function::{array, failure};
use crate::lazy::Lazy;
use crate::pickle;
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::pyfunction;
use pyo3::types::{PySlice, PyTuple};
use std::sync::Arc;
use tilework::array::DynArray;
use tilework::base::{Grid, Region};
use tilework::chunk::Tensor;
use tilework::expr::{Source, build};
use tilework::{DType, Error, Result};

/// Something that gives the elements of a box when it is called with slices.
#[derive(Debug)]
struct PySource {
    read: Py<PyAny>,
    label: String,
    key: u128,
    dtype: DType,
    grid: Grid,
}

/// The name of such sources in pickles.
pub const PYTHON: &str = "python";

/// A box as slices.
pub fn slices<'py>(py: Python<'py>, region: &Region) -> Out<Bound<'py, PyTuple>> {
    Ok(PyTuple::new(py, region.ranges().iter().map(|r| PySlice::new(py, r.start as isize, r.end as isize, 1)))?)
}

impl Source for PySource {
    fn name(&self) -> &'static str {
        PYTHON
    }

    fn params(&self) -> Result<Vec<u8>> {
        let sizes: Vec<Vec<usize>> = self.grid.axes().iter().map(|a| a.sizes().collect()).collect();
        let written =
            Python::attach(|py| pickle::dumps(py, (self.read.clone_ref(py), &self.label, self.key, self.dtype.name(), sizes)));
        written.map_err(|f| failure(f).at(self.label.clone()))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn storage_grid(&self) -> Grid {
        self.grid.clone()
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        let read = |py: Python<'_>| -> Out<Tensor> { array(&self.read.bind(py).call1((slices(py, region)?,))?) };
        let t = Python::attach(read).map_err(failure)?;
        if t.shape() != region.shape().as_slice() || t.dtype() != self.dtype {
            let (have, want) =
                (format!("{} {:?}", t.dtype(), t.shape()), format!("{} {:?}", self.dtype, region.shape().as_slice()));
            return Err(Error::usage(format!("{want} was asked for, but the object gave {have}")));
        }
        Ok(t)
    }

    fn scratch_bytes(&self, region: &Region) -> u64 {
        self.result_bytes(region)
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        self.result_bytes(region)
    }

    fn cost_ns(&self, region: &Region) -> u64 {
        // Python reads one after the other, and mostly unpacks.
        100_000 + 10 * self.result_bytes(region)
    }
}

/// The source that [`Source::params`] describes.
pub fn open(params: &[u8]) -> Result<Arc<dyn Source>> {
    let read = |py: Python<'_>| -> Out<PySource> {
        let (read, label, key, dtype, sizes): (Py<PyAny>, String, u128, Type, Vec<Vec<usize>>) =
            pickle::loads(py, params)?.extract()?;
        Ok(PySource { read, label, key, dtype: dtype.0, grid: grid(&sizes) })
    };
    Ok(Arc::new(Python::attach(read).map_err(failure)?))
}

fn grid(sizes: &[Vec<usize>]) -> Grid {
    Grid::new(sizes.iter().map(|s| tilework::base::Axis::from_sizes(s)))
}

/// An array whose boxes are what `read` gives of slices; `stored` is the shape of the chunks it is stored in (None: it is not cut).
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "one call, described once")]
fn from_reader(
    read: Py<PyAny>,
    label: String,
    key: u128,
    shape: Vec<usize>,
    dtype: Type,
    stored: Option<Vec<usize>>,
    chunks: Cut,
) -> Out<Lazy> {
    let grid = match stored {
        None => Grid::whole(&shape),
        Some(s) if s.contains(&0) && !shape.contains(&0) => return Err(value("stored chunks of length 0")),
        Some(s) => Grid::regular(&shape, &s)?,
    };
    let source = PySource { read, label, key, dtype: dtype.0, grid };
    Ok(Lazy(DynArray::from_expr(build::source(Arc::new(source), &chunks.0)?)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(from_reader, m)?)
}
