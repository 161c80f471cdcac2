//! What is asked of the allocator by programs that have chosen mimalloc as theirs (this one, the Python module).

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicBool, Ordering};

/// Milliseconds after which freed memory goes back to the system, where memory is short; mimalloc's own are 1000.
const SOON_MS: c_long = 10;
const LATER_MS: c_long = 1000;
/// A run that needs no more than this part of its budget has memory to spare, if the budget is not small.
const SPARE: u64 = 4;
const LARGE_BYTES: u64 = 2 << 30;
/// The number of the option in mimalloc's `mi_option_e`.
const PURGE_DELAY: c_int = 15;

static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Has freed memory given back to the system soon, so that it does not come on top of what is in use: a second's worth of freed buffers was seen
/// to be two thirds of a budget of 150 MiB. The environment's `MIMALLOC_PURGE_DELAY` comes first.
pub fn give_back_soon() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        IS_OURS.store(true, Ordering::Relaxed);
        set_delay(SOON_MS);
    }
}

/// For a run that needs `projected_bytes` of `budget_bytes` (asked for only where it matters): where there is much more than it needs, freed memory is kept a second, since
/// pages that are given back have to be cleared again (half of the time of a query on tables).
pub fn begin_run(projected_bytes: impl FnOnce() -> u64, budget_bytes: u64) {
    if IS_OURS.load(Ordering::Relaxed) {
        let spare = budget_bytes >= LARGE_BYTES && projected_bytes() <= budget_bytes / SPARE;
        set_delay(if spare { LATER_MS } else { SOON_MS });
    }
}

fn set_delay(ms: c_long) {
    // SAFETY: sets a number that the allocator reads as it frees; the option's number is one of its own.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, ms) };
}
