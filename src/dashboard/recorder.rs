//! Watches runs and keeps what reports need.

use super::output::{Kind, kind};
use super::record::Record;
use super::report::Report;
use super::{html, numbers, trace};
use crate::base::bytes::format_bytes;
use crate::base::event::{Event, Watch};
use crate::base::{Error, Result};
use crate::format::partial::write_whole;
use parking_lot::Mutex;
use std::path::Path;
use std::time::Instant;

/// Keeps what reports and traces need of one or more runs, in bounded memory (about 10 MB at most): sums by layer are exact;
/// of the tasks one by one, the first 65 536 are kept, beyond that an even sample and the longest.
///
/// ```
/// use std::sync::Arc;
/// use tilework::dashboard::Recorder;
/// use tilework::session::Session;
///
/// let recorder = Arc::new(Recorder::new());
/// let session = Session::new(tilework::Config::default()).with_watcher(Some(recorder.clone()));
/// let x = tilework::array::ones(&[100, 100], tilework::DType::F64, vec![50, 50])?;
/// x.compute_in(&session)?;
/// println!("{}", recorder.summary());
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Recorder(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub record: Record,
    pub begin: Option<Instant>,
    pub settings: Vec<(String, String)>,
    pub error: Option<String>,
}

impl Watch for Recorder {
    fn event(&self, event: &Event) {
        let mut state = self.0.lock();
        let now_ns = state.begin.get_or_insert_with(Instant::now).elapsed().as_nanos() as u64;
        state.record.event(event, now_ns);
    }
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Adds a setting for people to see in the report (the command, the budget, the threads), or replaces it.
    pub fn set(&self, name: &str, value: impl ToString) {
        let settings = &mut self.0.lock().settings;
        let value = value.to_string();
        match settings.iter_mut().find(|(n, _)| n == name) {
            Some((_, v)) => *v = value,
            None => settings.push((name.to_string(), value)),
        }
    }

    /// Says that the work failed, and why: also where a run had not begun or had ended well.
    pub fn fail(&self, error: &Error) {
        self.0.lock().error = Some(error.to_string());
    }

    /// What has been recorded so far.
    pub fn report(&self) -> Report {
        Report::new(&self.0.lock())
    }

    /// Writes the report: JSON or a page, going by the ending. The file appears whole or not at all.
    ///
    /// # Errors
    /// Those of [`check_report_path`](super::check_report_path), or a file that cannot be written.
    pub fn write_report(&self, path: &Path) -> Result<()> {
        let kind = kind(path)?;
        let report = self.report();
        match kind {
            Kind::Json => write_whole(path, |out| {
                serde_json::to_writer_pretty(&mut *out, &report)?;
                out.write_all(b"\n")
            }),
            Kind::Html => {
                let page = html::page(&report, &self.0.lock().record)?;
                write_whole(path, |out| out.write_all(page.as_bytes()))
            }
        }
    }

    /// Writes a trace for trace viewers (the array form of the trace event format): tasks by thread, memory, spills, drops.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_trace(&self, path: &Path) -> Result<()> {
        let state = self.0.lock();
        write_whole(path, |out| trace::write(&state.record, out))
    }

    /// One or two lines for the terminal: time, tasks, bytes; memory against the budget, spills.
    pub fn summary(&self) -> String {
        let r = self.report();
        let t = &r.totals;
        let verdict = if r.error.is_some() || r.ok == Some(false) { "failed after" } else { "done in" };
        let mut text = format!("{verdict} {}: {} tasks", numbers::format_duration(r.end_ns()), t.n_tasks);
        for (n, what) in [(t.read_bytes, "read"), (t.written_bytes, "written")] {
            if n > 0 {
                text += &format!(", {what} {}", format_bytes(n));
            }
        }
        text += "\n";
        text += &numbers::peak_line(r.memory.peak_process_bytes, r.memory.budget_bytes);
        for (n, what) in [(t.spilled_bytes, "spilled"), (t.dropped_bytes, "dropped and made again")] {
            if n > 0 {
                text += &format!(", {what} {}", format_bytes(n));
            }
        }
        text
    }

    #[cfg(test)]
    pub(super) fn event_at(&self, event: &Event, now_ns: u64) {
        self.0.lock().record.event(event, now_ns);
    }
}
