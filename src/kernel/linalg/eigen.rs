//! Eigenvalues of Hermitian matrices.

use crate::base::{Error, Result};
use crate::kernel::linalg::dense::{self, Field};
use crate::kernel::linalg::singular::turn;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Mat, Par};

/// Eigenvalues, rising, and vectors (in columns) if they are asked for, of which the element of largest absolute value (the first of
/// equal ones) is real and above 0. Only the lower triangle is read.
///
/// # Errors
/// A matrix that is not finite; no convergence.
pub fn hermitian<T: Field>(a: &Mat<T>, vectors: bool) -> Result<(Vec<f64>, Option<Mat<T>>)>
where
    f64: From<T::Real>,
{
    dense::all_numbers(a.as_ref())?;
    let n = a.nrows();
    if n == 0 {
        return Ok((vec![], vectors.then(|| Mat::zeros(0, 0))));
    }
    let how = if vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let mut mem = MemBuffer::new(self_adjoint_evd_scratch::<T>(n, how, Par::Seq, default()));
    let mut s = faer::diag::Diag::<T>::zeros(n);
    let mut u = if vectors { Mat::zeros(n, n) } else { Mat::zeros(0, 0) };
    let out = vectors.then(|| u.as_mut());
    self_adjoint_evd(a.as_ref(), s.as_mut(), out, Par::Seq, MemStack::new(&mut mem), default())
        .map_err(|_| Error::matrix("the eigenvalues did not converge"))?;
    let values = (0..n).map(|i| f64::from(faer::traits::math_utils::real(&s.column_vector()[i]))).collect();
    if vectors {
        turn(&mut u, None);
    }
    Ok((values, vectors.then_some(u)))
}
