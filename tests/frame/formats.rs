//! Files of all formats, with all types, in one piece and many: what is read is what Polars reads, and what is written is read again.

use polars::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::fs;
use std::path::Path;
use tilework::format::table_format::TableFormat;
use tilework::frame::{Frame, files, frame, scan, scan_csv, scan_ipc, scan_ndjson, scan_parquet};
use tilework::session::Session;
use tilework::{Config, ErrorKind};

fn session() -> Session {
    Session::new(Config { n_threads: 3, budget_bytes: 256 << 20, ..Config::default() })
}

fn collect(f: &Frame) -> DataFrame {
    f.collect_in(&session()).expect("runs")
}

/// Random numbers from a seed.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// A table with a column of every type.
fn all_types(n: usize, seed: u64) -> DataFrame {
    let mut next = numbers(seed);
    let ints: Vec<Option<i64>> = (0..n).map(|_| (!next().is_multiple_of(7)).then(|| next() as i64 % 100 - 30)).collect();
    let floats: Vec<Option<f64>> = (0..n)
        .map(|_| match next() % 9 {
            0 => None,
            1 => Some(f64::NAN),
            2 => Some(-0.0),
            _ => Some(next() as f64 / 1e6 - 500.0),
        })
        .collect();
    let words = ["", "a", "a longer text than fits a view", "x\ny", "ä\"ö", "zz"];
    let strings: Vec<Option<&str>> = (0..n).map(|_| (!next().is_multiple_of(8)).then(|| words[next() as usize % 6])).collect();
    let plain = df!("i" => &ints, "f" => &floats, "s" => &strings, "k" => (0..n as i64).collect::<Vec<_>>()).expect("a table");
    let colours = Categories::new("colours".into(), "tests".into(), CategoricalPhysical::U32);
    let frozen = FrozenCategories::new(["", "a", "a longer text than fits a view", "x\ny", "ä\"ö", "zz"]).expect("categories");
    let i = || col("i");
    plain
        .lazy()
        .with_columns([
            i().cast(DataType::Int8).alias("i8"),
            i().abs().cast(DataType::UInt16).alias("u16"),
            i().cast(DataType::Int32).alias("i32"),
            i().abs().cast(DataType::UInt64).alias("u64"),
            col("f").cast(DataType::Float32).alias("f32"),
            i().gt(lit(10)).alias("bool"),
            col("s").cast(DataType::Binary).alias("binary"),
            i().cast(DataType::Date).alias("date"),
            (i() * lit(1_000_003)).cast(DataType::Datetime(TimeUnit::Microseconds, None)).alias("datetime"),
            (i() * lit(1_003))
                .cast(DataType::Datetime(TimeUnit::Milliseconds, TimeZone::opt_try_new(Some("Europe/Vienna")).expect("a zone")))
                .alias("zoned"),
            (i() * lit(77)).cast(DataType::Duration(TimeUnit::Nanoseconds)).alias("duration"),
            i().abs().cast(DataType::Time).alias("time"),
            i().cast(DataType::Decimal(12, 2)).alias("decimal"),
            col("s").cast(DataType::from_categories(colours)).alias("categorical"),
            col("s").cast(DataType::from_frozen_categories(frozen)).alias("enum"),
            concat_list([i(), col("k")]).expect("a list").alias("list"),
            as_struct(vec![i().alias("a"), col("s").alias("b")]).alias("struct"),
        ])
        .collect()
        .expect("casts")
}

/// The columns that a format of text can hold.
fn text_types(n: usize, seed: u64) -> DataFrame {
    all_types(n, seed).select(["i", "s", "k", "i32", "bool", "date", "datetime"]).expect("columns")
}

