"""Elements chosen by positions, masks and conditions, and the positions themselves."""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._chunks import cut
from ._core import OPS, Array, beside, from_numpy, handle, known, methods, sized
from ._manipulation import broadcast_arrays, ravel


def _integers(x, name):
    """The handle of an array-like of integers."""
    a = np.asarray(x) if isinstance(x, (list, tuple)) else x
    h = handle(a.astype(np.int64) if isinstance(a, np.ndarray) and a.size == 0 else a)
    if np.dtype(h.dtype).kind not in "iu":
        raise TypeError(f"{name}: only int indices permitted, not {h.dtype}")
    return h


def _truth(x):
    """A condition as bool."""
    h = handle(x)
    return h if h.dtype == "bool" else _tilework.binary(OPS["not_equal"][0], h, 0)


def where(condition, x=None, y=None):
    """The elements of ``x`` where a condition holds, else those of ``y``; without both the positions where it holds, as :func:`nonzero`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> a = ta.arange(5, chunks=2)
    >>> ta.where(a < 3, a, -1).compute()
    array([ 0,  1,  2, -1, -1])
    """
    if (x is None) != (y is None):
        raise ValueError("either both or neither of x and y should be given")
    if x is None:
        return nonzero(condition)
    c, x, y = _truth(condition), beside(x), beside(y)
    x = handle(x) if x is NotImplemented else x
    y = handle(y) if y is NotImplemented else y
    lazy = type(x) is _tilework.Lazy or type(y) is _tilework.Lazy
    # Two numbers have the dtype that NumPy gives them together.
    if not lazy:
        x = Array(from_numpy(np.asarray(x))._x).astype(np.result_type(np.asarray(x), np.asarray(y)))._x
    return Array(_tilework.ternary(OPS["where"][0], c, x, y))


def take(a, indices, axis=0, *, mode="raise"):
    """The elements at positions along an axis, or of the flat array with ``axis=None``. An array of ``n`` dimensions puts as many axes in its place.

    Parameters
    ----------
    indices : int or array_like of ints
        Negative ones count from the end.
    mode : {"raise", "wrap", "clip"}
        What becomes of positions out of bounds.

    Raises
    ------
    IndexError
        When a position is out of bounds: at the call, of lazy positions when the array is computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.take(ta.arange(10, chunks=4) * 2, [9, 0, -1]).compute()
    array([18,  0, 18])
    """
    x = ravel(a) if axis is None else Array(handle(a))
    axis = 0 if axis is None else normalize_axis_index(operator.index(axis), x.ndim)
    at = indices if isinstance(indices, (int, np.ndarray, np.integer, Array)) else np.asarray(indices)
    if isinstance(at, np.ndarray) and at.size == 0:
        at = at.astype(np.int64)
    if not isinstance(at, int) and at.dtype.kind not in "iu":
        raise TypeError(f"take: positions must be integers, not {at.dtype}")
    if mode != "raise":
        n = x.shape[axis]
        if mode not in ("wrap", "clip"):
            raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap', not {mode!r}")
        at = at % n if mode == "wrap" else _within(at, n)
    return x[(slice(None),) * axis + (at,)]


def _within(at, n):
    return where(at < 0, 0, where(at >= n, n - 1, at)) if isinstance(at, Array) else np.clip(at, 0, n - 1)


