"""Tables in and out by Arrow's C stream, files, SQL, functions of the user's, and what is refused."""

import functools
import http.server
import pickle
import threading

import pytest

import tilework as tw
import tilework.frame as tf

pa = pytest.importorskip("pyarrow")

TABLE = {"k": ["a", "b", "a", None, "c"], "v": [1.0, 2.5, None, 4.0, 5.0], "n": [1, 2, 3, 4, 5]}


@pytest.mark.parametrize("n", [1, 2, 5])
def test_arrow_in_and_out(n):
    table = pa.table(TABLE)
    back = tf.from_arrow(table, n_partitions=n).collect()
    assert len(back) == 5
    assert back.shape == (5, 3)
    assert pa.table(back).to_pydict() == back.to_dict() == TABLE
    assert pa.RecordBatchReader.from_stream(tf.from_arrow(table, n_partitions=n)).read_all().to_pydict() == TABLE


def test_pandas_in_and_out():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"k": ["a", "b"], "v": [1.0, 2.0]})
    assert tf.from_pandas(frame).to_dict() == {"k": ["a", "b"], "v": [1.0, 2.0]}
    assert list(tf.from_pandas(frame).to_pandas()["v"]) == [1.0, 2.0]


def test_polars_in_and_out():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(TABLE)
    assert tf.from_polars(frame).to_polars().equals(frame)


def test_columns_are_not_copied():
    from tilework.frame._create import table_of
    from tilework.frame._table import Table

    table = pa.table({"n": list(range(100))})
    there = Table(table_of(table)).to_arrow()
    assert there["n"].chunk(0).buffers()[1].address == table["n"].chunk(0).buffers()[1].address


def test_a_query_of_the_polars_package():
    pl = pytest.importorskip("polars")
    query = pl.DataFrame(TABLE).lazy().filter(pl.col("n") > 2).select(pl.col("v").sum())
    try:
        assert tf.from_polars(query).to_dict() == {"v": [9.0]}
    except ValueError as e:
        # Another version of polars than the one in here.
        assert "writes queries in another way" in str(e)


def test_from_dict():
    assert tf.from_dict({"a": [1, None], "b": 7}).to_dict() == {"a": [1, None], "b": [7, 7]}
    assert tf.from_dict({"a": [1, 2]}, schema={"a": tf.Int8}).schema == {"a": tf.Int8}
    assert tf.from_dict({"a": []}, schema={"a": tf.List(tf.Date)}).schema == {"a": tf.List(tf.Date)}
    assert tf.from_dict({"a": [1, 2.5]}).to_dict() == {"a": [1.0, 2.5]}
    assert tf.from_dicts([{"a": 1}, {"b": "x"}]).to_dicts() == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    with pytest.raises(ValueError, match="'b' has 3 values"):
        tf.from_dict({"a": [1, 2], "b": [1, 2, 3]})
    with pytest.raises(TypeError):
        tf.from_dict({"a": [1, "x"]})


def test_files(tmp_path):
    frame = tf.from_arrow(pa.table(TABLE), n_partitions=2)
    frame.sink_parquet(tmp_path / "t.parquet")
    assert tf.scan_parquet(tmp_path / "t.parquet").to_dict() == TABLE
    frame.sink_csv(tmp_path / "t.csv")
    assert tf.scan_csv(tmp_path / "t.csv").to_dict()["n"] == TABLE["n"]
    assert tf.scan_csv(tmp_path / "t.csv", schema_overrides={"n": tf.Float32}).schema["n"] == tf.Float32
    frame.sink_ipc(tmp_path / "t.arrow")
    assert pa.ipc.open_file(tmp_path / "t.arrow").read_all().to_pydict() == TABLE
    assert tf.scan_ipc(tmp_path / "t.arrow").to_dict() == TABLE
    frame.sink_ndjson(tmp_path / "t.jsonl")
    assert tf.scan_ndjson(tmp_path / "t.jsonl").to_dict() == TABLE
    import json

    assert [json.loads(line)["n"] for line in open(tmp_path / "t.jsonl")] == TABLE["n"]
    for sink in (frame.sink_parquet, frame.sink_csv, frame.sink_ipc, frame.sink_ndjson):
        name = sink.__name__.removeprefix("sink_")
        path = next(p for p in tmp_path.iterdir() if p.suffix[1:] in (name, {"ipc": "arrow", "ndjson": "jsonl"}.get(name)))
        with pytest.raises(FileExistsError):
            sink(path)
        sink(path, overwrite=True)
    assert len(list(tmp_path.iterdir())) == 4


