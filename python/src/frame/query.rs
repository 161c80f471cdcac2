//! Steps of a query: each is a method of Polars' `LazyFrame`, checked when it is called.

use crate::error::{Fail, Out, value};
use crate::frame::Frame;
use crate::frame::choice::{Flags, Keep};
use crate::frame::dtype::DType;
use crate::frame::expr::missing::filling;
use crate::frame::expr::order::sorting;
use crate::frame::expr::{Col, Cols, Lit, all_of, expressions, predicates};
use crate::frame::function::Attached;
use crate::frame::selector::Columns;
use polars::prelude::{ExplodeOptions, Expr, IdxSize, LazyFrame, PlSmallStr, PolarsError, SchemaRef, UnpivotArgsDSL, all};
use pyo3::prelude::{Bound, PyAny, Python};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tilework::Error;
use tilework::base::near::suggestion;
use tilework::chunk::dataframe::table_error;

/// Polars' error, with the name that was probably meant among those of the tables before.
pub fn told(e: PolarsError, known: &[SchemaRef]) -> Fail {
    let error = table_error(e);
    let missing = error.message().strip_prefix("there is no column '").and_then(|m| m.strip_suffix('\''));
    let Some(name) = missing else { return error.into() };
    let names: Vec<String> = known.iter().flat_map(|s| s.iter_names().map(ToString::to_string)).collect();
    Error::usage(format!("there is no column '{name}'{}", suggestion(name, &names, 12))).into()
}

/// Makes a query of others and finds its columns, where what is wrong with it shows.
pub fn checked(py: Python<'_>, inputs: &[&Frame], make: impl FnOnce() -> Result<LazyFrame, PolarsError> + Send) -> Out<Frame> {
    py.detach(|| {
        let known = || inputs.iter().filter_map(|f| f.query.schema().ok()).collect::<Vec<_>>();
        let made = catch_unwind(AssertUnwindSafe(|| {
            let query = make()?;
            query.clone().collect_schema()?;
            Ok(query)
        }));
        let query = made
            .unwrap_or_else(|_| Err(polars::error::polars_err!(ComputeError: "Polars cannot plan this step")))
            .map_err(|e| told(e, &known()))?;
        let partition_bytes = inputs.iter().map(|f| f.partition_bytes).min().ok_or_else(|| value("a query needs a table"))?;
        let mut made = Frame::new(query, partition_bytes);
        made.attached = Attached::of(inputs.iter().copied());
        Ok(made)
    })
}

impl Frame {
    /// A step over this query.
    pub fn step(&self, py: Python<'_>, step: impl FnOnce(LazyFrame) -> LazyFrame + Send) -> Out<Frame> {
        let query = self.query.lazy();
        checked(py, &[self], move || Ok(step(query)))
    }
}

#[pymethods]
impl Frame {
    #[pyo3(signature = (*exprs, **named))]
    fn select(&self, py: Python<'_>, exprs: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> Out<Frame> {
        let exprs = expressions(exprs, named)?;
        self.step(py, |q| q.select(exprs))
    }

    #[pyo3(signature = (*exprs, **named))]
    fn with_columns(&self, py: Python<'_>, exprs: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> Out<Frame> {
        let exprs = expressions(exprs, named)?;
        self.step(py, |q| q.with_columns(exprs))
    }

    #[pyo3(signature = (*predicates, **constraints))]
    fn filter(&self, py: Python<'_>, predicates: &Bound<'_, PyTuple>, constraints: Option<&Bound<'_, PyDict>>) -> Out<Frame> {
        let condition = all_of(self::predicates(predicates, constraints)?)?;
        self.step(py, |q| q.filter(condition))
    }

    #[pyo3(signature = (*predicates, **constraints))]
    fn remove(&self, py: Python<'_>, predicates: &Bound<'_, PyTuple>, constraints: Option<&Bound<'_, PyDict>>) -> Out<Frame> {
        let condition = all_of(self::predicates(predicates, constraints)?)?;
        self.step(py, |q| q.remove(condition))
    }

    fn sort(&self, py: Python<'_>, by: Cols, descending: Flags, nulls_last: Flags) -> Out<Frame> {
        let options = sorting(by.0.len(), &descending, &nulls_last, true)?;
        self.step(py, |q| q.sort_by_exprs(by.0, options))
    }

    fn top_k(&self, py: Python<'_>, k: IdxSize, by: Cols, reverse: Flags) -> Out<Frame> {
        let options = sorting(by.0.len(), &reverse, &Flags(vec![true]), true)?;
        self.step(py, |q| q.top_k(k, by.0, options))
    }

    fn bottom_k(&self, py: Python<'_>, k: IdxSize, by: Cols, reverse: Flags) -> Out<Frame> {
        let options = sorting(by.0.len(), &reverse, &Flags(vec![true]), true)?;
        self.step(py, |q| q.bottom_k(k, by.0, options))
    }

