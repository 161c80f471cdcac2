//! The elementwise operations, walked from the op table.

use crate::argument::Arg;
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::{Argument, DynArray};
use tilework::expr::build;
use tilework::kernel::element::ElementOp;
use tilework::op::element;

/// A row of the table for Python.
type Row = (&'static str, usize, &'static str, String, (f64, f64));

/// The rows of the table: name, number of arguments, what it does, its dtype rule, a domain of finite results.
#[pyfunction]
fn elementwise_ops() -> Vec<Row> {
    element::ALL.iter().map(|op| (op.name, op.arity, op.doc, format!("{:?}", op.rule), op.domain)).collect()
}

fn apply(op: usize, operands: &[build::Operand]) -> Out<Lazy> {
    let op: &&'static ElementOp = element::ALL.get(op).ok_or_else(|| value(format!("there is no elementwise operation {op}")))?;
    Ok(Lazy(DynArray::from_expr(build::elementwise(op, operands)?)?))
}

/// Applies the operation at this place of the table to its argument.
#[pyfunction]
fn unary(op: usize, a: Arg) -> Out<Lazy> {
    apply(op, &[a.operand()])
}

/// Applies the operation at this place of the table to its two arguments, at least one of them an array.
#[pyfunction]
fn binary(op: usize, a: Arg, b: Arg) -> Out<Lazy> {
    apply(op, &[a.operand(), b.operand()])
}

/// Applies the operation at this place of the table to its three arguments, at least one of them an array.
#[pyfunction]
fn ternary(op: usize, a: Arg, b: Arg, c: Arg) -> Out<Lazy> {
    apply(op, &[a.operand(), b.operand(), c.operand()])
}

/// The number rounded to decimal places.
#[pyfunction]
fn round(x: &Lazy, decimals: i32) -> Out<Lazy> {
    Ok(Lazy(x.0.round(decimals)?))
}

/// Quotient rounded down and remainder.
#[pyfunction]
fn divmod(a: Arg, b: Arg) -> Out<(Lazy, Lazy)> {
    let table = |name: &str| element::ALL.iter().position(|op| op.name == name).ok_or_else(|| value(format!("there is no {name}")));
    let operands = [a.operand(), b.operand()];
    Ok((apply(table("floor_divide")?, &operands)?, apply(table("remainder")?, &operands)?))
}

/// Fraction and whole part.
#[pyfunction]
fn modf(x: &Lazy) -> Out<(Lazy, Lazy)> {
    let (fraction, whole) = x.0.modf()?;
    Ok((Lazy(fraction), Lazy(whole)))
}

/// Every number as a factor and the exponent of a power of 2.
#[pyfunction]
fn frexp(x: &Lazy) -> Out<(Lazy, Lazy)> {
    let (factor, exponent) = x.0.frexp()?;
    Ok((Lazy(factor), Lazy(exponent)))
}

/// NaN and infinities replaced by numbers.
#[pyfunction]
fn nan_to_num(x: &Lazy, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Out<Lazy> {
    Ok(Lazy(x.0.nan_to_num(nan, posinf, neginf)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(elementwise_ops, m)?)?;
    m.add_function(wrap_pyfunction!(unary, m)?)?;
    m.add_function(wrap_pyfunction!(binary, m)?)?;
    m.add_function(wrap_pyfunction!(ternary, m)?)?;
    m.add_function(wrap_pyfunction!(round, m)?)?;
    m.add_function(wrap_pyfunction!(divmod, m)?)?;
    m.add_function(wrap_pyfunction!(modf, m)?)?;
    m.add_function(wrap_pyfunction!(frexp, m)?)?;
    m.add_function(wrap_pyfunction!(nan_to_num, m)?)
}
