//! The lazy array whose dtype is a value.

use crate::base::{DType, Element, Error, Result};
use crate::chunk::Tensor;
use crate::expr::{Chunks, Expr, build};
use crate::session::{ChunkReport, Explanation, Session};
use ndarray::{ArrayD, ArrayViewMutD};

/// A lazy array: shape, dtype and chunks are known, elements are computed when they are asked for.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, where_};
/// let x = arange(0, 10, 1, 4)?;                       // int64, chunks of 4
/// let y = where_(&x.greater(5)?, &x.multiply(10)?, 0)?; // nothing is computed yet
/// assert_eq!(y.shape(), [10]);
/// assert_eq!(y.sum(None)?.compute_as::<i64>()?.into_scalar(), 60 + 70 + 80 + 90);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DynArray {
    expr: Expr,
}

/// A computed array of 0 dimensions as its one element.
pub trait IntoScalar<T> {
    /// The only element.
    ///
    /// # Panics
    /// When there is not exactly one element.
    fn into_scalar(self) -> T;
}

impl<T: Element> IntoScalar<T> for ArrayD<T> {
    fn into_scalar(self) -> T {
        assert_eq!(self.len(), 1, "an array of shape {:?} is no scalar", self.shape());
        self.into_iter().next().unwrap_or_default()
    }
}

impl DynArray {
    /// The array that an expression computes.
    ///
    /// # Chunks
    /// As the expression's.
    ///
    /// # Errors
    /// When it computes something else.
    pub fn from_expr(expr: Expr) -> Result<DynArray> {
        expr.array()?;
        Ok(DynArray { expr })
    }

    /// Wraps an expression that a builder made for an array.
    pub(crate) fn wrap(expr: Expr) -> DynArray {
        debug_assert!(expr.array().is_ok());
        DynArray { expr }
    }

