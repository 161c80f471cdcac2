use polars::prelude::*;
use std::fs;
use std::path::Path;
use tilework::frame::{Frame, frame, scan_csv, scan_parquet};
use tilework::session::Session;
use tilework::{Config, ErrorKind};

fn session(budget_bytes: u64) -> Session {
    Session::new(Config { n_threads: 3, budget_bytes, ..Config::default() })
}

/// Flights from three airports: a delay that is sometimes missing, a remark that may hold line ends and quotes.
fn flights(n: usize) -> DataFrame {
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let origins: Vec<&str> = (0..n).map(|_| ["EWR", "JFK", "LGA"][next() % 3]).collect();
    let delays: Vec<Option<i64>> = (0..n).map(|_| (next() % 40 != 0).then(|| (next() % 200) as i64 - 20)).collect();
    let remarks: Vec<String> =
        (0..n).map(|i| ["on time", "late,\nvery \"late\"", "x\n\ny"][next() % 3].to_string() + &i.to_string()).collect();
    df!("origin" => origins, "dep_delay" => delays, "remark" => remarks, "day" => (0..n as i64).collect::<Vec<_>>())
        .expect("a table")
}

fn write_parquet(path: &Path, df: &DataFrame, rows: usize) {
    let file = fs::File::create(path).expect("creates");
    ParquetWriter::new(file).with_row_group_size(Some(rows)).finish(&mut df.clone()).expect("writes");
}

fn write_csv(path: &Path, df: &DataFrame) {
    CsvWriter::new(fs::File::create(path).expect("creates")).finish(&mut df.clone()).expect("writes");
}

#[test]
fn sql_on_files_gives_what_polars_gives() {
    let dir = tempfile::tempdir().expect("a folder");
    let (pq, csv) = (dir.path().join("f.parquet"), dir.path().join("f.csv"));
    let df = flights(5000);
    write_parquet(&pq, &df, 700);
    write_csv(&csv, &df);
    let queries = [
        "SELECT origin, mean(dep_delay), count(*) FROM flights GROUP BY origin",
        "SELECT origin, avg(dep_delay) AS d FROM flights WHERE day > 1234 GROUP BY origin HAVING count(*) > 3 ORDER BY d DESC LIMIT 2",
        "SELECT count(*) FROM flights",
        "SELECT max(dep_delay) - min(dep_delay) AS r, stddev(dep_delay) AS s FROM flights WHERE origin = 'JFK'",
        "SELECT day, dep_delay * 2 AS twice FROM flights WHERE dep_delay > 150 ORDER BY dep_delay, day LIMIT 17",
        "SELECT remark FROM flights WHERE day < 9",
        "SELECT DISTINCT origin FROM flights",
        "SELECT origin, count(DISTINCT dep_delay) AS n FROM flights GROUP BY origin ORDER BY origin",
    ];
    for query in queries {
        let mut context = polars::sql::SQLContext::new();
        context.register("flights", df.clone().lazy());
        let want = context.execute(&query.replace("mean(", "avg(")).and_then(LazyFrame::collect).expect("Polars runs it");
        let by: Vec<_> = want.get_column_names().into_iter().cloned().collect();
        let ordered = |d: DataFrame| {
            if query.contains("ORDER") { d } else { d.sort(by.clone(), SortMultipleOptions::default()).expect("sorts") }
        };
        for scan in [scan_parquet(&pq), scan_csv(&csv)] {
            for bytes in [5_000, 60_000, 16 << 20] {
                let f = scan.clone().expect("opens").with_partition_bytes(bytes);
                let have = Frame::sql(query, &[("flights", f)]).and_then(|f| f.collect_in(&session(256 << 20))).expect(query);
                let (have, want) = (ordered(have), ordered(want.clone()));
                for (h, w) in have.columns().iter().zip(want.columns()) {
                    match h.dtype().is_float() {
                        true => {
                            let (h, w) = (h.f64().expect("f64").iter().flatten(), w.f64().expect("f64").iter().flatten());
                            assert!(h.zip(w).all(|(a, b)| (a - b).abs() < 1e-9), "{query}");
                        }
                        false => assert_eq!(h, w, "{query}"),
                    }
                }
                assert_eq!(have.shape(), want.shape(), "{query}");
            }
        }
    }
}

