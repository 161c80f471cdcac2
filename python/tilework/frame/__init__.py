"""Tables larger than memory: lazy queries on Parquet, CSV and Arrow data, run in partitions inside the memory budget.

A :class:`Frame` is a query that has not run; SQL and a few verbs make others of it. :meth:`Frame.collect` gives a :class:`Table` in
memory, :meth:`Frame.partitions` and the Arrow C stream give a result of any size piece by piece.

>>> import tilework.frame as tf
>>> import pyarrow as pa
>>> flights = tf.from_arrow(pa.table({"origin": ["JFK", "EWR", "JFK"], "delay": [4.0, 1.0, 8.0]}))
>>> flights.group_by("origin").agg(delay="mean(delay)").collect()
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

from ._frame import Frame, GroupBy, from_arrow, from_pandas, sql
from ._scan import scan_csv, scan_parquet
from ._table import Table

__all__ = ["Frame", "GroupBy", "Table", "from_arrow", "from_pandas", "scan_csv", "scan_parquet", "sql"]
