//! Inputs in memory, from the file of uniform numbers that peers read too, and sums by which results are compared.

use std::path::Path;
use tilework::array::create::from_tensor;
use tilework::array::{DynArray, open_npy};
use tilework::chunk::Tensor;
use tilework::{Chunks, Element, Result};

/// Weights of [`weighted`] repeat after so many elements (a prime).
const PERIOD: usize = 1009;
/// How much further each operand begins in the file.
const SHIFT: usize = 7919;

/// The elements of a `.npy` file, mapped.
pub fn mapped(path: &Path) -> Result<Tensor> {
    open_npy(path, Chunks::Whole)?.compute()
}

/// The elements of a `.npy` file in this process's own memory.
pub fn owned<T: Element>(path: &Path) -> Result<Tensor> {
    let file = mapped(path)?;
    Tensor::from_vec(file.shape(), file.as_slice::<T>()?.to_vec())
}

/// `n` numbers for the `k`th operand: the file's, taken round and round from another place for each.
pub fn operand<T: Element>(file: &[f64], k: usize, n: usize, convert: impl Fn(f64) -> T) -> Vec<T> {
    let start = k * (n + SHIFT) % file.len();
    file[start..].iter().chain(file.iter().cycle()).take(n).map(|&v| convert(v)).collect()
}

/// A matrix in memory of the `k`th operand's numbers.
pub fn matrix<T: Element>(
    file: &[f64],
    k: usize,
    shape: [usize; 2],
    chunks: impl Into<Chunks>,
    f: impl Fn(f64) -> T,
) -> Result<DynArray> {
    from_tensor(Tensor::from_vec(&shape, operand(file, k, shape[0] * shape[1], f))?, chunks)
}

/// The mean of the elements, each weighted by its place: differs where elements differ or stand elsewhere.
pub fn weighted<T: Copy + Into<f64>>(elements: &[T]) -> f64 {
    let lines = elements.chunks(PERIOD).map(|line| {
        line.iter().zip(1..).map(|(&v, i)| v.into() * f64::from(i)).sum::<f64>() // lines are short enough to add up as they come
    });
    lines.sum::<f64>() / PERIOD as f64 / elements.len().max(1) as f64
}
