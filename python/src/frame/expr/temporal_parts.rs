//! `Expr.dt`: parts of dates, times and lengths of time.

use crate::frame::expr::temporal::PyDt;
use crate::frame::expr::{PyExpr, example, plain};
use polars::prelude::{DataType, lit};
use pyo3::pymethods;

plain! { PyDt, "dt.";
    millennium: "The millennium.", "[__import__('datetime').date(2024, 2, 29)]" => "[3]", |e| e.dt().millennium();
    century: "The century.", "[__import__('datetime').date(2024, 2, 29)]" => "[21]", |e| e.dt().century();
    year: "The year.", "[__import__('datetime').date(2024, 2, 29)]" => "[2024]", |e| e.dt().year();
    iso_year: "The year that the week belongs to.", "[__import__('datetime').date(2021, 1, 1)]" => "[2020]", |e| e.dt().iso_year();
    is_leap_year: "Whether the year is a leap year.", "[__import__('datetime').date(2024, 2, 29)]" => "[True]", |e| e.dt().is_leap_year();
    quarter: "The quarter, from 1.", "[__import__('datetime').date(2024, 2, 29)]" => "[1]", |e| e.dt().quarter();
    month: "The month, from 1.", "[__import__('datetime').date(2024, 2, 29)]" => "[2]", |e| e.dt().month();
    days_in_month: "How many days the month has.", "[__import__('datetime').date(2024, 2, 29)]" => "[29]", |e| e.dt().days_in_month();
    week: "The week of the year, as of ISO 8601.", "[__import__('datetime').date(2024, 2, 29)]" => "[9]", |e| e.dt().week();
    weekday: "The day of the week; Monday is 1.", "[__import__('datetime').date(2024, 2, 29)]" => "[4]", |e| e.dt().weekday();
    day: "The day of the month, from 1.", "[__import__('datetime').date(2024, 2, 29)]" => "[29]", |e| e.dt().day();
    ordinal_day: "The day of the year, from 1.", "[__import__('datetime').date(2024, 2, 29)]" => "[60]", |e| e.dt().ordinal_day();
    date: "The date.", "[__import__('datetime').datetime(2024, 2, 29, 12)]" => "[datetime.date(2024, 2, 29)]", |e| e.dt().date();
    time: "The time of day.", "[__import__('datetime').datetime(2024, 2, 29, 12)]" => "[datetime.time(12, 0)]", |e| e.dt().time();
    hour: "The hour.", "[__import__('datetime').time(12, 30, 7)]" => "[12]", |e| e.dt().hour();
    minute: "The minute.", "[__import__('datetime').time(12, 30, 7)]" => "[30]", |e| e.dt().minute();
    millisecond: "The milliseconds of the second.", "[__import__('datetime').time(12, 30, 7, 8000)]" => "[8]", |e| e.dt().millisecond();
    microsecond: "The microseconds of the second.", "[__import__('datetime').time(12, 30, 7, 8000)]" => "[8000]", |e| e.dt().microsecond();
    nanosecond: "The nanoseconds of the second.", "[__import__('datetime').time(12, 30, 7, 8000)]" => "[8000000]", |e| e.dt().nanosecond();
    month_start: "The first day of the month.", "[__import__('datetime').date(2024, 2, 29)]" => "[datetime.date(2024, 2, 1)]", |e| e.dt().month_start();
    month_end: "The last day of the month.", "[__import__('datetime').date(2024, 2, 1)]" => "[datetime.date(2024, 2, 29)]", |e| e.dt().month_end();
}

/// Totals of lengths of time.
macro_rules! totals {
    ($($name:ident: $what:literal, $one_day:literal;)*) => {
        #[pymethods]
        impl PyDt { $(
            #[doc = concat!("A length of time in ", $what, ".\n\nParameters\n----------\nfractional : bool\n    Whether with a fraction, not cut to a whole number.", example!("[__import__('datetime').timedelta(days=1)]", concat!("dt.", stringify!($name), "()"), $one_day))]
            #[pyo3(signature = (*, fractional=false))]
            fn $name(&self, fractional: bool) -> PyExpr {
                self.0.clone().dt().$name(fractional).into()
            }
        )* }
    };
}

totals! {
    total_days: "days", "[1]";
    total_hours: "hours", "[24]";
    total_minutes: "minutes", "[1440]";
    total_seconds: "seconds", "[86400]";
    total_milliseconds: "milliseconds", "[86400000]";
    total_microseconds: "microseconds", "[86400000000]";
    total_nanoseconds: "nanoseconds", "[86400000000000]";
}

#[pymethods]
impl PyDt {
    /// How far the zone is from UTC, without summer time.
    fn base_utc_offset(&self) -> PyExpr {
        self.0.clone().dt().base_utc_offset().into()
    }

    /// How much summer time adds.
    fn dst_offset(&self) -> PyExpr {
        self.0.clone().dt().dst_offset().into()
    }

    #[doc = concat!("The second.\n\nParameters\n----------\nfractional : bool\n    Whether with its fraction.", example!("[__import__('datetime').time(12, 30, 7)]", "dt.second()", "[7]"))]
    #[pyo3(signature = (*, fractional=false))]
    fn second(&self, fractional: bool) -> PyExpr {
        let second = self.0.clone().dt().second();
        if !fractional {
            return second.into();
        }
        let nanoseconds = self.0.clone().dt().nanosecond().strict_cast(DataType::Float64);
        (second.strict_cast(DataType::Float64) + nanoseconds / lit(1e9)).into()
    }
}
