//! Functions that expressions start from.

mod horizontal;
mod range;

use crate::error::{Fail, Out};
use crate::frame::choice::{Flags, Interpolation};
use crate::frame::dtype::{DType, refused};
use crate::frame::expr::order::sorting;
use crate::frame::expr::{Col, Cols, PyExpr, literal};
use polars::prelude::{Expr, PlSmallStr, QuantileMethod, all, by_name, col};
use polars_plan::dsl::functions as dsl;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::types::{PyString, PyTuple, PyTupleMethods};
use pyo3::{pyclass, pyfunction, pymethods};

/// A column by its name, or several.
///
/// ``tf.col("a")``, or ``tf.col.a``; several names; a pattern (``"^x.*$"``); a type, which means all columns of it; ``"*"``.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> f = tf.from_dict({"a": [1, 2], "b": [3, 4]})
/// >>> f.select(tf.col("a", "b") * 10).to_dict()
/// {'a': [10, 20], 'b': [30, 40]}
/// >>> f.select(tf.col.b).to_dict()
/// {'b': [3, 4]}
#[pyclass(frozen, module = "tilework.frame", name = "Column")]
pub struct PyColumn;

#[pymethods]
impl PyColumn {
    #[pyo3(signature = (name, *more_names))]
    fn __call__(&self, name: &Bound<'_, PyAny>, more_names: &Bound<'_, PyTuple>) -> PyResult<PyExpr> {
        let mut all: Vec<Bound<'_, PyAny>> = match name.is_instance_of::<PyString>() {
            true => vec![name.clone()],
            false => match name.try_iter() {
                Ok(many) => many.collect::<PyResult<_>>()?,
                Err(_) => vec![name.clone()],
            },
        };
        if let ([one], true) = (all.as_slice(), more_names.is_empty())
            && name.is_instance_of::<PyString>()
        {
            return Ok(col(PlSmallStr::from_string(one.extract()?)).into());
        }
        all.extend(more_names.iter());
        if all.iter().all(|n| n.is_instance_of::<PyString>()) {
            let names = all.iter().map(|n| Ok(PlSmallStr::from_string(n.extract()?))).collect::<PyResult<Vec<_>>>()?;
            return Ok(by_name(names, true, true).as_expr().into());
        }
        let wrong = |_| PyTypeError::new_err("columns go by their names, or by types");
        let dtypes = all.iter().map(|t| t.extract::<DType>().map(|t| t.0).map_err(wrong)).collect::<PyResult<Vec<_>>>()?;
        Ok(dsl::dtype_cols(dtypes).as_selector().as_expr().into())
    }

    fn __getattr__(&self, name: &str) -> PyResult<PyExpr> {
        if name.starts_with("__") {
            return Err(PyAttributeError::new_err(name.to_string()));
        }
        Ok(col(name).into())
    }

    fn __repr__(&self) -> &'static str {
        "<column by name: col(\"a\"), col.a>"
    }
}

/// A value as an expression: numbers, text, dates and times, None, lists, dicts, columns with an Arrow stream.
///
/// Parameters
/// ----------
/// value : object
/// dtype : type, optional
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2]}).select("a", b=tf.lit(7, dtype=tf.Int8)).schema
/// {'a': Int64, 'b': Int8}
#[pyfunction]
#[pyo3(name = "lit", signature = (value, dtype=None, *, allow_object=false))]
fn lit_(value: &Bound<'_, PyAny>, dtype: Option<DType>, allow_object: bool) -> PyResult<PyExpr> {
    let _ = allow_object;
    let e = match value.cast::<PyExpr>() {
        Ok(e) => e.get().0.clone(),
        Err(_) => literal(value)?,
    };
    Ok(match dtype {
        Some(t) => e.strict_cast(t.0).alias("literal"),
        None => e,
    }
    .into())
}

/// How many rows there are.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, None]}).select(tf.len()).to_dict()
/// {'len': [2]}
#[pyfunction]
fn len() -> PyExpr {
    dsl::len().into()
}

/// The values of a list, in :meth:`ExprList.eval` and its like.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [[1, 2]]}).select(tf.col("a").list.eval(tf.element() + 1)).to_dict()
/// {'a': [[2, 3]]}
#[pyfunction]
fn element() -> PyExpr {
    dsl::element().into()
}

/// All columns; of named columns, whether all values are true.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2], "b": [3, 4]}).select(tf.all().sum()).to_dict()
/// {'a': [3], 'b': [7]}
#[pyfunction]
#[pyo3(name = "all", signature = (*names, ignore_nulls=true))]
fn all_(names: Vec<String>, ignore_nulls: bool) -> PyExpr {
    if names.is_empty() { all().as_expr() } else { named(names).all(ignore_nulls) }.into()
}

