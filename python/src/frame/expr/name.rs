//! `Expr.name`, `Expr.alias`, `Expr.meta`: the names of results.

use crate::error::{Fail, Out};
use crate::frame::dtype::{DType, refused};
use crate::frame::expr::{PyExpr, example, namespace};
use polars::prelude::{Expr, PlSmallStr};
use polars_plan::dsl::Selector;
use polars_plan::prelude::PlanCallback;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyResult, Python};
use pyo3::pymethods;
use pyo3::types::{PyString, PyTuple, PyTupleMethods};

namespace!(PyName, "ExprName", "What is done to the names of results: ``Expr.name``.");
namespace!(PyMeta, "ExprMeta", "What an expression is made of: ``Expr.meta``.");

#[pymethods]
impl PyExpr {
    /// What is done to the names of results.
    #[getter]
    fn name(&self) -> PyName {
        PyName(self.0.clone())
    }

    /// What the expression is made of.
    #[getter]
    fn meta(&self) -> PyMeta {
        PyMeta(self.0.clone())
    }

    #[doc = concat!("The same under another name.", example!("[1]", "alias('b').alias('a')", "[1]"))]
    fn alias(&self, name: String) -> PyExpr {
        self.0.clone().alias(PlSmallStr::from_string(name)).into()
    }

    /// All columns that the expression means, but for some.
    ///
    /// Parameters
    /// ----------
    /// columns, *more_columns : names, or types
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> tf.from_dict({"a": [1], "b": [2]}).select(tf.all().exclude("a")).to_dict()
    /// {'b': [2]}
    #[pyo3(signature = (columns, *more_columns))]
    fn exclude(&self, columns: &Bound<'_, PyAny>, more_columns: &Bound<'_, PyTuple>) -> PyResult<PyExpr> {
        let columns: Vec<Bound<'_, PyAny>> = match columns.extract::<Vec<Bound<'_, PyAny>>>() {
            Ok(many) if !columns.is_instance_of::<PyString>() => many,
            _ => vec![columns.clone()],
        };
        let selector = self.0.clone().into_selector();
        let selector = selector.ok_or_else(|| PyTypeError::new_err("exclude follows what means columns: tf.all(), tf.col"))?;
        let mut names: Vec<PlSmallStr> = Vec::new();
        let mut dtypes = Vec::new();
        for c in columns.into_iter().chain(more_columns.iter()) {
            match c.extract::<String>() {
                Ok(name) => names.push(name.into()),
                Err(_) => dtypes.push(c.extract::<DType>()?.0),
            }
        }
        let mut selector: Selector = selector;
        if !names.is_empty() {
            selector = selector.exclude_cols(names);
        }
        if !dtypes.is_empty() {
            selector = selector.exclude_dtype(dtypes);
        }
        Ok(selector.as_expr().into())
    }
}

#[pymethods]
impl PyName {
    /// The name of the column that the expression starts from.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> tf.from_dict({"a": [1]}).select((1 + tf.col("a")).name.keep()).to_dict()
    /// {'a': [2]}
    fn keep(&self) -> PyExpr {
        self.0.clone().name().keep().into()
    }

    /// The name with text before it.
    fn prefix(&self, prefix: &str) -> PyExpr {
        self.0.clone().name().prefix(prefix).into()
    }

    /// The name with text after it.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> tf.from_dict({"a": [1]}).select(tf.all().sum().name.suffix("_sum")).to_dict()
    /// {'a_sum': [1]}
    fn suffix(&self, suffix: &str) -> PyExpr {
        self.0.clone().name().suffix(suffix).into()
    }

    /// The name in small letters.
    fn to_lowercase(&self) -> PyExpr {
        self.0.clone().name().to_lowercase().into()
    }

    /// The name in capital letters.
    fn to_uppercase(&self) -> PyExpr {
        self.0.clone().name().to_uppercase().into()
    }

    /// The name with what a pattern matches replaced.
    #[pyo3(signature = (pattern, value, *, literal=false))]
    fn replace(&self, pattern: &str, value: &str, literal: bool) -> PyExpr {
        self.0.clone().name().replace(pattern, value, literal).into()
    }

    /// What a function of Python's makes of the name; it is called while the query is planned.
    fn map(&self, function: Py<PyAny>) -> PyExpr {
        self.0.clone().name().map(renaming(function)).into()
    }

    /// What a function of Python's makes of the names of a struct's fields.
    fn map_fields(&self, function: Py<PyAny>) -> PyExpr {
        self.0.clone().name().map_fields(renaming(function)).into()
    }

    /// The names of a struct's fields with text before them.
    fn prefix_fields(&self, prefix: &str) -> PyExpr {
        self.0.clone().name().prefix_fields(prefix).into()
    }

    /// The names of a struct's fields with text after them.
    fn suffix_fields(&self, suffix: &str) -> PyExpr {
        self.0.clone().name().suffix_fields(suffix).into()
    }
}

fn renaming(function: Py<PyAny>) -> PlanCallback<PlSmallStr, PlSmallStr> {
    PlanCallback::new(move |name: PlSmallStr| {
        Python::attach(|py| function.call1(py, (name.as_str(),))?.extract::<String>(py))
            .map(PlSmallStr::from_string)
            .map_err(|e| polars::error::polars_err!(ComputeError: "the function of a name: {e}"))
    })
}

#[pymethods]
impl PyMeta {
    /// The names of the columns that the expression reads.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> (tf.col("a") + tf.col("b")).meta.root_names()
    /// ['a', 'b']
    fn root_names(&self) -> Vec<String> {
        let leaves = self.0.into_iter().filter_map(|e| match e {
            Expr::Column(name) => Some(name.to_string()),
            _ => None,
        });
        leaves.collect()
    }

    /// The name of the result.
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> tf.col("a").sum().alias("total").meta.output_name()
    /// 'total'
    #[pyo3(signature = (*, raise_if_undetermined=true))]
    fn output_name(&self, raise_if_undetermined: bool) -> Out<Option<String>> {
        match polars_plan::utils::expr_output_name(&self.0) {
            Ok(name) => Ok(Some(name.to_string())),
            Err(_) if !raise_if_undetermined => Ok(None),
            Err(e) => Err(Fail::from(PyValueError::new_err(refused(e).to_string()))),
        }
    }

    /// The same expression without the names it was given.
    fn undo_aliases(&self) -> PyExpr {
        self.0
            .clone()
            .map_expr(|e| match e {
                Expr::Alias(inner, _) => std::sync::Arc::unwrap_or_clone(inner),
                Expr::RenameAlias { expr, .. } => std::sync::Arc::unwrap_or_clone(expr),
                other => other,
            })
            .into()
    }

    /// Whether the expression is a literal.
    #[pyo3(signature = (*, allow_aliasing=false))]
    fn is_literal(&self, allow_aliasing: bool) -> bool {
        match &self.0 {
            Expr::Literal(_) => true,
            Expr::Alias(inner, _) => allow_aliasing && matches!(**inner, Expr::Literal(_)),
            _ => false,
        }
    }

    /// Whether two expressions are the same.
    fn eq(&self, other: &Bound<'_, PyExpr>) -> bool {
        self.0 == other.get().0
    }
}
