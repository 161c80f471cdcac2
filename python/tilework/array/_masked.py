"""The lazy array with a mask: NumPy's masked arrays, chunk by chunk.

Data and mask are two lazy arrays of one shape; what is masked counts for nothing. As in ``numpy.ma``, a function masks what lies outside of its domain.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _config, _run
from . import _reductions as r
from . import _ufunc as u
from ._core import Array, handle
from ._creation import zeros_like
from ._selection import where

__all__ = ["MaskedArray"]

_TINY = np.finfo(float).tiny


def _near_zero(a, b):
    return abs(a) * _TINY >= abs(b)


# What NumPy masks because the function has no result there.
_DOMAINS = {
    "sqrt": lambda x: x < 0, "log": lambda x: x <= 0, "log2": lambda x: x <= 0, "log10": lambda x: x <= 0,
    "arcsin": lambda x: abs(x) > 1, "arccos": lambda x: abs(x) > 1, "arccosh": lambda x: x < 1, "arctanh": lambda x: abs(x) > 1 - 1e-15,
    "tan": lambda x: abs(u.cos(x)) < 1e-35,
    "divide": _near_zero, "floor_divide": _near_zero, "remainder": _near_zero, "fmod": _near_zero,
}  # fmt: skip


class MaskedArray:
    """A lazy array some of whose elements are masked; made by the functions of :mod:`tilework.array.ma`. Computing gives a ``numpy.ma.MaskedArray``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.ma.masked_equal(ta.asarray([1, 0, 3], chunks=2), 0)
    >>> (x + 1).compute()
    masked_array(data=[2, --, 4],
                 mask=[False,  True, False],
           fill_value=0)
    >>> x.mean().compute()
    np.float64(2.0)
    """

    __slots__ = ("_fill", "data", "mask")
    __array_priority__ = 15

    def __init__(self, data, mask, fill_value=None):
        #: The elements, also those that are masked.
        self.data = data
        #: Which elements are masked: an array of bool.
        self.mask = mask
        self._fill = fill_value

    shape = property(lambda self: self.data.shape, doc="Length along each axis.")
    dtype = property(lambda self: self.data.dtype, doc="The element type, as NumPy has it.")
    ndim = property(lambda self: self.data.ndim, doc="Number of dimensions.")
    size = property(lambda self: self.data.size, doc="Number of elements, the masked ones included.")
    nbytes = property(lambda self: self.data.nbytes, doc="Bytes of all elements.")
    chunks = property(lambda self: self.data.chunks, doc="Sizes of the chunks along each axis.")
    numblocks = property(lambda self: self.data.numblocks, doc="Number of chunks along each axis.")
    T = property(lambda self: self._each(lambda x: x.T), doc="The axes in reverse order.")

    @property
    def fill_value(self):
        """What :meth:`filled` puts in the place of masked elements."""
        return np.ma.default_fill_value(self.dtype) if self._fill is None else self._fill

    def _each(self, f):
        return MaskedArray(f(self.data), f(self.mask), self._fill)

    def __repr__(self):
        return f"tilework.MaskedArray<{self.data._x.label}, shape={self.shape}, dtype={self.dtype}, chunks={self.chunks}>"

    def __len__(self):
        return len(self.data)

    # What comes out.

    def _parts(self):
        fill = self._fill

        def end(results):
            data, mask = results
            if not data.ndim:
                return np.ma.masked if mask[()] else data[()]
            return np.ma.MaskedArray(data, mask=mask, fill_value=fill)

        return [self.data._x, self.mask._x], end

    def _persisted(self, session):
        return self._each(lambda x: Array(session.persist(x._x)))

    def compute(self, **settings):
        """The elements in memory, as NumPy's masked array; of an array without axes a number, or ``numpy.ma.masked``."""
        return _run.compute(self, **settings)[0]

    def persist(self, **settings):
        """The array computed now and kept in memory chunk by chunk."""
        return self._persisted(_config.session(_run.translated(settings)))

    def __array__(self, dtype=None, copy=None):
        return np.asarray(np.ma.getdata(self.compute()), dtype=dtype)

    def __float__(self):
        return float(self.compute())

    def __int__(self):
        return int(self.compute())

    def __bool__(self):
        return bool(self.compute())

    # Elementwise.

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        own = u.UFUNCS.get(ufunc.__name__)
        if own is None or method != "__call__" or kwargs:
            return NotImplemented
        return elementwise(own, *inputs)

    # Parts and shapes.

    def __getitem__(self, key):
        return self._each(lambda x: x[key])

    def __setitem__(self, key, value):
        masked = value is np.ma.masked
        data, mask = Array(self.data._x), Array(self.mask._x)
        if not masked:
            data[key] = value.data if isinstance(value, MaskedArray) else value
        mask[key] = True if masked else value.mask if isinstance(value, MaskedArray) else False
        self.data, self.mask = data, mask

    def reshape(self, *shape, **kwargs):
        """The elements in C order under another shape."""
        return self._each(lambda x: x.reshape(*shape, **kwargs))

    def ravel(self):
        """The elements in C order along one axis."""
        return self.reshape(-1)

    def transpose(self, *axes):
        """The axes in another order."""
        return self._each(lambda x: x.transpose(*axes))

    def rechunk(self, chunks="auto", **kwargs):
        """The same elements in other chunks."""
        return self._each(lambda x: x.rechunk(chunks, **kwargs))

    def astype(self, dtype, **kwargs):
        """The elements as another dtype."""
        return MaskedArray(self.data.astype(dtype, **kwargs), self.mask, self._fill)

    def filled(self, fill_value=None):
        """The elements, with a value in the place of the masked ones."""
        return where(self.mask, self.dtype.type(self.fill_value if fill_value is None else fill_value), self.data)

    def map_blocks(self, func, *args, **kwargs):
        """A function of every block, which gets NumPy's masked arrays; the result has no mask, or that of this array where it keeps its shape."""
        from ._functions import map_blocks

        return map_blocks(_OfMasked(func), self.data, self.mask, *args, **kwargs)

    # Reductions.

    def count(self, axis=None, keepdims=False):
        """How many elements are not masked."""
        return r.sum(~self.mask, axis=axis, keepdims=keepdims)

    def _neutral(self, value):
        return where(self.mask, self.dtype.type(value), self.data)

    def _ended(self, data, axis, keepdims):
        return MaskedArray(data, r.all(self.mask, axis=axis, keepdims=keepdims), self._fill)

    def sum(self, axis=None, dtype=None, out=None, keepdims=False, split_every=None):
        """The sum of the elements that are not masked."""
        return self._ended(r.sum(self._neutral(0), axis=axis, dtype=dtype, keepdims=keepdims), axis, keepdims)

    def prod(self, axis=None, dtype=None, out=None, keepdims=False, split_every=None):
        """The product of the elements that are not masked."""
        return self._ended(r.prod(self._neutral(1), axis=axis, dtype=dtype, keepdims=keepdims), axis, keepdims)

    def mean(self, axis=None, dtype=None, out=None, keepdims=False, split_every=None):
        """The mean of the elements that are not masked."""
        dtype = np.result_type(self.dtype, np.float64) if dtype is None and self.dtype.kind in "bui" else dtype
        n = self.count(axis, keepdims)
        total = r.sum(self._neutral(0), axis=axis, dtype=dtype, keepdims=keepdims)
        mean = total / where(n == 0, 1, n)
        return self._ended(mean if dtype is None else mean.astype(dtype), axis, keepdims)

    def var(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False, split_every=None):
        """The variance of the elements that are not masked; masked where there are no more than `ddof`."""
        middle = self.mean(axis=axis, keepdims=True).data
        distance = u.absolute(self.data - middle)
        n = self.count(axis, keepdims)
        total = r.sum(where(self.mask, 0, distance * distance), axis=axis, dtype=dtype, keepdims=keepdims)
        few = n <= ddof
        return MaskedArray(total / where(few, 1, n - ddof), few, self._fill)

    def std(self, axis=None, dtype=None, out=None, ddof=0, keepdims=False, split_every=None):
        """The standard deviation of the elements that are not masked."""
        v = self.var(axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)
        return MaskedArray(u.sqrt(v.data), v.mask, self._fill)

    def _limit(self, low):
        if self.dtype.kind == "b":
            return low
        if self.dtype.kind in "ui":
            return np.iinfo(self.dtype).min if low else np.iinfo(self.dtype).max
        return -math.inf if low else math.inf

    def min(self, axis=None, out=None, keepdims=False, split_every=None):
        """The least of the elements that are not masked."""
        return self._ended(r.min(self._neutral(self._limit(False)), axis=axis, keepdims=keepdims), axis, keepdims)

    def max(self, axis=None, out=None, keepdims=False, split_every=None):
        """The greatest of the elements that are not masked."""
        return self._ended(r.max(self._neutral(self._limit(True)), axis=axis, keepdims=keepdims), axis, keepdims)

    def argmin(self, axis=None, keepdims=False, split_every=None):
        """The place of the least of the elements that are not masked."""
        return r.argmin(self._neutral(self._limit(False)), axis=axis, keepdims=keepdims)

    def argmax(self, axis=None, keepdims=False, split_every=None):
        """The place of the greatest of the elements that are not masked."""
        return r.argmax(self._neutral(self._limit(True)), axis=axis, keepdims=keepdims)

    def any(self, axis=None, out=None, keepdims=False, split_every=None):
        """Whether an element that is not masked is true."""
        return self._ended(r.any(where(self.mask, False, self.data.astype(bool)), axis=axis, keepdims=keepdims), axis, keepdims)

    def all(self, axis=None, out=None, keepdims=False, split_every=None):
        """Whether all elements that are not masked are true."""
        return self._ended(r.all(where(self.mask, True, self.data.astype(bool)), axis=axis, keepdims=keepdims), axis, keepdims)

    def cumsum(self, axis=None, dtype=None, out=None):
        """Sums of the elements so far that are not masked."""
        x = self if axis is not None else self.ravel()
        return MaskedArray(r.cumsum(x._neutral(0), axis=axis or 0, dtype=dtype), x.mask, self._fill)

    def cumprod(self, axis=None, dtype=None, out=None):
        """Products of the elements so far that are not masked."""
        x = self if axis is not None else self.ravel()
        return MaskedArray(r.cumprod(x._neutral(1), axis=axis or 0, dtype=dtype), x.mask, self._fill)


