//! Types of columns between Python and Polars. Python has classes with Polars' names (`tilework.frame.Int64`), which pass here as tuples:
//! the name, then what belongs to it.

use crate::error::Out;
use polars::prelude::{Categories, DataType, Field, FrozenCategories, TimeUnit, TimeZone};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Borrowed, Bound, FromPyObject, IntoPyObject, PyAny, PyAnyMethods, PyErr, PyResult, Python};
use pyo3::types::{PyTuple, PyTupleMethods};
use tilework::chunk::dataframe::table_error;

/// A type that a user named.
#[derive(Clone, Debug)]
pub struct DType(pub DataType);

const PLAIN: [(&str, DataType); 20] = [
    ("Boolean", DataType::Boolean),
    ("Int8", DataType::Int8),
    ("Int16", DataType::Int16),
    ("Int32", DataType::Int32),
    ("Int64", DataType::Int64),
    ("Int128", DataType::Int128),
    ("UInt8", DataType::UInt8),
    ("UInt16", DataType::UInt16),
    ("UInt32", DataType::UInt32),
    ("UInt64", DataType::UInt64),
    ("UInt128", DataType::UInt128),
    ("Float16", DataType::Float16),
    ("Float32", DataType::Float32),
    ("Float64", DataType::Float64),
    ("String", DataType::String),
    ("Binary", DataType::Binary),
    ("Date", DataType::Date),
    ("Time", DataType::Time),
    ("Null", DataType::Null),
    ("Unknown", DataType::Unknown(polars::prelude::UnknownKind::Any)),
];

/// A unit of time by its name.
pub fn time_unit(name: &str) -> PyResult<TimeUnit> {
    match name {
        "ns" => Ok(TimeUnit::Nanoseconds),
        "us" => Ok(TimeUnit::Microseconds),
        "ms" => Ok(TimeUnit::Milliseconds),
        _ => Err(PyValueError::new_err(format!("'{name}' is no unit of time: they are 'ns', 'us', 'ms'"))),
    }
}

/// A time zone by its name.
pub fn time_zone(name: Option<&str>) -> PyResult<Option<TimeZone>> {
    TimeZone::opt_try_new(name).map_err(|e| PyValueError::new_err(e.to_string()))
}

impl<'py> FromPyObject<'_, 'py> for DType {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<DType> {
        let tuple = o.py().import("tilework.frame._dtypes")?.getattr("engine")?.call1((o,))?;
        Ok(DType(parsed(tuple.cast::<PyTuple>()?)?))
    }
}

fn parsed(tuple: &Bound<'_, PyTuple>) -> PyResult<DataType> {
    let name: String = tuple.get_item(0)?.extract()?;
    let inner = |i: usize| parsed(tuple.get_item(i)?.cast::<PyTuple>()?);
    let text = |i: usize| tuple.get_item(i)?.extract::<Option<String>>();
    if let Some((_, dtype)) = PLAIN.iter().find(|(n, _)| *n == name) {
        return Ok(dtype.clone());
    }
    Ok(match name.as_str() {
        "Datetime" => DataType::Datetime(time_unit(&text(1)?.unwrap_or_default())?, time_zone(text(2)?.as_deref())?),
        "Duration" => DataType::Duration(time_unit(&text(1)?.unwrap_or_default())?),
        "Decimal" => DataType::Decimal(tuple.get_item(1)?.extract()?, tuple.get_item(2)?.extract()?),
        "List" => DataType::List(Box::new(inner(1)?)),
        "Array" => DataType::Array(Box::new(inner(1)?), tuple.get_item(2)?.extract()?),
        "Categorical" => DataType::from_categories(Categories::global()),
        "Enum" => {
            let names: Vec<String> = tuple.get_item(1)?.extract()?;
            let frozen = FrozenCategories::new(names.iter().map(String::as_str));
            DataType::from_frozen_categories(frozen.map_err(|e| PyValueError::new_err(e.to_string()))?)
        }
        "Struct" => {
            let fields = tuple.get_item(1)?.try_iter()?.map(|field| {
                let (name, dtype): (String, Bound<'_, PyTuple>) = field?.extract()?;
                Ok(Field::new(name.into(), parsed(&dtype)?))
            });
            DataType::Struct(fields.collect::<PyResult<_>>()?)
        }
        _ => return Err(PyTypeError::new_err(format!("there is no type {name} here"))),
    })
}

/// A type as the tuple that Python makes its class of.
fn tuple<'py>(py: Python<'py>, dtype: &DataType) -> Out<Bound<'py, PyTuple>> {
    let unit = |u: &TimeUnit| u.to_ascii();
    Ok(match dtype {
        DataType::Datetime(u, z) => ("Datetime", unit(u), z.as_ref().map(|z| z.to_string())).into_pyobject(py)?,
        DataType::Duration(u) => ("Duration", unit(u)).into_pyobject(py)?,
        DataType::Decimal(precision, scale) => ("Decimal", precision, scale).into_pyobject(py)?,
        DataType::List(inner) => ("List", tuple(py, inner)?).into_pyobject(py)?,
        DataType::Array(inner, width) => ("Array", tuple(py, inner)?, width).into_pyobject(py)?,
        DataType::Categorical(..) => ("Categorical",).into_pyobject(py)?,
        DataType::Enum(frozen, _) => {
            let names: Vec<String> = frozen.categories().values_iter().map(ToString::to_string).collect();
            ("Enum", names).into_pyobject(py)?
        }
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|f| Ok((f.name().to_string(), tuple(py, f.dtype())?)));
            ("Struct", fields.collect::<Out<Vec<_>>>()?).into_pyobject(py)?
        }
        plain => {
            let name = PLAIN.iter().find(|(_, d)| d == plain).map_or("Unknown", |(n, _)| n);
            (name,).into_pyobject(py)?
        }
    })
}

/// A type as Python's class of it.
pub fn object<'py>(py: Python<'py>, dtype: &DataType) -> Out<Bound<'py, PyAny>> {
    Ok(py.import("tilework.frame._dtypes")?.getattr("of_engine")?.call1((tuple(py, dtype)?,))?)
}

/// Columns and their types.
pub fn schema<'py>(py: Python<'py>, schema: &polars::prelude::Schema) -> Out<Vec<(String, Bound<'py, PyAny>)>> {
    schema.iter().map(|(n, d)| Ok((n.to_string(), object(py, d)?))).collect()
}

/// What Polars refuses, as an exception.
pub fn refused(e: polars::prelude::PolarsError) -> PyErr {
    crate::error::Fail::from(table_error(e)).into()
}
