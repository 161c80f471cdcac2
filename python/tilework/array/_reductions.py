"""Reductions and cumulative operations, with NumPy's, dask's and the Array API's arguments.

NumPy decides dtypes: integers are summed in 64 bits, ``dtype=`` is what elements are cast to before. Results are lazy, of no dimensions where all axes
are reduced.
"""

from __future__ import annotations

import builtins

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _tilework
from ._core import Array, handle, methods
from ._cutting import Windows
from ._ufunc import put

_INEXACT = {"mean", "var", "std", "nanmean", "nanvar", "nanstd"}
_EXTREMES = {"min", "max", "nanmin", "nanmax"}


def _axes(axis, ndim, name="axis"):
    """The axes as the engine takes them (None: all)."""
    return None if axis is None else list(normalize_axis_tuple(axis, ndim, name))


def _number(v, name):
    """An initial value as a number of Python's."""
    if v is None or v is np._NoValue or type(v) in (int, float, complex, bool):
        return None if v is np._NoValue else v
    v = np.asarray(v)
    if v.ndim:
        raise ValueError(f"{name}: initial must be a number, not an array")
    return v.item()


def fold(name, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True, ddof=None, split_every=None):
    """A row of the table of reductions, with all options."""
    x = handle(a)
    axes = _axes(axis, x.ndim)
    if dtype is not None:
        dtype = np.dtype(dtype)
        if name in _INEXACT and dtype.kind not in "fc":
            x = x if np.dtype(x.dtype).kind in "fc" else x.astype("float64")
        else:
            x = _cast(x, dtype)
    if name in _EXTREMES and axes != []:
        _not_empty(x, axes, name, initial)
    mask = None if where is True or where is np._NoValue else handle(where)
    keepdims = False if keepdims is np._NoValue else bool(keepdims)
    every = _split(split_every, axes, x.ndim)
    r = a.reduced(name, axes, ddof) if type(a) is Windows and dtype is None and mask is None and initial is None and not keepdims else None
    if r is not None:
        pass
    elif axes == [] and mask is None and initial is None:
        r = _alone(name, x, ddof)
    else:
        r = _tilework.reduce(name, x, axes, keepdims, ddof, mask, _number(initial, name), every)
    if dtype is not None and r.dtype != dtype.name and not (name in ("var", "std", "nanvar", "nanstd") and dtype.kind == "c"):
        r = _cast(r, dtype)
    return Array(r) if out is None else put(r, out, name, "unsafe" if name in _INEXACT else "same_kind")


def _cast(x, dtype):
    return Array(x).astype(dtype)._x


def _alone(name, x, ddof):
    """A reduction over no axes: every element is reduced by itself."""
    return _tilework.reduce(name, _tilework.expand_dims(x, [x.ndim]), [x.ndim], False, ddof, None, None, None)


def _not_empty(x, axes, name, initial):
    shape = x.shape
    if initial is None and builtins.any(shape[a] == 0 for a in (range(x.ndim) if axes is None else axes)):
        raise ValueError(f"zero-size array to reduction operation {name}, which has no identity: give initial=")


def _split(split_every, axes, ndim):
    """dask's number of chunks per combination as the engine's, which is one number for all axes."""
    if split_every is None or split_every is False:
        return None
    if isinstance(split_every, dict):
        split_every = builtins.max([int(n) for n in split_every.values() if n], default=None)
        return split_every and builtins.max(split_every, 2)
    n = int(split_every)
    if n < 2:
        raise ValueError(f"split_every must be at least 2, not {n}")
    n_axes = ndim if axes is None else len(axes)
    return builtins.max(int(n ** (1 / (n_axes or 1))), 2)


def scan(name, a, axis=None, dtype=None, out=None):
    """A row of the table of cumulative operations."""
    x = handle(a)
    if axis is None:
        x = _tilework.reshape(x, [-1]) if x.ndim != 1 else x
        axis = 0
    axis = normalize_axis_index(axis, x.ndim)
    if dtype is not None:
        x = _cast(x, np.dtype(dtype))
    r = _tilework.cumulate(name, x, axis)
    if dtype is not None:
        r = _cast(r, np.dtype(dtype))
    return Array(r) if out is None else put(r, out, name)


