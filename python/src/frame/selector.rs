//! Selectors: sets of columns by name, place or type.

use crate::error::{Fail, Out};
use crate::frame::dtype::{DType, time_unit, time_zone};
use crate::frame::expr::arithmetic::compared;
use crate::frame::expr::{Lit, PyExpr};
use polars::prelude::{PlSmallStr, Selector, TimeZone, by_name};
use polars_plan::dsl::{DataTypeSelector, TimeUnitSet, TimeZoneSet};
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Bound, Py, PyAny, PyAnyMethods, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::types::{PyString, PyTuple, PyTupleMethods};
use pyo3::{IntoPyObjectExt, PyClassInitializer, pyclass, pyfunction, pymethods};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A set of columns, which is an expression of them all.
///
/// ``|``, ``&``, ``-``, ``^`` and ``~`` of selectors are those of sets.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> f = tf.from_dict({"a": [1], "b": [2.5], "c": ["x"]})
/// >>> f.select(cs.numeric() - cs.by_name("a")).to_dict()
/// {'b': [2.5]}
#[pyclass(frozen, extends = PyExpr, module = "tilework.frame.selectors", name = "Selector")]
pub struct PySelector(pub Selector);

impl PySelector {
    fn make(py: Python<'_>, selector: Selector) -> PyResult<Py<PySelector>> {
        let whole = PyExpr(selector.clone().as_expr());
        Py::new(py, PyClassInitializer::from(whole).add_subclass(PySelector(selector)))
    }

    /// A set of both, or an expression of all columns where the other is none.
    fn with(
        &self,
        other: &Bound<'_, PyAny>,
        set: fn(Selector, Selector) -> Selector,
        expr: fn(polars::prelude::Expr, polars::prelude::Expr) -> polars::prelude::Expr,
    ) -> PyResult<Py<PyAny>> {
        let py = other.py();
        match other.cast::<PySelector>() {
            Ok(s) => PySelector::make(py, set(self.0.clone(), s.get().0.clone()))?.into_py_any(py),
            Err(_) => PyExpr(expr(self.0.clone().as_expr(), other.extract::<Lit>()?.0)).into_py_any(py),
        }
    }
}

#[pymethods]
impl PySelector {
    fn __repr__(&self) -> String {
        self.0.to_string()
    }

    // A class with a hash of its own has no comparisons of its base.
    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __richcmp__(&self, other: Lit, op: CompareOp) -> PyExpr {
        compared(self.0.clone().as_expr(), op, other.0).into()
    }

    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.with(other, |a, b| a | b, polars::prelude::Expr::or)
    }

    fn __and__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.with(other, |a, b| a & b, polars::prelude::Expr::and)
    }

    fn __xor__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.with(other, |a, b| a ^ b, polars::prelude::Expr::xor)
    }

    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.with(other, |a, b| a - b, |a, b| a - b)
    }

    fn __invert__(&self, py: Python<'_>) -> PyResult<Py<PySelector>> {
        PySelector::make(py, !self.0.clone())
    }

    /// The columns as an expression, so that operators are those of their values.
    fn as_expr(&self) -> PyExpr {
        self.0.clone().as_expr().into()
    }
}

/// The columns that an argument means: a name, a selector, a type, or a sequence of them.
///
/// # Errors
/// TypeError: something else.
pub fn columns(o: &Bound<'_, PyAny>, strict: bool) -> PyResult<Selector> {
    if let Ok(s) = o.cast::<PySelector>() {
        return Ok(s.get().0.clone());
    }
    if o.is_instance_of::<PyString>() {
        return Ok(by_name([PlSmallStr::from_string(o.extract()?)], strict, true));
    }
    if let Ok(e) = o.cast::<PyExpr>() {
        let selector = e.get().0.clone().into_selector();
        return selector.ok_or_else(|| PyTypeError::new_err("columns are meant here, not what is computed of them"));
    }
    if let Ok(items) = o.try_iter() {
        let items = items.collect::<PyResult<Vec<_>>>()?;
        if items.iter().all(|i| i.is_instance_of::<PyString>()) {
            let names = items.iter().map(|i| Ok(PlSmallStr::from_string(i.extract()?))).collect::<PyResult<Vec<_>>>()?;
            return Ok(by_name(names, strict, true));
        }
        let all = items.iter().map(|i| columns(i, strict)).collect::<PyResult<Vec<_>>>()?;
        return Ok(all.into_iter().reduce(|a, b| a | b).unwrap_or(Selector::Empty));
    }
    let dtype = o.extract::<DType>().map_err(|_| PyTypeError::new_err("columns go by their names, or by selectors"))?;
    Ok(DataTypeSelector::AnyOf([dtype.0].into()).as_selector())
}

