//! Frames by their partitions: other ones, kept ones, functions on each.

use polars::prelude::*;
use proptest::prelude::*;
use std::sync::Arc;
use tilework::Config;
use tilework::frame::{Frame, Partitioning, frame, scan_parquet};
use tilework::session::Session;

fn session() -> Session {
    Session::new(Config { n_threads: 3, budget_bytes: 64 << 20, ..Config::default() })
}

fn table(n: i64) -> DataFrame {
    let keys: Vec<Option<String>> = (0..n).map(|i| (i % 7 != 3).then(|| format!("key {}", i * i % 5))).collect();
    df!("k" => keys, "n" => (0..n).collect::<Vec<_>>()).unwrap()
}

/// The partitions of a frame.
fn parts(f: &Frame) -> Vec<DataFrame> {
    let mut parts = Vec::new();
    f.for_each_partition(&session(), |i, rows| {
        assert_eq!(i, parts.len());
        parts.push(rows);
        Ok(())
    })
    .unwrap();
    parts
}

fn sorted(rows: &DataFrame) -> DataFrame {
    rows.sort(["n"], SortMultipleOptions::default()).unwrap()
}

fn stacked(parts: &[DataFrame]) -> DataFrame {
    let all: Vec<_> = parts.iter().map(|p| p.clone().lazy()).collect();
    concat(all, UnionArgs::default()).unwrap().collect().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn rows_in_other_partitions_are_the_same_rows(rows in 0i64..300, before in 1u64..2000, n in 1usize..20, bytes in 1u64..3000) {
        let whole = table(rows);
        let f = frame(whole.clone().lazy()).with_partition_bytes(before);
        let counted = parts(&f.repartition(Partitioning::Count(n)).unwrap());
        prop_assert_eq!(counted.len(), n);
        prop_assert_eq!(&stacked(&counted), &whole);
        let fewest = counted.iter().map(DataFrame::height).min().unwrap();
        prop_assert!(counted.iter().all(|p| p.height() <= fewest + 1));
        let sized = parts(&f.filter(col("n").gt(lit(5))).repartition(Partitioning::Bytes(bytes)).unwrap());
        prop_assert_eq!(stacked(&sized), whole.clone().lazy().filter(col("n").gt(lit(5))).collect().unwrap());
        let keyed = parts(&f.repartition(Partitioning::Key(vec!["k".into()], Some(n))).unwrap());
        prop_assert_eq!(keyed.len(), n);
        prop_assert_eq!(&sorted(&stacked(&keyed)), &whole);
        let n_keys = |p: &DataFrame| p.column("k").unwrap().n_unique().unwrap();
        prop_assert_eq!(keyed.iter().map(n_keys).sum::<usize>(), n_keys(&whole), "a key is in one partition");
        prop_assert!(keyed.iter().all(|p| p == &sorted(p)), "rows of a partition stay in order");
    }
}

#[test]
fn steps_go_on_in_the_partitions_that_were_made() {
    let f = frame(table(100).lazy());
    let eight = f.repartition(Partitioning::Count(8)).unwrap();
    let schema: SchemaRef = Arc::new(Schema::from_iter([("rows".into(), DataType::UInt32)]));
    let heights = |rows: DataFrame| df!("rows" => [rows.height() as u32]);
    let counts = eight.map_partitions(heights, schema.clone()).collect_in(&session()).unwrap();
    assert_eq!(counts, df!("rows" => [12u32, 13, 12, 13, 12, 13, 12, 13]).unwrap());
    // Columns that nothing asks for are not read, but the keys are.
    let by_key = f.repartition(Partitioning::Key(vec!["k".into()], Some(3))).unwrap().select([col("n")]);
    assert_eq!(sorted(&by_key.collect_in(&session()).unwrap()), table(100).select(["n"]).unwrap());
    assert_eq!(eight.filter(col("n").lt(lit(10))).n_partitions(&session()).unwrap(), 8);
    // Polars itself takes it for a step that changes nothing.
    assert_eq!(eight.lazy().collect().unwrap(), table(100));
    let plan = eight.explain(&session()).unwrap();
    assert!(plan.contains("8"), "{plan}");
}

#[test]
fn what_is_no_partitioning_is_refused() {
    let f = frame(table(10).lazy());
    for (to, says) in [
        (Partitioning::Count(0), "at least one"),
        (Partitioning::Count(1 << 40), "1099511627776 partitions: at most 1048576"),
        (Partitioning::Key(vec!["k".into()], Some(1 << 40)), "at most 1048576"),
        (Partitioning::Bytes(0), "0 bytes"),
        (Partitioning::Key(vec![], None), "needs a column"),
        (Partitioning::Key(vec!["key".into()], None), "there is no column 'key'"),
    ] {
        let e = f.repartition(to).map(drop).unwrap_err();
        assert!(e.to_string().contains(says), "{e}");
    }
}

