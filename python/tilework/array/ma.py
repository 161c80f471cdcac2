"""Masked arrays: the functions of ``numpy.ma`` that dask has, on lazy arrays."""

from __future__ import annotations

import numpy as np

from . import _creation, _ufunc
from ._core import Array, from_numpy as _lazy, handle
from ._masked import MaskedArray, like, masked_of
from ._selection import nonzero as _nonzero, where as _where

__all__ = [
    "MaskedArray", "average", "count", "empty_like", "filled", "fix_invalid", "getdata", "getmaskarray", "masked_array", "masked_equal",
    "masked_greater", "masked_greater_equal", "masked_inside", "masked_invalid", "masked_less", "masked_less_equal", "masked_not_equal",
    "masked_outside", "masked_values", "masked_where", "nonzero", "ones_like", "set_fill_value", "where", "zeros_like",
]  # fmt: skip


def _ends_with(call, result):
    """Ends the docstring of a function with an example of it."""

    def end(f):
        f.__doc__ = f"""{f.__doc__.rstrip()}

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.asarray([1.0, 2.0, 3.0], chunks=2)
    >>> {call}
    {result}
    """
        return f

    return end


def _array(x):
    return x if isinstance(x, Array) else Array(handle(x))


def from_numpy(a, chunks="auto"):
    """NumPy's masked array as a lazy one."""
    return MaskedArray(_lazy(a.data, chunks), _lazy(np.ma.getmaskarray(a), chunks), a.fill_value)


@_ends_with("ta.ma.masked_array(x, mask=[False, True, False]).compute().tolist()", "[1.0, None, 3.0]")
def masked_array(data, mask=np.ma.nomask, fill_value=None, **kwargs):
    """An array with a mask: its elements are masked where `mask` holds, and where they are already."""
    d, own = masked_of(data)
    d = _array(d)
    if "dtype" in kwargs and kwargs["dtype"] is not None:
        d = d.astype(kwargs.pop("dtype"))
    m = own
    if mask is not np.ma.nomask:
        given = _array(mask).astype(bool)
        if given.shape != d.shape:
            if given.size != 1:
                raise np.ma.MaskError(f"Mask and data not compatible: data shape is {d.shape}, and mask shape is {given.shape}.")
            given = _creation.zeros_like(d, dtype=bool) | given.reshape(())
        m = given if own is False else own | given
    if m is False:
        m = _creation.zeros_like(d, dtype=bool)
    return MaskedArray(d, m, _checked(fill_value, d.dtype))


def _checked(fill_value, dtype):
    if fill_value is None:
        return None
    if isinstance(fill_value, Array):
        if fill_value.ndim:
            raise ValueError("fill_value must be scalar or 0-d array")
        fill_value = fill_value.compute()
    try:
        return np.array(np.asarray(fill_value).item(), dtype)[()]
    except (OverflowError, ValueError) as e:
        raise TypeError(f"Cannot convert fill_value {fill_value} to dtype {dtype}") from e


@_ends_with("ta.ma.masked_where(x > 2, x).compute().tolist()", "[1.0, 2.0, None]")
def masked_where(condition, a):
    """The array masked where a condition holds."""
    c = _array(masked_of(condition)[0])
    d, own = masked_of(a)
    d = _array(d)
    if c.ndim and c.shape != d.shape:
        raise IndexError(f"Inconsistent shape between the condition and the input (got {c.shape} and {d.shape})")
    m = _creation.zeros_like(d, dtype=bool) | c.astype(bool)
    return MaskedArray(d, m if own is False else own | m, getattr(a, "_fill", None))


def _comparing(name, ufunc, words, result):
    def f(x, value):
        return masked_where(ufunc(_array(masked_of(x)[0]), value), x)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"The array masked where its elements are {words} a value."
    return _ends_with(f"ta.ma.{name}(x, 2).compute().tolist()", result)(f)


masked_greater = _comparing("masked_greater", _ufunc.greater, "greater than", "[1.0, 2.0, None]")
masked_greater_equal = _comparing("masked_greater_equal", _ufunc.greater_equal, "at least", "[1.0, None, None]")
masked_less = _comparing("masked_less", _ufunc.less, "less than", "[None, 2.0, 3.0]")
masked_less_equal = _comparing("masked_less_equal", _ufunc.less_equal, "at most", "[None, None, 3.0]")
masked_not_equal = _comparing("masked_not_equal", _ufunc.not_equal, "different from", "[None, 2.0, None]")


@_ends_with("ta.ma.masked_equal(x, 2).compute().tolist()", "[1.0, None, 3.0]")
def masked_equal(a, value):
    """The array masked where its elements are a value, which is what it is filled with too."""
    if getattr(value, "shape", ()):
        raise ValueError("masked_equal does not support array `value`s")
    x = masked_where(_ufunc.equal(_array(masked_of(a)[0]), value), a)
    return MaskedArray(x.data, x.mask, _checked(value, x.dtype))


@_ends_with("ta.ma.masked_inside(x, 1.5, 2.5).compute().tolist()", "[1.0, None, 3.0]")
def masked_inside(x, v1, v2):
    """The array masked where its elements lie between two values, or are one of them."""
    d, (low, high) = _array(masked_of(x)[0]), sorted((v1, v2))
    return masked_where((d >= low) & (d <= high), x)


@_ends_with("ta.ma.masked_outside(x, 1.5, 2.5).compute().tolist()", "[None, 2.0, None]")
def masked_outside(x, v1, v2):
    """The array masked where its elements do not lie between two values."""
    d, (low, high) = _array(masked_of(x)[0]), sorted((v1, v2))
    return masked_where((d < low) | (d > high), x)


