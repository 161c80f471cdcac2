//! Loops compiled once per instruction set, of generic code that the compiler vectorises anew for each.

use crate::kernel::lanes::Isa;

/// A loop with what it works on. `run` must be `#[inline(always)]`, and safe code, so that it is compiled for the instruction set it
/// is called from.
pub trait Job: Sized {
    /// Runs it.
    fn run(self);
}

/// Runs a loop with the instructions of a set, or with those this machine has if it lacks them. The results are the same bits, as
/// nothing is contracted or reordered.
#[inline]
pub fn run(isa: Isa, job: impl Job) {
    match isa.min(Isa::detect()) {
        // SAFETY: the machine has the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512(job) },
        // SAFETY: the machine has the features.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2(job) },
        _ => job.run(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(job: impl Job) {
    job.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn avx512(job: impl Job) {
    job.run();
}
