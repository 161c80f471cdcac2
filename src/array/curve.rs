//! Curves through points: interpolation, areas, angles without jumps; polynomials.

use crate::array::{DynArray, concatenate, where_};
use crate::base::{Axis, DType, Element, Error, Grid, Kind, Result, Scalar};
use crate::expr::{Chunks, build, reshape};
use crate::kernel::program::Builder;
use crate::op::block::{Interpolate, shared};
use crate::op::element::{EQUAL, WHERE};

/// What [`DynArray::interp`] gives outside of the points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interp {
    /// Before the first point; None: its value.
    pub left: Option<f64>,
    /// Behind the last point; None: its value.
    pub right: Option<f64>,
    /// The curve repeats after this distance, and has no outside.
    pub period: Option<f64>,
}

/// The points of a curve that repeats, within one period and one beyond each end.
fn repeated(points: Vec<(f64, f64)>, period: f64) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = points.into_iter().map(|(x, y)| (x.rem_euclid(period), y)).collect();
    points.sort_by(|a, b| a.0.sort_order(b.0));
    let ends = points.first().copied().zip(points.last().copied());
    if let Some((first, last)) = ends {
        points.insert(0, (last.0 - period, last.1));
        points.push((first.0 + period, first.1));
    }
    points
}

impl DynArray {
    /// For every element the value there of the straight lines through the points `(xp[i], fp[i])`, in float64. Outside of the points it is
    /// that of the nearest, or what `how` says. NaN stays NaN. NumPy's `interp`.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk as float64 and the result; the points are held from start to end.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Interp, linspace};
    /// let x = linspace(-1.0, 3.0, 5, 2)?;
    /// let y = x.interp(&[0.0, 2.0], &[10.0, 30.0], Interp::default())?;
    /// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [10.0, 10.0, 20.0, 30.0, 30.0]);
    /// let day = x.multiply(90.0)?.interp(&[0.0, 180.0], &[0.0, 1.0], Interp { period: Some(360.0), ..Interp::default() })?;
    /// assert_eq!(day.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.5, 0.0, 0.5, 1.0, 0.5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// No points, not as many values, points that do not rise (with a period they may lie anywhere), a period of 0; complex numbers.
    pub fn interp(&self, xp: &[f64], fp: &[f64], how: Interp) -> Result<DynArray> {
        let refuse = |why: String| Err(Error::usage(format!("interp: {why}")));
        if xp.is_empty() || xp.len() != fp.len() {
            return refuse(format!("{} points and {} values: give as many, and at least one", xp.len(), fp.len()));
        }
        let mut points: Vec<(f64, f64)> = xp.iter().copied().zip(fp.iter().copied()).collect();
        let mut x = self.astype(DType::F64).map_err(|e| e.at("interp"))?;
        match how.period.map(f64::abs) {
            Some(p) if !(p > 0.0 && p.is_finite()) => return refuse(format!("the period {p} must be finite and not 0")),
            Some(p) if xp.iter().all(|v| v.is_finite()) => {
                points = repeated(points, p);
                x = x.remainder(p)?;
            }
            _ if xp.windows(2).any(|w| w[0] > w[1]) || how.period.is_some() || xp.iter().any(|v| v.is_nan()) => {
                return refuse("the points must be numbers that rise: sort them".to_string());
            }
            _ => {}
        }
        let ends = how.period.is_none();
        let (first, last) = (points[0].1, points[points.len() - 1].1);
        let left = how.left.filter(|_| ends).unwrap_or(first);
        let right = how.right.filter(|_| ends).unwrap_or(last);
        let (xp, fp) = points.into_iter().unzip();
        let op = shared(Interpolate { xp, fp, left, right })?;
        Ok(DynArray::wrap(build::call(op, &[x.expr().clone()], DType::F64, None)?))
    }

