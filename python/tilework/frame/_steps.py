"""Steps of a query over the rows and columns of one table."""

from __future__ import annotations

from . import _text


def _flags(flag):
    return flag if isinstance(flag, bool) else list(flag)


def _count(n, name):
    """A number of rows."""
    if n < 0:
        raise ValueError(f"{name} is at least 0, not {n}")
    return n


def _several(first, more):
    """Columns of an argument that may be a sequence, and of further ones."""
    return [*(first if isinstance(first, (list, tuple)) else [first]), *more]


class Steps:
    """The part of :class:`Frame` that has rows and columns of one table."""

    __slots__ = ()

    def select(self, *exprs, **named_exprs):
        """These columns. Expressions that aggregate make one row.

        Parameters
        ----------
        *exprs : expressions, names of columns, or sequences of them
            Text that is more than a name is read as SQL: ``"a + b"``.
        **named_exprs
            Columns under new names.

        Raises
        ------
        ColumnNotFoundError
            A column that is not there.
        TypeError
            What is no expression.
        ValueError
            Types that do not fit, names that are there twice.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"a": [1, 2], "b": [3, 4]})
        >>> f.select("b", total=tf.col("a") + tf.col("b")).to_dict()
        {'b': [3, 4], 'total': [4, 6]}
        >>> f.select(tf.all().max()).to_dict()
        {'a': [2], 'b': [4]}
        """
        return self._of(self._x.select(*_text.each(exprs, self._names), **_text.named(named_exprs, self._names)))

    def with_columns(self, *exprs, **named_exprs):
        """All columns, and further ones; one of the same name takes the place of the old one.

        Parameters
        ----------
        *exprs, **named_exprs
            As of :meth:`select`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).with_columns(tf.col("a") * 10, b=tf.col("a") > 1).to_dict()
        {'a': [10, 20], 'b': [False, True]}
        """
        return self._of(self._x.with_columns(*_text.each(exprs, self._names), **_text.named(named_exprs, self._names)))

    select_seq = select
    with_columns_seq = with_columns

    def filter(self, *predicates, **constraints):
        """Rows for which all conditions are true.

        Parameters
        ----------
        *predicates : expressions
        **constraints
            What columns equal: ``k="x"``.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"a": [1, 2, None], "k": ["x", "y", "y"]})
        >>> f.filter(tf.col("a") > 1).to_dict()
        {'a': [2], 'k': ['y']}
        >>> f.filter(k="x").to_dict()
        {'a': [1], 'k': ['x']}
        """
        return self._of(self._x.filter(*_text.each(predicates, self._names), **constraints))

    def remove(self, *predicates, **constraints):
        """Rows for which the conditions are not true.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2, None]}).remove(tf.col("a") > 1).to_dict()
        {'a': [1, None]}
        """
        return self._of(self._x.remove(*_text.each(predicates, self._names), **constraints))

    def sort(self, by, *more_by, descending=False, nulls_last=False, maintain_order=True, multithreaded=True):
        """Rows in the order of columns; equal rows always stay in theirs.

        Parameters
        ----------
        by, *more_by : names or expressions
            The first counts most.
        descending, nulls_last : bool, or one for each column

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"a": [1, 2, 1], "b": [1, 2, 3]})
        >>> f.sort("a", "b", descending=[False, True]).to_dict()
        {'a': [1, 1, 2], 'b': [3, 1, 2]}
        """
        by = list(_text.each(_several(by, more_by), self._names))
        return self._of(self._x.sort(by, _flags(descending), _flags(nulls_last)))

    def top_k(self, k, *, by, reverse=False):
        """The ``k`` rows with the greatest values of columns.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 3, 2]}).top_k(2, by="a").to_dict()
        {'a': [3, 2]}
        """
        return self._of(self._x.top_k(_count(k, "k"), by, _flags(reverse)))

    def bottom_k(self, k, *, by, reverse=False):
        """The ``k`` rows with the least values of columns.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 3, 2]}).bottom_k(2, by="a").to_dict()
        {'a': [1, 2]}
        """
        return self._of(self._x.bottom_k(_count(k, "k"), by, _flags(reverse)))

    def unique(self, subset=None, *, keep="any", maintain_order=True):
        """Distinct rows, in order.

        Parameters
        ----------
        subset : names or selectors, optional
            The columns that are compared; all of them.
        keep : {'any', 'first', 'last', 'none'}
            Which of equal rows stays. ``'any'`` is the first.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [2, 1, 2], "b": [1, 2, 3]}).unique("a", keep="last").to_dict()
        {'a': [1, 2], 'b': [2, 3]}
        """
        subset = None if subset is None else _several(subset, ())
        return self._of(self._x.unique(subset, "first" if keep == "any" else keep))

    def slice(self, offset, length=None):
        """``length`` rows from row ``offset`` on, which is counted from the end if it is negative.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).slice(1, 1).to_dict()
        {'a': [6]}
        """
        return self._of(self._x.slice(offset, _MOST if length is None else _count(length, "length")))

    def head(self, n=5):
        """The first ``n`` rows.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).head(2).to_dict()
        {'a': [5, 6]}
        """
        return self.limit(n)

    def limit(self, n=5):
        """The first ``n`` rows: another name of :meth:`head`.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).limit(2).to_dict()
        {'a': [5, 6]}
        """
        return self._of(self._x.limit(_count(n, "n")))

    def tail(self, n=5):
        """The last ``n`` rows.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).tail(2).to_dict()
        {'a': [6, 7]}
        """
        return self._of(self._x.tail(_count(n, "n")))

    def clear(self):
        """The columns without rows.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).clear().to_dict()
        {'a': []}
        """
        return self.limit(0)

    def first(self):
        """The first row."""
        return self.slice(0, 1)

    def last(self):
        """The last row."""
        return self.tail(1)

    def reverse(self):
        """Rows from last to first.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).reverse().to_dict()
        {'a': [7, 6, 5]}
        """
        return self._of(self._x.reverse())

    def gather_every(self, n, offset=0):
        """Every ``n``-th row.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6, 7]}).gather_every(2).to_dict()
        {'a': [5, 7]}
        """
        from .._tilework import expressions

        return self.select(expressions.col("*").gather_every(n, offset))

    def drop(self, *columns, strict=True):
        """All columns but these.

        Parameters
        ----------
        *columns : names, selectors, or sequences of them
        strict : bool
            Whether a column that is not there is an error.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1], "b": [2]}).drop("a").to_dict()
        {'b': [2]}
        """
        columns = [c for arg in columns for c in _several(arg, ())]
        return self._of(self._x.drop(columns, strict)) if columns else self

    def drop_nulls(self, subset=None):
        """Rows without nulls, in some columns or in any.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, None], "b": [None, 2]}).drop_nulls("a").to_dict()
        {'a': [1], 'b': [None]}
        """
        return self._of(self._x.drop_nulls(subset))

    def drop_nans(self, subset=None):
        """Rows without NaN, in some columns or in any of floating-point numbers.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1.0, float("nan")]}).drop_nans().to_dict()
        {'a': [1.0]}
        """
        return self._of(self._x.drop_nans(subset))

    def fill_null(self, value=None, strategy=None, limit=None, *, matches_supertype=True):
        """Another value in place of nulls.

        Parameters
        ----------
        value : expression or value, optional
        strategy : {'forward', 'backward', 'min', 'max', 'mean', 'zero', 'one'}, optional
            Or where the other value comes from.
        limit : int, optional
            How many nulls in a row are filled forward or backward.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, None]}).fill_null(0).to_dict()
        {'a': [1, 0]}
        """
        return self._of(self._x.fill_null(value, strategy, limit))

    def fill_nan(self, value):
        """Another value in place of NaN.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1.0, float("nan")]}).fill_nan(0.0).to_dict()
        {'a': [1.0, 0.0]}
        """
        return self._of(self._x.fill_nan(value))

    def interpolate(self):
        """Nulls between values, filled in along a line.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1.0, None, 3.0]}).interpolate().to_dict()
        {'a': [1.0, 2.0, 3.0]}
        """
        from .._tilework import expressions

        return self.select(expressions.col("*").interpolate())

    def shift(self, n=1, *, fill_value=None):
        """Rows ``n`` places further down.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2]}).shift().to_dict()
        {'a': [None, 1]}
        """
        return self._of(self._x.shift(n, fill_value))

    def rename(self, mapping, *, strict=True):
        """Columns under other names.

        Parameters
        ----------
        mapping : dict from old to new names, or a function of names
        strict : bool
            Whether a column that is not there is an error.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1], "b": [2]}).rename({"a": "c"}).columns
        ['c', 'b']
        >>> tf.from_dict({"a": [1], "b": [2]}).rename(str.upper).columns
        ['A', 'B']
        """
        if callable(mapping):
            mapping = {c: mapping(c) for c in self.columns}
        return self._of(self._x.rename(list(mapping), list(mapping.values()), strict))

    def cast(self, dtypes, *, strict=True):
        """Columns as other types.

        Parameters
        ----------
        dtypes : type, or a dict of types by name, selector or type
        strict : bool
            Whether a value that does not fit is an error, else null.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1], "b": [2]}).cast({"a": tf.Float64}).schema
        {'a': Float64, 'b': Int64}
        """
        if not isinstance(dtypes, dict):
            dtypes = {tuple(self.columns): dtypes}
        return self._of(self._x.cast([(list(c) if isinstance(c, tuple) else c, t) for c, t in dtypes.items()], strict))

    def with_row_index(self, name="index", offset=0):
        """The number of each row in a first column.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6]}).with_row_index().to_dict()
        {'index': [0, 1], 'a': [5, 6]}
        """
        if offset < 0:
            raise ValueError(f"rows are numbered from 0 at least, not {offset}")
        return self._of(self._x.with_row_index(name, offset))

    def pipe(self, function, *args, **kwargs):
        """``function(self, *args, **kwargs)``, so that chains read from left to right.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [5, 6]}).pipe(lambda f, n: f.head(n), 1).to_dict()
        {'a': [5]}
        """
        return function(self, *args, **kwargs)


_MOST = 2**32 - 1
