//! The methods of the op tables: elementwise, reductions, scans; and operators.

use crate::array::DynArray;
use crate::base::{C64, C128, Result, Scalar};
use crate::expr::build::{self, Operand};
use crate::kernel::reduce::ReduceOp;
use crate::op::{element, reduction, scan};

/// States that a reduction combines at a time.
pub(super) const SPLIT_EVERY: usize = 8;

/// What can stand beside an array: another array or a number.
pub trait Argument {
    /// As an operand of an elementwise op.
    fn operand(self) -> Operand;
}

impl Argument for &DynArray {
    fn operand(self) -> Operand {
        Operand::Array(self.expr().clone())
    }
}
impl Argument for DynArray {
    fn operand(self) -> Operand {
        Operand::Array(self.expr().clone())
    }
}
impl Argument for Operand {
    fn operand(self) -> Operand {
        self
    }
}

macro_rules! scalar_argument {
    ($($t:ty),*) => {$(
        impl Argument for $t {
            fn operand(self) -> Operand { Operand::Scalar(Scalar::from(self)) }
        }
    )*};
}
scalar_argument!(bool, i8, i16, i32, i64, u8, u16, u32, u64, usize, f32, f64, C64, C128);
impl Argument for Scalar {
    fn operand(self) -> Operand {
        Operand::Scalar(self)
    }
}

macro_rules! unary_methods {
    ($(($method:ident, $NAME:ident, $doc:literal))*) => {
        impl DynArray {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the input. A task holds a chunk of the array and of the result; what comes before and after is done in the same
            /// task where it is elementwise, and not stored.
            ///
            /// # Errors
            /// When the op does not take the dtype.
            pub fn $method(&self) -> Result<DynArray> {
                Ok(DynArray::wrap(build::elementwise(&element::$NAME, &[Operand::Array(self.expr().clone())])?))
            }
        )*}
    };
}
crate::op::element::for_each_unary!(unary_methods);

macro_rules! binary_methods {
    ($(($method:ident, $NAME:ident, $doc:literal))*) => {
        impl DynArray {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the inputs; where they are cut differently, at the boundaries of both (or as the finer one, where those would be
            /// more than twice as many). A task holds a chunk of each input and of the result; what comes before and after is done
            /// in the same task where it is elementwise, and not stored.
            ///
            /// # Errors
            /// When shapes do not broadcast, the op does not take the dtypes, or a number does not fit.
            pub fn $method(&self, other: impl Argument) -> Result<DynArray> {
                Ok(DynArray::wrap(build::elementwise(&element::$NAME, &[Operand::Array(self.expr().clone()), other.operand()])?))
            }
        )*}
    };
}
crate::op::element::for_each_binary!(binary_methods);

macro_rules! ternary_methods {
    ($(($method:ident, $NAME:ident, $doc:literal))*) => {
        impl DynArray {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the inputs; where they are cut differently, at the boundaries of all (or as the finest one, where those would be
            /// more than twice as many). A task holds a chunk of each input and of the result; what comes before and after is done
            /// in the same task where it is elementwise, and not stored.
            ///
            /// # Errors
            /// When shapes do not broadcast, the op does not take the dtypes, or a number does not fit.
            pub fn $method(&self, second: impl Argument, third: impl Argument) -> Result<DynArray> {
                let operands = [Operand::Array(self.expr().clone()), second.operand(), third.operand()];
                Ok(DynArray::wrap(build::elementwise(&element::$NAME, &operands)?))
            }
        )*}
    };
}
crate::op::element::for_each_ternary!(ternary_methods);

