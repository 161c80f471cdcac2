"""Steps of a query that make rows of columns, and columns of rows."""

from __future__ import annotations

from .._tilework import expressions


def _all(columns, more):
    return [*(columns if isinstance(columns, (list, tuple)) else [columns]), *more]


class Shapes:
    """The part of :class:`Frame` that changes what is a row and what is a column."""

    __slots__ = ()

    def explode(self, columns, *more_columns, empty_as_null=False, keep_nulls=True):
        """A row for each value of lists.

        Parameters
        ----------
        columns, *more_columns : names or selectors
            Lists of the same lengths.
        empty_as_null, keep_nulls : bool
            Whether an empty list, a null, gives a row with a null.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"k": ["x", "y"], "a": [[1, 2], [3]]}).explode("a").to_dict()
        {'k': ['x', 'x', 'y'], 'a': [1, 2, 3]}
        """
        return self._of(self._x.explode(_all(columns, more_columns), empty_as_null, keep_nulls))

    def unnest(self, columns, *more_columns, separator=None):
        """A column for each field of structs.

        Parameters
        ----------
        columns, *more_columns : names or selectors
        separator : str, optional
            Between the old name and that of the field; without it the field's name alone.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"s": [{"x": 1, "y": 2}]}).unnest("s").to_dict()
        {'x': [1], 'y': [2]}
        """
        return self._of(self._x.unnest(_all(columns, more_columns), separator))

    def unpivot(self, on=None, *, index=None, variable_name=None, value_name=None):
        """A row for each value of some columns.

        Parameters
        ----------
        on : names or selectors, optional
            The columns whose values become rows: all but those of the index.
        index : names or selectors, optional
            The columns that stay.
        variable_name, value_name : str, optional
            Of the new columns: ``"variable"`` and ``"value"``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"k": ["x"], "a": [1], "b": [2]}).unpivot(index="k").to_dict()
        {'k': ['x', 'x'], 'variable': ['a', 'b'], 'value': [1, 2]}
        """
        return self._of(self._x.unpivot(on, index, variable_name, value_name))

    def pivot(
        self,
        on,
        on_columns=None,
        *,
        index=None,
        values=None,
        aggregate_function=None,
        maintain_order=True,
        separator="_",
        column_naming="auto",
    ):
        """A column for each value of one.

        Parameters
        ----------
        on : names or selectors
            The columns whose values become columns.
        on_columns : sequence or table, optional
            Those values. Without them the query of their distinct values is run now.
        index : names or selectors, optional
            Rows are those that differ in these columns: all but those of ``on`` and ``values``.
        values : names or selectors, optional
            The columns whose values are spread.
        aggregate_function : {'first', 'last', 'sum', 'mean', 'median', 'min', 'max', 'len', 'item'} or expression of :func:`element`
            What becomes of several values; by default they are an error.
        separator : str
            Between the names of several columns of values and those of the new columns.
        column_naming : {'auto', 'combine'}

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"k": ["x", "x", "y"], "on": ["a", "b", "a"], "v": [1, 2, 3]})
        >>> f.pivot("on", index="k", values="v", aggregate_function="sum").to_dict()
        {'k': ['x', 'y'], 'a': [1, 3], 'b': [2, 0]}
        """
        from ._create import from_dict
        from ._table import Table

        on = self.select(on if isinstance(on, (list, tuple)) else [on]).columns
        if on_columns is None:
            on_columns = self.select(on).unique().collect()
        elif not isinstance(on_columns, Table):
            listed = not hasattr(on_columns, "__arrow_c_stream__") or hasattr(on_columns, "to_frame")
            from ._create import from_arrow

            on_columns = (from_dict({on[0]: list(on_columns)}) if listed else from_arrow(on_columns)).collect()
            on_columns = Table(on_columns._x.conform([(c, self.schema[c]) for c in on]))
        if index is None and values is None:
            raise ValueError("name the columns of the index, or those of values")
        index = None if index is None else self.select(_all(index, ())).columns
        values = None if values is None else self.select(_all(values, ())).columns
        rest = [c for c in self.columns if c not in on]
        index = [c for c in rest if c not in values] if index is None else index
        values = [c for c in rest if c not in index] if values is None else values
        agg = _aggregate(aggregate_function)
        return self._of(self._x.pivot(on, on_columns._x, index, values, agg, separator, column_naming))


def _aggregate(function):
    """What becomes of several values of a place, as an expression."""
    element = expressions.element()
    if function is None:
        return element.item(allow_empty=True)
    if not isinstance(function, str):
        return function
    if function not in ("first", "last", "sum", "mean", "median", "min", "max", "len", "count", "item"):
        raise ValueError(f"{function!r} is no function of a pivot: give an expression of element()")
    return element.item(allow_empty=True) if function == "item" else getattr(element, "len" if function == "count" else function)()