def take_along_axis(arr, indices, axis=-1):
    """For each element of ``indices`` the element that it names along an axis; what :func:`argsort` gives fits here.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.asarray([[3, 1, 2], [6, 5, 4]])
    >>> ta.take_along_axis(x, ta.argsort(x, axis=1), axis=1).compute()
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    x, at = handle(arr), handle(indices)
    if np.dtype(at.dtype).kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if axis is None:
        return Array(_tilework.take_along_axis(ravel(Array(x))._x, at, 0))
    if x.ndim != at.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    axis = normalize_axis_index(axis, x.ndim)
    _check_in_memory(indices, x.shape[axis], axis)
    return Array(_tilework.take_along_axis(x, at, axis))


def _check_in_memory(indices, n, axis):
    if isinstance(indices, Array) or n is None:
        return
    a = np.asarray(indices)
    out = a[(a < -n) | (a >= n)]
    if out.size:
        raise IndexError(f"index {out.flat[0]} is out of bounds for axis {axis} with size {n}")


def compress(condition, a, axis=None):
    """The elements along an axis (of the flat array without one) where a condition of one dimension holds; it may be shorter than the axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.compress([False, True, True], ta.arange(5)).compute()
    array([1, 2])
    """
    x = ravel(a) if axis is None else Array(handle(a))
    axis = 0 if axis is None else normalize_axis_index(axis, x.ndim)
    lazy = isinstance(condition, Array)
    c = Array(_truth(condition)) if lazy else np.asarray(condition).astype(bool)
    if c.ndim != 1:
        raise ValueError("condition must be one dimensional")
    n, k = x.shape[axis], c.shape[0]
    if k > n:
        if not lazy and not c[n:].any():
            c = c[:n]
        else:
            raise IndexError(f"a condition of {k} elements for axis {axis} with size {n}")
    before = (slice(None),) * axis
    # A handle is not looked into: as in dask, a lazy condition leaves the size unknown.
    key = (*before, c._x if lazy else c)
    return x[(*before, slice(None, k))][key] if k < n else x[key]


def extract(condition, arr):
    """The elements at whose places in C order a condition holds. How many is not known before the array is computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=4)
    >>> ta.extract(x % 2 == 1, x).compute()
    array([1, 3, 5])
    """
    return compress(ravel(Array(_truth(condition))), ravel(arr), 0)


def nonzero(a):
    """The positions of the elements that are not zero, an array for each axis. How many is not known before they are computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> rows, columns = ta.nonzero(ta.asarray([[0, 3], [5, 0]]))
    >>> rows.compute(), columns.compute()
    (array([0, 1]), array([1, 0]))
    """
    h = handle(a)
    if h.ndim == 0:
        raise ValueError("Calling nonzero on 0d arrays is not allowed. Use atleast_1d(a).nonzero() instead.")
    return sized(tuple(map(Array, _tilework.nonzero(h))), h)


def flatnonzero(a):
    """The flat positions of the elements that are not zero. How many is not known before they are computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.flatnonzero(ta.asarray([0, 3, 5, 0])).compute()
    array([1, 2])
    """
    h = handle(a)
    return sized(Array(_tilework.flatnonzero(h)), h)


def argwhere(a):
    """The positions of the elements that are not zero, as rows. How many is not known before they are computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argwhere(ta.asarray([[0, 3], [5, 0]])).compute()
    array([[0, 1],
           [1, 0]])
    """
    h = handle(a)
    if h.ndim == 0:
        return argwhere(Array(h).reshape(1))[:, :0]
    return sized(Array(_tilework.stack(_tilework.nonzero(h), 1)), h)


def choose(a, choices, out=None, mode="raise"):
    """For each element of ``a`` (integers) the choice that it names.

    Parameters
    ----------
    choices : sequence of array_like, or array
        They broadcast with ``a``.
    mode : {"raise", "wrap", "clip"}
        What becomes of numbers that name no choice; ``"raise"`` fails when the array is computed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.choose(ta.asarray([1, 0, 1]), [[1, 2, 3], [10, 20, 30]]).compute()
    array([10,  2, 30])
    """
    if out is not None:
        raise NotImplementedError("choose: out= is not supported")
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap', not {mode!r}")
    h = handle(a)
    if np.dtype(h.dtype).kind not in "iub":
        raise TypeError(f"choose: the index must be integers, not {h.dtype}")
    if isinstance(choices, (Array, np.ndarray)):
        choices = [choices[i] for i in range(len(choices))]
    if not len(choices):
        raise ValueError("choose: there are no choices")
    h = h.astype("int64") if h.dtype == "bool" else h
    if mode == "raise":
        # Positions out of bounds of a list of as many elements fail the run.
        n = len(choices)
        x = Array(h)
        x = where((x < 0) | (x >= n), n, x)
        h = Array(_tilework.full([n], 0, "int64", None))[x]._x
        h = _tilework.binary(OPS["add"][0], h, x._x)
    return Array(_tilework.choose(h, [handle(c) for c in choices], mode == "wrap"))


def select(condlist, choicelist, default=0):
    """For each element the choice of the first condition that holds, else the default.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=4)
    >>> ta.select([x < 2, x > 3], [x, x**2], 42).compute()
    array([ 0,  1, 42, 42, 16, 25])
    """
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    conditions = [Array(handle(c)) for c in condlist]
    for i, c in enumerate(conditions):
        if c.dtype != bool:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    choicelist = list(choicelist)
    dtype = _together([*choicelist, default])
    made = Array(handle(default)).astype(dtype)
    for c, v in zip(reversed(conditions), reversed(choicelist)):
        made = where(c, Array(handle(v)).astype(dtype), made)
    return made


def _together(values):
    """The dtype of arrays and bare numbers together."""
    return np.result_type(*(v.dtype if hasattr(v, "dtype") else v if isinstance(v, (int, float, complex)) else np.asarray(v) for v in values))


def piecewise(x, condlist, funclist, *args, **kw):
    """For each element of ``x`` what the function of the last condition that holds makes of it, in the dtype of ``x``.

    Parameters
    ----------
    condlist : sequence of array_like, or one
    funclist : sequence of functions and numbers
        One more than conditions is for elements where none holds; else those are 0. Functions are called with the whole lazy array, not
        with the elements alone where their conditions hold.
    *args, **kw
        Further arguments of the functions.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.asarray([-2.0, -1.0, 3.0])
    >>> ta.piecewise(x, [x < 0, x >= 0], [lambda v: -v, 10]).compute()
    array([ 2.,  1., 10.])
    """
    x = Array(handle(x))
    if isinstance(condlist, (list, tuple)):
        one = bool(condlist) and np.ndim(condlist[0]) == 0 and x.ndim > 0
    else:
        one = np.ndim(condlist) <= x.ndim
    condlist = [condlist] if one else list(condlist)
    conditions = [Array(_truth(c)) for c in condlist]
    n = len(conditions)
    if len(funclist) not in (n, n + 1):
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    value = lambda f: f(x, *args, **kw) if callable(f) else f
    made = Array(handle(value(funclist[n]) if len(funclist) > n else 0)).astype(x.dtype)
    for c, f in zip(conditions, funclist):
        made = where(c, Array(handle(value(f))).astype(x.dtype), made)
    return made if made.shape == x.shape else broadcast_arrays(made, x)[0]


def unravel_index(indices, shape, order="C"):
    """Flat positions in an array of a shape as positions along each of its axes, as a tuple of arrays.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [p.compute().tolist() for p in ta.unravel_index(ta.asarray([4, 5]), (2, 3))]
    [[1, 1], [1, 2]]
    """
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, not {order!r}")
    shape = [operator.index(n) for n in (shape if np.iterable(shape) else (shape,))]
    h = _within_bounds(_integers(indices, "unravel_index"), math.prod(shape), "index {} is out of bounds for array with size {}")
    if not shape and h.ndim == 0:
        return ()
    if not shape or 0 in shape:
        if 0 in h.shape:
            return tuple(Array(h.astype("int64")) for _ in shape)
        raise ValueError(f"an array of shape {tuple(shape)} has no positions")
    made = _tilework.unravel_index(h, shape if order == "C" else shape[::-1])
    return tuple(map(Array, made if order == "C" else made[::-1]))


def _in_bounds(block, n, words):
    out = block[(block < 0) | (block >= n)]
    if out.size:
        raise ValueError(words.format(out.flat[0], n))
    return block


def _within_bounds(h, n, words):
    """Positions (a handle) that are refused where they are out of bounds: now if they are in memory and few, else when they are computed."""
    elements = known(h)
    if elements is not None:
        _in_bounds(elements, n, words)
        return h
    from ._functions import map_blocks

    return map_blocks(_in_bounds, Array(h), n=n, words=words, dtype=h.dtype, token="in bounds")._x


def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """Positions along each axis of an array of shape ``dims`` as flat ones.

    Parameters
    ----------
    multi_index : sequence of array_like, or array with a row for each axis
    mode : {"raise", "wrap", "clip"} or one for each axis
        What becomes of positions out of bounds.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ravel_multi_index((ta.asarray([0, 1]), ta.asarray([2, 1])), (2, 3)).compute()
    array([2, 4])
    """
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, not {order!r}")
    if isinstance(dims, Array) or (np.iterable(dims) and any(isinstance(n, Array) for n in dims)):
        raise NotImplementedError("ravel_multi_index: dims must be in memory: compute them first")
    dims = [operator.index(n) for n in (dims if np.iterable(dims) else (dims,))]
    rows = list(multi_index) if not isinstance(multi_index, Array) else [multi_index[i] for i in range(len(multi_index))]
    if len(rows) != len(dims):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(dims)}")
    modes = [mode] * len(dims) if isinstance(mode, str) else list(mode)
    made = []
    for row, n, how in zip(rows, dims, modes):
        x = Array(_integers(row, "ravel_multi_index"))
        if how == "wrap":
            x = x % n
        elif how == "clip":
            x = _within(x, n)
        elif how != "raise":
            raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap', not {how!r}")
        made.append(x._x if how != "raise" else _within_bounds(x._x, n, "invalid entry in coordinates array: {} of an axis of length {}"))
    if order == "F":
        made, dims = made[::-1], dims[::-1]
    return Array(_tilework.ravel_multi_index(made, dims))


def _triangle(n, k, m, lower, chunks):
    n, m, k = operator.index(n), operator.index(n if m is None else m), operator.index(k)
    below = _below(n, m, k if lower else k - 1)
    count = below if lower else n * m - below
    return tuple(map(Array, _tilework.triangle_indices(n, k, m, lower, cut(chunks, (count,), np.int64))))


def _below(n, m, k):
    """How many elements lie at and below a diagonal of an ``n`` by ``m`` array."""
    up_to = lambda t: t * (t + 1) // 2 if t > 0 else 0
    return up_to(n + k) - up_to(k) - up_to(n + k - m) + up_to(k - m)


def tril_indices(n, k=0, m=None, chunks="auto"):
    """The rows and the columns of the elements at and below the ``k``-th diagonal of an ``n`` by ``m`` array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [i.compute().tolist() for i in ta.tril_indices(2)]
    [[0, 1, 1], [0, 0, 1]]
    """
    return _triangle(n, k, m, True, chunks)


def triu_indices(n, k=0, m=None, chunks="auto"):
    """The rows and the columns of the elements at and above the ``k``-th diagonal of an ``n`` by ``m`` array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [i.compute().tolist() for i in ta.triu_indices(2)]
    [[0, 0, 1], [0, 1, 1]]
    """
    return _triangle(n, k, m, False, chunks)


def _from(indices, name):
    def f(arr, k=0):
        a = Array(handle(arr))
        if a.ndim != 2:
            raise ValueError("input array must be 2-d")
        return indices(a.shape[0], k=k, m=a.shape[1])

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""The rows and the columns of a triangle of an array of two dimensions: see :func:`{indices.__name__}`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [i.shape for i in ta.{name}(ta.ones((2, 3)))]
    {[(3,), (3,)] if indices is tril_indices else [(5,), (5,)]}
    """
    return f


