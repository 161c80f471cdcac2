//! Loops over blocks, made from scalar functions and compiled once per instruction set.
//!
//! A row of the op table brings a scalar function as safe code (an impl of [`Lane1`] … [`Lane4`], all of it
//! `#[inline(always)]`); the block functions made here wrap it in a loop that the compiler vectorises for each [`Isa`].
//! Rust never contracts or reorders floating-point operations, so a scalar function gives the same bits on every
//! instruction set as long as it calls nothing that looks at the machine; which of several NaNs comes out is left open.

use crate::base::{DType, Element};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, Ordering};

/// Instruction sets that kernels are compiled for; chosen at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// What every machine of the target has.
    Baseline,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512 F, BW, DQ, VL (and FMA).
    Avx512,
}

impl Isa {
    /// All instruction sets, the plainest first.
    pub const ALL: [Isa; 3] = [Isa::Baseline, Isa::Avx2, Isa::Avx512];

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        self <= Isa::detect()
    }

    /// The best this machine has.
    pub fn detect() -> Isa {
        static FOUND: AtomicU8 = AtomicU8::new(u8::MAX);
        match FOUND.load(Ordering::Relaxed) {
            0 => Isa::Baseline,
            1 => Isa::Avx2,
            2 => Isa::Avx512,
            _ => {
                let isa = Isa::look();
                FOUND.store(isa as u8, Ordering::Relaxed);
                isa
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn look() -> Isa {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        match (avx2, avx512) {
            (true, true) => Isa::Avx512,
            (true, false) => Isa::Avx2,
            _ => Isa::Baseline,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn look() -> Isa {
        Isa::Baseline
    }
}

/// Computes `n` elements: `args[k]` points to `n` elements of argument `k`, `out` to room for `n` results.
///
/// # Safety
/// Pointers must be valid for `n` elements of the dtypes the function was made for and aligned to them, the arguments
/// initialised, and `out` may not overlap an argument. The machine must have the instruction set it was made for.
pub type BlockFn = unsafe fn(args: *const *const u8, out: *mut u8, n: usize);

/// Most arguments a block function takes.
pub const MAX_ARITY: usize = 4;

/// A block function with the dtypes it was made for. Only this module makes them, so the dtypes are right.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    f: BlockFn,
    args: [DType; MAX_ARITY],
    arity: usize,
    out: DType,
}

impl Block {
    /// The function.
    pub(super) fn function(&self) -> BlockFn {
        self.f
    }

    /// Dtypes of the arguments.
    pub fn args(&self) -> &[DType] {
        &self.args[..self.arity]
    }

    /// Dtype of the results.
    pub fn out(&self) -> DType {
        self.out
    }
}

macro_rules! lane {
    ($doc:literal, $lane:ident, $block:ident, $arity:literal, $loops:ident, $($A:ident $a:ident $k:literal),+) => {
        #[doc = $doc]
        ///
        /// Implementations should mark every function `#[inline(always)]`, or the loop will not be vectorised.
        pub trait $lane<$($A),+>: 'static {
            /// Type of the result.
            type Out: Element;
            /// Whether some arguments need [`slow`](Self::slow).
            const SLOW: bool = false;
            /// The result, for arguments that don't need the slow path; for those it may be anything, but must not panic.
            fn call($($a: $A),+) -> Self::Out;
            /// Whether these arguments need the slow path.
            #[inline(always)]
            fn needs_slow($($a: $A),+) -> bool {
                let _ = ($($a,)+);
                false
            }
            /// The result for arguments that need the slow path, computed one by one.
            #[inline(always)]
            fn slow($($a: $A),+) -> Self::Out {
                Self::call($($a),+)
            }
        }

        #[doc = concat!("The block function of a scalar function of ", stringify!($arity), " arguments for an instruction set.")]
        ///
        /// An instruction set this machine lacks gives the baseline function: the same results, more slowly.
        pub fn $block<F: $lane<$($A),+>, $($A: Element),+>(isa: Isa) -> Block {
            let f: BlockFn = match isa.min(Isa::detect()) {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => $loops::avx512::<F, $($A),+>,
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => $loops::avx2::<F, $($A),+>,
                _ => $loops::baseline::<F, $($A),+>,
            };
            let mut args = [DType::Bool; MAX_ARITY];
            $(args[$k] = $A::DTYPE;)+
            Block { f, args, arity: $arity, out: F::Out::DTYPE }
        }

        mod $loops {
            use super::{$lane, Element, MaybeUninit};

            /// # Safety
            /// As [`BlockFn`](super::BlockFn).
            #[inline(always)]
            unsafe fn block<F: $lane<$($A),+>, $($A: Element),+>(args: *const *const u8, out: *mut u8, n: usize) {
                // SAFETY: valid, aligned and initialised for n elements by the caller's promise, and `out` overlaps no argument.
                let ($($a,)+ out) = unsafe {
                    ($(std::slice::from_raw_parts((*args.add($k)).cast::<$A>(), n),)+
                     std::slice::from_raw_parts_mut(out.cast::<MaybeUninit<F::Out>>(), n))
                };
                looped::<F, $($A),+>($($a,)+ out);
            }

            #[inline(always)]
            fn looped<F: $lane<$($A),+>, $($A: Element),+>($($a: &[$A],)+ out: &mut [MaybeUninit<F::Out>]) {
                let n = out.len();
                $(let $a = &$a[..n];)+
                for i in 0..n {
                    out[i].write(F::call($($a[i]),+));
                }
                if F::SLOW {
                    // Counted without a branch so that the check is vectorised; the slow path itself is rare.
                    let mut any = false;
                    for i in 0..n {
                        any |= F::needs_slow($($a[i]),+);
                    }
                    if any {
                        redo::<F, $($A),+>($($a,)+ out);
                    }
                }
            }

            #[cold]
            #[inline(never)]
            fn redo<F: $lane<$($A),+>, $($A: Element),+>($($a: &[$A],)+ out: &mut [MaybeUninit<F::Out>]) {
                for (i, o) in out.iter_mut().enumerate() {
                    if F::needs_slow($($a[i]),+) {
                        o.write(F::slow($($a[i]),+));
                    }
                }
            }

            /// # Safety
            /// As [`BlockFn`](super::BlockFn).
            pub(super) unsafe fn baseline<F: $lane<$($A),+>, $($A: Element),+>(args: *const *const u8, out: *mut u8, n: usize) {
                // SAFETY: passed on.
                unsafe { block::<F, $($A),+>(args, out, n) }
            }

            /// # Safety
            /// As [`BlockFn`](super::BlockFn).
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            pub(super) unsafe fn avx2<F: $lane<$($A),+>, $($A: Element),+>(args: *const *const u8, out: *mut u8, n: usize) {
                // SAFETY: passed on.
                unsafe { block::<F, $($A),+>(args, out, n) }
            }

            /// # Safety
            /// As [`BlockFn`](super::BlockFn).
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            pub(super) unsafe fn avx512<F: $lane<$($A),+>, $($A: Element),+>(args: *const *const u8, out: *mut u8, n: usize) {
                // SAFETY: passed on.
                unsafe { block::<F, $($A),+>(args, out, n) }
            }
        }
    };
}

lane!("A scalar function of one argument.", Lane1, block1, 1, loops1, A a 0);
lane!("A scalar function of two arguments.", Lane2, block2, 2, loops2, A a 0, B b 1);
lane!("A scalar function of three arguments.", Lane3, block3, 3, loops3, A a 0, B b 1, C c 2);
lane!("A scalar function of four arguments.", Lane4, block4, 4, loops4, A a 0, B b 1, C c 2, D d 3);

/// A function of an element number and a key of two words that is computed faster for consecutive numbers.
pub trait Runs: 'static {
    /// Type of the result.
    type Out: Element;
    /// Writes the results for the numbers `first..first + out.len()`: all of them.
    fn fill(first: u64, key: [u64; 2], out: &mut [MaybeUninit<Self::Out>]);
}

/// The block function of a function of element number and key for an instruction set.
pub fn block_of_runs<F: Runs>(isa: Isa) -> Block {
    let mut args = [DType::Bool; MAX_ARITY];
    args[..3].fill(DType::U64);
    let f: BlockFn = match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => runs_avx512::<F>,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => runs_avx2::<F>,
        _ => runs::<F>,
    };
    Block { f, args, arity: 3, out: F::Out::DTYPE }
}

