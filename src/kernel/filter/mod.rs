//! Filters: every element of the result is made of the elements in a window of the input, which the caller has enlarged so that all
//! windows lie inside of it.
//!
//! Invariant: a result depends on the elements of its own window alone, in an order that the window's shape fixes. So neither the
//! place in a block nor the cut of an array changes a bit; running sums, which drift from where they began, are not used. All
//! arithmetic is in float64, as in `scipy.ndimage`, on every instruction set alike. Boundaries, chunks and dtype rules of the user's
//! calls are not known here.

pub mod extreme;
pub mod label;
pub mod pass;
pub mod pixel;
pub mod rank;
pub mod spread;
pub mod taps;
pub mod tree;
pub mod window;
