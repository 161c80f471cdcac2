"""Queries that say something of a whole table."""

from __future__ import annotations

from .._tilework import expressions
from . import _dtypes as dt


def _of_all(name, doc, call=None):
    def method(self, *args, **kwargs):
        every = expressions.col("*")
        return self.select(getattr(every, call or name)(*args, **kwargs))

    method.__name__ = name
    method.__qualname__ = f"Frame.{name}"
    method.__doc__ = doc
    return method


class Summaries:
    """The part of :class:`Frame` that sums tables up."""

    __slots__ = ()

    count = _of_all("count", "How many values of each column are not null.")
    null_count = _of_all("null_count", "How many values of each column are null.")
    sum = _of_all("sum", "The sums of all columns.")
    mean = _of_all("mean", "The means of all columns.")
    median = _of_all("median", "The medians of all columns.")
    min = _of_all("min", "The least values of all columns.")
    max = _of_all("max", "The greatest values of all columns.")
    std = _of_all("std", "The standard deviations of all columns, with ``n - ddof`` as divisor.")
    var = _of_all("var", "The variances of all columns, with ``n - ddof`` as divisor.")
    quantile = _of_all("quantile", "A quantile of all columns.")

    def value_counts(self, *columns, sort=False, name="count", normalize=False):
        """Different rows of some columns, and how often each is there.

        Parameters
        ----------
        *columns : names or expressions
        sort : bool
            Whether the most frequent come first.
        name : str
            Of the counts.
        normalize : bool
            Whether shares are given, not counts.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"k": ["b", "a", "a"]}).value_counts("k", sort=True).to_dict()
        {'k': ['a', 'b'], 'count': [2, 1]}
        """
        counts = self.group_by(*(columns or self.columns)).agg(expressions.len().alias(name))
        if normalize:
            n = expressions.col(name)
            counts = counts.with_columns((n / n.sum()).alias(name))
        return counts.sort(name, descending=True) if sort else counts

    def sample(self, n=None, *, fraction=None, seed=0):
        """Rows at random, in their order: the same ones for the same seed, for any number of partitions.

        Parameters
        ----------
        n : int, optional
            How many.
        fraction : float, optional
            Or the chance of each row.
        seed : int

        Examples
        --------
        >>> import tilework.frame as tf
        >>> f = tf.from_dict({"a": list(range(100))})
        >>> len(f.sample(3, seed=1).collect())
        3
        """
        if (n is None) == (fraction is None):
            raise ValueError("give n or a fraction")
        row = "row"
        while row in self.columns:
            row += "_"
        numbered = self.with_row_index(row)
        draw = expressions.col(row).hash(seed, seed + 1, seed + 2, seed + 3)
        if fraction is not None:
            if not 0 <= fraction <= 1:
                raise ValueError(f"a fraction is from 0 to 1, not {fraction}")
            return numbered.filter((draw % 2**32).cast(dt.Float64) < fraction * 2.0**32).drop(row)
        return numbered.sort(draw).limit(n).sort(row).drop(row)

    def describe(self, percentiles=(0.25, 0.5, 0.75)):
        """Runs queries: counts, means, deviations, least and greatest values and quantiles of all columns, as a :class:`Table`.

        Parameters
        ----------
        percentiles : sequence of float
            Which quantiles of numbers.

        Examples
        --------
        >>> import tilework.frame as tf
        >>> tf.from_dict({"a": [1, 2, 3]}).describe(percentiles=[0.5]).to_dict()
        {'statistic': ['count', 'null_count', 'mean', 'std', 'min', '50%', 'max'], 'a': [3.0, 0.0, 2.0, 1.0, 1.0, 2.0, 3.0]}
        """
        from ._create import from_dict

        marks = [f"{p * 100:g}%" for p in percentiles]
        names = ["count", "null_count", "mean", "std", "min", *marks, "max"]
        schema = self.schema
        exprs = [e.alias(f"{s} {c}") for c, t in schema.items() for s, e in _statistics(c, t, percentiles, marks).items()]
        row = {n: values[0] for n, values in self.select(exprs).to_dict().items()}
        columns = {"statistic": names}
        for c, t in schema.items():
            values = [row.get(f"{s} {c}") for s in names]
            numbers = t.is_numeric() or t == dt.Boolean
            columns[c] = [v if v is None else (float(v) if numbers else str(v)) for v in values]
        return from_dict(columns, schema={c: None if c == "statistic" or not schema[c].is_numeric() else dt.Float64 for c in columns}).collect()


def _statistics(column, dtype, percentiles, marks):
    """Expressions of a column's summary."""
    e = expressions.col([column])
    out = {"count": e.count(), "null_count": e.null_count()}
    if dtype.is_nested() or dtype == dt.Null:
        return out
    if dtype.is_numeric() or dtype == dt.Boolean:
        out |= {"mean": e.mean(), "min": e.min(), "max": e.max()}
        if dtype != dt.Boolean:
            out |= {"std": e.std()} | {m: e.quantile(p) for m, p in zip(marks, percentiles)}
    elif dtype.is_temporal() or dtype == dt.String:
        out |= {"min": e.min(), "max": e.max()}
    return out