def test_folders(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}").mkdir()
        tf.from_dict({"x": [i]}).sink_parquet(tmp_path / f"{i}" / "part.parquet")
    (tmp_path / "_SUCCESS").touch()
    assert tf.scan_parquet(tmp_path).to_dict() == {"x": [0, 1, 2]}
    assert tf.scan_parquet(tmp_path / "*" / "*.parquet").to_dict() == {"x": [0, 1, 2]}
    with pytest.raises(FileNotFoundError):
        tf.scan_csv(tmp_path)


def test_folders_of_keys(tmp_path):
    frame = tf.from_arrow(pa.table(TABLE), n_partitions=2).drop_nulls("k")
    frame.sink_parquet(tmp_path / "out", partition_by=["k"])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["k=a", "k=b", "k=c"]
    back = tf.scan_parquet(tmp_path / "out")
    assert back.filter(k="a").sort("n").to_dict()["n"] == [1, 3]
    frame.sink_csv(tmp_path / "parts", partition_by=[])
    assert tf.scan_csv(tmp_path / "parts").sort("n").to_dict()["n"] == [1, 2, 3, 5]


def test_sql():
    frame = tf.from_arrow(pa.table(TABLE), n_partitions=2)
    out = tf.sql("select k, sum(n) as n from t where n < 5 group by k order by k", t=frame)
    assert dict(zip(out.to_dict()["k"], out.to_dict()["n"])) == {"a": 4, "b": 2, None: 4}


@pytest.mark.parametrize("kind", ["polars", "pandas", "arrow", "tilework"])
def test_map_partitions(kind):
    pytest.importorskip(kind if kind in ("polars", "pandas") else "pyarrow")
    seen = []
    frame = tf.from_dict({"x": list(range(10))}, n_partitions=3)
    out = frame.map_partitions(lambda t: (seen.append(len(t)), t)[1], kind=kind)
    assert sum(seen) == 10 and len(seen) == 3
    assert out.filter(tf.col("x") > 7).to_dict() == {"x": [8, 9]}


def test_map_partitions_of_declared_columns():
    pl = pytest.importorskip("polars")
    frame = tf.from_dict({"x": [1, 2, 3, 4]}, n_partitions=2)
    sums = frame.map_partitions(lambda t: pl.DataFrame({"n": [len(t)], "s": [t["x"].sum()]}), schema={"s": tf.Float64, "n": tf.Int32})
    assert sums.schema == {"s": tf.Float64, "n": tf.Int32}
    assert sums.to_dict() == {"s": [3.0, 7.0], "n": [2, 2]}
    assert sums.filter(tf.col("s") > 3).select("n").to_dict() == {"n": [2]}
    with pytest.raises(TypeError, match="the function gave int"):
        frame.map_partitions(lambda t: 1, schema={"x": tf.Int64}).collect()
    with pytest.raises(ValueError, match="'z'"):
        frame.map_partitions(lambda t: t, schema={"z": tf.Int64}).collect()
    with pytest.raises(ZeroDivisionError):
        frame.map_partitions(lambda t: 1 / 0, schema={"x": tf.Int64}).collect()


def test_map_partitions_of_columns_that_are_found_out():
    pl = pytest.importorskip("polars")
    frame = tf.from_dict({"x": [1, 2, 3, 4]}, n_partitions=2)
    with pytest.raises(TypeError, match="the function gave int"):
        frame.map_partitions(lambda t: 1)
    with pytest.raises(ZeroDivisionError):
        frame.map_partitions(lambda t: 1 / 0)
    with pytest.raises(ValueError, match="'x'"):
        frame.map_partitions(lambda t: t if t["x"][0] == 1 else t.rename({"x": "y"}))
    empty = frame.filter(tf.col("x") > 9).map_partitions(lambda t: t.with_columns(y=pl.lit("a")))
    assert empty.schema == {"x": tf.Int64, "y": tf.String} and len(empty.collect()) == 0


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("schema", [None, {"k": tf.String, "x": tf.Int64, "n": tf.UInt32}])
def test_map_groups(n, schema):
    pl = pytest.importorskip("polars")
    frame = tf.from_dict({"k": ["b", "a", "b", None, "a", "b"], "x": [1, 2, 3, 4, 5, 6]}, n_partitions=n)
    out = frame.group_by("k").map_groups(lambda t: t.select(pl.col("k").first(), pl.col("x").sum(), n=pl.len()), schema)
    assert out.to_dict() == {"k": ["b", "a", None], "x": [10, 7, 4], "n": [3, 2, 1]}


