"""Scans of files: which files a path means, and how their text is read."""

from __future__ import annotations

import os

from .. import _tilework
from .._config import parse_bytes
from ._frame import PARTITION_BYTES, Frame

_MAGIC = frozenset("*?[")


def _files(source):
    """The files of a path, a pattern or several of them, in order."""
    if not isinstance(source, (str, os.PathLike)):
        return [f for s in source for f in _files(s)]
    path = os.fspath(source)
    if "://" in path:
        raise NotImplementedError(f"{path}: tables are read from files of this machine in this version")
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder: name its files, for example '{os.path.join(path, '*')}'")
    if os.path.exists(path):
        return [path]
    found = []
    if _MAGIC.intersection(path):
        import glob

        found = sorted(f for f in glob.glob(path, recursive=True) if os.path.isfile(f))
    if not found:
        raise FileNotFoundError(f"there is no file {path}")
    return found


def scan_parquet(source, *, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of Parquet files. Only a footer is read now.

    Parameters
    ----------
    source : path, pattern, or a sequence of them
        ``"2024-*.parquet"`` means the files of such names, in the order of their names; ``**`` any folders. Files of several have the
        same columns.
    partition_bytes : int or str, optional
        The size that partitions aim at in memory: 16 MiB.

    Raises
    ------
    FileNotFoundError
        No such file.
    OSError
        A file that is broken, or no Parquet file.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> import pyarrow as pa, pyarrow.parquet as pq
    >>> for i in range(2):
    ...     pq.write_table(pa.table({"x": [i, i + 10]}), f"part-{i}.parquet")
    >>> tf.scan_parquet("part-*.parquet").collect().to_pyarrow()["x"].to_pylist()
    [0, 10, 1, 11]
    """
    return Frame(_tilework.scan_parquet(_files(source), parse_bytes(partition_bytes)))


def scan_csv(
    source,
    *,
    separator=",",
    has_header=True,
    quote_char='"',
    null_values=None,
    infer_schema_length=1000,
    dtypes=None,
    try_parse_dates=False,
    partition_bytes=PARTITION_BYTES,
) -> Frame:
    """A lazy query of CSV files.

    Types come from the first records of the first file. When the query runs, files are read through once more to find where they can
    be cut into partitions.

    Parameters
    ----------
    source : path, pattern, or a sequence of them
        As of :func:`scan_parquet`.
    separator, quote_char : str
        One ASCII character each; ``quote_char=None`` is no quoting.
    has_header : bool
        Whether the first record names the columns; else they are ``column_1`` and so on.
    null_values : str or sequence of str, optional
        Texts that mean that a value is missing, beside the empty one.
    infer_schema_length : int or None
        How many records tell the types; None is all of them.
    dtypes : dict, optional
        Types of columns by name: what NumPy takes as a dtype, ``"str"``, ``"date"``, ``"datetime64[us]"``.
    try_parse_dates : bool
        Whether text like ``2024-02-29`` makes a column of dates.
    partition_bytes : int or str, optional
        The size that partitions aim at in memory: 16 MiB.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        Files whose headers differ.
    OSError
        A file that is no such text. Values that don't fit their column's type are told when the query runs, with their line.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> with open("flights.csv", "w") as f:
    ...     _ = f.write("origin;delay\\nJFK;4\\nEWR;n/a\\n")
    >>> flights = tf.scan_csv("flights.csv", separator=";", null_values="n/a")
    >>> flights
    Frame(origin: str, delay: int64)
    >>> flights.collect().to_pyarrow()["delay"].to_pylist()
    [4, None]
    """
    files = _files(source)
    if has_header and len(files) > 1:
        _check_headers(files)
    if isinstance(null_values, str):
        null_values = [null_values]
    format = {
        "separator": _byte(separator, "separator"),
        "has_header": has_header,
        "quote": None if quote_char is None else _byte(quote_char, "quote_char"),
        "null_values": None if null_values is None else list(null_values),
        "infer_rows": infer_schema_length,
        "dates": try_parse_dates,
        "types": [(name, _type_name(t)) for name, t in (dtypes or {}).items()],
    }
    return Frame(_tilework.scan_csv(files, parse_bytes(partition_bytes), format))


def _byte(c, name):
    if len(c) != 1 or not c.isascii():
        raise ValueError(f"{name} is one ASCII character, not {c!r}")
    return ord(c)


def _type_name(t):
    """The engine's name of a column type."""
    if t is str or t in ("str", "date", "time"):
        return t if isinstance(t, str) else "str"
    import numpy as np

    return np.dtype(t).name


def _header(path):
    with open(path, "rb") as f:
        for line in f:
            if line.strip():
                return line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    return b""


def _check_headers(files):
    """Columns go by their place, so that another order would mix them up."""
    first = _header(files[0])
    for f in files[1:]:
        if _header(f) != first:
            raise ValueError(f"{f} has other columns, or in another order, than {files[0]}: scan them apart")
