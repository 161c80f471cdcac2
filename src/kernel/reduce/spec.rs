//! What a reduction is to the kernels: a row with a name, a dtype rule, tags, and the family of folds that computes it.
//!
//! Rows are written in the op table, one per reduction; kernels never name one.

use crate::base::{C64, C128, DType, Error, Result};
use crate::kernel::reduce::extreme::{Arg, Extreme};
use crate::kernel::reduce::fold::{AddInt, Fold, MulComplex, MulFloat, MulInt, Plain, Sum};
use crate::kernel::reduce::layout::Layout;
use crate::kernel::reduce::moments::Moments;
use crate::kernel::reduce::num::{
    Im, Imag, ImagNanZero, NanOne, NanZero, NonZero, NotNan, Num, Prep, Re, Same, ToF64, ToI64, Truth, Wide, WideNanOne, for_num,
};
use crate::kernel::reduce::part::PartKind;
use smallvec::{SmallVec, smallvec};
use std::fmt;

/// How a reduction is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Sum.
    Sum,
    /// Product.
    Prod,
    /// Sum over count.
    Mean,
    /// Second central moment over count − ddof.
    Var,
    /// Its root.
    Std,
    /// Smallest element.
    Min,
    /// Largest element.
    Max,
    /// Where the smallest element is.
    ArgMin,
    /// Where the largest element is.
    ArgMax,
    /// Whether one is true.
    Any,
    /// Whether all are true.
    All,
    /// How many are not zero.
    Count,
}

/// How the dtype of the result follows from that of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceRule {
    /// bool and signed integers become int64, unsigned ones uint64, floats and complex numbers stay.
    Wide,
    /// Floats stay, the others become float64.
    Float,
    /// Like `Float`, but complex numbers become floats (variances).
    FloatPart,
    /// The same.
    Same,
    /// Whatever comes in, this goes out.
    Fixed(DType),
}

/// What planners and the checks of a call may ask of a reduction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReduceTags {
    /// Refuses to reduce no elements at all (it has no neutral element).
    pub non_empty: bool,
    /// Takes all axes or one, and gives positions.
    pub positional: bool,
    /// Takes the parameter `ddof`.
    pub ddof: bool,
    /// NaN is skipped.
    pub skips_nan: bool,
}

/// One reduction.
pub struct ReduceOp {
    /// NumPy's name; also the name on the wire.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    /// How it is computed.
    pub family: Family,
    /// Dtype rule.
    pub rule: ReduceRule,
    /// What may be asked of it.
    pub tags: ReduceTags,
    /// Cost of one element in nanoseconds, roughly, for estimates.
    pub cost_ns: f32,
}

impl fmt::Debug for ReduceOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ReduceOp {
    fn eq(&self, other: &ReduceOp) -> bool {
        self.name == other.name
    }
}
impl Eq for ReduceOp {}

/// The kinds of parts that a state is made of, in order.
pub(super) type Kinds = SmallVec<[PartKind; 2]>;

impl ReduceOp {
    /// Dtype of the result for elements of `dtype`.
    pub fn result_dtype(&self, dtype: DType) -> DType {
        match self.rule {
            ReduceRule::Wide if dtype.is_unsigned() => DType::U64,
            ReduceRule::Wide if !dtype.is_inexact() => DType::I64,
            ReduceRule::Float | ReduceRule::FloatPart if !dtype.is_inexact() => DType::F64,
            ReduceRule::FloatPart => dtype.part(),
            ReduceRule::Wide | ReduceRule::Float | ReduceRule::Same => dtype,
            ReduceRule::Fixed(d) => d,
        }
    }

    /// Checks a call on an array of `shape`.
    ///
    /// # Errors
    /// Axes out of bounds or named twice, no elements where some are needed, several (but not all) axes for a position.
    pub fn check(&self, shape: &[usize], axes: &[usize]) -> Result<()> {
        let layout = Layout::new(shape, axes).map_err(|e| e.at(self.name))?;
        if self.tags.positional && axes.len() != 1 && axes.len() != shape.len() {
            let message = format!("takes one axis or all of them, not {axes:?}: call it once per axis");
            return Err(Error::usage(message).at(self.name));
        }
        // A result without elements is fine where there is no result.
        if self.tags.non_empty && layout.total == 0 && layout.n_out > 0 {
            let message = format!("there is nothing to reduce along axes {axes:?} of {shape:?}, and no neutral element");
            return Err(Error::usage(message).at(self.name));
        }
        Ok(())
    }

    /// Bytes of a state of a chunk of `shape`.
    ///
    /// # Errors
    /// Axes out of bounds or named twice.
    pub fn state_bytes(&self, dtype: DType, shape: &[usize], axes: &[usize]) -> Result<u64> {
        let n_out = Layout::new(shape, axes)?.n_out as u64;
        Ok(self.kinds(dtype).iter().map(|k| k.state_size as u64 * n_out).sum())
    }

