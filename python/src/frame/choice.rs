//! Options that Python names by words, and lengths of time.

use crate::frame::dtype::refused;
use polars::frame::PivotColumnNaming;
use polars::prelude::{
    AsofStrategy, ClosedInterval, ClosedWindow, Duration, InterpolationMethod, JoinCoalesce, JoinValidation, Label,
    MaintainOrderJoin, NonExistent, QuantileMethod, RankMethod, Roll, RollingRankMethod, RoundMode, SearchSortedSide, StartBy,
    UniqueKeepStrategy, WindowMapping,
};
use polars::series::ops::NullBehavior;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Borrowed, FromPyObject, PyAny, PyAnyMethods, PyErr, PyResult};
use pyo3::types::{PyBool, PyString};
use tilework::format::table_format::TableFormat;

/// A type of options, each by a word.
macro_rules! choices {
    ($($name:ident: $what:literal, $of:ty { $($word:literal => $value:expr),* $(,)? })*) => { $(
        #[doc = concat!("Of ", $what, ".")]
        #[derive(Clone, Debug)]
        pub struct $name(pub $of);

        impl<'py> FromPyObject<'_, 'py> for $name {
            type Error = PyErr;
            fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<$name> {
                let word: String = o.extract()?;
                match word.as_str() {
                    $($word => Ok($name($value)),)*
                    _ => Err(unknown(&word, $what, &[$($word),*])),
                }
            }
        }
    )* };
}

fn unknown(word: &str, what: &str, words: &[&str]) -> PyErr {
    PyValueError::new_err(format!("'{word}' is no {what}: there are '{}'", words.join("', '")))
}

choices! {
    Interpolation: "interpolation of quantiles", QuantileMethod {
        "nearest" => QuantileMethod::Nearest, "lower" => QuantileMethod::Lower, "higher" => QuantileMethod::Higher,
        "midpoint" => QuantileMethod::Midpoint, "linear" => QuantileMethod::Linear,
        "equiprobable" => QuantileMethod::Equiprobable,
    }
    Ranking: "method of ranks", RankMethod {
        "average" => RankMethod::Average, "min" => RankMethod::Min, "max" => RankMethod::Max, "dense" => RankMethod::Dense,
        "ordinal" => RankMethod::Ordinal, "random" => RankMethod::Random,
    }
    RollingRanking: "method of rolling ranks", RollingRankMethod {
        "average" => RollingRankMethod::Average, "min" => RollingRankMethod::Min, "max" => RollingRankMethod::Max,
        "dense" => RollingRankMethod::Dense, "random" => RollingRankMethod::Random,
    }
    Rounding: "mode of rounding", RoundMode {
        "half_to_even" => RoundMode::HalfToEven, "half_away_from_zero" => RoundMode::HalfAwayFromZero,
        "to_zero" => RoundMode::ToZero,
    }
    Closed: "side that is closed", ClosedInterval {
        "both" => ClosedInterval::Both, "left" => ClosedInterval::Left, "right" => ClosedInterval::Right,
        "none" => ClosedInterval::None,
    }
    ClosedSide: "side that is closed", ClosedWindow {
        "both" => ClosedWindow::Both, "left" => ClosedWindow::Left, "right" => ClosedWindow::Right,
        "none" => ClosedWindow::None,
    }
    Mapping: "mapping of groups", WindowMapping {
        "group_to_rows" => WindowMapping::GroupsToRows, "join" => WindowMapping::Join, "explode" => WindowMapping::Explode,
    }
    Nulls: "treatment of nulls", NullBehavior { "ignore" => NullBehavior::Ignore, "drop" => NullBehavior::Drop }
    Interpolating: "method of interpolation", InterpolationMethod {
        "linear" => InterpolationMethod::Linear, "nearest" => InterpolationMethod::Nearest,
    }
    Side: "side", SearchSortedSide {
        "any" => SearchSortedSide::Any, "left" => SearchSortedSide::Left, "right" => SearchSortedSide::Right,
    }
    Keep: "row to keep", UniqueKeepStrategy {
        "first" => UniqueKeepStrategy::First, "last" => UniqueKeepStrategy::Last, "any" => UniqueKeepStrategy::Any,
        "none" => UniqueKeepStrategy::None,
    }
    Validation: "check of a join", JoinValidation {
        "m:m" => JoinValidation::ManyToMany, "m:1" => JoinValidation::ManyToOne, "1:m" => JoinValidation::OneToMany,
        "1:1" => JoinValidation::OneToOne,
    }
    Order: "order of a join", MaintainOrderJoin {
        "none" => MaintainOrderJoin::None, "left" => MaintainOrderJoin::Left, "right" => MaintainOrderJoin::Right,
        "left_right" => MaintainOrderJoin::LeftRight, "right_left" => MaintainOrderJoin::RightLeft,
    }
    Nearest: "strategy of an asof join", AsofStrategy {
        "backward" => AsofStrategy::Backward, "forward" => AsofStrategy::Forward, "nearest" => AsofStrategy::Nearest,
    }
    WindowLabel: "label of windows", Label {
        "left" => Label::Left, "right" => Label::Right, "datapoint" => Label::DataPoint,
    }
    Start: "start of windows", StartBy {
        "window" => StartBy::WindowBound, "datapoint" => StartBy::DataPoint, "monday" => StartBy::Monday,
        "tuesday" => StartBy::Tuesday, "wednesday" => StartBy::Wednesday, "thursday" => StartBy::Thursday,
        "friday" => StartBy::Friday, "saturday" => StartBy::Saturday, "sunday" => StartBy::Sunday,
    }
    Missing: "treatment of times that do not exist", NonExistent {
        "raise" => NonExistent::Raise, "null" => NonExistent::Null,
    }
    Rolled: "roll of business days", Roll {
        "raise" => Roll::Raise, "forward" => Roll::Forward, "backward" => Roll::Backward,
    }
    Format: "format of tables", TableFormat {
        "parquet" => TableFormat::Parquet, "csv" => TableFormat::Csv, "ipc" => TableFormat::Ipc, "ndjson" => TableFormat::Ndjson,
    }
    Naming: "naming of pivoted columns", PivotColumnNaming {
        "auto" => PivotColumnNaming::Auto, "combine" => PivotColumnNaming::Combine,
    }
}

