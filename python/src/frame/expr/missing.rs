//! Nulls, NaN, duplicates, and values in place of others.

use crate::frame::choice::Closed;
use crate::frame::dtype::DType;
use crate::frame::expr::{Col, Lit, PyExpr, example, plain};
use crate::frame::value;
use polars::prelude::{ClosedInterval, Expr, FillNullStrategy, NULL, PlSmallStr, lit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyDictMethods, PyString};

plain! { PyExpr, "";
    is_null: "Whether values are null.", "[1, None]" => "[False, True]", Expr::is_null;
    is_not_null: "Whether values are not null.", "[1, None]" => "[True, False]", Expr::is_not_null;
    is_nan: "Whether values are NaN.", "[1.0, float('nan')]" => "[False, True]", Expr::is_nan;
    is_not_nan: "Whether values are not NaN.", "[1.0, float('nan')]" => "[True, False]", Expr::is_not_nan;
    drop_nulls: "The values that are not null.", "[1, None]" => "[1]", Expr::drop_nulls;
    drop_nans: "The values that are not NaN.", "[1.0, float('nan')]" => "[1.0]", Expr::drop_nans;
    is_unique: "Whether values are there once.", "[1, 1, 2]" => "[False, False, True]", Expr::is_unique;
    is_duplicated: "Whether values are there several times.", "[1, 1, 2]" => "[True, True, False]", Expr::is_duplicated;
    is_first_distinct: "Whether values are the first of their like.", "[1, 1, 2]" => "[True, False, True]", Expr::is_first_distinct;
    is_last_distinct: "Whether values are the last of their like.", "[1, 1, 2]" => "[False, True, True]", Expr::is_last_distinct;
}

/// A literal of one value of each, or an expression as it is.
fn collection(o: &Bound<'_, PyAny>) -> PyResult<Expr> {
    let sequence = |o: &Bound<'_, PyAny>| -> PyResult<bool> {
        Ok(!o.is_instance_of::<PyString>() && !o.is_instance_of::<PyExpr>() && (o.hasattr("__len__")? || o.hasattr("__next__")?))
    };
    if !sequence(o)? || o.hasattr("__arrow_c_stream__")? || o.hasattr("__arrow_c_array__")? {
        return Ok(o.extract::<Lit>()?.0);
    }
    Ok(value::literal(value::series("literal", o)?))
}

/// A literal of one list of these values, for functions that look values up in a list.
fn haystack(o: &Bound<'_, PyAny>) -> PyResult<Expr> {
    match collection(o)? {
        Expr::Literal(v) if !v.is_scalar() => Ok(Expr::Literal(v).implode(true)),
        e => Ok(e),
    }
}

/// Keys and values of a dict, or the two that were given.
fn mapping(old: &Bound<'_, PyAny>, new: Option<&Bound<'_, PyAny>>) -> PyResult<(Expr, Expr)> {
    match (old.cast::<PyDict>(), new) {
        (Ok(d), None) => Ok((
            value::literal(value::series("literal", d.keys().as_any())?),
            value::literal(value::series("literal", d.values().as_any())?),
        )),
        (_, Some(new)) => Ok((collection(old)?, collection(new)?)),
        (Err(_), None) => Err(PyTypeError::new_err("give a dict, or both old and new values")),
    }
}

#[pymethods]
impl PyExpr {
    #[doc = concat!("Another value in place of nulls.\n\nParameters\n----------\nvalue : expression or value, optional\nstrategy : {'forward', 'backward', 'min', 'max', 'mean', 'zero', 'one'}, optional\n    Or where the other value comes from.\nlimit : int, optional\n    How many nulls in a row are filled forward or backward.", example!("[1, None, 3]", "fill_null(0)", "[1, 0, 3]"))]
    #[pyo3(signature = (value=None, strategy=None, limit=None))]
    fn fill_null(&self, value: Option<Lit>, strategy: Option<&str>, limit: Option<u32>) -> PyResult<PyExpr> {
        let e = self.0.clone();
        match (value, strategy) {
            (Some(_), Some(_)) => Err(PyValueError::new_err("give a value or a strategy, not both")),
            (None, None) => Err(PyValueError::new_err("give a value or a strategy")),
            (Some(v), None) => Ok(e.fill_null(v.0).into()),
            (None, Some(name)) => Ok(e.fill_null_with_strategy(filling(name, limit)?).into()),
        }
    }

    #[doc = concat!("Another value in place of NaN.", example!("[1.0, float('nan')]", "fill_nan(None)", "[1.0, None]"))]
    #[pyo3(signature = (value))]
    fn fill_nan(&self, value: Lit) -> PyExpr {
        self.0.clone().fill_nan(value.0).into()
    }

    #[doc = concat!("The value before in place of nulls.", example!("[1, None, None]", "forward_fill(1)", "[1, 1, None]"))]
    #[pyo3(signature = (limit=None))]
    fn forward_fill(&self, limit: Option<u32>) -> PyExpr {
        self.0.clone().fill_null_with_strategy(FillNullStrategy::Forward(limit)).into()
    }

    #[doc = concat!("The value after in place of nulls.", example!("[None, None, 3]", "backward_fill()", "[3, 3, 3]"))]
    #[pyo3(signature = (limit=None))]
    fn backward_fill(&self, limit: Option<u32>) -> PyExpr {
        self.0.clone().fill_null_with_strategy(FillNullStrategy::Backward(limit)).into()
    }

