"""The lazy array with a mask: NumPy's masked arrays, chunk by chunk.

Data and mask are two lazy arrays of one shape; what is masked counts for nothing. As in ``numpy.ma``, a function masks what lies outside of its domain.
What knows nothing of masks refuses such arrays: no mask is dropped by chance.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _config, _run
from . import _dispatch
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


class MaskedArray(Array):
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

    @property
    def _x(self):
        # What wants one handle would drop the mask.
        raise AttributeError("this is not there for arrays with a mask: fill it first (x.filled(0)), or take x.data and x.mask")

    @property
    def name(self):
        """A name that tells this array from any other."""
        return f"masked-{self.data._x.key ^ self.mask._x.key:032x}"

    @property
    def fill_value(self):
        """What :meth:`filled` puts in the place of masked elements."""
        return np.ma.default_fill_value(self.dtype) if self._fill is None else self._fill

    def _each(self, f):
        """A function of data and mask; of several results several arrays."""
        data, mask = f(self.data), f(self.mask)
        if isinstance(data, (list, tuple)):
            return type(data)(MaskedArray(d, m, self._fill) for d, m in zip(data, mask))
        return MaskedArray(data, mask, self._fill)

    def __repr__(self):
        return f"tilework.MaskedArray<{self.data._x.label}, shape={self.shape}, dtype={self.dtype}, chunks={self.chunks}>"

    def __len__(self):
        return len(self.data)

    def _repr_html_(self):
        return self.data._repr_html_()

    def __reduce__(self):
        return MaskedArray, (self.data, self.mask, self._fill)

    def __dask_tokenize__(self):
        return self.name, self._fill

    def __copy__(self):
        return MaskedArray(self.data, self.mask, self._fill)

    def __deepcopy__(self, _):
        return self.__copy__()

    def copy(self):
        """The same array; a change of one is none of the other."""
        return self.__copy__()

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

    def _scalar(self):
        if self.size != 1:
            raise TypeError("only arrays of one element can be converted to Python scalars")
        return np.ma.asarray(self.compute()).reshape(())[()]

    def item(self, *args):
        """The only element (or that at an index) as a number of Python's; None if it is masked."""
        return np.ma.asarray((self[args] if args else self).compute()).item()

    def tolist(self):
        """The elements as nested lists, None for those that are masked."""
        return self.compute().tolist()

    # Elementwise.

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        own = u.UFUNCS.get(ufunc.__name__)
        if ufunc is np.matmul and method == "__call__":
            return _dispatch.call("matmul", *inputs)
        if own is None or method != "__call__" or kwargs:
            return NotImplemented
        return elementwise(own, *inputs)

    # Parts and shapes.

    def __getitem__(self, key):
        key = _plain(key)
        return self._each(lambda x: x[key])

    def __setitem__(self, key, value):
        key = _plain(key)
        data, mask = Array(self.data._x), Array(self.mask._x)
        if value is np.ma.masked:
            mask[key] = True
        else:
            value, hidden = masked_of(value)
            data[key] = value
            mask[key] = hidden
        self.data, self.mask = data, mask

    def astype(self, dtype, **kwargs):
        """The elements as another dtype."""
        return MaskedArray(self.data.astype(dtype, **kwargs), self.mask, self._fill)

    def filled(self, fill_value=None):
        """The elements, with a value in the place of the masked ones."""
        return where(self.mask, self.dtype.type(self.fill_value if fill_value is None else fill_value), self.data)

    def nonzero(self):
        """The positions of the elements that are neither masked nor 0."""
        return self.filled(0).nonzero()

    def map_blocks(self, func, *args, **kwargs):
        """A function of every block, which gets NumPy's masked arrays, and may give them.

        It is called twice for each block, for the elements and for the mask.
        """
        dtype, meta = kwargs.pop("dtype", None), kwargs.pop("meta", None)
        return mapped(_OfMasked(func), (self.data, self.mask, *args), dtype if meta is None else meta.dtype, kwargs, self._fill)

    # Reductions.

    def count_nonzero(self, axis=None, keepdims=False):
        """How many elements are neither masked nor 0."""
        return r.count_nonzero(self.filled(0), axis=axis, keepdims=keepdims)

    def count(self, axis=None, keepdims=False):
        """How many elements are not masked."""
        return r.sum(~self.mask, axis=axis, keepdims=keepdims)

    def _neutral(self, value):
        return where(self.mask, self.dtype.type(value), self.data)

    def _ended(self, data, axis, keepdims):
        return MaskedArray(data, r.all(self.mask, axis=axis, keepdims=keepdims), self._fill)

    def sum(self, axis=None, dtype=None, keepdims=False, split_every=None):
        """The sum of the elements that are not masked."""
        return self._ended(r.sum(self._neutral(0), axis=axis, dtype=dtype, keepdims=keepdims), axis, keepdims)

    def prod(self, axis=None, dtype=None, keepdims=False, split_every=None):
        """The product of the elements that are not masked."""
        return self._ended(r.prod(self._neutral(1), axis=axis, dtype=dtype, keepdims=keepdims), axis, keepdims)

    def mean(self, axis=None, dtype=None, keepdims=False, split_every=None):
        """The mean of the elements that are not masked."""
        dtype = np.result_type(self.dtype, np.float64) if dtype is None and self.dtype.kind in "bui" else dtype
        n = self.count(axis, keepdims)
        total = r.sum(self._neutral(0), axis=axis, dtype=dtype, keepdims=keepdims)
        mean = total / where(n == 0, 1, n)
        return self._ended(mean if dtype is None else mean.astype(dtype), axis, keepdims)

    def var(self, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None):
        """The variance of the elements that are not masked; masked where there are no more than `ddof`."""
        middle = self.mean(axis=axis, keepdims=True).data
        distance = u.absolute(self.data - middle)
        n = self.count(axis, keepdims)
        total = r.sum(where(self.mask, 0, distance * distance), axis=axis, dtype=dtype, keepdims=keepdims)
        few = n <= ddof
        return MaskedArray(total / where(few, 1, n - ddof), few, self._fill)

    def std(self, axis=None, dtype=None, keepdims=False, ddof=0, split_every=None):
        """The standard deviation of the elements that are not masked."""
        v = self.var(axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)
        return MaskedArray(u.sqrt(v.data), v.mask, self._fill)

    def _limit(self, low):
        if self.dtype.kind == "b":
            return low
        if self.dtype.kind in "ui":
            return np.iinfo(self.dtype).min if low else np.iinfo(self.dtype).max
        return -math.inf if low else math.inf

    def min(self, axis=None, keepdims=False, split_every=None):
        """The least of the elements that are not masked."""
        return self._ended(r.min(self._neutral(self._limit(False)), axis=axis, keepdims=keepdims), axis, keepdims)

    def max(self, axis=None, keepdims=False, split_every=None):
        """The greatest of the elements that are not masked."""
        return self._ended(r.max(self._neutral(self._limit(True)), axis=axis, keepdims=keepdims), axis, keepdims)

    def ptp(self, axis=None, keepdims=False):
        """The distance from the least to the greatest of the elements that are not masked."""
        return self.max(axis, keepdims) - self.min(axis, keepdims)

    def trace(self, offset=0, axis1=0, axis2=1, dtype=None):
        """The sum of the elements on the diagonal that are not masked."""
        return self.diagonal(offset, axis1, axis2).sum(axis=-1, dtype=dtype)

    def argmin(self, axis=None, keepdims=False, split_every=None):
        """The place of the least of the elements that are not masked."""
        return r.argmin(self._neutral(self._limit(False)), axis=axis, keepdims=keepdims)

    def argmax(self, axis=None, keepdims=False, split_every=None):
        """The place of the greatest of the elements that are not masked."""
        return r.argmax(self._neutral(self._limit(True)), axis=axis, keepdims=keepdims)

    def any(self, axis=None, keepdims=False, split_every=None):
        """Whether an element that is not masked is true."""
        return self._ended(r.any(where(self.mask, False, self.data.astype(bool)), axis=axis, keepdims=keepdims), axis, keepdims)

    def all(self, axis=None, keepdims=False, split_every=None):
        """Whether all elements that are not masked are true."""
        return self._ended(r.all(where(self.mask, True, self.data.astype(bool)), axis=axis, keepdims=keepdims), axis, keepdims)

    def cumsum(self, axis=None, dtype=None, method="sequential"):
        """Sums of the elements so far that are not masked."""
        x = self if axis is not None else self.ravel()
        return MaskedArray(r.cumsum(x._neutral(0), axis=axis or 0, dtype=dtype), x.mask, self._fill)

    def cumprod(self, axis=None, dtype=None, method="sequential"):
        """Products of the elements so far that are not masked."""
        x = self if axis is not None else self.ravel()
        return MaskedArray(r.cumprod(x._neutral(1), axis=axis or 0, dtype=dtype), x.mask, self._fill)


