"""How arrays are cut into chunks, and what follows chunks: rechunk, unify, shuffle, coarsen, windows."""

from __future__ import annotations

import itertools
import math
import operator
import warnings

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _tilework
from ._chunks import cut, normalize_chunks
from ._core import Array, handle, methods


def rechunk(x, chunks="auto", threshold=None, block_size_limit=None, balance=False, method=None):
    """The same elements in other chunks.

    Parameters
    ----------
    chunks : int, tuple, dict, "auto" or bytes as text
        See :func:`normalize_chunks`; axes for which a dict or tuple has nothing (or None) stay as they are, and so must axes of unknown size.
    block_size_limit : int, optional
        Bytes that automatic chunks aim at.
    balance : bool
        Whether chunks become about equally long, in about as many pieces.
    threshold, method
        dask's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.rechunk(ta.ones((4, 6)), {1: 2}).chunks
    ((4,), (2, 2, 2))
    """
    h = handle(x)
    own = Array(h).chunks
    if isinstance(chunks, dict):
        chunks = {_axis(a, h.ndim): c for a, c in chunks.items() if c is not None}
    elif isinstance(chunks, (tuple, list)) and len(chunks) == h.ndim:
        chunks = tuple(o if c is None else c for c, o in zip(chunks, own))
    if None in h.shape:
        return Array(_tilework.rechunk_known(h, _kept_unknown(h, chunks, own)))
    if block_size_limit is not None and isinstance(chunks, str):
        chunks = (chunks,) * h.ndim
    keeps = isinstance(chunks, (dict, tuple, list))
    given = (chunks, tuple(h.shape), h.dtype, own if keeps else None, block_size_limit)
    y = h.rechunk(cut(*given, whole=block_size_limit is not None))
    if block_size_limit is not None and math.prod(y.chunksize) * np.dtype(h.dtype).itemsize > block_size_limit:
        # The chunks that there are do not fit into the limit whole.
        y = h.rechunk(cut(*given, whole=False))
    return Array(y.rechunk(tuple(map(_balanced, y.chunks))) if balance else y)


def _axis(axis, ndim):
    try:
        a = operator.index(axis)
    except TypeError:
        raise TypeError(f"chunks are given for the axis {axis!r}, which is no number") from None
    if not -ndim <= a < ndim:
        raise ValueError(f"chunks are given for axis {a} of an array of {ndim} dimensions")
    return a % ndim


def _kept_unknown(h, chunks, own):
    """All sizes, None for the axes of unknown size, which stay as they are."""
    if isinstance(chunks, dict):
        chunks = tuple(chunks.get(a, o) for a, o in enumerate(own))
    elif not isinstance(chunks, (tuple, list)):
        chunks = (chunks,) * h.ndim
    if len(chunks) != h.ndim:
        raise ValueError(f"chunks {chunks} are given for {len(chunks)} axes, but the array has {h.ndim}")
    made = []
    for c, n, o in zip(chunks, h.shape, own):
        same = isinstance(c, (tuple, list)) and len(c) == len(o) and all(i != i for i in c)
        if n is None and not same and c != "auto":
            raise ValueError("Chunks must be unchanging along dimensions with missing values: call compute_chunk_sizes() first")
        made.append(None if n is None else normalize_chunks((c,), (n,), dtype=h.dtype)[0])
    return made


