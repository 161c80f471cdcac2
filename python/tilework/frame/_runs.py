"""What runs a query: into memory, to files, partition by partition, through functions of the user's."""

from __future__ import annotations

from .. import _config, _tilework
from .._tilework import expressions
from ._table import Table


def _given(table, kind):
    """A table as the kind that a function of the user's takes."""
    if kind == "tilework":
        return table
    makers = {"polars": "to_polars", "pandas": "to_pandas", "arrow": "to_arrow"}
    if kind not in makers:
        raise ValueError(f"{kind!r} is no kind of table: there are 'polars', 'pandas', 'arrow', 'tilework'")
    return getattr(table, makers[kind])()


def _taken(made, schema):
    """What a function of the user's gave, as a table of the declared columns."""
    from ._create import table_of

    try:
        handle = table_of(made)
    except TypeError:
        raise TypeError(f"the function gave {type(made).__name__}, not a table") from None
    return handle if schema is None else handle.conform(schema)


def _wrapped(function, columns, kind):
    """A function of the user's as one from the engine's tables to the engine's tables."""
    return lambda handle: _taken(function(_given(Table(handle), kind)), columns)


# What Polars' ``collect`` takes.
_POLARS = frozenset(
    "background cluster_with_columns collapse_joins comm_subexpr_elim comm_subplan_elim engine no_optimization optimizations "
    "predicate_pushdown projection_pushdown simplify_expression slice_pushdown streaming type_coercion".split()
)