class _OfMasked:
    """A function of masked blocks, as one of their data and masks."""

    def __init__(self, func):
        self.func = func

    def __call__(self, data, mask, *args, **kwargs):
        return self.func(np.ma.MaskedArray(data, mask=mask), *args, **kwargs)


class _Part:
    """A part of the masked blocks that a function gives."""

    def __init__(self, func, part):
        self.func, self.part = func, part
        self.__wrapped__ = func

    def __call__(self, *args, **kwargs):
        return self.part(self.func(*args, **kwargs))


def mapped(func, args, dtype, options, fill=None):
    """A function of blocks that gives masked ones, called for the elements and for the mask."""
    from ._functions import map_blocks

    data = map_blocks(_Part(func, np.ma.getdata), *args, dtype=dtype, **options)
    return MaskedArray(data, map_blocks(_Part(func, np.ma.getmaskarray), *args, dtype=bool, **options), fill)


def _plain(key):
    """An index without masks: what is masked is not chosen."""
    if isinstance(key, tuple):
        return tuple(map(_plain, key))
    return key.filled(False) if isinstance(key, MaskedArray) else key


def masked_of(x):
    """Data and mask of anything; the mask False where there is none."""
    if isinstance(x, MaskedArray):
        return x.data, x.mask
    if isinstance(x, np.ma.MaskedArray):
        return Array(handle(x.data)), Array(handle(np.ma.getmaskarray(x)))
    return x, False


