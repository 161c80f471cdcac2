//! Functions of numbers, value by value.

use crate::frame::choice::{Every, Interpolating, Nulls, Rounding};
use crate::frame::dtype::DType;
use crate::frame::expr::{Col, Lit, PyExpr, example, plain};
use polars::prelude::{EWMOptions, Expr, InterpolationMethod, RoundMode, lit};
use polars::series::ops::NullBehavior;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::{Bound, PyAny, PyAnyMethods, PyResult};
use pyo3::pymethods;
use pyo3::types::{PyDict, PyTuple, PyTupleMethods};

plain! { PyExpr, "";
    abs: "Absolute values.", "[-1, 2]" => "[1, 2]", Expr::abs;
    sqrt: "Square roots.", "[4.0, 9.0]" => "[2.0, 3.0]", Expr::sqrt;
    cbrt: "Cube roots.", "[8.0, 27.0]" => "[2.0, 3.0]", Expr::cbrt;
    exp: "Powers of e.", "[0.0]" => "[1.0]", Expr::exp;
    log1p: "Natural logarithms of one more.", "[0.0]" => "[0.0]", Expr::log1p;
    log10: "Logarithms to base 10.", "[100.0]" => "[2.0]", |e| e.log(lit(10.0));
    sign: "-1, 0 or 1.", "[-5, 0, 3]" => "[-1, 0, 1]", Expr::sign;
    floor: "The next whole number below.", "[1.7, -1.2]" => "[1.0, -2.0]", Expr::floor;
    ceil: "The next whole number above.", "[1.2, -1.7]" => "[2.0, -1.0]", Expr::ceil;
    sin: "Sines.", "[0.0]" => "[0.0]", Expr::sin;
    cos: "Cosines.", "[0.0]" => "[1.0]", Expr::cos;
    tan: "Tangents.", "[0.0]" => "[0.0]", Expr::tan;
    cot: "Cotangents.", "[None]" => "[None]", |e| e.cast(polars::prelude::DataType::Float64).cot();
    arcsin: "Inverse sines.", "[0.0]" => "[0.0]", Expr::arcsin;
    arccos: "Inverse cosines.", "[1.0]" => "[0.0]", Expr::arccos;
    arctan: "Inverse tangents.", "[0.0]" => "[0.0]", Expr::arctan;
    sinh: "Hyperbolic sines.", "[0.0]" => "[0.0]", Expr::sinh;
    cosh: "Hyperbolic cosines.", "[0.0]" => "[1.0]", Expr::cosh;
    tanh: "Hyperbolic tangents.", "[0.0]" => "[0.0]", Expr::tanh;
    arcsinh: "Inverse hyperbolic sines.", "[0.0]" => "[0.0]", Expr::arcsinh;
    arccosh: "Inverse hyperbolic cosines.", "[1.0]" => "[0.0]", Expr::arccosh;
    arctanh: "Inverse hyperbolic tangents.", "[0.0]" => "[0.0]", Expr::arctanh;
    degrees: "Radians as degrees.", "[0.0]" => "[0.0]", Expr::degrees;
    radians: "Degrees as radians.", "[0.0]" => "[0.0]", Expr::radians;
    is_finite: "Whether values are neither infinite nor NaN.", "[1.0, float('inf')]" => "[True, False]", Expr::is_finite;
    is_infinite: "Whether values are infinite.", "[1.0, float('inf')]" => "[False, True]", Expr::is_infinite;
    to_physical: "The numbers that values are stored as.", "[3]" => "[3]", Expr::to_physical;
}

#[pymethods]
impl PyExpr {
    #[doc = concat!("Values rounded to so many decimals.\n\nParameters\n----------\ndecimals : int\nmode : {'half_to_even', 'half_away_from_zero'}\n    Where halves go.", example!("[1.25, 0.5]", "round()", "[1.0, 0.0]"))]
    #[pyo3(signature = (decimals=0, mode=Rounding(RoundMode::HalfToEven)))]
    fn round(&self, decimals: u32, mode: Rounding) -> PyExpr {
        self.0.clone().round(decimals, mode.0).into()
    }

    #[doc = concat!("Values rounded to so many significant figures.", example!("[1234.0]", "round_sig_figs(2)", "[1200.0]"))]
    fn round_sig_figs(&self, digits: i32) -> PyExpr {
        self.0.clone().round_sig_figs(digits).into()
    }

    #[doc = concat!("Values cut off after so many decimals.", example!("[1.79]", "truncate(1)", "[1.7]"))]
    #[pyo3(signature = (decimals=0))]
    fn truncate(&self, decimals: u32) -> PyExpr {
        self.0.clone().truncate(decimals).into()
    }