/// Columns in arguments.
pub struct Columns(pub Selector);

impl<'py> pyo3::FromPyObject<'_, 'py> for Columns {
    type Error = pyo3::PyErr;
    fn extract(o: pyo3::Borrowed<'_, 'py, PyAny>) -> PyResult<Columns> {
        columns(&o, true).map(Columns)
    }
}

/// Selectors without arguments: names, what they select, and the column that is selected of an example.
macro_rules! kinds {
    ($($name:ident as $python:literal: $doc:literal, $gives:literal, $selector:expr;)*) => {
        $(
            #[doc = concat!($doc, "\n\nExamples\n--------\n>>> import tilework.frame as tf\n>>> from tilework.frame import selectors as cs\n>>> f = tf.from_dict({\"i\": [1], \"f\": [0.5], \"s\": [\"x\"], \"b\": [True], \"l\": [[1]], \"d\": [{\"x\": 1}]})\n>>> f.select(cs.", $python, "()).columns\n", $gives)]
            #[pyfunction]
            #[pyo3(name = $python)]
            fn $name(py: Python<'_>) -> PyResult<Py<PySelector>> {
                PySelector::make(py, $selector)
            }
        )*
        fn register_kinds(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

fn of(kind: DataTypeSelector) -> Selector {
    kind.as_selector()
}

fn any_of<const N: usize>(dtypes: [polars::prelude::DataType; N]) -> Selector {
    of(DataTypeSelector::AnyOf(dtypes.into()))
}

use polars::prelude::DataType as T;

kinds! {
    all as "all": "All columns.", "['i', 'f', 's', 'b', 'l', 'd']", Selector::Wildcard;
    empty as "empty": "No columns.", "[]", Selector::Empty;
    first as "first": "The first column.", "['i']", polars_plan::prelude::first();
    last as "last": "The last column.", "['d']", polars_plan::prelude::last();
    numeric as "numeric": "Columns of numbers.", "['i', 'f']", of(DataTypeSelector::Numeric);
    integer as "integer": "Columns of whole numbers.", "['i']", of(DataTypeSelector::Integer);
    signed_integer as "signed_integer": "Columns of whole numbers with a sign.", "['i']", of(DataTypeSelector::SignedInteger);
    unsigned_integer as "unsigned_integer": "Columns of whole numbers without a sign.", "[]", of(DataTypeSelector::UnsignedInteger);
    float as "float": "Columns of floating-point numbers.", "['f']", of(DataTypeSelector::Float);
    decimal as "decimal": "Columns of decimal numbers.", "[]", of(DataTypeSelector::Decimal);
    boolean as "boolean": "Columns of true and false.", "['b']", any_of([T::Boolean]);
    binary as "binary": "Columns of bytes.", "[]", any_of([T::Binary]);
    date as "date": "Columns of dates.", "[]", any_of([T::Date]);
    time as "time": "Columns of times of day.", "[]", any_of([T::Time]);
    temporal as "temporal": "Columns of dates, times and lengths of time.", "[]", of(DataTypeSelector::Temporal);
    categorical as "categorical": "Columns of categories.", "[]", of(DataTypeSelector::Categorical);
    enumeration as "enum": "Columns of enumerations.", "[]", of(DataTypeSelector::Enum);
    nested as "nested": "Columns of lists, arrays and structs.", "['l', 'd']", of(DataTypeSelector::Nested);
    list as "list": "Columns of lists.", "['l']", of(DataTypeSelector::List(None));
    array as "array": "Columns of arrays of one width.", "[]", of(DataTypeSelector::Array(None, None));
    structure as "struct": "Columns of structs.", "['d']", of(DataTypeSelector::Struct);
}

/// Columns of text.
///
/// Parameters
/// ----------
/// include_categorical : bool
///     Whether categories are text.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "b": ["x"]}).select(cs.string()).columns
/// ['b']
#[pyfunction]
#[pyo3(signature = (*, include_categorical=false))]
fn string(py: Python<'_>, include_categorical: bool) -> PyResult<Py<PySelector>> {
    let text = any_of([T::String]);
    PySelector::make(py, if include_categorical { text | of(DataTypeSelector::Categorical) } else { text })
}

/// Units of time in an argument: all of them without one.
fn units(given: Option<&Bound<'_, PyAny>>) -> PyResult<TimeUnitSet> {
    let Some(given) = given else { return Ok(TimeUnitSet::all()) };
    let names: Vec<String> = match given.extract::<String>() {
        Ok(one) => vec![one],
        Err(_) => given.try_iter()?.map(|n| n?.extract()).collect::<PyResult<_>>()?,
    };
    names.iter().try_fold(TimeUnitSet::empty(), |all, n| Ok(all | TimeUnitSet::from(time_unit(n)?)))
}

/// Time zones in an argument: `"*"` is any, None is none.
struct Zones(TimeZoneSet);

impl<'py> pyo3::FromPyObject<'_, 'py> for Zones {
    type Error = pyo3::PyErr;
    fn extract(o: pyo3::Borrowed<'_, 'py, PyAny>) -> PyResult<Zones> {
        let names: Vec<Option<String>> = match o.extract::<Option<String>>() {
            Ok(one) => vec![one],
            Err(_) => o.try_iter()?.map(|n| n?.extract()).collect::<PyResult<_>>()?,
        };
        let unset = names.iter().any(Option::is_none);
        if names.iter().flatten().any(|n| n == "*") {
            return Ok(Zones(if unset { TimeZoneSet::Any } else { TimeZoneSet::AnySet }));
        }
        let zones = names.iter().flatten().map(|n| time_zone(Some(n))).collect::<PyResult<Vec<_>>>()?;
        let zones: Vec<TimeZone> = zones.into_iter().flatten().collect();
        Ok(Zones(match (unset, zones.is_empty()) {
            (true, true) => TimeZoneSet::Unset,
            (true, false) => TimeZoneSet::UnsetOrAnyOf(zones.into()),
            _ => TimeZoneSet::AnyOf(zones.into()),
        }))
    }
}

/// Columns of points in time.
///
/// Parameters
/// ----------
/// time_unit : str or sequence of str, optional
/// time_zone : str, None or a sequence of them, optional
///     ``"*"`` is any zone; None is none.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from datetime import datetime
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "t": [datetime(2024, 2, 29)]}).select(cs.datetime()).columns
/// ['t']
#[pyfunction]
#[pyo3(signature = (time_unit=None, time_zone=Zones(TimeZoneSet::Any)))]
fn datetime(py: Python<'_>, time_unit: Option<&Bound<'_, PyAny>>, time_zone: Zones) -> PyResult<Py<PySelector>> {
    PySelector::make(py, of(DataTypeSelector::Datetime(units(time_unit)?, time_zone.0)))
}

