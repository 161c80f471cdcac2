//! Lazy queries on tables, and tables in memory.

mod arrow;
mod choice;
mod dtype;
mod expr;
mod function;
mod functions;
mod group;
mod join;
mod parts;
mod query;
mod rows;
mod scan;
mod selector;
mod value;

use crate::error::{Out, value};
use crate::session::Session;
use choice::Format;
use function::Attached;
use parts::Parts;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, Schema};
use polars_plan::dsl::{DslPlan, PlanSerializationContext};
use pyo3::prelude::{Bound, PyAny, PyModule, PyModuleMethods, PyRef, PyResult, Python, wrap_pyfunction};
use pyo3::types::{PyBytes, PyCapsule};
use pyo3::{pyclass, pyfunction, pymethods};
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use tilework::chunk::dataframe::table_error;
use tilework::expr::table::TableSource;
use tilework::format::parquet_sink::compression;
use tilework::format::table_format::TableFormat;
use tilework::format::table_memory::FrameSource;
use tilework::format::table_scan::Projection;
use tilework::frame::{Kept, Partitioning};

/// A lazy query of the engine.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Frame {
    query: tilework::frame::Frame,
    partition_bytes: u64,
    attached: Attached,
}

/// A table in memory.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Table(DataFrame);

impl Frame {
    fn new(query: LazyFrame, partition_bytes: u64) -> Frame {
        Frame {
            query: tilework::frame::frame(query).with_partition_bytes(partition_bytes),
            partition_bytes,
            attached: Attached::default(),
        }
    }

    /// Runs the query.
    fn run<T: Send + 'static>(
        &self,
        py: Python<'_>,
        session: &Session,
        run: impl FnOnce(&tilework::frame::Frame, &tilework::Session) -> tilework::Result<T> + Send + 'static,
    ) -> Out<T> {
        let query = self.query.clone();
        session.run(py, move |s| run(&query, s)).map_err(|e| self.attached.own(py, e))
    }

    /// A query of a result in a file.
    fn of_kept(kept: Kept, partition_bytes: u64) -> Out<Frame> {
        let mut frame = Frame::new(kept.query()?, partition_bytes);
        frame.attached.files.push(Arc::new(kept));
        Ok(frame)
    }

    fn arrow_schema(&self, py: Python<'_>) -> Out<Arc<Schema>> {
        Ok(py.detach(|| self.query.schema())?)
    }
}

