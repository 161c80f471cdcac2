//! What an elementwise operation is to the kernels: a row with a name, a dtype rule, tags and block functions.
//!
//! Rows are written in the op table, one per operation; kernels never name one. A block function works on up to a few
//! thousand elements that lie in cache, all arguments contiguous and of one dtype, on one instruction set.

use crate::base::DType;
use crate::kernel::lanes::Block;
pub use crate::kernel::lanes::{BlockFn, Isa};
use std::fmt;

/// How the dtype of the result and the dtype that the arguments are cast to follow from the arguments' dtypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DTypeRule {
    /// Arguments are promoted to one dtype, the result has it (add, maximum). bool stays bool where the op has a bool kernel,
    /// else it is refused.
    Same,
    /// Like `Same`, but integers and bool become float64, and int8/uint8/int16/uint16 too (sin, exp, true division). Complex stays.
    Float,
    /// Every argument becomes float64, or complex128 where one is complex, and so is the result (float_power).
    Double,
    /// Like `Float`, but of the first argument alone, to which the others are cast (ldexp).
    First,
    /// Arguments are promoted to one dtype, the result is bool (less, equal).
    Compare,
    /// Arguments become bool, the result is bool (logical_and).
    Logical,
    /// One argument of any dtype, the result is bool (isnan).
    Test,
    /// Like `Same`, but of complex numbers the result has the dtype of their parts (absolute, real).
    Part,
    /// Like `Float`, but of complex numbers the result has the dtype of their parts (angle).
    FloatPart,
    /// Integers and bool only, promoted to one dtype (bitwise_and).
    Bits,
    /// Integers and bool only, the result is uint8 (bitwise_count).
    Count,
    /// First argument bool, the others promoted to one dtype, the result has it (where).
    Choose,
    /// The block function for uint64 says what the arguments are cast to: a uint64 element number first, then keys and
    /// parameters; the result's dtype is fixed (random).
    Generate(DType),
}

/// Algebra tags, from which the optimizer and the tests read what they may do. Of complex numbers only `involution` speaks too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tags {
    /// `f(a, b) == f(b, a)`, bit for bit.
    pub commutative: bool,
    /// `f(f(x)) == f(x)` (floor, abs).
    pub idempotent: bool,
    /// `f(f(x)) == x` (negative, logical_not).
    pub involution: bool,
    /// `f(x, e) == x`, bit for bit: the neutral right argument, if there is one. Zeros are told apart by sign: of float addition
    /// it is -0.0, as -0.0 + 0.0 is 0.0.
    pub identity: Option<f64>,
    /// Order is kept: `x <= y` gives `f(x) <= f(y)`.
    pub monotone: bool,
}

impl Tags {
    /// No tags.
    pub const NONE: Tags = Tags { commutative: false, idempotent: false, involution: false, identity: None, monotone: false };

    /// These and `commutative`.
    pub const fn commutative(self) -> Tags {
        Tags { commutative: true, ..self }
    }

    /// These and `idempotent`.
    pub const fn idempotent(self) -> Tags {
        Tags { idempotent: true, ..self }
    }

    /// These and `involution`.
    pub const fn involution(self) -> Tags {
        Tags { involution: true, ..self }
    }

    /// These and a neutral right argument.
    pub const fn identity(self, e: f64) -> Tags {
        Tags { identity: Some(e), ..self }
    }

    /// These and `monotone`.
    pub const fn monotone(self) -> Tags {
        Tags { monotone: true, ..self }
    }
}

/// One elementwise operation.
pub struct ElementOp {
    /// NumPy's name; also the name on the wire.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    /// Number of arguments.
    pub arity: usize,
    /// Dtype rule.
    pub rule: DTypeRule,
    /// Algebra tags.
    pub tags: Tags,
    /// Where the operation is defined and well behaved, for tests and benchmarks: arguments are drawn from this interval.
    pub domain: (f64, f64),
    /// Cost of one element in nanoseconds, roughly, for estimates.
    pub cost_ns: f32,
    /// The block function for arguments of `dtype` (after the rule's casts), or None where the op does not take that dtype.
    pub block: fn(dtype: DType, isa: Isa) -> Option<Block>,
}

impl fmt::Debug for ElementOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ElementOp {
    fn eq(&self, other: &ElementOp) -> bool {
        self.name == other.name
    }
}
impl Eq for ElementOp {}