/// Columns of lengths of time.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from datetime import timedelta
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "t": [timedelta(1)]}).select(cs.duration()).columns
/// ['t']
#[pyfunction]
#[pyo3(signature = (time_unit=None))]
fn duration(py: Python<'_>, time_unit: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PySelector>> {
    PySelector::make(py, of(DataTypeSelector::Duration(units(time_unit)?)))
}

fn flat<'py>(args: &Bound<'py, PyTuple>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut out = Vec::new();
    for arg in args.iter() {
        match arg.is_instance_of::<pyo3::types::PyList>() || arg.is_instance_of::<PyTuple>() {
            true => out.extend(arg.try_iter()?.collect::<PyResult<Vec<_>>>()?),
            false => out.push(arg),
        }
    }
    Ok(out)
}

/// Columns by name.
///
/// Parameters
/// ----------
/// *names : str
/// require_all : bool
///     Whether a name that is not there is an error.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "b": ["x"]}).select(cs.by_name("b", "c", require_all=False)).columns
/// ['b']
#[pyfunction]
#[pyo3(name = "by_name", signature = (*names, require_all=true, expand_patterns=false))]
fn by_names(py: Python<'_>, names: &Bound<'_, PyTuple>, require_all: bool, expand_patterns: bool) -> PyResult<Py<PySelector>> {
    let names = flat(names)?.iter().map(|n| Ok(PlSmallStr::from_string(n.extract()?))).collect::<PyResult<Vec<_>>>()?;
    PySelector::make(py, by_name(names, require_all, expand_patterns))
}

/// Columns by type.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "b": ["x"]}).select(cs.by_dtype(tf.String, tf.Date)).columns
/// ['b']
#[pyfunction]
#[pyo3(signature = (*dtypes))]
fn by_dtype(py: Python<'_>, dtypes: &Bound<'_, PyTuple>) -> PyResult<Py<PySelector>> {
    let mut kinds: Option<Selector> = None;
    for item in flat(dtypes)? {
        let kind = match item.getattr("_selector") {
            Ok(name) if !name.is_none() => item
                .py()
                .import("tilework._tilework")?
                .getattr("selectors")?
                .getattr(name.cast::<PyString>()?)?
                .call0()?
                .cast::<PySelector>()?
                .get()
                .0
                .clone(),
            _ => any_of([item.extract::<DType>()?.0]),
        };
        kinds = Some(kinds.map_or(kind.clone(), |k| k | kind));
    }
    PySelector::make(py, kinds.unwrap_or(Selector::Empty))
}

