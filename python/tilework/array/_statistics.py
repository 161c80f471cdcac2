"""Quantiles, weighted means, covariances, and whether arrays are equal."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import _tilework
from ._core import Array, beside, handle
from ._joining import concatenate, stack
from ._manipulation import broadcast_to, moveaxis
from ._selection import take_along_axis, where
from ._ufunc import minimum, put


# The methods that give elements themselves.
_TAKING = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")


def _real_numbers(a):
    h = handle(a)
    if np.dtype(h.dtype).kind == "c":
        raise TypeError("a must be an array of real numbers")
    return h


def _shares(name, q, hundred):
    """Shares from 0 to 1, of what may be hundredths."""
    if isinstance(q, Array):
        raise TypeError(f"{name}: q must be in memory, as the shape of the result follows from it: compute it first")
    q = np.asarray(q, dtype=np.float64)
    if not ((q >= 0) & (q <= hundred)).all():
        words = "Percentiles must be in the range [0, 100]" if hundred == 100 else "Quantiles must be in the range [0, 1]"
        raise ValueError(words)
    return q / hundred


def _widens(q, method, hundred):
    """Whether NumPy makes float64 of float32 for shares that are given as `q`."""
    if type(q) in (int, float):
        return False
    dtype = np.asarray(q).dtype
    if hundred == 100:
        dtype = np.true_divide(np.zeros(1, dtype), 100).dtype
    # Integers name elements, where nothing is added to them.
    return method != "linear" if dtype.kind in "iu" else dtype == np.float64


def _quantiles(a, given, q, axis, method, keepdims, skip_nan, hundred):
    h = _real_numbers(a)
    if h.dtype == "float32" and method not in _TAKING and _widens(given, method, hundred):
        h = h.astype("float64")
    axes = None if axis is None else list(normalize_axis_tuple(axis, h.ndim))
    ndim = h.ndim
    if ndim == 0:
        h, axes = _tilework.reshape(h, (1,)), None
    made = Array(_tilework.quantile(h, q.ravel().tolist(), axes, method, skip_nan))
    if keepdims:
        every = range(ndim) if axis is None else axes
        made = Array(_tilework.expand_dims(made._x, [i + 1 for i in sorted(every)]))
    return made.reshape(q.shape + made.shape[1:]) if q.ndim != 1 else made


def _weighted(a, q, axis, method, weights, keepdims, skip_nan):
    """The elements up to which given shares of the weights lie."""
    if method != "inverted_cdf":
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    x = Array(_real_numbers(a))
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    w = Array(handle(weights)).astype("float64")
    if w.shape != x.shape:
        if w.shape != tuple(x.shape[i] for i in axes):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        # The axes of the weights to their places among those of the array.
        order = sorted(range(len(axes)), key=lambda i: axes[i])
        w = w.transpose(order).reshape([x.shape[i] if i in axes else 1 for i in range(x.ndim)])
    w = broadcast_to(w, x.shape)
    last = tuple(range(-len(axes), 0))
    x, w = (moveaxis(v, axes, last) for v in (x, w))
    rest = x.shape[: x.ndim - len(axes)]
    x, w = (v.reshape((*rest, -1)).rechunk({-1: -1}) for v in (x, w))
    if skip_nan:
        w = where(x != x, 0.0, w)
    order = x.argsort(axis=-1)
    x, w = take_along_axis(x, order, -1), take_along_axis(w, order, -1)
    below = w.cumsum(axis=-1)
    below = below / below[..., -1:]
    # Elements without weight before all others are none's.
    below = where(below == 0, -1.0, below)
    places = [minimum((below < share).sum(axis=-1, keepdims=True), x.shape[-1] - 1) for share in q.ravel()]
    made = [take_along_axis(x, at, -1)[..., 0] for at in places]
    if not skip_nan and x.dtype.kind == "f":
        made = [where((x != x).any(axis=-1), np.nan, m) for m in made]
    made = stack(made).reshape(q.shape + rest)
    if keepdims:
        made = Array(_tilework.expand_dims(made._x, [q.ndim + i for i in sorted(axes)]))
    return made.astype(x.dtype)


def _quantile_function(name, hundred, skip_nan, words, example):
    def f(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None, interpolation=None, internal_method=None):
        if isinstance(axis, str):
            # dask's percentile has the method there.
            axis, method = None, axis
        shares, method = _shares(name, q, hundred), interpolation or method
        if weights is None:
            made = _quantiles(a, q, shares, axis, method, keepdims, skip_nan, hundred)
        else:
            made = _weighted(a, shares, axis, method, weights, keepdims, skip_nan)
        return made if out is None else Array(put(made._x, out, name)._x)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""{words} Exact, also of arrays that do not fit in memory.

    Parameters
    ----------
    q : float or array_like of floats
        From 0 to {hundred}; the axes of ``q`` come first in the result.
    axis : int or tuple of ints, optional
        Of all elements without.
    method : str
        NumPy's: ``linear``, ``lower``, ``higher``, ``midpoint``, ``nearest``, ``inverted_cdf``, ``averaged_inverted_cdf``,
        ``closest_observation``, ``interpolated_inverted_cdf``, ``hazen``, ``weibull``, ``median_unbiased`` or ``normal_unbiased``.
    weights : array_like, optional
        How much each element counts: of the shape of ``a``, or of that of ``axis``. Only with ``inverted_cdf``.
    overwrite_input, internal_method
        NumPy's and dask's; they change nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.{name}({example}, {hundred} / 4).compute()
    np.float64(2.5)
    """
    return f


