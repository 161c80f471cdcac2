//! Values of windows of so many rows, and of so much time.

use crate::frame::choice::{ClosedSide, Every, Interpolation, RollingRanking};
use crate::frame::expr::{Col, PyExpr, example};
use polars::prelude::{
    ClosedWindow, Expr, QuantileMethod, RollingFnParams, RollingOptionsDynamicWindow, RollingOptionsFixedWindow, RollingRankMethod,
    RollingVarParams,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::PyResult;
use pyo3::pymethods;

fn fixed(size: usize, weights: Option<Vec<f64>>, min: Option<usize>, center: bool) -> PyResult<RollingOptionsFixedWindow> {
    if let Some(w) = weights.as_ref().filter(|w| w.len() != size) {
        return Err(PyValueError::new_err(format!("there are {} weights for a window of {size}", w.len())));
    }
    let min_periods = min.unwrap_or(size);
    if min_periods > size {
        return Err(PyValueError::new_err(format!("min_samples is {min_periods}, more than the {size} rows of a window")));
    }
    Ok(RollingOptionsFixedWindow { window_size: size, min_periods, weights, center, fn_params: None })
}

fn timed(size: Every, min_periods: usize, closed: &ClosedSide) -> RollingOptionsDynamicWindow {
    RollingOptionsDynamicWindow { window_size: size.0, min_periods, closed_window: closed.0, fn_params: None }
}

/// A method of windows of rows, and its sister of windows of time.
macro_rules! rolling {
    ($($name:ident, $by:ident: $what:literal, $gives:literal, $fixed:expr, $timed:expr;)*) => {
        #[pymethods]
        impl PyExpr { $(
            #[doc = concat!("The ", $what, " of the window of rows that ends at each.\n\nParameters\n----------\nwindow_size : int\nweights : sequence of float, optional\nmin_samples : int, optional\n    With fewer values the result is null: all of the window.\ncenter : bool\n    Whether the row is in the middle of its window.", example!("[1.0, 2.0, 6.0]", concat!(stringify!($name), "(2)"), $gives))]
            #[pyo3(signature = (window_size, weights=None, *, min_samples=None, center=false))]
            fn $name(&self, window_size: usize, weights: Option<Vec<f64>>, min_samples: Option<usize>, center: bool) -> PyResult<PyExpr> {
                let f: fn(Expr, RollingOptionsFixedWindow) -> Expr = $fixed;
                Ok(f(self.0.clone(), fixed(window_size, weights, min_samples, center)?).into())
            }

            #[doc = concat!("The ", $what, " of the window of time that ends at each row.\n\nParameters\n----------\nby : expression or name\n    The times.\nwindow_size : str or timedelta\n    ``\"2d\"``, ``\"3i\"`` for whole numbers.\nmin_samples : int\nclosed : {'right', 'left', 'both', 'none'}")]
            #[pyo3(signature = (by, window_size, *, min_samples=0, closed=ClosedSide(ClosedWindow::Right)))]
            fn $by(&self, by: Col, window_size: Every, min_samples: usize, closed: ClosedSide) -> PyExpr {
                let f: fn(Expr, Expr, RollingOptionsDynamicWindow) -> Expr = $timed;
                f(self.0.clone(), by.0, timed(window_size, min_samples, &closed)).into()
            }
        )* }
    };
}

rolling! {
    rolling_sum, rolling_sum_by: "sum", "[None, 3.0, 8.0]", Expr::rolling_sum, Expr::rolling_sum_by;
    rolling_mean, rolling_mean_by: "mean", "[None, 1.5, 4.0]", Expr::rolling_mean, Expr::rolling_mean_by;
    rolling_min, rolling_min_by: "least value", "[None, 1.0, 2.0]", Expr::rolling_min, Expr::rolling_min_by;
    rolling_max, rolling_max_by: "greatest value", "[None, 2.0, 6.0]", Expr::rolling_max, Expr::rolling_max_by;
    rolling_median, rolling_median_by: "median", "[None, 1.5, 4.0]", Expr::rolling_median, Expr::rolling_median_by;
}

fn ddof(ddof: u8) -> Option<RollingFnParams> {
    Some(RollingFnParams::Var(RollingVarParams { ddof }))
}

#[pymethods]
impl PyExpr {
    #[doc = concat!("The variance of the window of rows that ends at each.", example!("[1.0, 3.0]", "rolling_var(2)", "[None, 2.0]"))]
    #[pyo3(signature = (window_size, weights=None, *, min_samples=None, center=false, ddof=1))]
    fn rolling_var(
        &self,
        window_size: usize,
        weights: Option<Vec<f64>>,
        min_samples: Option<usize>,
        center: bool,
        ddof: u8,
    ) -> PyResult<PyExpr> {
        let options = fixed(window_size, weights, min_samples, center)?;
        Ok(self.0.clone().rolling_var(RollingOptionsFixedWindow { fn_params: self::ddof(ddof), ..options }).into())
    }

    #[doc = concat!("The standard deviation of the window of rows that ends at each.", example!("[1.0, 3.0]", "rolling_std(2, ddof=0)", "[None, 1.0]"))]
    #[pyo3(signature = (window_size, weights=None, *, min_samples=None, center=false, ddof=1))]
    fn rolling_std(
        &self,
        window_size: usize,
        weights: Option<Vec<f64>>,
        min_samples: Option<usize>,
        center: bool,
        ddof: u8,
    ) -> PyResult<PyExpr> {
        let options = fixed(window_size, weights, min_samples, center)?;
        Ok(self.0.clone().rolling_std(RollingOptionsFixedWindow { fn_params: self::ddof(ddof), ..options }).into())
    }

    /// The variance of the window of time that ends at each row.
    #[pyo3(signature = (by, window_size, *, min_samples=0, closed=ClosedSide(ClosedWindow::Right), ddof=1))]
    fn rolling_var_by(&self, by: Col, window_size: Every, min_samples: usize, closed: ClosedSide, ddof: u8) -> PyExpr {
        let options = timed(window_size, min_samples, &closed);
        self.0.clone().rolling_var_by(by.0, RollingOptionsDynamicWindow { fn_params: self::ddof(ddof), ..options }).into()
    }

    /// The standard deviation of the window of time that ends at each row.
    #[pyo3(signature = (by, window_size, *, min_samples=0, closed=ClosedSide(ClosedWindow::Right), ddof=1))]
    fn rolling_std_by(&self, by: Col, window_size: Every, min_samples: usize, closed: ClosedSide, ddof: u8) -> PyExpr {
        let options = timed(window_size, min_samples, &closed);
        self.0.clone().rolling_std_by(by.0, RollingOptionsDynamicWindow { fn_params: self::ddof(ddof), ..options }).into()
    }

    #[doc = concat!("A quantile of the window of rows that ends at each.", example!("[1.0, 3.0]", "rolling_quantile(1.0, window_size=2)", "[None, 3.0]"))]
    #[pyo3(signature = (quantile, interpolation=Interpolation(QuantileMethod::Nearest), window_size=2, weights=None, *, min_samples=None, center=false))]
    fn rolling_quantile(
        &self,
        quantile: f64,
        interpolation: Interpolation,
        window_size: usize,
        weights: Option<Vec<f64>>,
        min_samples: Option<usize>,
        center: bool,
    ) -> PyResult<PyExpr> {
        let options = fixed(window_size, weights, min_samples, center)?;
        Ok(self.0.clone().rolling_quantile(interpolation.0, quantile, options).into())
    }

    /// A quantile of the window of time that ends at each row.
    #[pyo3(signature = (by, window_size, *, quantile, interpolation=Interpolation(QuantileMethod::Nearest), min_samples=0, closed=ClosedSide(ClosedWindow::Right)))]
    fn rolling_quantile_by(
        &self,
        by: Col,
        window_size: Every,
        quantile: f64,
        interpolation: Interpolation,
        min_samples: usize,
        closed: ClosedSide,
    ) -> PyExpr {
        let options = timed(window_size, min_samples, &closed);
        self.0.clone().rolling_quantile_by(by.0, interpolation.0, quantile, options).into()
    }

    #[doc = concat!("The rank of each value in the window of rows that ends at it.", example!("[3.0, 1.0]", "rolling_rank(2, 'min')", "[None, 1]"))]
    #[pyo3(signature = (window_size, method=RollingRanking(RollingRankMethod::Average), *, seed=None, min_samples=None, center=false))]
    fn rolling_rank(
        &self,
        window_size: usize,
        method: RollingRanking,
        seed: Option<u64>,
        min_samples: Option<usize>,
        center: bool,
    ) -> PyResult<PyExpr> {
        let options = fixed(window_size, None, min_samples, center)?;
        let fn_params = Some(RollingFnParams::Rank { method: method.0, seed });
        Ok(self.0.clone().rolling_rank(RollingOptionsFixedWindow { fn_params, ..options }).into())
    }

    #[doc = concat!("The skewness of the window of rows that ends at each.", example!("[1.0, 2.0, 3.0]", "rolling_skew(3)", "[None, None, 0.0]"))]
    #[pyo3(signature = (window_size, *, bias=true, min_samples=None, center=false))]
    fn rolling_skew(&self, window_size: usize, bias: bool, min_samples: Option<usize>, center: bool) -> PyResult<PyExpr> {
        let options = fixed(window_size, None, min_samples, center)?;
        let fn_params = Some(RollingFnParams::Skew { bias });
        Ok(self.0.clone().rolling_skew(RollingOptionsFixedWindow { fn_params, ..options }).into())
    }

    #[doc = concat!("The kurtosis of the window of rows that ends at each.", example!("[1.0, 2.0, 3.0]", "rolling_kurtosis(3)", "[None, None, -1.5]"))]
    #[pyo3(signature = (window_size, *, fisher=true, bias=true, min_samples=None, center=false))]
    fn rolling_kurtosis(
        &self,
        window_size: usize,
        fisher: bool,
        bias: bool,
        min_samples: Option<usize>,
        center: bool,
    ) -> PyResult<PyExpr> {
        let options = fixed(window_size, None, min_samples, center)?;
        let fn_params = Some(RollingFnParams::Kurtosis { fisher, bias });
        Ok(self.0.clone().rolling_kurtosis(RollingOptionsFixedWindow { fn_params, ..options }).into())
    }
}