fn write(path: &Path, df: &DataFrame, rows: usize) {
    let file = fs::File::create(path).expect("creates");
    let mut df = df.clone();
    match TableFormat::of(path).expect("a format") {
        TableFormat::Parquet => drop(ParquetWriter::new(file).with_row_group_size(Some(rows)).finish(&mut df).expect("writes")),
        TableFormat::Csv => CsvWriter::new(file).finish(&mut df).expect("writes"),
        TableFormat::Ndjson => JsonWriter::new(file).with_json_format(JsonFormat::JsonLines).finish(&mut df).expect("writes"),
        // Polars' writer takes no categories in several pieces.
        TableFormat::Ipc if df.column("categorical").is_ok() => {
            let f = frame(df.lazy()).with_partition_bytes(30 * rows as u64);
            f.sink_ipc(&session(), path, true).expect("writes");
        }
        TableFormat::Ipc => {
            df.rechunk_mut();
            let mut parts = (0..df.height().max(1)).step_by(rows).map(|i| df.slice(i as i64, rows));
            let mut all = parts.next().expect("one at least");
            parts.for_each(|p| all = all.vstack(&p).expect("fits"));
            IpcWriter::new(file).with_compression(Some(IpcCompression::ZSTD(Default::default()))).finish(&mut all).expect("writes");
        }
    }
}

/// The same values, NaN like NaN, and types.
fn assert_same(have: &DataFrame, want: &DataFrame, what: &str) {
    assert_eq!(have.schema(), want.schema(), "{what}");
    assert!(have.equals_missing(want), "{what}: {have} {want}");
}

fn scan_text(path: &Path, schema: &Schema) -> Frame {
    let path = PlRefPath::new(path.to_string_lossy());
    let schema = Some(std::sync::Arc::new(schema.clone()));
    let query = match path.as_str().ends_with("csv") {
        true => LazyCsvReader::new(path).with_schema(schema).finish(),
        false => LazyJsonLineReader::new(path).with_schema(schema).finish(),
    };
    frame(query.expect("scans"))
}

#[test]
fn all_types_are_read_in_partitions() {
    let dir = tempfile::tempdir().expect("a folder");
    for n in [0, 1, 997] {
        let df = all_types(n, 3);
        for name in ["t.parquet", "t.arrow"] {
            let path = dir.path().join(name);
            write(&path, &df, 100);
            let f = scan(&path).expect("opens");
            for bytes in [1, 30_000, 16 << 20] {
                let f = f.clone().with_partition_bytes(bytes);
                assert_same(&collect(&f), &df, &format!("{name} {n} {bytes}"));
                let some = f.filter(col("i").gt(lit(20))).select([col("list"), col("s"), col("categorical")]);
                let want = df.clone().lazy().filter(col("i").gt(lit(20))).select([col("list"), col("s"), col("categorical")]);
                assert_same(&collect(&some), &want.collect().expect("runs"), &format!("{name} {n} {bytes}, filtered"));
                let count = collect(&f.select([len()]));
                assert_eq!(count.column("len").and_then(|c| c.get(0)).expect("a count"), AnyValue::UInt32(n as u32), "{name}");
            }
        }
    }
}

#[test]
fn text_is_read_in_partitions() {
    let dir = tempfile::tempdir().expect("a folder");
    for n in [1, 500] {
        let df = text_types(n, 5);
        for name in ["t.csv", "t.ndjson"] {
            let path = dir.path().join(name);
            write(&path, &df, 0);
            // An empty text is null in CSV.
            let want = scan_text(&path, df.schema()).lazy().collect().expect("Polars reads it");
            for bytes in [1, 3000, 16 << 20] {
                let f = scan_text(&path, df.schema()).with_partition_bytes(bytes);
                assert_same(&collect(&f), &want, &format!("{name} {bytes}"));
                let some = f.filter(col("k").gt(lit(40))).select([col("s"), col("date")]);
                let wanted = want.clone().lazy().filter(col("k").gt(lit(40))).select([col("s"), col("date")]);
                assert_same(&collect(&some), &wanted.collect().expect("runs"), name);
            }
        }
    }
    // Lists and structs, keys that are missing, keys that are more, blank lines.
    let path = dir.path().join("nested.ndjson");
    let mut text = String::new();
    for i in 0..300 {
        text += &match i % 4 {
            0 => format!("{{\"a\": {i}, \"l\": [1, 2, {i}], \"s\": {{\"x\": {i}, \"y\": \"t\\n\\\"\"}}}}\n"),
            1 => format!("{{\"a\": {i}}}\r\n\n"),
            2 => "{\"l\": [], \"s\": {\"x\": 1}}\n  \n".to_string(),
            _ => format!("{{\"s\": null, \"a\": {i}, \"more\": true}}\n"),
        };
    }
    fs::write(&path, text).expect("writes");
    let want = scan_ndjson(&path).expect("opens").lazy().collect().expect("Polars reads it");
    for bytes in [1, 5000, 16 << 20] {
        assert_same(&collect(&scan_ndjson(&path).expect("opens").with_partition_bytes(bytes)), &want, "nested");
    }
}

