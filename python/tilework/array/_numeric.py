"""Differences, curves, convolutions and polynomials; shapes and kinds of things that may be arrays."""

from __future__ import annotations

import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _tilework
from ._core import Array, handle
from ._joining import concatenate
from ._manipulation import ravel


def copy(a):
    """The array as another one: a change of one is none of the other.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.zeros(2)
    >>> y = ta.copy(x)
    >>> y[0] = 1
    >>> x.compute()
    array([0., 0.])
    """
    return Array(handle(a))


def _dtype(x):
    return np.dtype(handle(x).dtype) if not hasattr(x, "dtype") else np.dtype(x.dtype)


def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Each element minus the one before it along an axis, ``n`` times over; of bool whether they differ.

    Parameters
    ----------
    prepend, append : array_like, optional
        What is put before and after the array along the axis first.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.diff(ta.asarray([1, 4, 9, 16])).compute()
    array([3, 5, 7])
    """
    n = operator.index(n)
    if n == 0:
        return Array(handle(a))
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    h = handle(a)
    if h.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(axis, h.ndim)
    sides = []
    for side in (prepend, append):
        # An array of no more than NumPy's dtype for it, as in its concatenate.
        sides.append(None if side is None else handle(side))
    return Array(_tilework.diff(h, n, axis, *sides))


def ediff1d(ary, to_end=None, to_begin=None):
    """The differences of neighbours in the flat array, between what is put at the beginning and at the end.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ediff1d(ta.asarray([1, 4, 9]), to_end=[0]).compute()
    array([3, 5, 0])
    """
    x = ravel(ary)
    made = [x[1:] - x[:-1]]
    for side, name in ((to_begin, "to_begin"), (to_end, "to_end")):
        if side is None:
            continue
        s = ravel(side)
        if not np.can_cast(s.dtype, x.dtype, casting="same_kind"):
            raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
        made = [s.astype(x.dtype), *made] if name == "to_begin" else [*made, s.astype(x.dtype)]
    return concatenate(made) if len(made) > 1 else made[0]


def gradient(f, *varargs, axis=None, edge_order=1):
    """The slopes of values along axes: differences of both neighbours over their distance, and at the ends one-sided ones.

    Parameters
    ----------
    *varargs : numbers or arrays of one dimension
        The distance of neighbours, or the coordinates: one for all axes, or one for each.
    axis : int or tuple of ints, optional
        All axes without.
    edge_order : {1, 2}
        Whether the slope at the ends is that of a line or of a parabola.

    Returns
    -------
    Array, or a list of them for several axes

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.gradient(ta.asarray([1.0, 2.0, 4.0, 7.0])).compute()
    array([1. , 1.5, 2.5, 3. ])
    """
    x = Array(handle(f))
    axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError("invalid number of arguments")
    spacing = [1.0] * len(axes) if not varargs else list(varargs) * len(axes) if len(varargs) == 1 and len(axes) > 1 else list(varargs)
    if len(varargs) == 1 and np.ndim(varargs[0]) and len(axes) > 1:
        # NumPy takes one list of coordinates for all axes.
        spacing = [varargs[0]] * len(axes)
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    if x.dtype.kind in "biu":
        x = x.astype(np.float64)
    made = [_slope(x, s, a, edge_order) for s, a in zip(spacing, axes)]
    return made[0] if len(made) == 1 else made


def _slope(x, spacing, axis, edge_order):
    n = x.shape[axis]
    if n < edge_order + 1:
        raise ValueError("Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required.")
    if not isinstance(spacing, Array) and np.ndim(spacing) == 1 and len(spacing) == n:
        # As NumPy: equal distances are one distance, with which the middle of three elements counts for nothing.
        d = np.diff(spacing)
        spacing = d[0] if (d == d[0]).all() else spacing
    if np.ndim(spacing) == 0 and not isinstance(spacing, Array):
        return Array(_tilework.gradient(x._x, float(spacing), axis, edge_order))
    places = Array(handle(spacing))
    if places.ndim == 0:
        return Array(_tilework.gradient(x._x, 1.0, axis, edge_order)) / places
    if places.ndim != 1:
        raise ValueError("distances must be either scalars or 1d")
    if places.shape[0] != n:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    d = places.astype(np.float64) if places.dtype.kind in "biu" else places
    d = d[1:] - d[:-1]
    shaped = lambda v: v[(slice(None),) + (None,) * (x.ndim - 1 - axis)]
    at = lambda a, b: x[(slice(None),) * axis + (slice(a, b),)]
    before, after = shaped(d[:-1]), shaped(d[1:])
    inner = (
        at(None, -2) * (-after / (before * (before + after)))
        + at(1, -1) * ((after - before) / (before * after))
        + at(2, None) * (before / (after * (before + after)))
    )
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / d[0]
        last = (at(n - 1, n) - at(n - 2, n - 1)) / d[-1]
    else:
        p, q = d[0], d[1]
        first = at(0, 1) * (-(2.0 * p + q) / (p * (p + q))) + at(1, 2) * ((p + q) / (p * q)) + at(2, 3) * (-p / (q * (p + q)))
        p, q = d[-2], d[-1]
        last = at(n - 3, n - 2) * (q / (p * (p + q))) + at(n - 2, n - 1) * (-(q + p) / (p * q)) + at(n - 1, n) * ((2.0 * q + p) / (q * (p + q)))
    return concatenate([first, inner, last], axis).rechunk(x.chunks).astype(x.dtype)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area under a curve along an axis, whose points are joined by straight lines: at the places ``x``, or ``dx`` apart.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.trapezoid(ta.asarray([1, 2, 3]), dx=2).compute()
    np.float64(8.0)
    """
    h = Array(handle(y))
    axis = normalize_axis_index(axis, h.ndim)
    if x is None:
        if np.ndim(dx) == 0 and not isinstance(dx, Array):
            return Array(_tilework.trapezoid(h._x, None, float(dx), axis))
        steps = Array(handle(dx))
    else:
        x = Array(handle(x))
        steps = diff(x)[(slice(None),) + (None,) * (h.ndim - 1 - axis)] if x.ndim == 1 else diff(x, axis=axis)
    part = lambda a, b: h[(slice(None),) * axis + (slice(a, b),)]
    return (steps * (part(1, None) + part(None, -1)) / 2.0).sum(axis=axis)


