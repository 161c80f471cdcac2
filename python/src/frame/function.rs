//! Functions of Python's on tables, called while a query runs.

use crate::error::{Fail, Out};
use crate::frame::dtype::DType;
use crate::frame::expr::Cols;
use crate::frame::query::checked;
use crate::frame::{Frame, Table};
use polars::lazy::frame::OptFlags;
use polars::prelude::{DataFrame, PlSmallStr, PolarsResult, Schema, SchemaRef};
use polars_plan::plans::UdfSchema;
use polars_plan::prelude::PlanCallback;
use pyo3::prelude::{Py, PyAny, PyAnyMethods, PyErr, PyRef, PyResult, Python};
use pyo3::pymethods;
use std::sync::{Arc, Mutex, PoisonError};
use tilework::frame::Kept;

/// What a query has besides its plan.
#[derive(Clone, Default)]
pub struct Attached {
    /// Files of results that it reads, which are there as long as it is.
    pub files: Vec<Arc<Kept>>,
    /// What its functions failed with.
    failures: Vec<Arc<Failure>>,
}

/// The exception that a function raised, until it is told.
#[derive(Default)]
struct Failure(Mutex<Option<PyErr>>);

impl Attached {
    /// What several queries have, for one that is made of them.
    pub fn of<'a>(frames: impl Iterator<Item = &'a Frame>) -> Attached {
        let mut all = Attached::default();
        for f in frames {
            all.files.extend(f.attached.files.iter().cloned());
            all.failures.extend(f.attached.failures.iter().cloned());
        }
        all
    }

    /// The exception that a function raised in place of the engine's error about it, which becomes a note.
    pub fn own(&self, py: Python<'_>, failed: Fail) -> Fail {
        let taken = self.failures.iter().find_map(|f| f.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        let (Some(own), Fail::Engine(e)) = (taken, &failed) else { return failed };
        // `add_note` is Python 3.11's; without it the exception is as it was.
        let _ = own.value(py).getattr("add_note").and_then(|note| note.call1((e.to_string(),)));
        own.into()
    }
}

/// A function of Python's from a table to a table.
fn calling(function: Py<PyAny>, failure: Arc<Failure>) -> impl Fn(DataFrame) -> PolarsResult<DataFrame> + Send + Sync + 'static {
    move |rows| {
        let called = Python::attach(|py| -> PyResult<DataFrame> {
            let given = Py::new(py, Table(rows))?;
            let made = function.call1(py, (given,))?;
            let made = made.bind(py).extract::<PyRef<'_, Table>>()?;
            Ok(made.0.clone())
        });
        called.map_err(|e| {
            let text = e.to_string();
            *failure.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
            polars::error::polars_err!(ComputeError: "{text} was raised here")
        })
    }
}

fn declared(schema: Vec<(String, DType)>) -> SchemaRef {
    let schema: Schema = schema.into_iter().map(|(n, t)| (PlSmallStr::from_string(n), t.0)).collect();
    Arc::new(schema)
}

#[pymethods]
impl Frame {
    /// What a function makes of every partition, as columns that are declared.
    fn map_partitions(&self, py: Python<'_>, function: Py<PyAny>, schema: Vec<(String, DType)>) -> Out<Frame> {
        let failure = Arc::new(Failure::default());
        let (call, schema) = (calling(function, failure.clone()), declared(schema));
        let schema: Arc<dyn UdfSchema> = Arc::new(move |_: &Schema| Ok(schema.clone()));
        let query = self.query.lazy();
        let mut made =
            checked(py, &[self], move || Ok(query.map(call, OptFlags::STREAMING, Some(schema), Some("map_partitions"))))?;
        made.attached.failures.push(failure);
        Ok(made)
    }

    /// What a function makes of the rows of every group, as columns that are declared.
    fn map_groups(&self, py: Python<'_>, keys: Cols, function: Py<PyAny>, schema: Vec<(String, DType)>) -> Out<Frame> {
        let failure = Arc::new(Failure::default());
        let (call, schema) = (PlanCallback::new(calling(function, failure.clone())), declared(schema));
        let query = self.query.lazy();
        let mut made = checked(py, &[self], move || Ok(query.group_by_stable(keys.0).apply(call, schema)))?;
        made.attached.failures.push(failure);
        Ok(made)
    }
}
