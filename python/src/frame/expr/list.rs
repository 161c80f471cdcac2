//! `Expr.list`: lists, each by itself.

use crate::frame::choice::Nulls;
use crate::frame::expr::{Col, Lit, PyExpr, example, namespace, plain};
use polars::prelude::{PlSmallStr, SortOptions, lit};
use polars::series::ops::NullBehavior;
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult};
use pyo3::pymethods;

namespace!(PyListSpace, "ExprList", "What is done to lists: ``Expr.list``.");

plain! { PyListSpace, "list.";
    len: "How many values each list has.", "[[1, 2], []]" => "[2, 0]", |e| e.list().len();
    sum: "The sum of each list.", "[[1, 2]]" => "[3]", |e| e.list().sum();
    mean: "The mean of each list.", "[[1, 2]]" => "[1.5]", |e| e.list().mean();
    median: "The median of each list.", "[[1, 2, 9]]" => "[2.0]", |e| e.list().median();
    min: "The least value of each list.", "[[1, 2]]" => "[1]", |e| e.list().min();
    max: "The greatest value of each list.", "[[1, 2]]" => "[2]", |e| e.list().max();
    arg_min: "Where the least value of each list stands.", "[[2, 1]]" => "[1]", |e| e.list().arg_min();
    arg_max: "Where the greatest value of each list stands.", "[[2, 1]]" => "[0]", |e| e.list().arg_max();
    first: "The first value of each list.", "[[2, 1]]" => "[2]", |e| e.list().first();
    last: "The last value of each list.", "[[2, 1]]" => "[1]", |e| e.list().last();
    reverse: "Each list from last to first.", "[[2, 1]]" => "[[1, 2]]", |e| e.list().eval(polars::prelude::element().reverse());
    drop_nulls: "The values of each list that are not null.", "[[2, None]]" => "[[2]]", |e| e.list().drop_nulls();
    n_unique: "How many different values each list has.", "[[2, 2, 1]]" => "[2]", |e| e.list().agg(polars::prelude::element().n_unique());
    any: "Whether a value of each list is true.", "[[False, True]]" => "[True]", |e| e.list().agg(polars::prelude::element().any(true));
    all: "Whether all values of each list are true.", "[[False, True]]" => "[False]", |e| e.list().agg(polars::prelude::element().all(true));
}

#[pymethods]
impl PyExpr {
    /// What is done to lists.
    #[getter]
    fn list(&self) -> PyListSpace {
        PyListSpace(self.0.clone())
    }
}

#[pymethods]
impl PyListSpace {
    #[doc = concat!("The value at a place of each list.\n\nParameters\n----------\nindex : int or expression\n    Counted from the end if it is negative.\nnull_on_oob : bool\n    Whether a place that is not there gives null, not an error.", example!("[[5, 6], [7]]", "list.get(1, null_on_oob=True)", "[6, None]"))]
    #[pyo3(signature = (index, *, null_on_oob=false))]
    fn get(&self, index: Col, null_on_oob: bool) -> PyExpr {
        self.0.clone().list().get(index.0, null_on_oob).into()
    }

    fn __getitem__(&self, index: Col) -> PyExpr {
        self.get(index, false)
    }

    #[doc = concat!("The values at some places of each list.", example!("[[5, 6, 7]]", "list.gather([2, 0])", "[[7, 5]]"))]
    #[pyo3(signature = (indices, *, null_on_oob=false))]
    fn gather(&self, indices: &Bound<'_, PyAny>, null_on_oob: bool) -> PyResult<PyExpr> {
        let indices = match indices.extract::<Vec<i64>>() {
            Ok(places) => lit(polars::prelude::Series::from_iter(places)).implode(true),
            Err(_) => indices.extract::<Col>()?.0,
        };
        Ok(self.0.clone().list().gather(indices, null_on_oob).into())
    }

    #[doc = concat!("Every ``n``-th value of each list.", example!("[[5, 6, 7]]", "list.gather_every(2)", "[[5, 7]]"))]
    #[pyo3(signature = (n, offset=Col(lit(0))))]
    fn gather_every(&self, n: Col, offset: Col) -> PyExpr {
        self.0.clone().list().gather_every(n.0, offset.0).into()
    }

    #[doc = concat!("Whether each list has a value.", example!("[[1, 2], [3]]", "list.contains(2)", "[True, False]"))]
    #[pyo3(signature = (item, *, nulls_equal=true))]
    fn contains(&self, item: Lit, nulls_equal: bool) -> PyExpr {
        self.0.clone().list().contains(item.0, nulls_equal).into()
    }

    #[doc = concat!("How often each list has a value.", example!("[[1, 1], [3]]", "list.count_matches(1)", "[2, 0]"))]
    fn count_matches(&self, element: Lit) -> PyExpr {
        self.0.clone().list().count_matches(element.0).into()
    }

    #[doc = concat!("Each list sorted.", example!("[[2, 1]]", "list.sort()", "[[1, 2]]"))]
    #[pyo3(signature = (*, descending=false, nulls_last=false))]
    fn sort(&self, descending: bool, nulls_last: bool) -> PyExpr {
        self.0.clone().list().sort(SortOptions { descending, nulls_last, ..Default::default() }).into()
    }

    #[doc = concat!("Different values of each list.", example!("[[2, 1, 2]]", "list.unique(maintain_order=True)", "[[2, 1]]"))]
    #[pyo3(signature = (*, maintain_order=false))]
    fn unique(&self, maintain_order: bool) -> PyExpr {
        let element = polars::prelude::element();
        let unique = if maintain_order { element.unique_stable() } else { element.unique() };
        self.0.clone().list().eval(unique).into()
    }

