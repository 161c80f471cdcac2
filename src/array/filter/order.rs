//! Filters by the order of elements: extremes, medians, ranks, percentiles.

use super::options::{Filter, Neighbourhood, Side};
use super::run::{separable, spread, windowed};
use crate::array::DynArray;
use crate::base::{Error, Result};
use crate::kernel::filter::extreme::Extreme;
use crate::kernel::filter::pass::Step;
use crate::kernel::filter::window::{Make, Window};

/// What stands for a window: a box, or its places.
enum Form {
    Sizes(Vec<usize>),
    Places(Window),
}

impl Form {
    fn of(window: Neighbourhood, sides: &[Side], ndim: usize) -> Result<Form> {
        let footprint = match window {
            Neighbourhood::Size(n) => return Ok(Form::Sizes(n.each(sides.len(), "size")?)),
            Neighbourhood::Footprint(f) => f,
        };
        if footprint.ndim() == sides.len() && footprint.iter().all(|&p| p) {
            return Ok(Form::Sizes(footprint.shape().to_vec()));
        }
        let (window, _) = spread(&footprint, sides, ndim, |p| p)?;
        if window.places.is_empty() {
            return Err(Error::usage("a footprint without places: set at least one to true"));
        }
        Ok(Form::Places(window))
    }

    /// The form as places in all of `ndim` axes.
    fn window(self, sides: &[Side], ndim: usize) -> Result<Window> {
        let sizes = match self {
            Form::Places(w) => return Ok(w),
            Form::Sizes(n) => n,
        };
        let mut shape = vec![1; ndim];
        sides.iter().zip(&sizes).for_each(|(s, &n)| shape[s.axis] = n);
        if sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).is_none_or(|n| n > 1 << 24) {
            return Err(Error::usage(format!("a window of {sizes:?} is larger than 2^24 elements")));
        }
        Ok(Window::full(&shape))
    }
}

impl DynArray {
    fn extreme_filter(&self, window: Neighbourhood, filter: &Filter, which: Extreme, name: &str) -> Result<DynArray> {
        let run = || {
            let sides = filter.sides(self, name)?;
            let out = match Form::of(window, &sides, self.ndim())? {
                Form::Sizes(sizes) => {
                    separable(self, sides.into_iter().zip(sizes.into_iter().map(|n| step(which, n))).collect(), None)?
                }
                Form::Places(w) => windowed(self, &sides, w, Make::Extreme(which), None)?,
            };
            out.astype(filter.output.unwrap_or(self.dtype()))
        };
        run().map_err(|e| e.at(name.to_string()))
    }

    fn extreme_filter1d(&self, size: usize, axis: isize, filter: &Filter, which: Extreme, name: &str) -> Result<DynArray> {
        let sides = filter.along(self, &[axis], name)?;
        let out = separable(self, vec![(sides[0], step(which, size))], None).map_err(|e| e.at(name.to_string()))?;
        out.astype(filter.output.unwrap_or(self.dtype()))
    }

    fn ranked(
        &self,
        window: Neighbourhood,
        filter: &Filter,
        name: &str,
        rank: impl FnOnce(usize) -> Result<usize>,
    ) -> Result<DynArray> {
        let run = || {
            let sides = filter.sides(self, name)?;
            let window = Form::of(window, &sides, self.ndim())?.window(&sides, self.ndim())?;
            let rank = rank(window.places.len())?;
            windowed(self, &sides, window, Make::Rank(rank), None)?.astype(filter.output.unwrap_or(self.dtype()))
        };
        run().map_err(|e| e.at(name.to_string()))
    }

    /// The smallest of `size` neighbours along an axis; NaN if one is, where SciPy leaves open what comes out. SciPy's `minimum_filter1d`.
    ///
    /// # Chunks
    /// As the input, coarser where they are shorter than the window (see [`map_overlap`](crate::array::map_overlap)). A task holds a chunk with
    /// its halo and the result.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![5, 1, 4, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.minimum_filter1d(3, 0, &Filter::default())?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [1, 1, 1, 2, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A size of 0, an axis out of bounds, an origin that shifts the window off its place, a constant that does not fit the dtype.
    pub fn minimum_filter1d(&self, size: usize, axis: isize, filter: &Filter) -> Result<DynArray> {
        self.extreme_filter1d(size, axis, filter, Extreme::Min, "minimum_filter1d")
    }

    /// The largest of `size` neighbours along an axis; NaN if one is. SciPy's `maximum_filter1d`.
    ///
    /// # Chunks
    /// As [`minimum_filter1d`](DynArray::minimum_filter1d).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![5, 1, 4, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.maximum_filter1d(3, 0, &Filter::default())?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [5, 5, 4, 4, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`minimum_filter1d`](DynArray::minimum_filter1d).
    pub fn maximum_filter1d(&self, size: usize, axis: isize, filter: &Filter) -> Result<DynArray> {
        self.extreme_filter1d(size, axis, filter, Extreme::Max, "maximum_filter1d")
    }

