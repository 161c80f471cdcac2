//! Lazy queries on tables, and tables in memory.

mod arrow;
mod parts;

use crate::error::{Fail, Out, value};
use crate::session::Session;
use parts::Parts;
use polars::prelude::{
    DataFrame, DataType, IntoLazy, LazyCsvReader, LazyFileListReader, LazyFrame, NullValues, PlRefPath, PlSmallStr,
    ScanArgsParquet, ScanSources, Schema, TimeUnit,
};
use polars_plan::dsl::{DslPlan, PlanSerializationContext};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyRef, PyResult, Python, wrap_pyfunction};
use pyo3::types::{PyBytes, PyCapsule};
use pyo3::{pyclass, pyfunction, pymethods};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tilework::Error;
use tilework::chunk::dataframe::table_error;
use tilework::expr::table::TableSource;
use tilework::format::parquet::parquet_schema;
use tilework::format::table_memory::FrameSource;
use tilework::format::table_scan::Projection;

/// A lazy query of the engine.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Frame {
    query: tilework::frame::Frame,
    partition_bytes: u64,
}

/// A table in memory.
#[pyclass(frozen, module = "tilework._tilework")]
pub struct Table(DataFrame);

/// NumPy's names of types where it has them, else Polars'.
fn type_name(dtype: &DataType) -> String {
    TYPES.iter().find(|(_, d)| d == dtype).map_or_else(|| dtype.to_string(), |(name, _)| name.to_string())
}

const TYPES: [(&str, DataType); 20] = [
    ("bool", DataType::Boolean),
    ("int8", DataType::Int8),
    ("int16", DataType::Int16),
    ("int32", DataType::Int32),
    ("int64", DataType::Int64),
    ("uint8", DataType::UInt8),
    ("uint16", DataType::UInt16),
    ("uint32", DataType::UInt32),
    ("uint64", DataType::UInt64),
    ("float32", DataType::Float32),
    ("float64", DataType::Float64),
    ("str", DataType::String),
    ("date", DataType::Date),
    ("time", DataType::Time),
    ("datetime64[ms]", DataType::Datetime(TimeUnit::Milliseconds, None)),
    ("datetime64[us]", DataType::Datetime(TimeUnit::Microseconds, None)),
    ("datetime64[ns]", DataType::Datetime(TimeUnit::Nanoseconds, None)),
    ("timedelta64[ms]", DataType::Duration(TimeUnit::Milliseconds)),
    ("timedelta64[us]", DataType::Duration(TimeUnit::Microseconds)),
    ("timedelta64[ns]", DataType::Duration(TimeUnit::Nanoseconds)),
];

fn type_of(name: &str) -> Out<DataType> {
    let found = TYPES.iter().find(|(n, _)| *n == name).map(|(_, d)| d.clone());
    let names = || TYPES.map(|(n, _)| n).join(", ");
    found.ok_or_else(|| Fail::from(PyTypeError::new_err(format!("'{name}' is no type of a column: they are {}", names()))))
}

fn described(schema: &Schema) -> Vec<(String, String)> {
    schema.iter().map(|(n, d)| (n.to_string(), type_name(d))).collect()
}

impl Frame {
    fn new(query: LazyFrame, partition_bytes: u64) -> Frame {
        Frame { query: tilework::frame::frame(query).with_partition_bytes(partition_bytes), partition_bytes }
    }

    fn arrow_schema(&self, py: Python<'_>) -> Out<Arc<Schema>> {
        Ok(py.detach(|| self.query.schema())?)
    }
}

#[pymethods]
impl Frame {
    /// Names and types of the columns.
    fn schema(&self, py: Python<'_>) -> Out<Vec<(String, String)>> {
        Ok(described(&*self.arrow_schema(py)?))
    }

    /// Size that partitions aim at, in bytes.
    #[getter]
    fn partition_bytes(&self) -> u64 {
        self.partition_bytes
    }

    fn collect(&self, py: Python<'_>, session: &Session) -> Out<Table> {
        let query = self.query.clone();
        Ok(Table(session.run(py, move |s| query.collect_in(s))?))
    }

    fn partitions(&self, py: Python<'_>, session: &Session) -> Out<Parts> {
        let query = self.query.clone();
        session.run(py, move |s| Parts::new(&query, s))
    }

    fn sink_parquet(&self, py: Python<'_>, session: &Session, path: PathBuf, overwrite: bool) -> Out<()> {
        let query = self.query.clone();
        session.run(py, move |s| query.sink_parquet(s, path, overwrite))
    }

    fn sink_csv(&self, py: Python<'_>, session: &Session, path: PathBuf, overwrite: bool) -> Out<()> {
        let query = self.query.clone();
        session.run(py, move |s| query.sink_csv(s, path, overwrite))
    }

