//! Decompositions that must see a whole matrix: singular values and eigenvalues.

use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::kernel::linalg::{Field, eigen, singular};
use crate::op::linalg::lanes::{Factors, each, next, put};
use faer::MatMut;
use serde::{Deserialize, Serialize};

/// Writes numbers into a row.
fn write_row<T: Field>(out: &mut MatMut<'_, T>, row: usize, values: &[f64]) -> Result<()> {
    if row >= out.nrows() || values.len() > out.ncols() {
        return Err(Error::bug(format!("{} values for a block of {} by {}", values.len(), out.nrows(), out.ncols())));
    }
    values.iter().enumerate().for_each(|(j, &v)| out[(row, j)] = T::of(v));
    Ok(())
}

/// Singular values of every matrix of at least as many rows as columns in a row; or U, that row, and the adjoint of V, one below the
/// other.
#[derive(Debug, Serialize, Deserialize)]
pub struct Svd {
    /// With U and V.
    pub vectors: bool,
}

impl Factors for Svd {
    const NAME: &'static str = "svd";
    const DOC: &'static str = "Singular values and vectors of every matrix, packed into one block.";
    const NS_PER_BYTE: u64 = 50;

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            let a = next(&mut matrices.into_iter())?;
            let (s, uv) = singular::values(&a, self.vectors)?;
            let Some((u, v)) = uv else { return write_row(&mut out, 0, &s) };
            put(&mut out, 0, 0, u.as_ref())?;
            write_row(&mut out, a.nrows(), &s)?;
            put(&mut out, a.nrows() + 1, 0, v.adjoint().to_owned().as_ref())
        })
    }

    // The matrix in columns, what it is reduced to, U, V and its adjoint, and the work of joining the halves.
    fn scratch(&self, bytes: u64) -> u64 {
        (if self.vectors { 20 } else { 8 }) * bytes + (1 << 20)
    }
}

/// Eigenvalues of every Hermitian matrix in a row, whose lower triangle is read; with vectors these in columns below.
#[derive(Debug, Serialize, Deserialize)]
pub struct Eigh {
    /// With vectors.
    pub vectors: bool,
}

impl Factors for Eigh {
    const NAME: &'static str = "eigh";
    const DOC: &'static str = "Eigenvalues and vectors of every Hermitian matrix, packed into one block.";
    const NS_PER_BYTE: u64 = 50;

    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>,
    {
        each::<T>(shape, inputs, |matrices, mut out| {
            let (w, v) = eigen::hermitian(&next(&mut matrices.into_iter())?, self.vectors)?;
            write_row(&mut out, 0, &w)?;
            v.map_or(Ok(()), |v| put(&mut out, 1, 0, v.as_ref()))
        })
    }

    fn scratch(&self, bytes: u64) -> u64 {
        (if self.vectors { 12 } else { 6 }) * bytes + (1 << 20)
    }
}
