//! What people see of a run: a recorder of its events, and from it a report (JSON or a page), a trace and a summary.
//!
//! Reads events only; knows nothing of plans, schedulers or formats. What is kept does not grow with the number of tasks.

mod html;
mod numbers;
mod output;
mod record;
mod recorder;
mod report;
mod sample;
mod series;
mod trace;
mod watchers;

pub use numbers::{format_duration, memory_line};
pub use output::{check_report_path, check_trace_path};
pub use recorder::Recorder;
pub use report::{LayerRow, LongTask, MemoryTotals, PlanTotals, Report, RunTotals, SeriesColumns};
pub use watchers::Watchers;

#[cfg(test)]
mod tests;
