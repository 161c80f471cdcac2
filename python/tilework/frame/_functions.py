"""Functions of the user's as the engine calls them: with a table of one column, for another such."""

from __future__ import annotations

from .. import _tilework
from ._table import Table


def of_batches(function, returns_scalar):
    """A function of a ``polars.Series``."""

    def call(handle):
        values = Table(handle).to_polars().to_series()
        made = function(values)
        return _tilework.table_of_columns({"": [made] if returns_scalar and not hasattr(made, "__len__") else made}, [])

    return call


def of_elements(function, skip_nulls):
    """A function of a value."""

    def call(handle):
        values = Table(handle).to_dict().popitem()[1]
        return _tilework.table_of_columns({"": [None if v is None and skip_nulls else function(v) for v in values]}, [])

    return call
