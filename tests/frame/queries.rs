//! Random queries over random tables, cut into any number of partitions, within budgets that hold everything or hardly anything, give what
//! Polars gives on the whole, in its order.

use polars::lazy::frame::OptFlags;
use polars::prelude::*;
use polars::series::ops::NullBehavior;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::TestCaseError;
use tilework::Config;
use tilework::frame::frame;
use tilework::session::Session;

/// Rows of keys that repeat, some of them very often, and values with nulls and NaN.
fn table(most: usize) -> impl Strategy<Value = DataFrame> {
    let key = prop_oneof![4 => (0i64..6).prop_map(Some), 3 => Just(Some(1)), 1 => any::<i8>().prop_map(|k| Some(i64::from(k))), 1 => Just(None)];
    let float = prop_oneof![6 => (-20i32..20).prop_map(|v| Some(f64::from(v) / 4.0)), 1 => Just(Some(f64::NAN)), 1 => Just(None)];
    let text = prop_oneof![2 => "[ab]{0,2}".prop_map(Some), 1 => "a text of its own, longer than a view [a-f]".prop_map(Some), 1 => Just(None)];
    vec((key, float, text, any::<bool>()), 0..most).prop_map(|rows| {
        df!(
            "k" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
            "x" => rows.iter().map(|r| r.1).collect::<Vec<_>>(),
            "s" => rows.iter().map(|r| r.2.clone()).collect::<Vec<_>>(),
            "b" => rows.iter().map(|r| r.3).collect::<Vec<_>>(),
        )
        .expect("columns of one length")
    })
}

/// A step of a query that leaves the columns `k`, `x`, `s` and `b`.
#[derive(Clone, Debug)]
enum Step {
    Filter(i64),
    Shift(i64),
    Group(usize),
    Sort(usize, bool, bool),
    Unique(usize, u8),
    Slice(i64, u32),
    Union,
    Join(usize, u8, bool),
    Cross,
    Window(usize, u8),
    Broadcast(u8),
    Number,
    Lists(usize),
    Long,
    Nearest(bool),
    Spans(bool, bool),
    Each(usize),
    Beside,
    Running(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (-2i64..6).prop_map(Step::Filter),
        (-2i64..6).prop_map(Step::Shift),
        (0..KEYS.len()).prop_map(Step::Group),
        (0..KEYS.len(), any::<bool>(), any::<bool>()).prop_map(|(k, d, n)| Step::Sort(k, d, n)),
        (0..KEYS.len(), 0u8..4).prop_map(|(k, keep)| Step::Unique(k, keep)),
        (-40i64..40, 0u32..60).prop_map(|(o, n)| Step::Slice(o, n)),
        Just(Step::Union),
        (0..KEYS.len(), 0u8..6, any::<bool>()).prop_map(|(k, how, nulls)| Step::Join(k, how, nulls)),
        Just(Step::Cross),
        (0..KEYS.len(), 0u8..7).prop_map(|(k, w)| Step::Window(k, w)),
        (0u8..5).prop_map(Step::Broadcast),
        Just(Step::Number),
        (0..KEYS.len()).prop_map(Step::Lists),
        Just(Step::Long),
        any::<bool>().prop_map(Step::Nearest),
        (any::<bool>(), any::<bool>()).prop_map(|(keyed, rolling)| Step::Spans(keyed, rolling)),
        (0..KEYS.len()).prop_map(Step::Each),
        Just(Step::Beside),
        (0u8..7).prop_map(Step::Running),
    ]
}

const KEYS: [&[&str]; 5] = [&["k"], &["s"], &["k", "b"], &["x"], &["b", "s", "k"]];

fn by(keys: usize) -> Vec<Expr> {
    KEYS[keys].iter().map(|k| col(*k)).collect()
}

fn columns() -> [Expr; 4] {
    [col("k"), col("x"), col("s"), col("b")]
}

