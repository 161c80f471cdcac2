//! Several watchers of one run.

use crate::base::event::{Event, Watch, Watcher};
use std::sync::Arc;

/// Passes every event on to each of several watchers, in order.
#[derive(Clone, Default)]
pub struct Watchers(Vec<Arc<dyn Watch>>);

impl Watchers {
    /// Nobody yet.
    pub fn new() -> Watchers {
        Watchers::default()
    }

    /// Adds a watcher.
    #[must_use]
    pub fn with(mut self, watcher: Arc<dyn Watch>) -> Watchers {
        self.0.push(watcher);
        self
    }

    /// What a session takes: nobody (so that a run sends no events), the only one, or all.
    pub fn into_watcher(mut self) -> Watcher {
        match self.0.len() {
            0 | 1 => self.0.pop(),
            _ => Some(Arc::new(self)),
        }
    }
}

impl Watch for Watchers {
    fn event(&self, event: &Event) {
        for w in &self.0 {
            w.event(event);
        }
    }
}
