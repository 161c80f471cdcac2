"""Queries of tables in memory, of SQL, and of several tables."""

from __future__ import annotations

from .. import _config, _tilework
from ._frame import Frame
from ._table import Table

PARTITION_BYTES = 16 << 20


def sql(query, **tables) -> Frame:
    """A query in SQL on tables by name; ``mean`` is understood beside ``avg``.

    Parameters
    ----------
    query : str
        The query.
    **tables : Frame, or what :func:`from_arrow` takes
        The tables it names.

    Raises
    ------
    ValueError
        A text that is not SQL; a table or column that does not exist; types that do not fit.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> flights = tf.from_dict({"origin": ["JFK", "EWR", "JFK"], "delay": [4, 1, 8]})
    >>> tf.sql("SELECT origin, count(*) AS n FROM flights WHERE delay > 2 GROUP BY origin", flights=flights).to_dict()
    {'origin': ['JFK'], 'n': [2]}
    """
    frames = [(name, t if isinstance(t, Frame) else from_arrow(t)) for name, t in tables.items()]
    return Frame(_tilework.sql(query, [(name, f._x) for name, f in frames]))


def table_of(obj):
    """The engine's table of what has an Arrow C stream, or is a pandas table.

    Raises
    ------
    TypeError
        Something else.
    """
    if isinstance(obj, Table):
        return obj._x
    if isinstance(obj, Frame):
        return obj.collect()._x
    if type(obj).__module__.split(".")[0] == "pandas":
        import pyarrow

        obj = pyarrow.Table.from_pandas(obj)
    if not hasattr(obj, "__arrow_c_stream__"):
        raise TypeError(f"{type(obj).__name__} is no table with an Arrow C stream (__arrow_c_stream__): convert it with pyarrow.table")
    return _tilework.table_of_stream(_config.session(), obj.__arrow_c_stream__())


def _lazy(handle, n_partitions, partition_bytes):
    if n_partitions is not None and n_partitions < 1:
        raise ValueError("n_partitions is at least 1")
    return Frame(handle.lazy(n_partitions, _config.parse_bytes(partition_bytes)))


