"""Counting into bins."""

from __future__ import annotations

import operator

import numpy as np

from .. import _tilework
from ._core import Array, handle
from ._joining import unstack
from ._manipulation import ravel
from ._selection import where
from ._sorting import searchsorted


def _given(x):
    """What is lazy stays lazy, else an array of NumPy's."""
    return x if isinstance(x, Array) else np.asarray(x)


def _lazy_range(range):
    if isinstance(range, Array):
        if range.shape != (2,):
            raise ValueError(f"range must be two numbers, not an array of shape {range.shape}")
        return True
    return isinstance(range, (tuple, list)) and any(isinstance(r, Array) for r in range)


def _bounds(range):
    try:
        low, high = (float(r) for r in range)
    except (TypeError, ValueError):
        raise ValueError(f"range must be two numbers, the lower and the upper end, not {range!r}") from None
    if low > high:
        raise ValueError("max must be larger than min in range parameter.")
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"supplied range of [{low}, {high}] is not finite")
    return low, high


def _number(bins):
    try:
        n = operator.index(bins)
    except TypeError:
        return None
    if n < 1:
        raise ValueError("`bins` must be positive, when an integer")
    return n


def _refuse_names(bins):
    if isinstance(bins, str):
        raise ValueError(f"bins={bins!r}: rules that choose bins by the data are not supported, as sizes must be known: give a number or edges")


def _rising(edges):
    if edges.ndim != 1 or edges.shape[0] < 2:
        raise ValueError("`bins` must be 1d, when an array" if edges.ndim != 1 else "edges must be at least 2 numbers")
    if not isinstance(edges, Array) and (edges[:-1] > edges[1:]).any():
        raise ValueError("`bins` must increase monotonically, when an array")
    return edges


def _checked_weights(x, weights):
    if weights is None:
        return None
    w = Array(handle(weights))
    if w.shape != x.shape:
        raise ValueError("weights should have the same shape as a.")
    return w


def _even_edges(low, high, n):
    """Edges of bins of one width between bounds of which one is lazy at least."""
    from . import arange

    low, high = (Array(handle(r)).astype(np.float64) for r in (low, high))
    if low.ndim or high.ndim:
        raise TypeError("range must be two numbers")
    half = (low == high) * 0.5
    low, high = low - half, high + half
    steps = arange(n + 1, chunks=-1)
    return where(steps == n, high, steps * ((high - low) / n) + low)


def _edges(x, bins, range):
    """Bins as the engine takes them (number and bounds, or a list), or lazy edges."""
    _refuse_names(bins)
    n = _number(bins) if not isinstance(bins, Array) or bins.ndim == 0 else None
    if n is None:
        return _rising(_given(bins))
    if _lazy_range(range):
        return _even_edges(*range, n)
    if range is not None:
        return (n, *_bounds(range))
    if x.size == 0:
        return (n, 0.0, 1.0)
    from ._functions import map_blocks

    edges = Array(_tilework.histogram_bin_edges(x._x, n))
    return map_blocks(_finite, edges, dtype=edges.dtype, token="range")


def _finite(edges):
    if not np.isfinite(edges[[0, -1]]).all():
        raise ValueError(f"autodetected range of [{edges[0]}, {edges[-1]}] is not finite: give range=, or leave out what is not finite")
    return edges


