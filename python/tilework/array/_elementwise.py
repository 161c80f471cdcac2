"""NumPy's elementwise functions that are no ufuncs: rows of the op table, and what is made of them."""

from __future__ import annotations

import functools

import numpy as np

from .. import _tilework
from ._core import OPS, Array, handle, methods
from ._ufunc import maximum, minimum, put, rad2deg


def _table(name, x, out=None):
    r = _tilework.unary(OPS[name][0], x)
    return Array(r) if out is None else put(r, out, name)


def _of_numpy(f):
    """NumPy's own result where the argument is NumPy's and nothing is lazy, as of a ufunc."""
    numpy_f = getattr(np, f.__name__)

    @functools.wraps(f)
    def g(*args, **options):
        if args and isinstance(args[0], (np.ndarray, np.generic)) and not any(isinstance(a, Array) for a in (*args, *options.values())):
            return numpy_f(*args, **options)
        return f(*args, **options)

    return g


def _floats(x, name, complex_too=False):
    """The handle of an array-like, integers and bool as float64."""
    x = handle(x)
    kind = np.dtype(x.dtype).kind
    if kind == "c" and not complex_too:
        raise TypeError(f"{name} does not take {x.dtype}: take real, imag or absolute first")
    return x.astype("float64") if kind in "biu" else x


@_of_numpy
def angle(z, deg=False):
    """The angle of complex numbers in radians, -pi to pi, or in degrees; of a real number 0 or pi.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.angle(ta.asarray([1, 1j, -1 + 0j]), deg=True).compute()
    array([  0.,  90., 180.])
    """
    r = _table("angle", _floats(z, "angle", complex_too=True))
    return rad2deg(r) if deg else r


def clip(x, /, min=None, max=None, out=None, *, a_min=None, a_max=None, dtype=None):
    """Values held within bounds: what is below ``min`` becomes ``min``, what is above ``max`` (which wins where they cross) ``max``.

    Parameters
    ----------
    min, max : number or array-like, optional
        The bounds; None is no bound. ``a_min`` and ``a_max`` are other names.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.clip(ta.arange(6, chunks=4), 1, 4).compute()
    array([1, 1, 2, 3, 4, 4])
    """
    if (min is not None and a_min is not None) or (max is not None and a_max is not None):
        raise ValueError("clip: give a bound as a_min and a_max or as min and max, not as both")
    low, high = a_min if min is None else min, a_max if max is None else max
    r = x if isinstance(x, Array) else Array(handle(x))
    if low is not None:
        r = maximum(r, low, dtype=dtype)
    if high is not None:
        r = minimum(r, high, dtype=dtype)
    return Array(r._x) if out is None else put(r._x, out, "clip")


@_of_numpy
def fix(x, out=None):
    """The number rounded toward zero.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fix(ta.asarray([-1.7, 0.5, 2.9])).compute()
    array([-1.,  0.,  2.])
    """
    h = handle(x)
    if np.dtype(h.dtype).kind == "c":
        raise TypeError("fix does not take complex numbers: take real and imag one by one")
    return _table("fix", h, out)


@_of_numpy
def i0(x):
    """The modified Bessel function of the first kind and order 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.i0(ta.asarray([0.0, 1.0, 2.0])).compute()
    array([1.        , 1.26606588, 2.2795853 ])
    """
    return _table("i0", _floats(x, "i0"))


@_of_numpy
def imag(val):
    """The imaginary part, of complex numbers as a float; 0 for other numbers.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.imag(ta.asarray([1 + 2j, 3])).compute()
    array([2., 0.])
    """
    return _table("imag", handle(val))


@_of_numpy
def iscomplex(x):
    """Whether the imaginary part is not 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.iscomplex(ta.asarray([1 + 2j, 3])).compute()
    array([ True, False])
    """
    return _table("iscomplex", handle(x))


def isneginf(x, out=None):
    """Whether the value is negative infinity.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isneginf(ta.asarray([-ta.inf, 0, ta.inf])).compute()
    array([ True, False, False])
    """
    return _table("isneginf", _real(x, "isneginf"), out)


def isposinf(x, out=None):
    """Whether the value is positive infinity.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isposinf(ta.asarray([-ta.inf, 0, ta.inf])).compute()
    array([False, False,  True])
    """
    return _table("isposinf", _real(x, "isposinf"), out)


@_of_numpy
def isreal(x):
    """Whether the imaginary part is 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isreal(ta.asarray([1 + 2j, 3])).compute()
    array([False,  True])
    """
    return _table("isreal", handle(x))


def _real(x, name):
    x = handle(x)
    if np.dtype(x.dtype).kind == "c":
        raise TypeError(f"{name} does not take {x.dtype}: take real or imag first")
    return x


@_of_numpy
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """NaN replaced by ``nan``, infinities by ``posinf`` and ``neginf``, or by the largest and lowest finite number of the dtype.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.nan_to_num(ta.asarray([1, ta.nan, ta.inf]), nan=-1, posinf=9).compute()
    array([ 1., -1.,  9.])
    """
    x = handle(x)
    if np.dtype(x.dtype).kind != "c":
        return Array(_tilework.nan_to_num(x, nan, posinf, neginf))
    parts = (_tilework.nan_to_num(_tilework.unary(OPS[part][0], x), nan, posinf, neginf) for part in ("real", "imag"))
    re, im = map(Array, parts)
    return (re + im * 1j).astype(x.dtype)


@_of_numpy
def real(val):
    """The real part, of complex numbers as a float; other numbers stay.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.real(ta.asarray([1 + 2j, 3])).compute()
    array([1., 3.])
    """
    return _table("real", handle(val))


def round(a, decimals=0, out=None):
    """Rounded to ``decimals`` places after the point, before it if negative; halves go to the even digit.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.round(ta.asarray([0.125, 2.675, 17.5]), 1).compute()
    array([ 0.1,  2.7, 17.5])
    >>> ta.round(ta.asarray([14, 15, 25]), -1).compute()
    array([10, 20, 20])
    """
    x = handle(a)
    if x.dtype == "bool":
        x = x.astype("float32")
    r = _tilework.round(x, int(decimals))
    return Array(r) if out is None else put(r, out, "round")


around = round


@_of_numpy
def sinc(x):
    """The sine of pi times the number over pi times the number; 1 for 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.sinc(ta.asarray([0, 0.5, 1])).compute()
    array([1.        , 0.63661977, 0.        ])
    """
    return _table("sinc", _floats(x, "sinc", complex_too=True))


def _clip(self, min=None, max=None, out=None, **options):
    """Values held within bounds; see :func:`clip`."""
    return clip(self, min, max, out, **options)


def _conj(self):
    """The numbers with the opposite imaginary part."""
    return Array(_tilework.unary(OPS["conjugate"][0], self._x))


methods(
    clip=_clip,
    conj=_conj,
    conjugate=_conj,
    imag=property(imag),
    real=property(real),
    round=round,
    __round__=lambda self, ndigits=0: round(self, ndigits or 0),
    __trunc__=lambda self: int(self._scalar()),
)
