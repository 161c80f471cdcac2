//! Elementary functions that the compiler can vectorise, in [`double`] and [`single`] precision; and, element by element, those
//! of [`complex`] numbers.
//!
//! Every real function is `#[inline(always)]`, straight-line and branch-free: inlined into a block loop of a function compiled for
//! AVX2 or AVX-512 it becomes code for 4 or 8 doubles at a time. At most 2 ulp from the exact result over the whole domain (`i0` 3),
//! with C99's values for infinities, signed zeros and domain errors; every NaN result is the one positive quiet NaN.
//!
//! Invariant: the bits of a result depend on the arguments only, never on the instruction set or on neighbours in a block.
//! Therefore every fused multiply-add is spelled out (`mul_add` rounds once everywhere, in software where need be) and the
//! compiler is never asked to contract or reassociate.
//!
//! sin, cos and tan reduce their argument in line only up to [`trig::LIMIT`]; a block function takes `sin_fast` for all
//! elements, then replaces those for which [`trig::needs_slow`] holds by `sin_slow`. The other functions need no such care.
//!
//! Polynomials interpolate at Chebyshev nodes, which is within a small factor of the best approximation; coefficients were
//! computed with 300 bits. Deliberately unknown here: blocks, dispatch, dtypes.

mod arc;
mod bessel;
pub(crate) mod bits;
pub mod complex;
mod complex_arc;
pub mod double;
mod exp;
mod hyperbolic;
mod log;
mod payne;
mod power;
pub mod single;
pub mod trig;

#[cfg(test)]
mod tests;