/// Whether the keys of both sides become one column.
pub fn coalesced(coalesce: Option<bool>) -> JoinCoalesce {
    match coalesce {
        None => JoinCoalesce::JoinSpecific,
        Some(true) => JoinCoalesce::CoalesceColumns,
        Some(false) => JoinCoalesce::KeepColumns,
    }
}

/// A flag of all, or one of each.
#[derive(Clone, Debug)]
pub struct Flags(pub Vec<bool>);

impl<'py> FromPyObject<'_, 'py> for Flags {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Flags> {
        if o.is_instance_of::<PyBool>() { Ok(Flags(vec![o.extract()?])) } else { Ok(Flags(o.extract()?)) }
    }
}

impl Flags {
    /// A flag of each of so many.
    ///
    /// # Errors
    /// ValueError: another number of flags.
    pub fn of(&self, n: usize, name: &str) -> PyResult<Vec<bool>> {
        match self.0.len() {
            1 => Ok(vec![self.0[0]; n]),
            m if m == n => Ok(self.0.clone()),
            m => Err(PyValueError::new_err(format!("{name} has {m} values for {n} columns"))),
        }
    }
}

/// A length of time: text like `"1d12h"`, or a `timedelta`.
#[derive(Clone, Debug)]
pub struct Every(pub Duration);

impl<'py> FromPyObject<'_, 'py> for Every {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Every> {
        let text: String = duration_text(&o)?;
        Duration::try_parse(&text).map(Every).map_err(refused)
    }
}

/// A length of time as the text that means it.
pub fn duration_text(o: &pyo3::Bound<'_, PyAny>) -> PyResult<String> {
    if o.is_instance_of::<PyString>() {
        return o.extract();
    }
    let parts = o.py().import("tilework.frame._values")?.getattr("duration_text")?.call1((o,))?;
    parts
        .extract::<Option<String>>()?
        .ok_or_else(|| PyTypeError::new_err(format!("a length of time is text like '1d12h' or a timedelta, not {}", o.get_type())))
}
