//! Python's values as those of tables, and back.

use crate::error::Out;
use crate::frame::arrow;
use crate::frame::dtype::{refused, time_unit, time_zone};
use polars::prelude::{AnyValue, DataType, Field, PlSmallStr, Series, TimeUnit};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult, Python};
use pyo3::types::{PyBool, PyBytes, PyDict, PyDictMethods, PyFloat, PyInt, PyList, PyListMethods, PyString, PyTuple};
use std::sync::Arc;

/// A value of Python's.
///
/// # Errors
/// TypeError: one that tables don't have.
pub fn any_value(o: &Bound<'_, PyAny>) -> PyResult<AnyValue<'static>> {
    if o.is_none() {
        return Ok(AnyValue::Null);
    }
    if o.is_instance_of::<PyBool>() {
        return Ok(AnyValue::Boolean(o.extract()?));
    }
    if o.is_instance_of::<PyInt>() {
        return whole(o);
    }
    if o.is_instance_of::<PyFloat>() {
        return Ok(AnyValue::Float64(o.extract()?));
    }
    if o.is_instance_of::<PyString>() {
        return Ok(AnyValue::StringOwned(PlSmallStr::from_string(o.extract()?)));
    }
    if let Ok(bytes) = o.cast::<PyBytes>() {
        return Ok(AnyValue::BinaryOwned(pyo3::types::PyBytesMethods::as_bytes(bytes).to_vec()));
    }
    if o.is_instance_of::<PyList>() || o.is_instance_of::<PyTuple>() {
        return Ok(AnyValue::List(series("", o)?));
    }
    if let Ok(dict) = o.cast::<PyDict>() {
        return structure(dict);
    }
    other(o)
}

fn whole(o: &Bound<'_, PyAny>) -> PyResult<AnyValue<'static>> {
    if let Ok(n) = o.extract::<i64>() {
        return Ok(AnyValue::Int64(n));
    }
    if let Ok(n) = o.extract::<u64>() {
        return Ok(AnyValue::UInt64(n));
    }
    let text = o.str()?.to_string();
    text.parse().map(AnyValue::Int128).map_err(|_| PyOverflowError::new_err(format!("{text} does not fit 128 bits")))
}

fn structure(dict: &Bound<'_, PyDict>) -> PyResult<AnyValue<'static>> {
    let mut values = Vec::with_capacity(dict.len());
    let mut fields = Vec::with_capacity(dict.len());
    for (name, value) in dict.iter() {
        let value = any_value(&value)?;
        fields.push(Field::new(PlSmallStr::from_string(name.extract()?), value.dtype()));
        values.push(value);
    }
    Ok(AnyValue::StructOwned(Box::new((values, fields))))
}

/// Dates, times, decimals and arrays, which Python takes apart.
fn other(o: &Bound<'_, PyAny>) -> PyResult<AnyValue<'static>> {
    let parts = o.py().import("tilework.frame._values")?.getattr("engine")?.call1((o,))?;
    let kind: String = parts.get_item(0)?.extract()?;
    let value = parts.get_item(1)?;
    Ok(match kind.as_str() {
        "date" => AnyValue::Date(value.extract()?),
        "time" => AnyValue::Time(value.extract()?),
        "duration" => AnyValue::Duration(value.extract()?, time_unit(&parts.get_item(2)?.extract::<String>()?)?),
        "datetime" => {
            let unit = time_unit(&parts.get_item(2)?.extract::<String>()?)?;
            let zone = time_zone(parts.get_item(3)?.extract::<Option<String>>()?.as_deref())?;
            AnyValue::DatetimeOwned(value.extract()?, unit, zone.map(Arc::new))
        }
        "decimal" => {
            let text = value.str()?.to_string();
            let digits: i128 = text.parse().map_err(|_| PyOverflowError::new_err(format!("{text} does not fit a decimal")))?;
            AnyValue::Decimal(digits, 38, parts.get_item(2)?.extract()?)
        }
        "series" => AnyValue::List(arrow::series_of(&value)?),
        _ => any_value(&value)?,
    })
}

/// Values of Python's as a column.
///
/// # Errors
/// TypeError: values of different types.
pub fn series(name: &str, values: &Bound<'_, PyAny>) -> PyResult<Series> {
    let values: Vec<AnyValue<'static>> = values.try_iter()?.map(|v| any_value(&v?)).collect::<PyResult<_>>()?;
    let numbers = values.iter().all(|v| v.is_null() || v.is_primitive_numeric() || v.is_nested_null());
    if values.is_empty() {
        return Ok(Series::new_empty(name.into(), &DataType::Null));
    }
    Series::from_any_values(name.into(), &values, !numbers).map_err(|e| PyTypeError::new_err(e.to_string()))
}

/// Values of Python's as a column of this type.
///
/// # Errors
/// Values that are none of the type.
pub fn typed_series(name: &str, values: &Bound<'_, PyAny>, dtype: &DataType) -> PyResult<Series> {
    let values: Vec<AnyValue<'static>> = values.try_iter()?.map(|v| any_value(&v?)).collect::<PyResult<_>>()?;
    Series::from_any_values_and_dtype(name.into(), &values, dtype, true)
        .or_else(|_| Series::from_any_values(name.into(), &values, false)?.strict_cast(dtype))
        .map_err(refused)
}

/// A value of a table as Python's.
pub fn object<'py>(py: Python<'py>, value: &AnyValue<'_>) -> Out<Bound<'py, PyAny>> {
    Ok(match value {
        AnyValue::Null => py.None().into_bound(py),
        AnyValue::Boolean(b) => b.into_bound_py_any(py)?,
        AnyValue::Float32(v) => f64::from(*v).into_bound_py_any(py)?,
        AnyValue::Float64(v) => v.into_bound_py_any(py)?,
        AnyValue::String(s) => s.into_bound_py_any(py)?,
        AnyValue::StringOwned(s) => s.as_str().into_bound_py_any(py)?,
        AnyValue::Binary(b) => PyBytes::new(py, b).into_any(),
        AnyValue::BinaryOwned(b) => PyBytes::new(py, b).into_any(),
        AnyValue::List(s) | AnyValue::Array(s, _) => list(py, s)?.into_any(),
        AnyValue::Struct(..) | AnyValue::StructOwned(_) => {
            let dict = PyDict::new(py);
            let DataType::Struct(fields) = value.dtype() else { return Ok(dict.into_any()) };
            let mut values = Vec::new();
            value._materialize_struct_av(&mut values);
            for (field, value) in fields.iter().zip(&values) {
                dict.set_item(field.name().as_str(), object(py, value)?)?;
            }
            dict.into_any()
        }
        value => temporal(py, value)?,
    })
}

fn temporal<'py>(py: Python<'py>, value: &AnyValue<'_>) -> Out<Bound<'py, PyAny>> {
    let make = |kind: &str, n: i64, zone: Option<String>| -> Out<Bound<'py, PyAny>> {
        Ok(py.import("tilework.frame._values")?.getattr("of_engine")?.call1((kind, n, zone))?)
    };
    let micros = |n: i64, unit: &TimeUnit| match unit {
        TimeUnit::Nanoseconds => n.div_euclid(1000),
        TimeUnit::Microseconds => n,
        TimeUnit::Milliseconds => n * 1000,
    };
    match value {
        AnyValue::Date(days) => make("date", i64::from(*days), None),
        AnyValue::Time(ns) => make("time", *ns, None),
        AnyValue::Duration(n, unit) => make("duration", micros(*n, unit), None),
        AnyValue::Datetime(n, unit, zone) => make("datetime", micros(*n, unit), zone.map(|z| z.to_string())),
        AnyValue::DatetimeOwned(n, unit, zone) => make("datetime", micros(*n, unit), zone.as_ref().map(|z| z.to_string())),
        AnyValue::Decimal(..) => Ok(py.import("decimal")?.getattr("Decimal")?.call1((value.to_string(),))?),
        number => match number.extract::<i128>() {
            Some(n) if number.is_integer() => match i64::try_from(n) {
                Ok(n) => Ok(n.into_bound_py_any(py)?),
                Err(_) => Ok(py.get_type::<PyInt>().call1((n.to_string(),))?),
            },
            _ => match number.extract::<f64>() {
                Some(x) => Ok(x.into_bound_py_any(py)?),
                None => Ok(number.str_value().into_bound_py_any(py)?),
            },
        },
    }
}

/// A column as a list.
pub fn list<'py>(py: Python<'py>, series: &Series) -> Out<Bound<'py, PyList>> {
    let out = PyList::empty(py);
    for value in series.rechunk().iter() {
        out.append(object(py, &value)?)?;
    }
    Ok(out)
}

/// A literal that holds a column's values.
pub fn literal(values: Series) -> polars::prelude::Expr {
    let name = if values.name().is_empty() { "literal".into() } else { values.name().clone() };
    polars::prelude::lit(values.with_name(name))
}
