//! Tables of Python's values, and what is had of a table in memory.

use crate::error::{Out, value as wrong};
use crate::frame::dtype::DType;
use crate::frame::{Table, value};
use polars::prelude::{Column, DataFrame, PlSmallStr, Series};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, Python};
use pyo3::types::{PyDict, PyDictMethods};
use pyo3::{pyfunction, pymethods};
use tilework::chunk::dataframe::table_error;

#[pymethods]
impl Table {
    /// Columns as lists.
    fn to_dict<'py>(&self, py: Python<'py>) -> Out<Bound<'py, PyDict>> {
        let out = PyDict::new(py);
        for c in self.0.columns() {
            out.set_item(c.name().as_str(), value::list(py, c.as_materialized_series())?)?;
        }
        Ok(out)
    }

    /// A part of the rows.
    fn slice(&self, offset: i64, length: usize) -> Table {
        Table(self.0.slice(offset, length))
    }

    /// The tables of a column of lists of structs, one of each row.
    fn tables(&self, column: &str) -> Out<Vec<Table>> {
        let lists = self.0.column(column).map_err(table_error)?;
        let lists = lists.list().map_err(table_error)?;
        let table = |rows: Series| Ok(Table(rows.struct_().map_err(table_error)?.clone().unnest()));
        (0..lists.len()).filter_map(|i| lists.get_as_series(i)).map(table).collect()
    }

    /// About how many bytes the columns take.
    #[getter]
    fn estimated_size(&self) -> usize {
        self.0.estimated_size()
    }

    /// The same rows with columns of these types, in this order.
    fn conform(&self, schema: Vec<(String, DType)>) -> Out<Table> {
        let columns = schema.into_iter().map(|(name, dtype)| {
            let column = self.0.column(&name).map_err(table_error)?;
            Ok(column.strict_cast(&dtype.0).map_err(table_error)?)
        });
        let columns = columns.collect::<Out<Vec<Column>>>()?;
        Ok(Table(DataFrame::new(self.0.height(), columns).map_err(table_error)?))
    }
}

/// A table of columns by name: sequences of Python's values, columns of other libraries.
#[pyfunction]
pub fn table_of_columns(columns: &Bound<'_, PyDict>, schema: Vec<(String, Option<DType>)>) -> Out<Table> {
    let dtype_of = |name: &str| schema.iter().find(|(n, _)| n == name).and_then(|(_, t)| t.clone());
    let mut out: Vec<Column> = Vec::new();
    for (name, values) in columns.iter() {
        let name: String = name.extract()?;
        out.push(column(&name, &values, dtype_of(&name))?.into());
    }
    for (name, dtype) in &schema {
        if !columns.contains(name)? {
            let dtype = dtype.as_ref().map_or(polars::prelude::DataType::Null, |t| t.0.clone());
            out.push(Series::new_empty(PlSmallStr::from(name.as_str()), &dtype).into());
        }
    }
    let height = out.iter().map(|c| c.len()).find(|n| *n != 1).unwrap_or_else(|| out.len().min(1));
    for c in &mut out {
        if c.len() == 1 && height > 1 {
            *c = c.new_from_index(0, height);
        } else if c.len() != height {
            return Err(wrong(format!("column '{}' has {} values, others {height}", c.name(), c.len())));
        }
    }
    Ok(Table(DataFrame::new(height, out).map_err(table_error)?))
}

fn column(name: &str, values: &Bound<'_, PyAny>, dtype: Option<DType>) -> Out<Series> {
    let series = if values.hasattr("__arrow_c_stream__")? {
        crate::frame::arrow::series_of(values)?
    } else if values.is_instance_of::<pyo3::types::PyString>() || values.try_iter().is_err() {
        let one = pyo3::types::PyList::new(values.py(), [values])?;
        value::series(name, one.as_any())?
    } else if let Some(t) = &dtype {
        return Ok(value::typed_series(name, values, &t.0)?);
    } else {
        value::series(name, values)?
    };
    let series = series.with_name(name.into());
    Ok(match dtype {
        Some(t) => series.strict_cast(&t.0).map_err(table_error)?,
        None => series,
    })
}
