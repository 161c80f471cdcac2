//! Masked arrays: a lazy array, and beside it a mask that is true where an element is missing; `numpy.ma`.
//!
//! Elementwise operations combine masks and mask what has no result (a division by 0, the logarithm of a negative number); reductions
//! leave masked elements out, and their result is masked where nothing is left. What the data holds under the mask means nothing.
//! Unlike there, NaN is never the smaller of two, and a mean of elements that are not finite is not finite rather than masked.

mod make;
mod reduce;

pub use make::{
    fix_invalid, masked_equal, masked_greater, masked_greater_equal, masked_inside, masked_invalid, masked_less, masked_less_equal,
    masked_not_equal, masked_outside, masked_values, masked_where, where_,
};

use crate::array::{Argument, DynArray, Index};
use crate::base::{DType, Error, Result, Scalar};
use crate::chunk::Tensor;
use crate::expr::Chunks;
use crate::expr::build::{self, Operand};
use crate::kernel::element::ElementOp;
use crate::op::{creation, element};
use crate::session::Session;

/// A lazy array with a mask. Both have one shape; each keeps its own chunks.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange, masked::masked_greater};
/// let x = masked_greater(&arange(0, 6, 1, 4)?, 3)?;            // 0 1 2 3 -- --
/// let y = x.multiply(&x)?;
/// assert_eq!(y.sum(None)?.data().compute_as::<i64>()?.into_scalar(), 14);
/// assert_eq!(y.count(None)?.compute_as::<i64>()?.into_scalar(), 4);
/// assert_eq!(y.filled(Some((-1).into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 4, 9, -1, -1]);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Masked {
    data: DynArray,
    mask: DynArray,
    fill: Option<Scalar>,
}

/// What can stand beside a masked array: another one, an array without a mask, a number.
pub trait MaskedArgument {
    /// As an operand, and its mask if it has one.
    fn masked_operand(self) -> (Operand, Option<DynArray>);
}

impl MaskedArgument for &Masked {
    fn masked_operand(self) -> (Operand, Option<DynArray>) {
        ((&self.data).operand(), Some(self.mask.clone()))
    }
}

impl<T: Argument> MaskedArgument for T {
    fn masked_operand(self) -> (Operand, Option<DynArray>) {
        (self.operand(), None)
    }
}

