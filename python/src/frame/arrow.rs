//! Tables over the Arrow C stream, in capsules as the Arrow PyCapsule interface says. Columns are shared, not copied, both ways; of strings
//! that come in with offsets the views are made, not the text.
//!
//! Strings go out as views, which is what Polars holds.

use crate::error::{Fail, Out};
use polars::prelude::{ArrowField, CompatLevel, DataFrame, PlSmallStr, Schema, SchemaExt, Series};
use polars_arrow::array::{Array, StructArray, new_empty_array};
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::ffi::{ArrowArrayStream, ArrowArrayStreamReader, export_field_to_c, export_iterator};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult, Python};
use pyo3::types::{PyCapsule, PyCapsuleMethods};
use std::ffi::CStr;
use tilework::chunk::dataframe::table_error;
use tilework::{Error, Result};

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";

/// The stream in a capsule, which is empty afterwards.
pub fn stream_of(capsule: &Bound<'_, PyCapsule>) -> PyResult<ArrowArrayStream> {
    let mut at = capsule.pointer_checked(Some(STREAM))?.cast::<ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a stream that nobody else uses; who takes it leaves a released one behind.
    Ok(std::mem::replace(unsafe { at.as_mut() }, ArrowArrayStream::empty()))
}

/// The table that a stream gives.
///
/// # Errors
/// TypeError: it streams something else than tables, or a column's type is none of Polars'. ValueError: the producer's own error.
pub fn read(stream: ArrowArrayStream) -> Out<DataFrame> {
    let failed = |e: polars::error::PolarsError| PyValueError::new_err(format!("reading the Arrow stream: {e}"));
    // SAFETY: the capsule's maker promises that the stream keeps the C stream interface.
    let mut reader = unsafe { ArrowArrayStreamReader::try_new(Box::new(stream)) }.map_err(failed)?;
    let ArrowDataType::Struct(fields) = reader.field().dtype().clone() else {
        return Err(PyTypeError::new_err("the Arrow stream gives single columns: give a table").into());
    };
    let mut columns: Vec<Vec<Box<dyn Array>>> = vec![vec![]; fields.len()];
    let mut height = 0;
    // SAFETY: as above.
    while let Some(batch) = unsafe { reader.next() } {
        let batch = batch.map_err(failed)?;
        let rows = batch.as_any().downcast_ref::<StructArray>().ok_or_else(|| Error::bug("a batch that is no struct"))?;
        if rows.null_count() > 0 {
            return Err(PyValueError::new_err("the Arrow stream has rows that are null as a whole").into());
        }
        height += rows.len();
        for (column, values) in columns.iter_mut().zip(rows.values()) {
            column.push(values.clone());
        }
    }
    let series = fields.iter().zip(columns).map(|(field, chunks)| column(field, chunks).map(Into::into));
    Ok(DataFrame::new(height, series.collect::<Out<_>>()?).map_err(table_error)?)
}

fn column(field: &ArrowField, mut chunks: Vec<Box<dyn Array>>) -> Out<Series> {
    if chunks.is_empty() {
        chunks.push(new_empty_array(field.dtype().clone()));
    }
    Series::try_from((field, chunks)).map_err(|e| Fail::from(PyTypeError::new_err(format!("column '{}': {e}", field.name))))
}

/// The column that an object of another library streams, or is.
///
/// # Errors
/// TypeError: an object without an Arrow stream; a column's type is none of Polars'.
pub fn series_of(o: &Bound<'_, PyAny>) -> PyResult<Series> {
    let failed = |e: polars::error::PolarsError| PyValueError::new_err(format!("reading the Arrow stream: {e}"));
    let capsule = o.call_method0("__arrow_c_stream__")?;
    let stream = stream_of(capsule.cast::<PyCapsule>()?)?;
    // SAFETY: the capsule's maker promises that the stream keeps the C stream interface.
    let mut reader = unsafe { ArrowArrayStreamReader::try_new(Box::new(stream)) }.map_err(failed)?;
    let field = reader.field().clone();
    let mut chunks = Vec::new();
    // SAFETY: as above.
    while let Some(batch) = unsafe { reader.next() } {
        chunks.push(batch.map_err(failed)?);
    }
    Ok(column(&field, chunks)?)
}

/// A table as one batch.
fn batch(df: &DataFrame, dtype: &ArrowDataType) -> Box<dyn Array> {
    let arrays = df.columns().iter().map(|c| c.as_materialized_series().rechunk().to_arrow(0, CompatLevel::newest()));
    StructArray::new(dtype.clone(), df.height(), arrays.collect(), None).boxed()
}

fn row_type(schema: &Schema) -> ArrowField {
    let fields = schema.iter_fields().map(|f| f.to_arrow(CompatLevel::newest()));
    ArrowField::new(PlSmallStr::EMPTY, ArrowDataType::Struct(fields.collect()), false)
}

/// The columns in a capsule.
pub fn schema_capsule<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, export_field_to_c(&row_type(schema)), SCHEMA)
}

/// Tables of these columns in a capsule, one batch each.
pub fn stream_capsule<'py>(
    py: Python<'py>,
    schema: &Schema,
    tables: impl Iterator<Item = Result<DataFrame>> + Send + 'static,
) -> PyResult<Bound<'py, PyCapsule>> {
    let field = row_type(schema);
    let dtype = field.dtype().clone();
    let failed = |e: Error| polars::error::polars_err!(ComputeError: "{e}");
    let batches = tables.map(move |t| t.map(|df| batch(&df, &dtype)).map_err(failed));
    PyCapsule::new_with_value(py, export_iterator(Box::new(batches), field), STREAM)
}