#[test]
fn sinks_write_what_was_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let df = flights(3000);
    let source = dir.path().join("f.csv");
    write_csv(&source, &df);
    let f = scan_csv(&source).expect("opens").with_partition_bytes(20_000);
    let s = session(256 << 20);
    for name in ["out.parquet", "out.csv"] {
        let path = dir.path().join(name);
        let sink =
            |overwrite| if name.ends_with("csv") { f.sink_csv(&s, &path, overwrite) } else { f.sink_parquet(&s, &path, overwrite) };
        sink(false).expect("writes");
        let back = if name.ends_with("csv") { scan_csv(&path) } else { scan_parquet(&path) };
        assert_eq!(back.expect("opens").collect_in(&s).expect("reads"), df);
        let e = sink(false).expect_err("is there already");
        assert!(e.kind() == ErrorKind::Usage && e.message().contains("overwrit"), "{e}");
        sink(true).expect("overwrites");
    }
    assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 3, "something temporary is left");
}

#[test]
fn broken_files_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("f.parquet");
    write_parquet(&path, &flights(100), 50);
    let bytes = fs::read(&path).expect("reads");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("truncates");
    let e = scan_parquet(&path).expect_err("half a file");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("f.parquet"), "{e}");
    let e = scan_parquet(dir.path().join("none.parquet")).expect_err("no file");
    assert!(e.kind() == ErrorKind::Usage && e.to_string().contains("none.parquet"), "{e}");

    let csv = dir.path().join("bad.csv");
    let mut text = String::from("a,b\n");
    (0..3000).for_each(|i| text += &if i == 2500 { "\"two\nlines\",oops\n".into() } else { format!("\"x\ny\",{i}\n") });
    fs::write(&csv, text).expect("writes");
    let e = scan_csv(&csv).expect("opens").with_partition_bytes(9000).collect_in(&session(64 << 20)).expect_err("no number");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("bad.csv, line 5002"), "{e}");
    fs::write(&csv, "a,b\n1,2\n3,\"open\n5,6\n").expect("writes");
    let e = scan_csv(&csv).and_then(|f| f.collect_in(&session(64 << 20))).expect_err("an open quote");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("line 3"), "{e}");
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let f = frame(flights(10).lazy());
    let told = |query: &str| Frame::sql(query, &[("flights", f.clone())]).expect_err(query).to_string();
    assert!(told("SELECT dep_dlay FROM flights").contains("did you mean 'dep_delay'"), "{}", told("SELECT dep_dlay FROM flights"));
    assert!(told("SELECT day FROM fligths").contains("did you mean 'flights'"));
    assert!(told("SELEC day FROM flights").contains("SQL"));
    let e = f.filter(col("dai").gt(lit(1))).collect_in(&session(64 << 20)).expect_err("no such column");
    assert!(e.kind() == ErrorKind::Usage && e.message().contains("did you mean 'day'"), "{e}");
    let e = f.select([col("origin").str().len_chars() + col("origin")]).schema();
    assert!(e.is_err() || f.select([col("origin") - col("day")]).schema().is_err());
}

#[test]
fn aggregates_of_sql_are_taken_apart() {
    let f = frame(flights(20_000).lazy()).with_partition_bytes(50_000);
    let query = "SELECT origin, sum(dep_delay) AS s, mean(dep_delay) AS m, count(*) AS n, min(day) AS first, max(day) AS last FROM f GROUP BY origin";
    let plan = Frame::sql(query, &[("f", f)]).expect("is SQL").explain(&session(64 << 20)).expect("explains");
    assert!(plan.contains("one state per partition") && !plan.contains("in one task"), "{plan}");
}

#[test]
fn what_cannot_be_taken_apart_runs_whole_or_is_refused() {
    let df = flights(20_000);
    let f = frame(df.clone().lazy()).with_partition_bytes(50_000);
    let query = f.group_by([col("origin")]).agg([col("dep_delay").median()]);
    assert!(query.explain(&session(256 << 20)).expect("explains").contains("group_by: in one task over all rows"));
    let want =
        df.clone().lazy().group_by_stable([col("origin")]).agg([col("dep_delay").median()]).collect().expect("Polars runs it");
    assert_eq!(query.collect_in(&session(256 << 20)).expect("runs"), want);
    assert_eq!(query.collect_in(&session(1 << 20)).expect_err("is too large").kind(), ErrorKind::Budget);
    let many = f.group_by([col("day")]).agg([col("dep_delay").sum()]);
    // More groups than one task can hold go through buckets.
    assert_eq!(many.collect_in(&session(8 << 20)).expect("fits"), many.collect_in(&session(64 << 20)).expect("fits"));
    assert_eq!(many.collect_in(&session(64 << 20)).expect("fits").height(), 20_000);
}