tril_indices_from = _from(tril_indices, "tril_indices_from")
triu_indices_from = _from(triu_indices, "triu_indices_from")


def diag_indices(n, ndim=2):
    """The positions of the diagonal of an array of ``ndim`` axes of length ``n``, an array for each.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [i.compute().tolist() for i in ta.diag_indices(3)]
    [[0, 1, 2], [0, 1, 2]]
    """
    one = Array(_tilework.arange(0, operator.index(n), 1, cut("auto", (n,), np.int64)))
    return (one,) * ndim


def diag_indices_from(arr):
    """The positions of the diagonal of an array whose axes have one length: see :func:`diag_indices`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [i.compute().tolist() for i in ta.diag_indices_from(ta.ones((2, 2)))]
    [[0, 1], [0, 1]]
    """
    own = handle(arr).shape
    if len(own) < 2:
        raise ValueError("input array must be at least 2-d")
    if len(set(own)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    return diag_indices(own[0], len(own))


def ix_(*args):
    """Arrays of positions, each along an axis of its own, so that an index with them takes all combinations.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(10).reshape(2, 5)
    >>> x[ta.ix_([0, 1], [2, 4])].compute()
    array([[2, 4],
           [7, 9]])
    """
    made = []
    for i, a in enumerate(args):
        x = a if isinstance(a, Array) else Array(handle(np.asarray(a, dtype=None if np.size(a) else np.int64)))
        if x.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        x = nonzero(x)[0] if x.dtype == bool else x
        made.append(x[(None,) * i + (slice(None),) + (None,) * (len(args) - i - 1)])
    return tuple(made)


def _compress(self, condition, axis=None):
    """The elements where a condition holds; see :func:`compress`."""
    return compress(condition, self, axis)


def _take(self, indices, axis=None, *, mode="raise"):
    """The elements at positions along an axis, or of the flat array without one; see :func:`take`."""
    return take(self, indices, axis, mode=mode)


methods(choose=choose, compress=_compress, nonzero=nonzero, take=_take)