#[test]
fn sinks_write_all_types() {
    let dir = tempfile::tempdir().expect("a folder");
    let s = session();
    for n in [0, 1000] {
        let (all, text) = (all_types(n, 9), text_types(n, 9).drop("s").expect("a column"));
        let source = |df: &DataFrame| frame(df.clone().lazy()).with_partition_bytes(20_000);
        let at = |name: &str| dir.path().join(name);
        source(&all).sink_parquet(&s, at("o.parquet"), true).expect("writes");
        assert_same(&collect(&scan_parquet(at("o.parquet")).expect("opens")), &all, "parquet");
        source(&all).sink_ipc(&s, at("o.arrow"), true).expect("writes");
        assert_same(&collect(&scan_ipc(at("o.arrow")).expect("opens")), &all, "ipc");
        let eager = IpcReader::new(fs::File::open(at("o.arrow")).expect("opens")).finish().expect("Polars reads it");
        assert_same(&eager, &all, "ipc, by Polars");
        source(&text).sink_ndjson(&s, at("o.ndjson"), true).expect("writes");
        if n > 0 {
            assert_same(&collect(&scan_text(&at("o.ndjson"), text.schema())), &text, "ndjson");
        }
    }
    let e = frame(all_types(3, 1).lazy()).sink_ndjson(&s, dir.path().join("b.ndjson"), false).expect_err("has bytes");
    assert!(e.kind() == ErrorKind::DType && e.message().contains("'binary'"), "{e}");
    let e = frame(all_types(3, 1).lazy()).sink_ipc(&s, dir.path().join("o.arrow"), false).expect_err("is there");
    assert!(e.kind() == ErrorKind::Usage && e.message().contains("overwrit"), "{e}");
    let names: Vec<_> = fs::read_dir(dir.path()).expect("lists").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn text_that_is_much_longer_than_its_rows_is_written() {
    let dir = tempfile::tempdir().expect("a folder");
    // Six characters of text for each, and names longer than values.
    let names: Vec<String> = (0..12).map(|i| format!("a column with a long name, number {i}")).collect();
    let columns = names.iter().map(|n| Column::new(n.as_str().into(), (0..20_000u32).map(|i| i % 2 == 0).collect::<Vec<_>>()));
    let mut df = DataFrame::new(20_000, columns.collect()).expect("a table");
    df.with_column(Column::new("s".into(), vec!["\u{1}\u{2}\u{3}\u{4}"; 20_000])).expect("fits");
    let f = frame(df.clone().lazy()).with_partition_bytes(200_000);
    let path = dir.path().join("o.ndjson");
    f.sink_ndjson(&session(), &path, false).expect("writes");
    assert!(path.metadata().expect("is there").len() > 10_000_000);
    assert_same(&collect(&scan_ndjson(&path).expect("opens")), &df, "control characters");
}

#[test]
fn a_sink_leaves_nothing_of_a_failed_query() {
    let dir = tempfile::tempdir().expect("a folder");
    let csv = dir.path().join("bad.csv");
    let lines: String = (0..5000).map(|i| if i == 4000 { "x\n".to_string() } else { format!("{i}\n") }).collect();
    fs::write(&csv, format!("a\n{lines}")).expect("writes");
    let f = scan_csv(&csv).expect("opens").with_partition_bytes(4000);
    let (s, out) = (session(), dir.path().join("out"));
    for format in [TableFormat::Parquet, TableFormat::Csv, TableFormat::Ipc, TableFormat::Ndjson] {
        let e = f.sink_folder(&s, &out, format, &[], false).expect_err("a bad line");
        assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("bad.csv, line 4002"), "{e}");
    }
    f.sink_ipc(&s, &out, false).expect_err("a bad line");
    f.sink_ndjson(&s, &out, false).expect_err("a bad line");
    assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1);
}

