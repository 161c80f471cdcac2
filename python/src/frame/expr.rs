//! Expressions: Polars' own, under the names and with the arguments that Polars' Python package gives them.

mod aggregate;
pub mod arithmetic;
mod array;
mod binary;
mod category;
mod function;
mod list;
mod math;
pub mod missing;
mod name;
pub mod order;
mod rolling;
mod string;
mod string_find;
mod structure;
pub mod temporal;
mod temporal_parts;
mod window;

use crate::error::Out;
use crate::frame::dtype::refused;
use crate::frame::value;
use polars::prelude::{AnyValue, Expr, NULL, PlSmallStr, Scalar, col, lit};
use polars_plan::dsl::{ChainedThen, ChainedWhen, Then, When};
use polars_plan::plans::{DynLiteralValue, LiteralValue};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::{Borrowed, Bound, FromPyObject, Py, PyAny, PyAnyMethods, PyErr, PyModule, PyModuleMethods, PyResult, Python};
use pyo3::types::{
    PyBool, PyBytes, PyBytesMethods, PyDict, PyDictMethods, PyFloat, PyInt, PyList, PyString, PyTuple, PyTupleMethods,
    PyTypeMethods,
};
use pyo3::{PyClassInitializer, pyclass, pymethods};

/// What is computed of the columns of a table; built by calls and operators, and run with the query that it is part of.
///
/// Expressions start from :func:`col`, :func:`lit`, :func:`len` and the like. They are Polars' own, so that methods have its names,
/// arguments and results; expressions of the ``polars`` package are taken too wherever these are.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> f = tf.from_dict({"origin": ["JFK", "EWR", "JFK"], "delay": [4.0, 1.0, 8.0]})
/// >>> f.with_columns(late=tf.col("delay") > 2, share=tf.col("delay") / tf.col("delay").sum().over("origin")).to_dict()["late"]
/// [True, False, True]
#[pyclass(frozen, subclass, module = "tilework.frame", name = "Expr", skip_from_py_object)]
#[derive(Clone)]
pub struct PyExpr(pub Expr);

impl From<Expr> for PyExpr {
    fn from(e: Expr) -> PyExpr {
        PyExpr(e)
    }
}

/// An expression; text is the name of a column.
#[derive(Clone, Debug)]
pub struct Col(pub Expr);

/// An expression; text is that text.
#[derive(Clone, Debug)]
pub struct Lit(pub Expr);

