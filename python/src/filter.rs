//! Filters of images, and connected components.

use crate::argument::{Number, Type};
use crate::error::{Out, value};
use crate::lazy::Lazy;
use crate::memory;
use ndarray::ArrayD;
use pyo3::prelude::{Borrowed, Bound, FromPyObject, PyAny, PyErr, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::Scalar;
use tilework::array::{DynArray, Filter, Gaussian, Morphology, Neighbourhood};
use tilework::expr::node::Boundary;

/// What filters have in common: modes with their constant, origins, axes (each with one for all, or one for each axis), dtype of the result.
#[derive(FromPyObject)]
struct Options(Vec<(String, Number)>, Vec<isize>, Option<Vec<isize>>, Option<Type>);

impl Options {
    fn filter(self) -> Out<Filter> {
        let Options(modes, origins, axes, output) = self;
        let modes = modes.iter().map(|(name, cval)| boundary(name, cval.0)).collect::<Out<Vec<_>>>()?;
        let mut f = Filter::default().mode(modes).origin(origins);
        if let Some(axes) = axes {
            f = f.axes(&axes);
        }
        Ok(if let Some(t) = output { f.output(t.0) } else { f })
    }
}

/// The boundary of a mode of SciPy's.
fn boundary(mode: &str, cval: Scalar) -> Out<Boundary> {
    Ok(match mode {
        "reflect" | "grid-mirror" => Boundary::Reflect,
        "constant" | "grid-constant" => Boundary::Constant(cval),
        "nearest" => Boundary::Nearest,
        "mirror" => Boundary::Mirror,
        "wrap" | "grid-wrap" => Boundary::Periodic,
        other => return Err(value(format!("boundary mode {other:?} is not known"))),
    })
}

/// An array of NumPy's of any dtype the engine has, as one of `T`.
struct Small<T>(ArrayD<T>);

impl<'py, T: tilework::base::Element> FromPyObject<'_, 'py> for Small<T> {
    type Error = PyErr;
    fn extract(o: Borrowed<'_, 'py, PyAny>) -> PyResult<Small<T>> {
        let t = memory::tensor(&o)?;
        Ok(Small(t.to_ndarray().map_err(crate::error::Fail::from)?))
    }
}

/// Weighted sums of windows in all dimensions; with `convolve` the weights are turned.
#[pyfunction]
fn filter_weights(x: &Lazy, weights: Small<f64>, convolve: bool, options: Options) -> Out<Lazy> {
    let f = options.filter()?;
    Ok(Lazy(if convolve { x.0.convolve(&weights.0, &f)? } else { x.0.correlate(&weights.0, &f)? }))
}

/// Weighted sums of windows along an axis; with `convolve` the weights are turned.
#[pyfunction]
fn filter_weights1d(x: &Lazy, weights: Vec<f64>, axis: isize, convolve: bool, options: Options) -> Out<Lazy> {
    let f = options.filter()?;
    Ok(Lazy(if convolve { x.0.convolve1d(&weights, axis, &f)? } else { x.0.correlate1d(&weights, axis, &f)? }))
}

/// Means of boxes.
#[pyfunction]
fn filter_uniform(x: &Lazy, sizes: Vec<usize>, options: Options) -> Out<Lazy> {
    Ok(Lazy(x.0.uniform_filter(sizes, &options.filter()?)?))
}

/// Gaussian filters: `gaussian_filter`, `gaussian_laplace` or `gaussian_gradient_magnitude`.
#[pyfunction]
fn filter_gaussian(
    name: &str,
    x: &Lazy,
    sigma: Vec<f64>,
    order: Vec<usize>,
    truncate: f64,
    radius: Option<Vec<usize>>,
    options: Options,
) -> Out<Lazy> {
    let mut g = Gaussian::new(sigma).order(order).truncate(truncate);
    if let Some(r) = radius {
        g = g.radius(r);
    }
    let f = options.filter()?;
    Ok(Lazy(match name {
        "gaussian_filter" => x.0.gaussian_filter(g, &f)?,
        "gaussian_laplace" => x.0.gaussian_laplace(g, &f)?,
        "gaussian_gradient_magnitude" => x.0.gaussian_gradient_magnitude(g, &f)?,
        other => return Err(value(format!("there is no filter {other}"))),
    }))
}