fn named(names: Vec<String>) -> Expr {
    match <[String; 1]>::try_from(names) {
        Ok([one]) => col(PlSmallStr::from_string(one)),
        Err(many) => by_name(many, true, true).as_expr(),
    }
}

/// All columns but some.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1], "b": [2]}).select(tf.exclude("a")).to_dict()
/// {'b': [2]}
#[pyfunction]
#[pyo3(signature = (columns, *more_columns))]
fn exclude<'py>(columns: &Bound<'py, PyAny>, more_columns: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let all = Bound::new(columns.py(), PyExpr(all().as_expr()))?;
    let mut args = vec![columns.clone()];
    args.extend(more_columns.iter());
    all.call_method1("exclude", PyTuple::new(columns.py(), args)?)
}

/// Functions of columns by name that stand for a method of an expression.
macro_rules! of_columns {
    ($($name:ident: $doc:literal, $gives:literal, $f:expr;)*) => {
        $(
            #[doc = concat!($doc, "\n\nExamples\n--------\n>>> import tilework.frame as tf\n>>> tf.from_dict({\"a\": [1, 3]}).select(tf.", stringify!($name), "(\"a\")).to_dict()\n{'a': ", $gives, "}")]
            #[pyfunction]
            #[pyo3(signature = (*names))]
            fn $name(names: Vec<String>) -> PyExpr {
                let f: fn(Expr) -> Expr = $f;
                f(named(names)).into()
            }
        )*
        fn register_of_columns(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

of_columns! {
    sum: "The sums of columns.", "[4]", Expr::sum;
    mean: "The means of columns.", "[2.0]", Expr::mean;
    median: "The medians of columns.", "[2.0]", Expr::median;
    min: "The least values of columns.", "[1]", Expr::min;
    max: "The greatest values of columns.", "[3]", Expr::max;
    count: "How many values of columns are not null.", "[2]", Expr::count;
    n_unique: "How many different values columns have.", "[2]", Expr::n_unique;
    approx_n_unique: "About how many different values columns have.", "[2]", Expr::approx_n_unique;
    implode: "The values of columns as one list each.", "[[1, 3]]", |e| e.implode(true);
    cum_sum: "The sums of all values up to each.", "[1, 4]", |e| e.cum_sum(false);
    cum_count: "How many values up to each are not null.", "[1, 2]", |e| e.cum_count(false);
}

/// The first column, or the first values of columns.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2], "b": [3, 4]}).select(tf.first(), tf.first("b")).to_dict()
/// {'a': [1, 2], 'b': [3, 3]}
#[pyfunction]
#[pyo3(signature = (*columns))]
fn first(columns: Vec<String>) -> PyExpr {
    if columns.is_empty() { dsl::first().as_expr() } else { named(columns).first() }.into()
}

/// The last column, or the last values of columns.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2], "b": [3, 4]}).select(tf.last()).to_dict()
/// {'b': [3, 4]}
#[pyfunction]
#[pyo3(signature = (*columns))]
fn last(columns: Vec<String>) -> PyExpr {
    if columns.is_empty() { dsl::last().as_expr() } else { named(columns).last() }.into()
}

/// Columns by their places.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1], "b": [2]}).select(tf.nth(-1)).to_dict()
/// {'b': [2]}
#[pyfunction]
#[pyo3(signature = (*indices))]
fn nth(indices: &Bound<'_, PyTuple>) -> PyResult<PyExpr> {
    let places: Vec<i64> = match indices.extract() {
        Ok(places) => places,
        Err(_) => indices.get_item(0)?.extract()?,
    };
    Ok(dsl::index_cols(places).as_expr().into())
}

/// The standard deviation of a column.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 3]}).select(tf.std("a", ddof=0)).to_dict()
/// {'a': [1.0]}
#[pyfunction]
#[pyo3(name = "std", signature = (column, ddof=1))]
fn std_(column: String, ddof: u8) -> PyExpr {
    col(column).std(ddof).into()
}

/// The variance of a column.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 3]}).select(tf.var("a")).to_dict()
/// {'a': [2.0]}
#[pyfunction]
#[pyo3(signature = (column, ddof=1))]
fn var(column: String, ddof: u8) -> PyExpr {
    col(column).var(ddof).into()
}

/// A quantile of a column.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 3]}).select(tf.quantile("a", 1.0)).to_dict()
/// {'a': [3.0]}
#[pyfunction]
#[pyo3(signature = (column, quantile, interpolation=Interpolation(QuantileMethod::Nearest)))]
fn quantile(column: String, quantile: Col, interpolation: Interpolation) -> PyExpr {
    col(column).quantile(quantile.0, interpolation.0).into()
}

/// The correlation of two columns.
///
/// Parameters
/// ----------
/// a, b : names or expressions
/// method : {'pearson', 'spearman'}
/// propagate_nans : bool
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2, 3], "b": [2, 4, 6]}).select(tf.corr("a", "b").round(6)).to_dict()
/// {'a': [1.0]}
#[pyfunction]
#[pyo3(signature = (a, b, *, method="pearson", propagate_nans=false))]
fn corr(a: Col, b: Col, method: &str, propagate_nans: bool) -> Out<PyExpr> {
    match method {
        "pearson" => Ok(dsl::pearson_corr(a.0, b.0).into()),
        "spearman" => Ok(dsl::spearman_rank_corr(a.0, b.0, propagate_nans).into()),
        _ => Err(PyValueError::new_err(format!("'{method}' is no method: there are 'pearson', 'spearman'")).into()),
    }
}