#[pymethods]
impl Frame {
    /// Names and types of the columns.
    fn schema<'py>(&self, py: Python<'py>) -> Out<Vec<(String, Bound<'py, PyAny>)>> {
        dtype::schema(py, &*self.arrow_schema(py)?)
    }

    /// Size that partitions aim at, in bytes.
    #[getter]
    fn partition_bytes(&self) -> u64 {
        self.partition_bytes
    }

    fn collect(&self, py: Python<'_>, session: &Session) -> Out<Table> {
        Ok(Table(self.run(py, session, |q, s| q.collect_in(s))?))
    }

    fn partitions(&self, py: Python<'_>, session: &Session) -> Out<Parts> {
        self.run(py, session, Parts::new)
    }

    /// Runs the query: one that reads the result.
    fn persist(&self, py: Python<'_>, session: &Session) -> Out<Frame> {
        let kept = self.run(py, session, Kept::of)?;
        Frame::of_kept(kept, self.partition_bytes)
    }

    /// The same rows in other partitions: so many, of so many bytes, or by keys.
    #[pyo3(signature = (n, bytes, keys))]
    fn repartition(&self, py: Python<'_>, n: Option<usize>, bytes: Option<u64>, keys: Option<Vec<String>>) -> Out<Frame> {
        let to = match (n, bytes, keys) {
            (n, None, Some(keys)) => Partitioning::Key(keys, n),
            (Some(n), None, None) => Partitioning::Count(n),
            (None, Some(bytes), None) => Partitioning::Bytes(bytes),
            _ => return Err(value("repartition takes one of n_partitions, partition_bytes and by, or n_partitions and by")),
        };
        let query = py.detach(|| self.query.repartition(to))?;
        Ok(Frame { query, partition_bytes: self.partition_bytes, attached: self.attached.clone() })
    }

    /// Runs the query: the result in a file, or in a folder of a file for each partition and each value of these columns.
    #[pyo3(signature = (session, path, format, keys, overwrite))]
    fn sink(
        &self,
        py: Python<'_>,
        session: &Session,
        path: PathBuf,
        format: (Format, Option<String>, Option<i32>),
        keys: Option<Vec<String>>,
        overwrite: bool,
    ) -> Out<()> {
        let (format, codec, level) = format;
        let compression = codec.map(|c| compression(&c, level)).transpose()?.unwrap_or_default();
        let sink = self.query.clone().with_parquet_compression(compression);
        self.run(py, session, move |_, s| match (keys, format.0) {
            (Some(keys), format) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                sink.sink_folder(s, path, format, &keys, overwrite)
            }
            (None, TableFormat::Parquet) => sink.sink_parquet(s, path, overwrite),
            (None, TableFormat::Csv) => sink.sink_csv(s, path, overwrite),
            (None, TableFormat::Ipc) => sink.sink_ipc(s, path, overwrite),
            (None, TableFormat::Ndjson) => sink.sink_ndjson(s, path, overwrite),
        })
    }

    fn explain(&self, py: Python<'_>, session: &Session) -> Out<String> {
        let query = self.query.clone();
        session.plan(py, move |s| query.explain(s))
    }

    fn n_partitions(&self, py: Python<'_>, session: &Session) -> Out<usize> {
        self.run(py, session, |q, s| q.n_partitions(s))
    }

    fn partition(&self, py: Python<'_>, session: &Session, i: usize) -> Out<Table> {
        Ok(Table(self.run(py, session, move |q, s| q.partition(s, i))?))
    }

    fn arrow_schema_capsule<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyCapsule>> {
        Ok(arrow::schema_capsule(py, &*self.arrow_schema(py)?)?)
    }

    fn arrow_stream<'py>(&self, py: Python<'py>, session: &Session) -> Out<Bound<'py, PyCapsule>> {
        let schema = self.arrow_schema(py)?;
        Ok(arrow::stream_capsule(py, &schema, self.partitions(py, session)?)?)
    }

    /// The query as bytes; data in memory is among them.
    fn encode<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyBytes>> {
        let mut bytes = Vec::new();
        let plan = self.query.lazy().logical_plan;
        py.detach(|| plan.serialize_versioned(&mut bytes, PlanSerializationContext::default())).map_err(table_error)?;
        Ok(PyBytes::new(py, &bytes))
    }
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.0.height()
    }

    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    /// Names and types of the columns.
    fn schema<'py>(&self, py: Python<'py>) -> Out<Vec<(String, Bound<'py, PyAny>)>> {
        dtype::schema(py, self.0.schema())
    }

    /// A query of this table, in about this many partitions, or in partitions of about so many bytes.
    fn lazy(&self, n_partitions: Option<u64>, partition_bytes: u64) -> Out<Frame> {
        let schema = self.0.schema();
        if schema.is_empty() {
            return Err(value("a table needs a column at least"));
        }
        let all = Projection { read: schema.clone(), output: schema.clone(), filter: None };
        let whole = FrameSource::new(Arc::new(self.0.clone()), |_| u64::MAX, all).bytes(0).0;
        let bytes = n_partitions.map_or(partition_bytes, |n| whole.div_ceil(n.max(1)));
        Ok(Frame::new(self.0.clone().lazy(), bytes))
    }

    fn arrow_schema_capsule<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyCapsule>> {
        Ok(arrow::schema_capsule(py, self.0.schema())?)
    }

    fn arrow_stream<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyCapsule>> {
        Ok(arrow::stream_capsule(py, self.0.schema(), std::iter::once(Ok(self.0.clone())))?)
    }

    /// The rows as bytes.
    fn encode<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyBytes>> {
        let mut df = self.0.clone();
        let bytes = py.detach(|| df.serialize_to_bytes()).map_err(table_error)?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// The table that `encode` made bytes of.
#[pyfunction]
fn decode_table(py: Python<'_>, bytes: &[u8]) -> Out<Table> {
    Ok(Table(py.detach(|| DataFrame::deserialize_from_reader(&mut Cursor::new(bytes))).map_err(table_error)?))
}

/// The table that a capsule streams.
#[pyfunction]
fn table_of_stream(py: Python<'_>, session: &Session, capsule: &Bound<'_, PyCapsule>) -> Out<Table> {
    let stream = arrow::stream_of(capsule)?;
    Ok(Table(session.plan(py, move |_| Ok(arrow::read(stream)))??))
}

/// The query that `encode` made bytes of.
#[pyfunction]
fn decode_frame(py: Python<'_>, bytes: &[u8], partition_bytes: u64) -> Out<Frame> {
    let plan = py.detach(|| DslPlan::deserialize_versioned(bytes)).map_err(table_error)?;
    Ok(Frame::new(LazyFrame::from(plan), partition_bytes))
}

/// A query in SQL on tables by name.
#[pyfunction]
fn sql(py: Python<'_>, query: &str, tables: Vec<(String, PyRef<'_, Frame>)>) -> Out<Frame> {
    let partition_bytes = tables.iter().map(|(_, f)| f.partition_bytes).min().ok_or_else(|| value("the query needs tables"))?;
    let attached = Attached::of(tables.iter().map(|(_, f)| &**f));
    let tables: Vec<(String, tilework::frame::Frame)> = tables.into_iter().map(|(n, f)| (n, f.query.clone())).collect();
    let query = py.detach(|| {
        let by_name: Vec<_> = tables.iter().map(|(n, f)| (n.as_str(), f.clone())).collect();
        tilework::frame::Frame::sql(query, &by_name)
    })?;
    Ok(Frame { query, partition_bytes, attached })
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Frame>()?;
    m.add_class::<Table>()?;
    m.add_class::<Parts>()?;
    m.add_class::<parts::Writer>()?;
    // Apart from functions of arrays, which have the same names.
    let expressions = PyModule::new(m.py(), "tilework.frame")?;
    expr::register(&expressions)?;
    functions::register(&expressions)?;
    m.add("expressions", expressions)?;
    selector::register(m)?;
    scan::register(m)?;
    m.add_function(wrap_pyfunction!(table_of_stream, m)?)?;
    m.add_function(wrap_pyfunction!(rows::table_of_columns, m)?)?;
    m.add_function(wrap_pyfunction!(decode_frame, m)?)?;
    m.add_function(wrap_pyfunction!(decode_table, m)?)?;
    m.add_function(wrap_pyfunction!(join::concat_frames, m)?)?;
    m.add_function(wrap_pyfunction!(sql, m)?)
}
