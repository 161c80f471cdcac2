//! Folds: the running states of many results, and the ways elements enter them. Here: sums, products and plain monoids.
//!
//! Every way of entering is defined so that it does not matter where the elements were cut into pieces. Block functions use
//! [`LANES`] interleaved partial results that are joined in a fixed tree.

use crate::base::{C128, Element, Result};
use crate::chunk::Tensor;
use crate::kernel::reduce::num::Num;
use num_complex::Complex;
use std::marker::PhantomData;

/// Interleaved partial results of a block: element `i` goes to number `i % LANES`.
pub(super) const LANES: usize = 32;

/// The states of many results, one vector per component. Functions are `#[inline(always)]`: they run on every instruction set.
pub(super) trait Fold: Send + Sized + 'static {
    type In: Num;
    /// Tensors of a state.
    const PARTS: usize;
    /// Bytes of a state per result.
    const STATE_SIZE: usize;
    /// `n` states that have seen nothing.
    fn identity(n: usize) -> Self;
    /// Folds a whole canonical block into result `o`; `flat` is the number of its first element in the chunk.
    fn block(&mut self, o: usize, data: &[Self::In], flat: usize);
    /// Folds the elements into result `o` one after the other.
    fn sequence(&mut self, o: usize, data: &[Self::In], flat: usize);
    /// Folds rows of `run` elements, row `i` into result `o + i * step`.
    #[inline(always)]
    fn rows(&mut self, (o, step): (usize, usize), run: usize, data: &[Self::In], flat: usize) {
        for (i, row) in data.chunks_exact(run).enumerate() {
            self.sequence(o + i * step, row, flat + i * run);
        }
    }
    /// Folds element `j` into result `o + j`.
    fn columns(&mut self, o: usize, data: &[Self::In], flat: usize);
    /// Folds state `i` of `from`, which saw later elements, into state `o`.
    fn merge(&mut self, o: usize, from: &Self, i: usize);
    /// The states as tensors of `shape`.
    fn store(self, shape: &[usize]) -> Result<Vec<Tensor>>;
    /// The states that `store` gave.
    fn load(tensors: &[Tensor]) -> Result<Self>;
}

/// The elements of a tensor as a vector.
pub(super) fn elements<T: Element>(t: &Tensor) -> Result<Vec<T>> {
    Ok(t.contiguous().as_slice::<T>()?.to_vec())
}

