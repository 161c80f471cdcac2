//! Reductions of masked arrays: masked elements are left out, and a result is masked where none is left.

use super::{Masked, MaskedArgument};
use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::build::Operand;
use crate::kernel::reduce::ReduceOp;
use crate::op::reduction;

macro_rules! reductions {
    ($($name:ident $NAME:ident $doc:literal;)*) => {
        impl Masked {$(
            #[doc = concat!($doc, " `numpy.ma`'s `", stringify!($name), "`.")]
            ///
            /// `axes`: which to reduce (negative: from the end), all if None.
            ///
            /// # Chunks
            /// As the data's along the axes that stay; a task holds a chunk of data and mask.
            ///
            /// # Errors
            /// When an axis is out of bounds or repeated; a dtype that the reduction does not take.
            ///
            /// # Example
            /// ```
            /// use tilework::array::{arange, masked::masked_less};
            /// let x = masked_less(&arange(0, 6, 1, 4)?.reshape(&[2, 3])?, 3)?;
            #[doc = concat!("let (_, mask) = x.", stringify!($name), "(Some(&[1]))?.compute()?;")]
            /// assert_eq!(mask.as_slice::<bool>()?, [true, false]); // nothing is left of the first row
            /// # Ok::<(), tilework::Error>(())
            /// ```
            pub fn $name(&self, axes: Option<&[isize]>) -> Result<Masked> {
                self.reduce(&reduction::$NAME, axes, false, 0.0)
            }
        )*}
    };
}

reductions! {
    sum SUM "The sum of what is not masked.";
    prod PROD "The product of what is not masked.";
    min MIN "The smallest of what is not masked; NaN if there is one.";
    max MAX "The largest of what is not masked; NaN if there is one.";
    mean MEAN "The mean of what is not masked.";
    var VAR "The variance of what is not masked.";
    std STD "The standard deviation of what is not masked.";
    any ANY "Whether any element that is not masked holds.";
    all ALL_OF "Whether all elements that are not masked hold.";
}

impl Masked {
    /// Whether each element is there.
    fn present(&self) -> Result<DynArray> {
        self.mask.logical_not()
    }

    /// How many elements are not masked (int64); `numpy.ma.count`.
    ///
    /// # Chunks
    /// As the mask's along the axes that stay; a task holds a chunk of the mask.
    ///
    /// # Errors
    /// When an axis is out of bounds or repeated.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_less};
    /// let x = masked_less(&arange(0, 6, 1, 4)?.reshape(&[2, 3])?, 2)?;
    /// assert_eq!(x.count(Some(&[1]))?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [1, 3]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn count(&self, axes: Option<&[isize]>) -> Result<DynArray> {
        self.counted(axes, false)
    }

    fn counted(&self, axes: Option<&[isize]>, keepdims: bool) -> Result<DynArray> {
        self.present()?.reduce(&reduction::COUNT_NONZERO, axes, keepdims, 0.0, crate::array::ops::SPLIT_EVERY)
    }

    /// A reduction of what is not masked, with its options: `keepdims` leaves reduced axes with length 1, `ddof` is subtracted from
    /// the count in var and std, whose result is masked where nothing is left then.
    ///
    /// # Chunks
    /// As the data's along the axes that stay; a task holds a chunk of data and mask.
    ///
    /// # Errors
    /// As the reduction's own; one that gives positions.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, masked::masked_less};
    /// use tilework::op::reduction::VAR;
    /// let x = masked_less(&arange(0, 6, 1, 4)?, 3)?;
    /// let (v, _) = x.reduce(&VAR, None, true, 1.0)?.compute()?;
    /// assert_eq!(v.as_slice::<f64>()?, [1.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn reduce(&self, op: &'static ReduceOp, axes: Option<&[isize]>, keepdims: bool, ddof: f64) -> Result<Masked> {
        use crate::kernel::reduce::Family;
        let mut r = match op.family {
            Family::Min | Family::Max => {
                let end = end(self.dtype(), op.family == Family::Min)?;
                where_(&self.mask, end, &self.data)?.astype(self.dtype())?.reduction(op)
            }
            _ => self.data.reduction(op).where_(&self.present()?),
        };
        if let Some(axes) = axes {
            r = r.axes(axes);
        }
        if keepdims {
            r = r.keepdims();
        }
        if op.tags.ddof {
            r = r.ddof(ddof);
        }
        let data = r.build()?;
        let count = self.counted(axes, keepdims)?;
        let mask = if op.tags.ddof { count.less_equal(ddof)? } else { count.equal(0)? };
        Masked::new(&data, &mask)
    }

    /// The mean of what is not masked, each element by its weight (an array of this one's shape, or a masked one; None: all alike);
    /// masked where the weights add up to 0. `numpy.ma.average`.
    ///
    /// # Chunks
    /// As the data's along the axes that stay; a task holds a chunk of data, mask and weights.
    ///
    /// # Errors
    /// Weights that do not broadcast to the array's shape; axes out of bounds or repeated.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange, masked::masked_less};
    /// let x = masked_less(&arange(0, 4, 1, 3)?, 2)?; // -- -- 2 3
    /// let mean = x.average(None, Some(&arange(1, 5, 1, 4)?))?;
    /// assert_eq!(mean.data().compute_as::<f64>()?.into_scalar(), (2.0 * 3.0 + 3.0 * 4.0) / 7.0);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn average<W: MaskedArgument>(&self, axes: Option<&[isize]>, weights: Option<W>) -> Result<Masked> {
        let Some(w) = weights else { return self.mean(axes) };
        let (w, w_mask) = w.masked_operand();
        let Operand::Array(w) = w else { return Err(Error::usage("average: weights must be an array")) };
        let w = DynArray::wrap(w).broadcast_to(&self.shape()).map_err(|e| e.at("average"))?;
        let x = match w_mask {
            Some(m) => Masked::new(&self.data, &self.mask.logical_or(&m)?)?,
            None => self.clone(),
        };
        let weights = Masked::new(&w.astype(DType::F64)?, x.mask())?;
        x.multiply(&weights)?.sum(axes)?.divide(&weights.sum(axes)?)
    }
}

/// The value that no element is beyond.
fn end(dtype: DType, high: bool) -> Result<Scalar> {
    Ok(match dtype {
        DType::Bool => Scalar::Bool(high),
        d if d.is_float() => Scalar::F64(if high { f64::INFINITY } else { f64::NEG_INFINITY }),
        d if d.is_integer() && d.is_signed() => {
            let most = i64::MAX >> (64 - 8 * d.size());
            Scalar::I64(if high { most } else { -most - 1 })
        }
        d if d.is_integer() => Scalar::U64(if high { u64::MAX >> (64 - 8 * d.size()) } else { 0 }),
        d => return Err(Error::dtype(format!("{d} has no smallest and largest: reduce its real or imaginary part"))),
    })
}
