//! Running values along one axis of a chunk: sums, products, extremes, and the last value seen.
//!
//! The state that goes from chunk to chunk is the last hyperplane of the result, so a scan is exact in its links: float64 and
//! integers give the same bits however the axis is cut. float32 accumulates in float64 within a chunk and is rounded where
//! it is stored, so there the cuts of a sum or product matter, within that rounding.

use crate::base::{AxisSlice, C64, C128, DType, Element, Error, Result};
use crate::chunk::Tensor;
use crate::kernel::reduce::num::Num;
use crate::{for_dtype, for_real};
use num_complex::Complex;
use std::fmt;

/// What is carried along the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// The sum so far.
    Sum,
    /// The product so far.
    Prod,
    /// The largest so far; NaN from the first NaN on.
    Max,
    /// The smallest so far; NaN from the first NaN on.
    Min,
    /// The last value that was not NaN; NaN before the first.
    Last,
}

/// One cumulative operation.
pub struct ScanOp {
    /// NumPy's name; also the name on the wire.
    pub name: &'static str,
    /// One sentence for the docs.
    pub doc: &'static str,
    /// What is carried.
    pub running: Running,
    /// Whether NaN counts as the neutral element (of sums and products).
    pub skips_nan: bool,
    /// Cost of one element in nanoseconds, roughly, for estimates.
    pub cost_ns: f32,
}

impl fmt::Debug for ScanOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ScanOp {
    fn eq(&self, other: &ScanOp) -> bool {
        self.name == other.name
    }
}
impl Eq for ScanOp {}

/// What sums and products carry: 64 bits wide whatever the elements are.
trait Total: Element {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, x: Self) -> Self;
    fn times(self, x: Self) -> Self;
    fn is_nan(self) -> bool;
}

macro_rules! total {
    ($($t:ty, $zero:literal, $one:literal, $a:ident $b:ident: $plus:expr, $times:expr);*) => {$(
        impl Total for $t {
            const ZERO: Self = $zero;
            const ONE: Self = $one;
            #[inline(always)]
            fn plus(self, x: Self) -> Self { let ($a, $b) = (self, x); $plus }
            #[inline(always)]
            fn times(self, x: Self) -> Self { let ($a, $b) = (self, x); $times }
            #[inline(always)]
            #[allow(clippy::eq_op, reason = "the cheapest test for NaN, and false for integers")]
            fn is_nan(self) -> bool { self != self }
        }
    )*};
}
total!(i64, 0, 1, a b: a.wrapping_add(b), a.wrapping_mul(b);
    u64, 0, 1, a b: a.wrapping_add(b), a.wrapping_mul(b);
    f64, 0.0, 1.0, a b: a + b, a * b);

impl Total for C128 {
    const ZERO: Self = Complex::new(0.0, 0.0);
    const ONE: Self = Complex::new(1.0, 0.0);
    #[inline(always)]
    fn plus(self, x: Self) -> Self {
        Complex::new(self.re + x.re, self.im + x.im)
    }
    #[inline(always)]
    fn times(self, x: Self) -> Self {
        // Before the first element there is nothing to multiply with: 1 times an infinity would be NaN in part.
        if self == Self::ONE {
            return x;
        }
        Complex::new(self.re * x.re - self.im * x.im, self.re * x.im + self.im * x.re)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.re.is_nan() | self.im.is_nan()
    }
}

/// What a scan does with an element, fixed at compile time.
trait Step<A> {
    const START: A;
    fn step(total: A, x: A) -> A;
}
struct Scan<const MUL: bool, const SKIP: bool>;
impl<A: Total, const MUL: bool, const SKIP: bool> Step<A> for Scan<MUL, SKIP> {
    const START: A = if MUL { A::ONE } else { A::ZERO };
    #[inline(always)]
    fn step(total: A, x: A) -> A {
        let x = match (SKIP && x.is_nan(), MUL) {
            (true, true) => A::ONE,
            (true, false) => A::ZERO,
            _ => x,
        };
        if MUL { total.times(x) } else { total.plus(x) }
    }
}

/// What extremes and the last value need of an element.
trait Ordered: Element {
    /// Not above any other; NaN apart.
    const LEAST: Self;
    /// Not below any other; NaN apart.
    const MOST: Self;
    /// What stands before the first value.
    const UNSEEN: Self;
    fn is_nan(self) -> bool;
    fn above(self, other: Self) -> bool;
}