#[test]
fn rows_of_csv_are_skipped() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("f.csv");
    fs::write(&path, "\n\n\"made\nby\",x\nsecond,y\na,b\nunit,unit\n1,2\n\n3,\"x\ny\"\n5,6\n").expect("writes");
    let schema = Schema::from_iter([Field::new("a".into(), DataType::Int64), Field::new("b".into(), DataType::String)]);
    for (before, header, after) in [(2, true, 1), (3, true, 2), (6, false, 0), (4, false, 2)] {
        let reader = || {
            let reader = LazyCsvReader::new(PlRefPath::new(path.to_string_lossy())).with_skip_rows(before).with_has_header(header);
            reader
                .with_skip_rows_after_header(after)
                .with_schema(Some(std::sync::Arc::new(schema.clone())))
                .finish()
                .expect("scans")
        };
        let want = reader().collect().expect("Polars reads it");
        for bytes in [1, 1 << 20] {
            let what = format!("{before} {header} {after}");
            assert_same(&collect(&frame(reader()).with_partition_bytes(bytes)), &want, &what);
            let count = collect(&frame(reader().select([len()])));
            assert_eq!(
                count.column("len").and_then(|c| c.get(0)).expect("a count"),
                AnyValue::UInt32(want.height() as u32),
                "{what}"
            );
        }
    }
}

/// Tables in several files, one of them empty, in folders of keys.
fn make_hive(root: &Path, ending: &str) -> Vec<DataFrame> {
    let mut all = Vec::new();
    for (year, month, n) in [(2023, "jan", 300), (2023, "feb", 0), (2024, "jan", 170), (2024, "mar", 411)] {
        let folder = root.join(format!("year={year}/month={month}"));
        fs::create_dir_all(&folder).expect("makes");
        let df = all_types(n, year as u64 + n as u64).select(["k", "i", "s", "f"]).expect("columns");
        write(&folder.join(format!("part.{ending}")), &df, 90);
        all.push(df);
    }
    all
}

#[test]
fn folders_of_keys_are_columns() {
    for ending in ["parquet", "arrow"] {
        let dir = tempfile::tempdir().expect("a folder");
        make_hive(dir.path(), ending);
        fs::write(dir.path().join("year=2023/month=jan/.part.x7.part"), "half").expect("writes");
        fs::write(dir.path().join("_SUCCESS"), "").expect("writes");
        let f = scan(dir.path()).expect("opens");
        let want = f.lazy().collect().expect("Polars reads it");
        assert_eq!(want.shape(), (881, 6));
        let queries: Vec<fn(LazyFrame) -> LazyFrame> = vec![
            |q| q,
            |q| q.filter(col("year").eq(lit(2024))),
            |q| q.filter(col("year").eq(lit(2024)).and(col("i").gt(lit(0)))),
            |q| q.filter(col("year").eq(lit(2024)).or(col("i").gt(lit(50)))).select([col("month"), col("k")]),
            |q| q.filter(col("month").eq(lit("mar"))).select([col("s")]),
            |q| q.select([col("year")]),
            |q| q.select([len()]),
            |q| q.filter(col("year").gt(lit(3000))),
            |q| q.group_by_stable([col("month")]).agg([col("k").sum(), col("year").max()]),
            |q| q.select([col("month"), col("year") + col("k")]).slice(250, 300),
        ];
        for (i, query) in queries.iter().enumerate() {
            for bytes in [1, 10_000, 16 << 20] {
                let have = collect(&frame(query(f.lazy())).with_partition_bytes(bytes));
                let wanted = query(want.clone().lazy()).collect().expect("runs");
                assert_same(&have, &wanted, &format!("{ending} query {i}"));
            }
        }
        let plan = f.filter(col("year").eq(lit(2024))).explain(&session()).expect("explains");
        assert!(plan.contains("2 of 4 files are left unread"), "{plan}");
        // What a filter on keys leaves out is not even opened.
        let broken = dir.path().join(format!("year=2023/month=jan/part.{ending}"));
        let bytes = fs::read(&broken).expect("reads");
        fs::write(&broken, &bytes[..bytes.len() - 9]).expect("breaks");
        let other = scan(dir.path().join("year=2024")).expect("opens");
        assert_eq!(collect(&other.filter(col("month").eq(lit("mar")))).height(), 411);
    }
}