    #[doc = concat!("Whether values are among others.\n\nParameters\n----------\nother : expression, or a collection of values\nnulls_equal : bool\n    Whether null is among values that have a null; otherwise null is null.", example!("[1, 2, None]", "is_in([2, 3])", "[False, True, None]"))]
    #[pyo3(signature = (other, *, nulls_equal=false))]
    fn is_in(&self, other: &Bound<'_, PyAny>, nulls_equal: bool) -> PyResult<PyExpr> {
        if other.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("is_in takes an expression or a collection of values, not text"));
        }
        Ok(self.0.clone().is_in(haystack(other)?, nulls_equal).into())
    }

    #[doc = concat!("Whether values lie between two bounds.\n\nParameters\n----------\nlower_bound, upper_bound : expressions or values\nclosed : {'both', 'left', 'right', 'none'}\n    Which of the bounds is between.", example!("[1, 2, 3]", "is_between(2, 3)", "[False, True, True]"))]
    #[pyo3(signature = (lower_bound, upper_bound, closed=Closed(ClosedInterval::Both)))]
    fn is_between(&self, lower_bound: Col, upper_bound: Col, closed: Closed) -> PyExpr {
        self.0.clone().is_between(lower_bound.0, upper_bound.0, closed.0).into()
    }

    #[doc = concat!("Other values in place of some.\n\nParameters\n----------\nold : value, sequence, or a dict from old to new values\nnew : value or sequence, optional", example!("[1, 2, 3]", "replace({1: 10, 2: 20})", "[10, 20, 3]"))]
    #[pyo3(signature = (old, new=None))]
    fn replace(&self, old: &Bound<'_, PyAny>, new: Option<&Bound<'_, PyAny>>) -> PyResult<PyExpr> {
        let (old, new) = mapping(old, new)?;
        Ok(self.0.clone().replace(old, new).into())
    }

    #[doc = concat!("Other values in place of all.\n\nParameters\n----------\nold, new\n    As of :meth:`replace`.\ndefault : expression or value, optional\n    What values become that are not among the old ones; without it they are an error.\nreturn_dtype : type, optional", example!("[1, 2]", "replace_strict({1: 'one', 2: 'two'})", "['one', 'two']"))]
    #[pyo3(signature = (old, new=None, **options))]
    fn replace_strict(
        &self,
        old: &Bound<'_, PyAny>,
        new: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyExpr> {
        let (old, new) = mapping(old, new)?;
        let mut default = None;
        let mut dtype = None;
        for (name, value) in options.into_iter().flat_map(|d| d.iter()) {
            match name.extract::<String>()?.as_str() {
                "default" => default = Some(if value.is_none() { lit(NULL) } else { value.extract::<Col>()?.0 }),
                "return_dtype" if value.is_none() => {}
                "return_dtype" => dtype = Some(value.extract::<DType>()?.0),
                other => return Err(PyTypeError::new_err(format!("replace_strict has no argument '{other}'"))),
            }
        }
        Ok(self.0.clone().replace_strict(old, new, default, dtype).into())
    }

    #[doc = concat!("The bin of each value, as a category.\n\nParameters\n----------\nbreaks : sequence of float\n    Where one bin ends and the next starts.\nlabels : sequence of str, optional\nleft_closed : bool\ninclude_breaks : bool\n    Whether the ends of bins are given too.", example!("[1, 5]", "cut([3], labels=['low', 'high'])", "['low', 'high']"))]
    #[pyo3(signature = (breaks, *, labels=None, left_closed=false, include_breaks=false))]
    fn cut(&self, breaks: Vec<f64>, labels: Option<Vec<String>>, left_closed: bool, include_breaks: bool) -> PyExpr {
        self.0.clone().cut(breaks, names(labels), left_closed, include_breaks).into()
    }

    #[doc = concat!("The bin of each value, where bins end at quantiles.\n\nParameters\n----------\nquantiles : sequence of float, or how many bins\nlabels, left_closed, include_breaks\n    As of :meth:`cut`.\nallow_duplicates : bool\n    Whether bins that end at the same value are one, not an error.", example!("[1, 2, 3, 4]", "qcut(2, labels=['low', 'high'])", "['low', 'low', 'high', 'high']"))]
    #[pyo3(signature = (quantiles, *, labels=None, left_closed=false, allow_duplicates=false, include_breaks=false))]
    fn qcut(
        &self,
        quantiles: &Bound<'_, PyAny>,
        labels: Option<Vec<String>>,
        left_closed: bool,
        allow_duplicates: bool,
        include_breaks: bool,
    ) -> PyResult<PyExpr> {
        let e = self.0.clone();
        Ok(match quantiles.extract::<usize>() {
            Ok(n) => e.qcut_uniform(n, names(labels), left_closed, allow_duplicates, include_breaks),
            Err(_) => e.qcut(quantiles.extract()?, names(labels), left_closed, allow_duplicates, include_breaks),
        }
        .into())
    }
}

fn names(labels: Option<Vec<String>>) -> Option<Vec<PlSmallStr>> {
    labels.map(|l| l.into_iter().map(Into::into).collect())
}

/// A strategy of filling nulls.
pub fn filling(name: &str, limit: Option<u32>) -> PyResult<FillNullStrategy> {
    Ok(match name {
        "forward" => FillNullStrategy::Forward(limit),
        "backward" => FillNullStrategy::Backward(limit),
        "min" => FillNullStrategy::Min,
        "max" => FillNullStrategy::Max,
        "mean" => FillNullStrategy::Mean,
        "zero" => FillNullStrategy::Zero,
        "one" => FillNullStrategy::One,
        _ => {
            let all = "'forward', 'backward', 'min', 'max', 'mean', 'zero', 'one'";
            return Err(PyValueError::new_err(format!("'{name}' is no strategy of filling nulls: there are {all}")));
        }
    })
}