def as_masked(x):
    """Anything as an array with a mask."""
    if isinstance(x, MaskedArray):
        return x
    data, mask = masked_of(x)
    data = data if isinstance(data, Array) else Array(handle(data))
    return MaskedArray(data, zeros_like(data, dtype=bool) if mask is False else mask, getattr(x, "_fill_value", None))


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
    first = data[0] if isinstance(data, tuple) else data
    if mask is False:
        mask = zeros_like(first, dtype=bool)
    elif mask.shape != first.shape:
        mask = mask | zeros_like(first, dtype=bool)
    if isinstance(data, tuple):
        return tuple(MaskedArray(d, mask, fill) for d in data)
    return MaskedArray(data, mask, fill)


def _operators():
    for name, op in (u.ARITHMETIC | u.COMPARE).items():
        setattr(MaskedArray, f"__{name}__", lambda self, other, f=u.UFUNCS[op]: elementwise(f, self, other))
    for name, op in u.ARITHMETIC.items():
        setattr(MaskedArray, f"__r{name}__", lambda self, other, f=u.UFUNCS[op]: elementwise(f, other, self))
        setattr(MaskedArray, f"__i{name}__", getattr(MaskedArray, f"__{name}__"))
    for name, op in u.ALONE.items():
        setattr(MaskedArray, f"__{name}__", lambda self, f=u.UFUNCS[op]: elementwise(f, self))


def _inherited():
    """Properties and methods that are those of the data, or of data and mask each."""
    for name in ("shape", "dtype", "ndim", "size", "itemsize", "nbytes", "chunks", "chunksize", "numblocks", "npartitions"):
        setattr(MaskedArray, name, _property(getattr(Array, name).fget, lambda self, get: get(self.data)))
    for name in ("T", "mT"):
        setattr(MaskedArray, name, _property(getattr(Array, name).fget, MaskedArray._each))
    for name in _dispatch.EACH | _dispatch.DATA | _dispatch.PRODUCTS:
        f = getattr(Array, name, None)
        if isinstance(f, property):
            setattr(MaskedArray, name, _property(f.fget, lambda self, get: MaskedArray(get(self.data), self.mask, self._fill)))
        elif f is not None:
            setattr(MaskedArray, name, _method(name, f))


def _property(get, f):
    def value(self):
        return f(self, get)

    value.__doc__ = get.__doc__
    return property(value)


def _method(name, f):
    if name in _dispatch.PRODUCTS:
        def method(self, *args, **kwargs):
            return _dispatch.call(name, self, *args, **kwargs)
    elif name in _dispatch.DATA:
        def method(self, *args, **kwargs):
            return MaskedArray(f(self.data, *args, **kwargs), self.mask, self._fill)
    else:
        def method(self, *args, **kwargs):
            return self._each(lambda x: f(x, *args, **kwargs))
    method.__name__, method.__doc__ = name, f.__doc__
    return method


_operators()
_inherited()
MaskedArray.__matmul__ = lambda self, other: _dispatch.call("matmul", self, other)
MaskedArray.__rmatmul__ = lambda self, other: _dispatch.call("matmul", other, self)


def like(f, a, **kwargs):
    """An array of one value, masked as `a` is."""
    data, mask = masked_of(a)
    return MaskedArray(f(data, **kwargs), mask if mask is not False else zeros_like(data, dtype=bool))