def histogram(a, bins=10, range=None, normed=None, weights=None, density=None):
    """How many elements fall into each bin, and the edges of the bins.

    Parameters
    ----------
    bins : int or array_like
        So many bins of one width, or edges that rise. Edges may be lazy.
    range : pair of numbers, optional
        From where to where the bins of one width lie, lazy or not; from the smallest to the largest element without, which makes the edges lazy.
    weights : array_like, optional
        Of the shape of ``a``: what each element counts.
    density : bool
        Whether counts become a density, whose integral is 1.

    Returns
    -------
    counts : Array
    edges : array of NumPy's, or lazy Array

    Examples
    --------
    >>> import tilework.array as ta
    >>> counts, edges = ta.histogram(ta.arange(10, chunks=3), bins=2, range=(0, 8))
    >>> counts.compute(), edges
    (array([4, 5]), array([0., 4., 8.]))
    """
    if normed is not None and normed is not False:
        raise ValueError("The normed= keyword argument has been deprecated: use density=True")
    x = Array(handle(a))
    if x.dtype.kind == "c":
        raise TypeError("histogram does not take complex numbers")
    x = x.astype("uint8") if x.dtype == bool else x
    w = _checked_weights(x, weights)
    edges = _edges(x, bins, range)
    if isinstance(edges, Array):
        counts = _lazy_counts(x, edges, w)
        if density:
            widths = edges[1:] - edges[:-1]
            counts = counts / widths / counts.sum()
        return counts, edges
    bins = edges if isinstance(edges, tuple) else edges.astype(np.float64).tolist()
    if w is not None and w.dtype.kind == "c":
        parts = [Array(_tilework.histogram(x._x, bins, p._x, False)[0]) for p in (w.real, w.imag)]
        counts, found = parts[0] + 1j * parts[1], _tilework.histogram(x._x, bins, None, False)[1]
        if density:
            counts = counts / np.diff(found) / counts.sum()
    else:
        counts, found = _tilework.histogram(x._x, bins, None if w is None else w._x, bool(density))
        counts = Array(counts)
    if not isinstance(edges, tuple):
        return counts, edges
    return counts, np.asarray(found, dtype=x.dtype if x.dtype.kind == "f" else np.float64)


def _lazy_counts(x, edges, w):
    """Counts between lazy edges: of the number of the bin of each element, those beyond the ends left out."""
    n = edges.shape[0] - 1
    flat = ravel(x)
    at = searchsorted(edges, flat, side="right")
    at = where(flat == edges[-1], n, at)
    weights = None if w is None else ravel(w)._x
    counts = Array(_tilework.bincount(at._x, weights, n + 2))[1:-1]
    return counts if w is None else counts.astype(np.result_type(w.dtype, np.int64) if w.dtype.kind in "iub" else w.dtype)


def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The edges of the bins of :func:`histogram`; lazy where they depend on the data.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.histogram_bin_edges(ta.arange(9), bins=2).compute()
    array([0., 4., 8.])
    """
    x = Array(handle(a))
    edges = _edges(x, bins, range)
    if not isinstance(edges, tuple):
        return edges
    n, low, high = edges
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, n + 1, dtype=x.dtype if x.dtype.kind == "f" else np.float64)


def histogramdd(sample, bins=10, range=None, normed=None, weights=None, density=None):
    """How many points fall into each bin of a grid, and the edges of the bins along each axis.

    Parameters
    ----------
    sample : array_like of shape (N, D), or sequence of D arrays
        The coordinates of the points.
    bins : int, or sequence with an int or edges for each axis
    range : sequence of pairs, optional
        From where to where the bins lie along each axis; from the smallest to the largest coordinate without, which makes edges lazy.
    weights : array_like, optional
        What each point counts.
    density : bool
        Whether counts become a density, whose integral is 1.

    Examples
    --------
    >>> import tilework.array as ta
    >>> points = ta.asarray([[0, 1], [2, 3], [4, 5]])
    >>> counts, edges = ta.histogramdd(points, bins=2, range=[(0, 5), (0, 5)])
    >>> counts.compute()
    array([[1., 1.],
           [0., 1.]])
    """
    if normed is not None:
        if density is not None:
            raise TypeError("Cannot specify both 'normed' and 'density'")
        density = normed
    columns = _columns(sample)
    d = len(columns)
    bins = [bins] * d if _is_number(bins) else list(bins)
    if len(bins) != d:
        raise ValueError("The dimension of bins must be equal to the dimension of the sample.")
    ranges = [None] * d if range is None else list(range)
    if len(ranges) != d:
        raise ValueError("range argument requires one entry, a min max pair, per dimension.")
    if any(r is not None and (np.ndim(r) == 0 or len(r) != 2) for r in ranges):
        raise ValueError("range argument should be a sequence of pairs: a min and a max for each dimension")
    edges = [_edges(c, b, r) for c, b, r in zip(columns, bins, ranges)]
    w = _checked_weights(columns[0], weights)
    if any(isinstance(e, Array) for e in edges):
        return _lazy_histogramdd(columns, edges, w, density)
    given = [e if isinstance(e, tuple) else e.astype(np.float64).tolist() for e in edges]
    counts, found = _tilework.histogramdd([c._x for c in columns], given, None if w is None else w._x, bool(density))
    return Array(counts), [np.asarray(f) if isinstance(e, tuple) else e for e, f in zip(edges, found)]


def _is_number(bins):
    return isinstance(bins, (int, np.integer)) or (isinstance(bins, np.ndarray) and bins.ndim == 0)


def _columns(sample):
    if isinstance(sample, (tuple, list)):
        columns = [Array(handle(c)) for c in sample]
        if any(c.ndim != 1 for c in columns):
            raise ValueError("All arrays in the sample must have one dimension")
        if len({c.shape for c in columns}) > 1:
            raise ValueError("All arrays in the sample must have the same length")
        return columns
    x = Array(handle(sample))
    if x.ndim == 1:
        x = x.reshape(1, -1).T
    if x.ndim != 2:
        raise ValueError("Single array input to histogramdd should be columnar: of shape (N, D)")
    return list(unstack(x, axis=1))


def _lazy_histogramdd(columns, edges, w, density):
    """Counts in a grid between edges of which some are lazy: each point's bin is a flat number, 0 for what lies outside."""
    flat, inside, shape, found = 0, True, [], []
    for x, e in zip(columns, edges):
        if isinstance(e, tuple):
            e = np.linspace(e[1], e[2], e[0] + 1)
        n = e.shape[0] - 1
        at = searchsorted(e, x, side="right")
        at = where(x == e[-1], n, at)
        inside = (at >= 1) & (at <= n) & inside
        flat = flat * n + (at - 1)
        shape.append(n)
        found.append(e)
    total = int(np.prod(shape))
    flat = where(inside, flat + 1, 0)
    counts = Array(_tilework.bincount(flat._x, None if w is None else w._x, total + 1))[1:].reshape(shape).astype(np.float64)
    if density:
        for axis, e in enumerate(found):
            widths = (e[1:] - e[:-1]).reshape([-1 if a == axis else 1 for a in range(len(shape))])
            counts = counts / widths
        counts = counts / Array(_tilework.bincount(flat._x, None if w is None else w._x, total + 1))[1:].sum()
    return counts, found