impl<T: Num> Ordered for T {
    const LEAST: Self = T::LOWEST;
    const MOST: Self = T::HIGHEST;
    const UNSEEN: Self = T::NAN;
    #[inline(always)]
    fn is_nan(self) -> bool {
        Num::is_nan(self)
    }
    #[inline(always)]
    fn above(self, other: Self) -> bool {
        Num::above(self, other)
    }
}

impl Ordered for bool {
    const LEAST: Self = false;
    const MOST: Self = true;
    const UNSEEN: Self = false;
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
    #[inline(always)]
    fn above(self, other: Self) -> bool {
        self & !other
    }
}

struct Extreme<const MAX: bool>;
impl<A: Ordered, const MAX: bool> Step<A> for Extreme<MAX> {
    const START: A = if MAX { A::LEAST } else { A::MOST };
    #[inline(always)]
    fn step(total: A, x: A) -> A {
        let better = if MAX { x.above(total) } else { total.above(x) };
        if better || (x.is_nan() && !total.is_nan()) { x } else { total }
    }
}

struct Last;
impl<A: Ordered> Step<A> for Last {
    const START: A = A::UNSEEN;
    #[inline(always)]
    fn step(total: A, x: A) -> A {
        if x.is_nan() { total } else { x }
    }
}

impl ScanOp {
    /// Dtype of the result. Of sums and products: int64 for bool and signed integers, uint64 for unsigned ones, floats and complex numbers stay; of
    /// the others: the same.
    pub fn result_dtype(&self, dtype: DType) -> DType {
        match dtype {
            d if d.is_inexact() || !matches!(self.running, Running::Sum | Running::Prod) => d,
            d if d.is_unsigned() => DType::U64,
            _ => DType::I64,
        }
    }

    /// Bytes that scanning a chunk of `shape` needs besides the chunk: the result, the running totals of a hyperplane, and a
    /// contiguous copy of the chunk if it is not.
    pub fn peak_bytes(&self, dtype: DType, shape: &[usize], axis: usize) -> u64 {
        let n = shape.iter().product::<usize>() as u64;
        let plane = if shape.get(axis).is_some_and(|&len| len > 0) { n / shape[axis] as u64 } else { n };
        n * (self.result_dtype(dtype).size() + dtype.size()) as u64 + 32 * plane
    }

    /// The chunk scanned along `axis`, going on from `carry`, the last hyperplane (axis of length 1) of the chunk before.
    ///
    /// ```
    /// use tilework::{chunk::Tensor, op::scan::CUMSUM};
    /// let first = CUMSUM.scan(&Tensor::from_vec(&[3], vec![1u8, 2, 3])?, 0, None)?;
    /// let then = CUMSUM.scan(&Tensor::from_vec(&[2], vec![4u8, 5])?, 0, CUMSUM.carry(&first, 0).as_ref())?;
    /// assert_eq!(then.as_slice::<u64>()?, [10, 15]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis that is out of bounds; a carry of another shape or dtype.
    pub fn scan(&self, t: &Tensor, axis: usize, carry: Option<&Tensor>) -> Result<Tensor> {
        if axis >= t.ndim() {
            let message = format!("axis {axis} is out of bounds for an array of {} dimensions", t.ndim());
            return Err(Error::axis(message).at(self.name));
        }
        let out = self.result_dtype(t.dtype());
        if let Some(c) = carry {
            let mut plane = t.shape().to_vec();
            plane[axis] = 1;
            if c.shape() != plane || c.dtype() != out {
                return Err(Error::bug(format!("a carry of {:?} {} for {plane:?} {out}", c.shape(), c.dtype())).at(self.name));
            }
        }
        match self.running {
            Running::Max => return for_dtype!(t.dtype(), T => run::<T, T, T, Extreme<true>>(t, axis, carry)),
            Running::Min => return for_dtype!(t.dtype(), T => run::<T, T, T, Extreme<false>>(t, axis, carry)),
            Running::Last => return for_dtype!(t.dtype(), T => run::<T, T, T, Last>(t, axis, carry)),
            Running::Sum | Running::Prod => {}
        }
        for_real!(t.dtype(), T => match out {
            DType::U64 => self.pick::<T, u64, u64>(t, axis, carry),
            DType::F32 => self.pick::<T, f64, f32>(t, axis, carry),
            DType::F64 => self.pick::<T, f64, f64>(t, axis, carry),
            _ => self.pick::<T, i64, i64>(t, axis, carry),
        },
            DType::C64 => self.pick::<C64, C128, C64>(t, axis, carry),
            DType::C128 => self.pick::<C128, C128, C128>(t, axis, carry))
    }

