//! What happened over time, in a fixed number of intervals: when time runs past the last one, neighbours are merged and all
//! intervals become twice as long. Sums stay exact.

use crate::base::event::TaskDone;

/// Most intervals.
pub const N_INTERVALS: usize = 1024;
/// Most threads with a lane of their own; what lies beyond shares the last lane.
pub const N_LANES: usize = 256;
/// Length of an interval at first.
const FIRST_NS: u64 = 500_000;

/// Sums and maxima of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Time in tasks, of all threads.
    pub busy_ns: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub spilled_bytes: u64,
    pub dropped_bytes: u64,
    /// Most accounted memory in a sample; none where there was no sample.
    pub used_bytes: Option<u64>,
    /// Most resident memory in a sample.
    pub resident_bytes: Option<u64>,
}

/// One thread in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Time in tasks.
    pub busy_ns: u64,
    /// The layer that took most of it, if one took more than half (else one of those that took much).
    pub layer: u32,
    /// By how much it leads (Boyer and Moore's majority vote, weighted by time).
    lead_ns: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Series {
    pub width_ns: u64,
    pub intervals: Vec<Interval>,
    pub lanes: Vec<Vec<Cell>>,
}

impl Default for Series {
    fn default() -> Series {
        Series { width_ns: FIRST_NS, intervals: Vec::new(), lanes: Vec::new() }
    }
}

impl Interval {
    fn merge(a: Interval, b: Interval) -> Interval {
        Interval {
            busy_ns: a.busy_ns + b.busy_ns,
            read_bytes: a.read_bytes + b.read_bytes,
            written_bytes: a.written_bytes + b.written_bytes,
            spilled_bytes: a.spilled_bytes + b.spilled_bytes,
            dropped_bytes: a.dropped_bytes + b.dropped_bytes,
            used_bytes: a.used_bytes.max(b.used_bytes),
            resident_bytes: a.resident_bytes.max(b.resident_bytes),
        }
    }
}

impl Cell {
    fn vote(&mut self, layer: u32, ns: u64) {
        if self.layer == layer || self.lead_ns == 0 {
            (self.layer, self.lead_ns) = (layer, self.lead_ns + ns);
        } else if self.lead_ns >= ns {
            self.lead_ns -= ns;
        } else {
            (self.layer, self.lead_ns) = (layer, ns - self.lead_ns);
        }
    }

    fn merge(mut a: Cell, b: Cell) -> Cell {
        a.vote(b.layer, b.lead_ns);
        a.busy_ns += b.busy_ns;
        a
    }
}

fn halve<T: Copy>(list: &mut Vec<T>, merge: impl Fn(T, T) -> T) {
    *list = list.chunks(2).map(|c| if c.len() == 2 { merge(c[0], c[1]) } else { c[0] }).collect();
}

impl Series {
    /// The interval that holds `at_ns`.
    pub fn at(&mut self, at_ns: u64) -> &mut Interval {
        let i = self.index(at_ns);
        &mut self.intervals[i]
    }

    fn index(&mut self, at_ns: u64) -> usize {
        while at_ns / self.width_ns >= N_INTERVALS as u64 {
            halve(&mut self.intervals, Interval::merge);
            self.lanes.iter_mut().for_each(|l| halve(l, Cell::merge));
            self.width_ns = self.width_ns.saturating_mul(2);
        }
        let i = (at_ns / self.width_ns) as usize;
        if i >= self.intervals.len() {
            self.intervals.resize(i + 1, Interval::default());
        }
        i
    }

    /// Spreads a task's time and bytes evenly over the intervals it ran in.
    pub fn task(&mut self, t: &TaskDone) {
        let last = self.index(t.end_ns.max(t.start_ns));
        let first = self.index(t.start_ns);
        let lane = (t.worker as usize).min(N_LANES - 1);
        if lane >= self.lanes.len() {
            self.lanes.resize(lane + 1, Vec::new());
        }
        let lane = &mut self.lanes[lane];
        if lane.len() <= last {
            lane.resize(last + 1, Cell::default());
        }
        let ns = t.end_ns.saturating_sub(t.start_ns);
        let (mut read, mut written, mut busy) = (0, 0, 0);
        for (i, cell) in lane.iter_mut().enumerate().take(last + 1).skip(first) {
            // The share up to the end of this interval, less what the earlier ones got: the sum is exact.
            let until = ((i as u64 + 1).saturating_mul(self.width_ns)).min(t.end_ns).saturating_sub(t.start_ns);
            let share = |n: u64| if i == last { n } else { (u128::from(n) * u128::from(until) / u128::from(ns.max(1))) as u64 };
            let now = (share(t.read_bytes), share(t.written_bytes), share(ns));
            let interval = &mut self.intervals[i];
            interval.read_bytes += now.0 - read;
            interval.written_bytes += now.1 - written;
            interval.busy_ns += now.2 - busy;
            cell.vote(t.layer, now.2 - busy);
            cell.busy_ns += now.2 - busy;
            (read, written, busy) = now;
        }
    }
}