#[test]
fn rows_are_numbered_and_files_named() {
    let dir = tempfile::tempdir().expect("a folder");
    for (i, n) in [130, 0, 77].into_iter().enumerate() {
        let df = text_types(n, i as u64 + 1);
        for ending in ["parquet", "csv", "ndjson", "arrow"] {
            if n > 0 || ending == "parquet" || ending == "arrow" {
                write(&dir.path().join(format!("{i}.{ending}")), &df, 40);
            }
        }
    }
    let schema = std::sync::Arc::new((**text_types(1, 1).schema()).clone());
    let pattern = |ending: &str| PlRefPath::new(dir.path().join(format!("*.{ending}")).to_string_lossy());
    let index = || Some(RowIndex { name: "nr".into(), offset: 5 });
    let name = || Some(PlSmallStr::from("file"));
    let args = |n_rows: Option<usize>| polars_plan::dsl::UnifiedScanArgs {
        row_index: index(),
        include_file_paths: name(),
        pre_slice: n_rows.map(|len| polars::polars_utils::slice_enum::Slice::Positive { offset: 0, len }),
        ..Default::default()
    };
    for n_rows in [None, Some(1), Some(150)] {
        let scans = [
            ("parquet", {
                let args = ScanArgsParquet { row_index: index(), include_file_paths: name(), n_rows, ..Default::default() };
                LazyFrame::scan_parquet(pattern("parquet"), args)
            }),
            ("arrow", LazyFrame::scan_ipc(pattern("arrow"), IpcScanOptions::default(), args(n_rows))),
            ("csv", {
                let csv = LazyCsvReader::new(pattern("csv")).with_schema(Some(schema.clone())).with_n_rows(n_rows);
                csv.with_row_index(index()).with_include_file_paths(name()).finish()
            }),
            ("ndjson", {
                let json = LazyJsonLineReader::new(pattern("ndjson")).with_schema(Some(schema.clone())).with_n_rows(n_rows);
                json.with_row_index(index()).with_include_file_paths(name()).finish()
            }),
        ];
        let queries: Vec<fn(LazyFrame) -> LazyFrame> = vec![
            |q| q,
            |q| q.select([col("nr"), col("k")]),
            |q| q.filter(col("i").gt(lit(20))).select([col("nr"), col("s"), col("file")]),
            |q| q.filter(col("nr").gt(lit(100))).select([col("k")]),
            |q| q.filter(col("file").str().contains_literal(lit("2.")).and(col("k").lt(lit(9)))),
            |q| q.select([len()]),
        ];
        for (ending, scan) in scans {
            let scan = scan.expect("scans");
            for (i, query) in queries.iter().enumerate() {
                let want = query(scan.clone().collect().expect("Polars reads it").lazy()).collect().expect("runs");
                for bytes in [1, 5000, 16 << 20] {
                    let have = collect(&frame(query(scan.clone())).with_partition_bytes(bytes));
                    assert_same(&have, &want, &format!("{ending}, query {i}, {n_rows:?} rows, {bytes} bytes"));
                }
            }
        }
    }
}

