"""How users say how an array is cut, as dask's users do."""

from __future__ import annotations

import math

import numpy as np

from .. import _config


def cut(chunks, shape, dtype=None, previous=None, limit=None, whole=True):
    """What the engine takes for ``chunks`` of an array of ``shape``: bytes to aim at, sizes, or all sizes.

    ``chunks`` is ``"auto"``, a number of bytes as text (``"10MiB"``), a size for all axes, -1 or None (the whole axis), a tuple or a dict with
    one of these, or all sizes, for each axis. ``previous`` are the chunks that axes not named keep, and that automatic ones are made of if these
    shall be ``whole``; ``limit`` the bytes of automatic ones.

    Raises
    ------
    ValueError
        When the chunks do not fit the shape.
    TypeError
        When ``chunks`` is none of these.
    """
    if chunks is None or (isinstance(chunks, str) and chunks == "auto"):
        return _config.get("chunk_bytes")
    if isinstance(chunks, str):
        return _config.parse_bytes(chunks)
    if isinstance(chunks, np.ndarray):
        chunks = chunks.tolist()
    ndim = len(shape)
    if isinstance(chunks, dict):
        given = chunks
        for axis in given:
            if not -ndim <= axis < ndim:
                raise ValueError(f"chunks are given for axis {axis} of an array of {ndim} dimensions")
        given = {axis % ndim: c for axis, c in given.items()}
        rest = (previous[a] if previous is not None else "auto" for a in range(ndim))
        chunks = tuple(given.get(a, r) for a, r in enumerate(rest))
        chunks = tuple(previous[a] if c is None and previous is not None and a not in given else c for a, c in enumerate(chunks))
    elif isinstance(chunks, (int, float, np.integer)) and not isinstance(chunks, bool):
        chunks = (chunks,) * ndim
    elif not isinstance(chunks, (tuple, list)):
        raise TypeError(f"chunks must be 'auto', a size, or a tuple or dict of sizes, not {type(chunks).__name__}")
    chunks = tuple(chunks)
    if ndim == 1 and len(chunks) > 1 and all(isinstance(c, (int, np.integer)) for c in chunks):
        chunks = (chunks,)
    if not ndim and chunks == (1,) or not chunks and not any(shape):
        # dask's one element of an array without axes; and nothing to cut.
        chunks = (-1,) * ndim
    if len(chunks) != ndim:
        raise ValueError(f"chunks {chunks} are given for {len(chunks)} axes, but the shape {tuple(shape)} has {ndim}")
    automatic = [a for a, c in enumerate(chunks) if isinstance(c, str)]
    sizes: list = []
    for axis, (c, n) in enumerate(zip(chunks, shape)):
        if isinstance(c, str):
            sizes.append(None)
        elif c is None or (not isinstance(c, (tuple, list)) and c == -1):
            sizes.append(max(int(n), 1))
        elif isinstance(c, (tuple, list, np.ndarray)):
            sizes.append(tuple(int(s) for s in c))
            if sum(sizes[-1]) != n:
                raise ValueError(f"chunks {sizes[-1]} along axis {axis} add up to {sum(sizes[-1])}, but the axis has {n} elements")
        elif not float(c).is_integer() or c < 0 or (c == 0 < n):
            raise ValueError(f"chunk size {c} along axis {axis} is no size: give a number above 0, or -1 for the whole axis")
        else:
            sizes.append(min(int(c), max(int(n), 1)) or max(int(n), 1))
    if automatic:
        texts = (_config.parse_bytes(chunks[a]) for a in automatic if chunks[a] != "auto")
        _automatic(sizes, automatic, shape, np.dtype(dtype or "f8").itemsize or 1, min(texts, default=limit or _config.get("chunk_bytes")), previous if whole else None)
    if any(isinstance(s, tuple) for s in sizes):
        return tuple(s if isinstance(s, tuple) else _regular(int(n), s) for s, n in zip(sizes, shape))
    return [int(s) for s in sizes]


def _regular(n, size):
    if n == 0:
        return (0,)
    return (size,) * (n // size) + ((n % size,) if n % size else ())


def _automatic(sizes, automatic, shape, item_bytes, limit, previous):
    """Fills the automatic axes evenly up to the bytes of a chunk, or with as many of the previous chunks as go into them."""
    room = max(limit // item_bytes, 1)
    for s in sizes:
        room /= max((max(s, default=1) if isinstance(s, tuple) else s) or 1, 1) if s is not None else 1
    units = {a: _largest(previous[a]) for a in automatic} if previous is not None else {}
    if math.prod(units.values()) > 4 * room:
        # Whole axes are no chunks that somebody chose, unless they are small.
        units = {a: u for a, u in units.items() if u < shape[a]}
    open_ = sorted(automatic, key=lambda a: (a not in units, shape[a]))
    while open_:
        share = int(max(room, 1) ** (1 / len(open_)))
        a = open_.pop(0)
        if a in units:
            sizes[a] = max(min(share // units[a] * units[a], shape[a]), units[a])
        else:
            pieces = math.ceil(shape[a] / share) or 1
            sizes[a] = max(math.ceil(shape[a] / pieces), 1)
        room /= sizes[a]


def _largest(sizes):
    return max(int(max(sizes, default=1) if isinstance(sizes, (tuple, list)) else sizes), 1)


def normalize_chunks(chunks, shape=None, limit=None, dtype=None, previous_chunks=None):
    """All sizes of chunks, for each axis: dask's ``normalize_chunks``.

    Examples
    --------
    >>> from tilework.array.core import normalize_chunks
    >>> normalize_chunks((2, -1), shape=(5, 3))
    ((2, 2, 1), (3,))
    """
    if shape is None:
        shape = tuple(sum(c) for c in chunks)
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    limit = None if limit is None else _config.parse_bytes(limit)
    dtype = np.dtype(dtype or "f8")
    if isinstance(chunks, str) and (limit is not None or previous_chunks is not None or dtype.kind not in "biufc"):
        chunks = (chunks,) * len(shape)
    c = cut(chunks, shape, dtype, previous_chunks, limit)
    if isinstance(c, int):
        from .. import _tilework

        return tuple(map(tuple, _tilework.automatic_chunks(shape, dtype.name, c)))
    return tuple(s if isinstance(s, tuple) else _regular(int(n), int(s)) for s, n in zip(c, shape))
