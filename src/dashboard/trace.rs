//! The trace event format, array form: tasks are complete events, memory is a counter, spills and drops are instants.
//!
//! Times are microseconds. Memory, spills and drops come by interval of the series, tasks as far as they were kept.

use super::record::Record;
use serde_json::{Value, json};
use std::io::{Result, Write};

/// Writes the trace.
pub(super) fn write(record: &Record, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"[")?;
    let mut first = true;
    let mut put = |event: Value| {
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        serde_json::to_writer(&mut *out, &event).map_err(std::io::Error::from)
    };
    put(json!({"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "tilework"}}))?;
    for i in 0..record.n_threads.min(4096) {
        put(json!({"ph": "M", "pid": 1, "tid": i, "name": "thread_name", "args": {"name": format!("thread {i}")}}))?;
    }
    let us = |ns: u64| ns as f64 / 1e3;
    for t in record.sample.tasks() {
        let name = record.layers.get(t.layer as usize).map_or("", |l| l.name.as_str());
        put(json!({
            "ph": "X", "pid": 1, "tid": t.worker, "cat": "task", "name": name, "ts": us(t.start_ns), "dur": us(t.end_ns - t.start_ns),
            "args": {"index": t.task, "read_bytes": t.read_bytes, "written_bytes": t.written_bytes},
        }))?;
    }
    for (i, s) in record.series.intervals.iter().enumerate() {
        let ts = us(i as u64 * record.series.width_ns);
        if let (Some(used), Some(resident)) = (s.used_bytes, s.resident_bytes) {
            let args = json!({"accounted": used, "resident": resident, "budget": record.budget_bytes});
            put(json!({"ph": "C", "pid": 1, "name": "memory (bytes)", "ts": ts, "args": args}))?;
        }
        for (name, bytes) in [("spill", s.spilled_bytes), ("drop", s.dropped_bytes)] {
            if bytes > 0 {
                put(
                    json!({"ph": "i", "s": "p", "pid": 1, "tid": 0, "cat": "memory", "name": name, "ts": ts, "args": {"bytes": bytes}}),
                )?;
            }
        }
    }
    out.write_all(b"\n]\n")
}
