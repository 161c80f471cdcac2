use polars::prelude::*;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use tilework::Config;
use tilework::frame::{Frame, frame};
use tilework::session::{Executor, Session};

fn session(n_threads: usize, budget_bytes: u64) -> Session {
    Session::new(Config { n_threads, budget_bytes, ..Config::default() })
}

/// A table of `n` rows with nulls, NaN, both zeros, empty strings.
fn tables() -> impl Strategy<Value = DataFrame> {
    let float = prop_oneof![
        6 => (-1000i32..1000).prop_map(|v| Some(f64::from(v) / 8.0)),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(-0.0)),
        1 => Just(None),
    ];
    let row =
        (0i64..4, any::<Option<bool>>(), float, any::<Option<i8>>(), "[a-c]{0,2}|a longer text than fits", any::<Option<i32>>());
    vec(row, 0..120).prop_map(|rows| {
        df!(
            "k" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
            "b" => rows.iter().map(|r| r.1).collect::<Vec<_>>(),
            "x" => rows.iter().map(|r| r.2).collect::<Vec<_>>(),
            "f" => rows.iter().map(|r| r.2.map(|v| v as f32)).collect::<Vec<_>>(),
            "i" => rows.iter().map(|r| r.3.map(i64::from)).collect::<Vec<_>>(),
            "s" => rows.iter().map(|r| (r.4.len() != 1).then(|| r.4.clone())).collect::<Vec<_>>(),
            "w" => rows.iter().map(|r| r.5).collect::<Vec<_>>(),
        )
        .expect("columns of one length")
    })
}

fn aggregates(of_groups: bool) -> Vec<Expr> {
    let mut all = vec![len().alias("rows")];
    for c in ["b", "x", "f", "i", "s", "w"] {
        let e = col(c);
        all.extend([e.clone().count().alias(format!("count {c}")), e.clone().len().alias(format!("len {c}"))]);
        all.extend([e.clone().min().alias(format!("min {c}")), e.clone().max().alias(format!("max {c}"))]);
        if of_groups {
            all.extend([e.clone().first().alias(format!("first {c}")), e.clone().last().alias(format!("last {c}"))]);
        }
        if c != "s" {
            all.extend([e.clone().sum().alias(format!("sum {c}")), e.clone().mean().alias(format!("mean {c}"))]);
        }
        if c != "s" && c != "b" {
            for d in 0..3 {
                all.extend([e.clone().var(d).alias(format!("var{d} {c}")), e.clone().std(d).alias(format!("std{d} {c}"))]);
            }
        }
    }
    all.push(((col("x") + col("i")).sum() / (col("i").count() + lit(1))).alias("ratio"));
    all.push(col("x").null_count().alias("nulls"));
    for (a, b) in [("x", "i"), ("i", "w"), ("f", "f"), ("f", "x")] {
        all.push(pearson_corr(col(a), col(b)).alias(format!("corr {a} {b}")));
    }
    let some = col("w").null_count().lt(col("w").len());
    all.push(when(some).then(col("w").sum()).otherwise(lit(NULL)).alias("sum as of SQL"));
    all.push(when(col("w").sum().gt(lit(0))).then(col("x").mean()).otherwise(lit(-1.0)).alias("choice"));
    all
}

/// Equal columns and rows; floats to about ten digits of the column's largest value (five for single precision).
pub fn assert_same(have: &DataFrame, want: &DataFrame) {
    assert_eq!(have.schema(), want.schema());
    assert_eq!(have.height(), want.height(), "{have}\n{want}");
    for (h, w) in have.columns().iter().zip(want.columns()) {
        if !h.dtype().is_float() {
            assert_eq!(h, w, "column {}", h.name());
            continue;
        }
        let tolerance = if h.dtype() == &DataType::Float32 { 1e-5 } else { 1e-10 };
        let values = |c: &Column| c.cast(&DataType::Float64).expect("floats").f64().expect("floats").iter().collect::<Vec<_>>();
        let (h_values, w_values) = (values(h), values(w));
        for (a, b) in h_values.iter().zip(&w_values) {
            let same = match (a, b) {
                (Some(a), Some(b)) => {
                    (a.is_nan() && b.is_nan()) || a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e3)
                }
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(same, "column {}: {a:?} is not {b:?}\n{h:?}\n{w:?}", h.name());
        }
    }
}

fn run(f: &Frame, n_parts: u64, df: &DataFrame) -> DataFrame {
    // A row of these tables is counted as about 100 bytes beside its strings.
    let bytes = (df.height() as u64 * 60 / n_parts).max(1);
    let f = f.clone().with_partition_bytes(bytes);
    let want = f.collect_in(&session(1, 256 << 20).with_executor(Executor::Serial)).expect("runs serially");
    for (threads, budget) in [(1, 64 << 20), (3, 32 << 20)] {
        let have = f.collect_in(&session(threads, budget)).expect("runs");
        for (h, w) in have.columns().iter().zip(want.columns()) {
            let (h, w) = (h.clone().into_frame(), w.clone().into_frame());
            assert!(same_bits(&h, &w), "{threads} threads give other bits\n{h}\n{w}");
        }
        assert_eq!(have.schema(), want.schema());
    }
    want
}