/// Columns by place.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "b": ["x"]}).select(cs.by_index(-1)).columns
/// ['b']
#[pyfunction]
#[pyo3(signature = (*indices, require_all=true))]
fn by_index(py: Python<'_>, indices: &Bound<'_, PyTuple>, require_all: bool) -> PyResult<Py<PySelector>> {
    let places = flat(indices)?.iter().map(|i| i.extract()).collect::<PyResult<Vec<i64>>>()?;
    PySelector::make(py, Selector::ByIndex { indices: places.into(), strict: require_all })
}

/// Columns whose names a regular expression matches.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a1": [1], "b": ["x"]}).select(cs.matches("[0-9]")).columns
/// ['a1']
#[pyfunction]
fn matches(py: Python<'_>, pattern: &str) -> PyResult<Py<PySelector>> {
    PySelector::make(py, Selector::Matches(pattern.into()))
}

fn escaped(texts: &[String]) -> Out<String> {
    if texts.is_empty() {
        return Err(Fail::from(PyValueError::new_err("give a text at least")));
    }
    let plain = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    let escape = |t: &String| t.chars().flat_map(|c| [(!plain(c)).then_some('\\'), Some(c)]).flatten().collect::<String>();
    Ok(texts.iter().map(escape).collect::<Vec<_>>().join("|"))
}

/// Columns whose names start with text.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a1": [1], "b": ["x"]}).select(cs.starts_with("a")).columns
/// ['a1']
#[pyfunction]
#[pyo3(signature = (*prefix))]
fn starts_with(py: Python<'_>, prefix: Vec<String>) -> Out<Py<PySelector>> {
    Ok(PySelector::make(py, Selector::Matches(format!("^(?s)({}).*$", escaped(&prefix)?).into()))?)
}

/// Columns whose names end with text.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a1": [1], "b": ["x"]}).select(cs.ends_with("1")).columns
/// ['a1']
#[pyfunction]
#[pyo3(signature = (*suffix))]
fn ends_with(py: Python<'_>, suffix: Vec<String>) -> Out<Py<PySelector>> {
    Ok(PySelector::make(py, Selector::Matches(format!("^(?s).*({})$", escaped(&suffix)?).into()))?)
}

/// Columns whose names have text in them.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"xay": [1], "b": ["x"]}).select(cs.contains("a")).columns
/// ['xay']
#[pyfunction]
#[pyo3(signature = (*substring))]
fn contains(py: Python<'_>, substring: Vec<String>) -> Out<Py<PySelector>> {
    Ok(PySelector::make(py, Selector::Matches(format!("^(?s).*({}).*$", escaped(&substring)?).into()))?)
}

/// All columns but some.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> from tilework.frame import selectors as cs
/// >>> tf.from_dict({"a": [1], "b": ["x"]}).select(cs.exclude("a")).columns
/// ['b']
#[pyfunction]
#[pyo3(signature = (*columns))]
fn exclude(py: Python<'_>, columns: &Bound<'_, PyTuple>) -> PyResult<Py<PySelector>> {
    let out = flat(columns)?.iter().try_fold(Selector::Wildcard, |s, c| Ok::<_, pyo3::PyErr>(s - self::columns(c, false)?))?;
    PySelector::make(py, out)
}

pub fn register(parent: &Bound<'_, PyModule>) -> PyResult<()> {
    let m = &PyModule::new(parent.py(), "tilework.frame.selectors")?;
    m.add_class::<PySelector>()?;
    register_kinds(m)?;
    m.add_function(wrap_pyfunction!(string, m)?)?;
    m.add_function(wrap_pyfunction!(datetime, m)?)?;
    m.add_function(wrap_pyfunction!(duration, m)?)?;
    m.add_function(wrap_pyfunction!(by_names, m)?)?;
    m.add_function(wrap_pyfunction!(by_dtype, m)?)?;
    m.add_function(wrap_pyfunction!(by_index, m)?)?;
    m.add_function(wrap_pyfunction!(matches, m)?)?;
    m.add_function(wrap_pyfunction!(starts_with, m)?)?;
    m.add_function(wrap_pyfunction!(ends_with, m)?)?;
    m.add_function(wrap_pyfunction!(contains, m)?)?;
    m.add_function(wrap_pyfunction!(exclude, m)?)?;
    parent.add("selectors", m)
}