/// # Safety
/// As [`BlockFn`].
#[inline(always)]
unsafe fn runs<F: Runs>(args: *const *const u8, out: *mut u8, n: usize) {
    // SAFETY: valid, aligned and initialised for n elements by the caller's promise, and `out` overlaps no argument.
    let (number, a, b, out) = unsafe {
        let arg = |k: usize| std::slice::from_raw_parts((*args.add(k)).cast::<u64>(), n);
        (arg(0), arg(1), arg(2), std::slice::from_raw_parts_mut(out.cast::<MaybeUninit<F::Out>>(), n))
    };
    let mut start = 0;
    while start < n {
        let mut end = start + run_len(&number[start..], &a[start..], &b[start..], 1);
        let step = number.get(start + 1).map_or(0, |n| n.wrapping_sub(number[start]));
        if (2..=MOST_STEP).contains(&step) {
            end = start + run_len(&number[start..], &a[start..], &b[start..], step);
            spread::<F>(number[start], [a[start], b[start]], step as usize, &mut out[start..end]);
        } else {
            F::fill(number[start], [a[start], b[start]], &mut out[start..end]);
        }
        start = end;
    }
}

/// Numbers up to so far apart are picked from all of a run: those between are made at little cost.
const MOST_STEP: u64 = 4;

