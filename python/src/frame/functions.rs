//! Functions that expressions start from, or that take several.

use crate::error::{Fail, Out};
use crate::frame::choice::{ClosedSide, Every, Flags, Interpolation};
use crate::frame::dtype::{DType, refused, time_unit, time_zone};
use crate::frame::expr::order::sorting;
use crate::frame::expr::{Col, Cols, Lit, PyExpr, checked, expressions, literal};
use polars::prelude::{
    ClosedWindow, DataType, DatetimeArgs, DurationArgs, Expr, PlSmallStr, QuantileMethod, all, as_struct, by_name, col, lit,
};
use polars_plan::dsl::functions as dsl;
use pyo3::exceptions::{PyAttributeError, PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::types::{PyDict, PyString, PyTuple, PyTupleMethods};
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

/// Whole numbers from ``start`` up to ``end``, without it.
///
/// Parameters
/// ----------
/// start, end : int or expression
///     One alone is the end.
/// step : int
/// dtype : type
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": ["x", "y"]}).select(tf.int_range(tf.len()).alias("i")).to_dict()
/// {'i': [0, 1]}
#[pyfunction]
#[pyo3(signature = (start=Col(lit(0)), end=None, step=1, *, dtype=DType(DataType::Int64)))]
fn int_range(start: Col, end: Option<Col>, step: i64, dtype: DType) -> PyExpr {
    let (start, end) = match end {
        Some(end) => (start.0, end.0),
        None => (lit(0), start.0),
    };
    dsl::int_range(start, end, step, dtype.0).into()
}

/// Dates from ``start`` to ``end``.
///
/// Parameters
/// ----------
/// start, end : date, name or expression
/// interval : str or timedelta
/// closed : {'both', 'left', 'right', 'none'}
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from datetime import date
/// >>> f = tf.from_dict({"a": [0]})
/// >>> f.select(tf.date_range(date(2024, 2, 28), date(2024, 3, 1)).dt.day().alias("d")).to_dict()
/// {'d': [28, 29, 1]}
#[pyfunction]
#[pyo3(signature = (start, end, interval=None, *, closed=ClosedSide(ClosedWindow::Both)))]
fn date_range(start: Col, end: Col, interval: Option<Every>, closed: ClosedSide) -> Out<PyExpr> {
    let interval = interval.map_or_else(|| polars::prelude::Duration::parse("1d"), |i| i.0);
    checked(dsl::date_range(Some(start.0), Some(end.0), Some(interval), None, closed.0))
}

/// Points in time from ``start`` to ``end``.
///
/// Parameters
/// ----------
/// start, end : datetime, name or expression
/// interval : str or timedelta
/// closed : {'both', 'left', 'right', 'none'}
/// time_unit, time_zone : str, optional
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from datetime import datetime
/// >>> f = tf.from_dict({"a": [0]})
/// >>> hours = tf.datetime_range(datetime(2024, 2, 29, 22), datetime(2024, 3, 1), "1h")
/// >>> f.select(hours.dt.hour().alias("h")).to_dict()
/// {'h': [22, 23, 0]}
#[pyfunction]
#[pyo3(signature = (start, end, interval=None, *, closed=ClosedSide(ClosedWindow::Both), time_unit=None, time_zone=None))]
fn datetime_range(
    start: Col,
    end: Col,
    interval: Option<Every>,
    closed: ClosedSide,
    time_unit: Option<&str>,
    time_zone: Option<&str>,
) -> Out<PyExpr> {
    let interval = interval.map_or_else(|| polars::prelude::Duration::parse("1d"), |i| i.0);
    let unit = time_unit.map(self::time_unit).transpose()?;
    let zone = self::time_zone(time_zone)?;
    checked(dsl::datetime_range(Some(start.0), Some(end.0), Some(interval), None, closed.0, unit, zone))
}

/// Points in time of their parts.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"y": [2024]}).select(tf.datetime("y", 2, 29, 12).alias("t")).to_dict()
/// {'t': [datetime.datetime(2024, 2, 29, 12, 0)]}
#[pyfunction]
#[pyo3(signature = (year, month, day, hour=None, minute=None, second=None, microsecond=None, *, time_unit="us", time_zone=None, ambiguous=Lit(lit("raise"))))]
#[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
fn datetime(
    year: Col,
    month: Col,
    day: Col,
    hour: Option<Col>,
    minute: Option<Col>,
    second: Option<Col>,
    microsecond: Option<Col>,
    time_unit: &str,
    time_zone: Option<&str>,
    ambiguous: Lit,
) -> Out<PyExpr> {
    let part = |p: Option<Col>| p.map_or_else(|| lit(0), |c| c.0);
    let mut args = DatetimeArgs::new(year.0, month.0, day.0).with_hms(part(hour), part(minute), part(second));
    args.microsecond = part(microsecond);
    let args = args.with_time_unit(self::time_unit(time_unit)?).with_time_zone(self::time_zone(time_zone)?);
    Ok(dsl::datetime(args.with_ambiguous(ambiguous.0)).into())
}

/// Dates of their parts.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"y": [2024]}).select(tf.date("y", 2, 29).alias("t")).to_dict()
/// {'t': [datetime.date(2024, 2, 29)]}
#[pyfunction]
fn date(year: Col, month: Col, day: Col) -> PyExpr {
    dsl::datetime(DatetimeArgs::new(year.0, month.0, day.0)).cast(DataType::Date).into()
}

/// Lengths of time of their parts.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"d": [1, 2]}).select(tf.duration(days="d", hours=12).alias("t")).to_dict()
/// {'t': [datetime.timedelta(days=1, seconds=43200), datetime.timedelta(days=2, seconds=43200)]}
#[pyfunction]
#[pyo3(signature = (*, weeks=None, days=None, hours=None, minutes=None, seconds=None, milliseconds=None, microseconds=None, nanoseconds=None, time_unit=None))]
#[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
fn duration(
    weeks: Option<Col>,
    days: Option<Col>,
    hours: Option<Col>,
    minutes: Option<Col>,
    seconds: Option<Col>,
    milliseconds: Option<Col>,
    microseconds: Option<Col>,
    nanoseconds: Option<Col>,
    time_unit: Option<&str>,
) -> Out<PyExpr> {
    let fine = nanoseconds.is_some();
    let part = |p: Option<Col>| p.map_or_else(|| lit(0), |c| c.0);
    Ok(dsl::duration(DurationArgs {
        weeks: part(weeks),
        days: part(days),
        hours: part(hours),
        minutes: part(minutes),
        seconds: part(seconds),
        milliseconds: part(milliseconds),
        microseconds: part(microseconds),
        nanoseconds: part(nanoseconds),
        time_unit: self::time_unit(time_unit.unwrap_or(if fine { "ns" } else { "us" }))?,
    })
    .into())
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

/// A value, ``n`` times.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [3, 1]}).select(tf.repeat("x", tf.len()).alias("b")).to_dict()
/// {'b': ['x', 'x']}
#[pyfunction]
#[pyo3(signature = (value, n, *, dtype=None))]
fn repeat(value: Lit, n: Col, dtype: Option<DType>) -> PyExpr {
    let value = dtype.map_or(value.0.clone(), |t| value.0.strict_cast(t.0));
    dsl::repeat(value, n.0).into()
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

/// Ones, ``n`` times.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [3, 1]}).select(tf.ones(tf.len())).to_dict()
/// {'ones': [1.0, 1.0]}
#[pyfunction]
#[pyo3(signature = (n, dtype=DType(DataType::Float64)))]
fn ones(n: Col, dtype: DType) -> PyExpr {
    dsl::repeat(lit(1).strict_cast(dtype.0), n.0).alias("ones").into()
}

/// Zeros, ``n`` times.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [3, 1]}).select(tf.zeros(tf.len())).to_dict()
/// {'zeros': [0.0, 0.0]}
#[pyfunction]
#[pyo3(signature = (n, dtype=DType(DataType::Float64)))]
fn zeros(n: Col, dtype: DType) -> PyExpr {
    dsl::repeat(lit(0).strict_cast(dtype.0), n.0).alias("zeros").into()
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

/// How many business days lie between two dates.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from datetime import date
/// >>> f = tf.from_dict({"a": [date(2024, 3, 1)], "b": [date(2024, 3, 5)]})
/// >>> f.select(tf.business_day_count("a", "b")).to_dict()
/// {'a': [2]}
#[pyfunction]
#[pyo3(signature = (start, end, week_mask=crate::frame::expr::temporal::WEEK, holidays=None))]
fn business_day_count(start: Col, end: Col, week_mask: [bool; 7], holidays: Option<&Bound<'_, PyAny>>) -> PyResult<PyExpr> {
    let holidays = crate::frame::expr::temporal::holidays(holidays)?;
    Ok(dsl::business_day_count(start.0, end.0, week_mask, holidays).into())
}

/// Points in time, or dates, of how many units they are after 1970-01-01.
///
/// Parameters
/// ----------
/// column : name or expression
/// time_unit : {'s', 'd', 'us', 'ns', 'ms'}
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> tf.from_dict({"a": [19782]}).select(tf.from_epoch("a", "d")).to_dict()
/// {'a': [datetime.date(2024, 2, 29)]}
#[pyfunction]
#[pyo3(signature = (column, time_unit="s"))]
fn from_epoch(column: Col, time_unit: &str) -> Out<PyExpr> {
    Ok(match time_unit {
        "d" => column.0.cast(DataType::Date),
        "s" => (column.0.cast(DataType::Int64) * lit(1_000_000i64)).cast(DataType::Datetime(self::time_unit("us")?, None)),
        unit => column.0.cast(DataType::Datetime(self::time_unit(unit)?, None)),
    }
    .into())
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
    register_of_columns(m)?;
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
    m.add_function(wrap_pyfunction!(int_range, m)?)?;
    m.add_function(wrap_pyfunction!(date_range, m)?)?;
    m.add_function(wrap_pyfunction!(datetime_range, m)?)?;
    m.add_function(wrap_pyfunction!(datetime, m)?)?;
    m.add_function(wrap_pyfunction!(date, m)?)?;
    m.add_function(wrap_pyfunction!(duration, m)?)?;
    m.add_function(wrap_pyfunction!(corr, m)?)?;
    m.add_function(wrap_pyfunction!(cov, m)?)?;
    m.add_function(wrap_pyfunction!(arg_sort_by, m)?)?;
    m.add_function(wrap_pyfunction!(arg_where, m)?)?;
    m.add_function(wrap_pyfunction!(repeat, m)?)?;
    m.add_function(wrap_pyfunction!(arctan2, m)?)?;
    m.add_function(wrap_pyfunction!(ones, m)?)?;
    m.add_function(wrap_pyfunction!(zeros, m)?)?;
    m.add_function(wrap_pyfunction!(field, m)?)?;
    m.add_function(wrap_pyfunction!(business_day_count, m)?)?;
    m.add_function(wrap_pyfunction!(from_epoch, m)?)?;
    m.add_function(wrap_pyfunction!(sql_expr, m)?)
}
