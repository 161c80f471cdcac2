//! Arrays from and to files by the engine's own readers and writers, and into objects of Python's.

use crate::argument::{Cut, Number};
use crate::error::{Out, value};
use crate::function::failure;
use crate::lazy::Lazy;
use crate::memory;
use crate::session::Session;
use crate::source::slices;
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::{pyclass, pyfunction, pymethods};
use std::path::PathBuf;
use std::sync::Arc;
use tilework::array;
use tilework::base::{Grid, Region};
use tilework::chunk::{Chunk, Tensor};
use tilework::expr::{Expr, Sink, Source, build};
use tilework::format::zarr::{Codec, ZarrOptions, ZarrSource};
use tilework::{DType, Error, Result};

/// An output that an array is to be written to.
#[pyclass(frozen, from_py_object, module = "tilework._tilework")]
#[derive(Clone)]
struct Output(Expr);

#[pymethods]
impl Output {
    /// A short name: a file, say.
    #[getter]
    fn label(&self) -> String {
        self.0.label().to_string()
    }
}

/// An object of Python's that elements are put into: called with slices and a block.
#[derive(Debug)]
struct PySink {
    write: Py<PyAny>,
    label: String,
    item_bytes: u64,
}

impl Sink for PySink {
    fn name(&self) -> &'static str {
        "python"
    }
    fn params(&self) -> Result<Vec<u8>> {
        Err(Error::usage("an object of Python's is written to from this process only"))
    }
    fn label(&self) -> String {
        self.label.clone()
    }
    fn write_grid(&self, _: DType, grid: &Grid) -> Result<Grid> {
        Ok(grid.clone())
    }
    fn begin(&self) -> Result<()> {
        Ok(())
    }
    fn encode(&self, _: usize, _: &Region, chunk: &Tensor) -> Result<Chunk> {
        Ok(Chunk::Tensor(chunk.clone()))
    }
    fn encode_bytes(&self, region: &Region) -> (u64, u64) {
        // The object may convert what it is given.
        (0, region.n_elements() as u64 * self.item_bytes)
    }
    fn commit(&self, _: usize, region: &Region, encoded: &Chunk) -> Result<()> {
        let t = encoded.tensor()?;
        let write = |py: Python<'_>| -> Out<()> {
            self.write.bind(py).call1((slices(py, region)?, memory::block(py, t)?))?;
            Ok(())
        };
        Python::attach(write).map_err(failure)
    }
    fn ordered(&self) -> bool {
        false
    }
    fn finish(&self) -> Result<()> {
        Ok(())
    }
    fn abort(&self) {}
}

/// The array into whatever `write` does with slices and blocks.
#[pyfunction]
fn python_sink(x: &Lazy, write: Py<PyAny>, label: String) -> Out<Output> {
    let sink = PySink { write, label, item_bytes: x.0.dtype().size() as u64 };
    Ok(Output(build::sink(x.0.expr(), Arc::new(sink))?))
}

/// The array into a `.npy` file.
#[pyfunction]
fn npy_sink(x: &Lazy, path: PathBuf, overwrite: bool) -> Out<Output> {
    Ok(Output(x.0.npy_sink(path, overwrite)?))
}

/// The array into a folder of `.npy` files, one for every chunk along an axis.
#[pyfunction]
fn npy_stack_sink(x: &Lazy, folder: PathBuf, axis: isize, overwrite: bool) -> Out<Output> {
    Ok(Output(x.0.npy_stack_sink(folder, axis, overwrite)?))
}

