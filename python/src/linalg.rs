//! Products of arrays, factorisations of matrices, and what follows from them.

use crate::error::Out;
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::DynArray;
use tilework::array::linalg::{self, Compressed, Norm};

type Pair = (Lazy, Lazy);
type Three = (Lazy, Lazy, Lazy);

macro_rules! products {
    ($($name:ident $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[pyfunction]
            fn $name(a: &Lazy, b: &Lazy) -> Out<Lazy> {
                Ok(Lazy(linalg::$name(&a.0, &b.0)?))
            }
        )*
        fn register_products(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

products! {
    cross "The cross product of vectors along the last axis.";
    dot "The sum of products over the last axis and the last but one.";
    inner "The sum of products over the last axes.";
    kron "The Kronecker product.";
    matmul "The product of matrices.";
    matvec "The product of matrices and vectors.";
    outer "All products of two elements.";
    solve "The solutions of linear systems.";
    vdot "The sum of products of all elements.";
    vecmat "The product of vectors and matrices.";
}

macro_rules! of_matrices {
    ($($name:ident $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[pyfunction]
            fn $name(a: &Lazy) -> Out<Lazy> {
                Ok(Lazy(linalg::$name(&a.0)?))
            }
        )*
        fn register_of_matrices(m: &Bound<'_, PyModule>) -> PyResult<()> {
            $(m.add_function(wrap_pyfunction!($name, m)?)?;)*
            Ok(())
        }
    };
}

of_matrices! {
    det "Determinants.";
    eigvalsh "Eigenvalues of Hermitian matrices.";
    inv "Inverses.";
    svdvals "Singular values.";
}

/// The sum of products over pairs of axes.
#[pyfunction]
fn tensordot(a: &Lazy, b: &Lazy, axes_a: Vec<isize>, axes_b: Vec<isize>) -> Out<Lazy> {
    Ok(Lazy(linalg::tensordot(&a.0, &b.0, &axes_a, &axes_b)?))
}

/// The sum of products along an axis.
#[pyfunction]
fn vecdot(a: &Lazy, b: &Lazy, axis: isize) -> Out<Lazy> {
    Ok(Lazy(linalg::vecdot(&a.0, &b.0, axis)?))
}

/// Sums of products in Einstein's notation.
#[pyfunction]
fn einsum(subscripts: &str, xs: Vec<Lazy>) -> Out<Lazy> {
    Ok(Lazy(linalg::einsum(subscripts, &borrowed(&xs))?))
}

/// The product of several matrices in the order of the least work.
#[pyfunction]
fn multi_dot(xs: Vec<Lazy>) -> Out<Lazy> {
    Ok(Lazy(linalg::multi_dot(&borrowed(&xs))?))
}

fn borrowed(xs: &[Lazy]) -> Vec<&DynArray> {
    xs.iter().map(|x| &x.0).collect()
}

/// A norm: `order` is a number, `"fro"` or `"nuc"`.
#[pyfunction]
fn norm(x: &Lazy, order: Order, axes: Option<Vec<isize>>, keepdims: bool) -> Out<Lazy> {
    Ok(Lazy(linalg::norm(&x.0, order.0, axes.as_deref(), keepdims)?))
}

struct Order(Norm);

impl<'py> pyo3::FromPyObject<'_, 'py> for Order {
    type Error = pyo3::PyErr;
    fn extract(o: pyo3::Borrowed<'_, 'py, pyo3::PyAny>) -> PyResult<Order> {
        Ok(Order(match o.extract::<&str>() {
            Ok("nuc") => Norm::Nuclear,
            Ok(_) => Norm::Frobenius,
            Err(_) => Norm::Order(o.extract()?),
        }))
    }
}

/// Signs and logarithms of determinants.
#[pyfunction]
fn slogdet(a: &Lazy) -> Out<Pair> {
    let (sign, log) = linalg::slogdet(&a.0)?;
    Ok((Lazy(sign), Lazy(log)))
}

/// Orthogonal and upper triangular factors.
#[pyfunction]
fn qr(a: &Lazy) -> Out<Pair> {
    let (q, r) = linalg::qr(&a.0)?;
    Ok((Lazy(q), Lazy(r)))
}

/// Eigenvalues and vectors of Hermitian matrices.
#[pyfunction]
fn eigh(a: &Lazy) -> Out<Pair> {
    let (values, vectors) = linalg::eigh(&a.0)?;
    Ok((Lazy(values), Lazy(vectors)))
}

/// Singular values and vectors.
#[pyfunction]
fn svd(a: &Lazy) -> Out<Three> {
    three(linalg::svd(&a.0)?)
}

/// Triangular factors and the exchange of rows.
#[pyfunction]
fn lu(a: &Lazy) -> Out<Three> {
    three(linalg::lu(&a.0)?)
}

fn three((a, b, c): (DynArray, DynArray, DynArray)) -> Out<Three> {
    Ok((Lazy(a), Lazy(b), Lazy(c)))
}

/// The largest singular values with their vectors, by random directions.
#[pyfunction]
fn svd_compressed(a: &Lazy, rank: usize, oversampling: usize, n_power_iterations: usize, seed: u64) -> Out<Three> {
    three(linalg::svd_compressed(&a.0, rank, Compressed { oversampling, n_power_iterations, seed })?)
}

/// Cholesky factors.
#[pyfunction]
fn cholesky(a: &Lazy, upper: bool) -> Out<Lazy> {
    Ok(Lazy(linalg::cholesky(&a.0, upper)?))
}

/// Solutions of triangular systems.
#[pyfunction]
fn solve_triangular(a: &Lazy, b: &Lazy, lower: bool, unit: bool) -> Out<Lazy> {
    Ok(Lazy(linalg::solve_triangular(&a.0, &b.0, lower, unit)?))
}

/// Solution, residuals, rank and singular values of a least squares problem.
#[pyfunction]
fn lstsq(a: &Lazy, b: &Lazy, rcond: Option<f64>) -> Out<(Lazy, Lazy, Lazy, Lazy)> {
    let found = linalg::lstsq(&a.0, &b.0, rcond)?;
    Ok((Lazy(found.x), Lazy(found.residuals), Lazy(found.rank), Lazy(found.s)))
}

/// Integer powers.
#[pyfunction]
fn matrix_power(a: &Lazy, n: i64) -> Out<Lazy> {
    Ok(Lazy(linalg::matrix_power(&a.0, n)?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    register_products(m)?;
    register_of_matrices(m)?;
    m.add_function(wrap_pyfunction!(tensordot, m)?)?;
    m.add_function(wrap_pyfunction!(vecdot, m)?)?;
    m.add_function(wrap_pyfunction!(einsum, m)?)?;
    m.add_function(wrap_pyfunction!(multi_dot, m)?)?;
    m.add_function(wrap_pyfunction!(norm, m)?)?;
    m.add_function(wrap_pyfunction!(slogdet, m)?)?;
    m.add_function(wrap_pyfunction!(qr, m)?)?;
    m.add_function(wrap_pyfunction!(eigh, m)?)?;
    m.add_function(wrap_pyfunction!(svd, m)?)?;
    m.add_function(wrap_pyfunction!(lu, m)?)?;
    m.add_function(wrap_pyfunction!(svd_compressed, m)?)?;
    m.add_function(wrap_pyfunction!(cholesky, m)?)?;
    m.add_function(wrap_pyfunction!(solve_triangular, m)?)?;
    m.add_function(wrap_pyfunction!(lstsq, m)?)?;
    m.add_function(wrap_pyfunction!(matrix_power, m)?)
}