impl<'py> FromPyObject<'_, 'py> for Col {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Col> {
        match o.cast::<PyString>() {
            Ok(name) => Ok(Col(col(PlSmallStr::from_string(name.extract()?)))),
            Err(_) => expression(&o).map(Col),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Lit {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Lit> {
        expression(&o).map(Lit)
    }
}

/// An expression, or a literal of a value.
fn expression(o: &Bound<'_, PyAny>) -> PyResult<Expr> {
    if let Ok(e) = o.cast::<PyExpr>() {
        return Ok(e.get().0.clone());
    }
    match foreign(o)? {
        Some(e) => Ok(e),
        None => literal(o),
    }
}

/// A value as a literal.
pub fn literal(o: &Bound<'_, PyAny>) -> PyResult<Expr> {
    if o.is_none() {
        return Ok(lit(NULL));
    }
    if o.is_instance_of::<PyBool>() {
        return Ok(lit(o.extract::<bool>()?));
    }
    if o.is_instance_of::<PyInt>() {
        let text = o.str()?.to_string();
        // An instance of an enumeration prints its name.
        let n = o.extract::<i64>().map(i128::from).ok().or_else(|| text.parse().ok());
        let n = n.ok_or_else(|| pyo3::exceptions::PyOverflowError::new_err(format!("{text} does not fit 128 bits")))?;
        return Ok(Expr::Literal(LiteralValue::Dyn(DynLiteralValue::Int(n))));
    }
    if o.is_instance_of::<PyFloat>() {
        return Ok(Expr::Literal(LiteralValue::Dyn(DynLiteralValue::Float(o.extract()?))));
    }
    if o.is_instance_of::<PyString>() {
        return Ok(lit(o.extract::<String>()?));
    }
    if let Ok(bytes) = o.cast::<PyBytes>() {
        return Ok(lit(bytes.as_bytes()));
    }
    let given = value::any_value(o)?;
    Ok(match given {
        // A column of another library stands for its values, a list for itself.
        AnyValue::List(values) if !is_list(o) => value::literal(values),
        AnyValue::List(values) => {
            lit(Scalar::new(polars::prelude::DataType::List(Box::new(values.dtype().clone())), AnyValue::List(values)))
        }
        given => Expr::Literal(LiteralValue::from(given)),
    })
}

fn is_list(o: &Bound<'_, PyAny>) -> bool {
    o.is_instance_of::<PyList>() || o.is_instance_of::<PyTuple>()
}

/// An expression of the `polars` package, by way of its serialised form; None where it is something else.
fn foreign(o: &Bound<'_, PyAny>) -> PyResult<Option<Expr>> {
    let module = o.get_type().module()?.to_string();
    if !module.starts_with("polars.") {
        return Ok(None);
    }
    let bytes = o.py().import("tilework.frame._polars")?.getattr("expression_bytes")?.call1((o,))?;
    if bytes.is_none() {
        return Ok(None);
    }
    let bytes: Vec<u8> = bytes.extract()?;
    let read = polars::polars_utils::pl_serialize::deserialize_dsl::<Expr, _>(bytes.as_slice());
    read.map(Some).map_err(|e| {
        PyValueError::new_err(format!(
            "the expression comes from a version of polars that writes expressions in another way: build it with tilework.frame ({e})"
        ))
    })
}

/// Expressions of positional arguments, each one or a sequence of them, and of named ones under their names.
pub fn expressions(args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<Expr>> {
    let mut out = Vec::new();
    for arg in args.iter() {
        flatten(&arg, &mut out)?;
    }
    for (name, value) in named.into_iter().flat_map(|d| d.iter()) {
        out.push(value.extract::<Col>()?.0.alias(PlSmallStr::from_string(name.extract()?)));
    }
    Ok(out)
}

fn flatten(arg: &Bound<'_, PyAny>, out: &mut Vec<Expr>) -> PyResult<()> {
    let many = !arg.is_instance_of::<PyString>() && !arg.is_instance_of::<PyBytes>() && !arg.is_instance_of::<PyExpr>();
    if many && (is_list(arg) || arg.hasattr("__next__")? || arg.get_type().name()?.to_string().starts_with("dict_")) {
        for item in arg.try_iter()? {
            out.push(item?.extract::<Col>()?.0);
        }
    } else {
        out.push(arg.extract::<Col>()?.0);
    }
    Ok(())
}

/// Several expressions in one argument: one of them, or a sequence.
#[derive(Clone, Debug, Default)]
pub struct Cols(pub Vec<Expr>);

impl<'py> FromPyObject<'_, 'py> for Cols {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Cols> {
        let mut out = Vec::new();
        flatten(&o, &mut out)?;
        Ok(Cols(out))
    }
}

/// `when(...)` and what follows it.
enum Branches {
    One(Box<Then>),
    More(ChainedThen),
}

impl Branches {
    fn when(&self, condition: Expr) -> ChainedWhen {
        match self {
            Branches::One(t) => Then::clone(t).when(condition),
            Branches::More(t) => t.clone().when(condition),
        }
    }

    fn otherwise(&self, value: Expr) -> Expr {
        match self {
            Branches::One(t) => Then::clone(t).otherwise(value),
            Branches::More(t) => t.clone().otherwise(value),
        }
    }
}

/// A condition that waits for :meth:`then`.
#[pyclass(frozen, module = "tilework.frame", name = "When")]
pub struct PyWhen(Condition);

enum Condition {
    First(When),
    Next(ChainedWhen),
}

/// An expression of conditions and values: null where none holds, unless :meth:`otherwise` says what else.
#[pyclass(frozen, extends = PyExpr, module = "tilework.frame", name = "Then")]
pub struct PyThen(Branches);

impl PyThen {
    fn new(py: Python<'_>, branches: Branches) -> PyResult<Py<PyThen>> {
        let whole = PyExpr(branches.otherwise(lit(NULL)));
        Py::new(py, PyClassInitializer::from(whole).add_subclass(PyThen(branches)))
    }
}

/// All of some predicates.
pub fn all_of(predicates: Vec<Expr>) -> PyResult<Expr> {
    let missing = || PyTypeError::new_err("a condition at least must be given");
    predicates.into_iter().reduce(Expr::and).ok_or_else(missing)
}

