"""Scans of files: which files a path means, and how their text is read."""

from __future__ import annotations

import os

from .. import _tilework
from .._config import parse_bytes
from ._create import PARTITION_BYTES
from ._frame import Frame

_MAGIC = frozenset("*?[")


def _path(source):
    """A path or a URL; ``file://`` is no part of it."""
    path = os.fspath(source)
    if path.startswith("file://"):
        from urllib.parse import unquote

        return unquote(path.removeprefix("file://").removeprefix("localhost"))
    return path


def _found(source, ending, hive):
    """The files that a source means, or the source itself if the folders in it say values of columns; and whether they do."""
    if not isinstance(source, (str, os.PathLike)):
        if hive:
            raise ValueError("folders of keys are read from one folder, or by one pattern")
        return _files(source, ending), False
    path = _path(source)
    files = _behind_url(path, ending) if "://" in path and not hive else None
    if hive is None:
        hive = _is_hive(path, files)
    return ([path] if hive else _files(path, ending) if files is None else files), hive


def _files(source, ending):
    """The files of a path, a pattern or several of them, in order; of a folder, all files in it with this ending."""
    if not isinstance(source, (str, os.PathLike)):
        return [f for s in source for f in _files(s, ending)]
    path = _path(source)
    if "://" in path:
        return _behind_url(path, ending)
    if os.path.isdir(path):
        return _folder(path, ending)
    if os.path.exists(path):
        return [path]
    found = []
    if _MAGIC.intersection(path):
        import glob

        found = sorted(f for f in glob.glob(path, recursive=True) if os.path.isfile(f))
    if not found:
        raise FileNotFoundError(f"there is no file {path}")
    return found


def _folder(path, ending):
    """The files in a folder and in its folders, but for hidden ones."""
    found = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        found += [os.path.join(folder, f) for f in sorted(files) if f.endswith(ending) and not f.startswith((".", "_"))]
    if not found:
        raise FileNotFoundError(f"there is no file *{ending[0] if isinstance(ending, tuple) else ending} in the folder {path}")
    return found


def _behind_url(url, ending):
    """The files of a URL; of a folder, those with this ending."""
    found = _tilework.url_files(url)
    return [f for f in found if f.endswith(ending)] if len(found) > 1 and not _MAGIC.intersection(url) else found


def _is_hive(path, files):
    """Whether a folder has folders like ``year=2024``; of a URL, whether its files lie in such."""
    if files is not None:
        return not _MAGIC.intersection(path) and any("=" in file[len(path) :].rpartition("/")[0] for file in files)
    return os.path.isdir(path) and any("=" in entry.name for entry in os.scandir(path) if entry.is_dir())


