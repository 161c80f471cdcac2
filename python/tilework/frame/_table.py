"""``Table``: rows in memory, and the ways out of Tilework."""

from __future__ import annotations

from .. import _tilework


def _load(data):
    return Table(_tilework.decode_table(data))


class Table:
    """A table in memory, as :meth:`Frame.collect` gives it.

    Everything that reads the Arrow C stream takes it without copying columns: ``pyarrow.table(t)``, ``polars.DataFrame(t)``, DuckDB.
    Strings are streamed as views.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pyarrow as pa
    >>> t = tf.from_arrow(pa.table({"a": [1, 2], "b": ["x", None]})).collect()
    >>> t
    shape: (2, 2)
    ┌─────┬──────┐
    │ a   ┆ b    │
    │ --- ┆ ---  │
    │ i64 ┆ str  │
    ╞═════╪══════╡
    │ 1   ┆ x    │
    │ 2   ┆ null │
    └─────┴──────┘
    >>> len(t), t.schema
    (2, {'a': 'int64', 'b': 'str'})
    """

    __slots__ = ("_x",)

    def __init__(self, handle):
        self._x = handle

    def __len__(self):
        return len(self._x)

    def __repr__(self):
        return repr(self._x)

    def __reduce__(self):
        return _load, (self._x.encode(),)

    @property
    def schema(self) -> dict:
        """Names and types of the columns: NumPy's names of types, ``str``, ``date``, and Polars' words for the rest."""
        return dict(self._x.schema())

    @property
    def columns(self) -> list:
        """Names of the columns."""
        return list(self.schema)

    def __arrow_c_schema__(self):
        return self._x.arrow_schema_capsule()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._x.arrow_stream()

    def to_pyarrow(self):
        """The same columns as a ``pyarrow.Table``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, 2]})).collect().to_pyarrow()["a"].to_pylist()
        [1, 2]
        """
        import pyarrow

        return pyarrow.table(self)

    def to_pandas(self):
        """The rows as a ``pandas.DataFrame``, by way of pyarrow; it has a plain index.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> import pyarrow as pa
        >>> tf.from_arrow(pa.table({"a": [1, 2]})).collect().to_pandas()
           a
        0  1
        1  2
        """
        return self.to_pyarrow().to_pandas()

    def to_polars(self):
        """The same columns as a ``polars.DataFrame``, where Polars is installed."""
        import polars

        return polars.DataFrame(self)