/// Predicates, and named ones which say what a column equals.
pub fn predicates(args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<Expr>> {
    let mut out = expressions(args, None)?;
    for (name, value) in named.into_iter().flat_map(|d| d.iter()) {
        out.push(col(PlSmallStr::from_string(name.extract()?)).eq(value.extract::<Lit>()?.0));
    }
    Ok(out)
}

/// The start of a conditional expression.
///
/// Parameters
/// ----------
/// *predicates, **constraints
///     Conditions that hold together; ``a=1`` says that column ``a`` is 1.
///
/// Examples
/// --------
/// >>> import tilework.frame as tf
/// >>> f = tf.from_dict({"a": [1, 5, None]})
/// >>> f.select(tf.when(tf.col("a") > 2).then(tf.lit("high")).otherwise(tf.lit("low")).alias("a")).to_dict()
/// {'a': ['low', 'high', 'low']}
#[pyo3::pyfunction]
#[pyo3(signature = (*predicates, **constraints))]
fn when(predicates: &Bound<'_, PyTuple>, constraints: Option<&Bound<'_, PyDict>>) -> Out<PyWhen> {
    let condition = all_of(self::predicates(predicates, constraints)?)?;
    Ok(PyWhen(Condition::First(polars_plan::dsl::when(condition))))
}

#[pymethods]
impl PyWhen {
    /// The value where the condition holds; text is the name of a column.
    fn then(&self, py: Python<'_>, statement: Col) -> Out<Py<PyThen>> {
        let branches = match &self.0 {
            Condition::First(w) => Branches::One(Box::new(w.clone().then(statement.0))),
            Condition::Next(w) => Branches::More(w.clone().then(statement.0)),
        };
        Ok(PyThen::new(py, branches)?)
    }
}

#[pymethods]
impl PyThen {
    /// A further condition, looked at where those before do not hold.
    #[pyo3(signature = (*predicates, **constraints))]
    fn when(&self, predicates: &Bound<'_, PyTuple>, constraints: Option<&Bound<'_, PyDict>>) -> Out<PyWhen> {
        Ok(PyWhen(Condition::Next(self.0.when(all_of(self::predicates(predicates, constraints)?)?))))
    }

    /// The value where no condition holds; text is the name of a column.
    fn otherwise(&self, statement: Col) -> PyExpr {
        self.0.otherwise(statement.0).into()
    }
}

/// Methods without arguments: their names, what they do, a column `a` before and after, and Polars' function.
macro_rules! plain {
    ($class:ident, $space:literal; $($name:ident: $doc:literal, $given:literal => $gives:literal, $f:expr;)*) => {
        #[pyo3::pymethods]
        impl $class {
            $(
                #[doc = concat!($doc, crate::frame::expr::example!($given, concat!($space, stringify!($name), "()"), $gives))]
                fn $name(&self) -> $crate::frame::expr::PyExpr {
                    let f: fn(polars::prelude::Expr) -> polars::prelude::Expr = $f;
                    f(self.0.clone()).into()
                }
            )*
        }
    };
}

/// The part of a docstring that shows a column `a` before and after a call.
macro_rules! example {
    ($given:expr, $call:expr, $gives:expr) => {
        concat!(
            "\n\nExamples\n--------\n>>> import tilework.frame as tf\n>>> f = tf.from_dict({\"a\": ",
            $given,
            "})\n>>> f.select(tf.col(\"a\").",
            $call,
            ").to_dict()\n{'a': ",
            $gives,
            "}"
        )
    };
}

/// A namespace of expressions: a class that holds one.
macro_rules! namespace {
    ($class:ident, $name:literal, $doc:literal) => {
        #[doc = $doc]
        #[pyo3::pyclass(frozen, module = "tilework.frame", name = $name)]
        pub struct $class(pub polars::prelude::Expr);
    };
}

pub(crate) use {example, namespace, plain};

/// An expression that Polars checks as it is made.
pub fn checked(e: polars::prelude::PolarsResult<Expr>) -> Out<PyExpr> {
    Ok(PyExpr(e.map_err(refused)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PyExpr>()?;
    m.add_class::<PyWhen>()?;
    m.add_class::<PyThen>()?;
    m.add_class::<string::PyStr>()?;
    m.add_class::<temporal::PyDt>()?;
    m.add_class::<list::PyListSpace>()?;
    m.add_class::<array::PyArr>()?;
    m.add_class::<structure::PyStruct>()?;
    m.add_class::<category::PyCat>()?;
    m.add_class::<binary::PyBin>()?;
    m.add_class::<name::PyName>()?;
    m.add_class::<name::PyMeta>()?;
    m.add_function(pyo3::wrap_pyfunction!(when, m)?)
}
