//! Distinct elements and sets of them, of arrays of any length. How many are left depends on the data.

use crate::array::create::zeros;
use crate::array::{DynArray, concatenate};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::{build, unknown};
use crate::op::sort::{Distinct, Give};
use std::sync::Arc;

/// An array is made distinct in about so many runs, longer ones than a sort has: what occurs in many runs is written once for each.
const RUNS: usize = 24;
const MOST_RUN_BYTES: usize = 32 << 20;

/// The distinct elements of an array, and what is known of each.
#[derive(Clone, Debug)]
pub struct Unique {
    /// The elements, rising; NaN last and once, -0.0 and 0.0 once.
    pub values: DynArray,
    /// How often each occurs (int64).
    pub counts: DynArray,
    /// Where each occurs first in the flattened array (int64).
    pub indices: DynArray,
    /// Which of them every element of the array is (int64), in the array's shape.
    pub inverse: DynArray,
}

impl DynArray {
    /// The distinct elements, rising, as a 1-dimensional array whose size is not known before it is computed. NaN is one element.
    /// NumPy's `unique`.
    ///
    /// # Chunks
    /// The array is shuffled as by [`sort`](DynArray::sort), in runs of up to 32 MiB, each of which is made distinct first; a task holds about
    /// six times its run. The result has as many chunks as there are runs, of unknown size.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![3, 1, 3, 2, 1].into_dyn(), 2)?;
    /// assert_eq!(x.unique()?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [1, 2, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the array's own size is not known and it has several axes.
    pub fn unique(&self) -> Result<DynArray> {
        let x = self.runs().map_err(|e| e.at("unique"))?;
        x.distinct(None, false, Give::Values).map_err(|e| e.at("unique"))
    }

    /// The distinct elements as [`unique`](DynArray::unique) gives them and how often each occurs (int64): what `numpy.unique_counts` gives.
    /// Both are computed together if they are asked for together.
    ///
    /// # Chunks
    /// As [`unique`](DynArray::unique).
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![3, 1, 3, 2, 1, 3].into_dyn(), 2)?;
    /// let (values, counts) = x.unique_counts()?;
    /// assert_eq!(values.compute_as::<i32>()?.into_raw_vec_and_offset().0, [1, 2, 3]);
    /// assert_eq!(counts.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 1, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`unique`](DynArray::unique).
    pub fn unique_counts(&self) -> Result<(DynArray, DynArray)> {
        let x = self.runs().map_err(|e| e.at("unique_counts"))?;
        let give = |g| x.distinct(None, false, g).map_err(|e| e.at("unique_counts"));
        Ok((give(Give::Values)?, give(Give::Counts)?))
    }

    /// The distinct elements, how often each occurs, where first, and which of them every element is. NumPy's `unique_all`.
    ///
    /// # Chunks
    /// As [`unique`](DynArray::unique); places take 16 bytes more for each element. Only where it is used, the inverse is made of three more
    /// shuffles: a [`sort`](DynArray::sort), an [`argsort`](DynArray::argsort) and the argsort of that, by which ranks are taken.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let x = from_ndarray(ndarray::array![3, 1, 3, 2, 1].into_dyn(), 2)?;
    /// let all = x.unique_all()?;
    /// assert_eq!(all.indices.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 3, 0]);
    /// assert_eq!(all.inverse.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 0, 2, 1, 0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`unique`](DynArray::unique), and where the array's own size is not known.
    pub fn unique_all(&self) -> Result<Unique> {
        let all = || {
            let x = self.runs()?;
            let give = |g| x.distinct(None, true, g);
            let (values, counts, indices) = (give(Give::Values)?, give(Give::Counts)?, give(Give::Places)?);
            let shape: Vec<isize> = self.shape().iter().map(|&n| n as isize).collect();
            Ok(Unique { values, counts, indices, inverse: x.dense_ranks()?.reshape(&shape)? })
        };
        all().map_err(|e: Error| e.at("unique_all"))
    }

    /// For each element of a 1-dimensional array how many distinct ones are less.
    fn dense_ranks(&self) -> Result<DynArray> {
        let n = self.shape()[0];
        if n == 0 {
            return self.astype(DType::I64);
        }
        let sorted = self.sort(Some(0))?;
        let (below, above) = (sorted.index(&[(..-1).into()])?, sorted.index(&[(1..).into()])?);
        let both_nan = below.isnan()?.logical_and(&above.isnan()?)?;
        let rises = above.not_equal(&below)?.logical_and(&both_nan.logical_not()?)?.astype(DType::I64)?;
        let ranks = concatenate(&[zeros(&[1], DType::I64, 1)?, rises], 0)?.rechunk(sorted.chunks())?.cumsum(0)?;
        // Where in the sorted array each element stands.
        let places = self.argsort(Some(0))?.argsort(Some(0))?;
        ranks.take(&places, Some(0))
    }

    /// Flat, and cut for a shuffle.
    fn runs(&self) -> Result<DynArray> {
        let flat = if self.ndim() == 1 { self.clone() } else { self.ravel()? };
        if flat.parts().1.unknown_axis().is_some() { Ok(flat) } else { flat.in_runs(RUNS, MOST_RUN_BYTES) }
    }

    /// Of a 1-dimensional array; with `exactly`, only what occurs so often.
    fn distinct(&self, exactly: Option<i64>, places: bool, give: Give) -> Result<DynArray> {
        let (dtype, grid) = self.parts();
        if places {
            unknown::refuse(grid)?;
        }
        let n_runs = grid.n_chunks();
        let starts = places.then(|| (0..n_runs).map(|i| grid.axes()[0].range(i).start).collect());
        let op = Distinct { give, ..Distinct::new(dtype, grid.n_elements()?, n_runs, n_runs, starts, exactly) };
        let tag = unknown::tag("unique", &[self.expr().key().0, exactly.unwrap_or(0) as u128, u128::from(places)]);
        let most = op.most().max(1);
        let out = if give == Give::Values { dtype } else { DType::I64 };
        let grid = Grid::new([Axis::unknown(std::iter::repeat_n(most, n_runs), tag)]);
        Ok(DynArray::wrap(build::shuffle(Arc::new(op), self.expr(), out, grid)))
    }
}