# Sums and products.


def sum(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The sum of the elements; integers and bool are summed in 64 bits and wrap.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to sum along; None is all.
    dtype : dtype, optional
        What elements are cast to before, and what the result has.
    keepdims : bool
        Whether summed axes stay, with length 1.
    split_every : int or dict, optional
        How many chunks' sums are added at a time.
    out : Array, optional
        Becomes the result.
    initial : number, optional
        What the sum begins with.
    where : Array of bool, optional
        Which elements are summed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.sum(ta.ones((4, 3), chunks=2), axis=0).compute()
    array([4., 4., 4.])
    """
    return fold("sum", a, axis, dtype, out, keepdims, initial, where, split_every=split_every)


def prod(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The product of the elements; integers and bool are multiplied in 64 bits and wrap. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.prod(ta.arange(1, 6, chunks=2)).compute()
    np.int64(120)
    """
    return fold("prod", a, axis, dtype, out, keepdims, initial, where, split_every=split_every)


def nansum(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The sum of the elements that are not NaN. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nansum(ta.asarray([1, ta.nan, 3])).compute()
    np.float64(4.0)
    """
    return fold("nansum", a, axis, dtype, out, keepdims, initial, where, split_every=split_every)


def nanprod(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The product of the elements that are not NaN. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanprod(ta.asarray([2, ta.nan, 3])).compute()
    np.float64(6.0)
    """
    return fold("nanprod", a, axis, dtype, out, keepdims, initial, where, split_every=split_every)


# Means and variances.


def mean(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, where=True):
    """The arithmetic mean, accumulated in float64; NaN of no elements. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.mean(ta.arange(6, chunks=4).reshape(2, 3), axis=1).compute()
    array([1., 4.])
    """
    return fold("mean", a, axis, dtype, out, keepdims, None, where, split_every=split_every)


def nanmean(a, axis=None, dtype=None, keepdims=False, split_every=None, out=None, *, where=True):
    """The mean of the elements that are not NaN; NaN if there are none. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanmean(ta.asarray([1, ta.nan, 4])).compute()
    np.float64(2.5)
    """
    return fold("nanmean", a, axis, dtype, out, keepdims, None, where, split_every=split_every)


def _spread(name, a, axis, dtype, keepdims, ddof, split_every, out, where, mean, correction):
    if correction is not None:
        if ddof:
            raise ValueError("ddof and correction are the same: give one of them")
        ddof = correction
    if mean is not None:
        # Squared distances from the mean given, divided as the variance is.
        x = Array(handle(a))
        far = x - Array(handle(mean))
        far = far.real**2 + far.imag**2 if far.dtype.kind == "c" else far**2
        total = fold("sum", far, axis, dtype, None, keepdims, None, where)
        n = fold("sum", Array(_tilework.full_like(far._x, 1, "bool")), axis, None, None, keepdims, None, where)
        r = total / (n - ddof)
        r = (r**0.5 if name.endswith("std") else r).astype(total.dtype)
        return r if out is None else put(r._x, out, name, "unsafe")
    return fold(name, a, axis, dtype, out, keepdims, None, where, float(ddof), split_every)


def var(a, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None, out=None, *, where=True, mean=None, correction=None):
    """The variance: the mean squared distance from the mean. Of complex numbers a float.

    Parameters
    ----------
    ddof, correction : number
        What is subtracted from the number of elements before the division.
    mean : array-like, optional
        The mean, with the axes kept, where it is known.
    others
        As of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.var(ta.arange(5, chunks=2), ddof=1).compute()
    np.float64(2.5)
    """
    return _spread("var", a, axis, dtype, keepdims, ddof, split_every, out, where, mean, correction)


def std(a, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None, out=None, *, where=True, mean=None, correction=None):
    """The standard deviation: the square root of the variance. Parameters are those of :func:`var`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.std(ta.asarray([1, 3, 5, 7], chunks=2)).compute().round(4)
    np.float64(2.2361)
    """
    return _spread("std", a, axis, dtype, keepdims, ddof, split_every, out, where, mean, correction)


def nanvar(a, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None, out=None, *, where=True, mean=None, correction=None):
    """The variance of the elements that are not NaN. Parameters are those of :func:`var`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanvar(ta.asarray([1, ta.nan, 3])).compute()
    np.float64(1.0)
    """
    return _spread("nanvar", a, axis, dtype, keepdims, ddof, split_every, out, where, mean, correction)


def nanstd(a, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None, out=None, *, where=True, mean=None, correction=None):
    """The standard deviation of the elements that are not NaN. Parameters are those of :func:`var`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanstd(ta.asarray([1, ta.nan, 3])).compute()
    np.float64(1.0)
    """
    return _spread("nanstd", a, axis, dtype, keepdims, ddof, split_every, out, where, mean, correction)


# Extremes and their places.


def min(a, axis=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The smallest element; NaN if there is one. Parameters are those of :func:`sum`.

    Raises
    ------
    ValueError
        Of no elements without ``initial``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.min(ta.asarray([[4, 1], [3, 2]], chunks=1), axis=1).compute()
    array([1, 2])
    """
    return fold("min", a, axis, None, out, keepdims, initial, where, split_every=split_every)


def max(a, axis=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The largest element; NaN if there is one. Parameters are those of :func:`sum`.

    Raises
    ------
    ValueError
        Of no elements without ``initial``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.max(ta.asarray([[4, 1], [3, 2]], chunks=1), axis=1).compute()
    array([4, 3])
    """
    return fold("max", a, axis, None, out, keepdims, initial, where, split_every=split_every)


def nanmin(a, axis=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The smallest element that is not NaN; NaN if there is none. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanmin(ta.asarray([2, ta.nan, 1])).compute()
    np.float64(1.0)
    """
    return fold("nanmin", a, axis, None, out, keepdims, initial, where, split_every=split_every)


def nanmax(a, axis=None, keepdims=False, split_every=None, out=None, *, initial=None, where=True):
    """The largest element that is not NaN; NaN if there is none. Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanmax(ta.asarray([2, ta.nan, 1])).compute()
    np.float64(2.0)
    """
    return fold("nanmax", a, axis, None, out, keepdims, initial, where, split_every=split_every)


amin, amax = min, max


def _place(name, a, axis, keepdims, split_every, out):
    x = handle(a)
    if axis is not None:
        axis = normalize_axis_index(axis, x.ndim)
    shape = x.shape
    if builtins.any(shape[d] == 0 for d in (range(x.ndim) if axis is None else [axis])):
        raise ValueError(f"attempt to get {name} of an empty sequence")
    r = _tilework.reduce(name, x, None if axis is None else [axis], bool(keepdims), None, None, None, _split(split_every, None, 1))
    return Array(r) if out is None else put(r, out, name)


def argmin(a, axis=None, keepdims=False, split_every=None, out=None):
    """The place of the smallest element along an axis, or in the flat array; of the first one, or of the first NaN.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argmin(ta.asarray([[4, 1], [3, 5]], chunks=1), axis=0).compute()
    array([1, 0])
    """
    return _place("argmin", a, axis, keepdims, split_every, out)


def argmax(a, axis=None, keepdims=False, split_every=None, out=None):
    """The place of the largest element along an axis, or in the flat array; of the first one, or of the first NaN.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.argmax(ta.asarray([[4, 1], [3, 5]], chunks=1)).compute()
    np.int64(3)
    """
    return _place("argmax", a, axis, keepdims, split_every, out)


def nanargmin(a, axis=None, keepdims=False, split_every=None, out=None):
    """The place of the smallest element that is not NaN; an error when it is computed if there is none.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanargmin(ta.asarray([ta.nan, 2, 1])).compute()
    np.int64(2)
    """
    return _place("nanargmin", a, axis, keepdims, split_every, out)


def nanargmax(a, axis=None, keepdims=False, split_every=None, out=None):
    """The place of the largest element that is not NaN; an error when it is computed if there is none.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanargmax(ta.asarray([ta.nan, 2, 1])).compute()
    np.int64(1)
    """
    return _place("nanargmax", a, axis, keepdims, split_every, out)


def ptp(a, axis=None, out=None, keepdims=False):
    """The largest minus the smallest element; integers wrap.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ptp(ta.asarray([[4, 1], [3, 9]], chunks=1), axis=1).compute()
    array([3, 6])
    """
    r = max(a, axis, keepdims) - min(a, axis, keepdims)
    return r if out is None else put(r._x, out, "ptp")


# Truth and counts.


def any(a, axis=None, keepdims=False, split_every=None, out=None, *, where=True):
    """Whether an element is true (not zero). Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.any(ta.asarray([[0, 1], [0, 0]], chunks=1), axis=1).compute()
    array([ True, False])
    """
    return fold("any", a, axis, None, out, keepdims, None, where, split_every=split_every)


def all(a, axis=None, keepdims=False, split_every=None, out=None, *, where=True):
    """Whether all elements are true (not zero). Parameters are those of :func:`sum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.all(ta.asarray([[0, 1], [2, 1]], chunks=1), axis=1).compute()
    array([False,  True])
    """
    return fold("all", a, axis, None, out, keepdims, None, where, split_every=split_every)


def count_nonzero(a, axis=None, keepdims=False):
    """How many elements are not zero.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.count_nonzero(ta.arange(6, chunks=4)).compute()
    np.int64(5)
    """
    return fold("count_nonzero", a, axis, None, None, keepdims)


# The middle, moments and the diagonal.


def _middle(name, a, axis, keepdims, out):
    x = handle(a)
    axes = _axes(axis, x.ndim)
    if np.dtype(x.dtype).kind == "b":
        x = x.astype("float64")
    r = getattr(_tilework, name)(x, axes)
    if keepdims:
        r = _tilework.expand_dims(r, list(range(x.ndim)) if axes is None else sorted(axes))
    return Array(r) if out is None else put(r, out, name)


def median(a, axis=None, keepdims=False, out=None):
    """The middle element along axes (None: of all), the mean of both of an even number; NaN if there is one.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.median(ta.asarray([[1, 9, 2], [4, 4, 8]], chunks=2), axis=1).compute()
    array([2., 4.])
    """
    return _middle("median", a, axis, keepdims, out)


def nanmedian(a, axis=None, keepdims=False, out=None):
    """The middle one of the elements that are not NaN; NaN if there are none.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nanmedian(ta.asarray([1, ta.nan, 4])).compute()
    np.float64(2.5)
    """
    return _middle("nanmedian", a, axis, keepdims, out)


def moment(a, order, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None, out=None):
    """The central moment of an order: the mean of the distances from the mean to that power.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.moment(ta.asarray([0, 0, 3], chunks=2), 3).compute()
    np.float64(2.0)
    """
    if not isinstance(order, (int, np.integer)) or order < 0:
        raise ValueError("the order of a moment must be an integer, 0 or above")
    x = Array(handle(a))
    x = x if dtype is None else x.astype(dtype)
    if ddof:
        far = (x - mean(x, axis, keepdims=True)) ** int(order)
        n = sum(Array(_tilework.full_like(x._x, 1, "bool")), axis, keepdims=keepdims)
        r = (sum(far, axis, keepdims=keepdims) / (n - ddof))._x
    else:
        axes = _axes(axis, x.ndim)
        r = _tilework.moment(x._x, int(order), axes)
        if keepdims:
            r = _tilework.expand_dims(r, list(range(x.ndim)) if axes is None else sorted(axes))
    return Array(r) if out is None else put(r, out, "moment")


def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """The sum along the diagonal of two axes, ``offset`` to the right of the main one.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.trace(ta.arange(9, chunks=4).reshape(3, 3)).compute()
    np.int64(12)
    """
    x = handle(a) if dtype is None else _cast(handle(a), np.dtype(dtype))
    if x.ndim < 2:
        raise ValueError(f"trace requires an array of at least two dimensions, not {x.ndim}")
    axis1, axis2 = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    r = _tilework.trace(x, int(offset), axis1, axis2)
    r = r if dtype is None else _cast(r, np.dtype(dtype))
    return Array(r) if out is None else put(r, out, "trace")


# Cumulative operations.


def cumsum(a, axis=None, dtype=None, out=None, method="sequential"):
    """The sum of the elements so far along an axis, or of the flat array; integers and bool are summed in 64 bits.

    Parameters
    ----------
    axis : int, optional
        The axis; None is the flat array.
    dtype : dtype, optional
        What elements are cast to before, and what the result has.
    method : str
        dask's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cumsum(ta.ones(4, chunks=2, dtype=int)).compute()
    array([1, 2, 3, 4])
    """
    return scan("cumsum", a, axis, dtype, out)


def cumprod(a, axis=None, dtype=None, out=None, method="sequential"):
    """The product of the elements so far along an axis, or of the flat array. Parameters are those of :func:`cumsum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cumprod(ta.arange(1, 5, chunks=2)).compute()
    array([ 1,  2,  6, 24])
    """
    return scan("cumprod", a, axis, dtype, out)


def nancumsum(a, axis=None, dtype=None, out=None, *, method="sequential"):
    """The sum of the elements so far, NaN counting as 0. Parameters are those of :func:`cumsum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nancumsum(ta.asarray([1, ta.nan, 2])).compute()
    array([1., 1., 3.])
    """
    return scan("nancumsum", a, axis, dtype, out)


def nancumprod(a, axis=None, dtype=None, out=None, *, method="sequential"):
    """The product of the elements so far, NaN counting as 1. Parameters are those of :func:`cumsum`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nancumprod(ta.asarray([2, ta.nan, 3])).compute()
    array([2., 2., 6.])
    """
    return scan("nancumprod", a, axis, dtype, out)


def _cumulative(name, x, axis, dtype, out, include_initial):
    x = Array(handle(x))
    if axis is None:
        if x.ndim > 1:
            raise ValueError("cumulative operations of arrays of more than one axis need an axis")
        axis = 0
    r = scan(name, x, axis, dtype)
    if include_initial:
        axis = normalize_axis_index(axis, r.ndim)
        shape = [1 if d == axis else n for d, n in enumerate(r._x.shape)]
        first = _tilework.full(shape, name == "cumprod", r.dtype.name, None)
        r = Array(_tilework.concatenate([first, r._x], axis))
    return r if out is None else put(r._x, out, name)


def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """The sum of the elements so far along an axis, with a 0 in front if ``include_initial`` says so.

    Raises
    ------
    ValueError
        Of an array of more than one axis when none is named.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cumulative_sum(ta.asarray([1, 2, 3]), include_initial=True).compute()
    array([0, 1, 3, 6])
    """
    return _cumulative("cumsum", x, axis, dtype, out, include_initial)


def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """The product of the elements so far along an axis, with a 1 in front if ``include_initial`` says so.

    Raises
    ------
    ValueError
        Of an array of more than one axis when none is named.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cumulative_prod(ta.asarray([2, 3, 4]), include_initial=True).compute()
    array([ 1,  2,  6, 24])
    """
    return _cumulative("cumprod", x, axis, dtype, out, include_initial)


methods(
    all=all, any=any, argmax=argmax, argmin=argmin, cumprod=cumprod, cumsum=cumsum, max=max, mean=mean, min=min, moment=moment, prod=prod,
    ptp=ptp, std=std, sum=sum, trace=trace, var=var,
)  # fmt: skip