fn add(q: LazyFrame, step: &Step, other: &DataFrame) -> LazyFrame {
    match step {
        Step::Filter(n) => q.filter(col("k").gt(lit(*n)).or(col("b"))),
        Step::Shift(n) => q.with_columns([(col("k") + lit(*n)).alias("k"), (col("x") * lit(2.0)).alias("x")]),
        Step::Group(keys) => {
            let left: Vec<&str> = ["k", "x", "s", "b"].into_iter().filter(|c| !KEYS[*keys].contains(c)).collect();
            let agg = |c: &&str| match *c {
                "x" => col("x").max(),
                "b" => col("b").any(true),
                c => col(c).first(),
            };
            q.group_by_stable(by(*keys)).agg(left.iter().map(agg).collect::<Vec<_>>()).select(columns())
        }
        Step::Sort(keys, descending, nulls_last) => q.sort_by_exprs(
            by(*keys),
            SortMultipleOptions::default()
                .with_order_descending(*descending)
                .with_nulls_last(*nulls_last)
                .with_maintain_order(true),
        ),
        Step::Unique(keys, keep) => {
            let subset = polars::prelude::cols(KEYS[*keys].iter().copied());
            let keep = [UniqueKeepStrategy::First, UniqueKeepStrategy::Last, UniqueKeepStrategy::Any, UniqueKeepStrategy::None]
                [*keep as usize];
            // Any row may be kept: the first, as here.
            let keep = if keep == UniqueKeepStrategy::Any { UniqueKeepStrategy::First } else { keep };
            q.unique_stable(Some(subset), keep)
        }
        Step::Slice(offset, n) => q.slice(*offset, *n),
        Step::Union => concat([q.clone().filter(col("b")), q], UnionArgs::default()).expect("columns are the same"),
        Step::Join(keys, how, nulls_equal) => {
            let how = [JoinType::Inner, JoinType::Left, JoinType::Right, JoinType::Semi, JoinType::Anti, JoinType::Full]
                [*how as usize]
                .clone();
            let order = if how == JoinType::Right { MaintainOrderJoin::RightLeft } else { MaintainOrderJoin::LeftRight };
            let args = JoinArgs {
                nulls_equal: *nulls_equal,
                maintain_order: order,
                coalesce: JoinCoalesce::CoalesceColumns,
                ..JoinArgs::new(how.clone())
            };
            let right = other.clone().lazy();
            let args = if matches!(how, JoinType::Semi | JoinType::Anti) {
                JoinArgs { coalesce: JoinCoalesce::JoinSpecific, maintain_order: MaintainOrderJoin::None, ..args }
            } else {
                args
            };
            q.join(right, by(*keys), by(*keys), args).select(columns())
        }
        Step::Cross => {
            let few = other.clone().lazy().slice(0, 3).select([col("k").alias("n")]);
            q.cross_join(few, None).with_columns([(col("k") + col("n")).alias("k")]).select(columns())
        }
        Step::Running(kind) => running(q, *kind),
        Step::Window(keys, kind) => window(q, by(*keys), *kind),
        Step::Broadcast(0) => q.with_columns([(col("x") - col("x").mean()).alias("x"), (col("k") - col("k").min()).alias("k")]),
        Step::Broadcast(1) => q.filter(col("x").gt_eq(col("x").mean()).or(col("b"))),
        Step::Broadcast(2) => q.select([col("k"), col("x") * col("x").count(), col("s"), col("b").or(col("b").all(true))]),
        Step::Broadcast(3) => q.filter(len().gt(lit(20)).and(col("b"))),
        Step::Broadcast(_) => q.with_columns([col("x").fill_null(col("x").median())]),
        Step::Number => {
            let numbered = q.with_row_index("i", Some(3));
            numbered.with_columns([(col("k") + col("i").cast(DataType::Int64)).alias("k")]).select(columns())
        }
        Step::Lists(keys) => {
            let left: Vec<&str> = ["k", "x", "s", "b"].into_iter().filter(|c| !KEYS[*keys].contains(c)).collect();
            let lists = q.group_by_stable(by(*keys)).agg(left.iter().map(|c| col(*c)).collect::<Vec<_>>());
            let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
            lists.explode(by_name(left, true, false), options).select(columns())
        }
        Step::Long => {
            let on = Some(by_name(["x", "k"], true, false));
            let args = UnpivotArgsDSL { on, index: by_name(["s", "b"], true, false), variable_name: None, value_name: None };
            let k = when(col("variable").eq(lit("k"))).then(col("value")).otherwise(lit(1.0)).cast(DataType::Int64);
            q.unpivot(args).select([k.alias("k"), col("value").alias("x"), col("s"), col("b")])
        }
        Step::Nearest(keyed) => {
            let sorted = |q: LazyFrame| {
                q.filter(col("k").is_not_null()).sort(["k"], SortMultipleOptions::default().with_maintain_order(true))
            };
            let by = keyed.then(|| vec![PlSmallStr::from("b")]);
            let options = AsOfOptions { left_by: by.clone(), right_by: by, allow_eq: true, ..Default::default() };
            let args = JoinArgs { coalesce: JoinCoalesce::CoalesceColumns, ..JoinArgs::new(JoinType::AsOf(Box::new(options))) };
            let right = sorted(other.clone().lazy()).select([col("k"), col("b"), col("x").alias("y"), col("s").alias("t")]);
            let joined = sorted(q).join(right, [col("k")], [col("k")], args);
            joined.with_columns([col("y").alias("x"), col("t").alias("s")]).select(columns())
        }
        Step::Spans(keyed, rolling) => {
            // Of truth values Polars has groups in another order than that of their rows.
            let keys = if *keyed { vec![col("s")] } else { vec![] };
            let rows = q.filter(col("k").is_not_null()).sort(["k"], SortMultipleOptions::default().with_maintain_order(true));
            let mut aggs = vec![col("x").sum(), col("b").any(true)];
            if !keyed {
                aggs.push(col("s").first());
            }
            let groups = if *rolling {
                let options =
                    RollingGroupOptions { period: Duration::parse("2i"), offset: Duration::parse("-2i"), ..Default::default() };
                rows.rolling(col("k"), keys, options)
            } else {
                let every = Duration::parse("3i");
                let options = DynamicGroupOptions { every, period: every, offset: Duration::parse("0i"), ..Default::default() };
                rows.group_by_dynamic(col("k"), keys, options)
            };
            let spans = groups.agg(aggs).select(columns());
            // Which group comes first is not promised: with nulls it is not that of the first row.
            if *keyed { spans.sort(["s", "k"], SortMultipleOptions::default().with_maintain_order(true)) } else { spans }
        }
        Step::Each(keys) => {
            let schema = other.schema().clone();
            q.group_by_stable(by(*keys)).apply(PlanCallback::new(|rows: DataFrame| Ok(rows.tail(Some(2)))), schema)
        }
        Step::Beside => {
            let other = other.clone().lazy().select([col("k").alias("n")]);
            let both = concat_lf_horizontal([q, other], HConcatOptions::default()).expect("names differ");
            both.with_columns([(col("k") + col("n")).alias("k"), col("b").fill_null(lit(false))]).select(columns())
        }
    }
}

