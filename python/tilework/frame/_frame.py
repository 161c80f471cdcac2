"""``Frame``: a lazy query on tables. Verbs are written as SQL, which the engine reads, checks and plans."""

from __future__ import annotations

from .. import _config, _tilework
from ._table import Table

PARTITION_BYTES = 16 << 20


def _name(column) -> str:
    """A column's name in SQL."""
    if not isinstance(column, str):
        raise TypeError(f"columns are named by strings, not {type(column).__name__}")
    return '"' + column.replace('"', '""') + '"'


def _list(columns, exprs) -> str:
    """Columns and named expressions in SQL."""
    items = [_name(c) for c in columns] + [f"{e} AS {_name(n)}" for n, e in exprs.items()]
    if not items:
        raise ValueError("name a column at least")
    return ", ".join(items)


def sql(query, **tables) -> Frame:
    """A query in SQL on tables by name.

    One table, filters, expressions, GROUP BY, ORDER BY, LIMIT, DISTINCT; ``mean`` beside ``avg``. Joins are refused in this version.

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
    >>> import pyarrow as pa
    >>> flights = tf.from_arrow(pa.table({"origin": ["JFK", "EWR", "JFK"], "delay": [4, 1, 8]}))
    >>> late = tf.sql("SELECT origin, count(*) AS n FROM flights WHERE delay > 2 GROUP BY origin", flights=flights)
    >>> late.collect()
    shape: (1, 2)
    ┌────────┬─────┐
    │ origin ┆ n   │
    │ ---    ┆ --- │
    │ str    ┆ u32 │
    ╞════════╪═════╡
    │ JFK    ┆ 2   │
    └────────┴─────┘
    """
    frames = [(name, t if isinstance(t, Frame) else from_arrow(t)) for name, t in tables.items()]
    return Frame(_tilework.sql(query, [(name, f._x) for name, f in frames]))


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
    Frame(x: int64)
    >>> f.n_partitions
    4
    """
    if isinstance(obj, Frame):
        return obj
    if not hasattr(obj, "__arrow_c_stream__"):
        raise TypeError(f"{type(obj).__name__} is no table with an Arrow C stream (__arrow_c_stream__): convert it with pyarrow.table")
    if n_partitions is not None and n_partitions < 1:
        raise ValueError("n_partitions is at least 1")
    table = obj._x if isinstance(obj, Table) else _tilework.table_of_stream(_config.session(), obj.__arrow_c_stream__())
    return Frame(table.lazy(n_partitions, _config.parse_bytes(partition_bytes)))


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
    Frame(x: float64, key: str)
    """
    import pyarrow

    return from_arrow(pyarrow.Table.from_pandas(df), n_partitions, partition_bytes=partition_bytes)


def _load(data, partition_bytes):
    return Frame(_tilework.decode_frame(data, partition_bytes))


