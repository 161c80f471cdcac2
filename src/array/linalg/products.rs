//! Products of arrays, as NumPy names them.

use crate::array::linalg::contract::{Labelled, contract};
use crate::array::linalg::lanes;
use crate::array::{DynArray, Index, stack};
use crate::base::{DType, Error, Result};
use crate::expr::build;

/// An array with labels from `first` on.
fn labelled(x: &DynArray, first: usize) -> Labelled {
    Labelled { x: x.clone(), labels: (first..first + x.ndim()).collect() }
}

/// The product of matrices; of stacks of matrices where there are more than two axes, which broadcast. A vector stands in as a row
/// on the left and as a column on the right, and that axis goes away. NumPy's `matmul`. Float32 and float64 are multiplied by packed
/// kernels; integers wrap; of bool the sum is "or".
///
/// Sums of floats are rounded, so that they depend on how the inner axis is cut. It is cut by the shapes alone: the chunks of the
/// arrays and the number of threads change no bit. Processors without fused multiply-add may differ in the last bits.
///
/// # Chunks
/// The result is cut into blocks of about 1000 by 1000 (longer where the other axis is short, finer where the result is small), and
/// summed over pieces of about 2000. A task holds two blocks of the factors (at most 2 Mi elements each) and two of the result (1 Mi).
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::matmul};
/// let a = arange(0.0, 6.0, 1.0, 4)?.reshape(&[2, 3])?;
/// let c = matmul(&a, &a.transpose(None)?)?;
/// assert_eq!(c.compute_as::<f64>()?, ndarray::array![[5.0, 14.0], [14.0, 50.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An array without axes, inner lengths that differ, stacks that do not broadcast.
pub fn matmul(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let (sa, sb) = (a.shape(), b.shape());
    if sa.is_empty() || sb.is_empty() {
        return Err(Error::usage("matmul takes no arrays of 0 dimensions: use multiply"));
    }
    let (ka, kb) = (sa[sa.len() - 1], sb[sb.len().saturating_sub(2)]);
    if ka != kb {
        return Err(Error::usage(format!("matmul: {sa:?} has {ka} columns, but {sb:?} has {kb} rows")));
    }
    // Labels: 0, 1 and 2 are rows, the inner axis and columns; 3 and on the axes of the stack, from the last.
    let stacked = |n: usize| (0..n.saturating_sub(2)).rev().map(|i| 3 + i).collect::<Vec<_>>();
    let own = |n: usize, tail: [usize; 2], vector: usize| if n == 1 { vec![vector] } else { [&stacked(n)[..], &tail].concat() };
    let (la, lb) = (own(sa.len(), [0, 1], 1), own(sb.len(), [1, 2], 1));
    let mut out = stacked(sa.len().max(sb.len()));
    out.extend((sa.len() > 1).then_some(0));
    out.extend((sb.len() > 1).then_some(2));
    contract(&Labelled { x: a.clone(), labels: la }, &Labelled { x: b.clone(), labels: lb }, &out)
        .map(|c| c.x)
        .map_err(|e| e.at("matmul"))
}

/// The sum of products over the last axis of `a` and the last but one of `b` (its only one, if it has one); of an array without
/// axes the plain product. NumPy's `dot`: for two axes [`matmul`], for more the result has the other axes of `a` and then those of `b`.
///
/// # Chunks
/// As [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, linalg::dot};
/// let x = arange(0, 4, 1, 3)?;
/// assert_eq!(dot(&x, &x)?.compute_as::<i64>()?.into_scalar(), 14);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Lengths that differ.
pub fn dot(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return a.multiply(b);
    }
    let last = a.ndim() as isize - 1;
    let other = b.ndim().saturating_sub(2) as isize;
    tensordot(a, b, &[last], &[other]).map_err(|e| e.at("dot"))
}

/// The sum of products over axes of `a` and axes of `b`, pair by pair; the result has the other axes of `a` and then those of `b`.
/// NumPy's `tensordot`; its `axes=2` is `&[-2, -1], &[0, 1]`. Axes are not reshaped into matrices: blocks of as many axes as there
/// are go into one product of matrices.
///
/// # Chunks
/// As [`matmul`], where rows, columns and the inner length are products of lengths.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::tensordot};
/// let a = arange(0, 24, 1, 7)?.reshape(&[2, 3, 4])?;
/// let b = arange(0, 12, 1, 5)?.reshape(&[4, 3])?;
/// assert_eq!(tensordot(&a, &b, &[1, 2], &[1, 0])?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [440, 1232]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As many axes on both sides are needed, each once, of the same lengths.
pub fn tensordot(a: &DynArray, b: &DynArray, axes_a: &[isize], axes_b: &[isize]) -> Result<DynArray> {
    let named = |e: Error| e.at("tensordot");
    let pa = crate::array::axes::axes_of(axes_a, a.ndim(), "tensordot")?;
    let pb = crate::array::axes::axes_of(axes_b, b.ndim(), "tensordot")?;
    let (sa, sb) = (a.shape(), b.shape());
    if pa.len() != pb.len() || pa.iter().zip(&pb).any(|(&i, &j)| sa[i] != sb[j]) {
        return Err(Error::usage(format!("tensordot: axes {axes_a:?} of {sa:?} and {axes_b:?} of {sb:?} do not go together")));
    }
    let first = labelled(a, 0);
    let mut second = labelled(b, a.ndim());
    for (&i, &j) in pa.iter().zip(&pb) {
        second.labels[j] = i;
    }
    let out: Vec<usize> = first
        .labels
        .iter()
        .enumerate()
        .filter(|(i, _)| !pa.contains(i))
        .map(|(_, &l)| l)
        .chain(second.labels.iter().copied().filter(|&l| l >= a.ndim()))
        .collect();
    contract(&first, &second, &out).map(|c| c.x).map_err(named)
}

