//! Discrete Fourier transforms of lanes, by rustfft and realfft.
//!
//! Lanes are gathered a few at a time, cut or padded with zeros to the transform's length, transformed and written with their scale. Every
//! thread keeps the last plan (factors of one length and direction).

use crate::base::{Element, Error, Result};
use crate::chunk::{BufferMut, Tensor};
use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftNum, FftPlanner};
use std::cell::RefCell;
use std::sync::Arc;

/// Lanes that are gathered together, so that a cache line that several share is read once.
const TOGETHER: usize = 16;

/// What is transformed into what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Direction {
    /// Complex numbers to their spectrum.
    Forward,
    /// A spectrum back.
    Inverse,
    /// Real numbers to the first half of their spectrum.
    RealForward,
    /// The first half of the spectrum of real numbers back.
    RealInverse,
}

/// What runs transforms of one length and direction.
pub enum Planned<T> {
    /// Complex numbers, either way.
    Complex(Arc<dyn Fft<T>>),
    /// Real numbers to half a spectrum.
    Forward(Arc<dyn RealToComplex<T>>),
    /// Half a spectrum to real numbers.
    Inverse(Arc<dyn ComplexToReal<T>>),
}

/// The last plan of a thread: length, direction, what runs it.
pub type Kept<T> = RefCell<Option<(usize, Direction, Arc<Planned<T>>)>>;

/// Floats that transforms are computed with.
pub trait Wave: Element + FftNum {
    /// This thread's last plan.
    fn with_kept<R>(f: impl FnOnce(&Kept<Self>) -> R) -> R;

    /// The nearest number of this type.
    fn of(v: f64) -> Self;
}

macro_rules! wave {
    ($($t:ty),*) => {$(
        impl Wave for $t {
            fn with_kept<R>(f: impl FnOnce(&Kept<$t>) -> R) -> R {
                thread_local! {
                    static KEPT: Kept<$t> = const { RefCell::new(None) };
                }
                KEPT.with(f)
            }
            fn of(v: f64) -> $t {
                v as $t
            }
        }
    )*};
}
wave!(f32, f64);

/// The length of the first half of a spectrum of `n`.
pub fn half(n: usize) -> usize {
    n / 2 + 1
}

/// A length without its small factors: what is left needs a detour by a longer transform.
fn rough_part(mut n: usize) -> usize {
    for p in [2, 3, 5, 7, 11, 13] {
        while n > 1 && n.is_multiple_of(p) {
            n /= p;
        }
    }
    n
}

/// Upper bound of the numbers that a plan for `n` holds. Real numbers of an even length are transformed as half as many complex ones.
fn plan_len(n: usize, direction: Direction) -> u64 {
    let real = matches!(direction, Direction::RealForward | Direction::RealInverse);
    if real && n.is_multiple_of(2) && n > 0 {
        return plan_len(n / 2, Direction::Forward) + n as u64;
    }
    let rough = rough_part(n);
    let detour = if rough > 1 { 16 * rough.next_power_of_two() } else { 0 };
    (if rough == n { detour } else { 4 * n + detour }) as u64 + 1024
}

/// Upper bounds of the bytes that a thread keeps of a transform of length `n`, and of those that it works with, for parts of `size`
/// bytes and blocks with `inner` lanes side by side.
pub fn bytes(n: usize, direction: Direction, size: usize, inner: usize) -> (u64, u64) {
    let (number, plan) = (2 * size as u64, plan_len(n, direction));
    (plan * number, (2 * TOGETHER.min(inner) as u64 * (n as u64 + 1) + plan) * number)
}

fn planned<T: Wave>(n: usize, direction: Direction) -> Arc<Planned<T>> {
    T::with_kept(|kept| {
        let mut kept = kept.borrow_mut();
        if let Some((have, d, plan)) = &*kept
            && (*have, *d) == (n, direction)
        {
            return plan.clone();
        }
        // The old one goes before the new one is made.
        *kept = None;
        let plan = Arc::new(match direction {
            Direction::Forward => Planned::Complex(FftPlanner::new().plan_fft_forward(n)),
            Direction::Inverse => Planned::Complex(FftPlanner::new().plan_fft_inverse(n)),
            Direction::RealForward => Planned::Forward(RealFftPlanner::new().plan_fft_forward(n)),
            Direction::RealInverse => Planned::Inverse(RealFftPlanner::new().plan_fft_inverse(n)),
        });
        *kept = Some((n, direction, plan.clone()));
        plan
    })
}

/// Where lanes lie: `outer` times `inner` lanes of `len`.
struct Lanes {
    outer: usize,
    len: usize,
    inner: usize,
}

