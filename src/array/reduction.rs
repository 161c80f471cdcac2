//! Reductions with all the options that NumPy gives them: axes, keepdims, ddof, where, initial.
//!
//! A mask is no new kind of reduction: elements outside of it are replaced by what does not change the result, before they are
//! reduced, in the same fused pass.

use crate::array::{DynArray, where_};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::build;
use crate::kernel::reduce::{Family, ReduceOp};
use crate::op::{creation, reduction};

/// A reduction being described; [`build`](Reduction::build) makes the array.
///
/// # Example
/// ```
/// use tilework::array::{IntoScalar, arange};
/// use tilework::op::reduction::{MIN, SUM};
/// let x = arange(0, 10, 1, 4)?;
/// let even = x.remainder(2)?.equal(0)?;
/// let sum = x.reduction(&SUM).where_(&even).initial(100).keepdims().build()?;
/// assert_eq!(sum.compute_as::<i64>()?, ndarray::array![120].into_dyn());
/// // Without a neutral element, a mask needs a value to begin with.
/// assert!(x.reduction(&MIN).where_(&even).build().is_err());
/// assert_eq!(x.reduction(&MIN).where_(&even).initial(7).build()?.compute_as::<i64>()?.into_scalar(), 0);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is reduced before `build`"]
pub struct Reduction {
    x: DynArray,
    op: &'static ReduceOp,
    axes: Option<Vec<isize>>,
    keepdims: bool,
    ddof: Option<f64>,
    mask: Option<DynArray>,
    initial: Option<Scalar>,
    split_every: usize,
}

impl DynArray {
    /// Begins to describe a reduction of all elements; see [`Reduction`].
    pub fn reduction(&self, op: &'static ReduceOp) -> Reduction {
        Reduction {
            x: self.clone(),
            op,
            axes: None,
            keepdims: false,
            ddof: None,
            mask: None,
            initial: None,
            split_every: super::ops::SPLIT_EVERY,
        }
    }
}

impl Reduction {
    /// Over these axes (negative: from the end) instead of all.
    pub fn axes(mut self, axes: &[isize]) -> Self {
        self.axes = Some(axes.to_vec());
        self
    }

    /// Reduced axes stay, with length 1.
    pub fn keepdims(mut self) -> Self {
        self.keepdims = true;
        self
    }

    /// What is subtracted from the count in variances and standard deviations.
    pub fn ddof(mut self, ddof: f64) -> Self {
        self.ddof = Some(ddof);
        self
    }

    /// Only of the elements where `mask` (bool, broadcast to the array) holds.
    pub fn where_(mut self, mask: &DynArray) -> Self {
        self.mask = Some(mask.clone());
        self
    }

    /// The value that sums, products and extremes begin with. It joins the result of the elements at the end.
    pub fn initial(mut self, value: impl Into<Scalar>) -> Self {
        self.initial = Some(value.into());
        self
    }

    /// How many states are combined at a time.
    pub fn split_every(mut self, n: usize) -> Self {
        self.split_every = n;
        self
    }

    /// The lazy result.
    ///
    /// # Chunks
    /// As [`DynArray::reduce`]; mask and array are read together.
    ///
    /// # Errors
    /// As the reduction's own method. An option that the reduction does not take; a mask that is not bool or does not broadcast to
    /// the array; a mask without `initial` where there is no neutral element; an initial value that the dtype does not hold.
    pub fn build(self) -> Result<DynArray> {
        self.check().map_err(|e| e.at(self.op.name))?;
        if self.mask.is_some() || self.initial.is_some() {
            self.x.known(self.op.name)?;
        }
        let initial = match self.initial {
            Some(s) => Some(fitting(s, self.op.result_dtype(self.x.dtype())).map_err(|e| e.at(self.op.name))?),
            None => None,
        };
        let result = match (&self.mask, initial) {
            (_, Some(s)) if self.op.tags.non_empty && self.n_reduced()? == Some(0) => return self.only(s),
            (None, _) => self.over(&self.x)?,
            (Some(mask), _) => self.masked(mask, initial)?,
        };
        let Some(s) = initial else { return Ok(result) };
        match (self.op.family, self.op.tags.skips_nan) {
            (Family::Sum, _) => result.add(s),
            (Family::Prod, _) => result.multiply(s),
            (Family::Min, false) => result.minimum(s),
            (Family::Min, true) => result.fmin(s),
            (_, false) => result.maximum(s),
            (_, true) => result.fmax(s),
        }
    }

    fn check(&self) -> Result<()> {
        let op = self.op;
        if self.ddof.is_some() && !op.tags.ddof {
            return Err(Error::usage("takes no ddof, only variances and standard deviations do: leave it out"));
        }
        let extreme = matches!(op.family, Family::Min | Family::Max);
        if self.initial.is_some() && !extreme && !matches!(op.family, Family::Sum | Family::Prod) {
            return Err(Error::usage("takes no initial value, only sums, products and extremes do: leave it out"));
        }
        let Some(mask) = &self.mask else { return Ok(()) };
        if op.tags.positional {
            return Err(Error::usage("takes no where: put another value in the place of unwanted elements with where_ before"));
        }
        if extreme && self.initial.is_none() {
            return Err(Error::usage("has no neutral element, so that where also needs initial: give the value to begin with"));
        }
        if mask.dtype() != DType::Bool {
            let message = format!("where must be a bool array, not {}: compare it first, as with not_equal(0)", mask.dtype());
            return Err(Error::dtype(message));
        }
        mask.broadcast_to(&self.x.shape()).map(|_| ()).map_err(|_| {
            let (have, want) = (mask.shape(), self.x.shape());
            Error::usage(format!("where of shape {have:?} does not broadcast to the array's {want:?}"))
        })
    }