#[test]
fn functions_on_the_same_rows_are_told_apart() {
    let f = frame(df!("x" => [1i64, 2, 3]).unwrap().lazy());
    let times = |by: i64| f.map_partitions(move |rows| rows.lazy().select([col("x") * lit(by)]).collect(), f.schema().unwrap());
    let both = Frame::concat(&[times(10), times(100)]).unwrap();
    assert_eq!(both.collect_in(&session()).unwrap(), df!("x" => [10i64, 20, 30, 100, 200, 300]).unwrap());
    let args = JoinArgs::new(JoinType::Inner);
    let none = times(10).join(&times(100), [col("x")], [col("x")], args).collect_in(&session()).unwrap();
    assert_eq!(none.height(), 0);
}

#[test]
fn results_are_kept_as_long_as_frames_read_them() {
    let spill = tempfile::tempdir().unwrap();
    let files = || {
        std::fs::read_dir(spill.path()).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().contains("result")).count()
    };
    let session = Session::new(Config { spill_dir: spill.path().into(), budget_bytes: 64 << 20, ..Config::default() });
    let from = tempfile::tempdir().unwrap();
    let path = from.path().join("f.parquet");
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut table(50)).unwrap();
    let kept = scan_parquet(&path).unwrap().filter(col("n").gt_eq(lit(40))).persist(&session).unwrap();
    // What it was made of is not needed any more.
    std::fs::remove_file(path).unwrap();
    let want = table(50).slice(40, 10);
    assert_eq!(kept.collect_in(&session).unwrap(), want);
    let further = [kept.clone().join(&kept, [col("n")], [col("n")], JoinArgs::new(JoinType::Semi)), kept.select([col("n")])];
    let sql = Frame::sql("SELECT count(*) AS n FROM t", &[("t", kept.clone())]).unwrap();
    drop(kept);
    assert_eq!(further[0].collect_in(&session).unwrap(), want);
    assert_eq!(sql.collect_in(&session).unwrap(), df!("n" => [10u32]).unwrap());
    assert_eq!(files(), 1);
    drop((further, sql));
    assert_eq!(files(), 0, "the file goes with the last frame");
}

#[test]
fn narrow_rows_are_sorted_in_as_small_a_budget_as_wide_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let n = 500_000i32;
    let mut rows = df!("d" => (0..n).map(|i| i.wrapping_mul(48_271) % 3000).collect::<Vec<_>>()).expect("a column");
    let path = folder.path().join("d.parquet");
    let file = std::fs::File::create(&path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(20_000)).finish(&mut rows).expect("written");
    let scan = LazyFrame::scan_parquet(PlRefPath::new(path.to_str().expect("UTF-8")), ScanArgsParquet::default()).expect("a scan");
    let session = Session::new(Config { n_threads: 2, budget_bytes: 32 << 20, ..Config::default() });
    let sorted = frame(scan.sort(["d"], SortMultipleOptions::default())).collect_in(&session).expect("rows");
    assert!(sorted.equals(&rows.sort(["d"], SortMultipleOptions::default()).expect("sorted")));
}

#[test]
fn rows_of_one_frequent_key_are_joined_in_pieces() {
    let (n, folder) = (400_000i64, tempfile::tempdir().expect("a folder"));
    let of = |n: i64, key: &dyn Fn(i64) -> i64| {
        let keys: Vec<i64> = (0..n).map(key).collect();
        let texts: Vec<String> = (0..n).map(|i| format!("the text of row {i}")).collect();
        let mut rows = df!("k" => keys, "n" => (0..n).collect::<Vec<_>>(), "s" => texts).expect("columns of one length");
        let path = folder.path().join(format!("{n}.parquet"));
        let file = std::fs::File::create(&path).expect("a file");
        ParquetWriter::new(file).with_row_group_size(Some(20_000)).finish(&mut rows).expect("written");
        LazyFrame::scan_parquet(PlRefPath::new(path.to_str().expect("UTF-8")), ScanArgsParquet::default()).expect("a scan")
    };
    // Seven of ten rows have one key.
    let most = of(2 * n, &|i| i);
    let (many, few) = (of(n, &|i| if i % 10 < 7 { 5 } else { i * 7919 % n }), of(n / 4, &|i| i));
    let session = Session::new(Config { n_threads: 2, budget_bytes: 32 << 20, ..Config::default() });
    for (left, right, how) in [
        (&many, &few, JoinType::Inner),
        (&many, &few, JoinType::Left),
        (&many, &few, JoinType::Semi),
        (&many, &few, JoinType::Anti),
        (&few, &many, JoinType::Inner),
        (&most, &many, JoinType::Inner),
        (&few, &many, JoinType::Right),
        (&most, &many, JoinType::Left),
        (&many, &most, JoinType::Right),
        (&many, &few, JoinType::Full),
        (&few, &many, JoinType::Full),
        (&most, &many, JoinType::Full),
    ] {
        // A full join with the keys of both sides in one column.
        let coalesce = if how == JoinType::Full { JoinCoalesce::CoalesceColumns } else { JoinCoalesce::JoinSpecific };
        let args = JoinArgs { coalesce, ..JoinArgs::new(how.clone()) };
        let query = left.clone().join(right.clone(), [col("k")], [col("k")], args);
        let out = folder.path().join("joined.parquet");
        let written = frame(query.clone()).with_partition_bytes(1 << 20).sink_parquet(&session, &out, true);
        written.unwrap_or_else(|e| panic!("{how}: {e}"));
        let found = ParquetReader::new(std::fs::File::open(&out).expect("a file")).finish().expect("rows");
        let want = query.collect().expect("Polars' rows");
        let numbers: Vec<_> = want.get_column_names().into_iter().filter(|c| c.starts_with('n')).cloned().collect();
        let sorted = |rows: &DataFrame| rows.sort(numbers.clone(), SortMultipleOptions::default()).expect("sorted");
        assert!(sorted(&found).equals_missing(&sorted(&want)), "{how}");
    }
}