def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """Angles along an axis without jumps: where neighbours are ``discont`` or more apart (half a period without), whole periods are added.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.unwrap(ta.asarray([0, 1, 2, 0, 1]), period=3).compute()
    array([0, 1, 2, 3, 4])
    """
    h = handle(p)
    axis = normalize_axis_index(axis, h.ndim)
    period = period.item() if isinstance(period, np.generic) else period
    return Array(_tilework.unwrap(h, None if discont is None else float(discont), axis, period))


def _in_memory(x, name):
    if isinstance(x, Array):
        raise TypeError(f"{name} must be in memory: compute it first")
    return np.asarray(x)


def interp(x, xp, fp, left=None, right=None, period=None):
    """For every element the value there of the straight lines through the points ``(xp[i], fp[i])``, in float64 or complex128.

    Parameters
    ----------
    xp, fp : array_like
        The points, in memory; ``xp`` must rise.
    left, right : number, optional
        The values before the first and behind the last point; theirs without.
    period : number, optional
        After which distance the curve repeats; points need not rise then.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.interp(ta.asarray([0.5, 3.0]), [0, 1, 2], [0, 10, 20]).compute()
    array([ 5., 20.])
    """
    h, xp, fp = handle(x), _in_memory(xp, "xp"), _in_memory(fp, "fp")
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if xp.shape != fp.shape:
        raise ValueError("fp and xp are not of the same length.")
    if xp.size == 0:
        raise ValueError("array of sample points is empty")
    if period == 0:
        raise ValueError("period must be a non-zero value")
    xp = xp.astype(np.float64)
    if period is None and (np.diff(xp) < 0).any():
        raise ValueError("interp: xp must rise: sort the points")
    if not any(np.iscomplexobj(v) for v in (fp, left, right) if v is not None):
        ends = (None if v is None else float(v) for v in (left, right))
        return Array(_tilework.interp(h, xp.tolist(), fp.astype(np.float64).tolist(), *ends, period))
    parts = []
    for part in (np.real, np.imag):
        ends = (None if v is None else float(part(v)) for v in (left, right))
        parts.append(Array(_tilework.interp(h, xp.tolist(), part(fp).astype(np.float64).tolist(), *ends, period)))
    return parts[0] + 1j * parts[1]