/// Joins the lanes pairwise.
#[inline(always)]
pub(super) fn tree<T: Copy>(mut lanes: [T; LANES], op: impl Fn(T, T) -> T) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for j in 0..width {
            lanes[j] = op(lanes[j], lanes[j + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// Folds a block by lanes: `first` is the lanes' start, `step` takes in an element.
#[inline(always)]
pub(super) fn by_lanes<T: Copy, S: Copy>(data: &[T], first: S, step: impl Fn(S, T) -> S) -> [S; LANES] {
    let mut lanes = [first; LANES];
    let (rows, rest) = data.as_chunks::<LANES>();
    for row in rows {
        for j in 0..LANES {
            lanes[j] = step(lanes[j], row[j]);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, x);
    }
    lanes
}

/// An associative operation with a neutral element.
pub(super) trait Monoid: Send + 'static {
    type T: Num;
    const NEUTRAL: Self::T;
    /// Whether any order gives the same bits, so that the compiler may choose one.
    const EXACT: bool;
    fn op(a: Self::T, b: Self::T) -> Self::T;
}

/// All of a block.
#[inline(always)]
pub(super) fn whole<M: Monoid>(data: &[M::T]) -> M::T {
    if M::EXACT { data.iter().fold(M::NEUTRAL, |a, &x| M::op(a, x)) } else { tree(by_lanes(data, M::NEUTRAL, M::op), M::op) }
}

/// Wrapping sum, as NumPy's.
pub(super) struct AddInt;
impl Monoid for AddInt {
    type T = i64;
    const NEUTRAL: i64 = 0;
    const EXACT: bool = true;
    #[inline(always)]
    fn op(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }
}

/// Wrapping product.
pub(super) struct MulInt;
impl Monoid for MulInt {
    type T = i64;
    const NEUTRAL: i64 = 1;
    const EXACT: bool = true;
    #[inline(always)]
    fn op(a: i64, b: i64) -> i64 {
        a.wrapping_mul(b)
    }
}

/// Product in f64. Partial products run in lanes, so they over- and underflow elsewhere than a sequential product would.
pub(super) struct MulFloat;
impl Monoid for MulFloat {
    type T = f64;
    const NEUTRAL: f64 = 1.0;
    const EXACT: bool = false;
    #[inline(always)]
    fn op(a: f64, b: f64) -> f64 {
        a * b
    }
}

/// Product in complex128. The neutral 1 leaves the other factor as it is, infinities too.
pub(super) struct MulComplex;
impl Monoid for MulComplex {
    type T = C128;
    const NEUTRAL: C128 = Complex::new(1.0, 0.0);
    const EXACT: bool = false;
    #[inline(always)]
    fn op(a: C128, b: C128) -> C128 {
        let product = Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
        if a == Self::NEUTRAL {
            b
        } else if b == Self::NEUTRAL {
            a
        } else {
            product
        }
    }
}

/// A fold whose state is one value.
pub(super) struct Plain<M: Monoid>(Vec<M::T>, PhantomData<M>);

impl<M: Monoid> Fold for Plain<M> {
    type In = M::T;
    const PARTS: usize = 1;
    const STATE_SIZE: usize = size_of::<M::T>();

    fn identity(n: usize) -> Self {
        Plain(vec![M::NEUTRAL; n], PhantomData)
    }

    #[inline(always)]
    fn block(&mut self, o: usize, data: &[M::T], _: usize) {
        let x = whole::<M>(data);
        self.0[o] = M::op(self.0[o], x);
    }

    #[inline(always)]
    fn sequence(&mut self, o: usize, data: &[M::T], _: usize) {
        self.0[o] = data.iter().fold(self.0[o], |a, &x| M::op(a, x));
    }

    #[inline(always)]
    fn columns(&mut self, o: usize, data: &[M::T], _: usize) {
        for (s, &x) in self.0[o..o + data.len()].iter_mut().zip(data) {
            *s = M::op(*s, x);
        }
    }

    #[inline(always)]
    fn merge(&mut self, o: usize, from: &Self, i: usize) {
        self.0[o] = M::op(self.0[o], from.0[i]);
    }

    fn store(self, shape: &[usize]) -> Result<Vec<Tensor>> {
        Ok(vec![Tensor::from_vec(shape, self.0)?])
    }

    fn load(tensors: &[Tensor]) -> Result<Self> {
        Ok(Plain(elements(&tensors[0])?, PhantomData))
    }
}

/// Knuth's TwoSum: the rounded sum and what rounding lost.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let bb = s - a;
    (s, (a - (s - bb)) + (b - bb))
}

/// Sum in f64 with the rounding errors kept beside it (Kahan and Babuška's summation with Knuth's TwoSum).
pub(super) struct Sum {
    sum: Vec<f64>,
    lost: Vec<f64>,
}

impl Fold for Sum {
    type In = f64;
    const PARTS: usize = 2;
    const STATE_SIZE: usize = 16;

    fn identity(n: usize) -> Self {
        Sum { sum: vec![0.0; n], lost: vec![0.0; n] }
    }

    #[inline(always)]
    fn block(&mut self, o: usize, data: &[f64], _: usize) {
        let x = tree(by_lanes(data, 0.0, |a, x| a + x), |a, b| a + b);
        self.sequence(o, &[x], 0);
    }

    #[inline(always)]
    fn sequence(&mut self, o: usize, data: &[f64], _: usize) {
        let (mut s, mut l) = (self.sum[o], self.lost[o]);
        for &x in data {
            let (t, e) = two_sum(s, x);
            (s, l) = (t, l + e);
        }
        (self.sum[o], self.lost[o]) = (s, l);
    }

    #[inline(always)]
    fn columns(&mut self, o: usize, data: &[f64], _: usize) {
        let n = data.len();
        let (sum, lost) = (&mut self.sum[o..o + n], &mut self.lost[o..o + n]);
        for j in 0..n {
            let (t, e) = two_sum(sum[j], data[j]);
            sum[j] = t;
            lost[j] += e;
        }
    }

    #[inline(always)]
    fn merge(&mut self, o: usize, from: &Self, i: usize) {
        self.sequence(o, &[from.sum[i]], 0);
        self.lost[o] += from.lost[i];
    }

    fn store(self, shape: &[usize]) -> Result<Vec<Tensor>> {
        Ok(vec![Tensor::from_vec(shape, self.sum)?, Tensor::from_vec(shape, self.lost)?])
    }

    fn load(tensors: &[Tensor]) -> Result<Self> {
        Ok(Sum { sum: elements(&tensors[0])?, lost: elements(&tensors[1])? })
    }
}

/// The sum with its lost part put back. Beyond the finite numbers the lost part means nothing.
pub(super) fn settled(sum: f64, lost: f64) -> f64 {
    if sum.is_finite() { sum + lost } else { sum }
}
