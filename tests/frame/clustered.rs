//! Tables that are stored in order of a key are grouped, joined and sorted without bringing rows together, and give what Polars gives.

use polars::prelude::*;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use std::path::Path;
use tilework::Config;
use tilework::frame::{Frame, frame};
use tilework::session::Session;

/// Rows whose keys rise, with runs from one row to more than a partition has.
fn rows(most: usize) -> impl Strategy<Value = DataFrame> {
    let run = (1i64..4, prop_oneof![4 => 1usize..4, 1 => 1usize..60], any::<bool>());
    vec(run, 1..most).prop_map(|runs| {
        let (mut key, mut keys) = (-5i64, vec![]);
        for (step, n, text) in &runs {
            key += step;
            keys.extend(std::iter::repeat_n((key, *text), *n));
        }
        let n = keys.len() as i64;
        df!(
            "k" => keys.iter().map(|k| k.0).collect::<Vec<_>>(),
            "v" => (0..n).map(|i| i * 7919 % 101).collect::<Vec<_>>(),
            "s" => keys.iter().map(|k| if k.1 { "a" } else { "a longer text than a view holds" }).collect::<Vec<_>>(),
        )
        .expect("columns of one length")
    })
}

fn written(rows: &DataFrame, path: &Path, group_rows: usize) -> LazyFrame {
    let file = std::fs::File::create(path).expect("a file");
    ParquetWriter::new(file).with_row_group_size(Some(group_rows)).finish(&mut rows.clone()).expect("written");
    LazyFrame::scan_parquet(PlRefPath::new(path.to_str().expect("UTF-8")), ScanArgsParquet::default()).expect("a scan")
}

fn frames(query: &LazyFrame, partition_bytes: u64) -> Frame {
    frame(query.clone()).with_partition_bytes(partition_bytes)
}

fn session(budget_bytes: u64) -> Session {
    Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn stored_order_changes_nothing(
        left in rows(300), right in rows(300), shift in -3i64..3,
        group_rows in prop_oneof![Just(1usize), 2usize..40, Just(100_000)],
        partition_bytes in prop_oneof![Just(150u64), Just(400), Just(3000)],
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut right = right;
        right.with_column(right.column("k").expect("keys").clone() + shift).expect("keys").rename("v", "w".into()).expect("v").rename("s", "t".into()).expect("s");
        // As few row groups as take no longer than the rest.
        let group_rows = group_rows.max(left.height().max(right.height()) / 60);
        let (left, right) = (written(&left, &folder.path().join("left.parquet"), group_rows), written(&right, &folder.path().join("right.parquet"), group_rows));
        let sums = [col("v").sum(), len().alias("n"), col("s").first()];
        let groups = left.clone().filter(col("v").gt(lit(3))).group_by_stable([col("k"), col("v") % lit(2)]).agg(&sums[1..]);
        let whole = left.clone().group_by_stable([col("k")]).agg(&sums);
        let joined = left.clone().join(right.clone(), [col("k")], [col("k")], JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) });
        let sorted = left.clone().sort(["v", "s"], SortMultipleOptions::default().with_maintain_order(true));
        // A part that is read twice is kept in memory in its order.
        let some = left.clone().filter(col("v").gt(lit(3)));
        let distinct = some.clone().group_by_stable([col("k")]).agg([col("v").n_unique().alias("n"), col("s").last().alias("last")]);
        let by_left = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Left) };
        let shared = some.join(distinct, [col("k")], [col("k")], by_left);
        let mut plans = String::new();
        for query in [groups, whole, joined, sorted, shared] {
            let want = query.clone().collect().expect("rows");
            for budget in [1u64 << 20, 1 << 28] {
                let f = frames(&query, partition_bytes);
                match f.collect_in(&session(budget)) {
                    Ok(have) => assert!(have.equals_missing(&want), "{have}\nis not\n{want}"),
                    Err(e) => assert!(e.kind() == tilework::ErrorKind::Budget && budget < 1 << 28, "{e}"),
                }
                plans += &f.explain(&session(1 << 28)).expect("a plan");
            }
        }
        // Each of a single partition is done as it is.
        let is_cut = !plans.contains("in 1 partitions");
        assert!(plans.contains("stored in order of a key") || !is_cut, "{plans}");
    }
}

#[test]
fn both_sides_in_order_are_joined_partition_by_partition() {
    let folder = tempfile::tempdir().expect("a folder");
    let n = 60_000i64;
    let left = df!("k" => (0..n).map(|i| i / 4).collect::<Vec<_>>(), "v" => (0..n).collect::<Vec<_>>()).expect("columns");
    let right =
        df!("k" => (0..n / 2).map(|i| i / 2 + 7).collect::<Vec<_>>(), "w" => (0..n / 2).collect::<Vec<_>>()).expect("columns");
    let (left, right) =
        (written(&left, &folder.path().join("l.parquet"), 7001), written(&right, &folder.path().join("r.parquet"), 4999));
    let args = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..JoinArgs::new(JoinType::Inner) };
    let query = left.join(right, [col("k")], [col("k")], args);
    let mut parts = Vec::new();
    let keep = |_, rows| {
        parts.push(rows);
        Ok(())
    };
    frames(&query, 1 << 15).for_each_partition(&session(3 << 20), keep).expect("rows");
    let have = parts.into_iter().reduce(|all, next| all.vstack(&next).expect("the same columns")).expect("partitions");
    assert!(have.equals(&query.collect().expect("rows")));
}
