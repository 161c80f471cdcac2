//! Sorting by several keys.

use crate::array::DynArray;
use crate::base::{Error, Result};
use crate::expr::build;

/// The places (int64) of the elements of each lane along `axis` in rising order of the last key, of equal ones of the key before it, and
/// so on; what is equal in all keys stays in order of its places. Keys are arrays of one shape; NaN comes last. NumPy's `lexsort`.
///
/// Key by key from the first, the places found so far are sorted anew: an [`argsort`](DynArray::argsort) and two
/// [`take_along_axis`](DynArray::take_along_axis) for each.
///
/// # Chunks
/// As [`argsort`](DynArray::argsort) and [`take_along_axis`](DynArray::take_along_axis). Of a lane that does not fit into a chunk, every
/// chunk of places meets all chunks of the key, one after the other.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, lexsort};
/// let year = from_ndarray(ndarray::array![2021, 2020, 2021].into_dyn(), 2)?;
/// let month = from_ndarray(ndarray::array![3, 7, 1].into_dyn(), 2)?;
/// assert_eq!(lexsort(&[&month, &year], 0)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// No keys, keys of different shapes, an axis out of bounds.
pub fn lexsort(keys: &[&DynArray], axis: isize) -> Result<DynArray> {
    let named = |e: Error| e.at("lexsort");
    let Some((first, others)) = keys.split_first() else { return Err(Error::usage("lexsort needs at least one key")) };
    let axis = build::normalize_axis(axis, first.ndim()).map_err(named)? as isize;
    if let Some(i) = keys.iter().position(|k| k.shape() != first.shape()) {
        let (shape, own) = (keys[i].shape(), first.shape());
        return Err(Error::usage(format!("lexsort: key {i} has shape {shape:?}, the first {own:?}")));
    }
    let start = first.argsort(Some(axis)).map_err(named)?;
    let next = |order: DynArray, key: &&DynArray| {
        let again = key.take_along_axis(&order, axis)?.argsort(Some(axis))?;
        order.take_along_axis(&again, axis)
    };
    others.iter().try_fold(start, next).map_err(named)
}