class Runs:
    """The part of :class:`Frame` that runs the query."""

    __slots__ = ()

    def collect(self, **options) -> Table:
        """Runs the query: the result in memory.

        Parameters
        ----------
        **options
            Settings as of :func:`tilework.config`, for this run alone: ``memory="2GiB"``, ``threads=2``, ``progress=True``. What Polars'
            ``collect`` takes is taken too, and makes no difference.

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
        >>> len(tf.from_dict({"a": [1, 2, 3]}).collect())
        3
        """
        settings = {name: value for name, value in options.items() if name not in _POLARS}
        return Table(self._x.collect(_config.session(settings)))

    def to_dict(self) -> dict:
        """Runs the query: columns as lists.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).to_dict()
        {'a': [1, 2]}
        """
        return self.collect().to_dict()

    def to_dicts(self) -> list:
        """Runs the query: rows as dicts.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).to_dicts()
        [{'a': 1}, {'a': 2}]
        """
        return self.collect().to_dicts()

    def to_arrow(self):
        """Runs the query: a ``pyarrow.Table``, without copying columns."""
        return self.collect().to_arrow()

    def to_polars(self):
        """Runs the query: a ``polars.DataFrame``, without copying columns."""
        return self.collect().to_polars()

    def to_pandas(self):
        """Runs the query: a ``pandas.DataFrame``."""
        return self.collect().to_pandas()

    def partitions(self):
        """Runs the query: an iterator over the partitions of the result, each a :class:`Table`.

        The result lies on disk meanwhile, so that it may be larger than memory. Partitions without rows are left out.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"x": list(range(1000))}, n_partitions=4)
        >>> [len(part) for part in f.partitions()]
        [250, 250, 250, 250]
        """
        return map(Table, self._x.partitions(_config.session()))

    def partition(self, i) -> Table:
        """Runs the query: partition ``i`` of the result. Only what it needs is read, where partitions are known beforehand.

        Raises
        ------
        IndexError
            A partition that is not there.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"x": list(range(1000))}, n_partitions=4).partition(1).to_dict()["x"][0]
        250
        """
        if i < 0:
            raise IndexError(f"partitions are numbered from 0, not {i}")
        try:
            return Table(self._x.partition(_config.session(), i))
        except ValueError as e:
            if "there is no partition" in str(e):
                raise IndexError(str(e)) from None
            raise

    def __iter__(self):
        raise TypeError("a query has no order of columns to go through: iterate over its columns or its partitions()")

    @property
    def n_partitions(self) -> int:
        """Number of partitions of the result. Stages of the query before the last are run to tell; of CSV files, they are read through.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"x": list(range(1000))}, n_partitions=4).n_partitions
        4
        """
        return self._x.n_partitions(_config.session())

    def persist(self):
        """Runs the query: a query that reads the result, which lies in the folder for spilled data as long as it is used.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> once = tf.from_dict({"x": [3, 1, 2]}).sort("x").persist()
        >>> once.head(1).to_dict()
        {'x': [1]}
        """
        return self._of(self._x.persist(_config.session()))

    cache = persist

    def repartition(self, n_partitions=None, *, partition_bytes=None, by=None):
        """The same rows in other partitions, which is what :meth:`map_partitions`, :meth:`partitions` and folders of files see.

        Rows are computed before, to know how many there are.

        Parameters
        ----------
        n_partitions : int, optional
            So many partitions of as many rows each (or one more), in their order.
        partition_bytes : int or str, optional
            Partitions of about so many bytes in memory.
        by : str or sequence of str, optional
            Columns: rows that are equal in them are in one partition, of ``n_partitions`` or as many as tasks take well. A partition has the
            rows of several keys, in their order; of several partitions, the order is that of a hash.

        Raises
        ------
        ValueError
            None of them, or both sizes; no partitions.
        ColumnNotFoundError
            No such column.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"origin": ["JFK", "EWR", "JFK"], "delay": [4, 1, 8]})
        >>> [len(p) for p in f.repartition(2).partitions()]
        [1, 2]
        >>> any(p.to_dict()["origin"] == ["JFK", "JFK"] for p in f.repartition(8, by="origin").partitions())
        True
        """
        keys = None if by is None else [by] if isinstance(by, str) else list(by)
        size = None if partition_bytes is None else _config.parse_bytes(partition_bytes)
        return self._of(self._x.repartition(n_partitions, size, keys))

    def map_partitions(self, function, schema=None, *, kind="polars"):
        """What a function of Python's makes of every partition, by itself.

        How many rows a partition has depends on ``partition_bytes``. Without a ``schema`` the query is run now: the first result tells the
        columns, and all results lie in the folder for spilled data, like that of :meth:`persist`.

        Parameters
        ----------
        function : callable
            From a table to a table; pure, and called from several threads, which take turns in the interpreter.
        schema : dict of types by name, optional
            The columns that it gives.
        kind : {'polars', 'pandas', 'arrow', 'tilework'}
            What it is given. It may give any of these.

        Raises
        ------
        TypeError
            A function that gives no table.
        ValueError
            Tables of other columns than declared, or than the first.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"x": [1, 2, 3, 4]}, n_partitions=2)
        >>> f.map_partitions(lambda t: t.sum()).to_dict()
        {'x': [3, 7]}
        >>> f.map_partitions(lambda t: t.sum(), schema={"x": tf.Int64})
        Frame(x: Int64)
        """
        if schema is None:
            return self._written((function(_given(part, kind)) for part in self.partitions()), function, kind)
        columns = list(dict(schema).items())
        return self._of(self._x.map_partitions(_wrapped(function, columns, kind), columns))

    def map_groups(self, keys, function, schema=None, *, kind="polars"):
        """What a function of Python's makes of the table of each group of equal keys.

        Groups come in the order of their first row. The rest is as of :meth:`map_partitions`.

        Parameters
        ----------
        keys : names or expressions
        function : callable
            From the table of a group, with all columns, to a table.
        schema, kind
            As of :meth:`map_partitions`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 4]})
        >>> f.map_groups("k", lambda t: t.head(1)).to_dict()
        {'k': ['b', 'a'], 'x': [1, 2]}
        """
        keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]
        if schema is not None:
            columns = list(dict(schema).items())
            return self._of(self._x.map_groups(keys, _wrapped(function, columns, kind), columns))
        keys = [(expressions.col(k) if isinstance(k, str) else k).alias(f"key {i}") for i, k in enumerate(keys)]
        rows = self.group_by(*keys).agg(expressions.struct(*self.columns).alias("rows")).select("rows")
        groups = (Table(t) for part in rows.partitions() for t in part._x.tables("rows"))
        return self._written((function(_given(group, kind)) for group in groups), function, kind)

    def _written(self, results, function, kind):
        """A query of the tables that a function of the user's gave."""
        out = _tilework.Writer(_config.session(), self._x.partition_bytes)
        schema = None
        for made in results:
            table = _taken(made, schema)
            schema = table.schema() if schema is None else schema
            out.write(table)
        if schema is None:
            empty = Table(_tilework.table_of_columns({}, self._x.schema()))
            out.write(_taken(function(_given(empty, kind)), None))
        return self._of(out.finish())

    def sink_parquet(self, path, *, compression="zstd", compression_level=None, partition_by=None, overwrite=False):
        """Runs the query: the result in a Parquet file, a row group per partition (small ones share one). The file is whole or not there.

        Parameters
        ----------
        path : path
        compression : str
            One of ``"zstd"``, ``"gzip"`` and ``"brotli"``, which have levels, ``"snappy"``, ``"lz4"`` and ``"uncompressed"``.
        compression_level : int, optional
        partition_by : names, optional
            Then the path is that of a folder, with a file for each partition in folders like ``year=2024`` of the values of these columns;
            without names, in the folder itself.
        overwrite : bool

        Raises
        ------
        FileExistsError
            A file that exists, where ``overwrite`` is false.
        ValueError
            Another compression, or a level that there is not.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["x", "y", "x"], "a": [1, 2, 3]})
        >>> f.sink_parquet("a.parquet")
        >>> tf.scan_parquet("a.parquet")
        Frame(k: String, a: Int64)
        >>> f.sink_parquet("folder", partition_by="k")
        >>> tf.scan_parquet("folder").sort("a").select("k", "a").to_dict()
        {'k': ['x', 'y', 'x'], 'a': [1, 2, 3]}
        """
        self._sink(path, ("parquet", compression, compression_level), partition_by, overwrite)

    def sink_csv(self, path, *, partition_by=None, overwrite=False):
        """Runs the query: the result in a CSV file. The file is whole or not there.

        Parameters
        ----------
        path, partition_by, overwrite
            As of :meth:`sink_parquet`.

        Raises
        ------
        FileExistsError
            A file that exists, where ``overwrite`` is false.
        ValueError
            Columns that hold lists.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, None], "b": ["x", "y"]}).sink_csv("a.csv")
        >>> print(open("a.csv").read(), end="")
        a,b
        1,x
        ,y
        """
        self._sink(path, "csv", partition_by, overwrite)

    def sink_ipc(self, path, *, partition_by=None, overwrite=False):
        """Runs the query: the result in an Arrow IPC file, a batch per partition. The file is whole or not there.

        Parameters
        ----------
        path, partition_by, overwrite
            As of :meth:`sink_parquet`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2, 3]}).sink_ipc("a.arrow")
        >>> tf.scan_ipc("a.arrow").to_dict()
        {'a': [1, 2, 3]}
        """
        self._sink(path, "ipc", partition_by, overwrite)

    def sink_ndjson(self, path, *, partition_by=None, overwrite=False):
        """Runs the query: the result as JSON, an object in each line. The file is whole or not there.

        Parameters
        ----------
        path, partition_by, overwrite
            As of :meth:`sink_parquet`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2], "b": ["x", None]}).sink_ndjson("a.jsonl")
        >>> print(open("a.jsonl").read(), end="")
        {"a":1,"b":"x"}
        {"a":2,"b":null}
        """
        self._sink(path, "ndjson", partition_by, overwrite)

    def _sink(self, path, format, keys, overwrite):
        keys = [keys] if isinstance(keys, str) else keys
        format = format if isinstance(format, tuple) else (format, None, None)
        self._x.sink(_config.session(), path, format, None if keys is None else list(keys), overwrite)

    def explain(self) -> str:
        """What running the query would do: steps, tasks, bytes, memory."""
        return self._x.explain(_config.session())

    def explain_polars(self, *, optimized=True) -> str:
        """The plan of Polars that is run."""
        return self._x.polars_plan(optimized)

    def __arrow_c_schema__(self):
        return self._x.arrow_schema_capsule()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._x.arrow_stream(_config.session())
