//! Runs a piece of work compiled for the best instruction set of this machine.
//!
//! The work is generic code that the compiler vectorises anew for each set. It is written with a fixed number of lanes and
//! without fused multiply-add, so that every set gives the same bits.

use crate::kernel::element::Isa;
use std::sync::OnceLock;

/// Work to compile for several instruction sets; `run` must be `#[inline(always)]`, and so must all that it calls.
pub(super) trait Work {
    fn run(self);
}

/// The best instruction set of this machine that kernels are compiled for.
pub(super) fn detect() -> Isa {
    static ISA: OnceLock<Isa> = OnceLock::new();
    *ISA.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            let has_512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            if has_512 {
                return Isa::Avx512;
            }
            if is_x86_feature_detected!("avx2") {
                return Isa::Avx2;
            }
        }
        Isa::Baseline
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<W: Work>(w: W) {
    w.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<W: Work>(w: W) {
    w.run();
}

/// Runs `w` on `isa`, which must come from [`detect`] (or be a lesser one).
#[inline]
pub(super) fn run<W: Work>(isa: Isa, w: W) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` was detected on this machine.
        Isa::Avx512 => unsafe { avx512(w) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { avx2(w) },
        _ => w.run(),
    }
}