#[test]
fn a_frequent_key_of_the_side_that_is_looked_up_cuts_nothing_in_thousands() {
    let n = 200_000i64;
    let of =
        |keys: Vec<i64>| df!("n" => (0..keys.len() as i64).collect::<Vec<_>>(), "k" => keys).expect("columns of one length").lazy();
    // Half of the right side has one key, which ten rows of the left have; or all of it has.
    let left = of((0..n).map(|i| if i % 20_000 == 0 { -1 } else { i }).collect());
    let half = of((0..20_000).map(|i| if i % 2 == 0 { -1 } else { i }).collect());
    let all = of(vec![-1; 100_000]);
    let session = Session::new(Config { n_threads: 2, budget_bytes: 1 << 30, ..Config::default() });
    for (right, how) in [(&half, JoinType::Left), (&half, JoinType::Inner), (&all, JoinType::Left), (&all, JoinType::Inner)] {
        let query = left.clone().join(right.clone(), [col("k")], [col("k")], JoinArgs::new(how.clone()));
        let mut n_partitions = 0;
        let mut rows: Vec<DataFrame> = Vec::new();
        let found = frame(query.clone()).with_partition_bytes(1 << 20).for_each_partition(&session, |_, part| {
            n_partitions += 1;
            rows.push(part);
            Ok(())
        });
        found.unwrap_or_else(|e| panic!("{how}: {e}"));
        assert!(n_partitions < 100, "{how}: {n_partitions} partitions");
        let sorted = |rows: DataFrame| rows.sort(["n", "n_right"], SortMultipleOptions::default()).expect("sorted");
        assert!(sorted(stacked(&rows)).equals_missing(&sorted(query.collect().expect("Polars' rows"))), "{how}");
    }
}

#[test]
fn keys_that_both_sides_have_several_times_are_joined_in_any_budget() {
    let of = |n: i64, n_keys: i64| {
        let texts: Vec<String> = (0..n).map(|i| "text ".repeat((i % 7) as usize)).collect();
        df!("k" => (0..n).map(|i| i * 7919 % n_keys).collect::<Vec<_>>(), "n" => (0..n).collect::<Vec<_>>(), "s" => texts)
            .expect("columns of one length")
            .lazy()
    };
    // Half a million pairs, and rows of either side without any.
    let (left, right) = (of(40_000, 400), of(5_000, 300));
    let session = |mib: u64, n_threads| Session::new(Config { n_threads, budget_bytes: mib << 20, ..Config::default() });
    for how in [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Full] {
        let query = left.clone().join(right.clone(), [col("k")], [col("k")], JoinArgs::new(how.clone()));
        let rows = |mib, n_threads| {
            let mut parts = vec![];
            let found =
                frame(query.clone()).with_partition_bytes(1 << 19).for_each_partition(&session(mib, n_threads), |_, part| {
                    parts.push(part);
                    Ok(())
                });
            found.unwrap_or_else(|e| panic!("{how} in {mib} MiB: {e}"));
            stacked(&parts)
        };
        let small = rows(24, 2);
        assert!(small.equals_missing(&rows(512, 1)), "{how}");
        let sorted = |rows: &DataFrame| rows.sort(["n", "n_right"], SortMultipleOptions::default()).expect("sorted");
        assert!(sorted(&small).equals_missing(&sorted(&query.collect().expect("Polars' rows"))), "{how}");
    }
}

#[test]
fn rows_that_are_marked_are_not_paired_with_all_that_are_equal() {
    let n = 1_000_000i64;
    let of = |n: i64| df!("k" => (0..n).map(|i| i % 3).collect::<Vec<_>>(), "s" => vec!["text"; n as usize], "n" => (0..n).collect::<Vec<_>>());
    let left =
        of(n / 20).and_then(|df| df.vstack(&df!("k" => [-1i64], "s" => ["alone"], "n" => [-1i64])?)).expect("columns").lazy();
    let right = of(n).expect("columns").lazy();
    let session = Session::new(Config { n_threads: 2, budget_bytes: 256 << 20, ..Config::default() });
    for (how, want) in [(JoinType::Semi, n as usize / 20), (JoinType::Anti, 1)] {
        for on in [vec![col("k")], vec![col("k"), col("s")]] {
            let query = left.clone().join(right.clone(), &on, &on, JoinArgs::new(how.clone()));
            assert_eq!(frame(query).collect_in(&session).expect("rows").height(), want, "{how}");
        }
    }
}
