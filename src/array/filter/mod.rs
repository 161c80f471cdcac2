//! Filters, with the names and meanings of `scipy.ndimage`.
//!
//! Each takes a [`Filter`] with what they have in common: boundary, origin, axes, dtype of the result. A task takes the halo of all
//! axes at once and filters its chunk along one after the other. The elements of a window alone make a result, in an order of their own:
//! so it is the same bits in every cut, and differs from SciPy's in the last bits where that keeps running sums.

mod binary;
mod convolve;
mod linear;
mod options;
mod order;
mod run;

pub use binary::Morphology;
pub(super) use binary::connected;
pub use convolve::{Overlapping, convolve, correlate};
pub use linear::Gaussian;
pub use options::{Filter, Neighbourhood, PerAxis};
pub(super) use run::{call, real};