    /// The area under a curve along an axis, whose points are joined by straight lines: at the places `x` (an array of one dimension along
    /// the axis, or of this one's shape), or `dx` apart. NumPy's `trapezoid`.
    ///
    /// # Chunks
    /// As the input along the axes that stay, as [`sum`](DynArray::sum). A task holds the neighbouring chunks that its terms are made of.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange};
    /// let x = arange(0.0, 4.0, 1.0, 2)?;
    /// assert_eq!(x.trapezoid(None, 0.5, 0)?.compute_as::<f64>()?.into_scalar(), 2.25);
    /// assert_eq!(x.trapezoid(Some(&x.square()?), 1.0, 0)?.compute_as::<f64>()?.into_scalar(), 0.5 + 4.5 + 12.5);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds or of unknown size; places that fit neither.
    pub fn trapezoid(&self, x: Option<&DynArray>, dx: f64, axis: isize) -> Result<DynArray> {
        let named = |e: Error| e.at("trapezoid");
        self.known("trapezoid")?;
        let a = build::normalize_axis(axis, self.ndim()).map_err(named)?;
        let (later, earlier) = (self.part(a, Some(1), None)?, self.part(a, None, Some(-1))?);
        let sums = later.beside(&earlier, |a, b| a.add(b))?;
        let areas = match x {
            None => sums.multiply(dx)?,
            Some(x) => {
                let along = if x.ndim() == 1 { 0 } else { a };
                let fits = x.ndim() == 1 || x.ndim() == self.ndim();
                if !fits || x.shape()[along] != self.shape()[a] {
                    let (shape, own) = (x.shape(), self.shape());
                    return Err(named(Error::usage(format!("places of shape {shape:?} for axis {a} of an array of {own:?}"))));
                }
                let steps = x.diff(1, along as isize, None, None)?;
                let steps = if x.ndim() == 1 {
                    let others: Vec<isize> = (0..self.ndim()).filter(|&o| o != a).map(|o| o as isize).collect();
                    steps.expand_dims(&others)?
                } else {
                    steps
                };
                steps.multiply(&sums).map_err(named)?
            }
        };
        areas.divide(2.0)?.sum(Some(&[a as isize]))
    }

    /// Angles along an axis without jumps: where neighbours are `discont` or more apart (None: half a period), whole periods are added
    /// from there on. Of signed integers with a period that is an integer, integers; else integers become float64. NumPy's `unwrap`, whose
    /// period is 2 pi unless told otherwise.
    ///
    /// # Chunks
    /// As the input; what is added is a [`cumsum`](DynArray::cumsum) along the axis.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 6, 1, 4)?.remainder(3)?; // 0 1 2 0 1 2
    /// assert_eq!(x.unwrap(None, 0, 3)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 2, 3, 4, 5]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis out of bounds or of unknown size, complex numbers, a period that is not above 0.
    pub fn unwrap(&self, discont: Option<f64>, axis: isize, period: impl Into<Scalar>) -> Result<DynArray> {
        let named = |e: Error| e.at("unwrap");
        self.known("unwrap")?;
        let a = build::normalize_axis(axis, self.ndim()).map_err(named)?;
        let period = period.into();
        let complex = self.dtype().is_complex() || period.is_complex();
        if complex || period.as_f64() <= 0.0 || period.as_f64().is_nan() {
            let message = format!("{} with a period of {period}: take real numbers and a period above 0", self.dtype());
            return Err(named(Error::new(if complex { Kind::DType } else { Kind::Usage }, message)));
        }
        let whole = self.dtype().is_signed() && !matches!(period, Scalar::F64(_));
        let x = if whole || self.dtype().is_float() { self.clone() } else { self.astype(DType::F64)? };
        if self.shape()[a] < 2 {
            return Ok(x);
        }
        let half = period.as_f64() / 2.0;
        let (high, ambiguous) = if whole { (Scalar::I64(half as i64), half.fract() == 0.0) } else { (Scalar::F64(half), true) };
        let low = if whole { Scalar::I64(-(half as i64)) } else { Scalar::F64(-half) };
        let period = if whole { period } else { Scalar::F64(period.as_f64()) };
        let steps = x.diff(1, a as isize, None, None)?;
        let mut wrapped = steps.subtract(low)?.remainder(period)?.add(low)?;
        if ambiguous {
            wrapped = where_(&wrapped.equal(low)?.logical_and(steps.greater(0)?)?, high, &wrapped)?;
        }
        let small = steps.absolute()?.less(discont.unwrap_or(half))?;
        let shift = where_(&small, 0, wrapped.subtract(&steps)?)?.cumsum(a as isize)?.astype(x.dtype())?;
        let rest = x.part(a, Some(1), None)?.beside(&shift, |a, b| a.add(b))?;
        concatenate(&[x.part(a, None, Some(1))?, rest], a as isize)?.rechunk(Chunks::Exact(self.chunks()))
    }