impl Masked {
    /// The elements of `data`, missing where `mask` (bool, broadcast to the data) holds; `numpy.ma.masked_array`.
    ///
    /// # Chunks
    /// As the inputs'; nothing is computed.
    ///
    /// # Errors
    /// A mask that is not bool or does not broadcast to the data's shape.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::{arange, masked::Masked, zeros}};
    /// let x = Masked::new(&arange(0, 6, 1, 4)?, &zeros(&[6], DType::Bool, 3)?)?;
    /// assert_eq!(x.shape(), [6]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn new(data: &DynArray, mask: &DynArray) -> Result<Masked> {
        if mask.dtype() != DType::Bool {
            return Err(Error::dtype(format!(
                "masked_array: the mask is {}: compare it first, as with not_equal(0)",
                mask.dtype()
            )));
        }
        let mask = mask.broadcast_to(&data.shape()).map_err(|_| {
            let (have, want) = (mask.shape(), data.shape());
            Error::usage(format!("masked_array: a mask of shape {have:?} does not broadcast to the data's {want:?}"))
        })?;
        Ok(Masked { data: data.clone(), mask, fill: None })
    }

    /// An array of which nothing is missing.
    ///
    /// # Chunks
    /// As the data's; nothing is computed.
    ///
    /// # Errors
    /// None for arrays made by this library.
    pub fn unmasked(data: &DynArray) -> Result<Masked> {
        let grid = data.parts().1.clone();
        let mask = DynArray::wrap(build::generate(creation::full(Scalar::Bool(false), DType::Bool)?, grid, "nomask"));
        Ok(Masked { data: data.clone(), mask, fill: None })
    }

    /// The data, which means nothing where it is masked; `numpy.ma.getdata`.
    pub fn data(&self) -> &DynArray {
        &self.data
    }

    /// The mask, true where an element is missing; `numpy.ma.getmaskarray`.
    pub fn mask(&self) -> &DynArray {
        &self.mask
    }

    /// Length along each axis.
    pub fn shape(&self) -> Vec<usize> {
        self.data.shape()
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// The value that [`filled`](Masked::filled) puts where elements are missing: what was set, or NumPy's of the dtype (true, 999999
    /// cut to the integers' size, 1e20).
    pub fn fill_value(&self) -> Scalar {
        self.fill.unwrap_or(match self.dtype() {
            DType::Bool => Scalar::Bool(true),
            DType::I8 | DType::U8 => Scalar::I64(63),
            DType::I16 | DType::U16 => Scalar::I64(16959),
            d if d.is_integer() => Scalar::I64(999_999),
            _ => Scalar::F64(1e20),
        })
    }

    /// The same with another fill value; `numpy.ma.set_fill_value`.
    ///
    /// # Chunks
    /// As the input; nothing is computed.
    ///
    /// # Errors
    /// A value that the dtype does not hold.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_less};
    /// let x = masked_less(&arange(0, 3, 1, 3)?, 1)?.set_fill_value(-9)?;
    /// assert_eq!(x.filled(None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [-9, 1, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn set_fill_value(&self, value: impl Into<Scalar>) -> Result<Masked> {
        let value = value.into();
        if !value.fits(self.dtype()) && !self.dtype().is_float() {
            return Err(Error::dtype(format!("set_fill_value: {value} is no {}: cast the array with astype first", self.dtype())));
        }
        Ok(Masked { fill: Some(value), ..self.clone() })
    }

    /// The data with a value (None: the [`fill_value`](Masked::fill_value)) where elements are missing; `numpy.ma.filled`.
    ///
    /// # Chunks
    /// As the data's; a task holds a chunk of data and mask.
    ///
    /// # Errors
    /// A value that the dtype does not hold.
    ///
    /// # Example
    /// See [`Masked`].
    pub fn filled(&self, value: Option<Scalar>) -> Result<DynArray> {
        let value = value.unwrap_or(self.fill_value());
        if !value.fits(self.dtype()) && !self.dtype().is_float() {
            return Err(Error::dtype(format!("filled: {value} is no {}: cast the array with astype first", self.dtype())));
        }
        crate::array::where_(&self.mask, value, &self.data)?.astype(self.dtype())
    }

    /// Data and mask, computed in one run with default settings.
    ///
    /// # Errors
    /// As [`Session::run`].
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_equal};
    /// let (data, mask) = masked_equal(&arange(0, 4, 1, 2)?, 2)?.compute()?;
    /// assert_eq!((data.as_slice::<i64>()?[3], mask.as_slice::<bool>()?), (3, &[false, false, true, false][..]));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn compute(&self) -> Result<(Tensor, Tensor)> {
        self.compute_in(&Session::default())
    }

    /// Data and mask, computed in one run of a session.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn compute_in(&self, session: &Session) -> Result<(Tensor, Tensor)> {
        let mut both = session.compute_all(&[self.data.expr().clone(), self.mask.expr().clone()])?;
        match (both.pop(), both.pop()) {
            (Some(mask), Some(data)) => Ok((data, mask)),
            _ => Err(Error::bug("a result is missing")),
        }
    }

    /// The same elements of another dtype.
    ///
    /// # Chunks
    /// As the input; data and mask each as [`DynArray::astype`].
    ///
    /// # Errors
    /// As [`DynArray::astype`].
    pub fn astype(&self, dtype: DType) -> Result<Masked> {
        Ok(Masked { data: self.data.astype(dtype)?, mask: self.mask.clone(), fill: self.fill.filter(|v| v.fits(dtype)) })
    }

    /// The same in other chunks.
    ///
    /// # Chunks
    /// Of data and mask as [`DynArray::rechunk`].
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Result<Masked> {
        let chunks = chunks.into();
        Ok(Masked { data: self.data.rechunk(chunks.clone())?, mask: self.mask.rechunk(chunks)?, fill: self.fill })
    }

    /// Part of the array, as [`DynArray::index`].
    ///
    /// # Chunks
    /// Of data and mask as [`DynArray::index`].
    ///
    /// # Errors
    /// As [`DynArray::index`].
    pub fn index(&self, parts: &[Index]) -> Result<Masked> {
        Ok(Masked { data: self.data.index(parts)?, mask: self.mask.index(parts)?, fill: self.fill })
    }

    /// Axes in another order, as [`DynArray::transpose`].
    ///
    /// # Chunks
    /// Of data and mask as [`DynArray::transpose`].
    ///
    /// # Errors
    /// As [`DynArray::transpose`].
    pub fn transpose(&self, order: Option<&[usize]>) -> Result<Masked> {
        Ok(Masked { data: self.data.transpose(order)?, mask: self.mask.transpose(order)?, fill: self.fill })
    }

    /// The same elements under another shape, as [`DynArray::reshape`].
    ///
    /// # Chunks
    /// Of data and mask as [`DynArray::reshape`].
    ///
    /// # Errors
    /// As [`DynArray::reshape`].
    pub fn reshape(&self, shape: &[isize]) -> Result<Masked> {
        Ok(Masked { data: self.data.reshape(shape)?, mask: self.mask.reshape(shape)?, fill: self.fill })
    }

    /// The positions (int64, in C order) of the elements that are neither masked nor zero, one array for each axis; `numpy.ma.nonzero`.
    /// The size is unknown, but the same for all.
    ///
    /// # Chunks
    /// As [`DynArray::flatnonzero`]; a task holds a chunk of data and mask and its positions.
    ///
    /// # Errors
    /// An array without axes, or of unknown size itself.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_equal};
    /// let x = masked_equal(&arange(0, 4, 1, 3)?, 2)?; // 0 1 -- 3
    /// assert_eq!(x.nonzero()?[0].compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn nonzero(&self) -> Result<Vec<DynArray>> {
        self.filled(Some(Scalar::Bool(false)))?.nonzero()
    }

    /// Zeros with this array's mask; `numpy.ma.zeros_like`, and `empty_like`, whose values are left open.
    ///
    /// # Chunks
    /// As the data's and the mask's.
    ///
    /// # Errors
    /// None for dtypes of today.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_equal};
    /// let x = masked_equal(&arange(0, 4, 1, 2)?, 2)?.zeros_like()?;
    /// assert_eq!(x.filled(Some(7.into()))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 0, 7, 0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn zeros_like(&self) -> Result<Masked> {
        self.full_like(0)
    }

    /// Ones with this array's mask; `numpy.ma.ones_like`.
    ///
    /// # Chunks
    /// As the data's and the mask's.
    ///
    /// # Errors
    /// None for dtypes of today.
    pub fn ones_like(&self) -> Result<Masked> {
        self.full_like(1)
    }

    /// Zeros with this array's mask: what `numpy.ma.empty_like` leaves open.
    ///
    /// # Chunks
    /// As the data's and the mask's.
    ///
    /// # Errors
    /// None for dtypes of today.
    pub fn empty_like(&self) -> Result<Masked> {
        self.full_like(0)
    }

    fn full_like(&self, value: i64) -> Result<Masked> {
        let (dtype, grid) = self.data.parts();
        let data = build::generate(creation::full(Scalar::I64(value), dtype)?, grid.clone(), "full");
        Ok(Masked { data: DynArray::wrap(data), mask: self.mask.clone(), fill: None })
    }

    fn apply(op: &'static ElementOp, arguments: Vec<(Operand, Option<DynArray>)>) -> Result<Masked> {
        let operands: Vec<Operand> = arguments.iter().map(|(o, _)| o.clone()).collect();
        let data = DynArray::wrap(build::elementwise(op, &operands)?);
        let mut mask: Option<DynArray> = outside(op, &operands, &data)?;
        for m in arguments.into_iter().filter_map(|(_, m)| m) {
            mask = Some(match mask {
                Some(have) => have.logical_or(&m)?,
                None => m,
            });
        }
        let mask = mask.ok_or_else(|| Error::bug("a masked operation without a mask"))?;
        Masked::new(&data, &mask)
    }
}

