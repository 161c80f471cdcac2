//! Functions on one matrix after the other of a block: its last two axes are a matrix's, the others count matrices.

use crate::base::{DType, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use crate::expr::call::BlockInfo;
use crate::kernel::linalg::{Field, dense};
use crate::op::block::NamedBlock;
use crate::op::linalg::contract::PACKED;
use faer::prelude::ReborrowMut;
use faer::{Mat, MatMut, MatRef};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Runs `$body` with `$t` standing for the type of a dtype that matrices can be factored over.
macro_rules! for_field {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype {
            $crate::base::DType::F32 => {
                type $t = f32;
                $body
            }
            $crate::base::DType::F64 => {
                type $t = f64;
                $body
            }
            $crate::base::DType::C64 => {
                type $t = $crate::base::dtype::C64;
                $body
            }
            $crate::base::DType::C128 => {
                type $t = $crate::base::dtype::C128;
                $body
            }
            other => Err($crate::base::Error::bug(format!("matrices of {other} are not factored: cast them first"))),
        }
    };
}
/// Bytes that a thread keeps of the products inside of factorisations, whose pieces are narrow.
pub(super) const KEPT: u64 = 16 << 20;

/// The matrices of a tensor, one after the other; those of a tensor of two axes is itself.
fn split(t: &Tensor) -> Result<(Tensor, usize)> {
    let Some(lead) = t.ndim().checked_sub(2) else {
        return Err(Error::bug(format!("a block of shape {:?} holds no matrices", t.shape())));
    };
    let n = t.shape()[..lead].iter().product();
    if lead == 0 {
        return Ok((t.insert_axis(0, 1), 1));
    }
    Ok((t.reshape(&[n, t.shape()[lead], t.shape()[lead + 1]]), n))
}

/// The result whose matrices `f` writes, from the matrices of the inputs (in columns) and, for messages, their number.
pub(super) fn each<T: Field>(
    shape: &[usize],
    inputs: &[Tensor],
    mut f: impl FnMut(Vec<Mat<T>>, MatMut<'_, T>) -> Result<()>,
) -> Result<Tensor> {
    let Some(lead) = shape.len().checked_sub(2) else {
        return Err(Error::bug(format!("a result of shape {shape:?} is no matrix")));
    };
    let (n_rows, n_columns) = (shape[lead], shape[lead + 1]);
    let lanes: usize = shape[..lead].iter().product();
    let mut out = BufferMut::zeroed(lanes * n_rows * n_columns * size_of::<T>());
    let parts: Vec<(Tensor, usize)> = inputs.iter().map(split).collect::<Result<_>>()?;
    if parts.iter().any(|(_, n)| *n != lanes) {
        return Err(Error::bug(format!("inputs of {:?} matrices for {lanes}", parts.iter().map(|p| p.1).collect::<Vec<_>>())));
    }
    let elements = out.elements_mut::<T>();
    for lane in 0..lanes {
        let matrices = parts.iter().map(|(t, _)| dense::columns(&t.index_axis(0, lane))).collect::<Result<_>>()?;
        let to = &mut elements[lane * n_rows * n_columns..(lane + 1) * n_rows * n_columns];
        let to = MatMut::from_row_major_slice_mut(to, n_rows, n_columns);
        f(matrices, to).map_err(|e| if lanes > 1 { e.at(format!("matrix {lane} of the block")) } else { e })?;
    }
    Tensor::new(T::DTYPE, shape, out.freeze())
}

/// How the first input of a block function stands beside others that are cut into many blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beside {
    /// Block by block.
    Each,
    /// One for all blocks of columns: its own columns lie along a third axis of the result, of length 1.
    Columns,
    /// One for all blocks of rows: its rows lie along the columns of the result, its columns along a third axis.
    Rows,
}

impl Beside {
    /// [`each`] on inputs without the axes along which they repeat.
    pub(super) fn each<T: Field>(
        self,
        shape: &[usize],
        inputs: &[Tensor],
        f: impl FnMut(Vec<Mat<T>>, MatMut<'_, T>) -> Result<()>,
    ) -> Result<Tensor> {
        let drop = match self {
            Beside::Each => return each(shape, inputs, f),
            Beside::Columns => 1,
            Beside::Rows => 0,
        };
        if shape.len() != 3 || inputs.iter().any(|t| t.ndim() != 3) {
            return Err(Error::bug(format!("blocks for a result of shape {shape:?}")));
        }
        if shape.contains(&0) {
            return Ok(Tensor::splat(T::DTYPE, shape, false.into()));
        }
        let flat: Vec<Tensor> = inputs.iter().enumerate().map(|(i, t)| t.index_axis(if i == 0 { drop } else { 2 }, 0)).collect();
        Ok(each(&shape[..2], &flat, f)?.reshape(shape))
    }
}

/// Copies a matrix into a place of another.
pub(super) fn put<T: Field>(to: &mut MatMut<'_, T>, row: usize, column: usize, from: MatRef<'_, T>) -> Result<()> {
    let (m, n) = (from.nrows(), from.ncols());
    if row + m > to.nrows() || column + n > to.ncols() {
        return Err(Error::bug(format!("{m} by {n} at {row}, {column} of {} by {}", to.nrows(), to.ncols())));
    }
    dense::copy(to.rb_mut().submatrix_mut(row, column, m, n), from);
    Ok(())
}

/// The first dtype.
fn dtype(inputs: &[Tensor]) -> Result<DType> {
    inputs.first().map(Tensor::dtype).ok_or_else(|| Error::bug("a block function without an input"))
}

/// A function on matrices over one of the [`Field`]s: what is left of a [`NamedBlock`] that only factors.
pub trait Factors: Serialize + DeserializeOwned + Debug + Send + Sync + 'static {
    /// As [`NamedBlock::NAME`].
    const NAME: &'static str;

    /// As [`NamedBlock::DOC`].
    const DOC: &'static str;

    /// Nanoseconds for each byte of inputs and result, about.
    const NS_PER_BYTE: u64 = 8;

    /// Computes a result of this shape.
    ///
    /// # Errors
    /// As [`NamedBlock::compute`].
    fn run<T: Field>(&self, shape: &[usize], inputs: &[Tensor]) -> Result<Tensor>
    where
        f64: From<T::Real>;

    /// As [`NamedBlock::scratch_bytes`], for inputs of so many bytes together.
    fn scratch(&self, bytes: u64) -> u64;
}

impl<F: Factors> NamedBlock for F {
    const NAME: &'static str = <F as Factors>::NAME;
    const DOC: &'static str = <F as Factors>::DOC;
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        for_field!(dtype(inputs)?, T => self.run::<T>(&block.region.shape(), inputs))
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        self.scratch(input_bytes.iter().sum())
    }

    fn kept(&self) -> Option<(&'static str, u64)> {
        Some((PACKED, KEPT))
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * F::NS_PER_BYTE
    }
}

/// The next matrix.
pub(super) fn next<T: Field>(matrices: &mut std::vec::IntoIter<Mat<T>>) -> Result<Mat<T>> {
    matrices.next().ok_or_else(|| Error::bug("a matrix is missing"))
}
