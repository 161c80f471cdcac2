//! Operators of expressions.

use crate::error::Out;
use crate::frame::expr::{Col, Lit, PyExpr};
use polars::prelude::Expr;
use pyo3::basic::CompareOp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Bound, PyAny, PyResult};
use pyo3::pymethods;
use pyo3::types::PyDict;
use std::ops::Neg;

/// A comparison of two expressions.
pub fn compared(a: Expr, op: CompareOp, b: Expr) -> Expr {
    match op {
        CompareOp::Eq => a.eq(b),
        CompareOp::Ne => a.neq(b),
        CompareOp::Lt => a.lt(b),
        CompareOp::Le => a.lt_eq(b),
        CompareOp::Gt => a.gt(b),
        CompareOp::Ge => a.gt_eq(b),
    }
}

#[pymethods]
impl PyExpr {
    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err(
            "an expression is neither true nor false before it has run: combine conditions with '&', '|' and '~' instead of 'and', 'or' and 'not'",
        ))
    }

    fn __richcmp__(&self, other: Lit, op: CompareOp) -> PyExpr {
        compared(self.0.clone(), op, other.0).into()
    }

    fn __hash__(&self) -> PyResult<isize> {
        Err(PyTypeError::new_err("unhashable type: 'Expr'"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyDict>) -> PyExpr {
        self.clone()
    }

    fn __add__(&self, other: Lit) -> PyExpr {
        (self.0.clone() + other.0).into()
    }

    fn __radd__(&self, other: Lit) -> PyExpr {
        (other.0 + self.0.clone()).into()
    }

    fn __sub__(&self, other: Lit) -> PyExpr {
        (self.0.clone() - other.0).into()
    }

    fn __rsub__(&self, other: Lit) -> PyExpr {
        (other.0 - self.0.clone()).into()
    }

    fn __mul__(&self, other: Lit) -> PyExpr {
        (self.0.clone() * other.0).into()
    }

    fn __rmul__(&self, other: Lit) -> PyExpr {
        (other.0 * self.0.clone()).into()
    }

    fn __truediv__(&self, other: Lit) -> PyExpr {
        self.0.clone().true_div(other.0).into()
    }

    fn __rtruediv__(&self, other: Lit) -> PyExpr {
        other.0.true_div(self.0.clone()).into()
    }

    fn __floordiv__(&self, other: Lit) -> PyExpr {
        self.0.clone().floor_div(other.0).into()
    }

    fn __rfloordiv__(&self, other: Lit) -> PyExpr {
        other.0.floor_div(self.0.clone()).into()
    }

    fn __mod__(&self, other: Lit) -> PyExpr {
        (self.0.clone() % other.0).into()
    }

    fn __rmod__(&self, other: Lit) -> PyExpr {
        (other.0 % self.0.clone()).into()
    }

    fn __pow__(&self, exponent: Lit, modulo: Option<&Bound<'_, PyAny>>) -> Out<PyExpr> {
        unmodular(modulo)?;
        Ok(self.0.clone().pow(exponent.0).into())
    }

    fn __rpow__(&self, base: Lit, modulo: Option<&Bound<'_, PyAny>>) -> Out<PyExpr> {
        unmodular(modulo)?;
        Ok(base.0.pow(self.0.clone()).alias("literal").into())
    }

    fn __and__(&self, other: Lit) -> PyExpr {
        self.0.clone().and(other.0).into()
    }

    fn __rand__(&self, other: Lit) -> PyExpr {
        other.0.and(self.0.clone()).into()
    }

    fn __or__(&self, other: Lit) -> PyExpr {
        self.0.clone().or(other.0).into()
    }

    fn __ror__(&self, other: Lit) -> PyExpr {
        other.0.or(self.0.clone()).into()
    }

    fn __xor__(&self, other: Lit) -> PyExpr {
        self.0.clone().xor(other.0).into()
    }

    fn __rxor__(&self, other: Lit) -> PyExpr {
        other.0.xor(self.0.clone()).into()
    }

    fn __invert__(&self) -> PyExpr {
        self.0.clone().not().into()
    }

    fn __neg__(&self) -> PyExpr {
        self.0.clone().neg().into()
    }

    fn __pos__(&self) -> PyExpr {
        self.clone()
    }

    fn __abs__(&self) -> PyExpr {
        self.0.clone().abs().into()
    }

    /// ``self + other``.
    fn add(&self, other: Lit) -> PyExpr {
        self.__add__(other)
    }

    /// ``self - other``.
    fn sub(&self, other: Lit) -> PyExpr {
        self.__sub__(other)
    }

    /// ``self * other``.
    fn mul(&self, other: Lit) -> PyExpr {
        self.__mul__(other)
    }

    /// ``self / other``.
    fn truediv(&self, other: Lit) -> PyExpr {
        self.__truediv__(other)
    }

    /// ``self // other``.
    fn floordiv(&self, other: Lit) -> PyExpr {
        self.__floordiv__(other)
    }

    /// ``self % other``.
    #[pyo3(name = "mod")]
    fn modulo(&self, other: Lit) -> PyExpr {
        self.__mod__(other)
    }

    /// ``self ** exponent``.
    fn pow(&self, exponent: Lit) -> PyExpr {
        self.0.clone().pow(exponent.0).into()
    }

    /// ``-self``.
    fn neg(&self) -> PyExpr {
        self.__neg__()
    }

    /// ``~self``.
    fn not_(&self) -> PyExpr {
        self.__invert__()
    }

    /// ``self & other``, and all further ones.
    #[pyo3(signature = (*others))]
    fn and_(&self, others: Vec<Lit>) -> PyExpr {
        others.into_iter().fold(self.0.clone(), |a, b| a.and(b.0)).into()
    }

    /// ``self | other``, and all further ones.
    #[pyo3(signature = (*others))]
    fn or_(&self, others: Vec<Lit>) -> PyExpr {
        others.into_iter().fold(self.0.clone(), |a, b| a.or(b.0)).into()
    }

    /// ``self ^ other``.
    fn xor(&self, other: Lit) -> PyExpr {
        self.__xor__(other)
    }

    /// ``self == other``.
    fn eq(&self, other: Lit) -> PyExpr {
        self.0.clone().eq(other.0).into()
    }

    /// ``self != other``.
    fn ne(&self, other: Lit) -> PyExpr {
        self.0.clone().neq(other.0).into()
    }

    /// ``self < other``.
    fn lt(&self, other: Lit) -> PyExpr {
        self.0.clone().lt(other.0).into()
    }

    /// ``self <= other``.
    fn le(&self, other: Lit) -> PyExpr {
        self.0.clone().lt_eq(other.0).into()
    }

    /// ``self > other``.
    fn gt(&self, other: Lit) -> PyExpr {
        self.0.clone().gt(other.0).into()
    }

    /// ``self >= other``.
    fn ge(&self, other: Lit) -> PyExpr {
        self.0.clone().gt_eq(other.0).into()
    }

    /// Whether values are equal, where null equals null.
    fn eq_missing(&self, other: Lit) -> PyExpr {
        self.0.clone().eq_missing(other.0).into()
    }

    /// Whether values differ, where null equals null.
    fn ne_missing(&self, other: Lit) -> PyExpr {
        self.0.clone().neq_missing(other.0).into()
    }

    /// The product with another column, summed.
    fn dot(&self, other: Col) -> PyExpr {
        self.0.clone().dot(other.0).into()
    }
}

fn unmodular(modulo: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    match modulo {
        Some(_) => Err(PyTypeError::new_err("powers of expressions take no modulus")),
        None => Ok(()),
    }
}
