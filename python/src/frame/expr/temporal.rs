//! `Expr.dt`: arithmetic of dates, times and lengths of time.

use crate::frame::choice::{Missing, Rolled, duration_text};
use crate::frame::dtype::{time_unit, time_zone};
use crate::frame::expr::{Col, Lit, PyExpr, example, namespace};
use crate::frame::value;
use polars::prelude::{DataType, Expr, NonExistent, Roll, Series, TimeUnit, lit};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Borrowed, Bound, FromPyObject, PyAny, PyAnyMethods, PyErr, PyResult};
use pyo3::pymethods;

namespace!(PyDt, "ExprDt", "What is done to dates, times and lengths of time: ``Expr.dt``.");

/// A length of time as an expression of text.
pub struct Length(pub Expr);

impl<'py> FromPyObject<'_, 'py> for Length {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Length> {
        if o.is_instance_of::<PyExpr>() {
            return Ok(Length(o.extract::<Col>()?.0));
        }
        Ok(Length(lit(duration_text(&o)?)))
    }
}

/// Holidays as the literal that Polars takes.
pub fn holidays(days: Option<&Bound<'_, PyAny>>) -> PyResult<Expr> {
    Ok(match days {
        None => value::literal(Series::new_empty("literal".into(), &DataType::Date)).implode(true),
        Some(days) => value::literal(value::typed_series("literal", days, &DataType::Date)?).implode(true),
    })
}

/// The days from Monday on that are business days, where nobody says otherwise.
pub const WEEK: [bool; 7] = [true, true, true, true, true, false, false];

#[pymethods]
impl PyExpr {
    /// What is done to dates, times and lengths of time.
    #[getter]
    fn dt(&self) -> PyDt {
        PyDt(self.0.clone())
    }
}

#[pymethods]
impl PyDt {
    #[doc = concat!("The start of the window of time that values lie in.\n\nParameters\n----------\nevery : str, timedelta or expression\n    ``\"1d\"``, ``\"1mo\"``, ``\"15m\"``.", example!("[__import__('datetime').date(2024, 2, 29)]", "dt.truncate('1mo')", "[datetime.date(2024, 2, 1)]"))]
    fn truncate(&self, every: Length) -> PyExpr {
        self.0.clone().dt().truncate(every.0).into()
    }

    #[doc = concat!("The nearest start of a window of time.", example!("[__import__('datetime').date(2024, 2, 29)]", "dt.round('1mo')", "[datetime.date(2024, 3, 1)]"))]
    fn round(&self, every: Length) -> PyExpr {
        self.0.clone().dt().round(every.0).into()
    }

    #[doc = concat!("A length of time later, or earlier: ``\"-1mo\"``.", example!("[__import__('datetime').date(2024, 2, 29)]", "dt.offset_by('1y')", "[datetime.date(2025, 2, 28)]"))]
    fn offset_by(&self, by: Length) -> PyExpr {
        self.0.clone().dt().offset_by(by.0).into()
    }

    #[doc = concat!("Text in a format of chrono's.", example!("[__import__('datetime').date(2024, 2, 29)]", "dt.to_string('%d.%m.%Y')", "['29.02.2024']"))]
    #[pyo3(signature = (format=None))]
    fn to_string(&self, format: Option<&str>) -> PyExpr {
        match format {
            Some(f) => self.0.clone().dt().to_string(f),
            None => self.0.clone().dt().to_string("iso"),
        }
        .into()
    }

    #[doc = concat!("Text in a format of chrono's.", example!("[__import__('datetime').date(2024, 2, 29)]", "dt.strftime('%d.%m.%Y')", "['29.02.2024']"))]
    fn strftime(&self, format: &str) -> PyExpr {
        self.0.clone().dt().strftime(format).into()
    }

    #[doc = concat!("Units of time since 1970-01-01.", example!("[__import__('datetime').date(1970, 1, 2)]", "dt.timestamp('ms')", "[86400000]"))]
    #[pyo3(signature = (time_unit="us"))]
    fn timestamp(&self, time_unit: &str) -> PyResult<PyExpr> {
        Ok(self.0.clone().dt().timestamp(self::time_unit(time_unit)?).into())
    }

    #[doc = concat!("Units of time since 1970-01-01: 's', 'd', 'us', 'ns' or 'ms'.", example!("[__import__('datetime').date(1970, 1, 2)]", "dt.epoch('s')", "[86400]"))]
    #[pyo3(signature = (time_unit="us"))]
    fn epoch(&self, time_unit: &str) -> PyResult<PyExpr> {
        let dt = self.0.clone().dt();
        Ok(match time_unit {
            "s" => dt.timestamp(TimeUnit::Milliseconds).floor_div(lit(1000)),
            "d" => self.0.clone().strict_cast(DataType::Date).strict_cast(DataType::Int32),
            unit => dt.timestamp(self::time_unit(unit)?),
        }
        .into())
    }

