//! `Expr.struct`: values of several fields.

use crate::frame::expr::{PyExpr, example, expressions, namespace};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyTuple};

namespace!(PyStruct, "ExprStruct", "What is done to structs: ``Expr.struct``.");

#[pymethods]
impl PyExpr {
    /// What is done to structs.
    #[getter]
    fn r#struct(&self) -> PyStruct {
        PyStruct(self.0.clone())
    }
}

#[pymethods]
impl PyStruct {
    #[doc = concat!("A field, or several.", example!("[{'x': 1, 'y': 2}]", "struct.field('y').alias('a')", "[2]"))]
    #[pyo3(signature = (name, *more_names))]
    fn field(&self, name: &Bound<'_, PyAny>, more_names: Vec<String>) -> PyResult<PyExpr> {
        let mut names: Vec<String> = match name.extract::<String>() {
            Ok(one) => vec![one],
            Err(_) => name.extract()?,
        };
        names.extend(more_names);
        Ok(match names.as_slice() {
            [one] => self.0.clone().struct_().field_by_name(one),
            several => self.0.clone().struct_().field_by_names(several.iter().map(String::as_str)),
        }
        .into())
    }

    fn __getitem__(&self, item: &Bound<'_, PyAny>) -> PyResult<PyExpr> {
        if let Ok(name) = item.extract::<String>() {
            return Ok(self.0.clone().struct_().field_by_name(&name).into());
        }
        let index = item.extract().map_err(|_| PyTypeError::new_err("a field goes by its name or its place"))?;
        Ok(self.0.clone().struct_().field_by_index(index).into())
    }

    #[doc = concat!("All fields as columns.", example!("[{'a': 1}]", "struct.unnest()", "[1]"))]
    fn unnest(&self) -> PyExpr {
        self.0.clone().struct_().field_by_name("*").into()
    }

    #[doc = concat!("The fields under other names.", example!("[{'x': 1}]", "struct.rename_fields(['z'])", "[{'z': 1}]"))]
    fn rename_fields(&self, names: Vec<String>) -> PyExpr {
        self.0.clone().struct_().rename_fields(names).into()
    }

    #[doc = concat!("Structs without some fields.", example!("[{'x': 1, 'y': 2}]", "struct.drop('y')", "[{'x': 1}]"))]
    #[pyo3(signature = (*names, strict=true))]
    fn drop(&self, names: Vec<String>, strict: bool) -> PyExpr {
        self.0.clone().struct_().drop(names, strict).into()
    }

    #[doc = concat!("Structs with further fields.", example!("[{'x': 1}]", "struct.with_fields(y=tf.lit(2))", "[{'x': 1, 'y': 2}]"))]
    #[pyo3(signature = (*exprs, **named_exprs))]
    fn with_fields(&self, exprs: &Bound<'_, PyTuple>, named_exprs: Option<&Bound<'_, PyDict>>) -> PyResult<PyExpr> {
        Ok(self.0.clone().struct_().with_fields(expressions(exprs, named_exprs)?).into())
    }

    #[doc = concat!("Structs as JSON.", example!("[{'x': 1}]", "struct.json_encode()", "['{\"x\":1}']"))]
    fn json_encode(&self) -> PyExpr {
        self.0.clone().struct_().json_encode().into()
    }
}