def test_persist_outlives_its_query():
    once = tf.from_dict({"x": [3, 1, 2]}, n_partitions=2).sort("x").persist()
    further = once.with_columns(y=tf.col("x") * 2)
    del once
    assert further.to_dict() == {"x": [1, 2, 3], "y": [2, 4, 6]}
    assert tf.concat([further, further]).to_dict()["x"] == [1, 2, 3, 1, 2, 3]


def test_partitions():
    frame = tf.from_dict({"x": list(range(1000))}, n_partitions=4)
    assert frame.n_partitions == 4
    assert [len(t) for t in frame.partitions()] == [250] * 4
    assert frame.partition(3).to_dict()["x"][0] == 750
    with pytest.raises(IndexError, match="no partition 4"):
        frame.partition(4)


def test_pickle():
    frame = tf.from_dict({"x": [3, 1, 2]}).filter(tf.col("x") > 1)
    assert pickle.loads(pickle.dumps(frame)).to_dict() == {"x": [3, 2]}
    assert pickle.loads(pickle.dumps(frame.collect())).to_dict() == {"x": [3, 2]}
    assert pickle.loads(pickle.dumps(frame.schema)) == {"x": tf.Int64}


def test_shown_in_notebooks():
    frame = tf.from_dict({"x<": [3, 1, 2], "s": ["<b>", None, "z"]})
    text = frame._repr_html_()
    assert "x&lt;" in text and "Int64" in text and "Partitions" in text
    assert "&lt;b&gt;" in frame.collect()._repr_html_()


def test_types():
    schema = {
        "a": tf.Datetime("ns", "UTC"), "b": tf.Duration("ms"), "c": tf.List(tf.Int8), "d": tf.Array(tf.Float32, (2, 3)),
        "e": tf.Struct({"x": tf.Int64, "y": tf.List(tf.String)}), "f": tf.Enum(["u", "v"]), "g": tf.Categorical, "h": tf.Decimal(10, 2),
        "i": tf.UInt16, "j": tf.Binary, "k": tf.Time, "l": tf.Boolean, "m": tf.Int128,
    }  # fmt: skip
    got = tf.from_dict({}, schema=schema).schema
    assert got == schema
    assert got["a"] == tf.Datetime and got["a"] != tf.Datetime("us") and got["c"] == tf.List and got["i"] != tf.Int8
    assert got["i"].is_integer() and not got["l"].is_numeric() and got["e"].is_nested() and got["a"].is_temporal()
    assert repr(got["e"]) == "Struct({'x': Int64, 'y': List(String)})"
    assert tf.from_dict({"x": ["1"]}).cast(int).schema == {"x": tf.Int64} == tf.from_dict({"x": [1]}).cast("int64").schema
    pl = pytest.importorskip("polars")
    assert got["a"] == pl.Datetime and got["c"] == pl.List(pl.Int8) and got["i"] == pl.UInt16
    assert tf.from_dict({"x": [1]}).cast(pl.Datetime("ms")).schema["x"] == tf.Datetime("ms")


