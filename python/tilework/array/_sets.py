"""Distinct elements and sets. How many there are is not known before they are computed."""

from __future__ import annotations

from collections import namedtuple

from .. import _tilework
from ._core import Array, handle, sized
from ._joining import concatenate
from ._manipulation import ravel
from ._selection import flatnonzero, where

_All = namedtuple("UniqueAllResult", "values indices inverse_indices counts")
_Counts = namedtuple("UniqueCountsResult", "values counts")
_Inverse = namedtuple("UniqueInverseResult", "values inverse_indices")


def _one_nan(x):
    """Complex numbers with one NaN for all that have NaN in a part, as NumPy counts them."""
    if x.dtype[0] != "c":
        return x
    x = Array(x)
    return where(x == x, x, complex("nan+nanj"))._x


def _distinct(x, equal_nan):
    """Values, places, inverse and counts of the distinct elements."""
    return sized(_all(_one_nan(x), equal_nan), x)


def _all(x, equal_nan):
    values, places, inverse, counts = map(Array, _tilework.unique_all(x))
    if equal_nan or x.dtype[0] not in "fc":
        return values, places, inverse, counts
    # Every NaN for itself, at the end.
    flat = ravel(Array(x))
    is_nan = flat != flat
    kept = values == values
    ones = flat[is_nan]
    nth = where(is_nan, is_nan.astype("int64").cumsum(axis=0) - 1, 0).reshape(tuple(x.shape))
    return (
        concatenate([values[kept], ones]),
        concatenate([places[kept], flatnonzero(is_nan)]),
        inverse + nth,
        concatenate([counts[kept], (ones != ones).astype("int64")]),
    )


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True):
    """The distinct elements, rising, as an array of one dimension.

    Parameters
    ----------
    return_index, return_inverse, return_counts : bool
        Also where each occurs first in the flat array, which of them every element is, and how often each occurs.
    axis
        None: distinct rows along an axis are not supported.
    equal_nan : bool
        Whether all NaN are one element.
    sorted
        NumPy's; the elements always rise.

    Examples
    --------
    >>> import tilework.array as ta
    >>> values, counts = ta.unique(ta.asarray([3, 1, 3]), return_counts=True)
    >>> values.compute(), counts.compute()
    (array([1, 3]), array([1, 2]))
    """
    x = _one_nan(handle(ar)) if equal_nan else handle(ar)
    if axis is not None and x.ndim != 1:
        raise NotImplementedError("unique along an axis is not supported: compute the array, or take the elements of the flat array")
    if not (return_index or return_inverse or return_counts):
        return unique_values(Array(x)) if not equal_nan else sized(Array(_tilework.unique(x)), x)
    if return_counts and not return_index and not return_inverse and equal_nan:
        return sized(tuple(map(Array, _tilework.unique_counts(x))), x)
    made = _distinct(x, equal_nan)
    wanted = (True, return_index, return_inverse, return_counts)
    return tuple(m for m, w in zip(made, wanted) if w)


def unique_all(x, /):
    """The distinct elements, where each occurs first, which of them every element is, and how often each occurs; every NaN counts for itself.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.unique_all(ta.asarray([3, 1, 3])).inverse_indices.compute()
    array([1, 0, 1])
    """
    return _All(*_distinct(handle(x), False))


def unique_counts(x, /):
    """The distinct elements and how often each occurs; every NaN counts for itself.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.unique_counts(ta.asarray([3, 1, 3])).counts.compute()
    array([1, 2])
    """
    h = handle(x)
    if h.dtype[0] not in "fc":
        return sized(_Counts(*map(Array, _tilework.unique_counts(h))), h)
    flat = ravel(Array(h))
    nan = flat[flat != flat]
    values, counts = map(Array, _tilework.unique_counts(flat[flat == flat]._x))
    return sized(_Counts(concatenate([values, nan]), concatenate([counts, (nan != nan).astype("int64")])), h)


def unique_inverse(x, /):
    """The distinct elements and which of them every element is; every NaN counts for itself.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.unique_inverse(ta.asarray([3, 1, 3])).inverse_indices.compute()
    array([1, 0, 1])
    """
    values, _, inverse, _ = _distinct(handle(x), False)
    return _Inverse(values, inverse)


def unique_values(x, /):
    """The distinct elements; every NaN counts for itself.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.unique_values(ta.asarray([3, 1, 3])).compute()
    array([1, 3])
    """
    h = handle(x)
    if h.dtype[0] not in "fc":
        return sized(Array(_tilework.unique(h)), h)
    flat = ravel(Array(h))
    return sized(concatenate([Array(_tilework.unique(flat[flat == flat]._x)), flat[flat != flat]]), h)


def _set(name, words, example):
    def f(ar1, ar2, assume_unique=False):
        return Array(_tilework.sets(name, _one_nan(ravel(ar1)._x), _one_nan(ravel(ar2)._x)))

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""{words}

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.{name}(ta.arange(3), ta.arange(1, 5)).compute()
    array({example})
    """
    return f


union1d = _set("union1d", "The elements that are in one of both arrays, rising.", [0, 1, 2, 3, 4])
setdiff1d = _set("setdiff1d", "The elements of the first array that are not in the second, rising.", [0])
setxor1d = _set("setxor1d", "The elements that are in one of both arrays only, rising.", [0, 3, 4])
_intersect1d = _set("intersect1d", "", [])


def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The elements that are in both arrays, rising.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.intersect1d(ta.arange(3), ta.arange(1, 5)).compute()
    array([1, 2])
    """
    if return_indices:
        raise NotImplementedError("intersect1d: return_indices=True is not supported: look the result up with searchsorted")
    return _intersect1d(ar1, ar2)