/// Writes the results for `first`, `first + step`, ….
fn spread<F: Runs>(first: u64, key: [u64; 2], step: usize, out: &mut [MaybeUninit<F::Out>]) {
    const RUN: usize = 512;
    let mut all = [MaybeUninit::uninit(); RUN];
    let mut at = first;
    for part in out.chunks_mut(RUN / step) {
        let all = &mut all[..(part.len() - 1) * step + 1];
        F::fill(at, key, all);
        part.iter_mut().zip(all.iter().step_by(step)).for_each(|(o, v)| *o = *v);
        at = at.wrapping_add((part.len() * step) as u64);
    }
}

/// A function as [`Runs`] with one more argument for every element.
pub trait RunsWith: 'static {
    /// Type of the result.
    type Out: Element;
    /// Writes the results for the numbers `first..first + out.len()`, with as many further arguments: all of them.
    fn fill(first: u64, key: [u64; 2], more: &[u64], out: &mut [MaybeUninit<Self::Out>]);
}

/// The block function of a function of element number, key and one more argument. It looks for the best instruction set by itself.
pub fn block_of_runs_with<F: RunsWith>() -> Block {
    Block { f: runs_with::<F>, args: [DType::U64; MAX_ARITY], arity: 4, out: F::Out::DTYPE }
}

/// # Safety
/// As [`BlockFn`].
unsafe fn runs_with<F: RunsWith>(args: *const *const u8, out: *mut u8, n: usize) {
    // SAFETY: valid, aligned and initialised for n elements by the caller's promise, and `out` overlaps no argument.
    let (number, a, b, more, out) = unsafe {
        let arg = |k: usize| std::slice::from_raw_parts((*args.add(k)).cast::<u64>(), n);
        (arg(0), arg(1), arg(2), arg(3), std::slice::from_raw_parts_mut(out.cast::<MaybeUninit<F::Out>>(), n))
    };
    let mut start = 0;
    while start < n {
        let end = start + run_len(&number[start..], &a[start..], &b[start..], 1);
        F::fill(number[start], [a[start], b[start]], &more[start..end], &mut out[start..end]);
        start = end;
    }
}

/// How many elements from the first on have numbers `step` apart and one key: looked at a block at a time, which vectorises.
#[inline(always)]
fn run_len(number: &[u64], a: &[u64], b: &[u64], step: u64) -> usize {
    const LOOK: usize = 64;
    let (first, key) = (number[0], [a[0], b[0]]);
    let differ = |i: usize, n: u64, a: u64, b: u64| {
        n.wrapping_sub(first.wrapping_add(step.wrapping_mul(i as u64))) | (a ^ key[0]) | (b ^ key[1])
    };
    let mut i = 0;
    for ((number, a), b) in number.as_chunks::<LOOK>().0.iter().zip(a.as_chunks::<LOOK>().0).zip(b.as_chunks::<LOOK>().0) {
        if (0..LOOK).fold(0, |any, j| any | differ(i + j, number[j], a[j], b[j])) != 0 {
            break;
        }
        i += LOOK;
    }
    while i < number.len() && differ(i, number[i], a[i], b[i]) == 0 {
        i += 1;
    }
    i
}

/// # Safety
/// As [`BlockFn`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn runs_avx2<F: Runs>(args: *const *const u8, out: *mut u8, n: usize) {
    // SAFETY: passed on.
    unsafe { runs::<F>(args, out, n) }
}

/// # Safety
/// As [`BlockFn`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
unsafe fn runs_avx512<F: Runs>(args: *const *const u8, out: *mut u8, n: usize) {
    // SAFETY: passed on.
    unsafe { runs::<F>(args, out, n) }
}

/// Writes `first`, `first + step`, … to `out`.
pub(super) fn count(first: i64, step: i64, out: &mut [i64]) {
    match Isa::detect() {
        // SAFETY: the machine has the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { count_avx512(first, step, out) },
        _ => count_here(first, step, out),
    }
}

#[inline(always)]
fn count_here(first: i64, step: i64, out: &mut [i64]) {
    if step == 1 {
        // The common case without a product, which few instruction sets have for these.
        (0..).zip(out).for_each(|(i, o)| *o = first.wrapping_add(i));
    } else {
        (0..).zip(out).for_each(|(i, o): (i64, _)| *o = first.wrapping_add(step.wrapping_mul(i)));
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn count_avx512(first: i64, step: i64, out: &mut [i64]) {
    count_here(first, step, out);
}
