//! Drives a fold over the pieces of one chunk: finds each element's result and cuts canonical blocks, wherever pieces end.

use crate::base::Result;
use crate::chunk::Tensor;
use crate::kernel::element::Isa;
use crate::kernel::isa::{self, Job};
use crate::kernel::reduce::BLOCK;
use crate::kernel::reduce::fold::Fold;
use crate::kernel::reduce::layout::{Layout, Mode, Walk};
use crate::kernel::reduce::num::{Num, Prep};
use std::marker::PhantomData;
use std::sync::Arc;

/// One fold over a chunk, its types erased.
pub(super) trait Part: Send {
    /// Takes in the next `n` elements, the first of which is number `flat` in C order.
    ///
    /// # Safety
    /// `data` must be valid for `n` elements of the dtype the part was made for, and aligned to it.
    unsafe fn piece(&mut self, flat: usize, data: *const u8, n: usize);
    /// The state's tensors.
    fn store(self: Box<Self>) -> Result<Vec<Tensor>>;
}

/// What can be done with a kind of part.
#[derive(Clone, Copy)]
pub(super) struct PartKind {
    pub make: fn(Arc<Layout>, Isa) -> Box<dyn Part>,
    /// The joined state of those given (each `n_tensors` long, at least one), in their order.
    pub combine: fn(&[&[Tensor]]) -> Result<Vec<Tensor>>,
    pub n_tensors: usize,
    /// Bytes of state per result.
    pub state_size: usize,
}

impl PartKind {
    /// Elements of type `T` prepared by `P` and folded by `F`.
    pub fn of<T: Num, P: Prep<T>, F: Fold<In = P::Out>>() -> PartKind {
        PartKind {
            make: |layout, isa| Box::new(Driver::<T, P, F>::new(layout, isa)),
            combine: combine::<F>,
            n_tensors: F::PARTS,
            state_size: F::STATE_SIZE,
        }
    }
}

fn combine<F: Fold>(states: &[&[Tensor]]) -> Result<Vec<Tensor>> {
    let shape = states[0][0].shape();
    let n = states[0][0].len();
    let mut all = F::load(states[0])?;
    for state in &states[1..] {
        let other = F::load(state)?;
        for i in 0..n {
            all.merge(i, &other, i);
        }
    }
    all.store(shape)
}

struct Driver<T, P, F: Fold> {
    layout: Arc<Layout>,
    isa: Isa,
    main: F,
    /// The wide columns of the current slab.
    wide: Option<F>,
    walk: Walk,
    /// Elements of the current run or slab that are done (of a block begun in `buffer`: not yet).
    done: usize,
    buffer: Vec<F::In>,
    /// Elements in `buffer`.
    filled: usize,
    of: PhantomData<(T, P)>,
}

struct Block<'a, F: Fold>(&'a mut F, usize, &'a [F::In], usize);
impl<F: Fold> Job for Block<'_, F> {
    #[inline(always)]
    fn run(self) {
        self.0.block(self.1, self.2, self.3);
    }
}

struct Columns<'a, F: Fold>(&'a mut F, usize, &'a [F::In], usize);
impl<F: Fold> Job for Columns<'_, F> {
    #[inline(always)]
    fn run(self) {
        self.0.columns(self.1, self.2, self.3);
    }
}

struct Prepare<'a, T: Num, P: Prep<T>>(&'a [T], &'a mut [P::Out]);
impl<T: Num, P: Prep<T>> Job for Prepare<'_, T, P> {
    #[inline(always)]
    fn run(self) {
        for (out, &x) in self.1.iter_mut().zip(self.0) {
            *out = P::prep(x);
        }
    }
}

/// The elements themselves where preparing does nothing.
#[inline(always)]
fn kept<T: Num, P: Prep<T>>(data: &[T]) -> Option<&[P::Out]> {
    if P::KEEPS && T::DTYPE == <P::Out as crate::base::Element>::DTYPE {
        // SAFETY: equal dtypes of numbers mean that both types are the same.
        return Some(unsafe { std::slice::from_raw_parts(data.as_ptr().cast(), data.len()) });
    }
    None
}

