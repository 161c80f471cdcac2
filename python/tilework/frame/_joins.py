"""Steps of a query that bring tables together."""

from __future__ import annotations


def _list(columns):
    if columns is None:
        return []
    return list(columns) if isinstance(columns, (list, tuple)) else [columns]


class Joins:
    """The part of :class:`Frame` that joins tables."""

    __slots__ = ()

    def join(
        self,
        other,
        on=None,
        how="inner",
        *,
        left_on=None,
        right_on=None,
        suffix="_right",
        validate="m:m",
        nulls_equal=False,
        coalesce=None,
        maintain_order=None,
        allow_parallel=True,
        force_parallel=False,
    ):
        """The rows of both tables that belong together: whose keys are equal.

        Parameters
        ----------
        other : Frame, or what :func:`from_arrow` takes
        on : names or expressions
            Keys that both tables have.
        how : {'inner', 'left', 'right', 'full', 'semi', 'anti', 'cross'}
            Which rows without a partner stay; only those with one, or without; all pairs.
        left_on, right_on : names or expressions
            Keys of each table, in place of ``on``.
        suffix : str
            Of columns of ``other`` whose names this table has too.
        validate : {'m:m', 'm:1', '1:m', '1:1'}
            Which side must have every key once.
        nulls_equal : bool
            Whether null equals null.
        coalesce : bool, optional
            Whether the keys of both are one column: not in full joins.
        maintain_order : {'none', 'left', 'right', 'left_right', 'right_left'}, optional
            The order of rows, beyond the order that joins have here.

        Raises
        ------
        ColumnNotFoundError
            A key that is not there.
        ValueError
            Keys of types that cannot be compared, numbers of keys that differ.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> flights = tf.from_dict({"plane": ["N1", "N2", "N1"], "delay": [4, 1, 8]})
        >>> planes = tf.from_dict({"plane": ["N1", "N3"], "seats": [182, 55]})
        >>> flights.join(planes, on="plane", how="left").to_dict()
        {'plane': ['N1', 'N2', 'N1'], 'delay': [4, 1, 8], 'seats': [182, None, 182]}
        """
        if how != "cross" and on is None and (left_on is None or right_on is None):
            raise ValueError("name the keys: 'on', or both 'left_on' and 'right_on'")
        if on is not None and (left_on is not None or right_on is not None):
            raise ValueError("give 'on', or both 'left_on' and 'right_on', not all of them")
        if how == "cross" and (on is not None or left_on is not None or right_on is not None):
            raise ValueError("a cross join has no keys")
        left, right = (_list(on), _list(on)) if on is not None else (_list(left_on), _list(right_on))
        if len(left) != len(right):
            raise ValueError(f"there are {len(left)} keys on the left and {len(right)} on the right")
        other = self._as_frame(other)
        order = maintain_order or "none"
        return self._of(self._x.join(other._x, left, right, how, suffix, validate, nulls_equal, coalesce, order))

    def join_asof(
        self,
        other,
        *,
        left_on=None,
        right_on=None,
        on=None,
        by_left=None,
        by_right=None,
        by=None,
        strategy="backward",
        suffix="_right",
        tolerance=None,
        coalesce=True,
        allow_exact_matches=True,
        check_sortedness=True,
        allow_parallel=True,
        force_parallel=False,
    ):
        """For each row the row of the other table that is nearest in time, or in another sorted key.

        Parameters
        ----------
        other : Frame, or what :func:`from_arrow` takes
        on, left_on, right_on : name or expression
            The key, by which both tables are sorted.
        by, by_left, by_right : names
            Columns that must be equal besides.
        strategy : {'backward', 'forward', 'nearest'}
            Which row is taken: the last before, the first after, the nearest.
        tolerance : number, str or timedelta, optional
            How far it may be.
        allow_exact_matches : bool

        Examples
        --------
        >>> import tilework.frame as tf
        >>> trades = tf.from_dict({"t": [2, 5], "n": [10, 20]})
        >>> prices = tf.from_dict({"t": [1, 4, 6], "price": [1.0, 1.5, 2.0]})
        >>> trades.join_asof(prices, on="t").to_dict()
        {'t': [2, 5], 'n': [10, 20], 'price': [1.0, 1.5]}
        """
        left, right = (on, on) if on is not None else (left_on, right_on)
        if left is None or right is None:
            raise ValueError("name the key: 'on', or both 'left_on' and 'right_on'")
        by_left, by_right = (by, by) if by is not None else (by_left, by_right)
        if (by_left is None) != (by_right is None):
            raise ValueError("give both 'by_left' and 'by_right'")
        names = (None, None) if by_left is None else (_list(by_left), _list(by_right))
        other = self._as_frame(other)
        step = self._x.join_asof(
            other._x, [left], [right], *names, strategy, suffix, tolerance, coalesce, allow_exact_matches, check_sortedness
        )
        return self._of(step)

    def join_where(self, other, *predicates, suffix="_right"):
        """The pairs of rows of both tables for which conditions hold.

        Parameters
        ----------
        other : Frame, or what :func:`from_arrow` takes
        *predicates : expressions
            Comparisons of columns; those of ``other`` that this table has too go by their names with the suffix.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"a": [1, 5]})
        >>> f.join_where(tf.from_dict({"b": [3]}), tf.col("a") < tf.col("b")).to_dict()
        {'a': [1], 'b': [3]}
        """
        return self._of(self._x.join_where(self._as_frame(other)._x, predicates, suffix))