REFUSED = {
    "no such column": (lambda f: f.select("dely"), tf.exceptions.ColumnNotFoundError, "no column 'dely'; did you mean 'delay'"),
    "no such column in an expression": (lambda f: f.filter(tf.col("dely") > 1), ValueError, "did you mean 'delay'"),
    "no such key": (lambda f: f.group_by("kk").len(), ValueError, "no column 'kk'; did you mean 'k'"),
    "a name twice": (lambda f: f.select("k", "k"), ValueError, "k"),
    "types that do not fit": (lambda f: f.select(tf.col("k") - tf.col("delay")), ValueError, "type"),
    "no expression": (lambda f: f.select(object()), TypeError, "object"),
    "no column at all": (lambda f: f.drop("zzz"), ValueError, "zzz"),
    "flags": (lambda f: f.sort("k", "delay", descending=[True]* 3), ValueError, "3 values for 2 columns"),
    "no kind of join": (lambda f: f.join(f, on="k", how="outside"), ValueError, "'inner', 'left'"),
    "keys that differ in number": (lambda f: f.join(f, left_on=["k"], right_on=["k", "delay"]), ValueError, "1 keys on the left"),
    "no keys": (lambda f: f.join(f), ValueError, "name the keys"),
    "keys of other types": (lambda f: f.join(f, left_on="k", right_on="delay"), ValueError, "datatypes|dtype|type"),
    "an option": (lambda f: f.select(tf.col("delay").rank("odd")), ValueError, "'odd' is no method of ranks: there are 'average'"),
    "a length of time": (lambda f: f.select(tf.col("delay").dt.truncate(3)), TypeError, "length of time"),
    "a length of time as text": (lambda f: f.rolling("delay", period="3 apples").agg(tf.len()), ValueError, "apples|unit|integer"),
    "a type": (lambda f: f.cast({"k": "int65"}), TypeError, "int65"),
    "concatenated columns": (lambda f: tf.concat([f, f.drop("k")]), ValueError, "."),
    "nothing concatenated": (lambda f: tf.concat([]), ValueError, "no tables"),
    "truth": (lambda f: bool(f), TypeError, "neither true nor false"),
    "a window of nothing": (lambda f: f.select(tf.col("delay").sum().over()), TypeError, "over needs columns"),
    "a negative limit": (lambda f: f.head(-1), ValueError, "at least 0"),
    "two ways to fill": (lambda f: f.select(tf.col("delay").fill_null(1, strategy="min")), ValueError, "not both"),
    "a wrong pattern": (lambda f: f.select(tf.col("k").str.contains("(")).collect(), ValueError, "regex|pattern"),
    "a wrong cast": (lambda f: f.select(tf.col("k").cast(tf.Int64)).collect(), ValueError, "conversion"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        call(tf.from_dict({"k": ["a", "b"], "delay": [1, 2]}))


def test_bad_calls():
    with pytest.raises(FileNotFoundError, match="no.parquet"):
        tf.scan_parquet("no.parquet").collect()
    with pytest.raises(TypeError):
        tf.from_arrow(3)
    assert tw.frame is tf


def test_within_the_budget():
    frame = tf.from_dict({"x": list(range(200_000)), "k": ["a", "b"] * 100_000}, partition_bytes="64KiB")
    with tw.config(memory="128MiB"):
        out = frame.group_by("k").agg(tf.col("x").sum(), tf.len()).sort("k")
        assert out.to_dict() == {"k": ["a", "b"], "x": [9999900000, 10000000000], "len": [100_000, 100_000]}
        assert frame.sort("x", descending=True).head(2).to_dict()["x"] == [199_999, 199_998]


@pytest.mark.parametrize("name", ["zstd", "snappy", "lz4", "gzip", "brotli", "uncompressed"])
def test_parquet_is_compressed_as_asked(tmp_path, name):
    import pyarrow.parquet as pq

    tf.from_dict(TABLE).sink_parquet(tmp_path / "a.parquet", compression=name)
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == TABLE
    codec = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).compression
    assert codec == {"lz4": "LZ4", "uncompressed": "UNCOMPRESSED"}.get(name, name.upper())
    tf.from_dict(TABLE).sink_parquet(tmp_path / "f", compression=name, partition_by="k")
    with pytest.raises(ValueError, match="no compression"):
        tf.from_dict(TABLE).sink_parquet(tmp_path / "b.parquet", compression="zip")
    with pytest.raises(ValueError, match="level"):
        tf.from_dict(TABLE).sink_parquet(tmp_path / "b.parquet", compression_level=100)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv", "ndjson"])
def test_folders_of_keys_and_urls(tmp_path, ending):
    """In all formats names of folders are columns, and a file behind a URL is read as on disk."""
    write = {"parquet": "sink_parquet", "arrow": "sink_ipc", "csv": "sink_csv", "ndjson": "sink_ndjson"}[ending]
    scan = {"parquet": tf.scan_parquet, "arrow": tf.scan_ipc, "csv": tf.scan_csv, "ndjson": tf.scan_ndjson}[ending]
    for year in (2023, 2024):
        folder = tmp_path / "t" / f"year={year}"
        folder.mkdir(parents=True)
        getattr(tf.from_dict({"x": [year, year + 1]}), write)(folder / f"a.{ending}")
    got = scan(tmp_path / "t").filter(tf.col("year") == 2024).to_dict()
    assert got == {"x": [2024, 2025], "year": [2024, 2024]}
    assert scan(tmp_path / "t", hive_partitioning=False).columns == ["x"]
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/t/year=2023/a.{ending}"
        # This server gives whole files only, which is said.
        with pytest.raises(NotImplementedError, match=f"a.{ending}.*[Rr]ange"):
            scan(url).collect()
        with pytest.raises(FileNotFoundError, match="none"):
            scan(f"http://127.0.0.1:{server.server_port}/none.{ending}")
        server.shutdown()
    path = tmp_path / "t" / "year=2023" / f"a.{ending}"
    assert scan(f"file://{path}").to_dict() == {"x": [2023, 2024]}