    #[doc = concat!("The same times in another unit.", example!("[__import__('datetime').timedelta(days=1)]", "dt.cast_time_unit('ms')", "[datetime.timedelta(days=1)]"))]
    fn cast_time_unit(&self, time_unit: &str) -> PyResult<PyExpr> {
        Ok(self.0.clone().dt().cast_time_unit(self::time_unit(time_unit)?).into())
    }

    #[doc = concat!("The same points in time, as clocks of another zone show them.", example!("[__import__('datetime').datetime(2024, 7, 1)]", "dt.replace_time_zone('UTC').dt.convert_time_zone('Asia/Tokyo').dt.hour()", "[9]"))]
    fn convert_time_zone(&self, time_zone: &str) -> PyResult<PyExpr> {
        let zone = self::time_zone(Some(time_zone))?.ok_or_else(|| PyTypeError::new_err("a time zone is needed"))?;
        Ok(self.0.clone().dt().convert_time_zone(zone).into())
    }

    #[doc = concat!("The same times of clocks, in another zone or none.\n\nParameters\n----------\ntime_zone : str or None\nambiguous : {'raise', 'earliest', 'latest', 'null'} or expression\n    What becomes of times that the zone has twice.\nnon_existent : {'raise', 'null'}\n    And of those that it skips.", example!("[__import__('datetime').datetime(2024, 7, 1)]", "dt.replace_time_zone('UTC').dt.replace_time_zone(None)", "[datetime.datetime(2024, 7, 1, 0, 0)]"))]
    #[pyo3(signature = (time_zone, *, ambiguous=Lit(lit("raise")), non_existent=Missing(NonExistent::Raise)))]
    fn replace_time_zone(&self, time_zone: Option<&str>, ambiguous: Lit, non_existent: Missing) -> PyResult<PyExpr> {
        let zone = self::time_zone(time_zone)?;
        Ok(self.0.clone().dt().replace_time_zone(zone, ambiguous.0, non_existent.0).into())
    }

    #[doc = concat!("Dates with a time of day.", example!("[__import__('datetime').date(2024, 7, 1)]", "dt.combine(__import__('datetime').time(9))", "[datetime.datetime(2024, 7, 1, 9, 0)]"))]
    #[pyo3(signature = (time, time_unit="us"))]
    fn combine(&self, time: Lit, time_unit: &str) -> PyResult<PyExpr> {
        Ok(self.0.clone().dt().combine(time.0, self::time_unit(time_unit)?).into())
    }

    #[doc = concat!("Times with other parts.", example!("[__import__('datetime').date(2024, 7, 1)]", "dt.replace(year=2020)", "[datetime.date(2020, 7, 1)]"))]
    #[pyo3(signature = (*, year=None, month=None, day=None, hour=None, minute=None, second=None, microsecond=None, ambiguous=Lit(lit("raise"))))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn replace(
        &self,
        year: Option<Col>,
        month: Option<Col>,
        day: Option<Col>,
        hour: Option<Col>,
        minute: Option<Col>,
        second: Option<Col>,
        microsecond: Option<Col>,
        ambiguous: Lit,
    ) -> PyExpr {
        let part = |p: Option<Col>| p.map_or_else(|| lit(polars::prelude::NULL), |c| c.0);
        let (year, month, day) = (part(year), part(month), part(day));
        let (hour, minute, second) = (part(hour), part(minute), part(second));
        let dt = self.0.clone().dt();
        dt.replace(year, month, day, hour, minute, second, part(microsecond), ambiguous.0).into()
    }

    #[doc = concat!("So many business days later.\n\nParameters\n----------\nn : int or expression\nweek_mask : sequence of 7 bool\n    Which days from Monday on are business days.\nholidays : sequence of dates\nroll : {'raise', 'forward', 'backward'}\n    What becomes of days that are none.", example!("[__import__('datetime').date(2024, 3, 1)]", "dt.add_business_days(1)", "[datetime.date(2024, 3, 4)]"))]
    #[pyo3(signature = (n, week_mask=WEEK, holidays=None, roll=Rolled(Roll::Raise)))]
    fn add_business_days(
        &self,
        n: Col,
        week_mask: [bool; 7],
        holidays: Option<&Bound<'_, PyAny>>,
        roll: Rolled,
    ) -> PyResult<PyExpr> {
        Ok(self.0.clone().dt().add_business_days(n.0, week_mask, self::holidays(holidays)?, roll.0).into())
    }

    #[doc = concat!("Whether days are business days.", example!("[__import__('datetime').date(2024, 3, 2)]", "dt.is_business_day()", "[False]"))]
    #[pyo3(signature = (*, week_mask=WEEK, holidays=None))]
    fn is_business_day(&self, week_mask: [bool; 7], holidays: Option<&Bound<'_, PyAny>>) -> PyResult<PyExpr> {
        Ok(self.0.clone().dt().is_business_day(week_mask, self::holidays(holidays)?).into())
    }
}