#[test]
fn statistics_never_leave_out_a_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let df = all_types(2000, 21).sort(["i"], SortMultipleOptions::default()).expect("sorts");
    let other = all_types(900, 22);
    write(&dir.path().join("0.parquet"), &df, 37);
    write(&dir.path().join("1.parquet"), &other, 64);
    let all = df.vstack(&other).expect("fits");
    let f = scan(dir.path()).expect("opens").with_partition_bytes(30_000);
    let number = || {
        let column =
            prop_oneof![Just("i"), Just("f"), Just("k"), Just("i8"), Just("u16"), Just("f32"), Just("u64"), Just("decimal")];
        let value = prop_oneof![
            (-40i64..2100).prop_map(lit),
            (-500f64..500.0).prop_map(lit),
            Just(lit(f64::NAN)),
            Just(lit(-0.0)),
            Just(lit(NULL))
        ];
        (column, value, 0..8u8).prop_map(|(c, v, op)| match op {
            0 => col(c).gt(v),
            1 => col(c).gt_eq(v),
            2 => col(c).lt(v),
            3 => col(c).lt_eq(v),
            4 => col(c).eq(v),
            5 => col(c).neq(v),
            6 => v.lt(col(c)),
            _ => col(c).eq_missing(v),
        })
    };
    let other = || {
        let word = prop_oneof![Just("a"), Just("x\ny"), Just("zzz"), Just("")];
        let between = (-40f64..60.0, 0f64..40.0, prop_oneof![Just("i"), Just("f")]);
        let day = (-40i32..60, prop_oneof![Just("date"), Just("datetime"), Just("zoned"), Just("duration")]);
        prop_oneof![
            word.clone().prop_map(|w| col("s").eq(lit(w))),
            word.clone().prop_map(|w| col("categorical").eq(lit(w))),
            word.prop_map(|w| col("s").gt(lit(w))),
            between.prop_map(|(a, w, c)| col(c).is_between(lit(a), lit(a + w), ClosedInterval::Both)),
            Just(col("i").is_null()),
            Just(col("f").is_not_null()),
            Just(col("f").is_nan()),
            Just(col("bool")),
            Just(col("bool").not()),
            proptest::collection::vec(-40i64..60, 0..4)
                .prop_map(|v| col("i").is_in(lit(Series::new("".into(), v).implode().expect("a list").into_series()), false)),
            day.prop_map(|(d, c)| {
                let value = lit(d).cast(DataType::Int64).cast(match c {
                    "date" => DataType::Date,
                    "datetime" => DataType::Datetime(TimeUnit::Microseconds, None),
                    "zoned" => {
                        DataType::Datetime(TimeUnit::Milliseconds, TimeZone::opt_try_new(Some("Europe/Vienna")).expect("a zone"))
                    }
                    _ => DataType::Duration(TimeUnit::Nanoseconds),
                });
                col(c).gt(value)
            }),
        ]
    };
    let filter = prop_oneof![number().boxed(), other().boxed()].prop_recursive(3, 6, 2, |inner| {
        (inner.clone(), inner, 0..3u8).prop_map(|(a, b, op)| match op {
            0 => a.and(b),
            1 => a.or(b),
            _ => a.not(),
        })
    });
    let mut runner = TestRunner::new(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() });
    let run = runner.run(&filter, |filter| {
        let Ok(want) = all.clone().lazy().filter(filter.clone()).select([col("k"), col("s")]).collect() else { return Ok(()) };
        let have = f.filter(filter.clone()).select([col("k"), col("s")]).collect_in(&session());
        let have = have.map_err(|e| TestCaseError::fail(format!("{filter:?}: {e}")))?;
        prop_assert!(have.equals_missing(&want), "{:?}: {} {}", filter, have, want);
        Ok(())
    });
    run.expect("the same rows");
}

#[test]
fn statistics_leave_row_groups_unread() {
    use std::io::{Seek, SeekFrom, Write};
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("f.parquet");
    let df = df!("k" => (0..1000i64).collect::<Vec<_>>(), "v" => (0..1000).map(|i| i as f64).collect::<Vec<_>>()).expect("a table");
    write(&path, &df, 100);
    // The first row group is destroyed; whoever reads it fails.
    let mut file = fs::OpenOptions::new().write(true).open(&path).expect("opens");
    file.seek(SeekFrom::Start(4)).expect("seeks");
    file.write_all(&[0xff; 200]).expect("writes");
    let f = scan_parquet(&path).expect("opens");
    let plan = f.filter(col("k").gt(lit(800))).explain(&session()).expect("explains");
    assert!(plan.contains("f.parquet: 8 of 10 row groups are left unread"), "{plan}");
    for filter in [col("k").gt(lit(800)), col("k").is_between(lit(300), lit(310), ClosedInterval::Both), col("v").eq(lit(444.0))] {
        let want = df.clone().lazy().filter(filter.clone()).collect().expect("runs");
        assert_eq!(collect(&f.filter(filter)), want);
    }
    let e = f.filter(col("k").gt(lit(50))).collect_in(&session()).expect_err("reads what is broken");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("f.parquet"), "{e}");
}

