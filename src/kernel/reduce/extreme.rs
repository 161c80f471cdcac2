//! Smallest and largest elements and where they are. NaN wins, as in NumPy, or is skipped; of equals the first wins.

use crate::base::Result;
use crate::chunk::Tensor;
use crate::kernel::reduce::fold::{Fold, Monoid, elements, whole};
use crate::kernel::reduce::num::Num;
use std::marker::PhantomData;

/// The extreme of two numbers. `MAX`: the larger one; `SKIP`: a number beats NaN, else NaN beats a number.
pub(super) struct Extreme<T, const MAX: bool, const SKIP: bool>(PhantomData<T>);

#[inline(always)]
fn beyond<T: Num, const MAX: bool>(x: T, than: T) -> bool {
    if MAX { x.above(than) } else { than.above(x) }
}

impl<T: Num, const MAX: bool, const SKIP: bool> Monoid for Extreme<T, MAX, SKIP> {
    type T = T;
    const NEUTRAL: T = if SKIP && T::FLOAT {
        T::NAN
    } else if MAX {
        T::LOWEST
    } else {
        T::HIGHEST
    };
    const EXACT: bool = !T::FLOAT;

    #[inline(always)]
    fn op(a: T, b: T) -> T {
        let takes = beyond::<T, MAX>(b, a) | if SKIP { a.is_nan() } else { b.is_nan() };
        if takes { b } else { a }
    }
}

/// The extreme element and its number in the chunk (−1: none seen).
pub(super) struct Arg<T, const MAX: bool, const SKIP: bool> {
    value: Vec<T>,
    index: Vec<i64>,
}

impl<T: Num, const MAX: bool, const SKIP: bool> Arg<T, MAX, SKIP> {
    /// Whether `x` takes the place of `v`, an earlier element.
    #[inline(always)]
    fn beats(x: T, v: T) -> bool {
        beyond::<T, MAX>(x, v) | (!SKIP & x.is_nan() & !v.is_nan())
    }

    #[inline(always)]
    fn offer(&mut self, o: usize, x: T, index: i64) {
        let fresh = self.index[o] < 0 && !(SKIP && x.is_nan());
        if fresh || Self::beats(x, self.value[o]) {
            self.value[o] = x;
            self.index[o] = index;
        }
    }
}

impl<T: Num, const MAX: bool, const SKIP: bool> Fold for Arg<T, MAX, SKIP> {
    type In = T;
    const PARTS: usize = 2;
    const STATE_SIZE: usize = size_of::<T>() + 8;

    fn identity(n: usize) -> Self {
        // A skipped NaN must not beat the placeholder, nor anything be beaten by it before `index` says so.
        Arg { value: vec![<Extreme<T, MAX, SKIP> as Monoid>::NEUTRAL; n], index: vec![-1; n] }
    }

    #[inline(always)]
    fn block(&mut self, o: usize, data: &[T], flat: usize) {
        let best = whole::<Extreme<T, MAX, SKIP>>(data);
        let fresh = self.index[o] < 0 && !(SKIP && best.is_nan());
        if fresh || Self::beats(best, self.value[o]) {
            // Only now is the place worth a second look at the block.
            let at = data.iter().position(|&x| x == best || (x.is_nan() && best.is_nan()));
            self.value[o] = best;
            self.index[o] = at.map_or(-1, |i| (flat + i) as i64);
        }
    }

    #[inline(always)]
    fn sequence(&mut self, o: usize, data: &[T], flat: usize) {
        for (i, &x) in data.iter().enumerate() {
            self.offer(o, x, (flat + i) as i64);
        }
    }

    #[inline(always)]
    fn columns(&mut self, o: usize, data: &[T], flat: usize) {
        let n = data.len();
        let (value, index) = (&mut self.value[o..o + n], &mut self.index[o..o + n]);
        for j in 0..n {
            let fresh = (index[j] < 0) & !(SKIP & data[j].is_nan());
            let takes = fresh | Self::beats(data[j], value[j]);
            value[j] = if takes { data[j] } else { value[j] };
            index[j] = if takes { (flat + j) as i64 } else { index[j] };
        }
    }

    #[inline(always)]
    fn merge(&mut self, o: usize, from: &Self, i: usize) {
        let (x, index) = (from.value[i], from.index[i]);
        if index < 0 {
            return;
        }
        // Chunks do not come in the order of their elements, so of equals the lower index wins, not the earlier state.
        let v = self.value[o];
        let equal = x == v || (x.is_nan() && v.is_nan());
        if self.index[o] < 0 || Self::beats(x, v) || (equal && index < self.index[o]) {
            self.value[o] = x;
            self.index[o] = index;
        }
    }

    fn store(self, shape: &[usize]) -> Result<Vec<Tensor>> {
        Ok(vec![Tensor::from_vec(shape, self.value)?, Tensor::from_vec(shape, self.index)?])
    }

    fn load(tensors: &[Tensor]) -> Result<Self> {
        Ok(Arg { value: elements(&tensors[0])?, index: elements(&tensors[1])? })
    }
}