quantile = _quantile_function("quantile", 1, False, "The values below which given shares of the elements lie; NaN if an element is.", "ta.arange(11)")
nanquantile = _quantile_function(
    "nanquantile", 1, True, "The values below which given shares of the elements that are not NaN lie.", "ta.arange(11)"
)
percentile = _quantile_function(
    "percentile", 100, False, "The values below which given shares of the elements, in hundredths, lie; NaN if an element is.", "ta.arange(11)"
)
nanpercentile = _quantile_function(
    "nanpercentile", 100, True, "The values below which given shares of the elements that are not NaN, in hundredths, lie.", "ta.arange(11)"
)


def average(a, axis=None, weights=None, returned=False, keepdims=False):
    """The mean weighted by ``weights``; the plain mean without.

    Parameters
    ----------
    weights : array_like, optional
        Of the array's shape, or of that of ``axis``. Where they add up to 0 the result is what the division gives.
    returned : bool
        Also the sums of the weights, as second result.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.average(ta.asarray([1.0, 2.0]), weights=[3, 1]).compute()
    np.float64(1.25)
    """
    h = handle(a)
    axes = None if axis is None else list(normalize_axis_tuple(axis, h.ndim))
    w = None if weights is None else handle(weights)
    if w is not None and w.shape != h.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if tuple(w.shape) != tuple(h.shape[i] for i in axes):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    both = [Array(r) for r in _tilework.average(h, axes, w)] if w is not None or returned else [Array(h).mean(axis=axis)]
    if keepdims:
        every = sorted(range(h.ndim) if axes is None else axes)
        both = [Array(_tilework.expand_dims(r._x, every)) for r in both]
    return tuple(both) if returned else both[0]


