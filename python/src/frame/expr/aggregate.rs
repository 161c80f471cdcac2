//! Expressions that make one value of many.

use crate::error::Out;
use crate::frame::choice::Interpolation;
use crate::frame::expr::{Col, PyExpr, example, plain};
use polars::prelude::Expr;
use pyo3::pymethods;

plain! { PyExpr, "";
    sum: "The sum; of nothing it is 0.", "[1, 2, None]" => "[3]", Expr::sum;
    mean: "The mean of the values that are not null.", "[1, 2, None]" => "[1.5]", Expr::mean;
    median: "The median of the values that are not null.", "[1, 9, 2]" => "[2.0]", Expr::median;
    min: "The least value.", "[3, 1, None]" => "[1]", Expr::min;
    max: "The greatest value.", "[3, 1, None]" => "[3]", Expr::max;
    nan_min: "The least value; NaN if there is one.", "[3.0, 1.0]" => "[1.0]", Expr::nan_min;
    nan_max: "The greatest value; NaN if there is one.", "[3.0, 1.0]" => "[3.0]", Expr::nan_max;
    product: "The product.", "[2, 3, None]" => "[6]", Expr::product;
    count: "How many values are not null.", "[1, None, 3]" => "[2]", Expr::count;
    len: "How many values there are, with nulls.", "[1, None, 3]" => "[3]", Expr::len;
    null_count: "How many values are null.", "[1, None, 3]" => "[1]", Expr::null_count;
    n_unique: "How many different values there are; null is one.", "[1, 1, None]" => "[2]", Expr::n_unique;
    approx_n_unique: "About how many different values there are, by HyperLogLog.", "[1, 1, 2]" => "[2]", Expr::approx_n_unique;
    arg_min: "Where the least value stands.", "[3, 1, 2]" => "[1]", Expr::arg_min;
    arg_max: "Where the greatest value stands.", "[3, 1, 2]" => "[0]", Expr::arg_max;
    has_nulls: "Whether a value is null.", "[1, None]" => "[True]", Expr::has_nulls;
    lower_bound: "The least value that the type has.", "[7]" => "[-9223372036854775808]", Expr::lower_bound;
    upper_bound: "The greatest value that the type has.", "[7]" => "[9223372036854775807]", Expr::upper_bound;
}

#[pymethods]
impl PyExpr {
    #[doc = concat!("The first value.\n\nParameters\n----------\nignore_nulls : bool\n    Whether it is the first that is not null.", example!("[None, 2]", "first(ignore_nulls=True)", "[2]"))]
    #[pyo3(signature = (*, ignore_nulls=false))]
    fn first(&self, ignore_nulls: bool) -> PyExpr {
        let e = self.0.clone();
        if ignore_nulls { e.first_non_null() } else { e.first() }.into()
    }

    #[doc = concat!("The last value.\n\nParameters\n----------\nignore_nulls : bool\n    Whether it is the last that is not null.", example!("[1, None]", "last(ignore_nulls=True)", "[1]"))]
    #[pyo3(signature = (*, ignore_nulls=false))]
    fn last(&self, ignore_nulls: bool) -> PyExpr {
        let e = self.0.clone();
        if ignore_nulls { e.last_non_null() } else { e.last() }.into()
    }

    #[doc = concat!("The only value; another number of them is an error when the query runs.", example!("[5]", "item()", "[5]"))]
    #[pyo3(signature = (*, allow_empty=false))]
    fn item(&self, allow_empty: bool) -> PyExpr {
        self.0.clone().item(allow_empty).into()
    }