    /// The expression.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    pub(crate) fn parts(&self) -> (DType, &crate::base::Grid) {
        match self.expr.meta() {
            crate::expr::Meta::Array { dtype, grid } => (*dtype, grid),
            // The constructors let only arrays in.
            other => unreachable!("{other:?} is no array"),
        }
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.parts().0
    }

    /// Length along each axis; an upper bound where that is unknown (see [`dims`](DynArray::dims)).
    pub fn shape(&self) -> Vec<usize> {
        self.parts().1.shape().to_vec()
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.parts().1.ndim()
    }

    /// Sizes of the chunks along each axis, upper bounds where they are unknown.
    pub fn chunks(&self) -> Vec<Vec<usize>> {
        self.parts().1.axes().iter().map(|a| a.sizes().collect()).collect()
    }

    /// Number of chunks.
    pub fn n_chunks(&self) -> usize {
        self.parts().1.n_chunks()
    }

    /// Bytes of all elements, an upper bound where a size is unknown.
    pub fn n_bytes(&self) -> u64 {
        self.shape().iter().map(|&n| n as u64).product::<u64>() * self.dtype().size() as u64
    }

    /// This array with its dtype as a type.
    ///
    /// # Chunks
    /// As the input; nothing is computed.
    ///
    /// # Errors
    /// When the dtype is another.
    pub fn typed<T: Element>(&self) -> Result<crate::array::Array<T>> {
        crate::array::Array::try_from(self.clone())
    }

    /// The elements as another dtype, converted as NumPy's `astype` does (floats to integers saturate).
    ///
    /// # Chunks
    /// As the input, elementwise.
    ///
    /// # Errors
    /// Complex numbers as integers or floats: NumPy drops the imaginary part with a warning, here [`real`](DynArray::real),
    /// [`imag`](DynArray::imag) or [`absolute`](DynArray::absolute) says which number is meant.
    pub fn astype(&self, dtype: DType) -> Result<DynArray> {
        Ok(DynArray::wrap(build::cast(&self.expr, dtype)?))
    }

    /// The same elements in other chunks. Dask's `rechunk`.
    ///
    /// # Chunks
    /// As `chunks` says. A task holds a new chunk and the old ones that it is cut from, where those in use at a time fit into half
    /// of the budget; else one chunk and its pieces, which wait in memory or in spill files.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.known("rechunk")?;
        let grid = chunks.into().grid(&self.shape(), self.dtype(), None)?;
        Ok(DynArray::wrap(build::rechunk(&self.expr, grid)?))
    }

    /// Computes the array with default settings (half of the memory, all cores).
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn compute(&self) -> Result<Tensor> {
        Session::default().compute(&self.expr)
    }

    /// Computes the array in a session.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn compute_in(&self, session: &Session) -> Result<Tensor> {
        session.compute(&self.expr)
    }

    /// Computes the array into an ndarray that exists, in C order best: then nothing is allocated for the result, and elementwise work
    /// writes it straight there. NumPy's `out=`, dask's `store` to an array.
    ///
    /// # Chunks
    /// Written as the array's, each at its place.
    ///
    /// # Example
    /// ```
    /// use tilework::Session;
    /// use tilework::array::arange;
    /// let mut out = ndarray::ArrayD::<f64>::zeros(vec![5]);
    /// arange(0.0, 5.0, 1.0, 2)?.multiply(2.0)?.compute_into(&mut out.view_mut(), &Session::default())?;
    /// assert_eq!(out.as_slice().unwrap(), [0.0, 2.0, 4.0, 6.0, 8.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Session::compute_into`].
    pub fn compute_into<T: Element>(&self, out: &mut ArrayViewMutD<'_, T>, session: &Session) -> Result<()> {
        session.compute_into(&self.expr, out)
    }

    /// Computes the array as an ndarray with default settings.
    ///
    /// # Errors
    /// When `T` is not the dtype; as [`Session::run`].
    pub fn compute_as<T: Element>(&self) -> Result<ArrayD<T>> {
        if T::DTYPE != self.dtype() {
            return Err(Error::dtype(format!("the array holds {}, not {}: cast it with astype", self.dtype(), T::DTYPE)));
        }
        self.compute()?.to_ndarray()
    }

    /// Computes the array now and keeps it in memory, chunk by chunk, for further work. Sizes that were unknown are known then.
    /// Dask's `persist`.
    ///
    /// # Chunks
    /// As the input. A task holds what it does in any run; all chunks stay in memory, counted in the budget of this run but of no
    /// later one.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn persist(&self, session: &Session) -> Result<DynArray> {
        Ok(DynArray::wrap(session.persist(&self.expr)?))
    }

    /// What computing this array would do.
    ///
    /// # Errors
    /// When it cannot be planned.
    pub fn explain(&self) -> Result<Explanation> {
        Session::default().explain(std::slice::from_ref(&self.expr))
    }

    /// The chunks of the plan that computes this array, node by node: where they grow, where bytes move, what is wrong with them.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0.0, 1e6, 1.0, 100_000)?.cumsum(0)?.rechunk(250_000)?;
    /// let report = x.chunk_report()?;
    /// let last = &report.rows[report.rows.len() - 1];
    /// assert_eq!((last.kind, last.n_chunks, last.size_growth), ("Rechunk", 4, Some(2.5)));
    /// assert_eq!(report.moved_bytes, 8_000_000);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it cannot be planned.
    pub fn chunk_report(&self) -> Result<ChunkReport> {
        Session::default().chunk_report(std::slice::from_ref(&self.expr))
    }

    /// The optimized expression as a picture: `.svg` or `.dot` by the path's ending.
    ///
    /// # Errors
    /// Another ending, or the file cannot be written.
    pub fn visualize(&self, path: impl AsRef<std::path::Path>) -> Result<()> {
        let (path, session, roots) = (path.as_ref(), Session::default(), std::slice::from_ref(&self.expr));
        let text = match path.extension().and_then(|e| e.to_str()) {
            Some("svg") => session.svg(roots)?,
            Some("dot") => session.dot(roots)?,
            _ => return Err(Error::usage(format!("{}: pictures are written as .svg or .dot", path.display()))),
        };
        std::fs::write(path, text).map_err(|e| Error::io(path.display(), &e))
    }
}