    #[doc = concat!("Logarithms.\n\nParameters\n----------\nbase : float or expression\n    e by default.", example!("[8.0]", "log(2)", "[3.0]"))]
    #[pyo3(signature = (base=None))]
    fn log(&self, base: Option<Col>) -> PyExpr {
        self.0.clone().log(base.map_or_else(|| lit(std::f64::consts::E), |b| b.0)).into()
    }

    /// The angle of the point whose height is this and whose other coordinate is ``x``.
    fn arctan2(&self, x: Col) -> PyExpr {
        self.0.clone().arctan2(x.0).into()
    }

    #[doc = concat!("Values no less than one bound and no greater than the other.", example!("[1, 5, 9]", "clip(2, 6)", "[2, 5, 6]"))]
    #[pyo3(signature = (lower_bound=None, upper_bound=None))]
    fn clip(&self, lower_bound: Option<Col>, upper_bound: Option<Col>) -> PyExpr {
        let e = self.0.clone();
        match (lower_bound, upper_bound) {
            (Some(a), Some(b)) => e.clip(a.0, b.0),
            (Some(a), None) => e.clip_min(a.0),
            (None, Some(b)) => e.clip_max(b.0),
            (None, None) => e,
        }
        .into()
    }

    #[doc = concat!("Differences to the value ``n`` rows before.\n\nParameters\n----------\nn : int\nnull_behavior : {'ignore', 'drop'}\n    Whether the first rows, which have none before, are null or left out.", example!("[1, 4, 9]", "diff()", "[None, 3, 5]"))]
    #[pyo3(signature = (n=Col(lit(1)), null_behavior=Nulls(NullBehavior::Ignore)))]
    fn diff(&self, n: Col, null_behavior: Nulls) -> PyExpr {
        self.0.clone().diff(n.0, null_behavior.0).into()
    }

    #[doc = concat!("Changes from the value ``n`` rows before, as shares of it.", example!("[2.0, 3.0]", "pct_change()", "[None, 0.5]"))]
    #[pyo3(signature = (n=Col(lit(1))))]
    fn pct_change(&self, n: Col) -> PyExpr {
        self.0.clone().pct_change(n.0).into()
    }

    #[doc = concat!("Whether values lie within tolerances of others.", example!("[1.0, 2.0]", "is_close(1.0)", "[True, False]"))]
    #[pyo3(signature = (other, *, abs_tol=0.0, rel_tol=1e-9, nans_equal=false))]
    fn is_close(&self, other: Lit, abs_tol: f64, rel_tol: f64, nans_equal: bool) -> PyExpr {
        self.0.clone().is_close(other.0, abs_tol, rel_tol, nans_equal).into()
    }

    #[doc = concat!("Nulls between values, filled in.\n\nParameters\n----------\nmethod : {'linear', 'nearest'}", example!("[1, None, 3]", "interpolate()", "[1.0, 2.0, 3.0]"))]
    #[pyo3(signature = (method=Interpolating(InterpolationMethod::Linear)))]
    fn interpolate(&self, method: Interpolating) -> PyExpr {
        self.0.clone().interpolate(method.0).into()
    }

    /// Nulls between values, filled in by where they lie in another column.
    fn interpolate_by(&self, by: Col) -> PyExpr {
        self.0.clone().interpolate_by(by.0).into()
    }

    #[doc = concat!("Values as another type.\n\nParameters\n----------\ndtype : type\n    ``tf.Int64`` and its like, Python's types, names of NumPy's.\nstrict : bool\n    Whether a value that does not fit is an error, else null.\nwrap_numerical : bool\n    Whether whole numbers that do not fit wrap around.", example!("[1, 2]", "cast(tf.String)", "['1', '2']"))]
    #[pyo3(signature = (dtype, *, strict=true, wrap_numerical=false))]
    fn cast(&self, dtype: DType, strict: bool, wrap_numerical: bool) -> PyExpr {
        use polars::chunked_array::cast::CastOptions;
        let options = match (wrap_numerical, strict) {
            (true, _) => CastOptions::Overflowing,
            (_, true) => CastOptions::Strict,
            _ => CastOptions::NonStrict,
        };
        self.0.clone().cast_with_options(dtype.0, options).into()
    }