/// The covariance of two columns.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2, 3], "b": [2, 4, 6]}).select(tf.cov("a", "b")).to_dict()
/// {'a': [2.0]}
#[pyfunction]
#[pyo3(signature = (a, b, ddof=1))]
fn cov(a: Col, b: Col, ddof: u8) -> PyExpr {
    dsl::cov(a.0, b.0, ddof).into()
}

/// Where rows would come from if they were sorted by columns.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [3, 1, 2]}).select(tf.arg_sort_by("a")).to_dict()
/// {'a': [1, 2, 0]}
#[pyfunction]
#[pyo3(signature = (exprs, *more_exprs, descending=Flags(vec![false]), nulls_last=Flags(vec![false])))]
fn arg_sort_by(exprs: Cols, more_exprs: Vec<Col>, descending: Flags, nulls_last: Flags) -> PyResult<PyExpr> {
    let mut by = exprs.0;
    by.extend(more_exprs.into_iter().map(|c| c.0));
    let options = sorting(by.len(), &descending, &nulls_last, true)?;
    Ok(dsl::arg_sort_by(by, options).into())
}

/// Where a condition holds.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [3, 1, 2]}).select(tf.arg_where(tf.col("a") > 1)).to_dict()
/// {'a': [0, 2]}
#[pyfunction]
fn arg_where(condition: Col) -> PyExpr {
    dsl::arg_where(condition.0).into()
}

/// A field of the struct that :meth:`ExprStruct.with_fields` is called on.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> f = tf.from_dict({"s": [{"x": 1}]})
/// >>> f.select(tf.col("s").struct.with_fields(tf.field("x") * 10)).to_dict()
/// {'s': [{'x': 10}]}
#[pyfunction]
fn field(name: String) -> PyExpr {
    Expr::Field([PlSmallStr::from_string(name)].into()).into()
}

/// What an SQL expression says.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [1, 2]}).select(tf.sql_expr("a * 10 AS b")).to_dict()
/// {'b': [10, 20]}
#[pyfunction]
fn sql_expr(sql: &str) -> Out<PyExpr> {
    Ok(polars::sql::sql_expr(sql).map_err(|e| Fail::from(refused(e)))?.into())
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyColumn>()?;
    m.add("col", PyColumn)?;
    m.add_function(wrap_pyfunction!(lit_, m)?)?;
    m.add_function(wrap_pyfunction!(len, m)?)?;
    m.add_function(wrap_pyfunction!(element, m)?)?;
    m.add_function(wrap_pyfunction!(all_, m)?)?;
    m.add_function(wrap_pyfunction!(exclude, m)?)?;
    m.add_function(wrap_pyfunction!(first, m)?)?;
    m.add_function(wrap_pyfunction!(last, m)?)?;
    m.add_function(wrap_pyfunction!(nth, m)?)?;
    m.add_function(wrap_pyfunction!(std_, m)?)?;
    m.add_function(wrap_pyfunction!(var, m)?)?;
    m.add_function(wrap_pyfunction!(quantile, m)?)?;
    m.add_function(wrap_pyfunction!(corr, m)?)?;
    m.add_function(wrap_pyfunction!(cov, m)?)?;
    m.add_function(wrap_pyfunction!(arg_sort_by, m)?)?;
    m.add_function(wrap_pyfunction!(arg_where, m)?)?;
    m.add_function(wrap_pyfunction!(field, m)?)?;
    m.add_function(wrap_pyfunction!(sql_expr, m)?)?;
    register_of_columns(m)?;
    horizontal::register(m)?;
    range::register(m)
}
