use super::series::{N_INTERVALS, Series};
use super::{Recorder, Watchers, check_report_path, check_trace_path, format_duration};
use crate::base::event::{Event, TaskDone};
use crate::base::{DType, Error};
use crate::session::Session;
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const MS: u64 = 1_000_000;

fn planned(layers: &[&str], tasks: &[usize]) -> Event {
    Event::Planned {
        n_tasks: tasks.iter().sum(),
        layers: layers.iter().map(|s| s.to_string()).collect(),
        layer_tasks: tasks.to_vec(),
        projected_bytes: 200 << 20,
        budget_bytes: 256 << 20,
    }
}

fn task(layer: u32, task: u32, worker: u32, start_ns: u64, ns: u64) -> TaskDone {
    TaskDone { layer, task, worker, start_ns, end_ns: start_ns + ns, read_bytes: 0, written_bytes: 0 }
}

/// A run of `n` tasks on four threads with everything in it; deterministic.
fn synthetic(n: usize) -> Recorder {
    let r = Recorder::new();
    let (reads, rest) = (n.div_ceil(2), n / 2);
    r.event_at(&planned(&["read <scene>.tif", "mean, sqrt & \"std\"", "write out.npy"], &[reads, rest / 2, rest - rest / 2]), 0);
    let mut ends = [0u64; 4];
    for i in 0..n {
        let worker = i % 4;
        let layer = if i < reads { 0 } else { 1 + (i - reads) % 2 };
        let ns = 200_000 + (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % (3 * MS);
        let t = TaskDone {
            read_bytes: if layer == 0 { 1 << 20 } else { 0 },
            written_bytes: if layer == 2 { 300_000 } else { 0 },
            ..task(layer as u32, i as u32, worker as u32, ends[worker], ns)
        };
        ends[worker] += ns + 20_000;
        r.event_at(&Event::TasksDone(vec![t]), 0);
        if i % 50 == 0 {
            let used_bytes = (60 + 120 * (i as u64 * 7 / n.max(1) as u64 % 3)) << 20;
            let at_ns = ends[worker];
            r.event_at(
                &Event::Memory {
                    at_ns,
                    used_bytes: used_bytes / 2,
                    peak_bytes: used_bytes,
                    resident_bytes: used_bytes + (20 << 20),
                },
                0,
            );
            r.event_at(&Event::Spilled { at_ns, bytes: 5 << 20 }, 0);
        }
    }
    r.event_at(&Event::Dropped { at_ns: ends[0], bytes: 77 }, 0);
    r.event_at(&Event::Finished { at_ns: ends.into_iter().max().unwrap(), ok: true }, 0);
    r
}

fn written(r: &Recorder, name: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    r.write_report(&path).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "something temporary was left");
    std::fs::read_to_string(path).unwrap()
}

fn parsed(r: &Recorder) -> Value {
    serde_json::from_str(&written(r, "run.json")).unwrap()
}

#[test]
fn sums_by_layer_are_exact_for_more_tasks_than_are_kept() {
    let n = 100_001;
    let r = synthetic(n);
    let v = parsed(&r);
    assert_eq!((&v["totals"]["n_tasks"], &v["plan"]["n_tasks"], &v["ok"]), (&n.into(), &n.into(), &true.into()));
    assert_eq!(v["totals"]["read_bytes"], 50_001u64 << 20);
    assert_eq!(v["layers"][2]["written_bytes"], 25_000 * 300_000u64);
    assert_eq!(v["totals"]["spilled_bytes"], 2001u64 * (5 << 20));
    assert_eq!(v["totals"]["dropped_bytes"], 77);
    for (name, total) in [("read_bytes", "read_bytes"), ("written_bytes", "written_bytes"), ("spilled_bytes", "spilled_bytes")] {
        let column = v["series"][name].as_array().unwrap();
        assert!(column.len() <= N_INTERVALS);
        assert_eq!(column.iter().map(|x| x.as_u64().unwrap()).sum::<u64>(), v["totals"][total].as_u64().unwrap(), "{name}");
    }
    let longest = v["longest_tasks"].as_array().unwrap();
    let longest_of_all = v["layers"].as_array().unwrap().iter().map(|l| l["max_seconds"].as_f64().unwrap()).fold(0.0, f64::max);
    assert_eq!(longest[0]["seconds"].as_f64().unwrap(), longest_of_all);
    assert_eq!(v["memory"]["peak_accounted_bytes"], 300u64 << 20);
    let page = written(&r, "run.html");
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("too many tasks to draw each"));
}

