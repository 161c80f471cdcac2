//! Filters whose window is a set of places in all dimensions.

use crate::base::{DType, Error, Result};
use crate::chunk::Tensor;
use crate::for_real;
use crate::kernel::filter::extreme::{Extreme, extreme};
use crate::kernel::filter::pass::{no_complex, zeroed_if_bool};
use crate::kernel::filter::pixel::Pixel;
use crate::kernel::filter::rank::Ranker;
use crate::kernel::filter::taps::{Taps, weighted};
use serde::{Deserialize, Serialize};

/// A window: its shape, and which of its places count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// The places that count, as numbers in C order, rising.
    pub places: Vec<usize>,
}

/// What is made of the elements in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Make {
    /// Their sum with a weight for each place.
    Sum(Vec<f64>),
    /// The smallest or largest.
    Extreme(Extreme),
    /// The one that has so many smaller ones before it when they are sorted.
    Rank(usize),
}

impl Window {
    /// All places of a shape.
    pub fn full(shape: &[usize]) -> Window {
        Window { shape: shape.to_vec(), places: (0..shape.iter().product()).collect() }
    }

    /// How far the places lie from the first in a block of `shape`.
    fn distances(&self, shape: &[usize]) -> Vec<usize> {
        let distance = |&place: &usize| {
            let (mut place, mut stride, mut sum) = (place, 1, 0);
            for (&n, &len) in self.shape.iter().zip(shape).rev() {
                sum += place % n * stride;
                place /= n;
                stride *= len;
            }
            sum
        };
        self.places.iter().map(distance).collect()
    }
}

/// The filtered block, shorter along every axis by the window's length less 1.
///
/// # Errors
/// A bug: the window does not fit the block, has no places or other ones than weights; the block is not in C order.
pub fn filter(x: &Tensor, window: &Window, make: &Make) -> Result<Tensor> {
    let fits = window.shape.len() == x.ndim() && window.shape.iter().zip(x.shape()).all(|(&w, &n)| w > 0 && n >= w - 1);
    let inside = window.places.iter().all(|&p| p < window.shape.iter().product());
    let counted = match make {
        Make::Sum(w) => w.len() == window.places.len(),
        Make::Extreme(_) => !window.places.is_empty(),
        Make::Rank(r) => *r < window.places.len(),
    };
    if !(fits && inside && counted) {
        return Err(Error::bug(format!("a window of {:?} does not fit a block of {:?}", window.shape, x.shape())));
    }
    let shape: Vec<usize> = x.shape().iter().zip(&window.shape).map(|(n, w)| n + 1 - w).collect();
    let at = window.distances(x.shape());
    let mut out = zeroed_if_bool(shape.iter().product(), x.dtype());
    for_real!(x.dtype(), T => {
        let (x, from, out) = (x.as_slice::<T>()?, x.shape(), out.elements_mut::<T>());
        match make {
            Make::Sum(w) => {
                let taps = Taps::Each(at.iter().copied().zip(w.iter().copied()).collect());
                rows(x, from, out, &shape, |x, out| weighted(x, &taps, out));
            }
            Make::Extreme(which) => rows(x, from, out, &shape, |x, out| extreme(x, &at, *which, out)),
            Make::Rank(rank) => {
                let keys: Vec<<T as Pixel>::Key> = x.iter().map(|v| v.key()).collect();
                let mut ranker = Ranker::new(at.len(), *rank);
                rows(&keys, from, out, &shape, |x, out| ranker.run(x, &at, out, <T as Pixel>::from_key));
            }
        }
    }, DType::C64 | DType::C128 => return Err(no_complex()));
    Tensor::new(x.dtype(), &shape, out.freeze())
}

/// Bytes needed beside input and result for a block of `n` elements.
pub fn scratch_bytes(window: &Window, make: &Make, n: u64, dtype: DType) -> u64 {
    let places = window.places.len() as u64 * 24;
    match make {
        Make::Rank(_) => places + n * dtype.size() as u64 + Ranker::<u64>::bytes(window.places.len()),
        _ => places,
    }
}

/// Calls `f` with the elements from where each row of the result begins, and the row.
fn rows<X, T>(x: &[X], from: &[usize], out: &mut [T], shape: &[usize], mut f: impl FnMut(&[X], &mut [T])) {
    let Some((&row, outer)) = shape.split_last() else { return f(x, out) };
    if out.is_empty() {
        return;
    }
    for (r, out) in out.chunks_exact_mut(row).enumerate() {
        let (mut r, mut stride, mut start) = (r, from[from.len() - 1], 0);
        for (a, &n) in outer.iter().enumerate().rev() {
            start += r % n * stride;
            r /= n;
            stride *= from[a];
        }
        f(&x[start..], out);
    }
}