/// Differences of neighbours: `sobel`, `prewitt` along an axis, or `laplace`.
#[pyfunction]
fn filter_edges(name: &str, x: &Lazy, axis: isize, options: Options) -> Out<Lazy> {
    let f = options.filter()?;
    Ok(Lazy(match name {
        "sobel" => x.0.sobel(axis, &f)?,
        "prewitt" => x.0.prewitt(axis, &f)?,
        "laplace" => x.0.laplace(&f)?,
        other => return Err(value(format!("there is no filter {other}"))),
    }))
}

/// The neighbour at some place of the order: `sizes` or a `footprint` says which; `at` is the rank or percentile where there is one.
#[pyfunction]
#[pyo3(signature = (name, x, sizes, footprint, at, options))]
fn filter_order(name: &str, x: &Lazy, sizes: Vec<usize>, footprint: Option<Small<bool>>, at: f64, options: Options) -> Out<Lazy> {
    let window = footprint.map_or_else(|| Neighbourhood::from(&sizes[..]), |f| Neighbourhood::from(f.0));
    let f = options.filter()?;
    Ok(Lazy(match name {
        "minimum_filter" => x.0.minimum_filter(window, &f)?,
        "maximum_filter" => x.0.maximum_filter(window, &f)?,
        "median_filter" => x.0.median_filter(window, &f)?,
        "rank_filter" => x.0.rank_filter(at as isize, window, &f)?,
        "percentile_filter" => x.0.percentile_filter(at, window, &f)?,
        other => return Err(value(format!("there is no filter {other}"))),
    }))
}

/// Erosion, dilation, opening and closing.
#[pyfunction]
#[pyo3(signature = (name, x, structure, iterations, mask, border_value, origin))]
fn morphology(
    name: &str,
    x: &Lazy,
    structure: Option<Small<bool>>,
    iterations: usize,
    mask: Option<&Lazy>,
    border_value: bool,
    origin: Vec<isize>,
) -> Out<Lazy> {
    let mut how = Morphology::default().iterations(iterations).border_value(border_value).origin(origin);
    if let Some(s) = structure {
        how = how.structure(s.0);
    }
    if let Some(m) = mask {
        how = how.mask(&m.0);
    }
    let f = match name {
        "binary_erosion" => DynArray::binary_erosion,
        "binary_dilation" => DynArray::binary_dilation,
        "binary_opening" => DynArray::binary_opening,
        "binary_closing" => DynArray::binary_closing,
        other => return Err(value(format!("there is no operation {other}"))),
    };
    Ok(Lazy(f(&x.0, &how)?))
}

/// Connected components and their number.
#[pyfunction]
#[pyo3(signature = (x, structure))]
fn label(x: &Lazy, structure: Option<Small<bool>>) -> Out<(Lazy, Lazy)> {
    let (labels, n) = x.0.label(structure.as_ref().map(|s| &s.0))?;
    Ok((Lazy(labels), Lazy(n)))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(filter_weights, m)?)?;
    m.add_function(wrap_pyfunction!(filter_weights1d, m)?)?;
    m.add_function(wrap_pyfunction!(filter_uniform, m)?)?;
    m.add_function(wrap_pyfunction!(filter_gaussian, m)?)?;
    m.add_function(wrap_pyfunction!(filter_edges, m)?)?;
    m.add_function(wrap_pyfunction!(filter_order, m)?)?;
    m.add_function(wrap_pyfunction!(morphology, m)?)?;
    m.add_function(wrap_pyfunction!(label, m)?)
}
