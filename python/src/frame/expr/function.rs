//! Functions of Python's on values of a column.

use crate::frame::Table;
use crate::frame::dtype::DType;
use crate::frame::expr::PyExpr;
use polars::prelude::{Column, DataFrame, DataType, Field, PolarsResult, Schema};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Py, PyAny, PyAnyMethods, PyRef, PyResult, Python};
use pyo3::pymethods;

/// A function of Python's from a table of one column to another such.
fn calling(function: Py<PyAny>, dtype: Option<DataType>) -> impl Fn(Column) -> PolarsResult<Column> + Send + Sync + 'static {
    move |column| {
        let name = column.name().clone();
        let dtype = dtype.clone().unwrap_or_else(|| column.dtype().clone());
        let made = Python::attach(|py| -> PyResult<DataFrame> {
            let rows = DataFrame::new(column.len(), vec![column]).map_err(crate::frame::dtype::refused)?;
            let made = function.call1(py, (Py::new(py, Table(rows))?,))?;
            Ok(made.bind(py).extract::<PyRef<'_, Table>>()?.0.clone())
        });
        let made = made.map_err(|e| polars::error::polars_err!(ComputeError: "the function on '{name}' raised {e}"))?;
        Ok(made.columns()[0].strict_cast(&dtype)?.with_name(name))
    }
}

fn typed(dtype: Option<DataType>) -> impl Fn(&Schema, &Field) -> PolarsResult<Field> + Send + Sync + 'static {
    move |_, field| Ok(dtype.as_ref().map_or_else(|| field.clone(), |d| Field::new(field.name().clone(), d.clone())))
}

/// The function that Python's package makes of the user's.
fn wrapped(py: Python<'_>, how: &str, function: Py<PyAny>, more: bool) -> PyResult<Py<PyAny>> {
    Ok(py.import("tilework.frame._functions")?.getattr(how)?.call1((function, more))?.unbind())
}

#[pymethods]
impl PyExpr {
    /// What a function of Python's makes of the column, which it gets as a ``polars.Series``.
    ///
    /// Parameters
    /// ----------
    /// function : callable
    ///     It may give a Series, an array, a sequence; called from several threads, which take turns in the interpreter.
    /// return_dtype : type, optional
    ///     That of the column without it.
    /// is_elementwise : bool
    ///     Whether each value comes of one value alone, so that the function may be called with any part of the column. Otherwise the whole
    ///     column is brought together.
    /// returns_scalar : bool
    ///     Whether it gives one value.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     When the query runs: the function's own exception in words, values that are not of the type.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> f = tf.from_dict({"a": [1, 2, 3]})
    /// >>> f.select(tf.col("a").map_batches(lambda s: s * 10, is_elementwise=True)).to_dict()
    /// {'a': [10, 20, 30]}
    #[pyo3(signature = (function, return_dtype=None, *, is_elementwise=false, returns_scalar=false))]
    fn map_batches(
        &self,
        py: Python<'_>,
        function: Py<PyAny>,
        return_dtype: Option<DType>,
        is_elementwise: bool,
        returns_scalar: bool,
    ) -> PyResult<PyExpr> {
        let dtype = return_dtype.map(|t| t.0);
        let call = calling(wrapped(py, "of_batches", function, returns_scalar)?, dtype.clone());
        let e = self.0.clone();
        Ok(match (returns_scalar, is_elementwise) {
            (true, _) => e.agg_with_fmt_str(call, typed(dtype), "map_batches"),
            (false, true) => e.map_with_fmt_str(call, typed(dtype), "map_batches"),
            (false, false) => e.apply_with_fmt_str(call, typed(dtype), "map_batches"),
        }
        .into())
    }

    /// What a function of Python's makes of each value.
    ///
    /// Parameters
    /// ----------
    /// function : callable
    /// return_dtype : type
    ///     What it gives; it is not called to find out.
    /// skip_nulls : bool
    ///     Whether nulls stay null without a call.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> f = tf.from_dict({"a": ["x", None]})
    /// >>> f.select(tf.col("a").map_elements(lambda v: v * 2, tf.String)).to_dict()
    /// {'a': ['xx', None]}
    #[pyo3(signature = (function, return_dtype=None, *, skip_nulls=true))]
    fn map_elements(&self, py: Python<'_>, function: Py<PyAny>, return_dtype: Option<DType>, skip_nulls: bool) -> PyResult<PyExpr> {
        let missing =
            || PyTypeError::new_err("map_elements needs a return_dtype: a function is not called to find out what it gives");
        let dtype = Some(return_dtype.ok_or_else(missing)?.0);
        let call = calling(wrapped(py, "of_elements", function, skip_nulls)?, dtype.clone());
        Ok(self.0.clone().map_with_fmt_str(call, typed(dtype), "map_elements").into())
    }
}
