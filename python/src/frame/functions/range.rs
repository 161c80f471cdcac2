//! Functions that make values: ranges, repetitions, dates and times of their parts.

use crate::error::Out;
use crate::frame::choice::{ClosedSide, Every};
use crate::frame::dtype::{DType, time_unit, time_zone};
use crate::frame::expr::temporal::{WEEK, holidays};
use crate::frame::expr::{Col, Lit, PyExpr, checked};
use polars::prelude::{ClosedWindow, DataType, DatetimeArgs, DurationArgs, lit};
use polars_plan::dsl::functions as dsl;
use pyo3::prelude::{Bound, PyAny, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;

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
#[pyo3(signature = (start, end, week_mask=WEEK, holidays=None))]
fn business_day_count(start: Col, end: Col, week_mask: [bool; 7], holidays: Option<&Bound<'_, PyAny>>) -> PyResult<PyExpr> {
    let holidays = self::holidays(holidays)?;
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

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(int_range, m)?)?;
    m.add_function(wrap_pyfunction!(date_range, m)?)?;
    m.add_function(wrap_pyfunction!(datetime_range, m)?)?;
    m.add_function(wrap_pyfunction!(datetime, m)?)?;
    m.add_function(wrap_pyfunction!(date, m)?)?;
    m.add_function(wrap_pyfunction!(duration, m)?)?;
    m.add_function(wrap_pyfunction!(repeat, m)?)?;
    m.add_function(wrap_pyfunction!(ones, m)?)?;
    m.add_function(wrap_pyfunction!(zeros, m)?)?;
    m.add_function(wrap_pyfunction!(business_day_count, m)?)?;
    m.add_function(wrap_pyfunction!(from_epoch, m)?)
}
