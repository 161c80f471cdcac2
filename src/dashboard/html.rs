//! The report as one page that needs nothing else: no network, no other files. Everything that comes from outside of this
//! folder (names, settings, errors) is escaped; charts are drawn by the page's own script from the data inside of it.

use super::numbers::format_duration;
use super::record::Record;
use super::report::Report;
use crate::base::bytes::format_bytes;
use crate::base::{Error, Result};
use serde_json::json;
use std::fmt::Write;

/// Up to so many tasks are drawn one by one; beyond, threads are drawn by how busy they were, and the longest tasks on top.
const MOST_DRAWN: u64 = 20_000;
/// Most lanes drawn.
const MOST_LANES: usize = 64;

/// Text as it may stand in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The page.
pub(super) fn page(report: &Report, record: &Record) -> Result<String> {
    let mut body = String::new();
    verdict(&mut body, report);
    cards(&mut body, report);
    charts(&mut body, report);
    table(&mut body, report);
    settings(&mut body, report);
    let data = data(report, record)?;
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Tilework run: {}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <div id=\"tip\" role=\"status\" hidden></div>\n<script type=\"application/json\" id=\"data\">{data}</script>\n\
         <script>\n{}\n{}</script>\n</body>\n</html>\n",
        if failed(report) { "failed" } else { "finished" },
        include_str!("page/page.css"),
        include_str!("page/charts.js"),
        include_str!("page/timeline.js"),
    ))
}

fn failed(r: &Report) -> bool {
    r.ok == Some(false)
}

fn verdict(out: &mut String, r: &Report) {
    let (class, word) = match r.ok {
        Some(true) => ("good", "Finished"),
        Some(false) => ("bad", "Failed"),
        None => ("open", "Not finished"),
    };
    let command =
        r.settings.get("command").map_or(String::new(), |c| format!("<p class=\"command\"><code>{}</code></p>", escape(c)));
    let _ = writeln!(
        out,
        "<header><p class=\"brand\">Tilework run report</p><h1><span class=\"pill {class}\">{word}</span> {} {}</h1>{command}</header>",
        if failed(r) { "after" } else { "in" },
        format_duration(r.end_ns())
    );
    if let Some(error) = &r.error {
        let _ =
            writeln!(out, "<section class=\"error\" role=\"alert\"><h2>Why it failed</h2><pre>{}</pre></section>", escape(error));
    }
}

fn card(out: &mut String, name: &str, value: &str, note: &str, meter: Option<f64>) {
    let meter = meter.map_or(String::new(), |m| {
        let class = if m > 1.0 { " class=\"over\"" } else { "" };
        format!("<div class=\"meter\"><i{class} style=\"width:{:.1}%\"></i></div>", m.clamp(0.0, 1.0) * 100.0)
    });
    let _ = writeln!(
        out,
        "<div class=\"card\"><h2>{}</h2><p class=\"value\">{}</p>{meter}<p class=\"note\">{}</p></div>",
        escape(name),
        escape(value),
        escape(note)
    );
}

fn cards(out: &mut String, r: &Report) {
    let (t, m) = (&r.totals, &r.memory);
    let share = |a: u64, b: u64| a as f64 / b.max(1) as f64;
    let threads = f64::from(t.n_threads.max(1)) * t.seconds;
    let busy = if threads > 0.0 { t.busy_seconds / threads } else { 0.0 };
    let n_threads = if t.n_threads == 1 { "1 thread".to_string() } else { format!("{} threads", t.n_threads) };
    let speed = |n: u64| {
        if t.seconds > 0.0 && n > 0 { format!("{}/s", format_bytes((n as f64 / t.seconds) as u64)) } else { "none".to_string() }
    };
    out.push_str("<section class=\"cards\" aria-label=\"Totals\">\n");
    let budget = format!("of a budget of {}; accounted {}", format_bytes(m.budget_bytes), format_bytes(m.peak_accounted_bytes));
    card(out, "Peak memory", &format_bytes(m.peak_process_bytes), &budget, Some(share(m.peak_process_bytes, m.budget_bytes)));
    let planned = if t.n_tasks == r.plan.n_tasks { String::new() } else { format!(" of {} planned", grouped(r.plan.n_tasks)) };
    card(
        out,
        "Tasks",
        &format!("{}{planned}", grouped(t.n_tasks)),
        &format!("{n_threads}, {:.0} % busy", busy * 100.0),
        Some(busy),
    );
    card(out, "Read", &format_bytes(t.read_bytes), &speed(t.read_bytes), None);
    card(out, "Written", &format_bytes(t.written_bytes), &speed(t.written_bytes), None);
    let dropped = if t.dropped_bytes > 0 {
        format!("dropped to make again: {}", format_bytes(t.dropped_bytes).replace(' ', "\u{a0}"))
    } else {
        String::new()
    };
    let dropped = if dropped.is_empty() && t.spilled_bytes == 0 { "everything stayed in memory".to_string() } else { dropped };
    card(out, "Spilled", &format_bytes(t.spilled_bytes), &dropped, None);
    out.push_str("</section>\n");
}

