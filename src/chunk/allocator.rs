//! What is asked of the allocator by programs that have chosen mimalloc as theirs (this one, the Python module).
//!
//! Freed memory that is kept serves again without being cleared again, which costs half of the time of a query on tables; but it comes on top
//! of what is in use. So it is kept as long as the budget has room for it and for what tasks are about to take, and given back when it has not.

use parking_lot::Mutex;
use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds after which freed memory goes back to the system, where memory is short and where it is not.
const SOON_MS: c_long = 10;
const LATER_MS: c_long = 1000;
/// The number of the option in mimalloc's `mi_option_e`.
const PURGE_DELAY: c_int = 15;
/// Memory is looked at when tasks have begun that take this part of the budget.
const LOOK_SHARE: u64 = 32;
/// Freed memory is not kept in the last part of the budget, or in so much of it: allocators and threads have some of their own.
const MARGIN_SHARE: u64 = 8;
const MOST_MARGIN: u64 = 64 << 20;
/// But tasks that take no more than this are nobody's concern.
const LEAST_BYTES: u64 = 1 << 20;
/// What was kept by runs before is given back when it is this part of a run's budget.
const KEPT_SHARE: u64 = 8;
/// Memory is given back at once no more often than this.
const PAUSE: Duration = Duration::from_millis(5);

static IS_OURS: AtomicBool = AtomicBool::new(false);
/// The budget of the run, and what the process had when it began.
static BUDGET: AtomicU64 = AtomicU64::new(u64::MAX);
static BASE: AtomicU64 = AtomicU64::new(0);
/// Bytes of tasks that have begun since memory was looked at.
static BEGUN: AtomicU64 = AtomicU64::new(0);
/// When memory was given back at once.
static GIVEN_BACK: Mutex<Option<Instant>> = Mutex::new(None);

/// Has freed memory given back to the system soon, so that it does not come on top of what is in use: a second's worth of freed buffers was seen
/// to be two thirds of a budget of 150 MiB. Runs have it kept longer while there is room. The environment's `MIMALLOC_PURGE_DELAY` comes first.
pub fn give_back_soon() {
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
        IS_OURS.store(true, Ordering::Relaxed);
        set_delay(SOON_MS);
    }
}

/// Has this process do without large pages. Where a virtual machine gets its memory as it touches it, large pages are made of memory that
/// nobody has had yet: a query that took three gigabytes spent two thirds of its time on that. Processes that use the same memory for long
/// are faster with them.
pub fn small_pages() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers alone, and changes nothing but how the system fills memory that is touched from now on.
    unsafe {
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

/// A run begins within `budget_bytes`, in a process whose memory, but for files, is `held_bytes` (asked for only where it matters).
pub fn begin_run(budget_bytes: u64, held_bytes: impl Fn() -> u64) {
    if !IS_OURS.load(Ordering::Relaxed) {
        return;
    }
    let mut held = held_bytes();
    if held > BASE.load(Ordering::Relaxed).saturating_add(budget_bytes / KEPT_SHARE) {
        collect();
        held = held_bytes();
    }
    BASE.store(held, Ordering::Relaxed);
    BUDGET.store(budget_bytes, Ordering::Relaxed);
}

/// Tasks begin that take at most `task_bytes`.
pub fn begin_tasks(task_bytes: u64, held_bytes: impl FnOnce() -> u64) {
    let begun = BEGUN.fetch_add(task_bytes, Ordering::Relaxed).saturating_add(task_bytes);
    let budget = BUDGET.load(Ordering::Relaxed);
    if begun < (budget / LOOK_SHARE).max(LEAST_BYTES) || !IS_OURS.load(Ordering::Relaxed) {
        return;
    }
    BEGUN.store(0, Ordering::Relaxed);
    let held = held_bytes().saturating_sub(BASE.load(Ordering::Relaxed));
    let margin = (budget / MARGIN_SHARE).min(MOST_MARGIN);
    let is_short = held.saturating_add(begun).saturating_add(margin) > budget;
    set_delay(if is_short { SOON_MS } else { LATER_MS });
    // Whoever is at it already does it for all.
    if is_short
        && let Some(mut last) = GIVEN_BACK.try_lock()
        && last.is_none_or(|at| at.elapsed() > PAUSE)
    {
        collect();
        *last = Some(Instant::now());
    }
}

/// Gives freed memory back at once.
fn collect() {
    // SAFETY: may be called at any time, by any thread.
    unsafe { libmimalloc_sys::mi_collect(true) };
}

fn set_delay(ms: c_long) {
    // SAFETY: sets a number that the allocator reads as it frees; the option's number is one of its own.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, ms) };
}
