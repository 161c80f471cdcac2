//! Functions of several columns, row by row.

use crate::error::Out;
use crate::frame::expr::{Col, PyExpr, checked, expressions};
use polars::prelude::{Expr, as_struct, lit};
use polars_plan::dsl::functions as dsl;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use pyo3::types::{PyDict, PyTuple};

/// Columns as one of structs.
///
/// Parameters
/// ----------
/// *exprs, **named_exprs
///     The fields.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1], "b": [2]}).select(tf.struct("a", "b").alias("s")).to_dict()
/// {'s': [{'a': 1, 'b': 2}]}
#[pyfunction]
#[pyo3(name = "struct", signature = (*exprs, **named_exprs))]
fn struct_(exprs: &Bound<'_, PyTuple>, named_exprs: Option<&Bound<'_, PyDict>>) -> PyResult<PyExpr> {
    Ok(as_struct(expressions(exprs, named_exprs)?).into())
}

/// Columns of text as one.
///
/// Parameters
/// ----------
/// exprs, *more_exprs
///     Names or expressions.
/// separator : str
/// ignore_nulls : bool
///     Otherwise a null makes the result null.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": ["x"], "b": ["y"]}).select(tf.concat_str("a", "b", separator="-")).to_dict()
/// {'a': ['x-y']}
#[pyfunction]
#[pyo3(signature = (*exprs, separator="", ignore_nulls=false))]
fn concat_str(exprs: &Bound<'_, PyTuple>, separator: &str, ignore_nulls: bool) -> PyResult<PyExpr> {
    Ok(dsl::concat_str(expressions(exprs, None)?, separator, ignore_nulls).into())
}

/// Columns of text in places of a template.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": ["x"], "b": ["y"]}).select(tf.format("{} of {}", "a", "b").alias("c")).to_dict()
/// {'c': ['x of y']}
#[pyfunction]
#[pyo3(signature = (f_string, *args))]
fn format(f_string: &str, args: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    let pieces: Vec<&str> = f_string.split("{}").collect();
    let args = expressions(args, None)?;
    if pieces.len() != args.len() + 1 {
        let n = pieces.len() - 1;
        return Err(PyValueError::new_err(format!("the template has {n} places for {} expressions", args.len())).into());
    }
    let mut parts: Vec<Expr> = vec![lit(pieces[0])];
    for (arg, piece) in args.into_iter().zip(&pieces[1..]) {
        parts.push(arg);
        parts.push(lit(*piece));
    }
    Ok(dsl::concat_str(parts, "", false).into())
}

/// Values of columns as one list for each row; lists are joined.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1], "b": [2]}).select(tf.concat_list("a", "b")).to_dict()
/// {'a': [[1, 2]]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn concat_list(exprs: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    checked(dsl::concat_list(expressions(exprs, None)?))
}

/// The first value in each row that is not null.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None], "b": [3, 4]}).select(tf.coalesce("a", "b")).to_dict()
/// {'a': [1, 4]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn coalesce(exprs: &Bound<'_, PyTuple>) -> PyResult<PyExpr> {
    Ok(dsl::coalesce(&expressions(exprs, None)?).into())
}

/// The sum of columns in each row.
///
/// Parameters
/// ----------
/// *exprs
///     Names or expressions.
/// ignore_nulls : bool
///     Otherwise a null makes the result null.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None], "b": [3, 4]}).select(tf.sum_horizontal("a", "b")).to_dict()
/// {'a': [4, 4]}
#[pyfunction]
#[pyo3(signature = (*exprs, ignore_nulls=true))]
fn sum_horizontal(exprs: &Bound<'_, PyTuple>, ignore_nulls: bool) -> Out<PyExpr> {
    checked(dsl::sum_horizontal(expressions(exprs, None)?, ignore_nulls))
}

/// The mean of columns in each row.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None], "b": [3, 4]}).select(tf.mean_horizontal("a", "b")).to_dict()
/// {'a': [2.0, 4.0]}
#[pyfunction]
#[pyo3(signature = (*exprs, ignore_nulls=true))]
fn mean_horizontal(exprs: &Bound<'_, PyTuple>, ignore_nulls: bool) -> Out<PyExpr> {
    checked(dsl::mean_horizontal(expressions(exprs, None)?, ignore_nulls))
}

/// The least of columns in each row.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None], "b": [3, 4]}).select(tf.min_horizontal("a", "b")).to_dict()
/// {'a': [1, 4]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn min_horizontal(exprs: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    checked(dsl::min_horizontal(expressions(exprs, None)?))
}

/// The greatest of columns in each row.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None], "b": [3, 4]}).select(tf.max_horizontal("a", "b")).to_dict()
/// {'a': [3, 4]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn max_horizontal(exprs: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    checked(dsl::max_horizontal(expressions(exprs, None)?))
}

/// Whether all columns are true in each row.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [True, True], "b": [False, True]}).select(tf.all_horizontal("a", "b")).to_dict()
/// {'a': [False, True]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn all_horizontal(exprs: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    checked(dsl::all_horizontal(expressions(exprs, None)?))
}

/// Whether a column is true in each row.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [True, False], "b": [False, False]}).select(tf.any_horizontal("a", "b")).to_dict()
/// {'a': [True, False]}
#[pyfunction]
#[pyo3(signature = (*exprs))]
fn any_horizontal(exprs: &Bound<'_, PyTuple>) -> Out<PyExpr> {
    checked(dsl::any_horizontal(expressions(exprs, None)?))
}

/// The angle of points with these heights and other coordinates.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"y": [0.0], "x": [1.0]}).select(tf.arctan2("y", "x")).to_dict()
/// {'y': [0.0]}
#[pyfunction]
fn arctan2(y: Col, x: Col) -> PyExpr {
    y.0.arctan2(x.0).into()
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(struct_, m)?)?;
    m.add_function(wrap_pyfunction!(concat_str, m)?)?;
    m.add_function(wrap_pyfunction!(format, m)?)?;
    m.add_function(wrap_pyfunction!(concat_list, m)?)?;
    m.add_function(wrap_pyfunction!(coalesce, m)?)?;
    m.add_function(wrap_pyfunction!(sum_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(mean_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(min_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(max_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(all_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(any_horizontal, m)?)?;
    m.add_function(wrap_pyfunction!(arctan2, m)?)
}
