//! The map and combine steps: pieces of a chunk → state, states → state.

use crate::base::{Coords, DType, Element, Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::kernel::lanes::Isa;
use crate::kernel::reduce::BLOCK;
use crate::kernel::reduce::fold::elements;
use crate::kernel::reduce::layout::Layout;
use crate::kernel::reduce::num::for_num;
use crate::kernel::reduce::part::Part;
use crate::kernel::reduce::spec::ReduceOp;
use smallvec::SmallVec;
use std::sync::Arc;

/// Takes in one chunk, piece by piece in C order.
pub struct Accumulator {
    dtype: DType,
    layout: Arc<Layout>,
    parts: SmallVec<[Box<dyn Part>; 2]>,
    positions: Option<Positions>,
    /// Number of the element expected next.
    next: usize,
    skipped: bool,
}

/// Turns numbers of elements within the chunk into positions in the whole array.
struct Positions {
    shape: Coords,
    origin: Coords,
    whole: Coords,
    /// The one reduced axis; None: positions count all elements.
    axis: Option<usize>,
}

impl Positions {
    fn of(&self, mut flat: usize) -> i64 {
        let (mut position, mut step) = (0, 1);
        for a in (0..self.shape.len()).rev() {
            let i = flat % self.shape[a] + self.origin[a];
            flat /= self.shape[a];
            match self.axis {
                Some(axis) if axis == a => return i as i64,
                Some(_) => {}
                None => position += i * step,
            }
            step *= self.whole[a];
        }
        position as i64
    }
}

impl ReduceOp {
    /// An accumulator for a chunk of `shape` at `origin` of an array of shape `whole`, reduced over `axes`.
    ///
    /// # Errors
    /// As [`ReduceOp::check`] on the whole array.
    pub fn accumulator(
        &self,
        dtype: DType,
        shape: &[usize],
        axes: &[usize],
        origin: &[usize],
        whole: &[usize],
    ) -> Result<Accumulator> {
        self.check(whole, axes)?;
        if shape.len() != whole.len() || origin.len() != whole.len() {
            return Err(Error::bug(format!("a chunk of {shape:?} at {origin:?} in an array of {whole:?}")).at(self.name));
        }
        let layout = Arc::new(Layout::new(shape, axes)?);
        let isa = Isa::detect();
        let parts = self.kinds(dtype).iter().map(|k| (k.make)(layout.clone(), isa)).collect();
        let positions = self.tags.positional.then(|| Positions {
            shape: shape.into(),
            origin: origin.into(),
            whole: whole.into(),
            axis: if axes.len() == whole.len() && axes.len() != 1 { None } else { axes.first().copied() },
        });
        Ok(Accumulator { dtype, layout, parts, positions, next: 0, skipped: false })
    }

    /// The state of a whole chunk; the same bits as from any pieces of it.
    ///
    /// # Errors
    /// As [`ReduceOp::check`] on the whole array.
    pub fn map_tensor(&self, t: &Tensor, axes: &[usize], origin: &[usize], whole: &[usize]) -> Result<Chunk> {
        let mut acc = self.accumulator(t.dtype(), t.shape(), axes, origin, whole)?;
        if t.is_contiguous() {
            // SAFETY: a contiguous tensor holds `len` elements of its dtype from its origin on.
            unsafe { acc.piece_raw(0, t.origin(), t.len()) };
        } else if !t.is_empty() {
            for_num!(t.dtype(), T => gather::<T>(t, |flat, data| {
                // SAFETY: a slice of the number type that stands for the dtype.
                unsafe { acc.piece_raw(flat, data.as_ptr().cast(), data.len()) }
            }));
        }
        acc.into_state()
    }

    /// The state of all elements that went into `states`, which must come in chunk order for the result to be the same always.
    ///
    /// # Errors
    /// No states, or such as another reduction made.
    pub fn combine(&self, dtype: DType, states: &[Chunk]) -> Result<Chunk> {
        let kinds = self.kinds(dtype);
        let states: Vec<Vec<Tensor>> = states.iter().map(|s| self.tensors(dtype, s)).collect::<Result<_>>()?;
        let Some(first) = states.first() else {
            return Err(Error::bug("no states to combine").at(self.name));
        };
        if states.iter().flatten().any(|t| t.shape() != first[0].shape()) {
            return Err(Error::bug("states of different shapes").at(self.name));
        }
        let (mut out, mut at) = (Vec::new(), 0);
        for kind in &kinds {
            let of_kind: Vec<&[Tensor]> = states.iter().map(|s| &s[at..at + kind.n_tensors]).collect();
            out.extend((kind.combine)(&of_kind)?);
            at += kind.n_tensors;
        }
        Ok(state(out))
    }

    /// The tensors of a state.
    pub(super) fn tensors(&self, dtype: DType, s: &Chunk) -> Result<Vec<Tensor>> {
        let tensors: Option<Vec<Tensor>> = match s {
            Chunk::Tensor(t) => Some(vec![t.clone()]),
            Chunk::List(l) => l.iter().map(|c| if let Chunk::Tensor(t) = c { Some(t.clone()) } else { None }).collect(),
            _ => None,
        };
        let expected: usize = self.kinds(dtype).iter().map(|k| k.n_tensors).sum();
        match tensors {
            Some(t) if t.len() == expected => Ok(t),
            _ => Err(Error::bug(format!("not a state of {dtype} elements")).at(self.name)),
        }
    }
}

fn state(tensors: Vec<Tensor>) -> Chunk {
    if let [t] = tensors.as_slice() {
        Chunk::Tensor(t.clone())
    } else {
        Chunk::List(tensors.into_iter().map(Chunk::Tensor).collect())
    }
}

impl Accumulator {
    /// Takes in the next elements of the chunk, the first of which is number `start` in C order.
    ///
    /// # Errors
    /// Elements of another dtype.
    pub fn piece<T: Element>(&mut self, start: usize, data: &[T]) -> Result<()> {
        if T::DTYPE != self.dtype {
            return Err(Error::bug(format!("a piece of {} for a reduction of {}", T::DTYPE, self.dtype)));
        }
        // SAFETY: a slice of that dtype.
        unsafe { self.piece_raw(start, data.as_ptr().cast(), data.len()) };
        Ok(())
    }

    /// [`Accumulator::piece`] without types.
    ///
    /// # Safety
    /// `data` must be valid for `n` elements of the accumulator's dtype and aligned to it.
    pub unsafe fn piece_raw(&mut self, start: usize, data: *const u8, n: usize) {
        if start != self.next || n > self.layout.total - start {
            self.skipped = true;
            return;
        }
        self.next += n;
        for part in &mut self.parts {
            // SAFETY: by the caller's promise.
            unsafe { part.piece(start, data, n) };
        }
    }

    /// The state of the chunk: a tensor or a list of tensors in the chunk's shape, reduced axes having length 1.
    ///
    /// # Errors
    /// When pieces were missing or came out of order.
    pub fn into_state(self) -> Result<Chunk> {
        if self.skipped || self.next != self.layout.total {
            let message = format!("pieces out of order, or {} elements of {} seen", self.next, self.layout.total);
            return Err(Error::bug(message));
        }
        let mut tensors = Vec::new();
        for part in self.parts {
            tensors.extend(part.store()?);
        }
        if let Some(positions) = self.positions {
            let mut index = elements::<i64>(&tensors[1])?;
            index.iter_mut().filter(|i| **i >= 0).for_each(|i| *i = positions.of(*i as usize));
            tensors[1] = Tensor::from_vec(&self.layout.state_shape, index)?;
        }
        Ok(state(tensors))
    }
}

/// Copies the elements of a strided tensor, which has some, into pieces in C order.
fn gather<T: Element>(t: &Tensor, mut f: impl FnMut(usize, &[T])) {
    let inner = t.ndim() - 1;
    let (n, step) = (t.shape()[inner], t.strides()[inner]);
    let mut buffer: Vec<T> = Vec::with_capacity(2 * BLOCK);
    let (mut index, mut flat): (Coords, usize) = (t.shape()[..inner].iter().map(|_| 0).collect(), 0);
    loop {
        let at: isize = index.iter().zip(t.strides()).map(|(&i, &s)| i as isize * s).sum();
        let mut done = 0;
        while done < n {
            let take = (n - done).min(2 * BLOCK - buffer.len());
            // SAFETY: within the shape, so within the buffer that the tensor keeps; `T` has the size of the dtype.
            unsafe {
                let from = t.origin().cast::<T>().offset(at + done as isize * step);
                match step {
                    1 => buffer.extend_from_slice(std::slice::from_raw_parts(from, take)),
                    _ => buffer.extend((0..take as isize).map(|i| *from.offset(i * step))),
                }
            }
            done += take;
            if buffer.len() == 2 * BLOCK {
                f(flat, &buffer);
                flat += buffer.len();
                buffer.clear();
            }
        }
        let Some(a) = (0..inner).rev().find(|&a| index[a] + 1 < t.shape()[a]) else { break };
        index[a] += 1;
        index[a + 1..].fill(0);
    }
    f(flat, &buffer);
}
