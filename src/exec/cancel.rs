//! A way to stop a run from elsewhere (Ctrl-C, another thread).

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Stops the runs it was given to. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    /// Set to have the waiting thread look around.
    poked: Mutex<bool>,
    wake: Condvar,
}

impl CancelToken {
    /// A token nobody has cancelled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Stops the runs, soon. Takes a lock: call it from a thread, not from inside a signal handler.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.poke();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Wakes whoever is in [`wait`](Self::wait).
    pub(crate) fn poke(&self) {
        *self.0.poked.lock() = true;
        self.0.wake.notify_all();
    }

    /// Sleeps until poked or cancelled, or `time` is over.
    pub(crate) fn wait(&self, time: Duration) {
        let mut poked = self.0.poked.lock();
        if !*poked && !self.is_cancelled() {
            self.0.wake.wait_for(&mut poked, time);
        }
        *poked = false;
    }
}
