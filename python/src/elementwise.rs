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

/// The rows of the table: name, number of arguments, what it does, its dtype rule, a domain of finite results.
#[pyfunction]
fn elementwise_ops() -> Vec<(&'static str, usize, &'static str, String, (f64, f64))> {
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

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(elementwise_ops, m)?)?;
    m.add_function(wrap_pyfunction!(unary, m)?)?;
    m.add_function(wrap_pyfunction!(binary, m)?)?;
    m.add_function(wrap_pyfunction!(ternary, m)?)
}
