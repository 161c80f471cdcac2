"""Order: sorting, the largest elements, and searching in what is sorted."""

from __future__ import annotations

import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._core import Array, from_numpy, handle, methods
from ._manipulation import flip, ravel

# Numbers in memory up to this size are held by the tasks that look things up in them; more are read chunk by chunk.
_HELD_BYTES = 4 << 20


def _lane(a, axis):
    """The array and the axis, or the flat one and its axis."""
    if axis is None:
        return ravel(a)._x, 0
    h = handle(a)
    return h, normalize_axis_index(operator.index(axis), h.ndim)


def _plain(order, kind, stable):
    if order is not None:
        raise ValueError("Cannot specify order when the array has no fields.")
    if kind not in (None, "quicksort", "heapsort", "mergesort", "stable"):
        raise ValueError(f"sort kind must be one of 'quick', 'heap', or 'stable', not {kind!r}")
    if kind is not None and stable is not None:
        raise ValueError("`kind` and `stable` parameters can't be provided at the same time. Use only one of them.")


def sort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """The elements of each lane along an axis, or of the flat array with ``axis=None``, in rising order; NaN comes last.

    Parameters
    ----------
    kind, stable
        NumPy's; they change nothing, as equal elements cannot be told apart.
    descending : bool
        Falling order instead.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.sort(ta.asarray([3, 1, 2])).compute()
    array([1, 2, 3])
    """
    _plain(order, kind, stable)
    h, axis = _lane(a, axis)
    made = Array(_tilework.sort(h, axis, False))
    return flip(made, axis) if descending else made


def argsort(a, axis=-1, kind=None, order=None, *, stable=None, descending=False):
    """The places of the elements of each lane along an axis, or of the flat array with ``axis=None``, in rising order; equal ones in order of their places.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argsort(ta.asarray([3, 1, 2])).compute()
    array([1, 2, 0])
    """
    _plain(order, kind, stable)
    h, axis = _lane(a, axis)
    if not descending:
        return Array(_tilework.sort(h, axis, True))
    # Turned round, the last of equal ones comes first; so the array is sorted from its end.
    turned = flip(Array(h), axis)
    return h.shape[axis] - 1 - flip(Array(_tilework.sort(turned._x, axis, True)), axis)


def _check_kth(kth, n):
    for k in np.ravel(kth):
        if not -n <= operator.index(k) < n:
            raise ValueError(f"kth(={k}) out of bounds ({n})")


def partition(a, kth, axis=-1):
    """The elements of each lane so that those at the places ``kth`` are where sorting puts them; here all others are sorted, too.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.partition(ta.asarray([3, 9, 1, 2]), 1).compute()
    array([1, 2, 3, 9])
    """
    h, axis = _lane(a, axis)
    _check_kth(kth, h.shape[axis])
    return Array(_tilework.sort(h, axis, False))


def argpartition(a, kth, axis=-1):
    """The places of the elements in an order such as :func:`partition` gives.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argpartition(ta.asarray([3, 9, 1, 2]), 1).compute()
    array([2, 3, 0, 1])
    """
    h, axis = _lane(a, axis)
    _check_kth(kth, h.shape[axis])
    return Array(_tilework.sort(h, axis, True))


def lexsort(keys, axis=-1):
    """The places of the elements in rising order of the last key, of equal ones of the key before it, and so on.

    Examples
    --------
    >>> import tilework.array as ta
    >>> year, month = ta.asarray([2021, 2020, 2021]), ta.asarray([3, 7, 1])
    >>> ta.lexsort((month, year)).compute()
    array([1, 2, 0])
    """
    keys = [keys[i] for i in range(len(keys))] if isinstance(keys, (Array, np.ndarray)) else list(keys)
    if not keys:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    handles = [handle(k) for k in keys]
    return Array(_tilework.lexsort(handles, normalize_axis_index(axis, handles[0].ndim)))


def topk(a, k, axis=-1, split_every=None):
    """The ``k`` largest elements along an axis, the largest first; for negative ``k`` the smallest, the smallest first.

    Parameters
    ----------
    split_every
        dask's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.topk(ta.asarray([5, 1, 4, 2]), 2).compute()
    array([5, 4])
    """
    h, axis = _lane(a, axis)
    return Array(_tilework.topk(h, operator.index(k), axis, False))


def argtopk(a, k, axis=-1, split_every=None):
    """The places along an axis of the elements that :func:`topk` gives, in its order.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argtopk(ta.asarray([5, 1, 4, 2]), 2).compute()
    array([0, 2])
    """
    h, axis = _lane(a, axis)
    return Array(_tilework.topk(h, operator.index(k), axis, True))


def _numbers(x):
    """Numbers to look things up in: what is in memory and small as an array of NumPy's, else a handle."""
    if isinstance(x, Array):
        return x._x
    a = np.asarray(x)
    if a.size == 0 and not isinstance(x, np.ndarray):
        a = a.astype(np.int64)
    if a.nbytes > _HELD_BYTES:
        return handle(a)
    from_numpy(a[:0] if a.ndim else a)
    return np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("=")).reshape(a.shape)


def searchsorted(a, v, side="left", sorter=None):
    """Where each element of ``v`` would have to be put into the sorted ``a``: before equal elements, or behind them with ``side="right"``.

    Parameters
    ----------
    sorter : array_like, optional
        The places that sort ``a``, if it is not sorted.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.searchsorted(ta.asarray([1, 3, 5]), ta.asarray([0, 3, 9])).compute()
    array([0, 1, 3])
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be 'left' or 'right', not {side!r}")
    a = a if isinstance(a, Array) else np.asarray(a)
    if a.ndim != 1:
        raise ValueError("Input array a must be one dimensional")
    if sorter is not None:
        a = a[sorter]
    return Array(_tilework.searchsorted(_numbers(a), handle(v), side == "right"))


def digitize(a, bins, right=False):
    """The number of the bin of each element: 0 before the first of the bounds, as many as there are bounds behind the last.

    Parameters
    ----------
    bins : array_like
        Bounds of the bins, rising or falling.
    right : bool
        Whether a bin includes its upper bound, not its lower one.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.digitize(ta.arange(5), [1, 3]).compute()
    array([0, 1, 1, 2, 2])
    """
    h, bounds = handle(a), _numbers(bins)
    if np.dtype(h.dtype).kind == "c":
        raise TypeError("x may not be complex")
    if bounds.ndim != 1:
        raise ValueError("object of too small depth for desired array")
    return Array(_tilework.digitize(h, bounds, right))


def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Whether each element is among ``test_elements``; with ``invert`` whether it is not. NaN never is.

    Parameters
    ----------
    assume_unique, kind
        NumPy's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isin(ta.arange(5), [3, 1, 9]).compute()
    array([False,  True, False,  True, False])
    """
    h, numbers = handle(element), _numbers(test_elements)
    made = Array(_tilework.isin(h, numbers))
    return ~made if invert else made


def in1d(ar1, ar2, assume_unique=False, invert=False, *, kind=None):
    """Whether each element of the flat array is among those of another: :func:`isin`, flat.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.in1d(ta.arange(3), [1]).compute()
    array([False,  True, False])
    """
    return isin(ravel(ar1), ar2, assume_unique, invert)


methods(argsort=argsort, argpartition=argpartition, argtopk=argtopk, searchsorted=searchsorted, topk=topk)
