//! `Expr.arr`: arrays of one width, each by itself.

use crate::frame::expr::{Col, Lit, PyExpr, example, namespace, plain};
use polars::prelude::{SortOptions, lit};
use pyo3::pymethods;

namespace!(PyArr, "ExprArray", "What is done to arrays of one width: ``Expr.arr``.");

plain! { PyArr, "list.to_array(2).arr.";
    len: "How many values each array has.", "[[1, 2]]" => "[2]", |e| e.arr().len();
    sum: "The sum of each array.", "[[1, 2]]" => "[3]", |e| e.arr().sum();
    mean: "The mean of each array.", "[[1, 2]]" => "[1.5]", |e| e.arr().mean();
    median: "The median of each array.", "[[1, 2]]" => "[1.5]", |e| e.arr().median();
    min: "The least value of each array.", "[[1, 2]]" => "[1]", |e| e.arr().min();
    max: "The greatest value of each array.", "[[1, 2]]" => "[2]", |e| e.arr().max();
    arg_min: "Where the least value of each array stands.", "[[2, 1]]" => "[1]", |e| e.arr().arg_min();
    arg_max: "Where the greatest value of each array stands.", "[[2, 1]]" => "[0]", |e| e.arr().arg_max();
    first: "The first value of each array.", "[[2, 1]]" => "[2]", |e| e.arr().get(lit(0), true);
    last: "The last value of each array.", "[[2, 1]]" => "[1]", |e| e.arr().get(lit(-1), true);
    to_list: "Arrays as lists.", "[[2, 1]]" => "[[2, 1]]", |e| e.arr().to_list();
}

#[pymethods]
impl PyExpr {
    /// What is done to arrays of one width.
    #[getter]
    fn arr(&self) -> PyArr {
        PyArr(self.0.clone())
    }

    #[doc = concat!("Values in arrays of some widths.", example!("[1, 2, 3, 4]", "reshape((2, 2)).arr.to_list()", "[[1, 2], [3, 4]]"))]
    fn reshape(&self, dimensions: Vec<i64>) -> PyExpr {
        self.0.clone().reshape(&dimensions).into()
    }
}

#[pymethods]
impl PyArr {
    #[doc = concat!("The value at a place of each array.", example!("[[5, 6]]", "list.to_array(2).arr.get(1)", "[6]"))]
    #[pyo3(signature = (index, *, null_on_oob=false))]
    fn get(&self, index: Col, null_on_oob: bool) -> PyExpr {
        self.0.clone().arr().get(index.0, null_on_oob).into()
    }

    fn __getitem__(&self, index: Col) -> PyExpr {
        self.get(index, false)
    }

    #[doc = concat!("Whether each array has a value.", example!("[[5, 6]]", "list.to_array(2).arr.contains(6)", "[True]"))]
    #[pyo3(signature = (item, *, nulls_equal=true))]
    fn contains(&self, item: Lit, nulls_equal: bool) -> PyExpr {
        self.0.clone().arr().contains(item.0, nulls_equal).into()
    }

    #[doc = concat!("Each array sorted.", example!("[[2, 1]]", "list.to_array(2).arr.sort()", "[[1, 2]]"))]
    #[pyo3(signature = (*, descending=false, nulls_last=false))]
    fn sort(&self, descending: bool, nulls_last: bool) -> PyExpr {
        self.0.clone().arr().sort(SortOptions { descending, nulls_last, ..Default::default() }).into()
    }

    #[doc = concat!("The standard deviation of each array.", example!("[[1, 3]]", "list.to_array(2).arr.std(ddof=0)", "[1.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn std(&self, ddof: u8) -> PyExpr {
        self.0.clone().arr().std(ddof).into()
    }

    #[doc = concat!("The variance of each array.", example!("[[1, 3]]", "list.to_array(2).arr.var()", "[2.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn var(&self, ddof: u8) -> PyExpr {
        self.0.clone().arr().var(ddof).into()
    }

    #[doc = concat!("Each array of text as one text.", example!("[['a', 'b']]", "list.to_array(2).arr.join('-')", "['a-b']"))]
    #[pyo3(signature = (separator, *, ignore_nulls=true))]
    fn join(&self, separator: Lit, ignore_nulls: bool) -> PyExpr {
        self.0.clone().arr().join(separator.0, ignore_nulls).into()
    }

    #[doc = concat!("Values of all arrays, one below the other.", example!("[[1, 2]]", "list.to_array(2).arr.explode()", "[1, 2]"))]
    fn explode(&self) -> PyExpr {
        let options = polars::prelude::ExplodeOptions { empty_as_null: false, keep_nulls: true };
        self.0.clone().arr().explode(options).into()
    }

    #[doc = concat!("The values of each array ``n`` places further on.", example!("[[5, 6]]", "list.to_array(2).arr.shift()", "[[None, 5]]"))]
    #[pyo3(signature = (n=Col(lit(1))))]
    fn shift(&self, n: Col) -> PyExpr {
        self.0.clone().arr().shift(n.0).into()
    }

    #[doc = concat!("An expression of :func:`element` on each array.", example!("[[5, 6]]", "list.to_array(2).arr.eval(tf.element() + 1)", "[[6, 7]]"))]
    #[pyo3(signature = (expr, *, as_list=false))]
    fn eval(&self, expr: Col, as_list: bool) -> PyExpr {
        self.0.clone().arr().eval(expr.0, as_list).into()
    }

    #[doc = concat!("An expression of :func:`element` on each array that gives one value.", example!("[[5, 6]]", "list.to_array(2).arr.agg(tf.element().sum())", "[11]"))]
    fn agg(&self, expr: Col) -> PyExpr {
        self.0.clone().arr().agg(expr.0).into()
    }
}
