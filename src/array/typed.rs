//! The lazy array whose dtype is a type, with operators.

use crate::array::DynArray;
use crate::array::ops::Argument;
use crate::base::{Element, Error, Result};
use crate::expr::build::Operand;
use crate::session::Session;
use ndarray::ArrayD;
use std::marker::PhantomData;
use std::ops::{Add, Deref, Mul, Neg, Sub};

/// A lazy array of elements `T`; it has all methods of [`DynArray`].
///
/// # Example
/// ```
/// use tilework::array::{Array, from_ndarray};
/// let x: Array<f64> = from_ndarray(ndarray::array![[1.0, 2.0], [3.0, 4.0]].into_dyn(), 1)?.typed()?;
/// let y = &x * &x - 1.0;
/// assert_eq!(y.compute()?, ndarray::array![[0.0, 3.0], [8.0, 15.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Array<T: Element> {
    dynamic: DynArray,
    element: PhantomData<T>,
}

impl<T: Element> Array<T> {
    /// Computes the array with default settings.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn compute(&self) -> Result<ArrayD<T>> {
        self.dynamic.compute()?.to_ndarray()
    }

    /// Computes the array in a session.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn compute_in(&self, session: &Session) -> Result<ArrayD<T>> {
        self.dynamic.compute_in(session)?.to_ndarray()
    }

    /// The array with its dtype as a value.
    ///
    /// # Chunks
    /// As the input; nothing is computed.
    pub fn into_dynamic(self) -> DynArray {
        self.dynamic
    }
}

impl<T: Element> TryFrom<DynArray> for Array<T> {
    type Error = Error;
    fn try_from(dynamic: DynArray) -> Result<Array<T>> {
        if dynamic.dtype() != T::DTYPE {
            return Err(Error::dtype(format!("the array holds {}, not {}: cast it with astype", dynamic.dtype(), T::DTYPE)));
        }
        Ok(Array { dynamic, element: PhantomData })
    }
}

impl<T: Element> Deref for Array<T> {
    type Target = DynArray;
    fn deref(&self) -> &DynArray {
        &self.dynamic
    }
}

impl<T: Element> Argument for &Array<T> {
    fn operand(self) -> Operand {
        Operand::Array(self.expr().clone())
    }
}

/// An operator between arrays panics where the method gives an error: on shapes that do not broadcast, as ndarray's do.
fn done<T: Element>(r: Result<DynArray>) -> Array<T> {
    match r.and_then(Array::try_from) {
        Ok(a) => a,
        Err(e) => panic!("{e}"),
    }
}

macro_rules! operators {
    ($($trait:ident $f:ident $method:ident),*) => {$(
        impl<T: Element> $trait<&Array<T>> for &Array<T> {
            type Output = Array<T>;
            /// # Panics
            /// When shapes do not broadcast; the method of the same meaning gives an error instead.
            fn $f(self, other: &Array<T>) -> Array<T> { done(self.dynamic.$method(other)) }
        }
        impl<T: Element> $trait<Array<T>> for Array<T> {
            type Output = Array<T>;
            fn $f(self, other: Array<T>) -> Array<T> { done(self.dynamic.$method(&other)) }
        }
        impl<T: Element> $trait<&Array<T>> for Array<T> {
            type Output = Array<T>;
            fn $f(self, other: &Array<T>) -> Array<T> { done(self.dynamic.$method(other)) }
        }
        impl<T: Element> $trait<Array<T>> for &Array<T> {
            type Output = Array<T>;
            fn $f(self, other: Array<T>) -> Array<T> { done(self.dynamic.$method(&other)) }
        }
        impl<T: Element> $trait<T> for &Array<T> {
            type Output = Array<T>;
            fn $f(self, other: T) -> Array<T> { done(self.dynamic.$method(Into::<crate::base::Scalar>::into(other))) }
        }
        impl<T: Element> $trait<T> for Array<T> {
            type Output = Array<T>;
            fn $f(self, other: T) -> Array<T> { done(self.dynamic.$method(Into::<crate::base::Scalar>::into(other))) }
        }
    )*};
}
operators!(Add add add, Sub sub subtract, Mul mul multiply);

macro_rules! float_operators {
    ($($t:ty),*) => {$(
        impl std::ops::Div<&Array<$t>> for &Array<$t> {
            type Output = Array<$t>;
            fn div(self, other: &Array<$t>) -> Array<$t> { done(self.divide(other)) }
        }
        impl std::ops::Div<Array<$t>> for Array<$t> {
            type Output = Array<$t>;
            fn div(self, other: Array<$t>) -> Array<$t> { done(self.divide(&other)) }
        }
        impl std::ops::Div<$t> for Array<$t> {
            type Output = Array<$t>;
            fn div(self, other: $t) -> Array<$t> { done(self.divide(other)) }
        }
    )*};
}
float_operators!(f32, f64, crate::base::C64, crate::base::C128);

impl<T: Element> Neg for &Array<T> {
    type Output = Array<T>;
    fn neg(self) -> Array<T> {
        done(self.negative())
    }
}
impl<T: Element> Neg for Array<T> {
    type Output = Array<T>;
    fn neg(self) -> Array<T> {
        done(self.negative())
    }
}