impl<T: Num, P: Prep<T>, F: Fold<In = P::Out>> Driver<T, P, F> {
    fn new(layout: Arc<Layout>, isa: Isa) -> Self {
        let wide = match layout.mode {
            Mode::Cols { k, wide, .. } if wide > k => Some(F::identity(wide)),
            _ => None,
        };
        Driver {
            main: F::identity(layout.n_out),
            wide,
            walk: Walk::new(&layout),
            done: 0,
            buffer: vec![F::In::default(); BLOCK.min(layout.total)],
            filled: 0,
            layout,
            isa,
            of: PhantomData,
        }
    }

    /// Prepares elements into the buffer, from `self.filled` on.
    #[inline]
    fn prepare(&mut self, data: &[T]) {
        let room = &mut self.buffer[self.filled..self.filled + data.len()];
        isa::run(self.isa, Prepare::<T, P>(data, room));
    }

    fn runs(&mut self, run: usize, mut flat: usize, mut data: &[T]) {
        while !data.is_empty() {
            let len = BLOCK.min(run - self.done);
            let take = (len - self.filled).min(data.len());
            let (now, later) = data.split_at(take);
            let direct = kept::<T, P>(now).filter(|_| take == len);
            if direct.is_none() {
                self.prepare(now);
                self.filled += take;
            }
            (flat, data) = (flat + take, later);
            if direct.is_none() && self.filled < len {
                return;
            }
            let block = direct.unwrap_or(&self.buffer[..len]);
            isa::run(self.isa, Block(&mut self.main, self.walk.out, block, flat - len));
            self.filled = 0;
            self.done += len;
            self.end_of_run(run);
        }
    }

    fn end_of_run(&mut self, run: usize) {
        if self.done == run {
            self.done = 0;
            self.walk.advance(&self.layout);
        }
    }

    fn short(&mut self, run: usize, mut flat: usize, data: &[T]) {
        for part in data.chunks(BLOCK) {
            if kept::<T, P>(part).is_none() {
                self.prepare(part);
            }
            let mut at = 0;
            while at < part.len() {
                let (ahead, step) = self.walk.ahead(&self.layout);
                let n_rows = if self.done == 0 { ahead.min((part.len() - at) / run) } else { 0 };
                let take = if n_rows > 0 { n_rows * run } else { (run - self.done).min(part.len() - at) };
                let row = kept::<T, P>(&part[at..at + take]).unwrap_or_else(|| &self.buffer[at..at + take]);
                at += take;
                if n_rows > 0 {
                    self.main.rows((self.walk.out, step), run, row, flat + at - take);
                    self.walk.skip(&self.layout, n_rows);
                    continue;
                }
                self.main.sequence(self.walk.out, row, flat + at - take);
                self.done += take;
                self.end_of_run(run);
            }
            flat += part.len();
        }
    }

    fn cols(&mut self, (k, slab, wide): (usize, usize, usize), mut flat: usize, mut data: &[T]) {
        while !data.is_empty() {
            let column = self.done % wide;
            let take = (wide - column).min(slab - self.done).min(data.len()).min(BLOCK);
            let (now, later) = data.split_at(take);
            if kept::<T, P>(now).is_none() {
                self.prepare(now);
            }
            let row = kept::<T, P>(now).unwrap_or(&self.buffer[..take]);
            match &mut self.wide {
                Some(f) => isa::run(self.isa, Columns(f, column, row, flat)),
                None => isa::run(self.isa, Columns(&mut self.main, self.walk.out + column, row, flat)),
            }
            (flat, data) = (flat + take, later);
            self.done += take;
            if self.done == slab {
                if let Some(f) = &mut self.wide {
                    for j in 0..wide {
                        self.main.merge(self.walk.out + j % k, f, j);
                    }
                    *f = F::identity(wide);
                }
                self.end_of_run(slab);
            }
        }
    }
}

impl<T: Num, P: Prep<T>, F: Fold<In = P::Out>> Part for Driver<T, P, F> {
    unsafe fn piece(&mut self, flat: usize, data: *const u8, n: usize) {
        if n == 0 {
            return;
        }
        // SAFETY: by the caller's promise.
        let data = unsafe { std::slice::from_raw_parts(data.cast::<T>(), n) };
        match self.layout.mode {
            Mode::Runs { run } => self.runs(run, flat, data),
            Mode::Short { run } => self.short(run, flat, data),
            Mode::Cols { k, slab, wide } => self.cols((k, slab, wide), flat, data),
        }
    }

    fn store(self: Box<Self>) -> Result<Vec<Tensor>> {
        self.main.store(&self.layout.state_shape)
    }
}