    #[doc = concat!("The standard deviation of each list.", example!("[[1, 3]]", "list.std(ddof=0)", "[1.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn std(&self, ddof: u8) -> PyExpr {
        self.0.clone().list().std(ddof).into()
    }

    #[doc = concat!("The variance of each list.", example!("[[1, 3]]", "list.var()", "[2.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn var(&self, ddof: u8) -> PyExpr {
        self.0.clone().list().var(ddof).into()
    }

    #[doc = concat!("Each list of text as one text.", example!("[['a', 'b']]", "list.join('-')", "['a-b']"))]
    #[pyo3(signature = (separator, *, ignore_nulls=true))]
    fn join(&self, separator: Lit, ignore_nulls: bool) -> PyExpr {
        self.0.clone().list().join(separator.0, ignore_nulls).into()
    }

    #[doc = concat!("Differences to the value ``n`` places before, in each list.", example!("[[1, 4]]", "list.diff()", "[[None, 3]]"))]
    #[pyo3(signature = (n=1, null_behavior=Nulls(NullBehavior::Ignore)))]
    fn diff(&self, n: i64, null_behavior: Nulls) -> PyExpr {
        self.0.clone().list().diff(n, null_behavior.0).into()
    }

    #[doc = concat!("The values of each list ``n`` places further on.", example!("[[1, 4]]", "list.shift()", "[[None, 1]]"))]
    #[pyo3(signature = (n=Col(lit(1))))]
    fn shift(&self, n: Col) -> PyExpr {
        self.0.clone().list().shift(n.0).into()
    }

    #[doc = concat!("``length`` values of each list from ``offset`` on.", example!("[[1, 2, 3]]", "list.slice(1, 1)", "[[2]]"))]
    #[pyo3(signature = (offset, length=None))]
    fn slice(&self, offset: Col, length: Option<Col>) -> PyExpr {
        let length = length.map_or_else(|| lit(i64::MAX), |l| l.0);
        self.0.clone().list().slice(offset.0, length).into()
    }

    #[doc = concat!("The first ``n`` values of each list.", example!("[[1, 2, 3]]", "list.head(2)", "[[1, 2]]"))]
    #[pyo3(signature = (n=Col(lit(5))))]
    fn head(&self, n: Col) -> PyExpr {
        self.0.clone().list().head(n.0).into()
    }

    #[doc = concat!("The last ``n`` values of each list.", example!("[[1, 2, 3]]", "list.tail(2)", "[[2, 3]]"))]
    #[pyo3(signature = (n=Col(lit(5))))]
    fn tail(&self, n: Col) -> PyExpr {
        self.0.clone().list().tail(n.0).into()
    }

    #[doc = concat!("Values of all lists, one below the other.", example!("[[1, 2], [3]]", "list.explode()", "[1, 2, 3]"))]
    fn explode(&self) -> PyExpr {
        let options = polars::prelude::ExplodeOptions { empty_as_null: false, keep_nulls: true };
        self.0.clone().explode(options).into()
    }

    #[doc = concat!("The values of either list.", example!("[[1, 2]]", "list.set_union('a').list.sort()", "[[1, 2]]"))]
    fn set_union(&self, other: Col) -> PyExpr {
        self.0.clone().list().union(other.0).into()
    }

    #[doc = concat!("The values that the other list does not have.", example!("[[1, 2]]", "list.set_difference('a')", "[[]]"))]
    fn set_difference(&self, other: Col) -> PyExpr {
        self.0.clone().list().set_difference(other.0).into()
    }

    #[doc = concat!("The values of both lists.", example!("[[1, 2]]", "list.set_intersection('a').list.sort()", "[[1, 2]]"))]
    fn set_intersection(&self, other: Col) -> PyExpr {
        self.0.clone().list().set_intersection(other.0).into()
    }

    #[doc = concat!("The values of one list only.", example!("[[1, 2]]", "list.set_symmetric_difference('a')", "[[]]"))]
    fn set_symmetric_difference(&self, other: Col) -> PyExpr {
        self.0.clone().list().set_symmetric_difference(other.0).into()
    }

    #[doc = concat!("An expression of :func:`element` on each list.", example!("[[1, 2]]", "list.eval(tf.element() * 10)", "[[10, 20]]"))]
    #[pyo3(signature = (expr, *, parallel=false))]
    fn eval(&self, expr: Col, parallel: bool) -> PyExpr {
        let _ = parallel;
        self.0.clone().list().eval(expr.0).into()
    }

    #[doc = concat!("An expression of :func:`element` on each list that gives one value.", example!("[[1, 2]]", "list.agg(tf.element().sum())", "[3]"))]
    fn agg(&self, expr: Col) -> PyExpr {
        self.0.clone().list().agg(expr.0).into()
    }

    #[doc = concat!("The values of each list for which a condition on :func:`element` holds.", example!("[[1, 2]]", "list.filter(tf.element() > 1)", "[[2]]"))]
    fn filter(&self, predicate: Col) -> PyExpr {
        self.0.clone().list().eval(polars::prelude::element().filter(predicate.0)).into()
    }

    #[doc = concat!("Lists as arrays of this width.", example!("[[1, 2]]", "list.to_array(2)", "[[1, 2]]"))]
    fn to_array(&self, width: usize) -> PyExpr {
        self.0.clone().list().to_array(width).into()
    }

    #[doc = concat!("Lists as structs with these fields.", example!("[[1, 2]]", "list.to_struct(['x', 'y'])", "[{'x': 1, 'y': 2}]"))]
    fn to_struct(&self, fields: Vec<String>) -> PyExpr {
        let names: Vec<PlSmallStr> = fields.into_iter().map(Into::into).collect();
        self.0.clone().list().to_struct(names.into()).into()
    }
}