    /// The carry for the chunk after the one whose result this is; None if it was empty along the axis.
    pub fn carry(&self, scanned: &Tensor, axis: usize) -> Option<Tensor> {
        let last = scanned.shape()[axis].checked_sub(1)?;
        // Contiguous, so that it does not keep the whole chunk in memory.
        Some(scanned.slice_axis(axis, AxisSlice { start: last, step: 1, len: 1 }).contiguous())
    }

    fn pick<T, A, R>(&self, t: &Tensor, axis: usize, carry: Option<&Tensor>) -> Result<Tensor>
    where
        T: Element + As<A>,
        A: Total + As<R>,
        R: Element + As<A>,
    {
        match (self.running == Running::Prod, self.skips_nan && T::DTYPE.is_inexact()) {
            (false, false) => run::<T, A, R, Scan<false, false>>(t, axis, carry),
            (false, true) => run::<T, A, R, Scan<false, true>>(t, axis, carry),
            (true, false) => run::<T, A, R, Scan<true, false>>(t, axis, carry),
            (true, true) => run::<T, A, R, Scan<true, true>>(t, axis, carry),
        }
    }
}

/// Conversion as Rust's `as` does it.
trait As<A> {
    fn as_(self) -> A;
}
macro_rules! as_into {
    ($($from:ty),* => $to:tt) => { $(as_into!(@ $from, $to);)* };
    (@ $from:ty, $to:ty) => {
        impl As<$to> for $from {
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one macro for all pairs")]
            fn as_(self) -> $to { self as $to }
        }
    };
}
macro_rules! bool_into {
    ($($to:ty),*) => {$(
        impl As<$to> for bool {
            #[inline(always)]
            fn as_(self) -> $to { u8::from(self) as $to }
        }
    )*};
}
as_into!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 => i64);
as_into!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 => u64);
as_into!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 => f64);
as_into!(f64 => f32);
bool_into!(i64, u64, f64);
macro_rules! as_self {
    ($($t:ty),*) => {$(
        impl As<$t> for $t {
            #[inline(always)]
            fn as_(self) -> $t { self }
        }
    )*};
}
as_self!(bool, i8, i16, i32, u8, u16, u32, f32, C64, C128);

impl As<C128> for C64 {
    #[inline(always)]
    fn as_(self) -> C128 {
        Complex::new(f64::from(self.re), f64::from(self.im))
    }
}
impl As<C64> for C128 {
    #[inline(always)]
    fn as_(self) -> C64 {
        Complex::new(self.re as f32, self.im as f32)
    }
}

fn run<T, A, R, S>(t: &Tensor, axis: usize, carry: Option<&Tensor>) -> Result<Tensor>
where
    T: Element + As<A>,
    A: Element + As<R>,
    R: Element + As<A>,
    S: Step<A>,
{
    let shape = t.shape();
    let (n, inner): (usize, usize) = (shape[axis], shape[axis + 1..].iter().product());
    let source = t.contiguous();
    let data = source.as_slice::<T>()?;
    let mut totals: Vec<A> = match carry {
        Some(c) => c.contiguous().as_slice::<R>()?.iter().map(|&x| x.as_()).collect(),
        None => vec![S::START; data.len().checked_div(n).unwrap_or(0)],
    };
    let mut out: Vec<R> = Vec::with_capacity(data.len());
    if inner == 1 {
        for (row, &first) in data.chunks_exact(n.max(1)).zip(&totals) {
            let mut total = first;
            out.extend(row.iter().map(|&x| {
                total = S::step(total, x.as_());
                total.as_()
            }));
        }
    } else if !data.is_empty() {
        for (slab, totals) in data.chunks_exact(n * inner).zip(totals.chunks_exact_mut(inner)) {
            for row in slab.chunks_exact(inner) {
                out.extend(row.iter().zip(&mut *totals).map(|(&x, total)| {
                    *total = S::step(*total, x.as_());
                    (*total).as_()
                }));
            }
        }
    }
    Tensor::from_vec(shape, out)
}