/// The distinct elements of several arrays joined in one, only those that occur in so many if `exactly` says so.
fn of_sets(sets: &[&DynArray], exactly: Option<i64>) -> Result<DynArray> {
    let dtype = DType::promote_all(sets.iter().map(|s| s.dtype())).unwrap_or(DType::F64);
    let parts: Vec<DynArray> = sets.iter().map(|s| s.astype(dtype)).collect::<Result<_>>()?;
    concatenate(&parts, 0)?.distinct(exactly, false, Give::Values)
}

/// The elements that are in one of both arrays, rising. NumPy's `union1d`.
///
/// # Chunks
/// As [`unique`](DynArray::unique) of both arrays joined.
///
/// # Example
/// ```
/// use tilework::array::{arange, union1d};
/// let u = union1d(&arange(0, 4, 1, 2)?, &arange(2, 6, 1, 2)?)?;
/// assert_eq!(u.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2, 3, 4, 5]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`unique`](DynArray::unique).
pub fn union1d(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let made = || of_sets(&[&a.runs()?, &b.runs()?], None);
    made().map_err(|e| e.at("union1d"))
}

/// The elements that are in both arrays, rising. NumPy's `intersect1d`.
///
/// # Chunks
/// As [`unique`](DynArray::unique), of each array and then of both together.
///
/// # Example
/// ```
/// use tilework::array::{arange, intersect1d};
/// let u = intersect1d(&arange(0, 4, 1, 2)?, &arange(2, 6, 1, 2)?)?;
/// assert_eq!(u.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`unique`](DynArray::unique).
pub fn intersect1d(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let made = || of_sets(&[&a.unique()?, &b.unique()?], Some(2));
    made().map_err(|e| e.at("intersect1d"))
}

/// The elements that are in one of both arrays only, rising. NumPy's `setxor1d`.
///
/// # Chunks
/// As [`intersect1d`].
///
/// # Errors
/// As [`unique`](DynArray::unique).
pub fn setxor1d(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    let made = || of_sets(&[&a.unique()?, &b.unique()?], Some(1));
    made().map_err(|e| e.at("setxor1d"))
}

/// The elements of `a` that are not in `b`, rising. NumPy's `setdiff1d`.
///
/// # Chunks
/// As [`intersect1d`].
///
/// # Errors
/// As [`unique`](DynArray::unique).
pub fn setdiff1d(a: &DynArray, b: &DynArray) -> Result<DynArray> {
    // Counted twice, what is in b occurs more than once.
    let made = || {
        let b = b.unique()?;
        of_sets(&[&a.unique()?, &b, &b], Some(1))
    };
    made().map_err(|e| e.at("setdiff1d"))
}
