//! What filters have in common.

use crate::array::blocks::Boundaries;
use crate::array::{DynArray, axes::axes_of};
use crate::base::{DType, Error, Result};
use crate::expr::node::Boundary;
use ndarray::ArrayD;

/// One value for all axes, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct PerAxis<T>(Vec<T>);

impl<T> From<T> for PerAxis<T> {
    fn from(v: T) -> PerAxis<T> {
        PerAxis(vec![v])
    }
}
impl<T, const N: usize> From<[T; N]> for PerAxis<T> {
    fn from(v: [T; N]) -> PerAxis<T> {
        PerAxis(v.into())
    }
}
impl<T: Clone> From<&[T]> for PerAxis<T> {
    fn from(v: &[T]) -> PerAxis<T> {
        PerAxis(v.to_vec())
    }
}
impl<T> From<Vec<T>> for PerAxis<T> {
    fn from(v: Vec<T>) -> PerAxis<T> {
        PerAxis(v)
    }
}

impl<T: Copy> PerAxis<T> {
    /// One for each of `n` axes.
    pub(in crate::array) fn each(&self, n: usize, what: &str) -> Result<Vec<T>> {
        match self.0.as_slice() {
            [one] => Ok(vec![*one; n]),
            all if all.len() == n => Ok(all.to_vec()),
            all => Err(Error::usage(format!("{} values of {what} for {n} axes: give one for all, or one for each", all.len()))),
        }
    }
}

/// Options that filters share. The default: mirrored at the border with the border element twice (SciPy's `reflect`), windows centred,
/// all axes, the dtype of the input.
///
/// SciPy's modes are [`Boundary`]s: `reflect` (`grid-mirror`) is `Reflect`, `constant` (`grid-constant`) is `Constant` with the value
/// (`cval`) in it, `nearest` is `Nearest`, `mirror` is `Mirror`, `wrap` (`grid-wrap`) is `Periodic`.
///
/// # Example
/// ```
/// use tilework::{DType, array::{Filter, arange}, expr::node::Boundary};
/// let x = arange(0, 6, 1, 4)?;
/// let mean = x.uniform_filter(3, &Filter::default().mode(Boundary::Nearest).output(DType::F64))?;
/// assert_eq!(mean.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0 / 3.0, 1.0, 2.0, 3.0, 4.0, 14.0 / 3.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    mode: Option<Boundaries>,
    origin: Option<PerAxis<isize>>,
    axes: Option<Vec<isize>>,
    pub(super) output: Option<DType>,
}

impl Filter {
    /// What lies beyond the border: one for all axes, or one for each that is filtered.
    #[must_use]
    pub fn mode(mut self, mode: impl Into<Boundaries>) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// How far windows are shifted towards the start of each axis.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<PerAxis<isize>>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The axes that are filtered (negative: from the end); filters with an axis of their own ignore this.
    #[must_use]
    pub fn axes(mut self, axes: &[isize]) -> Self {
        self.axes = Some(axes.to_vec());
        self
    }

    /// The dtype of the result, and of what is kept between axes. Integers take floats without their fraction, and wrap.
    #[must_use]
    pub fn output(mut self, dtype: DType) -> Self {
        self.output = Some(dtype);
        self
    }

    /// What is filtered, with a boundary and an origin for each axis.
    pub(super) fn sides(&self, x: &DynArray, name: &str) -> Result<Vec<Side>> {
        let all: Vec<isize> = (0..x.ndim() as isize).collect();
        self.along(x, self.axes.as_deref().unwrap_or(&all), name)
    }

    /// The same for axes that the filter names itself.
    pub(super) fn along(&self, x: &DynArray, axes: &[isize], name: &str) -> Result<Vec<Side>> {
        let named = |e: Error| e.at(name.to_string());
        let axes = axes_of(axes, x.ndim(), name)?;
        let modes = match &self.mode {
            Some(m) => m.each(axes.len()).map_err(named)?,
            None => vec![Boundary::Reflect; axes.len()],
        };
        let origins = match &self.origin {
            Some(o) => o.each(axes.len(), "origin").map_err(named)?,
            None => vec![0; axes.len()],
        };
        if modes.contains(&Boundary::None) {
            return Err(Error::usage(format!("{name}: a filter needs something beyond the border, so Boundary::None does not go")));
        }
        let sides = axes.into_iter().zip(modes).zip(origins);
        Ok(sides.map(|((axis, mode), origin)| Side { axis, mode, origin }).collect())
    }
}

/// An axis that is filtered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub axis: usize,
    pub mode: Boundary,
    pub origin: isize,
}

impl Side {
    /// How many elements of a window of `n` lie before its place.
    pub fn before(&self, n: usize) -> Result<usize> {
        let before = (n / 2) as isize + self.origin;
        if n == 0 {
            return Err(Error::usage(format!("a window without elements along axis {}: give at least 1", self.axis)));
        }
        match usize::try_from(before) {
            Ok(b) if b < n => Ok(b),
            _ => Err(Error::usage(format!(
                "origin {} shifts a window of {n} along axis {} off its place: give one from {} to {}",
                self.origin,
                self.axis,
                -((n / 2) as isize),
                n - 1 - n / 2
            ))),
        }
    }

    /// The side that a convolution with `n` weights has: it goes through them backwards.
    pub fn turned(&self, n: usize) -> Side {
        let origin = self.origin.checked_neg().unwrap_or(isize::MAX);
        Side { origin: if n.is_multiple_of(2) { origin.saturating_sub(1) } else { origin }, ..*self }
    }
}

/// The window of a filter: a size (for all axes or for each), or any set of places (with an axis for each that is filtered).
#[derive(Clone, Debug)]
pub enum Neighbourhood {
    /// A box.
    Size(PerAxis<usize>),
    /// The places that are true.
    Footprint(ArrayD<bool>),
}

impl From<usize> for Neighbourhood {
    fn from(n: usize) -> Neighbourhood {
        Neighbourhood::Size(n.into())
    }
}
impl<const N: usize> From<[usize; N]> for Neighbourhood {
    fn from(n: [usize; N]) -> Neighbourhood {
        Neighbourhood::Size(n.into())
    }
}
impl From<&[usize]> for Neighbourhood {
    fn from(n: &[usize]) -> Neighbourhood {
        Neighbourhood::Size(n.into())
    }
}
impl From<ArrayD<bool>> for Neighbourhood {
    fn from(f: ArrayD<bool>) -> Neighbourhood {
        Neighbourhood::Footprint(f)
    }
}