fn running(q: LazyFrame, kind: u8) -> LazyFrame {
    let three = RollingOptionsFixedWindow { window_size: 3, min_periods: 1, ..Default::default() };
    match kind {
        0 => q.with_columns([col("x").shift(lit(3)), col("k").diff(lit(1), NullBehavior::Ignore)]),
        1 => q.with_columns([col("k").cum_sum(false), col("x").fill_null_with_strategy(FillNullStrategy::Forward(None))]),
        2 => q.filter(col("k").gt_eq(col("k").shift(lit(-2))).or(col("b"))),
        3 => q.select([
            col("k").cum_max(false),
            col("x").fill_null_with_strategy(FillNullStrategy::Backward(None)),
            col("s"),
            col("b"),
        ]),
        4 => q.with_columns([col("k").rolling_min(three.clone()), col("k").rolling_sum(three).cast(DataType::Float64).alias("x")]),
        5 => q.with_columns([
            col("s").fill_null_with_strategy(FillNullStrategy::Forward(Some(1))),
            (col("k") + lit(1)).shift_and_fill(lit(1), lit(7)).alias("k"),
        ]),
        _ => q.with_columns([(col("x").cum_count(true).cast(DataType::Int64) - col("k").cum_min(true)).alias("k")]),
    }
}

fn window(q: LazyFrame, by: Vec<Expr>, kind: u8) -> LazyFrame {
    let over = |e: Expr| e.over(&by).expect("keys");
    match kind {
        0 => q.with_columns([over(col("x").sum()).alias("x"), (col("k") * lit(2) + over(len()).cast(DataType::Int64)).alias("k")]),
        1 => q.with_columns([over(col("k").shift(lit(1))).alias("k"), over(col("s").first()).alias("s")]),
        2 => q.filter(over(col("x").max()).eq(col("x"))),
        3 => q.select([over(col("k").cum_sum(false)), col("x"), over(col("s").last()), col("b")]),
        4 => q.with_columns([over(col("x").mean()).alias("x"), col("k").max().over([col("b"), by[0].clone()]).expect("keys")]),
        5 => q.with_columns([col("x").sort(SortOptions::default()).over(&by).expect("keys")]),
        // A column that was not there before.
        _ => q
            .with_columns([over(col("k").sum()).alias("w")])
            .filter(col("w").gt(lit(3)))
            .with_columns([col("w").alias("k")])
            .drop(by_name(["w"], true, false)),
    }
}

