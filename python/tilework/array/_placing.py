"""Functions that change elements of an array in place: the array has another expression afterwards, and what was made of it before stays."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._core import Array, handle, methods
from ._manipulation import ravel
from ._selection import _within, take, where
from ._sorting import partition, sort


def _changed(a, name):
    if not isinstance(a, Array):
        raise TypeError(f"{name}: the array that changes must be a lazy one, not {type(a).__name__}")
    return a


def copyto(dst, src, casting="same_kind", where=True):
    """Puts the elements of an array into another, where a mask holds.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.zeros(3)
    >>> ta.copyto(x, [1, 2, 3], where=[True, False, True])
    >>> x.compute()
    array([1., 0., 3.])
    """
    _changed(dst, "copyto")
    source = src if isinstance(src, (bool, int, float, complex)) else Array(handle(src))
    if isinstance(source, Array) and not np.can_cast(source.dtype, dst.dtype, casting=casting):
        raise TypeError(f"Cannot cast array data from {source.dtype!r} to {dst.dtype!r} according to the rule {casting!r}")
    if where is True:
        dst[...] = source
        return
    from ._manipulation import broadcast_to

    whole = Array(dst._x)
    whole[...] = source
    dst._x = _where(broadcast_to(where, dst.shape), whole, dst)


def _where(mask, a, b):
    return where(mask, a, b)._x.rechunk([list(c) for c in b.chunks]) if None not in b._x.shape else where(mask, a, b)._x


def put(a, ind, v, mode="raise"):
    """Puts values at flat positions, from the first again when they run out.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(5)
    >>> ta.put(x, [0, 2], [-44, -55])
    >>> x.compute()
    array([-44,   1, -55,   3,   4])
    """
    _changed(a, "put")
    at = ravel(ind) if isinstance(ind, Array) else np.asarray(ind).ravel()
    v = ravel(v) if isinstance(v, Array) else np.asarray(v).ravel()
    n = at.shape[0]
    if n and v.shape[0]:
        v = take(v, np.arange(n) % v.shape[0]) if v.shape[0] != n else v
        if mode == "wrap":
            at = at % a.size
        elif mode == "clip":
            at = _within(at, a.size)
        flat = ravel(a)
        flat[at] = v
        a._x = flat.reshape(a.shape).rechunk(a.chunks)._x


def put_along_axis(arr, indices, values, axis):
    """Puts values at the places that each element of ``indices`` names along an axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.asarray([[10, 30, 20], [60, 40, 50]])
    >>> ta.put_along_axis(x, ta.argmax(x, axis=1, keepdims=True), 99, axis=1)
    >>> x.compute()
    array([[10, 99, 20],
           [99, 40, 50]])
    """
    _changed(arr, "put_along_axis")
    at = handle(indices)
    if np.dtype(at.dtype).kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if axis is None:
        flat = ravel(arr)
        put_along_axis(flat, indices, values, 0)
        arr._x = flat.reshape(arr.shape).rechunk(arr.chunks)._x
        return
    if at.ndim != arr.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    arr._x = _tilework.put_along_axis(arr._x, at, handle(values), normalize_axis_index(axis, arr.ndim))


def putmask(a, mask, values):
    """Puts values where a mask holds: element by element those at its flat position, from the first again when they run out.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(5)
    >>> ta.putmask(x, x > 1, [-33, -44])
    >>> x.compute()
    array([  0,   1, -33, -44, -33])
    """
    _changed(a, "putmask")
    mask = Array(handle(mask)).astype(bool)
    if mask.shape != a.shape:
        raise ValueError("putmask: mask and data must be the same size")
    v = ravel(values)
    if v.shape[0] == 0:
        return
    if v.shape[0] != a.size:
        from ._manipulation import resize

        v = resize(v, a.shape) if v.shape[0] > 1 else v
    a._x = _where(mask, (v.reshape(a.shape) if v.shape[0] == a.size else v).astype(a.dtype), a)


def place(arr, mask, vals):
    """Puts values where a mask holds, one after the other, from the first again when they run out.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(5)
    >>> ta.place(x, x > 1, [44, 55])
    >>> x.compute()
    array([ 0,  1, 44, 55, 44])
    """
    _changed(arr, "place")
    mask = Array(handle(mask)).astype(bool)
    if mask.size != arr.size:
        raise ValueError("place: mask and data must be the same size")
    v = ravel(vals)
    if v.shape[0] == 0:
        raise ValueError("Cannot insert from an empty array!")
    nth = ravel(mask).astype(np.int64).cumsum(axis=0) - 1
    chosen = take(v, where(ravel(mask), nth, 0) % v.shape[0]).reshape(arr.shape)
    arr._x = _where(mask.reshape(arr.shape), chosen.astype(arr.dtype), arr)


def _fill(self, value):
    """Makes all elements one value.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.zeros(2)
    >>> x.fill(3)
    >>> x.compute()
    array([3., 3.])
    """
    self[...] = value


def _sort(self, axis=-1, kind=None, order=None, *, stable=None):
    """Sorts the elements of each lane along an axis; see :func:`sort`, which gives another array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.asarray([3, 1, 2])
    >>> x.sort()
    >>> x.compute()
    array([1, 2, 3])
    """
    self._x = sort(self, axis, kind, order, stable=stable)._x


def _partition(self, kth, axis=-1):
    """Sorts the elements of each lane along an axis so far as :func:`partition` says.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.asarray([3, 1, 2])
    >>> x.partition(0)
    >>> x[0].compute()
    np.int64(1)
    """
    self._x = partition(self, kth, axis)._x


methods(fill=_fill, partition=_partition, put=put, sort=_sort)
