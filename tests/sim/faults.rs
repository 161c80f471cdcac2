//! What goes wrong in a simulated run, and how often. Each seed turns on some of these only, so that faults meet.

use super::rng::Rng;

/// Chances in a thousand, and counts.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub repeat: u64,
    pub max_delay: u64,
    pub spill_io: u64,
    pub disk_bytes: Option<u64>,
    pub unspillable: u64,
    pub corrupt: u64,
    pub fetch: u64,
    pub retryable: u64,
    pub fatal: u64,
    pub n_losses: u64,
    /// Of the losses: the worker goes on, only nobody hears it.
    pub partition: u64,
    pub rejoin: u64,
    pub poison: bool,
    pub cancel_after: Option<u64>,
}

impl Faults {
    pub fn random(rng: &mut Rng) -> Faults {
        let mut on = |p: u64, most: u64| if rng.permille(p) { 1 + rng.below(most) } else { 0 };
        let mut f = Faults {
            repeat: on(400, 500),
            max_delay: 1 + on(600, 100_000),
            spill_io: on(100, 100),
            unspillable: on(60, 300),
            corrupt: on(300, 300),
            fetch: on(200, 300),
            retryable: on(200, 60),
            fatal: on(40, 20),
            n_losses: on(400, 6),
            partition: on(500, 1000),
            rejoin: 500 + on(800, 500),
            ..Faults::default()
        };
        f.disk_bytes = (on(80, 1) == 1).then(|| on(900, 1_000_000));
        f.poison = on(30, 1) == 1;
        f.cancel_after = (on(40, 1) == 1).then(|| on(1000, 100));
        f
    }
}

/// How often each fault fired, and each way to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    pub repeat: u64,
    pub stale: u64,
    pub reorder: u64,
    pub spill_io: u64,
    pub disk_full: u64,
    pub unspillable: u64,
    pub corrupt: u64,
    pub unreadable: u64,
    pub fetch: u64,
    pub retryable: u64,
    pub fatal: u64,
    pub crash: u64,
    pub partition: u64,
    pub rejoin: u64,
    pub poison: u64,
    pub cancel: u64,
    pub spilled: u64,
    pub dropped: u64,
    pub reruns: u64,
    pub done: u64,
    pub failed: [u64; 8],
}

impl Fired {
    pub fn add(&mut self, o: &Fired) {
        let pairs = [
            (&mut self.repeat, o.repeat),
            (&mut self.stale, o.stale),
            (&mut self.reorder, o.reorder),
            (&mut self.spill_io, o.spill_io),
            (&mut self.disk_full, o.disk_full),
            (&mut self.unspillable, o.unspillable),
            (&mut self.corrupt, o.corrupt),
            (&mut self.unreadable, o.unreadable),
            (&mut self.fetch, o.fetch),
            (&mut self.retryable, o.retryable),
            (&mut self.fatal, o.fatal),
            (&mut self.crash, o.crash),
            (&mut self.partition, o.partition),
            (&mut self.rejoin, o.rejoin),
            (&mut self.poison, o.poison),
            (&mut self.cancel, o.cancel),
            (&mut self.spilled, o.spilled),
            (&mut self.dropped, o.dropped),
            (&mut self.reruns, o.reruns),
            (&mut self.done, o.done),
        ];
        for (a, b) in pairs {
            *a += b;
        }
        for (a, b) in self.failed.iter_mut().zip(o.failed) {
            *a += b;
        }
    }

    /// Faults that never fired.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = [
            (self.repeat, "repeat"),
            (self.stale, "stale"),
            (self.reorder, "reorder"),
            (self.spill_io, "spill_io"),
            (self.disk_full, "disk_full"),
            (self.unspillable, "unspillable"),
            (self.corrupt, "corrupt"),
            (self.unreadable, "unreadable"),
            (self.fetch, "fetch"),
            (self.retryable, "retryable"),
            (self.fatal, "fatal"),
            (self.crash, "crash"),
            (self.partition, "partition"),
            (self.rejoin, "rejoin"),
            (self.poison, "poison"),
            (self.cancel, "cancel"),
            (self.spilled, "spilled"),
            (self.dropped, "dropped"),
            (self.reruns, "reruns"),
            (self.done, "done"),
        ];
        all.iter().filter(|x| x.0 == 0).map(|x| x.1).collect()
    }
}