    #[pyo3(signature = (subset, keep))]
    fn unique(&self, py: Python<'_>, subset: Option<Cols>, keep: Keep) -> Out<Frame> {
        self.step(py, |q| q.unique_stable_generic(subset.map(|s| s.0), keep.0))
    }

    fn slice(&self, py: Python<'_>, offset: i64, length: IdxSize) -> Out<Frame> {
        self.step(py, |q| q.slice(offset, length))
    }

    fn limit(&self, py: Python<'_>, n: IdxSize) -> Out<Frame> {
        self.step(py, |q| q.limit(n))
    }

    fn tail(&self, py: Python<'_>, n: IdxSize) -> Out<Frame> {
        self.step(py, |q| q.tail(n))
    }

    fn reverse(&self, py: Python<'_>) -> Out<Frame> {
        self.step(py, LazyFrame::reverse)
    }

    fn drop(&self, py: Python<'_>, columns: &Bound<'_, PyAny>, strict: bool) -> Out<Frame> {
        let columns = crate::frame::selector::columns(columns, strict)?;
        self.step(py, |q| q.drop(columns))
    }

    #[pyo3(signature = (subset=None))]
    fn drop_nulls(&self, py: Python<'_>, subset: Option<Columns>) -> Out<Frame> {
        self.step(py, |q| q.drop_nulls(subset.map(|s| s.0)))
    }

    #[pyo3(signature = (subset=None))]
    fn drop_nans(&self, py: Python<'_>, subset: Option<Columns>) -> Out<Frame> {
        self.step(py, |q| q.drop_nans(subset.map(|s| s.0)))
    }

    #[pyo3(signature = (value, strategy, limit))]
    fn fill_null(&self, py: Python<'_>, value: Option<Lit>, strategy: Option<&str>, limit: Option<u32>) -> Out<Frame> {
        match (value, strategy) {
            (Some(v), None) => self.step(py, |q| q.fill_null(v.0)),
            (None, Some(name)) => {
                let strategy = filling(name, limit)?;
                self.step(py, |q| q.select([all().as_expr().fill_null_with_strategy(strategy)]))
            }
            _ => Err(crate::error::value("give a value or a strategy")),
        }
    }

    fn fill_nan(&self, py: Python<'_>, value: Lit) -> Out<Frame> {
        self.step(py, |q| q.fill_nan(value.0))
    }

    fn rename(&self, py: Python<'_>, existing: Vec<String>, new: Vec<String>, strict: bool) -> Out<Frame> {
        self.step(py, |q| q.rename(existing, new, strict))
    }

    fn cast(&self, py: Python<'_>, columns: Vec<(Columns, DType)>, strict: bool) -> Out<Frame> {
        let cast = |(c, t): (Columns, DType)| {
            let e = c.0.as_expr();
            if strict { e.strict_cast(t.0) } else { e.cast(t.0) }
        };
        let exprs: Vec<Expr> = columns.into_iter().map(cast).collect();
        self.step(py, |q| q.with_columns(exprs))
    }

    fn with_row_index(&self, py: Python<'_>, name: String, offset: IdxSize) -> Out<Frame> {
        self.step(py, |q| q.with_row_index(PlSmallStr::from_string(name), Some(offset)))
    }

    fn explode(&self, py: Python<'_>, columns: Columns, empty_as_null: bool, keep_nulls: bool) -> Out<Frame> {
        self.step(py, |q| q.explode(columns.0, ExplodeOptions { empty_as_null, keep_nulls }))
    }

    #[pyo3(signature = (columns, separator))]
    fn unnest(&self, py: Python<'_>, columns: Columns, separator: Option<String>) -> Out<Frame> {
        self.step(py, |q| q.unnest(columns.0, separator.map(PlSmallStr::from_string)))
    }

    #[pyo3(signature = (on, index, variable_name, value_name))]
    fn unpivot(
        &self,
        py: Python<'_>,
        on: Option<Columns>,
        index: Option<Columns>,
        variable_name: Option<String>,
        value_name: Option<String>,
    ) -> Out<Frame> {
        let args = UnpivotArgsDSL {
            on: on.map(|c| c.0),
            index: index.map_or(polars::prelude::Selector::Empty, |c| c.0),
            variable_name: variable_name.map(Into::into),
            value_name: value_name.map(Into::into),
        };
        self.step(py, |q| q.unpivot(args))
    }

    #[pyo3(signature = (n, fill_value))]
    fn shift(&self, py: Python<'_>, n: Col, fill_value: Option<Lit>) -> Out<Frame> {
        self.step(py, |q| match fill_value {
            Some(v) => q.shift_and_fill(n.0, v.0),
            None => q.shift(n.0),
        })
    }

    /// The plan of Polars that the engine reads.
    fn polars_plan(&self, py: Python<'_>, optimized: bool) -> Out<String> {
        let query = self.query.lazy();
        Ok(py.detach(|| query.explain(optimized)).map_err(table_error)?)
    }
}