/// Floats are compared by their bits; what lies under a null, and where texts lie in memory, is nobody's business.
fn same_bits(a: &DataFrame, b: &DataFrame) -> bool {
    let bits = |c: &Column| match c.dtype() {
        DataType::Float32 => c.f32().expect("floats").iter().map(|v| v.map(|v| u64::from(v.to_bits()))).collect::<Vec<_>>(),
        _ => c.f64().expect("floats").iter().map(|v| v.map(f64::to_bits)).collect(),
    };
    let same = |(a, b): (&Column, &Column)| if a.dtype().is_float() { bits(a) == bits(b) } else { a.equals_missing(b) };
    a.schema() == b.schema() && a.columns().iter().zip(b.columns()).all(same)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn groups_are_those_of_the_whole(df in tables(), n_parts in prop_oneof![Just(1u64), Just(2), Just(7), Just(50)], key in 0..4usize) {
        let keys: Vec<Expr> = [vec![col("k")], vec![col("s")], vec![col("k"), col("b")], vec![(col("k") % lit(2)).alias("odd"), col("x")]][key].clone();
        let query = df.clone().lazy().group_by_stable(&keys).agg(aggregates(true));
        let want = query.clone().collect().expect("Polars runs it");
        assert_same(&run(&frame(query), n_parts, &df), &want);
    }

    #[test]
    fn aggregates_are_those_of_the_whole(df in tables(), n_parts in prop_oneof![Just(1u64), Just(2), Just(7), Just(50)]) {
        let query = df.clone().lazy().filter(col("k").gt(lit(0))).select(aggregates(false));
        let want = query.clone().collect().expect("Polars runs it");
        assert_same(&run(&frame(query), n_parts, &df), &want);
    }
}

#[test]
fn rows_that_are_mostly_alone_are_grouped_in_order() {
    let n = 120_000i64;
    // Keys that come once or twice, far from each other, and two that come very often.
    let key = |i: i64| if i % 97 == 0 { -1 - i % 2 } else { i * 7919 % (n * 3 / 4) };
    let mut df = df!(
        "k" => (0..n).map(key).collect::<Vec<_>>(),
        "s" => (0..n).map(|i| (key(i) % 5 != 0).then(|| format!("text {}", key(i)))).collect::<Vec<_>>(),
        "x" => (0..n).map(|i| (i % 11 != 0).then_some((i % 1000) as f64 / 8.0)).collect::<Vec<_>>(),
    )
    .expect("columns of one length");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("rows.parquet");
    let file = std::fs::File::create(&path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(20_000)).finish(&mut df).expect("can be written");
    let path = path.to_str().expect("a name in UTF-8");
    let aggs = [col("x").sum(), col("x").mean().alias("mean"), col("x").var(1).alias("var"), len().alias("n")];
    let query = LazyFrame::scan_parquet(path.into(), Default::default()).expect("is there");
    let query = query.group_by_stable([col("k"), col("s")]).agg(aggs);
    let want = query.clone().collect().expect("Polars runs it");
    let run = |budget| frame(query.clone()).with_partition_bytes(1 << 20).collect_in(&session(2, budget)).expect("runs");
    let have = run(96 << 20);
    assert_same(&have, &want);
    assert!(same_bits(&run(1 << 30), &have));
}

#[test]
fn a_key_that_turns_out_to_be_frequent_is_grouped_by_states() {
    let n = 240_000i64;
    let mut df = df!(
        "k" => (0..n).map(|i| if i < 40_000 { i } else { 7 }).collect::<Vec<_>>(),
        "x" => (0..n).map(|i| i % 1000).collect::<Vec<_>>(),
    )
    .expect("columns of one length");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("rows.parquet");
    let file = std::fs::File::create(&path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(20_000)).finish(&mut df).expect("can be written");
    let query = LazyFrame::scan_parquet(path.to_str().expect("a name in UTF-8").into(), Default::default()).expect("is there");
    let query = query.group_by_stable([col("k") % lit(1_000_000)]).agg([col("x").sum(), len().alias("n")]);
    let want = query.clone().collect().expect("Polars runs it");
    for budget in [24 << 20, 1 << 30] {
        let have = frame(query.clone()).with_partition_bytes(400_000).collect_in(&session(2, budget)).expect("runs");
        assert_same(&have, &want);
    }
}

#[test]
fn nothing_is_correlated_with_what_does_not_vary() {
    let n = 200;
    let df = df!(
        "k" => (0..n).map(|i| i % 3).collect::<Vec<i32>>(),
        "x" => (0..n).map(|i| f64::from(i * i % 17)).collect::<Vec<_>>(),
        "same" => vec![0.5; n as usize],
    )
    .expect("columns of one length");
    let corr = pearson_corr(col("x"), col("same"));
    for query in [df.clone().lazy().select([corr.clone()]), df.clone().lazy().group_by_stable([col("k")]).agg([corr.alias("r")])] {
        let found = run(&frame(query), 7, &df);
        let r = found.columns()[found.width() - 1].f64().expect("floats");
        assert!(r.iter().all(|r| r.is_some_and(f64::is_nan)), "{found}");
    }
}

#[test]
fn the_greatest_of_a_null_and_nan_is_nan() {
    let df = df!("k" => [0i64, 1], "x" => [0.0, f64::NAN]).expect("columns of one length");
    // The variance keeps Polars' own expressions in the merge.
    let of =
        [col("x").min().alias("min"), col("x").max().alias("max"), col("x").mean().alias("mean"), col("x").var(0).alias("var")];
    let query = df.clone().lazy().filter(col("k").gt(lit(0))).select(of);
    assert_same(&run(&frame(query.clone()), 2, &df), &query.collect().expect("Polars runs it"));
}