/// The sum of products over the last axis of both; of an array without axes the plain product. NumPy's `inner`.
///
/// # Chunks
/// As [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::inner};
/// let x = arange(0, 4, 1, 3)?.reshape(&[2, 2])?;
/// assert_eq!(inner(&x, &x)?.compute_as::<i64>()?, ndarray::array![[1, 3], [3, 13]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Lengths that differ.
pub fn inner(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    if a.ndim() == 0 || b.ndim() == 0 {
        return a.multiply(b);
    }
    tensordot(a, b, &[-1], &[-1]).map_err(|e| e.at("inner"))
}

/// All products of an element of `a` and one of `b`, both flat: of shape `(a, b)`. NumPy's `outer`.
///
/// # Chunks
/// As the two arrays are cut; a task holds one block.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::outer};
/// let x = arange(1, 3, 1, 1)?;
/// assert_eq!(outer(&x, &x)?.compute_as::<i64>()?, ndarray::array![[1, 2], [2, 4]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// More elements than can be counted.
pub fn outer(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    a.ravel()?.expand_dims(&[1])?.multiply(b.ravel()?).map_err(|e| e.at("outer"))
}

/// The sum of products along one axis, where the others broadcast; complex numbers of `a` are conjugated. NumPy's `vecdot`, with the axis counted from the end in both.
///
/// Sums are those of [`DynArray::sum`]: pieces are added chunk by chunk, so that the chunks take part in the rounding.
///
/// # Chunks
/// As the arrays are cut along the other axes; products are summed as they are made.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::vecdot};
/// let x = arange(0, 4, 1, 3)?.reshape(&[2, 2])?;
/// assert_eq!(vecdot(&x, &x, -1)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 13]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// An axis out of bounds, lengths that differ along it, other axes that do not broadcast.
pub fn vecdot(a: &DynArray, b: &DynArray, axis: isize) -> Result<DynArray> {
    let named = |e: Error| e.at("vecdot");
    let last = |x: &DynArray| build::normalize_axis(axis, x.ndim()).and_then(|i| x.moveaxis(&[i as isize], &[-1]));
    let (a, b) = (last(a).map_err(named)?, last(b).map_err(named)?);
    let (na, nb) = (a.shape()[a.ndim() - 1], b.shape()[b.ndim() - 1]);
    if na != nb {
        return Err(Error::usage(format!("vecdot: lengths {na} and {nb} differ along the axis")));
    }
    let dtype = a.dtype().promote(b.dtype());
    let products = lanes::conjugated(&a.astype(dtype)?)?.multiply(b.astype(dtype)?).map_err(named)?;
    if dtype == DType::Bool { products.any(Some(&[-1])) } else { products.sum(Some(&[-1]))?.astype(dtype) }
}

/// The sum of products of the elements of two arrays in C order, those of `a` conjugated if complex: an array of no dimensions. NumPy's
/// `vdot`.
///
/// # Chunks
/// As [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, linalg::vdot};
/// let x = arange(0, 4, 1, 3)?.reshape(&[2, 2])?;
/// assert_eq!(vdot(&x, &x)?.compute_as::<i64>()?.into_scalar(), 14);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Another number of elements, arrays of unknown size.
pub fn vdot(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let flat = |x: &DynArray| x.ravel()?.atleast_1d();
    dot(&lanes::conjugated(&flat(a)?)?, &flat(b)?).map_err(|e| e.at("vdot"))
}

/// The product of a matrix and a vector, the last axis of `v`; of stacks of them, which broadcast. NumPy's `matvec`.
///
/// # Chunks
/// As [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::matvec};
/// let a = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
/// assert_eq!(matvec(&a, &arange(0, 3, 1, 2)?)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [5, 14]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// A matrix of fewer than two dimensions, a vector without axes, lengths that differ, stacks that do not broadcast.
pub fn matvec(a: &DynArray, v: &DynArray) -> Result<DynArray> {
    if a.ndim() < 2 || v.ndim() == 0 {
        return Err(Error::usage(format!("matvec: {:?} and {:?} are no matrix and vector", a.shape(), v.shape())));
    }
    matmul(a, &v.expand_dims(&[-1])?).and_then(|c| c.squeeze(Some(&[-1]))).map_err(|e| e.at("matvec"))
}