    #[doc = concat!("Means in which a value counts the less, the more rows ago it is. One of ``com``, ``span``, ``half_life``, ``alpha`` says how much less.", example!("[1.0, 2.0]", "ewm_mean(alpha=0.5, adjust=False)", "[1.0, 1.5]"))]
    #[pyo3(signature = (*, com=None, span=None, half_life=None, alpha=None, adjust=true, min_samples=1, ignore_nulls=false))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn ewm_mean(
        &self,
        com: Option<f64>,
        span: Option<f64>,
        half_life: Option<f64>,
        alpha: Option<f64>,
        adjust: bool,
        min_samples: usize,
        ignore_nulls: bool,
    ) -> PyResult<PyExpr> {
        let alpha = decay(com, span, half_life, alpha)?;
        let options = EWMOptions { alpha, adjust, bias: false, min_periods: min_samples, ignore_nulls };
        Ok(self.0.clone().ewm_mean(options).into())
    }

    #[doc = concat!("Standard deviations in which a value counts the less, the more rows ago it is.", example!("[1.0, 1.0]", "ewm_std(alpha=0.5)", "[None, 0.0]"))]
    #[pyo3(signature = (*, com=None, span=None, half_life=None, alpha=None, adjust=true, bias=false, min_samples=1, ignore_nulls=false))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn ewm_std(
        &self,
        com: Option<f64>,
        span: Option<f64>,
        half_life: Option<f64>,
        alpha: Option<f64>,
        adjust: bool,
        bias: bool,
        min_samples: usize,
        ignore_nulls: bool,
    ) -> PyResult<PyExpr> {
        let alpha = decay(com, span, half_life, alpha)?;
        Ok(self.0.clone().ewm_std(EWMOptions { alpha, adjust, bias, min_periods: min_samples, ignore_nulls }).into())
    }

    #[doc = concat!("Variances in which a value counts the less, the more rows ago it is.", example!("[1.0, 1.0]", "ewm_var(alpha=0.5)", "[None, 0.0]"))]
    #[pyo3(signature = (*, com=None, span=None, half_life=None, alpha=None, adjust=true, bias=false, min_samples=1, ignore_nulls=false))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn ewm_var(
        &self,
        com: Option<f64>,
        span: Option<f64>,
        half_life: Option<f64>,
        alpha: Option<f64>,
        adjust: bool,
        bias: bool,
        min_samples: usize,
        ignore_nulls: bool,
    ) -> PyResult<PyExpr> {
        let alpha = decay(com, span, half_life, alpha)?;
        Ok(self.0.clone().ewm_var(EWMOptions { alpha, adjust, bias, min_periods: min_samples, ignore_nulls }).into())
    }

    /// Hashes of values, the same for the same version.
    #[pyo3(signature = (seed=0, seed_1=None, seed_2=None, seed_3=None))]
    fn hash(&self, seed: u64, seed_1: Option<u64>, seed_2: Option<u64>, seed_3: Option<u64>) -> PyExpr {
        let or = |s: Option<u64>| s.unwrap_or(seed);
        self.0.clone().hash(seed, or(seed_1), or(seed_2), or(seed_3)).into()
    }

    /// Means in which a value counts the less, the longer ago it is.
    ///
    /// Parameters
    /// ----------
    /// by : name or expression
    ///     The times.
    /// half_life : str or timedelta
    ///     After how long a value counts half.
    #[pyo3(signature = (by, *, half_life))]
    fn ewm_mean_by(&self, by: Col, half_life: Every) -> PyExpr {
        self.0.clone().ewm_mean_by(by.0, half_life.0).into()
    }

    /// ``function(self, *args, **kwargs)``, so that chains read from left to right.
    #[pyo3(signature = (function, *args, **kwargs))]
    fn pipe<'py>(
        this: Bound<'py, PyExpr>,
        function: Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut all = vec![this.into_any()];
        all.extend(args.iter());
        function.call(PyTuple::new(function.py(), all)?, kwargs)
    }
}

/// The weight of the newest value.
fn decay(com: Option<f64>, span: Option<f64>, half_life: Option<f64>, alpha: Option<f64>) -> PyResult<f64> {
    let wrong = |text: String| Err(PyValueError::new_err(text));
    match (com, span, half_life, alpha) {
        (Some(c), None, None, None) if c >= 0.0 => Ok(1.0 / (1.0 + c)),
        (None, Some(s), None, None) if s >= 1.0 => Ok(2.0 / (s + 1.0)),
        (None, None, Some(h), None) if h > 0.0 => Ok(1.0 - (-std::f64::consts::LN_2 / h).exp()),
        (None, None, None, Some(a)) if a > 0.0 && a <= 1.0 => Ok(a),
        (None, None, None, None) => wrong("one of 'com', 'span', 'half_life' and 'alpha' must be given".into()),
        (Some(c), None, None, None) => wrong(format!("com is at least 0, not {c}")),
        (None, Some(s), None, None) => wrong(format!("span is at least 1, not {s}")),
        (None, None, Some(h), None) => wrong(format!("half_life is more than 0, not {h}")),
        (None, None, None, Some(a)) => wrong(format!("alpha is more than 0 and at most 1, not {a}")),
        _ => wrong("only one of 'com', 'span', 'half_life' and 'alpha' can be given".into()),
    }
}
