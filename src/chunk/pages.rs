//! Memory of large buffers: whole pages of the system's.
//!
//! Allocators keep what was freed for a while, each thread its own, so that a process holds more than anybody counts. A large
//! buffer given back here either serves the next one of its size or is the system's at once, whatever allocator the program
//! has. Pages that serve again need not be cleared again, which costs as much as a simple kernel takes to fill them.
//!
//! What is kept is at most what was last allowed: who runs tasks within a budget allows what they have used before and do not now, and
//! promises what tasks that are about to run will take. A promise is kept at hand until they take it, or other memory in its place.
//! What is kept and what is out are together never more than was out at a time before.

use memmap2::MmapMut;
use parking_lot::Mutex;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Buffers of at least this many bytes are made here.
pub const LARGE: usize = 256 << 10;
/// From this size on, the system is asked for large pages.
const HUGE: usize = 2 << 20;
/// Most bytes ever kept: more makes a process look large and nothing faster.
const MOST: usize = 256 << 20;

/// Bytes that may be kept beside those promised.
static ALLOWED: AtomicUsize = AtomicUsize::new(0);
/// Bytes that tasks will take and have not taken yet.
static PROMISED: AtomicUsize = AtomicUsize::new(0);
/// Bytes that are kept: the sum over `FREE`, which changes under its lock.
static KEPT: AtomicUsize = AtomicUsize::new(0);
/// Bytes that were taken and not given back, and the most of them since a run was over.
static OUT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// What was given back, the oldest first.
static FREE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

thread_local! {
    /// What was promised to the task that runs on this thread, and is left of it.
    static MINE: Cell<usize> = const { Cell::new(0) };
}

/// Allows `bytes` to be kept from now on; what is kept beyond is the system's again at once.
pub fn allow(bytes: u64) {
    ALLOWED.store(usize::try_from(bytes).unwrap_or(usize::MAX), Ordering::Relaxed);
    trim();
}

/// The end of a run: nothing may be kept any more.
pub fn over() {
    PEAK.store(OUT.load(Ordering::Relaxed), Ordering::Relaxed);
    allow(0);
}

/// Keeps `bytes` at hand for a task that will run.
pub fn promise(bytes: usize) {
    PROMISED.fetch_add(bytes, Ordering::Relaxed);
}

/// A task to which so much was promised runs on this thread until what this gives is dropped.
pub fn redeem(bytes: usize) -> Redeemed {
    MINE.set(bytes);
    Redeemed
}

/// The end of a promise; see [`redeem`].
pub struct Redeemed;

impl Drop for Redeemed {
    fn drop(&mut self) {
        withdraw(MINE.take());
    }
}

/// Takes back a promise to a task that will not run.
pub fn withdraw(bytes: usize) {
    if bytes > 0 {
        let _ = PROMISED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |p| Some(p.saturating_sub(bytes)));
    }
}

/// Most bytes that may be kept now.
fn limit() -> usize {
    let were_out = PEAK.load(Ordering::Relaxed).saturating_sub(OUT.load(Ordering::Relaxed));
    ALLOWED.load(Ordering::Relaxed).saturating_add(PROMISED.load(Ordering::Relaxed)).min(were_out).min(MOST)
}

/// Counts bytes that are taken.
fn count(len: usize) {
    let out = OUT.fetch_add(len, Ordering::Relaxed) + len;
    PEAK.fetch_max(out, Ordering::Relaxed);
}

/// Gives the system what is kept beyond the limit.
fn trim() {
    if KEPT.load(Ordering::Relaxed) > limit() {
        let beyond = oldest_beyond(limit(), &mut FREE.lock());
        drop(beyond); // unmapped after the lock is let go
    }
}

/// Takes the oldest out of `free` until the rest is within `allowed`; to be dropped without the lock.
fn oldest_beyond(allowed: usize, free: &mut Vec<MmapMut>) -> Vec<MmapMut> {
    let mut held: usize = free.iter().map(|m| m.len()).sum();
    let mut n = 0;
    while held > allowed && n < free.len() {
        held -= free[n].len();
        n += 1;
    }
    KEPT.store(held, Ordering::Relaxed);
    free.drain(..n).collect()
}

/// At least `len` bytes, zeros if `zeroed`, else of unspecified value. None when the system has no more.
pub(super) fn take(len: usize, zeroed: bool) -> Option<MmapMut> {
    let fits = |m: &MmapMut| (len..=len + len / 8).contains(&m.len());
    let kept = {
        let mut free = FREE.lock();
        let found = free.iter().rposition(fits).map(|i| free.remove(i));
        KEPT.fetch_sub(found.as_ref().map_or(0, |m| m.len()), Ordering::Relaxed);
        found
    };
    let promised = MINE.get().min(len);
    MINE.set(MINE.get() - promised);
    withdraw(promised);
    count(kept.as_ref().map_or(len, |m| m.len()));
    if let Some(mut map) = kept {
        if zeroed {
            map[..len].fill(0);
        }
        return Some(map);
    }
    trim(); // the new pages come in the place of those that were kept for them
    let map = MmapMut::map_anon(len).ok()?;
    #[cfg(target_os = "linux")]
    if len >= HUGE {
        let _ = map.advise(memmap2::Advice::HugePage); // a wish: without large pages all is as right, only slower
    }
    Some(map)
}

/// Takes back what [`take`] gave.
pub(super) fn give_back(map: MmapMut) {
    OUT.fetch_sub(map.len(), Ordering::Relaxed);
    let mut free = FREE.lock();
    free.push(map);
    let beyond = oldest_beyond(limit(), &mut free);
    drop(free);
    drop(beyond); // unmapped after the lock is let go
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_serve_again_as_far_as_is_allowed() {
        // Sizes of this test's own: others run beside it.
        let n = (3 << 20) + 4096 * 7;
        allow(64 << 20);
        let mut map = take(n, true).unwrap();
        // Another test's, a little longer, may serve here.
        assert!(map[..n].iter().all(|&b| b == 0));
        map.fill(7);
        give_back(map);
        assert!(take(n, true).unwrap()[..n].iter().all(|&b| b == 0), "zeros are asked for and given, used before or not");
        over();
        assert!(KEPT.load(Ordering::Relaxed) == 0 || !FREE.lock().iter().any(|m| m.len() == n));
    }

    #[test]
    fn what_is_promised_is_kept_until_it_is_taken() {
        let n = (3 << 20) + 4096 * 11;
        let is_free = || FREE.lock().iter().any(|m| m.len() == n);
        // Runs of other tests may end meanwhile, after which nothing is kept.
        let kept = (0..1000).any(|_| {
            let map = take(n, false).unwrap();
            promise(n);
            give_back(map);
            let kept = is_free();
            let task = redeem(n);
            let map = take(n, false).unwrap();
            assert!(MINE.get() == 0 && !is_free(), "taken");
            drop(task);
            give_back(map);
            kept
        });
        assert!(kept);
        let task = redeem(5);
        assert_eq!(MINE.get(), 5);
        drop(task);
        assert_eq!(MINE.get(), 0, "forgone");
    }
}
