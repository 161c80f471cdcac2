//! Memory of large buffers: whole pages of the system's.
//!
//! Allocators keep what was freed for a while, each thread its own, so that a process holds more than anybody counts. A large
//! buffer given back here either serves the next one of its size or is the system's at once, whatever allocator the program
//! has. Pages that serve again need not be cleared again, which costs as much as a simple kernel takes to fill them.
//!
//! What is kept is at most what was last allowed: who runs tasks within a budget allows what they have used before and do not now.

use memmap2::MmapMut;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Buffers of at least this many bytes are made here.
pub(super) const LARGE: usize = 256 << 10;
/// From this size on, the system is asked for large pages.
const HUGE: usize = 2 << 20;
/// Most bytes ever kept: more makes a process look large and nothing faster.
const MOST: u64 = 256 << 20;

/// Bytes that may be kept.
static ALLOWED: AtomicUsize = AtomicUsize::new(0);
/// Bytes that are kept: the sum over `FREE`, which changes under its lock.
static KEPT: AtomicUsize = AtomicUsize::new(0);
/// What was given back, the oldest first.
static FREE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// Allows `bytes` to be kept from now on; what is kept beyond is the system's again at once.
pub fn allow(bytes: u64) {
    let allowed = bytes.min(MOST) as usize;
    ALLOWED.store(allowed, Ordering::Relaxed);
    if KEPT.load(Ordering::Relaxed) > allowed {
        drop(oldest_beyond(allowed, &mut FREE.lock()));
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
    if let Some(mut map) = kept {
        if zeroed {
            map[..len].fill(0);
        }
        return Some(map);
    }
    let map = MmapMut::map_anon(len).ok()?;
    #[cfg(target_os = "linux")]
    if len >= HUGE {
        let _ = map.advise(memmap2::Advice::HugePage); // a wish: without large pages all is as right, only slower
    }
    Some(map)
}

/// Takes back what [`take`] gave.
pub(super) fn give_back(map: MmapMut) {
    let mut free = FREE.lock();
    free.push(map);
    let beyond = oldest_beyond(ALLOWED.load(Ordering::Relaxed), &mut free);
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
        assert!(map.iter().all(|&b| b == 0));
        map.fill(7);
        give_back(map);
        assert!(take(n, true).unwrap().iter().all(|&b| b == 0), "zeros are asked for and given, used before or not");
        allow(0);
        assert!(KEPT.load(Ordering::Relaxed) == 0 || !FREE.lock().iter().any(|m| m.len() == n));
    }
}
