//! Methods of frames give what Polars' methods of the same name give, for any partitions.

use polars::prelude::*;
use tilework::frame::{Frame, frame};
use tilework::{Config, ErrorKind, Session};

fn table() -> DataFrame {
    let n = 500i64;
    let unknown = |i: i64| (i % 11 != 3).then_some(i);
    df!(
        "k" => (0..n).map(|i| i * 31 % 7).collect::<Vec<_>>(),
        "x" => (0..n).map(|i| unknown(i).map(|i| if i % 50 == 9 { f64::NAN } else { i as f64 / 4.0 })).collect::<Vec<_>>(),
        "s" => (0..n).map(|i| ["a", "bb", "a longer text than a view holds"][i as usize * 5 % 3]).collect::<Vec<_>>(),
    )
    .expect("columns of one length")
}

/// The frame in one partition, in some and in hundreds.
fn cuts(f: impl Fn(Frame) -> Frame) -> Vec<DataFrame> {
    let session = Session::new(Config { n_threads: 2, ..Config::default() });
    let of = |bytes| f(frame(table().lazy()).with_partition_bytes(bytes)).collect_in(&session).expect("rows");
    [1 << 20, 4000, 64].map(of).into()
}

#[track_caller]
fn check(f: impl Fn(Frame) -> Frame, want: LazyFrame) {
    let want = want.collect().expect("rows");
    for have in cuts(f) {
        assert!(have.schema() == want.schema() && have.equals_missing(&want), "{have}\nis not\n{want}");
    }
}

#[test]
fn columns_and_rows_are_chosen() {
    let q = || table().lazy();
    check(|f| f.head(9), q().limit(9));
    check(|f| f.drop(["x"]), q().drop(by_name(["x"], true, false)));
    check(|f| f.rename([("x", "y"), ("s", "x")]), q().rename(["x", "s"], ["y", "x"], true));
    check(|f| f.drop_nulls(None::<[&str; 0]>), q().drop_nulls(None));
    check(|f| f.drop_nulls(Some(["x"])), q().drop_nulls(Some(by_name(["x"], true, false))));
    check(|f| f.fill_nan(lit(0.5)), q().fill_nan(lit(0.5)));
    check(|f| f.drop(["s"]).fill_null(lit(0)), q().drop(by_name(["s"], true, false)).fill_null(lit(0)));
    check(|f| f.with_row_index("i", 5), q().with_row_index("i", Some(5)));
}

#[test]
fn tables_change_their_shape() {
    let q = || table().lazy();
    let both = || as_struct(vec![col("k"), col("s").alias("t")]).alias("both");
    check(|f| f.select([both()]).unnest(["both"]), q().select([col("k"), col("s").alias("t")]));
    let args = UnpivotArgsDSL {
        on: Some(by_name(["k"], true, false)),
        index: by_name(["s"], true, false),
        variable_name: None,
        value_name: None,
    };
    check(|f| f.unpivot(["k"], ["s"]), q().unpivot(args));
    let values = df!("s" => ["a", "bb", "none has this"]).expect("a column");
    let wide = |s: &str| col("x").filter(col("s").eq(lit(s))).max().alias(s);
    let want = q().group_by_stable([col("k")]).agg(["a", "bb", "none has this"].map(wide));
    check(|f| f.pivot("s", &values, ["k"], ["x"], element().max()).expect("columns"), want);
    let counts = q().group_by_stable([col("s")]).agg([len().alias("count")]);
    let order = SortMultipleOptions::default().with_order_descending(true).with_maintain_order(true);
    check(|f| f.value_counts("s"), counts.sort(["count"], order));
}

#[test]
fn a_sample_is_the_same_for_any_partitions() {
    let some = cuts(|f| f.sample(0.25, 7).expect("a fraction"));
    assert!(some[0].equals_missing(&some[1]) && some[0].equals_missing(&some[2]));
    assert!((60..190).contains(&some[0].height()), "{} rows", some[0].height());
    assert!(!some[0].equals_missing(&cuts(|f| f.sample(0.25, 8).expect("a fraction"))[0]));
    check(|f| f.sample(1.0, 1).expect("a fraction"), table().lazy());
    let refused = frame(table().lazy()).sample(1.5, 1).map(|_| ()).expect_err("no fraction");
    assert!(refused.to_string().contains("from 0 to 1"), "{refused}");
}