fn charts(out: &mut String, r: &Report) {
    let note = if r.totals.n_tasks <= MOST_DRAWN {
        "Every task is drawn."
    } else {
        "There are too many tasks to draw each: the height of a bar is how busy the thread was, its colour the layer that took most; \
         the longest tasks are drawn on top. All sums are exact."
    };
    let _ = write!(
        out,
        "<section id=\"tasks\"><h2>Tasks by thread</h2><p class=\"note\">{note} Drag to look closer, double-click to see all.</p>\
         <div id=\"legend\" class=\"legend\"></div><div class=\"plot\"><canvas id=\"lanes\" role=\"img\" \
         aria-label=\"Tasks by thread over time\"></canvas></div><p id=\"lanes-note\" class=\"note\"></p></section>\n\
         <section id=\"memory\"><h2>Memory</h2><div class=\"legend\"><span><i class=\"key used\"></i>accounted (chunks and reservations)</span>\
         <span><i class=\"key resident\"></i>resident (whole process)</span><span><i class=\"key budget\"></i>budget</span></div>\
         <div class=\"plot\" id=\"memory-plot\"></div></section>\n\
         <section id=\"bytes\"><h2>Bytes per second</h2><div class=\"legend\"><span><i class=\"key read\"></i>read</span>\
         <span><i class=\"key written\"></i>written</span><span><i class=\"key spilled\"></i>spilled</span></div>\
         <div class=\"plot\" id=\"bytes-plot\"></div></section>\n"
    );
}

fn table(out: &mut String, r: &Report) {
    out.push_str("<section id=\"layers\"><h2>Operations</h2><div class=\"scroll\"><table><thead><tr>");
    let heads = ["Operation", "Tasks", "Total time", "Share", "Mean", "Longest", "Read", "Written"];
    for (i, h) in heads.iter().enumerate() {
        let sort = if i == 2 { " aria-sort=\"descending\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{sort}><button type=\"button\">{h}</button></th>");
    }
    out.push_str("</tr></thead><tbody>\n");
    let all = r.totals.busy_seconds.max(f64::MIN_POSITIVE);
    let time = |s: f64| if s > 0.0 { format_duration((s * 1e9) as u64) } else { "–".to_string() };
    let mut rows: Vec<usize> = (0..r.layers.len()).collect();
    rows.sort_by(|&a, &b| r.layers[b].total_seconds.total_cmp(&r.layers[a].total_seconds).then(a.cmp(&b)));
    for i in rows {
        let l = &r.layers[i];
        let share = l.total_seconds / all * 100.0;
        let tasks = if l.n_tasks == l.n_planned {
            grouped(l.n_tasks)
        } else {
            format!("{} of {}", grouped(l.n_tasks), grouped(l.n_planned))
        };
        let bytes = |n: u64| if n == 0 { "–".to_string() } else { format_bytes(n) };
        let _ = writeln!(
            out,
            "<tr data-layer=\"{i}\"><td data-v=\"{n}\"><i class=\"key\"></i>{n}</td><td data-v=\"{}\">{tasks}</td>\
             <td data-v=\"{}\">{}</td><td data-v=\"{share}\"><span class=\"bar\"><i style=\"width:{share:.1}%\"></i></span>{share:.1} %</td>\
             <td data-v=\"{}\">{}</td><td data-v=\"{}\">{}</td><td data-v=\"{}\">{}</td><td data-v=\"{}\">{}</td></tr>",
            l.n_tasks,
            l.total_seconds,
            time(l.total_seconds),
            l.mean_seconds,
            time(l.mean_seconds),
            l.max_seconds,
            time(l.max_seconds),
            l.read_bytes,
            bytes(l.read_bytes),
            l.written_bytes,
            bytes(l.written_bytes),
            n = escape(&l.name),
        );
    }
    out.push_str("</tbody></table></div></section>\n");
}

fn settings(out: &mut String, r: &Report) {
    out.push_str("<section id=\"settings\"><h2>Settings and plan</h2><dl>");
    let mut put = |name: &str, value: &str| {
        let _ = write!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
    };
    for (name, value) in r.settings.iter().filter(|(n, _)| *n != "command") {
        put(name, value);
    }
    put("tasks planned", &format!("{} in {} layers", grouped(r.plan.n_tasks), r.layers.len()));
    put("projected memory", &format_bytes(r.plan.projected_bytes));
    put("memory budget", &format_bytes(r.memory.budget_bytes));
    put("peak of chunks and reservations", &format_bytes(r.memory.peak_accounted_bytes));
    put("peak of the process", &format_bytes(r.memory.peak_process_bytes));
    if let Some(n) = r.memory.peak_group_bytes {
        put("peak of its control group, with file cache", &format_bytes(n));
    }
    if r.plan.n_runs > 1 {
        put("runs", &r.plan.n_runs.to_string());
    }
    put("version", r.version);
    out.push_str("</dl></section>\n");
}

/// The report and what only the page draws, as JSON that may stand in a script element.
fn data(r: &Report, record: &Record) -> Result<String> {
    let every = r.totals.n_tasks <= MOST_DRAWN;
    let mut tasks = if every { record.sample.tasks() } else { record.sample.longest() };
    tasks.retain(|t| (t.worker as usize) < MOST_LANES);
    tasks.sort_by_key(|t| (t.start_ns, t.worker, t.task));
    let tenths_us = |ns: u64| ns / 100;
    let lanes: Vec<Vec<(u64, u32)>> = if every {
        vec![]
    } else {
        let width = record.series.width_ns.max(1);
        let lane = |l: &Vec<super::series::Cell>| l.iter().map(|c| ((c.busy_ns * 100 / width).min(100), c.layer)).collect();
        record.series.lanes.iter().take(MOST_LANES).map(lane).collect()
    };
    let tasks: Vec<_> =
        tasks.iter().map(|t| (t.layer, t.task, t.worker, tenths_us(t.start_ns), tenths_us(t.end_ns - t.start_ns))).collect();
    let data = json!({"report": r, "lanes": lanes, "n_lanes": r.totals.n_threads.min(MOST_LANES as u32), "tasks": tasks});
    let text = serde_json::to_string(&data).map_err(|e| Error::bug(format!("the report's data: {e}")))?;
    Ok(text.replace('<', "\\u003c")) // so that no name can end the element
}

/// A count with thin spaces between thousands.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}
