//! `Expr.cat`: categories.

use crate::frame::expr::{PyExpr, example, namespace, plain};
use pyo3::pymethods;

namespace!(PyCat, "ExprCat", "What is done to categories: ``Expr.cat``.");

plain! { PyCat, "cast(tf.Categorical).cat.";
    get_categories: "The categories that there are.", "['x', 'y', 'x']" => "['x', 'y']", |e| e.cat().get_categories();
    len_chars: "How many characters their names have.", "['xy']" => "[2]", |e| e.cat().len_chars();
    len_bytes: "How many bytes their names have.", "['xy']" => "[2]", |e| e.cat().len_bytes();
}

#[pymethods]
impl PyExpr {
    /// What is done to categories.
    #[getter]
    fn cat(&self) -> PyCat {
        PyCat(self.0.clone())
    }
}

#[pymethods]
impl PyCat {
    #[doc = concat!("Whether their names start with this.", example!("['xy']", "cast(tf.Categorical).cat.starts_with('x')", "[True]"))]
    fn starts_with(&self, prefix: String) -> PyExpr {
        self.0.clone().cat().starts_with(prefix).into()
    }

    #[doc = concat!("Whether their names end with this.", example!("['xy']", "cast(tf.Categorical).cat.ends_with('x')", "[False]"))]
    fn ends_with(&self, suffix: String) -> PyExpr {
        self.0.clone().cat().ends_with(suffix).into()
    }

    #[doc = concat!("Parts of their names.", example!("['xyz']", "cast(tf.Categorical).cat.slice(1)", "['yz']"))]
    #[pyo3(signature = (offset, length=None))]
    fn slice(&self, offset: i64, length: Option<usize>) -> PyExpr {
        self.0.clone().cat().slice(offset, length).into()
    }
}