def _variables(m, y, rowvar):
    """Variables as rows, those of ``y`` below those of ``m``."""
    rows = []
    for x in (m,) if y is None else (m, y):
        x = Array(handle(x))
        if x.ndim > 2:
            raise ValueError("m has more than 2 dimensions" if x.ndim == np.ndim(m) else "y has more than 2 dimensions")
        x = x.reshape(1, -1) if x.ndim < 2 else x if rowvar else x.T
        rows.append(x)
    return rows[0] if y is None else concatenate(rows, 0)


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """The covariance matrix of variables, in float64 (of complex numbers in complex128); of one variable its variance.

    Parameters
    ----------
    m, y : array_like
        Variables, and further ones: of one dimension one variable.
    rowvar : bool
        Whether each row is a variable and each column an observation, or the other way round.
    bias : bool
        Whether sums are divided by the number of observations, not by one less.
    ddof : int, optional
        What the number of observations is lessened by instead.
    fweights, aweights : array_like, optional
        How often each observation occurred, and how much it counts.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cov(ta.asarray([[0, 1, 2], [2, 1, 0]])).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    ddof = int(ddof) if ddof is not None else 0 if bias else 1
    x = _variables(m, y, rowvar)
    if fweights is None and aweights is None and 0 <= ddof < x.shape[1]:
        made = Array(_tilework.cov(x._x, ddof))
    else:
        made = _weighted_cov(x, ddof, fweights, aweights)
    return made if dtype is None else made.astype(dtype)


def _weighted_cov(x, ddof, fweights, aweights):
    from . import conj, matmul, maximum, sum

    x = x.astype(np.result_type(x.dtype, np.float64))
    w = None
    for weights in (fweights, aweights):
        if weights is not None:
            v = Array(handle(weights)).astype(np.float64)
            if v.ndim != 1 or v.shape[0] != x.shape[1]:
                raise RuntimeError("weights must have one dimension and a number for each observation")
            w = v if w is None else w * v
    total = x.shape[1] if w is None else sum(w)
    weighted = x if w is None else x * w
    x = x - (sum(weighted, axis=1) / total).reshape(-1, 1)
    factor = total - ddof if aweights is None or ddof == 0 else total - ddof * sum(w * Array(handle(aweights))) / total
    factor = maximum(factor, 0) if isinstance(factor, Array) else max(factor, 0)
    made = matmul(x, conj((x if w is None else x * w).T)) / Array(handle(np.float64(factor) if not isinstance(factor, Array) else factor))
    return made.reshape(()) if made.shape == (1, 1) else made


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Pearson's correlation coefficients of variables: :func:`cov` over the standard deviations, held within -1 and 1.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.corrcoef(ta.asarray([[0, 1, 2], [4, 2, 0]])).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    x = _variables(x, y, rowvar)
    if x.dtype.kind == "c":
        from . import clip, diagonal, imag, real, sqrt

        c = cov(x)
        if c.ndim == 0:
            return c / c
        d = sqrt(real(diagonal(c)))
        c = c / d[:, None] / d[None, :]
        made = clip(real(c), -1, 1) + 1j * clip(imag(c), -1, 1)
    else:
        made = Array(_tilework.corrcoef(x._x))
    return made if dtype is None else made.astype(dtype)


def isclose(arr1, arr2, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether elements are within a tolerance of those of ``arr2``: at most ``atol + rtol * abs(arr2)`` away.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isclose(ta.asarray([1.0, 2.0]), [1.0 + 1e-9, 2.1]).compute()
    array([ True, False])
    """
    b = beside(arr2)
    if isinstance(rtol, Array) or isinstance(atol, Array) or np.ndim(rtol) or np.ndim(atol):
        from . import abs, isfinite, isnan

        a, b = Array(handle(arr1)), Array(handle(arr2))
        close = (abs(a - b) <= atol + rtol * abs(b)) & isfinite(b) | (a == b)
        return close | (isnan(a) & isnan(b)) if equal_nan else close
    return Array(_tilework.isclose(handle(arr1), handle(arr2) if b is NotImplemented else b, float(rtol), float(atol), bool(equal_nan)))


def allclose(arr1, arr2, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are within a tolerance of those of ``arr2``, as a lazy array without axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> bool(ta.allclose(ta.asarray([1.0, 2.0]), [1.0, 2.0 + 1e-9]))
    True
    """
    return isclose(arr1, arr2, rtol, atol, equal_nan).all()


def array_equal(a1, a2, equal_nan=False):
    """Whether two arrays have one shape and equal elements, as a lazy array without axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> bool(ta.array_equal(ta.arange(3), [0, 1, 2]))
    True
    """
    return Array(_tilework.array_equal(handle(a1), handle(a2), bool(equal_nan), False))


def array_equiv(a1, a2):
    """Whether two arrays broadcast to one shape and have equal elements there, as a lazy array without axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> bool(ta.array_equiv(ta.ones((2, 3)), 1))
    True
    """
    return Array(_tilework.array_equal(handle(a1), handle(a2), False, True))
