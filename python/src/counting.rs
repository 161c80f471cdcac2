//! Counting into bins, and what is made of sums and products of all elements.

use crate::error::Out;
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::{FromPyObject, pyfunction};
use tilework::array::{self, Bins, Cov, DynArray};

/// Bins of one width (a tuple of number, lower and upper end), or a list of edges.
#[derive(Debug, FromPyObject)]
enum Edges {
    Even((usize, f64, f64)),
    List(Vec<f64>),
}

impl Edges {
    fn bins(&self) -> Bins<'_> {
        match self {
            Edges::Even((n, low, high)) => Bins::Even(*n, *low, *high),
            Edges::List(edges) => Bins::Edges(edges),
        }
    }
}

/// How many elements fall into each bin, and the edges of the bins.
#[pyfunction]
fn histogram(x: &Lazy, bins: Edges, weights: Option<&Lazy>, density: bool) -> Out<(Lazy, Vec<f64>)> {
    let (counts, edges) = x.0.histogram(bins.bins(), weights.map(|w| &w.0), density)?;
    Ok((Lazy(counts), edges))
}

/// How many points fall into each bin of a grid, and the edges of the bins along each axis.
#[pyfunction]
fn histogramdd(sample: Vec<Lazy>, bins: Vec<Edges>, weights: Option<&Lazy>, density: bool) -> Out<(Lazy, Vec<Vec<f64>>)> {
    let sample: Vec<DynArray> = sample.into_iter().map(|x| x.0).collect();
    let bins: Vec<Bins<'_>> = bins.iter().map(Edges::bins).collect();
    let (counts, edges) = array::histogramdd(&sample.iter().collect::<Vec<_>>(), &bins, weights.map(|w| &w.0), density)?;
    Ok((Lazy(counts), edges))
}

/// The edges of bins of one width from the smallest to the largest element.
#[pyfunction]
fn histogram_bin_edges(x: &Lazy, n: usize) -> Out<Lazy> {
    Ok(Lazy(x.0.histogram_bin_edges(n)?))
}

/// How often each of the integers 0 to `length - 1` occurs.
#[pyfunction]
fn bincount(x: &Lazy, weights: Option<&Lazy>, length: usize) -> Out<Lazy> {
    Ok(Lazy(x.0.bincount(weights.map(|w| &w.0), length)?))
}

/// The weighted mean, and the sum of the weights.
#[pyfunction]
fn average(x: &Lazy, axes: Option<Vec<isize>>, weights: Option<&Lazy>) -> Out<(Lazy, Lazy)> {
    let (mean, total) = x.0.average_returned(axes.as_deref(), weights.map(|w| &w.0))?;
    Ok((Lazy(mean), Lazy(total)))
}

/// The covariances of variables, which are rows.
#[pyfunction]
fn cov(x: &Lazy, ddof: usize) -> Out<Lazy> {
    Ok(Lazy(x.0.cov(Cov { rowvar: true, ddof })?))
}

/// The correlation coefficients of variables, which are rows.
#[pyfunction]
fn corrcoef(x: &Lazy) -> Out<Lazy> {
    Ok(Lazy(x.0.corrcoef(true)?))
}

/// Whether two arrays are equal, of one shape or broadcast.
#[pyfunction]
fn array_equal(a: &Lazy, b: &Lazy, equal_nan: bool, broadcast: bool) -> Out<Lazy> {
    Ok(Lazy(if broadcast { array::array_equiv(&a.0, &b.0)? } else { array::array_equal(&a.0, &b.0, equal_nan)? }))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(histogram, m)?)?;
    m.add_function(wrap_pyfunction!(histogramdd, m)?)?;
    m.add_function(wrap_pyfunction!(histogram_bin_edges, m)?)?;
    m.add_function(wrap_pyfunction!(bincount, m)?)?;
    m.add_function(wrap_pyfunction!(average, m)?)?;
    m.add_function(wrap_pyfunction!(cov, m)?)?;
    m.add_function(wrap_pyfunction!(corrcoef, m)?)?;
    m.add_function(wrap_pyfunction!(array_equal, m)?)
}
