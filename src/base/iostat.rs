//! Bytes that this thread has read from and written to storage: what the formats really moved, for reports.
//!
//! Formats count as they read and write; an executor takes the counts after each task. A task runs on one thread.

use std::cell::Cell;

thread_local! {
    static MOVED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Counts bytes read.
pub fn read(bytes: u64) {
    MOVED.with(|m| m.set((m.get().0 + bytes, m.get().1)));
}

/// Counts bytes written.
pub fn written(bytes: u64) {
    MOVED.with(|m| m.set((m.get().0, m.get().1 + bytes)));
}

/// Bytes (read, written) by this thread since the last call.
pub fn take() -> (u64, u64) {
    MOVED.replace((0, 0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_taken_once() {
        super::take();
        super::read(3);
        super::written(5);
        super::read(4);
        assert_eq!(super::take(), (7, 5));
        assert_eq!(super::take(), (0, 0));
    }
}