#[test]
fn the_page_stands_alone_and_is_escaped() {
    let r = synthetic(300);
    r.set("command", "tilework run '</script><img onerror=x>'");
    r.fail(&Error::usage("<b>no</b> & </script>"));
    let page = written(&r, "run.html");
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains("<scene>") && !page.contains("<img") && !page.contains("<b>no"));
    assert!(page.contains("read &lt;scene&gt;.tif") && page.contains("mean, sqrt &amp; &quot;std&quot;"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("Failed") && page.contains("&lt;b&gt;no&lt;/b&gt;") && page.contains("Every task is drawn"));
    let from = page.find("id=\"data\">").unwrap() + 10;
    let data: Value = serde_json::from_str(&page[from..page[from..].find("</script>").unwrap() + from]).unwrap();
    assert_eq!(data["tasks"].as_array().unwrap().len(), 300);
    assert_eq!(data["report"]["layers"][0]["name"], "read <scene>.tif");
}

#[test]
fn nothing_recorded_still_gives_a_report() {
    let r = Recorder::new();
    let v = parsed(&r);
    assert_eq!((&v["ok"], &v["totals"]["n_tasks"]), (&Value::Null, &0.into()));
    assert!(written(&r, "run.html").contains("Not finished"));
}

#[test]
fn the_trace_has_every_task_memory_and_spills() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace.json");
    synthetic(300).write_trace(&path).unwrap();
    let v: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of = |ph: &str| v.iter().filter(|e| e["ph"] == ph).count();
    assert_eq!(of("X"), 300);
    assert_eq!(of("M"), 5);
    assert!(of("C") > 0 && v.iter().any(|e| e["name"] == "drop" && e["args"]["bytes"] == 77));
    let last = v.iter().filter(|e| e["ph"] == "X").map(|e| e["ts"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(last > 100_000.0, "microseconds: {last}");
    for e in v.iter().filter(|e| e["ph"] == "X") {
        assert!(e["dur"].as_f64().unwrap() >= 200.0 && e["tid"].as_u64().unwrap() < 4 && e["name"].is_string());
    }
}

#[test]
fn several_runs_follow_one_another_and_share_layers() {
    let r = Recorder::new();
    for run in 0..3u32 {
        r.event_at(&planned(&["a", "b", "a"], &[2, 1, 1]), u64::from(run) * 10 * MS);
        r.event_at(&Event::TasksDone((0..4).map(|i| task([0, 0, 1, 2][i as usize], i, 0, u64::from(i) * MS, MS)).collect()), 0);
        r.event_at(&Event::Finished { at_ns: 4 * MS, ok: run != 1 }, 0);
    }
    let v = parsed(&r);
    let counts: Vec<u64> = v["layers"].as_array().unwrap().iter().map(|l| l["n_tasks"].as_u64().unwrap()).collect();
    assert_eq!(counts, [6, 3, 3]);
    assert_eq!((&v["ok"], &v["plan"]["n_runs"], &v["plan"]["n_tasks"]), (&false.into(), &3.into(), &12.into()));
    assert_eq!(v["totals"]["seconds"], 0.024);
    assert!(
        v["longest_tasks"].as_array().unwrap().iter().all(|t| t["index"].as_u64().unwrap() < 2),
        "indices count within a layer"
    );
}

#[test]
fn many_layers_stay_bounded() {
    let r = Recorder::new();
    for run in 0..10 {
        let names: Vec<String> = (0..1000).map(|i| format!("layer {run} {i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        r.event_at(&planned(&names, &[1; 1000]), 0);
        r.event_at(&Event::TasksDone((0..1000).map(|i| task(i, i, i, 0, 5)).collect()), 0);
    }
    let layers = r.report().layers;
    assert_eq!(layers.len(), super::record::N_LAYERS + 1);
    assert_eq!(layers.iter().map(|l| l.n_tasks).sum::<u64>(), 10_000);
    assert_eq!(layers.last().unwrap().n_tasks, 6000);
}

#[test]
fn paths_are_checked_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    check_report_path(&dir.path().join("a.JSON")).unwrap();
    check_report_path(Path::new("a.html")).unwrap();
    check_trace_path(&dir.path().join("t.json")).unwrap();
    let told = |r: crate::Result<()>, part: &str| {
        let e = r.unwrap_err();
        assert!(e.kind() == crate::ErrorKind::Usage && e.to_string().contains(part), "{e}");
    };
    told(check_report_path(Path::new("a.pdf")), ".json or .html");
    told(check_report_path(Path::new("a")), ".json or .html");
    told(check_report_path(&dir.path().join("no/a.html")), "does not exist");
    told(check_trace_path(&dir.path().join("t.html")), ".json");
    std::fs::create_dir(dir.path().join("d.html")).unwrap();
    told(check_report_path(&dir.path().join("d.html")), "is a folder");
}

#[test]
fn a_real_run_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (Arc::new(Recorder::new()), Arc::new(Recorder::new()));
    let config = crate::Config { n_threads: 2, budget_bytes: 256 << 20, ..crate::Config::default() };
    let watchers = Watchers::new().with(first.clone()).with(second.clone());
    let session = Session::new(config).with_watcher(watchers.into_watcher());
    let x = crate::array::arange(0.0, 40_000.0, 1.0, vec![500]).unwrap();
    let path = dir.path().join("x.npy");
    let sink = Arc::new(crate::format::npy::NpySink::new(&path, DType::F64, &[40_000], false).unwrap());
    let root = crate::expr::build::sink(x.sqrt().unwrap().expr(), sink).unwrap();
    session.store(&[root]).unwrap();
    let r = first.report();
    assert_eq!((r.ok, r.totals.n_tasks, r.totals.n_tasks), (Some(true), r.plan.n_tasks, second.report().totals.n_tasks));
    // Tasks write the elements; the header is written before them.
    assert_eq!(r.totals.written_bytes, 40_000 * 8);
    assert!(r.totals.n_threads <= 2 && r.totals.seconds > 0.0 && r.totals.busy_seconds <= r.totals.seconds * 2.0);
    assert!(r.memory.peak_accounted_bytes > 0 && r.memory.peak_accounted_bytes <= r.memory.budget_bytes);
    assert!(r.memory.peak_resident_bytes > 1 << 20);
    let summary = first.summary();
    assert!(summary.starts_with("done in ") && summary.contains("written 312 KiB") && summary.lines().count() == 2, "{summary}");
}

#[test]
fn nobody_watching_is_no_watcher() {
    assert!(Watchers::new().into_watcher().is_none());
}

#[test]
fn durations_in_words() {
    let list = [(5, "5 ns"), (85_000, "85 µs"), (1_500_000, "1.5 ms"), (1_250_000_000, "1.25 s"), (200_000_000_000, "3 min 20 s")];
    for (ns, text) in list {
        assert_eq!(format_duration(ns), text);
    }
    assert_eq!(format_duration(7_500_000_000_000), "2 h 5 min");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn intervals_keep_sums(tasks in prop::collection::vec((0u64..4_000_000_000, 0u64..900_000_000, 0u64..1 << 30, 0u32..3), 1..60)) {
        let mut s = Series::default();
        for &(start_ns, ns, bytes, worker) in &tasks {
            s.task(&TaskDone { read_bytes: bytes, ..task(0, 0, worker, start_ns, ns) });
        }
        prop_assert!(s.intervals.len() <= N_INTERVALS && s.lanes.iter().all(|l| l.len() <= N_INTERVALS));
        let sums = s.intervals.iter().fold((0, 0), |(a, b), i| (a + i.busy_ns, b + i.read_bytes));
        prop_assert_eq!(sums, (tasks.iter().map(|t| t.1).sum(), tasks.iter().map(|t| t.2).sum()));
        let lanes: u64 = s.lanes.iter().flatten().map(|c| c.busy_ns).sum();
        prop_assert_eq!(lanes, sums.0);
    }
}

/// Writes pages to look at: `TILEWORK_PAGES=<folder> cargo test pages_to_look_at -- --ignored`.
#[test]
#[ignore = "only writes files for people to look at"]
fn pages_to_look_at() {
    let Some(dir) = std::env::var_os("TILEWORK_PAGES") else { return };
    for n in [1, 300, 100_000] {
        synthetic(n).write_report(&Path::new(&dir).join(format!("page-{n}.html"))).unwrap();
    }
    let r = synthetic(40);
    r.set("command", "tilework reduce --op mean scene.tif out.tif --memory 256MiB");
    r.fail(&Error::corrupt("block 12 does not decode").at("read scene.tif, chunk [0, 3]"));
    r.write_report(&Path::new(&dir).join("page-failed.html")).unwrap();
}