/// The product of a vector, the last axis of `v`, which is conjugated if complex, and a matrix; of stacks of them, which broadcast.
/// NumPy's `vecmat`.
///
/// # Chunks
/// As [`matmul`].
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::vecmat};
/// let a = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
/// assert_eq!(vecmat(&arange(0, 2, 1, 2)?, &a)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 4, 5]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`matvec`].
pub fn vecmat(v: &DynArray, a: &DynArray) -> Result<DynArray> {
    if a.ndim() < 2 || v.ndim() == 0 {
        return Err(Error::usage(format!("vecmat: {:?} and {:?} are no vector and matrix", v.shape(), a.shape())));
    }
    let row = lanes::conjugated(v)?.expand_dims(&[-2])?;
    matmul(&row, a).and_then(|c| c.squeeze(Some(&[-2]))).map_err(|e| e.at("vecmat"))
}

/// The Kronecker product: every element of `a` times all of `b`, of the shapes' product; missing axes in front have length 1.
/// NumPy's `kron`.
///
/// # Chunks
/// As [`outer`], with the axes merged afterwards: pieces are runs of the result.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::kron};
/// let x = arange(1, 3, 1, 1)?;
/// assert_eq!(kron(&x, &x)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 2, 4]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// More elements than can be counted.
pub fn kron(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let ndim = a.ndim().max(b.ndim());
    let wide = |x: &DynArray| x.expand_dims(&(0..(ndim - x.ndim()) as isize).collect::<Vec<_>>());
    let (a, b) = (wide(a)?, wide(b)?);
    let shape: Vec<usize> = a.shape().iter().zip(b.shape()).map(|(&n, m)| n * m).collect();
    let (odd, even): (Vec<isize>, Vec<isize>) =
        ((0..ndim).map(|i| 2 * i as isize + 1).collect(), (0..ndim).map(|i| 2 * i as isize).collect());
    a.expand_dims(&odd)?
        .multiply(b.expand_dims(&even)?)?
        .reshape(&shape.iter().map(|&n| n as isize).collect::<Vec<_>>())
        .map_err(|e| e.at("kron"))
}

/// The cross product of vectors of 3 (or 2, taken as lying in the plane) elements along the last axis, where the others broadcast.
/// NumPy's `cross` with its axes last; of two vectors of 2 elements the result is the one element across the plane. Move other axes
/// with [`DynArray::moveaxis`].
///
/// # Chunks
/// As the arrays are cut along the other axes.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, linalg::cross};
/// let x = from_ndarray(ndarray::array![1, 0, 0].into_dyn(), 3)?;
/// let y = from_ndarray(ndarray::array![0, 1, 0].into_dyn(), 3)?;
/// assert_eq!(cross(&x, &y)?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [0, 0, 1]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Vectors of another length, other axes that do not broadcast.
pub fn cross(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let length = |x: &DynArray| x.shape().last().copied().unwrap_or(0);
    let (na, nb) = (length(a), length(b));
    if !matches!((na, nb), (2 | 3, 2 | 3)) {
        return Err(Error::usage(format!("cross takes vectors of 2 or 3 elements along the last axis, not {na} and {nb}")));
    }
    let part = |x: &DynArray, i: isize| x.index(&[Index::Ellipsis, Index::At(i)]);
    let minor = |i: isize, j: isize| {
        part(a, i)?.multiply(part(b, j)?)?.subtract(part(a, j)?.multiply(part(b, i)?)?).map_err(|e| e.at("cross"))
    };
    let z = minor(0, 1)?;
    let (x, y) = match (na, nb) {
        (2, 2) => return Ok(z),
        (2, _) => (part(a, 1)?.multiply(part(b, 2)?)?, part(a, 0)?.multiply(part(b, 2)?)?.negative()?),
        (_, 2) => (part(a, 2)?.multiply(part(b, 1)?)?.negative()?, part(a, 2)?.multiply(part(b, 0)?)?),
        _ => (minor(1, 2)?, minor(2, 0)?),
    };
    stack(&[x, y, z], -1)
}

impl DynArray {
    /// The product of matrices: [`matmul`].
    ///
    /// # Chunks
    /// As [`matmul`].
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, eye};
    /// let a = arange(0.0, 4.0, 1.0, 4)?.reshape(&[2, 2])?;
    /// assert_eq!(a.matmul(&a)?.compute_as::<f64>()?, ndarray::array![[2.0, 3.0], [6.0, 11.0]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`matmul`].
    pub fn matmul(&self, other: &DynArray) -> Result<DynArray> {
        matmul(self, other)
    }

    /// The sum of products over the last axis of this and the last but one of the other: [`dot`].
    ///
    /// # Chunks
    /// As [`matmul`].
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange};
    /// let x = arange(0, 4, 1, 2)?;
    /// assert_eq!(x.dot(&x)?.compute_as::<i64>()?.into_scalar(), 14);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`dot`].
    pub fn dot(&self, other: &DynArray) -> Result<DynArray> {
        dot(self, other)
    }
}