    /// The smallest neighbour in a box or footprint; NaN if one is. SciPy's `minimum_filter`.
    ///
    /// # Chunks
    /// As [`minimum_filter1d`](DynArray::minimum_filter1d); boxes are filtered along one axis after the other in one task, with two more blocks in memory.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[5, 1, 4], [2, 3, 6]].into_dyn(), 2)?;
    /// assert_eq!(x.minimum_filter([2, 1], &Filter::default())?.compute_as::<i32>()?, ndarray::array![[5, 1, 4], [2, 1, 4]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`minimum_filter1d`](DynArray::minimum_filter1d); a footprint of another number of dimensions than axes, or without places.
    pub fn minimum_filter(&self, window: impl Into<Neighbourhood>, filter: &Filter) -> Result<DynArray> {
        self.extreme_filter(window.into(), filter, Extreme::Min, "minimum_filter")
    }

    /// The largest neighbour in a box or footprint; NaN if one is. SciPy's `maximum_filter`.
    ///
    /// # Chunks
    /// As [`minimum_filter`](DynArray::minimum_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[5, 1, 4], [2, 3, 6]].into_dyn(), 2)?;
    /// let corner = ndarray::array![[true, true], [true, false]].into_dyn();
    /// assert_eq!(x.maximum_filter(corner, &Filter::default())?.compute_as::<i32>()?, ndarray::array![[5, 5, 4], [5, 5, 4]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`minimum_filter`](DynArray::minimum_filter).
    pub fn maximum_filter(&self, window: impl Into<Neighbourhood>, filter: &Filter) -> Result<DynArray> {
        self.extreme_filter(window.into(), filter, Extreme::Max, "maximum_filter")
    }

    /// The neighbour in the middle of the sorted ones of a box or footprint (of an even number, the upper of both). SciPy's `median_filter`.
    /// NaN counts as larger than all others, where SciPy leaves open what comes out.
    ///
    /// # Chunks
    /// As [`minimum_filter1d`](DynArray::minimum_filter1d); a task holds its block a second time, as numbers to sort by.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![1, 90, 2, 3, 4].into_dyn(), 2)?;
    /// assert_eq!(x.median_filter(3, &Filter::default())?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [1, 2, 3, 3, 4]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`minimum_filter`](DynArray::minimum_filter); a window of more than 2²⁴ elements.
    pub fn median_filter(&self, window: impl Into<Neighbourhood>, filter: &Filter) -> Result<DynArray> {
        self.ranked(window.into(), filter, "median_filter", |n| Ok(n / 2))
    }

    /// The neighbour number `rank` of the sorted ones of a box or footprint (negative: from the largest). SciPy's `rank_filter`; NaN as in
    /// [`median_filter`](DynArray::median_filter).
    ///
    /// # Chunks
    /// As [`median_filter`](DynArray::median_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![5, 1, 4, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.rank_filter(-1, 3, &Filter::default())?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [5, 5, 4, 4, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A rank that the window does not have; otherwise as [`median_filter`](DynArray::median_filter).
    pub fn rank_filter(&self, rank: isize, window: impl Into<Neighbourhood>, filter: &Filter) -> Result<DynArray> {
        self.ranked(window.into(), filter, "rank_filter", |n| {
            let at = if rank < 0 { rank + n as isize } else { rank };
            usize::try_from(at)
                .ok()
                .filter(|&r| r < n)
                .ok_or_else(|| Error::usage(format!("rank {rank} in a window of {n} places")))
        })
    }

    /// The neighbour below which `percentile` percent of a box or footprint lie, rounded down (negative: from 100 down). SciPy's
    /// `percentile_filter`; NaN as in [`median_filter`](DynArray::median_filter).
    ///
    /// # Chunks
    /// As [`median_filter`](DynArray::median_filter).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Filter, from_ndarray};
    /// let x = from_ndarray(ndarray::array![5, 1, 4, 2, 3].into_dyn(), 2)?;
    /// assert_eq!(x.percentile_filter(50.0, 3, &Filter::default())?.compute_as::<i32>()?.into_raw_vec_and_offset().0, [5, 4, 2, 3, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A percentile that is not from -100 to 100; otherwise as [`median_filter`](DynArray::median_filter).
    pub fn percentile_filter(&self, percentile: f64, window: impl Into<Neighbourhood>, filter: &Filter) -> Result<DynArray> {
        self.ranked(window.into(), filter, "percentile_filter", |n| {
            let p = if percentile < 0.0 { percentile + 100.0 } else { percentile };
            match p {
                100.0 => Ok(n - 1),
                p if (0.0..100.0).contains(&p) => Ok((n as f64 * p / 100.0) as usize),
                _ => Err(Error::usage(format!("percentile {percentile} is not from -100 to 100"))),
            }
        })
    }
}

fn step(which: Extreme, n: usize) -> Step {
    match which {
        Extreme::Min => Step::Min(n),
        Extreme::Max => Step::Max(n),
    }
}