def _convolved(a, v, mode, turned, name):
    if isinstance(a, Array) == isinstance(v, Array) and isinstance(a, Array):
        raise TypeError(f"{name}: one of both arrays must be in memory: compute the shorter one first")
    if isinstance(v, Array):
        if not turned:
            raise TypeError(f"{name}: the second array must be in memory: compute it first")
        a, v = v, a
    h, v = handle(a), np.asarray(v)
    if h.ndim != 1 or v.ndim != 1:
        raise ValueError("object too deep for desired array" if max(h.ndim, v.ndim) > 1 else "object of too small depth for desired array")
    if h.shape[0] == 0:
        raise ValueError("a cannot be empty")
    if v.size == 0:
        raise ValueError("v cannot be empty")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be one of 'full', 'same' or 'valid', not {mode!r}")
    one = lambda x, w: Array(_tilework.convolve(x._x, np.ascontiguousarray(w), mode, turned))
    x = Array(h)
    if x.dtype.kind != "c" and v.dtype.kind != "c":
        return one(x, v)
    # NumPy's correlate conjugates the second.
    w_real, w_imag = v.real, v.imag if turned else -v.imag
    real, imag = (x.real, x.imag) if x.dtype.kind == "c" else (x, None)
    re, im = one(real, w_real), one(real, w_imag)
    if imag is not None:
        re, im = re - one(imag, w_imag), im + one(imag, w_real)
    return (re + 1j * im).astype(np.result_type(x.dtype, v.dtype))


def convolve(a, v, mode="full"):
    """Sums of ``a`` times ``v`` backwards, at every shift, of arrays of one dimension.

    Parameters
    ----------
    a, v : array_like
        One of both must be in memory.
    mode : {"full", "same", "valid"}
        All sums, as many as the longer array has, or those where the shorter lies within the longer.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.convolve(ta.asarray([1, 2, 3]), [0, 1, 2]).compute()
    array([0, 1, 4, 7, 6])
    """
    return _convolved(a, v, mode, True, "convolve")


def correlate(a, v, mode="valid"):
    """Sums of ``a`` times ``v``, at every shift; ``v`` is in memory, and conjugated if it is complex. Otherwise as :func:`convolve`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.correlate(ta.asarray([1, 2, 3]), [0, 1, 2], "same").compute()
    array([5, 8, 3])
    """
    return _convolved(a, v, mode, False, "correlate")


def vander(x, N=None, increasing=False):
    """The powers of the elements of an array of one dimension as columns: ``N`` of them, the highest first or, with ``increasing``, the lowest.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.vander(ta.asarray([1, 2, 3]), 3).compute()
    array([[1, 1, 1],
           [4, 2, 1],
           [9, 3, 1]])
    """
    h = handle(x)
    if h.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    return Array(_tilework.vander(h, None if N is None else operator.index(N), bool(increasing)))


def polyval(p, x):
    """The values of a polynomial at the elements of ``x``: its coefficients stand from the highest power down.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.polyval([1, 0, -2], ta.arange(3)).compute()
    array([-2, -1,  2])
    """
    p = p if isinstance(p, Array) else np.asarray(p)
    x = Array(handle(x))
    y = x * 0
    for i in range(len(p)):
        y = y * x + p[i]
    return y


def shape(array):
    """The length along each axis of what may be an array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.shape([[1, 2]])
    (1, 2)
    """
    return array.shape if isinstance(array, Array) else np.shape(array)


def ndim(a):
    """The number of dimensions of what may be an array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ndim([[1, 2]])
    2
    """
    return a.ndim if isinstance(a, Array) else np.ndim(a)


def size(a, axis=None):
    """The number of elements of what may be an array, or that along an axis or some.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.size(ta.ones((2, 3)), 1)
    3
    """
    if not isinstance(a, Array):
        return np.size(a, axis)
    if axis is None:
        return a.size
    n = 1
    for i in normalize_axis_tuple(axis, a.ndim):
        n *= a.shape[i]
    return n


def iscomplexobj(x):
    """Whether something is complex by its dtype.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.iscomplexobj(ta.ones(2, dtype=complex))
    True
    """
    return _dtype(x).kind == "c"


def isrealobj(x):
    """Whether something is not complex by its dtype.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isrealobj(ta.ones(2))
    True
    """
    return not iscomplexobj(x)


def isscalar(element):
    """Whether something is a number (or a text), not an array, not even one without axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isscalar(3), ta.isscalar(ta.asarray(3))
    (True, False)
    """
    return np.isscalar(element)


def isnull(values):
    """Where elements are missing: NaN.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isnull(ta.asarray([1.0, ta.nan])).compute()
    array([False,  True])
    """
    from . import isnan

    return isnan(values)


def notnull(values):
    """Where elements are not missing: not NaN.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.notnull(ta.asarray([1.0, ta.nan])).compute()
    array([ True, False])
    """
    return ~isnull(values)