class Frame:
    """A lazy query on a table, run in partitions inside the memory budget.

    Made by :func:`scan_parquet`, :func:`scan_csv`, :func:`from_arrow` and :func:`sql`. Rows keep a fixed order: that of the source;
    groups come in the order of their first row. Results have the same bits for any number of threads and any budget.

    Positional arguments of the verbs are names of columns; keyword arguments are new columns, each an expression in SQL.

    A frame has an Arrow C stream: ``pyarrow.RecordBatchReader.from_stream(frame)`` runs the query and reads the result partition by
    partition, however large it is. It is pickled as a query; a table in memory goes with it.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pyarrow as pa
    >>> flights = tf.from_arrow(pa.table({"origin": ["JFK", "EWR", "JFK"], "delay": [4, 1, 8]}))
    >>> late = flights.filter("delay > 2").with_columns(hours="delay / 60.0").sort("delay", descending=True)
    >>> late
    Frame(origin: str, delay: int64, hours: float64)
    >>> pa.table(late)["delay"].to_pylist()
    [8, 4]
    """

    __slots__ = ("_x",)

    def __init__(self, handle):
        self._x = handle

    def __repr__(self):
        return f"Frame({', '.join(f'{n}: {t}' for n, t in self._x.schema())})"

    def __reduce__(self):
        return _load, (self._x.encode(), self._x.partition_bytes)

    @property
    def schema(self) -> dict:
        """Names and types of the columns: NumPy's names of types, ``str``, ``date``, and Polars' words for the rest.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1], "b": ["x"]})).schema
        {'a': 'int64', 'b': 'str'}
        """
        return dict(self._x.schema())

    @property
    def columns(self) -> list:
        """Names of the columns."""
        return list(self.schema)

    @property
    def n_partitions(self) -> int:
        """Number of partitions of the result. The query is planned to tell: of CSV files, they are read through."""
        return self._x.n_partitions(_config.session())

    def sql(self, query) -> Frame:
        """A query in SQL on this one, whose name is ``self``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> f = tf.from_arrow(pa.table({"x": [3, 1, 2]}))
        >>> f.sql("SELECT sum(x) AS total, max(x) AS top FROM self").collect().to_pyarrow().to_pylist()
        [{'total': 6, 'top': 3}]
        """
        return Frame(_tilework.sql(query, [("self", self._x)]))

    def select(self, *columns, **exprs) -> Frame:
        """These columns, and new ones. Expressions that aggregate make one row.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, 2], "b": [3, 4]})).select("b", total="a + b")
        Frame(b: int64, total: int64)
        """
        return self.sql(f"SELECT {_list(columns, exprs)} FROM self")

    def with_columns(self, **exprs) -> Frame:
        """All columns, and new ones; one of the same name takes the place of the old one.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, 2], "b": [3, 4]})).with_columns(a="a / 2.0", c="b > 3")
        Frame(a: float64, b: int64, c: bool)
        """
        columns = {c: exprs.get(c, _name(c)) for c in self.columns}
        return self.sql(f"SELECT {_list((), columns | exprs)} FROM self")

    def filter(self, predicate) -> Frame:
        """Rows for which an expression is true.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> len(tf.from_arrow(pa.table({"a": [1, 2, None]})).filter("a > 1").collect())
        1
        """
        return self.sql(f"SELECT * FROM self WHERE ({predicate})")

    def group_by(self, *columns) -> GroupBy:
        """Groups of equal values of these columns, in the order of their first row.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> f = tf.from_arrow(pa.table({"k": ["b", "a", "b"], "x": [1, 2, 3]}))
        >>> f.group_by("k").agg(n="count(*)", x="sum(x)").collect().to_pyarrow().to_pylist()
        [{'k': 'b', 'n': 2, 'x': 4}, {'k': 'a', 'n': 1, 'x': 2}]
        """
        _list(columns, {})
        return GroupBy(self, columns)

    def sort(self, *columns, descending=False, nulls_last=False) -> Frame:
        """Rows in the order of these columns; equal rows stay in theirs.

        Parameters
        ----------
        *columns : str
            Sorted by these, the first counts most.
        descending, nulls_last : bool, or a sequence of them
            Of all columns, or of each.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> f = tf.from_arrow(pa.table({"a": [1, 2, 1], "b": [1, 2, 3]})).sort("a", "b", descending=[False, True])
        >>> f.collect().to_pyarrow()["b"].to_pylist()
        [3, 1, 2]
        """

        def each(flag, name):
            flags = [flag] * len(columns) if isinstance(flag, bool) else list(flag)
            if len(flags) != len(columns):
                raise ValueError(f"{name} has {len(flags)} values for {len(columns)} columns")
            return flags

        orders = zip(columns, each(descending, "descending"), each(nulls_last, "nulls_last"))
        by = [f"{_name(c)} {'DESC' if d else 'ASC'} NULLS {'LAST' if n else 'FIRST'}" for c, d, n in orders]
        if not by:
            raise ValueError("name a column at least")
        return self.sql(f"SELECT * FROM self ORDER BY {', '.join(by)}")

    def limit(self, n) -> Frame:
        """The first ``n`` rows.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [5, 6, 7]})).limit(2).collect().to_pyarrow()["a"].to_pylist()
        [5, 6]
        """
        if n < 0:
            raise ValueError("a limit is at least 0")
        return self.sql(f"SELECT * FROM self LIMIT {int(n)}")

    def unique(self) -> Frame:
        """Distinct rows, the first of each.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [2, 1, 2]})).unique().collect().to_pyarrow()["a"].to_pylist()
        [2, 1]
        """
        return self.sql("SELECT DISTINCT * FROM self")

    def collect(self) -> Table:
        """Runs the query: the result in memory.

        Raises
        ------
        MemoryError
            A result that takes more than the budget leaves for it: write it to a file, or read it by :meth:`partitions`.
        NotImplementedError
            A query that this version does not run in partitions, named.
        OSError
            Files that are broken; the message names file and line.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> len(tf.from_arrow(pa.table({"a": [1, 2, 3]})).collect())
        3
        """
        return Table(self._x.collect(_config.session()))

    def partitions(self):
        """Runs the query: an iterator over the partitions of the result, each a :class:`Table`.

        The result lies on disk meanwhile, so that it may be larger than memory. Partitions without rows are left out.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> f = tf.from_arrow(pa.table({"x": list(range(1000))}), n_partitions=4)
        >>> [len(part) for part in f.partitions()]
        [250, 250, 250, 250]
        """
        return map(Table, self._x.partitions(_config.session()))

    def __arrow_c_schema__(self):
        return self._x.arrow_schema_capsule()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._x.arrow_stream(_config.session())

    def sink_parquet(self, path, *, overwrite=False):
        """Runs the query: the result in a Parquet file, a row group per partition. The file is whole or not there.

        Raises
        ------
        ValueError
            A file that exists, where ``overwrite`` is false.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, 2, 3]})).sink_parquet("a.parquet")
        >>> tf.scan_parquet("a.parquet")
        Frame(a: int64)
        """
        self._x.sink_parquet(_config.session(), path, overwrite)

    def sink_csv(self, path, *, overwrite=False):
        """Runs the query: the result in a CSV file. The file is whole or not there.

        Raises
        ------
        ValueError
            A file that exists, where ``overwrite`` is false; columns that hold lists.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, None], "b": ["x", "y"]})).sink_csv("a.csv")
        >>> print(open("a.csv").read(), end="")
        a,b
        1,x
        ,y
        """
        self._x.sink_csv(_config.session(), path, overwrite)

    def explain(self) -> str:
        """What running the query would do: steps, tasks, bytes, memory."""
        return self._x.explain(_config.session())


class GroupBy:
    """Groups of a :class:`Frame`, to be aggregated.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pyarrow as pa
    >>> tf.from_arrow(pa.table({"k": ["b", "a"], "x": [1, 2]})).group_by("k").agg(x="sum(x)")
    Frame(k: str, x: int64)
    """

    __slots__ = ("_frame", "_keys")

    def __init__(self, frame, keys):
        self._frame, self._keys = frame, keys

    def agg(self, **exprs) -> Frame:
        """A row for every group: its keys, and aggregations in SQL.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> f = tf.from_arrow(pa.table({"k": ["b", "a", "b"], "x": [1, 2, 4]}))
        >>> f.group_by("k").agg(span="max(x) - min(x)").collect().to_pyarrow().to_pylist()
        [{'k': 'b', 'span': 3}, {'k': 'a', 'span': 0}]
        """
        return self._frame.sql(f"SELECT {_list(self._keys, exprs)} FROM self GROUP BY {_list(self._keys, {})}")
