//! What the scheduler goes by besides the graph.

/// Estimates and bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Whether workers can spill to disk at all.
    pub can_spill: bool,
    /// Estimated speed of writing spill files.
    pub write_bytes_per_s: u64,
    /// Estimated speed of reading them back.
    pub read_bytes_per_s: u64,
    /// Times a task is run again after failures that may pass.
    pub max_retries: u8,
    /// Workers that may be lost under a task before it is given up as the cause.
    pub max_losses: u8,
    /// Work, in estimated nanoseconds, sent ahead per slot of a worker.
    pub queue_ns_per_slot: u64,
    /// Most tasks sent ahead per slot.
    pub max_queue_per_slot: u32,
    /// Tasks sent to a worker, per slot, that may have been running when it was lost, and so are suspected of having killed it:
    /// as many as it starts between two reports.
    pub suspects_per_slot: u32,
    /// Whether worker 0 runs nothing but the tasks that must run there.
    pub home_only: bool,
}

impl Default for Limits {
    /// A disk of 800 MB/s, 2 retries, 3 losses, 0.1 ms of work or 256 tasks ahead per slot.
    fn default() -> Self {
        Limits {
            can_spill: true,
            write_bytes_per_s: 800_000_000,
            read_bytes_per_s: 1_600_000_000,
            max_retries: 2,
            max_losses: 3,
            queue_ns_per_slot: 100_000,
            max_queue_per_slot: 256,
            suspects_per_slot: 2,
            home_only: false,
        }
    }
}

impl Limits {
    /// Estimated time to write `bytes` to a spill file and map them back.
    pub(crate) fn spill_ns(&self, bytes: u64) -> u64 {
        let ns = |speed: u64| (u128::from(bytes) * 1_000_000_000 / u128::from(speed.max(1))) as u64;
        ns(self.write_bytes_per_s).saturating_add(ns(self.read_bytes_per_s)).saturating_add(50_000)
    }
}