def histogram2d(x, y, bins=10, range=None, normed=None, weights=None, density=None):
    """How many points fall into each bin of a grid of two axes, and the edges along both: see :func:`histogramdd`.

    Parameters
    ----------
    bins : int, edges, or pair of these

    Examples
    --------
    >>> import tilework.array as ta
    >>> counts, _, _ = ta.histogram2d(ta.arange(4), ta.arange(4), bins=(2, 1), range=[(0, 4), (0, 4)])
    >>> counts.compute()
    array([[2.],
           [2.]])
    """
    if not _is_number(bins) and len(bins) not in (1, 2):
        bins = [bins, bins]
    counts, edges = histogramdd((x, y), bins, range, normed, weights, density)
    return counts, *edges


def bincount(x, weights=None, minlength=0, split_every=None):
    """How often each of the integers from 0 on occurs in an array of one dimension, or the sums of weights that stand beside them.

    Without ``minlength`` the length of the result is one more than the largest element, which is computed at once for that.

    Parameters
    ----------
    weights : array_like, optional
        Of the shape of ``x``.
    minlength : int
        How long the result is. An element that is not below fails the run: give more, or 0.
    split_every
        dask's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.bincount(ta.asarray([0, 1, 1, 3])).compute()
    array([1, 2, 0, 1])
    """
    minlength = operator.index(minlength)
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    a = Array(handle(np.asarray(x, dtype=None if np.size(x) else np.int64) if isinstance(x, (list, tuple)) else x))
    if a.ndim != 1:
        raise ValueError("object too deep for desired array" if a.ndim else "object of too small depth for desired array")
    if a.dtype.kind not in "iub" or a.dtype == np.uint64:
        raise TypeError(f"Cannot cast array data from {a.dtype!r} to dtype('int64') according to the rule 'safe'")
    w = None
    if weights is not None:
        w = Array(handle(weights))
        if w.shape != a.shape:
            raise ValueError("The weights and list don't have the same length.")
        w = w.astype(np.float64)._x
    a = a.astype(np.int64)
    if not minlength and a.size != 0:
        from . import max, min
        from .._run import compute

        low, high = compute(min(a), max(a))
        if low < 0:
            raise ValueError("'list' argument must have no negative elements")
        minlength = int(high) + 1
    return Array(_tilework.bincount(a._x, w, minlength))
