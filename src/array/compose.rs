//! NumPy's functions that are made of several operations: each is an expression of rows of the op tables, which fuse.
//!
//! Deliberately unknown here: kernels, chunks.

use crate::array::create::full;
use crate::array::ops::Argument;
use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::Chunks;
use crate::expr::build::{self, Operand};

/// How far apart numbers may be to count as close: at most `atol + rtol * |second|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Share of the magnitude of the second number.
    pub rtol: f64,
    /// Distance that is always allowed.
    pub atol: f64,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

/// NumPy's: 1e-5 of the second number plus 1e-8, NaN close to nothing.
impl Default for Tolerance {
    fn default() -> Tolerance {
        Tolerance { rtol: 1e-5, atol: 1e-8, equal_nan: false }
    }
}

/// What [`choose`] does with an index beyond the choices; NumPy's modes but `raise`, as an element cannot fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Counts on from the other end.
    Wrap,
    /// Takes the first or last choice.
    Clip,
}

/// The array as floats (or complex numbers): integers and bool become float64.
fn floats(x: &DynArray) -> Result<DynArray> {
    if x.dtype().is_inexact() { Ok(x.clone()) } else { x.astype(DType::F64) }
}

impl DynArray {
    /// Whether elements are within a tolerance of those of `other`; infinities are close to themselves only. NumPy's `isclose`.
    ///
    /// # Chunks
    /// As the inputs, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{Tolerance, linspace};
    /// let x = linspace(0.0, 1.0, 3, 2)?;
    /// let y = x.add(1e-9)?;
    /// assert!(x.isclose(&y, Tolerance::default())?.compute_as::<bool>()?.iter().all(|&close| close));
    /// let exact = Tolerance { rtol: 0.0, atol: 0.0, equal_nan: true };
    /// assert!(!x.isclose(&y, exact)?.compute_as::<bool>()?.iter().any(|&close| close));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When shapes do not broadcast.
    pub fn isclose(&self, other: impl Argument, by: Tolerance) -> Result<DynArray> {
        // Floats, so that differences do not wrap.
        let other = match other.operand() {
            Operand::Array(e) => Operand::Array(floats(&DynArray::from_expr(e)?)?.expr().clone()),
            Operand::Scalar(s) if s.is_complex() => Operand::Scalar(s),
            Operand::Scalar(s) => Operand::Scalar(Scalar::F64(s.as_f64())),
        };
        let distance = self.subtract(other.clone())?.absolute()?;
        let near = match &other {
            Operand::Array(e) => {
                let y = DynArray::from_expr(e.clone())?;
                let bound = y.absolute()?.multiply(by.rtol)?.add(by.atol)?;
                distance.less_equal(&bound)?.logical_and(&y.isfinite()?)?
            }
            Operand::Scalar(s) => {
                let y = s.as_complex().norm();
                distance.less_equal(by.atol + by.rtol * y)?.logical_and(y.is_finite())?
            }
        };
        let close = near.logical_or(&self.equal(other.clone())?)?;
        if !by.equal_nan {
            return Ok(close);
        }
        let both = match &other {
            Operand::Array(e) => self.isnan()?.logical_and(&DynArray::from_expr(e.clone())?.isnan()?)?,
            Operand::Scalar(s) => self.isnan()?.logical_and(s.is_nan())?,
        };
        close.logical_or(&both)
    }

    /// Whether all elements are within a tolerance of those of `other`: an array of no dimensions. NumPy's `allclose`.
    ///
    /// # Chunks
    /// One element; as the [`all`](DynArray::all) of [`isclose`](DynArray::isclose), which is never stored.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, Tolerance, linspace};
    /// let x = linspace(0.0, 1.0, 5, 2)?;
    /// let same = x.sqrt()?.square()?.allclose(&x, Tolerance::default())?;
    /// assert!(same.compute_as::<bool>()?.into_scalar());
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When shapes do not broadcast.
    pub fn allclose(&self, other: impl Argument, by: Tolerance) -> Result<DynArray> {
        self.isclose(other, by)?.all(None)
    }

