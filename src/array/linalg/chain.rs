//! Chains of matrices.

use crate::array::DynArray;
use crate::array::linalg::{matmul, path};
use crate::base::{Error, Result};

/// The product of matrices one after the other, in the order of products that takes the fewest multiplications. The first array may be a
/// vector, taken as a row, and the last one, taken as a column; those axes go away. NumPy's `multi_dot`.
///
/// # Chunks
/// As [`matmul`] for each product.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::multi_dot, ones};
/// use tilework::DType;
/// let (tall, wide) = (ones(&[500, 2], DType::F64, 100)?, ones(&[2, 500], DType::F64, 100)?);
/// let x = multi_dot(&[&tall, &wide, &tall])?; // the last two first: of 2 by 2 instead of 500 by 500 elements
/// assert_eq!(x.shape(), [500, 2]);
/// assert_eq!(x.compute_as::<f64>()?[[7, 1]], 1000.0);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Fewer than two arrays, others than matrices within, lengths that differ.
pub fn multi_dot(arrays: &[&DynArray]) -> Result<DynArray> {
    let named = |e: Error| e.at("multi_dot");
    let n = arrays.len();
    if n < 2 {
        return Err(Error::usage(format!("multi_dot: {n} arrays: give two at least")));
    }
    let mut matrices: Vec<DynArray> = Vec::new();
    for (i, x) in arrays.iter().enumerate() {
        matrices.push(match x.ndim() {
            2 => (*x).clone(),
            1 if i == 0 => x.expand_dims(&[0])?,
            1 if i == n - 1 => x.expand_dims(&[1])?,
            d => {
                return Err(Error::usage(format!(
                    "multi_dot: array {i} has {d} dimensions: matrices have 2, vectors stand at the ends"
                )));
            }
        });
    }
    let mut lengths: Vec<usize> = matrices.iter().map(|m| m.shape()[0]).collect();
    lengths.push(matrices[n - 1].shape()[1]);
    for (i, m) in matrices.iter().enumerate() {
        if m.shape()[1] != lengths[i + 1] {
            let (columns, rows) = (m.shape()[1], lengths[i + 1]);
            return Err(Error::usage(format!("multi_dot: array {i} has {columns} columns, but array {} has {rows} rows", i + 1)));
        }
    }
    let product = product(&matrices, &path::chain(&lengths), 0, n - 1).map_err(named)?;
    let gone: Vec<isize> =
        [(0, arrays[0]), (1, arrays[n - 1])].into_iter().filter(|(_, x)| x.ndim() == 1).map(|(a, _)| a as isize).collect();
    product.squeeze(Some(&gone))
}

/// The product of the matrices from `first` to `last`, split as `splits` says.
fn product(matrices: &[DynArray], splits: &[Vec<usize>], first: usize, last: usize) -> Result<DynArray> {
    if first == last {
        return Ok(matrices[first].clone());
    }
    let split = splits[first][last];
    matmul(&product(matrices, splits, first, split)?, &product(matrices, splits, split + 1, last)?)
}
