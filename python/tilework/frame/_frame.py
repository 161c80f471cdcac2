"""``Frame``: a lazy query on tables."""

from __future__ import annotations

from .. import _tilework
from ._groups import Groups
from ._joins import Joins
from ._runs import Runs
from ._shapes import Shapes
from ._steps import Steps
from ._summaries import Summaries


def _load(data, partition_bytes):
    return Frame(_tilework.decode_frame(data, partition_bytes))


class Frame(Steps, Shapes, Joins, Groups, Summaries, Runs):
    """A lazy query on a table, run in partitions inside the memory budget.

    Made by :func:`scan_parquet` and its like, :func:`from_arrow` and its like, and :func:`sql`. Its methods are those of Polars'
    ``LazyFrame``, with the same arguments, and give further queries; what is wrong with one shows at the call.

    Rows keep a fixed order: that of the source; groups come in the order of their first row. Results have the same bits for any number
    of threads and any budget.

    A frame has an Arrow C stream: ``pyarrow.RecordBatchReader.from_stream(frame)`` runs the query and reads the result partition by
    partition, however large it is. It is pickled as a query; a table in memory goes with it.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> flights = tf.from_dict({"origin": ["JFK", "EWR", "JFK"], "delay": [4, 1, 8]})
    >>> late = flights.filter(tf.col("delay") > 2).with_columns(hours=tf.col("delay") / 60).sort("delay", descending=True)
    >>> late
    Frame(origin: String, delay: Int64, hours: Float64)
    >>> late.to_dict()["delay"]
    [8, 4]
    """

    __slots__ = ("_x", "_known")

    def __init__(self, handle):
        self._x = handle
        self._known = None

    def __repr__(self):
        return f"Frame({', '.join(f'{n}: {t}' for n, t in self.schema.items())})"

    def _repr_html_(self):
        from .. import _html

        return _html.frame(self)

    def __reduce__(self):
        return _load, (self._x.encode(), self._x.partition_bytes)

    def __bool__(self):
        raise TypeError("a query is neither true nor false before it has run")

    def __contains__(self, name):
        return name in self.schema

    @staticmethod
    def _of(handle) -> Frame:
        return Frame(handle)

    @staticmethod
    def _as_frame(obj) -> Frame:
        from ._create import from_arrow

        return obj if isinstance(obj, Frame) else from_arrow(obj)

    def _names(self):
        return self.schema

    @property
    def schema(self) -> dict:
        """Names and types of the columns.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1], "b": ["x"]}).schema
        {'a': Int64, 'b': String}
        """
        if self._known is None:
            self._known = dict(self._x.schema())
        return dict(self._known)

    def collect_schema(self) -> dict:
        """Names and types of the columns: the same as ``schema``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1]}).select(tf.col("a") / 2).collect_schema()
        {'a': Float64}
        """
        return self.schema

    @property
    def columns(self) -> list:
        """Names of the columns."""
        return list(self.schema)

    @property
    def dtypes(self) -> list:
        """Types of the columns."""
        return list(self.schema.values())

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.schema)

    def lazy(self) -> Frame:
        """The query itself, which is lazy already."""
        return self

    def clone(self) -> Frame:
        """The query itself, which does not change."""
        return self

    def sql(self, query, table_name="self") -> Frame:
        """A query in SQL on this one.

        Parameters
        ----------
        query : str
        table_name : str
            What the query calls this table.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"x": [3, 1, 2]}).sql("SELECT sum(x) AS total, max(x) AS top FROM self").to_dict()
        {'total': [6], 'top': [3]}
        """
        return Frame(_tilework.sql(query, [(table_name, self._x)]))
