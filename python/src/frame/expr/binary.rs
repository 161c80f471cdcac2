//! `Expr.bin`: bytes.

use crate::error::Out;
use crate::frame::expr::{Col, Lit, PyExpr, example, namespace};
use polars::prelude::lit;
use pyo3::pymethods;

namespace!(PyBin, "ExprBin", "What is done to bytes: ``Expr.bin``.");

#[pymethods]
impl PyExpr {
    /// What is done to bytes.
    #[getter]
    fn bin(&self) -> PyBin {
        PyBin(self.0.clone())
    }
}

#[pymethods]
impl PyBin {
    #[doc = concat!("Whether bytes have others in them.", example!("[b'abc']", "bin.contains(b'b')", "[True]"))]
    fn contains(&self, literal: Lit) -> PyExpr {
        self.0.clone().binary().contains_literal(literal.0).into()
    }

    #[doc = concat!("Whether bytes start with others.", example!("[b'abc']", "bin.starts_with(b'a')", "[True]"))]
    fn starts_with(&self, prefix: Lit) -> PyExpr {
        self.0.clone().binary().starts_with(prefix.0).into()
    }

    #[doc = concat!("Whether bytes end with others.", example!("[b'abc']", "bin.ends_with(b'a')", "[False]"))]
    fn ends_with(&self, suffix: Lit) -> PyExpr {
        self.0.clone().binary().ends_with(suffix.0).into()
    }

    #[doc = concat!("How many bytes, or kB and so on.\n\nParameters\n----------\nunit : {'b', 'kb', 'mb', 'gb', 'tb'}", example!("[b'abc']", "bin.size()", "[3]"))]
    #[pyo3(signature = (unit="b"))]
    fn size(&self, unit: &str) -> Out<PyExpr> {
        let size = self.0.clone().binary().size_bytes();
        let power = match unit {
            "b" => return Ok(size.into()),
            "kb" => 1,
            "mb" => 2,
            "gb" => 3,
            "tb" => 4,
            _ => return Err(crate::error::value(format!("'{unit}' is no unit: there are 'b', 'kb', 'mb', 'gb', 'tb'"))),
        };
        Ok(size.true_div(lit(1024f64.powi(power))).into())
    }

    #[doc = concat!("``length`` bytes from ``offset`` on.", example!("[b'abc']", "bin.slice(1, 1)", "[b'b']"))]
    #[pyo3(signature = (offset, length=None))]
    fn slice(&self, offset: Col, length: Option<Col>) -> PyExpr {
        self.0.clone().binary().slice(offset.0, length.map_or_else(|| lit(polars::prelude::NULL), |l| l.0)).into()
    }

    #[doc = concat!("The first ``n`` bytes.", example!("[b'abc']", "bin.head(2)", "[b'ab']"))]
    #[pyo3(signature = (n=Col(lit(5))))]
    fn head(&self, n: Col) -> PyExpr {
        self.0.clone().binary().head(n.0).into()
    }

    #[doc = concat!("The last ``n`` bytes.", example!("[b'abc']", "bin.tail(2)", "[b'bc']"))]
    #[pyo3(signature = (n=Col(lit(5))))]
    fn tail(&self, n: Col) -> PyExpr {
        self.0.clone().binary().tail(n.0).into()
    }
}