/// Where an operation has no result, as `numpy.ma` says it; None for those that always have one.
fn outside(op: &ElementOp, operands: &[Operand], result: &DynArray) -> Result<Option<DynArray>> {
    let not_finite = || result.isfinite()?.logical_not();
    Ok(match op.name {
        "sqrt" | "log" | "log2" | "log10" | "arccosh" | "arcsin" | "arccos" | "tan" => Some(not_finite()?),
        "arctanh" => {
            let size = DynArray::wrap(build::elementwise(&element::FABS, &operands[..1])?);
            Some(size.greater(1.0 - 1e-15)?.logical_or(not_finite()?)?)
        }
        "divide" | "power" | "float_power" | "floor_divide" | "remainder" | "fmod" if result.dtype().is_float() => {
            Some(not_finite()?)
        }
        "floor_divide" | "remainder" | "fmod" => match &operands[1] {
            Operand::Array(e) => Some(DynArray::wrap(e.clone()).equal(0)?),
            Operand::Scalar(s) => {
                let grid = result.parts().1.clone();
                let none = creation::full(Scalar::Bool(s.as_f64() == 0.0), DType::Bool)?;
                Some(DynArray::wrap(build::generate(none, grid, "full")))
            }
        },
        _ => None,
    })
}

macro_rules! unary_methods {
    ($(($method:ident, $NAME:ident, $doc:literal))*) => {
        impl Masked {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the input, elementwise; so is the mask.
            ///
            /// # Errors
            /// When the op does not take the dtype.
            pub fn $method(&self) -> Result<Masked> {
                Masked::apply(&element::$NAME, vec![self.masked_operand()])
            }
        )*}
    };
}
crate::op::element::for_each_unary!(unary_methods);

macro_rules! binary_methods {
    ($(($method:ident, $NAME:ident, $doc:literal))*) => {
        impl Masked {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the inputs, elementwise; so is the mask.
            ///
            /// # Errors
            /// When shapes do not broadcast, the op does not take the dtypes, or a number does not fit.
            pub fn $method(&self, other: impl MaskedArgument) -> Result<Masked> {
                Masked::apply(&element::$NAME, vec![self.masked_operand(), other.masked_operand()])
            }
        )*}
    };
}
crate::op::element::for_each_binary!(binary_methods);
