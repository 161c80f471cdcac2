"""Steps of queries give what Polars gives under the same names, for any number of partitions."""

import datetime

import pytest

import tilework.frame as tf

pl = pytest.importorskip("polars")

LEFT = pl.DataFrame(
    {
        "k": ["a", "b", "a", None, "c", "b", "a", "d"],
        "n": [1, 2, 3, 4, 5, 6, 7, 8],
        "x": [1.0, 2.5, None, 4.0, 5.0, float("nan"), 7.0, 8.0],
        "t": [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=i) for i in range(8)],
        "l": [[1], [2, 3], [], None, [4], [5], [6], [7, 8]],
        "u": [{"p": i, "q": str(i)} for i in range(8)],
    }
)
RIGHT = pl.DataFrame({"k": ["a", "c", "e", None], "m": [10, 30, 50, 70], "n": [1, 2, 3, 4]})

STEPS = {
    "select": lambda f, g, p: f.select("n", p.col("x") * 2, z=p.col("n") + 1),
    "select a list": lambda f, g, p: f.select(["n", "k"]),
    "aggregate": lambda f, g, p: f.select(p.col("n").sum(), p.col("x").mean()),
    "with_columns": lambda f, g, p: f.with_columns(p.col("n") * 2, z=p.col("k").fill_null("none")),
    "filter": lambda f, g, p: f.filter(p.col("n") > 2, p.col("k") != "c"),
    "filter by values": lambda f, g, p: f.filter(k="a"),
    "remove": lambda f, g, p: f.remove(p.col("n") > 2),
    "sort": lambda f, g, p: f.sort("k", "n", descending=[False, True], nulls_last=True),
    "sort by expressions": lambda f, g, p: f.sort(-p.col("n")),
    "top_k": lambda f, g, p: f.top_k(3, by="n"),
    "bottom_k": lambda f, g, p: f.bottom_k(3, by="n"),
    "unique": lambda f, g, p: f.select("k").unique(maintain_order=True),
    "unique by": lambda f, g, p: f.unique("k", keep="last", maintain_order=True),
    "unique none": lambda f, g, p: f.unique(["k"], keep="none", maintain_order=True),
    "head": lambda f, g, p: f.head(3),
    "tail": lambda f, g, p: f.tail(3),
    "slice": lambda f, g, p: f.slice(2, 3),
    "slice from the end": lambda f, g, p: f.slice(-3, 2),
    "limit": lambda f, g, p: f.limit(2),
    "reverse": lambda f, g, p: f.select("n").reverse(),
    "gather_every": lambda f, g, p: f.select("n").gather_every(3, 1),
    "drop": lambda f, g, p: f.drop("k", "l"),
    "drop a selector": lambda f, g, p: f.drop(p.selectors.numeric()),
    "drop_nulls": lambda f, g, p: f.drop_nulls("k"),
    "drop_nans": lambda f, g, p: f.drop_nans("x"),
    "fill_null": lambda f, g, p: f.select("n", "x").fill_null(0),
    "fill_null forward": lambda f, g, p: f.select("k", "x").fill_null(strategy="forward"),
    "fill_nan": lambda f, g, p: f.select("x").fill_nan(0.0),
    "shift": lambda f, g, p: f.select("n").shift(2),
    "rename": lambda f, g, p: f.rename({"k": "key"}),
    "rename by a function": lambda f, g, p: f.rename(lambda n: n + "_"),
    "cast": lambda f, g, p: f.select("n", "x").cast({"n": p.Int8}),
    "cast all": lambda f, g, p: f.select("n").cast(p.Float32),
    "cast selectors": lambda f, g, p: f.select("n", "k").cast({p.selectors.integer(): p.UInt8}),
    "group_by": lambda f, g, p: f.group_by("k", maintain_order=True).agg(p.col("n").sum(), m=p.col("x").mean(), c=p.len()),
    "group_by expressions": lambda f, g, p: f.group_by(p.col("n") % 3, maintain_order=True).agg(p.col("x").max()),
    "group_by named": lambda f, g, p: f.group_by(r=p.col("n") % 3, maintain_order=True).agg(p.col("n").first()),
    "group_by several": lambda f, g, p: f.group_by(["k", p.col("n") % 2], maintain_order=True).agg(p.col("x").count()),
    "group_by median": lambda f, g, p: f.group_by("k", maintain_order=True).agg(p.col("n").median(), p.col("n").alias("all")),
    "group_by having": lambda f, g, p: f.group_by("k", maintain_order=True).having(p.len() > 1).agg(p.col("n").sum()),
    "group_by len": lambda f, g, p: f.group_by("k", maintain_order=True).len(),
    "group_by max": lambda f, g, p: f.select("k", "n").group_by("k", maintain_order=True).max(),
    "group_by_dynamic": lambda f, g, p: f.group_by_dynamic("t", every="3h").agg(p.col("n").sum()),
    "group_by_dynamic of groups": lambda f, g, p: f.drop_nulls("k").group_by_dynamic("t", every="1d", period="2d", group_by="k", include_boundaries=True).agg(p.col("n").sum()).sort("k", "t"),
    "rolling": lambda f, g, p: f.rolling("t", period="3h").agg(p.col("n").sum(), p.len()),
    "inner join": lambda f, g, p: f.join(g, on="k", maintain_order="left"),
    "left join": lambda f, g, p: f.join(g, on="k", how="left", maintain_order="left"),
    "full join": lambda f, g, p: f.select("k", "n").join(g, on="k", how="full").sort("n", "n_right", "m"),
    "full join of one key": lambda f, g, p: f.select("k", "n").join(g, on="k", how="full", coalesce=True).sort("n", "n_right", "m"),
    "right join": lambda f, g, p: f.join(g, on="k", how="right", maintain_order="right"),
    "semi join": lambda f, g, p: f.join(g, on="k", how="semi"),
    "anti join": lambda f, g, p: f.join(g, on="k", how="anti"),
    "cross join": lambda f, g, p: f.select("n").join(g, how="cross").sort("n", "m"),
    "join of other names": lambda f, g, p: f.join(g, left_on="n", right_on="n", suffix="_2", maintain_order="left"),
    "join of null keys": lambda f, g, p: f.join(g, on="k", nulls_equal=True, maintain_order="left"),
    "join_where": lambda f, g, p: f.select("n", "x").join_where(g.select("m"), p.col("n") * 10 > p.col("m")).sort("n", "m"),
    "join_asof": lambda f, g, p: f.select("n", "k").join_asof(p_frame(g, p, {"n": [2, 5], "z": [20, 50]}), on="n"),
    "with_row_index": lambda f, g, p: f.with_row_index("row", offset=5),
    "explode": lambda f, g, p: f.select("n", "l").explode("l"),
    "unnest": lambda f, g, p: f.select("n", "u").unnest("u"),
    "unpivot": lambda f, g, p: f.select("k", "n", "x").unpivot(["n", "x"], index="k", variable_name="v").sort("v", "value"),
    "concat": lambda f, g, p: p.concat([f.select("k", "n"), g.select("k", "n")]),
    "concat diagonal": lambda f, g, p: p.concat([f.select("k", "n"), g], how="diagonal"),
    "concat relaxed": lambda f, g, p: p.concat([f.select("n"), f.select(p.col("x").alias("n"))], how="vertical_relaxed"),
    "null_count": lambda f, g, p: f.null_count(),
    "mean": lambda f, g, p: f.select("n", "x").mean(),
    "sql": lambda f, g, p: f.sql("SELECT k, SUM(n) AS s FROM self GROUP BY k ORDER BY k NULLS LAST"),
    "pipe": lambda f, g, p: f.pipe(lambda q, n: q.head(n), 2),
}


