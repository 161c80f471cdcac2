//! Groups: of equal keys, of windows of time, of pivots.

use crate::error::Out;
use crate::frame::Frame;
use crate::frame::choice::{ClosedSide, Every, Naming, Start, WindowLabel};
use crate::frame::expr::{Col, Cols, expressions};
use crate::frame::query::checked;
use crate::frame::selector::Columns;
use crate::frame::{Table, dtype::refused};
use polars::prelude::{DynamicGroupOptions, RollingGroupOptions};
use pyo3::prelude::{Bound, PyRef, Python};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

#[pymethods]
impl Frame {
    /// Groups of equal keys, in order of their first row.
    #[pyo3(signature = (keys, having, *aggs, **named))]
    fn group_by(
        &self,
        py: Python<'_>,
        keys: Cols,
        having: Cols,
        aggs: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> Out<Frame> {
        let aggs = expressions(aggs, named)?;
        self.step(py, |q| {
            let groups = having.0.into_iter().fold(q.group_by_stable(keys.0), |g, p| g.having(p));
            groups.agg(aggs)
        })
    }

    /// Groups of windows of time.
    #[pyo3(signature = (index, every, period, offset, label, include_boundaries, closed, start_by, group_by, *aggs, **named))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn group_by_dynamic(
        &self,
        py: Python<'_>,
        index: Col,
        every: Every,
        period: Option<Every>,
        offset: Option<Every>,
        label: WindowLabel,
        include_boundaries: bool,
        closed: ClosedSide,
        start_by: Start,
        group_by: Cols,
        aggs: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> Out<Frame> {
        let aggs = expressions(aggs, named)?;
        let zero = polars::prelude::Duration::try_parse("0ns").map_err(refused)?;
        let options = DynamicGroupOptions {
            every: every.0,
            period: period.map_or(every.0, |p| p.0),
            offset: offset.map_or(zero, |o| o.0),
            label: label.0,
            include_boundaries,
            closed_window: closed.0,
            start_by: start_by.0,
            ..Default::default()
        };
        self.step(py, |q| q.group_by_dynamic(index.0, group_by.0, options).agg(aggs))
    }

    /// Groups of the windows of time that end at rows.
    #[pyo3(signature = (index, period, offset, closed, group_by, *aggs, **named))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn rolling(
        &self,
        py: Python<'_>,
        index: Col,
        period: Every,
        offset: Option<Every>,
        closed: ClosedSide,
        group_by: Cols,
        aggs: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> Out<Frame> {
        let aggs = expressions(aggs, named)?;
        let options = RollingGroupOptions {
            period: period.0,
            offset: offset.map_or(-period.0, |o| o.0),
            closed_window: closed.0,
            ..Default::default()
        };
        self.step(py, |q| q.rolling(index.0, group_by.0, options).agg(aggs))
    }

    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn pivot(
        &self,
        py: Python<'_>,
        on: Columns,
        on_columns: PyRef<'_, Table>,
        index: Columns,
        values: Columns,
        agg: Col,
        separator: &str,
        naming: Naming,
    ) -> Out<Frame> {
        let on_columns = Arc::new(on_columns.0.clone());
        let query = self.query.lazy();
        let separator = separator.into();
        checked(py, &[self], move || Ok(query.pivot(on.0, on_columns, index.0, values.0, agg.0, true, separator, naming.0)))
    }
}
