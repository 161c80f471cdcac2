//! Memory of large buffers: whole pages of the system's.
//!
//! Allocators keep what was freed for a while, each thread its own, so that a process holds more than anybody counts. A large
//! buffer given back here either serves the next one of its size or is the system's at once: what a process holds is what is
//! accounted for and at most [`KEEP_BYTES`], whatever allocator the program has. Pages that serve again need not be cleared
//! again, which costs as much as a simple kernel takes to fill them.

use memmap2::MmapMut;
use parking_lot::Mutex;

/// Buffers of at least this many bytes are made here.
pub(super) const LARGE: usize = 256 << 10;
/// Most bytes kept for buffers to come; part of what a process is granted beside its budget.
pub const KEEP_BYTES: usize = 16 << 20;
/// From this size on, the system is asked for large pages.
const HUGE: usize = 2 << 20;

/// What was given back, the oldest first.
static FREE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// At least `len` bytes, zeros if `zeroed`, else of unspecified value. None when the system has no more.
pub(super) fn take(len: usize, zeroed: bool) -> Option<MmapMut> {
    let fits = |m: &MmapMut| (len..=len + len / 8).contains(&m.len());
    let kept = {
        let mut free = FREE.lock();
        free.iter().rposition(fits).map(|i| free.remove(i))
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
    let mut dropped = Vec::new(); // unmapped after the lock is let go
    if map.len() > KEEP_BYTES {
        return drop(map);
    }
    let mut free = FREE.lock();
    let mut held = map.len() + free.iter().map(|m| m.len()).sum::<usize>();
    while held > KEEP_BYTES {
        let oldest = free.remove(0);
        held -= oldest.len();
        dropped.push(oldest);
    }
    free.push(map);
    drop(free);
    drop(dropped);
}