#[test]
fn statistics_are_described() {
    for have in cuts(|f| f.drop(["x"]).describe().expect("columns")) {
        let want = df!(
            "statistic" => ["count", "null_count", "mean", "std", "min", "max"],
            "k" => [500.0, 0.0, 3.0, 2.005004, 0.0, 6.0],
            "s" => [Some("500"), Some("0"), None, None, None, None],
        )
        .expect("columns");
        let close = |df: DataFrame| df.lazy().with_columns([col("k").round(5, RoundMode::HalfToEven)]).collect().expect("numbers");
        assert_eq!(close(have), close(want));
    }
}

#[test]
fn partitions_come_one_by_one() {
    let session = Session::new(Config { n_threads: 2, ..Config::default() });
    let f = frame(table().lazy()).with_partition_bytes(4000).filter(col("k").lt(lit(3)));
    let n = f.n_partitions(&session).expect("a number");
    assert!(n > 3, "{n} partitions");
    let parts = (0..n).map(|i| f.partition(&session, i).expect("rows")).reduce(|a, b| a.vstack(&b).expect("the same columns"));
    let want = f.collect_in(&session).expect("rows");
    assert!(parts.expect("partitions").equals_missing(&want));
    let missing = f.partition(&session, n).expect_err("no partition");
    assert!(missing.to_string().contains("counted from 0"), "{missing}");
    let (mut seen, mut rows) = (vec![], 0);
    f.for_each_partition(&session, |i, df| {
        seen.push(i);
        rows += df.height();
        Ok(())
    })
    .expect("rows");
    assert_eq!((seen, rows), ((0..n).collect(), want.height()));
    let stopped = f.for_each_partition(&session, |i, _| if i == 2 { Err(tilework::Error::usage("enough")) } else { Ok(()) });
    assert_eq!(stopped.expect_err("stopped").message(), "enough");
}

#[test]
fn functions_run_on_partitions_and_groups() {
    let doubled = |df: DataFrame| df.lazy().with_columns([col("k") * lit(2)]).collect();
    let schema = frame(table().lazy()).schema().expect("columns");
    check(|f| f.map_partitions(doubled, schema.clone()), table().lazy().with_columns([col("k") * lit(2)]));
    let session = Session::new(Config { n_threads: 2, budget_bytes: 1 << 20, ..Config::default() });
    let wrong = frame(table().lazy()).map_partitions(|df| df.select(["k"]), schema.clone()).collect_in(&session);
    let wrong = wrong.expect_err("other columns");
    assert!(wrong.to_string().contains("was to make the columns k: i64, x: f64, s: str, but its function made k: i64"), "{wrong}");
    // Of many groups, in buckets.
    let numbers = |f: fn(i64) -> i64| (0..8000i64).map(f).collect::<Vec<_>>();
    let many = df!("g" => numbers(|i| i * 7919 % 6000), "v" => numbers(|i| i), "a" => numbers(|i| -i), "b" => numbers(|i| i / 2), "c" => numbers(|i| i % 9));
    let many = many.expect("columns").lazy();
    let last = |df: DataFrame| Ok(df.tail(Some(1)));
    let session = Session::new(Config { n_threads: 2, budget_bytes: 7 << 20, ..Config::default() });
    let query = frame(many.clone()).with_partition_bytes(20_000);
    let schema = query.schema().expect("columns");
    let have = query.group_by([col("g")]).map_groups(last, schema).collect_in(&session).expect("rows");
    let want = many.group_by_stable([col("g")]).agg([all().as_expr().last()]).collect().expect("rows");
    assert!(have.equals(&want), "{have}\nis not\n{want}");
    let grown = frame(table().lazy()).with_partition_bytes(4000);
    let schema = grown.schema().expect("columns");
    let ten = |df: DataFrame| (1..60).try_fold(df.clone(), |all, _| all.vstack(&df));
    let refused = grown.map_partitions(ten, schema).collect_in(&session).expect_err("ten times the rows");
    assert_eq!(refused.kind(), ErrorKind::Budget);
    assert!(refused.to_string().contains("makes more of its rows than that"), "{refused}");
}

