//! Ways to say what is missing.

use super::{Masked, MaskedArgument};
use crate::array::{Argument, DynArray};
use crate::base::{DType, Error, Result, Scalar};

/// The elements of `x`, missing where `condition` (bool) holds; `numpy.ma.masked_where`.
///
/// # Chunks
/// As the inputs'; the mask is computed with whatever uses it.
///
/// # Errors
/// A condition that is not bool or does not broadcast to the array's shape.
///
/// # Example
/// ```
/// use tilework::array::{arange, masked::masked_where};
/// let x = arange(0, 4, 1, 2)?;
/// let y = masked_where(&x.remainder(2)?.equal(0)?, &x)?;
/// assert_eq!(y.filled(Some((-1).into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [-1, 1, -1, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_where(condition: &DynArray, x: &DynArray) -> Result<Masked> {
    Masked::new(x, condition).map_err(|e| e.at("masked_where"))
}

macro_rules! compared {
    ($($name:ident $by:ident $doc:literal;)*) => {$(
        #[doc = concat!("The elements of `x`, missing where they are ", $doc, " `value`; `numpy.ma.", stringify!($name), "`.")]
        ///
        /// # Chunks
        /// As the array's; the mask is computed with whatever uses it.
        ///
        /// # Errors
        /// A value that does not broadcast or does not fit the dtype.
        ///
        /// # Example
        /// ```
        #[doc = concat!("use tilework::array::{arange, masked::", stringify!($name), "};")]
        #[doc = concat!("let x = ", stringify!($name), "(&arange(0, 4, 1, 2)?, 2)?;")]
        #[doc = concat!("let mask = arange(0, 4, 1, 2)?.", stringify!($by), "(2)?;")]
        /// assert_eq!(x.mask().compute_as::<bool>()?, mask.compute_as::<bool>()?);
        /// # Ok::<(), tilework::Error>(())
        /// ```
        pub fn $name(x: &DynArray, value: impl Argument) -> Result<Masked> {
            Masked::new(x, &x.$by(value)?).map_err(|e| e.at(stringify!($name)))
        }
    )*};
}

compared! {
    masked_greater greater "above";
    masked_greater_equal greater_equal "at or above";
    masked_less less "below";
    masked_less_equal less_equal "at or below";
    masked_not_equal not_equal "not";
}

/// The elements of `x`, missing where they are `value`, which becomes the fill value; `numpy.ma.masked_equal`.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// A value that does not fit the dtype.
///
/// # Example
/// ```
/// use tilework::array::{arange, masked::masked_equal};
/// let x = masked_equal(&arange(0, 4, 1, 2)?, 2)?.add(1)?;
/// assert_eq!(x.filled(Some(0.into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 2, 0, 4]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_equal(x: &DynArray, value: impl Into<Scalar>) -> Result<Masked> {
    let value = value.into();
    Masked::new(x, &x.equal(value)?)?.set_fill_value(value).map_err(|e| e.at("masked_equal"))
}

/// The elements of `x`, missing where they lie between two numbers, both included; `numpy.ma.masked_inside`.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// Numbers that do not fit the dtype.
///
/// # Example
/// ```
/// use tilework::array::{arange, masked::masked_inside};
/// let x = masked_inside(&arange(0, 4, 1, 2)?, 2, 1)?;
/// assert_eq!(x.filled(Some(9.into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 9, 9, 3]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_inside(x: &DynArray, one: impl Into<Scalar>, other: impl Into<Scalar>) -> Result<Masked> {
    let (low, high) = rising(one.into(), other.into());
    Masked::new(x, &x.greater_equal(low)?.logical_and(&x.less_equal(high)?)?).map_err(|e| e.at("masked_inside"))
}

/// The elements of `x`, missing where they lie below or above two numbers; `numpy.ma.masked_outside`.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// Numbers that do not fit the dtype.
///
/// # Example
/// ```
/// use tilework::array::{arange, masked::masked_outside};
/// let x = masked_outside(&arange(0, 4, 1, 2)?, 1, 2)?;
/// assert_eq!(x.filled(Some(9.into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [9, 1, 2, 9]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_outside(x: &DynArray, one: impl Into<Scalar>, other: impl Into<Scalar>) -> Result<Masked> {
    let (low, high) = rising(one.into(), other.into());
    Masked::new(x, &x.less(low)?.logical_or(&x.greater(high)?)?).map_err(|e| e.at("masked_outside"))
}

fn rising(a: Scalar, b: Scalar) -> (Scalar, Scalar) {
    if a.as_f64() <= b.as_f64() { (a, b) } else { (b, a) }
}