    /// NaN replaced by `nan`, infinities by `posinf` and `neginf`, or by the largest and lowest finite number of the dtype. Integers
    /// and bool stay as they are. NumPy's `nan_to_num`.
    ///
    /// # Chunks
    /// As the input, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::linspace;
    /// let x = linspace(-1.0, 1.0, 3, 2)?;
    /// let y = x.divide(&x.absolute()?)?.nan_to_num(0.0, None, None)?; // 0 / 0 in the middle
    /// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-1.0, 0.0, 1.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// For complex numbers.
    pub fn nan_to_num(&self, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Result<DynArray> {
        let most = match self.dtype() {
            DType::F64 => f64::MAX,
            DType::F32 => f64::from(f32::MAX),
            d if d.is_complex() => {
                return Err(Error::dtype(format!("nan_to_num does not take {d}: take .real() and .imag() one by one")));
            }
            _ => return Ok(self.clone()),
        };
        let some = where_(&self.isnan()?, nan, self)?;
        let some = where_(&self.isposinf()?, posinf.unwrap_or(most), &some)?;
        where_(&self.isneginf()?, neginf.unwrap_or(-most), &some)
    }

    /// Rounded to `decimals` places after the point, before it if negative; halves go to the even digit. As NumPy's, it scales by
    /// a power of ten, rounds to whole numbers and scales back, so the last digit may miss what decimal arithmetic gives. Integers
    /// before the point are rounded as float64, and saturate. NumPy's `round`.
    ///
    /// # Chunks
    /// As the input, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, linspace};
    /// let x = linspace(0.0, 0.5, 5, 2)?;
    /// assert_eq!(x.round(1)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, 0.1, 0.2, 0.4, 0.5]);
    /// assert_eq!(arange(10, 40, 5, 4)?.round(-1)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [10, 20, 20, 20, 30, 40]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// For bool.
    pub fn round(&self, decimals: i32) -> Result<DynArray> {
        let dtype = self.dtype();
        if dtype == DType::Bool {
            return Err(Error::dtype("round takes numbers, not bool: cast with astype first"));
        }
        // Factor by factor as in NumPy: exact up to 1e22, infinite from 1e309 on.
        let scale = (0..decimals.unsigned_abs().min(400)).fold(1.0, |power, _| power * 10.0);
        match (dtype.is_inexact(), decimals) {
            (true, 0) => self.rint(),
            (true, 1..) => self.multiply(scale)?.rint()?.divide(scale),
            (false, 0..) => Ok(self.clone()),
            _ => self.divide(scale)?.rint()?.multiply(scale)?.astype(dtype),
        }
    }

    /// Quotient rounded down and remainder: `floor_divide` and `remainder`. NumPy's `divmod`.
    ///
    /// # Chunks
    /// As the inputs, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let (quotient, rest) = arange(-3, 3, 1, 4)?.divmod(2)?;
    /// assert_eq!(quotient.compute_as::<i64>()?.into_raw_vec_and_offset().0, [-2, -1, -1, 0, 0, 1]);
    /// assert_eq!(rest.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 0, 1, 0, 1, 0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When shapes do not broadcast, for bool, or when a number does not fit.
    pub fn divmod(&self, other: impl Argument) -> Result<(DynArray, DynArray)> {
        let other = other.operand();
        Ok((self.floor_divide(other.clone())?, self.remainder(other)?))
    }

    /// Fraction and whole part, as floats, both with the sign of the number. NumPy's `modf`.
    ///
    /// # Chunks
    /// As the input, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::linspace;
    /// let (fraction, whole) = linspace(-1.5, 1.5, 3, 2)?.modf()?;
    /// assert_eq!(fraction.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-0.5, 0.0, 0.5]);
    /// assert_eq!(whole.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-1.0, 0.0, 1.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// None today.
    pub fn modf(&self) -> Result<(DynArray, DynArray)> {
        let x = floats(self)?;
        let whole = x.trunc()?;
        // An infinity minus itself is NaN, its fraction 0.
        let fraction = where_(&x.isinf()?, 0.0, x.subtract(&whole)?)?;
        Ok((fraction.copysign(&x)?, whole))
    }

    /// Every number as a factor of at least 1/2 and below 1 (with its sign) and the exponent of the power of 2 that it stands for (int32).
    /// Zeros, infinities and NaN have exponent 0. NumPy's `frexp`; `ldexp` puts both together.
    ///
    /// # Chunks
    /// As the input, elementwise.
    ///
    /// # Example
    /// ```
    /// use tilework::array::from_ndarray;
    /// let (factor, exponent) = from_ndarray(ndarray::array![0.0, -3.0, 1024.0].into_dyn(), 2)?.frexp()?;
    /// assert_eq!(factor.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, -0.75, 0.5]);
    /// assert_eq!(exponent.compute_as::<i32>()?.into_raw_vec_and_offset().0, [0, 2, 11]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// For complex numbers.
    pub fn frexp(&self) -> Result<(DynArray, DynArray)> {
        let named = |e: Error| e.at("frexp");
        Ok((self.mantissa().map_err(named)?, self.exponent().map_err(named)?.astype(DType::I32)?))
    }
}

/// The dtype of arrays and bare numbers together, and the choices with all arrays of that dtype.
fn unified(choices: Vec<Operand>) -> Result<(DType, Vec<Operand>)> {
    let mut dtypes = Vec::new();
    for c in &choices {
        if let Operand::Array(e) = c {
            dtypes.push(e.array()?.0);
        }
    }
    let beside = DType::promote_all(dtypes).unwrap_or(DType::Bool);
    let dtype = choices.iter().fold(beside, |d, c| match c {
        Operand::Scalar(s) => d.promote(build::weak_dtype(*s, beside)),
        Operand::Array(_) => d,
    });
    let cast = |c| match c {
        Operand::Array(e) => build::cast(&e, dtype).map(Operand::Array),
        scalar @ Operand::Scalar(_) => Ok(scalar),
    };
    Ok((dtype, choices.into_iter().map(cast).collect::<Result<_>>()?))
}

/// An operand as an array of `dtype`; a number has no dimensions.
fn array_of(x: Operand, dtype: DType) -> Result<DynArray> {
    match x {
        Operand::Array(e) => DynArray::from_expr(e)?.astype(dtype),
        Operand::Scalar(s) => full(&[], s, dtype, Chunks::Whole),
    }
}

fn bools_only(name: &str, conditions: &[DynArray]) -> Result<()> {
    match conditions.iter().enumerate().find(|(_, c)| c.dtype() != DType::Bool) {
        Some((i, c)) => Err(Error::dtype(format!("{name}: condition {i} is {}, not bool: compare first", c.dtype()))),
        None => Ok(()),
    }
}

/// For each element the choice of the first condition that holds, else the default; NumPy's `select`. Choices may be arrays and
/// numbers ([`Argument::operand`] makes one type of both).
///
/// # Chunks
/// As the inputs, elementwise.
///
/// # Example
/// ```
/// use tilework::array::{arange, select};
/// let x = arange(0, 6, 1, 4)?;
/// let y = select(&[x.less(2)?, x.greater(3)?], [x.clone(), x.square()?], 42)?;
/// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 42, 42, 16, 25]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there are no conditions, or not as many as choices, or some are not bool; when shapes do not broadcast or a number does
/// not fit.
pub fn select<C: Argument>(
    conditions: &[DynArray],
    choices: impl IntoIterator<Item = C>,
    default: impl Argument,
) -> Result<DynArray> {
    let mut all: Vec<Operand> = choices.into_iter().map(Argument::operand).collect();
    if conditions.is_empty() || all.len() != conditions.len() {
        return Err(Error::usage(format!("select: {} conditions for {} choices", conditions.len(), all.len())));
    }
    bools_only("select", conditions)?;
    all.push(default.operand());
    let (dtype, mut all) = unified(all)?;
    let Some(default) = all.pop() else { return Err(Error::bug("select without a default")) };
    let mut chosen = conditions.iter().zip(all).rev();
    chosen.try_fold(array_of(default, dtype)?, |rest, (c, choice)| where_(c, choice, &rest)).map_err(|e| e.at("select"))
}

/// For each element the choice that the index names; NumPy's `choose`. Choices may be arrays and numbers.
///
/// # Chunks
/// As the inputs, elementwise.
///
/// # Example
/// ```
/// use tilework::array::{Outside, arange, choose};
/// let y = choose(&arange(0, 5, 1, 2)?, [10, 20, 30], Outside::Wrap)?;
/// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [10, 20, 30, 10, 20]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there are no choices, the index holds floats, shapes do not broadcast, or a number does not fit.
pub fn choose<C: Argument>(index: &DynArray, choices: impl IntoIterator<Item = C>, outside: Outside) -> Result<DynArray> {
    let (dtype, mut choices) = unified(choices.into_iter().map(Argument::operand).collect())?;
    let n = choices.len();
    let Some(last) = choices.pop() else { return Err(Error::usage("choose: no choices")) };
    // Wide enough for the number of choices, and for every index.
    let index = match index.dtype() {
        d if d.is_inexact() => return Err(Error::dtype(format!("choose: the index is {d}, not integers: cast with astype first"))),
        DType::U64 => index.clone(),
        _ => index.astype(DType::I64)?,
    };
    let index = match outside {
        Outside::Wrap => index.remainder(n)?,
        Outside::Clip => index.clip(0, n - 1)?,
    };
    // The index takes part, so that its shape counts also where there is one choice.
    let last = where_(&index.equal(n - 1)?, last.clone(), &array_of(last, dtype)?)?;
    choices
        .into_iter()
        .enumerate()
        .rev()
        .try_fold(last, |rest, (k, choice)| where_(&index.equal(k)?, choice, &rest))
        .map_err(|e| e.at("choose"))
}

/// What assigning a number to an element of `dtype` stores: integers drop fractions.
fn assigned(value: Scalar, dtype: DType) -> Result<Scalar> {
    let stored = match value {
        v @ Scalar::C128(..) => v,
        v if dtype.is_inexact() => Scalar::F64(v.as_f64()),
        v if dtype == DType::Bool => Scalar::Bool(v.as_f64() != 0.0),
        Scalar::F64(v) => Scalar::F64(v.trunc()),
        Scalar::Bool(v) => Scalar::I64(i64::from(v)),
        v => v,
    };
    if stored.fits(dtype) { Ok(stored) } else { Err(stored.misfit(format!("piecewise: {value} does not fit {dtype}"))) }
}

/// For each element of `x` the value of the last condition that holds, in the dtype of `x`; NumPy's `piecewise` with constants. One
/// value more than conditions is for elements where none holds; else those are 0.
///
/// # Chunks
/// As the inputs, elementwise.
///
/// # Example
/// ```
/// use tilework::array::{linspace, piecewise};
/// let x = linspace(-2.5, 2.5, 6, 4)?;
/// let y = piecewise(&x, &[x.less(0)?, x.greater_equal(0)?], &[-1, 1])?;
/// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [-1.0, -1.0, -1.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When there are no conditions, neither as many values nor one more; when a condition is not bool or not of the shape of
/// `x`; when a value does not fit the dtype of `x`.
pub fn piecewise<V: Into<Scalar> + Copy>(x: &DynArray, conditions: &[DynArray], values: &[V]) -> Result<DynArray> {
    let n = conditions.len();
    if n == 0 || (values.len() != n && values.len() != n + 1) {
        return Err(Error::usage(format!("piecewise: {n} conditions for {} values", values.len())));
    }
    bools_only("piecewise", conditions)?;
    if let Some((i, c)) = conditions.iter().enumerate().find(|(_, c)| c.shape() != x.shape()) {
        let shape = c.shape();
        return Err(Error::usage(format!("piecewise: condition {i} has shape {shape:?}, the array {:?}", x.shape())));
    }
    let dtype = x.dtype();
    let values = values.iter().map(|&v| assigned(v.into(), dtype)).collect::<Result<Vec<Scalar>>>()?;
    let other = values.get(n).copied().unwrap_or(Scalar::I64(0));
    let start = full(&[], other, dtype, Chunks::Whole)?;
    conditions.iter().zip(values).try_fold(start, |rest, (c, v)| where_(c, &array_of(Operand::Scalar(v), dtype)?, &rest))
}
