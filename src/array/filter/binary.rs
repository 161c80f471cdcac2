//! Erosion and dilation of sets of elements.

use super::options::{Filter, PerAxis};
use super::run::{spread, windowed};
use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result};
use crate::expr::node::Boundary;
use crate::kernel::filter::extreme::Extreme;
use crate::kernel::filter::window::Make;
use ndarray::{ArrayD, Axis, Dimension, IxDyn};

/// How sets of elements are eroded and dilated. The default: once, by an element and its neighbours along the axes, with nothing
/// beyond the border.
#[derive(Clone, Debug)]
pub struct Morphology {
    structure: Option<ArrayD<bool>>,
    iterations: usize,
    mask: Option<DynArray>,
    border_value: bool,
    origin: PerAxis<isize>,
}

impl Default for Morphology {
    fn default() -> Morphology {
        Morphology { structure: None, iterations: 1, mask: None, border_value: false, origin: 0.into() }
    }
}

impl Morphology {
    /// By this structure, with an axis for each of the array.
    #[must_use]
    pub fn structure(mut self, structure: ArrayD<bool>) -> Self {
        self.structure = Some(structure);
        self
    }

    /// So many times. SciPy's "until nothing changes" is not there: how often that is depends on the data.
    #[must_use]
    pub fn iterations(mut self, n: usize) -> Self {
        self.iterations = n;
        self
    }

    /// Only elements where `mask` holds change.
    #[must_use]
    pub fn mask(mut self, mask: &DynArray) -> Self {
        self.mask = Some(mask.clone());
        self
    }

    /// What lies beyond the border.
    #[must_use]
    pub fn border_value(mut self, value: bool) -> Self {
        self.border_value = value;
        self
    }

    /// How far the structure is shifted.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<PerAxis<isize>>) -> Self {
        self.origin = origin.into();
        self
    }

    /// The structure for an array of `ndim` axes.
    fn form(&self, ndim: usize) -> Result<ArrayD<bool>> {
        match &self.structure {
            Some(s) if !s.iter().any(|&p| p) => Err(Error::usage("a structure without places: set at least one to true")),
            Some(s) => Ok(s.clone()),
            None => Ok(connected(ndim, 1)),
        }
    }

    fn run(&self, x: &DynArray, which: Extreme) -> Result<DynArray> {
        if self.iterations == 0 {
            return Err(Error::usage("0 iterations: give at least 1; until nothing changes depends on the data"));
        }
        let mut structure = self.form(x.ndim())?;
        let mut origin = self.origin.each(x.ndim(), "origin")?;
        if which == Extreme::Max {
            // What dilates an element lies where it would reach from its neighbours.
            for (a, o) in origin.iter_mut().enumerate().filter(|(a, _)| *a < structure.ndim()) {
                let even = structure.shape()[a].is_multiple_of(2);
                *o = o.checked_neg().unwrap_or(isize::MAX).saturating_sub(isize::from(even));
            }
            (0..structure.ndim()).for_each(|a| structure.invert_axis(Axis(a)));
        }
        let filter = Filter::default().mode(Boundary::Constant(self.border_value.into())).origin(origin);
        let sides = filter.sides(x, "")?;
        let (window, _) = spread(&structure, &sides, x.ndim(), |p| p)?;
        let mut now = x.astype(DType::Bool)?;
        let mask = self.mask.as_ref().map(|m| m.astype(DType::Bool)).transpose()?;
        for _ in 0..self.iterations {
            let next = windowed(&now, &sides, window.clone(), Make::Extreme(which), None)?;
            now = match &mask {
                Some(m) => where_(m, &next, &now)?,
                None => next,
            };
        }
        if now.shape() != x.shape() {
            return Err(Error::usage(format!("a mask for {:?} does not fit an array of {:?}", now.shape(), x.shape())));
        }
        Ok(now)
    }
}

/// Places that differ from the middle along at most `most` axes, by 1.
pub(crate) fn connected(ndim: usize, most: usize) -> ArrayD<bool> {
    ArrayD::from_shape_fn(IxDyn(&vec![3; ndim]), |at| at.slice().iter().filter(|&&i| i != 1).count() <= most)
}

impl DynArray {
    /// Elements (what is not 0) all of whose neighbours in the structure are set. SciPy's `binary_erosion`.
    ///
    /// # Chunks
    /// As the input, coarser where they are shorter than the structure. A task holds a chunk with its halo and the result; every iteration is
    /// a task.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Morphology, from_ndarray};
    /// let x = from_ndarray(ndarray::array![1, 1, 1, 0, 1].into_dyn(), 2)?;
    /// let y = x.binary_erosion(&Morphology::default())?;
    /// assert_eq!(y.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, true, false, false, false]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// No iterations, a structure of another number of dimensions than the array or without places, an origin that shifts it off its place,
    /// a mask of another shape.
    pub fn binary_erosion(&self, how: &Morphology) -> Result<DynArray> {
        how.run(self, Extreme::Min).map_err(|e| e.at("binary_erosion"))
    }

    /// Elements that a set element reaches by the structure. SciPy's `binary_dilation`.
    ///
    /// # Chunks
    /// As [`binary_erosion`](DynArray::binary_erosion).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Morphology, from_ndarray};
    /// let x = from_ndarray(ndarray::array![0, 1, 0, 0, 0].into_dyn(), 2)?;
    /// let y = x.binary_dilation(&Morphology::default().iterations(2))?;
    /// assert_eq!(y.compute_as::<bool>()?.into_raw_vec_and_offset().0, [true, true, true, true, false]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`binary_erosion`](DynArray::binary_erosion).
    pub fn binary_dilation(&self, how: &Morphology) -> Result<DynArray> {
        how.run(self, Extreme::Max).map_err(|e| e.at("binary_dilation"))
    }

    /// Erosion, then dilation: what is smaller than the structure goes. SciPy's `binary_opening`.
    ///
    /// # Chunks
    /// As [`binary_erosion`](DynArray::binary_erosion).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Morphology, from_ndarray};
    /// let x = from_ndarray(ndarray::array![0, 1, 0, 1, 1, 1].into_dyn(), 2)?;
    /// let y = x.binary_opening(&Morphology::default())?;
    /// assert_eq!(y.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, false, false, true, true, true]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`binary_erosion`](DynArray::binary_erosion).
    pub fn binary_opening(&self, how: &Morphology) -> Result<DynArray> {
        let eroded = how.run(self, Extreme::Min).map_err(|e| e.at("binary_opening"))?;
        how.run(&eroded, Extreme::Max).map_err(|e| e.at("binary_opening"))
    }

    /// Dilation, then erosion: gaps smaller than the structure close. SciPy's `binary_closing`.
    ///
    /// # Chunks
    /// As [`binary_erosion`](DynArray::binary_erosion).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Morphology, from_ndarray};
    /// let x = from_ndarray(ndarray::array![0, 0, 1, 0, 1, 0, 0].into_dyn(), 2)?;
    /// let y = x.binary_closing(&Morphology::default())?;
    /// assert_eq!(y.compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, false, true, true, true, false, false]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`binary_erosion`](DynArray::binary_erosion).
    pub fn binary_closing(&self, how: &Morphology) -> Result<DynArray> {
        let dilated = how.run(self, Extreme::Max).map_err(|e| e.at("binary_closing"))?;
        how.run(&dilated, Extreme::Min).map_err(|e| e.at("binary_closing"))
    }
}