#[test]
fn what_no_rule_is_for_runs_whole_or_is_refused_with_the_numbers() {
    let ranked = |f: Frame| f.select([col("k"), col("x").rank(RankOptions::default(), None)]);
    let want = table().lazy().select([col("k"), col("x").rank(RankOptions::default(), None)]);
    check(ranked, want);
    let many = df!("v" => (0..200_000i64).collect::<Vec<_>>()).expect("a column").lazy();
    let session = Session::new(Config { n_threads: 2, budget_bytes: 1 << 20, ..Config::default() });
    let ranked = frame(many).with_partition_bytes(20_000).select([col("v").rank(RankOptions::default(), None)]);
    let refused = ranked.collect_in(&session).expect_err("too many rows");
    assert_eq!(refused.kind(), ErrorKind::Budget);
    assert!(refused.to_string().contains("select cannot be taken apart and needs 1.5 MiB"), "{refused}");
}

#[test]
fn windows_add_columns_in_buckets() {
    let rows = concat(vec![table().lazy(); 60], UnionArgs::default()).expect("rows").collect().expect("rows");
    let q = rows.lazy().with_columns([col("x").count().over([col("k"), col("s")]).expect("keys").alias("n")]);
    let want = q.clone().collect().expect("rows");
    for budget_bytes in [16 << 20, 1 << 30] {
        let session = Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() });
        let f = frame(q.clone()).with_partition_bytes(40_000);
        let have = f.collect_in(&session).expect("rows");
        assert!(have.schema() == want.schema() && have.equals_missing(&want), "{have}");
    }
}

#[test]
fn joins_are_validated() {
    let of = |keys: &[Option<i64>]| df!("k" => keys, "v" => vec![1; keys.len()]).expect("columns of one length").lazy();
    let sides: [&[Option<i64>]; 4] = [&[Some(1), Some(2)], &[Some(1), Some(1), Some(3)], &[None, None, Some(1)], &[]];
    for how in [JoinType::Inner, JoinType::Left, JoinType::Full] {
        for validation in [JoinValidation::OneToOne, JoinValidation::OneToMany, JoinValidation::ManyToOne] {
            for (left, right) in sides.iter().flat_map(|l| sides.iter().map(move |r| (*l, *r))) {
                let repeats = |keys: &[Option<i64>]| {
                    keys.iter().flatten().count() > keys.iter().flatten().collect::<std::collections::BTreeSet<_>>().len()
                };
                let (one_left, one_right) = (validation != JoinValidation::ManyToOne, validation != JoinValidation::OneToMany);
                let is_wrong = one_left && repeats(left) || one_right && repeats(right);
                let args = JoinArgs { validation, ..JoinArgs::new(how.clone()) };
                let q = of(left).join(of(right), [col("k")], [col("k")], args);
                for partition_bytes in [1 << 20, 8] {
                    let found = frame(q.clone()).with_partition_bytes(partition_bytes).collect();
                    assert_eq!(found.is_err(), is_wrong, "{how} {validation} {left:?} {right:?}");
                    if let Err(e) = found {
                        assert!(e.to_string().contains("validation: 1 keys of the"), "{e}");
                    }
                }
            }
        }
    }
}

#[test]
fn first_rows_of_a_sort_need_no_more_than_the_sort() {
    let rows = concat(vec![table().lazy(); 40], UnionArgs::default()).expect("rows").collect().expect("rows");
    let q = rows.lazy().sort(["x"], SortMultipleOptions::default().with_maintain_order(true)).slice(2000, 3000);
    let want = q.clone().collect().expect("rows");
    for budget_bytes in [4 << 20, 64 << 20] {
        let session = Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() });
        let have = frame(q.clone()).with_partition_bytes(4000).collect_in(&session).expect("rows");
        assert!(have.equals_missing(&want), "{have}");
    }
}

#[test]
fn functions_that_are_not_built_in_are_named() {
    let lists = table().lazy().group_by_stable([col("s")]).agg([col("k").alias("l")]);
    let e = frame(lists.select([col("l") * lit(2)])).collect().expect_err("no arithmetic of lists");
    assert!(e.kind() == ErrorKind::Unsupported && e.to_string().contains("that this build is without"), "{e}");
}