fn check(left: &DataFrame, right: &DataFrame, steps: &[Step], n_parts: u64, budget_bytes: u64) -> Result<(), TestCaseError> {
    let query = steps.iter().fold(left.clone().lazy(), |q, s| add(q, s, right));
    // Polars keeps only orders that it promises; here all are kept.
    let flags = query.get_current_optimizations() - OptFlags::CHECK_ORDER_OBSERVE;
    let want = query.clone().with_optimizations(flags).collect().map_err(|e| TestCaseError::reject(e.to_string()))?;
    if want.height() > 200_000 {
        return Err(TestCaseError::reject("too many rows"));
    }
    let partition_bytes = (left.height() as u64 * 60 / n_parts).max(1);
    let session = Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() });
    let have = match frame(query.clone()).with_partition_bytes(partition_bytes).collect_in(&session) {
        Ok(have) => have,
        // A small budget may be too small, but that is all that may go wrong.
        Err(e) if e.kind() == tilework::ErrorKind::Budget && budget_bytes < 1 << 28 => return Ok(()),
        Err(e) => return Err(TestCaseError::fail(format!("{e}\n{}", query.explain(true).unwrap_or_default()))),
    };
    let same = have.schema() == want.schema() && have.equals_missing(&want);
    if same {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{have}\nis not\n{want}\n{}", query.explain(true).unwrap_or_default())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn queries_give_what_polars_gives(
        left in table(200), right in table(40), steps in vec(step(), 1..5),
        n_parts in prop_oneof![Just(1u64), Just(2), Just(7), Just(50)],
    ) {
        check(&left, &right, &steps, n_parts, 1 << 30)?;
    }

    #[test]
    fn small_budgets_give_the_same(
        left in table(3000), right in table(600), steps in vec(step(), 1..4),
        n_parts in prop_oneof![Just(3u64), Just(20)],
        budget in prop_oneof![Just(1u64 << 20), Just(2 << 20), Just(6 << 20)],
    ) {
        check(&left, &right, &steps, n_parts, budget)?;
    }
}

#[test]
fn windows_come_group_by_group() {
    let rows = df!("k" => [0i64, 1, 0], "s" => ["a", "a", "b"], "x" => [1.0, 2.0, 4.0]).expect("columns of one length");
    let sorted = rows.lazy().sort(["k"], SortMultipleOptions::default().with_maintain_order(true));
    let options = RollingGroupOptions {
        period: Duration::parse("2i"),
        offset: Duration::parse("-2i"),
        closed_window: ClosedWindow::Both,
        ..Default::default()
    };
    let query = sorted.rolling(col("k"), [col("s")], options).agg([col("x").sum()]);
    for partition_bytes in [1, 1 << 20] {
        for budget_bytes in [1 << 20, 1 << 30] {
            let session = Session::new(Config { n_threads: 2, budget_bytes, ..Config::default() });
            let have = frame(query.clone()).with_partition_bytes(partition_bytes);
            let want = df!("s" => ["a", "a", "b"], "k" => [0i64, 1, 0], "x" => [1.0, 3.0, 4.0]).expect("columns of one length");
            assert_eq!(have.collect_in(&session).expect("rows"), want, "{}", have.explain(&session).expect("a plan"));
        }
    }
}
