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
    >>> t = tf.from_dict({"a": [1, 2], "b": ["x", None]}).collect()
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
    (2, {'a': Int64, 'b': String})
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
        """Names and types of the columns."""
        return dict(self._x.schema())

    @property
    def columns(self) -> list:
        """Names of the columns."""
        return list(self.schema)

    def __arrow_c_schema__(self):
        return self._x.arrow_schema_capsule()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._x.arrow_stream()

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.schema)

    @property
    def shape(self) -> tuple:
        """How many rows and columns there are."""
        return self.height, self.width

    def lazy(self):
        """A query of this table.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).collect().lazy()
        Frame(a: Int64)
        """
        from ._create import from_arrow

        return from_arrow(self)

    def __getitem__(self, name) -> list:
        return self.lazy().select(name).collect().to_dict()[name]

    def to_dict(self) -> dict:
        """Columns as lists.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).collect().to_dict()
        {'a': [1, 2]}
        """
        return self._x.to_dict()

    def to_dicts(self) -> list:
        """Rows as dicts.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).collect().to_dicts()
        [{'a': 1}, {'a': 2}]
        """
        columns = self.to_dict()
        return [dict(zip(columns, row)) for row in zip(*columns.values())]

    def rows(self) -> list:
        """Rows as tuples.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2], "b": ["x", "y"]}).collect().rows()
        [(1, 'x'), (2, 'y')]
        """
        return list(zip(*self.to_dict().values()))

    def item(self):
        """The value of a table of one row and one column.

        Raises
        ------
        ValueError
            A table of another shape.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).select(tf.col("a").sum()).collect().item()
        3
        """
        if self.shape != (1, 1):
            raise ValueError(f"a table of one value is needed, not of {self.height} rows and {self.width} columns")
        return self.rows()[0][0]

    def to_arrow(self):
        """The same columns as a ``pyarrow.Table``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).collect().to_arrow()["a"].to_pylist()
        [1, 2]
        """
        import pyarrow

        return pyarrow.table(self)

    to_pyarrow = to_arrow

    def to_pandas(self):
        """The rows as a ``pandas.DataFrame``, by way of pyarrow; it has a plain index.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).collect().to_pandas()
           a
        0  1
        1  2
        """
        return self.to_arrow().to_pandas()

    def to_polars(self):
        """The same columns as a ``polars.DataFrame``, where Polars is installed."""
        import polars

        return polars.DataFrame(self)

    def _repr_html_(self):
        from .. import _html

        return _html.table(self)