/// The array into a new Zarr array. The codec is `(name, level, compressor within)`; attributes are JSON.
#[pyfunction]
#[pyo3(signature = (x, path, overwrite, chunks=None, shards=None, codec=None, fill=None, attributes=None, dimension_names=None, zarr_format=None))]
#[allow(clippy::too_many_arguments, reason = "Zarr's")]
fn zarr_sink(
    x: &Lazy,
    path: PathBuf,
    overwrite: bool,
    chunks: Option<Vec<usize>>,
    shards: Option<Vec<usize>>,
    codec: Option<(String, i32, String)>,
    fill: Option<Number>,
    attributes: Option<&str>,
    dimension_names: Option<Vec<Option<String>>>,
    zarr_format: Option<u8>,
) -> Out<Output> {
    let mut options = ZarrOptions { overwrite, chunks, shards, dimension_names, zarr_format, ..ZarrOptions::default() };
    if let Some((name, level, cname)) = codec {
        let short = |n: i32| u8::try_from(n).map_err(|_| value(format!("{name} has no level {n}")));
        options.codec = match name.as_str() {
            "none" => Codec::None,
            "zstd" => Codec::Zstd(level),
            "gzip" => Codec::Gzip(short(level)?.into()),
            "blosc" => Codec::Blosc { cname, level: short(level)? },
            _ => return Err(value(format!("there is no codec '{name}' here: use none, zstd, gzip or blosc"))),
        };
    }
    if let Some(f) = fill {
        options.fill = f.0;
    }
    if let Some(text) = attributes {
        options.attributes = serde_json::from_str(text).map_err(|e| value(format!("attributes are no JSON object: {e}")))?;
    }
    Ok(Output(x.0.zarr_sink(path, &options)?))
}

/// The array into the box from `start` on of a Zarr array that exists.
#[pyfunction]
fn zarr_region_sink(x: &Lazy, path: PathBuf, start: Vec<usize>) -> Out<Output> {
    Ok(Output(x.0.zarr_region_sink(path, &start)?))
}

/// Writes to outputs, in one run.
#[pyfunction]
fn store(py: Python<'_>, session: &Session, outputs: Vec<Output>) -> Out<()> {
    let sinks: Vec<Expr> = outputs.into_iter().map(|o| o.0).collect();
    session.run(py, move |s| s.store(&sinks))
}

/// A `.npy` file.
#[pyfunction]
fn open_npy(path: PathBuf, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::open_npy(path, chunks.0)?))
}

/// A folder of `.npy` files that follow each other along an axis.
#[pyfunction]
fn open_npy_stack(folder: PathBuf, axis: Option<usize>, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::open_npy_stack(folder, axis, chunks.0)?))
}

/// A Zarr array.
#[pyfunction]
fn open_zarr(path: PathBuf, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::open_zarr(path, chunks.0)?))
}

/// Shape, dtype and chunks (within shards, where there are any) of a Zarr array.
#[pyfunction]
fn zarr_array(path: PathBuf) -> Out<(Vec<usize>, &'static str, Vec<usize>)> {
    let z = ZarrSource::open(path)?;
    Ok((z.storage_grid().shape().to_vec(), z.dtype().name(), z.inner_chunk_shape()))
}

/// A variable of a NetCDF file, as stored or as its attributes say it is meant.
#[pyfunction]
fn open_netcdf(path: PathBuf, variable: &str, chunks: Cut, decoded: bool) -> Out<Lazy> {
    Ok(Lazy(if decoded {
        array::open_netcdf_decoded(path, variable, chunks.0)?
    } else {
        array::open_netcdf(path, variable, chunks.0)?
    }))
}

/// A dataset of an HDF5 file.
#[pyfunction]
fn open_hdf5(path: PathBuf, dataset: &str, chunks: Cut) -> Out<Lazy> {
    Ok(Lazy(array::open_hdf5(path, dataset, chunks.0)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Output>()?;
    m.add_function(wrap_pyfunction!(python_sink, m)?)?;
    m.add_function(wrap_pyfunction!(npy_sink, m)?)?;
    m.add_function(wrap_pyfunction!(npy_stack_sink, m)?)?;
    m.add_function(wrap_pyfunction!(zarr_sink, m)?)?;
    m.add_function(wrap_pyfunction!(zarr_region_sink, m)?)?;
    m.add_function(wrap_pyfunction!(store, m)?)?;
    m.add_function(wrap_pyfunction!(open_npy, m)?)?;
    m.add_function(wrap_pyfunction!(open_npy_stack, m)?)?;
    m.add_function(wrap_pyfunction!(open_zarr, m)?)?;
    m.add_function(wrap_pyfunction!(zarr_array, m)?)?;
    m.add_function(wrap_pyfunction!(open_netcdf, m)?)?;
    m.add_function(wrap_pyfunction!(open_hdf5, m)?)
}