def from_arrow(obj, n_partitions=None, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of a table in memory: a ``pyarrow.Table``, ``polars.DataFrame``, ``pandas.DataFrame``, anything with an Arrow C stream.

    Columns are shared, not copied. They are held in memory beside the budget; a stream is read to its end now.

    Parameters
    ----------
    obj : object with ``__arrow_c_stream__``
        The table.
    n_partitions : int, optional
        About how many partitions to cut it into.
    partition_bytes : int or str, optional
        Or the size that partitions aim at: 16 MiB.

    Raises
    ------
    TypeError
        No table, or a column of a type that tables don't have here.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pyarrow as pa
    >>> f = tf.from_arrow(pa.table({"x": list(range(1000))}), n_partitions=4)
    >>> f
    Frame(x: Int64)
    >>> f.n_partitions
    4
    """
    if isinstance(obj, Frame):
        return obj
    return _lazy(table_of(obj), n_partitions, partition_bytes)


def from_pandas(df, n_partitions=None, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of a ``pandas.DataFrame``, by way of pyarrow. An index other than a plain range becomes a column.

    Parameters
    ----------
    df : pandas.DataFrame
        The table.
    n_partitions, partition_bytes
        As of :func:`from_arrow`.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pandas as pd
    >>> tf.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="key")))
    Frame(x: Float64, key: String)
    """
    return _lazy(table_of(df), n_partitions, partition_bytes)


def from_polars(df, n_partitions=None, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of a ``polars.DataFrame`` or a ``polars.LazyFrame``.

    Columns of a table are shared, not copied. A lazy query is taken over as it is, which needs a version of polars that writes queries
    as the one in here reads them.

    Parameters
    ----------
    df : polars.DataFrame or polars.LazyFrame
    n_partitions, partition_bytes
        As of :func:`from_arrow`.

    Raises
    ------
    ValueError
        A lazy query of another version of polars.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import polars as pl
    >>> tf.from_polars(pl.DataFrame({"x": [1, 2]})).select(pl.col("x").sum()).to_dict()
    {'x': [3]}
    """
    if type(df).__name__ != "LazyFrame":
        return from_arrow(df, n_partitions, partition_bytes=partition_bytes)
    from ._polars import query_bytes

    try:
        return Frame(_tilework.decode_frame(query_bytes(df), _config.parse_bytes(partition_bytes)))
    except ValueError as e:
        raise ValueError(f"the query comes from a version of polars that writes queries in another way: collect it, or scan here ({e})") from None


def from_dict(data, schema=None, n_partitions=None, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of columns by name.

    Parameters
    ----------
    data : dict
        Sequences of Python's values, arrays, columns of other libraries; a single value stands for a column of it.
    schema : dict of types by name, or names, optional
        Types that columns have, where these are not to be found out.
    n_partitions, partition_bytes
        As of :func:`from_arrow`.

    Raises
    ------
    TypeError
        Values of different types in one column.
    ValueError
        Columns of different lengths.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> tf.from_dict({"a": [1, None], "b": ["x", "y"]}, schema={"a": tf.Int8})
    Frame(a: Int8, b: String)
    """
    schema = [] if schema is None else list(schema.items()) if hasattr(schema, "items") else [(n, None) for n in schema]
    return _lazy(_tilework.table_of_columns(dict(data), schema), n_partitions, partition_bytes)


def from_dicts(data, schema=None, n_partitions=None, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of rows, each a dict.

    Parameters
    ----------
    data : sequence of dict
        A name that a row does not have is null.
    schema, n_partitions, partition_bytes
        As of :func:`from_dict`.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> tf.from_dicts([{"a": 1}, {"a": 2, "b": "x"}]).to_dict()
    {'a': [1, 2], 'b': [None, 'x']}
    """
    rows = list(data)
    names = list(schema) if schema is not None else list(dict.fromkeys(n for row in rows for n in row))
    if not names:
        raise ValueError("rows without columns")
    return from_dict({n: [row.get(n) for row in rows] for n in names}, schema, n_partitions, partition_bytes=partition_bytes)


def _check_columns(frames):
    """That tables one below the other have the same columns."""
    first = frames[0].schema
    for i, f in enumerate(frames[1:], 1):
        for n, t in f.schema.items():
            if n not in first:
                raise ValueError(f"inputs should all have the same schema: table {i} has a column {n!r}, which table 0 has not; how='diagonal' fills it")
            if t != first[n]:
                raise ValueError(f"inputs should all have the same schema: {n!r} is {t} in table {i}, {first[n]} in table 0")
        if list(f.schema) != list(first):
            raise ValueError(f"inputs should all have the same schema: table {i} has {f.columns}, table 0 {list(first)}")


def concat(items, *, how="vertical", rechunk=False, parallel=True, strict=False) -> Frame:
    """The rows of tables, one table below the other, or their columns side by side.

    Parameters
    ----------
    items : sequence of Frame, or of what :func:`from_arrow` takes
    how : {'vertical', 'vertical_relaxed', 'diagonal', 'diagonal_relaxed', 'horizontal'}
        Whether columns must be the same; may differ in type; may be missing in some tables; or are put side by side.
    strict : bool
        Whether tables side by side must have as many rows.

    Raises
    ------
    ValueError
        No tables; columns that differ.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> a, b = tf.from_dict({"x": [1]}), tf.from_dict({"x": [2], "y": ["z"]})
    >>> tf.concat([a, b], how="diagonal").to_dict()
    {'x': [1, 2], 'y': [None, 'z']}
    """
    frames = [f if isinstance(f, Frame) else from_arrow(f) for f in items]
    if not frames:
        raise ValueError("no tables to concatenate")
    if how == "vertical":
        _check_columns(frames)
    return Frame(_tilework.concat_frames([f._x for f in frames], how, strict))
