//! Times and memory in words.

use crate::base::bytes::format_bytes;
use crate::exec::memory::peak_resident_bytes;
use crate::plan::project::RESERVE_BYTES;

/// A time for people: `85 µs`, `1.25 s`, `3 min 20 s`, `2 h 5 min`.
pub fn format_duration(ns: u64) -> String {
    let s = ns as f64 / 1e9;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", ns / 1_000),
        1_000_000..100_000_000 => format!("{:.1} ms", s * 1e3),
        100_000_000..10_000_000_000 => format!("{s:.2} s"),
        10_000_000_000..100_000_000_000 => format!("{s:.1} s"),
        _ => {
            let s = ns / 1_000_000_000;
            if s < 3600 { format!("{} min {} s", s / 60, s % 60) } else { format!("{} h {} min", s / 3600, s / 60 % 60) }
        }
    }
}

/// This process's peak memory against its budget, for the end of a run.
pub fn memory_line(budget_bytes: u64) -> String {
    peak_line(peak_resident_bytes(), budget_bytes)
}

/// A process's peak memory against a budget, beside which it has some for itself.
pub(super) fn peak_line(peak_bytes: u64, budget_bytes: u64) -> String {
    let say = format_bytes;
    format!("peak memory {} of a budget of {} and {} for the process", say(peak_bytes), say(budget_bytes), say(RESERVE_BYTES))
}