/// The elements of `x`, missing where they are NaN or infinite; `numpy.ma.masked_invalid`.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// None for dtypes of today.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, from_ndarray, masked::masked_invalid};
/// let x = masked_invalid(&from_ndarray(ndarray::array![1.0, f64::NAN, 3.0].into_dyn(), 2)?)?;
/// assert_eq!(x.mean(None)?.data().compute_as::<f64>()?.into_scalar(), 2.0);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_invalid(x: &DynArray) -> Result<Masked> {
    Masked::new(x, &x.isfinite()?.logical_not()?).map_err(|e| e.at("masked_invalid"))
}

/// The elements of `x`, missing where they are close to `value` (within `rtol` of it, and `atol`; exactly equal for integers), which
/// becomes the fill value; `numpy.ma.masked_values`, whose defaults are 1e-5 and 1e-8.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// A value that does not fit the dtype.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, masked::masked_values};
/// let x = masked_values(&from_ndarray(ndarray::array![1.0, 1.1, 1.1000001].into_dyn(), 2)?, 1.1, 1e-5, 1e-8)?;
/// assert_eq!(x.mask().compute_as::<bool>()?.into_raw_vec_and_offset().0, [false, true, true]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn masked_values(x: &DynArray, value: impl Into<Scalar>, rtol: f64, atol: f64) -> Result<Masked> {
    let value = value.into();
    let mask = if x.dtype().is_float() {
        let v = value.as_f64();
        let near = x.astype(DType::F64)?.subtract(v)?.absolute()?.less_equal(atol + rtol * v.abs())?;
        near.logical_or(&x.equal(v)?)?
    } else {
        x.equal(value)?
    };
    Masked::new(x, &mask)?.set_fill_value(value).map_err(|e| e.at("masked_values"))
}

/// NaN and infinities masked, and the fill value (None: that of the dtype) in their place; `numpy.ma.fix_invalid`.
///
/// # Chunks
/// As the array's; the mask is computed with whatever uses it.
///
/// # Errors
/// A value that the dtype does not hold.
///
/// # Example
/// ```
/// use tilework::array::{from_ndarray, masked::{Masked, fix_invalid}};
/// let x = Masked::unmasked(&from_ndarray(ndarray::array![1.0, f64::NAN].into_dyn(), 2)?)?;
/// assert_eq!(fix_invalid(&x, Some(0.0.into()))?.data().compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn fix_invalid(x: &Masked, value: Option<Scalar>) -> Result<Masked> {
    let invalid = x.data().isfinite()?.logical_not()?;
    let value = value.unwrap_or(x.fill_value());
    if !value.fits(x.dtype()) && !x.dtype().is_float() {
        return Err(value.misfit(format!("fix_invalid: {value} is no {}: cast the array with astype first", x.dtype())));
    }
    let data = crate::array::where_(&invalid, value, x.data())?.astype(x.dtype())?;
    Ok(Masked { fill: x.fill, ..Masked::new(&data, &invalid.logical_or(x.mask())?)? })
}

/// The elements of `a` where `condition` holds, else of `b`; missing where the one taken is missing, or the condition;
/// `numpy.ma.where`.
///
/// # Chunks
/// As the inputs', brought to one cut; a task holds a chunk of each.
///
/// # Errors
/// When shapes do not broadcast or a number does not fit.
///
/// # Example
/// ```
/// use tilework::array::{arange, masked::{masked_equal, where_}};
/// let x = arange(0, 4, 1, 2)?;
/// let y = where_(&x.less(2)?, &masked_equal(&x, 1)?, 7)?;
/// assert_eq!(y.filled(Some((-1).into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, -1, 7, 7]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn where_(condition: impl MaskedArgument, a: impl MaskedArgument, b: impl MaskedArgument) -> Result<Masked> {
    use crate::expr::build::{Operand, elementwise};
    let ((c, c_mask), (a, a_mask), (b, b_mask)) = (condition.masked_operand(), a.masked_operand(), b.masked_operand());
    let Operand::Array(condition) = c else { return Err(Error::usage("where: the condition must be an array")) };
    let condition = DynArray::wrap(condition);
    let made = elementwise(&crate::op::element::WHERE, &[(&condition).operand(), a, b]);
    let data = DynArray::wrap(made.map_err(|e| e.at("where"))?);
    let of = |m: Option<DynArray>| m.map_or_else(|| false.operand(), |m| m.operand());
    let mut mask = crate::array::where_(&condition, of(a_mask), of(b_mask))?;
    if let Some(m) = c_mask {
        mask = mask.logical_or(&m)?;
    }
    Masked::new(&data, &mask)
}
