//! U S Vᴴ = A.

use crate::base::{Error, Result};
use crate::kernel::linalg::dense::{self, Field};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::prelude::default;
use faer::{Mat, Par};

/// U and V, if they are asked for.
pub type Vectors<T> = Option<(Mat<T>, Mat<T>)>;

/// Singular values, falling, and vectors (U and V in columns) if they are asked for. Of every column of V the element of largest
/// absolute value (the first of equal ones) is real and above 0.
///
/// # Errors
/// A matrix that is not finite; no convergence.
pub fn values<T: Field>(a: &Mat<T>, vectors: bool) -> Result<(Vec<f64>, Vectors<T>)> {
    dense::all_numbers(a.as_ref())?;
    let (m, n) = (a.nrows(), a.ncols());
    let k = m.min(n);
    if k == 0 {
        return Ok((vec![], vectors.then(|| (Mat::zeros(m, 0), Mat::zeros(n, 0)))));
    }
    let how = if vectors { ComputeSvdVectors::Thin } else { ComputeSvdVectors::No };
    let mut mem = MemBuffer::new(svd_scratch::<T>(m, n, how, how, Par::Seq, default()));
    let mut s = faer::diag::Diag::<T>::zeros(k);
    let (mut u, mut v) = if vectors { (Mat::zeros(m, k), Mat::zeros(n, k)) } else { (Mat::zeros(0, 0), Mat::zeros(0, 0)) };
    let out = if vectors { (Some(u.as_mut()), Some(v.as_mut())) } else { (None, None) };
    svd(a.as_ref(), s.as_mut(), out.0, out.1, Par::Seq, MemStack::new(&mut mem), default())
        .map_err(|_| Error::matrix("the singular values did not converge"))?;
    let values = (0..k).map(|i| s.column_vector()[i].size()).collect();
    if vectors {
        turn(&mut v, Some(&mut u));
    }
    Ok((values, vectors.then_some((u, v))))
}

/// Turns every column of `v` so that its largest element is above 0, and that of `u` with it.
pub(super) fn turn<T: Field>(v: &mut Mat<T>, mut u: Option<&mut Mat<T>>) {
    for j in 0..v.ncols() {
        let mut largest = T::of(0.0);
        for i in 0..v.nrows() {
            if v[(i, j)].size() > largest.size() {
                largest = v[(i, j)];
            }
        }
        let by = largest.phase().conjugate();
        (0..v.nrows()).for_each(|i| v[(i, j)] = v[(i, j)].times(by));
        if let Some(u) = &mut u {
            (0..u.nrows()).for_each(|i| u[(i, j)] = u[(i, j)].times(by));
        }
    }
}
