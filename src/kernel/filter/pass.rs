//! One-dimensional filters along an axis of a block, one axis after the other.

use crate::base::{DType, Error, Result, Scalar};
use crate::chunk::{BufferMut, Tensor};
use crate::for_real;
use crate::kernel::filter::extreme::{Extreme, extreme};
use crate::kernel::filter::pixel::Pixel;
use crate::kernel::filter::taps::{Scale, Taps, weighted};
use crate::kernel::filter::tree;
use serde::{Deserialize, Serialize};

/// Windows up to this length are gone through element by element, longer ones by doubling.
pub const SHORT: usize = 8;

/// Columns that are doubled at a time: a few cache lines of every row.
const STRIP: usize = 64;

/// A filter along an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// The axis.
    pub axis: usize,
    /// What is made of each window.
    pub step: Step,
}

/// What a filter along an axis makes of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// The sum of the elements times these weights.
    Weights(Vec<f64>),
    /// The same in integers, which wrap.
    Exact(Vec<i64>),
    /// The mean of so many.
    Mean(usize),
    /// The sum of so many; of integers, as integers.
    Sum(usize),
    /// The smallest of so many.
    Min(usize),
    /// The largest of so many.
    Max(usize),
}

impl Step {
    /// Length of the window.
    pub fn len(&self) -> usize {
        match self {
            Step::Weights(w) => w.len(),
            Step::Exact(w) => w.len(),
            Step::Mean(n) | Step::Sum(n) | Step::Min(n) | Step::Max(n) => *n,
        }
    }

    /// Whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes needed beside input and result, for lines of `line` elements in blocks of `n`.
    pub fn scratch_bytes(&self, line: u64, n: u64, dtype: DType) -> u64 {
        match self {
            Step::Weights(_) | Step::Exact(_) => 24 * self.len() as u64,
            s if s.len() <= SHORT => 24 * SHORT as u64,
            Step::Mean(_) | Step::Sum(_) => 2 * 8 * (line.saturating_mul(STRIP as u64)).min(n),
            Step::Min(_) | Step::Max(_) => 2 * dtype.size() as u64 * (line.saturating_mul(STRIP as u64)).min(n),
        }
    }
}

/// What a block holds outside of the array: a value, in so many places before and after along each axis.
#[derive(Clone, Debug)]
pub struct Outside<'a> {
    /// The value.
    pub value: Scalar,
    /// Places before and after; (0, 0) along axes that are done.
    pub places: &'a [(usize, usize)],
}

/// How a block lies along an axis: `outer` times `rows` rows of `inner` elements become `kept` rows.
#[derive(Clone, Copy)]
struct Layout {
    outer: usize,
    rows: usize,
    kept: usize,
    inner: usize,
}

/// The filtered block, shorter along the axis by the window's length less 1. What lies outside of the array along other axes is given
/// its value again, in place of what the filter made of it.
///
/// # Errors
/// A bug: the window is longer than the block, or the block is not in C order.
pub fn pass(x: &Tensor, pass: &Pass, outside: Option<Outside<'_>>) -> Result<Tensor> {
    let n = pass.step.len();
    let mut shape = x.shape().to_vec();
    let Some(len) = shape.get_mut(pass.axis).filter(|len| n > 0 && **len >= n - 1) else {
        return Err(Error::bug(format!("a window of {n} along axis {} of a block of {:?}", pass.axis, x.shape())));
    };
    *len -= n - 1;
    let inner = shape[pass.axis + 1..].iter().product();
    let layout = Layout { outer: shape[..pass.axis].iter().product(), rows: x.shape()[pass.axis], kept: shape[pass.axis], inner };
    let total: usize = shape.iter().product();
    let mut out = zeroed_if_bool(total, x.dtype());
    for_real!(x.dtype(), T => {
        let out = out.elements_mut::<T>();
        along::<T>(x.as_slice::<T>()?, &pass.step, layout, out);
        if let Some(o) = outside {
            refill(out, &shape, &o);
        }
    }, DType::C64 | DType::C128 => return Err(no_complex()));
    Tensor::new(x.dtype(), &shape, out.freeze())
}

/// The calls refuse complex elements, so none come here.
pub fn no_complex() -> Error {
    Error::bug("a filter of complex elements")
}

/// A buffer to be written; of bool it must not hold other bits before.
pub(super) fn zeroed_if_bool(n: usize, dtype: DType) -> BufferMut {
    match dtype {
        DType::Bool => BufferMut::zeroed(n),
        d => BufferMut::for_overwrite(n * d.size()),
    }
}