impl DynArray {
    /// The number with the opposite imaginary part: another name of [`DynArray::conjugate`]. NumPy's `conj`.
    ///
    /// # Example
    /// ```
    /// use num_complex::Complex;
    /// use tilework::DType;
    /// use tilework::array::{IntoScalar, from_ndarray};
    /// let z = from_ndarray(ndarray::array![Complex::new(3.0, 4.0), Complex::new(0.0, -1.0)].into_dyn(), 1)?;
    /// assert_eq!(z.dtype(), DType::C128);
    /// assert_eq!(z.conj()?.compute_as::<Complex<f64>>()?, ndarray::array![Complex::new(3.0, -4.0), Complex::new(0.0, 1.0)].into_dyn());
    /// assert_eq!(z.absolute()?.compute_as::<f64>()?, ndarray::array![5.0, 1.0].into_dyn());
    /// assert_eq!(z.angle()?.rad2deg()?.compute_as::<f64>()?[[1]], -90.0);
    /// let size = z.multiply(z.conj()?)?.real()?; // |z|², as floats
    /// assert_eq!(size.sum(None)?.compute_as::<f64>()?.into_scalar(), 26.0);
    /// assert!(z.astype(DType::F64).is_err()); // NumPy would drop the imaginary part: say .real()
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Chunks
    /// As the input; a task holds one chunk.
    ///
    /// # Errors
    /// When the array holds bool.
    pub fn conj(&self) -> Result<DynArray> {
        self.conjugate()
    }
}

/// The elements of `a` where `condition` holds, else of `b`; NumPy's `where`.
///
/// # Chunks
/// As the inputs, elementwise.
///
/// # Errors
/// When shapes do not broadcast or a number does not fit.
pub fn where_(condition: &DynArray, a: impl Argument, b: impl Argument) -> Result<DynArray> {
    let operands = [Operand::Array(condition.expr().clone()), a.operand(), b.operand()];
    Ok(DynArray::wrap(build::elementwise(&element::WHERE, &operands)?))
}

macro_rules! reduction_methods {
    ($(($method:ident, $NAME:ident, $doc:literal)),* $(,)?) => {
        impl DynArray {$(
            #[doc = $doc]
            ///
            /// `axes`: which to reduce (negative: from the end), all if None. See [`DynArray::reduce`] for more options.
            ///
            /// # Chunks
            /// As the input along the axes that stay. A task holds a chunk of the input and the states of its results, or the
            /// states of up to 8 chunks; what is computed elementwise before is never stored.
            ///
            /// # Errors
            /// When an axis is out of bounds or repeated, or there are no elements where the reduction needs some.
            pub fn $method(&self, axes: Option<&[isize]>) -> Result<DynArray> {
                self.reduce(&reduction::$NAME, axes, false, 0.0, SPLIT_EVERY)
            }
        )*}
    };
}
crate::for_each_reduction!(reduction_methods);

macro_rules! scan_methods {
    ($(($method:ident, $NAME:ident, $doc:literal, $($rest:tt)*)),* $(,)?) => {
        impl DynArray {$(
            #[doc = $doc]
            ///
            /// # Chunks
            /// As the input. A task holds a chunk, its result, and the last values along the axis of the chunk before it.
            ///
            /// # Errors
            /// When the axis is out of bounds.
            pub fn $method(&self, axis: isize) -> Result<DynArray> {
                Ok(DynArray::wrap(build::scan(self.expr(), &scan::$NAME, axis)?))
            }
        )*}
    };
}
crate::for_each_scan!(scan_methods);

impl DynArray {
    /// A reduction with all its options: `keepdims` leaves reduced axes with length 1, `ddof` is subtracted from the count in var
    /// and std, `split_every` states are combined at a time.
    ///
    /// # Chunks
    /// As the input along the axes that stay; along the others one, if they do. A task holds a chunk of the input and the states of
    /// its results, or the states of `split_every` chunks; what is computed elementwise before is never stored.
    ///
    /// # Errors
    /// As the reduction's own method.
    pub fn reduce(
        &self,
        op: &'static ReduceOp,
        axes: Option<&[isize]>,
        keepdims: bool,
        ddof: f64,
        split_every: usize,
    ) -> Result<DynArray> {
        Ok(DynArray::wrap(build::reduce(self.expr(), op, axes, keepdims, ddof, split_every)?))
    }
}
