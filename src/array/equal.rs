//! Whether whole arrays are equal.

use crate::array::{DynArray, full};
use crate::base::{DType, Result};
use crate::expr::{Chunks, build};

/// Whether two arrays have one shape and equal elements, as an array of no dimensions; with `equal_nan` NaN equals NaN. NumPy's
/// `array_equal`.
///
/// # Chunks
/// One element; as the [`all`](DynArray::all) of a comparison, which is never stored. Of different shapes nothing is computed.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, array_equal};
/// let x = arange(0, 6, 1, 4)?;
/// assert!(array_equal(&x, &x.astype(tilework::DType::F64)?, false)?.compute_as::<bool>()?.into_scalar());
/// assert!(!array_equal(&x, &x.reshape(&[2, 3])?, false)?.compute_as::<bool>()?.into_scalar());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Arrays of unknown size.
pub fn array_equal(a: &DynArray, b: &DynArray, equal_nan: bool) -> Result<DynArray> {
    a.known("array_equal")?;
    b.known("array_equal")?;
    if a.shape() != b.shape() {
        return full(&[], false, DType::Bool, Chunks::Whole);
    }
    let equal = a.equal(b)?;
    let equal = if equal_nan { equal.logical_or(a.isnan()?.logical_and(b.isnan()?)?)? } else { equal };
    equal.all(None)
}

/// Whether two arrays broadcast to one shape and have equal elements there, as an array of no dimensions. NumPy's `array_equiv`.
///
/// # Chunks
/// As [`array_equal`].
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, array_equiv, ones};
/// let x = ones(&[3, 2], tilework::DType::F64, 2)?;
/// assert!(array_equiv(&x, &arange(1, 2, 1, 1)?)?.compute_as::<bool>()?.into_scalar());
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Arrays of unknown size.
pub fn array_equiv(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    a.known("array_equiv")?;
    b.known("array_equiv")?;
    let shapes = [a.parts().1.shape(), b.parts().1.shape()];
    if build::broadcast_shapes(&shapes).is_err() {
        return full(&[], false, DType::Bool, Chunks::Whole);
    }
    a.equal(b)?.all(None)
}
