//! Random choices and orders.

use super::Generator;
use crate::array::DynArray;
use crate::array::blocks::whole_along;
use crate::base::{DType, Error, Grid, Result};
use crate::expr::{Chunks, build};
use crate::kernel::random::order::SHUFFLED;
use crate::op::block::shared;
use crate::op::random::{Permutation, Permute, PermuteLanes, Weighted, Weights, alias_table};

/// How [`Generator::choice`] chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice<'a> {
    /// Any number may come again.
    Again,
    /// No number comes twice.
    Once,
    /// By weight (NumPy's `p`, which need not add up to 1 here); any number may come again.
    AgainBy(&'a [f64]),
    /// By weight, no number twice: each draw is by weight among those that are left.
    OnceBy(&'a [f64]),
}

impl Generator {
    /// Integers (int64) below `n` in a shape of `size`; NumPy's `Generator.choice` of a number, whose `replace` and `p` are `how`. To
    /// choose among the elements of an array take them by this index.
    ///
    /// Without replacement and weights these are the first of a [`permutation`](Generator::permutation), which says what is random
    /// about it. By weight: an alias table (Walker 1977), or waiting times (Efraimidis and Spirakis 2006).
    ///
    /// # Chunks
    /// As given; a task holds one chunk. The weights are held (16 bytes for each); by weight and without replacement all is chosen by
    /// one task, which holds 16 bytes for each of the `n`.
    ///
    /// # Errors
    /// More different numbers than there are, or than have a weight; weights that are not `n`, negative, not finite or all 0; `n` 0
    /// for elements to choose.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::{Choice, Generator};
    /// let mut rng = Generator::new(7);
    /// let often = rng.choice(3, Choice::AgainBy(&[0.0, 1.0, 3.0]), &[1000], 300)?.compute_as::<i64>()?;
    /// assert!(often.iter().all(|&i| i == 1 || i == 2));
    /// let mut hand = rng.choice(1_000_000_000_000, Choice::Once, &[5], 2)?.compute_as::<i64>()?.into_raw_vec_and_offset().0;
    /// hand.sort();
    /// assert!(hand.windows(2).all(|w| w[0] < w[1]));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn choice(&mut self, n: u64, how: Choice<'_>, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.chosen(n, how, size, chunks.into()).map_err(|e| e.at("choice"))
    }

    fn chosen(&mut self, n: u64, how: Choice<'_>, size: &[usize], chunks: Chunks) -> Result<DynArray> {
        let grid = chunks.grid(size, DType::I64, None)?;
        let wanted = grid.n_elements()? as u64;
        if n > i64::MAX as u64 || (n == 0 && wanted > 0) {
            return Err(Error::usage(format!("n is {n}: it must be at least 1, and what int64 holds")));
        }
        let different = |there: u64| {
            (wanted <= there)
                .then_some(())
                .ok_or_else(|| Error::usage(format!("{wanted} different numbers of {there}: choose fewer, or with replacement")))
        };
        match how {
            Choice::Again if wanted == 0 => self.ordered(1, size, grid),
            Choice::Again => self.integers(0, n, size, Chunks::Exact(grid.axes().iter().map(|a| a.sizes().collect()).collect())),
            Choice::Once => {
                different(n)?;
                self.ordered(n, size, grid)
            }
            Choice::AgainBy(weights) => {
                weighed(weights, n)?;
                let op = Weighted { key: self.key(), shape: size.to_vec(), weights: alias_table(weights) };
                let x = build::call_mapped(shared(op)?, vec![], vec![], DType::I64, grid)?;
                Ok(self.drawn(x))
            }
            Choice::OnceBy(weights) => {
                weighed(weights, n)?;
                different(weights.iter().filter(|w| **w > 0.0).count() as u64)?;
                let op = Weighted { key: self.key(), shape: size.to_vec(), weights: Weights::Once(weights.to_vec()) };
                let x = build::call_mapped(shared(op)?, vec![], vec![], DType::I64, Grid::whole(size))?;
                let x = build::rechunk(&x, grid)?;
                Ok(self.drawn(x))
            }
        }
    }

    fn ordered(&mut self, n: u64, size: &[usize], grid: Grid) -> Result<DynArray> {
        let op = Permutation { key: self.key(), n, shape: size.to_vec() };
        let x = build::call_mapped(shared(op)?, vec![], vec![], DType::I64, grid)?;
        Ok(self.drawn(x))
    }

    /// The integers below `n` (int64) in a random order; NumPy's `Generator.permutation` of a number.
    ///
    /// Up to 4096 of them are shuffled, so that every order has the same probability. More are never held: the order is a keyed
    /// bijection (a Feistel network, see the source), one of 2^128 and not any of the `n!`; it is random for statistics, not for
    /// cryptography.
    ///
    /// # Chunks
    /// As given; a task holds one chunk, and makes it without the others.
    ///
    /// # Errors
    /// When the chunks do not fit.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let p = Generator::new(7).permutation(10_000, 999)?;
    /// let mut v = p.compute_as::<i64>()?.into_raw_vec_and_offset().0;
    /// assert_ne!(v[..3], [0, 1, 2]);
    /// v.sort();
    /// assert!(v.into_iter().eq(0..10_000));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn permutation(&mut self, n: usize, chunks: impl Into<Chunks>) -> Result<DynArray> {
        let grid = chunks.into().grid(&[n], DType::I64, None)?;
        self.ordered(n as u64, &[n], grid)
    }

    /// The array with its positions along an axis in a random order, the same everywhere; NumPy's `Generator.permutation` of an array
    /// and, as nothing changes in place here, its `shuffle`.
    ///
    /// # Chunks
    /// As the array's. Within, lanes along the axis are brought together: a task holds a block that is whole along it and, if need be,
    /// cut smaller along the others.
    ///
    /// # Errors
    /// When the axis is out of bounds.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, random::Generator};
    /// let rows = arange(0, 6, 1, 6)?.reshape(&[3, 2])?;
    /// let y = Generator::new(7).shuffle(&rows, 0)?.compute_as::<i64>()?;
    /// assert!(y.rows().into_iter().all(|r| r[0] % 2 == 0 && r[1] == r[0] + 1)); // rows stay together
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn shuffle(&mut self, x: &DynArray, axis: isize) -> Result<DynArray> {
        let axis = build::normalize_axis(axis, x.ndim()).map_err(|e| e.at("shuffle"))?;
        let op = shared(Permute { key: self.key(), axis })?;
        self.lanes(x, axis, op)
    }

    /// The array with the elements of every lane along an axis in a random order of its own; NumPy's `Generator.permuted`.
    ///
    /// # Chunks
    /// As the array's. Within, lanes along the axis are brought together: a task holds a block that is whole along it and, if need be,
    /// cut smaller along the others.
    ///
    /// # Errors
    /// When the axis is out of bounds.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{arange, random::Generator};
    /// let x = arange(0, 40, 1, 40)?.reshape(&[4, 10])?;
    /// let y = Generator::new(7).permuted(&x, 1)?;
    /// assert_eq!(y.sum(Some(&[1]))?.compute_as::<i64>()?, x.sum(Some(&[1]))?.compute_as::<i64>()?);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn permuted(&mut self, x: &DynArray, axis: isize) -> Result<DynArray> {
        let axis = build::normalize_axis(axis, x.ndim()).map_err(|e| e.at("permuted"))?;
        let op = PermuteLanes { key: self.key(), axis, shape: x.shape(), element_bytes: x.dtype().size() as u32 };
        self.lanes(x, axis, shared(op)?)
    }

    fn lanes(&mut self, x: &DynArray, axis: usize, op: std::sync::Arc<dyn crate::expr::call::CallOp>) -> Result<DynArray> {
        let (dtype, grid) = x.parts();
        let whole = whole_along(grid, &[axis]);
        let inner = build::rechunk(x.expr(), whole.clone())?;
        let maps = vec![crate::expr::IndexMap::identity(grid.ndim())];
        let y = build::call_mapped(op, vec![inner], maps, dtype, whole)?;
        let y = build::rechunk(&y, grid.clone())?;
        Ok(self.drawn(y))
    }
}

fn weighed(weights: &[f64], n: u64) -> Result<()> {
    if weights.len() as u64 != n {
        return Err(Error::usage(format!("there are {} weights for {n} numbers: give one for each", weights.len())));
    }
    if let Some(i) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        return Err(Error::usage(format!("weight {i} is {}: it must be finite and not negative", weights[i])));
    }
    let sum: f64 = weights.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(Error::usage(format!("the sum of the weights is {sum}: it must be above 0 and finite")));
    }
    Ok(())
}

const _: () = assert!(SHUFFLED == 4096, "the number in the documentation");