#[test]
fn files_that_differ_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    let told = |ending: &str| {
        let e = scan(at(&format!("*.{ending}"))).and_then(|f| f.collect_in(&session())).expect_err("they differ");
        assert_eq!(e.kind(), ErrorKind::Usage, "{e}");
        e.to_string()
    };
    let first = df!("a" => [1i64, 2], "b" => ["x", "y"]).expect("a table");
    for ending in ["parquet", "arrow", "csv"] {
        write(&at(&format!("0.{ending}")), &first, 10);
        let second = at(&format!("1.{ending}"));
        write(&second, &df!("a" => [3i64]).expect("a table"), 10);
        let e = told(ending);
        assert!(e.contains(&format!("1.{ending}")) && e.contains("'b'") && e.contains(&format!("0.{ending}")), "{e}");
        write(&second, &df!("a" => [3i64], "b" => ["z"], "c" => [1i64]).expect("a table"), 10);
        let e = told(ending);
        assert!(e.contains(&format!("1.{ending}: column 'c' is not in 0.{ending}")), "{e}");
        // Another order is no difference.
        write(&second, &df!("b" => ["z"], "a" => [3i64]).expect("a table"), 10);
        let both = collect(&scan(at(&format!("*.{ending}"))).expect("opens"));
        assert_eq!(both, df!("a" => [1i64, 2, 3], "b" => ["x", "y", "z"]).expect("a table"), "{ending}");
        if ending != "csv" {
            write(&second, &df!("a" => ["3"], "b" => ["z"]).expect("a table"), 10);
            let e = told(ending);
            assert!(e.contains(&format!("1.{ending}: column 'a' is str, which is i64 in 0.{ending}")), "{e}");
        }
    }
    write(&at("1.parquet"), &df!("a" => [3i64]).expect("a table"), 10);
    let args = ScanArgsParquet { allow_missing_columns: true, ..Default::default() };
    let q = LazyFrame::scan_parquet(PlRefPath::new(at("*.parquet").to_string_lossy()), args).expect("scans");
    let want = df!("a" => [1i64, 2, 3], "b" => [Some("x"), Some("y"), None]).expect("a table");
    assert_eq!(collect(&frame(q.clone())), want);
    assert_eq!(collect(&frame(q.filter(col("b").is_null()))), want.slice(2, 1));
}

#[test]
fn broken_files_of_all_formats_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    let df = all_types(300, 4);
    write(&at("f.arrow"), &df, 50);
    let bytes = fs::read(at("f.arrow")).expect("reads");
    for cut in [3, bytes.len() / 2, bytes.len() - 5] {
        fs::write(at("f.arrow"), &bytes[..cut]).expect("writes");
        let e = scan_ipc(at("f.arrow")).expect_err("is cut");
        assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("f.arrow is not a whole Arrow IPC file"), "{e}");
    }
    let mut broken = bytes.clone();
    broken[bytes.len() / 4..bytes.len() / 2].fill(0x5a);
    fs::write(at("f.arrow"), &broken).expect("writes");
    let e = scan_ipc(at("f.arrow")).and_then(|f| f.collect_in(&session())).expect_err("is broken");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("f.arrow"), "{e}");

    let mut text: String = (0..4000).map(|i| format!("{{\"a\": {i}, \"b\": \"t\"}}\n")).collect();
    text.insert_str(text.find("{\"a\": 3000").expect("is there"), "{\"a\": 1, \n");
    fs::write(at("f.ndjson"), &text).expect("writes");
    let e = scan_ndjson(at("f.ndjson")).expect("opens").with_partition_bytes(9000).collect_in(&session()).expect_err("no JSON");
    assert!(e.kind() == ErrorKind::Corrupt && e.to_string().contains("f.ndjson, line 3001"), "{e}");

    for (name, say) in [("none.arrow", "none.arrow"), ("no*.ndjson", "there are no files"), ("x.txt", "no format")] {
        let e = scan(at(name)).expect_err(name);
        assert!(e.kind() == ErrorKind::Usage && e.to_string().contains(say), "{e}");
    }
    fs::create_dir(at("empty")).expect("makes");
    let e = scan_parquet(at("empty")).expect_err("nothing in it");
    assert!(e.to_string().contains("there are no files"), "{e}");
    fs::write(at("z.csv"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]).expect("writes");
    let e = scan_csv(at("z.csv")).and_then(|f| f.collect_in(&session())).expect_err("is compressed");
    assert!(e.to_string().contains("z.csv"), "{e}");
}

#[test]
fn a_budget_that_is_too_small_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("f.arrow");
    let df = df!("s" => (0..60_000).map(|i| format!("a text of its own {i}")).collect::<Vec<_>>()).expect("a table");
    write(&path, &df, 60_000);
    let small = Session::new(Config { n_threads: 1, budget_bytes: 1 << 20, ..Config::default() });
    let parquet = dir.path().join("f.parquet");
    write(&parquet, &df, 60_000);
    for path in [path, parquet] {
        let told = |e: tilework::Error| {
            let text = e.to_string();
            assert!(e.kind() == ErrorKind::Budget && text.contains("budget is 1 MiB") && text.contains("raise the budget"), "{e}");
        };
        let f = scan(&path).expect("opens");
        told(f.sink_csv(&small, dir.path().join("o.csv"), false).expect_err("does not fit"));
        assert!(!dir.path().join("o.csv").exists());
        told(f.collect_in(&small).expect_err("does not fit"));
    }
}

