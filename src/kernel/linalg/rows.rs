//! Matrices as rows of memory: what products read.
//!
//! Every matrix is brought into this one form before it is multiplied, so that the layout in which a chunk happens to lie never
//! changes a bit of the result.

use crate::base::{Element, Error, Result};
use crate::chunk::Tensor;

/// A matrix whose rows are runs of elements, `stride` elements apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T> {
    data: &'a [T],
    n_rows: usize,
    n_columns: usize,
    stride: usize,
}

impl<'a, T> Rows<'a, T> {
    /// A matrix in C order without gaps.
    ///
    /// # Errors
    /// A slice of another length (a bug of the caller).
    pub fn new(data: &'a [T], n_rows: usize, n_columns: usize) -> Result<Rows<'a, T>> {
        if data.len() != n_rows * n_columns {
            return Err(Error::bug(format!("{} elements for a matrix of {n_rows} by {n_columns}", data.len())));
        }
        Ok(Rows { data, n_rows, n_columns, stride: n_columns })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Elements from the start of a row to the start of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The elements from the first of the first row to the last of the last row.
    pub fn data(&self) -> &'a [T] {
        self.data
    }

    /// A row.
    pub fn row(&self, i: usize) -> &'a [T] {
        &self.data[i * self.stride..i * self.stride + self.n_columns]
    }
}

/// A tensor of two axes whose rows are runs of memory that do not overlap: itself where it lies so, else a copy.
pub fn in_rows(t: &Tensor) -> Tensor {
    let plain = t.ndim() == 2 && !t.is_empty() && t.strides()[1] == 1 && t.strides()[0] >= t.shape()[1] as isize;
    if plain { t.clone() } else { t.contiguous() }
}

/// The rows of a tensor that [`in_rows`] gave.
///
/// # Errors
/// Another dtype, number of axes or layout (a bug of the caller).
pub fn rows_of<T: Element>(t: &Tensor) -> Result<Rows<'_, T>> {
    let &[n_rows, n_columns] = t.shape() else {
        return Err(Error::bug(format!("a tensor of shape {:?} is no matrix", t.shape())));
    };
    if t.is_contiguous() {
        return Rows::new(t.as_slice::<T>()?, n_rows, n_columns);
    }
    let stride = usize::try_from(t.strides()[0]).unwrap_or(0);
    if t.dtype() != T::DTYPE || t.strides()[1] != 1 || stride < n_columns {
        return Err(Error::bug(format!("{:?}/{:?} of {} does not lie in rows", t.shape(), t.strides(), t.dtype())));
    }
    // SAFETY: the layout was checked when the tensor was made, it is not empty (that is contiguous), and the last element of the
    // last row is the farthest; the slice borrows the tensor, which keeps the buffer.
    let data = unsafe { std::slice::from_raw_parts(t.origin().cast::<T>(), (n_rows - 1) * stride + n_columns) };
    Ok(Rows { data, n_rows, n_columns, stride })
}