class _OfMasked:
    """A function of masked blocks."""

    def __init__(self, func):
        self.func = func

    def __call__(self, data, mask, *args, **kwargs):
        return np.ma.getdata(self.func(np.ma.MaskedArray(data, mask=mask), *args, **kwargs))


def masked_of(x):
    """Data and mask of anything; the mask False where there is none."""
    if isinstance(x, MaskedArray):
        return x.data, x.mask
    if isinstance(x, np.ma.MaskedArray):
        return Array(handle(x.data)), Array(handle(np.ma.getmaskarray(x)))
    return x, False


def elementwise(ufunc, *operands):
    """A ufunc of arrays with masks: masked where any argument is, or the function has no result."""
    fill = next((o._fill for o in operands if isinstance(o, MaskedArray)), None)
    parts = [masked_of(o) for o in operands]
    datas = [d if isinstance(d, Array) or np.isscalar(d) else Array(handle(d)) for d, _ in parts]
    data = ufunc(*datas)
    mask = False
    for _, m in parts:
        if m is not False:
            mask = m if mask is False else mask | m
    outside = _DOMAINS.get(ufunc.__name__)
    if outside is not None and not any(getattr(d, "dtype", np.dtype(type(d))).kind == "c" for d in datas):
        mask = mask | outside(*datas) if mask is not False else outside(*datas)
        data = where(mask, datas[0] if ufunc.nin == 2 else 1, data).astype(data.dtype)
    if ufunc.__name__ in ("power", "float_power") and data.dtype.kind == "f":
        mask = mask | ~u.isfinite(data) if mask is not False else ~u.isfinite(data)
    shape = data.shape if not isinstance(data, tuple) else data[0].shape
    if mask is False:
        mask = zeros_like(data, dtype=bool)
    elif mask.shape != shape:
        mask = mask | zeros_like(data, dtype=bool)
    return MaskedArray(data, mask, fill)


def _operators():
    arithmetic = {
        "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide", "mod": "remainder",
        "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
    }  # fmt: skip
    compare = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
    alone = {"neg": "negative", "pos": "positive", "invert": "invert", "abs": "absolute"}
    for name, op in (arithmetic | compare).items():
        setattr(MaskedArray, f"__{name}__", lambda self, other, f=u.UFUNCS[op]: elementwise(f, self, other))
    for name, op in arithmetic.items():
        setattr(MaskedArray, f"__r{name}__", lambda self, other, f=u.UFUNCS[op]: elementwise(f, other, self))
    for name, op in alone.items():
        setattr(MaskedArray, f"__{name}__", lambda self, f=u.UFUNCS[op]: elementwise(f, self))


_operators()
MaskedArray.__hash__ = None


def like(f, a, **kwargs):
    """An array of one value, masked as `a` is."""
    data, mask = masked_of(a)
    return MaskedArray(f(data, **kwargs), mask if mask is not False else zeros_like(data, dtype=bool))
