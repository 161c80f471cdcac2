"""Groups of rows, and what is computed of each."""

from __future__ import annotations

from .._tilework import expressions
from . import _text


class GroupBy:
    """Groups of a :class:`Frame`, to be aggregated.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> groups = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 3]}).group_by("k")
    >>> groups.agg(tf.col("x").sum(), n=tf.len()).to_dict()
    {'k': ['b', 'a'], 'x': [4, 2], 'n': [2, 1]}
    """

    __slots__ = ("_frame", "_run", "_keys", "_having")

    def __init__(self, frame, run, keys, having=()):
        self._frame, self._run, self._keys, self._having = frame, run, keys, having

    def agg(self, *aggs, **named_aggs):
        """A row for each group: its keys and these values.

        Parameters
        ----------
        *aggs, **named_aggs : expressions
            Text that is more than a name is read as SQL: ``"mean(x)"``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 4]})
        >>> f.group_by("k").agg(span=tf.col("x").max() - tf.col("x").min()).to_dict()
        {'k': ['b', 'a'], 'span': [3, 0]}
        >>> f.group_by("k").agg(n="count(*)", x="sum(x)").to_dict()
        {'k': ['b', 'a'], 'n': [2, 1], 'x': [5, 2]}
        """
        names = self._frame._names
        return self._frame._of(self._run(self._having, *_text.each(aggs, names), **_text.named(named_aggs, names)))

    def having(self, *predicates):
        """Only groups for which conditions hold.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 4]})
        >>> f.group_by("k").having(tf.len() > 1).agg(tf.col("x").sum()).to_dict()
        {'k': ['b'], 'x': [5]}
        """
        if self._keys is None:
            raise ValueError("groups of windows take no conditions: filter the result")
        return GroupBy(self._frame, self._run, self._keys, [*self._having, *predicates])

    def map_groups(self, function, schema=None, *, kind="polars"):
        """What a function of Python's makes of the table of each group; see :meth:`Frame.map_groups`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 4]})
        >>> f.group_by("k").map_groups(lambda t: t.tail(1)).to_dict()
        {'k': ['b', 'a'], 'x': [4, 2]}
        """
        if self._keys is None:
            raise ValueError("map_groups takes groups of keys, not of windows")
        return self._frame.map_groups(self._keys, function, schema, kind=kind)

    def _all(self, method, *args):
        """A method of all columns that are no keys."""
        every = expressions.col("*")
        return self.agg(getattr(every, method)(*args))

    def len(self, name=None):
        """How many rows each group has.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"k": ["b", "a", "b"]}).group_by("k").len().to_dict()
        {'k': ['b', 'a'], 'len': [2, 1]}
        """
        n = expressions.len()
        return self.agg(n if name is None else n.alias(name))

    def all(self):
        """All values of each group as lists."""
        return self._all("implode")

    def count(self):
        """How many values of each column are not null."""
        return self._all("count")

    def first(self):
        """The first row of each group."""
        return self._all("first")

    def last(self):
        """The last row of each group."""
        return self._all("last")

    def sum(self):
        """The sums of all columns."""
        return self._all("sum")

    def mean(self):
        """The means of all columns."""
        return self._all("mean")

    def median(self):
        """The medians of all columns."""
        return self._all("median")

    def min(self):
        """The least values of all columns."""
        return self._all("min")

    def max(self):
        """The greatest values of all columns."""
        return self._all("max")

    def n_unique(self):
        """How many different values all columns have."""
        return self._all("n_unique")

    def quantile(self, quantile, interpolation="nearest"):
        """A quantile of all columns."""
        return self._all("quantile", quantile, interpolation)

    def head(self, n=5):
        """The first ``n`` rows of each group.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 3]}).group_by("k").head(1).to_dict()
        {'k': ['b', 'a'], 'x': [1, 2]}
        """
        return self._part("head", n)

    def tail(self, n=5):
        """The last ``n`` rows of each group."""
        return self._part("tail", n)

    def _part(self, method, n):
        lists = self._all(method, n)
        keys = self._frame.select(self._keys).columns
        rest = [c for c in lists.columns if c not in keys]
        return lists.explode(rest, empty_as_null=False) if rest else lists


class Groups:
    """The part of :class:`Frame` that has groups."""

    __slots__ = ()

    def group_by(self, *by, maintain_order=True, **named_by):
        """Groups of rows that are equal in some columns, in the order of their first row.

        Parameters
        ----------
        *by, **named_by : names or expressions

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["b", "a", "b"], "x": [1, 2, 3]})
        >>> f.group_by("k").agg(tf.col("x").mean()).to_dict()
        {'k': ['b', 'a'], 'x': [2.0, 2.0]}
        """
        keys = [k for arg in _text.each(by, self._names) for k in (arg if isinstance(arg, list) else [arg])]
        named = _text.named(named_by, self._names)
        keys += [(expressions.col(e) if isinstance(e, str) else expressions.lit(e)).alias(name) for name, e in named.items()]
        if not keys:
            raise TypeError("name a column to group by")
        return GroupBy(self, lambda having, *aggs, **named: self._x.group_by(keys, list(having), *aggs, **named), keys)

    def group_by_dynamic(
        self,
        index_column,
        *,
        every,
        period=None,
        offset=None,
        include_boundaries=False,
        closed="left",
        label="left",
        group_by=None,
        start_by="window",
    ):
        """Groups of windows of time, or of whole numbers.

        Parameters
        ----------
        index_column : name or expression
            The times, by which rows are sorted.
        every : str or timedelta
            How far the windows are apart: ``"1h"``, ``"1mo"``, ``"2i"`` for numbers.
        period, offset : str or timedelta, optional
            How long they are, and how far they are moved.
        include_boundaries : bool
            Whether the ends of windows are given too.
        closed : {'left', 'right', 'both', 'none'}
        label : {'left', 'right', 'datapoint'}
            The time that a window goes by.
        group_by : names or expressions, optional
            Columns that must be equal besides.
        start_by : {'window', 'datapoint', 'monday', ...}

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"t": [0, 1, 2], "x": [1, 2, 3]})
        >>> f.group_by_dynamic("t", every="2i").agg(tf.col("x").sum()).to_dict()
        {'t': [0, 2], 'x': [3, 3]}
        """
        by = [] if group_by is None else group_by

        def run(having, *aggs, **named):
            return self._x.group_by_dynamic(
                index_column, every, period, offset, label, include_boundaries, closed, start_by, by, *aggs, **named
            )

        return GroupBy(self, run, None)

    def rolling(self, index_column, *, period, offset=None, closed="right", group_by=None):
        """Groups of the windows of time that end at each row.

        Parameters
        ----------
        index_column : name or expression
            The times, by which rows are sorted.
        period : str or timedelta
            How long windows are.
        offset : str or timedelta, optional
            Where they start from the row: ``-period``.
        closed : {'right', 'left', 'both', 'none'}
        group_by : names or expressions, optional
            Columns that must be equal besides.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"t": [0, 1, 2], "x": [1, 2, 3]})
        >>> f.rolling("t", period="2i").agg(tf.col("x").sum()).to_dict()
        {'t': [0, 1, 2], 'x': [1, 3, 5]}
        """
        by = [] if group_by is None else group_by
        return GroupBy(self, lambda having, *a, **n: self._x.rolling(index_column, period, offset, closed, by, *a, **n), None)