fn along<T: Pixel>(x: &[T], step: &Step, l: Layout, out: &mut [T]) {
    let n = step.len();
    let (from, to) = (l.rows * l.inner, l.kept * l.inner);
    let mut each = |f: &mut dyn FnMut(&[T], &mut [T])| {
        for o in 0..if to == 0 { 0 } else { l.outer } {
            f(&x[o * from..][..from], &mut out[o * to..][..to]);
        }
    };
    let places: Vec<usize> = if n <= SHORT { (0..n).map(|i| i * l.inner).collect() } else { vec![] };
    // Dividing keeps integers exact; for float32, whose sums have bits to spare, the product is as good and faster.
    let scale = match step {
        Step::Mean(n) if T::DTYPE == DType::F32 => Scale::Times(1.0 / *n as f64),
        Step::Mean(n) => Scale::Over(*n as f64),
        _ => Scale::One,
    };
    match step {
        Step::Weights(w) => {
            let taps = Taps::along(w, l.inner);
            each(&mut |x, out| weighted(x, &taps, out));
        }
        Step::Exact(w) => {
            let taps = Taps::Exact(w.iter().enumerate().map(|(i, &w)| (i * l.inner, w)).collect());
            each(&mut |x, out| weighted(x, &taps, out));
        }
        // Sums of integers are integers, which wrap.
        Step::Sum(_) if !T::DTYPE.is_float() && n <= SHORT => {
            let taps = Taps::Exact(places.into_iter().map(|p| (p, 1)).collect());
            each(&mut |x, out| weighted(x, &taps, out));
        }
        Step::Sum(_) if !T::DTYPE.is_float() => {
            let mut sums = Strips::<i64>::new(l);
            each(&mut |x, out| {
                sums.each(x, out, T::to_i64, T::from_i64, |rows, width, out| tree::sums(rows, width, n, out, i64::wrapping_add));
            });
        }
        Step::Mean(_) | Step::Sum(_) if n <= SHORT => {
            let taps = Taps::Sum(places, scale);
            each(&mut |x, out| weighted(x, &taps, out));
        }
        Step::Min(_) if n <= SHORT => each(&mut |x, out| extreme(x, &places, Extreme::Min, out)),
        Step::Max(_) if n <= SHORT => each(&mut |x, out| extreme(x, &places, Extreme::Max, out)),
        Step::Mean(_) | Step::Sum(_) => {
            let mut sums = Strips::<f64>::new(l);
            each(&mut |x, out| {
                sums.each(
                    x,
                    out,
                    T::to_f64,
                    |v| T::from_f64(scale.apply(v)),
                    |rows, width, out| {
                        tree::sums(rows, width, n, out, |a, b| a + b);
                    },
                );
            });
        }
        Step::Min(_) | Step::Max(_) => {
            let which = if matches!(step, Step::Min(_)) { Extreme::Min } else { Extreme::Max };
            let mut strips = Strips::<T>::new(l);
            each(&mut |x, out| {
                strips.each(x, out, |v| v, |v| v, |rows, width, out| tree::extremes(rows, width, n, which, out));
            });
        }
    }
}

/// Columns of a block that are worked on together, gathered into memory of their own.
struct Strips<A> {
    layout: Layout,
    rows: Vec<A>,
    out: Vec<A>,
}

impl<A: Copy + Default> Strips<A> {
    fn new(layout: Layout) -> Strips<A> {
        let width = layout.inner.min(STRIP);
        Strips { layout, rows: vec![A::default(); layout.rows * width], out: vec![A::default(); layout.kept * width] }
    }

    fn each<T: Copy>(
        &mut self,
        x: &[T],
        out: &mut [T],
        get: impl Fn(T) -> A,
        put: impl Fn(A) -> T,
        f: impl Fn(&mut [A], usize, &mut [A]),
    ) {
        let Layout { rows, kept, inner, .. } = self.layout;
        for start in (0..inner).step_by(STRIP) {
            let width = STRIP.min(inner - start);
            for r in 0..rows {
                let (to, from) = (&mut self.rows[r * width..][..width], &x[r * inner + start..][..width]);
                to.iter_mut().zip(from).for_each(|(t, &f)| *t = get(f));
            }
            f(&mut self.rows[..rows * width], width, &mut self.out[..kept * width]);
            for r in 0..kept {
                let (to, from) = (&mut out[r * inner + start..][..width], &self.out[r * width..][..width]);
                to.iter_mut().zip(from).for_each(|(t, &f)| *t = put(f));
            }
        }
    }
}

/// Writes the value of what is outside of the array.
fn refill<T: Pixel>(x: &mut [T], shape: &[usize], o: &Outside<'_>) {
    let value = T::from_scalar(o.value);
    for (axis, &(before, after)) in o.places.iter().enumerate() {
        let inner: usize = shape[axis + 1..].iter().product();
        let (n, row) = (shape[axis], shape[axis] * inner);
        if row == 0 || (before, after) == (0, 0) {
            continue;
        }
        for block in x.chunks_exact_mut(row) {
            block[..before.min(n) * inner].fill(value);
            block[n.saturating_sub(after) * inner..].fill(value);
        }
    }
}

/// The elements as another dtype, as C converts them.
///
/// # Errors
/// A bug: the elements are not float64 in C order.
pub fn converted(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = x.as_slice::<f64>()?;
    let mut out = zeroed_if_bool(from.len(), dtype);
    for_real!(dtype, T => out.elements_mut::<T>().iter_mut().zip(from).for_each(|(o, &v)| *o = <T as Pixel>::from_f64(v)),
        DType::C64 | DType::C128 => return Err(no_complex()));
    Tensor::new(dtype, x.shape(), out.freeze())
}