def _balanced(sizes):
    """About equally long chunks, one fewer where one is but a rest."""
    n, k = sum(sizes), len(sizes) - (min(sizes) <= max(sizes) / 2)
    middle = int(np.median(sizes))
    tries = [s for s in range(max(middle - middle // 2, 1), middle + middle // 2 + 1) if -(-n // s) == k]
    if not tries:
        warnings.warn("chunk size balancing not possible with given chunks. Try increasing the chunk size.", stacklevel=4)
        return sizes
    s = min(tries, key=lambda s: s - (n - s * (k - 1)))
    return (s,) * (k - 1) + (n - s * (k - 1),)


def unify_chunks(*args, **kwargs):
    """Arrays cut alike along the axes that they share.

    Parameters
    ----------
    *args : array, labels, array, labels, ...
        Each array with a label for each of its axes (a text or tuple, None for what is no array); axes of one label are cut alike.

    Returns
    -------
    chunks : dict
        The sizes of the chunks along each label.
    arrays : list

    Examples
    --------
    >>> import tilework.array as ta
    >>> x, y = ta.ones(10, chunks=5), ta.ones(10, chunks=((3, 7),))
    >>> ta.unify_chunks(x, "i", y, "i")[0]
    {'i': (3, 2, 5)}
    """
    if not args:
        return {}, []
    arrays, labels = list(args[::2]), list(args[1::2])
    arrays = [Array(handle(a)) if i is not None else a for a, i in zip(arrays, labels)]
    chunks: dict = {}
    for a, i in zip(arrays, labels):
        for label, sizes in zip(i or (), a.chunks if i is not None else ()):
            chunks[label] = _common(chunks.get(label), sizes, label)
    made = []
    for a, i in zip(arrays, labels):
        if i is not None:
            goal = tuple(chunks[label] if sizes != (1,) else sizes for label, sizes in zip(i, a.chunks))
            a = a if goal == a.chunks else a.rechunk(goal)
        made.append(a)
    return chunks, made


def _common(a, b, label):
    """The chunks with the boundaries of both; an axis of length 1 goes with any."""
    if a is None or a == b or a == (1,):
        return b
    if b == (1,):
        return a
    total = sum(a)
    if total != total or total != sum(b):
        raise ValueError(f"Chunks do not add up to same value along {label!r}: {a} and {b}")
    ends = sorted(set(itertools.accumulate(a)) | set(itertools.accumulate(b)))
    return tuple(e - s for s, e in zip([0, *ends], ends))


def reshape_blockwise(x, shape, chunks=None):
    """Another shape that every chunk takes for itself, so that no element leaves its chunk: elements come in another order than by :func:`reshape`.

    Parameters
    ----------
    shape : int or tuple of ints
        Neighbouring axes merge into one, or one becomes several.
    chunks : tuple of tuples, optional
        The chunks of the result, where one axis becomes several.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(8).reshape(2, 4).rechunk((2, 2))
    >>> ta.reshape_blockwise(x, 8).compute()
    array([0, 1, 4, 5, 2, 3, 6, 7])
    """
    h = handle(x)
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    shape = [operator.index(n) for n in shape]
    if None in h.shape:
        raise ValueError("Array chunk size or shape is unknown: call compute_chunk_sizes() first")
    n = math.prod(h.shape)
    if -1 in shape:
        rest = math.prod(n for n in shape if n != -1)
        shape[shape.index(-1)] = n // max(rest, 1)
    if math.prod(shape) != n:
        raise ValueError(f"total size of new array must be unchanged: {tuple(h.shape)} cannot become {tuple(shape)}")
    if len(shape) > h.ndim and chunks is None:
        raise TypeError("Need to specify chunks if expanding dimensions.")
    if len(shape) < h.ndim and chunks is not None:
        raise ValueError("Setting chunks is not allowed when reducing the number of dimensions.")
    if len(shape) == h.ndim:
        if shape != list(h.shape):
            raise NotImplementedError("reshape_blockwise not implemented for expanding dimensions while others are merged: merge them first, then part them")
        return Array(h)
    if chunks is not None:
        chunks = tuple(map(tuple, chunks))
        wrong = [c for c, n in zip(chunks, shape) if sum(c) != n]
        if wrong or len(chunks) != len(shape):
            raise ValueError(f"Chunk sizes do not match for the following chunks: {wrong or chunks}, of the shape {tuple(shape)}")
    return Array(_tilework.reshape_blockwise(h, shape, chunks))


def shuffle(x, indexer, axis, chunks="auto"):
    """The elements along an axis in another order, in groups none of which is parted by a chunk.

    Parameters
    ----------
    indexer : list of lists of ints
        The positions of each group.
    axis : int
    chunks : "auto"
        Groups are put together up to about the size of the chunks along the axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=3)
    >>> y = ta.shuffle(x, [[5, 0], [1, 2, 3], [4]], axis=0)
    >>> y.compute(), y.chunks
    (array([5, 0, 1, 2, 3, 4]), ((2, 3, 1),))
    """
    h = handle(x)
    axis = normalize_axis_index(axis, h.ndim)
    if h.shape[axis] is None:
        raise ValueError(f"Shuffling only allowed with known chunk sizes along axis {axis}: call compute_chunk_sizes() first")
    if not isinstance(indexer, list) or not all(isinstance(g, list) for g in indexer):
        raise ValueError("indexer must be a list of lists of positional indices")
    if chunks != "auto":
        raise ValueError(f"chunks must be 'auto', not {chunks!r}")
    flat = np.array([i for g in indexer for i in g], dtype=np.int64)
    n = h.shape[axis]
    if flat.size and (flat.max() >= n or flat.min() < 0):
        raise IndexError(f"Indexer contains out of bounds index. Dimension only has {n} elements.")
    # As dask, groups may make chunks longer by a quarter.
    most = max(h.chunks[axis]) * 1.25
    sizes = [0]
    for g in indexer:
        if sizes[-1] and sizes[-1] + len(g) > most:
            sizes.append(0)
        sizes[-1] += len(g)
    y = h.index((slice(None),) * axis + (flat,))
    goal = [list(c) for c in h.chunks]
    goal[axis] = sizes
    if max(sizes) > most:
        goal = _smaller(goal, axis, max(sizes) / max(h.chunks[axis]))
    return Array(y.rechunk(tuple(map(tuple, goal))))


def _smaller(chunks, axis, factor):
    """Chunks cut along other axes, the longest ones in halves, until they have so many times fewer elements."""
    others = [a for a in range(len(chunks)) if a != axis]
    most = math.prod(max(chunks[a]) for a in others) / factor
    while math.prod(max(chunks[a]) for a in others) > most:
        a = max(others, key=lambda a: max(chunks[a]), default=None)
        if a is None or max(chunks[a]) <= 1:
            break
        half = -(-max(chunks[a]) // 2)
        chunks[a] = [n for c in chunks[a] for n in [half] * (c // half) + [c % half] * (c % half > 0)]
    return chunks


def coarsen(reduction, x, axes, trim_excess=False, **kwargs):
    """A reduction over neighbours: every so many along each of some axes become one.

    Parameters
    ----------
    reduction : function
        Of NumPy's or of this package's, as ``sum``: it is called with ``axis=``.
    axes : dict
        How many elements become one, for each axis.
    trim_excess : bool
        Whether elements at the end that are too few are left out; else they are an error.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.coarsen(np.sum, ta.arange(6, chunks=3), {0: 2}).compute()
    array([1, 5, 9])
    """
    h = handle(x)
    axes = {normalize_axis_index(a, h.ndim): operator.index(k) for a, k in axes.items()}
    if not trim_excess and any(h.shape[a] % k for a, k in axes.items()):
        raise ValueError(f"Coarsening factors {axes} do not align with array shape {tuple(h.shape)}.")
    a = Array(h)
    if trim_excess:
        a = a[tuple(slice(h.shape[i] // axes[i] * axes[i]) if i in axes else slice(None) for i in range(h.ndim))]
    # Whole groups in every chunk, so that none is read twice.
    a = a.rechunk(tuple(_whole_groups(c, axes.get(i, 1)) for i, c in enumerate(a.chunks)))
    shape, over = [], []
    for i, n in enumerate(a.shape):
        k = axes.get(i)
        shape += [n] if k is None else [n // k, k]
        over += [] if k is None else [len(shape) - 1]
    return reduction(a.reshape(tuple(shape)), axis=tuple(over), **kwargs)


def _whole_groups(sizes, k):
    if k == 1:
        return sizes
    ends = sorted({min(-(-e // k) * k, sum(sizes)) for e in itertools.accumulate(sizes)})
    return tuple(e - s for s, e in zip([0, *ends], ends))


def sliding_window_view(x, window_shape, axis=None, automatic_rechunk=True, *, subok=False, writeable=False):
    """All windows of a form that lie within the array: an axis for where they begin in place of each axis, then the windows' own axes.

    Parameters
    ----------
    window_shape : int or tuple of ints
        The lengths of a window along ``axis`` (all axes without it).
    automatic_rechunk, subok, writeable
        dask's and NumPy's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.sliding_window_view(ta.arange(4), 2).compute()
    array([[0, 1],
           [1, 2],
           [2, 3]])
    """
    h = handle(x)
    form = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    form = [operator.index(n) for n in form]
    if any(n < 0 for n in form):
        raise ValueError("`window_shape` cannot contain negative values")
    axes = range(h.ndim) if axis is None else normalize_axis_tuple(axis, h.ndim, allow_duplicate=True)
    if len(form) != len(axes):
        words = "for all dimensions of `x`" if axis is None else "as many as `axis`"
        raise ValueError(f"Must provide window_shape {words}; got {len(form)} window_shape elements and {len(axes)} axes.")
    if any(h.shape[a] is not None and n > h.shape[a] for a, n in zip(axes, form)):
        raise ValueError("window shape cannot be larger than input array shape")
    if len(set(axes)) < len(axes):
        # Windows of windows, one axis after the other.
        for n, a in zip(form, axes):
            h = _tilework.windows(h, [n], [a])
        return Array(h)
    windows = Windows(_tilework.windows(h, form, list(axes)))
    windows._of = h, form, list(axes)
    return windows


class Windows(Array):
    """All windows of an array. Where each is reduced to a number the engine makes the numbers without the windows."""

    __slots__ = ("_of",)

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        whole = all(p is Ellipsis or (isinstance(p, slice) and p.start in (None, 0) and p.stop is None and p.step in (None, 1)) for p in key)
        return self if whole and len(key) <= self.ndim else Array(self._x)[key]

    def reduced(self, name, axes, ddof):
        """The engine's handle of a reduction of every window; None where it has none, or for other axes than the windows' own."""
        h, form, of = getattr(self, "_of", (self._x, [], []))
        own = range(h.ndim, self.ndim)
        if name not in _OF_WINDOWS or not form or axes is None or sorted(axes) != list(own):
            return None
        if 0 in form or len(set(of)) < len(of) or np.dtype(h.dtype).kind == "c":
            return None
        return _tilework.reduce_windows(name, h, form, of, float(ddof or 0))

    def beginning_in(self, chunks):
        """The same windows, where numbers of them are cut as the chunks in which they begin."""
        h, form, of = self._of
        cut = [list(c) for c in chunks]
        for axis, n in zip(of, form):
            cut[axis][-1] += n - 1
        return sliding_window_view(Array(h.rechunk(tuple(map(tuple, cut)))), form, of)


_OF_WINDOWS = {"sum", "mean", "min", "max", "all", "any", "var", "std"}


methods(rechunk=rechunk, shuffle=shuffle)
