"""Tables in and out by Arrow's C stream, as Polars and pandas have them."""

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
    assert pa.table(back).to_pydict() == TABLE


def test_pandas_in_and_out():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"k": ["a", "b"], "v": [1.0, 2.0]})
    back = tf.from_pandas(frame).collect()
    assert pa.table(back).to_pydict() == {"k": ["a", "b"], "v": [1.0, 2.0]}


def test_files(tmp_path):
    frame = tf.from_arrow(pa.table(TABLE), n_partitions=2)
    frame.sink_parquet(tmp_path / "t.parquet")
    assert pa.table(tf.scan_parquet(tmp_path / "t.parquet").collect()).to_pydict() == TABLE
    frame.sink_csv(tmp_path / "t.csv")
    assert pa.table(tf.scan_csv(tmp_path / "t.csv").collect()).column("n").to_pylist() == TABLE["n"]


def test_sql():
    frame = tf.from_arrow(pa.table(TABLE), n_partitions=2)
    out = tf.sql("select k, sum(n) as n from t where n < 5 group by k order by k", t=frame).collect()
    rows = dict(zip(pa.table(out).column("k").to_pylist(), pa.table(out).column("n").to_pylist()))
    assert rows == {"a": 4, "b": 2, None: 4}


def test_bad_calls():
    with pytest.raises(FileNotFoundError, match="no.parquet"):
        tf.scan_parquet("no.parquet").collect()
    with pytest.raises(TypeError):
        tf.from_arrow(3)
    assert tw.frame is tf