@_ends_with("ta.ma.masked_invalid(ta.log(x - 1)).compute().tolist()", "[None, 0.0, 0.6931471805599453]")
def masked_invalid(a):
    """The array masked where its elements are NaN or infinite."""
    d = _array(masked_of(a)[0])
    return masked_where(~_ufunc.isfinite(d), a)


@_ends_with("ta.ma.masked_values(x, 2.00001).compute().tolist()", "[1.0, None, 3.0]")
def masked_values(x, value, rtol=1e-05, atol=1e-08, shrink=True):
    """The array masked where its elements are about a value, which is what it is filled with too."""
    from ._statistics import isclose

    d = _array(masked_of(x)[0])
    near = isclose(d, value, rtol=rtol, atol=atol) if d.dtype.kind in "fc" else d == value
    m = masked_where(near, x)
    return MaskedArray(m.data, m.mask, _checked(value, d.dtype))


@_ends_with("ta.ma.fix_invalid(ta.log(x - 1), fill_value=-1).data.compute()[:2]", "array([-1.,  0.])")
def fix_invalid(a, fill_value=None):
    """The array masked where its elements are NaN or infinite, and a value put there."""
    m = masked_invalid(a)
    value = m.fill_value if fill_value is None else fill_value
    return MaskedArray(_where(m.mask, m.dtype.type(value), m.data), m.mask, m._fill)


@_ends_with("ta.ma.filled(ta.ma.masked_equal(x, 2), 0).compute()", "array([1., 0., 3.])")
def filled(a, fill_value=None):
    """The elements, with a value in the place of the masked ones."""
    return a.filled(fill_value) if isinstance(a, MaskedArray) else _array(a)


@_ends_with("ta.ma.getdata(ta.ma.masked_equal(x, 2)).compute()", "array([1., 2., 3.])")
def getdata(a):
    """The elements, also those that are masked."""
    return _array(masked_of(a)[0])


@_ends_with("ta.ma.getmaskarray(ta.ma.masked_equal(x, 2)).compute()", "array([False,  True, False])")
def getmaskarray(a):
    """Which elements are masked."""
    d, m = masked_of(a)
    return _creation.zeros_like(_array(d), dtype=bool) if m is False else m


def set_fill_value(a, fill_value):
    """Has the array filled with a value from now on.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.ma.masked_equal(ta.arange(3), 1)
    >>> ta.ma.set_fill_value(x, 9)
    >>> x.filled().compute()
    array([0, 9, 2])
    """
    if isinstance(a, MaskedArray):
        a._fill = _checked(fill_value, a.dtype)


@_ends_with("ta.ma.average(ta.ma.masked_equal(x, 2), weights=[1, 1, 3]).compute()", "np.float64(2.5)")
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    """The mean of the elements that are not masked, weighted."""
    x = a if isinstance(a, MaskedArray) else masked_array(a)
    if weights is None:
        mean = x.mean(axis=axis, keepdims=keepdims)
        n = x.count(axis, keepdims).astype(mean.dtype)
        return (mean, n) if returned else mean
    w = masked_array(weights)
    if w.shape != x.shape:
        if axis is None or w.ndim != 1:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if w.shape[0] != x.shape[axis]:
            raise ValueError("Length of weights not compatible with specified axis.")
        shape = [1] * x.ndim
        shape[axis] = -1
        w = w.reshape(shape)
    w = w + like(_creation.zeros_like, x)
    total = w.sum(axis=axis, keepdims=keepdims)
    mean = (x * w).sum(axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


@_ends_with("ta.ma.count(ta.ma.masked_equal(x, 2)).compute()", "np.int64(2)")
def count(a, axis=None, keepdims=False, split_every=None):
    """How many elements are not masked."""
    return (a if isinstance(a, MaskedArray) else masked_array(a)).count(axis, keepdims)


@_ends_with("ta.ma.ones_like(ta.ma.masked_equal(x, 2)).compute().tolist()", "[1.0, None, 1.0]")
def ones_like(a, **kwargs):
    """Ones, masked as `a` is."""
    return like(_creation.ones_like, a, **kwargs)


@_ends_with("ta.ma.zeros_like(ta.ma.masked_equal(x, 2)).compute().tolist()", "[0.0, None, 0.0]")
def zeros_like(a, **kwargs):
    """Zeros, masked as `a` is."""
    return like(_creation.zeros_like, a, **kwargs)


@_ends_with("ta.ma.empty_like(ta.ma.masked_equal(x, 2)).shape", "(3,)")
def empty_like(a, **kwargs):
    """An array for any elements, masked as `a` is; they are 0."""
    return like(_creation.zeros_like, a, **kwargs)


@_ends_with("ta.ma.nonzero(ta.ma.masked_equal(x, 2))[0].compute()", "array([0, 2])")
def nonzero(a):
    """The positions of the elements that are neither masked nor 0."""
    return _nonzero(filled(a, 0))


@_ends_with("ta.ma.where(x > 1, ta.ma.masked_equal(x, 2), -x).compute().tolist()", "[-1.0, None, 3.0]")
def where(condition, x=None, y=None):
    """The elements of `x` where a condition holds, else of `y`; masked where the condition or what is taken is."""
    if x is None and y is None:
        return nonzero(condition)
    c, hidden = masked_of(condition)
    c = _array(c).astype(bool)
    (a, m), (b, n) = masked_of(x), masked_of(y)
    data = _where(c, a, b)
    mask = _where(c, m, n) | _creation.zeros_like(data, dtype=bool)
    return MaskedArray(data, mask if hidden is False else mask | hidden)
