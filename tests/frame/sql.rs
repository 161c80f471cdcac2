//! SQL means what SQL means, also where Polars' own reads it otherwise.

use polars::prelude::*;
use tilework::frame::{Frame, frame};
use tilework::{Config, Session};

fn tables() -> [(&'static str, Frame); 2] {
    let a = df!(
        "k" => [Some(1i64), Some(2), Some(3), None],
        "g" => ["red", "blue", "red", "red"],
        "x" => [1i64, 2, 3, 4],
    )
    .expect("columns");
    let b = df!("k" => [Some(1i64), Some(1), Some(2), None], "g" => ["blue", "red", "blue", "red"], "x" => [10i64, 20, 30, 40])
        .expect("columns");
    [("a", frame(a.lazy())), ("b", frame(b.lazy()))]
}

fn rows(query: &str) -> Vec<Vec<Option<i64>>> {
    let df = Frame::sql(query, &tables()).expect("a query").collect().expect("rows");
    let column = |c: &Column| c.cast(&DataType::Int64).expect("numbers").i64().expect("numbers").iter().collect();
    df.columns().iter().map(column).collect()
}

#[test]
fn conditions_of_on_are_those_of_the_table_they_name() {
    let s = Some;
    assert_eq!(rows("SELECT a.x, b.x AS y FROM a JOIN b ON a.k = b.k AND b.g = 'red' ORDER BY a.x"), [[s(1)], [s(20)]]);
    let left = "SELECT a.x, b.x AS y FROM a LEFT JOIN b ON a.k = b.k AND b.x > 10 ORDER BY a.x, y";
    assert_eq!(rows(left), [[s(1), s(2), s(3), s(4)], [s(20), s(30), None, None]]);
    assert_eq!(rows("SELECT a.x FROM a ANTI JOIN b ON a.k = b.k AND b.g = 'red' ORDER BY a.x"), [[s(2), s(3), s(4)]]);
    assert_eq!(rows("SELECT a.x FROM a SEMI JOIN b ON a.k = b.k AND b.g = 'blue' AND a.g = 'red' ORDER BY a.x"), [[s(1)]]);
    let refused = Frame::sql("SELECT a.x FROM a LEFT JOIN b ON a.k = b.k AND a.x > 1", &tables());
    assert!(refused.expect_err("no place").to_string().contains("'a.x > 1' in ON"));
}

#[test]
fn a_right_semi_join_keeps_rows_of_the_right_table() {
    let s = Some;
    assert_eq!(rows("SELECT b.x FROM a RIGHT SEMI JOIN b ON a.x = b.k ORDER BY b.x"), [[s(10), s(20), s(30)]]);
    assert_eq!(rows("SELECT b.x FROM a RIGHT ANTI JOIN b ON a.k = b.k"), [[s(40)]]);
    assert_eq!(rows("SELECT x FROM a RIGHT SEMI JOIN b USING (k) WHERE x > 10"), [[s(20), s(30)]]);
}

#[test]
fn nulls_of_a_window_are_where_sql_has_them() {
    let numbers =
        |window: &str| rows(&format!("SELECT {window} AS n FROM b ORDER BY x")).remove(0).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(numbers("row_number() OVER (ORDER BY k)"), [1, 2, 3, 4]);
    assert_eq!(numbers("row_number() OVER (ORDER BY k NULLS FIRST)"), [2, 3, 4, 1]);
    assert_eq!(numbers("row_number() OVER (ORDER BY k DESC)"), [3, 4, 2, 1]);
    assert_eq!(numbers("row_number() OVER (ORDER BY k DESC NULLS LAST)"), [2, 3, 1, 4]);
    assert_eq!(numbers("rank() OVER (ORDER BY k)"), [1, 1, 3, 4]);
    assert_eq!(numbers("dense_rank() OVER (ORDER BY k DESC)"), [3, 3, 2, 1]);
    assert_eq!(numbers("rank() OVER (PARTITION BY g ORDER BY k DESC NULLS LAST)"), [2, 1, 1, 2]);
    assert_eq!(numbers("first_value(x) OVER (ORDER BY k)"), [10, 10, 10, 10]);
}

#[test]
fn having_may_ask_for_keys() {
    let s = Some;
    assert_eq!(rows("SELECT k, sum(x) AS n FROM b GROUP BY k HAVING k < 2"), [[s(1)], [s(30)]]);
    assert_eq!(
        rows("SELECT k, sum(x) AS n FROM b GROUP BY k HAVING sum(x) > 20 AND k IS NOT NULL ORDER BY k"),
        [[s(1), s(2)], [s(30), s(30)]]
    );
    assert_eq!(rows("SELECT sum(x) AS n FROM b WHERE x > 10 GROUP BY g HAVING g LIKE 'r%'"), [[s(60)]]);
}

#[test]
fn keys_may_stand_beside_aggregates() {
    let s = Some;
    assert_eq!(rows("SELECT k, sum(x) - k AS n FROM b GROUP BY k HAVING sum(x) > 1000 OR k < 2"), [[s(1)], [s(29)]]);
    let cased = "SELECT k, CASE WHEN k > 1 THEN count(*) * k ELSE 0 END AS n FROM b WHERE k IS NOT NULL GROUP BY k ORDER BY n";
    assert_eq!(rows(cased)[1][0], s(0));
}

#[test]
fn nulls_that_match_nothing_take_no_room() {
    let n = 20_000i64;
    let side = |name: &str| {
        let keys: Vec<Option<String>> = (0..n).map(|i| (i % 2 == 0).then(|| format!("{i} of many"))).collect();
        frame(df!("s" => keys, name => (0..n).collect::<Vec<_>>()).expect("columns").lazy())
    };
    let joined = side("l").join(&side("r"), [col("s")], [col("s")], JoinArgs::new(JoinType::Inner));
    let s = Session::new(Config { n_threads: 2, budget_bytes: 128 << 20, ..Config::default() });
    assert_eq!(joined.collect_in(&s).expect("rows").height(), 10_000);
}

#[test]
fn decimals_are_summed_by_partitions() {
    let n = 100_000i64;
    let all = df!("d" => (0..n).collect::<Vec<_>>()).expect("a column").lazy().select([col("d").cast(DataType::Decimal(12, 2))]);
    let f = frame(all).with_partition_bytes(1 << 14).select([col("d").sum()]);
    assert!(!f.explain(&Session::default()).expect("a plan").contains("cannot take it apart"));
    let sum = f.collect().expect("rows").column("d").expect("a sum").cast(&DataType::Int64).expect("a number");
    assert_eq!(sum.i64().expect("a number").get(0), Some(n * (n - 1) / 2));
}

#[test]
fn what_is_no_query_on_these_columns_is_said_plainly() {
    let message = |query: &str| Frame::sql(query, &tables()).expect_err("refused").to_string();
    assert!(message("DELETE FROM a WHERE x > 1").contains("DELETE would change a table"));
    assert!(message("DROP TABLE a").contains("only read here"));
    let gone = message("SELECT g FROM (SELECT x FROM a) AS s");
    assert!(gone.contains("'g'") && !gone.contains("did you mean"), "{gone}");
    let types =
        Frame::sql("SELECT x FROM a WHERE x = 'red'", &tables()).and_then(|f| f.collect()).expect_err("refused").to_string();
    assert!(!types.contains("Resolved plan"), "{types}");
}

#[test]
fn full_joins_have_room_for_what_matches_and_what_does_not() {
    let n = 300_000i64;
    let a = df!("k" => (0..n).map(|i| i * 7919 % n).collect::<Vec<_>>(), "x" => (0..n).collect::<Vec<_>>()).expect("columns");
    // About a row for every other key, for some of them several.
    let mut state = 1u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % (2 * n as u64)) as i64
    };
    let keys = (0..n).map(|_| next()).collect::<Vec<_>>();
    let b = df!("k" => keys, "y" => (0..n).collect::<Vec<_>>()).expect("columns");
    let query = a.lazy().join(b.lazy(), [col("k")], [col("k")], JoinArgs::new(JoinType::Full)).select([col("x"), col("y")]);
    let want = query.clone().collect().expect("Polars joins");
    let s = Session::new(Config { n_threads: 2, budget_bytes: 128 << 20, ..Config::default() });
    assert_eq!(frame(query).collect_in(&s).expect("joins").height(), want.height());
}
