"""Code written for narwhals runs on queries, by the plugin."""

import pytest

import tilework.frame as tf

nw = pytest.importorskip("narwhals")
pa = pytest.importorskip("pyarrow")

DATA = {"k": ["b", "a", "b", None], "x": [1, 2, 3, 4], "y": [0.5, None, 2.0, 1.0]}


def lazy(data, n_partitions=2):
    """The query as narwhals has it, whether or not this package is installed with its entry points."""
    from narwhals._utils import Version

    from tilework.frame import _narwhals

    frame = tf.from_dict(data, n_partitions=n_partitions)
    assert _narwhals.is_native(frame)
    return _narwhals.__narwhals_namespace__(Version.MAIN).from_native(frame).to_narwhals()


def rows(frame):
    return frame.collect("pyarrow").to_arrow().to_pydict()


def test_entry_point():
    from importlib.metadata import entry_points

    if not [e for e in entry_points(group="narwhals.plugins") if e.name == "tilework"]:
        pytest.skip("the package is not installed")
    assert isinstance(nw.from_native(tf.from_dict(DATA)), nw.LazyFrame)


def test_a_query():
    out = (
        lazy(DATA)
        .with_columns(z=nw.col("x") * 2 + nw.col("y").fill_null(0.0))
        .filter(nw.col("x") > 1)
        .group_by("k")
        .agg(nw.col("z").sum(), n=nw.len())
        .sort("k", nulls_last=True)
    )
    assert rows(out) == {"k": ["a", "b", None], "z": [4.0, 8.0, 9.0], "n": [1, 1, 1]}
    assert isinstance(nw.to_native(out), tf.Frame)


def test_join_and_selectors():
    import narwhals.selectors as ncs

    other = lazy({"k": ["a", "b"], "w": [10, 20]})
    out = lazy(DATA).join(other, on="k", how="left").select(ncs.by_dtype(nw.Int64), "k").sort("x")
    assert rows(out) == {"x": [1, 2, 3, 4], "w": [20, 10, 20, None], "k": ["b", "a", "b", None]}


def test_expressions():
    f = lazy(DATA)
    assert rows(f.select(a=nw.when(nw.col("x") > 2).then(nw.lit("hi")).otherwise(nw.lit("lo")))) == {"a": ["lo", "lo", "hi", "hi"]}
    assert rows(f.select(nw.col("k").str.to_uppercase(), nw.col("x").is_in([1, 4]))) == {"k": ["B", "A", "B", None], "x": [True, False, False, True]}
    assert rows(f.select(nw.col("x").cum_sum().over(order_by="x"))) == {"x": [1, 3, 6, 10]}
    assert rows(f.select(nw.sum_horizontal("x", "y"), nw.col("x").mean().over("k").alias("m"))) == {
        "x": [1.5, 2.0, 5.0, 5.0],
        "m": [2.0, 2.0, 2.0, 4.0],
    }


def test_schema():
    assert lazy(DATA).collect_schema() == {"k": nw.String(), "x": nw.Int64(), "y": nw.Float64()}
    types = {"a": nw.Datetime("ms", "UTC"), "b": nw.List(nw.Int8()), "c": nw.Struct({"p": nw.Date()}), "d": nw.Decimal(10, 2)}
    cast = lazy({n: [None] for n in types}).select(*(nw.col(n).cast(t) for n, t in types.items()))
    assert cast.collect_schema() == types


@pytest.mark.parametrize("backend", ["pyarrow", "pandas", "polars"])
def test_collect(backend):
    pytest.importorskip(backend)
    assert lazy(DATA).collect(backend).shape == (4, 3)


def test_errors():
    with pytest.raises(nw.exceptions.ColumnNotFoundError, match="xx"):
        lazy({"x": [1]}).select("xx").collect()
