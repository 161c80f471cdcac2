"""Tables larger than memory: lazy queries on Parquet, CSV, JSON and Arrow data, run in partitions inside the memory budget.

A :class:`Frame` is a query that has not run; its methods and expressions are Polars', under the same names, and SQL does as well.
:meth:`Frame.collect` gives a :class:`Table` in memory, :meth:`Frame.partitions` and the Arrow C stream give a result of any size piece by
piece.

>>> import tilework.frame as tf
>>> flights = tf.from_dict({"origin": ["JFK", "EWR", "JFK"], "delay": [4.0, 1.0, 8.0]})
>>> flights.group_by("origin").agg(tf.col("delay").mean()).collect()
shape: (2, 2)
┌────────┬───────┐
│ origin ┆ delay │
│ ---    ┆ ---   │
│ str    ┆ f64   │
╞════════╪═══════╡
│ JFK    ┆ 6.0   │
│ EWR    ┆ 1.0   │
└────────┴───────┘
"""

from .._tilework import expressions as _expressions
from . import exceptions, selectors
from ._create import concat, from_arrow, from_dict, from_dicts, from_pandas, from_polars, sql
from ._dtypes import (
    Array,
    Binary,
    Boolean,
    Categorical,
    DataType,
    Date,
    Datetime,
    Decimal,
    Duration,
    Enum,
    Field,
    Float16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Int128,
    List,
    Null,
    String,
    Struct,
    Time,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    UInt128,
    Unknown,
    Utf8,
)
from ._frame import Frame
from ._groups import GroupBy
from ._scan import scan_csv, scan_ipc, scan_ndjson, scan_parquet
from ._table import Table

# Expressions and what they start from: names as Polars has them, several of which are those of built-in functions.
globals().update({_name: getattr(_expressions, _name) for _name in dir(_expressions) if not _name.startswith("_")})
__all__ = [name for name in dir() if not name.startswith("_")]