    /// The powers of the elements of an array of one dimension as columns: `n` of them (None: as many as elements), the highest first or,
    /// with `increasing`, the lowest. Integers become at least int64. NumPy's `vander`.
    ///
    /// # Chunks
    /// One along the columns; the rows as the input, but cut so that a chunk has at most 4 MiB, or one row.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(1, 4, 1, 2)?.vander(Some(3), false)?;
    /// assert_eq!(x.compute_as::<i64>()?, ndarray::array![[1, 1, 1], [4, 2, 1], [9, 3, 1]].into_dyn());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An array of another number of dimensions or of unknown size.
    pub fn vander(&self, n: Option<usize>, increasing: bool) -> Result<DynArray> {
        self.known("vander")?;
        let [len] = self.shape()[..] else {
            return Err(Error::usage(format!("vander: an array of {} dimensions, not 1: flatten it first", self.ndim())));
        };
        let (n, dtype) = (n.unwrap_or(len), self.dtype().promote(DType::I64));
        let own = self.parts().1.axes()[0].max_size();
        let rows = (crate::expr::chunks::AUTO_BYTES / dtype.size() / n.max(1)).min(own).max(1);
        let rows = if rows == own { self.parts().1.axes()[0].clone() } else { Axis::regular(len, rows) };
        let x = reshape::broadcast_cut(self.astype(dtype)?.expand_dims(&[1])?.expr(), &Grid::new([rows, Axis::whole(n)]))?;
        let mut b = Builder::new();
        let (v, one) = (b.input(dtype), b.constant(Scalar::I64(1), dtype));
        let (column, zero) = (b.index(1), b.constant(Scalar::I64(0), DType::I64));
        let first = b.apply(&EQUAL, &[column, zero])?;
        let v = b.apply(&WHERE, &[first, one, v])?;
        let powers = DynArray::wrap(build::apply_program(b.finish(v), &[x], "vander")?).cumprod(1)?;
        if increasing { Ok(powers) } else { powers.flip(Some(&[1])) }
    }
}

/// The values of a polynomial at the elements of `x`: coefficients stand from the highest power down. NumPy's `polyval`, by Horner's rule.
///
/// # Chunks
/// As `x`, elementwise.
///
/// # Example
/// ```
/// use tilework::array::{arange, polyval};
/// let x = arange(0, 4, 1, 3)?;
/// assert_eq!(polyval(&[1i64, 0, -2], &x)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [-2, -1, 2, 7]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Without coefficients, an array of unknown size.
pub fn polyval<T: Element>(coefficients: &[T], x: &DynArray) -> Result<DynArray> {
    let Some((&highest, others)) = coefficients.split_first() else { return x.zeros_like(None) };
    let scalar = |c: T| -> Scalar { c.into() };
    let x = x.astype(x.dtype().promote(T::DTYPE))?;
    // From 0 times x, so that infinities give NaN as there.
    let start = x.multiply(false)?.add(scalar(highest))?;
    others.iter().try_fold(start, |y, &c| y.multiply(&x)?.add(scalar(c)))
}