    fn explain(&self, py: Python<'_>, session: &Session) -> Out<String> {
        let query = self.query.clone();
        session.plan(py, move |s| query.explain(s))
    }

    /// Number of partitions of the result, which the engine tells in its explanation alone: at the end of the last node that is a table.
    fn n_partitions(&self, py: Python<'_>, session: &Session) -> Out<usize> {
        let text = self.explain(py, session)?;
        let n = text.lines().rev().find_map(|l| l.strip_suffix(" partitions")?.rsplit(' ').next()?.parse().ok());
        Ok(n.ok_or_else(|| Error::bug("an explanation without partitions"))?)
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
    fn schema(&self) -> Vec<(String, String)> {
        described(self.0.schema())
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

fn sources(paths: &[PathBuf]) -> Out<ScanSources> {
    let text = |p: &PathBuf| {
        let text = p.to_str().ok_or_else(|| value(format!("{} is not a name in UTF-8", p.display())))?;
        Ok(PlRefPath::new(text))
    };
    Ok(ScanSources::Paths(paths.iter().map(text).collect::<Out<_>>()?))
}

fn first(paths: &[PathBuf]) -> Out<&Path> {
    Ok(paths.first().ok_or_else(|| value("a scan needs a file at least"))?)
}

/// Parquet files of the same columns, one after the other.
#[pyfunction]
fn scan_parquet(py: Python<'_>, paths: Vec<PathBuf>, partition_bytes: u64) -> Out<Frame> {
    py.detach(|| {
        parquet_schema(first(&paths)?)?;
        let args = ScanArgsParquet { glob: false, ..Default::default() };
        let query = LazyFrame::scan_parquet_sources(sources(&paths)?, args).map_err(table_error)?;
        Ok(Frame::new(query, partition_bytes))
    })
}

/// How text is read as a table.
#[derive(pyo3::FromPyObject)]
#[pyo3(from_item_all)]
struct CsvFormat {
    separator: u8,
    has_header: bool,
    quote: Option<u8>,
    null_values: Option<Vec<String>>,
    infer_rows: Option<usize>,
    dates: bool,
    types: Vec<(String, String)>,
}

/// CSV files of the same columns, one after the other.
#[pyfunction]
fn scan_csv(py: Python<'_>, paths: Vec<PathBuf>, partition_bytes: u64, format: CsvFormat) -> Out<Frame> {
    let types = format.types.iter().map(|(n, t)| Ok((PlSmallStr::from(n.as_str()), type_of(t)?)));
    let types: Schema = types.collect::<Out<_>>()?;
    py.detach(|| {
        let nulls = format.null_values.map(|v| NullValues::AllColumns(v.into_iter().map(Into::into).collect()));
        let query = LazyCsvReader::new_with_sources(sources(&paths)?)
            .with_glob(false)
            .with_separator(format.separator)
            .with_has_header(format.has_header)
            .with_quote_char(format.quote)
            .with_null_values(nulls)
            .with_infer_schema_length(format.infer_rows)
            .with_try_parse_dates(format.dates)
            .with_dtype_overwrite((!types.is_empty()).then(|| Arc::new(types)))
            .finish()
            .map_err(table_error)?;
        let frame = Frame::new(query, partition_bytes);
        frame.query.schema().map_err(|e| e.at(first(&paths).map_or_else(|_| String::new(), |p| p.display().to_string())))?;
        Ok(frame)
    })
}

/// A query in SQL on tables by name.
#[pyfunction]
fn sql(py: Python<'_>, query: &str, tables: Vec<(String, PyRef<'_, Frame>)>) -> Out<Frame> {
    let partition_bytes = tables.iter().map(|(_, f)| f.partition_bytes).min().ok_or_else(|| value("the query needs tables"))?;
    let tables: Vec<(String, tilework::frame::Frame)> = tables.into_iter().map(|(n, f)| (n, f.query.clone())).collect();
    let query = py.detach(|| {
        let by_name: Vec<_> = tables.iter().map(|(n, f)| (n.as_str(), f.clone())).collect();
        tilework::frame::Frame::sql(query, &by_name)
    })?;
    Ok(Frame { query, partition_bytes })
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Frame>()?;
    m.add_class::<Table>()?;
    m.add_class::<Parts>()?;
    m.add_function(wrap_pyfunction!(table_of_stream, m)?)?;
    m.add_function(wrap_pyfunction!(decode_frame, m)?)?;
    m.add_function(wrap_pyfunction!(decode_table, m)?)?;
    m.add_function(wrap_pyfunction!(scan_parquet, m)?)?;
    m.add_function(wrap_pyfunction!(scan_csv, m)?)?;
    m.add_function(wrap_pyfunction!(sql, m)?)
}