def scan_parquet(source, *, hive_partitioning=None, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of Parquet files. Only a footer is read now.

    Parameters
    ----------
    source : path, pattern, or a sequence of them
        ``"2024-*.parquet"`` means the files of such names, in the order of their names; ``**`` any folders. A folder means all its
        Parquet files. Files of several have the same columns. A path may be a URL (``s3://bucket/data/*.parquet``,
        ``https://host/file.parquet``), with credentials from the environment; what is behind HTTP cannot be listed.
    hive_partitioning : bool, optional
        Whether folders like ``year=2024`` say values of columns: where the source is a folder of such.
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
    >>> tf.scan_parquet("part-*.parquet").to_dict()
    {'x': [0, 10, 1, 11]}
    """
    files, hive = _found(source, ".parquet", hive_partitioning)
    return Frame(_tilework.scan_parquet(files, parse_bytes(partition_bytes), hive))


def scan_ipc(source, *, hive_partitioning=None, partition_bytes=PARTITION_BYTES) -> Frame:
    """A lazy query of Arrow IPC files (Feather).

    Parameters
    ----------
    source, hive_partitioning, partition_bytes
        As of :func:`scan_parquet`.

    Raises
    ------
    FileNotFoundError
        No such file.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> tf.from_dict({"x": [1, 2]}).sink_ipc("x.arrow")
    >>> tf.scan_ipc("x.arrow").to_dict()
    {'x': [1, 2]}
    """
    files, hive = _found(source, (".arrow", ".ipc", ".feather"), hive_partitioning)
    return Frame(_tilework.scan_ipc(files, parse_bytes(partition_bytes), hive))


def scan_ndjson(
    source, *, schema=None, schema_overrides=None, infer_schema_length=100, ignore_errors=False, hive_partitioning=None,
    partition_bytes=PARTITION_BYTES,
) -> Frame:
    """A lazy query of files with a JSON object in each line.

    Parameters
    ----------
    source, hive_partitioning, partition_bytes
        As of :func:`scan_parquet`.
    schema : dict, optional
        Types of all columns by name.
    schema_overrides : dict, optional
        Types of some columns by name.
    infer_schema_length : int or None
        How many lines tell the types; None is all of them.
    ignore_errors : bool
        Whether values that do not fit are null, not an error.

    Raises
    ------
    FileNotFoundError
        No such file.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> tf.from_dict({"x": [1, 2]}).sink_ndjson("x.jsonl")
    >>> tf.scan_ndjson("x.jsonl").to_dict()
    {'x': [1, 2]}
    """
    files, hive = _found(source, (".jsonl", ".ndjson", ".json"), hive_partitioning)
    types = (list((schema or {}).items()), list((schema_overrides or {}).items()))
    return Frame(_tilework.scan_ndjson(files, parse_bytes(partition_bytes), infer_schema_length, types, ignore_errors, hive))


def scan_csv(
    source,
    *,
    separator=",",
    has_header=True,
    comment_prefix=None,
    quote_char='"',
    skip_rows=0,
    schema=None,
    schema_overrides=None,
    dtypes=None,
    null_values=None,
    ignore_errors=False,
    infer_schema_length=1000,
    n_rows=None,
    try_parse_dates=False,
    hive_partitioning=None,
    partition_bytes=PARTITION_BYTES,
) -> Frame:
    """A lazy query of CSV files.

    Types come from the first records of the first file. When the query runs, files are read through once more to find where they can
    be cut into partitions.

    Parameters
    ----------
    source : path, pattern, or a sequence of them
        As of :func:`scan_parquet`, as is ``hive_partitioning``.
    separator, quote_char : str
        One ASCII character each; ``quote_char=None`` is no quoting.
    has_header : bool
        Whether the first record names the columns; else they are ``column_1`` and so on.
    comment_prefix : str, optional
        Lines that start with it are left out.
    skip_rows : int
        How many lines come before the header.
    schema : dict, optional
        Types of all columns by name, in order.
    schema_overrides, dtypes : dict, optional
        Types of some columns by name: ``tf.Date`` and its like, names of NumPy's.
    null_values : str or sequence of str, optional
        Texts that mean that a value is missing, beside the empty one.
    ignore_errors : bool
        Whether values that do not fit are null, not an error.
    infer_schema_length : int or None
        How many records tell the types; None is all of them.
    n_rows : int, optional
        How many records are read.
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
    Frame(origin: String, delay: Int64)
    >>> flights.to_dict()["delay"]
    [4, None]
    """
    files, hive = _found(source, (".csv", ".tsv", ".txt"), hive_partitioning)
    if has_header and len(files) > 1 and not skip_rows and not comment_prefix and "://" not in files[0]:
        _check_headers(files)
    if isinstance(null_values, str):
        null_values = [null_values]
    format = {
        "separator": _byte(separator, "separator"),
        "has_header": has_header,
        "quote": None if quote_char is None else _byte(quote_char, "quote_char"),
        "comment": comment_prefix,
        "null_values": None if null_values is None else list(null_values),
        "infer_rows": infer_schema_length,
        "skip_rows": skip_rows,
        "n_rows": n_rows,
        "dates": try_parse_dates,
        "ignore_errors": ignore_errors,
        "schema": list((schema or {}).items()),
        "types": list(({} | (dtypes or {}) | (schema_overrides or {})).items()),
    }
    return Frame(_tilework.scan_csv(files, parse_bytes(partition_bytes), format, hive))


def _byte(c, name):
    if len(c) != 1 or not c.isascii():
        raise ValueError(f"{name} is one ASCII character, not {c!r}")
    return ord(c)


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