    /// Bytes that mapping a chunk, or combining states into one, needs besides its inputs and the resulting state.
    ///
    /// # Errors
    /// Axes out of bounds or named twice.
    pub fn scratch_bytes(&self, dtype: DType, shape: &[usize], axes: &[usize]) -> Result<u64> {
        // Map: per part a block, the wide columns (as many at most) and the gathered piece. Combine: a state being read, twice
        // where it was not contiguous.
        let block = 3 * super::BLOCK as u64 * 24 * self.kinds(dtype).len() as u64;
        Ok(block + 2 * self.state_bytes(dtype, shape, axes)?)
    }

    /// Whether NaN must be looked for.
    pub(super) fn skips(&self, dtype: DType) -> bool {
        self.tags.skips_nan && dtype.is_inexact()
    }

    /// The kinds where both parts of a complex number are folded; None where the kinds are those of other dtypes.
    fn complex_kinds<T: Num>(&self, skip: bool) -> Option<Kinds> {
        Some(match (self.family, skip) {
            (Family::Sum | Family::Mean, false) => smallvec![PartKind::of::<T, ToF64, Sum>(), PartKind::of::<T, Imag, Sum>()],
            (Family::Sum, true) => smallvec![PartKind::of::<T, NanZero, Sum>(), PartKind::of::<T, ImagNanZero, Sum>()],
            (Family::Mean, true) => smallvec![
                PartKind::of::<T, NanZero, Sum>(),
                PartKind::of::<T, ImagNanZero, Sum>(),
                PartKind::of::<T, NotNan, Plain<AddInt>>(),
            ],
            (Family::Prod, false) => one::<T, Wide, Plain<MulComplex>>(),
            (Family::Prod, true) => one::<T, WideNanOne, Plain<MulComplex>>(),
            (Family::Var | Family::Std, false) => {
                smallvec![PartKind::of::<T, Re, Moments<false>>(), PartKind::of::<T, Im, Moments<false>>()]
            }
            (Family::Var | Family::Std, true) => {
                smallvec![PartKind::of::<T, Re, Moments<true>>(), PartKind::of::<T, Im, Moments<true>>()]
            }
            _ => return None,
        })
    }

    pub(super) fn kinds(&self, dtype: DType) -> Kinds {
        let skip = self.skips(dtype);
        let complex = match dtype {
            DType::C64 => self.complex_kinds::<C64>(skip),
            DType::C128 => self.complex_kinds::<C128>(skip),
            _ => None,
        };
        if let Some(kinds) = complex {
            return kinds;
        }
        for_num!(dtype, T => match self.family {
            Family::Sum if !T::FLOAT => one::<T, ToI64, Plain<AddInt>>(),
            Family::Prod if !T::FLOAT => one::<T, ToI64, Plain<MulInt>>(),
            Family::Sum | Family::Mean if !skip => one::<T, ToF64, Sum>(),
            Family::Sum => one::<T, NanZero, Sum>(),
            Family::Mean => smallvec![
                PartKind::of::<T, NanZero, Sum>(),
                PartKind::of::<T, NotNan, Plain<AddInt>>(),
            ],
            Family::Prod if skip => one::<T, NanOne, Plain<MulFloat>>(),
            Family::Prod => one::<T, ToF64, Plain<MulFloat>>(),
            Family::Var | Family::Std if skip => one::<T, ToF64, Moments<true>>(),
            Family::Var | Family::Std => one::<T, ToF64, Moments<false>>(),
            Family::Min => extreme::<T, false>(skip),
            Family::Max => extreme::<T, true>(skip),
            Family::ArgMin => arg::<T, false>(skip),
            Family::ArgMax => arg::<T, true>(skip),
            Family::Any => one::<T, Truth, Plain<Extreme<u8, true, false>>>(),
            Family::All => one::<T, Truth, Plain<Extreme<u8, false, false>>>(),
            Family::Count => one::<T, NonZero, Plain<AddInt>>(),
        })
    }
}

fn one<T: Num, P: Prep<T>, F: Fold<In = P::Out>>() -> Kinds {
    smallvec![PartKind::of::<T, P, F>()]
}

fn extreme<T: Num, const MAX: bool>(skip: bool) -> Kinds {
    if skip { one::<T, Same, Plain<Extreme<T, MAX, true>>>() } else { one::<T, Same, Plain<Extreme<T, MAX, false>>>() }
}

fn arg<T: Num, const MAX: bool>(skip: bool) -> Kinds {
    if skip { one::<T, Same, Arg<T, MAX, true>>() } else { one::<T, Same, Arg<T, MAX, false>>() }
}