    fn over(&self, x: &DynArray) -> Result<DynArray> {
        self.with(x, self.op, self.ddof.unwrap_or(0.0))
    }

    fn with(&self, x: &DynArray, op: &'static ReduceOp, ddof: f64) -> Result<DynArray> {
        x.reduce(op, self.axes.as_deref(), self.keepdims, ddof, self.split_every)
    }

    fn list(&self) -> Result<Option<Vec<usize>>> {
        let n = self.x.ndim();
        let Some(axes) = &self.axes else { return Ok(None) };
        axes.iter().map(|&a| build::normalize_axis(a, n)).collect::<Result<_>>().map(Some).map_err(|e| e.at(self.op.name))
    }

    /// Elements per result; None if the axes are not what can be reduced.
    fn n_reduced(&self) -> Result<Option<usize>> {
        let shape = self.x.shape();
        let list = self.list()?.unwrap_or_else(|| (0..shape.len()).collect());
        Ok(reduction::SUM.check(&shape, &list).is_ok().then(|| list.iter().map(|&a| shape[a]).product()))
    }

    /// The result of no elements: the initial value everywhere.
    fn only(&self, s: Scalar) -> Result<DynArray> {
        let (dtype, grid) = self.x.parts();
        let list = self.list()?.unwrap_or_else(|| (0..grid.ndim()).collect());
        let grid = build::reduced_grid(grid, &list, self.keepdims);
        Ok(DynArray::wrap(build::generate(creation::full(s, dtype)?, grid, self.op.name)))
    }

    fn masked(&self, mask: &DynArray, initial: Option<Scalar>) -> Result<DynArray> {
        let (x, dtype) = (&self.x, self.op.result_dtype(self.x.dtype()));
        // Bool scalars never widen the elements.
        let neutral = match self.op.family {
            Family::Sum | Family::Any | Family::Count => Scalar::Bool(false),
            Family::Prod | Family::All => Scalar::Bool(true),
            Family::Var | Family::Std => return self.masked_variance(mask),
            Family::Mean if self.op.tags.skips_nan => return self.over(&where_(mask, x.astype(dtype)?, f64::NAN)?),
            Family::Mean => {
                let sum = self.with(&where_(mask, x.astype(x.dtype().promote(DType::F64))?, 0.0)?, &reduction::SUM, 0.0)?;
                return sum.divide(self.count(mask)?)?.astype(dtype);
            }
            Family::Min | Family::Max => initial.ok_or_else(|| Error::bug("a mask without an initial value"))?,
            Family::ArgMin | Family::ArgMax => return Err(Error::bug("a mask for positions")),
        };
        self.over(&where_(mask, x, neutral)?)
    }

    /// How many elements the mask lets through.
    fn count(&self, mask: &DynArray) -> Result<DynArray> {
        self.with(&mask.broadcast_to(&self.x.shape())?, &reduction::COUNT_NONZERO, 0.0)
    }

    /// The moments of the nan-functions leave out what is masked; what else they do is then undone.
    fn masked_variance(&self, mask: &DynArray) -> Result<DynArray> {
        let ddof = self.ddof.unwrap_or(0.0);
        let op = if self.op.family == Family::Std { &reduction::NANSTD } else { &reduction::NANVAR };
        let x = if self.x.dtype().is_inexact() { self.x.clone() } else { self.x.astype(DType::F64)? };
        let seen = where_(mask, x, f64::NAN)?;
        let mut v = self.with(&seen, op, ddof)?;
        if self.op.tags.skips_nan && self.x.dtype().is_inexact() {
            return Ok(v);
        }
        if ddof > 0.0 {
            let divided_by_0 = self.with(&seen, op, 0.0)?.divide(0.0)?;
            v = where_(&self.count(mask)?.greater(ddof)?, v, divided_by_0)?;
        }
        if self.x.dtype().is_inexact() {
            let nan = self.with(&mask.logical_and(self.x.isnan()?)?, &reduction::ANY, 0.0)?;
            v = where_(&nan, f64::NAN, v)?;
        }
        Ok(v)
    }
}

/// The value for elements of `dtype`.
fn fitting(s: Scalar, dtype: DType) -> Result<Scalar> {
    let kind = match s {
        Scalar::C128(..) => dtype.is_complex(),
        Scalar::F64(_) => dtype.is_inexact(),
        _ => true,
    };
    let message = || format!("the initial value {s} is no {dtype}: cast the array with astype first");
    if !kind {
        return Err(Error::dtype(message()));
    }
    if !s.fits(dtype) {
        return Err(s.misfit(message()));
    }
    Ok(if dtype == DType::Bool { Scalar::Bool(s.as_f64() != 0.0) } else { s })
}