#[test]
fn folders_are_written_and_read_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let s = session();
    let df = text_types(800, 6).lazy().with_column((col("k") % lit(3)).alias("key")).collect().expect("a table");
    let f = frame(df.clone().lazy()).with_partition_bytes(9000);
    let out = dir.path().join("out");
    for format in [TableFormat::Parquet, TableFormat::Ipc] {
        f.sink_folder(&s, &out, format, &[], false).expect("writes");
        assert!(files(&out).expect("lists").len() > 3);
        assert_same(&collect(&scan(&out).expect("opens")), &df, "folder");
        let e = f.sink_folder(&s, &out, format, &[], false).expect_err("is there");
        assert!(e.message().contains("overwrit"), "{e}");
        f.sink_folder(&s, &out, format, &["key", "s"], true).expect("overwrites");
        let back = collect(&scan(&out).expect("opens").sort([col("k")], Default::default()));
        let want =
            df.clone().lazy().select([all().exclude_cols(["key", "s"]).as_expr(), col("key"), col("s")]).collect().expect("runs");
        assert_same(&back, &want, "keys");
        fs::write(out.join("notes.txt"), "mine").expect("writes");
        let e = f.sink_folder(&s, &out, format, &[], true).expect_err("holds other things");
        assert!(e.kind() == ErrorKind::Usage && e.message().contains("no folder of nothing but"), "{e}");
        fs::remove_dir_all(&out).expect("removes");
    }
    for format in [TableFormat::Csv, TableFormat::Ndjson] {
        f.sink_folder(&s, &out, format, &[], true).expect("writes");
        assert_eq!(collect(&scan(&out).expect("opens").select([col("k")])), df.select(["k"]).expect("a column"));
        fs::remove_dir_all(&out).expect("removes");
    }
    let e = f.sink_folder(&s, &out, TableFormat::Parquet, &["kee"], false).expect_err("no column");
    assert!(e.message().contains("did you mean 'key'"), "{e}");
    let e = frame(all_types(3, 1).lazy()).sink_folder(&s, &out, TableFormat::Parquet, &["f"], false).expect_err("floats");
    assert!(e.kind() == ErrorKind::DType && e.message().contains("'f' is f64"), "{e}");
    let none = f.filter(col("k").lt(lit(0)));
    none.sink_folder(&s, &out, TableFormat::Parquet, &[], false).expect("writes");
    assert_same(&collect(&scan(&out).expect("opens")), &df.clear(), "no rows");
    assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1, "something temporary is left");
}

#[test]
fn thousands_of_files_open_quickly() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("0.parquet");
    write(&path, &all_types(50, 1).select(["k", "i", "s"]).expect("columns"), 10);
    (1..2000).for_each(|i| fs::hard_link(&path, dir.path().join(format!("{i}.parquet"))).expect("links"));
    let start = std::time::Instant::now();
    let sum = collect(&scan(dir.path()).expect("opens").select([col("k").sum()]));
    let took = start.elapsed();
    assert_eq!(sum.column("k").and_then(|c| c.get(0)).expect("a sum"), AnyValue::Int64(2000 * 49 * 25));
    assert!(took.as_secs_f64() < 20.0, "{took:?}");
}

#[test]
fn lines_that_are_no_json_and_folders_that_are_missing_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("bad.ndjson");
    std::fs::write(&path, "{\"a\":1}\n\n{\"a\":: 2}\n").expect("a file");
    let e = scan_ndjson(&path).expect_err("no JSON").to_string();
    assert!(e.contains("bad.ndjson, line 3: expected value at character 6"), "{e}");
    std::fs::write(&path, "{\"a\":1}\n").expect("a file");
    let (session, target) = (Session::default(), dir.path().join("none/out.parquet"));
    let e = scan_ndjson(&path).expect("rows").sink_parquet(&session, &target, false).expect_err("no folder").to_string();
    assert!(e.contains("none does not exist: make it first"), "{e}");
}
