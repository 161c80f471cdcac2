//! Running values: of all before, of windows of time.

use crate::frame::choice::{ClosedSide, Every};
use crate::frame::expr::{Col, PyExpr, example};
use polars::prelude::ClosedWindow;
use pyo3::pymethods;

#[pymethods]
impl PyExpr {
    #[doc = concat!("The sum of all values up to each.\n\nParameters\n----------\nreverse : bool\n    Whether from the end.", example!("[1, 2, 3]", "cum_sum()", "[1, 3, 6]"))]
    #[pyo3(signature = (*, reverse=false))]
    fn cum_sum(&self, reverse: bool) -> PyExpr {
        self.0.clone().cum_sum(reverse).into()
    }

    #[doc = concat!("The product of all values up to each.", example!("[1, 2, 3]", "cum_prod()", "[1, 2, 6]"))]
    #[pyo3(signature = (*, reverse=false))]
    fn cum_prod(&self, reverse: bool) -> PyExpr {
        self.0.clone().cum_prod(reverse).into()
    }

    #[doc = concat!("The least of all values up to each.", example!("[3, 1, 2]", "cum_min()", "[3, 1, 1]"))]
    #[pyo3(signature = (*, reverse=false))]
    fn cum_min(&self, reverse: bool) -> PyExpr {
        self.0.clone().cum_min(reverse).into()
    }

    #[doc = concat!("The greatest of all values up to each.", example!("[1, 3, 2]", "cum_max()", "[1, 3, 3]"))]
    #[pyo3(signature = (*, reverse=false))]
    fn cum_max(&self, reverse: bool) -> PyExpr {
        self.0.clone().cum_max(reverse).into()
    }

    #[doc = concat!("How many values up to each are not null.", example!("[1, None, 3]", "cum_count()", "[1, 1, 2]"))]
    #[pyo3(signature = (*, reverse=false))]
    fn cum_count(&self, reverse: bool) -> PyExpr {
        self.0.clone().cum_count(reverse).into()
    }

    /// The expression in a window of time or numbers that ends at each row.
    ///
    /// Parameters
    /// ----------
    /// index_column : expression or name
    ///     Sorted times, dates or whole numbers.
    /// period : str or timedelta
    ///     How long the window is: ``"2d"``, ``"3i"`` for numbers.
    /// offset : str or timedelta, optional
    ///     Where it starts from the row: ``-period``.
    /// closed : {'right', 'left', 'both', 'none'}
    ///
    /// Examples
    /// --------
    /// >>> import tilework.frame as tf
    /// >>> f = tf.from_dict({"t": [1, 2, 4], "x": [1, 2, 3]})
    /// >>> f.select(tf.col("x").sum().rolling("t", period="2i")).to_dict()
    /// {'x': [1, 3, 3]}
    #[pyo3(signature = (index_column, *, period, offset=None, closed=ClosedSide(ClosedWindow::Right)))]
    fn rolling(&self, index_column: Col, period: Every, offset: Option<Every>, closed: ClosedSide) -> PyExpr {
        let offset = offset.map_or(-period.0, |o| o.0);
        self.0.clone().rolling(index_column.0, period.0, offset, closed.0).into()
    }

    /// An expression of :func:`element` on all values up to each.
    #[pyo3(signature = (expr, *, min_samples=1))]
    fn cumulative_eval(&self, expr: Col, min_samples: usize) -> PyExpr {
        self.0.clone().cumulative_eval(expr.0, min_samples).into()
    }
}
