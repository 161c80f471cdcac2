//! Conditions that Parquet scans meet row group by row group, and keys that joins ask for, give what Polars gives.

use polars::prelude::*;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use std::path::Path;
use tilework::Config;
use tilework::frame::frame;
use tilework::session::Session;

/// Rows with columns of few and of many values, with nulls and NaN.
fn rows(most: usize) -> impl Strategy<Value = DataFrame> {
    vec((0u8..12, -40i64..40, 0u8..6, any::<u16>()), 0..most).prop_map(|rows| {
        let n = rows.len() as i64;
        let keys: Vec<Option<i64>> = rows.iter().map(|r| (r.0 > 0).then_some(r.1)).collect();
        let floats: Vec<Option<f64>> = rows
            .iter()
            .map(|r| match r.0 {
                1 => None,
                2 => Some(f64::NAN),
                3 => Some(-0.0),
                _ => Some(f64::from(r.3) / 64.0),
            })
            .collect();
        let words = [None, Some(""), Some("air"), Some("ship"), Some("a longer text than a view holds"), Some("mail")];
        df!(
            "k" => keys,
            "f" => floats,
            "w" => rows.iter().map(|r| words[r.2 as usize]).collect::<Vec<_>>(),
            "few" => rows.iter().map(|r| f64::from(r.2 % 3)).collect::<Vec<_>>(),
            "n" => (0..n).collect::<Vec<_>>(),
            "own" => rows.iter().enumerate().map(|(i, r)| format!("{i} is {}", r.3)).collect::<Vec<_>>(),
        )
        .and_then(|df| df.lazy().with_column((col("k") * lit(3)).cast(DataType::Date).alias("d")).collect())
        .expect("columns of one length")
    })
}

fn condition(i: usize) -> Expr {
    let words = || lit(Series::new("".into(), ["air", "mail"])).implode(true);
    match i {
        0 => col("w").eq(lit("ship")),
        1 => col("w").is_in(words(), false),
        2 => col("w").is_null().or(col("w").eq(lit(""))),
        3 => col("few").gt_eq(lit(1.0)).and(col("few").lt(lit(2.0))),
        4 => col("f").gt(lit(300.0)),
        5 => col("f").is_nan().or(col("k").is_null()),
        6 => col("d").gt(lit(5).cast(DataType::Date)),
        7 => col("own").str().ends_with(lit("7")),
        8 => col("k").gt(col("n") - lit(60)),
        9 => col("k").cast(DataType::Float64).lt(col("f")),
        10 => col("n").sum().gt(col("n")),
        _ => lit(true),
    }
}

fn written(rows: &DataFrame, path: &Path, group_rows: usize) -> LazyFrame {
    let file = std::fs::File::create(path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(group_rows)).finish(&mut rows.clone()).expect("written");
    LazyFrame::scan_parquet(PlRefPath::new(path.to_str().expect("UTF-8")), ScanArgsParquet::default()).expect("a scan")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn scans_and_joins_leave_out_what_is_of_no_use(
        left in rows(400), right in rows(60), conditions in vec(0usize..12, 0..4), of_right in 0usize..12,
        group_rows in prop_oneof![Just(7usize), 20usize..90, Just(100_000)],
        partition_bytes in prop_oneof![Just(400u64), Just(3000), Just(1 << 20)],
        how in 0usize..5, nulls_equal in any::<bool>(), also_date in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let left = written(&left, &folder.path().join("left.parquet"), group_rows);
        let right = written(&right, &folder.path().join("right.parquet"), group_rows).filter(condition(of_right));
        let scanned = conditions.iter().fold(left, |q, &i| q.filter(condition(i)));
        let how = [JoinType::Inner, JoinType::Left, JoinType::Semi, JoinType::Anti, JoinType::Full][how].clone();
        let on: Vec<Expr> = ["k", "d"].iter().take(1 + usize::from(also_date)).map(|n| col(*n)).collect();
        let args = JoinArgs { maintain_order: MaintainOrderJoin::LeftRight, nulls_equal, ..JoinArgs::new(how) };
        let joined = scanned.clone().join(right.clone(), &on, &on, args);
        let either = col("w").eq(lit("air")).and(col("few_right").eq(lit(1.0)));
        let or = col("w").eq(lit("mail")).and(col("few_right").gt(lit(0.0))).and(col("few").lt(lit(2.0)));
        let cases = scanned.clone().inner_join(right, col("k"), col("k")).filter(either.or(or)).sort(["n", "n_right"], SortMultipleOptions::default());
        let sums = scanned.clone().group_by_stable([col("w"), col("few")]).agg([col("n").sum(), col("f").max(), len().alias("rows"), col("own").first()]);
        let sorted = scanned.clone().sort(["k"], SortMultipleOptions::default().with_maintain_order(true)).group_by_stable([col("k")]).agg([col("n").sum(), col("d").last()]);
        for query in [scanned.clone(), scanned.select([col("n"), col("d")]), joined, cases, sums, sorted] {
            let want = query.clone().collect().expect("rows");
            let f = frame(query.clone()).with_partition_bytes(partition_bytes);
            let s = Session::new(Config { n_threads: 2, budget_bytes: 1 << 28, ..Config::default() });
            let have = f.collect_in(&s).expect("rows");
            assert!(have.equals_missing(&want), "{}\n{have}\nis not\n{want}", query.describe_plan().expect("a plan"));
        }
    }
}

#[test]
fn what_follows_from_a_condition_on_a_join_is_asked_of_each_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let n = 20_000i64;
    let all = df!(
        "k" => (0..n).collect::<Vec<_>>(),
        "a" => (0..n).map(|i| i % 100).collect::<Vec<_>>(),
    )
    .expect("columns");
    let left = written(&all, &folder.path().join("l.parquet"), 5000);
    let right = written(&all, &folder.path().join("r.parquet"), 5000).rename(["a"], ["b"], true);
    let case = |a: i64, b: i64| col("a").eq(lit(a)).and(col("b").eq(lit(b)));
    let query = left.inner_join(right, col("k"), col("k")).filter(case(1, 1).or(case(2, 2)).or(case(3, 4)));
    let f = frame(query.clone()).with_partition_bytes(1 << 16);
    let have = f.collect().expect("rows");
    assert_eq!(have.height(), 400);
    assert!(have.equals(&query.sort(["k"], SortMultipleOptions::default()).collect().expect("rows")));
}

#[test]
fn a_condition_that_fails_for_a_value_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let words = (0..4000).map(|i| ["1", "12", "no number"][i % 3]).collect::<Vec<_>>();
    let all = df!("w" => &words, "n" => (0..4000i64).collect::<Vec<_>>()).expect("columns");
    let q = written(&all, &folder.path().join("w.parquet"), 1000);
    let strict = q.clone().filter(col("w").strict_cast(DataType::Int64).gt(lit(5)));
    let e = frame(strict).collect().expect_err("no number");
    assert!(e.to_string().contains("no number"), "{e}");
    let lenient = frame(q.filter(col("w").cast(DataType::Int64).gt(lit(5)))).collect().expect("rows");
    assert_eq!(lenient.height(), 1333);
}