impl Lanes {
    fn of(shape: &[usize], axis: usize) -> Lanes {
        Lanes { outer: shape[..axis].iter().product(), len: shape[axis], inner: shape[axis + 1..].iter().product() }
    }

    /// Copies the first elements of lanes `first..first + n` (of one outer place) into rows of `width`.
    fn gather<A: Copy>(&self, from: &[A], outer: usize, first: usize, n: usize, rows: &mut [A], width: usize) {
        for i in 0..self.len.min(width) {
            let at = (outer * self.len + i) * self.inner + first;
            for (l, &v) in from[at..at + n].iter().enumerate() {
                rows[l * width + i] = v;
            }
        }
    }

    fn scatter<A: Copy>(&self, to: &mut [A], outer: usize, first: usize, n: usize, rows: &[A], scaled: impl Fn(A) -> A) {
        for i in 0..self.len {
            let at = (outer * self.len + i) * self.inner + first;
            for (l, v) in to[at..at + n].iter_mut().enumerate() {
                *v = scaled(rows[l * self.len + i]);
            }
        }
    }
}

fn failed(e: impl std::fmt::Display) -> Error {
    Error::bug(format!("a transform: {e}"))
}

/// Transforms lanes of length `n` along an axis of a block and multiplies them by `scale`. Input lanes are cut or padded.
///
/// # Errors
/// An input of another dtype than the direction takes (a bug of the caller).
pub fn transform<T: Wave>(x: &Tensor, axis: usize, n: usize, direction: Direction, scale: f64) -> Result<Tensor>
where
    Complex<T>: Element,
{
    let plan = planned::<T>(n, direction);
    match &*plan {
        Planned::Complex(fft) => {
            let mut scratch = vec![Complex::<T>::default(); fft.get_inplace_scratch_len()];
            lanes::<Complex<T>, Complex<T>>(
                x,
                axis,
                n,
                n,
                |a| a * T::of(scale),
                |rows, out| {
                    fft.process_with_scratch(rows, &mut scratch);
                    out.copy_from_slice(rows);
                    Ok(())
                },
            )
        }
        Planned::Forward(fft) => {
            let mut scratch = fft.make_scratch_vec();
            lanes::<T, Complex<T>>(
                x,
                axis,
                n,
                half(n),
                |a| a * T::of(scale),
                |rows, out| {
                    let pairs = rows.chunks_exact_mut(n).zip(out.chunks_exact_mut(half(n)));
                    pairs.into_iter().try_for_each(|(r, o)| fft.process_with_scratch(r, o, &mut scratch).map_err(failed))
                },
            )
        }
        Planned::Inverse(fft) => {
            let mut scratch = fft.make_scratch_vec();
            lanes::<Complex<T>, T>(
                x,
                axis,
                half(n),
                n,
                |a| a * T::of(scale),
                |rows, out| {
                    for (r, o) in rows.chunks_exact_mut(half(n)).zip(out.chunks_exact_mut(n)) {
                        // Real numbers have no imaginary part there; NumPy does not look at it.
                        r[0].im = T::zero();
                        if n.is_multiple_of(2) {
                            r[n / 2].im = T::zero();
                        }
                        fft.process_with_scratch(r, o, &mut scratch).map_err(failed)?;
                    }
                    Ok(())
                },
            )
        }
    }
}

/// Lanes of `A`, `width` long after cutting and padding, to lanes of `B`, `n_out` long, a few at a time through `f`.
fn lanes<A: Element, B: Element>(
    x: &Tensor,
    axis: usize,
    width: usize,
    n_out: usize,
    scaled: impl Fn(B) -> B,
    mut f: impl FnMut(&mut [A], &mut [B]) -> Result<()>,
) -> Result<Tensor> {
    let from = Lanes::of(x.shape(), axis);
    let mut shape = x.shape().to_vec();
    shape[axis] = n_out;
    let to = Lanes::of(&shape, axis);
    let data = x.as_slice::<A>()?;
    let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size_of::<B>());
    let elements = out.elements_mut::<B>();
    let together = TOGETHER.min(from.inner).max(1);
    let (mut rows, mut done) = (vec![A::default(); together * width], vec![B::default(); together * n_out]);
    for outer in 0..from.outer {
        for first in (0..from.inner).step_by(together) {
            let n = together.min(from.inner - first);
            let rows = &mut rows[..n * width];
            rows.fill(A::default());
            from.gather(data, outer, first, n, rows, width);
            let done = &mut done[..n * n_out];
            f(rows, done)?;
            to.scatter(elements, outer, first, n, done, &scaled);
        }
    }
    Tensor::new(B::DTYPE, &shape, out.freeze())
}