    #[doc = concat!("The standard deviation, with ``n - ddof`` as divisor.", example!("[1, 3]", "std(ddof=0)", "[1.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn std(&self, ddof: u8) -> PyExpr {
        self.0.clone().std(ddof).into()
    }

    #[doc = concat!("The variance, with ``n - ddof`` as divisor.", example!("[1, 3]", "var()", "[2.0]"))]
    #[pyo3(signature = (ddof=1))]
    fn var(&self, ddof: u8) -> PyExpr {
        self.0.clone().var(ddof).into()
    }

    #[doc = concat!(
        "A quantile.\n\nParameters\n----------\nquantile : float\n    From 0 to 1.\n",
        "interpolation : {'nearest', 'higher', 'lower', 'midpoint', 'linear', 'equiprobable'}\n    What lies between two values.",
        example!("[0, 1, 4]", "quantile(0.25, 'linear')", "[0.5]")
    )]
    #[pyo3(signature = (quantile, interpolation=Interpolation(polars::prelude::QuantileMethod::Nearest)))]
    fn quantile(&self, quantile: Col, interpolation: Interpolation) -> PyExpr {
        self.0.clone().quantile(quantile.0, interpolation.0).into()
    }

    #[doc = concat!("Whether a value is true.\n\nParameters\n----------\nignore_nulls : bool\n    Otherwise the result is null where a null might be true.", example!("[False, True]", "any()", "[True]"))]
    #[pyo3(signature = (*, ignore_nulls=true))]
    fn any(&self, ignore_nulls: bool) -> PyExpr {
        self.0.clone().any(ignore_nulls).into()
    }

    #[doc = concat!("Whether all values are true.\n\nParameters\n----------\nignore_nulls : bool\n    Otherwise the result is null where a null might be false.", example!("[False, True]", "all()", "[False]"))]
    #[pyo3(signature = (*, ignore_nulls=true))]
    fn all(&self, ignore_nulls: bool) -> PyExpr {
        self.0.clone().all(ignore_nulls).into()
    }

    #[doc = concat!("The skewness.\n\nParameters\n----------\nbias : bool\n    Whether it is left uncorrected.", example!("[1, 2, 3]", "skew()", "[0.0]"))]
    #[pyo3(signature = (*, bias=true))]
    fn skew(&self, bias: bool) -> PyExpr {
        self.0.clone().skew(bias).into()
    }

    #[doc = concat!("The kurtosis.\n\nParameters\n----------\nfisher : bool\n    Whether that of a normal distribution is 0, not 3.\nbias : bool\n    Whether it is left uncorrected.", example!("[1, 2, 3]", "kurtosis()", "[-1.5]"))]
    #[pyo3(signature = (*, fisher=true, bias=true))]
    fn kurtosis(&self, fisher: bool, bias: bool) -> PyExpr {
        self.0.clone().kurtosis(fisher, bias).into()
    }

    #[doc = concat!("The entropy of values taken as weights.\n\nParameters\n----------\nbase : float\n    Of the logarithm.\nnormalize : bool\n    Whether weights are divided by their sum.", example!("[1, 1]", "entropy(2)", "[1.0]"))]
    #[pyo3(signature = (base=std::f64::consts::E, *, normalize=true))]
    fn entropy(&self, base: f64, normalize: bool) -> PyExpr {
        self.0.clone().entropy(base, normalize).into()
    }

    #[doc = concat!("All values as one list.", example!("[1, 2]", "implode()", "[[1, 2]]"))]
    #[pyo3(signature = (*, maintain_order=true))]
    fn implode(&self, maintain_order: bool) -> PyExpr {
        self.0.clone().implode(maintain_order).into()
    }

    /// The value where another column is least.
    fn min_by(&self, by: Col) -> PyExpr {
        self.0.clone().min_by(by.0).into()
    }

    /// The value where another column is greatest.
    fn max_by(&self, by: Col) -> PyExpr {
        self.0.clone().max_by(by.0).into()
    }

    #[doc = concat!("Whether values are sorted.", example!("[1, 2, 3]", "is_sorted()", "[True]"))]
    #[pyo3(signature = (*, descending=false, nulls_last=false))]
    fn is_sorted(&self, descending: bool, nulls_last: bool) -> Out<PyExpr> {
        Ok(self.0.clone().is_sorted(Some(descending), Some(nulls_last)).into())
    }
}
