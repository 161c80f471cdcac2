"""What functions of the namespace do with arrays that have a mask."""

from __future__ import annotations

import sys

from . import _dispatch, ma
from ._masked import MaskedArray, as_masked, masked_of

_OWN = sys.modules[__package__]


def _plain(name):
    """The function for arrays without a mask."""
    return getattr(_OWN, name).__wrapped__


def _each(name):
    return lambda a, *args, **kwargs: as_masked(a)._each(lambda x: _plain(name)(x, *args, **kwargs))


def _data(name):
    def f(a, *args, **kwargs):
        x = as_masked(a)
        return MaskedArray(_plain(name)(x.data, *args, **kwargs), x.mask, x._fill)

    return f


def _method(method):
    return lambda a, *args, **kwargs: getattr(as_masked(a), method)(*args, **kwargs)


def _parts(x):
    """Data and masks of arrays in lists."""
    if isinstance(x, (list, tuple)):
        both = [_parts(i) for i in x]
        return [d for d, _ in both], [m for _, m in both]
    x = as_masked(x)
    return x.data, x.mask


def _join(name):
    def f(arrays, axis=None, **kwargs):
        data, mask = _parts(arrays)
        along = {} if axis is None else {"axis": axis}
        return MaskedArray(_plain(name)(data, **along, **kwargs), _plain(name)(mask, **along))

    return f


def append(arr, values, axis=None):
    (a, m), (b, n) = _parts(arr), _parts(values)
    return MaskedArray(_plain("append")(a, b, axis), _plain("append")(m, n, axis))


def _product(name):
    def f(a, b, *args, **kwargs):
        a, b = as_masked(a), as_masked(b)
        data = _plain(name)(a.filled(0), b.filled(0), *args, **kwargs)
        return MaskedArray(data, ~_plain(name)(~a.mask, ~b.mask, *args, **kwargs))

    return f


def map_blocks(func, *args, **kwargs):
    if not args or any(masked_of(a)[1] is not False for a in args[1:]):
        raise TypeError("map_blocks takes one array with a mask, the first one: give the others as x.data and x.mask")
    return as_masked(args[0]).map_blocks(func, *args[1:], **kwargs)


def average(a, axis=None, weights=None, returned=False, keepdims=False):
    return ma.average(a, axis, weights, returned, keepdims)


def where(condition, x=None, y=None):
    return ma.where(condition, x, y)


#: Each function by its name.
FUNCTIONS = {
    **{name: _each(name) for name in _dispatch.EACH},
    **{name: _data(name) for name in _dispatch.DATA},
    **{name: _join(name) for name in _dispatch.JOINS},
    **{name: _product(name) for name in _dispatch.PRODUCTS},
    **{name: _method(name) for name in (*_dispatch.METHODS, "astype")},
    "amax": _method("max"), "amin": _method("min"), "append": append, "average": average, "map_blocks": map_blocks, "where": where,
}  # fmt: skip
