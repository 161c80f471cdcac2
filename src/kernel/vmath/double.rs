//! The functions for `f64`.

pub use super::arc::{acos, asin, atan, atan2};
pub use super::bessel::i0;
pub use super::exp::{exp, exp2, expm1};
pub use super::hyperbolic::{acosh, asinh, atanh, cosh, sinh, tanh};
pub use super::log::{log, log1p, log2, log10, logaddexp, logaddexp2};
pub use super::power::{cbrt, hypot, ldexp, pow};
pub use super::trig::{LIMIT, cos, cos_fast, cos_slow, needs_slow, sin, sin_fast, sin_slow, sinc, tan, tan_fast, tan_slow};