def p_frame(like, p, data):
    """A small table of the same library."""
    return p.LazyFrame(data) if p is pl else tf.from_dict(data)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("n_partitions", [1, 4])
def test_step(name, n_partitions):
    from polars.testing import assert_frame_equal

    left, right = tf.from_polars(LEFT, n_partitions=n_partitions), tf.from_polars(RIGHT, n_partitions=2)
    want = STEPS[name](LEFT.lazy(), RIGHT.lazy(), pl).collect()
    assert_frame_equal(STEPS[name](left, right, tf).to_polars(), want)


def test_pivot():
    from polars.testing import assert_frame_equal

    f = tf.from_dict({"k": ["x", "x", "y"], "on": ["a", "b", "a"], "v": [1, 2, 3]}, n_partitions=2)
    want = pl.DataFrame({"k": ["x", "x", "y"], "on": ["a", "b", "a"], "v": [1, 2, 3]}).pivot("on", index="k", values="v", aggregate_function="max")
    assert_frame_equal(f.pivot("on", index="k", values="v", aggregate_function="max").to_polars(), want)
    assert_frame_equal(f.pivot("on", ["b"], index="k", values="v").to_polars(), want.select("k", "b"))


def test_sample():
    f = tf.from_dict({"a": list(range(1000))}, n_partitions=3)
    once = f.sample(fraction=0.1, seed=3).to_dict()["a"]
    assert 50 < len(once) < 200
    assert once == sorted(once) == tf.from_dict({"a": list(range(1000))}).sample(fraction=0.1, seed=3).to_dict()["a"]
    assert len(f.sample(7, seed=1).collect()) == 7


def test_describe():
    t = tf.from_polars(LEFT.select("k", "n", "x"), n_partitions=3).describe()
    assert t.columns == ["statistic", "k", "n", "x"]
    row = {s: (k, n) for s, k, n, _ in t.rows()}
    assert row["count"] == ("7.0", 8.0) or row["count"] == ("7", 8.0)
    assert row["max"] == ("d", 8.0)
    assert row["mean"] == (None, 4.5)


def test_value_counts():
    f = tf.from_polars(LEFT, n_partitions=3)
    assert f.value_counts("k", sort=True).to_dict() == {"k": ["a", "b", None, "c", "d"], "count": [3, 2, 1, 1, 1]}
    assert f.value_counts("k", normalize=True, name="share").to_dict()["share"][0] == 3 / 8


def test_text_that_is_sql():
    f = tf.from_dict({"a": [1, 2, 3], "k": ["x", "y", "x"], "odd name": [1, 1, 1]})
    assert f.filter("a > 1").to_dict()["a"] == [2, 3]
    assert f.with_columns(b="a * 2").to_dict()["b"] == [2, 4, 6]
    assert f.group_by("k").agg(m="mean(a)", n="count(*)").to_dict() == {"k": ["x", "y"], "m": [2.0, 2.0], "n": [2, 1]}
    assert f.select("odd name", b="a").columns == ["odd name", "b"]


def test_collect_takes_settings_of_its_own():
    f = tf.from_dict({"x": list(range(100_000))}, n_partitions=8).sort("x", descending=True)
    with pytest.raises(MemoryError):
        f.collect(memory="100KiB")
    assert len(f.collect(memory="1GiB", engine="streaming")) == 100_000
    with pytest.raises(TypeError):
        f.collect(bogus=1)


def test_validation_of_joins():
    a = tf.from_dict({"k": [1, 1, 2]})
    for validate in ("1:1", "1:m", "m:1"):
        with pytest.raises(ValueError, match=f"did not fulfill {validate} validation"):
            a.join(a, on="k", validate=validate).collect()
    assert len(a.join(a.unique("k"), on="k", validate="m:1").collect()) == 3
